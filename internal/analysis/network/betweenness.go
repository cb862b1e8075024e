package network

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
)

// blocks is the number of parts the sources are split into. Each part adds up
// in its own row and the rows are added in order, so the sums are the same on
// any number of cores.
const blocks = 32

// betweenness adds up the dependencies of the given sources, halved because
// every pair is met from both ends, and scaled by nodes over sources.
func (g *graph) betweenness(sources []int32, threads int) ([]float64, error) {
	n := g.nodes()
	rows := make([][]float64, blocks)
	next := make(chan int)
	failed := make([]bool, blocks)
	var wait sync.WaitGroup
	for range max(1, min(threads, blocks)) {
		wait.Go(func() {
			w := newWalk(g)
			for b := range next {
				rows[b] = make([]float64, n)
				for _, s := range sources[b*len(sources)/blocks : (b+1)*len(sources)/blocks] {
					if !w.from(g, s, rows[b]) {
						failed[b] = true
					}
				}
			}
		})
	}
	for b := range blocks {
		next <- b
	}
	close(next)
	wait.Wait()
	out := make([]float64, n)
	scale := float64(n) / float64(len(sources)) / 2
	for b, row := range rows {
		if failed[b] {
			return nil, fmt.Errorf("there are too many shortest paths between some nodes to be counted")
		}
		for v, x := range row {
			out[v] += x
		}
	}
	for v := range out {
		out[v] *= scale
	}
	return out, nil
}

// walk holds the working rows of one breadth-first search.
type walk struct {
	order []int32 // nodes in the order reached
	state []state
	// before lists, in the places of a node's neighbours, the neighbours it
	// was first reached from; count says how many.
	before []int32
}

// state is what a search knows of a node; it is kept together because the
// search always needs it together.
type state struct {
	paths      float64 // number of shortest paths from the source
	dependency float64 // of the source on the node
	distance   int32   // from the source; -1 not reached
	count      int32
}

func newWalk(g *graph) *walk {
	n := g.nodes()
	w := &walk{order: make([]int32, 0, n), state: make([]state, n), before: make([]int32, len(g.to))}
	for v := range w.state {
		w.state[v].distance = -1
	}
	return w
}

// from adds the dependencies of one source to row, and says whether path
// counts stayed within range.
func (w *walk) from(g *graph, source int32, row []float64) bool {
	w.order = append(w.order[:0], source)
	w.state[source] = state{paths: 1}
	for i := 0; i < len(w.order); i++ {
		v := w.order[i]
		next, paths := w.state[v].distance+1, w.state[v].paths
		for _, u := range g.neighbours(v) {
			s := &w.state[u]
			switch s.distance {
			case -1:
				*s = state{paths: paths, distance: next, count: 1}
				w.before[g.start[u]] = v
				w.order = append(w.order, u)
			case next:
				s.paths += paths
				w.before[g.start[u]+s.count] = v
				s.count++
			}
		}
	}
	fine := true
	for i := len(w.order) - 1; i > 0; i-- {
		v := w.order[i]
		s := &w.state[v]
		fine = fine && !math.IsInf(s.paths, 0)
		row[v] += s.dependency
		share := (1 + s.dependency) / s.paths
		for _, u := range w.before[g.start[v] : g.start[v]+s.count] {
			w.state[u].dependency += w.state[u].paths * share
		}
		s.distance = -1
	}
	w.state[source].distance = -1
	return fine
}

// sources are all nodes, or k of them drawn without replacement.
func (g *graph) sources(k int, rng *rand.Rand) []int32 {
	n := g.nodes()
	all := make([]int32, n)
	for v := range all {
		all[v] = int32(v)
	}
	if k <= 0 || k >= n {
		return all
	}
	for i := range k {
		j := i + rng.IntN(n-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:k]
}
