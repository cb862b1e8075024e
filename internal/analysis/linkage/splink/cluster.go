package splink

import (
	"fmt"
	"math"
	"slices"
)

// Decision is what a person decided about two rows.
type Decision struct {
	A, B      int
	Same      bool
	Different bool // neither: not sure
}

// Grouped is rows gathered into people.
type Grouped struct {
	Person    []uint32 // by row: the least row of its person
	People    int
	Links     []Pair // at or above the threshold, within people
	Review    []Pair // from the review cut on, between people
	Why       []string
	Conflicts []string
}

// Cluster gathers rows by their pairs, strongest first. People's decisions bind
// it; two groups that disagree on the whole are not joined by one strong pair.
func (e *Engine) Cluster(ps []Pair, threshold, reviewFrom float64, decisions []Decision) *Grouped {
	n := e.t.n
	root := make([]uint32, n)
	members := make([][]uint32, n)
	for i := range root {
		root[i], members[i] = uint32(i), []uint32{uint32(i)}
	}
	same, apart, unsure := map[uint64]bool{}, map[uint64]bool{}, map[uint64]bool{}
	for _, d := range decisions {
		k := key(uint32(d.A), uint32(d.B))
		delete(same, k)
		delete(apart, k)
		delete(unsure, k)
		switch {
		case d.Same:
			same[k] = true
		case d.Different:
			apart[k] = true
		default:
			unsure[k] = true
		}
	}
	forbidden := func(a, b uint32) bool {
		if len(apart) == 0 {
			return false
		}
		for _, x := range members[a] {
			for _, y := range members[b] {
				if apart[key(x, y)] {
					return true
				}
			}
		}
		return false
	}
	join := func(a, b uint32) {
		if a > b {
			a, b = b, a
		}
		for _, x := range members[b] {
			root[x] = a
		}
		members[a] = append(members[a], members[b]...)
		members[b] = nil
	}
	g := &Grouped{}
	must := make([]uint64, 0, len(same))
	for k := range same {
		must = append(must, k)
	}
	slices.Sort(must)
	for _, k := range must {
		a, b := root[k>>32], root[uint32(k)]
		switch {
		case a == b:
		case forbidden(a, b):
			g.Conflicts = append(g.Conflicts, fmt.Sprintf("rows %d and %d were decided to be the same, which would join two that were decided to be different", k>>32+1, uint32(k)+1))
		default:
			join(a, b)
		}
	}
	order := slices.Clone(ps)
	slices.SortFunc(order, func(x, y Pair) int {
		switch {
		case x.Weight > y.Weight:
			return -1
		case x.Weight < y.Weight:
			return 1
		case x.L != y.L:
			return int(x.L) - int(y.L)
		}
		return int(x.R) - int(y.R)
	})
	cut, low := math.Log2(threshold/(1-threshold)), math.Log2(reviewFrom/(1-reviewFrom))
	s := e.scorer()
	refused := map[uint64]string{}
	for _, p := range order {
		k := key(p.L, p.R)
		if p.Weight < cut || apart[k] || unsure[k] {
			continue
		}
		a, b := root[p.L], root[p.R]
		switch {
		case a == b:
		case forbidden(a, b):
			refused[k] = "a person decided that records of these two groups are different people"
		case s.disagree(members[a], members[b]):
			refused[k] = "it would join two groups of records that otherwise do not agree"
		default:
			join(a, b)
		}
	}
	g.Person = root
	for i, r := range root {
		if int(r) == i {
			g.People++
		}
	}
	for _, p := range order {
		k := key(p.L, p.R)
		switch {
		case root[p.L] == root[p.R]:
			if p.Weight >= cut || same[k] {
				g.Links = append(g.Links, p)
			}
		case p.Weight >= low && !apart[k]:
			why := refused[k]
			if why == "" {
				why = "the evidence is short of the threshold"
			}
			if unsure[k] {
				why = "a person looked and was not sure"
			}
			g.Review, g.Why = append(g.Review, p), append(g.Why, why)
		}
	}
	return g
}

func key(a, b uint32) uint64 { return uint64(min(a, b))<<32 | uint64(max(a, b)) }

// mostWeighed bounds how many members of each group are weighed.
const mostWeighed = 40

// disagree reports whether two groups, one of them of several records, speak
// against each other more than for.
func (s *scorer) disagree(a, b []uint32) bool {
	if len(a)+len(b) <= 2 {
		return false
	}
	sum := 0.0
	for _, x := range a[:min(len(a), mostWeighed)] {
		for _, y := range b[:min(len(b), mostWeighed)] {
			l, r := x, y
			if s.e.order[l] > s.e.order[r] {
				l, r = r, l
			}
			sum += max(-9, min(9, s.weight(l, r)))
		}
	}
	return sum <= 0
}
