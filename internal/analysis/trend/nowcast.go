package trend

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"lantern.example/lantern/internal/analysis/badrow"
	"lantern.example/lantern/internal/analysis/proportion"
)

// Delay is how many events of a week were reported this many weeks after it.
// Pairs of week and delay that are not listed stand for zero.
type Delay struct {
	Week  int // counts weeks, as ParseWeek gives them
	Label string
	Delay int // weeks, from 0
	Count float64
}

// ParseWeek reads the event_week column: a whole number, an ISO week such as
// 2024-W05, or a date, which stands for its week. Weeks of the two calendar
// forms count Mondays from that of 1 January 1970's week.
func ParseWeek(text string) (int, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n < 1e6 {
		return n, nil
	}
	if year, week, ok := strings.Cut(text, "-W"); ok {
		y, errY := strconv.Atoi(year)
		w, errW := strconv.Atoi(week)
		if errY == nil && errW == nil && len(year) == 4 && w >= 1 && w <= 53 {
			// The 4th of January is always in week 1.
			start := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC)
			return mondays(start) + w - 1, nil
		}
	}
	if d, err := time.Parse("2006-01-02", text); err == nil {
		return mondays(d), nil
	}
	return 0, fmt.Errorf("got %q; expected a week number, an ISO week such as 2024-W05, or a date such as 2024-01-29", text)
}

// mondays counts weeks that begin on a Monday; 1 January 1970 was a Thursday.
func mondays(d time.Time) int {
	days := int(d.Unix()/86400) + 3
	return int(math.Floor(float64(days) / 7))
}

// Completed is a week as reported so far and as it is expected to end.
type Completed struct {
	Week         string               `json:"week"`
	Reported     float64              `json:"reported"`
	Completeness float64              `json:"completeness"` // share expected to be in by now
	Estimate     float64              `json:"estimate"`
	Interval     *proportion.Interval `json:"interval95"` // nil when nothing was reported yet
	// Provisional weeks are less than 80 % complete and should be drawn grey.
	Provisional bool `json:"provisional"`
}

// provisionalBelow is the completeness under which a week is greyed.
const provisionalBelow = 0.8

// maxTriangle bounds weeks times delays.
const maxTriangle = 4_000_000

// Nowcast completes recent weeks by the chain ladder: weeks that are older
// tell by what factor reports grow from one delay to the next. The latest report
// in the table is taken as now. Intervals are log-normal with Mack's standard
// error, and never below what is already reported.
func Nowcast(in []Delay) ([]Completed, error) {
	tri, err := newTriangle(in)
	if err != nil {
		return nil, err
	}
	factor, sigma2, base := tri.development()
	out := make([]Completed, len(tri.weeks))
	for i := range tri.weeks {
		out[i] = tri.complete(i, factor, sigma2, base)
	}
	return out, nil
}

// triangle holds cumulative reports: cum[week][delay], known up to reach(week).
type triangle struct {
	weeks  []string
	cum    [][]float64
	first  int
	latest int // the week in which the latest report came
	depth  int // largest delay
}

func newTriangle(in []Delay) (*triangle, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("there are no rows: expected event_week, delay and count")
	}
	first, last, latest, depth := math.MaxInt, math.MinInt, math.MinInt, 0
	seen := map[[2]int]bool{}
	for i, d := range in {
		switch {
		case d.Delay < 0 || d.Delay > 5200:
			return nil, badrow.New(i, "delay", d.Delay, "a whole number of weeks from 0")
		case !(d.Count >= 0) || d.Count != math.Trunc(d.Count) || d.Count > 1e12:
			return nil, badrow.New(i, "count", d.Count, "a whole number of at least 0")
		case seen[[2]int{d.Week, d.Delay}]:
			return nil, badrow.New(i, "delay", d.Delay, "each week and delay once")
		}
		seen[[2]int{d.Week, d.Delay}] = true
		first, last = min(first, d.Week), max(last, d.Week)
		latest, depth = max(latest, d.Week+d.Delay), max(depth, d.Delay)
	}
	if (last-first+1)*(depth+1) > maxTriangle {
		return nil, fmt.Errorf("the weeks run from %d to %d with delays up to %d: expected a table of at most %d cells", first, last, depth, maxTriangle)
	}
	t := &triangle{first: first, latest: latest, depth: depth}
	t.weeks, t.cum = make([]string, last-first+1), make([][]float64, last-first+1)
	for i := range t.cum {
		t.weeks[i], t.cum[i] = strconv.Itoa(first+i), make([]float64, depth+1)
	}
	rows := append([]Delay(nil), in...)
	sort.SliceStable(rows, func(a, b int) bool { return rows[a].Week < rows[b].Week })
	for _, d := range rows {
		t.cum[d.Week-first][d.Delay] = d.Count
		if d.Label != "" {
			t.weeks[d.Week-first] = d.Label
		}
	}
	for _, row := range t.cum {
		for d := 1; d <= depth; d++ {
			row[d] += row[d-1]
		}
	}
	return t, nil
}

// reach is the largest delay whose reports from week i are in.
func (t *triangle) reach(i int) int { return max(0, min(t.depth, t.latest-t.first-i)) }

// development gives for each delay the factor to the next, Mack's variance
// parameter and the sum of reports it rests on.
func (t *triangle) development() (factor, sigma2, base []float64) {
	factor, sigma2, base = make([]float64, t.depth), make([]float64, t.depth), make([]float64, t.depth)
	for d := range t.depth {
		var from, to float64
		weeks := 0
		for i, row := range t.cum {
			if t.reach(i) > d {
				from, to = from+row[d], to+row[d+1]
				if row[d] > 0 {
					weeks++
				}
			}
		}
		factor[d], base[d] = 1, from
		if from > 0 {
			factor[d] = to / from
		}
		if weeks > 1 {
			for i, row := range t.cum {
				if t.reach(i) > d && row[d] > 0 {
					e := row[d+1]/row[d] - factor[d]
					sigma2[d] += row[d] * e * e / float64(weeks-1)
				}
			}
		} else if d > 1 {
			// Mack's rule for the corner with a single week.
			sigma2[d] = math.Min(sigma2[d-1], sigma2[d-2])
			if sigma2[d-2] > 0 {
				sigma2[d] = math.Min(sigma2[d], sigma2[d-1]*sigma2[d-1]/sigma2[d-2])
			}
		}
	}
	return factor, sigma2, base
}

// complete projects week i to the largest delay.
func (t *triangle) complete(i int, factor, sigma2, base []float64) Completed {
	at := t.reach(i)
	reported := t.cum[i][at]
	estimate, variance := reported, 0.0
	for d := at; d < t.depth; d++ {
		if estimate > 0 && factor[d] > 0 {
			v := sigma2[d] / (factor[d] * factor[d]) * (1/estimate + 1/math.Max(base[d], 1))
			variance += v
		}
		estimate *= factor[d]
	}
	growth := 1.0
	for d := at; d < t.depth; d++ {
		growth *= factor[d]
	}
	c := Completed{Week: t.weeks[i], Reported: reported, Completeness: 1 / growth, Estimate: estimate}
	c.Provisional = c.Completeness < provisionalBelow
	if reported > 0 {
		spread := math.Sqrt(math.Log1p(variance))
		z := distuv.UnitNormal.Quantile(0.975)
		c.Interval = &proportion.Interval{math.Max(reported, estimate*math.Exp(-z*spread)), math.Max(estimate, estimate*math.Exp(z*spread))}
	}
	return c
}
