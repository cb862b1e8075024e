// Package communityweb holds the community's pages: engagement and who was reached, what was said and done, the desk
// that reads anonymous reports, trusted people and places, services and what happened next, and the pages that anybody
// may read without signing in.
package communityweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the community's pages for members.
type Pages struct {
	Site        *web.Site
	Community   *community.Store
	Reports     *community.Reports
	Content     *content.Store
	Partnership *partnership.Store
	Objectives  *partnership.Objectives
	Keeper      draftweb.Keeper
}

// readByAll stands on forms about what people said, which name nobody.
var readByAll = &web.Readers{By: "every member of every agency in the partnership. Name nobody.", NotBy: "the public, unless somebody makes what was said public."}

// listeners are who records engagement and what was said; publishers who makes it public; desk who reads reports.
var (
	listeners  = web.Only(access.Manager, access.Chair, access.Practitioner, access.SchoolLead, access.Analyst)
	publishers = web.Only(access.Manager, access.InfoOfficer)
	desk       = web.Only(access.Manager, access.Analyst, access.Chair, access.Practitioner)
)

var crumbs = []web.Link{{Text: "Governance", Href: "/governance"}, {Text: "Community", Href: "/community"}}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/community", web.Members, p.index)
	rt.Get("/engagement/new", listeners, p.engageForm)
	rt.Post("/engagement", listeners, p.engage)
	rt.Get("/engagement/{id}", web.Members, p.engagement)
	rt.Get("/engagement/{id}/withdraw", listeners, p.withdrawForm)
	rt.Post("/engagement/{id}/withdraw", listeners, p.withdraw)
	rt.Get("/engagement/{id}/said", listeners, p.hearForm)
	rt.Post("/engagement/{id}/said", listeners, p.hear)
	rt.Get("/said", web.Members, p.saidList)
	rt.Get("/said/{id}", listeners, p.saidForm)
	rt.Post("/said/{id}", listeners, p.answer)
	rt.Post("/said/{id}/public", publishers, p.sayPublic)
	rt.Post("/said/{id}/private", publishers, p.sayPrivate)
	rt.Get("/reports", desk, p.queue)
	rt.Get("/reports/{id}", desk, p.report)
	rt.Post("/reports/{id}", desk, p.triage)
	rt.Get("/strengths", web.Members, p.assets)
	rt.Get("/services", web.Members, p.services)
	rt.Get("/services/feed.json", web.Members, p.feed)
	rt.Get("/services/import", publishers, p.importForm)
	rt.Post("/services/import", publishers, p.importFeed)
	rt.Get("/services/{code}", web.Members, p.service)
	rt.Get("/services/{code}/return", listeners, p.returnForm)
	rt.Post("/services/{code}/return", listeners, p.record)
	p.mountPublic(rt)
}

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func (p *Pages) today() string { return clock.Today(p.Site.Clock).Format(clock.ISODate) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func (p *Pages) view(title, lead string, f *web.Form, more ...web.Link) *contentweb.FormView {
	return contentweb.NewFormView(title, lead, f, append(slices.Clone(crumbs), more...)...)
}

func (p *Pages) send(w http.ResponseWriter, r *http.Request, v *contentweb.FormView, said string, do func(tx *database.Tx) (string, error), now func() (*web.Form, error)) error {
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: v, Form: v.Form, Said: said, Do: do, Now: now})
}

func (p *Pages) areaOptions(ctx context.Context) ([]web.Option, map[string]string, error) {
	set, err := p.Partnership.Settings(ctx, p.q())
	out, names := []web.Option{{Value: "", Label: "All areas"}}, map[string]string{"": "All areas"}
	for _, a := range set.Areas {
		out = append(out, web.Option{Value: a.Code, Label: a.Name})
		names[a.Code] = a.Name
	}
	return out, names, err
}

func (p *Pages) themeOptions(ctx context.Context) ([]web.Option, map[string]string, error) {
	themes, err := p.Partnership.Themes(ctx, p.q())
	out, names := []web.Option{{Value: "", Label: "No theme"}}, map[string]string{}
	for _, t := range themes {
		names[t.Code] = t.Name
		if t.InUse {
			out = append(out, web.Option{Value: t.Code, Label: t.Code + " " + t.Name})
		}
	}
	return out, names, err
}

// ---- the community page ----

type indexView struct {
	web.Page
	Links    []web.Link
	Log      *web.Table
	Reach    *web.Table
	Withdraw string
}

var indexPage = web.NewTemplate[indexView](files, "community.html")

// Finding is the community's sentence on the governance page.
func (p *Pages) Finding(ctx context.Context, scope access.Scope) (string, error) {
	list, err := p.Community.Engagements(ctx, p.q(), scope)
	if err != nil {
		return "", err
	}
	said, err := p.Community.Heard(ctx, p.q(), scope, "")
	return sentence(list, said), err
}

func sentence(list []community.Engagement, said []community.Said) string {
	if len(list) == 0 {
		return "Nobody has written down yet what the community says."
	}
	people, unanswered := 0, 0
	for _, e := range list {
		people += e.Reached
	}
	for _, s := range said {
		if s.State == "heard" {
			unanswered++
		}
	}
	never := 0
	for _, r := range community.Reached(list) {
		if r.Times == 0 {
			never++
		}
	}
	return fmt.Sprintf("%s reached about %s; %d of %d groups were never reached, and %d of %d things said have no answer yet.", plural(len(list), "engagement", "engagements"), plural(people, "person", "people"), never, len(community.Groups), unanswered, len(said))
}

func groupNames(codes []string) string {
	var out []string
	for _, c := range codes {
		out = append(out, community.GroupName(c))
	}
	return strings.Join(out, ", ")
}

func (p *Pages) index(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	list, err := p.Community.Engagements(ctx, p.q(), scope)
	if err != nil {
		return err
	}
	said, err := p.Community.Heard(ctx, p.q(), scope, "")
	if err != nil {
		return err
	}
	_, areas, err := p.areaOptions(ctx)
	if err != nil {
		return err
	}
	v := &indexView{Log: &web.Table{ID: "engagement", Caption: "Engagement", Empty: "Nothing has been written down yet.", Columns: []web.Column{{Label: "When"}, {Label: "How"}, {Label: "Where"}, {Label: "People reached", Numeric: true}, {Label: "Who"}, {Label: "Not reached"}, {Label: "Said", Numeric: true}}},
		Reach: &web.Table{ID: "reach", Caption: "Who was reached, and who was not", Columns: []web.Column{{Label: "Group"}, {Label: "Times reached", Numeric: true}, {Label: "Times missed", Numeric: true}, {Label: "Last reached"}}, Base: "Those reached least come first. A group that nobody mentions was not thought of."}}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Community", sentence(list, said), crumbs[:1], true
	v.Links = []web.Link{{Text: "What was said, and what was done", Href: "/said"}, {Text: "Trusted people and places; strengths beside worries", Href: "/strengths"}, {Text: "Ways out: services and what happened next", Href: "/services"}, {Text: "The public page, part by part", Href: "/public-pages"}}
	if desk.Met(viewer) {
		v.Links = append(v.Links, web.Link{Text: "Anonymous reports", Href: "/reports"})
	}
	if listeners.Met(viewer) {
		v.Links = append([]web.Link{{Text: "Write down an engagement", Href: "/engagement/new"}}, v.Links...)
	}
	for _, e := range list[:min(len(list), 100)] {
		v.Log.Rows = append(v.Log.Rows, web.Row{Cells: []web.Cell{{Text: web.ShowDate(e.On), Href: "/engagement/" + e.ID}, {Text: e.How}, {Text: e.Place, Sub: areas[e.Area]}, {Text: web.ShowNumber(e.Reached)}, {Text: groupNames(e.Groups)}, {Text: groupNames(e.Missed)}, {Text: web.ShowNumber(e.Said)}}})
	}
	if len(list) > 100 {
		v.Log.Base = fmt.Sprintf("The latest 100 of %s.", web.ShowNumber(len(list)))
	}
	for _, x := range community.Reached(list) {
		name := web.Cell{Text: x.Name}
		if x.NeverMentioned {
			name.Tag = &web.Tag{Text: "Never mentioned", Colour: "red"}
		}
		v.Reach.Rows = append(v.Reach.Rows, web.Row{Cells: []web.Cell{name, {Text: strconv.Itoa(x.Times)}, {Text: strconv.Itoa(x.Missed)}, {Text: web.ShowDate(x.LastReachedOn)}}})
	}
	return web.Render(p.Site, w, r, indexPage, v)
}

func (p *Pages) engagingForm(ctx context.Context) (*web.Form, error) {
	areas, _, err := p.areaOptions(ctx)
	if err != nil {
		return nil, err
	}
	var groups []web.Option
	for _, g := range community.Groups {
		groups = append(groups, web.Option{Value: g.Code, Label: g.Name})
	}
	f := p.Site.NewForm("/engagement", "Save",
		&web.Field{Name: "on", Label: "On which day?", Kind: web.DateInput, Required: "Enter the day"},
		&web.Field{Name: "how", Label: "How were people asked?", Kind: web.TextInput, Required: "Say how people were asked", Hint: "For example: youth club evening, doorstep, online form."},
		&web.Field{Name: "place", Label: "Where?", Kind: web.TextInput},
		&web.Field{Name: "area", Label: "Area", Kind: web.Select, Options: areas},
		&web.Field{Name: "reached", Label: "About how many people?", Kind: web.TextInput, Width: "5", Required: "Enter a number", Hint: "A number, never names."},
		&web.Field{Name: "groups", Label: "Who was reached?", Kind: web.Checkboxes, Options: groups},
		&web.Field{Name: "missed", Label: "Who was not reached, and should have been?", Kind: web.Checkboxes, Options: slices.Clone(groups)},
		&web.Field{Name: "missed_why", Label: "Why not?", Kind: web.TextArea, Rows: 2, Max: 2000})
	f.Cancel, f.Readers = "/community", readByAll
	return f, nil
}

func (p *Pages) engageForm(w http.ResponseWriter, r *http.Request) error {
	f, err := p.engagingForm(r.Context())
	if err != nil {
		return err
	}
	v := p.view("Write down an engagement", "Who was reached, and who was not. What was said comes next.", f)
	if v.Kept, err = p.Keeper.Open(r, f, "engagement", "new"); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) engage(w http.ResponseWriter, r *http.Request) error {
	f, err := p.engagingForm(r.Context())
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	in := community.Engagement{On: f.Value("on"), How: f.Value("how"), Place: f.Value("place"), Area: f.Value("area"), Groups: f.Field("groups").Values, Missed: f.Field("missed").Values, MissedWhy: f.Value("missed_why")}
	if in.Reached, err = strconv.Atoi(f.Value("reached")); f.Value("reached") != "" && (err != nil || in.Reached < 0) {
		f.Fail("reached", "Enter a whole number, 0 or more")
	}
	if f.Value("on") > p.today() {
		f.Fail("on", "The day must be today or earlier")
	}
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: p.view("Write down an engagement", "", f), Form: f, Draft: [2]string{"engagement", "new"}, Said: "It was written down.", Do: func(tx *database.Tx) (string, error) {
		id, err := p.Community.Engage(r.Context(), tx, web.ScopeOf(r), in)
		return "/engagement/" + id, err
	}})
}

type engagementView struct {
	web.Page
	Rows     []web.SummaryRow
	Said     *web.Table
	Add      string
	Withdraw string
}

var engagementPage = web.NewTemplate[engagementView](files, "engagement.html")

func (p *Pages) engagement(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	e, err := p.Community.Engagement(ctx, p.q(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	said, err := p.Community.Heard(ctx, p.q(), scope, e.ID)
	if err != nil {
		return err
	}
	table, err := p.saidTable(r, said)
	if err != nil {
		return err
	}
	_, areas, err := p.areaOptions(ctx)
	if err != nil {
		return err
	}
	v := &engagementView{Said: table}
	v.Title, v.Crumbs, v.Wide = e.How+", "+web.ShowDate(e.On), crumbs, true
	v.Lead = fmt.Sprintf("It reached about %s and left %d things said.", plural(e.Reached, "person", "people"), len(said))
	if e.WithdrawnAt != nil {
		v.Lead = "This was taken back: " + e.WithdrawnWhy
	}
	v.Rows = []web.SummaryRow{{Key: "Where", Value: strings.Trim(e.Place+", "+areas[e.Area], ", ")}, {Key: "Reached", Value: groupNames(e.Groups)}, {Key: "Not reached", Value: groupNames(e.Missed)}, {Key: "Why not", Value: e.MissedWhy}, {Key: "Written down by", Value: e.ByName + ", " + web.ShowDate(e.At)}}
	if listeners.Met(web.ViewerOf(r)) && e.WithdrawnAt == nil {
		v.Add, v.Withdraw = "/engagement/"+e.ID+"/said", "/engagement/"+e.ID+"/withdraw"
	}
	return web.Render(p.Site, w, r, engagementPage, v)
}

func (p *Pages) withdrawing(r *http.Request) (*web.Form, community.Engagement, error) {
	e, err := p.Community.Engagement(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	f := p.Site.NewForm("/engagement/"+e.ID+"/withdraw", "Take it back", &web.Field{Name: "why", Label: "Why is it taken back?", Kind: web.TextArea, Rows: 2, Max: 1000, Required: "Say why it is taken back"})
	f.Cancel, f.Readers = "/engagement/"+e.ID, readByAll
	return f, e, err
}

func (p *Pages) withdrawForm(w http.ResponseWriter, r *http.Request) error {
	f, e, err := p.withdrawing(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.view("Take back: "+e.How, "It counts no more, and what was said at it leaves the public page.", f))
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	f, e, err := p.withdrawing(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.send(w, r, p.view("Take back: "+e.How, "", f), "It was taken back.", func(tx *database.Tx) (string, error) {
		return "/community", p.Community.Withdraw(r.Context(), tx, web.ScopeOf(r), e.ID, f.Value("why"))
	}, nil)
}

// ---- what was said ----

var senseNames = map[string]string{"worry": "Worry", "strength": "Strength", "ask": "Ask"}

var stateTags = map[string]*web.Tag{"heard": {Text: "No answer yet", Colour: "yellow"}, "doing": {Text: "Being done", Colour: "blue"}, "done": {Text: "Done", Colour: "green"}, "cannot": {Text: "Cannot be done", Colour: "grey"}}

func (p *Pages) saidTable(r *http.Request, list []community.Said) (*web.Table, error) {
	_, themes, err := p.themeOptions(r.Context())
	if err != nil {
		return nil, err
	}
	public, err := p.Content.Publications(r.Context(), p.q(), community.PublicSaid)
	edit := listeners.Met(web.ViewerOf(r)) || publishers.Met(web.ViewerOf(r))
	t := &web.Table{ID: "said", Caption: "You said, we did", Empty: "Nothing that was said has been written down yet.", Columns: []web.Column{{Label: "What was said"}, {Label: "Kind"}, {Label: "State"}, {Label: "What was done"}, {Label: "Public"}}}
	for _, s := range list {
		words := web.Cell{Text: s.Words, Sub: strings.Trim(web.ShowDate(s.On)+", "+themes[s.Theme], ", ")}
		if edit {
			words.Href = "/said/" + s.ID
		}
		pub := web.Cell{Text: "No"}
		if x := public[s.ID]; x.Version > 0 {
			pub = web.Cell{Text: "Yes", Sub: "by " + x.ByName}
			if x.Version != s.Ver {
				pub.Sub += ", an older wording"
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{words, {Text: senseNames[s.Sense]}, {Tag: stateTags[s.State]}, {Text: s.Did}, pub}})
	}
	return t, err
}

type listView struct {
	web.Page
	Tables []*web.Table
	Links  []web.Link
}

var listPage = web.NewTemplate[listView](files, "list.html")

func (p *Pages) saidList(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Community.Heard(r.Context(), p.q(), web.ScopeOf(r), "")
	if err != nil {
		return err
	}
	open, cannot := 0, 0
	for _, s := range list {
		if s.State == "heard" {
			open++
		}
		if s.State == "cannot" {
			cannot++
		}
	}
	l := web.ReadList(r, nil, "", false)
	page := list[min(l.Offset(), len(list)):min(l.Offset()+l.Size, len(list))]
	t, err := p.saidTable(r, page)
	if err != nil {
		return err
	}
	t.Pages = l.Paged(len(list))
	v := &listView{Tables: []*web.Table{t}, Links: []web.Link{{Text: "What the public sees of it", Href: "/public/you-said"}}}
	v.Title, v.Crumbs, v.Wide = "What was said, and what was done", crumbs, true
	v.Lead = fmt.Sprintf("%d of %s said %s no answer yet; to %d the answer is that it cannot be done.", open, plural(len(list), "thing", "things"), map[bool]string{true: "has", false: "have"}[open == 1], cannot)
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) sayingForm(r *http.Request, action string, s community.Said) (*web.Form, error) {
	themes, _, err := p.themeOptions(r.Context())
	if err != nil {
		return nil, err
	}
	f := p.Site.NewForm(action, "Save",
		&web.Field{Name: "words", Label: "What was said?", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Write what was said", Hint: "In the words people used, with nobody’s name and nothing that points at one person."},
		&web.Field{Name: "sense", Label: "Is it a worry, a strength or an ask?", Kind: web.Radios, Inline: true, Required: "Say what it is", Options: []web.Option{{Value: "worry", Label: "A worry"}, {Value: "strength", Label: "A strength"}, {Value: "ask", Label: "An ask"}}},
		&web.Field{Name: "theme", Label: "Theme", Kind: web.Select, Options: themes},
		&web.Field{Name: "state", Label: "What is being done about it?", Kind: web.Radios, Required: "Say what is being done", Options: []web.Option{{Value: "heard", Label: "Nothing yet"}, {Value: "doing", Label: "It is being done"}, {Value: "done", Label: "It was done"}, {Value: "cannot", Label: "It cannot be done"}}},
		&web.Field{Name: "did", Label: "What was done, or why it cannot be", Kind: web.TextArea, Rows: 3, Max: 2000})
	f.Set("words", s.Words).Set("sense", s.Sense).Set("theme", s.Theme).Set("state", s.State).Set("did", s.Did)
	f.Ver, f.Cancel, f.Readers = s.Ver, "/engagement/"+s.Engagement, readByAll
	return f, nil
}

func readSaid(f *web.Form, s community.Said) community.Said {
	s.Words, s.Sense, s.Theme, s.State, s.Did = f.Value("words"), f.Value("sense"), f.Value("theme"), f.Value("state"), f.Value("did")
	if s.State != "heard" && s.State != "" && s.Did == "" {
		f.Fail("did", "Say what was done, or why it cannot be")
	}
	return s
}

func (p *Pages) hearing(r *http.Request) (*web.Form, community.Engagement, error) {
	e, err := p.Community.Engagement(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return nil, e, err
	}
	f, err := p.sayingForm(r, "/engagement/"+e.ID+"/said", community.Said{Engagement: e.ID, State: "heard"})
	return f, e, err
}

func (p *Pages) hearForm(w http.ResponseWriter, r *http.Request) error {
	f, e, err := p.hearing(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.view("What was said?", e.How+", "+web.ShowDate(e.On)+". One thing at a time.", f))
}

func (p *Pages) hear(w http.ResponseWriter, r *http.Request) error {
	f, e, err := p.hearing(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	in := readSaid(f, community.Said{Engagement: e.ID})
	return p.send(w, r, p.view("What was said?", "", f), "It was written down.", func(tx *database.Tx) (string, error) {
		_, err := p.Community.Hear(r.Context(), tx, web.ScopeOf(r), in)
		return "/engagement/" + e.ID, err
	}, nil)
}

type saidView struct {
	contentweb.FormView
	Acts []*web.Form
}

func (p *Pages) answering(r *http.Request) (*web.Form, community.Said, error) {
	s, err := p.Community.One(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return nil, s, err
	}
	f, err := p.sayingForm(r, "/said/"+s.ID, s)
	return f, s, err
}

var saidPage = web.NewTemplate[saidView](files, "said.html")

func (p *Pages) saidForm(w http.ResponseWriter, r *http.Request) error {
	f, s, err := p.answering(r)
	if err != nil {
		return err
	}
	v := &saidView{FormView: *p.view("You said, we did", "Said on "+web.ShowDate(s.On)+".", f, web.Link{Text: "What was said", Href: "/said"})}
	public, err := p.Content.Publications(r.Context(), p.q(), community.PublicSaid)
	if err != nil {
		return err
	}
	if publishers.Met(web.ViewerOf(r)) {
		if x := public[s.ID]; x.Version > 0 {
			v.Lead += fmt.Sprintf(" The public reads it as %s published it.", x.ByName)
			v.Acts = append(v.Acts, p.Site.NewForm("/said/"+s.ID+"/private", "Take it off the public page"))
		}
		if public[s.ID].Version != s.Ver && s.State != "heard" {
			act := p.Site.NewForm("/said/"+s.ID+"/public", "Show it to the public, in my name")
			act.Ver = s.Ver
			v.Acts = append(v.Acts, act)
		}
	}
	return web.Render(p.Site, w, r, saidPage, v)
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request) error {
	f, s, err := p.answering(r)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	in := readSaid(f, s)
	return p.send(w, r, p.view("You said, we did", "", f), "It was saved.", func(tx *database.Tx) (string, error) {
		in.Ver = f.Ver
		return "/engagement/" + s.Engagement, p.Community.Answer(r.Context(), tx, web.ScopeOf(r), in)
	}, func() (*web.Form, error) { now, _, err := p.answering(r); return now, err })
}

func (p *Pages) sayPublic(w http.ResponseWriter, r *http.Request) error {
	f := p.Site.NewForm("", "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "It is public now, in your name.", func(tx *database.Tx) (string, error) {
		s, err := p.Community.One(r.Context(), tx, web.ScopeOf(r), r.PathValue("id"))
		switch {
		case err != nil:
			return "", err
		case s.Ver != f.Ver:
			return "", fault.New(fault.Conflict, "Somebody changed the words by now: look at them before you make them public.")
		case s.State == "heard":
			return "", fault.New(fault.Refused, "Say first what was done about it, or why it cannot be.")
		}
		return "/said", p.Content.MakePublic(r.Context(), tx, web.ScopeOf(r), community.PublicSaid, s.ID, s.Ver, "")
	})
}

func (p *Pages) sayPrivate(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "It is no longer on the public page.", func(tx *database.Tx) (string, error) {
		if _, err := p.Community.One(r.Context(), tx, web.ScopeOf(r), r.PathValue("id")); err != nil {
			return "", err
		}
		return "/said", p.Content.TakeBack(r.Context(), tx, web.ScopeOf(r), community.PublicSaid, r.PathValue("id"), "")
	})
}

// ---- anonymous reports ----

func aboutName(code string) string {
	for _, a := range community.Abouts {
		if a.Code == code {
			return a.Name
		}
	}
	return code
}

func owners(rows []community.Report) []string {
	var out []string
	for _, r := range rows {
		if !slices.Contains(out, r.Owner) {
			out = append(out, r.Owner)
		}
	}
	return out
}

func (p *Pages) queue(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	l := web.ReadList(r, nil, "", false)
	unread, waiting, err := p.Reports.Queue(ctx, p.q(), scope, true, l.Size, l.Offset())
	if err != nil {
		return err
	}
	read, _, err := p.Reports.Queue(ctx, p.q(), scope, false, 20, 0)
	if err != nil {
		return err
	}
	gate, err := p.Reports.Gate(ctx, p.q())
	if err != nil {
		return err
	}
	table := func(id, caption, empty string, rows []community.Report) *web.Table {
		t := &web.Table{ID: id, Caption: caption, Empty: empty, Columns: []web.Column{{Label: "About"}, {Label: "Came"}, {Label: "Times", Numeric: true}, {Label: "Where"}, {Label: "State"}}}
		for _, x := range rows {
			state := web.Cell{Tag: &web.Tag{Text: "Unread", Colour: "yellow"}}
			if x.State != "new" {
				for _, s := range community.Triages {
					if s.Code == x.State {
						state = web.Cell{Tag: &web.Tag{Text: s.Name, Colour: "grey"}, Sub: x.ReadName}
					}
				}
			} else if x.Urgent {
				state = web.Cell{Tag: &web.Tag{Text: "Said to be urgent", Colour: "red"}}
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: aboutName(x.About), Href: "/reports/" + x.ID}, {Text: web.ShowDate(clock.FromMicros(x.LearntAt))}, {Text: strconv.Itoa(x.Times)}, {Text: x.Place}, state}})
		}
		return t
	}
	t := table("unread", "Unread", "Nothing is waiting to be read.", unread)
	t.Pages = l.Paged(waiting)
	t.Base = fmt.Sprintf("Nobody's address is kept. The gate turned away %s since it opened; %s said what another had said already and joined it.", plural(gate.TurnedAway, "report", "reports"), plural(gate.Joined, "report", "reports"))
	v := &listView{Tables: []*web.Table{t, table("read", "Read lately", "None has been read yet.", read)}, Links: []web.Link{{Text: "The page that people report on", Href: "/public/report"}}}
	v.Title, v.Crumbs, v.Wide = "Anonymous reports", crumbs, true
	v.Lead = fmt.Sprintf("%s %s waiting to be read.", plural(waiting, "report", "reports"), isAre(waiting))
	all := append(slices.Clone(unread), read...)
	return web.Show(p.Site, w, r, listPage, v, web.Read{Kind: "report", Subject: "queue", Owners: owners(all), Words: fmt.Sprintf("%d reports listed", len(all))})
}

type reportView struct {
	web.Page
	Words []string
	Rows  []web.SummaryRow
	Form  *web.Form
}

var reportPage = web.NewTemplate[reportView](files, "report.html")

func (p *Pages) triageForm(x community.Report) *web.Form {
	var options []web.Option
	for _, t := range community.Triages {
		options = append(options, web.Option{Value: t.Code, Label: t.Name})
	}
	f := p.Site.NewForm("/reports/"+x.ID, "Save", &web.Field{Name: "state", Label: "What becomes of it?", Kind: web.Radios, Options: options, Required: "Say what becomes of it"},
		&web.Field{Name: "outcome", Label: "What was done, to whom was it passed, or why is nothing done?", Kind: web.TextArea, Rows: 4, Required: "Say what was done, to whom it was passed, or why nothing is done"})
	f.Ver, f.Cancel = x.Ver, "/reports"
	f.Readers = &web.Readers{By: "the managers, analysts, panel chairs and practitioners of every agency, who look at what the public sends.", NotBy: "whoever sent it, whom nobody knows; school leads, information officers, administrators, young people and the public."}
	return f
}

func (p *Pages) reportView(x community.Report, f *web.Form) *reportView {
	v := &reportView{Words: strings.Split(x.Words, "\n"), Form: f}
	v.Title, v.Crumbs = aboutName(x.About), append(slices.Clone(crumbs), web.Link{Text: "Anonymous reports", Href: "/reports"})
	v.Lead = "Nobody knows who sent it: it is one person’s word, not graded and not checked."
	v.Rows = []web.SummaryRow{{Key: "Came", Value: web.ShowDate(clock.FromMicros(x.LearntAt))}, {Key: "Where", Value: x.Place}, {Key: "When it happened", Value: x.Happened}, {Key: "Same words", Value: plural(x.Times, "time", "times")}, {Key: "Kept", Value: "Looked at again on " + web.ShowDate(x.ReviewOn)}}
	if x.Urgent {
		v.Rows = append([]web.SummaryRow{{Key: "Said to be urgent", Tag: &web.Tag{Text: "Urgent", Colour: "red"}}}, v.Rows...)
	}
	if x.State != "new" {
		v.Form = nil
		v.Rows = append(v.Rows, web.SummaryRow{Key: "What became of it", Value: x.Outcome, Source: x.ReadName})
	} else if f != nil {
		v.HasErrors = !f.Valid()
	}
	return v
}

func (p *Pages) report(w http.ResponseWriter, r *http.Request) error {
	x, err := p.Reports.Report(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Show(p.Site, w, r, reportPage, p.reportView(x, p.triageForm(x)), web.Read{Kind: "report", Subject: x.ID, Owners: []string{x.Owner}, Words: "an anonymous report"})
}

func (p *Pages) triage(w http.ResponseWriter, r *http.Request) error {
	x, err := p.Reports.Report(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	f := p.triageForm(x)
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		err = p.Site.Act(w, r, "The report was dealt with.", func(tx *database.Tx) (string, error) {
			return "/reports", p.Reports.Triage(r.Context(), tx, web.ScopeOf(r), x.ID, f.Ver, f.Value("state"), f.Value("outcome"))
		})
		if !fault.Is(err, fault.Invalid) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	if err := p.Site.Consulted(r.Context(), web.ScopeOf(r), web.Read{Kind: "report", Subject: x.ID, Owners: []string{x.Owner}, Words: "an anonymous report"}); err != nil {
		return err
	}
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, reportPage, p.reportView(x, f))
}

func link(path, code string) string { return path + "/" + url.PathEscape(code) }
