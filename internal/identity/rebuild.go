package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// Rebuild weighs every record that has a person against every other again, with a model of its own, bound by people's decisions: after an
// undone load, say, that had held two people together. It takes people apart whom nothing holds together any more. It makes
// no two people one: what it would join waits for a person, as everywhere. Links and doubts are what it found.
func (s *Store) Rebuild(ctx context.Context) (Run, error) {
	s.linking.Lock()
	defer s.linking.Unlock()
	run := Run{ID: s.ids.New()}
	var g *gathered
	var k known
	err := s.db.ReadOnly(ctx, func(q database.Queryer) (err error) {
		if g, err = s.gather(ctx, q); err == nil {
			k, err = s.known(ctx, q, g)
		}
		return err
	})
	if err != nil || len(g.ids) == 0 {
		return run, err
	}
	w, err := s.weighAll(g, func(string) {})
	if err != nil {
		return run, err
	}
	if err := s.keepModel(ctx, w); err != nil {
		return run, err
	}
	person, moves := g.regroup(w)
	x := w.Explainer()
	links := slices.DeleteFunc(slices.Clone(w.Links), func(e linkage.Edge) bool {
		return person[e.A] == "" || person[e.A] != person[e.B]
	})
	links = keptEdges(links, len(g.ids))
	run.Records, run.Pairs = g.old, len(links)
	if err := s.replaceEdges(ctx, run.ID, g, w, x, links); err != nil {
		return run, err
	}
	for part := range slices.Chunk(moves, 100) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error { return s.apply(ctx, tx, run.ID, part) }); err != nil {
			return run, err
		}
	}
	if run.Waiting, err = s.replaceDoubts(ctx, run.ID, g, w, x, person, k); err != nil {
		return run, err
	}
	if err := s.keepSampleOf(ctx, run.ID, g, w.Links, w.Apart, person, true); err != nil {
		return run, err
	}
	return run, s.db.Write(ctx, func(tx *database.Tx) error {
		return s.log.Record(ctx, tx, access.System("link records again", access.Upkeep), audit.Line{Act: audit.Combination, SubjectKind: "run", Subject: run.ID, Owners: slices.Sorted(slices.Values(g.agencies)),
			Words: fmt.Sprintf("%d records weighed again, %d pairs, %d moved", run.Records, run.Pairs, len(moves))})
	})
}

// move is a record that belongs elsewhere than it is.
type move struct{ record, from, to string }

// regroup says whose each record is: the person it was with, unless the engine parts it from them. person is "" for
// records that have none yet.
func (g *gathered) regroup(w *weighed) (person []string, moves []move) {
	type cell struct {
		person string
		group  uint32
	}
	parts := map[cell][]int{}
	person = make([]string, len(g.ids))
	for i := range g.old {
		c := cell{g.persons[i], w.Person[i]}
		parts[c] = append(parts[c], i)
	}
	keeps := map[string]cell{} // the part of a person that has their oldest record
	for c, members := range parts {
		if k, ok := keeps[c.person]; !ok || members[0] < parts[k][0] {
			keeps[c.person] = c
		}
	}
	taken := map[string]bool{}
	for _, p := range g.persons {
		taken[p] = true
	}
	order := make([]cell, 0, len(parts))
	for c := range parts {
		order = append(order, c)
	}
	slices.SortFunc(order, func(a, b cell) int { return cmp.Compare(parts[a][0], parts[b][0]) })
	for _, c := range order {
		to := c.person
		if keeps[c.person] != c {
			to = personID(g.ids[parts[c][0]])
			for taken[to] {
				to = personID(to)
			}
			taken[to] = true
		}
		for _, i := range parts[c] {
			person[i] = to
			if to != c.person {
				moves = append(moves, move{g.ids[i], c.person, to})
			}
		}
	}
	slices.SortFunc(moves, func(a, b move) int { return cmp.Compare(a.record, b.record) })
	return person, moves
}

func (s *Store) apply(ctx context.Context, tx *database.Tx, runID string, moves []move) error {
	now := clock.Micros(s.clock.Now())
	for _, m := range moves {
		rows, err := s.rows(ctx, tx, "record_id = $1", m.record)
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].Person != m.from { // somebody decided meanwhile
			continue
		}
		n, err := tx.ExecCount(ctx, "UPDATE person SET merged_into = '' WHERE id = $1", m.to)
		if err == nil && n == 0 {
			err = tx.Exec(ctx, "INSERT INTO person (id, created_at, merged_into) VALUES ($1,$2,'')", m.to, now)
		}
		if err != nil {
			return err
		}
		if err := tx.Exec(ctx, "UPDATE person_record SET person_id = $1, since = $2, cause_kind = 'start', cause = '' WHERE record_id = $3", m.to, now, m.record); err != nil {
			return err
		}
		b, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		if err := tx.Exec(ctx, "INSERT INTO person_event (id, kind, person_id, other_id, moved, run_id, at) VALUES ($1,'attached',$2,$3,$4,$5,$6)", s.ids.New(), m.to, m.from, string(b), runID, now); err != nil {
			return err
		}
	}
	return nil
}

// replaceEdges leaves the links that were found, under their old ids where they had been found before.
func (s *Store) replaceEdges(ctx context.Context, runID string, g *gathered, w *weighed, x *linkage.Explainer, links []linkage.Edge) error {
	want := map[[2]string]linkage.Edge{}
	for _, e := range links {
		want[pairOf(g.ids[e.A], g.ids[e.B])] = e
	}
	type row struct {
		id, l, r string
		keep     bool
	}
	have, err := database.Collect(ctx, s.db.Reader(), func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.id, &x.l, &x.r) }, "SELECT e.id, e.l, e.r FROM edge e ORDER BY e.id")
	if err != nil {
		return err
	}
	var gone []string
	var same []row
	for _, h := range have {
		if _, ok := want[[2]string{h.l, h.r}]; ok {
			same = append(same, h)
		} else {
			gone = append(gone, h.id)
		}
	}
	for part := range slices.Chunk(same, firstBatch) { // weighed anew, under their ids
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			for _, h := range part {
				e := want[[2]string{h.l, h.r}]
				text, err := encodeEvidence(x.Explain(int(e.A), int(e.B)))
				if err != nil {
					return err
				}
				if err := tx.Exec(ctx, "UPDATE edge SET kind = 'engine', reason = '', weight = $1, probability = $2, evidence = $3, model_id = $4, run_id = $5 WHERE id = $6", float64(e.Weight), e.Probability(), text, w.model, runID, h.id); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	for _, h := range same {
		delete(want, [2]string{h.l, h.r})
	}
	for part := range slices.Chunk(gone, largest) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "DELETE FROM edge WHERE id IN "+database.In(1, len(part)), database.Anys(part)...)
		}); err != nil {
			return err
		}
	}
	var fresh [][]any
	for _, e := range links {
		if _, ok := want[pairOf(g.ids[e.A], g.ids[e.B])]; !ok {
			continue
		}
		row, err := s.edgeRow(g, w, x, e, runID)
		if err != nil {
			return err
		}
		fresh = append(fresh, row)
	}
	for part := range slices.Chunk(fresh, firstBatch) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error { return tx.Insert(ctx, insertEdge, edgeWidth, part, "") }); err != nil {
			return err
		}
	}
	return nil
}

// replaceDoubts lets what is no longer in doubt lapse and puts what is new before people. It gives how many wait.
func (s *Store) replaceDoubts(ctx context.Context, runID string, g *gathered, w *weighed, x *linkage.Explainer, person []string, k known) (int, error) {
	for i := range person {
		if person[i] == "" {
			person[i] = "unplaced " + g.ids[i]
		}
	}
	holds := map[[2]string]bool{} // pairs of people between whom the engine found anything
	for _, e := range slices.Concat(w.Links, w.Apart) {
		if e.Probability() >= doubtFrom {
			holds[pairOf(person[e.A], person[e.B])] = true
		}
	}
	for _, d := range w.Review {
		holds[pairOf(person[d.A], person[d.B])] = true
	}
	type row struct{ id, l, r, sort string }
	have, err := database.Collect(ctx, s.db.Reader(), func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.id, &x.l, &x.r, &x.sort) }, "SELECT w.id, w.l, w.r, w.sort FROM review_item w WHERE w.state = 'waiting' ORDER BY w.id")
	if err != nil {
		return 0, err
	}
	k.waiting = map[[2]string]bool{}
	var lapsed []string
	for _, h := range have {
		a, okA := g.number(h.l)
		b, okB := g.number(h.r)
		topic := Topic(h.sort)
		if topic == Contradiction || topic == Check || topic == Sampled || topic == Repeated && okA && okB && person[a] != person[b] {
			continue
		}
		if !okA || !okB || topic != Large && person[a] == person[b] || !holds[pairOf(person[a], person[b])] {
			lapsed = append(lapsed, h.id)
			continue
		}
		k.waiting[pairOf(person[a], person[b])] = true
	}
	doubts := g.doubts(w, person, k, nil)
	for _, e := range w.Links { // what the engine would join and people have not
		pair := pairOf(person[e.A], person[e.B])
		if pair[0] == pair[1] || k.waiting[pair] || k.settled[pair] || int(max(e.A, e.B)) >= g.old {
			continue
		}
		k.waiting[pair] = true
		doubts = append(doubts, doubt{max(e.A, e.B), min(e.A, e.B), float64(e.Weight), Bridge, "weighed again, the two would be one person; two people are made one by a person alone", 1})
	}
	now := clock.Micros(s.clock.Now())
	var rows [][]any
	for _, d := range doubts {
		if int(d.a) >= g.old {
			continue
		}
		r, err := s.itemRow(g, w, x, d, runID, now)
		if err != nil {
			return 0, err
		}
		rows = append(rows, r)
	}
	for part := range slices.Chunk(lapsed, largest) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "UPDATE review_item SET state = 'lapsed', decided_at = $1 WHERE state = 'waiting' AND id IN "+database.In(2, len(part)), append([]any{now}, database.Anys(part)...)...)
		}); err != nil {
			return 0, err
		}
	}
	for part := range slices.Chunk(rows, firstBatch) {
		if err := s.db.Write(ctx, func(tx *database.Tx) error { return tx.Insert(ctx, insertItem, itemWidth, part, "") }); err != nil {
			return 0, err
		}
	}
	return len(have) - len(lapsed) + len(rows), nil
}
