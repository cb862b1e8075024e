package web

import (
	"context"

	"lantern.example/lantern/internal/access"
)

// ReadBy says who will be able to read a record of this owner and class, named from the live agreements, for the line that every form which
// keeps words about a person carries before it is saved. Where it cannot be worked out it says so.
func (s *Site) ReadBy(ctx context.Context, by access.Scope, owner string, class access.Class) *Readers {
	if s.WhoReads != nil {
		r, err := s.WhoReads(ctx, by, owner, class)
		if err == nil {
			return &r
		}
		s.Log.Error("who reads a record could not be worked out", "error", err.Error())
	}
	return &Readers{By: "those of the agency it belongs to, and of agencies that a live agreement lets read such records. Which these are could not be worked out just now."}
}
