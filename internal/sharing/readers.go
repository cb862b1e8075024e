package sharing

import (
	"context"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// Reader is an agency that may read an owner's records of a class under a live agreement.
type Reader struct{ Agency, Agreement string }

// Readers lists who else may read an agency's records of a class for a purpose at a moment: what a page says under
// "Read by". The agency itself is not among them.
func (s *Store) Readers(ctx context.Context, owner string, class access.Class, purpose access.Purpose, at time.Time) ([]Reader, error) {
	day := at.In(clock.London()).Format(clock.ISODate)
	return database.Collect(ctx, s.db.Reader(), func(r database.Scanner) (Reader, error) { var x Reader; return x, r.Scan(&x.Agency, &x.Agreement) },
		`SELECT DISTINCT other.agency, a.code FROM agreement a
		 JOIN agreement_party me ON me.agreement_id = a.id AND me.agency = $2 AND me.gives
		 JOIN agreement_party other ON other.agreement_id = a.id AND other.agency <> $2 AND other.receives
		 JOIN agreement_class c ON c.agreement_id = a.id AND c.class = $3
		 JOIN agreement_purpose p ON p.agreement_id = a.id AND p.purpose = $4
		 WHERE `+live+` AND NOT (c.class = 'support' AND EXISTS (SELECT 1 FROM agency_version v WHERE v.code = other.agency AND v.superseded_at IS NULL AND v.kind = 'police'))
		 ORDER BY other.agency, a.code`, day, owner, string(class), string(purpose))
}
