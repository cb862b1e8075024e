package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
)

// Record is one source record as a scope may read it. Names and addresses of classes that the scope may not read are not there.
type Record struct {
	fact.Fact
	Person                   string
	Since                    int64
	CauseKind, Cause         string
	Layout, Reference, Sheet string
	Born, BornPrecision, Sex string
	Names                    []Name
	Identifiers              []Identifier
	Addresses                []Address
}

// Name is a name on a record.
type Name struct {
	Kind, Class, Display, Forenames, Surname string
}

// Identifier is a number on a record.
type Identifier struct {
	Kind, Value, Issuer string
	Checked             Checked
}

// Address is where somebody lived, as the record has it.
type Address struct{ Place, Postcode, UPRN, From, To string }

// Title is the name a record is filed under: its legal name, else the first it has; "" when it holds none that may be read.
func (r *Record) Title() string {
	for _, n := range r.Names {
		if n.Kind == "legal" {
			return n.Display
		}
	}
	if len(r.Names) > 0 {
		return r.Names[0].Display
	}
	return ""
}

func (s *Store) scanRecord(r database.Scanner) (Record, error) {
	var x Record
	err := r.Scan(append(x.Dest(), &x.Layout, &x.Reference, &x.Born, &x.BornPrecision, &x.Sex, &x.Sheet, &x.Person, &x.Since, &x.CauseKind, &x.Cause)...)
	return x, err
}

func recordColumns() string {
	return fact.Columns("r") + ", r.layout, r.reference, r.born, r.born_precision, r.sex, r.sheet, p.person_id, p.since, p.cause_kind, p.cause"
}

// OfPersons lists the records of persons that a scope may read, oldest first within a person.
func (s *Store) OfPersons(ctx context.Context, q database.Queryer, scope access.Scope, persons []string) ([]Record, error) {
	return s.records(ctx, q, scope, "p.person_id", persons)
}

// Records lists those of the given records that a scope may read.
func (s *Store) Records(ctx context.Context, q database.Queryer, scope access.Scope, ids []string) ([]Record, error) {
	return s.records(ctx, q, scope, "p.record_id", ids)
}

func (s *Store) records(ctx context.Context, q database.Queryer, scope access.Scope, column string, ids []string) ([]Record, error) {
	var out []Record
	err := inParts(ids, func(in string, args []any) error {
		cond, more := scope.Where("r", len(args)+1)
		found, err := database.Collect(ctx, q, s.scanRecord, "SELECT "+recordColumns()+" FROM person_record p JOIN source_record r ON r.id = p.record_id WHERE "+column+" IN "+in+" AND "+cond+" AND "+current+" ORDER BY p.person_id, r.id", append(args, more...)...)
		out = append(out, found...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, s.fill(ctx, q, scope, out)
}

// part reads rows that belong to records, each with its own class, as far as the scope may read them: they have their
// record's owner, restriction and area.
func part(ctx context.Context, q database.Queryer, scope access.Scope, table, columns string, records []Record, each func(r *Record, sc database.Scanner, id *string, n *int) error) error {
	by := map[string]*Record{}
	ids := make([]string, len(records))
	for i := range records {
		by[records[i].ID], ids[i] = &records[i], records[i].ID
	}
	return inParts(ids, func(in string, args []any) error {
		cond, more := scope.Where("t", len(args)+1)
		return database.Each(ctx, q, func(sc database.Scanner) error {
			var id string
			var n int
			var row Record
			if err := each(&row, sc, &id, &n); err != nil {
				return err
			}
			r := by[id]
			r.Names, r.Identifiers, r.Addresses = append(r.Names, row.Names...), append(r.Identifiers, row.Identifiers...), append(r.Addresses, row.Addresses...)
			return nil
		}, "SELECT t.id, t.n, "+columns+" FROM (SELECT r.id, r.owner, x.class, r.restricted, r.area, r.grade, x.n, "+strings.ReplaceAll(columns, "t.", "x.")+" FROM "+table+" x JOIN source_record r ON r.id = x.record_id WHERE r.id IN "+in+") t WHERE "+cond+" ORDER BY t.id, t.n", append(args, more...)...)
	})
}

func (s *Store) fill(ctx context.Context, q database.Queryer, scope access.Scope, records []Record) error {
	err := part(ctx, q, scope, "source_name", "t.kind, t.display, t.forenames, t.surname", records, func(r *Record, sc database.Scanner, id *string, at *int) error {
		var n Name
		err := sc.Scan(id, at, &n.Kind, &n.Display, &n.Forenames, &n.Surname)
		r.Names = append(r.Names, n)
		return err
	})
	if err != nil {
		return err
	}
	err = part(ctx, q, scope, "source_identifier", "t.kind, t.value, t.issuer, t.checked", records, func(r *Record, sc database.Scanner, id *string, at *int) error {
		var n Identifier
		err := sc.Scan(id, at, &n.Kind, &n.Value, &n.Issuer, (*string)(&n.Checked))
		r.Identifiers = append(r.Identifiers, n)
		return err
	})
	if err != nil {
		return err
	}
	return part(ctx, q, scope, "record_address", "t.place, t.postcode, t.uprn, t.sealed, t.lived_from, t.lived_to", records, func(r *Record, sc database.Scanner, id *string, at *int) error {
		var a Address
		var plain whereabouts
		var sealed string
		if err := sc.Scan(id, at, &plain.Place, &plain.Postcode, &plain.UPRN, &sealed, &a.From, &a.To); err != nil {
			return err
		}
		w, err := s.seals.opened(*id, *at, plain, sealed)
		a.Place, a.Postcode, a.UPRN = w.Place, w.Postcode, w.UPRN
		r.Addresses = append(r.Addresses, a)
		return err
	})
}

// Cell is one cell of a partner's own row with its column's heading.
type Cell struct{ Column, Value string }

// Row is a record's row as the partner sent it, whole. It holds every class of data at once, so it is for the agency whose record it
// is and nobody else.
func (s *Store) Row(ctx context.Context, q database.Queryer, scope access.Scope, record string) ([]Cell, error) {
	cond, args := scope.Where("r", 2)
	type row struct{ owner, sheet, cells, headers string }
	x, err := database.One(ctx, q, func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.owner, &x.sheet, &x.cells, &x.headers)
	}, "SELECT r.owner, r.sheet, r.cells, l.headers FROM source_record r JOIN load l ON l.id = r.load_id WHERE r.id = $1 AND "+cond+" AND "+current, append([]any{record}, args...)...)
	if err != nil {
		return nil, err
	}
	if x.owner != scope.Agency && !scope.IsSystem() {
		return nil, fault.NoSuch()
	}
	if x.cells == "" { // put right here: the partner's row stays with the version before
		return nil, nil
	}
	if x.cells, err = s.seals.openRow(record, x.cells); err != nil {
		return nil, err
	}
	var cells []string
	headers := map[string][]string{}
	if err := json.Unmarshal([]byte(x.cells), &cells); err != nil {
		return nil, fmt.Errorf("identity: the row of record %s: %w", record, err)
	}
	if x.headers != "" {
		if err := json.Unmarshal([]byte(x.headers), &headers); err != nil {
			return nil, fmt.Errorf("identity: the header of record %s: %w", record, err)
		}
	}
	former, err := s.formerNames(ctx, q, scope, record)
	if err != nil {
		return nil, err
	}
	out := make([]Cell, 0, len(cells))
	for i, c := range cells {
		column := fmt.Sprintf("column %d", i+1)
		if h := headers[x.sheet]; i < len(h) && h[i] != "" {
			column = h[i]
		}
		if former.masks(column, c) {
			c = Masked
		}
		out = append(out, Cell{column, c})
	}
	return out, nil
}

// Masked stands in a row as the partner sent it where a former, refuge or foster name is closed to the reader, whether or not there is one.
const Masked = "Not open to your role"

// hidden is what a row must not show: nil when former names are open to the scope.
type hidden map[string]bool

var formerColumn = regexp.MustCompile(`(?i)former|previous|maiden|birth name|refuge|foster`)

// masks reports whether a cell is closed: its column is of former names, or what stands in it is one.
func (h hidden) masks(column, value string) bool {
	return h != nil && (formerColumn.MatchString(column) || h[linkage.Fold(value)])
}

func (s *Store) formerNames(ctx context.Context, q database.Queryer, scope access.Scope, record string) (hidden, error) {
	if scope.IsSystem() || !slices.Contains(scope.Closed, access.FormerName) {
		return nil, nil
	}
	out := hidden{}
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var class, display, forenames, surname string
		if err := r.Scan(&class, &display, &forenames, &surname); err != nil {
			return err
		}
		for _, part := range []string{display, forenames, surname} {
			if key := linkage.Fold(part); class == string(access.FormerName) && key != "" {
				out[key] = true
			} else if class != string(access.FormerName) {
				delete(out, key) // a forename that was kept is no secret
			}
		}
		return nil
	}, "SELECT class, display, forenames, surname FROM source_name WHERE record_id = $1 ORDER BY CASE WHEN class = 'former-name' THEN 0 ELSE 1 END, n", record)
	return out, err
}

// Link says why two records are together, or apart.
type Link struct {
	ID, L, R   string
	Reason     string    // in words, without a number of the engine's
	Evidence   Evidence  // as far as the scope may read what was compared
	Decision   *Decision // when it is somebody's word
	Superseded bool      // a later decision on the pair holds
}

// Links lists what links these records with each other: edges and decisions, as far as both records are among them. The records are such as
// the scope may read; what it may not read of them is left out of the evidence.
func (s *Store) Links(ctx context.Context, q database.Queryer, scope access.Scope, records []Record) ([]Link, error) {
	by := map[string]*Record{}
	ids := make([]string, len(records))
	for i := range records {
		by[records[i].ID], ids[i] = &records[i], records[i].ID
	}
	var out []Link
	err := inParts(ids, func(in string, args []any) error {
		edges, err := database.Collect(ctx, q, func(r database.Scanner) (Link, error) {
			var l Link
			var text string
			err := r.Scan(&l.ID, &l.L, &l.R, &l.Reason, &text)
			if err == nil && by[l.R] != nil && by[l.L] != nil {
				l.Evidence, err = evidenceFor(scope, text, by[l.L], by[l.R])
			}
			if l.Evidence.Known() {
				l.Reason = l.Evidence.Words()
			}
			return l, err
		}, "SELECT e.id, e.l, e.r, e.reason, e.evidence FROM edge e WHERE e.l IN "+in+" ORDER BY e.id", args...)
		if err != nil {
			return err
		}
		decisions, err := database.Collect(ctx, q, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE d.l IN "+in+" ORDER BY d.id DESC", args...)
		if err != nil {
			return err
		}
		for _, e := range edges {
			if by[e.R] != nil {
				out = append(out, e)
			}
		}
		newest := map[[2]string]bool{}
		for _, d := range decisions {
			if pair := [2]string{d.L, d.R}; by[d.R] != nil {
				out = append(out, Link{ID: d.ID, L: d.L, R: d.R, Reason: verdictWords[d.Verdict], Decision: &d, Superseded: newest[pair]})
				newest[pair] = true
			}
		}
		return nil
	})
	return out, err
}

// evidenceFor is the evidence of a pair as far as the scope may read what was compared. Both records may be read; addresses are a class of
// their own.
func evidenceFor(scope access.Scope, text string, l, r *Record) (Evidence, error) {
	e, err := decodeEvidence(text)
	if err == nil && (!addressesOpen(scope, l) || !addressesOpen(scope, r)) {
		e = e.without(placeTerm)
	}
	return e, err
}

func addressesOpen(scope access.Scope, r *Record) bool {
	return access.Decide(scope, access.Record{Owner: r.Owner, Class: access.Contact, Area: r.Area, Grade: r.Grade}).Allowed
}

var verdictWords = map[Verdict]string{
	Same: "Decided to be the same person.", Different: "Decided to be different people.", Unsure: "Looked at, and not sure.", Withdrawn: "An earlier decision was taken back.",
}

// Changes lists the merges and splits of a person that can be taken back, newest first: those decided on two records that the
// scope may read, both of them. Any other would tell that there is a record which is not the viewer's to know of.
func (s *Store) Changes(ctx context.Context, q database.Queryer, scope access.Scope, person string) ([]Change, error) {
	all, err := database.Collect(ctx, q, scanChange, "SELECT "+changeColumns+" FROM person_event e WHERE (e.person_id = $1 OR e.other_id = $1) AND e.kind IN ('merged','split') AND e.undone_by = '' ORDER BY e.id DESC", person)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, c := range all {
		switch err := s.changeVisible(ctx, q, scope, c); {
		case err == nil:
			out = append(out, c)
		case fault.KindOf(err) != fault.NotFound:
			return nil, err
		}
	}
	return out, nil
}

// changeVisible fails as if there were no such change unless the scope may read both records that it was decided on.
func (s *Store) changeVisible(ctx context.Context, q database.Queryer, scope access.Scope, c Change) error {
	d, err := database.One(ctx, q, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE d.id = $1", c.Decision)
	if err != nil {
		return err
	}
	return s.visible(ctx, q, scope, d.L, d.R)
}

// ByNumber lists the records that hold an identifier as typed, whatever its kind, as far as the scope may read them.
func (s *Store) ByNumber(ctx context.Context, q database.Queryer, scope access.Scope, number string) ([]string, error) {
	cond, args := scope.Where("r", 2)
	found, err := database.Collect(ctx, q, database.Value[string], "SELECT r.id FROM record_key k JOIN source_record r ON r.id = k.record_id WHERE k.value = $1 AND k.kind = 'i' AND "+cond+" AND "+current+" ORDER BY r.id LIMIT 500", append([]any{numberKey(number)}, args...)...)
	return slices.Compact(found), err
}

// NewestShown is the most people that Recent gives: a list to look through, not a register.
const NewestShown = 500

// Recent lists the people of whom the viewer's own agency gave a record since a moment, newest first, and how many
// there are, at most NewestShown. It walks the agency's loads from the newest and stops when it has enough, so that a
// large load costs no more than a small one.
func (s *Store) Recent(ctx context.Context, q database.Queryer, scope access.Scope, since int64, limit, offset int) ([]string, int, error) {
	loads, err := database.Collect(ctx, q, database.Value[string], "SELECT id FROM load WHERE agency = $1 AND state = 'live' AND ended_at >= $2 ORDER BY ended_at DESC, id DESC", scope.Agency, since)
	if err != nil {
		return nil, 0, err
	}
	cond, args := scope.Where("r", 4)
	seen := map[string]bool{}
	var ids []string
	for _, load := range append([]string{""}, loads...) { // "": typed in
		found, err := database.Collect(ctx, q, database.Value[string], "SELECT p.person_id FROM source_record r JOIN person_record p ON p.record_id = r.id WHERE r.load_id = $1 AND r.owner = $2 AND r.learnt_at >= $3 AND "+cond+
			" AND r.superseded_at IS NULL ORDER BY r.id DESC LIMIT "+strconv.Itoa(2*NewestShown), append([]any{load, scope.Agency, since}, args...)...)
		if err != nil {
			return nil, 0, err
		}
		for _, id := range found {
			if !seen[id] && len(ids) < NewestShown {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		if len(ids) == NewestShown {
			break
		}
	}
	total := len(ids)
	return ids[min(offset, total):min(offset+limit, total)], total, nil
}

// Restrict shows a record to its panels alone, or opens it again: every row that is made of the record follows.
func (s *Store) Restrict(ctx context.Context, tx *database.Tx, scope access.Scope, record string, on bool) error {
	cond, args := scope.Where("r", 2)
	n, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM source_record r WHERE r.id = $1 AND r.owner = "+ownerArg(len(args)+2)+" AND "+cond, append(append([]any{record}, args...), scope.Agency)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NoSuch()
	}
	if err := tx.Exec(ctx, "UPDATE source_record SET restricted = $1, ver = ver + 1 WHERE id = $2", on, record); err != nil {
		return err
	}
	if err := s.search.Restrict(ctx, tx, record, on); err != nil {
		return err
	}
	return s.audited(ctx, tx, scope, record, map[bool]string{true: "restricted", false: "opened"}[on], record)
}

func ownerArg(n int) string { return fmt.Sprintf("$%d", n) }

// PersonsOf says which persons records are with now. It says nothing of the records themselves: give it only such as may be read.
func (s *Store) PersonsOf(ctx context.Context, q database.Queryer, records []string) (map[string]string, error) {
	out := map[string]string{}
	err := inParts(records, func(in string, args []any) error {
		return database.Each(ctx, q, func(r database.Scanner) error {
			var record, person string
			err := r.Scan(&record, &person)
			out[record] = person
			return err
		}, "SELECT p.record_id, p.person_id FROM person_record p WHERE p.record_id IN "+in, args...)
	})
	return out, err
}

// HeldByOne is a person all of whose records are one agency's, the first there is; fault.NoSuch when there is none.
func (s *Store) HeldByOne(ctx context.Context, q database.Queryer, scope access.Scope, agency string) (string, error) {
	cond, args := scope.Where("r", 2)
	return database.One(ctx, q, database.Value[string], "SELECT p.person_id FROM source_record r JOIN person_record p ON p.record_id = r.id WHERE r.owner = $1 AND "+cond+" AND "+current+
		" AND NOT EXISTS (SELECT 1 FROM person_record o JOIN source_record x ON x.id = o.record_id WHERE o.person_id = p.person_id AND x.owner <> $1) ORDER BY p.person_id LIMIT 1", append([]any{agency}, args...)...)
}

// Holder is an agency that holds records of a person, and when it last learnt anything.
type Holder struct {
	Owner    string
	LearntAt int64
}

// Holders lists the agencies that hold records of a person which they have not restricted and which carry no handling condition. It tells that there are records, to whomever it is
// shown: package sharing decides whom.
func (s *Store) Holders(ctx context.Context, q database.Queryer, scope access.Scope, person string) ([]Holder, error) {
	cond, args := scope.Where("r", 2)
	return database.Collect(ctx, q, func(r database.Scanner) (Holder, error) { var h Holder; return h, r.Scan(&h.Owner, &h.LearntAt) },
		"SELECT r.owner, max(r.learnt_at) FROM person_record p JOIN source_record r ON r.id = p.record_id WHERE p.person_id = $1 AND NOT r.restricted AND "+access.UnconditionalIn("r")+" AND "+cond+" AND "+current+" GROUP BY r.owner ORDER BY r.owner", append([]any{person}, args...)...)
}
