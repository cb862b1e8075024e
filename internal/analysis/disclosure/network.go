package disclosure

// unbounded stands for "no limit" in capacities and flows. Counts are limited
// to maxCount so that sums of them stay far below it.
const (
	unbounded = 1 << 60
	maxCount  = 1_000_000_000_000
)

// arc is one number of a table seen as a flow between two nodes.
type arc struct {
	from, to int
	value    int
	lower    int // what the attacker knows the value cannot be below
	hidden   bool
	fixed    bool // may not be hidden: a shown zero, or already public
	primary  bool
	free     bool // may be hidden, but needs no protection itself
	cost     int  // of hiding it
}

// network is a table with its totals as a circulation.
type network struct {
	nodes int
	arcs  []arc
	work  scratch
}

// scratch is memory that maxFlow uses again and again: it is called for every
// hidden number. moved is zero between calls.
type scratch struct {
	moved   flow
	touched []int
	came    []step
	seen    []bool
	queue   []int
}

// step is an arc used in one direction: up raises the arc's value.
type step struct {
	arc int
	up  bool
}

// flow holds how far each arc has been moved from its true value.
type flow []int

// room is how much further an arc may move in the direction of s.
func (n *network) room(s step, moved flow) int {
	a := &n.arcs[s.arc]
	if s.up {
		return unbounded
	}
	return a.value - a.lower + moved[s.arc]
}

// neighbours lists, for every node, the steps that leave it along arcs for
// which use is true.
func (n *network) neighbours(use func(int) bool) [][]step {
	out := make([][]step, n.nodes)
	for i := range n.arcs {
		if use(i) {
			out[n.arcs[i].from] = append(out[n.arcs[i].from], step{i, true})
			out[n.arcs[i].to] = append(out[n.arcs[i].to], step{i, false})
		}
	}
	return out
}

// head is the node a step arrives at.
func (n *network) head(s step) int {
	if s.up {
		return n.arcs[s.arc].to
	}
	return n.arcs[s.arc].from
}

// maxFlow is the most that can be sent from source to sink along the steps in
// adj without using arc except, or limit if that is less (Edmonds-Karp).
func (n *network) maxFlow(adj [][]step, source, sink, except, limit int) int {
	w := &n.work
	if w.came == nil {
		*w = scratch{moved: make(flow, len(n.arcs)), came: make([]step, n.nodes), seen: make([]bool, n.nodes)}
	}
	defer func() {
		for _, i := range w.touched {
			w.moved[i] = 0
		}
		w.touched = w.touched[:0]
	}()
	for total := 0; total < limit; {
		if !n.reach(adj, source, sink, except) {
			return total
		}
		total += n.push(w.came, source, sink, limit-total, w.moved)
		for v := sink; v != source; v = n.tail(w.came[v]) {
			w.touched = append(w.touched, w.came[v].arc)
		}
	}
	return limit
}

// reach looks for a shortest path with room from source to sink and records it.
func (n *network) reach(adj [][]step, source, sink, except int) bool {
	w := &n.work
	clear(w.seen)
	w.seen[source] = true
	w.queue = append(w.queue[:0], source)
	for k := 0; k < len(w.queue) && !w.seen[sink]; k++ {
		for _, s := range adj[w.queue[k]] {
			h := n.head(s)
			if w.seen[h] || s.arc == except || n.room(s, w.moved) <= 0 {
				continue
			}
			w.seen[h], w.came[h] = true, s
			w.queue = append(w.queue, h)
		}
	}
	return w.seen[sink]
}

// tail is the node a step leaves.
func (n *network) tail(s step) int { return n.head(step{s.arc, !s.up}) }

// push sends as much as fits, at most limit, along the path recorded in came.
func (n *network) push(came []step, source, sink, limit int, moved flow) int {
	amount := limit
	for v := sink; v != source; v = n.tail(came[v]) {
		amount = min(amount, n.room(came[v], moved))
	}
	for v := sink; v != source; v = n.tail(came[v]) {
		if came[v].up {
			moved[came[v].arc] += amount
		} else {
			moved[came[v].arc] -= amount
		}
	}
	return amount
}

// hiddenSteps is the adjacency of what the attacker does not know.
func (n *network) hiddenSteps() [][]step {
	return n.neighbours(func(i int) bool { return n.arcs[i].hidden })
}

// slack is how far the attacker must allow hidden arc e to lie above and below
// its true value, each counted up to limit.
func (n *network) slack(adj [][]step, e, limit int) (up, down int) {
	a := &n.arcs[e]
	up = n.maxFlow(adj, a.to, a.from, e, limit)
	if most := min(limit, a.value-a.lower); most > 0 {
		down = n.maxFlow(adj, a.from, a.to, e, most)
	}
	return up, down
}

// protect hides further arcs until every hidden arc that is not free has a
// range at least need wide. It returns the arcs for which that cannot be done.
func (n *network) protect(need int) (hopeless []int) {
	adj := n.hiddenSteps()
	for changed := true; changed; {
		changed = false
		hopeless = hopeless[:0]
		for e := range n.arcs {
			if !n.arcs[e].hidden || n.arcs[e].free {
				continue
			}
			up, down := n.slack(adj, e, need)
			if up+down >= need {
				continue
			}
			if n.widen(e, need, up, down) {
				changed, adj = true, n.hiddenSteps()
			} else {
				hopeless = append(hopeless, e)
			}
		}
	}
	return hopeless
}

// widen hides the cheapest further arcs that give arc e the range it needs, or
// as much of it as can be had; it reports whether anything was hidden. Totals
// are left alone unless the cells cannot do it.
func (n *network) widen(e, need, up, down int) bool {
	a := n.arcs[e]
	var open []int
	for _, totals := range []bool{false, true} {
		above, gotUp := n.cheapest(a.to, a.from, e, need-down, totals)
		open = above
		if gotUp+down >= need {
			break
		}
		below, gotDown := n.cheapest(a.from, a.to, e, min(need-gotUp, a.value-a.lower), totals)
		open = append(open, below...)
		if gotUp+gotDown >= need {
			break
		}
	}
	changed := false
	for _, i := range open {
		changed = changed || !n.arcs[i].hidden
		n.arcs[i].hidden = true
	}
	return changed
}

// cheapest returns the arcs to hide so that amount can flow from source to sink,
// and how much of it can. It compares one wide path with several narrow ones.
func (n *network) cheapest(source, sink, except, amount int, totals bool) (open []int, got int) {
	one, gotOne := n.route(source, sink, except, amount, amount, totals)
	many, gotMany := n.route(source, sink, except, amount, 1, totals)
	if gotOne == amount && n.sumOfCosts(one) <= n.sumOfCosts(many) {
		return one, gotOne
	}
	return many, gotMany
}

// sumOfCosts is what hiding all of some arcs costs.
func (n *network) sumOfCosts(arcs []int) int {
	sum := 0
	for _, i := range arcs {
		sum += n.arcs[i].cost
	}
	return sum
}

// route sends amount along successive cheapest paths made of steps with room
// for at least width; an arc costs nothing once hidden or used.
func (n *network) route(source, sink, except, amount, width int, totals bool) (open []int, got int) {
	adj := n.neighbours(func(i int) bool {
		a := &n.arcs[i]
		return i != except && (a.hidden || !a.fixed && (totals || a.cost < totalCost))
	})
	moved, used := make(flow, len(n.arcs)), map[int]bool{}
	for got < amount {
		came, ok := n.cheapestPath(adj, source, sink, min(width, amount-got), moved, used)
		if !ok {
			break
		}
		got += n.push(came, source, sink, amount-got, moved)
		for v := sink; v != source; v = n.tail(came[v]) {
			if i := came[v].arc; !n.arcs[i].hidden && !used[i] {
				used[i] = true
				open = append(open, i)
			}
		}
	}
	return open, got
}

// cheapestPath is a label-correcting search (costs are never negative).
func (n *network) cheapestPath(adj [][]step, source, sink, width int, moved flow, used map[int]bool) ([]step, bool) {
	const far = unbounded
	dist := make([]int, n.nodes)
	for v := range dist {
		dist[v] = far
	}
	came, waiting := make([]step, n.nodes), make([]bool, n.nodes)
	dist[source] = 0
	for queue := []int{source}; len(queue) > 0; {
		v := queue[0]
		queue, waiting[v] = queue[1:], false
		for _, s := range adj[v] {
			if n.room(s, moved) < width {
				continue
			}
			d := dist[v]
			if !n.arcs[s.arc].hidden && !used[s.arc] {
				d += n.arcs[s.arc].cost
			}
			if h := n.head(s); d < dist[h] {
				dist[h], came[h] = d, s
				if !waiting[h] {
					waiting[h] = true
					queue = append(queue, h)
				}
			}
		}
	}
	return came, dist[sink] < far
}

// tidyLimit keeps the last pass from dominating on very large tables.
const tidyLimit = 250_000

// tidy publishes again each secondary arc that the others can do without,
// dearest first.
func (n *network) tidy(need int) {
	var hidden, spare []int
	for i := range n.arcs {
		if n.arcs[i].hidden {
			hidden = append(hidden, i)
			if !n.arcs[i].primary {
				spare = append(spare, i)
			}
		}
	}
	if len(hidden)*len(spare) > tidyLimit {
		return
	}
	sortByCost(spare, n.arcs)
	for _, i := range spare {
		n.arcs[i].hidden = false
		if !n.allProtected(hidden, need) {
			n.arcs[i].hidden = true
		}
	}
}

// allProtected says whether every arc of the list that is hidden satisfies the
// protection rule.
func (n *network) allProtected(arcs []int, need int) bool {
	adj := n.hiddenSteps()
	for _, e := range arcs {
		if !n.arcs[e].hidden {
			continue
		}
		if up, down := n.slack(adj, e, need); up+down < need {
			return false
		}
	}
	return true
}
