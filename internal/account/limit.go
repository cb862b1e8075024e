package account

import (
	"context"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// From is where a try to sign in comes from.
type From struct {
	// Address is the network address, as the site knows it; "" when it is not known.
	Address string
	// Browser is the token of the cookie that a browser keeps from an earlier sign-in; "" without one.
	Browser string
}

// Guessing is held to MaxFailures in Window for each account. A browser that signed in to the account before has a
// count of its own, so that strangers cannot keep the owner out. An address from which Patience tries failed, whatever
// the account, then waits a second, two, four, up to Window: a whole organisation may share one address, so it is
// never closed.
const (
	Window      = 15 * time.Minute
	MaxFailures = 5
	Patience    = 20
)

// begin counts a try before it is made: it stands as failed until succeeded says otherwise, so that a hundred tries at
// once are a hundred. The id is "" when the try is one too many. Folded stands for the account whether or not there
// is one: both are counted alike.
func (s *Store) begin(ctx context.Context, folded, account string, from From) (id string, err error) {
	now := s.clock.Now()
	since := clock.Micros(now.Add(-Window))
	source := ""
	if from.Address != "" && s.set.Seals != nil {
		source = s.set.Seals.Mark("sign-in", from.Address)
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		id = ""
		if err := tx.Exec(ctx, "DELETE FROM sign_in_attempt WHERE at <= $1", since); err != nil {
			return err
		}
		bucket := folded
		known, err := s.knownBrowser(ctx, tx, account, from.Browser)
		if err != nil {
			return err
		}
		if known {
			bucket += " " + hashToken(from.Browser)
		}
		failed, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM sign_in_attempt WHERE email_folded = $1 AND NOT ok", bucket)
		if err != nil || failed >= MaxFailures {
			return err
		}
		if source != "" && !known {
			if wait, err := s.mustWait(ctx, tx, source, now); err != nil || wait {
				return err
			}
		}
		id = s.ids.New()
		return tx.Exec(ctx, "INSERT INTO sign_in_attempt (id, email_folded, at, ok, source) VALUES ($1,$2,$3,FALSE,$4)", id, bucket, clock.Micros(now), source)
	})
	return id, err
}

func (s *Store) mustWait(ctx context.Context, tx *database.Tx, source string, now time.Time) (bool, error) {
	type row struct{ n, last int64 }
	x, err := database.One(ctx, tx, func(r database.Scanner) (x row, err error) { return x, r.Scan(&x.n, &x.last) },
		"SELECT count(*), coalesce(max(at), 0) FROM sign_in_attempt WHERE source = $1 AND NOT ok", source)
	if err != nil || x.n < Patience {
		return false, err
	}
	wait := Window
	if over := x.n - Patience; over < 10 {
		wait = time.Second << over
	}
	return now.Sub(clock.FromMicros(x.last)) < wait, nil
}

// refused keeps a try that was counted and failed.
func (s *Store) refused(ctx context.Context, try string, a Account, step string) error {
	if try == "" || s.set.Refused == nil {
		return nil
	}
	return s.db.Write(ctx, func(tx *database.Tx) error { return s.set.Refused(ctx, tx, a, step) })
}

// succeeded turns a try that begin counted as failed into one that was not.
func (s *Store) succeeded(ctx context.Context, tx *database.Tx, id string) error {
	return tx.Exec(ctx, "UPDATE sign_in_attempt SET ok = TRUE WHERE id = $1", id)
}

// BrowserFor is how long a browser is remembered after it was last used to sign in.
const BrowserFor = 90 * 24 * time.Hour

func (s *Store) knownBrowser(ctx context.Context, q database.Queryer, account, token string) (bool, error) {
	if account == "" || token == "" {
		return false, nil
	}
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM account_browser WHERE account = $1 AND token_hash = $2 AND seen_at > $3",
		account, hashToken(token), clock.Micros(s.clock.Now().Add(-BrowserFor)))
	return n > 0, err
}

// RememberBrowser keeps that a browser was used to sign in, all steps done.
func (s *Store) RememberBrowser(ctx context.Context, tx *database.Tx, account, token string) error {
	now := s.clock.Now()
	if err := tx.Exec(ctx, "DELETE FROM account_browser WHERE seen_at <= $1", clock.Micros(now.Add(-BrowserFor))); err != nil {
		return err
	}
	return tx.Exec(ctx, `INSERT INTO account_browser (account, token_hash, seen_at) VALUES ($1,$2,$3)
		ON CONFLICT (account, token_hash) DO UPDATE SET seen_at = excluded.seen_at`, account, hashToken(token), clock.Micros(now))
}

// ForgetBrowsers forgets every browser of an account.
func (s *Store) ForgetBrowsers(ctx context.Context, tx *database.Tx, account string) error {
	return tx.Exec(ctx, "DELETE FROM account_browser WHERE account = $1", account)
}
