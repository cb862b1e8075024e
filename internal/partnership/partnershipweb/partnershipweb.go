// Package partnershipweb holds the governance pages: the partnership's own settings, its agencies, its
// themes and who leads on each, and the register of definitions.
package partnershipweb

import (
	"context"
	"embed"
	"net/http"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the governance pages.
type Pages struct {
	Site        *web.Site
	Partnership *partnership.Store
	Accounts    *account.Store
	Keeper      draftweb.Keeper
	Content     *content.Store
	Objectives  *partnership.Objectives
	// Boards are the boards that an objective can be reported to; Actions the panel of actions about one; Efforts what
	// other rooms have set out to do, to be laid beside the objectives. Each is nil until its room is there.
	Boards  func(ctx context.Context) ([]web.Option, error)
	Actions func(ctx context.Context, scope access.Scope, kind, code string) (web.Fragment, error)
	Efforts []func(ctx context.Context, scope access.Scope) ([]Effort, error)
	// Links are further entries of the governance page: rooms built on this one add theirs.
	Links []Link
	// GapAction is where an action for a post without a lead is added, "" when there is no such page.
	GapAction func(theme, area, title string) string
}

// Link is an entry of the governance page: a room, and what it has to say.
type Link struct {
	Title, Href string
	// Finding is the room's one sentence for this reader; nil when it has none.
	Finding func(ctx context.Context, scope access.Scope) (string, error)
	// Need is who may go there; the zero Need is everybody signed in.
	Need web.Need
}

// Who may change what. Every member reads all of it.
var (
	keepers  = web.Only(access.Manager, access.InfoOfficer, access.Administrator)
	wordings = web.Only(access.Manager, access.InfoOfficer, access.Chair, access.Analyst)
	adopters = web.Only(access.Manager, access.InfoOfficer, access.Chair, access.SchoolLead, access.Practitioner)
)

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/governance", web.Members, p.index)
	rt.Get("/governance/settings", keepers, p.settingsForm)
	rt.Post("/governance/settings", keepers, p.settings)

	p.mountHolidays(rt)

	rt.Get("/agencies", web.Members, p.agencies)
	rt.Get("/agencies/new", keepers, p.agencyForm)
	rt.Post("/agencies", keepers, p.addAgency)
	rt.Get("/agencies/{code}", keepers, p.agencyForm)
	rt.Post("/agencies/{code}", keepers, p.saveAgency)

	rt.Get("/themes", web.Members, p.themes)
	rt.Get("/themes/new", keepers, p.themeForm)
	rt.Post("/themes", keepers, p.addTheme)
	rt.Get("/themes/{code}", keepers, p.themeForm)
	rt.Post("/themes/{code}", keepers, p.saveTheme)

	rt.Get("/leads", web.Members, p.leads)
	rt.Get("/leads/{theme}", keepers, p.leadForm)
	rt.Post("/leads/{theme}", keepers, p.saveLead)

	rt.Get("/objectives", web.Members, p.objectives)
	rt.Get("/objectives/alike", web.Members, p.alike)
	rt.Get("/objectives/published", web.Members, p.published)
	rt.Get("/objectives/{code}", web.Members, p.objective)
	rt.Get("/objectives/{code}/note", web.Members, p.notePage)
	rt.Post("/objectives/{code}/note", web.Members, p.note)
	rt.Get("/measures/{code}", web.Members, p.measure)
	rt.Get("/measures/{code}/count", objectors, p.countPage)
	rt.Post("/measures/{code}/count", objectors, p.count)
	rt.Get("/team", web.Members, p.teamList)
	rt.Get("/ring", web.Members, p.ring)

	rt.Get("/definitions", web.Members, p.definitions)
	rt.Get("/definitions/new", wordings, p.newDefinition)
	rt.Post("/definitions", wordings, p.define)
	rt.Get("/definitions.json", web.Members, p.meanings)
	rt.Get("/definitions/apart", web.Members, p.apart)
	rt.Get("/definitions/{code}", web.Members, p.definition)
	rt.Get("/definitions/{code}/{version}", web.Members, p.oneVersion)
	rt.Get("/definitions/{code}/words", wordings, p.wordsForm)
	rt.Post("/definitions/{code}/words", wordings, p.saveWords)
	rt.Post("/definitions/{code}/{version}/say", web.Members, p.say)
	rt.Get("/definitions/{code}/{version}/vary", adopters, p.varyForm)
	rt.Post("/definitions/{code}/{version}/vary", adopters, p.vary)
	rt.Post("/definitions/{code}/{version}/public", keepers, p.makePublic)
	rt.Post("/definitions/{code}/{version}/private", keepers, p.makePrivate)
	rt.Get("/definitions/{code}/compare", web.Members, p.compare)
	rt.Get("/definitions/{code}/new", wordings, p.wordForm)
	rt.Post("/definitions/{code}/preview", wordings, p.preview)
	rt.Post("/definitions/{code}/new", wordings, p.word)
	rt.Post("/definitions/{code}/{version}/propose", wordings, p.propose)
	rt.Get("/definitions/{code}/{version}/withdraw", wordings, p.withdrawForm)
	rt.Post("/definitions/{code}/{version}/withdraw", wordings, p.withdraw)
	rt.Get("/definitions/{code}/{version}/adopt", adopters, p.adoptForm)
	rt.Post("/definitions/{code}/{version}/adopt", adopters, p.adopt)
	rt.Get("/definitions/{code}/{version}/end", adopters, p.endForm)
	rt.Post("/definitions/{code}/{version}/end", adopters, p.end)
}

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func (p *Pages) today() string { return clock.Today(p.Site.Clock).Format(clock.ISODate) }

var governance = web.Link{Text: "Governance", Href: "/governance"}

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

// people are account names by id.
func (p *Pages) people(ctx context.Context) (map[string]account.Account, error) {
	all, err := p.Accounts.All(ctx, p.q())
	out := make(map[string]account.Account, len(all))
	for _, a := range all {
		out[a.ID] = a
	}
	return out, err
}

// lantern is who wrote what came with the program.
const lantern = "Lantern"

func who(people map[string]account.Account, id string) string {
	if a, ok := people[id]; ok {
		return a.Name
	}
	if strings.HasPrefix(id, "system:") {
		return lantern
	}
	return ""
}

type (
	formView = contentweb.FormView
	side     = web.Side
	older    = contentweb.Older
)

var formPage = contentweb.FormPage

func (p *Pages) view(title, lead string, f *web.Form, crumbs ...web.Link) *formView {
	return contentweb.NewFormView(title, lead, f, append([]web.Link{governance}, crumbs...)...)
}

// asked is one form of content; see contentweb.Asked.
type asked struct {
	view  *formView
	form  *web.Form
	draft [2]string
	said  string
	do    func(tx *database.Tx) (string, error)
	now   func() (*web.Form, error)
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request, a asked) error {
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: a.view, Form: a.form, Draft: a.draft, Said: a.said, Do: a.do, Now: a.now})
}

func whyField(words string) *web.Field {
	return &web.Field{Name: "why", Label: "Why this change?", Kind: web.TextArea, Rows: 2, Max: 1000, Hint: words}
}

// ---- the governance page ----

type indexView struct {
	web.Page
	Rows     []indexRow
	Settings []web.SummaryRow
	Ladder   []rung
	Change   string
}

type indexRow struct{ Title, Href, Finding string }

type rung struct {
	Name, Needs, Use string
	Tag              *web.Tag
	Here             bool
}

var indexPage = web.NewTemplate[indexView](files, "governance.html")

func (p *Pages) index(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	set, err := p.Partnership.Settings(ctx, p.q())
	if err != nil {
		return err
	}
	own := []Link{{Title: "Agencies", Href: "/agencies", Finding: p.agenciesFinding}, {Title: "Definitions", Href: "/definitions", Finding: p.definitionsFinding},
		{Title: "Leads", Href: "/leads", Finding: p.leadsFinding}, {Title: "Joint objectives", Href: "/objectives", Finding: p.objectivesFinding}, {Title: "Front line team", Href: "/team", Finding: p.teamFinding}, {Title: "Who to ring", Href: "/ring", Finding: p.ringFinding}, {Title: "Themes", Href: "/themes", Finding: p.themesFinding}, {Title: "Bank holidays", Href: "/governance/holidays", Finding: p.holidaysFinding}}
	v := &indexView{}
	for _, l := range append(own, p.Links...) {
		if !l.Need.Met(web.ViewerOf(r)) {
			continue
		}
		row := indexRow{Title: l.Title, Href: l.Href}
		if l.Finding != nil {
			if row.Finding, err = l.Finding(ctx, scope); err != nil {
				p.Site.Log.Error("a room could not say how it stands", "room", l.Title, "error", err.Error())
				row.Finding = "This could not be read just now."
			}
		}
		v.Rows = append(v.Rows, row)
	}
	v.Title = "Governance"
	switch {
	case set.Name == "":
		v.Lead = "The partnership has no name yet: write its name, its areas and who decides what the data are for."
	case set.Controllers == "" || set.Host == "":
		v.Lead = set.Name + " works at step " + strconv.Itoa(set.Step) + " and has not yet said who the controllers are and who hosts."
	default:
		v.Lead = set.Name + " works at step " + strconv.Itoa(set.Step) + " of the ladder: " + lower(partnership.Ladder[set.Step].Name) + "."
	}
	var areas []string
	for _, a := range set.Areas {
		areas = append(areas, a.Name+" ("+a.Code+")")
	}
	if len(areas) == 0 {
		areas = []string{"Not divided"}
	}
	v.Settings = []web.SummaryRow{{Key: "Name", Value: orDash(set.Name)}, {Key: "Areas", Value: strings.Join(areas, ", ")}, {Key: "Controllers", Value: orDash(set.Controllers)}, {Key: "Hosted by", Value: orDash(set.Host)},
		{Key: "A lead is spoken to at least every", Value: plural(set.ContactDays, "day", "days")}}
	for _, s := range partnership.Ladder {
		x := rung{Name: strconv.Itoa(s.Number) + ". " + s.Name, Needs: s.Needs, Use: s.Use, Here: s.Number == set.Step}
		switch {
		case x.Here:
			x.Tag = &web.Tag{Text: "We are here", Colour: "blue"}
		case s.Number < set.Step:
			x.Tag = &web.Tag{Text: "Passed", Colour: "green"}
		}
		v.Ladder = append(v.Ladder, x)
	}
	if keepers.Met(web.ViewerOf(r)) {
		v.Change = "/governance/settings"
	}
	return web.Render(p.Site, w, r, indexPage, v)
}

func orDash(s string) string {
	if s == "" {
		return "Not written yet"
	}
	return s
}

func lower(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func (p *Pages) newSettingsForm(ctx context.Context) (*web.Form, error) {
	set, err := p.Partnership.Settings(ctx, p.q())
	if err != nil {
		return nil, err
	}
	step := &web.Field{Name: "step", Label: "How far is the partnership?", Kind: web.Radios, Required: "Choose a step", Hint: "Each step says what paperwork it needs before anything is loaded."}
	for _, s := range partnership.Ladder {
		step.Options = append(step.Options, web.Option{Value: strconv.Itoa(s.Number), Label: strconv.Itoa(s.Number) + ". " + s.Name, Hint: s.Needs})
	}
	f := p.Site.NewForm("/governance/settings", "Save the settings",
		&web.Field{Name: "name", Label: "Name of the partnership", Kind: web.TextInput, Required: "Enter the partnership's name"},
		&web.Field{Name: "areas", Label: "Areas", Kind: web.TextArea, Rows: 5, Hint: "One a line: a short code, a space, the name. Leave it empty when the partnership is one area."},
		&web.Field{Name: "controllers", Label: "Who are the controllers?", Kind: web.TextArea, Rows: 3, Hint: "Who decides what the data are for, and whether jointly."},
		&web.Field{Name: "host", Label: "Who hosts?", Kind: web.TextArea, Rows: 3, Hint: "Whose machine this is, and who looks after it for whom."},
		step,
		&web.Field{Name: "contact_days", Label: "A lead is spoken to at least every … days", Kind: web.TextInput, Width: "4", Required: "Enter a number of days"},
		whyField(""))
	var lines []string
	for _, a := range set.Areas {
		lines = append(lines, a.Code+" "+a.Name)
	}
	f.Set("name", set.Name).Set("areas", strings.Join(lines, "\n")).Set("controllers", set.Controllers).Set("host", set.Host).Set("step", strconv.Itoa(set.Step)).Set("contact_days", strconv.Itoa(set.ContactDays))
	f.Ver, f.Cancel, f.Draft = set.Version, "/governance", "/drafts/partnership/settings"
	return f, nil
}

func (p *Pages) settingsForm(w http.ResponseWriter, r *http.Request) error {
	f, err := p.newSettingsForm(r.Context())
	if err != nil {
		return err
	}
	v := p.view("The partnership", "What it is called, who decides, and how far it has come.", f)
	if v.Kept, err = p.Keeper.Open(r, f, "partnership", "settings"); err != nil {
		return err
	}
	history, err := p.Partnership.SettingsHistory(r.Context(), p.q())
	if err != nil {
		return err
	}
	people, err := p.people(r.Context())
	if err != nil {
		return err
	}
	for _, h := range history {
		v.Before = append(v.Before, before(h.Change, h.Name+", step "+strconv.Itoa(h.Step)+", "+plural(len(h.Areas), "area", "areas")+".", people))
	}
	return web.Render(p.Site, w, r, formPage, v)
}

// happened is a line of a history: its day, and the hour and name beside it.
func happened(at int64, by string) web.TimelineItem {
	t := clock.FromMicros(at).In(clock.London())
	item := web.TimelineItem{When: web.ShowDate(t), By: t.Format("15:04")}
	if by != "" {
		item.By += ", " + by
	}
	return item
}

// before is a version as a line of a history.
func before(c partnership.Change, words string, people map[string]account.Account) web.TimelineItem {
	t := happened(c.At, who(people, c.By))
	t.Title, t.Text = "Version "+strconv.FormatInt(c.Version, 10), words
	if c.Why != "" {
		t.Text = strings.TrimSpace(words + " Reason: " + c.Why)
	}
	return t
}

func (p *Pages) settings(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := p.newSettingsForm(ctx)
	if err != nil {
		return err
	}
	f.Ver = 0 // the version edited comes with the form; a form without one edited none
	if err := f.Read(w, r); err != nil {
		return err
	}
	in := partnership.Settings{Name: f.Value("name"), Controllers: f.Value("controllers"), Host: f.Value("host"), Change: partnership.Change{Why: f.Value("why")}}
	in.Step, _ = strconv.Atoi(f.Value("step")) // one of the options
	if in.ContactDays, err = strconv.Atoi(f.Value("contact_days")); err != nil || in.ContactDays < 1 || in.ContactDays > 1000 {
		f.Fail("contact_days", "Enter a number of days from 1 to 1,000")
	}
	for i, line := range strings.Split(f.Value("areas"), "\n") {
		code, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if code == "" {
			continue
		}
		if !ok {
			f.Fail("areas", "Line "+strconv.Itoa(i+1)+" needs a code, a space and a name")
		}
		in.Areas = append(in.Areas, partnership.Area{Code: code, Name: strings.TrimSpace(name)})
	}
	return p.answer(w, r, asked{view: p.view("The partnership", "", f), form: f, draft: [2]string{"partnership", "settings"}, said: "The settings were saved.",
		do: func(tx *database.Tx) (string, error) {
			return "/governance", p.Partnership.SaveSettings(ctx, tx, web.ScopeOf(r), f.Ver, in)
		},
		now: func() (*web.Form, error) { return p.newSettingsForm(ctx) }})
}
