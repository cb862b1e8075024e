package trend

import (
	"math"

	"lantern.example/lantern/internal/analysis/glm"
)

// minSegment is the fewest months between two suspected breaks.
const minSegment = 6

// penalty is what a break must gain, in twice the log-likelihood, to be
// flagged: four times the logarithm of the number of months. A break brings a
// level, a slope and a place. In simulations without a break fewer than one
// series in twenty is then flagged (see the test).
func penalty(months int) float64 { return 4 * math.Log(float64(months)) }

// suspected flags months from which the panel's total no longer follows the
// level and trend of the months before, after known breaks and effort are
// taken out.
func suspected(panel *series, opt Options) []FoundBreak {
	n := panel.months()
	if n < 2*minSegment {
		return nil
	}
	expected := panel.expected(opt.Breaks)
	if expected == nil {
		return nil
	}
	count, _, _ := panel.monthTotals()
	var out []FoundBreak
	for _, i := range partition(count, expected, spread(count, expected), penalty(n)) {
		out = append(out, FoundBreak{
			Month: FormatMonth(panel.first+i, opt.Calendar),
			Label: "something changed in recording about here",
		})
	}
	return out
}

// expected is the panel's mean by month from source levels, known breaks and
// effort, without the trend. It is nil when no model can be fitted.
func (s *series) expected(breaks []Break) []float64 {
	var f *glm.Fit
	var d glm.Data
	models := []effortTerm{asVariable, asOffset, noEffort}
	if len(s.withEffort().rows) == 0 {
		models = models[2:]
	}
	for _, effort := range models {
		d = s.design(effort, breaks)
		var err error
		if f, err = glm.Poisson(d); err == nil {
			break
		}
		f = nil
	}
	if f == nil {
		return nil
	}
	perYear, _, _ := f.Term(timeColumn)
	out := make([]float64, s.months())
	for i, o := range s.rows {
		at := o.Month - s.first
		out[at] += f.Fitted[i] * math.Exp(-perYear*float64(at)/12)
	}
	return out
}

// spread estimates theta of the negative binomial from differences of
// neighbouring months, which a step or trend hardly touches. +Inf is Poisson.
func spread(count, expected []float64) float64 {
	total, base := 0.0, 0.0
	for i := range count {
		total += count[i]
		base += expected[i]
	}
	scale, mean, excess := total/base, 0.0, 0.0
	residual := func(i int) float64 {
		m := expected[i] * scale
		return (count[i] - m) / math.Sqrt(m)
	}
	n := len(count)
	for i := 1; i < n; i++ {
		d := residual(i) - residual(i-1)
		excess += d * d / 2
		mean += expected[i] * scale
	}
	excess, mean = excess/float64(n-1)-1, mean/float64(n-1)
	if excess <= 0 {
		return math.Inf(1)
	}
	return mean / excess
}

// partition finds the starts of the segments after the first that minimise the
// sum of segment costs plus the penalty for each, by PELT.
func partition(count, expected []float64, theta, penalty float64) []int {
	n := len(count)
	best := make([]float64, n+1)
	from := make([]int, n+1)
	best[0] = -penalty
	for i := 1; i < minSegment && i <= n; i++ {
		best[i] = math.Inf(1)
	}
	starts := []int{0}
	for end := minSegment; end <= n; end++ {
		best[end] = math.Inf(1)
		costs := make([]float64, len(starts))
		for k, s := range starts {
			costs[k] = best[s] + segmentCost(count[s:end], expected[s:end], theta)
			if total := costs[k] + penalty; total < best[end] {
				best[end], from[end] = total, s
			}
		}
		kept := starts[:0]
		for k, s := range starts {
			if costs[k] <= best[end] {
				kept = append(kept, s)
			}
		}
		starts = kept
		if next := end - minSegment + 1; next >= minSegment {
			starts = append(starts, next)
		}
	}
	var breaks []int
	for at := from[n]; at > 0; at = from[at] {
		breaks = append([]int{at}, breaks...)
	}
	return breaks
}

// segmentCost is minus twice the largest log-likelihood (up to a constant that
// is the same for every partition) of a level and a trend of their own.
func segmentCost(count, expected []float64, theta float64) float64 {
	n := len(count)
	middle := float64(n-1) / 2
	total, base := 0.0, 0.0
	for i := range count {
		total += count[i]
		base += expected[i]
	}
	if total == 0 {
		return 0
	}
	level, slope := math.Log(total/base), 0.0
	cost := func(a, b float64) float64 {
		c := 0.0
		for i, y := range count {
			m := expected[i] * math.Exp(a+b*(float64(i)-middle))
			if math.IsInf(theta, 1) {
				c -= 2 * (y*math.Log(m) - m)
			} else {
				c -= 2 * (y*math.Log(m/(m+theta)) - theta*math.Log1p(m/theta))
			}
		}
		return c
	}
	now := cost(level, slope)
	for range 25 {
		var g0, g1, h00, h01, h11 float64
		for i, y := range count {
			x := float64(i) - middle
			m := expected[i] * math.Exp(level+slope*x)
			g, h := (y-m)/(1+m/theta), m/(1+m/theta)
			g0 += g
			g1 += g * x
			h00 += h
			h01 += h * x
			h11 += h * x * x
		}
		det := h00*h11 - h01*h01
		if !(det > 0) {
			break
		}
		da, db := (h11*g0-h01*g1)/det, (h00*g1-h01*g0)/det
		after := cost(level+da, slope+db)
		for k := 0; k < 20 && !(after <= now+1e-12); k++ {
			da, db = da/2, db/2
			after = cost(level+da, slope+db)
		}
		if !(after <= now+1e-12) {
			break
		}
		level, slope = level+da, slope+db
		settled := now-after < 1e-9
		now = after
		if settled {
			break
		}
	}
	return now
}
