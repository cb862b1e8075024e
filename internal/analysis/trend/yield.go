package trend

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"lantern.example/lantern/internal/analysis/proportion"
)

// Yield is what the constant panel found per unit of effort, by periods of
// twelve months from the first.
type Yield struct {
	Periods []Period `json:"periods"`
	Reading string   `json:"reading"`
}

// Period is a stretch of months.
type Period struct {
	From     string              `json:"from"`
	To       string              `json:"to"` // included
	Months   int                 `json:"months"`
	Count    float64             `json:"count"`
	Effort   float64             `json:"effort"`
	Yield    float64             `json:"yield"` // count per unit of effort
	Interval proportion.Interval `json:"interval95"`
}

// yieldOf is nil when the panel has no effort.
func yieldOf(panel *series, opt Options) *Yield {
	if len(panel.withEffort().rows) == 0 {
		return nil
	}
	y := &Yield{Periods: []Period{}}
	for from := panel.first; from <= panel.last; from += 12 {
		to := min(from+11, panel.last)
		count, effort := panel.between(from, to)
		y.Periods = append(y.Periods, Period{
			From: FormatMonth(from, opt.Calendar), To: FormatMonth(to, opt.Calendar), Months: to - from + 1,
			Count: count, Effort: effort, Yield: count / effort, Interval: yieldInterval(count, effort),
		})
	}
	return y
}

// yieldInterval is Wilson's when effort is a number of tries (whole, and at
// least the number found), and Garwood's exact Poisson interval otherwise.
func yieldInterval(count, effort float64) proportion.Interval {
	if effort == math.Trunc(effort) && count <= effort && effort < 1<<31 {
		if limits, err := proportion.Wilson(int(count), int(effort), proportion.Level95); err == nil {
			return limits
		}
	}
	low := 0.0
	if count > 0 {
		low = distuv.Gamma{Alpha: count, Beta: 1}.Quantile(0.025)
	}
	high := distuv.Gamma{Alpha: count + 1, Beta: 1}.Quantile(0.975)
	return proportion.Interval{low / effort, high / effort}
}

// readYield says what volume and yield together mean. Volume is the panel's
// slope without effort; the slope with effort as an offset is the slope of its
// yield.
func readYield(volume, perUnit *Slope) string {
	up := func(s *Slope) bool { low, _ := s.limits(); return low > 0 }
	down := func(s *Slope) bool { _, high := s.limits(); return high < 0 }
	switch {
	case up(volume) && down(perUnit):
		return "volume rose and yield fell: more was looked for, with less found each time"
	case up(volume) && up(perUnit):
		return "volume and yield both rose: growth, or better targeting"
	case up(volume):
		return "volume rose and yield held: more was looked for and as much found each time, which is growth or looking in the right places"
	case down(volume) && up(perUnit):
		return "volume fell and yield rose: less was looked for, better aimed, or there is more to find"
	case down(volume) && down(perUnit):
		return "volume and yield both fell"
	case down(volume):
		return "volume fell and yield held: less was looked for"
	case up(perUnit):
		return "volume held and yield rose: as much was found with less looking"
	case down(perUnit):
		return "volume held and yield fell: more looking found no more"
	}
	return "neither volume nor yield changed by more than chance"
}
