package capture

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"
)

// Bootstrap is what resampling the people observed says of the stepwise estimate, the whole selection repeated in
// every replicate.
type Bootstrap struct {
	Replicates int `json:"replicates"`
	// Failed replicates had no estimate; they count as infinitely large.
	Failed       int      `json:"failed"`
	Z0           *float64 `json:"z0"`
	Acceleration float64  `json:"acceleration"`
	// Percentile95 is the plain percentile interval: for comparison, and for the tails the interval hides.
	Percentile95 *[2]float64 `json:"percentile95"`
	Lowest       float64     `json:"lowest"`
	Highest      float64     `json:"highest"` // of the replicates that have an estimate
	Histogram    []Bin       `json:"histogram"`
}

// Bin is a piece of a distribution of the number of people in all.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Share float64 `json:"share"`
}

// replicates are the stepwise estimates of as many resampled tables, in ascending order; +Inf where there is none.
// Replicate r has a generator of its own, seeded with (seed, r), so that threads do not matter.
func replicates(t Table, how Options) []float64 {
	n := t.Observed()
	out := make([]float64, how.Bootstrap)
	d := newDesign(len(t.Lists), 2)
	main := newFitter(d).fit(newMargins(t), 0, nil)
	parallel(how.Threads, func(worker, workers int) {
		s := newSelector(d, how.PEnter)
		m := newMargins(t)
		drawn := make([]int, len(t.counts))
		for r := worker; r < len(out); r += workers {
			rng := rand.New(rand.NewPCG(how.Seed, uint64(r)))
			resample(rng, t.counts, n, drawn)
			out[r] = s.total(t, m, drawn, main)
		}
	})
	slices.Sort(out)
	return out
}

// total is the stepwise estimate of everybody from these counts. Lists that nobody is on are left out.
func (s *selector) total(t Table, m *margins, counts []int, start *fit) float64 {
	m.set(counts)
	for i := range m.lists {
		if m.on[1<<i] == 0 {
			less := Table{Lists: t.Lists, counts: counts}.filled()
			if len(less.Lists) < 2 {
				return math.Inf(1)
			}
			smaller := newMargins(less)
			return smaller.estimate(newSelector(newDesign(len(less.Lists), 2), s.pEnter).choose(smaller, nil))
		}
	}
	return m.estimate(s.choose(m, start))
}

func (m *margins) estimate(p path) float64 {
	if p.fit == nil {
		return math.Inf(1)
	}
	return m.on[0] + p.fit.unseen()
}

// acceleration is the jackknife's: one person taken away from each history in turn, weighted by how many there are.
func acceleration(t Table, how Options) float64 {
	d := newDesign(len(t.Lists), 2)
	main := newFitter(d).fit(newMargins(t), 0, nil)
	var at []int
	for h, c := range t.counts {
		if c > 0 {
			at = append(at, h)
		}
	}
	values := make([]float64, len(at))
	parallel(how.Threads, func(worker, workers int) {
		s := newSelector(d, how.PEnter)
		m := newMargins(t)
		counts := slices.Clone(t.counts)
		for i := worker; i < len(at); i += workers {
			counts[at[i]]--
			values[i] = s.total(t, m, counts, main)
			counts[at[i]]++
		}
	})
	mean, weight := 0.0, 0.0
	for i, v := range values {
		if !math.IsInf(v, 0) {
			w := float64(t.counts[at[i]])
			mean, weight = mean+w*v, weight+w
		}
	}
	if weight == 0 {
		return 0
	}
	mean /= weight
	squares, cubes := 0.0, 0.0
	for i, v := range values {
		if r := mean - v; !math.IsInf(r, 0) {
			w := float64(t.counts[at[i]])
			squares, cubes = squares+w*r*r, cubes+w*r*r*r
		}
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// bca is the bias-corrected and accelerated interval (Efron 1987) read from sorted replicates. z0 and the interval
// are nil when every replicate is on one side of the estimate, and the interval is when a limit would be infinite.
func bca(sorted []float64, estimate, accel float64) (interval *[2]float64, z0 *float64) {
	below, _ := slices.BinarySearch(sorted, estimate)
	if below == 0 || below == len(sorted) {
		return nil, nil
	}
	norm := distuv.UnitNormal
	z := norm.Quantile(float64(below) / float64(len(sorted)))
	limit := func(p float64) float64 {
		s := z + norm.Quantile(p)
		return quantile(sorted, norm.CDF(z+s/(1-accel*s)))
	}
	return finite(limit(0.025), limit(0.975)), &z
}

// bounds are the smallest and largest finite replicates, and how many are not finite.
func bounds(sorted []float64) (low, high float64, failed int) {
	end, _ := slices.BinarySearch(sorted, math.Inf(1))
	if end == 0 {
		return 0, 0, len(sorted)
	}
	return sorted[0], sorted[end-1], len(sorted) - end
}

func percentile95(sorted []float64) *[2]float64 {
	return finite(quantile(sorted, 0.025), quantile(sorted, 0.975))
}

func finite(low, high float64) *[2]float64 {
	if math.IsNaN(low) || math.IsInf(high, 0) || math.IsNaN(high) || math.IsInf(low, 0) {
		return nil
	}
	return &[2]float64{low, high}
}

// quantile is the median-unbiased one: type 8 of Hyndman and Fan (1996).
func quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := 1.0/3 + p*(float64(len(sorted))+1.0/3)
	j := int(math.Floor(at))
	last := len(sorted) - 1
	low, high := sorted[min(max(j-1, 0), last)], sorted[min(max(j, 0), last)]
	if low == high || at == math.Floor(at) {
		return low
	}
	return low + (at-math.Floor(at))*(high-low)
}

// histogram puts the finite values into bins of a round width, about twenty over the middle 98 %, with the tails
// in the first and last.
func histogram(sorted []float64) []Bin {
	end, _ := slices.BinarySearch(sorted, math.Inf(1))
	values := sorted[:end]
	if len(values) == 0 {
		return nil
	}
	low, high := quantile(values, 0.01), quantile(values, 0.99)
	width := roundWidth((high - low) / 20)
	first := math.Floor(low / width)
	count := max(1, int(math.Ceil(high/width)-first))
	bins := make([]Bin, count)
	for i := range bins {
		bins[i] = Bin{From: (first + float64(i)) * width, To: (first + float64(i) + 1) * width}
	}
	bins[0].From = min(bins[0].From, values[0])
	bins[count-1].To = max(bins[count-1].To, values[len(values)-1])
	for _, v := range values {
		i := min(max(int(math.Floor(v/width)-first), 0), count-1)
		bins[i].Share += 1 / float64(len(sorted))
	}
	return bins
}

// roundWidth is the next 1, 2 or 5 times a power of ten, at least 1.
func roundWidth(w float64) float64 {
	if !(w > 1) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(w)))
	for _, m := range []float64{1, 2, 5} {
		if w <= m*power {
			return m * power
		}
	}
	return 10 * power
}

// parallel runs work in as many goroutines as threads; each is told which of how many it is.
func parallel(threads int, work func(worker, workers int)) {
	if threads <= 1 {
		work(0, 1)
		return
	}
	var group sync.WaitGroup
	for w := range threads {
		group.Go(func() { work(w, threads) })
	}
	group.Wait()
}
