package network

import "sort"

// components numbers the connected parts from 0 in the order of their first
// node.
func (g *graph) components() (part []int32, parts int) {
	part = make([]int32, g.nodes())
	for v := range part {
		part[v] = -1
	}
	var queue []int32
	for s := range part {
		if part[s] >= 0 {
			continue
		}
		part[s] = int32(parts)
		queue = append(queue[:0], int32(s))
		for len(queue) > 0 {
			v := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, u := range g.neighbours(v) {
				if part[u] < 0 {
					part[u] = int32(parts)
					queue = append(queue, u)
				}
			}
		}
		parts++
	}
	return part, parts
}

// cores is the core number of each node: nodes are taken away in order of the
// degree they have left.
func (g *graph) cores() []int32 {
	n := g.nodes()
	left := make([]int32, n)
	most := 0
	for v := range left {
		left[v] = int32(g.degree(int32(v)))
		most = max(most, int(left[v]))
	}
	// Nodes sorted by degree left; first[d] is where those of degree d begin.
	first := make([]int32, most+2)
	for _, d := range left {
		first[d+1]++
	}
	for d := range most + 1 {
		first[d+1] += first[d]
	}
	order, place := make([]int32, n), make([]int32, n)
	fill := append([]int32(nil), first...)
	for v, d := range left {
		place[v] = fill[d]
		order[fill[d]] = int32(v)
		fill[d]++
	}
	for _, v := range order {
		for _, u := range g.neighbours(v) {
			if left[u] <= left[v] {
				continue
			}
			d := left[u]
			swap := order[first[d]]
			order[place[u]], order[first[d]] = swap, u
			place[swap], place[u] = place[u], first[d]
			first[d]++
			left[u]--
		}
	}
	return left
}

// clustering is the share of a node's pairs of neighbours that are joined; nil
// with fewer than two neighbours.
func (g *graph) clustering() []*float64 {
	n := g.nodes()
	out := make([]*float64, n)
	near := make([]bool, n)
	for v := range int32(n) {
		d := g.degree(v)
		if d < 2 {
			continue
		}
		for _, u := range g.neighbours(v) {
			near[u] = true
		}
		joined := 0
		for _, u := range g.neighbours(v) {
			for _, w := range g.neighbours(u) {
				if w > u && near[w] {
					joined++
				}
			}
		}
		for _, u := range g.neighbours(v) {
			near[u] = false
		}
		share := float64(2*joined) / float64(d*(d-1))
		out[v] = &share
	}
	return out
}

// articulation lists the nodes whose loss would split their component, by
// depth-first search without recursion: v is one when a child reaches no
// higher than v, or when v is a root with two children.
func (g *graph) articulation() []int32 {
	n := g.nodes()
	found, low, parent := make([]int32, n), make([]int32, n), make([]int32, n)
	at := make([]int32, n) // next neighbour to look at
	cut := map[int32]bool{}
	clock := int32(0)
	var stack []int32
	for root := range int32(n) {
		if found[root] != 0 {
			continue
		}
		clock++
		found[root], low[root], parent[root] = clock, clock, -1
		stack = append(stack[:0], root)
		children := 0
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			if i := g.start[v] + at[v]; i < g.start[v+1] {
				at[v]++
				u := g.to[i]
				switch {
				case found[u] == 0:
					clock++
					found[u], low[u], parent[u] = clock, clock, v
					stack = append(stack, u)
					if v == root {
						children++
					}
				case u != parent[v]:
					low[v] = min(low[v], found[u])
				}
				continue
			}
			stack = stack[:len(stack)-1]
			if p := parent[v]; p >= 0 {
				low[p] = min(low[p], low[v])
				if p != root && low[v] >= found[p] {
					cut[p] = true
				}
			}
		}
		if children > 1 {
			cut[root] = true
		}
	}
	out := make([]int32, 0, len(cut))
	for v := range cut {
		out = append(out, v)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
