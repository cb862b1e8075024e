package partnershipweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

func (p *Pages) leadsFinding(ctx context.Context, _ access.Scope) (string, error) {
	posts, err := p.Partnership.Posts(ctx, p.q())
	return leadsSentence(posts), err
}

// leadsSentence is the finding: themes without a lead, areas without one, leads nobody has spoken to.
func leadsSentence(posts []partnership.Post) string {
	themes, led, partly := map[string]bool{}, map[string]bool{}, map[string]bool{}
	overdue, longest := 0, 0
	var oldest string
	for _, x := range posts {
		themes[x.Theme.Code] = true
		if !x.Gap {
			led[x.Theme.Code] = true
		}
		if x.Gap && x.Area.Code != "" {
			partly[x.Theme.Code] = true
		}
		if x.Overdue {
			overdue++
			if x.Unspoken > longest {
				longest, oldest = x.Unspoken, max(x.Entry.LastContact, x.Entry.Since)
			}
		}
	}
	none, uncovered := len(themes)-len(led), 0
	for _, x := range posts {
		if !x.Gap && x.Acting() == nil {
			uncovered++
		}
	}
	if len(themes) == 0 {
		return "There is no theme to lead on yet."
	}
	s := fmt.Sprintf("%d of %s %s no lead", none, plural(len(themes), "theme", "themes"), ifOne(none, "has", "have"))
	if none == 0 {
		s = "Each of " + plural(len(themes), "theme", "themes") + " has a lead"
	}
	if len(partly) > 0 {
		s += fmt.Sprintf(", %d %s none in some areas", len(partly), ifOne(len(partly), "has", "have"))
	}
	if uncovered > 0 {
		s += fmt.Sprintf("; %d %s away and nobody stands in", uncovered, ifOne(uncovered, "lead is", "leads are"))
	}
	if overdue == 0 {
		return s + "."
	}
	since := oldest
	if d, err := time.Parse(clock.ISODate, oldest); err == nil {
		since = d.Format("January 2006")
	}
	if overdue == 1 {
		return s + "; 1 lead has not been spoken to since " + since + "."
	}
	return s + fmt.Sprintf("; %d leads have not been spoken to in time, one not since %s.", overdue, since)
}

func (p *Pages) leads(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	posts, err := p.Partnership.Posts(ctx, p.q())
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	set, err := p.Partnership.Settings(ctx, p.q())
	if err != nil {
		return err
	}
	edit := keepers.Met(web.ViewerOf(r))
	v := &tableView{Table: &web.Table{ID: "leads", Caption: "Who leads on what", Empty: "There is no theme to lead on yet.",
		Columns: []web.Column{{Label: "Theme"}, {Label: "Area"}, {Label: "Lead"}, {Label: "Second lead"}, {Label: "Deputy"}, {Label: "Duties"}, {Label: "Last spoken to"}, {Label: "State"}},
		Base:    "Gaps first. A lead is to be spoken to at least every " + plural(set.ContactDays, "day", "days") + "." + sidesSentence(posts)}}
	if edit {
		v.Table.Columns = append(v.Table.Columns, web.Column{Label: "Do"})
	}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Leads", leadsSentence(posts), []web.Link{governance}, true
	for _, x := range posts {
		v.Table.Rows = append(v.Table.Rows, p.leadRow(x, names, edit))
	}
	if edit {
		v.AddHref, v.AddText = "/themes", "Change the themes"
	}
	return web.Render(p.Site, w, r, tablePage, v)
}

// sidesSentence says where the two sides that lead together, police and community safety, are not both there.
func sidesSentence(posts []partnership.Post) string {
	police, safety := 0, 0
	for _, x := range posts {
		if !x.Gap && !x.Police {
			police++
		}
		if !x.Gap && !x.Safety {
			safety++
		}
	}
	return fmt.Sprintf(" Of the themes that are led, %d %s no lead from the police and %d none from community safety.", police, ifOne(police, "has", "have"), safety)
}

func areaName(a partnership.Area) string {
	if a.Code == "" {
		return "All areas"
	}
	return a.Name
}

// LeadHref is where who leads on a theme in an area is changed.
func LeadHref(theme, area string) string {
	h := "/leads/" + url.PathEscape(theme)
	if area != "" {
		h += "?area=" + url.QueryEscape(area)
	}
	return h
}

func (p *Pages) leadRow(x partnership.Post, names map[string]string, edit bool) web.Row {
	person := func(a *account.Account) web.Cell {
		if a == nil {
			return web.Cell{}
		}
		agency := names[a.Agency]
		if agency == "" {
			agency = a.Agency
		}
		return web.Cell{Text: a.Name, Sub: agency}
	}
	theme := web.Cell{Text: x.Theme.Code + " " + x.Theme.Name}
	do := web.Cell{Text: "Change", Hidden: "who leads on " + x.Theme.Name + ", " + areaName(x.Area), Href: LeadHref(x.Theme.Code, x.Area.Code)}
	state := web.Cell{Tag: &web.Tag{Text: "Led", Colour: "green"}}
	switch {
	case x.Gap:
		do.Text = "Name one"
		state = web.Cell{Tag: &web.Tag{Text: "No lead", Colour: "red"}}
		if x.Entry.Account != "" {
			state.Sub = "Their account is closed"
		}
	case x.Acting() == nil:
		state = web.Cell{Tag: &web.Tag{Text: "Away, nobody stands in", Colour: "red"}, Sub: "Until " + web.ShowDate(x.Entry.AwayUntil)}
	case x.Overdue:
		state = web.Cell{Tag: &web.Tag{Text: "Contact overdue", Colour: "yellow"}, Sub: plural(x.Unspoken, "day", "days") + " ago"}
	case x.Away:
		state = web.Cell{Tag: &web.Tag{Text: "Away"}, Sub: x.Acting().Name + " stands in until " + web.ShowDate(x.Entry.AwayUntil)}
	}
	spoken := web.ShowDate(x.Entry.LastContact)
	if !x.Gap && spoken == "" {
		spoken = "Not yet"
	}
	lead := person(x.Lead)
	if !x.Gap {
		lead.Sub += ", since " + web.ShowDate(x.Entry.Since)
	}
	cells := []web.Cell{theme, {Text: areaName(x.Area)}, lead, person(x.Second), person(x.Deputy), {Text: x.Entry.Duties}, {Text: spoken}, state}
	if edit {
		cells = append(cells, do)
	}
	return web.Row{Cells: cells}
}

// leadPost is the post a request is about.
func (p *Pages) leadPost(r *http.Request) (partnership.Theme, partnership.Area, error) {
	code := r.URL.Query().Get("area")
	themes, err := p.Partnership.Themes(r.Context(), p.q())
	if err != nil {
		return partnership.Theme{}, partnership.Area{}, err
	}
	set, err := p.Partnership.Settings(r.Context(), p.q())
	if err != nil {
		return partnership.Theme{}, partnership.Area{}, err
	}
	for _, t := range themes {
		if t.Code != r.PathValue("theme") || !t.InUse {
			continue
		}
		if code == "" {
			return t, partnership.Area{}, nil
		}
		for _, a := range set.Areas {
			if a.Code == code {
				return t, a, nil
			}
		}
	}
	return partnership.Theme{}, partnership.Area{}, fault.NoSuch()
}

func (p *Pages) newLeadForm(r *http.Request, t partnership.Theme, a partnership.Area) (*web.Form, error) {
	l, err := p.Partnership.Lead(r.Context(), p.q(), t.Code, a.Code)
	if err != nil {
		return nil, err
	}
	names, err := p.Partnership.AgencyNames(r.Context(), p.q())
	if err != nil {
		return nil, err
	}
	all, err := p.Accounts.All(r.Context(), p.q())
	if err != nil {
		return nil, err
	}
	members := []web.Option{{Value: "", Label: "Nobody"}}
	for _, m := range all {
		if !m.Disabled && m.Role != access.Subject {
			agency := names[m.Agency]
			if agency == "" {
				agency = m.Agency
			}
			members = append(members, web.Option{Value: m.ID, Label: m.Name + ", " + agency})
		}
	}
	f := p.Site.NewForm(LeadHref(t.Code, a.Code), "Save",
		&web.Field{Name: "account", Label: "Lead", Kind: web.Select, Options: members},
		&web.Field{Name: "second", Label: "Second lead", Kind: web.Select, Options: members, Hint: "Police and community safety lead together: the one who is not the lead."},
		&web.Field{Name: "deputy", Label: "Deputy", Kind: web.Select, Options: members},
		&web.Field{Name: "duties", Label: "What they are to do", Kind: web.TextArea, Rows: 3, Hint: "Their duties in this theme, in a sentence or two."},
		&web.Field{Name: "since", Label: "Lead since", Kind: web.DateInput},
		&web.Field{Name: "last_contact", Label: "Last spoken to", Kind: web.DateInput, Hint: "When somebody last talked with the lead about this theme."},
		&web.Field{Name: "away_from", Label: "Away from", Kind: web.DateInput},
		&web.Field{Name: "away_until", Label: "Away until", Kind: web.DateInput},
		&web.Field{Name: "cover", Label: "Who stands in", Kind: web.Select, Options: members, Hint: "When nobody is named the deputy stands in, then the second lead."},
		whyField(""))
	f.Set("second", l.Second).Set("duties", l.Duties).Set("away_from", l.AwayFrom).Set("away_until", l.AwayUntil).Set("cover", l.Cover)
	f.Set("account", l.Account).Set("deputy", l.Deputy).Set("since", l.Since).Set("last_contact", l.LastContact)
	f.Ver, f.Cancel, f.Draft = l.Version, "/leads", "/drafts/lead/"+leadDraft(t, a)
	return f, nil
}

func leadDraft(t partnership.Theme, a partnership.Area) string {
	return draftKey(t.Code + "." + a.Code)
}

func (p *Pages) leadView(f *web.Form, t partnership.Theme, a partnership.Area) *formView {
	lead := "Whoever leads for the whole partnership covers every area."
	if a.Code != "" {
		lead = "In " + a.Name + ". " + lead
	}
	return p.view("Who leads on "+t.Code+" "+t.Name+"?", lead, f, web.Link{Text: "Leads", Href: "/leads"})
}

func (p *Pages) leadForm(w http.ResponseWriter, r *http.Request) error {
	t, a, err := p.leadPost(r)
	if err != nil {
		return err
	}
	f, err := p.newLeadForm(r, t, a)
	if err != nil {
		return err
	}
	v := p.leadView(f, t, a)
	if v.Kept, err = p.Keeper.Open(r, f, "lead", leadDraft(t, a)); err != nil {
		return err
	}
	if p.GapAction != nil && f.Value("account") == "" {
		v.Older = append(v.Older, older{Words: "Nobody to name yet? Add an action to find a lead", Href: p.GapAction(t.Code, a.Code, "Find a lead for "+t.Name+", "+areaName(a))})
	}
	history, err := p.Partnership.LeadHistory(r.Context(), p.q(), t.Code, a.Code)
	if err != nil {
		return err
	}
	people, err := p.people(r.Context())
	if err != nil {
		return err
	}
	for _, h := range history {
		words := "Nobody."
		if h.Account != "" {
			words = who(people, h.Account) + " since " + web.ShowDate(h.Since) + "."
			if h.Deputy != "" {
				words += " Deputy " + who(people, h.Deputy) + "."
			}
			if h.Second != "" {
				words += " Beside them " + who(people, h.Second) + "."
			}
			if h.AwayFrom != "" {
				words += " Away " + web.ShowDate(h.AwayFrom) + " to " + web.ShowDate(h.AwayUntil) + "."
			}
			if h.LastContact != "" {
				words += " Last spoken to " + web.ShowDate(h.LastContact) + "."
			}
		}
		v.Before = append(v.Before, before(h.Change, words, people))
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) saveLead(w http.ResponseWriter, r *http.Request) error {
	t, a, err := p.leadPost(r)
	if err != nil {
		return err
	}
	f, err := p.newLeadForm(r, t, a)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Value("account") == "" && f.Value("deputy") != "" {
		f.Fail("account", "A deputy needs a lead: choose the lead first")
	}
	if f.Value("account") != "" {
		if f.Value("account") == f.Value("deputy") {
			f.Fail("deputy", "The deputy must be somebody else than the lead")
		}
		if f.Value("since") == "" {
			f.Fail("since", "Enter the day they began")
		}
	}
	if f.Value("cover") != "" && f.Value("away_from") == "" {
		f.Fail("away_from", "Enter the first day the cover stands in")
	}
	if (f.Value("away_from") == "") != (f.Value("away_until") == "") {
		f.Fail("away_until", "Enter both the first and the last day")
	} else if f.Value("away_until") < f.Value("away_from") {
		f.Fail("away_until", "The last day must not be before the first")
	}
	for _, name := range []string{"since", "last_contact"} {
		if f.Value(name) > p.today() {
			f.Fail(name, "The date must be today or earlier")
		}
	}
	return p.answer(w, r, asked{view: p.leadView(f, t, a), form: f, draft: [2]string{"lead", leadDraft(t, a)}, said: "The lead was saved.", do: func(tx *database.Tx) (string, error) {
		return "/leads", p.Partnership.SaveLead(r.Context(), tx, web.ScopeOf(r), f.Ver, partnership.Lead{Theme: t.Code, Area: a.Code, Account: f.Value("account"), Deputy: f.Value("deputy"), Since: f.Value("since"), LastContact: f.Value("last_contact"),
			Second: f.Value("second"), Duties: f.Value("duties"), Cover: f.Value("cover"), AwayFrom: f.Value("away_from"), AwayUntil: f.Value("away_until"), Change: partnership.Change{Why: f.Value("why")}})
	}, now: func() (*web.Form, error) { return p.newLeadForm(r, t, a) }})
}

// ---- themes ----

func (p *Pages) themesFinding(ctx context.Context, _ access.Scope) (string, error) {
	themes, err := p.Partnership.Themes(ctx, p.q())
	used, ours := 0, 0
	for _, t := range themes {
		if t.InUse {
			used++
		}
		if t.Version > 1 {
			ours++
		}
	}
	return fmt.Sprintf("%s in use, %d of them worded here.", plural(used, "theme", "themes"), ours), err
}

func (p *Pages) themes(w http.ResponseWriter, r *http.Request) error {
	themes, err := p.Partnership.Themes(r.Context(), p.q())
	if err != nil {
		return err
	}
	v := &tableView{Table: &web.Table{ID: "themes", Caption: "Themes", Empty: "There is no theme yet.", Columns: []web.Column{{Label: "Theme"}, {Label: "What it holds"}, {Label: "Version", Numeric: true}, {Label: "State"}}}}
	v.Title, v.Crumbs, v.Wide = "Themes", []web.Link{governance}, true
	if v.Lead, err = p.themesFinding(r.Context(), web.ScopeOf(r)); err != nil {
		return err
	}
	edit := keepers.Met(web.ViewerOf(r))
	for _, t := range themes {
		name := web.Cell{Text: t.Code + " " + t.Name}
		if edit {
			name.Href = "/themes/" + t.Code
		}
		state := &web.Tag{Text: "In use", Colour: "green"}
		if !t.InUse {
			state = &web.Tag{Text: "Retired", Colour: "grey"}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, {Text: t.About}, {Text: fmt.Sprint(t.Version)}, {Tag: state}}})
	}
	if edit {
		v.AddHref, v.AddText = "/themes/new", "Add a theme"
	}
	return web.Render(p.Site, w, r, tablePage, v)
}

func (p *Pages) newThemeForm(r *http.Request) (*web.Form, partnership.Theme, []partnership.Theme, error) {
	name := &web.Field{Name: "name", Label: "Name", Kind: web.TextInput, Required: "Enter a name"}
	about := &web.Field{Name: "about", Label: "What it holds", Kind: web.TextArea, Rows: 3}
	code := r.PathValue("code")
	if code == "" {
		f := p.Site.NewForm("/themes", "Add the theme", &web.Field{Name: "code", Label: "Code", Kind: web.TextInput, Max: 16, Width: "5", Required: "Enter a code", Hint: "Statements are coded by it, so it does not change."}, name, about)
		f.Cancel = "/themes"
		return f, partnership.Theme{InUse: true}, nil, nil
	}
	history, err := p.Partnership.ThemeHistory(r.Context(), p.q(), code)
	if err == nil && len(history) == 0 {
		err = fault.NoSuch()
	}
	if err != nil {
		return nil, partnership.Theme{}, nil, err
	}
	t := history[0]
	f := p.Site.NewForm("/themes/"+t.Code, "Save", name, about,
		&web.Field{Name: "in_use", Label: "Is it in use?", Kind: web.Radios, Inline: true, Required: "Say whether it is in use", Options: []web.Option{{Value: "yes", Label: "Yes"}, {Value: "no", Label: "Retired"}}}, whyField(""))
	f.Set("name", t.Name).Set("about", t.About).Set("in_use", map[bool]string{true: "yes", false: "no"}[t.InUse])
	f.Ver, f.Cancel = t.Version, "/themes"
	return f, t, history, nil
}

func (p *Pages) themeForm(w http.ResponseWriter, r *http.Request) error {
	f, t, history, err := p.newThemeForm(r)
	if err != nil {
		return err
	}
	people, err := p.people(r.Context())
	if err != nil {
		return err
	}
	title := "Add a theme"
	if t.Code != "" {
		title = t.Code + " " + t.Name
	}
	v := p.view(title, "What it was before stays, and can be brought back.", f, web.Link{Text: "Themes", Href: "/themes"})
	back := r.URL.Query().Get("back")
	for i, h := range history {
		v.Before = append(v.Before, before(h.Change, h.Name+". "+h.About, people))
		if i > 0 {
			v.Older = append(v.Older, older{Words: fmt.Sprintf("Bring back version %d", h.Version), Href: fmt.Sprintf("/themes/%s?back=%d", h.Code, h.Version)})
		}
		if back == fmt.Sprint(h.Version) && i > 0 {
			f.Set("name", h.Name).Set("about", h.About).Set("why", "Back to version "+back)
			v.Lead = "The words of version " + back + " are below. Saving makes them the newest version."
		}
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) addTheme(w http.ResponseWriter, r *http.Request) error {
	f, _, _, err := p.newThemeForm(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Value("code") == "new" {
		f.Fail("code", "“new” cannot be a code")
	}
	return p.answer(w, r, asked{view: p.view("Add a theme", "", f, web.Link{Text: "Themes", Href: "/themes"}), form: f, said: "The theme was added.", do: func(tx *database.Tx) (string, error) {
		return "/themes", p.Partnership.SaveTheme(r.Context(), tx, web.ScopeOf(r), 0, partnership.Theme{Code: f.Value("code"), Name: f.Value("name"), About: f.Value("about"), InUse: true})
	}})
}

func (p *Pages) saveTheme(w http.ResponseWriter, r *http.Request) error {
	f, t, _, err := p.newThemeForm(r)
	if err != nil {
		return err
	}
	f.Ver = -1
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, asked{view: p.view(t.Code+" "+t.Name, "", f, web.Link{Text: "Themes", Href: "/themes"}), form: f, said: "The theme was saved.", do: func(tx *database.Tx) (string, error) {
		return "/themes", p.Partnership.SaveTheme(r.Context(), tx, web.ScopeOf(r), f.Ver, partnership.Theme{Code: t.Code, Position: t.Position, Name: f.Value("name"), About: f.Value("about"), InUse: f.Value("in_use") == "yes", Change: partnership.Change{Why: f.Value("why")}})
	}, now: func() (*web.Form, error) { f, _, _, err := p.newThemeForm(r); return f, err }})
}
