package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// Rebuild places every record again, in the order they came and bound by people's decisions, and changes only what
// comes out otherwise: after an undone load, say, that had held two people together. A person keeps the id that most of
// its records had. It needs about half a kilobyte of memory for each record.
func (s *Store) Rebuild(ctx context.Context) (Run, error) {
	run := Run{ID: s.ids.New()}
	p := newPlacer()
	var order []string
	var all []placed
	err := s.db.ReadOnly(ctx, func(q database.Queryer) error {
		if err := s.allDecisions(ctx, q, p); err != nil {
			return err
		}
		for after := ""; ; {
			part, err := database.Collect(ctx, q, database.Value[string], "SELECT r.id FROM source_record r WHERE r.id > $1 AND "+current+" ORDER BY r.id LIMIT $2", after, largest)
			if err != nil || len(part) == 0 {
				return err
			}
			after = part[len(part)-1]
			fs, _, err := s.read(ctx, q, part)
			if err != nil {
				return err
			}
			for _, f := range fs {
				order = append(order, f.id)
				all = append(all, p.place(f))
			}
		}
	})
	if err != nil {
		return run, err
	}
	for i := range all { // a later decision may have settled an earlier doubt
		all[i].doubts = slices.DeleteFunc(all[i].doubts, func(d doubt) bool { return p.person[d.l] == p.person[d.r] })
	}
	var b linkBatch
	b.placed = all
	b.count(&run)
	moves, err := s.moves(ctx, p, order, all)
	if err != nil {
		return run, err
	}
	if err := s.replaceEdges(ctx, run.ID, all); err != nil {
		return run, err
	}
	if err := s.replaceDoubts(ctx, run.ID, all); err != nil {
		return run, err
	}
	for part := range slices.Chunk(moves, 100) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error { return s.apply(ctx, tx, run.ID, part) }); err != nil {
			return run, err
		}
	}
	return run, s.db.Write(ctx, func(tx *database.Tx) error {
		return s.log.Record(ctx, tx, access.System("link records again", access.Upkeep), audit.Line{Act: audit.Combination, SubjectKind: "run", Subject: run.ID,
			Words: fmt.Sprintf("%d records placed again, %d pairs, %d moved", run.Records, run.Pairs, len(moves))})
	})
}

func (s *Store) allDecisions(ctx context.Context, q database.Queryer, p *placer) error {
	records, err := database.Collect(ctx, q, database.Value[string], "SELECT DISTINCT d.l FROM decision d ORDER BY d.l")
	if err != nil {
		return err
	}
	type row struct{ id, l, r, verdict string }
	return inParts(records, func(in string, args []any) error {
		rows, err := database.Collect(ctx, q, func(sc database.Scanner) (row, error) { var x row; return x, sc.Scan(&x.id, &x.l, &x.r, &x.verdict) },
			"SELECT d.id, d.l, d.r, d.verdict FROM decision d WHERE d.l IN "+in+" AND NOT EXISTS (SELECT 1 FROM decision o WHERE o.l = d.l AND o.r = d.r AND o.id > d.id) ORDER BY d.id", args...)
		for _, x := range rows {
			if x.verdict != string(Withdrawn) {
				p.decisions[x.l] = append(p.decisions[x.l], judged{x.r, Verdict(x.verdict), x.id})
				p.decisions[x.r] = append(p.decisions[x.r], judged{x.l, Verdict(x.verdict), x.id})
			}
		}
		return err
	})
}

// move is a record that belongs elsewhere than it is.
type move struct {
	record, to string
	was        Member
	cause      string
	kind       string
}

// moves compares where records are with where they came out.
func (s *Store) moves(ctx context.Context, p *placer, order []string, all []placed) ([]move, error) {
	rows, err := s.rows(ctx, s.db.Reader(), "1=1")
	if err != nil {
		return nil, err
	}
	was := make(map[string]Member, len(rows))
	for _, m := range rows {
		was[m.Record] = m
	}
	// Which of the ids that its records have now each person keeps: the commonest, older first; each id once.
	type claim struct {
		person, id string
		n          int
		first      string
	}
	var claims []claim
	for person, members := range p.members {
		n := map[string]int{}
		for _, m := range members {
			if id := was[m].Person; id != "" {
				n[id]++
			}
		}
		for id, k := range n {
			claims = append(claims, claim{person, id, k, slices.Min(members)})
		}
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.first, b.first), cmp.Compare(a.id, b.id))
	})
	keeps, taken := map[string]string{}, map[string]bool{}
	for _, c := range claims {
		if keeps[c.person] == "" && !taken[c.id] {
			keeps[c.person], taken[c.id] = c.id, true
		}
	}
	var out []move
	for i, record := range order {
		person := p.person[record]
		to := keeps[person]
		if to == "" {
			to = person
			for taken[to] {
				to = personID(to)
			}
			keeps[person], taken[to] = to, true
		}
		if was[record].Person != to {
			m := move{record: record, to: to, was: was[record], kind: all[i].cause, cause: all[i].because}
			if len(all[i].edges) > 0 {
				m.cause = all[i].edges[0].l + " " + all[i].edges[0].r
			}
			out = append(out, m)
		}
	}
	return out, nil
}

func (s *Store) apply(ctx context.Context, tx *database.Tx, runID string, moves []move) error {
	now := clock.Micros(s.clock.Now())
	for _, m := range moves {
		cause := m.cause
		if m.kind == "edge" {
			l, r := m.cause[:36], m.cause[37:]
			ids, err := database.Collect(ctx, tx, database.Value[string], "SELECT id FROM edge WHERE l = $1 AND r = $2 LIMIT 1", l, r)
			if err != nil {
				return err
			}
			cause = ids[0]
		}
		n, err := tx.ExecCount(ctx, "UPDATE person SET merged_into = '' WHERE id = $1", m.to)
		if err == nil && n == 0 {
			err = tx.Exec(ctx, "INSERT INTO person (id, created_at) VALUES ($1,$2)", m.to, now)
		}
		if err != nil {
			return err
		}
		n, err = tx.ExecCount(ctx, "UPDATE person_record SET person_id = $1, since = $2, cause_kind = $3, cause = $4 WHERE record_id = $5", m.to, now, m.kind, cause, m.record)
		if err == nil && n == 0 {
			err = tx.Exec(ctx, "INSERT INTO person_record (record_id, person_id, since, cause_kind, cause) VALUES ($1,$2,$3,$4,$5)", m.record, m.to, now, m.kind, cause)
		}
		if err != nil {
			return err
		}
		b, err := json.Marshal([]Member{m.was})
		if err != nil {
			return err
		}
		err = tx.Exec(ctx, "INSERT INTO person_event (id, kind, person_id, other_id, moved, run_id, at) VALUES ($1,'attached',$2,$3,$4,$5,$6)", s.ids.New(), m.to, m.was.Person, string(b), runID, now)
		if err == nil && m.was.Person != "" { // an id whose last record has gone leads to where that went
			err = tx.Exec(ctx, "UPDATE person SET merged_into = $1 WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM person_record p WHERE p.person_id = $2)", m.to, m.was.Person)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// replaceEdges leaves the edges that were found, under their old ids where they had been found before.
func (s *Store) replaceEdges(ctx context.Context, runID string, all []placed) error {
	want := map[[2]string]found{}
	for _, p := range all {
		for _, e := range p.edges {
			want[[2]string{e.l, e.r}] = e
		}
	}
	type row struct{ id, l, r, kind string }
	have, err := database.Collect(ctx, s.db.Reader(), func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.id, &x.l, &x.r, &x.kind) }, "SELECT e.id, e.l, e.r, e.kind FROM edge e ORDER BY e.id")
	if err != nil {
		return err
	}
	var gone []string
	for _, h := range have {
		if w, ok := want[[2]string{h.l, h.r}]; ok && w.link.kind == h.kind {
			delete(want, [2]string{h.l, h.r})
		} else {
			gone = append(gone, h.id)
		}
	}
	var fresh [][]any
	for _, p := range all { // in the records' order
		for _, e := range p.edges {
			if _, ok := want[[2]string{e.l, e.r}]; ok {
				fresh = append(fresh, []any{s.ids.New(), e.l, e.r, e.link.kind, e.link.words, runID})
			}
		}
	}
	for part := range slices.Chunk(gone, largest) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "DELETE FROM edge WHERE id IN "+database.In(1, len(part)), database.Anys(part)...)
		}); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(fresh, largest) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			return tx.Insert(ctx, "INSERT INTO edge (id, l, r, kind, reason, run_id)", 6, part, "")
		}); err != nil {
			return err
		}
	}
	return nil
}

// replaceDoubts lets what is no longer in doubt lapse and puts what is new before people.
func (s *Store) replaceDoubts(ctx context.Context, runID string, all []placed) error {
	want := map[[2]string]doubt{}
	var order [][2]string
	for _, p := range all {
		for _, d := range p.doubts {
			want[[2]string{d.l, d.r}] = d
			order = append(order, [2]string{d.l, d.r})
		}
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		now := clock.Micros(s.clock.Now())
		type row struct{ id, l, r, state string }
		have, err := database.Collect(ctx, tx, func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.id, &x.l, &x.r, &x.state) }, "SELECT w.id, w.l, w.r, w.state FROM review_item w ORDER BY w.id")
		if err != nil {
			return err
		}
		left := map[[2]string]bool{}
		for _, o := range order {
			left[o] = true
		}
		for _, h := range have {
			pair := [2]string{h.l, h.r}
			if _, ok := want[pair]; !ok && h.state == "waiting" {
				if err := tx.Exec(ctx, "UPDATE review_item SET state = 'lapsed', decided_at = $1 WHERE id = $2", now, h.id); err != nil {
					return err
				}
			}
			if h.state == "waiting" {
				left[pair] = false
			}
		}
		var rows [][]any
		for _, o := range order {
			if left[o] {
				left[o] = false
				d := want[o]
				rows = append(rows, []any{s.ids.New(), d.kind, d.l, d.r, d.words, "waiting", runID, now})
			}
		}
		return tx.Insert(ctx, "INSERT INTO review_item (id, kind, l, r, reason, state, run_id, created_at)", 8, rows, "")
	})
}
