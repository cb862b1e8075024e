package practiceweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/markdown"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

type part struct {
	Title  string
	Blocks []markdown.Block
}

type itemView struct {
	web.Page
	Preview string // what this is a preview of, "" for what is shown
	Notice  string
	Draft   string // what is not confirmed
	AsAt    string
	Rows    []web.SummaryRow
	Parts   []part
	Tables  []*web.Table
	UsedIn  []web.Link
	Buttons []web.Link
	About   []web.SummaryRow
}

var itemPage = web.NewTemplate[itemView](files, "item.html")

func crumbs(k practice.Kind, e *practice.Entry) []web.Link {
	out := []web.Link{hub, lists[k.Code]}
	if e != nil {
		out = append(out, web.Link{Text: e.Title, Href: e.Href()})
	}
	return out
}

// view shows an entry's own words.
func (p *Pages) view(k practice.Kind, e practice.Entry) *itemView {
	v := &itemView{Draft: e.Unconfirmed(), AsAt: practice.AsAtWords(e.AsAt())}
	v.Title, v.Lead, v.Crumbs = e.Title, e.Summary(), crumbs(k, nil)
	switch k.Code {
	case practice.Duty, practice.Power, practice.LawChange, practice.Template:
		v.Notice = notAdvice
	}
	for _, f := range k.Fields {
		value := e.Field(f.Name)
		switch {
		case value == "" && f.Name != "evidence", f.Name == "summary", f.Name == "unconfirmed", f.Name == "source", f.Name == "as_at", f.Shape == practice.Internal:
		case f.Name == "rated_by", f.Name == "rated_on", f.Name == "touches", f.Name == "law_refs", k.Code == practice.Course:
		case f.Name == "effect":
			v.Rows = append(v.Rows, web.SummaryRow{Key: f.Label, Tag: effectTags[value]})
		case f.Name == "evidence" && k.Code == practice.Note:
			row := web.SummaryRow{Key: f.Label, Value: labelOf(practice.Strengths, value)}
			if by := e.Field("rated_by"); by != "" && value != "" {
				row.Source = "rated by " + by + ", " + web.ShowDate(e.Field("rated_on"))
			}
			v.Rows = append(v.Rows, row)
		case f.Name == "approach":
			v.Rows = append(v.Rows, web.SummaryRow{Key: f.Label, Value: value, Href: "/hub/approaches/" + url.PathEscape(value)})
		case f.Name == "on":
			v.Rows = append(v.Rows, web.SummaryRow{Key: f.Label, Value: practice.AsAtWords(value)})
		case f.Shape == practice.Choice:
			v.Rows = append(v.Rows, web.SummaryRow{Key: f.Label, Value: labelOf(f.Options, value)})
		case f.Shape == practice.Prose:
			v.Parts = append(v.Parts, part{f.Label, prose(value, 2)})
		case f.Shape == practice.Plain:
			v.Rows = append(v.Rows, web.SummaryRow{Key: f.Label, Lines: strings.Split(value, "\n")})
		default:
			v.Rows = append(v.Rows, web.SummaryRow{Key: f.Label, Value: value})
		}
	}
	v.About = []web.SummaryRow{{Key: "Source", Value: e.Source()}}
	return v
}

// about adds what is known of an entry here: version, who confirmed it, who looks after it, where it is used, and what can be done.
func (p *Pages) about(r *http.Request, v *itemView, k practice.Kind, e practice.Entry) error {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	version := web.SummaryRow{Key: "Version", Value: strconv.FormatInt(e.Number, 10), Href: k.Path + "/" + url.PathEscape(e.Code) + "/versions"}
	if e.PublishedAt != nil {
		version.Source = "published by " + e.PublishedName + ", " + web.ShowDate(clock.FromMicros(*e.PublishedAt).In(clock.London()))
	}
	confirmed, err := p.Library.Confirmations(ctx, p.q(), k.Code, e.Code)
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	v.About = append(v.About, version)
	if len(confirmed) > 0 {
		c := confirmed[0]
		v.About = append(v.About, web.SummaryRow{Key: "Confirmed", Value: fmt.Sprintf("Version %d, by %s, %s", c.Version, c.ByName, names[c.Agency]), Source: c.Against + ", " + web.ShowDate(clock.FromMicros(c.At).In(clock.London()))})
	}
	keeper := web.SummaryRow{Key: "Looked after by", Value: e.KeeperName}
	if e.Keeper == "" {
		keeper.Value = "Nobody"
	}
	if keepers.Met(viewer) {
		keeper.Change = e.Href() + "/keeper"
	}
	review := web.SummaryRow{Key: "Look at it again by", Value: web.ShowDate(e.ReviewOn)}
	if e.ReviewOn == "" {
		review.Value = "No day set"
	}
	if e.Overdue(p.today()) {
		review.Tag = &web.Tag{Text: "Overdue", Colour: "red"}
	}
	v.About = append(v.About, keeper, review)
	links, err := p.Hub.UsedIn(ctx, p.q(), e.Ref())
	if err != nil {
		return err
	}
	for _, l := range links {
		v.UsedIn = append(v.UsedIn, web.Link{Text: l.Title + " (" + l.Kind + ")", Href: "/hub/" + l.Ref})
	}
	actions, err := p.Work.About(ctx, p.q(), scope, work.Ref{Kind: "hub", ID: e.Ref()})
	if err != nil {
		return err
	}
	for _, a := range actions {
		v.UsedIn = append(v.UsedIn, web.Link{Text: a.Title + " (action, " + string(a.State) + ")", Href: "/actions/" + a.ID})
	}
	for _, use := range p.Uses {
		more, err := use(ctx, scope, e.Ref())
		if err != nil {
			return err
		}
		v.UsedIn = append(v.UsedIn, more...)
	}
	if keepers.Met(viewer) {
		if e.Unconfirmed() != "" {
			v.Buttons = append(v.Buttons, web.Link{Text: "Confirm it", Href: e.Href() + "/confirm"})
		}
		v.Buttons = append(v.Buttons, web.Link{Text: "Write a new version", Href: e.Href() + "/edit"})
	}
	if keepers.Met(viewer) || e.Keeper == scope.Account {
		v.Buttons = append(v.Buttons, web.Link{Text: "It still holds", Href: e.Href() + "/review"})
	}
	if viewer != nil {
		v.Buttons = append(v.Buttons, web.Link{Text: "Add an action", Href: "/actions/new?" + url.Values{"title": {short(e.Title)}, "source": {"hub"}, "source_id": {e.Ref()}}.Encode()})
	}
	return nil
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	e, err := p.Library.Get(r.Context(), p.q(), web.ScopeOf(r), k.Code, r.PathValue("code"))
	if err != nil {
		return err
	}
	v, err := p.whole(r, k, e)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, itemPage, v)
}

// whole is an entry's page with everything that belongs to its kind.
func (p *Pages) whole(r *http.Request, k practice.Kind, e practice.Entry) (*itemView, error) {
	v := p.view(k, e)
	if err := p.about(r, v, k, e); err != nil {
		return nil, err
	}
	var err error
	switch k.Code {
	case practice.Note:
		err = p.noteParts(r, v, e)
	case practice.LawChange:
		err = p.changeParts(r, v, e)
	case practice.Template:
		err = p.templateParts(r, v, e)
	case practice.Toolkit:
		ratings, rerr := practice.ReadRatings(e.Field("ratings"))
		if rerr != nil {
			v.Notice = "Its ratings cannot be read, so nothing rests on them: " + wordsOf(rerr)
		}
		v.Tables = append(v.Tables, toolkitTable(ratings))
	case practice.Synonyms:
		t := &web.Table{ID: "words", Caption: "Words for one thing", Columns: []web.Column{{Label: "Words"}, {Label: "Where they were seen"}}, Base: "A word that ends in ? is an ordinary word too: it counts only when it is asked for."}
		groups, gerr := practice.ReadGroups(e.Field("groups"))
		if gerr != nil {
			v.Notice = "These words cannot be read, so the search does without them: " + wordsOf(gerr)
		}
		for _, g := range groups {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: strings.Join(g.Terms, ", ")}, {Text: g.Source}}})
		}
		v.Tables = append(v.Tables, t)
	}
	return v, err
}

func toolkitTable(ratings []practice.Rating) *web.Table {
	t := &web.Table{ID: "ratings", Caption: "Its ratings, in its words", Columns: []web.Column{{Label: "Approach"}, {Label: "Effect"}, {Label: "Evidence"}, {Label: "Cost"}, {Label: "Note"}}}
	for _, x := range ratings {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Name, Href: "/hub/approaches/" + url.PathEscape(x.Approach)}, {Text: x.Effect}, {Text: x.Evidence}, {Text: x.Cost}, {Text: x.Note}}})
	}
	return t
}

func (p *Pages) noteParts(r *http.Request, v *itemView, e practice.Entry) error {
	if code := e.Field("approach"); code != "" {
		a, err := p.Library.Approach(r.Context(), p.q(), web.ScopeOf(r), code)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		v.Tables = append(v.Tables, ratingsTable(a.Ratings))
	}
	origin := strings.Fields(e.Field("origin"))
	if len(origin) == 0 || p.Strengths == nil {
		return nil
	}
	all, err := p.Strengths(r.Context(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	t := &web.Table{ID: "origin", Caption: "Carried from what practitioners said", Empty: "What it was carried from is not open to you.", Columns: []web.Column{{Label: "Said"}, {Label: "By"}, {Label: "When"}}}
	for _, s := range all {
		for _, id := range origin {
			if s.ID == id {
				t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: s.Words, Href: s.Href}, {Text: s.Who}, {Text: s.When}}})
			}
		}
	}
	v.Tables = append(v.Tables, t)
	return nil
}

func (p *Pages) changeParts(r *http.Request, v *itemView, e practice.Entry) error {
	touched, err := p.Library.Touches(r.Context(), p.q(), web.ScopeOf(r), e.Item)
	if err != nil {
		return err
	}
	t := &web.Table{ID: "touches", Caption: "What it touches here", Empty: "Nothing is named.", Columns: []web.Column{{Label: "Entry"}, {Label: "Looked at since, here"}, {Label: "Do"}}}
	unseen := 0
	for _, x := range touched {
		if x.Missing != "" {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Missing}, {Tag: &web.Tag{Text: "Withdrawn", Colour: "grey"}}, {}}})
			continue
		}
		row := []web.Cell{{Text: x.Title, Href: x.Href(), Sub: kindNames[x.Kind]}, {Text: x.Since}, {}}
		if x.Since == "" {
			unseen++
			row[1] = web.Cell{Tag: &web.Tag{Text: "Not yet", Colour: "yellow"}}
			row[2] = web.Cell{Text: "Add an action", Hidden: "to look at " + x.Title, Href: "/actions/new?" + url.Values{"title": {short("Look at “" + x.Title + "” after: " + e.Title)}, "source": {"hub"}, "source_id": {x.Ref()}}.Encode()}
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	if len(touched) > 0 {
		v.Lead += " It touches " + plural(len(touched), "entry", "entries") + " here; nobody has looked at " + web.ShowNumber(unseen) + " of them since."
	}
	v.Tables = append(v.Tables, t)
	return nil
}

func (p *Pages) templateParts(r *http.Request, v *itemView, e practice.Entry) error {
	ctx, viewer := r.Context(), web.ViewerOf(r)
	adoptions, err := p.Library.Adoptions(ctx, p.q(), e.Code)
	if err != nil {
		return err
	}
	members, err := p.Partnership.Members(ctx, p.q())
	if err != nil {
		return err
	}
	t := &web.Table{ID: "adoptions", Caption: "Who works to it", Empty: "No agency has been entered yet.", Columns: []web.Column{{Label: "Agency"}, {Label: "Works to"}, {Label: "Adopted by"}, {Label: "Do"}}}
	now := 0
	for _, m := range members {
		row := []web.Cell{{Text: m.Name}, {Tag: &web.Tag{Text: "Has not said", Colour: "yellow"}}, {}, {}}
		mine := viewer != nil && (viewer.Scope.Agency == m.Code || keepers.Met(viewer))
		if mine {
			row[3] = web.Cell{Text: "Adopt", Hidden: "for " + m.Name, Href: e.Href() + "/adopt?agency=" + url.QueryEscape(m.Code)}
		}
		for _, a := range adoptions {
			if a.Agency != m.Code {
				continue
			}
			row[1], row[2] = web.Cell{Text: "Version " + strconv.FormatInt(a.Version, 10)}, web.Cell{Text: a.By, Sub: web.ShowDate(a.On)}
			if a.Version != e.Number {
				row[1].Tag = &web.Tag{Text: "Older", Colour: "grey"}
				continue
			}
			now++
			if mine {
				row[3] = web.Cell{Text: "Take back", Hidden: "the adoption by " + m.Name, Href: e.Href() + "/end?agency=" + url.QueryEscape(m.Code)}
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	v.Lead += " " + web.ShowNumber(now) + " of " + plural(len(members), "agency works", "agencies work") + " to version " + strconv.FormatInt(e.Number, 10) + "."
	v.Tables = append(v.Tables, t)
	for _, ref := range practice.Refs(e.Field("law_refs")) {
		kind, code, _ := strings.Cut(ref, "/")
		x, err := p.Library.Get(ctx, p.q(), web.ScopeOf(r), kind, code)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, web.SummaryRow{Key: "Rests on", Value: x.Title, Href: x.Href()})
	}
	return nil
}

func (p *Pages) preview(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	n, err := strconv.ParseInt(r.URL.Query().Get("v"), 10, 64)
	if err != nil {
		return fault.NoSuch()
	}
	e, err := p.Library.Version(r.Context(), p.q(), web.ScopeOf(r), k.Code, r.PathValue("code"), n)
	if err != nil {
		return err
	}
	v := p.view(k, e)
	if k.Code == practice.Course {
		v.Parts = append(v.Parts, part{"Pages", prose(e.Field("pages"), 2)})
	}
	v.Preview = fmt.Sprintf("This is version %d as it will look.", n)
	v.Crumbs = append(v.Crumbs, web.Link{Text: "Versions", Href: k.Path + "/" + url.PathEscape(e.Code) + "/versions?v=" + strconv.FormatInt(n, 10)})
	return web.Render(p.Site, w, r, itemPage, v)
}

// ---- acts on an entry ----

// entry is the live entry that a form is about, and the form's page around it.
func (p *Pages) entry(r *http.Request, k practice.Kind) (practice.Entry, error) {
	return p.Library.Get(r.Context(), p.q(), web.ScopeOf(r), k.Code, r.PathValue("code"))
}

func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v *contentweb.FormView, f *web.Form, said string, do func(tx *database.Tx) (string, error)) error {
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: v, Form: f, Said: said, Do: do})
}

func (p *Pages) confirming(r *http.Request, k practice.Kind) (practice.Entry, *web.Form, *contentweb.FormView, error) {
	e, err := p.entry(r, k)
	if err != nil {
		return e, nil, nil, err
	}
	f := p.Site.NewForm(e.Href()+"/confirm", "I have checked it: confirm in my name",
		&web.Field{Name: "against", Label: "What did you check it against?", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Say what you checked it against", Hint: "The Act and section as it stands today, the guidance, the toolkit’s own page: so that the next person can look."},
		&web.Field{Name: "as_at", Label: "As at", Kind: web.TextInput, Width: "10", Max: 10, Required: "Say as at when", Hint: "2026, 2026-11 or 2026-11-28."})
	f.Set("as_at", p.today().Format(clock.ISODate))
	f.Ver, f.Cancel = e.Number, e.Href()
	v := contentweb.NewFormView("Confirm: "+e.Title, "Not confirmed so far: "+e.Unconfirmed(), f, crumbs(k, &e)...)
	return e, f, v, nil
}

func (p *Pages) confirmForm(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	e, _, v, err := p.confirming(r, k)
	if err != nil {
		return err
	}
	if e.Unconfirmed() == "" {
		return fault.NoSuch()
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	e, f, v, err := p.confirming(r, k)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, v, f, "It was confirmed in your name.", func(tx *database.Tx) (string, error) {
		return e.Href(), p.Library.Confirm(r.Context(), tx, web.ScopeOf(r), k.Code, e.Code, f.Ver, f.Value("against"), f.Value("as_at"))
	})
}

func (p *Pages) reviewing(r *http.Request, k practice.Kind) (practice.Entry, *web.Form, *contentweb.FormView, error) {
	e, err := p.entry(r, k)
	if err != nil {
		return e, nil, nil, err
	}
	if !keepers.Met(web.ViewerOf(r)) && e.Keeper != web.ScopeOf(r).Account {
		return e, nil, nil, fault.NoSuch()
	}
	f := p.Site.NewForm(e.Href()+"/review", "It still holds",
		&web.Field{Name: "next", Label: "When should somebody look at it again?", Kind: web.DateInput, Required: "Enter the day"},
		&web.Field{Name: "words", Label: "What did you look at?", Kind: web.TextArea, Rows: 2, Max: 1000, Hint: "It stands in the history."})
	f.Set("next", p.today().AddDate(1, 0, 0).Format(clock.ISODate))
	f.Ver, f.Cancel = e.Number, e.Href()
	v := contentweb.NewFormView("It still holds: "+e.Title, "If something of it does not, write a new version instead.", f, crumbs(k, &e)...)
	v.Older = []contentweb.Older{}
	if keepers.Met(web.ViewerOf(r)) {
		v.Older = append(v.Older, contentweb.Older{Words: "Write a new version", Href: e.Href() + "/edit"})
	}
	return e, f, v, nil
}

func (p *Pages) reviewForm(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	_, _, v, err := p.reviewing(r, k)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) reviewed(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	e, f, v, err := p.reviewing(r, k)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, v, f, "It was noted that it still holds.", func(tx *database.Tx) (string, error) {
		return e.Href(), p.Library.Reviewed(r.Context(), tx, web.ScopeOf(r), k.Code, e.Code, f.Ver, f.Value("next"), f.Value("words"))
	})
}

func (p *Pages) keeping(r *http.Request, k practice.Kind) (practice.Entry, *web.Form, *contentweb.FormView, error) {
	e, err := p.entry(r, k)
	if err != nil {
		return e, nil, nil, err
	}
	members, err := p.members(r, func(string) bool { return true })
	if err != nil {
		return e, nil, nil, err
	}
	f := p.Site.NewForm(e.Href()+"/keeper", "Save", &web.Field{Name: "account", Label: "Who looks after it?", Kind: web.Select, Options: append([]web.Option{{Label: "Nobody"}}, members...), Hint: "They see it in My work before it must be looked at again."})
	f.Set("account", e.Keeper)
	f.Cancel = e.Href()
	return e, f, contentweb.NewFormView("Who looks after “"+e.Title+"”?", "One person, by name.", f, crumbs(k, &e)...), nil
}

// members are the open accounts a form offers, by name.
func (p *Pages) members(r *http.Request, want func(role string) bool) ([]web.Option, error) {
	all, err := p.Accounts.All(r.Context(), p.q())
	if err != nil {
		return nil, err
	}
	names, err := p.Partnership.AgencyNames(r.Context(), p.q())
	if err != nil {
		return nil, err
	}
	var out []web.Option
	for _, a := range all {
		if !a.Disabled && a.Role != "subject" && want(string(a.Role)) {
			out = append(out, web.Option{Value: a.ID, Label: a.Name + ", " + names[a.Agency]})
		}
	}
	return out, nil
}

func (p *Pages) keeperForm(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	_, _, v, err := p.keeping(r, k)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) keeper(w http.ResponseWriter, r *http.Request, k practice.Kind) error {
	e, f, v, err := p.keeping(r, k)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, v, f, "It was saved.", func(tx *database.Tx) (string, error) {
		return e.Href(), p.Library.Keep(r.Context(), tx, web.ScopeOf(r), k.Code, e.Code, f.Value("account"))
	})
}

// ---- adopting an arrangement ----

// adopting is the form for one agency, which the reader must be able to speak for.
func (p *Pages) adopting(r *http.Request) (practice.Entry, string, *web.Form, *contentweb.FormView, error) {
	k, _ := practice.KindOf(practice.Template)
	e, err := p.entry(r, k)
	if err != nil {
		return e, "", nil, nil, err
	}
	agency, err := p.agencyOf(r)
	if err != nil {
		return e, "", nil, nil, err
	}
	f := p.Site.NewForm(e.Href()+"/adopt?agency="+url.QueryEscape(agency.Code), "Record the adoption",
		&web.Field{Name: "name", Label: "Who adopted it for " + agency.Name + "?", Kind: web.TextInput, Max: 200, Required: "Enter a name"},
		&web.Field{Name: "on", Label: "When?", Kind: web.DateInput, Required: "Enter the day"})
	f.Set("on", p.today().Format(clock.ISODate))
	f.Ver, f.Cancel = e.Number, e.Href()
	return e, agency.Code, f, contentweb.NewFormView("Adopt: "+e.Title, fmt.Sprintf("%s works to version %d from then on.", agency.Name, e.Number), f, crumbs(k, &e)...), nil
}

func (p *Pages) agencyOf(r *http.Request) (partnership.Agency, error) {
	a, err := p.Partnership.Agency(r.Context(), p.q(), r.URL.Query().Get("agency"))
	if err != nil {
		return a, err
	}
	if a.Code != web.ScopeOf(r).Agency && !keepers.Met(web.ViewerOf(r)) {
		return a, fault.NoSuch()
	}
	return a, nil
}

func (p *Pages) adoptForm(w http.ResponseWriter, r *http.Request) error {
	_, _, _, v, err := p.adopting(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) adopt(w http.ResponseWriter, r *http.Request) error {
	e, agency, f, v, err := p.adopting(r)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, v, f, "The adoption was recorded.", func(tx *database.Tx) (string, error) {
		return e.Href(), p.Library.Adopt(r.Context(), tx, web.ScopeOf(r), e.Code, f.Ver, agency, f.Value("name"), f.Value("on"))
	})
}

func (p *Pages) ending(r *http.Request) (practice.Entry, string, *web.Form, *contentweb.FormView, error) {
	k, _ := practice.KindOf(practice.Template)
	e, err := p.entry(r, k)
	if err != nil {
		return e, "", nil, nil, err
	}
	agency, err := p.agencyOf(r)
	if err != nil {
		return e, "", nil, nil, err
	}
	f := p.Site.NewForm(e.Href()+"/end?agency="+url.QueryEscape(agency.Code), "Take the adoption back", &web.Field{Name: "why", Label: "Why?", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Say why it is taken back"})
	f.Cancel = e.Href()
	return e, agency.Code, f, contentweb.NewFormView("Take back the adoption of "+e.Title, agency.Name+" does not work to it from then on.", f, crumbs(k, &e)...), nil
}

func (p *Pages) endForm(w http.ResponseWriter, r *http.Request) error {
	_, _, _, v, err := p.ending(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	e, agency, f, v, err := p.ending(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, v, f, "The adoption was taken back.", func(tx *database.Tx) (string, error) {
		return e.Href(), p.Library.EndAdoption(r.Context(), tx, web.ScopeOf(r), e.Code, agency, f.Value("why"))
	})
}
