package proportion

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// McNemar is the two-sided exact p value for paired change: if better and
// worse were equally likely, how often would a split at least this uneven
// occur? People who did not change carry no information and are not counted.
// With nobody changed the answer is 1.
func McNemar(better, worse int) (float64, error) {
	if better < 0 || worse < 0 {
		return 0, fmt.Errorf("counts of better and worse must not be negative, got %d and %d", better, worse)
	}
	n := better + worse
	if n == 0 {
		return 1, nil
	}
	fewer := min(better, worse)
	tail := distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(fewer))
	return math.Min(1, 2*tail), nil
}

// reliableZ is the size of the index beyond which a change is called
// reliable; Jacobson and Truax write it as 1.96.
const reliableZ = 1.96

// ReliableChange is one person's change set against the error of the
// instrument.
type ReliableChange struct {
	Change    float64 // follow-up less baseline, in points of the scale
	Index     float64 // change over the standard error of a difference
	Threshold float64 // points of change beyond which it is reliable
	Reliable  bool    // |Index| > 1.96
}

// Reliable is the Jacobson-Truax index: the change over SD*sqrt(1-r)*sqrt(2),
// where sd is the spread of scores in the population the scale was tested on
// and reliability its test-retest reliability r.
func Reliable(baseline, followup, sd, reliability float64) (ReliableChange, error) {
	if err := checkFinite("baseline", baseline); err != nil {
		return ReliableChange{}, err
	}
	if err := checkFinite("follow-up", followup); err != nil {
		return ReliableChange{}, err
	}
	threshold, err := ReliableThreshold(sd, reliability)
	if err != nil {
		return ReliableChange{}, err
	}
	change := followup - baseline
	index := change / (threshold / reliableZ)
	return ReliableChange{change, index, threshold, math.Abs(index) > reliableZ}, nil
}

// ReliableThreshold is the change, in points, beyond which a change is
// reliable on a scale with this standard deviation and reliability.
func ReliableThreshold(sd, reliability float64) (float64, error) {
	if !(sd > 0) || math.IsInf(sd, 0) {
		return 0, fmt.Errorf("a scale's standard deviation must be above 0, got %v", sd)
	}
	if !(reliability > 0 && reliability < 1) {
		return 0, fmt.Errorf("a scale's reliability must lie between 0 and 1, got %v", reliability)
	}
	return reliableZ * sd * math.Sqrt(1-reliability) * math.Sqrt2, nil
}

// RegressionToMean is the change to be expected with no effect at all, because
// people are taken on when they are at their worst.
type RegressionToMean struct {
	ExpectedFollowup float64 `json:"expected_followup"` // mean score, without any effect
	ExpectedChange   float64 `json:"expected_change"`   // points; added to or taken off what was seen
}

// Regression is the mean follow-up expected with no effect when people with
// this mean baseline were selected from a population with mean populationMean,
// by a scale whose test-retest correlation is r: the change is
// (r-1)*(baseline mean - population mean).
func Regression(populationMean, baselineMean, r float64) (RegressionToMean, error) {
	if err := checkFinite("population mean", populationMean); err != nil {
		return RegressionToMean{}, err
	}
	if err := checkFinite("baseline mean", baselineMean); err != nil {
		return RegressionToMean{}, err
	}
	if !(r >= 0 && r <= 1) {
		return RegressionToMean{}, fmt.Errorf("a test-retest correlation must lie between 0 and 1, got %v", r)
	}
	change := (r - 1) * (baselineMean - populationMean)
	return RegressionToMean{baselineMean + change, change}, nil
}

// MeanChange is the average of paired changes with a Student t interval.
type MeanChange struct {
	N        int       `json:"n"`
	Estimate float64   `json:"estimate"`   // points, follow-up less baseline
	Interval *Interval `json:"interval95"` // nil with fewer than two people
}

// Paired is the mean of the changes, each one person's follow-up less
// baseline.
func Paired(changes []float64, level float64) (MeanChange, error) {
	if len(changes) == 0 {
		return MeanChange{}, fmt.Errorf("a mean change needs at least 1 person with both scores")
	}
	if err := checkLevel(level); err != nil {
		return MeanChange{}, err
	}
	for i, c := range changes {
		if err := checkFinite(fmt.Sprintf("change %d", i+1), c); err != nil {
			return MeanChange{}, err
		}
	}
	n := len(changes)
	if n == 1 {
		return MeanChange{N: 1, Estimate: changes[0]}, nil
	}
	mean, sd := stat.MeanStdDev(changes, nil)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(1 - (1-level)/2)
	half := t * sd / math.Sqrt(float64(n))
	return MeanChange{n, mean, &Interval{mean - half, mean + half}}, nil
}

func checkFinite(what string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%s must be a number, got %v", what, v)
	}
	return nil
}
