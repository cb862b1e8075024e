package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Sessions are web sessions on the server: the browser holds a random token, the database its hash.
type Sessions struct {
	*scs.SessionManager
	accounts *Store
}

// How long a web session lasts: unused, and in all.
const (
	IdleFor = 60 * time.Minute
	Longest = 10 * time.Hour
)

// NewSessions makes the session manager. Over https the cookie has the __Host- prefix; plain http is for
// loopback only, where browsers would not send such a cookie back.
func NewSessions(s *Store, secure bool) *Sessions {
	m := scs.New()
	m.Store = &sessionStore{db: s.db, clock: s.clock}
	m.IdleTimeout = 0 // kept by the store: see Find
	m.Lifetime = Longest
	m.Cookie.Name = "lantern"
	if secure {
		m.Cookie.Name = "__Host-lantern"
	}
	m.Cookie.HttpOnly = true
	m.Cookie.Path = "/"
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = secure
	m.Cookie.Persist = false
	return &Sessions{SessionManager: m, accounts: s}
}

const (
	accountKey = "account"
	purposeKey = "purpose"
	provedKey  = "proved" // UTC microseconds of the last proof of who it is
)

// Begin signs an account in: a new token, so that one planted before is worth nothing.
func (s *Sessions) Begin(ctx context.Context, a Account) error {
	if err := s.RenewToken(ctx); err != nil {
		return err
	}
	s.Put(ctx, accountKey, a.ID)
	s.Put(ctx, purposeKey, string(Purposes(a.Role)[0]))
	s.Prove(ctx)
	return nil
}

// Prove notes that whoever is signed in has just proved again who they are.
func (s *Sessions) Prove(ctx context.Context) {
	s.Put(ctx, provedKey, clock.Micros(s.accounts.clock.Now()))
}

// Proved is when they last did; the beginning of time when they did not.
func (s *Sessions) Proved(ctx context.Context) time.Time {
	return clock.FromMicros(s.GetInt64(ctx, provedKey))
}

// ChoosePurpose changes what the session is for.
func (s *Sessions) ChoosePurpose(ctx context.Context, a Account, p access.Purpose) error {
	for _, ok := range Purposes(a.Role) {
		if ok == p {
			s.Put(ctx, purposeKey, string(p))
			return nil
		}
	}
	return fault.New(fault.Refused, "Your role does not act for that purpose.")
}

// Who is the signed-in account and its purpose; ok is false when nobody is.
func (s *Sessions) Who(ctx context.Context) (a Account, p access.Purpose, ok bool, err error) {
	id := s.GetString(ctx, accountKey)
	if id == "" {
		return Account{}, "", false, nil
	}
	a, err = s.accounts.Get(ctx, s.accounts.db.Reader(), id)
	if fault.Is(err, fault.NotFound) || err == nil && a.Disabled {
		return Account{}, "", false, nil
	}
	return a, access.Purpose(s.GetString(ctx, purposeKey)), err == nil, err
}

// sessionStore keeps sessions in our own table. The token's hash is the key: whoever reads the table
// cannot sign in with it.
type sessionStore struct {
	db    *database.DB
	clock clock.Clock
}

func hashToken(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// touchEvery is how often use of a session is written down: each request would be a write a page.
const touchEvery = time.Minute

func (s *sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	type row struct {
		data       []byte
		seen, ends int64
	}
	key := hashToken(token)
	rows, err := database.Collect(ctx, s.db.Reader(), func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.data, &x.seen, &x.ends)
	}, "SELECT data, seen_at, expires_at FROM web_session WHERE token_hash = $1", key)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	x, now := rows[0], s.clock.Now()
	if now.UnixMicro() > x.ends || now.Sub(clock.FromMicros(x.seen)) > IdleFor {
		return nil, false, nil
	}
	if now.Sub(clock.FromMicros(x.seen)) > touchEvery {
		err = s.db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "UPDATE web_session SET seen_at = $1 WHERE token_hash = $2", clock.Micros(now), key)
		})
	}
	return x.data, true, err
}

func (s *sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	now := clock.Micros(s.clock.Now())
	account := ""
	if _, values, err := (scs.GobCodec{}).Decode(b); err == nil {
		account, _ = values[accountKey].(string)
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := tx.Exec(ctx, "DELETE FROM web_session WHERE expires_at < $1", now); err != nil {
			return err
		}
		return tx.Exec(ctx, `INSERT INTO web_session (token_hash, account, data, created_at, seen_at, expires_at) VALUES ($1,$2,$3,$4,$5,$6)
			ON CONFLICT (token_hash) DO UPDATE SET account = excluded.account, data = excluded.data, seen_at = excluded.seen_at, expires_at = excluded.expires_at`,
			hashToken(token), account, b, now, now, expiry.UnixMicro())
	})
}

func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "DELETE FROM web_session WHERE token_hash = $1", hashToken(token))
	})
}

// The forms without a context are part of the interface; the manager uses the others.
func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}
func (s *sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}
func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
