// Package sharing holds the agreements under which one agency's records may be read by another.
//
// An agreement is rows: its parties and which of them give and receive, the data classes, the purposes,
// the lawful basis and gateway, and its dates. It permits something only while it is signed by every
// party, has begun and has not expired; the next request after a withdrawal or an expiry finds nothing.
package sharing

import (
	"context"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Agreement is one information-sharing agreement.
type Agreement struct {
	ID, Code, Title      string
	LawfulBasis, Gateway string
	Conditions           string
	Parties              []Party
	Classes              []access.Class
	Purposes             []access.Purpose
	State                string // draft, signed, withdrawn
	StartsOn, ExpiresOn  string // ISO dates; the expiry day is the last on which it holds
	ReviewOn             string
	Ver                  int64
}

// Party is an agency in an agreement.
type Party struct {
	Agency          string
	Gives, Receives bool
	SignedBy        string // account id
	SignedAt        *int64
}

// Store keeps agreements.
type Store struct {
	db     *database.DB
	ids    *clock.IDs
	sealed sealedGlass
}

// NewStore returns the agreements of a database.
func NewStore(db *database.DB, ids *clock.IDs) *Store { return &Store{db: db, ids: ids} }

// Add writes an agreement.
func (s *Store) Add(ctx context.Context, tx *database.Tx, a Agreement) (string, error) {
	for _, d := range []string{a.StartsOn, a.ExpiresOn, a.ReviewOn} {
		if _, err := time.Parse(clock.ISODate, d); err != nil {
			return "", fault.New(fault.Invalid, "The agreement %s has a date that cannot be read (%q): expected year-month-day.", a.Code, d)
		}
	}
	if len(a.Parties) < 2 || len(a.Classes) == 0 || len(a.Purposes) == 0 {
		return "", fault.New(fault.Invalid, "The agreement %s needs at least two parties, one class of data and one purpose.", a.Code)
	}
	for _, c := range a.Classes {
		if !slices.Contains(access.Classes, c) {
			return "", fault.New(fault.Invalid, "The agreement %s names a class of data that does not exist: %q.", a.Code, c)
		}
	}
	for _, p := range a.Purposes {
		if !slices.Contains(Purposes, p) {
			return "", fault.New(fault.Invalid, "The agreement %s names a purpose that no agreement can have: %q. There is none for %s.", a.Code, p, NeverPurposes)
		}
	}
	if a.ID == "" {
		a.ID = s.ids.New()
	}
	err := tx.Exec(ctx, `INSERT INTO agreement (id, code, title, lawful_basis, gateway, conditions, state, starts_on, expires_on, review_on, ver) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,1)`,
		a.ID, a.Code, a.Title, a.LawfulBasis, a.Gateway, a.Conditions, a.State, a.StartsOn, a.ExpiresOn, a.ReviewOn)
	if database.IsUnique(err) {
		return "", fault.New(fault.Conflict, "There is already an agreement with the code %s.", a.Code)
	}
	if err != nil {
		return "", err
	}
	for _, p := range a.Parties {
		if err := tx.Exec(ctx, "INSERT INTO agreement_party (agreement_id, agency, gives, receives, signed_by, signed_at) VALUES ($1,$2,$3,$4,$5,$6)", a.ID, p.Agency, p.Gives, p.Receives, p.SignedBy, p.SignedAt); err != nil {
			return "", err
		}
	}
	for _, c := range a.Classes {
		if err := tx.Exec(ctx, "INSERT INTO agreement_class (agreement_id, class) VALUES ($1,$2)", a.ID, string(c)); err != nil {
			return "", err
		}
	}
	for _, p := range a.Purposes {
		if err := tx.Exec(ctx, "INSERT INTO agreement_purpose (agreement_id, purpose) VALUES ($1,$2)", a.ID, string(p)); err != nil {
			return "", err
		}
	}
	return a.ID, nil
}

// live is the condition that an agreement a permits anything on day $1: signed by all, begun, not over.
const live = `a.state = 'signed' AND a.starts_on <= $1 AND a.expires_on >= $1
	AND NOT EXISTS (SELECT 1 FROM agreement_party u WHERE u.agreement_id = a.id AND u.signed_at IS NULL)`

// Permits lists what agency may read of others for a purpose at a moment: one permit an agreement. Support notes, a youth worker's or a
// charity's, are read by no police force under an agreement: what they must know is shared with them item by item, with a reason.
func (s *Store) Permits(ctx context.Context, agency string, purpose access.Purpose, at time.Time) ([]access.Permit, error) {
	type row struct{ id, code string }
	day := at.In(clock.London()).Format(clock.ISODate)
	q := s.db.Reader()
	agreements, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.id, &x.code) },
		`SELECT a.id, a.code FROM agreement a
		 JOIN agreement_party me ON me.agreement_id = a.id AND me.agency = $2 AND me.receives
		 JOIN agreement_purpose p ON p.agreement_id = a.id AND p.purpose = $3
		 WHERE `+live+` ORDER BY a.code`, day, agency, string(purpose))
	if err != nil {
		return nil, err
	}
	police, err := s.police(ctx, q, agency)
	if err != nil {
		return nil, err
	}
	permits := make([]access.Permit, 0, len(agreements))
	for _, a := range agreements {
		p := access.Permit{Agreement: a.code}
		if p.Owners, err = database.Collect(ctx, q, database.Value[string], "SELECT agency FROM agreement_party WHERE agreement_id = $1 AND gives AND agency <> $2 ORDER BY agency", a.id, agency); err != nil {
			return nil, err
		}
		classes, err := database.Collect(ctx, q, database.Value[string], "SELECT class FROM agreement_class WHERE agreement_id = $1 ORDER BY class", a.id)
		if err != nil {
			return nil, err
		}
		for _, c := range classes {
			if police && access.Class(c) == access.Support {
				continue
			}
			p.Classes = append(p.Classes, access.Class(c))
		}
		permits = append(permits, p)
	}
	return permits, nil
}

// Live is the agreement of that code if it holds on the day of a moment; a fault in words otherwise.
func (s *Store) Live(ctx context.Context, code string, at time.Time) (Agreement, error) {
	day := at.In(clock.London()).Format(clock.ISODate)
	found, err := database.Collect(ctx, s.db.Reader(), func(r database.Scanner) (Agreement, error) {
		var a Agreement
		return a, r.Scan(&a.ID, &a.Code, &a.Title, &a.LawfulBasis, &a.Gateway, &a.ExpiresOn)
	}, "SELECT a.id, a.code, a.title, a.lawful_basis, a.gateway, a.expires_on FROM agreement a WHERE a.code = $2 AND "+live, day, code)
	if err != nil {
		return Agreement{}, err
	}
	if len(found) == 0 {
		return Agreement{}, fault.New(fault.Refused, "No agreement with the code %q is live on %s: it is not known here, not signed by every party, not begun, or over.", code, day)
	}
	return found[0], nil
}

// Count is how many agreements the register holds, in whatever state.
func (s *Store) Count(ctx context.Context) (int, error) {
	return database.One(ctx, s.db.Reader(), database.Value[int], "SELECT count(*) FROM agreement")
}
