package identity

import (
	"context"
	"math"
	"slices"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// The strata from which pairs are drawn for people to look at: linked, in doubt, and compared but left apart.
const (
	linkedStratum  = "linked"
	doubtedStratum = "doubted"
	apartStratum   = "apart"
)

// drawn is how many pairs of each stratum of a run are drawn.
const drawn = 400

// keepSample counts the pairs that a run found and draws some for people to look at.
func (s *Store) keepSample(ctx context.Context, runID string, g *gathered, w *weighed, all []placed) error {
	person := make([]string, len(g.ids))
	copy(person, g.persons)
	for _, p := range all {
		person[p.number] = p.person
	}
	return s.keepSampleOf(ctx, runID, g, w.Links, w.Apart, person, false)
}

// keepSampleOf draws pairs by a hash of their records, so that the same pair is drawn again when everything is weighed again and keeps what was
// said of it. afresh replaces the earlier runs' counts.
func (s *Store) keepSampleOf(ctx context.Context, runID string, g *gathered, links, apart []linkage.Edge, person []string, afresh bool) error {
	type count struct {
		pairs  map[string]int // by the owners
		total  int
		stand  []linkage.Edge
		chosen []linkage.Edge
	}
	strata := map[string]*count{linkedStratum: {pairs: map[string]int{}}, doubtedStratum: {pairs: map[string]int{}}, apartStratum: {pairs: map[string]int{}}}
	for _, e := range slices.Concat(links, apart) {
		name := apartStratum
		switch {
		case person[e.A] == person[e.B]:
			name = linkedStratum
		case e.Probability() >= doubtFrom:
			name = doubtedStratum
		}
		c := strata[name]
		c.pairs[g.ownersOf(e)]++
		c.total++
		c.stand = append(c.stand, e)
	}
	now := clock.Micros(s.clock.Now())
	var counts, rows [][]any
	for _, name := range []string{linkedStratum, doubtedStratum, apartStratum} {
		c := strata[name]
		rate := min(1, drawn/math.Max(float64(c.total), 1))
		for _, o := range sortedKeys(c.pairs) {
			counts = append(counts, []any{runID, name, o, c.pairs[o], rate})
		}
		for _, e := range c.stand {
			l, r := g.ids[e.A], g.ids[e.B]
			if l > r {
				l, r = r, l
			}
			if float64(uint64(hash("sample", l, r)))/math.MaxUint64 < rate { //nolint:gosec // the bits as a number
				rows = append(rows, []any{s.ids.New(), runID, name, l, r, g.ownersOf(e), float64(e.Weight), now})
			}
		}
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if afresh {
			if err := tx.Exec(ctx, "DELETE FROM link_stratum"); err != nil {
				return err
			}
			if err := tx.Exec(ctx, "DELETE FROM link_sample WHERE NOT EXISTS (SELECT 1 FROM link_look k WHERE k.sample_id = link_sample.id)"); err != nil {
				return err
			}
			if err := tx.Exec(ctx, "UPDATE link_sample SET run_id = ''"); err != nil { // of no run until drawn again
				return err
			}
		}
		if err := tx.Insert(ctx, "INSERT INTO link_stratum (run_id, stratum, owners, pairs, rate)", 5, counts, ""); err != nil {
			return err
		}
		return tx.Insert(ctx, "INSERT INTO link_sample (id, run_id, stratum, l, r, owners, weight, at)", 8, rows,
			"ON CONFLICT (l, r) DO UPDATE SET run_id = excluded.run_id, stratum = excluded.stratum, weight = excluded.weight")
	})
}

// ownersOf are the agencies of a pair, in order.
func (g *gathered) ownersOf(e linkage.Edge) string {
	a, b := g.agencies[g.owners[e.A]], g.agencies[g.owners[e.B]]
	return min(a, b) + " " + max(a, b)
}
