package identity

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
)

// Part is one thing that a record says and that its owner can put right. Key is its place: "born", "sex", "name-0-forenames", "number-1",
// "address-0-place"; an empty Value says nothing any more.
type Part struct{ Key, Label, Value string }

// Follower is told, in the transaction of a correction, that one record has taken another's place, so that what points at it follows.
type Follower func(ctx context.Context, tx *database.Tx, old, fresh string) error

// Follow names who points at records.
func (s *Store) Follow(f Follower) { s.followers = append(s.followers, f) }

// Parts lists what a record of the scope's own agency says, as far as the scope may read it. Whoever owns a fact puts it right, and nobody else.
func (s *Store) Parts(ctx context.Context, q database.Queryer, scope access.Scope, record string) ([]Part, Record, error) {
	list, err := s.Records(ctx, q, scope, []string{record})
	if err != nil {
		return nil, Record{}, err
	}
	if len(list) != 1 || list[0].Owner != scope.Agency {
		return nil, Record{}, fault.NoSuch()
	}
	r := list[0]
	parts := []Part{{"born", "Date of birth", r.Born}, {"sex", "Sex", r.Sex}}
	ethnicity, err := s.EthnicityOf(ctx, q, scope, []string{record})
	if err != nil {
		return nil, r, err
	}
	own := ethnicity[record]
	parts = append(parts, Part{selfPart, "Ethnicity, as they describe it themselves", own.Self})
	if own.Observed != "" {
		parts = append(parts, Part{observedPart, "Ethnicity, as an officer saw them", own.Observed})
	}
	may := func(class string) bool {
		return access.Decide(scope, access.Record{Owner: r.Owner, Class: access.Class(class), Restricted: false, Area: r.Area}).Allowed
	}
	row := func(statement string, f func(n int, class string, v [3]string)) error {
		return database.Each(ctx, q, func(sc database.Scanner) error {
			var n int
			var class string
			var v [3]string
			if err := sc.Scan(&n, &class, &v[0], &v[1], &v[2]); err != nil {
				return err
			}
			if may(class) {
				f(n, class, v)
			}
			return nil
		}, statement, record)
	}
	err = row("SELECT n, class, kind, display, surname FROM source_name WHERE record_id = $1 ORDER BY n", func(n int, _ string, v [3]string) {
		kind := strings.ToUpper(v[0][:1]) + v[0][1:] + " name"
		words := strings.Fields(v[1])
		at := max(0, len(words)-len(strings.Fields(v[2])))
		parts = append(parts, Part{fmt.Sprintf("name-%d-forenames", n), kind + ": first names", strings.Join(words[:at], " ")}, Part{fmt.Sprintf("name-%d-surname", n), kind + ": surname", strings.Join(words[at:], " ")})
	})
	if err != nil {
		return nil, r, err
	}
	err = row("SELECT n, class, kind, value, issuer FROM source_identifier WHERE record_id = $1 ORDER BY n", func(n int, _ string, v [3]string) {
		words := KindWords(v[0])
		parts = append(parts, Part{fmt.Sprintf("number-%d", n), strings.ToUpper(words[:1]) + words[1:], v[1]})
	})
	if err != nil {
		return nil, r, err
	}
	addresses, err := s.addresses(ctx, q, record)
	for _, x := range addresses {
		if may(x.class) {
			parts = append(parts, Part{fmt.Sprintf("address-%d-place", x.n), "Address " + strconv.Itoa(x.n+1), x.at.Place}, Part{fmt.Sprintf("address-%d-postcode", x.n), "Postcode " + strconv.Itoa(x.n+1), x.at.Postcode})
		}
	}
	return parts, r, err
}

const (
	selfPart     = "ethnicity-self"
	observedPart = "ethnicity-observed"
)

// OwnPart is what partName says of a part that no other agency is ever shown, so that a correction of it alone is nobody else's news.
const OwnPart = "ethnicity"

var bornShapes = regexp.MustCompile(`^\d{4}(-\d{2}(-\d{2})?)?$`)

// precision of a date of birth as written: 2009-03-12, 2009-03 or 2009.
func bornAs(v string, today time.Time) (string, error) {
	if v == "" {
		return "", nil
	}
	shape := map[int]struct {
		layout string
		p      fact.Precision
	}{10: {clock.ISODate, fact.Day}, 7: {"2006-01", fact.Month}, 4: {"2006", fact.Year}}[len(v)]
	t, err := time.Parse(shape.layout, v)
	if !bornShapes.MatchString(v) || err != nil || t.After(today) || t.Year() < 1900 {
		return "", fault.New(fault.Invalid, "Write the date of birth as year-month-day, as far as it is known: 2009-03-12, 2009-03 or 2009.")
	}
	return string(shape.p), nil
}

// partName is what changed, for the log and for those who must hear of it: never what it says.
func partName(key string) string {
	switch w := strings.Split(key, "-"); w[0] {
	case "born":
		return "date of birth"
	case "sex":
		return "sex"
	case "name":
		return "name"
	case "ethnicity":
		return OwnPart
	case "number":
		return "reference number"
	default:
		return "address"
	}
}

const longestPart = 200

// Correct puts a new record in the place of one of the scope's own agency: the values given by key (Parts) take the place of what stood
// there. Nothing is overwritten: the old record stays whole, superseded, and the partner's row stays with it. What people decided of the old record, and what
// points at it, holds for the new one. It reports the new record's id, the person and which parts changed.
func (s *Store) Correct(ctx context.Context, tx *database.Tx, scope access.Scope, record string, ver int64, values map[string]string, why string) (fresh, person string, changed []string, err error) {
	if err := checkWhy(why); err != nil {
		return "", "", nil, err
	}
	parts, r, err := s.Parts(ctx, tx, scope, record)
	if err != nil {
		return "", "", nil, err
	}
	if r.Ver != ver {
		return "", "", nil, fault.New(fault.Conflict, "Somebody else changed this record while you were writing. Nothing of theirs was lost, and yours was not saved yet.")
	}
	set := map[string]string{}
	for _, p := range parts {
		v, given := values[p.Key]
		if v = strings.TrimSpace(v); given && v != p.Value {
			if len([]rune(v)) > longestPart {
				return "", "", nil, fault.New(fault.Invalid, "%s is longer than %d characters.", p.Label, longestPart)
			}
			set[p.Key] = v
			if n := partName(p.Key); !slices.Contains(changed, n) {
				changed = append(changed, n)
			}
		}
	}
	for k := range values {
		if !slices.ContainsFunc(parts, func(p Part) bool { return p.Key == k }) {
			return "", "", nil, fault.NoSuch()
		}
	}
	if len(set) == 0 {
		return "", "", nil, fault.New(fault.Invalid, "Nothing was changed: write what is right over what is wrong.")
	}
	born, precision, sex := r.Born, r.BornPrecision, r.Sex
	if v, ok := set["born"]; ok {
		if precision, err = bornAs(v, clock.Today(s.clock)); err != nil {
			return "", "", nil, err
		}
		born = v
	}
	if v, ok := set["sex"]; ok {
		if v = strings.ToLower(v); !slices.Contains([]string{"", "male", "female", "other", "not known"}, v) {
			return "", "", nil, fault.New(fault.Invalid, "Write male, female, other or not known, or nothing.")
		}
		sex = v
	}
	now := clock.Micros(s.clock.Now())
	f := r.Fact
	f.ID, f.By, f.LearntAt, f.Ver = s.ids.New(), scope.Account, now, 1
	f.SourceRef = strings.TrimSuffix(r.SourceRef, ", corrected") + ", corrected"
	ethnicity, err := s.ethnicityOfParts(f.ID, parts, set)
	if err != nil {
		return "", "", nil, err
	}
	args := append(f.Args(), r.Layout, r.Reference, born, precision, sex, r.Sheet, "", ethnicity)
	if err := tx.Exec(ctx, "INSERT INTO source_record ("+fact.Columns("")+", layout, reference, born, born_precision, sex, sheet, cells, ethnicity) VALUES "+database.In(1, len(args)), args...); err != nil {
		return "", "", nil, err
	}
	n, err := tx.ExecCount(ctx, "UPDATE source_record SET superseded_by = $1, superseded_at = $2, ver = ver + 1 WHERE id = $3 AND ver = $4 AND superseded_at IS NULL", f.ID, now, record, ver)
	if err == nil && n != 1 {
		err = fault.New(fault.Conflict, "Somebody else changed this record first.")
	}
	if err != nil {
		return "", "", nil, err
	}
	for _, step := range []func() error{
		func() error { return s.copyParts(ctx, tx, record, f.ID, set, named(parts, set)) },
		func() error { return s.takePlace(ctx, tx, scope, record, f.ID) },
	} {
		if err := step(); err != nil {
			return "", "", nil, err
		}
	}
	keys, names, err := s.findable(ctx, tx, []string{f.ID})
	if err != nil {
		return "", "", nil, err
	}
	if err := tx.Insert(ctx, "INSERT INTO record_key (record_id, kind, value)", 3, keys, ""); err != nil {
		return "", "", nil, err
	}
	if err := s.search.Put(ctx, tx, names); err != nil {
		return "", "", nil, err
	}
	for _, follow := range s.followers {
		if err := follow(ctx, tx, record, f.ID); err != nil {
			return "", "", nil, err
		}
	}
	err = s.log.Record(ctx, tx, scope, audit.Line{Act: audit.Alteration, SubjectKind: "record", Subject: f.ID, Owners: []string{r.Owner}, Words: "corrected: " + strings.Join(changed, ", ") + "; takes the place of " + record})
	return f.ID, r.Person, changed, err
}

// ethnicityOfParts is what a record says of ethnicity with what is set in it, sealed for the record with this id.
func (s *Store) ethnicityOfParts(id string, parts []Part, set map[string]string) (string, error) {
	var e Ethnicity
	for _, p := range parts {
		v, given := set[p.Key]
		if !given {
			v = p.Value
		}
		switch p.Key {
		case selfPart:
			e.Self = v
		case observedPart:
			e.Observed = v
		}
	}
	return s.seals.ethnicity(id, e)
}

// named are the whole names that a correction leaves, by their number, of those that it changes: first names and surname.
func named(parts []Part, set map[string]string) map[int][2]string {
	out := map[int][2]string{}
	for _, p := range parts {
		w := strings.Split(p.Key, "-")
		n, err := strconv.Atoi(w[min(1, len(w)-1)])
		if w[0] != "name" || err != nil {
			continue
		}
		if _, first := set[fmt.Sprintf("name-%d-forenames", n)]; !first {
			if _, last := set[fmt.Sprintf("name-%d-surname", n)]; !last {
				continue
			}
		}
		v, given := set[p.Key]
		if !given {
			v = p.Value
		}
		x := out[n]
		x[map[string]int{"forenames": 0, "surname": 1}[w[2]]] = strings.Join(strings.Fields(v), " ")
		out[n] = x
	}
	return out
}

// copyParts gives the new record what the old one says, but for what is set. Parts that the corrector may not read go over unseen.
func (s *Store) copyParts(ctx context.Context, tx *database.Tx, old, fresh string, set map[string]string, names map[int][2]string) error {
	for _, statement := range []string{
		"INSERT INTO source_name (record_id, n, class, kind, display, forenames, surname) SELECT $1, n, class, kind, display, forenames, surname FROM source_name WHERE record_id = $2",
		"INSERT INTO source_identifier (record_id, n, class, kind, value, issuer, checked) SELECT $1, n, class, kind, value, issuer, checked FROM source_identifier WHERE record_id = $2",
		"INSERT INTO record_panel (record_id, panel) SELECT $1, panel FROM record_panel WHERE record_id = $2",
	} {
		if err := tx.Exec(ctx, statement, fresh, old); err != nil {
			return err
		}
	}
	addresses, err := s.addresses(ctx, tx, old)
	if err != nil {
		return err
	}
	for key, v := range set {
		w := strings.Split(key, "-")
		var n int
		if w[0] == OwnPart { // it stands on the record itself
			continue
		}
		if len(w) > 1 {
			if n, err = strconv.Atoi(w[1]); err != nil {
				return fmt.Errorf("identity: part %q: %w", key, err)
			}
		}
		switch {
		case w[0] == "name":
			x := names[n]
			err = tx.Exec(ctx, "UPDATE source_name SET display = $1, forenames = $2, surname = $3 WHERE record_id = $4 AND n = $5", strings.TrimSpace(x[0]+" "+x[1]), linkage.Fold(x[0]), linkage.Fold(x[1]), fresh, n)
		case w[0] == "number": // a number typed by hand was checked by nobody
			err = tx.Exec(ctx, "UPDATE source_identifier SET value = $1, checked = 'none' WHERE record_id = $2 AND n = $3", v, fresh, n)
		case w[0] == "address":
			i := slices.IndexFunc(addresses, func(x kept) bool { return x.n == n })
			if i < 0 {
				return fmt.Errorf("identity: record %s has no address %d", old, n)
			}
			at := &addresses[i].at
			at.UPRN = ""
			if w[2] == "place" {
				at.Place = v
			} else {
				at.Postcode = Postcode(v)
			}
		}
		if err != nil {
			return err
		}
	}
	for _, statement := range []string{ // what says nothing any more is not there
		"DELETE FROM source_name WHERE record_id = $1 AND display = ''", "DELETE FROM source_identifier WHERE record_id = $1 AND value = ''",
	} {
		if err := tx.Exec(ctx, statement, fresh); err != nil {
			return err
		}
	}
	return s.putAddresses(ctx, tx, fresh, addresses)
}

// takePlace puts the new record where the old one was: with its person, in its links, under people's decisions and in the changes that can be
// taken back. The old one is found by nobody any more.
func (s *Store) takePlace(ctx context.Context, tx *database.Tx, scope access.Scope, old, fresh string) error {
	err := tx.Exec(ctx, "INSERT INTO person_record (record_id, person_id, since, cause_kind, cause) SELECT $1, person_id, since, cause_kind, cause FROM person_record WHERE record_id = $2", fresh, old)
	if err != nil {
		return err
	}
	person, err := s.PersonOf(ctx, tx, fresh)
	if err != nil {
		return err
	}
	const events = "WITH RECURSIVE m (id) AS (SELECT CAST($3 AS TEXT) UNION SELECT p.id FROM person p JOIN m ON p.merged_into = m.id) SELECT id FROM m"
	if err := tx.Exec(ctx, "UPDATE person_event SET moved = replace(moved, $2, $1) WHERE (person_id IN ("+events+") OR other_id IN ("+events+")) AND moved <> ''", fresh, old, person); err != nil {
		return err
	}
	decided, err := database.Collect(ctx, tx, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE (d.l = $1 OR d.r = $1) AND NOT EXISTS (SELECT 1 FROM decision o WHERE o.l = d.l AND o.r = d.r AND o.id > d.id) ORDER BY d.id", old)
	if err != nil {
		return err
	}
	for _, d := range decided { // people's word on the old record holds for the new
		l, r := d.L, d.R
		if l == old {
			l = fresh
		} else {
			r = fresh
		}
		by := access.Scope{Account: d.By, Agency: d.Agency}
		if _, err := s.decide(ctx, tx, by, l, r, d.Verdict, d.Why, d.Shown); err != nil {
			return err
		}
	}
	type link struct{ id, l, r string }
	edges, err := database.Collect(ctx, tx, func(sc database.Scanner) (link, error) { var x link; return x, sc.Scan(&x.id, &x.l, &x.r) }, "SELECT id, l, r FROM edge WHERE l = $1 OR r = $1", old)
	if err != nil {
		return err
	}
	// A record that is with others stays with them, whatever was put right: it is the same somebody. What the evidence said before it was put
	// right no longer speaks for it, so the corrector's word does.
	for _, e := range edges {
		other := e.l
		if other == old {
			other = e.r
		}
		if !slices.ContainsFunc(decided, func(d Decision) bool { return d.L == other || d.R == other }) {
			if _, err := s.decide(ctx, tx, scope, fresh, other, Same, "The same person's record, put right.", "the record before it was put right"); err != nil {
				return err
			}
		}
	}
	for _, statement := range []string{
		"DELETE FROM edge WHERE l = $1 OR r = $1", "DELETE FROM link_proposal WHERE l = $1 OR r = $1", "DELETE FROM record_key WHERE record_id = $1", "DELETE FROM person_record WHERE record_id = $1",
		"UPDATE review_item SET state = 'lapsed' WHERE state = 'waiting' AND (l = $1 OR r = $1)",
	} {
		if err := tx.Exec(ctx, statement, old); err != nil {
			return err
		}
	}
	return s.search.Remove(ctx, tx, []string{old})
}

// Before lists the versions of a record that a correction superseded, newest first, as far as the scope may read them and only to the agency
// whose record it is: what was wrong is nobody else's business any more.
func (s *Store) Before(ctx context.Context, q database.Queryer, scope access.Scope, record string) ([]fact.Fact, error) {
	var out []fact.Fact
	for range 100 {
		cond, args := scope.Where("r", 3)
		found, err := database.Collect(ctx, q, func(sc database.Scanner) (fact.Fact, error) { var f fact.Fact; return f, sc.Scan(f.Dest()...) },
			"SELECT "+fact.Columns("r")+" FROM source_record r WHERE r.superseded_by = $1 AND r.owner = $2 AND "+cond, append([]any{record, scope.Agency}, args...)...)
		if err != nil || len(found) == 0 {
			return out, err
		}
		out, record = append(out, found[0]), found[0].ID
	}
	return out, nil
}

// mostOwned is how many records OwnedBy gives at most.
const mostOwned = 20_000

// OwnedBy lists the records of an agency that a scope may read, oldest first, at most twenty thousand.
func (s *Store) OwnedBy(ctx context.Context, q database.Queryer, scope access.Scope, owner string) ([]string, error) {
	cond, args := scope.Where("r", 2)
	return database.Collect(ctx, q, database.Value[string], fmt.Sprintf("SELECT r.id FROM source_record r WHERE r.owner = $1 AND "+cond+" AND "+current+" ORDER BY r.id LIMIT %d", mostOwned), append([]any{owner}, args...)...)
}
