package partnership

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Status is how far a wording has come.
type Status string

// The statuses. A draft is shown and can be worked on by nobody but as a new version; a proposed wording
// waits for agencies; an adopted one has at least one agency behind it; a withdrawn one is history.
const (
	Draft     Status = "draft"
	Proposed  Status = "proposed"
	Adopted   Status = "adopted"
	Withdrawn Status = "withdrawn"
)

// Definition is a term whose meaning the partnership keeps. Its code never changes.
type Definition struct {
	ID, Code, Term string
}

// Version is one wording of a definition. Its words never change: other words are another version.
type Version struct {
	DefinitionID, Code, Term string
	Number                   int64
	Wording                  string
	Note                     string // what a reader must know of it: limits, what was not checked
	Source                   string
	AsAt                     string // of the source: 2006, 2006-01 or 2006-01-02; "" when it is not known
	Status                   Status
	Change
}

// Cite is how a figure names the wording it counts by: "county-lines v2".
func (v Version) Cite() string { return v.Code + " v" + strconv.FormatInt(v.Number, 10) }

// Adoption is an agency saying that it works to a wording.
type Adoption struct {
	ID, DefinitionID string
	Version          int64
	Agency           string
	By               string // the name of whoever adopted it for the agency
	On               string // ISO date
	RecordedBy       string // account id
	RecordedAt       int64
}

// Entry is a definition as the register lists it: its current wording and where every agency stands.
type Entry struct {
	Definition
	Current  *Version // nil when every version is withdrawn
	Versions int
	// Adopted are the agencies that work to the current wording, Older those that work to another one, and
	// Waiting the members that have adopted none. Codes, in the order of Members.
	Adopted, Older, Waiting []string
}

// Event is something that happened to a version.
type Event struct {
	Version           int64
	What, Agency, Why string
	By                string // account id
	At                int64
}

const versionColumns = "d.id, d.code, d.term, v.version, v.wording, v.note, v.source, v.as_at, v.status, v.by_account, v.at, v.why"

func scanVersion(r database.Scanner) (Version, error) {
	var v Version
	err := r.Scan(&v.DefinitionID, &v.Code, &v.Term, &v.Number, &v.Wording, &v.Note, &v.Source, &v.AsAt, (*string)(&v.Status), &v.By, &v.At, &v.Why)
	v.Change.Version = v.Number
	return v, err
}

// current is the order in which a definition's versions stand for it: adopted before proposed before
// draft, the newest of each first; a withdrawn one never.
func current(versions []Version) *Version {
	rank := map[Status]int{Adopted: 3, Proposed: 2, Draft: 1}
	var best *Version
	for i := range versions {
		v := &versions[i]
		if r := rank[v.Status]; r > 0 && (best == nil || r > rank[best.Status] || r == rank[best.Status] && v.Number > best.Number) {
			best = v
		}
	}
	return best
}

// Register lists every definition the scope may read, by term.
func (s *Store) Register(ctx context.Context, q database.Queryer, scope access.Scope) ([]Entry, error) {
	cond, args := scope.Where("d", 1)
	all, err := database.Collect(ctx, q, scanVersion, "SELECT "+versionColumns+" FROM definition d JOIN definition_version v ON v.definition_id = d.id WHERE "+cond+" ORDER BY d.term_folded, d.code, v.version", args...)
	if err != nil {
		return nil, err
	}
	adoptions, err := s.adoptions(ctx, q, "")
	if err != nil {
		return nil, err
	}
	members, err := s.Members(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].DefinitionID == all[0].DefinitionID {
			n++
		}
		out = append(out, entry(all[:n:n], adoptions, members))
		all = all[n:]
	}
	return out, nil
}

func entry(versions []Version, adoptions []Adoption, members []Agency) Entry {
	first := versions[0]
	e := Entry{Definition: Definition{ID: first.DefinitionID, Code: first.Code, Term: first.Term}, Current: current(versions), Versions: len(versions)}
	if e.Current == nil {
		return e
	}
	holds := map[string]int64{}
	for _, a := range adoptions {
		if a.DefinitionID == e.ID && (holds[a.Agency] != e.Current.Number) {
			holds[a.Agency] = a.Version
		}
	}
	for _, m := range members {
		switch v, ok := holds[m.Code]; {
		case ok && v == e.Current.Number:
			e.Adopted = append(e.Adopted, m.Code)
		case ok:
			e.Older = append(e.Older, m.Code)
		default:
			e.Waiting = append(e.Waiting, m.Code)
		}
	}
	return e
}

// adoptions lists those in force, of one definition or of all, oldest version first.
func (s *Store) adoptions(ctx context.Context, q database.Queryer, definition string) ([]Adoption, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Adoption, error) {
		var a Adoption
		return a, r.Scan(&a.ID, &a.DefinitionID, &a.Version, &a.Agency, &a.By, &a.On, &a.RecordedBy, &a.RecordedAt)
	}, `SELECT id, definition_id, version, agency, adopted_by, adopted_on, by_account, at FROM definition_adoption
		WHERE ended_at IS NULL AND ($1 = '' OR definition_id = $2) ORDER BY version, adopted_on, id`, definition, definition)
}

// Definition is one definition with all its versions, newest first, and its adoptions in force.
func (s *Store) Definition(ctx context.Context, q database.Queryer, scope access.Scope, code string) (Entry, []Version, []Adoption, error) {
	cond, args := scope.Where("d", 2)
	versions, err := database.Collect(ctx, q, scanVersion, "SELECT "+versionColumns+" FROM definition d JOIN definition_version v ON v.definition_id = d.id WHERE d.code = $1 AND "+cond+" ORDER BY v.version DESC", append([]any{code}, args...)...)
	if err != nil {
		return Entry{}, nil, nil, err
	}
	if len(versions) == 0 {
		return Entry{}, nil, nil, fault.NoSuch()
	}
	adoptions, err := s.adoptions(ctx, q, versions[0].DefinitionID)
	if err != nil {
		return Entry{}, nil, nil, err
	}
	members, err := s.Members(ctx, q)
	return entry(versions, adoptions, members), versions, adoptions, err
}

// Events lists what happened to a definition, newest first.
func (s *Store) Events(ctx context.Context, q database.Queryer, definition string) ([]Event, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Event, error) {
		var e Event
		return e, r.Scan(&e.Version, &e.What, &e.Agency, &e.Why, &e.By, &e.At)
	}, "SELECT version, what, agency, why, by_account, at FROM definition_event WHERE definition_id = $1 ORDER BY at DESC, id DESC", definition)
}

// Cites are all the wordings that a figure can cite, whatever became of them: "county-lines v2". They are about nobody.
func (s *Store) Cites(ctx context.Context, q database.Queryer) ([]string, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (string, error) {
		var v Version
		err := r.Scan(&v.Code, &v.Number)
		return v.Cite(), err
	}, "SELECT d.code, v.version FROM definition d JOIN definition_version v ON v.definition_id = d.id ORDER BY d.code, v.version")
}

// CurrentVersion is the wording that figures cite: the newest adopted one; when none is adopted the newest
// proposed, and else the newest draft (its Status says which). NotFound when there is none.
func (s *Store) CurrentVersion(ctx context.Context, q database.Queryer, code string) (Version, error) {
	versions, err := database.Collect(ctx, q, scanVersion, "SELECT "+versionColumns+" FROM definition d JOIN definition_version v ON v.definition_id = d.id WHERE d.code = $1", code)
	if err != nil {
		return Version{}, err
	}
	if v := current(versions); v != nil {
		return *v, nil
	}
	return Version{}, fault.NoSuch()
}

func checkWording(v Version) error {
	n := utf8.RuneCountInString(v.Wording)
	switch {
	case strings.TrimSpace(v.Wording) == "" || n > 8000:
		return fault.New(fault.Invalid, "The wording has %d characters: expected 1 to 8,000.", n)
	case strings.TrimSpace(v.Source) == "":
		return fault.New(fault.Invalid, "The source is missing: say whose wording it is.")
	case !asAt(v.AsAt):
		return fault.New(fault.Invalid, "The date of the source %q cannot be read: expected 2017, 2017-02 or 2017-02-16.", v.AsAt)
	}
	return nil
}

func asAt(s string) bool {
	if s == "" {
		return true
	}
	for _, layout := range []string{"2006", "2006-01", clock.ISODate} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

// AsAtWords says the date of a source as exactly as it is known: 16 February 2017, February 2017, 2017.
func AsAtWords(s string) string {
	if s == "" {
		return "date not known"
	}
	for layout, as := range map[string]string{"2006": "2006", "2006-01": "January 2006", clock.ISODate: "2 January 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(as)
		}
	}
	return s
}

// Define adds a term with its first wording, a draft.
func (s *Store) Define(ctx context.Context, tx *database.Tx, by access.Scope, code, term string, first Version) (Version, error) {
	if err := checkCode("The code", code); err != nil {
		return Version{}, err
	}
	if strings.TrimSpace(term) == "" {
		return Version{}, fault.New(fault.Invalid, "The term is missing.")
	}
	d := Definition{ID: s.ids.New(), Code: code, Term: strings.TrimSpace(term)}
	if err := s.insertDefinition(ctx, tx, d, by.Agency, by.Account); err != nil {
		return Version{}, err
	}
	return s.insertVersion(ctx, tx, by, d, 1, first)
}

func (s *Store) insertDefinition(ctx context.Context, tx *database.Tx, d Definition, owner, by string) error {
	had, err := database.Collect(ctx, tx, database.Value[string], "SELECT term FROM definition WHERE code = $1", d.Code)
	if err != nil {
		return err
	}
	if len(had) > 0 {
		return fault.New(fault.Conflict, "The code %s is taken: it stands for %s.", d.Code, had[0])
	}
	return tx.Exec(ctx, "INSERT INTO definition (id, owner, class, code, term, term_folded, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
		d.ID, owner, string(access.Partnership), d.Code, d.Term, cases.Fold().String(d.Term), by, clock.Micros(s.clock.Now()))
}

func (s *Store) insertVersion(ctx context.Context, tx *database.Tx, by access.Scope, d Definition, number int64, v Version) (Version, error) {
	if err := checkWording(v); err != nil {
		return Version{}, err
	}
	v.DefinitionID, v.Code, v.Term, v.Number, v.Status = d.ID, d.Code, d.Term, number, Draft
	v.Change = Change{Version: number, By: by.Account, At: clock.Micros(s.clock.Now()), Why: v.Why}
	err := tx.Exec(ctx, "INSERT INTO definition_version (definition_id, version, wording, note, source, as_at, status, by_account, at, why) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
		d.ID, number, v.Wording, v.Note, v.Source, v.AsAt, string(v.Status), v.By, v.At, v.Why)
	if err != nil {
		return Version{}, err
	}
	return v, s.event(ctx, tx, by, v, "written", "", v.Why)
}

// event keeps what happened to a version and writes the audit line of it.
func (s *Store) event(ctx context.Context, tx *database.Tx, by access.Scope, v Version, what, agency, why string) error {
	err := tx.Exec(ctx, "INSERT INTO definition_event (id, definition_id, version, what, agency, why, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
		s.ids.New(), v.DefinitionID, v.Number, what, agency, why, by.Account, clock.Micros(s.clock.Now()))
	if err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "definition", v.Cite(), what)
}

// Word adds another wording of a definition, a draft. Over is the newest version its writer had before
// them: if another has been added since, that is a Conflict. Going back to old words is adding them anew.
func (s *Store) Word(ctx context.Context, tx *database.Tx, by access.Scope, code string, over int64, v Version) (Version, error) {
	_, versions, _, err := s.Definition(ctx, tx, by, code)
	if err != nil {
		return Version{}, err
	}
	if versions[0].Number != over {
		return Version{}, stale("this definition")
	}
	if strings.TrimSpace(v.Why) == "" {
		return Version{}, fault.New(fault.Invalid, "Say why the wording changes.")
	}
	old := versions[0]
	return s.insertVersion(ctx, tx, by, Definition{ID: old.DefinitionID, Code: old.Code, Term: old.Term}, old.Number+1, v)
}

// version is one version of a definition the scope may read.
func (s *Store) version(ctx context.Context, q database.Queryer, scope access.Scope, code string, number int64) (Version, error) {
	_, versions, _, err := s.Definition(ctx, q, scope, code)
	for _, v := range versions {
		if v.Number == number {
			return v, nil
		}
	}
	if err == nil {
		err = fault.NoSuch()
	}
	return Version{}, err
}

func (s *Store) status(ctx context.Context, tx *database.Tx, v Version, to Status) error {
	return tx.Exec(ctx, "UPDATE definition_version SET status = $1 WHERE definition_id = $2 AND version = $3", string(to), v.DefinitionID, v.Number)
}

// Propose puts a draft to the agencies.
func (s *Store) Propose(ctx context.Context, tx *database.Tx, by access.Scope, code string, number int64, why string) error {
	v, err := s.version(ctx, tx, by, code, number)
	if err != nil {
		return err
	}
	if v.Status != Draft {
		return fault.New(fault.Refused, "%s is %s: only a draft can be proposed.", v.Cite(), v.Status)
	}
	if err := s.status(ctx, tx, v, Proposed); err != nil {
		return err
	}
	return s.event(ctx, tx, by, v, "proposed", "", why)
}

// Withdraw takes a wording out of use, with a reason. Figures that cited it go on naming it.
func (s *Store) Withdraw(ctx context.Context, tx *database.Tx, by access.Scope, code string, number int64, why string) error {
	v, err := s.version(ctx, tx, by, code, number)
	if err != nil {
		return err
	}
	if v.Status == Withdrawn {
		return fault.New(fault.Refused, "%s is withdrawn already.", v.Cite())
	}
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "Say why it is withdrawn.")
	}
	if err := s.status(ctx, tx, v, Withdrawn); err != nil {
		return err
	}
	return s.event(ctx, tx, by, v, "withdrawn", "", why)
}

// Adopt records that an agency works to a proposed or adopted wording: who adopted it for the agency, by
// name, and on which day. The first adoption makes the wording adopted.
func (s *Store) Adopt(ctx context.Context, tx *database.Tx, by access.Scope, code string, number int64, agency, name, on string) error {
	v, err := s.version(ctx, tx, by, code, number)
	if err != nil {
		return err
	}
	if v.Status != Proposed && v.Status != Adopted {
		return fault.New(fault.Refused, "%s is %s: only a proposed wording can be adopted.", v.Cite(), v.Status)
	}
	who, err := s.Agency(ctx, tx, agency)
	if fault.Is(err, fault.NotFound) || err == nil && !who.Member {
		return fault.New(fault.Invalid, "Choose an agency of the partnership.")
	}
	if err != nil {
		return err
	}
	day, err := time.Parse(clock.ISODate, on)
	if err != nil || day.After(clock.Today(s.clock)) {
		return fault.New(fault.Invalid, "The day of adoption %q must be a date, today or earlier.", on)
	}
	if name = strings.TrimSpace(name); name == "" {
		return fault.New(fault.Invalid, "Say who adopted it for %s.", who.Name)
	}
	inForce, err := s.adoptions(ctx, tx, v.DefinitionID)
	if err != nil {
		return err
	}
	for _, a := range inForce {
		if a.Version == number && a.Agency == agency {
			return fault.New(fault.Refused, "%s adopted %s already, on %s by %s.", who.Name, v.Cite(), a.On, a.By)
		}
	}
	err = tx.Exec(ctx, "INSERT INTO definition_adoption (id, definition_id, version, agency, adopted_by, adopted_on, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
		s.ids.New(), v.DefinitionID, number, agency, name, on, by.Account, clock.Micros(s.clock.Now()))
	if err != nil {
		return err
	}
	if v.Status != Adopted {
		if err := s.status(ctx, tx, v, Adopted); err != nil {
			return err
		}
	}
	return s.event(ctx, tx, by, v, "adopted", agency, "")
}

// EndAdoption takes an adoption back, with a reason: it was recorded by mistake, or the agency no longer
// works to the wording. A wording that no agency works to any more is proposed again.
func (s *Store) EndAdoption(ctx context.Context, tx *database.Tx, by access.Scope, code string, number int64, agency, why string) error {
	v, err := s.version(ctx, tx, by, code, number)
	if err != nil {
		return err
	}
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "Say why it no longer holds.")
	}
	n, err := tx.ExecCount(ctx, "UPDATE definition_adoption SET ended_at = $1, ended_by = $2, ended_why = $3 WHERE definition_id = $4 AND version = $5 AND agency = $6 AND ended_at IS NULL",
		clock.Micros(s.clock.Now()), by.Account, why, v.DefinitionID, number, agency)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Refused, "That agency has not adopted %s.", v.Cite())
	}
	left, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM definition_adoption WHERE definition_id = $1 AND version = $2 AND ended_at IS NULL", v.DefinitionID, number)
	if err != nil {
		return err
	}
	if left == 0 && v.Status == Adopted {
		if err := s.status(ctx, tx, v, Proposed); err != nil {
			return err
		}
	}
	return s.event(ctx, tx, by, v, "adoption-ended", agency, why)
}
