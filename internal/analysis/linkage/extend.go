package linkage

import (
	"errors"
	"math"
	"slices"
	"strings"
)

func floatBits(f float32) uint32 { return math.Float32bits(f) }
func bitsFloat(b uint32) float32 { return math.Float32frombits(b) }

// Extend links the records that were added to the state's data after it was
// kept: new records are compared with all, old ones are not compared again.
// The model and the counts behind it stay as they were; people keep their
// numbers. A new record joins a person, or founds one; a pair that would join
// two people who were apart is left for a person to decide.
func Extend(s *State, opt Options) (*Result, error) {
	d := s.Data
	from := len(s.Person)
	if err := opt.check(d); err != nil {
		return nil, err
	}
	if len(d.kinds) != len(s.Model.Kinds) {
		return nil, errors.New("the new records hold a kind of reference number that the earlier run had not: run again on all records")
	}
	s.aside.apply(d, from)
	e := newEngine(d, opt)
	e.count = s.counts
	e.adjustments()
	e.use(s.Model)
	opt.Stage("block")
	all := d.buildFrom(uint32(from), opt.Workers)
	opt.Stage("score")
	edges, scored := e.scoreFrom(all, uint32(from))
	opt.Stage("cluster")
	r := &Result{Scored: scored, Model: s.Model, Notes: d.Notes(), eng: e, aside: s.aside}
	for _, b := range all {
		r.Blocking = append(r.Blocking, RuleCount{b.rule, b.pairs, b.left})
	}
	g := e.newGrouping(r)
	g.fixed = make([]uint32, len(d.rows))
	for i := range g.fixed {
		g.fixed[i] = none
	}
	copy(g.fixed, s.Person)
	open := g.reopen()
	for _, x := range s.Links { // people that a decision opens are grouped anew from the pairs that made them
		if open[s.Person[x.A]] {
			edges = append(edges, x)
		}
	}
	sortEdges(edges)
	g.run(edges)
	for _, x := range edges {
		if why := g.refused[pairKey(x.A, x.B)]; why == whyTwoOld || why == whyDecided {
			r.Bridges = append(r.Bridges, x)
		}
	}
	g.keepOld(s, open)
	return r, nil
}

// reopen frees the records of people whom a decision divides.
func (g *grouping) reopen() map[uint32]bool {
	open := map[uint32]bool{}
	for k := range g.apart {
		a, b := uint32(k>>32), uint32(k)
		if p := g.fixed[a]; p != none && p == g.fixed[b] {
			open[p] = true
		}
	}
	if len(open) > 0 {
		for i, p := range g.fixed {
			if p != none && open[p] {
				g.fixed[i] = none
			}
		}
	}
	return open
}

// keepOld adds the earlier run's links and doubts that still hold.
func (g *grouping) keepOld(s *State, open map[uint32]bool) {
	r := g.r
	kept := make([]Edge, 0, len(s.Links)+len(r.Links))
	for _, x := range s.Links {
		if !open[s.Person[x.A]] {
			kept = append(kept, x)
		}
	}
	r.Links = append(kept, r.Links...)
	sortLinks(r.Links)
	have := map[uint64]bool{}
	for _, x := range r.Review {
		have[pairKey(r.Person[x.A], r.Person[x.B])] = true
	}
	for _, x := range s.Review {
		k := pairKey(x.A, x.B)
		if strings.HasPrefix(x.Why, whyLarge) {
			continue // found anew when it still holds
		}
		if r.Person[x.A] != r.Person[x.B] && !g.apart[k] && !have[pairKey(r.Person[x.A], r.Person[x.B])] {
			r.Review = append(r.Review, x)
		}
	}
	sortReview(r.Review)
}

// sortLinks orders links by the later record, then the earlier: a later run's
// links come after all before.
func sortLinks(es []Edge) {
	for i := range es {
		es[i].A, es[i].B = es[i].B, es[i].A
	}
	sortEdges(es)
	for i := range es {
		es[i].A, es[i].B = es[i].B, es[i].A
	}
}

func sortReview(ds []Doubt) {
	slices.SortFunc(ds, func(x, y Doubt) int {
		switch {
		case x.Priority != y.Priority:
			return x.Priority - y.Priority
		case x.Weight != y.Weight:
			if x.Weight > y.Weight {
				return -1
			}
			return 1
		case x.A != y.A:
			return int(x.A) - int(y.A)
		}
		return int(x.B) - int(y.B)
	})
}

// filter is a Bloom filter over 64-bit keys with one hash.
type filter []uint64

func newFilter(keys int) filter {
	n := 1 << 10
	for n < keys/4 {
		n *= 2
	}
	return make(filter, n)
}

func (f filter) add(k uint64)      { f[k>>6&uint64(len(f)-1)] |= 1 << (k & 63) }
func (f filter) has(k uint64) bool { return f[k>>6&uint64(len(f)-1)]>>(k&63)&1 == 1 }

// buildFrom is buildAll for records from first on against all: only blocks that
// hold one of them are built.
func (d *Dataset) buildFrom(first uint32, workers int) []*blocks {
	rules := d.rules()
	out := make([]*blocks, len(rules))
	sorters := make([]sorter, workers)
	parallel(len(rules), workers, func(w, i int) {
		r, s := &rules[i], &sorters[w]
		s.a = s.a[:0]
		for n := first; n < uint32(len(d.rows)); n++ {
			r.keys(d, n, func(k uint64) { s.a = append(s.a, entry{mix(k + 1), n}) })
		}
		f := newFilter(64 * len(s.a))
		for _, x := range s.a {
			f.add(x.key)
		}
		for n := range first {
			r.keys(d, n, func(k uint64) {
				if k = mix(k + 1); f.has(k) {
					s.a = append(s.a, entry{k, n})
				}
			})
		}
		s.sort()
		s.byRecord()
		out[i] = d.buildSorted(r, s, first)
	})
	return out
}

// byRecord puts each run of a key in order of record.
func (s *sorter) byRecord() {
	for i := 0; i < len(s.a); {
		j := i + 1
		for j < len(s.a) && s.a[j].key == s.a[i].key {
			j++
		}
		slices.SortFunc(s.a[i:j], func(x, y entry) int { return int(x.rec) - int(y.rec) })
		i = j
	}
}

// scoreFrom is score for the pairs with at least one record from first on.
func (e *engine) scoreFrom(all []*blocks, first uint32) ([]Edge, int64) {
	e.first = first
	defer func() { e.first = 0 }()
	return e.score(all)
}
