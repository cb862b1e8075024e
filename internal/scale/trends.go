package scale

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/analysis/trend"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// Trend is what can be said of one series. No number in it is one of the small ones that are hidden.
type Trend struct {
	Key    string // of the series: the owner and its title in small letters
	Owner  string // code of the agency whose counts they are
	Series string // title
	What   string // what is counted, within a sentence: "referrals"
	Unit   string // what effort is counted in: "screenings"; "effort" when nobody said
	Kind   string // what a source is: "hospital"; "source" when nobody said

	From, Until string   // first and last month, YYYY-MM
	Months      int      // from first to last, both included
	Sources     []string // all of them
	Panel       []string // those that reported in every month: what is compared and drawn; all, when there are none such
	Reported    bool     // Panel reported in every month
	Window      int      // months in each of the two spans compared
	First, Last Span

	Refused  bool
	Reasons  []string // why there is no verdict
	Warnings []string
	Verdict  string        // one of package trend's; "" when refused
	Short    string        // what happened to count and effort, and the verdict, in one sentence
	Bounds   *trend.Bounds // of the yearly change of the logarithm; nil when refused

	// NoneFound and AllFound are the change of the logarithm a year if extra looking found nothing, and if twice the looking
	// found twice as much.
	NoneFound, AllFound *float64
	Reading             string // of what was found for each unit of effort
	Suspected           []string
	Grain               int // months in each point; 0 when the series cannot be drawn
	Points              []Point
	BySource            []SourceSpans // nil when there is one source, or too much of it is hidden
	Cited               []Cited       // the wordings that the sources say they counted by, in order of time
	returns             bool          // effort is no more than that each source reported, every month
	why                 why
}

// Span is one of the stretches of months that are compared.
type Span struct {
	From, Until string   // YYYY-MM, both included
	Count       *int     // nil: hidden, or there is no span
	Effort      *float64 // nil: not known for every month
}

// Point is what was counted in a stretch of Grain months.
type Point struct {
	From, Until string
	Count       int
	Effort      *float64
}

// SourceSpans is one source in the spans compared; nil is hidden.
type SourceSpans struct {
	Source                  string
	First, Last             *int
	FirstEffort, LastEffort *float64
}

// Cited is what was counted by from a month until the next one's: more than one wording when sources differed.
type Cited struct {
	From  string // YYYY-MM
	Cites []string
}

// why is what stands in the way of a verdict; it decides what would settle it.
type why int

const (
	whyNot   why = iota // nothing does
	whyFew              // too few months
	whyBlind            // no effort
	whyPatch            // no source reported in every month
	whySmall            // counts too small
	whyWords            // another wording of the definition within the window
	whyOther
)

type stored struct {
	owner, series, what, unit, source, kind, month, definition string
	effort                                                     *float64
	count                                                      int
}

func scanStored(r database.Scanner) (stored, error) {
	var x stored
	return x, r.Scan(&x.owner, &x.series, &x.what, &x.unit, &x.source, &x.kind, &x.month, &x.definition, &x.effort, &x.count)
}

// Trends says of each series that the scope may read whether it is growing: those that grow whatever is assumed first,
// then those of which it cannot be told, then the others, and those that cannot be answered last. The result is shared:
// it is not to be changed.
func (s *Store) Trends(ctx context.Context, q database.Queryer, scope access.Scope) ([]Trend, error) {
	var cites []string
	if s.Cites != nil {
		var err error
		if cites, err = s.Cites(ctx, q); err != nil {
			return nil, err
		}
	}
	key, err := s.version(ctx, q, scope, cites)
	if err != nil {
		return nil, err
	}
	if had, ok := s.seen.get(key); ok {
		return had, nil
	}
	cond, args := scope.Where("s", 1)
	rows, err := database.Collect(ctx, q, scanStored, "SELECT s.owner, s.series, s.what, s.unit, s.source, s.source_kind, s.month, s.definition_version, s.effort, s.counted FROM series_count s WHERE "+
		"(s.load_id = '' OR s.load_id IN (SELECT id FROM load WHERE state = 'live')) AND s.superseded_at IS NULL AND "+cond+" ORDER BY s.learnt_at, s.id", args...)
	if err != nil {
		return nil, err
	}
	out := []Trend{}
	for _, x := range gather(rows, clock.Today(s.clock).Format("2006-01")) {
		t, err := x.trend(cites)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(a, b Trend) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Series, b.Series), cmp.Compare(a.Owner, b.Owner))
	})
	s.seen.put(key, out)
	return out, nil
}

func order(t Trend) int {
	if t.Refused {
		return 9
	}
	return slices.Index([]string{trend.Growing, trend.GrowingIfNothing, trend.Falling, trend.NoEvidence}, t.Verdict)
}

// series is the rows of one series, the latest for each source and month.
type series struct {
	key, owner, title, what, unit, kind string
	cells                               map[cell]stored
	names                               map[string]string // of sources, as last written
	restated, unfinished                int
}

type cell struct{ source, month string }

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// gather sorts rows, which come in the order in which they were learnt, into series.
func gather(rows []stored, now string) []*series {
	at := map[string]*series{}
	var out []*series
	for _, r := range rows {
		key := r.owner + " " + fold(r.series)
		x := at[key]
		if x == nil {
			x = &series{key: key, owner: r.owner, cells: map[cell]stored{}, names: map[string]string{}}
			at[key] = x
			out = append(out, x)
		}
		x.title = r.series
		for _, v := range []struct {
			to *string
			is string
		}{{&x.what, r.what}, {&x.unit, r.unit}, {&x.kind, r.kind}} {
			if v.is != "" {
				*v.to = v.is
			}
		}
		if r.month >= now {
			x.unfinished++
			continue
		}
		c := cell{fold(r.source), r.month}
		if had, twice := x.cells[c]; twice && (had.count != r.count || !same(had.effort, r.effort)) {
			x.restated++
		}
		x.cells[c], x.names[c.source] = r, r.source
	}
	return out
}

func same(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// threshold is the smallest count but nought that is shown.
const threshold = disclosure.DefaultThreshold

func small(n int) bool { return n > 0 && n < threshold }

// trend answers for a series.
func (x *series) trend(known []string) (Trend, error) {
	t := Trend{Key: x.key, Owner: x.owner, Series: x.title, What: or(x.what, lower(x.title)), Unit: or(x.unit, "effort"), Kind: or(x.kind, "source"), Reasons: []string{}, Warnings: []string{}}
	if x.unfinished > 0 {
		t.Warnings = append(t.Warnings, "the month that is not over is left out")
	}
	if x.restated > 0 {
		t.Warnings = append(t.Warnings, fmt.Sprintf("%s sent again with another count or effort; the latest stands", counted(x.restated, "month was", "months were")))
	}
	observations, err := x.observations(&t)
	if err != nil {
		return t, err
	}
	if len(observations) == 0 {
		t.refuse(whyFew, "there is no month that is over")
		t.Short = t.refusal()
		return t, nil
	}
	x.cited(&t, known)
	res, err := trend.Analyse(observations, trend.Options{Calendar: true, Breaks: t.breaks(), CountName: t.What, EffortName: t.Unit})
	if err != nil { // each row was checked as it came in, so it is the span of them that cannot be
		t.refuse(whyOther, err.Error())
		t.Short = t.refusal()
		return t, nil
	}
	t.read(res)
	p := newPanel(t.Panel, observations)
	t.From, t.Until, t.Months = month(p.first), month(p.last), p.last-p.first+1
	t.alike()
	if t.Refused && t.why != whyWords {
		t.why = refusedFor(t.Months, res, observations)
	}
	p.spans(&t)
	if !t.Refused && (t.First.Count == nil || t.Last.Count == nil) {
		t.refuse(whySmall, fmt.Sprintf("fewer than %d were counted in one of the two spans compared, too few to show or to say anything of", threshold))
		t.silence()
	}
	p.points(&t)
	if t.Reported {
		if err := p.bySource(&t); err != nil {
			return t, err
		}
	}
	t.returns = p.everyReturn()
	t.Short = t.sentence()
	return t, nil
}

// observations are the rows as the method takes them, by source and month.
func (x *series) observations(t *Trend) ([]trend.Observation, error) {
	keys := make([]cell, 0, len(x.cells))
	for c := range x.cells {
		keys = append(keys, c)
	}
	slices.SortFunc(keys, func(a, b cell) int { return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.month, b.month)) })
	out := make([]trend.Observation, 0, len(keys))
	for _, c := range keys {
		r := x.cells[c]
		m, _, err := trend.ParseMonth(c.month)
		if err != nil {
			return nil, fmt.Errorf("scale: series %s: %w", x.key, err)
		}
		out = append(out, trend.Observation{Month: m, Source: x.names[c.source], Effort: r.effort, Count: float64(r.count)})
		if n := len(t.Sources); n == 0 || t.Sources[n-1] != x.names[c.source] {
			t.Sources = append(t.Sources, x.names[c.source])
		}
	}
	return out, nil
}

func (t *Trend) refuse(w why, reason string) {
	t.Refused = true
	if t.why == whyNot {
		t.why = w
	}
	t.Reasons = append(t.Reasons, reason)
}

// read takes over what the method found.
func (t *Trend) read(res trend.Result) {
	t.Panel, t.Reported = res.PanelSources, len(res.PanelSources) > 0
	if !t.Reported {
		t.Panel = t.Sources
	}
	for _, w := range res.Warnings {
		if !strings.Contains(w, " was not fitted: ") && !strings.Contains(w, "negative binomial") { // of the checks beside the verdict
			t.Warnings = append(t.Warnings, w)
		}
	}
	for _, r := range res.Reasons {
		t.refuse(whyOther, r)
	}
	for _, b := range res.Breaks {
		if !b.Known {
			t.Suspected = append(t.Suspected, b.Month)
		}
	}
	if res.Refused {
		return
	}
	t.Verdict, t.Bounds = *res.Verdict, res.Bounds
	t.NoneFound, t.AllFound = &res.ConstantPanelNoEffort.PerYear, &res.ConstantPanel.PerYear
	if res.Yield != nil {
		t.Reading = res.Yield.Reading
	}
}

// refusedFor is what stands in the way first.
func refusedFor(months int, res trend.Result, all []trend.Observation) why {
	switch {
	case months < trend.MinMonths:
		return whyFew
	case !slices.ContainsFunc(all, func(o trend.Observation) bool { return o.Effort != nil }):
		return whyBlind
	case !slices.ContainsFunc(all, func(o trend.Observation) bool { return o.Count > 0 }):
		return whySmall
	case len(res.PanelSources) == 0:
		return whyPatch
	}
	return whyOther
}

// panel is the sources that are compared and drawn, added up by month.
type panel struct {
	rows        []trend.Observation
	first, last int
	count       map[int]int
	effort      map[int]*float64 // nil when a source's is not known
}

func newPanel(sources []string, all []trend.Observation) *panel {
	p := &panel{first: all[0].Month, last: all[0].Month, count: map[int]int{}, effort: map[int]*float64{}}
	for _, o := range all {
		p.first, p.last = min(p.first, o.Month), max(p.last, o.Month)
		if !slices.Contains(sources, o.Source) {
			continue
		}
		p.rows = append(p.rows, o)
		n, seen := p.count[o.Month]
		p.count[o.Month] = n + int(o.Count)
		switch sum := p.effort[o.Month]; {
		case o.Effort == nil || seen && sum == nil:
			p.effort[o.Month] = nil
		case !seen:
			e := *o.Effort
			p.effort[o.Month] = &e
		default:
			*sum += *o.Effort
		}
	}
	return p
}

// between adds the months from a to b, both included; whole is false when one of them has no row.
func (p *panel) between(a, b int) (count int, effort *float64, whole bool) {
	total, known := 0.0, true
	whole = true
	for m := a; m <= b; m++ {
		n, there := p.count[m]
		if !there {
			whole, known = false, false
			continue
		}
		count += n
		if e := p.effort[m]; e == nil {
			known = false
		} else {
			total += *e
		}
	}
	if known {
		effort = &total
	}
	return count, effort, whole
}

// spans fills in the first and last months that are compared: twelve, or half of what there is.
func (p *panel) spans(t *Trend) {
	t.Window = min(12, t.Months/2)
	if t.Window == 0 || !t.Reported {
		return
	}
	span := func(a, b int) Span {
		n, e, _ := p.between(a, b)
		s := Span{From: month(a), Until: month(b), Effort: e}
		if !small(n) {
			s.Count = &n
		}
		return s
	}
	t.First, t.Last = span(p.first, p.first+t.Window-1), span(p.last-t.Window+1, p.last)
}

// points draws the series as finely as it may be: no count small, and none to be had by taking points from the spans
// compared. Points end with the last month; months before the first whole one are left out.
func (p *panel) points(t *Trend) {
	for _, grain := range []int{1, 3, 6, 12} {
		points, ok := p.at(grain, t)
		if ok && len(points) >= 2 {
			t.Grain, t.Points = grain, points
			return
		}
	}
}

func (p *panel) at(grain int, t *Trend) (out []Point, ok bool) {
	for to := p.last; to-grain+1 >= p.first; to -= grain {
		n, e, whole := p.between(to-grain+1, to)
		if small(n) || !whole {
			return nil, false
		}
		out = append(out, Point{From: month(to - grain + 1), Until: month(to), Count: n, Effort: e})
	}
	slices.Reverse(out)
	for _, s := range []Span{t.First, t.Last} {
		if s.Count == nil {
			continue
		}
		rest := *s.Count
		for _, x := range out {
			if x.From >= s.From && x.Until <= s.Until {
				rest -= x.Count
			}
		}
		if small(rest) {
			return nil, false
		}
	}
	return out, true
}

// bySource is each source in the two spans. Both totals are in the sentence, so as many counts are hidden as it takes.
func (p *panel) bySource(t *Trend) error {
	if len(t.Panel) < 2 || t.First.Count == nil || t.Last.Count == nil {
		return nil
	}
	a, b := make([]int, len(t.Panel)), make([]int, len(t.Panel))
	out := make([]SourceSpans, len(t.Panel))
	for i, source := range t.Panel {
		own := newPanel([]string{source}, p.rows)
		out[i].Source = source
		a[i], out[i].FirstEffort, _ = own.between(p.first, p.first+t.Window-1)
		b[i], out[i].LastEffort, _ = own.between(p.last-t.Window+1, p.last)
	}
	shown := 0
	for _, half := range []struct {
		counts []int
		to     func(*SourceSpans) **int
	}{{a, func(s *SourceSpans) **int { return &s.First }}, {b, func(s *SourceSpans) **int { return &s.Last }}} {
		res, err := disclosure.List(half.counts, true, disclosure.Options{})
		if err != nil {
			return err
		}
		if res.Total == nil {
			return nil
		}
		for i, n := range res.Counts {
			*half.to(&out[i]) = n
			if n != nil {
				shown++
			}
		}
	}
	if shown > 0 {
		t.BySource = out
	}
	return nil
}

// everyReturn reports whether effort is only that a source reported: one for every month.
func (p *panel) everyReturn() bool {
	for _, o := range p.rows {
		if o.Effort == nil || *o.Effort != 1 {
			return false
		}
	}
	return len(p.rows) > 0
}

func month(m int) string { return trend.FormatMonth(m, true) }

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
