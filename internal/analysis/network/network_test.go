package network

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"lantern.example/lantern/internal/analysis/badrow"
)

const shared = "../../../../shared/data/networks/"

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 11)) }

func readEdges(t testing.TB, name string) []Edge {
	t.Helper()
	f, err := os.Open(shared + name)
	if err != nil {
		t.Skip("the shared reference networks are not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []Edge
	for _, r := range rows[1:] {
		out = append(out, Edge{A: r[0], B: r[1]})
	}
	return out
}

func mustDescribe(t testing.TB, in []Edge, opt Options) Result {
	t.Helper()
	r, err := Describe(in, opt, rng(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatalf("the result cannot be written as JSON: %v", err)
	}
	return r
}

// Zachary's karate club (1977). References: igraph 0.10.2 and networkx 2.8.8;
// Leiden 0.41979 is the best modularity known for it.
func TestKarateClub(t *testing.T) {
	raw, err := os.ReadFile(shared + "expected.json")
	if err != nil {
		t.Skip("the shared reference networks are not here: ", err)
	}
	var all struct {
		Karate struct {
			Degree       []int
			Betweenness  []float64
			Core         []int
			Transitivity float64
			Clustering   []*float64 `json:"local_clustering"`
			Articulation []int
			Leiden       float64 `json:"leiden_modularity_best"`
		}
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	want := all.Karate
	r := mustDescribe(t, readEdges(t, "karate_edges.csv"), Options{})
	if len(r.Nodes) != 34 || r.Edges != 78 || r.Components != 1 {
		t.Fatalf("%d nodes, %d edges, %d components; want 34, 78, 1", len(r.Nodes), r.Edges, r.Components)
	}
	for v, n := range r.Nodes {
		if n.ID != fmt.Sprint(v) || n.Degree != want.Degree[v] || n.Core != want.Core[v] {
			t.Errorf("node %d: id %s, degree %d, core %d; want degree %d, core %d", v, n.ID, n.Degree, n.Core, want.Degree[v], want.Core[v])
		}
		if math.Abs(n.Betweenness-want.Betweenness[v]) > 1e-6 {
			t.Errorf("node %d: betweenness %.8f, want %.8f", v, n.Betweenness, want.Betweenness[v])
		}
		c := want.Clustering[v]
		if (n.Clustering == nil) != (c == nil) || c != nil && math.Abs(*n.Clustering-*c) > 1e-7 {
			t.Errorf("node %d: clustering %v, want %v", v, n.Clustering, c)
		}
	}
	if math.Abs(*r.Transitivity-want.Transitivity) > 1e-12 {
		t.Errorf("transitivity %v, want %v", *r.Transitivity, want.Transitivity)
	}
	if !slices.Equal(r.Articulation, []string{fmt.Sprint(want.Articulation[0])}) {
		t.Errorf("articulation %v, want %v", r.Articulation, want.Articulation)
	}
	if math.Abs(r.Modularity-want.Leiden) > 1e-5 || r.Communities != 4 {
		t.Errorf("modularity %.6f in %d communities, want %.5f in 4", r.Modularity, r.Communities, want.Leiden)
	}
	if r.Stability.CommunityTogether < 0.9 || r.Stability.CommunitySeeds != UsualSeeds {
		t.Errorf("members together in %.3f of %d runs; the club splits alike nearly always", r.Stability.CommunityTogether, r.Stability.CommunitySeeds)
	}
}

// The network of 20,000 people: igraph takes 106 s for exact betweenness,
// leidenalg finds a modularity of 0.4262.
func TestLargeNetwork(t *testing.T) {
	in := readEdges(t, "coffend_20k_edges.csv")
	g, _, _, err := newGraph(in)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r := mustDescribe(t, in, Options{Sources: 500})
	t.Logf("sampled 500 with everything: %v; modularity %.5f", time.Since(began), r.Modularity)
	for _, k := range r.Stability.Betweenness {
		t.Logf("dropped %.1f: spearman %.3f top %.2f replicates %d sources %d", k.Dropped, *k.Spearman, k.TopKept, k.Replicates, r.Stability.Sources)
	}
	if r.Edges != 49101 || len(r.Nodes) != 11102 {
		t.Errorf("%d edges, %d nodes; want 49101 and 11102", r.Edges, len(r.Nodes))
	}
	if r.Modularity < 0.42 {
		t.Errorf("modularity %.5f, want about 0.426", r.Modularity)
	}
	part, _ := g.components()
	giant := 0
	size := map[int32]int{}
	for _, c := range part {
		size[c]++
		giant = max(giant, size[c])
	}
	if giant != 11008 {
		t.Errorf("largest component %d, want 11008", giant)
	}
	if testing.Short() || os.Getenv("LANTERN_NIGHTLY") == "" {
		return
	}
	began = time.Now()
	exact, err := g.betweenness(g.sources(0, nil), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("exact betweenness: %v", time.Since(began))
	sampled := make([]float64, len(exact))
	for v := range sampled {
		sampled[v] = r.Nodes[v].Betweenness
	}
	if rho, ok, _ := rank(exact).compare(rank(sampled)); !ok || rho < 0.9 {
		t.Errorf("sampled betweenness ranks as the exact one with %.3f, want at least 0.9", rho)
	}
}

func edges(pairs ...[2]int) []Edge {
	var out []Edge
	for _, p := range pairs {
		out = append(out, Edge{A: fmt.Sprint(p[0]), B: fmt.Sprint(p[1])})
	}
	return out
}

func built(t testing.TB, in []Edge) *graph {
	t.Helper()
	g, _, _, err := newGraph(in)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Shapes whose measures are known by hand.
func TestSmallShapes(t *testing.T) {
	cases := []struct {
		name         string
		in           []Edge
		betweenness  []float64
		core         []int
		articulation []string
		components   int
	}{
		{"one edge", edges([2]int{1, 2}), []float64{0, 0}, []int{1, 1}, []string{}, 1},
		{"path of four", edges([2]int{1, 2}, [2]int{2, 3}, [2]int{3, 4}), []float64{0, 2, 2, 0}, []int{1, 1, 1, 1}, []string{"2", "3"}, 1},
		{"star of four", edges([2]int{1, 2}, [2]int{1, 3}, [2]int{1, 4}), []float64{3, 0, 0, 0}, []int{1, 1, 1, 1}, []string{"1"}, 1},
		{"square", edges([2]int{1, 2}, [2]int{2, 3}, [2]int{3, 4}, [2]int{4, 1}), []float64{0.5, 0.5, 0.5, 0.5}, []int{2, 2, 2, 2}, []string{}, 1},
		{"triangle with a tail, and a pair apart", edges([2]int{1, 2}, [2]int{2, 3}, [2]int{3, 1}, [2]int{3, 4}, [2]int{8, 9}),
			[]float64{0, 0, 2, 0, 0, 0}, []int{2, 2, 2, 1, 1, 1}, []string{"3"}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := mustDescribe(t, c.in, Options{Replicates: 5, Seeds: 3})
			for v, n := range r.Nodes {
				if math.Abs(n.Betweenness-c.betweenness[v]) > 1e-12 || n.Core != c.core[v] {
					t.Errorf("node %s: betweenness %v, core %d; want %v, %d", n.ID, n.Betweenness, n.Core, c.betweenness[v], c.core[v])
				}
			}
			if !slices.Equal(r.Articulation, c.articulation) || r.Components != c.components {
				t.Errorf("articulation %v, %d components; want %v, %d", r.Articulation, r.Components, c.articulation, c.components)
			}
		})
	}
}

func randomEdges(source *rand.Rand, nodes, count int) []Edge {
	var out []Edge
	for len(out) < count {
		if a, b := source.IntN(nodes), source.IntN(nodes); a != b {
			out = append(out, Edge{A: fmt.Sprint(a), B: fmt.Sprint(b)})
		}
	}
	return out
}

// Betweenness, cores, articulation points and modularity against their plain
// definitions on random networks.
func TestAgainstDefinitions(t *testing.T) {
	source := rng(4)
	for round := range 60 {
		g := built(t, randomEdges(source, 5+source.IntN(12), 4+source.IntN(30)))
		n := g.nodes()
		got, err := g.betweenness(g.sources(0, nil), 2)
		if err != nil {
			t.Fatal(err)
		}
		want := plainBetweenness(g)
		cuts := map[int32]bool{}
		for _, v := range g.articulation() {
			cuts[v] = true
		}
		_, parts := g.components()
		core := g.cores()
		for v := range int32(n) {
			if math.Abs(got[v]-want[v]) > 1e-9 {
				t.Fatalf("round %d, node %d: betweenness %v, want %v", round, v, got[v], want[v])
			}
			if splits := partsWithout(g, v) > parts; splits != cuts[v] && g.degree(v) > 0 {
				t.Fatalf("round %d, node %d: articulation %v, want %v", round, v, cuts[v], splits)
			}
			if k := plainCore(g, v); int(core[v]) != k {
				t.Fatalf("round %d, node %d: core %d, want %d", round, v, core[v], k)
			}
		}
		l := &leiden{resolution: 1, rng: source}
		community, q := l.run(g)
		if want := plainModularity(g, community); math.Abs(q-want) > 1e-12 {
			t.Fatalf("round %d: modularity %v, want %v", round, q, want)
		}
		for c := range slices.Max(community) + 1 {
			if !connectedWithin(g, community, c) {
				t.Fatalf("round %d: community %d hangs together only through others", round, c)
			}
		}
	}
}

// plainBetweenness counts shortest paths between every pair through every node
// from all distances and path counts.
func plainBetweenness(g *graph) []float64 {
	n := g.nodes()
	distance, paths := make([][]int, n), make([][]float64, n)
	for s := range n {
		distance[s], paths[s] = make([]int, n), make([]float64, n)
		for v := range distance[s] {
			distance[s][v] = -1
		}
		distance[s][s], paths[s][s] = 0, 1
		for d := 0; d < n; d++ {
			for v := range int32(n) {
				if distance[s][v] != d {
					continue
				}
				for _, u := range g.neighbours(v) {
					if distance[s][u] < 0 {
						distance[s][u] = d + 1
					}
					if distance[s][u] == d+1 {
						paths[s][u] += paths[s][v]
					}
				}
			}
		}
	}
	out := make([]float64, n)
	for s := range n {
		for e := s + 1; e < n; e++ {
			for v := range n {
				if v != s && v != e && distance[s][e] >= 0 && distance[s][v] >= 0 && distance[v][e] >= 0 && distance[s][v]+distance[v][e] == distance[s][e] {
					out[v] += paths[s][v] * paths[v][e] / paths[s][e]
				}
			}
		}
	}
	return out
}

// partsWithout is the number of components when a node is taken away.
func partsWithout(g *graph, gone int32) int {
	dropped := make([]bool, g.edges)
	for i := g.start[gone]; i < g.start[gone+1]; i++ {
		dropped[g.edge[i]] = true
	}
	_, parts := g.without(dropped).components()
	return parts - 1 // the node itself
}

// plainCore raises k and takes away nodes with fewer than k neighbours until
// the node goes.
func plainCore(g *graph, v int32) int {
	for k := 1; ; k++ {
		in := make([]bool, g.nodes())
		for u := range in {
			in[u] = true
		}
		for again := true; again; {
			again = false
			for u := range in {
				left := 0
				for _, w := range g.neighbours(int32(u)) {
					if in[w] {
						left++
					}
				}
				if in[u] && left < k {
					in[u], again = false, true
				}
			}
		}
		if !in[v] {
			return k - 1
		}
	}
}

func plainModularity(g *graph, community []int32) float64 {
	m, q := float64(2*g.edges), 0.0
	for v := range int32(g.nodes()) {
		for u := range int32(g.nodes()) {
			if community[v] != community[u] {
				continue
			}
			joined := 0.0
			if slices.Contains(g.neighbours(v), u) {
				joined = 1
			}
			q += (joined - float64(g.degree(v)*g.degree(u))/m) / m
		}
	}
	return q
}

func connectedWithin(g *graph, community []int32, c int32) bool {
	first := slices.Index(community, c)
	reached := map[int32]bool{int32(first): true}
	queue := []int32{int32(first)}
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		for _, u := range g.neighbours(v) {
			if community[u] == c && !reached[u] {
				reached[u] = true
				queue = append(queue, u)
			}
		}
	}
	size := 0
	for _, x := range community {
		if x == c {
			size++
		}
	}
	return len(reached) == size
}

// Sampled betweenness is right on average.
func TestSampledBetweennessIsUnbiased(t *testing.T) {
	source := rng(6)
	g := built(t, randomEdges(source, 40, 90))
	exact, err := g.betweenness(g.sources(0, nil), 1)
	if err != nil {
		t.Fatal(err)
	}
	mean, draws := make([]float64, len(exact)), 3000
	for range draws {
		sampled, err := g.betweenness(g.sources(8, source), 1)
		if err != nil {
			t.Fatal(err)
		}
		for v := range mean {
			mean[v] += sampled[v] / float64(draws)
		}
	}
	for v := range exact {
		if math.Abs(mean[v]-exact[v]) > 0.06*exact[v]+0.5 {
			t.Errorf("node %d: mean of samples %.2f, exact %.2f", v, mean[v], exact[v])
		}
	}
}

// Two cliques joined by one edge are two communities; the same bytes come for
// any number of cores and any order of rows.
func TestCliquesAndSameBytes(t *testing.T) {
	var in []Edge
	for _, base := range []int{0, 8} {
		for i := range 8 {
			for j := range i {
				in = append(in, Edge{A: fmt.Sprint(base + i), B: fmt.Sprint(base + j)})
			}
		}
	}
	in = append(in, Edge{A: "3", B: "12"})
	r := mustDescribe(t, in, Options{Replicates: 20})
	if r.Communities != 2 || r.Stability.CommunityTogether != 1 {
		t.Errorf("%d communities, together %v; want 2 and 1", r.Communities, r.Stability.CommunityTogether)
	}
	for _, n := range r.Nodes {
		if n.Community != r.Nodes[0].Community != (len(n.ID) > 1 || n.ID >= "8") {
			t.Errorf("node %s is in community %d", n.ID, n.Community)
		}
	}
	shuffled := slices.Clone(in)
	rng(8).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, threads := range []int{1, 3} {
		if got := mustDescribe(t, shuffled, Options{Replicates: 20, Threads: threads}); !reflect.DeepEqual(got, r) {
			t.Errorf("%d cores and another order of rows gave another answer", threads)
		}
	}
}

func TestRepeatsAndCopies(t *testing.T) {
	in := []Edge{{"a", "b", "2024-01-01", "e1"}, {"b", "a", "2024-02-01", "e2"}, {"a", "b", "2024-01-01", "e1"}, {"b", "c", "", ""}}
	_, repeats, copies, err := newGraph(in)
	if err != nil || repeats != 1 || copies != 1 {
		t.Errorf("repeats %d, copies %d, %v; want 1 and 1", repeats, copies, err)
	}
	r := mustDescribe(t, in, Options{Replicates: 2, Seeds: 1})
	if r.Edges != 2 || r.Nodes[1].Degree != 2 {
		t.Errorf("%d edges, b has degree %d; want 2 and 2", r.Edges, r.Nodes[1].Degree)
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		edge   Edge
		column string
	}{"a loop": {Edge{A: "x", B: "x"}, "b"}, "no a": {Edge{B: "x"}, "a"}, "no b": {Edge{A: "x"}, "b"}} {
		_, err := Describe([]Edge{{A: "p", B: "q"}, c.edge}, Options{}, rng(1))
		var bad *badrow.Error
		if !errors.As(err, &bad) || bad.Record != 1 || bad.Column != c.column {
			t.Errorf("%s: got %v, want record 1, column %s", name, err, c.column)
		}
	}
	if _, err := Describe(nil, Options{}, rng(1)); err == nil {
		t.Error("no edges at all were taken")
	}
	for _, opt := range []Options{{Sources: -1}, {Resolution: math.NaN()}, {Seeds: 1 << 30}} {
		if _, err := Describe(edges([2]int{1, 2}), opt, rng(1)); err == nil {
			t.Errorf("options %+v were taken", opt)
		}
	}
}

func TestParseBetweenness(t *testing.T) {
	for text, want := range map[string]int{"exact": 0, "sampled:1": 1, "sampled:500": 500} {
		if got, err := ParseBetweenness(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "sampled", "sampled:0", "sampled:-1", "sampled:x", "Exact"} {
		if got, err := ParseBetweenness(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func FuzzParseBetweenness(f *testing.F) {
	f.Add("sampled:500")
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := ParseBetweenness(text); err == nil && k < 0 {
			t.Errorf("%q was read as %d", text, k)
		}
	})
}

// Any small network gives a document without NaN.
func FuzzDescribe(f *testing.F) {
	f.Add([]byte{1, 2, 2, 3, 3, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 60 {
			raw = raw[:60]
		}
		var in []Edge
		for i := 0; i+1 < len(raw); i += 2 {
			in = append(in, Edge{A: fmt.Sprint(raw[i] % 16), B: fmt.Sprint(raw[i+1] % 16)})
		}
		r, err := Describe(in, Options{Seeds: 2, Replicates: 3, Sources: int(raw0(raw)) % 5}, rng(1))
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatalf("the result cannot be written as JSON: %v", err)
		}
	})
}

func raw0(raw []byte) byte {
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}

// igraph needs 106 s for exact betweenness and networkx 12.8 s for 200 sources
// of this network; leidenalg 0.37 s for its communities.
func BenchmarkSampled500(b *testing.B) {
	g := built(b, readEdges(b, "coffend_20k_edges.csv"))
	for b.Loop() {
		if _, err := g.betweenness(g.sources(500, rng(1)), 2); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLeiden(b *testing.B) {
	g := built(b, readEdges(b, "coffend_20k_edges.csv"))
	for b.Loop() {
		l := &leiden{resolution: 1, rng: rng(1)}
		l.run(g)
	}
}

func BenchmarkCores(b *testing.B) {
	g := built(b, readEdges(b, "coffend_20k_edges.csv"))
	for b.Loop() {
		g.cores()
	}
}
