package trend

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Observation is one source in one month.
type Observation struct {
	// Month counts months. Calendar months are as ParseMonth gives them.
	Month  int
	Source string
	// Effort is how hard the source looked (searches, screenings, hours), above
	// 0; nil when it is not known.
	Effort *float64
	// Count is what was found: a whole number, 0 or more.
	Count float64
}

// ParseMonth reads the month column: a whole number from 1, or YYYY-MM, which
// becomes year*12 + month - 1. Calendar tells the two apart; a series must use
// one of them throughout.
func ParseMonth(text string) (month int, calendar bool, err error) {
	text = strings.TrimSpace(text)
	bad := fmt.Errorf("got %q; expected a month number from 1, or a month such as 2024-03", text)
	year, rest, dashed := strings.Cut(text, "-")
	if !dashed {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 12000 {
			return 0, false, bad
		}
		return n, false, nil
	}
	y, errY := strconv.Atoi(year)
	m, errM := strconv.Atoi(rest)
	if errY != nil || errM != nil || len(year) != 4 || len(rest) != 2 || y < 1000 || m < 1 || m > 12 {
		return 0, false, bad
	}
	return y*12 + m - 1, true, nil
}

// FormatMonth is the inverse of ParseMonth.
func FormatMonth(month int, calendar bool) string {
	if !calendar {
		return strconv.Itoa(month)
	}
	return fmt.Sprintf("%04d-%02d", month/12, month%12+1)
}

// maxSpan is the longest series taken, in months: a longer one is a mistake in
// a date, not four centuries of records.
const maxSpan = 1200

// series is the observations checked, in order of source and month.
type series struct {
	rows        []Observation
	sources     []string
	first, last int
}

func newSeries(in []Observation) (*series, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("there are no observations: expected one row a month and source")
	}
	seen := make(map[string]map[int]int)
	s := &series{first: math.MaxInt, last: math.MinInt}
	for i, o := range in {
		if err := checkObservation(i, o); err != nil {
			return nil, err
		}
		months := seen[o.Source]
		if months == nil {
			months = map[int]int{}
			seen[o.Source] = months
			s.sources = append(s.sources, o.Source)
		}
		if first, twice := months[o.Month]; twice {
			return nil, badrow.New(i, "month", o.Month, fmt.Sprintf("each month once for the source %q (already at record %d)", o.Source, first+1))
		}
		months[o.Month] = i
		s.first, s.last = min(s.first, o.Month), max(s.last, o.Month)
		if s.last-s.first >= maxSpan {
			return nil, badrow.New(i, "month", o.Month, fmt.Sprintf("a month within %d months of the others", maxSpan))
		}
	}
	s.rows = append([]Observation(nil), in...)
	sort.Strings(s.sources)
	sort.Slice(s.rows, func(a, b int) bool {
		if s.rows[a].Source != s.rows[b].Source {
			return s.rows[a].Source < s.rows[b].Source
		}
		return s.rows[a].Month < s.rows[b].Month
	})
	return s, nil
}

func checkObservation(i int, o Observation) error {
	switch {
	case o.Source == "":
		return badrow.New(i, "source", "", "the name of the source")
	case !(o.Count >= 0) || o.Count != math.Trunc(o.Count) || o.Count > 1e12:
		return badrow.New(i, "count", o.Count, "a whole number of at least 0")
	case o.Effort != nil && !(*o.Effort >= 1e-9 && *o.Effort <= 1e12):
		return badrow.New(i, "effort", *o.Effort, "a number above 0; leave the row out when nobody looked that month, or the cell blank when effort is not known")
	}
	return nil
}

// months is the number of months from first to last, both included.
func (s *series) months() int { return s.last - s.first + 1 }

// where keeps the rows that satisfy a condition; first and last stay, so that
// every model measures time from the same month.
func (s *series) where(keep func(Observation) bool) *series {
	out := &series{first: s.first, last: s.last}
	for _, o := range s.rows {
		if !keep(o) {
			continue
		}
		if len(out.sources) == 0 || out.sources[len(out.sources)-1] != o.Source {
			out.sources = append(out.sources, o.Source)
		}
		out.rows = append(out.rows, o)
	}
	return out
}

func (s *series) withEffort() *series {
	return s.where(func(o Observation) bool { return o.Effort != nil })
}

// constantPanel is the sources that reported in every month from first to
// last.
func (s *series) constantPanel() *series {
	reported := map[string]int{}
	for _, o := range s.rows {
		reported[o.Source]++
	}
	return s.where(func(o Observation) bool { return reported[o.Source] == s.months() })
}

// monthTotals adds up counts and effort by month; present says which months
// have a row at all.
func (s *series) monthTotals() (count, effort []float64, present []bool) {
	n := s.months()
	count, effort, present = make([]float64, n), make([]float64, n), make([]bool, n)
	for _, o := range s.rows {
		i := o.Month - s.first
		count[i] += o.Count
		present[i] = true
		if o.Effort != nil {
			effort[i] += *o.Effort
		}
	}
	return count, effort, present
}

// between adds up counts and effort of the months from a to b, both included.
func (s *series) between(a, b int) (count, effort float64) {
	for _, o := range s.rows {
		if o.Month >= a && o.Month <= b {
			count += o.Count
			if o.Effort != nil {
				effort += *o.Effort
			}
		}
	}
	return count, effort
}
