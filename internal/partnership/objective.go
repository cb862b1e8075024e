package partnership

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/proportion"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
)

// The kinds of content of joint objectives: what two or more agencies want to change together, and the measures that
// show whether it does.
const (
	ObjectiveKind = "objective"
	MeasureKind   = "measure"
)

// Objective is what the partnership wants to change together.
type Objective struct {
	Code, Title, Why string
	Owner            string // account id
	Theme            string // code, "" for none
	Board            string // code of the board it is reported to, "" for none
	Agencies         []string
	DueOn            string // ISO date
	State            string // "open", "met" or "closed"
	Outcome          string
	Links            []Link // assessments, outcomes and other pages of this Lantern
	Version          content.Version
}

// Link is another page of this Lantern and what it shows.
type Link struct{ Text, Href string }

// ObjectiveOf reads an objective from its content.
func ObjectiveOf(v content.Version) Objective {
	o := Objective{Code: v.Code, Title: v.Title, Why: v.Field("purpose"), Owner: v.Field("owner"), Theme: v.Field("theme"), Board: v.Field("board"), Agencies: Lines(v.Field("agencies")), DueOn: v.Field("due_on"),
		State: v.Field("state"), Outcome: v.Field("outcome"), Version: v}
	if o.State == "" {
		o.State = "open"
	}
	o.Links, _ = ParseLinks(v.Field("links"))
	return o
}

// ParseLinks reads lines such as "/assessment The spring assessment"; bad is the first line that is no page of this
// Lantern.
func ParseLinks(s string) (links []Link, bad string) {
	for _, line := range strings.Split(s, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		href, text, _ := strings.Cut(line, " ")
		if text = strings.TrimSpace(text); text == "" {
			text = href
		}
		if !strings.HasPrefix(href, "/") || strings.HasPrefix(href, "//") || strings.ContainsAny(href, "\\\"<>") {
			if bad == "" {
				bad = line
			}
			continue
		}
		links = append(links, Link{text, href})
	}
	return links, bad
}

// Measure is what is counted to see whether an objective moves.
type Measure struct {
	Code, Objective, Name string
	Definition            string // code of the definition it counts by, "" for none
	Unit                  string // what is counted: "young people"
	Of                    string // out of what: "children who came back"; "" for a plain count
	Counter, Source       string
	Up                    bool // more is better
	Target                *int // the number, or per cent when there is a denominator; nil when none was set
	TargetOn              string
	Version               content.Version
}

// MeasureOf reads a measure from its content.
func MeasureOf(v content.Version) Measure {
	m := Measure{Code: v.Code, Objective: v.Field("objective"), Name: v.Title, Definition: v.Field("definition"), Unit: v.Field("unit"), Of: v.Field("of"), Counter: v.Field("counter"), Source: v.Field("source"),
		Up: v.Field("direction") == "up", TargetOn: v.Field("target_on"), Version: v}
	if n, ok := count(v.Field("target")); ok {
		m.Target = &n
	}
	return m
}

// Quality says how exactly a published or returned number is known.
type Quality string

// The qualities.
const (
	Exact   Quality = "exact"
	About   Quality = "about"
	AtLeast Quality = "at-least"
)

// Reading is what was counted for a measure in a span of days.
type Reading struct {
	ID, Measure  string
	From, Until  string // ISO dates, both inclusive
	When         string // how exactly the time is known, in words, where the days are not: "November 2017"; else ""
	N            int
	Of           *int // nil for a plain count
	Quality      Quality
	Unit         string
	Counter      string
	Definition   string // version it was counted by: "county-lines v2", "" for none
	Source, Note string
	Baseline     bool
	By           string // account id
	At           int64
	SupersededAt *int64
	Why          string // of a correction
}

// Days is the length of the reading's span.
func (r Reading) Days() float64 {
	a, err1 := time.Parse(clock.ISODate, r.From)
	b, err2 := time.Parse(clock.ISODate, r.Until)
	if err1 != nil || err2 != nil || b.Before(a) {
		return 0
	}
	return b.Sub(a).Hours()/24 + 1
}

// Window says the reading's span: "January 2026 to March 2026", "1 January 2026 to 14 January 2026".
func (r Reading) Window() string {
	if r.When != "" {
		return r.When
	}
	a, err1 := time.Parse(clock.ISODate, r.From)
	b, err2 := time.Parse(clock.ISODate, r.Until)
	if err1 != nil || err2 != nil {
		return r.From + " to " + r.Until
	}
	switch {
	case a.Day() == 1 && b.AddDate(0, 0, 1).Day() == 1 && a.Year() == b.Year() && a.Month() == b.Month():
		return a.Format("January 2006")
	case a.Day() == 1 && b.AddDate(0, 0, 1).Day() == 1:
		return a.Format("January 2006") + " to " + b.Format("January 2006")
	case a.Equal(b):
		return a.Format("2 January 2006")
	}
	return a.Format("2 January 2006") + " to " + b.Format("2 January 2006")
}

// Says is the number in words: "12", "12 of 40", "about 2,000".
func (r Reading) Says() string {
	s := figure.Group(r.N)
	if r.Of != nil {
		s += " of " + figure.Group(*r.Of)
	}
	return map[Quality]string{About: "about ", AtLeast: "at least "}[r.Quality] + s
}

// Base is what the reading rests on.
func (r Reading) Base() string {
	n := r.N
	return figure.Base{Numerator: &n, Denominator: r.Of, Unit: r.Unit, Window: r.Window(), Counter: r.Counter, Definition: r.Definition, Source: r.Source}.String()
}

// Break says why two readings are not of one series, "" when they are: another unit, another counter, another wording
// of the definition.
func Break(a, b Reading) string {
	var why []string
	if a.Unit != b.Unit {
		why = append(why, "the unit changed from "+a.Unit+" to "+b.Unit)
	}
	if a.Counter != b.Counter {
		why = append(why, "the counter changed from "+a.Counter+" to "+b.Counter)
	}
	if a.Definition != b.Definition {
		why = append(why, "the definition changed from "+orNothing(a.Definition)+" to "+orNothing(b.Definition))
	}
	if (a.Of == nil) != (b.Of == nil) {
		why = append(why, "one is out of a whole and the other is not")
	}
	return strings.Join(why, "; ")
}

func orNothing(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Moved is what the readings of a measure say.
type Moved string

// The answers.
const (
	Better  Moved = "better"  // it moved the way it should
	Worse   Moved = "worse"   // it moved the other way
	Unclear Moved = "unclear" // the difference is no larger than chance alone gives
	Refused Moved = "refused" // the readings cannot be compared
	TooSoon Moved = "too-soon"
)

// Verdict is whether a measure moved since its baseline, with what that rests on.
type Verdict struct {
	Moved    Moved
	Sentence string
	// Low and High are the 95 % limits of the ratio of rates, or of the difference of shares in points of a hundred;
	// nil when there is no comparison.
	Low, High *float64
	Method    string
	Baseline  *Reading
	Latest    *Reading
}

// Judge compares the latest reading with the baseline, or with the first reading of the same series as the latest when
// a break lies between. Readings are in order of time. Counts are compared as rates over the days of their spans by
// the exact conditional interval (Clopper-Pearson on the latest's share of both), shares by Newcombe's interval. A
// number that is only "about" or "at least" so much is not compared.
func Judge(m Measure, readings []Reading) Verdict {
	if len(readings) == 0 {
		return Verdict{Moved: TooSoon, Sentence: "Nothing has been counted yet."}
	}
	latest := &readings[len(readings)-1]
	base := &readings[0]
	for i := range readings {
		if readings[i].Baseline {
			base = &readings[i]
		}
	}
	v := Verdict{Baseline: base, Latest: latest}
	if base == latest {
		v.Moved, v.Sentence = TooSoon, fmt.Sprintf("%s in %s; nothing has been counted since.", capital(latest.Says()), latest.Window())
		return v
	}
	broken := Break(*base, *latest)
	if broken != "" { // the first of the latest's own series stands in
		first := len(readings) - 1
		for first > 0 && Break(readings[first-1], *latest) == "" {
			first--
		}
		if base = &readings[first]; base == latest {
			v.Moved, v.Sentence = Refused, "The latest figure cannot be set beside the baseline: "+broken+"."
			return v
		}
		v.Baseline = base
	}
	before := ""
	if broken != "" {
		before = "Since the series broke (" + broken + "): "
	}
	if base.Quality != Exact || latest.Quality != Exact {
		v.Moved, v.Sentence = Refused, before+fmt.Sprintf("%s in %s, then %s in %s: the figures are not exact enough to say whether it moved.", capital(base.Says()), base.Window(), latest.Says(), latest.Window())
		return v
	}
	return compareReadings(m, v, before)
}

func compareReadings(m Measure, v Verdict, before string) Verdict {
	a, b := v.Baseline, v.Latest
	head := before + fmt.Sprintf("%s in %s, then %s in %s", capital(a.Says()), a.Window(), b.Says(), b.Window())
	var low, high, none float64
	if a.Of != nil {
		d, err := proportion.Newcombe(b.N, *b.Of, a.N, *a.Of, proportion.Level95)
		if err != nil {
			v.Moved, v.Sentence = Refused, head+": the shares cannot be compared."
			return v
		}
		low, high, v.Method = d.Interval.Low()*100, d.Interval.High()*100, "difference of two shares, Newcombe"
	} else {
		both, ta, tb := a.N+b.N, a.Days(), b.Days()
		if both == 0 || ta == 0 || tb == 0 {
			v.Moved, v.Sentence = Unclear, head+": too few to say whether it moved."
			return v
		}
		p, err := proportion.ClopperPearson(b.N, both, proportion.Level95)
		if err != nil {
			v.Moved, v.Sentence = Refused, head+": the counts cannot be compared."
			return v
		}
		ratio := func(p float64) float64 {
			if p >= 1 {
				return 1e9
			}
			return p / (1 - p) * ta / tb
		}
		low, high, none, v.Method = ratio(p.Low()), ratio(p.High()), 1, "ratio of two rates, exact conditional interval"
	}
	v.Low, v.High = &low, &high
	switch {
	case low > none && m.Up || high < none && !m.Up:
		v.Moved, v.Sentence = Better, head+": it moved the way it should, by more than chance alone gives."
	case low > none || high < none:
		v.Moved, v.Sentence = Worse, head+": it moved the wrong way, by more than chance alone gives."
	default:
		v.Moved, v.Sentence = Unclear, head+": we cannot say that it moved, the difference is no larger than chance alone gives."
	}
	return v
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Note is what an objective's owner says of a quarter.
type Note struct {
	Quarter string // "2026-Q3"
	Words   string
	ByName  string
	At      int64
}

// Quarter is the quarter that a day is in: "2026-Q3".
func Quarter(day time.Time) string {
	return fmt.Sprintf("%d-Q%d", day.Year(), (int(day.Month())+2)/3)
}

// LastQuarter is the last quarter that was over on a day.
func LastQuarter(day time.Time) string {
	return Quarter(time.Date(day.Year(), time.Month((int(day.Month())-1)/3*3+1), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -1))
}

// QuarterWords says a quarter: "July to September 2026".
func QuarterWords(q string) string {
	year, n, ok := strings.Cut(q, "-Q")
	if i, err := strconv.Atoi(n); ok && err == nil && i >= 1 && i <= 4 {
		return []string{"January to March ", "April to June ", "July to September ", "October to December "}[i-1] + year
	}
	return q
}

// Objectives keeps joint objectives, their measures, readings and notes.
type Objectives struct {
	clock   clock.Clock
	ids     *clock.IDs
	log     *audit.Log
	content *content.Store
}

// NewObjectives returns the objectives; what they say is kept as content.
func NewObjectives(c clock.Clock, ids *clock.IDs, log *audit.Log, words *content.Store) *Objectives {
	return &Objectives{clock: c, ids: ids, log: log, content: words}
}

// Standing is an objective with all that shows how it stands.
type Standing struct {
	Objective Objective
	Measures  []Measured
	Notes     []Note // newest first
	// NoteDue is the quarter that has no note although it is over, "" when none is due.
	NoteDue string
}

// Measured is a measure with its readings in order of time and what they say.
type Measured struct {
	Measure  Measure
	Readings []Reading
	Verdict  Verdict
}

// Verdict is the objective's: worse if any measure is, better if one is and none is worse, else what is least settled.
func (s Standing) Verdict() Moved {
	best := TooSoon
	for _, m := range s.Measures {
		switch v := m.Verdict.Moved; {
		case v == Worse:
			return Worse
		case v == Better:
			best = Better
		case best != Better && v == Unclear:
			best = Unclear
		case best == TooSoon && v == Refused:
			best = Refused
		}
	}
	return best
}

// List is every objective the scope may read, with how it stands: those that got worse and those without a note first.
func (o *Objectives) List(ctx context.Context, q database.Queryer, scope access.Scope) ([]Standing, error) {
	list, err := o.content.List(ctx, q, scope, ObjectiveKind)
	if err != nil {
		return nil, err
	}
	measures, err := o.content.List(ctx, q, scope, MeasureKind)
	if err != nil {
		return nil, err
	}
	readings, err := o.readings(ctx, q, "superseded_at IS NULL")
	if err != nil {
		return nil, err
	}
	notes, err := database.Collect(ctx, q, func(r database.Scanner) (struct {
		objective string
		Note
	}, error) {
		var x struct {
			objective string
			Note
		}
		return x, r.Scan(&x.objective, &x.Quarter, &x.Words, &x.ByName, &x.At)
	}, "SELECT objective, quarter, words, by_name, at FROM objective_note WHERE superseded_at IS NULL ORDER BY quarter DESC")
	if err != nil {
		return nil, err
	}
	due := LastQuarter(clock.Today(o.clock))
	var out []Standing
	for _, v := range list {
		s := Standing{Objective: ObjectiveOf(v)}
		for _, x := range measures {
			if m := MeasureOf(x); m.Objective == v.Code {
				s.Measures = append(s.Measures, measured(m, readings[m.Code]))
			}
		}
		for _, n := range notes {
			if n.objective == v.Code {
				s.Notes = append(s.Notes, n.Note)
			}
		}
		began := v.PublishedAt != nil && Quarter(clock.FromMicros(*v.PublishedAt)) <= due || len(s.Notes) > 0
		if s.Objective.State == "open" && began && (len(s.Notes) == 0 || s.Notes[0].Quarter < due) {
			s.NoteDue = due
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Standing) int { return cmp.Compare(a.rank(), b.rank()) })
	return out, nil
}

func (s Standing) rank() int {
	r := map[Moved]int{Worse: 0, Unclear: 2, Refused: 3, TooSoon: 4, Better: 5}[s.Verdict()]
	if s.Objective.State != "open" {
		return 9
	}
	if s.NoteDue != "" && r > 1 {
		return 1
	}
	return r
}

func measured(m Measure, readings []Reading) Measured {
	return Measured{Measure: m, Readings: readings, Verdict: Judge(m, readings)}
}

// Get is one objective.
func (o *Objectives) Get(ctx context.Context, q database.Queryer, scope access.Scope, code string) (Standing, error) {
	all, err := o.List(ctx, q, scope)
	if err != nil {
		return Standing{}, err
	}
	for _, s := range all {
		if s.Objective.Code == code {
			return s, nil
		}
	}
	return Standing{}, fault.NoSuch()
}

const readingColumns = "id, measure, starts_on, ends_on, numerator, denominator, quality, unit, counter, definition_version, source, note, baseline, by_account, at, superseded_at, why"

func (o *Objectives) readings(ctx context.Context, q database.Queryer, cond string, args ...any) (map[string][]Reading, error) {
	list, err := database.Collect(ctx, q, func(r database.Scanner) (Reading, error) {
		var x Reading
		return x, r.Scan(&x.ID, &x.Measure, &x.From, &x.Until, &x.N, &x.Of, (*string)(&x.Quality), &x.Unit, &x.Counter, &x.Definition, &x.Source, &x.Note, &x.Baseline, &x.By, &x.At, &x.SupersededAt, &x.Why)
	}, "SELECT "+readingColumns+" FROM objective_reading WHERE "+cond+" ORDER BY starts_on, ends_on, at", args...)
	out := map[string][]Reading{}
	for _, x := range list {
		out[x.Measure] = append(out[x.Measure], x)
	}
	return out, err
}

// Corrected lists a measure's superseded readings, newest first.
func (o *Objectives) Corrected(ctx context.Context, q database.Queryer, measure string) ([]Reading, error) {
	m, err := o.readings(ctx, q, "measure = $1 AND superseded_at IS NOT NULL", measure)
	list := m[measure]
	slices.SortFunc(list, func(a, b Reading) int { return cmp.Compare(*b.SupersededAt, *a.SupersededAt) })
	return list, err
}

func checkReading(r Reading, today string) error {
	a, err1 := time.Parse(clock.ISODate, r.From)
	b, err2 := time.Parse(clock.ISODate, r.Until)
	switch {
	case err1 != nil || err2 != nil || b.Before(a):
		return fault.New(fault.Invalid, "The span %s to %s must be two dates in order.", r.From, r.Until)
	case r.Until > today:
		return fault.New(fault.Invalid, "The span ends on %s: what is not over cannot be counted.", r.Until)
	case r.N < 0 || r.Of != nil && (*r.Of < 1 || r.N > *r.Of):
		return fault.New(fault.Invalid, "The count must be 0 or more, and no more than what it is out of.")
	case strings.TrimSpace(r.Unit) == "" || strings.TrimSpace(r.Counter) == "" || strings.TrimSpace(r.Source) == "":
		return fault.New(fault.Invalid, "A figure needs its unit, who counted and its source.")
	case r.Quality != Exact && r.Quality != About && r.Quality != AtLeast:
		return fault.New(fault.Invalid, "Say how exact the number is.")
	}
	return nil
}

// Read records a reading of a measure. One of the same span takes the place of what was there, which stays as it was,
// superseded; that needs a reason.
func (o *Objectives) Read(ctx context.Context, tx *database.Tx, by access.Scope, in Reading) error {
	if _, err := o.content.Get(ctx, tx, by, content.Key{Kind: MeasureKind, Code: in.Measure}); err != nil {
		return err
	}
	if in.Quality == "" {
		in.Quality = Exact
	}
	if err := checkReading(in, clock.Today(o.clock).Format(clock.ISODate)); err != nil {
		return err
	}
	had, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM objective_reading WHERE measure = $1 AND starts_on = $2 AND ends_on = $3 AND superseded_at IS NULL", in.Measure, in.From, in.Until)
	if err != nil {
		return err
	}
	if had > 0 && strings.TrimSpace(in.Why) == "" {
		return fault.New(fault.Invalid, "There is a figure for %s already: say why it is corrected.", in.Window())
	}
	id, at := o.ids.New(), clock.Micros(o.clock.Now())
	if err := tx.Exec(ctx, "UPDATE objective_reading SET superseded_at = $1, superseded_by = $2 WHERE measure = $3 AND starts_on = $4 AND ends_on = $5 AND superseded_at IS NULL", at, id, in.Measure, in.From, in.Until); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO objective_reading ("+readingColumns+") VALUES "+database.In(1, 17), id, in.Measure, in.From, in.Until, in.N, in.Of, string(in.Quality), strings.TrimSpace(in.Unit), strings.TrimSpace(in.Counter),
		in.Definition, strings.TrimSpace(in.Source), in.Note, in.Baseline, by.Account, at, nil, in.Why); err != nil {
		return err
	}
	return o.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "objective", Subject: in.Measure, Words: "reading recorded"})
}

// Say writes the note of a quarter that is over, in the name of whoever writes; a note of the same quarter is
// superseded.
func (o *Objectives) Say(ctx context.Context, tx *database.Tx, by access.Scope, objective, quarter, words string) error {
	if _, err := o.content.Get(ctx, tx, by, content.Key{Kind: ObjectiveKind, Code: objective}); err != nil {
		return err
	}
	if words = strings.TrimSpace(words); words == "" {
		return fault.New(fault.Invalid, "Write what happened in the quarter.")
	}
	if len(quarter) != 7 || QuarterWords(quarter) == quarter || quarter > Quarter(clock.Today(o.clock)) {
		return fault.New(fault.Invalid, "The quarter %q cannot be read: expected for example 2026-Q3, and none to come.", quarter)
	}
	at := clock.Micros(o.clock.Now())
	if err := tx.Exec(ctx, "UPDATE objective_note SET superseded_at = $1 WHERE objective = $2 AND quarter = $3 AND superseded_at IS NULL", at, objective, quarter); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO objective_note (id, objective, quarter, words, by_account, by_name, at) VALUES ($1,$2,$3,$4,$5,$6,$7)", o.ids.New(), objective, quarter, words, by.Account, by.Name, at); err != nil {
		return err
	}
	return o.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "objective", Subject: objective, Words: "quarterly note written"})
}

// PublicStanding is an objective as the public may see it, and who made it public.
type PublicStanding struct {
	Standing
	Publication content.Publication
}

// Public lists the objectives that somebody made public, each as it stood when they did: its words, its measures and
// its readings of that moment. What was counted since waits until it is made public again.
func (o *Objectives) Public(ctx context.Context, q database.Queryer) ([]PublicStanding, error) {
	shown, err := o.content.Public(ctx, q, ObjectiveKind)
	if err != nil || len(shown) == 0 {
		return nil, err
	}
	job := access.System("public page", access.Upkeep)
	measures, err := o.content.Items(ctx, q, job, MeasureKind)
	if err != nil {
		return nil, err
	}
	var out []PublicStanding
	for _, s := range shown {
		at := s.Publication.At
		p := PublicStanding{Standing: Standing{Objective: ObjectiveOf(s.Version)}, Publication: s.Publication}
		readings, err := o.readings(ctx, q, "at <= $1 AND (superseded_at IS NULL OR superseded_at > $2)", at, at)
		if err != nil {
			return nil, err
		}
		for _, i := range measures {
			versions, err := o.content.Versions(ctx, q, job, i.Key)
			if err != nil {
				return nil, err
			}
			for _, v := range versions { // newest first: the one that was shown at the moment
				if v.PublishedAt == nil || *v.PublishedAt > at {
					continue
				}
				if m := MeasureOf(v); m.Objective == s.Code {
					p.Measures = append(p.Measures, measured(m, readings[m.Code]))
				}
				break
			}
		}
		out = append(out, p)
	}
	return out, nil
}
