package linkage

import (
	"errors"
	"slices"
	"strings"
)

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
	e.first, e.count = uint32(from), s.counts
	e.adjustments()
	e.use(s.Model)
	opt.Stage("block")
	p := e.propose(uint32(from))
	err := p.err()
	var edges []Edge
	var scored int64
	if err == nil {
		opt.Stage("score")
		edges, scored, err = e.score(p)
	}
	if err := errors.Join(err, release(p.all)); err != nil {
		return nil, &SpillError{err}
	}
	opt.Stage("cluster")
	r := &Result{Scored: scored, Model: s.Model, Notes: d.Notes(), eng: e, aside: s.aside}
	r.count(p)
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
	sortEdges(edges, e.opt.Workers)
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
	links := s.Links
	if len(open) > 0 {
		links = make([]Edge, 0, len(s.Links))
		for _, x := range s.Links {
			if !open[s.Person[x.A]] {
				links = append(links, x)
			}
		}
	}
	r.Links = merged(links, r.Links, func(x, y Edge) int {
		if x.B != y.B {
			return int(x.B) - int(y.B)
		}
		return int(x.A) - int(y.A)
	})
	have := map[uint64]bool{}
	for _, x := range r.Review {
		have[pairKey(r.Person[x.A], r.Person[x.B])] = true
	}
	kept := make([]Doubt, 0, len(s.Review))
	for _, x := range s.Review {
		k := pairKey(x.A, x.B)
		if strings.HasPrefix(x.Why, whyLarge) {
			continue // found anew when it still holds
		}
		if x.Why == whyApart {
			if p := r.Person[x.A]; p == r.Person[x.B] && !g.same[k] && !have[pairKey(p, p)] {
				kept = append(kept, x)
			}
			continue
		}
		if r.Person[x.A] != r.Person[x.B] && !g.apart[k] && !have[pairKey(r.Person[x.A], r.Person[x.B])] {
			kept = append(kept, x)
		}
	}
	r.Review = merged(kept, r.Review, CompareDoubts)
}

// merged puts two lists that are in order into one; of what is equal the first
// list's comes first.
func merged[T any](a, b []T, compare func(x, y T) int) []T {
	out := make([]T, 0, len(a)+len(b))
	for _, y := range b {
		n := 0
		if len(a) > 0 && compare(a[0], y) <= 0 { // runs are long
			n, _ = slices.BinarySearchFunc(a, y, func(x, y T) int {
				if compare(x, y) <= 0 {
					return -1
				}
				return 1
			})
		}
		out = append(append(out, a[:n]...), y)
		a = a[n:]
	}
	return append(out, a...)
}

// sortLinks orders links by the later record, then the earlier: a later run's
// links come after all before.
func sortLinks(es []Edge, workers int) {
	for i := range es {
		es[i].A, es[i].B = es[i].B, es[i].A
	}
	sortEdges(es, workers)
	for i := range es {
		es[i].A, es[i].B = es[i].B, es[i].A
	}
}

func sortReview(ds []Doubt) { slices.SortFunc(ds, CompareDoubts) }

// CompareDoubts orders doubts as they stand in a result: the most pressing first,
// of those the strongest.
func CompareDoubts(x, y Doubt) int {
	if x.Priority != y.Priority {
		return x.Priority - y.Priority
	}
	return strongestFirst(x.Edge, y.Edge)
}
