// Package account is who may sign in: accounts with their agency and role, passwords, web sessions, and
// the scope a request gets from them.
//
// A scope is computed once a request: the account's agency, role and areas, the purpose chosen for the
// session, and the agreements live at that moment. Nothing a browser sends can widen it. Passwords are
// kept as Argon2id (19 MiB, two passes, one lane: OWASP's floor); a wrong address and a wrong password
// cost the same time and get the same words.
package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Account is one person who may sign in.
type Account struct {
	ID, Email, Name, Agency string
	Role                    access.Role
	Areas                   []string
	Person                  string // for a Subject: whose record they may read
	Disabled                bool
	Ver                     int64
	hash                    string
}

// Agreements tells what live agreements permit; package sharing implements it.
type Agreements interface {
	// Permits lists what agency may read of others for purpose at a moment.
	Permits(ctx context.Context, agency string, purpose access.Purpose, at time.Time) ([]access.Permit, error)
	// Singly is what is open to one account of an agency besides: live one-off disclosures, and glass it has broken.
	Singly(ctx context.Context, account, agency string, purpose access.Purpose, at time.Time) ([]access.Grant, *access.Glass, error)
}

// Store keeps accounts.
type Store struct {
	db         *database.DB
	clock      clock.Clock
	ids        *clock.IDs
	agreements Agreements
	hashing    chan struct{} // at most two at once: each takes 19 MiB
}

// NewStore returns the accounts of a database.
func NewStore(db *database.DB, c clock.Clock, ids *clock.IDs, a Agreements) *Store {
	return &Store{db: db, clock: c, ids: ids, agreements: a, hashing: make(chan struct{}, 2)}
}

func fold(email string) string { return cases.Fold().String(strings.TrimSpace(email)) }

// New is what is needed to add an account.
type New struct {
	Email, Name, Agency string
	Role                access.Role
	Areas               []string
	Person              string
	Password            string
}

// MinPassword and MaxPassword bound a password's length in characters.
const (
	MinPassword = 12
	MaxPassword = 128
)

// CheckPassword says what is wrong with a new password, "" when nothing is. A password is judged by its
// length and by not being one that everybody guesses first; no rule asks for a digit or a sign.
func CheckPassword(p, email, name string) string {
	n := utf8.RuneCountInString(p)
	low := strings.ToLower(p)
	switch {
	case n < MinPassword:
		return fmt.Sprintf("Use at least %d characters: three or four unconnected words are easy to remember", MinPassword)
	case n > MaxPassword:
		return fmt.Sprintf("Use at most %d characters", MaxPassword)
	case common(low):
		return "This password is on every list of guesses: choose another"
	case holds(low, strings.SplitN(email, "@", 2)[0]), holds(low, name):
		return "Leave your own name and e-mail address out of your password"
	}
	return ""
}

// holds reports whether a password has a name in it. Names of three letters and less stand in many a password by chance.
func holds(low, name string) bool {
	return utf8.RuneCountInString(name) > 3 && strings.Contains(low, strings.ToLower(name))
}

// common reports whether a password is made of what guessers try first: one repeated group, a run of
// the keyboard or alphabet, or a stock word with digits behind it.
func common(low string) bool {
	for w := 1; w <= len(low)/2; w++ {
		if len(low)%w == 0 && strings.Repeat(low[:w], len(low)/w) == low {
			return true
		}
	}
	for _, run := range []string{"abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "98765432109876543210", "qwertyuiopasdfghjklzxcvbnm", "qwerty123456789"} {
		if strings.Contains(run, low) {
			return true
		}
	}
	switch strings.TrimRight(low, "0123456789!.?@#$-_ ") {
	case "password", "passwordpassword", "letmein", "welcome", "qwertyuiop", "iloveyou", "administrator", "changeme", "lantern", "safeguarding":
		return true
	}
	return false
}

// Add makes an account.
func (s *Store) Add(ctx context.Context, tx *database.Tx, in New) (Account, error) {
	email := strings.TrimSpace(in.Email)
	if at := strings.IndexByte(email, '@'); at < 1 || at == len(email)-1 || strings.ContainsAny(email, " \t\r\n<>") {
		return Account{}, fault.New(fault.Invalid, "%q is not an e-mail address: expected name@organisation.", email)
	}
	if words := CheckPassword(in.Password, email, in.Name); words != "" {
		return Account{}, fault.New(fault.Invalid, "%s.", words)
	}
	hash, err := s.hash(ctx, in.Password)
	if err != nil {
		return Account{}, err
	}
	return s.insert(ctx, tx, in, hash)
}

func (s *Store) insert(ctx context.Context, tx *database.Tx, in New, hash string) (Account, error) {
	a := Account{ID: s.ids.New(), Email: strings.TrimSpace(in.Email), Name: in.Name, Agency: in.Agency, Role: in.Role, Areas: in.Areas, Person: in.Person, Ver: 1, hash: hash}
	err := tx.Exec(ctx, `INSERT INTO account (id, email_folded, email, name, agency, role, areas, password_hash, subject_person, disabled, created_at, ver)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,FALSE,$10,1)`,
		a.ID, fold(a.Email), a.Email, a.Name, a.Agency, string(a.Role), strings.Join(a.Areas, " "), hash, a.Person, clock.Micros(s.clock.Now()))
	if database.IsUnique(err) {
		return Account{}, fault.New(fault.Conflict, "There is already an account with the address %s.", a.Email)
	}
	return a, err
}

// AddAll makes many accounts that share one password, hashing it once: the demonstration's cast.
func (s *Store) AddAll(ctx context.Context, tx *database.Tx, password string, ins []New) ([]Account, error) {
	hash, err := s.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	out := make([]Account, len(ins))
	for i, in := range ins {
		if out[i], err = s.insert(ctx, tx, in, hash); err != nil {
			return nil, err
		}
	}
	return out, nil
}

const columns = "id, email, name, agency, role, areas, subject_person, disabled, ver, password_hash"

func scan(r database.Scanner) (Account, error) {
	var a Account
	var areas string
	err := r.Scan(&a.ID, &a.Email, &a.Name, &a.Agency, (*string)(&a.Role), &areas, &a.Person, &a.Disabled, &a.Ver, &a.hash)
	a.Areas = strings.Fields(areas)
	return a, err
}

// Get is the account of that id.
func (s *Store) Get(ctx context.Context, q database.Queryer, id string) (Account, error) {
	return database.One(ctx, q, scan, "SELECT "+columns+" FROM account WHERE id = $1", id)
}

// ByEmail is the account of that address.
func (s *Store) ByEmail(ctx context.Context, q database.Queryer, email string) (Account, error) {
	return database.One(ctx, q, scan, "SELECT "+columns+" FROM account WHERE email_folded = $1", fold(email))
}

// All lists accounts by agency and name: for choosing an owner, and for the administrator.
func (s *Store) All(ctx context.Context, q database.Queryer) ([]Account, error) {
	return database.Collect(ctx, q, scan, "SELECT "+columns+" FROM account ORDER BY agency, name, id")
}

// Count is how many accounts there are.
func (s *Store) Count(ctx context.Context, q database.Queryer) (int, error) {
	return database.One(ctx, q, database.Value[int], "SELECT count(*) FROM account")
}

// Disable closes an account and ends its web sessions, so that the next request finds neither.
func (s *Store) Disable(ctx context.Context, tx *database.Tx, id string) error {
	n, err := tx.ExecCount(ctx, "UPDATE account SET disabled = TRUE, ver = ver + 1 WHERE id = $1", id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NoSuch()
	}
	return tx.Exec(ctx, "DELETE FROM web_session WHERE account = $1", id)
}

// SetPerson says whose record a young person's account reads; the next request already knows. Only a Subject's account has one.
func (s *Store) SetPerson(ctx context.Context, tx *database.Tx, id, person string) error {
	n, err := tx.ExecCount(ctx, "UPDATE account SET subject_person = $1, ver = ver + 1 WHERE id = $2 AND role = $3", person, id, string(access.Subject))
	if err == nil && n == 0 {
		return fault.NoSuch()
	}
	return err
}

// SetPassword gives an account a new password and ends its web sessions.
func (s *Store) SetPassword(ctx context.Context, tx *database.Tx, a Account, password string) error {
	if words := CheckPassword(password, a.Email, a.Name); words != "" {
		return fault.New(fault.Invalid, "%s.", words)
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := tx.Exec(ctx, "UPDATE account SET password_hash = $1, ver = ver + 1 WHERE id = $2", hash, a.ID); err != nil {
		return err
	}
	return tx.Exec(ctx, "DELETE FROM web_session WHERE account = $1", a.ID)
}

const (
	window      = 15 * time.Minute
	maxFailures = 10 // in a window, for one address
)

// wrong is what every failed sign-in says, whichever half was wrong.
func wrong() error {
	return fault.New(fault.Unauthenticated, "The e-mail address and password do not go together, or there were too many tries in a short time. Check both and try again; after many tries, wait a quarter of an hour.")
}

// SignIn answers for an address and a password. Wrong address, wrong password, disabled account and
// too many tries all get the same words, after the same work.
func (s *Store) SignIn(ctx context.Context, email, password string) (Account, error) {
	folded := fold(email)
	if len(folded) > 320 || len(password) > 4*MaxPassword {
		return Account{}, wrong()
	}
	since := clock.Micros(s.clock.Now().Add(-window))
	tries, err := database.One(ctx, s.db.Reader(), database.Value[int], "SELECT count(*) FROM sign_in_attempt WHERE email_folded = $1 AND at > $2 AND NOT ok", folded, since)
	if err != nil {
		return Account{}, err
	}
	found, err := database.Collect(ctx, s.db.Reader(), scan, "SELECT "+columns+" FROM account WHERE email_folded = $1", folded)
	if err != nil {
		return Account{}, err
	}
	against := nobody
	if len(found) == 1 {
		against = found[0].hash
	}
	ok, err := s.matches(ctx, password, against)
	if err != nil {
		return Account{}, err
	}
	ok = ok && len(found) == 1 && !found[0].Disabled && tries < maxFailures
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if err := tx.Exec(ctx, "DELETE FROM sign_in_attempt WHERE at < $1", since); err != nil {
			return err
		}
		return tx.Exec(ctx, "INSERT INTO sign_in_attempt (id, email_folded, at, ok) VALUES ($1,$2,$3,$4)", s.ids.New(), folded, clock.Micros(s.clock.Now()), ok)
	})
	if err != nil {
		return Account{}, err
	}
	if !ok {
		return Account{}, wrong()
	}
	return found[0], nil
}

// Scope is what the account may read for a purpose at this moment.
func (s *Store) Scope(ctx context.Context, a Account, p access.Purpose) (access.Scope, error) {
	scope := access.Scope{Account: a.ID, Name: a.Name, Agency: a.Agency, Role: a.Role, Purpose: p, Areas: a.Areas, Closed: access.ClosedTo(a.Role), Person: a.Person}
	if a.Agency == "" || s.agreements == nil {
		return scope, nil
	}
	var err error
	if scope.Permits, err = s.agreements.Permits(ctx, a.Agency, p, s.clock.Now()); err != nil {
		return scope, err
	}
	scope.Grants, scope.Glass, err = s.agreements.Singly(ctx, a.ID, a.Agency, p, s.clock.Now())
	return scope, err
}

// Purposes lists what a role may act for, the usual one first.
func Purposes(r access.Role) []access.Purpose {
	switch r {
	case access.Manager:
		return []access.Purpose{access.CommunitySafety, access.Safeguarding, access.Assessment, access.Governance}
	case access.Analyst:
		return []access.Purpose{access.Assessment, access.CommunitySafety}
	case access.Chair:
		return []access.Purpose{access.Safeguarding, access.CommunitySafety}
	case access.Practitioner:
		return []access.Purpose{access.Safeguarding, access.YouthOffending}
	case access.SchoolLead:
		return []access.Purpose{access.Safeguarding}
	case access.Subject:
		return []access.Purpose{access.OwnRecord}
	default:
		return []access.Purpose{access.Governance}
	}
}

// Argon2id parameters: memory in KiB, passes, lanes, bytes.
const (
	memory, passes, lanes = 19 * 1024, 2, 1
	keyBytes, saltBytes   = 32, 16
)

// nobody is compared with when there is no such account, so that both cases take the same time.
var nobody = encode(make([]byte, saltBytes), make([]byte, keyBytes))

func encode(salt, key []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, e.EncodeToString(salt), e.EncodeToString(key))
}

func (s *Store) derive(ctx context.Context, password string, salt []byte, m, t uint32, p uint8, n uint32) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return argon2.IDKey([]byte(password), salt, t, m, p, n), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Store) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key, err := s.derive(ctx, password, salt, memory, passes, lanes, keyBytes)
	if err != nil {
		return "", err
	}
	return encode(salt, key), nil
}

func (s *Store) matches(ctx context.Context, password, encoded string) (bool, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, fmt.Errorf("account: a stored password is not Argon2id")
	}
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil {
		return false, fmt.Errorf("account: stored password parameters: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, err
	}
	got, err := s.derive(ctx, password, salt, m, t, p, uint32(len(want))) //nolint:gosec // 32 bytes
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
