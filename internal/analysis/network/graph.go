package network

import (
	"fmt"
	"sort"
	"strconv"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Edge joins two nodes. Date and Event tell several events of one pair from a
// row given twice; they are not used otherwise.
type Edge struct {
	A, B  string
	Date  string
	Event string
}

// graph is compressed sparse rows: the neighbours of v are
// to[start[v]:start[v+1]], in order; edge numbers each undirected edge.
type graph struct {
	ids   []string
	start []int32
	to    []int32
	edge  []int32
	edges int
}

func (g *graph) nodes() int { return len(g.start) - 1 }

func (g *graph) neighbours(v int32) []int32 { return g.to[g.start[v]:g.start[v+1]] }

func (g *graph) degree(v int32) int { return int(g.start[v+1] - g.start[v]) }

// maxEdges keeps positions within 32 bits.
const maxEdges = 500_000_000

// newGraph checks the edges and builds the graph. Nodes are ordered by id, as
// numbers when all ids are whole numbers, so that the order of rows does not
// matter. Repeats counts rows whose pair was joined already by another event;
// copies counts rows given twice.
func newGraph(in []Edge) (g *graph, repeats, copies int, err error) {
	if len(in) == 0 {
		return nil, 0, 0, fmt.Errorf("there are no edges: expected one row a pair, in columns a and b")
	}
	if len(in) > maxEdges {
		return nil, 0, 0, fmt.Errorf("there are %d edges; expected at most %d", len(in), maxEdges)
	}
	at := map[string]int32{}
	for i, e := range in {
		switch {
		case e.A == "":
			return nil, 0, 0, badrow.New(i, "a", "", "the id of a node")
		case e.B == "":
			return nil, 0, 0, badrow.New(i, "b", "", "the id of a node")
		case e.A == e.B:
			return nil, 0, 0, badrow.New(i, "b", e.B, "another node than the one in column a")
		}
		at[e.A], at[e.B] = 0, 0
	}
	g = &graph{ids: sortedIDs(at)}
	for i, id := range g.ids {
		at[id] = int32(i)
	}
	pairs := make([]pair, len(in))
	for i, e := range in {
		a, b := at[e.A], at[e.B]
		pairs[i] = pair{min(a, b), max(a, b), int32(i)}
	}
	sort.Slice(pairs, func(i, j int) bool {
		a, b := pairs[i], pairs[j]
		if a.a != b.a {
			return a.a < b.a
		}
		if a.b != b.b {
			return a.b < b.b
		}
		return a.row < b.row
	})
	kept := pairs[:0]
	var events map[[2]string]bool
	for _, p := range pairs {
		event := [2]string{in[p.row].Date, in[p.row].Event}
		if n := len(kept); n > 0 && kept[n-1].a == p.a && kept[n-1].b == p.b {
			if events[event] {
				copies++
			} else {
				repeats++
			}
		} else {
			kept = append(kept, p)
			events = map[[2]string]bool{}
		}
		events[event] = true
	}
	g.build(kept)
	return g, repeats, copies, nil
}

type pair struct{ a, b, row int32 }

// build fills the rows from sorted distinct pairs.
func (g *graph) build(pairs []pair) {
	n := len(g.ids)
	g.start, g.to, g.edge, g.edges = make([]int32, n+1), make([]int32, 2*len(pairs)), make([]int32, 2*len(pairs)), len(pairs)
	for _, p := range pairs {
		g.start[p.a+1]++
		g.start[p.b+1]++
	}
	for v := range n {
		g.start[v+1] += g.start[v]
	}
	fill := append([]int32(nil), g.start[:n]...)
	put := func(v, w, e int32) {
		g.to[fill[v]], g.edge[fill[v]] = w, e
		fill[v]++
	}
	// Smaller neighbours first, then larger: both passes run in order, so every
	// row comes out sorted.
	for e, p := range pairs {
		put(p.b, p.a, int32(e))
	}
	for e, p := range pairs {
		put(p.a, p.b, int32(e))
	}
}

// without is the graph less the edges marked; nodes stay.
func (g *graph) without(dropped []bool) *graph {
	n := g.nodes()
	h := &graph{ids: g.ids, start: make([]int32, n+1), to: make([]int32, 0, len(g.to))}
	for v := range n {
		for i := g.start[v]; i < g.start[v+1]; i++ {
			if !dropped[g.edge[i]] {
				h.to = append(h.to, g.to[i])
			}
		}
		h.start[v+1] = int32(len(h.to))
	}
	h.edges = len(h.to) / 2
	return h
}

func sortedIDs(set map[string]int32) []string {
	ids := make([]string, 0, len(set))
	whole := true
	for id := range set {
		ids = append(ids, id)
		if n, err := strconv.Atoi(id); err != nil || strconv.Itoa(n) != id {
			whole = false
		}
	}
	sort.Slice(ids, func(i, j int) bool {
		if whole {
			a, _ := strconv.Atoi(ids[i])
			b, _ := strconv.Atoi(ids[j])
			return a < b
		}
		return ids[i] < ids[j]
	})
	return ids
}
