// Package practice is the hub: what works, training, help, and the law.
//
// What the hub says is content (package content): entries of the kinds in kind.go, each with its source and the
// day that source speaks for, written and published by a local lead, with versions, a preview and a way back.
// What came with the program is read from data/ once. An entry that says what is not confirmed is shown as a
// draft until a named person has confirmed it.
//
// Library reads entries and keeps what is not part of their words: who looks after each, who confirmed which
// version, which agency works to which version of an arrangement. Hub finds them, together with definitions
// and papers that other rooms give it. Package course keeps training, package support the questions people
// ask. Nothing here is about a person in a case, and every page that takes words says so.
package practice

import (
	"context"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
)

// Library reads the hub's entries and keeps what is known about them.
type Library struct {
	content     *content.Store
	partnership *partnership.Store
	accounts    *account.Store
	clock       clock.Clock
	ids         *clock.IDs
	log         *audit.Log
}

// NewLibrary returns the library over the content.
func NewLibrary(c *content.Store, p *partnership.Store, accounts *account.Store, at clock.Clock, ids *clock.IDs, log *audit.Log) *Library {
	return &Library{content: c, partnership: p, accounts: accounts, clock: at, ids: ids, log: log}
}

// Entry is an entry and what is known about it.
type Entry struct {
	Item
	Keeper     string // account id of whoever looks after it, "" when nobody does
	KeeperName string
}

// Overdue reports whether it should have been looked at again before a day.
func (e Entry) Overdue(today time.Time) bool {
	return e.ReviewOn != "" && e.ReviewOn < today.Format(clock.ISODate)
}

// List is the live entries of a kind, by title, with who looks after them.
func (l *Library) List(ctx context.Context, q database.Queryer, scope access.Scope, kind string) ([]Entry, error) {
	versions, err := l.content.List(ctx, q, scope, kind)
	if err != nil {
		return nil, err
	}
	keepers, err := l.keepers(ctx, q, kind)
	out := make([]Entry, len(versions))
	for i, v := range versions {
		out[i] = Entry{Item{v}, keepers[v.Code].id, keepers[v.Code].name}
	}
	return out, err
}

type keeper struct{ id, name string }

func (l *Library) keepers(ctx context.Context, q database.Queryer, kind string) (map[string]keeper, error) {
	type row struct {
		code string
		keeper
	}
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.code, &x.id, &x.name)
	}, "SELECT k.code, k.account, a.name FROM hub_keeper k JOIN account a ON a.id = k.account WHERE k.kind = $1 AND k.ended_at IS NULL AND NOT a.disabled", kind)
	out := make(map[string]keeper, len(rows))
	for _, x := range rows {
		out[x.code] = x.keeper
	}
	return out, err
}

// Get is a live entry.
func (l *Library) Get(ctx context.Context, q database.Queryer, scope access.Scope, kind, code string) (Entry, error) {
	if _, ok := KindOf(kind); !ok {
		return Entry{}, fault.NoSuch()
	}
	v, err := l.content.Get(ctx, q, scope, content.Key{Kind: kind, Code: code})
	return l.with(ctx, q, v, err)
}

// Version is a version of an entry, for a preview.
func (l *Library) Version(ctx context.Context, q database.Queryer, scope access.Scope, kind, code string, n int64) (Entry, error) {
	v, err := l.content.Version(ctx, q, scope, content.Key{Kind: kind, Code: code}, n)
	return l.with(ctx, q, v, err)
}

func (l *Library) with(ctx context.Context, q database.Queryer, v content.Version, err error) (Entry, error) {
	if err != nil {
		return Entry{}, err
	}
	keepers, err := l.keepers(ctx, q, v.Kind)
	k := keepers[v.Code]
	return Entry{Item{v}, k.id, k.name}, err
}

// MayKeep are the roles that look after the hub: they write, publish, confirm and say who looks after what.
var MayKeep = []access.Role{access.Manager, access.InfoOfficer, access.Chair, access.Analyst}

func mayKeep(by access.Scope) error {
	if by.IsSystem() || slices.Contains(MayKeep, by.Role) {
		return nil
	}
	return fault.New(fault.Refused, "Your role does not look after the hub.")
}

// Keep says who looks after an entry; to "" is nobody. The account must be an open one of a member.
func (l *Library) Keep(ctx context.Context, tx *database.Tx, by access.Scope, kind, code, to string) error {
	if err := mayKeep(by); err != nil {
		return err
	}
	now, err := l.Get(ctx, tx, by, kind, code)
	if err != nil {
		return err
	}
	if to != "" {
		a, err := l.accounts.Get(ctx, tx, to)
		if fault.Is(err, fault.NotFound) || err == nil && (a.Disabled || a.Role == access.Subject) {
			return fault.New(fault.Invalid, "Choose a member whose account is open.")
		}
		if err != nil {
			return err
		}
	}
	if now.Keeper == to {
		return fault.New(fault.Invalid, "That is how it stands already.")
	}
	at := clock.Micros(l.clock.Now())
	if err := tx.Exec(ctx, "UPDATE hub_keeper SET ended_at = $1 WHERE kind = $2 AND code = $3 AND ended_at IS NULL", at, kind, code); err != nil {
		return err
	}
	if to != "" {
		if err := tx.Exec(ctx, "INSERT INTO hub_keeper (id, kind, code, account, by_account, at) VALUES ($1,$2,$3,$4,$5,$6)", l.ids.New(), kind, code, to, by.Account, at); err != nil {
			return err
		}
	}
	return l.altered(ctx, tx, by, now.Item, "who looks after it")
}

func (l *Library) altered(ctx context.Context, tx *database.Tx, by access.Scope, i Item, words string) error {
	return l.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "hub", Subject: i.Ref(), Words: words})
}

// Confirmation is a named person saying that they checked a version against a source.
type Confirmation struct {
	Version          int64
	ByName, Agency   string
	At               int64
	Against, Checked string // the source, and what had not been confirmed
}

// Confirm publishes a version of an entry without what was not confirmed, and keeps who checked it against what. Over is the
// version that was read.
func (l *Library) Confirm(ctx context.Context, tx *database.Tx, by access.Scope, kind, code string, over int64, against, asAt string) error {
	if err := mayKeep(by); err != nil {
		return err
	}
	now, err := l.Get(ctx, tx, by, kind, code)
	switch {
	case err != nil:
		return err
	case by.IsSystem() || by.Name == "":
		return fault.New(fault.Refused, "Only a named person can confirm.")
	case now.Number != over:
		return fault.New(fault.Conflict, "Members see another version by now: read it before you confirm it.")
	case now.Unconfirmed() == "":
		return fault.New(fault.Refused, "Nothing of it waits to be confirmed.")
	case strings.TrimSpace(against) == "":
		return fault.New(fault.Invalid, "Say what you checked it against.")
	case !CheckAsAt(asAt):
		return fault.New(fault.Invalid, "The date %q cannot be read: expected 2026, 2026-11 or 2026-11-28.", asAt)
	}
	checked := now.Unconfirmed()
	t := now.Text
	t.Fields = clone(t.Fields)
	delete(t.Fields, "unconfirmed")
	t.Fields["as_at"] = asAt
	if strings.Contains(now.Source(), "recalled") { // what was from memory rests on what it was checked against
		t.Fields["source"] = strings.TrimSpace(against)
	}
	v, err := l.replace(ctx, tx, by, now, t, "Confirmed against "+against)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, "INSERT INTO hub_confirmed (id, kind, code, version, against, checked, by_account, by_name, agency, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
		l.ids.New(), kind, code, v.Number, strings.TrimSpace(against), checked, by.Account, by.Name, by.Agency, clock.Micros(l.clock.Now()))
}

func clone(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// replace publishes other words of a live entry. A draft that somebody else began stands in the way: it would be lost.
func (l *Library) replace(ctx context.Context, tx *database.Tx, by access.Scope, now Entry, t content.Text, why string) (content.Version, error) {
	v, err := l.content.Save(ctx, tx, by, now.Key, now.Number, t, why)
	if fault.Is(err, fault.Conflict) {
		return v, fault.New(fault.Conflict, "There is a newer version that nobody has published yet. Publish it, or bring this one back, and then do this.")
	}
	return v, err
}

// Confirmations lists who confirmed versions of an entry, newest first.
func (l *Library) Confirmations(ctx context.Context, q database.Queryer, kind, code string) ([]Confirmation, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Confirmation, error) {
		var c Confirmation
		return c, r.Scan(&c.Version, &c.ByName, &c.Agency, &c.At, &c.Against, &c.Checked)
	}, "SELECT version, by_name, agency, at, against, checked FROM hub_confirmed WHERE kind = $1 AND code = $2 ORDER BY version DESC", kind, code)
}

// Reviewed says that an entry was looked at and still holds: it is published again with another day to look at it.
func (l *Library) Reviewed(ctx context.Context, tx *database.Tx, by access.Scope, kind, code string, over int64, next, words string) error {
	now, err := l.Get(ctx, tx, by, kind, code)
	switch {
	case err != nil:
		return err
	case by.Account != now.Keeper && mayKeep(by) != nil:
		return mayKeep(by)
	case now.Number != over:
		return fault.New(fault.Conflict, "Members see another version by now: read it before you say that it holds.")
	case next <= clock.Today(l.clock).Format(clock.ISODate):
		return fault.New(fault.Invalid, "The next day to look at it must lie ahead.")
	}
	t := now.Text
	t.ReviewOn = next
	why := "Looked at: it still holds."
	if words = strings.TrimSpace(words); words != "" {
		why += " " + words
	}
	_, err = l.replace(ctx, tx, by, now, t, why)
	return err
}

// Adoption is an agency working to a version of an arrangement.
type Adoption struct {
	ID, Code, Agency string
	Version          int64
	By, On           string // who adopted it for the agency, by name, and the day
}

// Adoptions lists those in force, of one arrangement or, with "", of all.
func (l *Library) Adoptions(ctx context.Context, q database.Queryer, code string) ([]Adoption, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Adoption, error) {
		var a Adoption
		return a, r.Scan(&a.ID, &a.Code, &a.Agency, &a.Version, &a.By, &a.On)
	}, "SELECT id, code, agency, version, adopted_by, adopted_on FROM hub_adoption WHERE ended_at IS NULL AND ($1 = '' OR code = $2) ORDER BY code, agency", code, code)
}

// Adopt records that an agency works to the version of an arrangement that members see: who adopted it for the agency, by name,
// and when. It takes the place of the agency's adoption of another version. Who may: a keeper of the hub, or for their own agency anybody
// who speaks for it there (every role but the young person's own).
func (l *Library) Adopt(ctx context.Context, tx *database.Tx, by access.Scope, code string, version int64, agency, name, on string) error {
	if by.Agency != agency && mayKeep(by) != nil {
		return fault.New(fault.Refused, "You can record an adoption for your own agency.")
	}
	now, err := l.Get(ctx, tx, by, Template, code)
	if err != nil {
		return err
	}
	if now.Number != version {
		return fault.New(fault.Conflict, "Members see version %d by now: read it before it is adopted.", now.Number)
	}
	who, err := l.partnership.Agency(ctx, tx, agency)
	if fault.Is(err, fault.NotFound) || err == nil && !who.Member {
		return fault.New(fault.Invalid, "Choose an agency of the partnership.")
	}
	if err != nil {
		return err
	}
	day, err := time.Parse(clock.ISODate, on)
	if err != nil || day.After(clock.Today(l.clock)) {
		return fault.New(fault.Invalid, "The day of adoption %q must be a date, today or earlier.", on)
	}
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 200 {
		return fault.New(fault.Invalid, "Say in at most 200 characters who adopted it for %s.", who.Name)
	}
	had, err := l.Adoptions(ctx, tx, code)
	if err != nil {
		return err
	}
	for _, a := range had {
		if a.Agency == agency && a.Version == version {
			return fault.New(fault.Refused, "%s adopted version %d already.", who.Name, version)
		}
	}
	if err := l.endAdoption(ctx, tx, by, code, agency, "adopted version "+itoa(version)); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO hub_adoption (id, code, version, agency, adopted_by, adopted_on, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
		l.ids.New(), code, version, agency, name, on, by.Account, clock.Micros(l.clock.Now())); err != nil {
		return err
	}
	return l.altered(ctx, tx, by, now.Item, "adopted by "+agency)
}

func (l *Library) endAdoption(ctx context.Context, tx *database.Tx, by access.Scope, code, agency, why string) error {
	return tx.Exec(ctx, "UPDATE hub_adoption SET ended_at = $1, ended_by = $2, ended_why = $3 WHERE code = $4 AND agency = $5 AND ended_at IS NULL",
		clock.Micros(l.clock.Now()), by.Account, why, code, agency)
}

// EndAdoption takes an agency's adoption back, with a reason.
func (l *Library) EndAdoption(ctx context.Context, tx *database.Tx, by access.Scope, code, agency, why string) error {
	if by.Agency != agency && mayKeep(by) != nil {
		return fault.New(fault.Refused, "You can take back an adoption of your own agency.")
	}
	now, err := l.Get(ctx, tx, by, Template, code)
	if err != nil {
		return err
	}
	had, err := l.Adoptions(ctx, tx, code)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(had, func(a Adoption) bool { return a.Agency == agency }) {
		return fault.NoSuch()
	}
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "Say why it is taken back.")
	}
	if err := l.endAdoption(ctx, tx, by, code, agency, why); err != nil {
		return err
	}
	return l.altered(ctx, tx, by, now.Item, "adoption taken back by "+agency)
}
