package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

// FactorKind is what a second step is.
type FactorKind string

// The kinds of second step. Recovery codes stand beside them and are no step of their own.
const (
	App     FactorKind = "app"     // codes from an authenticator app (RFC 6238)
	Passkey FactorKind = "passkey" // WebAuthn, with the device's own check of who holds it: both steps at once
)

// Factor is one second step that an account has.
type Factor struct {
	ID, Account string
	Kind        FactorKind
	Name        string // the owner's word for it
	MadeAt      time.Time
	UsedAt      time.Time // zero when it was not used yet
	secret      string
	step        int64
}

// MaxFactors is how many second steps of a kind an account may have.
const MaxFactors = 10

const factorColumns = "id, account, kind, name, made_at, coalesce(used_at, 0), secret, last_step"

func scanFactor(r database.Scanner) (Factor, error) {
	var f Factor
	var made, used int64
	err := r.Scan(&f.ID, &f.Account, (*string)(&f.Kind), &f.Name, &made, &used, &f.secret, &f.step)
	f.MadeAt = clock.FromMicros(made)
	if used > 0 {
		f.UsedAt = clock.FromMicros(used)
	}
	return f, err
}

func (f Factor) place() seal.Place {
	return seal.Place{Table: "account_factor", Column: "secret", ID: f.ID}
}

// Factors are the second steps of an account that are in use, the oldest first.
func (s *Store) Factors(ctx context.Context, q database.Queryer, account string) ([]Factor, error) {
	return database.Collect(ctx, q, scanFactor, "SELECT "+factorColumns+" FROM account_factor WHERE account = $1 AND confirmed_at IS NOT NULL ORDER BY id", account)
}

// FactorCounts is how many second steps in use each account has.
func (s *Store) FactorCounts(ctx context.Context, q database.Queryer) (map[string]int, error) {
	out := map[string]int{}
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var id string
		var n int
		err := r.Scan(&id, &n)
		out[id] = n
		return err
	}, "SELECT account, count(*) FROM account_factor WHERE confirmed_at IS NOT NULL GROUP BY account")
	return out, err
}

func (s *Store) sealed(at seal.Place, plain []byte) (string, error) {
	if s.set.Seals == nil {
		return "", fault.New(fault.Unavailable, "This Lantern has no keys to keep second steps with.")
	}
	return s.set.Seals.Seal(at, plain)
}

func (s *Store) unsealed(f Factor) ([]byte, error) {
	if s.set.Seals == nil {
		return nil, fault.New(fault.Unavailable, "This Lantern has no keys to read second steps with.")
	}
	return s.set.Seals.Open(f.place(), f.secret)
}

// room refuses more second steps of a kind than an account may have.
func (s *Store) room(ctx context.Context, q database.Queryer, account string, k FactorKind) error {
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM account_factor WHERE account = $1 AND kind = $2 AND confirmed_at IS NOT NULL", account, string(k))
	if err == nil && n >= MaxFactors {
		return fault.New(fault.Refused, "You have %d of these already: remove one that you no longer use first.", n)
	}
	return err
}

// What an app is told: six digits, every 30 seconds, SHA-1, which is what every app can do (RFC 6238).
const (
	appPeriod = 30
	appDigits = otp.DigitsSix
	appSkew   = 1 // a code of the period before or after is taken too
	// PendingFor is how long the key of an app waits for its first code.
	PendingFor = 15 * time.Minute
)

// BeginApp makes the key for an authenticator app, to be confirmed with its first code. Keys that were never
// confirmed go.
func (s *Store) BeginApp(ctx context.Context, tx *database.Tx, a Account) (id string, err error) {
	if err := s.room(ctx, tx, a.ID, App); err != nil {
		return "", err
	}
	if err := tx.Exec(ctx, "DELETE FROM account_factor WHERE account = $1 AND confirmed_at IS NULL", a.ID); err != nil {
		return "", err
	}
	raw := make([]byte, 20)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	f := Factor{ID: s.ids.New()}
	text, err := s.sealed(f.place(), raw)
	if err != nil {
		return "", err
	}
	return f.ID, tx.Exec(ctx, "INSERT INTO account_factor (id, account, kind, name, secret, made_at) VALUES ($1,$2,$3,$4,$5,$6)",
		f.ID, a.ID, string(App), "Authenticator app", text, clock.Micros(s.clock.Now()))
}

// AppKey is a key that waits for its first code: as an address for the app and as text to type.
type AppKey struct{ URL, Text string }

// AppKey is the key that waits under an id; there is none once it was confirmed or too old.
func (s *Store) AppKey(ctx context.Context, q database.Queryer, a Account, id string) (AppKey, error) {
	f, err := s.pending(ctx, q, a, id)
	if err != nil {
		return AppKey{}, err
	}
	raw, err := s.unsealed(f)
	if err != nil {
		return AppKey{}, err
	}
	issuer := "Lantern"
	if s.set.Partnership != nil {
		if name := s.set.Partnership(ctx); name != "" {
			issuer = "Lantern, " + strings.ReplaceAll(name, ":", " ")
		}
	}
	k, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: a.Email, Period: appPeriod, Secret: raw, Digits: appDigits, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return AppKey{}, err
	}
	return AppKey{k.URL(), inGroups(k.Secret())}, nil
}

// inGroups sets text in groups of four, to be read and typed.
func inGroups(text string) string {
	var b strings.Builder
	for i, c := range text {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

func (s *Store) pending(ctx context.Context, q database.Queryer, a Account, id string) (Factor, error) {
	return database.One(ctx, q, scanFactor, "SELECT "+factorColumns+" FROM account_factor WHERE id = $1 AND account = $2 AND kind = $3 AND confirmed_at IS NULL AND made_at > $4",
		id, a.ID, string(App), clock.Micros(s.clock.Now().Add(-PendingFor)))
}

// ConfirmApp takes the first code of a key that waits. A wrong one is an Unauthenticated fault.
func (s *Store) ConfirmApp(ctx context.Context, tx *database.Tx, a Account, id, name, code string) error {
	f, err := s.pending(ctx, tx, a, id)
	if err != nil {
		return err
	}
	step, err := s.stepOf(f, code)
	if err != nil {
		return err
	}
	if step == 0 {
		return fault.New(fault.Unauthenticated, "This is not the code that the app shows for this key. Wait for the next one and type it here.")
	}
	if name = strings.TrimSpace(name); name == "" {
		name = f.Name
	}
	return tx.Exec(ctx, "UPDATE account_factor SET confirmed_at = $1, last_step = $2, name = $3 WHERE id = $4", clock.Micros(s.clock.Now()), step, name, f.ID)
}

// stepOf is the time step whose code was given and has not been used, 0 when there is none. Every step is computed
// and compared, whatever was found before.
func (s *Store) stepOf(f Factor, code string) (int64, error) {
	raw, err := s.unsealed(f)
	if err != nil {
		return 0, err
	}
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	code = strings.Join(strings.Fields(code), "")
	now := s.clock.Now().Unix() / appPeriod
	var found int64
	for step := now - appSkew; step <= now+appSkew; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: appDigits, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // after 1970
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > f.step {
			found = step
		}
	}
	return found, nil
}

// RemoveFactor takes a second step away. The last one stays where one is asked for: keep says so.
func (s *Store) RemoveFactor(ctx context.Context, tx *database.Tx, a Account, id string, keep bool) (Factor, error) {
	had, err := s.Factors(ctx, tx, a.ID)
	if err != nil {
		return Factor{}, err
	}
	for _, f := range had {
		if f.ID != id {
			continue
		}
		if keep && len(had) == 1 {
			return f, fault.New(fault.Refused, "This is your only second step. Add another first, then remove this one.")
		}
		return f, tx.Exec(ctx, "DELETE FROM account_factor WHERE id = $1", id)
	}
	return Factor{}, fault.NoSuch()
}

// RemoveFactors takes every second step, recovery code and remembered browser of an account away and ends its web
// sessions: the owner lost them all, and is led to new ones at the next sign-in.
func (s *Store) RemoveFactors(ctx context.Context, tx *database.Tx, account string) error {
	for _, table := range []string{"account_factor", "account_recovery_code", "account_browser", "account_identity"} {
		if err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE account = $1", account); err != nil {
			return err
		}
	}
	return s.endSessions(ctx, tx, account, "")
}

// Recovery codes: ten, of 80 bits each, shown once, good once each.
const (
	RecoveryCodes = 10
	recoveryBytes = 10
)

// recoverySigns leave out i, l, o and u, which are mistaken for others: Crockford's base32.
var recoverySigns = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewRecoveryCodes makes ten codes in place of all made before.
func (s *Store) NewRecoveryCodes(ctx context.Context, tx *database.Tx, account string) ([]string, error) {
	if err := tx.Exec(ctx, "DELETE FROM account_recovery_code WHERE account = $1", account); err != nil {
		return nil, err
	}
	out := make([]string, RecoveryCodes)
	for i := range out {
		raw := make([]byte, recoveryBytes)
		if _, err := rand.Read(raw); err != nil {
			return nil, err
		}
		code := recoverySigns.EncodeToString(raw)
		out[i] = code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
		if err := tx.Exec(ctx, "INSERT INTO account_recovery_code (account, hash, made_at) VALUES ($1,$2,$3)", account, hashToken(code), clock.Micros(s.clock.Now())); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RecoveryLeft is how many recovery codes an account has not used.
func (s *Store) RecoveryLeft(ctx context.Context, q database.Queryer, account string) (int, error) {
	return database.One(ctx, q, database.Value[int], "SELECT count(*) FROM account_recovery_code WHERE account = $1 AND used_at IS NULL", account)
}

var misread = strings.NewReplacer("i", "1", "l", "1", "o", "0", "-", "", " ", "")

// SecondStep checks what was typed as the second step: a code from an app, or a recovery code. It says which it was,
// in words for the log. A wrong or used one is an Unauthenticated fault; so is one too many.
func (s *Store) SecondStep(ctx context.Context, a Account, typed string) (how string, err error) {
	no := fault.New(fault.Unauthenticated, "This code is not right, or was used already, or there were too many tries in a short time. Type the one your app shows now, or one of your recovery codes.")
	if len(typed) > 100 {
		return "", no
	}
	try, err := s.begin(ctx, "second step of "+a.ID, "", From{})
	if err != nil || try == "" {
		return "", firstOf(err, no)
	}
	if how, err = s.appCode(ctx, a, try, typed); err != nil || how != "" {
		return how, err
	}
	if how, err = s.recoveryCode(ctx, a, try, typed); err != nil || how != "" {
		return how, err
	}
	return "", firstOf(s.refused(ctx, try, a, "second step"), no)
}

// appCode takes a code of one of the account's apps; how is "" when it is none, or one that was used.
func (s *Store) appCode(ctx context.Context, a Account, try, typed string) (how string, err error) {
	factors, err := s.Factors(ctx, s.db.Reader(), a.ID)
	if err != nil {
		return "", err
	}
	for _, f := range factors {
		if f.Kind != App {
			continue
		}
		step, err := s.stepOf(f, typed)
		if err != nil {
			return "", err
		}
		if step == 0 {
			continue
		}
		err = s.db.Write(ctx, func(tx *database.Tx) error {
			// Whoever comes second with the same code changes no row.
			n, err := tx.ExecCount(ctx, "UPDATE account_factor SET last_step = $1, used_at = $2 WHERE id = $3 AND last_step < $4", step, clock.Micros(s.clock.Now()), f.ID, step)
			if how = ""; err != nil || n == 0 {
				return err
			}
			how = "code from an app"
			return s.succeeded(ctx, tx, try)
		})
		return how, err
	}
	return "", nil
}

// recoveryCode takes one of the account's recovery codes; how is "" when it is none, or one that was used.
func (s *Store) recoveryCode(ctx context.Context, a Account, try, typed string) (how string, err error) {
	code := misread.Replace(strings.ToLower(strings.TrimSpace(typed)))
	if len(code) != recoverySigns.EncodedLen(recoveryBytes) {
		return "", nil
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		n, err := tx.ExecCount(ctx, "UPDATE account_recovery_code SET used_at = $1 WHERE account = $2 AND hash = $3 AND used_at IS NULL", clock.Micros(s.clock.Now()), a.ID, hashToken(code))
		if how = ""; err != nil || n == 0 {
			return err
		}
		how = "recovery code"
		return s.succeeded(ctx, tx, try)
	})
	return how, err
}

// firstOf is the first error there is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
