package identity

import (
	"context"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Undone is a merge that was taken back.
type Undone struct {
	Change
	UndoneAt int64
	UndoneIn string // why it was taken back
}

// Undone lists the merges of a person that were taken back and were decided on records that the scope may read, newest first.
func (s *Store) Undone(ctx context.Context, q database.Queryer, scope access.Scope, person string) ([]Undone, error) {
	all, err := database.Collect(ctx, q, func(r database.Scanner) (Undone, error) {
		var u Undone
		var moved string
		err := r.Scan(&u.ID, &u.Kind, &u.Person, &u.Other, &moved, &u.Decision, &u.By, &u.Why, &u.At, &u.UndoneBy, &u.UndoneAt, &u.UndoneIn)
		if err == nil {
			u.Moved, err = decodeMoved(moved)
		}
		return u, err
	}, "SELECT "+changeColumns+", b.at, b.why FROM person_event e JOIN person_event b ON b.id = e.undone_by WHERE (e.person_id = $1 OR e.other_id = $1) AND e.kind = 'merged' ORDER BY e.id DESC", person)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, u := range all {
		switch err := s.changeVisible(ctx, q, scope, u.Change); {
		case err == nil:
			out = append(out, u)
		case fault.KindOf(err) != fault.NotFound:
			return nil, err
		}
	}
	return out, nil
}

// ShownWrong lists, from the log, who opened the person while a merge stood that was taken back since, and was shown records of both sides: the
// lines that the scope's agency may know of, newest first. Lists and search results name nobody in the log and are not among them.
func (s *Store) ShownWrong(ctx context.Context, q database.Queryer, scope access.Scope, u Undone) ([]audit.Entry, error) {
	var moved []string
	for _, m := range u.Moved {
		moved = append(moved, m.Record)
	}
	gone, err := s.ownersOf(ctx, q, "r.id", moved)
	if err != nil {
		return nil, err
	}
	stayed, err := s.ownersOf(ctx, q, "p.person_id", []string{u.Person})
	if err != nil {
		return nil, err
	}
	var out []audit.Entry
	for at := 0; ; {
		entries, total, err := audit.Find(ctx, q, scope, audit.Query{SubjectKind: "person", Subject: u.Person, Acts: []audit.Act{audit.Consultation, audit.Disclosure}, Since: u.At, Until: u.UndoneAt, Limit: 500, Offset: at})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if slices.ContainsFunc(e.Owners, func(o string) bool { return slices.Contains(gone, o) }) && slices.ContainsFunc(e.Owners, func(o string) bool { return slices.Contains(stayed, o) }) {
				out = append(out, e)
			}
		}
		if at += len(entries); len(entries) == 0 || at >= total {
			return out, nil
		}
	}
}

func (s *Store) ownersOf(ctx context.Context, q database.Queryer, column string, ids []string) ([]string, error) {
	var out []string
	err := inParts(ids, func(in string, args []any) error {
		found, err := database.Collect(ctx, q, database.Value[string], "SELECT DISTINCT r.owner FROM source_record r JOIN person_record p ON p.record_id = r.id WHERE "+column+" IN "+in+" ORDER BY r.owner", args...)
		out = append(out, found...)
		return err
	})
	return out, err
}
