package partnershipweb

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/chart"
)

// objectors are who writes objectives and measures and records what was counted.
var objectors = web.Only(access.Manager, access.Analyst, access.Chair)

var objectivesCrumbs = []web.Link{governance, {Text: "Joint objectives", Href: "/objectives"}}

// MemberOptions are the accounts that can own something, as options.
func (p *Pages) memberOptions(ctx context.Context) ([]web.Option, error) {
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return nil, err
	}
	all, err := p.Accounts.All(ctx, p.q())
	out := []web.Option{{Value: "", Label: "Choose"}}
	for _, a := range all {
		if !a.Disabled && a.Role != access.Subject {
			out = append(out, web.Option{Value: a.ID, Label: a.Name + ", " + orCode(names, a.Agency)})
		}
	}
	return out, err
}

func (p *Pages) objectiveFields(ctx context.Context) ([]*web.Field, error) {
	owners, err := p.memberOptions(ctx)
	if err != nil {
		return nil, err
	}
	themes, err := p.Partnership.Themes(ctx, p.q())
	if err != nil {
		return nil, err
	}
	theme := []web.Option{{Value: "", Label: "No theme"}}
	for _, t := range themes {
		if t.InUse {
			theme = append(theme, web.Option{Value: t.Code, Label: t.Code + " " + t.Name})
		}
	}
	agencies, err := p.agencyOptions(ctx)
	if err != nil {
		return nil, err
	}
	boards := []web.Option{{Value: "", Label: "No board"}}
	if p.Boards != nil {
		more, err := p.Boards(ctx)
		if err != nil {
			return nil, err
		}
		boards = append(boards, more...)
	}
	return []*web.Field{
		{Name: "purpose", Label: "Why?", Kind: web.TextArea, Rows: 3, Required: "Say why it is wanted"},
		{Name: "owner", Label: "Who owns it?", Kind: web.Select, Options: owners, Required: "Choose one owner"},
		{Name: "agencies", Label: "Which agencies do it together?", Kind: web.Checkboxes, Options: agencies[1:], Required: "Choose at least two agencies"},
		{Name: "theme", Label: "Theme", Kind: web.Select, Options: theme},
		{Name: "board", Label: "Which board is told?", Kind: web.Select, Options: boards},
		{Name: "due_on", Label: "By when?", Kind: web.DateInput, Required: "Enter the date it is to be met by"},
		{Name: "state", Label: "Where does it stand?", Kind: web.Radios, Required: "Say where it stands", Options: []web.Option{{Value: "open", Label: "Worked on"}, {Value: "met", Label: "Met"}, {Value: "closed", Label: "Closed without being met"}}},
		{Name: "outcome", Label: "What came of it", Kind: web.TextArea, Rows: 3, Hint: "When it is met or closed: what came of it, and what shows that."},
		{Name: "links", Label: "What it rests on", Kind: web.TextArea, Rows: 3, Hint: "Pages of this Lantern, one a line: the address, a space, the words. For example: /assessment The spring assessment."},
	}, nil
}

// objectiveKinds are the objectives' kinds of content.
func (p *Pages) objectiveKinds() []*contentweb.Kind {
	readers := &web.Readers{By: "every member of every agency; the public too, once somebody makes it public. Name nobody whose safety it is about.", NotBy: "nobody outside before that."}
	href := func(code string) string { return "/objectives/" + url.PathEscape(code) }
	return []*contentweb.Kind{{
		Code: partnership.ObjectiveKind, Path: "/objectives", One: "joint objective", Many: "Joint objectives", Write: objectors, Publish: keepers, Public: true, Crumbs: objectivesCrumbs, Href: href, Readers: readers,
		Lead:   "What two or more agencies want to change together, who answers for it and by when. Measures come next.",
		Title:  web.Field{Label: "What is to change?", Required: "Say what is to change", Hint: "In one sentence that says when it is reached.", Kind: web.TextArea, Rows: 2, Max: 300},
		Fields: p.objectiveFields,
		Check: func(f *web.Form) {
			if n := len(f.Field("agencies").Values); n == 1 {
				f.Fail("agencies", "Choose at least two agencies: one agency’s own aim is not a joint one")
			}
			if _, bad := partnership.ParseLinks(f.Value("links")); bad != "" {
				f.Fail("links", "“"+bad+"” is no page of this Lantern: begin each line with an address such as /assessment")
			}
			if f.Value("state") != "open" && f.Value("state") != "" && f.Value("outcome") == "" {
				f.Fail("outcome", "Say what came of it")
			}
		},
	}, {
		Code: partnership.MeasureKind, Path: "/measures", One: "measure", Many: "Measures of objectives", Write: objectors, Crumbs: objectivesCrumbs, Href: func(code string) string { return "/measures/" + url.PathEscape(code) }, Readers: readers,
		Lead:   "What is counted to see whether the objective moves. What was counted is recorded afterwards, with its span of days.",
		Title:  web.Field{Label: "What is measured?", Required: "Say what is measured", Max: 300},
		Fields: p.measureFields,
		Check:  func(f *web.Form) { wholeNumbers(f, "target") },
	}}
}

func (p *Pages) measureFields(ctx context.Context) ([]*web.Field, error) {
	scope := web.ScopeIn(ctx)
	list, err := p.Content.List(ctx, p.q(), scope, partnership.ObjectiveKind)
	if err != nil {
		return nil, err
	}
	objectives := []web.Option{{Value: "", Label: "Choose"}}
	for _, o := range list {
		objectives = append(objectives, web.Option{Value: o.Code, Label: o.Title})
	}
	register, err := p.Partnership.Register(ctx, p.q(), scope)
	if err != nil {
		return nil, err
	}
	words := []web.Option{{Value: "", Label: "No defined word"}}
	for _, e := range register {
		if e.Current != nil {
			words = append(words, web.Option{Value: e.Code, Label: e.Term})
		}
	}
	return []*web.Field{
		{Name: "objective", Label: "Of which objective?", Kind: web.Select, Options: objectives, Required: "Choose an objective"},
		{Name: "definition", Label: "Which definition does it count by?", Kind: web.Select, Options: words, Hint: "Every figure keeps the version that stood when it was recorded; a new version draws a break."},
		{Name: "unit", Label: "What is counted?", Kind: web.TextInput, Required: "Say what is counted", Hint: "For example: young people; injuries; answers."},
		{Name: "of", Label: "Out of what?", Kind: web.TextInput, Hint: "For example: children who came back. Empty for a plain count, which is then compared by its days."},
		{Name: "counter", Label: "Who counts?", Kind: web.TextInput, Required: "Say who counts"},
		{Name: "source", Label: "Source", Kind: web.TextInput, Max: 500, Required: "Name the source"},
		{Name: "direction", Label: "Which way is better?", Kind: web.Radios, Inline: true, Required: "Say which way is better", Options: []web.Option{{Value: "up", Label: "More"}, {Value: "down", Label: "Fewer"}}},
		{Name: "target", Label: "Target", Kind: web.TextInput, Width: "10", Hint: "A number; per cent when it is out of something."},
		{Name: "target_on", Label: "Target by", Kind: web.DateInput},
	}, nil
}

var movedTags = map[partnership.Moved]*web.Tag{partnership.Better: {Text: "Moved", Colour: "green"}, partnership.Worse: {Text: "Moved the wrong way", Colour: "red"}, partnership.Unclear: {Text: "Cannot say it moved", Colour: "yellow"},
	partnership.Refused: {Text: "Cannot be compared", Colour: "yellow"}, partnership.TooSoon: {Text: "Too soon", Colour: "grey"}}

// standingTag is an objective's verdict as a word in a box; what nobody measures says so.
func standingTag(s partnership.Standing) *web.Tag {
	if len(s.Measures) == 0 {
		return &web.Tag{Text: "Not measured", Colour: "red"}
	}
	return movedTags[s.Verdict()]
}

func (p *Pages) objectivesFinding(ctx context.Context, scope access.Scope) (string, error) {
	all, err := p.Objectives.List(ctx, p.q(), scope)
	return objectivesSentence(all), err
}

func objectivesSentence(all []partnership.Standing) string {
	n := map[partnership.Moved]int{}
	open, due, unmeasured := 0, 0, 0
	for _, s := range all {
		if s.Objective.State == "open" {
			open++
			if len(s.Measures) == 0 {
				unmeasured++
			} else {
				n[s.Verdict()]++
			}
		}
		if s.NoteDue != "" {
			due++
		}
	}
	if len(all) == 0 {
		return "The partnership has no joint objective yet."
	}
	if open == 0 {
		return "No objective is being worked on."
	}
	s := fmt.Sprintf("Of %s being worked on, %d moved, %d moved the wrong way and %d cannot be said to have moved", plural(open, "objective", "objectives"), n[partnership.Better], n[partnership.Worse], n[partnership.Unclear]+n[partnership.Refused])
	if k := n[partnership.TooSoon]; k > 0 {
		s += fmt.Sprintf("; for %d it is too soon", k)
	}
	if unmeasured > 0 {
		s += fmt.Sprintf("; %d %s measured by nobody", unmeasured, ifOne(unmeasured, "is", "are"))
	}
	s += "."
	if due > 0 {
		s += fmt.Sprintf(" %s no note for the last quarter.", plural(due, "has", "have"))
	}
	return s
}

func (p *Pages) objectives(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := p.Objectives.List(ctx, p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	people, err := p.people(ctx)
	if err != nil {
		return err
	}
	v := &tableView{Table: &web.Table{ID: "objectives", Caption: "Joint objectives", Empty: "The partnership has no joint objective yet.",
		Columns: []web.Column{{Label: "Objective"}, {Label: "Owner"}, {Label: "By"}, {Label: "Did it move?"}, {Label: "Latest"}, {Label: "Quarterly note"}}}}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Joint objectives", objectivesSentence(all), []web.Link{governance}, true
	for _, s := range all {
		o := s.Objective
		row := []web.Cell{{Text: o.Title, Href: "/objectives/" + o.Code, Sub: plural(len(o.Agencies), "agency", "agencies")}, ownerCell(people, o.Owner), {Text: web.ShowDate(o.DueOn)}, {Tag: standingTag(s)}, {Text: "Nothing counted"}, {}}
		if o.State != "open" {
			row[3] = web.Cell{Tag: &web.Tag{Text: map[string]string{"met": "Met", "closed": "Closed"}[o.State], Colour: "grey"}}
		}
		for _, m := range s.Measures {
			if v := m.Verdict.Latest; v != nil {
				row[4] = web.Cell{Text: v.Says() + " " + v.Unit, Sub: v.Window()}
				break
			}
		}
		switch {
		case s.NoteDue != "":
			row[5] = web.Cell{Tag: &web.Tag{Text: "Missing", Colour: "red"}, Sub: partnership.QuarterWords(s.NoteDue)}
		case len(s.Notes) > 0:
			row[5] = web.Cell{Text: partnership.QuarterWords(s.Notes[0].Quarter)}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: row})
	}
	if objectors.Met(web.ViewerOf(r)) {
		v.AddHref, v.AddText = "/objectives/new", "Add a joint objective"
	}
	v.More = []web.Link{{Text: "Work that looks alike, side by side", Href: "/objectives/alike"}, {Text: "Published figures to start from", Href: "/objectives/published"}}
	return web.Render(p.Site, w, r, tablePage, v)
}

func ownerCell(people map[string]account.Account, id string) web.Cell {
	if a, ok := people[id]; ok && !a.Disabled {
		return web.Cell{Text: a.Name}
	}
	return web.Cell{Tag: &web.Tag{Text: "No owner", Colour: "red"}}
}

type objectiveView struct {
	web.Page
	Rows     []web.SummaryRow
	Links    []web.Link
	Measures []MeasureView
	Notes    []web.TimelineItem
	Due      string
	NoteHref string
	Add      string
	Actions  web.Fragment
	Versions string
}

// MeasureView is a measure as a page shows it: what its figures say, the chart, the figures.
type MeasureView struct {
	Name, Href, Sentence, Aim, Method string
	Tag                               *web.Tag
	Figure                            *web.Figure
	Readings                          *web.Table
	Add                               string
}

var objectivePage = web.NewTemplate[objectiveView](files, "objective.html")

// measureView draws a measure. Public hides counts of one to four.
func measureView(i int, m partnership.Measured, public bool) (MeasureView, error) {
	v := MeasureView{Name: m.Measure.Name, Sentence: m.Verdict.Sentence, Tag: movedTags[m.Verdict.Moved], Method: methodWords(m.Verdict)}
	if t := m.Measure.Target; t != nil {
		v.Aim = "The aim is " + web.ShowNumber(*t)
		if m.Measure.Of != "" {
			v.Aim += " of every 100 " + m.Measure.Of
		} else {
			v.Aim += " " + m.Measure.Unit
		}
		if m.Measure.TargetOn != "" {
			v.Aim += " by " + web.ShowDate(m.Measure.TargetOn)
		}
		v.Aim += "."
	}
	if public {
		for _, r := range m.Readings {
			if small(r) { // its words would say what is hidden
				v.Sentence, v.Method, v.Tag = "Some of the numbers are under 5 and are not shown.", "", nil
			}
		}
	}
	if len(m.Readings) > 1 {
		f, err := readingsFigure("measure-"+strconv.Itoa(i), m, v.Sentence, public)
		if err != nil {
			return v, err
		}
		v.Figure = f
	}
	v.Readings = readingTable("readings-"+strconv.Itoa(i), m, public)
	return v, nil
}

func small(r partnership.Reading) bool {
	return r.N > 0 && r.N < 5 || r.Of != nil && *r.Of-r.N > 0 && *r.Of-r.N < 5
}

func methodWords(v partnership.Verdict) string {
	if v.Low == nil {
		return ""
	}
	if strings.HasPrefix(v.Method, "difference") {
		return fmt.Sprintf("The difference lies between %.0f and %.0f in every 100 (95 %%; %s).", *v.Low, *v.High, v.Method)
	}
	high := strconv.FormatFloat(*v.High, 'f', 2, 64)
	if *v.High >= 1e6 {
		high = "any larger number"
	}
	return fmt.Sprintf("The rate is between %.2f and %s times what it was (95 %%; %s).", *v.Low, high, v.Method)
}

// readingsFigure draws readings over time: shares in every hundred, counts of a day as they are, and counts of spans as
// rates for 30 days, because spans differ. Breaks are marked and nothing is joined across them.
func readingsFigure(id string, m partnership.Measured, finding string, public bool) (*web.Figure, error) {
	days := true
	for _, r := range m.Readings {
		days = days && r.From == r.Until
	}
	l := chart.Lines{About: chart.About{Title: m.Measure.Name, Finding: finding}, Decimals: 1}
	s := chart.Series{Label: m.Measure.Unit}
	switch {
	case m.Measure.Of != "":
		l.Unit = m.Measure.Unit + ", of every 100 " + m.Measure.Of
	case days:
		l.Unit, l.Decimals = m.Measure.Unit, 0
	default:
		l.Unit = m.Measure.Unit + " every 30 days"
	}
	for i, r := range m.Readings {
		l.Periods = append(l.Periods, r.Window())
		n := chart.Number{N: float64(r.N)}
		switch {
		case public && small(r):
			n = chart.Number{State: chart.Hidden}
		case r.Of != nil:
			n.N = 100 * n.N / float64(*r.Of)
		case !days:
			n.N = 30 * n.N / r.Days()
		}
		s.Values = append(s.Values, n)
		if i > 0 {
			if why := partnership.Break(m.Readings[i-1], r); why != "" {
				l.Marks = append(l.Marks, chart.Mark{Period: i, Label: breakLabel(m.Readings[i-1], r), Break: true})
			}
		}
	}
	l.Series = []chart.Series{s}
	last := m.Readings[len(m.Readings)-1]
	l.Base = "Latest: " + last.Base()
	if public { // whoever has not signed in cannot open the register; the words they may read stand on the page itself
		l.Base = strings.Replace(l.Base, "definition: ", "definition ", 1)
	}
	if public && small(last) {
		l.Base = "Counted by " + last.Counter + "; source: " + last.Source
	}
	return web.NewFigure(id, l)
}

// breakLabel is short: it stands in the picture.
func breakLabel(a, b partnership.Reading) string {
	var what []string
	if a.Unit != b.Unit {
		what = append(what, "unit")
	}
	if a.Counter != b.Counter {
		what = append(what, "counter")
	}
	if a.Definition != b.Definition {
		what = append(what, "definition")
	}
	if len(what) == 0 {
		return "Break"
	}
	return "Break: " + strings.Join(what, " and ")
}

func readingTable(id string, m partnership.Measured, public bool) *web.Table {
	t := &web.Table{ID: id, Caption: "What was counted: " + m.Measure.Name, Empty: "Nothing has been counted yet.", Columns: []web.Column{{Label: "When"}, {Label: "Count"}, {Label: "Counted by"}, {Label: "Definition"}, {Label: "Source"}}}
	for i, r := range m.Readings {
		when := web.Cell{Text: r.Window()}
		if r.Baseline {
			when.Tag = &web.Tag{Text: "Baseline", Colour: "blue"}
		}
		if i > 0 {
			if why := partnership.Break(m.Readings[i-1], r); why != "" {
				when.Sub = "The series breaks here: " + why + "."
			}
		}
		n := web.Cell{Text: r.Says() + " " + r.Unit, Sub: r.Note}
		if public && small(r) {
			n = web.Cell{Text: "not shown: under 5", Unnumbered: true}
		}
		d := web.Cell{Text: r.Definition}
		if code, version, ok := strings.Cut(r.Definition, " v"); ok && !public {
			d.Href = "/definitions/" + url.PathEscape(code) + "/" + url.PathEscape(version)
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{when, n, {Text: r.Counter}, d, {Text: r.Source}}})
	}
	return t
}

func (p *Pages) objective(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	s, err := p.Objectives.Get(ctx, p.q(), scope, r.PathValue("code"))
	if err != nil {
		return err
	}
	people, err := p.people(ctx)
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	public, err := p.Content.Publications(ctx, p.q(), partnership.ObjectiveKind)
	if err != nil {
		return err
	}
	o, write := s.Objective, objectors.Met(viewer)
	v := &objectiveView{Versions: "/objectives/" + o.Code + "/versions"}
	v.Title, v.Crumbs, v.Lead, v.Wide = o.Title, objectivesCrumbs, objectiveSentence(s), true
	var together []string
	for _, a := range o.Agencies {
		together = append(together, orCode(names, a))
	}
	owner := ownerCell(people, o.Owner)
	v.Rows = []web.SummaryRow{{Key: "Why", Value: o.Why}, {Key: "Owner", Value: owner.Text, Tag: owner.Tag}, {Key: "By", Value: web.ShowDate(o.DueOn)}, {Key: "Together", Value: strings.Join(together, ", ")}}
	if o.Outcome != "" {
		v.Rows = append(v.Rows, web.SummaryRow{Key: "What came of it", Value: o.Outcome})
	}
	if x := public[o.Code]; x.Version > 0 {
		v.Rows = append(v.Rows, web.SummaryRow{Key: "Public", Value: fmt.Sprintf("As it stood on %s, in the name of %s", happened(x.At, "").When, x.ByName)})
	} else {
		v.Rows = append(v.Rows, web.SummaryRow{Key: "Public", Value: "No"})
	}
	for _, l := range o.Links {
		v.Links = append(v.Links, web.Link{Text: l.Text, Href: l.Href})
	}
	for i, m := range s.Measures {
		mv, err := measureView(i, m, false)
		if err != nil {
			return err
		}
		mv.Href = "/measures/" + url.PathEscape(m.Measure.Code)
		if write {
			mv.Add = mv.Href + "/count"
		}
		v.Measures = append(v.Measures, mv)
	}
	for _, n := range s.Notes {
		item := happened(n.At, n.ByName)
		item.Title, item.Text = partnership.QuarterWords(n.Quarter), n.Words
		v.Notes = append(v.Notes, item)
	}
	if s.NoteDue != "" {
		v.Due = "The note for " + partnership.QuarterWords(s.NoteDue) + " is missing."
	}
	if p.mayNote(scope, o) {
		v.NoteHref = "/objectives/" + o.Code + "/note"
	}
	if write {
		v.Add = "/measures/new?objective=" + url.QueryEscape(o.Code)
	}
	if p.Actions != nil {
		if v.Actions, err = p.Actions(ctx, scope, partnership.ObjectiveKind, o.Code); err != nil {
			return err
		}
	}
	return web.Render(p.Site, w, r, objectivePage, v)
}

func objectiveSentence(s partnership.Standing) string {
	if len(s.Measures) == 0 {
		return "Nothing measures it yet: nobody will be able to say whether it moved."
	}
	best := s.Measures[0]
	for _, m := range s.Measures {
		if m.Verdict.Moved == s.Verdict() {
			best = m
			break
		}
	}
	return best.Measure.Name + ": " + best.Verdict.Sentence
}

func (p *Pages) mayNote(scope access.Scope, o partnership.Objective) bool {
	return scope.Account == o.Owner || scope.Role == access.Manager || scope.Role == access.Chair
}

// measure leads to its objective; a measure of none has its versions alone.
func (p *Pages) measure(w http.ResponseWriter, r *http.Request) error {
	v, err := p.Content.Get(r.Context(), p.q(), web.ScopeOf(r), content.Key{Kind: partnership.MeasureKind, Code: r.PathValue("code")})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/objectives/"+url.PathEscape(v.Field("objective")), http.StatusSeeOther)
	return nil
}

// ---- recording ----

func (p *Pages) countForm(r *http.Request) (*web.Form, partnership.Measure, error) {
	ctx := r.Context()
	c, err := p.Content.Get(ctx, p.q(), web.ScopeOf(r), content.Key{Kind: partnership.MeasureKind, Code: r.PathValue("code")})
	if err != nil {
		return nil, partnership.Measure{}, err
	}
	m := partnership.MeasureOf(c)
	fields := []*web.Field{
		{Name: "from", Label: "First day", Kind: web.DateInput, Required: "Enter the first day of the span"},
		{Name: "until", Label: "Last day", Kind: web.DateInput, Required: "Enter the last day of the span"},
		{Name: "n", Label: "How many " + m.Unit + "?", Kind: web.TextInput, Width: "10", Required: "Enter the number"}}
	if m.Of != "" {
		fields = append(fields, &web.Field{Name: "of", Label: "Out of how many " + m.Of + "?", Kind: web.TextInput, Width: "10", Required: "Enter the whole"})
	}
	fields = append(fields,
		&web.Field{Name: "quality", Label: "How exact is it?", Kind: web.Radios, Inline: true, Required: "Say how exact it is", Options: []web.Option{{Value: "exact", Label: "Exact"}, {Value: "about", Label: "About"}, {Value: "at-least", Label: "At least"}}},
		&web.Field{Name: "unit", Label: "Unit", Kind: web.TextInput, Required: "Say what was counted", Hint: "Another unit than before draws a break."},
		&web.Field{Name: "counter", Label: "Who counted?", Kind: web.TextInput, Required: "Say who counted"},
		&web.Field{Name: "source", Label: "Source", Kind: web.TextInput, Max: 500, Required: "Name the source"},
		&web.Field{Name: "note", Label: "Note", Kind: web.TextArea, Rows: 2, Hint: "What was missing, what changed in how it was counted."},
		&web.Field{Name: "baseline", Label: "Is it the baseline?", Kind: web.Radios, Inline: true, Required: "Say whether it is the baseline", Options: []web.Option{{Value: "no", Label: "No"}, {Value: "yes", Label: "Yes"}}},
		&web.Field{Name: "why", Label: "If it corrects an earlier figure, why?", Kind: web.TextInput})
	f := p.Site.NewForm("/measures/"+url.PathEscape(m.Code)+"/count", "Record it", fields...)
	f.Set("quality", "exact").Set("unit", m.Unit).Set("counter", m.Counter).Set("source", m.Source).Set("baseline", "no")
	f.Cancel = "/objectives/" + url.PathEscape(m.Objective)
	return f, m, nil
}

func (p *Pages) countView(r *http.Request, f *web.Form, m partnership.Measure) (*formView, error) {
	v := contentweb.NewFormView("Record a figure", "What was counted for: "+m.Name+". Counts only, of spans that are over.", f, append(slices.Clone(objectivesCrumbs), web.Link{Text: "The objective", Href: f.Cancel})...)
	old, err := p.Objectives.Corrected(r.Context(), p.q(), m.Code)
	for _, x := range old {
		item := happened(*x.SupersededAt, "")
		item.Title, item.Text, item.Superseded = x.Window()+": "+x.Says()+" "+x.Unit, x.Note, true
		v.Before = append(v.Before, item)
	}
	return v, err
}

func (p *Pages) countPage(w http.ResponseWriter, r *http.Request) error {
	f, m, err := p.countForm(r)
	if err != nil {
		return err
	}
	v, err := p.countView(r, f, m)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) count(w http.ResponseWriter, r *http.Request) error {
	f, m, err := p.countForm(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	in := partnership.Reading{Measure: m.Code, From: f.Value("from"), Until: f.Value("until"), Quality: partnership.Quality(f.Value("quality")), Unit: f.Value("unit"), Counter: f.Value("counter"), Source: f.Value("source"), Note: f.Value("note"), Baseline: f.Value("baseline") == "yes", Why: f.Value("why")}
	number := func(name string) int {
		n, err := strconv.Atoi(strings.ReplaceAll(f.Value(name), ",", ""))
		if f.Value(name) != "" && (err != nil || n < 0 || n > 1_000_000_000) {
			f.Fail(name, "Enter a whole number, 0 or more")
		}
		return n
	}
	in.N = number("n")
	if m.Of != "" {
		of := number("of")
		if in.Of = &of; of < in.N {
			f.Fail("of", "The whole must be at least the number counted")
		} else if of == 0 {
			f.Fail("of", "Of none nothing can be said: enter a whole of 1 or more")
		}
	}
	if f.Value("until") > p.today() {
		f.Fail("until", "The last day must be today or earlier: what is not over cannot be counted")
	} else if f.Value("until") < f.Value("from") {
		f.Fail("until", "The last day must not be before the first")
	}
	v, err := p.countView(r, f, m)
	if err != nil {
		return err
	}
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: v, Form: f, Said: "The figure was recorded.", Do: func(tx *database.Tx) (string, error) {
		if m.Definition != "" {
			d, err := p.Partnership.CurrentVersion(r.Context(), tx, m.Definition)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return "", err
			}
			if err == nil {
				in.Definition = d.Cite()
			}
		}
		return f.Cancel, p.Objectives.Read(r.Context(), tx, web.ScopeOf(r), in)
	}})
}

func (p *Pages) noteForm(r *http.Request) (*web.Form, partnership.Objective, error) {
	s, err := p.Objectives.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return nil, s.Objective, err
	}
	if !p.mayNote(web.ScopeOf(r), s.Objective) {
		return nil, s.Objective, fault.NoSuch()
	}
	today := clock.Today(p.Site.Clock)
	var quarters []web.Option
	for q, at := "", today; len(quarters) < 5; at = at.AddDate(0, 0, -80) {
		if now := partnership.Quarter(at); now != q {
			q = now
			quarters = append(quarters, web.Option{Value: q, Label: partnership.QuarterWords(q)})
		}
	}
	f := p.Site.NewForm("/objectives/"+url.PathEscape(s.Objective.Code)+"/note", "Save the note",
		&web.Field{Name: "quarter", Label: "Which quarter?", Kind: web.Select, Options: quarters, Required: "Choose a quarter"},
		&web.Field{Name: "words", Label: "What happened?", Kind: web.TextArea, Rows: 6, Required: "Write what happened in the quarter", Hint: "What was done, what it shows, what stands in the way. Name nobody whose safety it is about."})
	due := s.NoteDue
	if due == "" {
		due = partnership.LastQuarter(today)
	}
	f.Set("quarter", due)
	for _, n := range s.Notes {
		if n.Quarter == due {
			f.Set("words", n.Words)
		}
	}
	f.Cancel, f.Readers = "/objectives/"+s.Objective.Code, readByAll
	return f, s.Objective, nil
}

func (p *Pages) notePage(w http.ResponseWriter, r *http.Request) error {
	f, o, err := p.noteForm(r)
	if err != nil {
		return err
	}
	v := contentweb.NewFormView("Quarterly note", "On: "+o.Title, f, append(slices.Clone(objectivesCrumbs), web.Link{Text: o.Title, Href: f.Cancel})...)
	if v.Kept, err = p.Keeper.Open(r, f, "objective", draftKey(o.Code)); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) note(w http.ResponseWriter, r *http.Request) error {
	f, o, err := p.noteForm(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	v := contentweb.NewFormView("Quarterly note", "", f, append(slices.Clone(objectivesCrumbs), web.Link{Text: o.Title, Href: f.Cancel})...)
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: v, Form: f, Draft: [2]string{"objective", draftKey(o.Code)}, Said: "The note was saved.", Do: func(tx *database.Tx) (string, error) {
		return f.Cancel, p.Objectives.Say(r.Context(), tx, web.ScopeOf(r), o.Code, f.Value("quarter"), f.Value("words"))
	}})
}

// ---- published figures ----

type publishedView struct {
	web.Page
	Measures []MeasureView
	Note     string
}

var publishedPage = web.NewTemplate[publishedView](files, "published.html")

func published(name, unit string, list []partnership.PublishedFigure) partnership.Measured {
	m := partnership.Measured{Measure: partnership.Measure{Name: name, Unit: unit}}
	for _, f := range list {
		m.Readings = append(m.Readings, f.Reading)
	}
	m.Verdict = partnership.Judge(m.Measure, m.Readings)
	return m
}

func (p *Pages) published(w http.ResponseWriter, r *http.Request) error {
	v := &publishedView{Note: "Copied in " + partnership.PublishedAsAt + " from what was published; check a figure against its source before you quote it."}
	v.Title, v.Crumbs, v.Wide = "Published figures to start from", objectivesCrumbs, true
	v.Lead = "The national counts of county lines are not one series: the unit changed, and what looks like a rise counts different things."
	for i, m := range []partnership.Measured{published("County lines in England and Wales", "lines", partnership.CountyLinesSeries()), published("People linked to county lines from London", "people", partnership.RescueAndResponse())} {
		mv, err := measureView(i, m, false)
		if err != nil {
			return err
		}
		v.Measures = append(v.Measures, mv)
	}
	return web.Render(p.Site, w, r, publishedPage, v)
}

// ---- alike ----

// Effort is something somebody has set out to do: an objective, a board's action, a commissioned service.
type Effort struct {
	Kind, Title, Owner, When, Href string
	Theme                          string
}

// alikeView shows pairs of efforts that may be the same work twice.
func (p *Pages) alike(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	all, err := p.Objectives.List(ctx, p.q(), scope)
	if err != nil {
		return err
	}
	people, err := p.people(ctx)
	if err != nil {
		return err
	}
	var efforts []Effort
	for _, s := range all {
		if s.Objective.State == "open" {
			efforts = append(efforts, Effort{Kind: "Objective", Title: s.Objective.Title, Owner: ownerCell(people, s.Objective.Owner).Text, When: web.ShowDate(s.Objective.DueOn), Href: "/objectives/" + s.Objective.Code, Theme: s.Objective.Theme})
		}
	}
	for _, more := range p.Efforts {
		list, err := more(ctx, scope)
		if err != nil {
			return err
		}
		efforts = append(efforts, list...)
	}
	pairs := pairsOf(efforts)
	v := &tableView{Table: &web.Table{ID: "alike", Caption: "Work that looks alike", Empty: "Nothing that is planned looks like anything else that is.", Columns: []web.Column{{Label: "One"}, {Label: "The other"}, {Label: "Words they share"}},
		Base: fmt.Sprintf("Compared: %s; pairs share at least two words that carry meaning, and a third of all they have. A person decides whether it is the same work.", effortsWords(efforts))}}
	v.Title, v.Crumbs, v.Wide = "Work that looks alike", objectivesCrumbs, true
	v.Lead = fmt.Sprintf("%s may be the same work twice.", plural(len(pairs), "pair", "pairs"))
	if len(pairs) == 0 {
		v.Lead = "Nothing that is planned looks like anything else that is."
		v.Table.Empty = "Compared: " + effortsWords(efforts) + "."
	}
	for _, x := range pairs {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{effortCell(x.a), effortCell(x.b), {Text: strings.Join(x.shared, ", ")}}})
	}
	return web.Render(p.Site, w, r, tablePage, v)
}

func effortsWords(efforts []Effort) string {
	n := map[string]int{}
	var kinds []string
	for _, e := range efforts {
		if n[e.Kind]++; n[e.Kind] == 1 {
			kinds = append(kinds, e.Kind)
		}
	}
	var out []string
	for _, k := range kinds {
		out = append(out, plural(n[k], strings.ToLower(k), strings.ToLower(k)+"s"))
	}
	if out == nil {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

func effortCell(e Effort) web.Cell {
	c := web.Cell{Text: e.Title, Href: e.Href, Sub: e.Kind}
	for _, s := range []string{e.Owner, e.When} {
		if s != "" {
			c.Sub += ", " + s
		}
	}
	return c
}

type pair struct {
	a, b   Effort
	shared []string
	score  float64
}

var plain = map[string]bool{"about": true, "after": true, "again": true, "agree": true, "agency": true, "agencies": true, "their": true, "there": true, "these": true, "those": true, "which": true, "while": true, "every": true, "within": true, "young": true, "people": true,
	"person": true, "child": true, "children": true, "where": true, "when": true, "what": true, "with": true, "from": true, "that": true, "they": true, "them": true, "this": true, "were": true, "will": true, "whom": true, "than": true, "then": true, "into": true, "last": true, "next": true, "more": true, "fewer": true, "each": true, "been": true, "have": true, "hours": true, "days": true, "week": true, "working": true, "partnership": true}

// meaning is the set of stems of a title's words that carry meaning.
func meaning(title string) map[string]string {
	out := map[string]string{}
	for _, w := range strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if len(w) < 4 || plain[w] {
			continue
		}
		stem := w
		for _, end := range []string{"ing", "ed", "es", "s"} {
			if strings.HasSuffix(stem, end) && len(stem)-len(end) >= 4 {
				stem = strings.TrimSuffix(stem, end)
				break
			}
		}
		out[stem] = w
	}
	return out
}

func pairsOf(efforts []Effort) []pair {
	sets := make([]map[string]string, len(efforts))
	for i, e := range efforts {
		sets[i] = meaning(e.Title)
	}
	var out []pair
	for i := range efforts {
		for j := i + 1; j < len(efforts); j++ {
			var shared []string
			for stem, w := range sets[i] {
				if _, ok := sets[j][stem]; ok {
					shared = append(shared, w)
				}
			}
			all := len(sets[i]) + len(sets[j]) - len(shared)
			if len(shared) < 2 || 3*len(shared) < all {
				continue
			}
			slices.Sort(shared)
			out = append(out, pair{efforts[i], efforts[j], shared, float64(len(shared)) / float64(all)})
		}
	}
	slices.SortStableFunc(out, func(a, b pair) int { return cmp.Compare(b.score, a.score) })
	return out[:min(len(out), 200)]
}

// NotesDue are the quarterly notes that an account owes, as titles with the objective's address.
func (p *Pages) NotesDue(ctx context.Context, scope access.Scope) ([]NoteDue, error) {
	all, err := p.Objectives.List(ctx, p.q(), scope)
	var out []NoteDue
	for _, s := range all {
		if s.NoteDue != "" && s.Objective.Owner == scope.Account {
			out = append(out, NoteDue{ID: s.Objective.Code, Title: "Write the note for " + partnership.QuarterWords(s.NoteDue) + ": " + s.Objective.Title, Href: "/objectives/" + s.Objective.Code + "/note", Due: noteBy(s.NoteDue)})
		}
	}
	return out, err
}

// NoteDue is a quarterly note that somebody owes.
type NoteDue struct{ ID, Title, Href, Due string }

// noteBy is the day by which a quarter's note is owed: a month after its end.
func noteBy(quarter string) string {
	year, n, _ := strings.Cut(quarter, "-Q")
	y, _ := strconv.Atoi(year)
	q, _ := strconv.Atoi(n)
	return time.Date(y, time.Month(q*3+2), 0, 0, 0, 0, 0, time.UTC).Format(clock.ISODate)
}

// PublicMeasure is a measure as the public page shows it: counts of one to four are hidden, and so is what they would
// give away. The number i tells the figures of one page apart.
func PublicMeasure(i int, m partnership.Measured) (MeasureView, error) {
	return measureView(i, m, true)
}
