package chart

import "math"

// scale maps values to a length in the picture.
type scale struct{ low, high, from, to float64 }

func (s scale) at(v float64) float64 {
	if s.high == s.low {
		return s.from
	}
	return s.from + (v-s.low)/(s.high-s.low)*(s.to-s.from)
}

// ticks gives round values that cover low to high, about count of them, and a
// step that is 1, 2 or 5 times a power of ten. With whole set the step is at
// least one: half a person is no tick.
func ticks(low, high float64, count int, whole bool) []float64 {
	if high <= low {
		high = low + 1
	}
	step := niceStep((high - low) / float64(count))
	if whole && step < 1 {
		step = 1
	}
	first, last := math.Floor(low/step+1e-9), math.Ceil(high/step-1e-9)
	var out []float64
	for i := first; i <= last; i++ {
		out = append(out, i*step)
	}
	return out
}

func niceStep(raw float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	switch f := raw / power; {
	case f <= 1:
		return power
	case f <= 2:
		return 2 * power
	case f <= 5:
		return 5 * power
	}
	return 10 * power
}

// stepDecimals is how many decimals tick labels need.
func stepDecimals(values []float64) int {
	if len(values) < 2 {
		return 0
	}
	step := values[1] - values[0]
	return max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
}
