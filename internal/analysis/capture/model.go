package capture

import (
	"math/bits"
	"slices"
)

// A model is a set of interactions beside the main effects of the lists, as a bit set over the terms of a design:
// bit k stands for terms[k].
type model uint64

func (m model) has(k int) bool      { return m>>k&1 == 1 }
func (m model) with(k int) model    { return m | 1<<k }
func (m model) interactions() int   { return bits.OnesCount64(uint64(m)) }
func (m model) without(k int) model { return m &^ (1 << k) }

// design lists the interactions a model of so many lists may have: pairs in the order 12, 13, .., 23, .., then,
// where they were asked for, triples in the same manner. A term is the bit mask of its lists.
type design struct {
	lists int
	terms []int
}

func newDesign(lists, order int) design {
	d := design{lists: lists}
	for size := 2; size <= order; size++ {
		var of []int
		for set := 1; set < 1<<lists; set++ {
			if bits.OnesCount(uint(set)) == size {
				of = append(of, set)
			}
		}
		slices.SortFunc(of, byMembers)
		d.terms = append(d.terms, of...)
	}
	return d
}

// byMembers orders sets of one size by their members: {1,2} {1,3} {2,3}. The set whose lowest differing member
// is smaller comes first.
func byMembers(a, b int) int {
	differ := a ^ b
	if differ == 0 {
		return 0
	}
	if a&(differ&-differ) != 0 {
		return -1
	}
	return 1
}

func (d design) all() model { return 1<<len(d.terms) - 1 }

// hierarchical says whether every triple of the model has its three pairs.
func (d design) hierarchical(m model) bool {
	for k, term := range d.terms {
		if !m.has(k) || bits.OnesCount(uint(term)) < 3 {
			continue
		}
		for j, pair := range d.terms {
			if bits.OnesCount(uint(pair)) == 2 && term&pair == pair && !m.has(j) {
				return false
			}
		}
	}
	return true
}
