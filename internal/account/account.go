// Package account is who may sign in: accounts with their agency and role, passwords, web sessions, and
// the scope a request gets from them.
//
// A scope is computed once a request: the account's agency, role and areas, the purpose chosen for the
// session, and the agreements live at that moment. Nothing a browser sends can widen it.
//
// Signing in takes a password and a second step: a code from an authenticator app, a passkey, or one of ten
// recovery codes. A passkey is both at once. Passwords are kept as Argon2id (19 MiB, two passes, one lane:
// OWASP's floor), secrets of second steps sealed, tokens and recovery codes as hashes. A wrong address and a wrong
// password cost the same work and get the same words. Guessing is slowed down for each account and each address it
// comes from; whoever has a passkey, a browser that signed in before, or an open session is not kept out by it.
package account

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

// Account is one person who may sign in.
type Account struct {
	ID, Email, Name, Agency string
	Role                    access.Role
	Areas                   []string
	Person                  string // for a Subject: whose record they may read
	Disabled                bool
	Ver                     int64
	// Temporary says that the password was given by somebody else: the owner chooses one at the next sign-in.
	Temporary bool
	setAt     int64 // when the password was set, UTC microseconds; 0 when that was not kept
	hash      string
}

// HasPassword reports whether the account has a password; one that signs in through the organisation's own provider
// may have none.
func (a Account) HasPassword() bool { return a.hash != "" }

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
	set        Settings
	hashing    chan struct{} // at most two at once: each takes 19 MiB
	hashed     atomic.Int64  // how many passwords were worked through, for the tests of equal work
}

// Settings are what signing in needs beyond the database.
type Settings struct {
	// Seals encrypt the secrets of second steps. Without it there are no second steps to add or to use.
	Seals *seal.Keys
	// Breached are passwords known from other sites' breaches; nil when no list was given.
	Breached *Breached
	// Site is the host people use ("lantern.example.org", or "localhost") and Origin the address with its scheme and
	// port, both for passkeys; Site "" means that there are none.
	Site, Origin string
	// Refused keeps that a try to sign in failed, in the audit log: whose, the zero Account when there is none under that
	// address, and at which step. Tries beyond the limits are not kept, or strangers could fill the log.
	Refused func(ctx context.Context, tx *database.Tx, a Account, step string) error
	// Partnership is the name an authenticator app shows.
	Partnership func(ctx context.Context) string
}

// With returns the store with what signing in needs.
func (s *Store) With(set Settings) *Store { s.set = set; return s }

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
	// Temporary says that somebody else gave the password, as from the command line: it is good for a week, and the
	// owner chooses another at the first sign-in. Without a password the account signs in through the organisation's
	// own provider alone.
	Temporary bool
	Provider  bool
}

// Add makes an account.
func (s *Store) Add(ctx context.Context, tx *database.Tx, in New) (Account, error) {
	email := strings.TrimSpace(in.Email)
	if at := strings.IndexByte(email, '@'); at < 1 || at == len(email)-1 || strings.ContainsAny(email, " \t\r\n<>") {
		return Account{}, fault.New(fault.Invalid, "%q is not an e-mail address: expected name@organisation.", email)
	}
	if in.Provider {
		return s.insert(ctx, tx, in, "")
	}
	if err := s.checkNew(in.Password, email, in.Name); err != nil {
		return Account{}, err
	}
	hash, err := s.hash(ctx, in.Password)
	if err != nil {
		return Account{}, err
	}
	return s.insert(ctx, tx, in, hash)
}

func (s *Store) insert(ctx context.Context, tx *database.Tx, in New, hash string) (Account, error) {
	a := Account{ID: s.ids.New(), Email: strings.TrimSpace(in.Email), Name: in.Name, Agency: in.Agency, Role: in.Role, Areas: in.Areas, Person: in.Person, Ver: 1, Temporary: in.Temporary, setAt: clock.Micros(s.clock.Now()), hash: hash}
	err := tx.Exec(ctx, `INSERT INTO account (id, email_folded, email, name, agency, role, areas, password_hash, subject_person, disabled, created_at, ver, password_temporary, password_set_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,FALSE,$10,1,$11,$12)`,
		a.ID, fold(a.Email), a.Email, a.Name, a.Agency, string(a.Role), strings.Join(a.Areas, " "), hash, a.Person, a.setAt, a.Temporary, a.setAt)
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

const columns = "id, email, name, agency, role, areas, subject_person, disabled, ver, password_temporary, password_set_at, password_hash"

func scan(r database.Scanner) (Account, error) {
	var a Account
	var areas string
	err := r.Scan(&a.ID, &a.Email, &a.Name, &a.Agency, (*string)(&a.Role), &areas, &a.Person, &a.Disabled, &a.Ver, &a.Temporary, &a.setAt, &a.hash)
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

// Disable closes an account and ends its web sessions and its one-time link, so that the next request finds none of them. The last open
// administrator's stays: nobody could open another.
func (s *Store) Disable(ctx context.Context, tx *database.Tx, id string) error {
	a, err := s.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if a.Role == access.Administrator && !a.Disabled {
		if err := s.notTheLast(ctx, tx, a); err != nil {
			return err
		}
	}
	if err := s.endLinks(ctx, tx, id); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE account SET disabled = TRUE, ver = ver + 1 WHERE id = $1", id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NoSuch()
	}
	return s.endSessions(ctx, tx, id, "")
}

// Open opens a closed account again.
func (s *Store) Open(ctx context.Context, tx *database.Tx, id string) error {
	n, err := tx.ExecCount(ctx, "UPDATE account SET disabled = FALSE, ver = ver + 1 WHERE id = $1 AND disabled", id)
	if err == nil && n == 0 {
		return fault.NoSuch()
	}
	return err
}

// SetPerson says whose record a young person's account reads; the next request already knows. Only a Subject's account has one.
func (s *Store) SetPerson(ctx context.Context, tx *database.Tx, id, person string) error {
	n, err := tx.ExecCount(ctx, "UPDATE account SET subject_person = $1, ver = ver + 1 WHERE id = $2 AND role = $3", person, id, string(access.Subject))
	if err == nil && n == 0 {
		return fault.NoSuch()
	}
	return err
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
	if scope.Grants, scope.Glass, err = s.agreements.Singly(ctx, a.ID, a.Agency, p, s.clock.Now()); !access.MayBreakGlass(a.Role) {
		scope.Glass = nil // it was broken in another role
	}
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
