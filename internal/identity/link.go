package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
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
	owners   []string
}

// Batches are sized so that the writer is held well under 100 ms.
const (
	smallest   = 50 // a batch of so few takes a few milliseconds of work; that it took longer was not its doing
	firstBatch = 100
	largest    = 500 // as many as one list of placeholders takes
	tooLong    = 70 * time.Millisecond
	quick      = 35 * time.Millisecond
)

// Link gives every record that has none its person and makes it findable. It is the job that follows a load, whose progress it is written
// under; run again it goes on where it stopped, and when another load's run has done the work there is nothing left. The engine compares new
// records with all; those that have a person are not compared with each other again.
func (s *Store) Link(ctx context.Context, loadID string) (Run, error) {
	s.linking.Lock() // one run at a time, or two would place one record
	defer s.linking.Unlock()
	run := Run{ID: s.ids.New()}
	total, err := database.One(ctx, s.db.Reader(), database.Value[int], "SELECT count(*) FROM source_record r WHERE "+current+" AND NOT EXISTS (SELECT 1 FROM person_record p WHERE p.record_id = r.id)")
	if err != nil || total == 0 {
		return run, err
	}
	if err := s.progress(ctx, run, loadID, "running", total, "reading the records"); err != nil {
		return run, err
	}
	run, err = s.link(ctx, run, loadID, total)
	if err != nil {
		return run, errors.Join(err, s.progress(context.WithoutCancel(ctx), run, loadID, "failed", total, "stopped by a fault; the records wait for the next run"))
	}
	return run, s.finish(ctx, run, loadID, total)
}

func (s *Store) link(ctx context.Context, run Run, loadID string, total int) (Run, error) {
	var g *gathered
	var k known
	err := s.db.ReadOnly(ctx, func(q database.Queryer) (err error) {
		if g, err = s.gather(ctx, q); err == nil {
			k, err = s.known(ctx, q, g)
		}
		return err
	})
	if err != nil {
		return run, err
	}
	w, err := s.weigh(ctx, g, s.stages(ctx, run, loadID, total))
	if err != nil {
		return run, err
	}
	if err := s.keepModel(ctx, w); err != nil {
		return run, err
	}
	all := g.place(w, k)
	x := w.Explainer()
	size := firstBatch
	for at, step := 0, 0; at < len(all); step++ {
		part := all[at:min(at+size, len(all))]
		if err := s.prepare(run.ID, g, w, x, part); err != nil {
			return run, err
		}
		began := s.clock.Now()
		if err := s.db.Write(ctx, func(tx *database.Tx) error { return s.linkBatch(ctx, tx, run.ID, g, part) }); err != nil {
			return run, err
		}
		switch took := s.clock.Now().Sub(began); {
		case took > tooLong:
			size = max(size/2, smallest)
		case took < quick:
			size = min(size*5/4, largest)
		}
		at += len(part)
		run.count(part)
		if step%20 == 19 {
			if err := s.progress(ctx, run, loadID, "running", total, ""); err != nil {
				return run, err
			}
		}
	}
	fresh := make([]string, len(all))
	for i, p := range all {
		fresh[i] = g.ids[p.number]
	}
	if err := s.askRepeats(ctx, run.ID, fresh); err != nil {
		return run, err
	}
	run.owners = g.touched(w, all)
	return run, s.keepSample(ctx, run.ID, g, w, all)
}

// stageWords are what the engine is doing, for the page.
var stageWords = map[string]string{"block": "finding which records to compare", "train": "learning what agreement is worth here", "score": "comparing records", "cluster": "gathering records into people"}

func (s *Store) stages(ctx context.Context, run Run, loadID string, total int) func(string) {
	return func(stage string) {
		if words := stageWords[stage]; words != "" && total > largest {
			_ = s.progress(ctx, run, loadID, "running", total, words) // what is shown while one waits must not stop the work
		}
	}
}

// progress writes how far a run has come; without words it counts.
func (s *Store) progress(ctx context.Context, run Run, loadID, state string, total int, words string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error { return s.progressTx(ctx, tx, run, loadID, state, total, words) })
}

func (s *Store) progressTx(ctx context.Context, tx *database.Tx, run Run, loadID, state string, total int, words string) error {
	now := clock.Micros(s.clock.Now())
	if words == "" {
		// How many joined others is not said: of a load of one row it would tell whether somebody else knows the person.
		words = fmt.Sprintf("%d records placed", run.Records)
	}
	n, err := tx.ExecCount(ctx, "UPDATE job_progress SET state = $1, done = $2, words = $3, at = $4 WHERE id = $5", state, run.Records, words, now, run.ID)
	if err == nil && n == 0 {
		err = tx.Exec(ctx, "INSERT INTO job_progress (id, kind, subject, state, done, total, words, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)", run.ID, LinkJob, loadID, state, run.Records, total, words, now)
	}
	return err
}

// LinkJob is the kind under which runs of linking write their progress.
const LinkJob = "identity.link"

// ProgressOf is how far the linking of a load has come; ok is false while it has not begun, or when another load's run did it.
func (s *Store) ProgressOf(ctx context.Context, q database.Queryer, loadID string) (p Progress, ok bool, err error) {
	return one(ctx, q, "kind = $1 AND subject = $2", LinkJob, loadID)
}

// Progress is a run of linking.
type Progress struct {
	State       string // running, done or failed
	Done, Total int
	Words       string
	At          int64
}

// Progress is how far the newest run of linking has come; ok is false when there was none.
func (s *Store) Progress(ctx context.Context, q database.Queryer) (p Progress, ok bool, err error) {
	return one(ctx, q, "kind = $1", LinkJob)
}

func one(ctx context.Context, q database.Queryer, where string, args ...any) (p Progress, ok bool, err error) {
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (Progress, error) {
		var p Progress
		return p, r.Scan(&p.State, &p.Done, &p.Total, &p.Words, &p.At)
	}, "SELECT state, done, total, words, at FROM job_progress WHERE "+where+" ORDER BY id DESC LIMIT 1", args...)
	if err != nil || len(rows) == 0 {
		return p, false, err
	}
	return rows[0], true, nil
}

func (s *Store) finish(ctx context.Context, run Run, loadID string, total int) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := s.progressTx(ctx, tx, run, loadID, "done", total, ""); err != nil {
			return err
		}
		return s.log.Record(ctx, tx, access.System("link records", access.Upkeep), audit.Line{Act: audit.Combination, SubjectKind: "load", Subject: loadID, Owners: run.owners,
			Words: fmt.Sprintf("run %s: %d records weighed against those of every agency and placed with their persons", run.ID, run.Records)})
	})
}

func (r *Run) count(part []placed) {
	r.Records += len(part)
	for _, p := range part {
		if p.started {
			r.Started++
		} else {
			r.Attached++
		}
		r.Pairs += len(p.edges)
		r.Waiting += len(p.doubts)
	}
}

// linkBatch writes some records' persons, and makes them findable.
func (s *Store) linkBatch(ctx context.Context, tx *database.Tx, runID string, g *gathered, part []placed) error {
	part, err := s.stillThere(ctx, tx, g, part)
	if err != nil {
		return err
	}
	records := make([]string, len(part))
	for i, p := range part {
		records[i] = g.ids[p.number]
	}
	keys, names, err := s.findable(ctx, tx, records)
	if err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO record_key (record_id, kind, value)", 3, keys, ""); err != nil {
		return err
	}
	if err := s.search.Put(ctx, tx, names); err != nil {
		return err
	}
	return s.keep(ctx, tx, runID, g, part)
}

// stillThere leaves out records that were removed while the engine thought, and follows people whom somebody merged meanwhile.
func (s *Store) stillThere(ctx context.Context, tx *database.Tx, g *gathered, part []placed) ([]placed, error) {
	there := map[string]bool{}
	leads := map[string]string{}
	records := make([]string, len(part))
	people := make([]string, len(part))
	for i, p := range part {
		records[i], people[i] = g.ids[p.number], p.person
	}
	err := inParts(records, func(in string, args []any) error {
		found, err := database.Collect(ctx, tx, database.Value[string], "SELECT r.id FROM source_record r WHERE r.id IN "+in, args...)
		for _, f := range found {
			there[f] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = inParts(people, func(in string, args []any) error {
		gone, err := database.Collect(ctx, tx, database.Value[string], "SELECT id FROM person WHERE merged_into <> '' AND id IN "+in, args...)
		for _, id := range gone {
			if leads[id], err = s.Leads(ctx, tx, id); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]placed, 0, len(part))
	for i, p := range part {
		if to := leads[p.person]; to != "" && !p.started {
			p.person = to
		}
		if there[records[i]] {
			out = append(out, p)
		}
	}
	return out, nil
}

// findable gathers what search wants to know of records: the keys of their numbers, and their names.
func (s *Store) findable(ctx context.Context, q database.Queryer, records []string) (keys [][]any, names []search.Name, err error) {
	seen := map[string]map[int64]bool{}
	number := func(record, n string) {
		k := numberKey(n)
		if seen[record] == nil {
			seen[record] = map[int64]bool{}
		}
		if n != "" && !seen[record][k] {
			seen[record][k] = true
			keys = append(keys, []any{record, "i", k})
		}
	}
	err = inParts(records, func(in string, args []any) error {
		heads := map[string]search.Name{}
		err := database.Each(ctx, q, func(r database.Scanner) error {
			var n search.Name
			var born, precision, reference string
			if err := r.Scan(&n.RecordID, &n.Owner, &n.Restricted, &n.Area, &n.Grade, &n.LoadID, &born, &precision, &reference); err != nil {
				return err
			}
			if precision == string(fact.Day) {
				n.Born = born
			}
			number(n.RecordID, reference)
			heads[n.RecordID] = n
			return nil
		}, "SELECT r.id, r.owner, r.restricted, r.area, r.grade, r.load_id, r.born, r.born_precision, r.reference FROM source_record r WHERE r.id IN "+in+" ORDER BY r.id", args...)
		if err != nil {
			return err
		}
		err = database.Each(ctx, q, func(r database.Scanner) error {
			var record string
			var n search.Name
			var at int
			var class, fore, sur string
			if err := r.Scan(&record, &at, &class, &fore, &sur); err != nil {
				return err
			}
			n = heads[record]
			n.N, n.Class, n.Forenames, n.Surname = at, class, fore, sur
			names = append(names, n)
			return nil
		}, "SELECT record_id, n, class, forenames, surname FROM source_name WHERE record_id IN "+in+" ORDER BY record_id, n", args...)
		if err != nil {
			return err
		}
		return database.Each(ctx, q, func(r database.Scanner) error {
			var record, value string
			if err := r.Scan(&record, &value); err != nil {
				return err
			}
			number(record, value)
			return nil
		}, "SELECT record_id, value FROM source_identifier WHERE record_id IN "+in+" ORDER BY record_id, n", args...)
	})
	return keys, names, err
}

// known reads what waits between people, and what was decided of them.
func (s *Store) known(ctx context.Context, q database.Queryer, g *gathered) (known, error) {
	k := known{waiting: map[[2]string]bool{}, bridged: map[string][]string{}, settled: map[[2]string]bool{}}
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var a, b, kind string
		if err := r.Scan(&a, &b, &kind); err != nil {
			return err
		}
		k.waiting[pairOf(a, b)] = true
		if kind == "bridge" && !slices.Contains(k.bridged[a], b) {
			k.bridged[a] = append(k.bridged[a], b)
		}
		return nil
	}, "SELECT a.person_id, b.person_id, w.kind FROM review_item w JOIN person_record a ON a.record_id = w.l JOIN person_record b ON b.record_id = w.r WHERE w.state = 'waiting' ORDER BY w.id")
	if err != nil {
		return k, err
	}
	for pair, j := range g.decided {
		if (j.verdict == Different || j.verdict == Unsure) && pair[1] < g.old {
			k.settled[pairOf(g.persons[pair[0]], g.persons[pair[1]])] = true
		}
	}
	return k, nil
}

// current is the condition that a record r can be read at all: of a live load, and not corrected since. The load's id is
// made an expression so that SQLite does not start from all records of all loads.
const current = "(r.load_id = '' OR r.load_id || '' IN (SELECT id FROM load WHERE state = 'live')) AND r.superseded_at IS NULL"

// inParts calls f with lists that fit into one statement.
func inParts[T any](list []T, f func(in string, args []any) error) error {
	for part := range slices.Chunk(list, largest) {
		if err := f(database.In(1, len(part)), database.Anys(part)); err != nil {
			return err
		}
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

// prepare explains what was found, before the writer is held.
func (s *Store) prepare(runID string, g *gathered, w *weighed, x *linkage.Explainer, part []placed) error {
	now := clock.Micros(s.clock.Now())
	for i := range part {
		p := &part[i]
		for _, e := range p.edges {
			row, err := s.edgeRow(g, w, x, e, runID)
			if err != nil {
				return err
			}
			p.edgeRows = append(p.edgeRows, row)
		}
		for _, d := range p.doubts {
			row, err := s.itemRow(g, w, x, d, runID, now)
			if err != nil {
				return err
			}
			p.itemRows = append(p.itemRows, row)
		}
	}
	return nil
}

// keep writes where records were placed.
func (s *Store) keep(ctx context.Context, tx *database.Tx, runID string, g *gathered, all []placed) error {
	now := clock.Micros(s.clock.Now())
	var persons, members, events, edges, items [][]any
	for _, p := range all {
		record, kind := g.ids[p.number], "attached"
		causeKind, cause := "edge", ""
		if p.started {
			kind, causeKind = "created", "start"
			persons = append(persons, []any{p.person, now, ""})
		} else if len(p.edges) > 0 { // the strongest
			cause = p.edgeRows[0][0].(string)
			if j, ok := g.decided[[2]int{int(min(p.edges[0].A, p.edges[0].B)), int(max(p.edges[0].A, p.edges[0].B))}]; ok && j.verdict == Same {
				causeKind, cause = "decision", j.id
			}
		}
		edges, items = append(edges, p.edgeRows...), append(items, p.itemRows...)
		members = append(members, []any{record, p.person, now, causeKind, cause})
		moved, err := json.Marshal([]Member{{Record: record}})
		if err != nil {
			return err
		}
		events = append(events, []any{s.ids.New(), kind, p.person, "", string(moved), "", runID, "", "", now})
	}
	if err := tx.Insert(ctx, "INSERT INTO person (id, created_at, merged_into)", 3, persons, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO person_record (record_id, person_id, since, cause_kind, cause)", 5, members, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, insertEdge, edgeWidth, edges, ""); err != nil {
		return err
	}
	if err := tx.Insert(ctx, insertItem, itemWidth, items, ""); err != nil {
		return err
	}
	return tx.Insert(ctx, "INSERT INTO person_event (id, kind, person_id, other_id, moved, decision_id, run_id, by_account, why, at)", 10, events, "")
}

const (
	insertEdge = "INSERT INTO edge (id, l, r, kind, reason, weight, probability, run_id, evidence, model_id)"
	edgeWidth  = 10
	insertItem = "INSERT INTO review_item (id, kind, l, r, reason, state, run_id, created_at, evidence, model_id, weight, probability, sort, priority)"
	itemWidth  = 14
)

// edgeRow is a link as it is kept: its reason is its evidence.
func (s *Store) edgeRow(g *gathered, w *weighed, x *linkage.Explainer, e linkage.Edge, runID string) ([]any, error) {
	text, err := encodeEvidence(x.Explain(int(e.A), int(e.B)))
	l, r := g.ids[e.A], g.ids[e.B]
	return []any{s.ids.New(), min(l, r), max(l, r), "engine", "", float64(e.Weight), e.Probability(), runID, text, w.model}, err
}

func (s *Store) itemRow(g *gathered, w *weighed, x *linkage.Explainer, d doubt, runID string, now int64) ([]any, error) {
	explained := x.Explain(int(d.b), int(d.a))
	text, err := encodeEvidence(explained)
	kind := map[Topic]string{Bridge: "bridge", Clash: "conflict"}[d.sort]
	if kind == "" || kind == "bridge" && d.why != bridgeWords { // only a record that waits between two people is a bridge to settle by itself
		kind = "doubt"
	}
	return []any{s.ids.New(), kind, g.ids[d.a], g.ids[d.b], sentence(ownWords(d.why)), "waiting", runID, now, text, w.model, d.weight, explained.Probability, string(d.sort), d.priority}, err
}
