// Package nearrepeat asks whether events that are near each other in space are
// also near each other in time more often than chance would have it: whether
// one event raises, for a while, the chance of another close by.
//
// # Method
//
// The Knox test. Every pair of events falls into a band of distance and a band
// of days, both half-open: [from, to) holds from but not to. The observed number
// of pairs in each cell is compared with what is found when the dates are dealt
// out among the places at random, B times. The expected number needs no
// simulation: with S pairs in the band of distance, T pairs in the band of days
// and n events it is S T / (n(n-1)/2). The p-value does:
//
//	p = (1 + #{simulated >= observed}) / (B + 1)
//
// and is exact for the permutation test whatever B. Only pairs near in space
// are ever looked at, which is what makes it fast; a last, open band of distance
// is everything else and follows by subtraction.
//
// # Assumptions
//
// The day of each event is known, and its place is its own: positions moved to
// street centres, and months in place of days, make pairs that are not there, so
// both are refused. Places and dates are unrelated unless near repeats exist: a
// neighbourhood that changes during the period (built, emptied, newly patrolled)
// breaks this and looks like near repeats. An event recorded twice is a perfect
// near repeat, so such pairs are counted in a warning.
//
// # Random numbers
//
// Permutation k is drawn from a PCG generator seeded with (seed, k): the answer
// does not depend on the number of threads.
//
// # Sources
//
// Knox (1964), "The detection of space-time interactions", Applied Statistics
// 13:25-29; Barton and David (1966) for the expectation; Ratcliffe and Rengert
// (2008), "Near-repeat patterns in Philadelphia shootings", Security Journal
// 21:58-76; Phipson and Smyth (2010) for p.
package nearrepeat

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lantern.example/lantern/internal/geo"
)

// Metric is how distance is measured.
type Metric string

// The metrics: along streets at right angles, or in a straight line.
const (
	Manhattan Metric = "manhattan"
	Euclidean Metric = "euclidean"
)

// Event is one dated, located event.
type Event struct {
	X, Y float64   // metres
	Date time.Time // its calendar day counts; the time of day does not
}

// Options says how to look. Nil edges are the usual ones: same place, then 100 m
// steps to 400 m; weeks to 29 days.
type Options struct {
	Distance     []float64 // edges of the bands, ascending; the last may be +Inf
	Days         []float64 // likewise, whole days
	Metric       Metric    // empty means Manhattan
	Permutations int       // 0 means 999
	Seed         uint64
	Threads      int
	Snapped      bool // positions were moved before publication (data.police.uk)
	MonthsOnly   bool // dates are known to the month only
}

// Band is the interval [From, To); a nil To is open.
type Band struct {
	From float64  `json:"from"`
	To   *float64 `json:"to"`
}

// Cell is a band of distance by a band of days.
type Cell struct {
	Distance Band     `json:"distance"` // metres
	Days     Band     `json:"days"`
	Observed int      `json:"observed"` // pairs
	Expected float64  `json:"expected"` // pairs, mean over all permutations
	Ratio    *float64 `json:"ratio"`    // observed over expected; nil when none are expected
	P        float64  `json:"p"`
}

// Result is the answer; cells run through the days within each distance.
type Result struct {
	Events       int      `json:"events"`
	Pairs        int      `json:"pairs"`       // of all events
	ClosePairs   int      `json:"close_pairs"` // nearer than the last finite edge
	Metric       Metric   `json:"metric"`
	Permutations int      `json:"permutations"`
	Bands        []Cell   `json:"bands"`
	Sentence     *string  `json:"sentence"`
	Refused      bool     `json:"refused"`
	Reasons      []string `json:"reasons"`
	Warnings     []string `json:"warnings"`
}

const (
	defaultPermutations = 999
	maxPermutations     = 1_000_000
	maxPairs            = 200_000_000 // held in memory at 12 bytes each
	significant         = 0.05
)

func (o Options) normalise() (Options, error) {
	if o.Distance == nil {
		o.Distance = []float64{0, 1, 100, 200, 300, 400}
	}
	if o.Days == nil {
		o.Days = []float64{0, 8, 15, 22, 29}
	}
	o.Metric = cmp.Or(o.Metric, Manhattan)
	o.Permutations = cmp.Or(o.Permutations, defaultPermutations)
	o.Threads = max(1, o.Threads)
	if o.Metric != Manhattan && o.Metric != Euclidean {
		return o, fmt.Errorf("the metric is %q: expected %q or %q", o.Metric, Manhattan, Euclidean)
	}
	if o.Permutations < 1 || o.Permutations > maxPermutations {
		return o, fmt.Errorf("%d permutations: expected 1 to %d", o.Permutations, maxPermutations)
	}
	if err := checkEdges("distance", o.Distance); err != nil {
		return o, err
	}
	for _, d := range o.Days {
		if !math.IsInf(d, 1) && d != math.Trunc(d) {
			return o, fmt.Errorf("an edge of the days is %v: expected whole days", d)
		}
	}
	return o, checkEdges("days", o.Days)
}

// checkEdges wants at least one band, ascending, from zero or more.
func checkEdges(what string, edges []float64) error {
	if len(edges) < 2 {
		return fmt.Errorf("the %s has %d edges: expected at least two, which make one band", what, len(edges))
	}
	for k, e := range edges {
		switch {
		case math.IsNaN(e) || e < 0:
			return fmt.Errorf("edge %d of the %s is %v: expected a number from 0", k+1, what, e)
		case k > 0 && e <= edges[k-1]:
			return fmt.Errorf("edge %d of the %s is %v after %v: expected a larger one", k+1, what, e, edges[k-1])
		case math.IsInf(e, 1) && k < len(edges)-1:
			return fmt.Errorf("edge %d of the %s is infinite: only the last may be", k+1, what)
		}
	}
	return nil
}

// Knox tests for near repeats. A coordinate that is not a number is an error;
// data that cannot answer (snapped positions, months, one place, one day, fewer
// than two events) give a refused result with reasons.
func Knox(events []Event, opt Options) (Result, error) {
	opt, err := opt.normalise()
	if err != nil {
		return Result{}, err
	}
	for i, e := range events {
		if math.IsNaN(e.X) || math.IsInf(e.X, 0) || math.IsNaN(e.Y) || math.IsInf(e.Y, 0) {
			return Result{}, fmt.Errorf("event %d lies at (%v, %v): expected two numbers", i+1, e.X, e.Y)
		}
	}
	res := Result{Events: len(events), Pairs: len(events) * (len(events) - 1) / 2, Metric: opt.Metric, Permutations: opt.Permutations, Reasons: []string{}, Warnings: []string{}}
	s := newStudy(events, opt)
	if reasons := s.refusal(); len(reasons) > 0 {
		res.Refused, res.Reasons = true, reasons
		return res, nil
	}
	if err := s.findPairs(); err != nil {
		return Result{}, err
	}
	res.ClosePairs = len(s.pairs)
	res.Bands = s.test()
	res.Warnings = s.warnings()
	sentence := describe(res.Bands, len(events), opt)
	res.Sentence = &sentence
	return res, nil
}

// study is the events in the form the test needs.
type study struct {
	opt    Options
	events []Event
	x, y   []float64 // ascending x
	day    []int32   // days since the first event
	last   int32     // the largest of them
	pairs  []pair
	// counts has one row for each band of distance, with one number for each band
	// of days. Row 0 and column 0 are nearer than the first edge.
	rows, columns int
}

// pair is two events near in space: positions in x order and band of distance.
type pair struct {
	a, b int32
	row  int32
}

func newStudy(events []Event, opt Options) *study {
	s := &study{opt: opt, events: slices.Clone(events), rows: len(opt.Distance), columns: len(opt.Days)}
	slices.SortStableFunc(s.events, func(a, b Event) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(a.Y, b.Y)) })
	first := int64(math.MaxInt64)
	for _, e := range s.events {
		first = min(first, dayNumber(e.Date))
	}
	for _, e := range s.events {
		s.x, s.y = append(s.x, e.X), append(s.y, e.Y)
		d := int32(dayNumber(e.Date) - first)
		s.day = append(s.day, d)
		s.last = max(s.last, d)
	}
	return s
}

// dayNumber counts days from a fixed one.
func dayNumber(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400
}

// refusal says why the data cannot answer.
func (s *study) refusal() []string {
	var why []string
	if s.opt.Snapped {
		why = append(why, geo.SnapSupports(geo.UseNearRepeat, 0).Reason)
	}
	switch n := len(s.x); {
	case n < 2:
		why = append(why, map[int]string{0: "there are no events: two are needed to make a pair", 1: "there is one event: two are needed to make a pair"}[n])
	case s.opt.MonthsOnly:
		why = append(why, "only the month of the events is known: days between them cannot be counted")
	case s.last == 0:
		why = append(why, "all events are on the same day: there are no dates to deal out")
	case s.firstsOfMonths():
		why = append(why, fmt.Sprintf("all %d events are dated the first of a month: the dates seem to be months", n))
	case s.x[0] == s.x[n-1] && slices.Min(s.y) == slices.Max(s.y):
		why = append(why, "all events are at the same place: none is nearer than another")
	case s.last > maxSpan:
		why = append(why, fmt.Sprintf("the events are spread over %d days: a date is probably wrong", s.last))
	}
	return why
}

// maxSpan is a thousand years of days.
const maxSpan = 366_000

// firstsOfMonths recognises months written as dates. With eight true dates the
// chance that all are firsts is below one in a million million.
func (s *study) firstsOfMonths() bool {
	return len(s.events) >= 8 && !slices.ContainsFunc(s.events, func(e Event) bool { return e.Date.Day() != 1 })
}

// findPairs sweeps from west to east and keeps the pairs nearer than the last
// finite edge.
func (s *study) findPairs() error {
	reach := s.opt.Distance[len(s.opt.Distance)-1]
	if math.IsInf(reach, 1) {
		reach = s.opt.Distance[len(s.opt.Distance)-2]
	}
	for i := range s.x {
		for j := i + 1; j < len(s.x) && s.x[j]-s.x[i] < reach; j++ {
			d := s.distance(i, j)
			if !(d < reach) {
				continue
			}
			if len(s.pairs) == maxPairs {
				return fmt.Errorf("more than %d pairs are nearer than %g m: use shorter distances", maxPairs, reach)
			}
			s.pairs = append(s.pairs, pair{int32(i), int32(j), int32(bandOf(s.opt.Distance, d))})
		}
	}
	return nil
}

// distance is rounded to a micrometre, so that 100 m is 100 m and lands in the
// band that begins there whatever the coordinates' decimals do to the sum.
func (s *study) distance(i, j int) float64 {
	dx, dy := math.Abs(s.x[i]-s.x[j]), math.Abs(s.y[i]-s.y[j])
	d := dx + dy
	if s.opt.Metric == Euclidean {
		d = math.Hypot(dx, dy)
	}
	return math.Round(d*1e6) / 1e6
}

// bandOf is the number of edges not above v: 0 before the first, k in [k-1, k).
func bandOf(edges []float64, v float64) int {
	k := 0
	for k < len(edges) && v >= edges[k] {
		k++
	}
	return k
}

// test counts, expects and permutes.
func (s *study) test() []Cell {
	column := s.columnOfGap()
	inDays := s.pairsByDays()
	observed := s.count(s.day, column, inDays, nil)
	reached := s.permute(column, inDays, observed)
	all := float64(len(s.x)) * float64(len(s.x)-1) / 2
	var cells []Cell
	for r := 1; r < s.rows; r++ {
		inBand := 0
		for c := range s.columns + 1 {
			inBand += observed[r*(s.columns+1)+c]
		}
		for c := 1; c < s.columns; c++ {
			k := r*(s.columns+1) + c
			cell := Cell{Distance: band(s.opt.Distance, r), Days: band(s.opt.Days, c), Observed: observed[k],
				Expected: float64(inBand) * float64(inDays[c]) / all, P: float64(1+reached[k]) / float64(s.opt.Permutations+1)}
			if cell.Expected > 0 {
				ratio := float64(cell.Observed) / cell.Expected
				cell.Ratio = &ratio
			}
			cells = append(cells, cell)
		}
	}
	return cells
}

func band(edges []float64, k int) Band {
	b := Band{From: edges[k-1]}
	if !math.IsInf(edges[k], 1) {
		b.To = &edges[k]
	}
	return b
}

// columnOfGap looks up the band of days of every possible gap.
func (s *study) columnOfGap() []uint16 {
	out := make([]uint16, s.last+1)
	for gap := range out {
		out[gap] = uint16(bandOf(s.opt.Days, float64(gap)))
	}
	return out
}

// pairsByDays counts all pairs of events by band of days. Dealing the dates out
// anew does not change it.
func (s *study) pairsByDays() []int {
	upTo := make([]int, s.last+2) // events before day d
	for _, d := range s.day {
		upTo[d+1]++
	}
	for d := range s.last + 1 {
		upTo[d+1] += upTo[d]
	}
	below := func(edge float64) int { // pairs with a smaller gap
		sum := 0
		for d := range s.last + 1 {
			n, from := upTo[d+1]-upTo[d], max(0, float64(d)-edge+1)
			if edge >= 1 {
				sum += n*(n-1)/2 + n*(upTo[d]-upTo[int(from)])
			}
		}
		return sum
	}
	out := make([]int, s.columns+1)
	before := 0
	for c, edge := range s.opt.Days {
		now := below(edge)
		out[c], before = now-before, now
	}
	out[s.columns] = len(s.day)*(len(s.day)-1)/2 - before
	return out
}

// count fills a table of pairs by band of distance and band of days for one way
// of dealing out the dates; into is reused when given.
func (s *study) count(day []int32, column []uint16, inDays, into []int) []int {
	w := s.columns + 1
	if into == nil {
		into = make([]int, (s.rows+1)*w)
	}
	clear(into)
	for _, p := range s.pairs {
		gap := day[p.a] - day[p.b]
		if gap < 0 {
			gap = -gap
		}
		into[int(p.row)*w+int(column[gap])]++
	}
	if math.IsInf(s.opt.Distance[s.rows-1], 1) { // all the rest lie in the open band
		for c := range w {
			rest := inDays[c]
			for r := range s.rows - 1 {
				rest -= into[r*w+c]
			}
			into[(s.rows-1)*w+c] = rest
		}
	}
	return into
}

// permute deals the dates out again and again and counts how often each cell
// reaches what was observed.
func (s *study) permute(column []uint16, inDays, observed []int) []int {
	reached := make([]int, len(observed))
	var lock sync.Mutex
	var next atomic.Int64
	var wg sync.WaitGroup
	for range s.opt.Threads {
		wg.Go(func() {
			mine, table := make([]int, len(observed)), make([]int, len(observed))
			day := make([]int32, len(s.day))
			for {
				k := next.Add(1) - 1
				if k >= int64(s.opt.Permutations) {
					break
				}
				copy(day, s.day)
				r := rand.New(rand.NewPCG(s.opt.Seed, uint64(k)))
				r.Shuffle(len(day), func(i, j int) { day[i], day[j] = day[j], day[i] })
				for i, n := range s.count(day, column, inDays, table) {
					if n >= observed[i] {
						mine[i]++
					}
				}
			}
			lock.Lock()
			defer lock.Unlock()
			for i, n := range mine {
				reached[i] += n
			}
		})
	}
	wg.Wait()
	return reached
}

// warnings points at what could make the answer wrong.
func (s *study) warnings() []string {
	out := []string{}
	twice, shared := 0, map[int]bool{}
	for _, p := range s.pairs {
		if s.x[p.a] == s.x[p.b] && s.y[p.a] == s.y[p.b] {
			shared[int(p.a)], shared[int(p.b)] = true, true
			if s.day[p.a] == s.day[p.b] {
				twice++
			}
		}
	}
	if twice > 0 {
		out = append(out, fmt.Sprintf("%d pairs share place and day: make sure they are not one event recorded twice", twice))
	}
	if 2*len(shared) > len(s.x) {
		out = append(out, fmt.Sprintf("%d of %d events share their position exactly with another: if positions were moved to street centres, the pairs at the same place are not real", len(shared), len(s.x)))
	}
	if cells := (s.rows - 1) * (s.columns - 1); float64(cells) > significant*float64(s.opt.Permutations+1) {
		out = append(out, fmt.Sprintf("with %d permutations none of %d cells can stand out: use at least %d", s.opt.Permutations, cells, int(math.Ceil(float64(cells)/significant))))
	}
	return out
}

// describe says what stands out after allowing for the number of cells looked
// at (Bonferroni).
func describe(cells []Cell, n int, opt Options) string {
	best := -1
	for k, c := range cells {
		if c.Ratio == nil || c.P*float64(len(cells)) > significant {
			continue
		}
		if best < 0 || *c.Ratio > *cells[best].Ratio {
			best = k
		}
	}
	if best < 0 {
		return fmt.Sprintf("No near-repeat pattern stands out among %d events (%d combinations of distance and time, %d permutations).", n, len(cells), opt.Permutations)
	}
	c := cells[best]
	return fmt.Sprintf("Events repeat near each other: %d pairs of %d events lie %s apart and %s, %.1f times as many as expected (%.1f; p %.3g).",
		c.Observed, n, c.Distance.words("m"), c.Days.words("days"), *c.Ratio, c.Expected, c.P)
}

// words writes a band as an interval.
func (b Band) words(unit string) string {
	if b.To == nil {
		return fmt.Sprintf("%g %s or more", b.From, unit)
	}
	return fmt.Sprintf("from %g to less than %g %s", b.From, *b.To, unit)
}

// ParseEdges reads edges as the command line has them: numbers separated by
// commas, the last possibly "inf".
func ParseEdges(text string) ([]float64, error) {
	var out []float64
	for k, part := range strings.Split(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(v) {
			return nil, fmt.Errorf("edge %d of %q is %q: expected a number, such as in 0,1,100,200; the last may be inf", k+1, text, part)
		}
		out = append(out, v)
	}
	return out, nil
}
