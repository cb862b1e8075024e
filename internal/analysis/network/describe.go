package network

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
)

// Options choose how much is worked out. Zero values are the usual choice.
type Options struct {
	// Sources of betweenness; 0 is all of them (exact).
	Sources int
	// Resolution of communities; 0 is 1.
	Resolution float64
	// Seeds of communities; 0 is 50, and 4 for large networks (over
	// LargeEdges) with sampled betweenness.
	Seeds int
	// Replicates with edges missing, for each share dropped; 0 is 200, fewer
	// on networks where that would take longer than the betweenness itself.
	Replicates int
	// Threads; 0 is every core. The answer does not depend on it.
	Threads int
}

// The usual numbers of runs.
const (
	UsualSeeds      = 50
	UsualReplicates = 200
	fewSeeds        = 4
	LargeEdges      = 10_000
)

// ParseBetweenness reads "exact" or "sampled:K" into Options.Sources.
func ParseBetweenness(text string) (sources int, err error) {
	if text == "exact" {
		return 0, nil
	}
	if k, ok := strings.CutPrefix(text, "sampled:"); ok {
		if n, err := strconv.Atoi(k); err == nil && n >= 1 {
			return n, nil
		}
	}
	return 0, fmt.Errorf("got %q; expected exact, or sampled:K with K a whole number from 1, such as sampled:500", text)
}

// Result is the answer of the network method.
type Result struct {
	Refused  bool     `json:"refused"`
	Reasons  []string `json:"reasons"`
	Warnings []string `json:"warnings"`

	// Nodes are in the order of their ids and are not sorted by any measure.
	Nodes      []Node `json:"nodes"`
	Edges      int    `json:"edges"` // distinct pairs
	Components int    `json:"components"`

	Modularity   float64  `json:"modularity"`
	Communities  int      `json:"communities"`
	Resolution   float64  `json:"resolution"`
	Articulation []string `json:"articulation"`
	Transitivity *float64 `json:"transitivity"` // closed share of all pairs of neighbours; nil with no such pair

	// BetweennessSources is how many sources were used; the number of nodes
	// when it is exact.
	BetweennessSources int       `json:"betweenness_sources"`
	Stability          Stability `json:"stability"`
}

// Node is one node's place in the network.
type Node struct {
	ID          string   `json:"id"`
	Degree      int      `json:"degree"`
	Betweenness float64  `json:"betweenness"`
	Core        int      `json:"core"`
	Clustering  *float64 `json:"clustering"` // nil with fewer than two neighbours
	// Component and Community are numbered from 0, the largest first.
	Component int `json:"component"`
	Community int `json:"community"`
	// Together is how often other members of the community were found with this
	// node over the seeds: 1 is always.
	Together float64 `json:"community_together"`
}

// Describe works out the network of these edges. Errors name the record (a
// *badrow.Error) or the option at fault.
func Describe(in []Edge, opt Options, rng *rand.Rand) (Result, error) {
	g, repeats, copies, err := newGraph(in)
	if err != nil {
		return Result{}, err
	}
	if err := opt.fill(g); err != nil {
		return Result{}, err
	}
	sources := g.sources(opt.Sources, rng)
	between, err := g.betweenness(sources, opt.Threads)
	if err != nil {
		return Result{}, err
	}
	r := Result{Reasons: []string{}, Warnings: []string{}, Edges: g.edges, Resolution: opt.Resolution, Articulation: []string{}, BetweennessSources: len(sources)}
	found := findCommunities(g, opt.Resolution, opt.Seeds, opt.Threads, rng)
	r.Modularity = found.modularity
	cost := float64(g.nodes() + 2*len(g.to))
	if r.Stability, err = g.stability(opt.Replicates, math.Max(5e7, float64(len(sources))*cost/2), opt.Threads, rng); err != nil {
		return Result{}, err
	}
	r.Stability.CommunitySeeds = found.seeds
	part, parts := g.components()
	r.Components = parts
	part = bySize(part)
	core, clustering := g.cores(), g.clustering()
	r.Transitivity = g.transitivity(clustering)
	r.Nodes = make([]Node, g.nodes())
	for v := range r.Nodes {
		r.Nodes[v] = Node{
			ID: g.ids[v], Degree: g.degree(int32(v)), Betweenness: between[v], Core: int(core[v]), Clustering: clustering[v],
			Component: int(part[v]), Community: int(found.of[v]), Together: found.together[v],
		}
		r.Communities = max(r.Communities, int(found.of[v])+1)
		r.Stability.CommunityTogether += found.together[v] / float64(g.nodes())
	}
	for _, v := range g.articulation() {
		r.Articulation = append(r.Articulation, g.ids[v])
	}
	r.warn(repeats, copies)
	return r, nil
}

// fill checks the options and puts in the usual choices.
func (o *Options) fill(g *graph) error {
	switch {
	case o.Sources < 0 || o.Seeds < 0 || o.Replicates < 0:
		return fmt.Errorf("sources, seeds and replicates must not be negative, got %d, %d and %d", o.Sources, o.Seeds, o.Replicates)
	case o.Seeds > 10_000 || o.Replicates > 100_000:
		return fmt.Errorf("at most 10,000 seeds and 100,000 replicates are run, got %d and %d", o.Seeds, o.Replicates)
	case !(o.Resolution >= 0) || o.Resolution > 1000:
		return fmt.Errorf("a resolution must lie above 0 and be at most 1000, got %v", o.Resolution)
	}
	if o.Resolution == 0 {
		o.Resolution = 1
	}
	if o.Seeds == 0 {
		o.Seeds = UsualSeeds
		if o.Sources > 0 && g.edges > LargeEdges {
			o.Seeds = fewSeeds
		}
	}
	if o.Replicates == 0 {
		o.Replicates = UsualReplicates
	}
	if o.Threads < 1 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return nil
}

// transitivity is the share of all pairs of neighbours that are joined.
func (g *graph) transitivity(clustering []*float64) *float64 {
	closed, pairs := 0.0, 0.0
	for v, c := range clustering {
		if c != nil {
			d := float64(g.degree(int32(v)))
			pairs += d * (d - 1) / 2
			closed += *c * d * (d - 1) / 2
		}
	}
	if pairs == 0 {
		return nil
	}
	t := closed / pairs
	return &t
}

func (r *Result) warn(repeats, copies int) {
	add := func(text string) { r.Warnings = append(r.Warnings, text) }
	add("nodes at the edge of the extract look less central than they are")
	if repeats > 0 {
		add(fmt.Sprintf("%d rows join a pair that another event joins already: each pair counts once", repeats))
	}
	if copies > 0 {
		add(fmt.Sprintf("%d rows were given twice and are left out", copies))
	}
	if r.BetweennessSources < len(r.Nodes) {
		add(fmt.Sprintf("betweenness is estimated from %d of %d sources", r.BetweennessSources, len(r.Nodes)))
	}
	if !r.Stability.RankingMayBeShown {
		add(fmt.Sprintf("the order of betweenness does not keep when edges are missing (Spearman under %.1f): no ranking may be shown", stableFrom))
	}
	if t := r.Stability.CommunityTogether; t < stableFrom {
		add(fmt.Sprintf("communities differ from seed to seed: members were found together in %.0f%% of runs", 100*t))
	}
}
