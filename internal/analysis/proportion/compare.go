package proportion

import (
	"fmt"
	"math"
)

// Difference is one proportion less another, with its interval.
type Difference struct {
	Estimate float64  `json:"estimate"` // between -1 and 1
	Interval Interval `json:"interval95"`
}

// Newcombe compares a of m with b of n, two groups of different people: the
// difference a/m - b/n with Newcombe's hybrid score interval, built from the
// two Wilson intervals.
func Newcombe(a, m, b, n int, level float64) (Difference, error) {
	first, err := Wilson(a, m, level)
	if err != nil {
		return Difference{}, fmt.Errorf("first group: %w", err)
	}
	second, err := Wilson(b, n, level)
	if err != nil {
		return Difference{}, fmt.Errorf("second group: %w", err)
	}
	p, q := float64(a)/float64(m), float64(b)/float64(n)
	d := p - q
	return Difference{
		Estimate: d,
		Interval: Interval{
			math.Max(-1, d-math.Hypot(p-first.Low(), second.High()-q)),
			math.Min(1, d+math.Hypot(first.High()-p, q-second.Low())),
		},
	}, nil
}

// MinEventsForRate is the fewest events in a group for which a relative rate
// is worked out; below it only the count may be shown.
const MinEventsForRate = 5

// FourFifths is the lower edge of the band in which two rates are treated as
// alike, by the four-fifths convention; the upper edge is its inverse, 1.25.
const FourFifths = 0.8

// RelativeRate compares the rate in a group with the rate in a reference
// group.
type RelativeRate struct {
	Events          int `json:"events"`
	Population      int `json:"population"`
	ReferenceEvents int `json:"reference_events"`
	ReferencePop    int `json:"reference_population"`
	// Ratio and Interval are nil when either group has fewer than
	// MinEventsForRate events; Reason then says so.
	Ratio    *float64  `json:"ratio"`
	Interval *Interval `json:"interval95"`
	// OutsideFourFifths is true when the whole interval lies outside 0.8 to
	// 1.25.
	OutsideFourFifths bool   `json:"outside_four_fifths"`
	Reason            string `json:"reason,omitempty"`
}

// Relative is the rate events/population over the rate in the reference
// group, with a log-normal interval whose standard error is
// sqrt(1/a - 1/n + 1/b - 1/m). At each decision point the population should be
// the people who reached the stage before it.
func Relative(events, population, refEvents, refPopulation int, level float64) (RelativeRate, error) {
	rate := RelativeRate{Events: events, Population: population, ReferenceEvents: refEvents, ReferencePop: refPopulation}
	if err := checkCount(events, population, level); err != nil {
		return RelativeRate{}, fmt.Errorf("group: %w", err)
	}
	if err := checkCount(refEvents, refPopulation, level); err != nil {
		return RelativeRate{}, fmt.Errorf("reference group: %w", err)
	}
	if events < MinEventsForRate || refEvents < MinEventsForRate {
		rate.Reason = fmt.Sprintf("fewer than %d events in a group: counts only", MinEventsForRate)
		return rate, nil
	}
	a, n, b, m := float64(events), float64(population), float64(refEvents), float64(refPopulation)
	ratio := (a / n) / (b / m)
	half := normalQuantile(level) * math.Sqrt(math.Max(0, 1/a-1/n+1/b-1/m))
	interval := Interval{ratio * math.Exp(-half), ratio * math.Exp(half)}
	rate.Ratio, rate.Interval = &ratio, &interval
	rate.OutsideFourFifths = interval.Low() > 1/FourFifths || interval.High() < FourFifths
	return rate, nil
}
