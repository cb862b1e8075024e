package agreement

import (
	"math"
	"math/rand/v2"
	"sort"
)

// metric is a level of measurement: how far apart two values are.
type metric int

const (
	nominal metric = iota
	ordinal
	interval
	ratio
)

// pairable is the units with at least two values, as counts of each value.
type pairable struct {
	units   [][]cell
	labels  int
	numbers []float64
}

// cell is how often one value occurs in a unit.
type cell struct{ label, count int }

func (t *table) pairable() pairable {
	p := pairable{labels: len(t.labels), numbers: t.numbers}
	for _, row := range t.value {
		v := given(row)
		if len(v) < 2 {
			continue
		}
		sort.Ints(v)
		var cells []cell
		for _, k := range v {
			if n := len(cells); n > 0 && cells[n-1].label == k {
				cells[n-1].count++
			} else {
				cells = append(cells, cell{k, 1})
			}
		}
		p.units = append(p.units, cells)
	}
	return p
}

// alpha is Krippendorff's alpha over the units drawn (positions in p.units, any
// of them more than once); ok is false when the values do not vary.
//
// With n the number of pairable values and n_c those equal to c, alpha is
//
//	1 - (n-1) * sum_u [ sum_{c<k} n_uc n_uk d(c,k) / (m_u - 1) ]
//	          / sum_{c<k} n_c n_k d(c,k)
//
// where d is 1 for nominal values, the squared difference for interval ones,
// the squared difference over the sum for ratios, and for ordinal values the
// squared difference of mid-ranks.
func (p pairable) alpha(drawn []int, m metric) (value float64, ok bool) {
	totals := make([]float64, p.labels)
	n := 0.0
	for _, u := range drawn {
		for _, c := range p.units[u] {
			totals[c.label] += float64(c.count)
			n += float64(c.count)
		}
	}
	distance := p.distance(m, totals)
	observed := 0.0
	for _, u := range drawn {
		cells, size, d := p.units[u], 0, 0.0
		for i, a := range cells {
			size += a.count
			for _, b := range cells[i+1:] {
				d += float64(a.count*b.count) * distance(a.label, b.label)
			}
		}
		observed += d / float64(size-1)
	}
	expected := 0.0
	for c, nc := range totals {
		if nc == 0 {
			continue
		}
		for k := c + 1; k < len(totals); k++ {
			if totals[k] > 0 {
				expected += nc * totals[k] * distance(c, k)
			}
		}
	}
	if expected == 0 {
		return 0, false
	}
	return 1 - (n-1)*observed/expected, true
}

func (p pairable) distance(m metric, totals []float64) func(a, b int) float64 {
	switch m {
	case ordinal:
		rank, below := make([]float64, len(totals)), 0.0
		for c, nc := range totals {
			rank[c] = below + nc/2
			below += nc
		}
		return func(a, b int) float64 { d := rank[a] - rank[b]; return d * d }
	case interval:
		return func(a, b int) float64 { d := p.numbers[a] - p.numbers[b]; return d * d }
	case ratio:
		return func(a, b int) float64 {
			d := (p.numbers[a] - p.numbers[b]) / (p.numbers[a] + p.numbers[b])
			return d * d
		}
	}
	return func(int, int) float64 { return 1 }
}

func (p pairable) all() []int {
	out := make([]int, len(p.units))
	for i := range out {
		out[i] = i
	}
	return out
}

// maxBootstrapWork bounds replicates times squared number of values, so that
// free text taken for codes cannot hold a core for hours.
const maxBootstrapWork = 1_000_000_000

// bootstrap gives 95 % percentile limits of alpha for each metric from
// resampled units; the metrics share their resamples. Limits are nil when
// fewer than half of the resamples have an alpha.
func (p pairable) bootstrap(metrics []metric, replicates int, rng *rand.Rand) map[metric]*[2]float64 {
	out := map[metric]*[2]float64{}
	if replicates < 1 || len(p.units) < 2 || replicates*p.labels*p.labels > maxBootstrapWork {
		return out
	}
	values := map[metric][]float64{}
	drawn := make([]int, len(p.units))
	for range replicates {
		for i := range drawn {
			drawn[i] = rng.IntN(len(p.units))
		}
		for _, m := range metrics {
			if a, ok := p.alpha(drawn, m); ok {
				values[m] = append(values[m], a)
			}
		}
	}
	for _, m := range metrics {
		v := values[m]
		if 2*len(v) < replicates {
			continue
		}
		sort.Float64s(v)
		out[m] = &[2]float64{quantile(v, 0.025), quantile(v, 0.975)}
	}
	return out
}

// quantile interpolates between the sorted values (type 7).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
