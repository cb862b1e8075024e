package market

import (
	"math"
	"math/rand/v2"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// chunk is the number of draws that share one random stream. Streams are
// seeded one after the other from the caller's source, so the draws do not
// depend on how many cores make them.
const chunk = 1 << 14

// rankSample is the number of draws from which rank correlations are worked
// out; their standard error is then at most 0.003.
const rankSample = 6 * chunk

// sample is the values drawn and, for the first rankSample of them, the normal
// score of each quantity (scores[quantity][draw]).
type sample struct {
	values []float64
	scores [][]float64
	mean   float64
}

// simulate draws n values of the product. root is the lower triangle of the
// Cholesky factor of the scores' correlations, or nil when they are independent.
func simulate(factors []factor, root *mat.TriDense, n, threads int, rng *rand.Rand) sample {
	chunks := (n + chunk - 1) / chunk
	seeds := make([][2]uint64, chunks)
	for i := range seeds {
		seeds[i] = [2]uint64{rng.Uint64(), rng.Uint64()}
	}
	s := sample{values: make([]float64, n), scores: make([][]float64, len(factors))}
	for q := range s.scores {
		s.scores[q] = make([]float64, min(n, rankSample))
	}
	sums := make([]float64, chunks)
	var wait sync.WaitGroup
	next := make(chan int)
	for range max(1, threads) {
		wait.Go(func() {
			d := newDrawer(factors, root)
			for i := range next {
				from, to := i*chunk, min(n, (i+1)*chunk)
				sums[i] = d.fill(&s, from, to, rand.New(rand.NewPCG(seeds[i][0], seeds[i][1])))
			}
		})
	}
	for i := range chunks {
		next <- i
	}
	close(next)
	wait.Wait()
	for _, v := range sums {
		s.mean += v / float64(n)
	}
	return s
}

// drawer makes draws for one core. Log-normal factors are added as logarithms,
// so that a draw costs one exponential however many there are.
type drawer struct {
	base       float64 // sum of the logarithms' means
	fixed      float64 // product of the fixed factors
	slope      []float64
	other      []int // quantities that are neither log-normal nor fixed
	factors    []factor
	root       *mat.TriDense
	raw, score []float64
}

func newDrawer(factors []factor, root *mat.TriDense) *drawer {
	d := &drawer{fixed: 1, factors: factors, root: root, slope: make([]float64, len(factors)), raw: make([]float64, len(factors)), score: make([]float64, len(factors))}
	for q, f := range factors {
		switch f.shape {
		case LogNormal:
			d.base += f.mu
			d.slope[q] = f.sigma
		case Fixed:
			d.fixed *= f.low
		default:
			d.other = append(d.other, q)
		}
	}
	return d
}

// fill makes the draws from..to in pairs of opposite scores and returns their
// sum.
func (d *drawer) fill(s *sample, from, to int, rng *rand.Rand) float64 {
	total, kept := 0.0, len(s.scores[0])
	for i := from; i < to; i += 2 {
		for q := range d.raw {
			d.raw[q] = rng.NormFloat64()
		}
		d.correlate()
		sum := 0.0
		for q, b := range d.slope {
			sum += b * d.score[q]
		}
		for side, sign := range [2]float64{1, -1} {
			at := i + side
			if at >= to {
				break
			}
			v := d.fixed
			if v != 0 {
				v *= math.Exp(d.base + sign*sum)
				for _, q := range d.other {
					v *= d.factors[q].draw(sign * d.score[q])
				}
			}
			s.values[at] = v
			total += v
			if at < kept {
				for q := range d.score {
					s.scores[q][at] = sign * d.score[q]
				}
			}
		}
	}
	return total
}

// correlate turns independent scores into scores with the wanted correlations.
func (d *drawer) correlate() {
	if d.root == nil {
		copy(d.score, d.raw)
		return
	}
	for q := range d.score {
		v := 0.0
		for k := 0; k <= q; k++ {
			v += d.root.At(q, k) * d.raw[k]
		}
		d.score[q] = v
	}
}

// quantile is the p quantile of the values (type 7); it reorders them.
func quantile(values []float64, p float64) float64 {
	at := p * float64(len(values)-1)
	low := int(math.Floor(at))
	a := selectNth(values, low)
	if low+1 >= len(values) {
		return a
	}
	// After selection everything above position low is at least values[low].
	b := math.Inf(1)
	for _, v := range values[low+1:] {
		b = math.Min(b, v)
	}
	return a + (at-float64(low))*(b-a)
}

// selectNth puts the value of rank n at position n, smaller ones before it and
// larger ones after, by quickselect on the median of three.
func selectNth(v []float64, n int) float64 {
	low, high := 0, len(v)-1
	for low < high {
		middle := low + (high-low)/2
		if v[middle] < v[low] {
			v[middle], v[low] = v[low], v[middle]
		}
		if v[high] < v[low] {
			v[high], v[low] = v[low], v[high]
		}
		if v[high] < v[middle] {
			v[high], v[middle] = v[middle], v[high]
		}
		pivot := v[middle]
		i, j := low, high
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return v[n]
		}
	}
	return v[n]
}
