package network

import (
	"math"
	"math/rand/v2"
	"sort"
	"sync"
)

// Stability says how far the picture holds when edges are missing.
type Stability struct {
	Degree      []Kept `json:"degree"`
	Betweenness []Kept `json:"betweenness"`
	// Sources is how many betweenness sources each replicate used; the number
	// of nodes when it is exact.
	Sources int `json:"betweenness_sources"`
	// CommunitySeeds is the number of Leiden runs, and CommunityTogether the
	// mean of the nodes' co-assignment over them.
	CommunitySeeds    int     `json:"community_seeds"`
	CommunityTogether float64 `json:"community_together"`
	// RankingMayBeShown is false when the order of betweenness does not keep:
	// a mean Spearman correlation under 0.8 at any share dropped.
	RankingMayBeShown bool `json:"ranking_may_be_shown"`
}

// Kept is what stays of an order when a share of the edges is dropped.
type Kept struct {
	Dropped    float64 `json:"dropped"` // share of edges
	Replicates int     `json:"replicates"`
	// Spearman is the mean over replicates of the rank correlation with the
	// whole network, over all nodes; nil when all nodes are alike.
	Spearman *float64 `json:"spearman"`
	// TopKept is the mean share of the ten largest that are still among the ten
	// largest.
	TopKept float64 `json:"top10_kept"`
}

// droppedShares are the shares of edges dropped.
var droppedShares = []float64{0.1, 0.3}

const (
	// stableFrom is the mean rank correlation below which no ranking is shown.
	stableFrom = 0.8
	top        = 10
	// fewestSources and fewestReplicates are kept even when time is short.
	fewestSources    = 10
	fewestReplicates = 10
)

// replicate is what one network with edges missing says.
type replicate struct {
	degree, between       float64 // Spearman with the whole
	degreeOK, betweenOK   bool
	degreeTop, betweenTop float64
}

// stability drops edges replicates times at each share. work bounds the steps
// of betweenness: sources, then replicates, are cut to stay under it.
func (g *graph) stability(replicates int, work float64, threads int, rng *rand.Rand) (Stability, error) {
	cost := float64(g.nodes() + 2*len(g.to))
	sources := g.nodes()
	if most := work / (float64(len(droppedShares)*replicates) * cost); float64(sources) > most {
		sources = min(sources, max(fewestSources, int(most)))
	}
	if most := work / (float64(len(droppedShares)*sources) * cost); float64(replicates) > most {
		replicates = min(replicates, max(fewestReplicates, int(most)))
	}
	pivots := g.sources(sources, rng)
	whole, err := g.betweenness(pivots, threads)
	if err != nil {
		return Stability{}, err
	}
	degree := g.degrees()
	base := [2]ranking{rank(degree), rank(whole)}
	s := Stability{Sources: sources, RankingMayBeShown: true}
	for _, share := range droppedShares {
		reps, err := g.replicates(share, replicates, pivots, base, threads, rng)
		if err != nil {
			return Stability{}, err
		}
		d, b := Kept{Dropped: share, Replicates: replicates}, Kept{Dropped: share, Replicates: replicates}
		d.add(reps, func(r replicate) (float64, bool, float64) { return r.degree, r.degreeOK, r.degreeTop })
		b.add(reps, func(r replicate) (float64, bool, float64) { return r.between, r.betweenOK, r.betweenTop })
		s.Degree, s.Betweenness = append(s.Degree, d), append(s.Betweenness, b)
		if b.Spearman == nil || *b.Spearman < stableFrom {
			s.RankingMayBeShown = false
		}
	}
	return s, nil
}

// add averages the replicates.
func (k *Kept) add(reps []replicate, of func(replicate) (spearman float64, ok bool, top float64)) {
	sum, n := 0.0, 0
	for _, r := range reps {
		spearman, ok, top := of(r)
		if ok {
			sum += spearman
			n++
		}
		k.TopKept += top / float64(len(reps))
	}
	if n > 0 {
		mean := sum / float64(n)
		k.Spearman = &mean
	}
}

func (g *graph) replicates(share float64, count int, pivots []int32, base [2]ranking, threads int, rng *rand.Rand) ([]replicate, error) {
	streams := make([]*rand.Rand, count)
	for i := range streams {
		streams[i] = rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))
	}
	out, errs := make([]replicate, count), make([]error, count)
	next := make(chan int)
	var wait sync.WaitGroup
	for range max(1, min(threads, count)) {
		wait.Go(func() {
			for i := range next {
				h := g.without(g.draw(share, streams[i]))
				between, err := h.betweenness(pivots, 1)
				if err != nil {
					errs[i] = err
					continue
				}
				var r replicate
				r.degree, r.degreeOK, r.degreeTop = base[0].compare(rank(h.degrees()))
				r.between, r.betweenOK, r.betweenTop = base[1].compare(rank(between))
				out[i] = r
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// draw marks this share of the edges, at least one.
func (g *graph) draw(share float64, rng *rand.Rand) []bool {
	dropped := make([]bool, g.edges)
	left := max(1, int(math.Round(share*float64(g.edges))))
	for e := range dropped {
		if rng.IntN(g.edges-e) < left {
			dropped[e] = true
			left--
		}
	}
	return dropped
}

func (g *graph) degrees() []float64 {
	out := make([]float64, g.nodes())
	for v := range out {
		out[v] = float64(g.degree(int32(v)))
	}
	return out
}

// ranking is mid-ranks less their mean, and the ten largest.
type ranking struct {
	ranks []float64
	top   map[int32]bool
}

// rank orders values from the largest, the first node on a tie.
func rank(values []float64) ranking {
	n := len(values)
	order := make([]int32, n)
	for v := range order {
		order[v] = int32(v)
	}
	sort.Slice(order, func(a, b int) bool {
		x, y := values[order[a]], values[order[b]]
		if x != y {
			return x > y
		}
		return order[a] < order[b]
	})
	r := ranking{ranks: make([]float64, n), top: map[int32]bool{}}
	for i := 0; i < n; {
		j := i
		for j+1 < n && values[order[j+1]] == values[order[i]] {
			j++
		}
		for k := i; k <= j; k++ {
			r.ranks[order[k]] = float64(i+j)/2 - float64(n-1)/2
		}
		i = j + 1
	}
	for _, v := range order[:min(top, n)] {
		r.top[v] = true
	}
	return r
}

// compare is Spearman's correlation of two rankings (not ok when one has all
// nodes alike) and the share of the first's ten largest that the second keeps.
func (r ranking) compare(other ranking) (spearman float64, ok bool, kept float64) {
	var ab, aa, bb float64
	for v := range r.ranks {
		ab += r.ranks[v] * other.ranks[v]
		aa += r.ranks[v] * r.ranks[v]
		bb += other.ranks[v] * other.ranks[v]
	}
	for v := range r.top {
		if other.top[v] {
			kept++
		}
	}
	kept /= float64(len(r.top))
	if aa == 0 || bb == 0 {
		return 0, false, kept
	}
	return ab / math.Sqrt(aa*bb), true, kept
}
