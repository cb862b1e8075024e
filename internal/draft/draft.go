// Package draft keeps what somebody is typing on the server, so that nothing is lost to a closed lid, a
// lost connection or a sign-out.
//
// A draft belongs to one account, one form and one subject ("action", "new"), and nobody else can read
// it: every call takes the account. It is not a record: it has no audit line, is shown to its writer only,
// goes in the same transaction as the act it was for, and lapses after KeptFor.
package draft

import (
	"context"
	"net/url"
	"regexp"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Limits of what is kept.
const (
	MaxBytes   = 64 << 10            // one draft, as sent
	MaxDrafts  = 100                 // of one account; the oldest goes first
	KeptFor    = 30 * 24 * time.Hour // since it was last saved
	keyPattern = `^[a-z0-9][a-z0-9_.-]{0,99}$`
)

var key = regexp.MustCompile(keyPattern)

// dropped are never kept: a key is made fresh with each page, and no secret is stored.
var dropped = []string{"form_key", "password"}

// Draft is what was typed and when it was last saved.
type Draft struct {
	Values  url.Values
	SavedAt int64 // UTC microseconds
}

// Store keeps drafts.
type Store struct{ clock clock.Clock }

// NewStore returns the drafts.
func NewStore(c clock.Clock) *Store { return &Store{clock: c} }

func check(account, form, subject string) error {
	if account == "" || !key.MatchString(form) || !key.MatchString(subject) {
		return fault.NoSuch()
	}
	return nil
}

// Save keeps values as the account's draft of a form about a subject, in place of what was kept before,
// and answers when. Form and subject are short lower-case keys. What is longer than MaxBytes is TooLarge.
func (s *Store) Save(ctx context.Context, tx *database.Tx, account, form, subject string, values url.Values) (at int64, err error) {
	if err := check(account, form, subject); err != nil {
		return 0, err
	}
	kept := url.Values{}
	for k, v := range values {
		kept[k] = v
	}
	for _, k := range dropped {
		kept.Del(k)
	}
	body := kept.Encode()
	if len(body) > MaxBytes {
		return 0, fault.New(fault.TooLarge, "This is longer than a draft can be (64 KB). Save the form, or shorten it.")
	}
	at = clock.Micros(s.clock.Now())
	err = tx.Exec(ctx, `INSERT INTO draft (account, form, subject, body, saved_at) VALUES ($1,$2,$3,$4,$5)
		ON CONFLICT (account, form, subject) DO UPDATE SET body = excluded.body, saved_at = excluded.saved_at`, account, form, subject, body, at)
	if err != nil {
		return 0, err
	}
	if _, err := s.Lapse(ctx, tx); err != nil {
		return 0, err
	}
	return at, tx.Exec(ctx, `DELETE FROM draft WHERE account = $1 AND saved_at < (SELECT min(k.saved_at) FROM
		(SELECT saved_at FROM draft WHERE account = $2 ORDER BY saved_at DESC LIMIT $3) k)`, account, account, MaxDrafts)
}

// Load is the account's draft of a form about a subject; nil when there is none or it has lapsed.
func (s *Store) Load(ctx context.Context, q database.Queryer, account, form, subject string) (*Draft, error) {
	if check(account, form, subject) != nil {
		return nil, nil
	}
	type row struct {
		body string
		at   int64
	}
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.body, &x.at) },
		"SELECT body, saved_at FROM draft WHERE account = $1 AND form = $2 AND subject = $3 AND saved_at > $4", account, form, subject, s.oldest())
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	values, err := url.ParseQuery(rows[0].body)
	if err != nil {
		return nil, err
	}
	return &Draft{Values: values, SavedAt: rows[0].at}, nil
}

// Discard removes the draft, if there is one: in the transaction of the act it was for, or because its
// writer says so.
func (s *Store) Discard(ctx context.Context, tx *database.Tx, account, form, subject string) error {
	return tx.Exec(ctx, "DELETE FROM draft WHERE account = $1 AND form = $2 AND subject = $3", account, form, subject)
}

// Lapse removes every draft that nobody has touched for KeptFor and says how many. Each Save does it too.
func (s *Store) Lapse(ctx context.Context, tx *database.Tx) (int64, error) {
	return tx.ExecCount(ctx, "DELETE FROM draft WHERE saved_at <= $1", s.oldest())
}

func (s *Store) oldest() int64 { return clock.Micros(s.clock.Now().Add(-KeptFor)) }
