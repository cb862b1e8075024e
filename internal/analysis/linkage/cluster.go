package linkage

import (
	"fmt"
	"slices"
)

// forest is a union-find over records whose roots are the least record.
type forest []uint32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = uint32(i)
	}
	return f
}

func (f forest) root(x uint32) uint32 {
	for f[x] != x {
		f[x] = f[f[x]]
		x = f[x]
	}
	return x
}

func (f forest) join(a, b uint32) {
	a, b = f.root(a), f.root(b)
	if a > b {
		a, b = b, a
	}
	f[b] = a
}

// grouping gathers records into people.
type grouping struct {
	e       *engine
	r       *Result
	cut     float32
	same    map[uint64]bool
	apart   map[uint64]bool
	unsure  map[uint64]bool
	apartOf map[uint32][]uint32
	alone   []bool            // by source: nobody stands in it twice
	fixed   []uint32          // by record: the person it had before, or none; nil in a full run
	refused map[uint64]string // pairs at or above the threshold that were not joined, and why

	oversized map[uint32]uint32 // by record of an oversized person that was taken apart: that person
	large     []Doubt           // people who are oversized still
}

func pairKey(a, b uint32) uint64 { return uint64(min(a, b))<<32 | uint64(max(a, b)) }

func (e *engine) newGrouping(r *Result) *grouping {
	g := &grouping{
		e: e, r: r, cut: bitsOf(e.opt.Threshold), same: map[uint64]bool{}, apart: map[uint64]bool{}, unsure: map[uint64]bool{},
		apartOf: map[uint32][]uint32{}, refused: map[uint64]string{}, alone: make([]bool, len(e.d.sources)),
	}
	for _, s := range e.opt.OneToOne {
		if n, ok := e.d.srcNo[s]; ok {
			g.alone[n] = true
		}
	}
	for _, x := range e.opt.Decisions {
		k := pairKey(uint32(x.A), uint32(x.B))
		delete(g.same, k)
		delete(g.apart, k)
		delete(g.unsure, k)
		switch x.Verdict {
		case Same:
			g.same[k] = true
		case Different:
			g.apart[k] = true
		case Unsure:
			g.unsure[k] = true
		}
	}
	for _, k := range sortedPairs(g.apart) {
		a, b := uint32(k>>32), uint32(k)
		g.apartOf[a] = append(g.apartOf[a], b)
		g.apartOf[b] = append(g.apartOf[b], a)
	}
	return g
}

func sortedPairs(m map[uint64]bool) []uint64 {
	out := make([]uint64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// cluster gathers the records into people: the components that strong edges
// make, each divided again where joining would contradict more than it explains.
func (e *engine) cluster(edges []Edge, r *Result) {
	g := e.newGrouping(r)
	g.run(edges)
}

func (g *grouping) run(edges []Edge) {
	n := len(g.e.d.rows)
	whole := newForest(n)
	people := newForest(n)
	if g.fixed != nil {
		for i, p := range g.fixed {
			if p != none {
				whole.join(uint32(i), p)
				people.join(uint32(i), p)
			}
		}
	}
	strong := g.strong(edges)
	for _, x := range strong {
		whole.join(x.A, x.B)
	}
	must := sortedPairs(g.same)
	for _, k := range must {
		whole.join(uint32(k>>32), uint32(k))
	}
	g.must(must, people)
	g.divide(strong, whole, people)
	g.holdBack(edges, people)
	g.attach(edges, people)
	g.divideOversized(edges, people)
	g.comeApart(people)
	g.finish(edges, people)
}

const none = ^uint32(0)

// strong are the edges that may link by themselves.
func (g *grouping) strong(edges []Edge) []Edge {
	var out []Edge
	for _, x := range edges {
		k := pairKey(x.A, x.B)
		if x.Weight >= g.cut && !g.apart[k] && !g.unsure[k] {
			out = append(out, x)
		}
	}
	return out
}

// must joins what people said is the same, and reports where that contradicts
// what people said is different; the pair that closes the contradiction is
// left unjoined.
func (g *grouping) must(pairs []uint64, people forest) {
	members := map[uint32][]uint32{}
	if g.fixed != nil && len(pairs) > 0 {
		for i := range people {
			if r := people.root(uint32(i)); r != uint32(i) {
				if members[r] == nil {
					members[r] = []uint32{r}
				}
				members[r] = append(members[r], uint32(i))
			}
		}
	}
	of := func(x uint32) []uint32 {
		if m := members[people.root(x)]; m != nil {
			return m
		}
		return []uint32{x}
	}
	for _, k := range pairs {
		a, b := uint32(k>>32), uint32(k)
		if people.root(a) == people.root(b) {
			continue
		}
		ma, mb := of(a), of(b)
		if x, y, bad := g.forbidden(ma, mb, people, a, b); bad {
			g.r.Conflicts = append(g.r.Conflicts, fmt.Sprintf("people decided that %s and %s are the same, which would join %s and %s, decided to be different",
				g.name(a), g.name(b), g.name(x), g.name(y)))
			continue
		}
		all := append(slices.Clone(ma), mb...)
		people.join(a, b)
		members[people.root(a)] = all
	}
}

func (g *grouping) name(i uint32) string {
	s, id := g.e.d.Key(int(i))
	return s + "/" + id
}

// forbidden looks for a decision that keeps two sets of records apart.
func (g *grouping) forbidden(ma, mb []uint32, people forest, a, b uint32) (x, y uint32, bad bool) {
	if len(g.apart) == 0 {
		return 0, 0, false
	}
	if len(ma) > len(mb) {
		ma, mb = mb, ma
		a, b = b, a
	}
	root := people.root(b)
	for _, x := range ma {
		for _, y := range g.apartOf[x] {
			if people.root(y) == root || slices.Contains(mb, y) {
				return x, y, true
			}
		}
	}
	return 0, 0, false
}

// divide joins the strong edges of each component, strongest first, as long as
// the two groups they would join agree on the whole.
func strongestFirst(x, y Edge) int {
	switch {
	case x.Weight > y.Weight:
		return -1
	case x.Weight < y.Weight:
		return 1
	}
	return byRecords(x, y)
}

func (g *grouping) divide(strong []Edge, whole, people forest) {
	roots := make([]uint32, len(g.e.d.rows))
	for i := range roots {
		roots[i] = whole.root(uint32(i))
	}
	byRoot := make([]Edge, len(strong))
	for at, i := range ordered(uint32(len(strong)), uint32(len(roots)), func(i uint32) uint32 { return roots[strong[i].A] }) {
		byRoot[at] = strong[i]
	}
	var parts [][]Edge
	for i := 0; i < len(byRoot); {
		j := i + 1
		for j < len(byRoot) && roots[byRoot[j].A] == roots[byRoot[i].A] {
			j++
		}
		parts = append(parts, byRoot[i:j])
		i = j
	}
	// A pair alone needs no thought; the rest are independent of each other.
	workers := g.e.opt.Workers
	if len(g.apart) > 0 {
		workers = 1 // decisions reach across components
	}
	members := g.initialMembers(people, strong)
	refused := make([]map[uint64]string, len(parts))
	const stretch = 512
	n := (len(parts) + stretch - 1) / stretch
	parallel(n, workers, func(_, c int) {
		for p := c * stretch; p < min((c+1)*stretch, len(parts)); p++ {
			slices.SortFunc(parts[p], strongestFirst)
			refused[p] = g.dividePart(parts[p], people, members)
		}
	})
	for _, m := range refused {
		for k, why := range m {
			g.refused[k] = why
		}
	}
}

// initialMembers lists the groups that exist before dividing and that an edge
// touches: those people decided and, in a later run, the people there were.
func (g *grouping) initialMembers(people forest, strong []Edge) map[uint32][]uint32 {
	out := map[uint32][]uint32{}
	if g.fixed == nil && len(g.same) == 0 {
		return out
	}
	touched := make([]bool, len(people))
	for _, x := range strong {
		touched[people.root(x.A)], touched[people.root(x.B)] = true, true
	}
	for i := range people {
		r := people.root(uint32(i))
		if !touched[r] || r == uint32(i) {
			continue
		}
		if out[r] == nil {
			out[r] = []uint32{r}
		}
		out[r] = append(out[r], uint32(i))
	}
	return out
}

func (g *grouping) dividePart(part []Edge, people forest, initial map[uint32][]uint32) (refused map[uint64]string) {
	if len(part) == 1 && g.fixed == nil && len(g.same) == 0 && len(g.apart) == 0 && !g.anyAlone() {
		people.join(part[0].A, part[0].B)
		return nil
	}
	local := map[uint32][]uint32{}
	of := func(root uint32) []uint32 {
		if m := local[root]; m != nil {
			return m
		}
		if m := initial[root]; m != nil {
			return m
		}
		return []uint32{root}
	}
	for _, x := range part {
		ra, rb := people.root(x.A), people.root(x.B)
		if ra == rb {
			continue
		}
		ma, mb := of(ra), of(rb)
		if why := g.objection(ma, mb, x, people); why != "" {
			if refused == nil {
				refused = map[uint64]string{}
			}
			refused[pairKey(x.A, x.B)] = why
			continue
		}
		all := append(slices.Clone(ma), mb...)
		people.join(ra, rb)
		local[people.root(ra)] = all
	}
	return refused
}

func (g *grouping) anyAlone() bool { return slices.Contains(g.alone, true) }

// Words for why a strong pair was not joined.
const (
	whyDecided  = "a person decided that records of these two groups are different people"
	whyBridge   = "it would join two groups of records that otherwise do not agree"
	whyWeak     = "it alone holds two groups of records together"
	whyOneToOne = "a source that holds each person once has both"
	whyTwoOld   = "it would join two people who were apart before: a person must decide"
	whyNumbers  = "the two groups hold different valid reference numbers"
	whyValid    = "both have a valid "
	whyCopied   = "they share the "
	whyUnsure   = "a person looked and was not sure"
)

const (
	clipBits   = 9  // what one pair can add to the case for joining, or against
	mostWeighs = 60 // members of a group that are weighed against the other group
	weakBridge = 1  // mean bits below which one edge between two groups is a weak bridge
)

// objection says why two groups should not be joined, "" if nothing speaks
// against it.
func (g *grouping) objection(ma, mb []uint32, x Edge, people forest) string {
	if _, _, bad := g.forbidden(ma, mb, people, x.A, x.B); bad {
		return whyDecided
	}
	if g.fixed != nil && g.holdsOld(ma) && g.holdsOld(mb) {
		return whyTwoOld
	}
	if g.anyAlone() && g.sharesAlone(ma, mb) {
		return whyOneToOne
	}
	if len(ma) == 1 && len(mb) == 1 {
		return ""
	}
	mean, strong, clash := g.between(ma, mb)
	least, shared := g.contradicts(len(ma), len(mb), strong, x.Weight), g.shareSource(ma, mb)
	if !shared {
		least -= otherSources
	}
	switch {
	case clash && mean < 4:
		return whyNumbers
	case mean <= least:
		return whyBridge
	case len(ma) > 1 && len(mb) > 1 && strong <= 1 && mean < weakBridge && shared:
		return whyWeak
	}
	return ""
}

// otherSources is how much less, in bits, two groups need to agree when no source
// has records in both: agencies mostly hold a person once, and what each of them
// wrote down in its own way says little against the edge that joins them. On
// invented extracts of other layouts 92 in 100 such joins that had been refused for
// want of agreement were right, and of the others one in two.
const otherSources = 2

// shareSource reports whether a source has records in both groups.
func (g *grouping) shareSource(ma, mb []uint32) bool {
	rows := g.e.d.rows
	for _, a := range ma {
		for _, b := range mb {
			if rows[a].src == rows[b].src {
				return true
			}
		}
	}
	return false
}

// between weighs two groups against each other: the mean weight of their pairs,
// how many of these would link, and whether valid numbers differ.
func (g *grouping) between(ma, mb []uint32) (mean float32, strong int, clash bool) {
	sum, n := float32(0), 0
	var v vector
	for _, a := range ma[:min(len(ma), mostWeighs)] {
		ca := *g.e.cell(a)
		for _, b := range mb[:min(len(mb), mostWeighs)] {
			cb := *g.e.cell(b)
			w := g.e.compare(&ca, &cb, &v, -1e9)
			for k := range g.e.d.kinds {
				clash = clash || v.lv[cmpIdent+k] == idDifferValid
			}
			if w >= g.cut {
				strong++
			}
			sum += clamp(w, -clipBits, clipBits)
			n++
		}
	}
	return sum / float32(n), strong, clash
}

// contradicts is the mean weight, in bits, between two groups at or below which
// the rest of their records speak against the edge that would join them.
//
// Records of one person describe her in different ways: one agency has given
// name and father's name, another given name and grandfather's, and only the
// record with all three fits both. So what one record alone, or two strong
// edges, would join is only refused when the others contradict it plainly, and
// what a sure edge joins when they are of somebody else altogether.
func (g *grouping) contradicts(na, nb, strong int, weight float32) float32 {
	sure := weight >= g.cut+sureBits
	switch {
	case na > 1 && nb > 1 && (strong < 2 || !sure):
		return 0
	case sure && (na == 1 || nb == 1):
		return plainly
	}
	return hardly
}

const (
	sureBits = 6    // above the threshold: an edge that is no near thing
	hardly   = -1.5 // mean bits to which other records may be unlike one that joins them
	plainly  = -6
)

func (g *grouping) holdsOld(m []uint32) bool {
	for _, r := range m {
		if g.fixed[r] != none {
			return true
		}
	}
	return false
}

func (g *grouping) sharesAlone(ma, mb []uint32) bool {
	rows := g.e.d.rows
	for _, a := range ma {
		if !g.alone[rows[a].src] {
			continue
		}
		for _, b := range mb {
			if rows[a].src == rows[b].src {
				return true
			}
		}
	}
	return false
}

// finish numbers the people and sorts the edges into links and doubts.
func (g *grouping) finish(edges []Edge, people forest) {
	r := g.r
	r.Person = make([]uint32, len(people))
	for i := range people {
		r.Person[i] = people.root(uint32(i))
		if r.Person[i] == uint32(i) {
			r.People++
		}
	}
	best := map[uint64]Edge{} // by pair of people
	for _, x := range edges {
		pa, pb := r.Person[x.A], r.Person[x.B]
		if pa == pb {
			if x.Weight >= g.cut || g.same[pairKey(x.A, x.B)] {
				r.Links = append(r.Links, x)
			}
			continue
		}
		r.Apart = append(r.Apart, x)
		if g.apart[pairKey(x.A, x.B)] || g.saidAlready(x) {
			continue
		}
		k := pairKey(pa, pb)
		if old, ok := best[k]; !ok || x.Weight > old.Weight {
			best[k] = x
		}
	}
	g.addDecided(edges)
	for _, x := range best {
		r.Review = append(r.Review, g.doubt(x))
	}
	r.Review = append(r.Review, g.large...)
	sortLinks(r.Links, g.e.opt.Workers)
	sortReview(r.Review)
}

// saidAlready reports a pair within an oversized person that was taken apart,
// where the pairs that were cut stand for all others.
func (g *grouping) saidAlready(x Edge) bool {
	a, ok := g.oversized[x.A]
	if !ok {
		return false
	}
	b, ok := g.oversized[x.B]
	return ok && a == b && g.refused[pairKey(x.A, x.B)] == "" && !g.unsure[pairKey(x.A, x.B)]
}

// addDecided lists the pairs people joined that no edge shows.
func (g *grouping) addDecided(edges []Edge) {
	if len(g.same) == 0 {
		return
	}
	have := map[uint64]bool{}
	for _, x := range g.r.Links {
		if k := pairKey(x.A, x.B); g.same[k] {
			have[k] = true
		}
	}
	var v vector
	for _, k := range sortedPairs(g.same) {
		a, b := uint32(k>>32), uint32(k)
		if have[k] || g.r.Person[a] != g.r.Person[b] {
			continue
		}
		ca, cb := *g.e.cell(a), *g.e.cell(b)
		g.r.Links = append(g.r.Links, Edge{a, b, g.e.compare(&ca, &cb, &v, -1e9)})
	}
}

func (g *grouping) doubt(x Edge) Doubt {
	k := pairKey(x.A, x.B)
	if g.unsure[k] {
		return Doubt{x, whyUnsure, 2}
	}
	if why := g.refused[k]; why != "" {
		return Doubt{x, why, 1}
	}
	a, b := *g.e.cell(x.A), *g.e.cell(x.B)
	var v vector
	g.e.compare(&a, &b, &v, -1e9)
	why, priority := g.e.why(g.e.table(a.src, b.src), &v, x.Weight >= g.cut)
	return Doubt{x, why, priority}
}

// why says what keeps a pair from being linked.
func (e *engine) why(w *weights, v *vector, strong bool) (string, int) {
	for k, kind := range e.d.kinds {
		if v.lv[cmpIdent+k] == idDifferValid {
			return whyValid + kindWords(kind) + " and they differ", 1
		}
	}
	sharedNumber := ""
	for k, kind := range e.d.kinds {
		if l := v.lv[cmpIdent+k]; (l == idEqual || l == idEqualUnchecked) && !e.shared[k] {
			sharedNumber = kindWords(kind)
		}
	}
	name, birth := v.lv[cmpName], v.lv[cmpBirth]
	switch {
	case name == nameFamilyOnly && birth == dobExact:
		return "everything but the given name agrees: twins, or one person under two names", 2
	case v.lv[cmpSex] == flagDiffer && birth == dobExact && sharedNumber == "" && name <= nameLoose && v.lv[cmpPlace] <= placeUnit && v.lv[cmpPlace] != placeNull:
		return "everything but the sex agrees: a brother or sister may have given the other's details", 2
	case sharedNumber != "" && (name == nameFamilyOnly || name == nameElse || birth == dobElse):
		return whyCopied + sharedNumber + " but not the person's details: it may have been copied from somebody else", 1
	case strong:
		return "it would join two groups of records that otherwise do not agree", 2
	case birth == dobElse:
		return "the dates of birth are quite different", 4
	case agreeing(w, v, len(e.d.kinds)) < 2:
		return "too few fields agree to be sure", 5
	}
	return "the evidence is short of the threshold", 3
}

// AddDoubts puts pairs of records before a person for a reason the caller has.
func (r *Result) AddDoubts(pairs [][2]int, why string, priority int) {
	var v vector
	for _, p := range pairs {
		x, y := uint32(min(p[0], p[1])), uint32(max(p[0], p[1]))
		w := r.eng.compare(r.eng.cell(x), r.eng.cell(y), &v, -1e9)
		r.Review = append(r.Review, Doubt{Edge{x, y, w}, why, priority})
	}
	sortReview(r.Review)
}
