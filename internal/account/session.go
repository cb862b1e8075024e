package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
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

// How long a web session lasts: unused, in all, and between the password and the second step. What is being typed is
// kept on the server, so that a short time costs nobody their work.
const (
	IdleFor = 15 * time.Minute
	Longest = 10 * time.Hour
	HalfFor = 15 * time.Minute
	// ThroughFor is how long one lasts in all that began at the organisation's own sign-in: whoever is disabled there is out here by then,
	// for they are sent there again, which is one click for who is still known.
	ThroughFor = 2 * time.Hour
)

// Before anybody has shown who they are a session holds what their browser was asked, and is short. MostUnknown is how many such there are at once:
// of a flood the oldest go, and no table fills the disk.
const (
	UnknownFor  = 2 * HalfFor
	MostUnknown = 2000
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
	deviceKey  = "device"
	howKey     = "how"
	halfKey    = "half" // the account whose first step is done
	sinceKey   = "half-since"
	secondKey  = "half-second" // the second step is done
	nextKey    = "half-next"
	staleKey   = "half-stale"
	throughKey = "through" // it began at the organisation's own sign-in
)

// Half is a sign-in on its way: the account whose first step is done. It may read nothing.
type Half struct {
	Account Account
	Second  bool   // the second step is done too
	How     string // the steps so far, in words for the log
	Next    string // where to go afterwards
	// Stale says that the steps so far stand on another's word for something that may be hours old: they are no proof of
	// who sits there now.
	Stale bool
	// Through says that the first step was the organisation's own sign-in.
	Through bool
}

// BeginHalf notes that the first step is done: a new token, so that one planted before is worth nothing.
func (s *Sessions) BeginHalf(ctx context.Context, h Half) error {
	if err := s.RenewToken(ctx); err != nil {
		return err
	}
	s.Remove(ctx, accountKey)
	s.Put(ctx, halfKey, h.Account.ID)
	s.Put(ctx, sinceKey, clock.Micros(s.accounts.clock.Now()))
	s.Put(ctx, secondKey, h.Second)
	s.Put(ctx, howKey, h.How)
	s.Put(ctx, nextKey, h.Next)
	s.Put(ctx, staleKey, h.Stale)
	s.Put(ctx, throughKey, h.Through)
	return nil
}

// HalfOf is the sign-in on its way in this session; ok is false when there is none, or it took too long.
func (s *Sessions) HalfOf(ctx context.Context) (h Half, ok bool, err error) {
	id := s.GetString(ctx, halfKey)
	if id == "" || s.accounts.clock.Now().Sub(clock.FromMicros(s.GetInt64(ctx, sinceKey))) > HalfFor {
		return Half{}, false, nil
	}
	h = Half{Second: s.GetBool(ctx, secondKey), How: s.GetString(ctx, howKey), Next: s.GetString(ctx, nextKey), Stale: s.GetBool(ctx, staleKey), Through: s.GetBool(ctx, throughKey)}
	h.Account, err = s.accounts.Get(ctx, s.accounts.db.Reader(), id)
	if fault.Is(err, fault.NotFound) || err == nil && h.Account.Disabled {
		return Half{}, false, nil
	}
	return h, err == nil, err
}

// Begin signs an account in, all steps done: a new token, so that one planted before is worth nothing. Device is what the browser
// calls itself. The steps count as a proof of who it is.
func (s *Sessions) Begin(ctx context.Context, h Half, device string) error {
	if err := s.RenewToken(ctx); err != nil {
		return err
	}
	for _, k := range []string{halfKey, sinceKey, secondKey, nextKey, staleKey} {
		s.Remove(ctx, k)
	}
	s.Put(ctx, accountKey, h.Account.ID)
	s.Put(ctx, purposeKey, string(Purposes(h.Account.Role)[0]))
	s.Put(ctx, howKey, h.How)
	s.Put(ctx, throughKey, h.Through)
	s.Put(ctx, deviceKey, device)
	s.Prove(ctx)
	return nil
}

// Prove notes that whoever is signed in has just proved again who they are.
func (s *Sessions) Prove(ctx context.Context) {
	s.Put(ctx, provedKey, clock.Micros(s.accounts.clock.Now()))
}

// Unprove forgets the proof: the sign-in stood on somebody else's word, which may be hours old.
func (s *Sessions) Unprove(ctx context.Context) { s.Remove(ctx, provedKey) }

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

// Current names the session that a request is in, by its token's hash; "" names none.
type Current string

// Current is the session of this request.
func (s *Sessions) Current(ctx context.Context) Current {
	if t := s.Token(ctx); t != "" {
		return Current(hashToken(t))
	}
	return ""
}

// Session is one web session, as its owner and an administrator see it.
type Session struct {
	ID      string // of this list; it opens nothing
	Device  string
	How     string
	Began   time.Time
	Seen    time.Time
	Current bool
	Account string
}

const sessionID = 20 // digits of the token's hash

// Sessions are the web sessions in which somebody is signed in to an account, the last used first. Without an account they
// are everybody's.
func (s *Store) Sessions(ctx context.Context, q database.Queryer, account string, current Current) ([]Session, error) {
	now := s.clock.Now()
	args := []any{clock.Micros(now), clock.Micros(now.Add(-IdleFor))}
	where := ""
	if account != "" {
		where, args = " AND account = $3", append(args, account)
	}
	return database.Collect(ctx, q, func(r database.Scanner) (Session, error) {
		var x Session
		var hash string
		var began, seen int64
		err := r.Scan(&hash, &x.Account, &x.Device, &x.How, &began, &seen)
		if len(hash) >= sessionID {
			x.ID = hash[:sessionID]
		}
		x.Current, x.Began, x.Seen = hash == string(current), clock.FromMicros(began), clock.FromMicros(seen)
		return x, err
	}, "SELECT token_hash, account, device, how, created_at, seen_at FROM web_session WHERE account <> '' AND NOT half AND ended_at IS NULL AND expires_at > $1 AND seen_at >= $2"+where+" ORDER BY seen_at DESC, token_hash", args...)
}

// EndSession ends one web session of an account, by its id of the list: its next request finds nobody signed in.
func (s *Store) EndSession(ctx context.Context, tx *database.Tx, account, id string) error {
	n, err := tx.ExecCount(ctx, "UPDATE web_session SET ended_at = $1 WHERE account = $2 AND substr(token_hash, 1, 20) = $3 AND ended_at IS NULL", clock.Micros(s.clock.Now()), account, id)
	if err == nil && n == 0 {
		return fault.NoSuch()
	}
	return err
}

// EndSessions ends the web sessions of an account but one.
func (s *Store) EndSessions(ctx context.Context, tx *database.Tx, account string, but Current) error {
	return s.endSessions(ctx, tx, account, but)
}

// endSessions marks sessions as ended. The rows stay until they would have expired: a request that is under way in one
// of them writes it again, and must not bring it back.
func (s *Store) endSessions(ctx context.Context, tx *database.Tx, account string, but Current) error {
	return tx.Exec(ctx, "UPDATE web_session SET ended_at = $1 WHERE account = $2 AND token_hash <> $3 AND ended_at IS NULL", clock.Micros(s.clock.Now()), account, string(but))
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

// NewToken is a random token of 256 bits for a cookie.
func NewToken() (string, error) {
	raw := make([]byte, 32)
	_, err := rand.Read(raw)
	return base64.RawURLEncoding.EncodeToString(raw), err
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
	}, "SELECT data, seen_at, expires_at FROM web_session WHERE token_hash = $1 AND ended_at IS NULL", key)
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

func (s *sessionStore) CommitCtx(ctx context.Context, token string, b []byte, _ time.Time) error {
	now := s.clock.Now()
	var account, half, device, how string
	var through bool
	if _, values, err := (scs.GobCodec{}).Decode(b); err == nil {
		account, _ = values[accountKey].(string)
		half, _ = values[halfKey].(string)
		device, _ = values[deviceKey].(string)
		how, _ = values[howKey].(string)
		through, _ = values[throughKey].(bool)
	}
	isHalf := account == ""
	longest := Longest
	switch {
	case isHalf:
		account, longest = half, UnknownFor // signing in all the way makes another token, with a row of its own
	case through:
		longest = ThroughFor
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := tx.Exec(ctx, "DELETE FROM web_session WHERE expires_at < $1", clock.Micros(now)); err != nil {
			return err
		}
		// The end stands from the beginning on, by this clock; and what was ended stays so.
		err := tx.Exec(ctx, `INSERT INTO web_session (token_hash, account, data, created_at, seen_at, expires_at, half, device, how) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)
			ON CONFLICT (token_hash) DO UPDATE SET account = excluded.account, data = excluded.data, seen_at = excluded.seen_at, half = excluded.half, device = excluded.device, how = excluded.how`,
			hashToken(token), account, b, clock.Micros(now), clock.Micros(now), clock.Micros(now.Add(longest)), isHalf, device, how)
		if err != nil || account != "" {
			return err
		}
		return tx.Exec(ctx, "DELETE FROM web_session WHERE token_hash IN (SELECT token_hash FROM web_session WHERE account = '' ORDER BY created_at DESC, token_hash LIMIT 1000 OFFSET "+strconv.Itoa(MostUnknown)+")")
	})
}

// DeleteCtx ends a session: signing out, or a new token in its place.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "UPDATE web_session SET ended_at = $1, data = $2 WHERE token_hash = $3 AND ended_at IS NULL", clock.Micros(s.clock.Now()), []byte{}, hashToken(token))
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
