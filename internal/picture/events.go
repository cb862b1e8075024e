package picture

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/scale"
)

// ownCounts are partners' own events, by month and kind: the part that Protected hides small numbers of.
type ownCounts struct {
	months, kinds []string
	cells         [][]int // [month][kind]
}

func (o *ownCounts) at(month, kind string) *int {
	i, j := slices.Index(o.months, month), slices.Index(o.kinds, kind)
	if i < 0 || j < 0 {
		return nil
	}
	return &o.cells[i][j]
}

func (r *Rooms) events(ctx context.Context, q database.Queryer, scope access.Scope, p *Picture) error {
	e := Events{ByKind: map[string]*int{}, ByMonth: map[string]map[string]*int{}, ByArea: []Area{}, Kinds: []Kind{}}
	add := func(c event.Count) {
		month := c.Month
		if month == "" {
			month = unknownMonth
		}
		if e.ByMonth[month] == nil {
			e.ByMonth[month] = map[string]*int{}
		}
		plus(e.ByKind, string(c.Kind), c.N)
		plus(e.ByMonth[month], string(c.Kind), c.N)
	}
	open, err := r.Events.ByKindAndMonth(ctx, q, scope, event.Query{Published: event.OnlyPublished})
	if err != nil {
		return err
	}
	own, err := r.Events.ByKindAndMonth(ctx, q, scope, event.Query{Published: event.NotPublished})
	if err != nil {
		return err
	}
	for _, c := range append(slices.Clone(open), own...) {
		add(c)
	}
	p.own = matrix(own)
	total, err := r.Events.Total(ctx, q, scope, event.Query{})
	if err != nil {
		return err
	}
	e.Total, e.Unlocated, e.OutsideArea, e.RepeatedIDs = total.Events, total.Unlocated, total.Outside, total.RepeatedIDs
	words, err := r.Events.ByWords(ctx, q, scope, event.Query{})
	if err != nil {
		return err
	}
	for _, k := range profile.Kinds() {
		if n := e.ByKind[string(k)]; n != nil {
			kind := Kind{Kind: string(k), Count: n, Words: []WordsCount{}}
			for _, w := range words {
				if w.Kind == k {
					kind.Words = append(kind.Words, WordsCount{Words: w.Words, Count: &w.N})
				}
			}
			e.Kinds = append(e.Kinds, kind)
		}
	}
	for _, level := range []string{"force", "district", "small_area"} {
		areas, err := r.byArea(ctx, q, scope, level)
		if err != nil {
			return err
		}
		e.ByArea = append(e.ByArea, areas...)
	}
	p.Events = e
	return nil
}

const unknownMonth = "not known"

func plus(m map[string]*int, key string, n int) {
	if m[key] == nil {
		m[key] = new(int)
	}
	*m[key] += n
}

func matrix(counts []event.Count) ownCounts {
	var o ownCounts
	for _, c := range counts {
		month := c.Month
		if month == "" {
			month = unknownMonth
		}
		if !slices.Contains(o.months, month) {
			o.months = append(o.months, month)
		}
		if !slices.Contains(o.kinds, string(c.Kind)) {
			o.kinds = append(o.kinds, string(c.Kind))
		}
	}
	slices.Sort(o.months)
	slices.Sort(o.kinds)
	o.cells = make([][]int, len(o.months))
	for i := range o.cells {
		o.cells[i] = make([]int, len(o.kinds))
	}
	for _, c := range counts {
		month := c.Month
		if month == "" {
			month = unknownMonth
		}
		*o.at(month, string(c.Kind)) += c.N
	}
	return o
}

// Protected is the picture with small numbers of partners' own events hidden: by month and kind as one
// table with its totals, so that no total gives a hidden number away. Published events are added back as
// they are; a number that mixes the two is hidden when the partners' part is.
func (p *Picture) Protected() (*Picture, error) {
	out := *p
	if len(p.own.months) == 0 || len(p.own.kinds) == 0 {
		return &out, nil
	}
	res, err := disclosure.Protect(disclosure.New(p.own.months, p.own.kinds, p.own.cells), disclosure.Options{})
	if err != nil {
		return nil, err
	}
	hiddenCell := func(i, j int) bool { return res.Refused || res.Table[i][j] == nil }
	e := p.Events
	e.ByMonth, e.ByKind = map[string]map[string]*int{}, map[string]*int{}
	for m, kinds := range p.Events.ByMonth {
		e.ByMonth[m] = map[string]*int{}
		for k, n := range kinds {
			i, j := slices.Index(p.own.months, m), slices.Index(p.own.kinds, k)
			if i >= 0 && j >= 0 && hiddenCell(i, j) {
				n = nil
			}
			e.ByMonth[m][k] = n
		}
	}
	for k, n := range p.Events.ByKind {
		if j := slices.Index(p.own.kinds, k); j >= 0 && hiddenCell(len(p.own.months), j) {
			n = nil
		}
		e.ByKind[k] = n
	}
	e.Kinds = nil
	for _, k := range p.Events.Kinds {
		k.Count = e.ByKind[k.Kind]
		words := []WordsCount{}
		for _, w := range k.Words {
			if k.Count == nil || w.Count != nil && *w.Count < disclosureThreshold {
				w.Count = nil
			}
			words = append(words, w)
		}
		k.Words = words
		e.Kinds = append(e.Kinds, k)
	}
	out.Events = e
	return &out, nil
}

var levelNames = map[string]string{"small_area": "lsoa", "district": "district", "force": "force"}

// byArea counts one level. What was published is shown as it is; partners' own rows are protected, and a
// total that mixes the two is shown only where the partners' part is.
func (r *Rooms) byArea(ctx context.Context, q database.Queryer, scope access.Scope, level string) ([]Area, error) {
	open, err := r.Events.ByArea(ctx, q, scope, level, event.Query{Published: event.OnlyPublished})
	if err != nil {
		return nil, err
	}
	own, err := r.Events.ByArea(ctx, q, scope, level, event.Query{Published: event.NotPublished})
	if err != nil {
		return nil, err
	}
	type sum struct {
		name        string
		open, own   int
		openK, ownK map[string]int
	}
	sums := map[string]*sum{}
	var codes []string
	at := func(c event.AreaCount) *sum {
		s := sums[c.Code]
		if s == nil {
			s = &sum{openK: map[string]int{}, ownK: map[string]int{}}
			sums[c.Code] = s
			codes = append(codes, c.Code)
		}
		if c.Name != "" {
			s.name = c.Name
		}
		return s
	}
	for _, c := range open {
		s := at(c)
		s.open += c.N
		s.openK[string(c.Kind)] += c.N
	}
	for _, c := range own {
		s := at(c)
		s.own += c.N
		s.ownK[string(c.Kind)] += c.N
	}
	slices.Sort(codes)
	var withOwn []string
	var counts []int
	for _, code := range codes {
		if sums[code].own > 0 {
			withOwn = append(withOwn, code)
			counts = append(counts, sums[code].own)
		}
	}
	hidden := map[string]bool{}
	if len(counts) > 0 {
		res, err := disclosure.List(counts, true, disclosure.Options{})
		if err != nil {
			return nil, err
		}
		for i, c := range res.Counts {
			if c == nil {
				hidden[withOwn[i]] = true
			}
		}
	}
	out := make([]Area, 0, len(codes))
	for _, code := range codes {
		s := sums[code]
		a := Area{Level: levelNames[level], Code: code, Name: s.name, Suppressed: hidden[code]}
		if a.Name == "" {
			if m, err := schematic.ByCode(code); err == nil {
				a.Name = m.Area.Name
			}
		}
		if !a.Suppressed {
			n := s.open + s.own
			a.Count = &n
			if kindsFit(s.ownK) {
				a.ByKind = map[string]int{}
				for _, m := range []map[string]int{s.openK, s.ownK} {
					for k, n := range m {
						a.ByKind[k] += n
					}
				}
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// kindsFit reports whether an area's partner rows can be shown by kind: no kind has a small number.
func kindsFit(kinds map[string]int) bool {
	for _, n := range kinds {
		if n < disclosureThreshold {
			return false
		}
	}
	return true
}

const disclosureThreshold = 5

// ofSeries are the trends of monthly series.
func ofSeries(list []scale.Trend) []Trend {
	out := []Trend{}
	for _, x := range list {
		t := Trend{Series: x.Series, Name: x.Series, From: x.From, Until: x.Until, First: x.First.Count, Last: x.Last.Count, Sentence: x.Short, Refused: x.Refused, Reasons: x.Reasons,
			EffortFirst: x.First.Effort, EffortLast: x.Last.Effort, Bounds: x.Bounds}
		if t.EffortFirst != nil || t.EffortLast != nil {
			t.Effort = x.Unit
		}
		if x.Verdict != "" {
			t.Verdict = &x.Verdict
		}
		out = append(out, t)
	}
	return out
}

// trends says of each kind how its count went, and why that alone cannot say whether it is growing. The
// month that is not over is left out. With two years of months the first twelve stand beside the last;
// with fewer the first month beside the last.
func trends(e Events, now string) []Trend {
	months := e.months()
	if n := len(months); n > 0 && months[n-1] >= now {
		months = months[:n-1]
	}
	out := []Trend{}
	if len(months) < 2 {
		return out
	}
	span := 1
	if len(months) >= 24 {
		span = 12
	}
	first, last := months[:span], months[len(months)-span:]
	for _, k := range profile.Kinds() {
		all := e.ByKind[string(k)]
		a, b := sum(e, first, k), sum(e, last, k)
		if all == nil || *all < 10 || a == nil || b == nil {
			continue // too few, or a small number hidden
		}
		t := Trend{Series: string(k), Name: KindWords(k), From: first[0], Until: last[span-1], First: a, Last: b, Refused: true, Span: capital(spanWords(first)) + " beside " + spanWords(last)}
		reason := "nobody recorded how hard anybody looked, so a change in the count may be a change in looking"
		if len(months) < 24 {
			reason = fmt.Sprintf("%d months are too few to tell a trend from the season; 24 are needed", len(months))
		}
		t.Reasons = []string{reason}
		t.Sentence = fmt.Sprintf("%s: %s in %s, %s in %s. We cannot say whether it is growing: %s.", KindWords(k), figure.Group(*a), spanWords(first), figure.Group(*b), spanWords(last), reason)
		out = append(out, t)
	}
	return out
}

// sum adds a kind over months; nil when any of them is hidden.
func sum(e Events, months []string, k profile.Kind) *int {
	n := 0
	for _, m := range months {
		c, ok := e.ByMonth[m][string(k)]
		if ok && c == nil {
			return nil
		}
		if c != nil {
			n += *c
		}
	}
	return &n
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func spanWords(months []string) string {
	if len(months) == 1 {
		return monthWords(months[0])
	}
	return "the " + strconv.Itoa(len(months)) + " months to " + monthWords(months[len(months)-1])
}

// months are the months the events span, in order, without those of unknown date.
func (e Events) months() []string {
	months := make([]string, 0, len(e.ByMonth))
	for m := range e.ByMonth {
		if m != unknownMonth {
			months = append(months, m)
		}
	}
	slices.Sort(months)
	return months
}

// KindWords is a kind as a sentence begins with it.
func KindWords(k profile.Kind) string {
	s := strings.ReplaceAll(string(k), "-", " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func monthWords(m string) string {
	t, err := time.Parse("2006-01", m)
	if err != nil {
		return m
	}
	return t.Format("January 2006")
}

// window is the months the events span, in words.
func (e Events) window() string {
	months := e.months()
	if len(months) == 0 {
		return ""
	}
	a, b := monthWords(months[0]), monthWords(months[len(months)-1])
	if a == b {
		return a
	}
	return a + " to " + b
}
