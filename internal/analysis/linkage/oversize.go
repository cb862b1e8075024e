package linkage

import (
	"fmt"
	"slices"
)

// No giant person is made in silence. Most people have few records; one with far
// more than the rest is more often many people whom a common value holds
// together than one person much recorded. Such a person is taken apart until
// strong evidence alone holds the parts together: the links that were cut go to
// review, and so does a part that is still oversized.

const (
	usualRecords = 12 // records up to which a person is never oversized
	timesUsual   = 4  // times the usual most from which a person is
	strongMargin = 10 // bits above the threshold that count as strong: a thousand to one beyond it
)

// TooMany is the number of records above which a person is oversized: more than
// usualRecords, and more than timesUsual times the size that only one person in
// a thousand exceeds. At least five people are left out of that share, so that
// a few giants in a small file do not make giants usual.
func TooMany(sizes []int) int {
	if len(sizes) == 0 {
		return usualRecords
	}
	of := make([]int, slices.Max(sizes)+1) // how many people, by size
	for _, n := range sizes {
		of[n]++
	}
	usual, larger := len(of)-1, of[len(of)-1]
	for above := min(max(5, (len(sizes)+999)/1000), len(sizes)-1); larger <= above; larger += of[usual] {
		usual--
	}
	return max(usualRecords, timesUsual*usual)
}

// divideOversized takes oversized people apart, and says so.
func (g *grouping) divideOversized(edges []Edge, people forest) {
	size := make([]int32, len(people))
	for i := range people {
		size[people.root(uint32(i))]++
	}
	var sizes []int
	for _, n := range size {
		if n > 0 {
			sizes = append(sizes, int(n))
		}
	}
	limit := TooMany(sizes)
	var roots []uint32
	number := map[uint32]int{} // of an oversized person, by root
	for i, n := range size {
		if int(n) > limit {
			number[uint32(i)] = len(roots)
			roots = append(roots, uint32(i))
		}
	}
	if len(roots) == 0 {
		return
	}
	members := make([][]uint32, len(roots))
	for i := range people {
		if k, ok := number[people.root(uint32(i))]; ok {
			members[k] = append(members[k], uint32(i))
		}
	}
	inside := make([][]Edge, len(roots))
	for _, x := range edges {
		if x.Weight < g.cut || g.unsure[pairKey(x.A, x.B)] || g.apart[pairKey(x.A, x.B)] {
			continue
		}
		a, b := people.root(x.A), people.root(x.B)
		if k, ok := number[a]; ok && a == b {
			inside[k] = append(inside[k], x)
		}
	}
	g.oversized = make(map[uint32]uint32)
	for k := range roots {
		for _, r := range members[k] {
			g.oversized[r] = roots[k]
		}
		g.takeApart(members[k], inside[k], people, limit)
	}
}

// takeApart divides one oversized person along its strongest tree of links: the
// links of the tree that are not strong are cut.
func (g *grouping) takeApart(members []uint32, inside []Edge, people forest, limit int) {
	for _, r := range members {
		people[r] = r
	}
	g.rejoin(members, people)
	slices.SortFunc(inside, byWeight)
	var weak []Edge
	last := map[uint32]Edge{} // by part: the weakest link that holds it together
	for _, x := range inside {
		a, b := people.root(x.A), people.root(x.B)
		switch {
		case a == b:
		case g.strongEvidence(x):
			people.join(a, b)
			last[people.root(a)] = x
		default:
			weak = append(weak, x)
		}
	}
	// Of the weak links, those a tree over the parts needs are what was cut; the rest say the same again.
	whole := map[uint32]uint32{}
	root := func(r uint32) uint32 {
		for {
			up, ok := whole[r]
			if !ok {
				return r
			}
			r = up
		}
	}
	why := fmt.Sprintf("%s%d records, when more than %d is unusual here", whyCut, len(members), limit)
	cut := 0
	for _, x := range weak {
		a, b := root(people.root(x.A)), root(people.root(x.B))
		if a == b {
			continue
		}
		whole[max(a, b)] = min(a, b)
		g.refused[pairKey(x.A, x.B)] = why
		cut++
	}
	parts := map[uint32]int{}
	largest := uint32(members[0])
	for _, r := range members {
		p := people.root(r)
		parts[p]++
		if parts[p] > parts[largest] {
			largest = p
		}
	}
	g.r.Oversized++
	g.r.Notes = append(g.r.Notes, fmt.Sprintf("records that hung together as one person of %d records, around %s, are more than the %d that are usual here at most: %s cut and sent to review, and the largest person left has %s",
		len(members), g.name(members[0]), limit, many(cut, "weaker link was", "weaker links were"), many(parts[largest], "record", "records")))
	for _, p := range members {
		if parts[p] > limit {
			x, ok := last[p]
			if !ok {
				x = g.anyPair(members, p, people)
			}
			g.large = append(g.large, Doubt{x, fmt.Sprintf("%s%d records, when more than %d is unusual here; each link is strong, but one value may stand behind them all", whyLarge, parts[p], limit), 1})
		}
	}
}

// whyLarge begins the reason of a doubt about a person as a whole.
const whyLarge = "the person these two belong to has "

// whyCut begins the reason of a link that was cut.
const whyCut = "it was one of the weaker links of a person of "

// rejoin joins again what does not depend on this run's evidence: what people
// decided, and people of an earlier run.
func (g *grouping) rejoin(members []uint32, people forest) {
	in := make(map[uint32]bool, len(members))
	for _, r := range members {
		in[r] = true
	}
	if g.fixed != nil {
		for _, r := range members {
			if p := g.fixed[r]; p != none && in[p] {
				people.join(r, p)
			}
		}
	}
	for _, k := range sortedPairs(g.same) {
		if a, b := uint32(k>>32), uint32(k); in[a] && in[b] {
			people.join(a, b)
		}
	}
}

// anyPair is the first two records of a part, weighed: for a part that decisions
// or an earlier run hold together.
func (g *grouping) anyPair(members []uint32, part uint32, people forest) Edge {
	x := Edge{A: part, B: part}
	for _, r := range members {
		if r != part && people.root(r) == part {
			x.B = r
			break
		}
	}
	var v vector
	a, b := *g.e.cell(x.A), *g.e.cell(x.B)
	x.Weight = g.e.compare(&a, &b, &v, -1e9)
	return x
}

// strongEvidence reports whether a pair would hold even an oversized person
// together: a person's reference number with a name and a date of birth that do
// not contradict it; or a name and a full date of birth that agree, a thousand
// to one beyond the threshold.
func (g *grouping) strongEvidence(x Edge) bool {
	var v vector
	a, b := *g.e.cell(x.A), *g.e.cell(x.B)
	w := g.e.compare(&a, &b, &v, -1e9)
	name, birth := v.lv[cmpName], v.lv[cmpBirth]
	for k := range g.e.d.kinds {
		l := v.lv[cmpIdent+k]
		if l == idDifferValid {
			return false
		}
		if (l == idEqual || l == idEqualUnchecked) && !g.e.shared[k] && name != nameElse && name != nameFamilyOnly && birth != dobElse {
			return true
		}
	}
	named := name >= nameSame && name <= nameOneNear
	born := birth == dobExact || birth == dobSwapped || birth == dobOneDigit
	return named && born && w >= g.cut+strongMargin
}

// many is a count with its noun.
func many(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}
