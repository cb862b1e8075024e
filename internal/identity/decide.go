package identity

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Decision is what somebody decided of two records.
type Decision struct {
	ID, L, R   string // ID is empty for one that waits for a second person
	Verdict    Verdict
	By, Agency string
	At         int64
	Why, Shown string
}

const maxWhy = 4000

func checkWhy(why string) error {
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "A decision about who somebody is needs its reason, in a sentence that the next reader can follow.")
	}
	if len([]rune(why)) > maxWhy {
		return fault.New(fault.Invalid, "The reason is longer than 4,000 characters.")
	}
	return nil
}

// visible fails as if nothing were there unless the scope may read every one of these records.
func (s *Store) visible(ctx context.Context, q database.Queryer, scope access.Scope, records ...string) error {
	records = slices.Compact(slices.Sorted(slices.Values(records)))
	return inParts(records, func(in string, args []any) error {
		cond, more := scope.Where("r", len(args)+1)
		n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM source_record r WHERE r.id IN "+in+" AND "+cond+" AND "+current, append(args, more...)...)
		if err == nil && n != len(args) {
			err = fault.NoSuch()
		}
		return err
	})
}

// Decide keeps what somebody decided of two records, and acts on it: same makes their persons one, the one with the older record
// staying; different parts them, each other record going with the one it is closer to; unsure changes nothing and keeps runs
// from linking the two. shown says what the decider had before them. Both records must be open to the scope.
func (s *Store) Decide(ctx context.Context, tx *database.Tx, scope access.Scope, recordL, recordR string, verdict Verdict, why, shown string) (Decision, error) {
	if recordL == recordR {
		return Decision{}, fault.New(fault.Invalid, "A record cannot be compared with itself: choose two records.")
	}
	if verdict != Same && verdict != Different && verdict != Unsure {
		return Decision{}, fault.New(fault.Invalid, "Choose whether the two records are of the same person, of different people, or whether you are not sure.")
	}
	if err := checkWhy(why); err != nil {
		return Decision{}, err
	}
	if err := s.visible(ctx, tx, scope, recordL, recordR); err != nil {
		return Decision{}, err
	}
	d := Decision{L: recordL, R: recordR, Verdict: verdict, By: scope.Account, Agency: scope.Agency, Why: why, Shown: shown}
	a, b, err := s.personsOf(ctx, tx, d)
	if err != nil {
		return Decision{}, err
	}
	if verdict == Same && a != b || verdict == Different && a == b {
		second, err := s.needsSecond(ctx, tx, scope, a, b)
		if err != nil {
			return Decision{}, err
		}
		if second {
			return d, s.propose(ctx, tx, scope, d)
		}
	}
	return s.act(ctx, tx, scope, d)
}

func (s *Store) personsOf(ctx context.Context, q database.Queryer, d Decision) (a, b string, err error) {
	if a, err = s.PersonOf(ctx, q, d.L); err == nil {
		b, err = s.PersonOf(ctx, q, d.R)
	}
	return a, b, err
}

// act writes a decision and does what follows from it. scope is whoever it takes effect through; the decision says who made it.
func (s *Store) act(ctx context.Context, tx *database.Tx, scope access.Scope, d Decision) (Decision, error) {
	a, b, err := s.personsOf(ctx, tx, d)
	if err != nil {
		return d, err
	}
	var against *Decision
	if d.Verdict == Same && a != b {
		if against, err = s.against(ctx, tx, a, b, d.L, d.R); err != nil {
			return d, err
		}
		if against != nil {
			if err := s.visible(ctx, tx, scope, against.L, against.R); err == nil {
				return d, againstWords(against)
			} else if fault.KindOf(err) != fault.NotFound {
				return d, err
			}
		}
	}
	d, err = s.decideFor(ctx, tx, d)
	if err != nil {
		return d, err
	}
	switch {
	case against != nil: // on records that the decider may not know of: those who may, settle it
		err = s.contradicted(ctx, tx, d, *against)
	case d.Verdict == Same && a != b:
		err = s.merge(ctx, tx, scope, a, b, "decision", d.ID, d.ID, d.Why)
		if err == nil {
			err = s.resolve(ctx, tx, scope, d)
		}
		if err == nil {
			err = s.checkRestricted(ctx, tx, scope, d)
		}
	case d.Verdict == Different && a == b:
		var moved []string
		if moved, err = s.farSide(ctx, tx, a, d.L, d.R); err == nil {
			err = s.part(ctx, tx, scope, a, moved, d.ID, d.Why)
		}
		if err == nil {
			err = s.torn(ctx, tx, d)
		}
	}
	if err != nil {
		return d, err
	}
	return d, s.audited(ctx, tx, scope, d.ID, string(d.Verdict), d.L, d.R)
}

func againstWords(d *Decision) error {
	return fault.New(fault.Conflict, "Somebody decided on %s that records of these two are of different people, because: “%s” Take that decision back first, with a reason; then decide this one.",
		clock.FromMicros(d.At).In(clock.London()).Format("2 January 2006"), d.Why)
}

// contradicted puts two decisions that contradict each other before those who may read the records of the earlier one.
func (s *Store) contradicted(ctx context.Context, tx *database.Tx, d, against Decision) error {
	return s.ask(ctx, tx, Contradiction, against.L, against.R, d.ID, "These two were decided to be different people. Since then somebody decided that two other records of the same two are one person. Both cannot hold: decide again.")
}

// torn puts decisions that two records are of one person, and that a parting went through, before those who may read them.
func (s *Store) torn(ctx context.Context, tx *database.Tx, d Decision) error {
	a, b, err := s.personsOf(ctx, tx, d)
	if err != nil {
		return err
	}
	list, err := database.Collect(ctx, tx, scanDecision, "SELECT "+decisionColumns+` FROM decision d JOIN person_record pl ON pl.record_id = d.l JOIN person_record pr ON pr.record_id = d.r
		WHERE d.verdict = 'same' AND (pl.person_id = $1 AND pr.person_id = $2 OR pl.person_id = $2 AND pr.person_id = $1)
		AND NOT EXISTS (SELECT 1 FROM decision o WHERE o.l = d.l AND o.r = d.r AND o.id > d.id) ORDER BY d.id`, a, b)
	for _, x := range list {
		if err := s.ask(ctx, tx, Contradiction, x.L, x.R, d.ID, "These two were decided to be one person. Since then somebody decided that two other records of that person are of different people, and these came apart with them. Both cannot hold: decide again."); err != nil {
			return err
		}
	}
	return err
}

func (s *Store) ask(ctx context.Context, tx *database.Tx, t Topic, l, r, run, words string) error {
	n, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM review_item w WHERE w.state = 'waiting' AND w.sort = $1 AND (w.l = $2 AND w.r = $3 OR w.l = $3 AND w.r = $2)", string(t), l, r)
	if err != nil || n > 0 {
		return err
	}
	return tx.Exec(ctx, "INSERT INTO review_item (id, kind, l, r, reason, state, run_id, created_at, sort, priority) VALUES ($1,'doubt',$2,$3,$4,'waiting',$5,$6,$7,1)", s.ids.New(), l, r, words, run, clock.Micros(s.clock.Now()), string(t))
}

// checkRestricted asks those who may read a record that is restricted, or was given under a condition, to look at a decision that reached it, when
// whoever made it could not.
// To the one who decided nothing shows.
func (s *Store) checkRestricted(ctx context.Context, tx *database.Tx, scope access.Scope, d Decision) error {
	person, err := s.PersonOf(ctx, tx, d.L)
	if err != nil {
		return err
	}
	cond, args := scope.Where("r", 2)
	hidden, err := database.Collect(ctx, tx, database.Value[string], "SELECT r.id FROM source_record r JOIN person_record x ON x.record_id = r.id WHERE x.person_id = $1 AND "+withCare+" AND NOT "+cond+" AND "+current+" ORDER BY r.id", append([]any{person}, args...)...)
	if err != nil {
		return err
	}
	for _, h := range hidden {
		for _, seen := range []string{d.L, d.R} {
			if err := s.ask(ctx, tx, Check, h, seen, d.ID, "Somebody who cannot see this record, because it is restricted or has a handling condition, decided that two people, of whom one has it, are one. Look whether that is right."); err != nil {
				return err
			}
		}
	}
	return nil
}

// audited writes the line of a decision: ids and verdict, never a name.
func (s *Store) audited(ctx context.Context, tx *database.Tx, scope access.Scope, subject, words string, records ...string) error {
	owners, err := database.Collect(ctx, tx, database.Value[string], "SELECT DISTINCT owner FROM source_record WHERE id IN "+database.In(1, len(records))+" ORDER BY owner", database.Anys(records)...)
	if err != nil {
		return err
	}
	return s.log.Record(ctx, tx, scope, audit.Line{Act: audit.Combination, SubjectKind: "link", Subject: subject, Owners: owners, Words: words + ": " + strings.Join(records, " ")})
}

// decide writes a decision of the scope's and closes what waited for it.
func (s *Store) decide(ctx context.Context, tx *database.Tx, scope access.Scope, l, r string, verdict Verdict, why, shown string) (Decision, error) {
	return s.decideFor(ctx, tx, Decision{L: l, R: r, Verdict: verdict, By: scope.Account, Agency: scope.Agency, Why: why, Shown: shown})
}

func (s *Store) decideFor(ctx context.Context, tx *database.Tx, d Decision) (Decision, error) {
	d.L, d.R = min(d.L, d.R), max(d.L, d.R)
	earlier, err := database.Collect(ctx, tx, database.Value[string], "SELECT id FROM decision WHERE l = $1 AND r = $2 ORDER BY id DESC LIMIT 1", d.L, d.R)
	if err != nil {
		return Decision{}, err
	}
	d.ID, d.At = s.ids.New(), clock.Micros(s.clock.Now())
	err = tx.Exec(ctx, "INSERT INTO decision (id, l, r, verdict, by_account, agency, at, why, shown, supersedes) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
		d.ID, d.L, d.R, string(d.Verdict), d.By, d.Agency, d.At, d.Why, d.Shown, strings.Join(earlier, ""))
	if err != nil || d.Verdict == Withdrawn {
		return d, err
	}
	return d, tx.Exec(ctx, "UPDATE review_item SET state = 'decided', decided_at = $1, decision_id = $2 WHERE state = 'waiting' AND (l = $3 AND r = $4 OR l = $4 AND r = $3)", d.At, d.ID, d.L, d.R)
}

// PersonOf is the person a record is with now.
func (s *Store) PersonOf(ctx context.Context, q database.Queryer, record string) (string, error) {
	return database.One(ctx, q, database.Value[string], "SELECT person_id FROM person_record WHERE record_id = $1", record)
}

// against is a decision in force that a record of the one and a record of the other are different people; nil when there is none.
// A new decision on the very pair takes the earlier one's place, so that pair does not count.
func (s *Store) against(ctx context.Context, q database.Queryer, a, b, recordL, recordR string) (*Decision, error) {
	found, err := database.Collect(ctx, q, scanDecision, "SELECT "+decisionColumns+` FROM decision d JOIN person_record pl ON pl.record_id = d.l JOIN person_record pr ON pr.record_id = d.r
		WHERE d.verdict = 'different' AND (pl.person_id = $1 AND pr.person_id = $2 OR pl.person_id = $2 AND pr.person_id = $1)
		AND NOT EXISTS (SELECT 1 FROM decision o WHERE o.l = d.l AND o.r = d.r AND o.id > d.id) AND NOT (d.l = $3 AND d.r = $4) ORDER BY d.id LIMIT 1`, a, b, min(recordL, recordR), max(recordL, recordR))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// rows are the places of records as they stand.
func (s *Store) rows(ctx context.Context, q database.Queryer, where string, args ...any) ([]Member, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Member, error) {
		var m Member
		return m, r.Scan(&m.Record, &m.Person, &m.Since, &m.CauseKind, &m.Cause)
	}, "SELECT record_id, person_id, since, cause_kind, cause FROM person_record WHERE "+where+" ORDER BY record_id", args...)
}

func (s *Store) event(ctx context.Context, tx *database.Tx, scope access.Scope, kind, person, other string, moved []Member, decision, why string) (string, error) {
	b, err := json.Marshal(moved)
	if err != nil {
		return "", err
	}
	id := s.ids.New()
	return id, tx.Exec(ctx, "INSERT INTO person_event (id, kind, person_id, other_id, moved, decision_id, by_account, why, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
		id, kind, person, other, string(b), decision, scope.Account, why, clock.Micros(s.clock.Now()))
}

// merge makes two persons one: the one with the older record stays, and the other's id leads to it. cause is the edge or
// decision behind it; decision the one that, when taken back, takes this back.
func (s *Store) merge(ctx context.Context, tx *database.Tx, scope access.Scope, a, b, causeKind, cause, decision, why string) error {
	ra, err := s.rows(ctx, tx, "person_id = $1", a)
	if err != nil {
		return err
	}
	rb, err := s.rows(ctx, tx, "person_id = $1", b)
	if err != nil {
		return err
	}
	keep, gone, moved := a, b, rb
	if len(rb) > 0 && (len(ra) == 0 || rb[0].Record < ra[0].Record) {
		keep, gone, moved = b, a, ra
	}
	if err := tx.Exec(ctx, "UPDATE person_record SET person_id = $1, since = $2, cause_kind = $3, cause = $4 WHERE person_id = $5", keep, clock.Micros(s.clock.Now()), causeKind, cause, gone); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "UPDATE person SET merged_into = $1 WHERE id = $2", keep, gone); err != nil {
		return err
	}
	_, err = s.event(ctx, tx, scope, "merged", keep, gone, moved, decision, why)
	return err
}

// resolve looks again at what waited, now that two persons have become one: a pair that is within one person now is settled, and
// a record that waited between the two fits one person only and joins it. Both go back to waiting when the decision is taken back.
func (s *Store) resolve(ctx context.Context, tx *database.Tx, scope access.Scope, d Decision) error {
	person, err := s.PersonOf(ctx, tx, d.L)
	if err != nil {
		return err
	}
	waiting, err := database.Collect(ctx, tx, database.Value[string], `SELECT DISTINCT w.l FROM review_item w JOIN person_record p ON p.record_id = w.r
		WHERE w.state = 'waiting' AND w.kind = 'bridge' AND p.person_id = $1 ORDER BY w.l`, person)
	if err != nil {
		return err
	}
	for _, record := range waiting {
		if err := s.joinWaiting(ctx, tx, scope, d, person, record); err != nil {
			return err
		}
	}
	return tx.Exec(ctx, `UPDATE review_item SET state = 'lapsed', decided_at = $1, decision_id = $2 WHERE state = 'waiting' AND sort NOT IN ('large','check','contradiction')
		AND EXISTS (SELECT 1 FROM person_record a WHERE a.record_id = review_item.l AND a.person_id = $3) AND EXISTS (SELECT 1 FROM person_record b WHERE b.record_id = review_item.r AND b.person_id = $3)`, d.At, d.ID, person)
}

// joinWaiting joins a record to a person when of all it waits for that one alone is left.
func (s *Store) joinWaiting(ctx context.Context, tx *database.Tx, scope access.Scope, d Decision, person, record string) error {
	own, err := s.PersonOf(ctx, tx, record)
	if err != nil || own == person {
		return err
	}
	type fit struct {
		person, r, evidence, model string
		weight                     float64
	}
	fits, err := database.Collect(ctx, tx, func(r database.Scanner) (fit, error) {
		var f fit
		return f, r.Scan(&f.person, &f.r, &f.evidence, &f.model, &f.weight)
	}, `SELECT p.person_id, w.r, w.evidence, w.model_id, coalesce(w.weight, 0) FROM review_item w JOIN person_record p ON p.record_id = w.r
		WHERE w.state = 'waiting' AND w.kind = 'bridge' AND w.l = $1 ORDER BY coalesce(w.weight, 0) DESC, w.id`, record)
	if err != nil || len(fits) < 2 || slices.ContainsFunc(fits, func(f fit) bool { return f.person != person }) {
		return err
	}
	if d, err := s.against(ctx, tx, own, person, "", ""); err != nil || d != nil {
		return err
	}
	id := s.ids.New()
	e := Evidence{Weight: fits[0].weight}
	if err := tx.Exec(ctx, insertEdge+" VALUES ($1,$2,$3,'engine','',$4,$5,$6,$7,$8)", id, min(record, fits[0].r), max(record, fits[0].r), e.Weight, e.Probability(), d.ID, fits[0].evidence, fits[0].model); err != nil {
		return err
	}
	return s.merge(ctx, tx, scope, own, person, "edge", id, d.ID, "Since the decision it fits one person only.")
}

// farSide are the records of a person that go with r when l and r are parted: those nearer to r than to l along the links
// that put them together. At equal distance a record stays with l's older side.
func (s *Store) farSide(ctx context.Context, q database.Queryer, person, l, r string) ([]string, error) {
	members, err := s.rows(ctx, q, "person_id = $1", person)
	if err != nil {
		return nil, err
	}
	next := map[string][]string{}
	for _, m := range members {
		next[m.Record] = nil
	}
	add := func(query string) error {
		return database.Each(ctx, q, func(sc database.Scanner) error {
			var a, b string
			if err := sc.Scan(&a, &b); err != nil {
				return err
			}
			if a == l && b == r || a == r && b == l {
				return nil
			}
			next[a], next[b] = append(next[a], b), append(next[b], a)
			return nil
		}, query, person)
	}
	if err := add(`SELECT e.l, e.r FROM edge e JOIN person_record a ON a.record_id = e.l JOIN person_record b ON b.record_id = e.r WHERE a.person_id = $1 AND b.person_id = a.person_id ORDER BY e.id`); err != nil {
		return nil, err
	}
	if err := add(`SELECT d.l, d.r FROM decision d JOIN person_record a ON a.record_id = d.l JOIN person_record b ON b.record_id = d.r WHERE a.person_id = $1 AND b.person_id = a.person_id AND d.verdict = 'same'
		AND NOT EXISTS (SELECT 1 FROM decision o WHERE o.l = d.l AND o.r = d.r AND o.id > d.id) ORDER BY d.id`); err != nil {
		return nil, err
	}
	side := map[string]string{l: l, r: r}
	front := []string{l, r}
	for len(front) > 0 {
		var after []string
		for _, at := range front {
			for _, n := range next[at] {
				if side[n] == "" {
					side[n] = side[at]
					after = append(after, n)
				}
			}
		}
		front = after
	}
	var out []string
	for _, m := range members {
		if side[m.Record] == r {
			out = append(out, m.Record)
		}
	}
	return out, nil
}

// part takes records out of a person. The part with the oldest record keeps the id.
func (s *Store) part(ctx context.Context, tx *database.Tx, scope access.Scope, person string, moved []string, decision, why string) error {
	members, err := s.rows(ctx, tx, "person_id = $1", person)
	if err != nil {
		return err
	}
	if len(moved) == 0 || len(moved) >= len(members) {
		return fault.New(fault.Invalid, "Choose some of the person's records, and leave at least one: the ones chosen become a person of their own.")
	}
	if slices.Contains(moved, members[0].Record) { // the other part goes
		var rest []string
		for _, m := range members {
			if !slices.Contains(moved, m.Record) {
				rest = append(rest, m.Record)
			}
		}
		moved = rest
	}
	slices.Sort(moved)
	to, err := s.freshPerson(ctx, tx, moved[0])
	if err != nil {
		return err
	}
	before := slices.DeleteFunc(members, func(m Member) bool { return !slices.Contains(moved, m.Record) })
	now := clock.Micros(s.clock.Now())
	err = inParts(moved, func(_ string, args []any) error {
		return tx.Exec(ctx, "UPDATE person_record SET person_id = $1, since = $2, cause_kind = 'split', cause = $3 WHERE record_id IN "+database.In(4, len(args)), append([]any{to, now, decision}, args...)...)
	})
	if err != nil {
		return err
	}
	_, err = s.event(ctx, tx, scope, "split", person, to, before, decision, why)
	return err
}

// freshPerson is the person that a record starts: its own id again if it was merged away, else a new one.
func (s *Store) freshPerson(ctx context.Context, tx *database.Tx, record string) (string, error) {
	id := personID(record)
	for {
		merged, err := database.Collect(ctx, tx, database.Value[string], "SELECT merged_into FROM person WHERE id = $1", id)
		if err != nil {
			return "", err
		}
		if len(merged) == 0 {
			return id, tx.Exec(ctx, "INSERT INTO person (id, created_at) VALUES ($1,$2)", id, clock.Micros(s.clock.Now()))
		}
		n, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM person_record WHERE person_id = $1", id)
		if err != nil {
			return "", err
		}
		if merged[0] != "" && n == 0 {
			return id, tx.Exec(ctx, "UPDATE person SET merged_into = '' WHERE id = $1", id)
		}
		id = personID(id)
	}
}

// Split takes records out of a person into one of their own, and keeps runs from putting them back: each is decided to be
// different from the oldest record that stays, and the ones taken out to be the same as each other.
func (s *Store) Split(ctx context.Context, tx *database.Tx, scope access.Scope, person string, records []string, why string) error {
	if err := checkWhy(why); err != nil {
		return err
	}
	records = slices.Compact(slices.Sorted(slices.Values(records)))
	if len(records) == 0 {
		return fault.New(fault.Invalid, "Choose the records that are of somebody else.")
	}
	if err := s.visible(ctx, tx, scope, records...); err != nil {
		return err
	}
	members, err := s.rows(ctx, tx, "person_id = $1", person)
	if err != nil {
		return err
	}
	anchor := ""
	held := map[string]bool{}
	for _, m := range members {
		held[m.Record] = true
		if anchor == "" && !slices.Contains(records, m.Record) {
			anchor = m.Record
		}
	}
	if slices.ContainsFunc(records, func(r string) bool { return !held[r] }) {
		return fault.NoSuch()
	}
	if anchor == "" {
		return fault.New(fault.Invalid, "Leave at least one record: the ones chosen become a person of their own.")
	}
	if second, err := s.needsSecond(ctx, tx, scope, person); err != nil || second {
		if second {
			err = fault.New(fault.Invalid, "A record that is restricted, or was given under a handling condition, is among this person's. Say of one pair at a time that they are different people: a second person then looks before anything changes.")
		}
		return err
	}
	first := ""
	for i, r := range records {
		d, err := s.decide(ctx, tx, scope, anchor, r, Different, why, "split of a person")
		if err != nil {
			return err
		}
		if first == "" {
			first = d.ID
		}
		if i > 0 {
			if _, err := s.decide(ctx, tx, scope, records[0], r, Same, why, "split of a person"); err != nil {
				return err
			}
		}
	}
	if err := s.part(ctx, tx, scope, person, records, first, why); err != nil {
		return err
	}
	return s.audited(ctx, tx, scope, person, "split", records...)
}

// Change is one event that can be taken back.
type Change struct {
	ID, Kind, Person, Other string
	Moved                   []Member
	Decision, By, Why       string
	At                      int64
	UndoneBy                string
}

func scanChange(r database.Scanner) (Change, error) {
	var c Change
	var moved string
	if err := r.Scan(&c.ID, &c.Kind, &c.Person, &c.Other, &moved, &c.Decision, &c.By, &c.Why, &c.At, &c.UndoneBy); err != nil {
		return c, err
	}
	var err error
	c.Moved, err = decodeMoved(moved)
	return c, err
}

func decodeMoved(text string) (out []Member, err error) {
	err = json.Unmarshal([]byte(text), &out)
	return out, err
}

const changeColumns = "e.id, e.kind, e.person_id, e.other_id, e.moved, e.decision_id, e.by_account, e.why, e.at, e.undone_by"

// Undo takes a merge or a split back: every record it moved, and that is still where it put it, goes back to its place as
// it was, reason and date included, and the decisions behind it are withdrawn. What has been decided since of other records stays.
func (s *Store) Undo(ctx context.Context, tx *database.Tx, scope access.Scope, event, why string) error {
	return s.undo(ctx, tx, scope, event, why, false)
}

// Unmerge takes a merge back as Undo does, and decides that the two records behind it are of different people, so that no
// run puts them together again.
func (s *Store) Unmerge(ctx context.Context, tx *database.Tx, scope access.Scope, event, why string) error {
	return s.undo(ctx, tx, scope, event, why, true)
}

func (s *Store) undo(ctx context.Context, tx *database.Tx, scope access.Scope, event, why string, different bool) error {
	if err := checkWhy(why); err != nil {
		return err
	}
	c, err := database.One(ctx, tx, scanChange, "SELECT "+changeColumns+" FROM person_event e WHERE e.id = $1 AND e.kind IN ('merged','split')", event)
	if err != nil {
		return err
	}
	if c.UndoneBy != "" {
		return fault.New(fault.Conflict, "This was taken back already.")
	}
	shown := make([]string, 0, len(c.Moved))
	for _, m := range c.Moved {
		shown = append(shown, m.Record)
	}
	if err := s.changeVisible(ctx, tx, scope, c); err != nil {
		return err
	}
	changes := []Change{c}
	if c.Decision != "" { // with all that followed from the decision, last first
		changes, err = database.Collect(ctx, tx, scanChange, "SELECT "+changeColumns+" FROM person_event e WHERE e.decision_id = $1 AND e.kind IN ('merged','split') AND e.undone_by = '' ORDER BY e.id DESC", c.Decision)
		if err != nil {
			return err
		}
	}
	for _, c := range changes {
		if err := s.putBack(ctx, tx, scope, c, why); err != nil {
			return err
		}
	}
	if c.Decision != "" {
		if err := s.withdraw(ctx, tx, scope, c, why, different); err != nil {
			return err
		}
	}
	return s.audited(ctx, tx, scope, event, "taken back: "+c.Kind, shown...)
}

// withdraw takes back the decisions made with the one behind a change, or turns them round.
func (s *Store) withdraw(ctx context.Context, tx *database.Tx, scope access.Scope, c Change, why string, different bool) error {
	first, err := database.One(ctx, tx, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE d.id = $1", c.Decision)
	if err != nil {
		return err
	}
	group := []Decision{first}
	if c.Kind == "split" { // a split made several at once
		group, err = database.Collect(ctx, tx, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE d.at = $1 AND d.by_account = $2 AND d.why = $3 AND d.shown = $4 AND d.id >= $5 ORDER BY d.id", first.At, first.By, first.Why, first.Shown, first.ID)
		if err != nil {
			return err
		}
	}
	verdict := Withdrawn
	if different {
		verdict = Different
	}
	for _, d := range group {
		last, err := database.One(ctx, tx, database.Value[string], "SELECT max(id) FROM decision WHERE l = $1 AND r = $2", d.L, d.R)
		if err != nil {
			return err
		}
		if err := tx.Exec(ctx, "UPDATE review_item SET state = 'waiting', decided_at = NULL, decision_id = '' WHERE decision_id = $1", d.ID); err != nil {
			return err
		}
		// A run may have asked the same again meanwhile.
		if err := tx.Exec(ctx, `DELETE FROM review_item WHERE state = 'waiting' AND EXISTS (SELECT 1 FROM review_item o WHERE o.state = 'waiting' AND o.l = review_item.l AND o.r = review_item.r
			AND o.sort = review_item.sort AND o.id < review_item.id)`); err != nil {
			return err
		}
		if err := tx.Exec(ctx, "DELETE FROM edge WHERE run_id = $1", d.ID); err != nil { // links that followed from it
			return err
		}
		if last == d.ID {
			if _, err := s.decide(ctx, tx, scope, d.L, d.R, verdict, why, "taking a link back"); err != nil {
				return err
			}
		}
	}
	return nil
}

// putBack gives the records that a change moved their former places.
func (s *Store) putBack(ctx context.Context, tx *database.Tx, scope access.Scope, c Change, why string) error {
	moved := map[string]bool{}
	for _, m := range c.Moved {
		moved[m.Record] = true
	}
	later, err := database.Collect(ctx, tx, scanChange, "SELECT "+changeColumns+" FROM person_event e WHERE e.kind IN ('merged','split') AND e.id > $1 AND e.undone_by = '' ORDER BY e.id", c.ID)
	if err != nil {
		return err
	}
	for _, l := range later {
		if err := s.letGo(ctx, tx, l, c, moved); err != nil {
			return err
		}
	}
	at := ""
	for _, m := range c.Moved {
		if at == "" {
			if at, err = s.PersonOf(ctx, tx, m.Record); err != nil {
				return err
			}
		}
		if err := tx.Exec(ctx, "UPDATE person_record SET person_id = $1, since = $2, cause_kind = $3, cause = $4 WHERE record_id = $5", m.Person, m.Since, m.CauseKind, m.Cause, m.Record); err != nil {
			return err
		}
	}
	if c.Kind == "merged" {
		err = tx.Exec(ctx, "UPDATE person SET merged_into = '' WHERE id = $1", c.Other)
		if err == nil {
			err = s.follow(ctx, tx, at, c.Other, moved)
		}
	} else {
		err = s.follow(ctx, tx, at, c.Person, moved)
		if err == nil {
			err = tx.Exec(ctx, "UPDATE person SET merged_into = $1 WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM person_record p WHERE p.person_id = $2)", c.Person, c.Other)
		}
	}
	if err != nil {
		return err
	}
	id, err := s.event(ctx, tx, scope, "restored", c.Person, c.Other, nil, "", why)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, "UPDATE person_event SET undone_by = $1 WHERE id = $2", id, c.ID)
}

// letGo takes records that are going back out of what a later change remembers. A later change that somebody decided on the
// strength of one of these records stands in the way.
func (s *Store) letGo(ctx context.Context, tx *database.Tx, later, c Change, moved map[string]bool) error {
	if later.Decision != "" && later.Decision != c.Decision {
		d, err := database.One(ctx, tx, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE d.id = $1", later.Decision)
		if err != nil {
			return err
		}
		if moved[d.L] || moved[d.R] {
			return fault.New(fault.Conflict, "A later decision rests on this one. Take the later one back first; the page lists them newest first.")
		}
	}
	kept := slices.DeleteFunc(slices.Clone(later.Moved), func(m Member) bool { return moved[m.Record] })
	if len(kept) == len(later.Moved) {
		return nil
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, "UPDATE person_event SET moved = $1 WHERE id = $2", string(b), later.ID)
}

// follow moves records that joined since on the evidence of one that goes back: they go with it.
func (s *Store) follow(ctx context.Context, tx *database.Tx, from, to string, moved map[string]bool) error {
	if from == "" || from == to {
		return nil
	}
	for {
		type joined struct{ record, other string }
		rows, err := database.Collect(ctx, tx, func(r database.Scanner) (joined, error) { var j joined; return j, r.Scan(&j.record, &j.other) },
			`SELECT p.record_id, CASE WHEN e.l = p.record_id THEN e.r ELSE e.l END FROM person_record p JOIN edge e ON e.id = p.cause WHERE p.person_id = $1 AND p.cause_kind = 'edge' ORDER BY p.record_id`, from)
		if err != nil {
			return err
		}
		n := 0
		for _, j := range rows {
			if moved[j.other] && !moved[j.record] {
				moved[j.record] = true
				n++
				if err := tx.Exec(ctx, "UPDATE person_record SET person_id = $1 WHERE record_id = $2", to, j.record); err != nil {
					return err
				}
			}
		}
		if n == 0 {
			return nil
		}
	}
}

const decisionColumns = "d.id, d.l, d.r, d.verdict, d.by_account, d.agency, d.at, d.why, d.shown"

func scanDecision(r database.Scanner) (Decision, error) {
	var d Decision
	return d, r.Scan(&d.ID, &d.L, &d.R, (*string)(&d.Verdict), &d.By, &d.Agency, &d.At, &d.Why, &d.Shown)
}

// Leads is the person that an id leads to: itself, or the one it was merged into.
func (s *Store) Leads(ctx context.Context, q database.Queryer, person string) (string, error) {
	for range 100 { // no chain is that long
		into, err := database.One(ctx, q, database.Value[string], "SELECT merged_into FROM person WHERE id = $1", person)
		if err != nil || into == "" {
			return person, err
		}
		person = into
	}
	return "", fault.NoSuch()
}

// TakeBack withdraws a decision, and with it whatever it moved.
func (s *Store) TakeBack(ctx context.Context, tx *database.Tx, scope access.Scope, decision, why string) error {
	if err := checkWhy(why); err != nil {
		return err
	}
	d, err := database.One(ctx, tx, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE d.id = $1 AND d.verdict <> 'withdrawn'", decision)
	if err != nil {
		return err
	}
	if err := s.visible(ctx, tx, scope, d.L, d.R); err != nil {
		return err
	}
	events, err := database.Collect(ctx, tx, database.Value[string], "SELECT id FROM person_event WHERE decision_id = $1 AND kind IN ('merged','split') AND undone_by = '' ORDER BY id LIMIT 1", decision)
	if err != nil {
		return err
	}
	if len(events) == 1 {
		return s.undo(ctx, tx, scope, events[0], why, false)
	}
	if err := s.withdraw(ctx, tx, scope, Change{Decision: decision}, why, false); err != nil {
		return err
	}
	return s.audited(ctx, tx, scope, decision, "decision taken back", d.L, d.R)
}
