package network

import (
	"math/rand/v2"
	"sort"
	"sync"
)

// level is a weighted graph: nodes of the original graph, or communities of it
// drawn together. own is the weight inside a node, counted twice, and strength
// its weight in all.
type level struct {
	start    []int32
	to       []int32
	weight   []float64
	own      []float64
	strength []float64
	total    float64 // sum of strengths: twice the number of edges
}

func (l *level) nodes() int { return len(l.start) - 1 }

func newLevel(g *graph) *level {
	n := g.nodes()
	l := &level{start: g.start, to: g.to, weight: make([]float64, len(g.to)), own: make([]float64, n), strength: make([]float64, n), total: float64(len(g.to))}
	for i := range l.weight {
		l.weight[i] = 1
	}
	for v := range n {
		l.strength[v] = float64(g.degree(int32(v)))
	}
	return l
}

// leiden holds the working rows of one run.
type leiden struct {
	resolution float64
	rng        *rand.Rand
	link       []float64 // weight from the node at hand to each community
	seen       []int32   // communities with link set
}

const (
	// maxRounds bounds how often the whole method starts again from its own
	// answer.
	maxRounds = 20
	// enough is the gain of a round at which a large network's run stops. Two
	// rounds already reach what other programs stop at.
	enough = 5e-4
)

// run finds communities from one seed: rounds of moving, refining and drawing
// together, until a round changes nothing for the better.
func (l *leiden) run(g *graph) (community []int32, modularity float64) {
	n := g.nodes()
	base := newLevel(g)
	l.link = make([]float64, n)
	community = make([]int32, n)
	for v := range community {
		community[v] = int32(v)
	}
	best := modularityOf(base, community, l.resolution)
	for range maxRounds {
		next := l.round(base, community)
		q := modularityOf(base, next, l.resolution)
		gain := q - best
		if gain <= 1e-12 {
			break
		}
		community, best = next, q
		if g.edges > LargeEdges && gain < enough {
			break
		}
	}
	return community, best
}

// round runs the method once from a partition of the base level.
func (l *leiden) round(base *level, from []int32) []int32 {
	community := append([]int32(nil), from...)
	renumber(community)
	at := make([]int32, base.nodes()) // base node -> node of the current level
	for v := range at {
		at[v] = int32(v)
	}
	lv := base
	for {
		l.move(lv, community)
		count := renumber(community)
		if count == lv.nodes() {
			break
		}
		fine := l.refine(lv, community, count)
		fineCount := renumber(fine)
		if fineCount == lv.nodes() {
			// Nothing could be drawn together under the refinement; drawing the
			// communities themselves together ends the search here.
			fine, fineCount = append([]int32(nil), community...), count
		}
		upper := make([]int32, fineCount)
		for v, f := range fine {
			upper[f] = community[v]
		}
		for v := range at {
			at[v] = fine[at[v]]
		}
		lv = draw(lv, fine, fineCount)
		community = upper
	}
	out := make([]int32, base.nodes())
	for v := range out {
		out[v] = community[at[v]]
	}
	return out
}

// links gathers the weight from node v to every community near it, its own
// weight left out. l.clear undoes it.
func (l *leiden) links(lv *level, community []int32, v int32) {
	for i := lv.start[v]; i < lv.start[v+1]; i++ {
		c := community[lv.to[i]]
		if l.link[c] == 0 {
			l.seen = append(l.seen, c)
		}
		l.link[c] += lv.weight[i]
	}
}

func (l *leiden) clear() {
	for _, c := range l.seen {
		l.link[c] = 0
	}
	l.seen = l.seen[:0]
}

// move takes nodes in random order to the community that raises modularity
// most, and looks again at neighbours of those that moved. An empty community
// is always on offer.
func (l *leiden) move(lv *level, community []int32) {
	n := lv.nodes()
	strength, size := make([]float64, n), make([]int32, n)
	for v, c := range community {
		strength[c] += lv.strength[v]
		size[c]++
	}
	var empty []int32
	for c := n - 1; c >= 0; c-- {
		if size[c] == 0 {
			empty = append(empty, int32(c))
		}
	}
	queue := make([]int32, n)
	waiting := make([]bool, n)
	for i, v := range l.rng.Perm(n) {
		queue[i] = int32(v)
		waiting[i] = true
	}
	for head := 0; head < len(queue); head++ {
		if head > 4*n && head > len(queue)/2 {
			queue = append(queue[:0], queue[head:]...)
			head = 0
		}
		v := queue[head]
		waiting[v] = false
		old := community[v]
		strength[old] -= lv.strength[v]
		size[old]--
		if size[old] == 0 {
			empty = append(empty, old)
		}
		l.links(lv, community, v)
		share := l.resolution * lv.strength[v] / lv.total
		best, gain := old, l.link[old]-share*strength[old]
		for _, c := range l.seen {
			if g := l.link[c] - share*strength[c]; g > gain+1e-12 {
				best, gain = c, g
			}
		}
		l.clear()
		if gain < -1e-12 {
			best = empty[len(empty)-1]
		}
		if size[best] == 0 {
			empty = drop(empty, best)
		}
		community[v] = best
		strength[best] += lv.strength[v]
		size[best]++
		if best == old {
			continue
		}
		for i := lv.start[v]; i < lv.start[v+1]; i++ {
			if u := lv.to[i]; !waiting[u] && community[u] != best {
				waiting[u] = true
				queue = append(queue, u)
			}
		}
	}
}

// drop takes one value off a short list, looking from its end.
func drop(list []int32, value int32) []int32 {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == value {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// refine splits each community into well-connected parts: single nodes merge,
// in random order and at most once each, into the part of their community that
// raises modularity most, when both node and part are well connected to the
// rest of the community.
func (l *leiden) refine(lv *level, community []int32, count int) []int32 {
	n := lv.nodes()
	part := make([]int32, n)
	whole := make([]float64, count) // strength of each community
	strength := append([]float64(nil), lv.strength...)
	alone := make([]bool, n)
	cut := make([]float64, n) // weight from each part to the rest of its community
	for v := range part {
		part[v], alone[v] = int32(v), true
		whole[community[v]] += lv.strength[v]
		for i := lv.start[v]; i < lv.start[v+1]; i++ {
			if community[lv.to[i]] == community[v] {
				cut[v] += lv.weight[i]
			}
		}
	}
	for _, p := range l.rng.Perm(n) {
		v := int32(p)
		all := whole[community[v]]
		connected := func(part int32) bool {
			return cut[part] >= l.resolution*strength[part]*(all-strength[part])/lv.total
		}
		if !alone[v] || !connected(part[v]) {
			continue
		}
		for i := lv.start[v]; i < lv.start[v+1]; i++ {
			u := lv.to[i]
			if community[u] != community[v] {
				continue
			}
			c := part[u]
			if l.link[c] == 0 {
				l.seen = append(l.seen, c)
			}
			l.link[c] += lv.weight[i]
		}
		share := l.resolution * lv.strength[v] / lv.total
		best, gain, link := part[v], 0.0, 0.0
		for _, c := range l.seen {
			if g := l.link[c] - share*strength[c]; g > gain+1e-12 && connected(c) {
				best, gain, link = c, g, l.link[c]
			}
		}
		l.clear()
		if best == part[v] {
			continue
		}
		// The part joined is named after a node that may still think itself
		// alone; it no longer is.
		alone[v], alone[best] = false, false
		cut[best] += cut[part[v]] - 2*link
		strength[best] += strength[part[v]]
		strength[part[v]], cut[part[v]] = 0, 0
		part[v] = best
	}
	return part
}

// draw makes the level whose nodes are the parts.
func draw(lv *level, part []int32, count int) *level {
	out := &level{start: make([]int32, count+1), own: make([]float64, count), strength: make([]float64, count), total: lv.total}
	// Nodes in the order of their part.
	first := make([]int32, count+1)
	for _, p := range part {
		first[p+1]++
	}
	for p := range count {
		first[p+1] += first[p]
	}
	order, fill := make([]int32, len(part)), append([]int32(nil), first[:count]...)
	for v, p := range part {
		order[fill[p]] = int32(v)
		fill[p]++
		out.own[p] += lv.own[v]
		out.strength[p] += lv.strength[v]
	}
	link := make([]float64, count)
	var seen []int32
	for p := range int32(count) {
		for _, v := range order[first[p]:first[p+1]] {
			for i := lv.start[v]; i < lv.start[v+1]; i++ {
				q := part[lv.to[i]]
				if q == p {
					out.own[p] += lv.weight[i]
					continue
				}
				if link[q] == 0 {
					seen = append(seen, q)
				}
				link[q] += lv.weight[i]
			}
		}
		for _, q := range seen {
			out.to, out.weight = append(out.to, q), append(out.weight, link[q])
			link[q] = 0
		}
		seen = seen[:0]
		out.start[p+1] = int32(len(out.to))
	}
	return out
}

// renumber gives communities the numbers from 0 in the order of their first
// node, and says how many there are.
func renumber(community []int32) int {
	fresh := make([]int32, len(community))
	count := int32(0)
	for v, c := range community {
		if fresh[c] == 0 {
			count++
			fresh[c] = count
		}
		community[v] = fresh[c] - 1
	}
	return int(count)
}

// modularityOf is the sum over communities of the share of weight inside, less
// resolution times the squared share of strength.
func modularityOf(lv *level, community []int32, resolution float64) float64 {
	inside, strength := make([]float64, lv.nodes()), make([]float64, lv.nodes())
	for v, c := range community {
		inside[c] += lv.own[v]
		strength[c] += lv.strength[v]
		for i := lv.start[v]; i < lv.start[v+1]; i++ {
			if community[lv.to[i]] == c {
				inside[c] += lv.weight[i]
			}
		}
	}
	q := 0.0
	for c := range inside {
		s := strength[c] / lv.total
		q += inside[c]/lv.total - resolution*s*s
	}
	return q
}

// communities is the best of several runs and how often members were together.
type communities struct {
	of         []int32
	modularity float64
	// together is for each node how often, over runs, another member of its
	// community was put with it; 1 for a community of one.
	together []float64
	seeds    int
}

// findCommunities runs Leiden from many seeds drawn from rng, in parallel, and
// keeps the run with the highest modularity, the first on a tie.
func findCommunities(g *graph, resolution float64, seeds, threads int, rng *rand.Rand) communities {
	streams := make([]*rand.Rand, seeds)
	for i := range streams {
		streams[i] = rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
	}
	runs, quality := make([][]int32, seeds), make([]float64, seeds)
	next := make(chan int)
	var wait sync.WaitGroup
	for range max(1, min(threads, seeds)) {
		wait.Go(func() {
			for i := range next {
				l := &leiden{resolution: resolution, rng: streams[i]}
				runs[i], quality[i] = l.run(g)
			}
		})
	}
	for i := range seeds {
		next <- i
	}
	close(next)
	wait.Wait()
	best := 0
	for i := range quality {
		if quality[i] > quality[best]+1e-12 {
			best = i
		}
	}
	out := communities{of: bySize(runs[best]), modularity: quality[best], seeds: seeds}
	out.together = coassignment(out.of, runs)
	return out
}

// bySize renumbers communities from the largest, the first by node on a tie.
func bySize(community []int32) []int32 {
	out := append([]int32(nil), community...)
	count := renumber(out)
	size, order := make([]int, count), make([]int, count)
	for _, c := range out {
		size[c]++
	}
	for c := range order {
		order[c] = c
	}
	sort.SliceStable(order, func(a, b int) bool { return size[order[a]] > size[order[b]] })
	rank := make([]int32, count)
	for r, c := range order {
		rank[c] = int32(r)
	}
	for v := range out {
		out[v] = rank[out[v]]
	}
	return out
}

// coassignment is, for each node, the mean over runs of the share of the other
// members of its community that the run put with it.
func coassignment(community []int32, runs [][]int32) []float64 {
	n := len(community)
	size := make([]float64, n)
	for _, c := range community {
		size[c]++
	}
	order := make([]int32, n)
	for v := range order {
		order[v] = int32(v)
	}
	sort.SliceStable(order, func(a, b int) bool { return community[order[a]] < community[order[b]] })
	out := make([]float64, n)
	with := make([]float64, n)
	for _, run := range runs {
		for i := 0; i < n; {
			c, j := community[order[i]], i
			for ; j < n && community[order[j]] == c; j++ {
				with[run[order[j]]]++
			}
			for _, v := range order[i:j] {
				if size[c] > 1 {
					out[v] += (with[run[v]] - 1) / (size[c] - 1)
				} else {
					out[v]++
				}
			}
			for _, v := range order[i:j] {
				with[run[v]] = 0
			}
			i = j
		}
	}
	for v := range out {
		out[v] /= float64(len(runs))
	}
	return out
}
