package proportion

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Level95 is the confidence level of every interval Judge reports.
const Level95 = 0.95

// Interval is a lower and an upper limit. It is written to JSON as [low, high].
type Interval [2]float64

// Low is the lower limit.
func (i Interval) Low() float64 { return i[0] }

// High is the upper limit.
func (i Interval) High() float64 { return i[1] }

// Wilson is the Wilson score interval for x successes in n trials, at the
// given confidence level (0.95 for a 95 % interval). The limits are
// proportions between 0 and 1. It is an error when n is below 1, x is outside
// 0 to n, or the level is not between 0 and 1.
func Wilson(x, n int, level float64) (Interval, error) {
	if err := checkCount(x, n, level); err != nil {
		return Interval{}, err
	}
	z := normalQuantile(level)
	p, size := float64(x)/float64(n), float64(n)
	centre := p + z*z/(2*size)
	spread := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	return pinned(x, n, (centre-spread)/scale, (centre+spread)/scale), nil
}

// Jeffreys is the equal-tailed interval of the Beta(x+1/2, n-x+1/2)
// distribution. The lower limit is 0 when x is 0 and the upper limit 1 when x
// is n (Brown, Cai and DasGupta 2001). Errors are those of Wilson.
func Jeffreys(x, n int, level float64) (Interval, error) {
	if err := checkCount(x, n, level); err != nil {
		return Interval{}, err
	}
	beta := distuv.Beta{Alpha: float64(x) + 0.5, Beta: float64(n-x) + 0.5}
	tail := (1 - level) / 2
	return pinned(x, n, beta.Quantile(tail), beta.Quantile(1-tail)), nil
}

// ClopperPearson is the interval that inverts the exact binomial test. It
// covers at least as often as it says, and is wider than it need be; it is
// here for comparison with reports that use it. Errors are those of Wilson.
func ClopperPearson(x, n int, level float64) (Interval, error) {
	if err := checkCount(x, n, level); err != nil {
		return Interval{}, err
	}
	tail := (1 - level) / 2
	limits := Interval{0, 1}
	if x > 0 {
		limits[0] = distuv.Beta{Alpha: float64(x), Beta: float64(n-x) + 1}.Quantile(tail)
	}
	if x < n {
		limits[1] = distuv.Beta{Alpha: float64(x) + 1, Beta: float64(n - x)}.Quantile(1 - tail)
	}
	return limits, nil
}

// pinned keeps rounding from moving a limit off 0 or 1, or past it.
func pinned(x, n int, low, high float64) Interval {
	limits := Interval{math.Max(0, low), math.Min(1, high)}
	if x == 0 {
		limits[0] = 0
	}
	if x == n {
		limits[1] = 1
	}
	return limits
}

// normalQuantile is the half-width, in standard errors, of a central normal
// interval at this level: 1.959964 for 0.95.
func normalQuantile(level float64) float64 {
	return distuv.UnitNormal.Quantile(1 - (1-level)/2)
}

func checkCount(x, n int, level float64) error {
	switch {
	case n < 1:
		return fmt.Errorf("a proportion needs a denominator of at least 1, got %d", n)
	case x < 0 || x > n:
		return fmt.Errorf("a numerator must lie between 0 and its denominator %d, got %d", n, x)
	}
	return checkLevel(level)
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("a confidence level must lie between 0 and 1 (0.95 for 95 %%), got %v", level)
	}
	return nil
}
