package capture

import (
	"math"
	"math/bits"
	"slices"
)

// Average is the Bayesian average over decomposable graphs: every way in which lists may depend on one another that
// such a graph can say, weighted by how well it explains the table (Madigan and York 1997).
type Average struct {
	Median   float64    `json:"median"`
	Mean     float64    `json:"mean"`
	Interval [2]float64 `json:"interval95"`
	// Modes are the separate peaks of the posterior. More than one means that the data support more than one story,
	// which the median hides.
	Modes []Mode `json:"modes"`
	// Graphs is how many were averaged over, TopShare the posterior probability of the likeliest and
	// TopInteractions its edges.
	Graphs          int      `json:"graphs"`
	TopShare        float64  `json:"top_share"`
	TopInteractions []string `json:"top_interactions"`
	// AtLimit is the probability in the last twentieth of the numbers looked at. Not small, it says that the table
	// does not limit the answer from above.
	AtLimit float64 `json:"at_limit"`
	Density []Bin   `json:"density"`
}

// Mode is a peak of a posterior, and its share between the valleys on either side.
type Mode struct {
	At    float64 `json:"at"`
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Share float64 `json:"share"`
}

// averageLists is the most lists averaged over: 6 have 18,154 decomposable graphs, 7 have 617,675.
const averageLists = 6

const (
	gridPoints = 3000 // numbers of unseen people looked at, at most
	gridReach  = 30   // times the people observed: the largest number looked at
)

// unseenGrid is the numbers of unseen people looked at: evenly spread from 1 to 30 times the people observed.
func unseenGrid(observed int) []float64 {
	most := gridReach * observed
	var grid []float64
	last := 0.0
	for i := range gridPoints {
		m := math.Round(1 + float64(i)*float64(most-1)/(gridPoints-1))
		if m > last {
			grid, last = append(grid, m), m
		}
	}
	return grid
}

// average works out the posterior of the number of people. Cell probabilities have a hyper-Dirichlet prior in which
// every history weighs 2^-L of a person, graphs are equally likely beforehand, and the prior of the number N of
// people is proportional to 1/N. For a given graph and N the rest is then in closed form.
func average(t Table, threads int) *Average {
	n := t.Observed()
	grid := unseenGrid(n)
	scores := marginScores(t, grid)
	graphs := decomposable(len(t.Lists))
	peaks := make([]float64, len(graphs))
	parallel(threads, func(worker, workers int) {
		every := 1 + len(grid)/100 // the posterior of one graph is smooth and broad: a look here and there finds its height
		for i := worker; i < len(graphs); i += workers {
			peaks[i] = math.Inf(-1)
			for g := 0; g < len(grid); g += every {
				peaks[i] = max(peaks[i], graphs[i].score(scores[g]))
			}
		}
	})
	top := slices.Max(peaks)
	posterior := make([]float64, len(grid))
	shares := make([][]float64, len(grid)) // by number of people, of each graph
	counted := make([]int, 0, len(graphs))
	for i, p := range peaks {
		if p > top-30 { // what is left out has no effect on any digit that could be shown
			counted = append(counted, i)
		}
	}
	parallel(threads, func(worker, workers int) {
		for g := worker; g < len(grid); g += workers {
			shares[g] = make([]float64, len(counted))
			for k, i := range counted {
				p := math.Exp(graphs[i].score(scores[g]) - top)
				shares[g][k] = p
				posterior[g] += p
			}
		}
	})
	sum, best, bestShare := 0.0, 0, 0.0
	for _, p := range posterior {
		sum += p
	}
	for k, i := range counted {
		share := 0.0
		for g := range grid {
			share += shares[g][k]
		}
		if share > bestShare {
			best, bestShare = i, share
		}
	}
	for g := range posterior {
		posterior[g] /= sum
	}
	out := summarise(float64(n), grid, posterior)
	out.Graphs, out.TopShare, out.TopInteractions = len(graphs), bestShare/sum, graphs[best].edges(t)
	return out
}

// marginScores gives, for each number of unseen people and each set of lists, the log marginal likelihood of the
// table of those lists alone. Element 0 holds what does not depend on the graph: the number of orders in which
// people can have come, and the prior of their number.
func marginScores(t Table, grid []float64) [][]float64 {
	n, cells := float64(t.Observed()), len(t.counts)
	fixed := make([]float64, cells) // everything but the people on none of the set's lists
	off := make([]float64, cells)   // observed people on none of the set's lists
	weight := make([]float64, cells)
	for set := 1; set < cells; set++ {
		size := bits.OnesCount(uint(set))
		weight[set] = math.Exp2(float64(-size))
		counts := make([]float64, 1<<size)
		for h, c := range t.counts {
			counts[squeeze(h, set)] += float64(c)
		}
		off[set] = counts[0]
		for _, c := range counts[1:] {
			fixed[set] += logGamma(c+weight[set]) - logGamma(weight[set])
		}
		fixed[set] -= logGamma(weight[set])
	}
	scores := make([][]float64, len(grid))
	for g, m := range grid {
		all := logGamma(n + m + 1) // the weights of all histories add up to one person
		scores[g] = make([]float64, cells)
		scores[g][0] = logFactorial(n+m) - logFactorial(m) - math.Log(n+m)
		for set := 1; set < cells; set++ {
			scores[g][set] = fixed[set] + logGamma(off[set]+m+weight[set]) - all
		}
	}
	return scores
}

// graph is a decomposable graph of lists, as the sets whose margins enter its likelihood: cliques are multiplied and
// separators divided by.
type graph struct {
	neighbours []int // of each list, as a set
	sets       []int
	times      []float64
}

func (g graph) score(of []float64) float64 {
	sum := of[0]
	for i, set := range g.sets {
		sum += g.times[i] * of[set]
	}
	return sum
}

func (g graph) edges(t Table) []string {
	names := []string{}
	for i, near := range g.neighbours {
		for j := i + 1; j < len(g.neighbours); j++ {
			if near>>j&1 == 1 {
				names = append(names, t.name(1<<i|1<<j))
			}
		}
	}
	return names
}

// decomposable gives all decomposable (chordal) graphs of so many lists.
func decomposable(lists int) []graph {
	pairs := newDesign(lists, 2).terms
	var out []graph
	for edges := range 1 << len(pairs) {
		near := make([]int, lists)
		for k, pair := range pairs {
			if edges>>k&1 == 1 {
				a, b := bits.TrailingZeros(uint(pair)), bits.Len(uint(pair))-1
				near[a] |= 1 << b
				near[b] |= 1 << a
			}
		}
		if g, ok := decompose(near); ok {
			out = append(out, g)
		}
	}
	return out
}

// decompose numbers the lists by maximum cardinality search (Tarjan and Yannakakis 1984). The graph is chordal just
// when the neighbours numbered before a list are always joined with each other; the likelihood is then the product
// over lists of margin(list and those neighbours) / margin(those neighbours), in which most factors cancel.
func decompose(near []int) (graph, bool) {
	times := map[int]float64{}
	done := 0
	for range near {
		next, most := -1, -1
		for v := range near {
			if c := bits.OnesCount(uint(near[v] & done)); done>>v&1 == 0 && c > most {
				next, most = v, c
			}
		}
		before := near[next] & done
		for v := range near {
			if before>>v&1 == 1 && before&^(near[v]|1<<v) != 0 {
				return graph{}, false
			}
		}
		times[before|1<<next]++
		times[before]--
		done |= 1 << next
	}
	g := graph{neighbours: near}
	for set := 1; set <= done; set++ {
		if times[set] != 0 {
			g.sets, g.times = append(g.sets, set), append(g.times, times[set])
		}
	}
	return g, true
}

// summarise reads off a posterior on a grid.
func summarise(n float64, grid, posterior []float64) *Average {
	out := &Average{Interval: [2]float64{at(n, grid, posterior, 0.025), at(n, grid, posterior, 0.975)}, Median: at(n, grid, posterior, 0.5)}
	for g, p := range posterior {
		out.Mean += p * (n + grid[g])
		if grid[g] > 0.95*grid[len(grid)-1] {
			out.AtLimit += p
		}
	}
	out.Modes = modes(n, grid, posterior)
	out.Density = density(n, grid, posterior)
	return out
}

// at is the first number of people by which so much of the posterior has been passed.
func at(n float64, grid, posterior []float64, share float64) float64 {
	sum := 0.0
	for g, p := range posterior {
		if sum += p; sum >= share {
			return n + grid[g]
		}
	}
	return n + grid[len(grid)-1]
}

const (
	smallMode     = 0.05 // peaks with a smaller share are not called a story
	shallowValley = 0.8  // nor those parted by a valley nearly as high as the lower peak
)

// modes finds the peaks of a posterior and joins those that are not worth telling apart.
func modes(n float64, grid, posterior []float64) []Mode {
	type peak struct {
		from, top, to int
		share         float64
	}
	var peaks []peak
	from := 0
	for g := range posterior {
		falling := g > 0 && posterior[g] < posterior[g-1]
		turns := g+1 < len(posterior) && posterior[g+1] > posterior[g]
		if falling && turns || g == len(posterior)-1 {
			p := peak{from: from, top: from, to: g}
			for i := from; i <= g; i++ {
				p.share += posterior[i]
				if posterior[i] > posterior[p.top] {
					p.top = i
				}
			}
			peaks, from = append(peaks, p), g+1
		}
	}
	join := func(i int) { // peak i with peak i+1
		a, b := peaks[i], peaks[i+1]
		top := a.top
		if posterior[b.top] > posterior[top] {
			top = b.top
		}
		peaks[i] = peak{a.from, top, b.to, a.share + b.share}
		peaks = slices.Delete(peaks, i+1, i+2)
	}
	for changed := true; changed && len(peaks) > 1; {
		changed = false
		for i := 0; i+1 < len(peaks); i++ {
			a, b := peaks[i], peaks[i+1]
			lower := min(posterior[a.top], posterior[b.top])
			if posterior[a.to] > shallowValley*lower || min(a.share, b.share) < smallMode {
				join(i)
				changed = true
				break
			}
		}
	}
	out := make([]Mode, len(peaks))
	for i, p := range peaks {
		out[i] = Mode{At: n + grid[p.top], From: n + grid[p.from], To: n + grid[p.to], Share: p.share}
	}
	return out
}

// density puts a posterior into bins of a round width.
func density(n float64, grid, posterior []float64) []Bin {
	low, high := at(n, grid, posterior, 0.005), at(n, grid, posterior, 0.995)
	width := roundWidth((high - low) / 25)
	var bins []Bin
	for g, p := range posterior {
		total := min(max(n+grid[g], low), high)
		from := math.Floor(total/width) * width
		if len(bins) == 0 || bins[len(bins)-1].From != from {
			bins = append(bins, Bin{From: from, To: from + width})
		}
		bins[len(bins)-1].Share += p
	}
	return bins
}
