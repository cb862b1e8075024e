// Package practiceweb holds the pages of the hub: search, practice, training, the support desk, duties and law,
// and arrangements.
//
// Writing, versions, publishing and the one file in and out are contentweb's; each kind of entry is declared to
// it (kinds.go). An entry's Markdown is written to the page by a template from blocks, never from HTML.
package practiceweb

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/course"
	"lantern.example/lantern/internal/practice/find"
	"lantern.example/lantern/internal/practice/markdown"
	"lantern.example/lantern/internal/practice/support"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the hub's pages.
type Pages struct {
	Site        *web.Site
	Library     *practice.Library
	Hub         *practice.Hub
	Courses     *course.Store
	Support     *support.Store
	Content     *content.Store
	ContentWeb  *contentweb.Pages
	Accounts    *account.Store
	Partnership *partnership.Store
	Work        *work.Store
	Keeper      draftweb.Keeper
	// Strengths are what practitioners said works, for a note to be carried from; nil when no room tells.
	Strengths func(ctx context.Context, scope access.Scope) ([]Strength, error)
	// Uses are further places where an entry is used; rooms above add theirs.
	Uses []func(ctx context.Context, scope access.Scope, ref string) ([]web.Link, error)
}

// Strength is something that works, said in an assessment.
type Strength struct {
	ID, Words, When, Who string
	Href                 string
}

// Who looks after the hub.
var keepers = web.Only(practice.MayKeep...)

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	for i := range practice.Kinds {
		p.kind(rt, practice.Kinds[i])
	}
	rt.Get("/hub", web.Members, p.front)
	rt.Get("/hub/practice", web.Members, p.notes)
	rt.Get("/hub/approaches", web.Members, p.approaches)
	rt.Get("/hub/approaches/{code}", web.Members, p.approach)
	rt.Get("/hub/strengths", keepers, p.strengths)
	rt.Get("/hub/law", web.Members, p.law)
	rt.Get("/hub/templates", web.Members, p.templates)
	rt.Get("/hub/template/{code}/adopt", web.Members, p.adoptForm)
	rt.Post("/hub/template/{code}/adopt", web.Members, p.adopt)
	rt.Get("/hub/template/{code}/end", web.Members, p.endForm)
	rt.Post("/hub/template/{code}/end", web.Members, p.end)
	rt.Get("/hub/upkeep", keepers, p.upkeep)
	p.mountTraining(rt)
	p.mountDesk(rt)
}

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func (p *Pages) today() time.Time { return clock.Today(p.Site.Clock) }

var hub = web.Link{Text: "Hub", Href: "/hub"}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func ifOne(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// lists is where the entries of a kind are listed.
var lists = map[string]web.Link{
	practice.Note: {Text: "Practice", Href: "/hub/practice"}, practice.Course: {Text: "Training", Href: "/hub/training"},
	practice.Duty: {Text: "Duties and law", Href: "/hub/law"}, practice.Power: {Text: "Duties and law", Href: "/hub/law"}, practice.LawChange: {Text: "Duties and law", Href: "/hub/law"},
	practice.Template: {Text: "Arrangements", Href: "/hub/templates"}, practice.Reply: {Text: "Answers", Href: "/hub/answers"}, practice.Toolkit: {Text: "What is known", Href: "/hub/approaches"},
	practice.Synonyms: {Text: "Looking after the hub", Href: "/hub/upkeep"}, practice.Settings: {Text: "Looking after the hub", Href: "/hub/upkeep"},
}

// kindNames are what a search calls a kind; other rooms' documents are among them.
var kindNames = map[string]string{
	practice.Note: "Practice note", practice.Course: "Course", practice.Duty: "Duty", practice.Power: "Tool or power", practice.LawChange: "Change in the law",
	practice.Template: "Arrangement", practice.Reply: "Answer", practice.Toolkit: "Outside toolkit", "definition": "Definition", "paper": "Published paper",
}

// kindOrder is the order in which a search offers kinds.
var kindOrder = []string{practice.Note, practice.Reply, practice.Course, practice.Duty, practice.Power, practice.LawChange, practice.Template, practice.Toolkit, "definition", "paper"}

var draftTag = &web.Tag{Text: "Draft: not confirmed", Colour: "yellow"}

// prose reads Markdown for a page whose own headings go down to a level: the text's begin under it.
func prose(text string, under int) []markdown.Block {
	blocks := markdown.Parse(text)
	least := 9
	for _, b := range blocks {
		if b.Kind == markdown.Heading {
			least = min(least, b.Level)
		}
	}
	last := under
	for i := range blocks {
		if b := &blocks[i]; b.Kind == markdown.Heading {
			b.Level = min(b.Level-least+under+1, last+1, 6)
			last = b.Level
		}
	}
	return blocks
}

// ---- the front page and the search ----

type section struct {
	Title, Href, Finding string
	Tag                  *web.Tag
}

type result struct {
	Title, Href, Summary, Kind string
	Tag                        *web.Tag
}

type frontView struct {
	web.Page
	Query    string
	Kinds    []web.Option
	Sections []section
	Results  []result
	Searched bool
	Read     []string
	Ask      string
	Pages    *web.Pages
	Links    []web.Link
}

var frontPage = web.NewTemplate[frontView](files, "front.html")

const resultsSize = 20

func (p *Pages) front(w http.ResponseWriter, r *http.Request) error {
	l := web.ReadList(r, nil, "", false, "q", "kind")
	l.Size = resultsSize
	v := &frontView{Query: l.Filters["q"], Ask: "/hub/ask"}
	v.Title = "Hub"
	if _, ok := kindNames[l.Filters["kind"]]; !ok {
		l.Filters["kind"] = ""
	}
	if v.Query != "" {
		return p.results(w, r, v, l)
	}
	var err error
	if v.Sections, err = p.sections(r); err != nil {
		return err
	}
	standing, err := p.Hub.Standing(r.Context(), p.q())
	if err != nil {
		return err
	}
	v.Lead = frontSentence(standing)
	if keepers.Met(web.ViewerOf(r)) {
		v.Links = append(v.Links, web.Link{Text: "Looking after the hub", Href: "/hub/upkeep"})
	}
	v.Links = append(v.Links, web.Link{Text: "Governance: definitions, agreements, leads, agencies", Href: "/governance"})
	return web.Render(p.Site, w, r, frontPage, v)
}

func frontSentence(s practice.Standing) string {
	out := plural(len(s.All), "entry", "entries") + " on what works, the law, training and answers."
	switch n := len(s.Unconfirmed); {
	case n > 0 && len(s.Overdue) > 0:
		out += " " + plural(n, "is a draft", "are drafts") + " that nobody here has confirmed yet, and " + plural(len(s.Overdue), "should have been looked at again", "should have been looked at again") + "."
	case n > 0:
		out += " " + plural(n, "is a draft", "are drafts") + " that nobody here has confirmed yet."
	case len(s.Overdue) > 0:
		out += " " + plural(len(s.Overdue), "should have been looked at again.", "should have been looked at again.")
	}
	return out
}

func (p *Pages) sections(r *http.Request) ([]section, error) {
	ctx, scope := r.Context(), web.ScopeOf(r)
	standing, err := p.Hub.Standing(ctx, p.q())
	if err != nil {
		return nil, err
	}
	statuses, err := p.Courses.Statuses(ctx, p.q(), scope)
	if err != nil {
		return nil, err
	}
	desk, err := p.Support.Standing(ctx, p.q())
	if err != nil {
		return nil, err
	}
	notes, noteDrafts := standing.Of(practice.Note)
	duties, dutyDrafts := standing.Of(practice.Duty)
	powers, powerDrafts := standing.Of(practice.Power)
	templates, _ := standing.Of(practice.Template)
	answers, _ := standing.Of(practice.Reply)
	todo := coursesToDo(statuses, scope.Role)
	training := section{Title: "Training", Href: "/hub/training", Finding: "You have done every course your role needs."}
	if todo > 0 {
		training.Finding = plural(todo, "course that your role needs is", "courses that your role needs are") + " still to do."
	}
	help := section{Title: "Ask", Href: "/hub/ask", Finding: "Ask in one box: near answers first, then a named person."}
	if desk.Waiting > 0 {
		help.Finding = plural(desk.Waiting, "question waits", "questions wait") + " for an answer, " + plural(desk.Overdue, "past its day", "past their day") + "."
	}
	return []section{
		{Title: "What works", Href: "/hub/practice", Finding: plural(notes, "note", "notes") + ", effect apart from how strong the evidence is" + draftsToo(noteDrafts) + "."},
		{Title: "What is known, by approach", Href: "/hub/approaches", Finding: "Our notes beside what outside toolkits say, in their words."},
		training, help,
		{Title: "Duties and law", Href: "/hub/law", Finding: plural(duties, "duty", "duties") + " and " + plural(powers, "power", "powers") + draftsToo(dutyDrafts+powerDrafts) + ". No legal advice."},
		{Title: "Arrangements", Href: "/hub/templates", Finding: plural(templates, "text", "texts") + " that agencies adopt."},
		{Title: "Answers", Href: "/hub/answers", Finding: plural(answers, "question", "questions") + " that somebody else had first."},
	}, nil
}

func draftsToo(n int) string {
	if n == 0 {
		return ""
	}
	return ", " + plural(n, "a draft", "of them drafts")
}

func (p *Pages) results(w http.ResponseWriter, r *http.Request, v *frontView, l web.List) error {
	a, err := p.Hub.Search(r.Context(), p.q(), find.Query{Text: v.Query, Kind: l.Filters["kind"], Limit: l.Size, Offset: l.Offset()})
	if err != nil {
		return err
	}
	v.Searched, v.Crumbs = true, []web.Link{hub}
	v.Title = "Search the hub"
	all := 0
	for _, n := range a.Kinds {
		all += n
	}
	v.Kinds = append(v.Kinds, web.Option{Label: "Everything (" + web.ShowNumber(all) + ")", Selected: l.Filters["kind"] == ""})
	for _, k := range kindOrder {
		if n := a.Kinds[k]; n > 0 || l.Filters["kind"] == k {
			v.Kinds = append(v.Kinds, web.Option{Value: k, Label: kindNames[k] + " (" + web.ShowNumber(n) + ")", Selected: l.Filters["kind"] == k})
		}
	}
	for _, h := range a.Hits {
		x := result{Title: h.Title, Href: h.Href, Summary: h.Summary, Kind: kindNames[h.Kind]}
		if h.Draft {
			x.Tag = draftTag
		}
		v.Results = append(v.Results, x)
	}
	v.Read = readings(a)
	switch {
	case a.Total == 0:
		v.Lead = "Nothing in the hub has these words. Ask: somebody will answer."
	default:
		v.Lead = plural(a.Total, "entry has", "entries have") + " these words or words for the same thing; the nearest is “" + bestTitle(a, v, r) + "”."
	}
	if a.Total > l.Size {
		v.Pages = l.Paged(a.Total)
	}
	return web.Render(p.Site, w, r, frontPage, v)
}

// bestTitle is the title of the first finding; on a later page it is looked up.
func bestTitle(a find.Answer, v *frontView, r *http.Request) string {
	if len(a.Hits) > 0 {
		return a.Hits[0].Title
	}
	return v.Query
}

func readings(a find.Answer) []string {
	var out []string
	for _, x := range a.Read {
		if x.Slang {
			out = append(out, "“"+x.Typed+"” also finds: "+strings.Join(x.As, ", ")+".")
		} else {
			out = append(out, "“"+x.Typed+"” was read as “"+strings.Join(x.As, " ")+"”.")
		}
	}
	for _, t := range a.Nobody {
		out = append(out, "No entry has “"+t+"” or anything like it.")
	}
	return out
}

// ---- lists ----

type listView struct {
	web.Page
	Filter *web.Filter
	Tables []listPart
	Links  []web.Link
	Notice string
}

type listPart struct {
	Title string
	Table *web.Table
	Text  string
}

var listPage = web.NewTemplate[listView](files, "list.html")

func labelOf(options []practice.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

func strengthShort(v string) string {
	if v == "" {
		return "Not rated here"
	}
	return v + " of 5"
}

var effectTags = map[string]*web.Tag{
	"harmful": {Text: "Harmful", Colour: "red"}, "none": {Text: "None", Colour: "grey"}, "mixed": {Text: "Mixed", Colour: "yellow"},
	"positive": {Text: "Positive", Colour: "green"}, "large": {Text: "Large", Colour: "green"}, "not-known": {Text: "Not known", Colour: "grey"},
}

func (p *Pages) notes(w http.ResponseWriter, r *http.Request) error {
	l := web.ReadList(r, nil, "", false, "effect", "type")
	all, err := p.Library.List(r.Context(), p.q(), web.ScopeOf(r), practice.Note)
	if err != nil {
		return err
	}
	kind, _ := practice.KindOf(practice.Note)
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "What works", []web.Link{hub}, true
	t := &web.Table{ID: "notes", Caption: "Practice notes", Empty: "No note fits.", Columns: []web.Column{{Label: "Note"}, {Label: "Effect"}, {Label: "Strength of the evidence"}, {Label: "Who it is for"}, {Label: "As at"}},
		Base: "Effect says what it is held to do; strength says how well anybody compared (Maryland scale, 0 to 5). One does not follow from the other."}
	rated, drafts, overdue := 0, 0, 0
	for _, e := range all {
		if e.Field("evidence") != "" {
			rated++
		}
		if e.Unconfirmed() != "" {
			drafts++
		}
		if e.Overdue(p.today()) {
			overdue++
		}
		if x := l.Filters["effect"]; x != "" && e.Field("effect") != x {
			continue
		}
		if x := l.Filters["type"]; x != "" && e.Field("type") != x {
			continue
		}
		name := web.Cell{Text: e.Title, Href: e.Href(), Sub: e.Summary()}
		asAt := web.Cell{Text: practice.AsAtWords(e.AsAt())}
		if e.Unconfirmed() != "" {
			asAt.Tag = draftTag
		}
		if e.Overdue(p.today()) {
			asAt.Sub = "To be looked at since " + web.ShowDate(e.ReviewOn)
		}
		strength := web.Cell{Text: strengthShort(e.Field("evidence"))}
		if by := e.Field("rated_by"); by != "" {
			strength.Sub = by + ", " + web.ShowDate(e.Field("rated_on"))
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, {Tag: effectTags[e.Field("effect")]}, strength, {Text: e.Field("who_for")}, asAt}})
	}
	v.Lead = plural(len(all), "note", "notes") + "; " + plural(rated, "has its evidence rated", "have their evidence rated") + " by a named person, " + plural(drafts, "is a draft", "are drafts") + ", " + plural(overdue, "should have been looked at again", "should have been looked at again") + "."
	effect := &web.Field{Name: "effect", Label: "Effect", Kind: web.Select, Options: []web.Option{{Label: "Any"}}}
	for _, o := range practice.Effects {
		effect.Options = append(effect.Options, web.Option{Value: o.Value, Label: o.Label})
	}
	sort := &web.Field{Name: "type", Label: "Kind of note", Kind: web.Select, Options: []web.Option{{Label: "Any"}}}
	for _, o := range kind.Field("type").Options {
		sort.Options = append(sort.Options, web.Option{Value: o.Value, Label: o.Label})
	}
	v.Filter = l.NewFilter(effect, sort)
	v.Tables = []listPart{{Table: t}}
	v.Links = append(v.Links, web.Link{Text: "What is known, by approach, with outside toolkits’ ratings", Href: "/hub/approaches"})
	if keepers.Met(web.ViewerOf(r)) {
		v.Links = append(v.Links, web.Link{Text: "Write a practice note", Href: "/hub/practice/new"})
		if p.Strengths != nil {
			v.Links = append(v.Links, web.Link{Text: "Carry what works from the assessments", Href: "/hub/strengths"})
		}
	}
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) approaches(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Library.Approaches(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "What is known, by approach", []web.Link{hub}, true
	t := &web.Table{ID: "approaches", Caption: "Approaches", Empty: "No toolkit has been loaded and no note names an approach.", Columns: []web.Column{{Label: "Approach"}, {Label: "What we hold"}, {Label: "Toolkits: effect"}, {Label: "Toolkits: evidence"}, {Label: "Toolkits: cost"}}, Base: "Toolkits’ ratings are theirs, in their words, as read on the day shown on each toolkit’s page. We do not retype them as ours."}
	both, drafts := 0, false
	for _, a := range all {
		row := []web.Cell{{Text: a.Name, Href: "/hub/approaches/" + a.Code}, {Text: "No note"}, {}, {}, {}}
		if len(a.Notes) > 0 {
			row[1] = web.Cell{Tag: effectTags[a.Notes[0].Field("effect")], Sub: plural(len(a.Notes), "note", "notes")}
		}
		if len(a.Ratings) > 0 {
			x := a.Ratings[0]
			drafts = drafts || x.Toolkit.Unconfirmed() != ""
			row[2], row[3], row[4] = web.Cell{Text: x.Effect, Sub: x.Toolkit.Field("publisher")}, web.Cell{Text: x.Evidence}, web.Cell{Text: x.Cost}
			if len(a.Notes) > 0 {
				both++
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	v.Lead = plural(len(all), "approach", "approaches") + ", " + web.ShowNumber(both) + " of them with a note of ours beside a toolkit’s rating."
	if drafts {
		v.Notice = "Not all of these ratings have been confirmed against the toolkit’s own pages. Do that before you rely on one."
	}
	v.Tables = []listPart{{Table: t}}
	return web.Render(p.Site, w, r, listPage, v)
}

func ratingsTable(ratings []practice.Rating) *web.Table {
	t := &web.Table{ID: "ratings", Caption: "What outside toolkits say", Empty: "No toolkit that was loaded rates it.", Columns: []web.Column{{Label: "Toolkit"}, {Label: "Effect"}, {Label: "Evidence"}, {Label: "Cost"}, {Label: "Note"}}}
	for _, x := range ratings {
		name := web.Cell{Text: x.Toolkit.Title, Href: x.Toolkit.Href(), Sub: "Read " + practice.AsAtWords(x.Toolkit.Field("read_on"))}
		if x.Toolkit.Unconfirmed() != "" {
			name.Tag = draftTag
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, {Text: x.Effect, Sub: x.Name}, {Text: x.Evidence}, {Text: x.Cost}, {Text: x.Note}}})
		t.Base = "In the toolkit’s words. Its scales: " + x.Toolkit.Field("scale") + "."
	}
	return t
}

func notesTable(notes []practice.Entry) *web.Table {
	t := &web.Table{ID: "ours", Caption: "What we hold", Empty: "We hold no note on it.", Columns: []web.Column{{Label: "Note"}, {Label: "Effect"}, {Label: "Strength of the evidence"}, {Label: "Dose"}, {Label: "Cost"}}}
	for _, n := range notes {
		name := web.Cell{Text: n.Title, Href: n.Href(), Sub: n.Summary()}
		if n.Unconfirmed() != "" {
			name.Tag = draftTag
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, {Tag: effectTags[n.Field("effect")]}, {Text: strengthShort(n.Field("evidence"))}, {Text: n.Field("dose")}, {Text: n.Field("cost")}}})
	}
	return t
}

func (p *Pages) approach(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Library.Approach(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = a.Name, []web.Link{hub, {Text: "What is known", Href: "/hub/approaches"}}, true
	v.Lead = known(a)
	v.Tables = []listPart{{Table: notesTable(a.Notes)}, {Table: ratingsTable(a.Ratings)}}
	return web.Render(p.Site, w, r, listPage, v)
}

// known is one sentence on an approach.
func known(a practice.Approach) string {
	var parts []string
	if len(a.Notes) > 0 {
		n := a.Notes[0]
		parts = append(parts, "We hold the effect to be "+strings.ToLower(labelOf(practice.Effects, n.Field("effect")))+", with evidence "+strings.ToLower(strengthShort(n.Field("evidence"))))
	}
	for _, x := range a.Ratings {
		s := x.Toolkit.Field("publisher") + " says: " + strings.ToLower(x.Effect)
		if x.Evidence != "" {
			s += ", evidence " + x.Evidence
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ". ") + "."
}

type knownView struct {
	Finding  string
	Href     string
	Notes    *web.Table
	Ratings  *web.Table
	Nothing  bool
	Approach string
}

var knownPart = web.NewFragment[knownView](files, "known.html")

// Known is a panel for another room's page: what is known about an approach it uses (a kind of intervention).
func (p *Pages) Known(ctx context.Context, scope access.Scope, lang, approach string) (web.Fragment, error) {
	a, err := p.Library.Approach(ctx, p.q(), scope, approach)
	if fault.Is(err, fault.NotFound) {
		return web.RenderFragment(p.Site, lang, knownPart, knownView{Nothing: true, Approach: approach})
	}
	if err != nil {
		return web.Fragment{}, err
	}
	return web.RenderFragment(p.Site, lang, knownPart, knownView{Finding: known(a), Href: "/hub/approaches/" + a.Code, Notes: notesTable(a.Notes), Ratings: ratingsTable(a.Ratings), Approach: a.Name})
}

func (p *Pages) strengths(w http.ResponseWriter, r *http.Request) error {
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "What works, as practitioners said", []web.Link{hub, lists[practice.Note]}, true
	t := &web.Table{ID: "strengths", Caption: "Said under “what works”", Empty: "No statement has been coded as something that works yet.", Columns: []web.Column{{Label: "Said"}, {Label: "By"}, {Label: "When"}, {Label: "Do"}}, Base: "One statement is one voice. A note carried from it keeps where it came from."}
	var all []Strength
	if p.Strengths != nil {
		var err error
		if all, err = p.Strengths(r.Context(), web.ScopeOf(r)); err != nil {
			return err
		}
	}
	for _, s := range all {
		t.Rows = append(t.Rows, web.Row{ID: "s-" + s.ID, Cells: []web.Cell{{Text: s.Words, Href: s.Href}, {Text: s.Who}, {Text: s.When}, {Text: "Write it up", Hidden: "as a practice note: " + s.Words, Href: "/hub/practice/new?type=local&effect=not-known&origin=" + s.ID}}})
	}
	v.Lead = plural(len(all), "statement says", "statements say") + " that something works. Write one up, and it keeps where it came from."
	v.Tables = []listPart{{Table: t}}
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) law(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	duties, err := p.Library.List(ctx, p.q(), scope, practice.Duty)
	if err != nil {
		return err
	}
	powers, err := p.Library.List(ctx, p.q(), scope, practice.Power)
	if err != nil {
		return err
	}
	changes, err := p.Library.List(ctx, p.q(), scope, practice.LawChange)
	if err != nil {
		return err
	}
	v := &listView{Notice: notAdvice}
	v.Title, v.Crumbs, v.Wide = "Duties and law", []web.Link{hub}, true
	dt := &web.Table{ID: "duties", Caption: "Duties", Empty: "No duty is entered.", Columns: []web.Column{{Label: "Duty"}, {Label: "Law"}, {Label: "Our arrangement"}, {Label: "Look again by"}, {Label: "As at"}}}
	without := 0
	for _, e := range duties {
		arranged := web.Cell{Tag: &web.Tag{Text: "Written", Colour: "green"}}
		if !written(e.Field("arrangement")) {
			without++
			arranged = web.Cell{Tag: &web.Tag{Text: "Not written yet", Colour: "yellow"}}
		}
		dt.Rows = append(dt.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Href(), Sub: e.Field("who")}, {Text: e.Field("law")}, arranged, p.review(e), asAtCell(e)}})
	}
	pt := &web.Table{ID: "powers", Caption: "Tools and powers", Empty: "No power is entered.", Columns: []web.Column{{Label: "Power"}, {Label: "Who may use it"}, {Label: "Law"}, {Label: "As at"}}}
	for _, e := range powers {
		pt.Rows = append(pt.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Href(), Sub: e.Summary()}, {Text: e.Field("may_use")}, {Text: e.Field("law")}, asAtCell(e)}})
	}
	ct := &web.Table{ID: "changes", Caption: "What changed when the law changed", Empty: "No change is entered.", Columns: []web.Column{{Label: "Change"}, {Label: "When"}, {Label: "Looked at since, here"}, {Label: "As at"}}}
	slices.SortStableFunc(changes, func(a, b practice.Entry) int { return strings.Compare(b.Field("on"), a.Field("on")) })
	for _, e := range changes {
		touched, err := p.Library.Touches(ctx, p.q(), scope, e.Item)
		if err != nil {
			return err
		}
		seen := 0
		for _, x := range touched {
			if x.Since != "" {
				seen++
			}
		}
		ct.Rows = append(ct.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Href(), Sub: e.Summary()}, {Text: practice.AsAtWords(e.Field("on"))}, {Text: web.ShowNumber(seen) + " of " + plural(len(touched), "entry", "entries")}, asAtCell(e)}})
	}
	v.Lead = plural(len(duties), "duty", "duties") + "; for " + web.ShowNumber(without) + " nobody has written what is arranged here."
	v.Tables = []listPart{{Table: dt}, {Table: pt}, {Table: ct}}
	if keepers.Met(web.ViewerOf(r)) {
		v.Links = []web.Link{{Text: "Add a duty", Href: "/hub/duty/new"}, {Text: "Add a tool or power", Href: "/hub/power/new"}, {Text: "Add a change in the law", Href: "/hub/law-change/new"}}
	}
	return web.Render(p.Site, w, r, listPage, v)
}

const notAdvice = "This is no legal advice. Each entry says its source and the day it speaks for; what is marked as a draft was written from memory or waits for a commencement date. Check before you rely on it."

// written reports whether somebody has put something of their own in place of what came with the program.
func written(text string) bool {
	return text != "" && !strings.HasPrefix(text, "Not written yet") && !strings.HasPrefix(text, "None")
}

func asAtCell(e practice.Entry) web.Cell {
	c := web.Cell{Text: practice.AsAtWords(e.AsAt())}
	if e.Unconfirmed() != "" {
		c.Tag = draftTag
	}
	return c
}

func (p *Pages) review(e practice.Entry) web.Cell {
	c := web.Cell{Text: web.ShowDate(e.ReviewOn)}
	if e.Overdue(p.today()) {
		c.Tag = &web.Tag{Text: "Overdue", Colour: "red"}
	}
	if e.KeeperName != "" {
		c.Sub = e.KeeperName
	}
	return c
}

func (p *Pages) templates(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	all, err := p.Library.List(ctx, p.q(), scope, practice.Template)
	if err != nil {
		return err
	}
	adoptions, err := p.Library.Adoptions(ctx, p.q(), "")
	if err != nil {
		return err
	}
	members, err := p.Partnership.Members(ctx, p.q())
	if err != nil {
		return err
	}
	v := &listView{Notice: notAdvice}
	v.Title, v.Crumbs, v.Wide = "Arrangements", []web.Link{hub}, true
	t := &web.Table{ID: "templates", Caption: "Arrangements that agencies adopt", Empty: "No arrangement is entered.", Columns: []web.Column{{Label: "Arrangement"}, {Label: "Version"}, {Label: "Agencies that work to it"}, {Label: "Look again by"}, {Label: "As at"}}}
	everybody := 0
	for _, e := range all {
		now, older := 0, 0
		for _, a := range adoptions {
			switch {
			case a.Code != e.Code:
			case a.Version == e.Number:
				now++
			default:
				older++
			}
		}
		if len(members) > 0 && now == len(members) {
			everybody++
		}
		who := web.Cell{Text: web.ShowNumber(now) + " of " + web.ShowNumber(len(members))}
		if older > 0 {
			who.Sub = plural(older, "works", "work") + " to an older version"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Href(), Sub: e.Summary()}, {Text: "v" + web.ShowNumber(e.Number)}, who, p.review(e), asAtCell(e)}})
	}
	v.Lead = web.ShowNumber(everybody) + " of " + plural(len(all), "arrangement is", "arrangements are") + " adopted by every agency."
	v.Tables = []listPart{{Table: t}}
	if keepers.Met(web.ViewerOf(r)) {
		v.Links = []web.Link{{Text: "Write an arrangement", Href: "/hub/template/new"}}
	}
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) upkeep(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Hub.Standing(r.Context(), p.q())
	if err != nil {
		return err
	}
	people, err := p.people(r.Context())
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "Looking after the hub", []web.Link{hub}, true
	table := func(id, caption, empty string, briefs []practice.Brief) listPart {
		t := &web.Table{ID: id, Caption: caption, Empty: empty, Columns: []web.Column{{Label: "Entry"}, {Label: "Kind"}, {Label: "Look again by"}, {Label: "Looked after by"}}}
		for _, b := range briefs {
			row := []web.Cell{{Text: b.Title, Href: "/hub/" + b.Ref}, {Text: kindNames[b.Kind]}, {Text: web.ShowDate(b.ReviewOn)}, {Text: "Nobody"}}
			if a, ok := people[s.Kept[b.Ref]]; ok {
				row[3].Text = a.Name
			}
			t.Rows = append(t.Rows, web.Row{Cells: row})
		}
		return listPart{Table: t}
	}
	v.Lead = plural(len(s.Unconfirmed), "entry waits", "entries wait") + " for a named person to confirm, " + plural(len(s.Overdue), "should have been looked at again", "should have been looked at again") + ", and " + plural(len(s.Unkept), "has", "have") + " nobody to look after them."
	v.Tables = []listPart{
		table("overdue", "To be looked at again", "Nothing is overdue.", s.Overdue),
		table("soon", "To be looked at within 30 days", "Nothing within 30 days.", s.Soon),
		table("unconfirmed", "To be confirmed", "Everything has been confirmed.", s.Unconfirmed),
		table("unkept", "Nobody looks after it", "Everything has somebody.", s.Unkept),
	}
	own := &web.Table{ID: "own", Caption: "Words and settings", Columns: []web.Column{{Label: "Entry"}, {Label: "What it is for"}}}
	for _, kind := range []string{practice.Synonyms, practice.Settings, practice.Toolkit} {
		list, err := p.Library.List(r.Context(), p.q(), web.ScopeOf(r), kind)
		if err != nil {
			return err
		}
		for _, e := range list {
			own.Rows = append(own.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Href()}, {Text: e.Summary()}}})
		}
	}
	v.Tables = append(v.Tables, listPart{Table: own})
	for _, k := range practice.Kinds {
		if k.Code != practice.Settings && k.Code != practice.Synonyms {
			v.Links = append(v.Links, web.Link{Text: "Add: " + k.One, Href: k.Path + "/new"})
		}
	}
	v.Links = append(v.Links, web.Link{Text: "Take all of it out, or bring it in, as one file", Href: "/content"})
	return web.Render(p.Site, w, r, listPage, v)
}

// people are account names by id.
func (p *Pages) people(ctx context.Context) (map[string]account.Account, error) {
	all, err := p.Accounts.All(ctx, p.q())
	out := make(map[string]account.Account, len(all))
	for _, a := range all {
		out[a.ID] = a
	}
	return out, err
}

// ---- My work ----

// Ask puts what the hub asks of a member on their list: courses to do, entries to look at, questions to answer.
func (p *Pages) Ask(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]work.Item, error) {
	if scope.IsSystem() || scope.Role == access.Subject {
		return nil, nil
	}
	var out []work.Item
	statuses, err := p.Courses.Statuses(ctx, q, scope)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, s := range statuses {
		if !s.Course.RequiredOf(scope.Role) {
			continue
		}
		switch s.Stand {
		case course.Missing:
			missing = append(missing, s.Course.Title)
		case course.Expired, course.Running:
			note := "It runs out then."
			if s.Stand == course.Expired {
				note = "It has run out."
			}
			out = append(out, work.Item{ID: s.Course.Code, Kind: "Course", Title: "Take “" + s.Course.Title + "” again", Note: note, Due: s.Last.ExpiresOn, Href: s.Course.Href()})
		}
	}
	switch len(missing) {
	case 0:
	case 1:
		out = append(out, work.Item{ID: "courses", Kind: "Course", Title: "Take “" + missing[0] + "”", Note: "Your role needs it.", Href: "/hub/training"})
	default:
		out = append(out, work.Item{ID: "courses", Kind: "Courses", Title: "Take " + plural(len(missing), "course", "courses") + " that your role needs", Note: strings.Join(missing, "; ") + ".", Href: "/hub/training"})
	}
	sessions, err := p.sessionsAhead(ctx, q, scope, today)
	if err != nil {
		return nil, err
	}
	out = append(out, sessions...)
	standing, err := p.Hub.Standing(ctx, q)
	if err != nil {
		return nil, err
	}
	orphans := 0
	for _, b := range append(slices.Clone(standing.Overdue), standing.Soon...) {
		switch keeper := standing.Kept[b.Ref]; {
		case keeper == scope.Account:
			out = append(out, work.Item{ID: b.Ref, Kind: "Review", Title: "Look at “" + b.Title + "” again", Note: kindNames[b.Kind] + " that you look after.", Due: b.ReviewOn, Href: "/hub/" + b.Ref})
		case keeper == "" && b.ReviewOn < today.Format(clock.ISODate):
			orphans++
		}
	}
	if scope.Role == access.Manager {
		if orphans > 0 {
			out = append(out, work.Item{ID: "hub-orphans", Kind: "Hub", Title: plural(orphans, "entry of the hub is", "entries of the hub are") + " overdue and nobody looks after " + ifOne(orphans, "it", "them"), Href: "/hub/upkeep"})
		}
		if n := len(standing.Unconfirmed); n > 0 {
			out = append(out, work.Item{ID: "hub-drafts", Kind: "Hub", Title: plural(n, "entry waits", "entries wait") + " for a named person to confirm", Note: "They came with Lantern, from memory or before commencement.", Href: "/hub/upkeep"})
		}
	}
	questions, err := p.Support.List(ctx, q, scope, 100)
	if err != nil {
		return nil, err
	}
	for _, x := range questions {
		if x.State == support.Asked && x.Assignee == scope.Account {
			out = append(out, work.Item{ID: x.ID, Kind: "Question", Title: short(x.Words), Note: "Asked by " + x.AskedByName + ".", Due: x.DueOn, Href: "/hub/questions/" + x.ID})
		}
		if x.State == support.Answered && x.AskedBy == scope.Account {
			out = append(out, work.Item{ID: x.ID, Kind: "Answer", Title: "Your question was answered", Note: short(x.Words), Href: "/hub/questions/" + x.ID})
		}
	}
	return out, nil
}

// sessionsAhead are the sessions in which the reader has a place, those called off among them until their day has passed.
func (p *Pages) sessionsAhead(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]work.Item, error) {
	booked, err := p.Courses.Booked(ctx, q, scope)
	if err != nil || len(booked) == 0 {
		return nil, err
	}
	all, err := p.Courses.Sessions(ctx, q, today.Format(clock.ISODate))
	var out []work.Item
	for _, s := range all {
		if !booked[s.ID] || s.State == "held" || s.OnDay < today.Format(clock.ISODate) {
			continue
		}
		item := work.Item{ID: s.ID, Kind: "Session", Title: "Training session, " + s.AtTime, Note: s.Place + ", with " + s.Trainer + ".", Due: s.OnDay, Href: "/hub/training/sessions/" + s.ID}
		if s.State == "cancelled" {
			item.Title = "Training session called off"
		}
		out = append(out, item)
	}
	return out, err
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 90 {
		return string(r[:88]) + "…"
	}
	return s
}
