package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/search"
)

// Run is what one run of linking did.
type Run struct {
	ID       string
	Records  int // placed
	Started  int // persons begun
	Attached int // records that joined a person
	Pairs    int // edges found
	Waiting  int // put before a person to decide
}

// Batches are sized so that the writer is held well under 100 ms.
const (
	firstBatch = 100
	largest    = 500 // as many as one list of placeholders takes
	tooLong    = 70 * time.Millisecond
	quick      = 35 * time.Millisecond
)

// Link gives the records of a load their persons and makes them findable. It is the job that follows a load; run again it
// goes on where it stopped.
func (s *Store) Link(ctx context.Context, loadID string) (Run, error) {
	run := Run{ID: s.ids.New()}
	total, err := database.One(ctx, s.db.Reader(), database.Value[int], "SELECT count(*) FROM source_record r WHERE r.load_id = $1 AND NOT EXISTS (SELECT 1 FROM person_record p WHERE p.record_id = r.id)", loadID)
	if err != nil || total == 0 {
		return run, err
	}
	if err := s.progress(ctx, run, loadID, "running", total, true); err != nil {
		return run, err
	}
	size, after := firstBatch, ""
	for step := 0; ; step++ {
		var b *linkBatch
		began := s.clock.Now()
		err := s.db.Write(ctx, func(tx *database.Tx) (err error) {
			b, err = s.linkBatch(ctx, tx, run.ID, loadID, after, size)
			return err
		})
		if err != nil {
			return run, err
		}
		if len(b.records) == 0 {
			break
		}
		switch took := s.clock.Now().Sub(began); {
		case took > tooLong:
			size = max(size/2, 20)
		case took < quick:
			size = min(size*5/4, largest)
		}
		after = b.records[len(b.records)-1]
		b.count(&run)
		if step%20 == 19 {
			if err := s.progress(ctx, run, loadID, "running", total, false); err != nil {
				return run, err
			}
		}
	}
	return run, s.finish(ctx, run, loadID, total)
}

func (s *Store) progress(ctx context.Context, run Run, loadID, state string, total int, begin bool) error {
	return s.db.Write(ctx, func(tx *database.Tx) error { return s.progressTx(ctx, tx, run, loadID, state, total, begin) })
}

func (s *Store) progressTx(ctx context.Context, tx *database.Tx, run Run, loadID, state string, total int, begin bool) error {
	now := clock.Micros(s.clock.Now())
	words := fmt.Sprintf("%d records placed: %d people started, %d joined, %d wait for somebody to look", run.Records, run.Started, run.Attached, run.Waiting)
	if begin {
		return tx.Exec(ctx, "INSERT INTO job_progress (id, kind, subject, state, done, total, words, at) VALUES ($1,'identity.link',$2,$3,0,$4,$5,$6)", run.ID, loadID, state, total, words, now)
	}
	return tx.Exec(ctx, "UPDATE job_progress SET state = $1, done = $2, words = $3, at = $4 WHERE id = $5", state, run.Records, words, now, run.ID)
}

func (s *Store) finish(ctx context.Context, run Run, loadID string, total int) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := s.progressTx(ctx, tx, run, loadID, "done", total, false); err != nil {
			return err
		}
		owners, err := database.Collect(ctx, tx, database.Value[string], "SELECT agency FROM load WHERE id = $1", loadID)
		if err != nil {
			return err
		}
		return s.log.Record(ctx, tx, access.System("link records", access.Upkeep), audit.Line{Act: audit.Combination, SubjectKind: "load", Subject: loadID, Owners: owners,
			Words: fmt.Sprintf("run %s: %d records, %d pairs linked, %d people started, %d records joined, %d for a person to decide", run.ID, run.Records, run.Pairs, run.Started, run.Attached, run.Waiting)})
	})
}

// linkBatch is some records on their way to their persons.
type linkBatch struct {
	records []string
	placed  []placed
	placer  *placer
}

func (b *linkBatch) count(r *Run) {
	r.Records += len(b.placed)
	for _, p := range b.placed {
		if p.started {
			r.Started++
		} else {
			r.Attached++
		}
		r.Pairs += len(p.edges)
		r.Waiting += len(p.doubts)
	}
}

func (s *Store) linkBatch(ctx context.Context, tx *database.Tx, runID, loadID, after string, size int) (*linkBatch, error) {
	b := &linkBatch{placer: newPlacer()}
	var err error
	b.records, err = database.Collect(ctx, tx, database.Value[string], `SELECT r.id FROM source_record r WHERE r.load_id = $1 AND r.id > $2 AND r.superseded_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM person_record p WHERE p.record_id = r.id) ORDER BY r.id LIMIT $3`, loadID, after, size)
	if err != nil || len(b.records) == 0 {
		return b, err
	}
	fs, names, err := s.read(ctx, tx, b.records)
	if err != nil {
		return nil, err
	}
	if err := s.surroundings(ctx, tx, b.placer, fs); err != nil {
		return nil, err
	}
	var keys [][]any
	for _, f := range fs {
		keys = appendKeys(keys, f)
		b.placed = append(b.placed, b.placer.place(f))
	}
	if err := tx.Insert(ctx, "INSERT INTO record_key (record_id, kind, value)", 3, keys, ""); err != nil {
		return nil, err
	}
	if err := s.search.Put(ctx, tx, names); err != nil {
		return nil, err
	}
	return b, s.keep(ctx, tx, runID, b.records, b.placed)
}

func appendKeys(rows [][]any, f *facts) [][]any {
	seen := map[key]bool{}
	all := f.keys()
	for _, n := range f.numbers {
		all = append(all, key{"i", numberKey(n)})
	}
	for _, k := range all {
		if !seen[k] {
			seen[k] = true
			rows = append(rows, []any{f.id, k.kind, k.value})
		}
	}
	return rows
}

// numberKey is the hash of an identifier as people type it: capitals and digits alone.
func numberKey(n string) int64 {
	return hash("i", strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(n)))
}

// read gathers the facts of records, and their names as search wants them, in the records' order.
func (s *Store) read(ctx context.Context, q database.Queryer, records []string) ([]*facts, []search.Name, error) {
	by := make(map[string]*facts, len(records))
	out := make([]*facts, 0, len(records))
	var names []search.Name
	for from := 0; from < len(records); from += largest {
		part := records[from:min(from+largest, len(records))]
		in, args := database.In(1, len(part)), database.Anys(part)
		heads := map[string]search.Name{}
		err := database.Each(ctx, q, func(r database.Scanner) error {
			var n search.Name
			var born, precision, reference string
			if err := r.Scan(&n.RecordID, &n.Owner, &n.Restricted, &n.Area, &n.LoadID, &born, &precision, &reference); err != nil {
				return err
			}
			f := &facts{id: n.RecordID, load: n.LoadID}
			if precision == string(fact.Day) {
				f.born, n.Born = born, born
			}
			if reference != "" {
				f.numbers = append(f.numbers, reference)
			}
			by[f.id], heads[f.id] = f, n
			out = append(out, f)
			return nil
		}, "SELECT r.id, r.owner, r.restricted, r.area, r.load_id, r.born, r.born_precision, r.reference FROM source_record r WHERE r.id IN "+in+" ORDER BY r.id", args...)
		if err != nil {
			return nil, nil, err
		}
		err = database.Each(ctx, q, func(r database.Scanner) error {
			var record, kind, fore, sur, class string
			var at int
			if err := r.Scan(&record, &at, &class, &kind, &fore, &sur); err != nil {
				return err
			}
			f := by[record]
			if kind == string(profile.LegalName) && fore != "" && sur != "" {
				f.names = append(f.names, [2]string{fore, sur})
			}
			n := heads[record]
			n.N, n.Class, n.Forenames, n.Surname = at, class, fore, sur
			names = append(names, n)
			return nil
		}, "SELECT record_id, n, class, kind, forenames, surname FROM source_name WHERE record_id IN "+in+" ORDER BY record_id, n", args...)
		if err != nil {
			return nil, nil, err
		}
		err = database.Each(ctx, q, func(r database.Scanner) error {
			var record, kind, value, check string
			if err := r.Scan(&record, &kind, &value, &check); err != nil {
				return err
			}
			f := by[record]
			f.numbers = append(f.numbers, value)
			if check == string(Verified) && (kind == string(profile.NHSNumber) || kind == string(profile.UPN) || kind == string(profile.PNCID)) {
				f.verified = append(f.verified, identifier{kind, value})
			}
			return nil
		}, "SELECT record_id, kind, value, checked FROM source_identifier WHERE record_id IN "+in+" ORDER BY record_id, n", args...)
		if err != nil {
			return nil, nil, err
		}
		err = database.Each(ctx, q, func(r database.Scanner) error {
			var record, code string
			if err := r.Scan(&record, &code); err != nil {
				return err
			}
			by[record].codes = append(by[record].codes, code)
			return nil
		}, "SELECT record_id, postcode FROM record_address WHERE postcode <> '' AND record_id IN "+in+" ORDER BY record_id, n", args...)
		if err != nil {
			return nil, nil, err
		}
	}
	return out, names, nil
}

// surroundings tells a placer of everything that these records could touch: the persons that share a key with them, all
// records of those persons, what people decided of any of them, and what of theirs waits.
func (s *Store) surroundings(ctx context.Context, q database.Queryer, p *placer, fs []*facts) error {
	values := map[int64]bool{}
	for _, f := range fs {
		for _, k := range f.keys() {
			values[k.value] = true
		}
	}
	persons := map[string]bool{}
	var list []int64
	for v := range values {
		list = append(list, v)
	}
	slices.Sort(list)
	err := inParts(list, func(in string, args []any) error {
		found, err := database.Collect(ctx, q, database.Value[string], `SELECT DISTINCT p.person_id FROM record_key k JOIN person_record p ON p.record_id = k.record_id JOIN source_record r ON r.id = k.record_id
			WHERE k.kind <> 'i' AND `+current+` AND k.value IN `+in, args...)
		for _, f := range found {
			persons[f] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	var records []string
	for _, f := range fs {
		records = append(records, f.id)
	}
	if err := s.decided(ctx, q, p, records); err != nil {
		return err
	}
	var others []string
	for _, js := range p.decisions {
		for _, j := range js {
			others = append(others, j.other)
		}
	}
	slices.Sort(others)
	err = inParts(slices.Compact(others), func(in string, args []any) error {
		found, err := database.Collect(ctx, q, database.Value[string], "SELECT DISTINCT p.person_id FROM person_record p WHERE p.record_id IN "+in, args...)
		for _, f := range found {
			persons[f] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.knowPersons(ctx, q, p, persons)
}

// current is the condition that a record r can be read at all: of a live load, and not corrected since. The load's id is
// made an expression so that SQLite does not start from all records of all loads.
const current = "(r.load_id = '' OR r.load_id || '' IN (SELECT id FROM load WHERE state = 'live')) AND r.superseded_at IS NULL"

func (s *Store) knowPersons(ctx context.Context, q database.Queryer, p *placer, persons map[string]bool) error {
	var ids, members []string
	for id := range persons {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	of := map[string]string{}
	err := inParts(ids, func(in string, args []any) error {
		return database.Each(ctx, q, func(r database.Scanner) error {
			var record, person string
			if err := r.Scan(&record, &person); err != nil {
				return err
			}
			of[record] = person
			members = append(members, record)
			return nil
		}, "SELECT p.record_id, p.person_id FROM person_record p JOIN source_record r ON r.id = p.record_id WHERE "+current+" AND p.person_id IN "+in, args...)
	})
	if err != nil {
		return err
	}
	slices.Sort(members)
	known, _, err := s.read(ctx, q, members)
	if err != nil {
		return err
	}
	for _, f := range known {
		p.know(f, of[f.id])
	}
	return inParts(members, func(in string, args []any) error {
		return database.Each(ctx, q, func(r database.Scanner) error {
			var a, b string
			if err := r.Scan(&a, &b); err != nil {
				return err
			}
			p.waiting[a] = append(p.waiting[a], b)
			return nil
		}, "SELECT w.l, w.r FROM review_item w WHERE w.state = 'waiting' AND w.kind = 'bridge' AND w.l IN "+in+" ORDER BY w.id", args...)
	})
}

// inParts calls f with lists that fit into one statement.
func inParts[T any](list []T, f func(in string, args []any) error) error {
	for part := range slices.Chunk(list, largest) {
		if err := f(database.In(1, len(part)), database.Anys(part)); err != nil {
			return err
		}
	}
	return nil
}

// decided reads the decisions that hold on any of these records: the last on each pair.
func (s *Store) decided(ctx context.Context, q database.Queryer, p *placer, records []string) error {
	type row struct{ id, l, r, verdict string }
	last := map[[2]string]row{}
	read := func(column string) error {
		return inParts(records, func(in string, args []any) error {
			return database.Each(ctx, q, func(sc database.Scanner) error {
				var x row
				if err := sc.Scan(&x.id, &x.l, &x.r, &x.verdict); err != nil {
					return err
				}
				if pair := [2]string{x.l, x.r}; x.id >= last[pair].id {
					last[pair] = x
				}
				return nil
			}, "SELECT d.id, d.l, d.r, d.verdict FROM decision d WHERE d."+column+" IN "+in, args...)
		})
	}
	if err := read("l"); err != nil {
		return err
	}
	if err := read("r"); err != nil {
		return err
	}
	var rows []row
	for _, x := range last {
		if x.verdict != string(Withdrawn) {
			rows = append(rows, x)
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.id, b.id) })
	for _, x := range rows {
		p.decisions[x.l] = append(p.decisions[x.l], judged{x.r, Verdict(x.verdict), x.id})
		p.decisions[x.r] = append(p.decisions[x.r], judged{x.l, Verdict(x.verdict), x.id})
	}
	return nil
}

// Member is a record's place with a person: a row of person_record.
type Member struct {
	Record    string `json:"record"`
	Person    string `json:"person,omitempty"`
	Since     int64  `json:"since,omitempty"`
	CauseKind string `json:"cause_kind,omitempty"`
	Cause     string `json:"cause,omitempty"`
}

// keep writes what a placer found.
func (s *Store) keep(ctx context.Context, tx *database.Tx, runID string, records []string, all []placed) error {
	now := clock.Micros(s.clock.Now())
	var persons, members, events, edges, items [][]any
	for i, p := range all {
		record, cause, kind := records[i], p.because, "attached"
		if p.started {
			kind = "created"
			persons = append(persons, []any{p.person, now, ""})
		}
		for _, e := range p.edges {
			id := s.ids.New()
			edges = append(edges, []any{id, e.l, e.r, e.link.kind, e.link.words, nil, nil, runID})
			cause = id
		}
		for _, d := range p.doubts {
			items = append(items, []any{s.ids.New(), d.kind, d.l, d.r, d.words, "waiting", runID, now})
		}
		members = append(members, []any{record, p.person, now, p.cause, cause})
		moved, err := json.Marshal([]Member{{Record: record}})
		if err != nil {
			return err
		}
		events = append(events, []any{s.ids.New(), kind, p.person, "", string(moved), p.because, runID, "", "", now})
	}
	if err := tx.Insert(ctx, "INSERT INTO person (id, created_at, merged_into)", 3, persons, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO person_record (record_id, person_id, since, cause_kind, cause)", 5, members, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO edge (id, l, r, kind, reason, weight, probability, run_id)", 8, edges, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO review_item (id, kind, l, r, reason, state, run_id, created_at)", 8, items, ""); err != nil {
		return err
	}
	return tx.Insert(ctx, "INSERT INTO person_event (id, kind, person_id, other_id, moved, decision_id, run_id, by_account, why, at)", 10, events, "")
}
