package disclosure

// lane is a way from one node to another for up to room units at a cost each.
type lane struct {
	from, to   int
	room, cost int
}

// surplus is, for every node, how much more flows in than out.
func (n *network) surplus(values []int) []int {
	s := make([]int, n.nodes)
	for i, a := range n.arcs {
		s[a.to] += values[i]
		s[a.from] -= values[i]
	}
	return s
}

// balance sends each node's surplus along lanes to the nodes that lack, at least
// cost (successive cheapest paths), and returns what goes along each lane. It
// fails when the lanes do not allow it.
func balance(nodes int, lanes []lane, surplus []int) ([]int, bool) {
	n := &network{nodes: nodes + 2}
	source, sink := nodes, nodes+1
	sent := make([]int, len(lanes))
	surplus = append([]int{}, surplus...)
	for i, l := range lanes {
		if l.cost < 0 { // send everything at once; what follows may take it back
			sent[i] = l.room
			surplus[l.from] -= l.room
			surplus[l.to] += l.room
		}
	}
	all := append([]lane{}, lanes...)
	need := 0
	for v, s := range surplus {
		if s > 0 {
			all = append(all, lane{from: source, to: v, room: s})
			need += s
		} else if s < 0 {
			all = append(all, lane{from: v, to: sink, room: -s})
		}
	}
	sent = append(sent, make([]int, len(all)-len(lanes))...)
	adj := make([][]step, n.nodes)
	for i, l := range all {
		adj[l.from] = append(adj[l.from], step{i, true})
		adj[l.to] = append(adj[l.to], step{i, false})
	}
	for need > 0 {
		got := augment(adj, all, sent, source, sink)
		if got == 0 {
			return nil, false
		}
		need -= got
	}
	return sent[:len(lanes)], true
}

// augment sends what fits along one cheapest path and returns how much.
func augment(adj [][]step, lanes []lane, sent []int, source, sink int) int {
	left := func(s step) int {
		if s.up {
			return lanes[s.arc].room - sent[s.arc]
		}
		return sent[s.arc]
	}
	ends := func(s step) (from, to, cost int) {
		l := lanes[s.arc]
		if s.up {
			return l.from, l.to, l.cost
		}
		return l.to, l.from, -l.cost
	}
	dist := make([]int, len(adj))
	for v := range dist {
		dist[v] = unbounded
	}
	came, waiting := make([]step, len(adj)), make([]bool, len(adj))
	dist[source] = 0
	for queue := []int{source}; len(queue) > 0; {
		v := queue[0]
		queue, waiting[v] = queue[1:], false
		for _, s := range adj[v] {
			_, to, cost := ends(s)
			if left(s) <= 0 || dist[v]+cost >= dist[to] {
				continue
			}
			dist[to], came[to] = dist[v]+cost, s
			if !waiting[to] {
				waiting[to] = true
				queue = append(queue, to)
			}
		}
	}
	if dist[sink] == unbounded {
		return 0
	}
	amount := unbounded
	for v := sink; v != source; v, _, _ = ends(came[v]) {
		amount = min(amount, left(came[v]))
	}
	for v := sink; v != source; v, _, _ = ends(came[v]) {
		if came[v].up {
			sent[came[v].arc] += amount
		} else {
			sent[came[v].arc] -= amount
		}
	}
	return amount
}

// round moves every published number to one of the two nearest multiples of
// base so that rows and columns still add up, changing the numbers as little as
// it can in all. Only published numbers are read: hidden ones take up the slack,
// so the rounded table says nothing about them that the exact one would not.
func (n *network) round(base int) []int {
	down := make([]int, len(n.arcs)) // in units of base
	lanes := make([]lane, len(n.arcs))
	for i, a := range n.arcs {
		lanes[i] = lane{from: a.from, to: a.to, room: unbounded}
		if a.hidden {
			continue
		}
		rest := a.value % base
		down[i] = a.value / base
		lanes[i].room, lanes[i].cost = 1, base-2*rest
		if rest == 0 {
			lanes[i].room, lanes[i].cost = 0, 0
		}
	}
	up, ok := balance(n.nodes, lanes, n.surplus(down))
	if !ok {
		// The exact table divided by base is a fractional solution of the same
		// network, and networks with whole bounds have whole solutions.
		panic("disclosure: controlled rounding found no solution")
	}
	out := make([]int, len(n.arcs))
	for i := range out {
		out[i] = (down[i] + up[i]) * base
	}
	return out
}

// RoundTo rounds one count to the nearest multiple of base, halves up. Counts
// rounded one by one need not add up to their rounded total; [Protect] and
// [List] round so that they do.
func RoundTo(count, base int) int {
	if base <= 1 || count < 0 {
		return count
	}
	return (count + base/2) / base * base
}
