package prepost

import (
	"fmt"
	"math"
	"sort"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Point is one count. Effort and Control are given for every point or for
// none.
type Point struct {
	Time    float64  // any unit, such as months; one row for every step
	Count   float64  // whole, 0 or more
	Effort  *float64 // above 0
	Control *float64 // count of the control series, whole, 0 or more
}

// check returns the points in time order.
func check(in []Point) ([]Point, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("there are no points: expected one row a time with its count")
	}
	seen := make(map[float64]int, len(in))
	for i, p := range in {
		switch {
		case math.IsNaN(p.Time) || math.Abs(p.Time) > 1e9:
			return nil, badrow.New(i, "time", p.Time, "a number")
		case !wholeCount(p.Count):
			return nil, badrow.New(i, "count", p.Count, "a whole number of at least 0")
		case (p.Effort == nil) != (in[0].Effort == nil):
			return nil, badrow.New(i, "effort", "", "effort on every row or on none")
		case p.Effort != nil && !(*p.Effort >= 1e-9 && *p.Effort <= 1e12):
			return nil, badrow.New(i, "effort", *p.Effort, "a number above 0")
		case (p.Control == nil) != (in[0].Control == nil):
			return nil, badrow.New(i, "control", "", "a control count on every row or on none")
		case p.Control != nil && !wholeCount(*p.Control):
			return nil, badrow.New(i, "control", *p.Control, "a whole number of at least 0")
		}
		if first, twice := seen[p.Time]; twice {
			return nil, badrow.New(i, "time", p.Time, fmt.Sprintf("each time once (already at record %d)", first+1))
		}
		seen[p.Time] = i
	}
	out := append([]Point(nil), in...)
	sort.Slice(out, func(a, b int) bool { return out[a].Time < out[b].Time })
	return out, nil
}

func wholeCount(v float64) bool { return v >= 0 && v == math.Trunc(v) && v <= 1e12 }

// gap says where points seem to be missing: a step between neighbouring points
// that is longer than the commonest one. "" when there is none.
func gap(points []Point) string {
	steps := map[float64]int{}
	for i := 1; i < len(points); i++ {
		steps[round(points[i].Time-points[i-1].Time)]++
	}
	common, most := 0.0, 0
	for step, n := range steps {
		if n > most || n == most && step < common {
			common, most = step, n
		}
	}
	where, missing := "", 0
	for i := 1; i < len(points); i++ {
		if round(points[i].Time-points[i-1].Time) > common {
			if missing++; missing == 1 {
				where = fmt.Sprintf("after point %d of %d", i, len(points))
			}
		}
	}
	switch missing {
	case 0:
		return ""
	case 1:
		return "a time seems to be missing " + where + ": a time with nothing found needs a row with count 0, and one nobody reported leaves the trend and its error unknown there"
	}
	return fmt.Sprintf("times seem to be missing in %d places, first %s: a time with nothing found needs a row with count 0, and one nobody reported leaves the trend and its error unknown there", missing, where)
}

// round keeps steps computed from decimal times comparable.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }
