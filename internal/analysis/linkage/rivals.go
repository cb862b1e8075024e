package linkage

import "slices"

// A record that fits two people about equally well belongs to one of them at
// most, and a coin should not say to which: it is held back from both, and a
// person decides. On invented extracts of other layouts and other names than
// those the engine was built on, one in five to two in five of such records had
// been joined to the wrong person, and one in forty of comparable records
// without a rival.

// The other way round, that nobody else fits speaks for a pair: most records have
// another somewhere, and where there is one candidate it is mostly that. On invented
// extracts of other layouts and names than those the engine was built on, of the
// pairs of two lone records from a bit and a quarter up without a rival 97 in 100
// were true. Of those of a lone record with a person whose records fit it on the
// whole 95 in 100 were, and 91 where they hardly do but none of them is of the
// record's own source; where one is, one in two.

// aloneBits is what the absence of a rival adds at most, and aloneMost how far
// above the threshold that brings a pair. Where nothing was learnt from the records,
// because there are few, there is nobody to be a rival, and it adds fewBits.
const (
	aloneBits = 3
	aloneMost = 1
	fewBits   = 1
)

// rivalBits is how much better the best link within the person must be than the
// best link to another person.
const rivalBits = 2

// heldBits is what it adds to a pair whose weight is held back because relatives
// show the same agreement: a brother who is known here would have records that
// fit better. Of such pairs without a rival 700 of 707 were true on four sets of
// invented extracts, where births agreed as far as they were known.
const heldBits = 3

// heldRival is how much better than the next a pair that is held back must fit.
const heldRival = 6

// whyRival is said of the links of a record that was held back.
const whyRival = "another person fits one of the two records about as well: at most one of them can be right"

// holdBack takes records with a rival out of the people they were joined to.
// Records whose person is decided, by people or by an earlier run, stay.
func (g *grouping) holdBack(edges []Edge, people forest) {
	n := len(people)
	type best struct {
		weight float32
		with   uint32
	}
	low := float32(-1e9)
	own, other := make([]best, n), make([]best, n)
	for i := range own {
		own[i].weight, other[i].weight = low, low
	}
	for _, x := range edges {
		if len(g.apart) > 0 && g.apart[pairKey(x.A, x.B)] {
			continue
		}
		to := other
		if people.root(x.A) == people.root(x.B) {
			to = own
		}
		if x.Weight > to[x.A].weight {
			to[x.A] = best{x.Weight, x.B}
		}
		if x.Weight > to[x.B].weight {
			to[x.B] = best{x.Weight, x.A}
		}
	}
	decided := map[uint32]bool{}
	for k := range g.same {
		decided[uint32(k>>32)], decided[uint32(k)] = true, true
	}
	held := make([]bool, n)
	roots := map[uint32]bool{}
	for i := range own {
		if own[i].weight == low || own[i].weight-other[i].weight >= rivalBits || decided[uint32(i)] || g.fixed != nil && g.fixed[i] != none {
			continue
		}
		if g.differ(own[i].with, other[i].with) {
			held[i] = true
			roots[people.root(uint32(i))] = true
		}
	}
	if len(roots) == 0 {
		return
	}
	members, inside := map[uint32][]uint32{}, map[uint32][]Edge{}
	for i := range people {
		if r := people.root(uint32(i)); roots[r] {
			members[r] = append(members[r], uint32(i))
		}
	}
	for _, x := range edges {
		if r := people.root(x.A); roots[r] && r == people.root(x.B) && x.Weight >= g.cut && !g.unsure[pairKey(x.A, x.B)] && !g.apart[pairKey(x.A, x.B)] {
			inside[r] = append(inside[r], x)
		}
	}
	order := make([]uint32, 0, len(roots))
	for r := range roots {
		order = append(order, r)
	}
	slices.Sort(order)
	for _, r := range order {
		g.withoutHeld(members[r], inside[r], held, people)
	}
}

// differ reports whether two records are rather of two people than of one: only
// then can a third fit one of them at most.
func (g *grouping) differ(x, y uint32) bool {
	var v vector
	a, b := *g.e.cell(min(x, y)), *g.e.cell(max(x, y))
	return g.e.compare(&a, &b, &v, -1e9) < rivalDiffer
}

// rivalDiffer is the weight below which two people are taken to be two.
const rivalDiffer = -2

// withoutHeld divides one person again, the held records by themselves.
func (g *grouping) withoutHeld(members []uint32, inside []Edge, held []bool, people forest) {
	for _, r := range members {
		people[r] = r
	}
	g.rejoin(members, people)
	groups := map[uint32][]uint32{}
	for _, r := range members {
		groups[people.root(r)] = append(groups[people.root(r)], r)
	}
	for r, m := range groups {
		if len(m) < 2 {
			delete(groups, r)
		}
	}
	slices.SortFunc(inside, byWeight)
	var left []Edge
	for _, x := range inside {
		if held[x.A] || held[x.B] {
			g.refused[pairKey(x.A, x.B)] = whyRival
			continue
		}
		left = append(left, x)
	}
	for k, why := range g.dividePart(left, people, groups) {
		g.refused[k] = why
	}
}

// attach joins records that are still alone to the one person they fit, where
// the absence of a rival on either side brings the pair to the threshold. The
// weight of such an edge is raised accordingly, in edges too.
func (g *grouping) attach(edges []Edge, people forest) {
	n := len(people)
	size := make([]int32, n)
	for i := range people {
		size[people.root(uint32(i))]++
	}
	low := float32(-1e9)
	type fit struct {
		best, next float32 // of the best edge, and of the best to anybody but the person it leads to
		to         uint32
	}
	fits := make([]fit, n) // by root: how other people fit this one
	for i := range fits {
		fits[i] = fit{low, low, none}
	}
	note := func(from, to uint32, w float32) {
		switch f := &fits[from]; {
		case f.to == to:
			f.best = max(f.best, w)
		case w > f.best:
			f.best, f.next, f.to = w, f.best, to
		default:
			f.next = max(f.next, w)
		}
	}
	for _, x := range edges {
		if a, b := people.root(x.A), people.root(x.B); a != b && !g.apart[pairKey(x.A, x.B)] {
			note(a, b, x.Weight)
			note(b, a, x.Weight)
		}
	}
	least := max(g.cut-aloneBits, bitsOf(g.e.opt.ReviewFrom)+seenBits)
	if g.e.model.Iterations == 0 {
		least = g.cut - fewBits
	}
	var near []int
	for i, x := range edges {
		a, b := people.root(x.A), people.root(x.B)
		k := pairKey(x.A, x.B)
		if a == b || x.Weight >= g.cut || x.Weight < g.cut-max(aloneBits, heldBits) || size[a] > 1 && size[b] > 1 || g.unsure[k] || g.apart[k] {
			continue
		}
		f, h := &fits[a], &fits[b]
		if f.to != b || h.to != a || f.best != x.Weight {
			continue
		}
		next := max(f.next, h.next)
		if next < x.Weight-rivalBits && x.Weight >= least && g.nothingSpeaksAgainst(x) || next < x.Weight-heldRival && g.heldForKin(x) {
			near = append(near, i)
		}
	}
	members := map[uint32][]uint32{}
	for _, i := range near {
		members[people.root(edges[i].A)], members[people.root(edges[i].B)] = nil, nil
	}
	for i := range people {
		r := people.root(uint32(i))
		if m, ok := members[r]; ok {
			members[r] = append(m, uint32(i))
		}
	}
	for _, i := range near {
		x := &edges[i]
		a, b := people.root(x.A), people.root(x.B)
		if a == b || g.objection(members[a], members[b], *x, people) != "" || !g.fits(members[a], members[b], x.Weight) {
			continue
		}
		x.Weight = min(x.Weight+aloneBits, g.cut+aloneMost)
		all := append(slices.Clone(members[a]), members[b]...)
		people.join(a, b)
		members[people.root(a)] = all
	}
}

// seenBits is how far above the review cut a pair must be for its rivals to be
// seen: those below the cut are not there to be met.
const seenBits = 1.25

// nothingSpeaksAgainst reports whether a pair weighs what its parts add up to and
// the dates of birth do not contradict each other; of a pair close to the threshold,
// that they are not quite different. Where they are, that nobody else fits says
// nothing: a namesake of whom there is one record fits nobody else either.
func (g *grouping) nothingSpeaksAgainst(x Edge) bool {
	birth, back, _ := g.heldBack(x)
	if x.Weight >= g.cut-closeBits {
		return birth != dobElse
	}
	return !contradict(birth) && back < 0.5
}

// closeBits is how little below the threshold a pair is close to it, and onceBits
// how far below it may be when all that speaks for the pair is that its source has
// no other record of the person.
const (
	closeBits = 1
	onceBits  = 2
)

// fits reports whether a record and a person of whom it fits one record fit on the
// whole, for want of another whom it fits.
func (g *grouping) fits(ma, mb []uint32, w float32) bool {
	if len(ma) == 1 && len(mb) == 1 || w >= g.cut-closeBits {
		return true
	}
	if mean, _, _ := g.between(ma, mb); mean >= 0 {
		return true
	}
	return w >= g.cut-onceBits && !g.shareSource(ma, mb)
}

func contradict(birth uint8) bool { return birth >= dobTwoDigits }

// heldForKin reports whether a pair would be linked but for what relatives
// share, and nothing in it contradicts one person.
func (g *grouping) heldForKin(x Edge) bool {
	birth, back, against := g.heldBack(x)
	return !contradict(birth) && !against && back > heldBits
}

// heldBack is the level of a pair's dates of birth, how many bits the pair is held
// back, and whether sex or valid numbers differ.
func (g *grouping) heldBack(x Edge) (birth uint8, back float32, against bool) {
	e := g.e
	a, b := *e.cell(x.A), *e.cell(x.B)
	var v vector
	w := e.compare(&a, &b, &v, -1e9)
	ws := e.table(a.src, b.src)
	plain := ws.prior() + v.adj
	for k := range cmpIdent + len(e.d.kinds) {
		against = against || v.lv[k] == idDifferValid && k >= cmpIdent
		plain += ws[k][v.lv[k]]
	}
	return v.lv[cmpBirth], plain - w, against || v.lv[cmpSex] == flagDiffer
}

// byWeight orders edges strongest first.
func byWeight(x, y Edge) int {
	switch {
	case x.Weight > y.Weight:
		return -1
	case x.Weight < y.Weight:
		return 1
	case x.A != y.A:
		return int(x.A) - int(y.A)
	}
	return int(x.B) - int(y.B)
}

// comeApart looks, in a later run, at the people of the earlier run who have new
// records: where all of a person's records, taken anew, fall into two people of
// two records or more, the later ones have shown what the earlier could not, and
// somebody is asked. The person stays one until then.
func (g *grouping) comeApart(people forest) {
	if g.fixed == nil {
		return
	}
	fresh := newBits(len(people))
	for i, p := range g.fixed {
		if p == none {
			fresh.add(people.root(uint32(i)))
		}
	}
	members := map[uint32][]uint32{}
	var order []uint32
	for i := range people {
		r := people.root(uint32(i))
		if !fresh.has(r) {
			continue
		}
		if members[r] == nil {
			order = append(order, r)
		}
		members[r] = append(members[r], uint32(i))
	}
	before := g.fixed
	defer func() { g.fixed = before }()
	g.fixed = nil // taken anew, nobody was anybody before
	for _, r := range order {
		if m := members[r]; len(m) > 3 && len(m) <= mostApart {
			g.askApart(m, before, people)
		}
	}
}

// mostApart is the largest person that is taken anew.
const mostApart = 24

// whyApart is said of a person whose later records show two.
const whyApart = "later records show that the person these two belong to may be two people"

func (g *grouping) askApart(m []uint32, before []uint32, people forest) {
	var inside []Edge
	weight := map[uint64]float32{}
	var v vector
	for i, a := range m {
		ca := *g.e.cell(a)
		for _, b := range m[i+1:] {
			if g.same[pairKey(a, b)] {
				return // decided
			}
			cb := *g.e.cell(b)
			w := g.e.compare(&ca, &cb, &v, -1e9)
			weight[pairKey(a, b)] = w
			if w >= g.cut {
				inside = append(inside, Edge{a, b, w})
			}
		}
	}
	slices.SortFunc(inside, byWeight)
	part := map[uint32][]uint32{}
	for _, a := range m {
		part[a] = []uint32{a}
	}
	for _, x := range inside {
		pa, pb := part[x.A], part[x.B]
		if &pa[0] == &pb[0] || g.objection(pa, pb, x, people) != "" {
			continue
		}
		both := append(slices.Clone(pa), pb...)
		for _, r := range both {
			part[r] = both
		}
	}
	best := Edge{Weight: -1e9}
	for i, a := range m { // the earlier records that hold the two together
		for _, b := range m[i+1:] {
			if pa, pb := part[a], part[b]; before[a] != none && before[b] != none && &pa[0] != &pb[0] && len(pa) > 1 && len(pb) > 1 && weight[pairKey(a, b)] > best.Weight {
				best = Edge{a, b, weight[pairKey(a, b)]}
			}
		}
	}
	if best.Weight > -1e9 {
		g.large = append(g.large, Doubt{best, whyApart, 1})
	}
}
