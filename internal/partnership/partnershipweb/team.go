package partnershipweb

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

// Kinds are the governance rooms' kinds of content: practitioners of the team, numbers to ring.
func (p *Pages) Kinds() []*contentweb.Kind {
	crumb := func(text, href string) []web.Link { return []web.Link{governance, {Text: text, Href: href}} }
	staff := &web.Readers{By: "every member of every agency in the partnership. Write how to reach somebody at work, never at home.", NotBy: "young people, families and the public."}
	return append(p.objectiveKinds(), []*contentweb.Kind{{
		Code: partnership.TeamKind, Path: "/team", One: "practitioner", Many: "Front line practitioners", Write: keepers, Crumbs: crumb("Front line team", "/team"), Readers: staff, Href: func(string) string { return "/team" },
		Lead:  "Who works with young people, what they can do, how many cases they carry and who stands in.",
		Title: web.Field{Label: "Name", Required: "Enter the name"},
		Fields: func(ctx context.Context) ([]*web.Field, error) {
			agencies, err := p.agencyOptions(ctx)
			return []*web.Field{
				{Name: "role", Label: "What they do", Kind: web.TextInput, Required: "Say what they do", Hint: "For example: youth worker, gangs and exploitation."},
				{Name: "agency", Label: "Agency", Kind: web.Select, Options: agencies, Required: "Choose an agency"},
				{Name: "skills", Label: "Skills", Kind: web.TextArea, Rows: 3, Hint: "One a line: mentoring, trauma-informed work, court reports."},
				{Name: "languages", Label: "Languages", Kind: web.TextInput, Hint: "With commas between them, English left out."},
				{Name: "cases", Label: "Open cases", Kind: web.TextInput, Width: "4", Hint: "How many young people they work with now; no names."},
				{Name: "limit", Label: "How many cases can they carry?", Kind: web.TextInput, Width: "4"},
				{Name: "cover", Label: "Who stands in for them?", Kind: web.TextInput},
				{Name: "reach", Label: "How to reach them at work", Kind: web.TextInput},
				{Name: "last_contact", Label: "Last spoken to", Kind: web.DateInput},
			}, err
		},
		Check: func(f *web.Form) { wholeNumbers(f, "cases", "limit"); p.notLater(f, "last_contact") },
	}, {
		Code: partnership.RingKind, Path: "/ring", One: "number to ring", Many: "Numbers to ring", Write: keepers, Crumbs: crumb("Who to ring", "/ring"), Readers: staff, Href: func(string) string { return "/ring" },
		Lead:  "A desk that answers, when, and for what. The sheet is printed and hung up, so it must be true at 2 a.m.",
		Title: web.Field{Label: "Desk or duty", Required: "Enter the desk", Hint: "A duty that is always filled is better than a name."},
		Fields: func(ctx context.Context) ([]*web.Field, error) {
			agencies, err := p.agencyOptions(ctx)
			return []*web.Field{
				{Name: "for", Label: "For what?", Kind: web.TextInput, Required: "Say what it is for", Hint: "For example: a child found far from home."},
				{Name: "when", Label: "When does somebody answer?", Kind: web.TextInput, Required: "Say when somebody answers", Hint: "For example: every night, 5 p.m. to 9 a.m."},
				{Name: "phone", Label: "Number", Kind: web.TextInput, Required: "Enter the number", Width: "20"},
				{Name: "else", Label: "If nobody answers", Kind: web.TextInput},
				{Name: "agency", Label: "Agency", Kind: web.Select, Options: agencies},
				{Name: "order", Label: "Place on the sheet", Kind: web.TextInput, Width: "4", Hint: "1 is first."},
				{Name: "checked_on", Label: "Last rung to see that it is right", Kind: web.DateInput},
			}, err
		},
		Check: func(f *web.Form) { wholeNumbers(f, "order"); p.notLater(f, "checked_on") },
	}}...)
}

func wholeNumbers(f *web.Form, names ...string) {
	for _, n := range names {
		if v := f.Value(n); v != "" {
			if x, err := strconv.Atoi(v); err != nil || x < 0 || x > 100_000 {
				f.Fail(n, "Enter a whole number, 0 or more")
			}
		}
	}
}

func (p *Pages) notLater(f *web.Form, name string) {
	if f.Value(name) > p.today() {
		f.Fail(name, "The date must be today or earlier")
	}
}

func (p *Pages) agencyOptions(ctx context.Context) ([]web.Option, error) {
	out := []web.Option{{Value: "", Label: "Choose"}}
	members, err := p.Partnership.Members(ctx, p.q())
	for _, m := range members {
		out = append(out, web.Option{Value: m.Code, Label: m.Name})
	}
	return out, err
}

func (p *Pages) team(ctx context.Context, scope access.Scope) ([]partnership.TeamMember, error) {
	set, err := p.Partnership.Settings(ctx, p.q())
	if err != nil {
		return nil, err
	}
	list, err := p.Content.List(ctx, p.q(), scope, partnership.TeamKind)
	return partnership.Team(list, clock.Today(p.Site.Clock), set.ContactDays), err
}

func (p *Pages) teamFinding(ctx context.Context, scope access.Scope) (string, error) {
	team, err := p.team(ctx, scope)
	return teamSentence(team), err
}

func teamSentence(team []partnership.TeamMember) string {
	if len(team) == 0 {
		return "Nobody is on the front line team’s list yet."
	}
	cases, over, alone, unknown := 0, 0, 0, 0
	for _, m := range team {
		cases += m.Cases
		if m.Over {
			over++
		}
		if m.Alone {
			alone++
		}
		if !m.CasesKnown {
			unknown++
		}
	}
	s := fmt.Sprintf("%s %s %s", plural(len(team), "practitioner", "practitioners"), ifOne(len(team), "carries", "carry"), plural(cases, "case", "cases"))
	if unknown > 0 {
		s += fmt.Sprintf(" (%d have not said how many)", unknown)
	}
	return s + fmt.Sprintf("; %d %s more than they can, and %d %s nobody to stand in.", over, ifOne(over, "carries", "carry"), alone, ifOne(alone, "has", "have"))
}

type peopleView struct {
	web.Page
	Filter  *web.Filter
	Table   *web.Table
	AddHref string
}

var teamPage = web.NewTemplate[peopleView](files, "team.html")

func matches(m partnership.TeamMember, want string) bool {
	want = strings.ToLower(want)
	for _, s := range append(append([]string{m.Name, m.Role}, m.Skills...), m.Languages...) {
		if strings.Contains(strings.ToLower(s), want) {
			return true
		}
	}
	return false
}

func (p *Pages) teamList(w http.ResponseWriter, r *http.Request) error {
	team, err := p.team(r.Context(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(r.Context(), p.q())
	if err != nil {
		return err
	}
	l := web.ReadList(r, nil, "", false, "q", "agency")
	agencies, err := p.agencyOptions(r.Context())
	if err != nil {
		return err
	}
	agencies[0].Label = "Every agency"
	edit := keepers.Met(web.ViewerOf(r))
	v := &peopleView{Table: &web.Table{ID: "team", Caption: "Front line practitioners", Empty: "Nobody here answers to that.",
		Columns: []web.Column{{Label: "Practitioner"}, {Label: "Skills"}, {Label: "Languages"}, {Label: "Cases"}, {Label: "Stands in"}, {Label: "How to reach them"}, {Label: "Last spoken to"}}}}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Front line team", teamSentence(team), []web.Link{governance}, true
	v.Filter = l.NewFilter(&web.Field{Name: "q", Label: "Skill, language or name", Kind: web.TextInput}, &web.Field{Name: "agency", Label: "Agency", Kind: web.Select, Options: agencies})
	for _, m := range team {
		if !matches(m, l.Filters["q"]) || l.Filters["agency"] != "" && m.Agency != l.Filters["agency"] {
			continue
		}
		name := web.Cell{Text: m.Name, Sub: m.Role + ", " + orCode(names, m.Agency)}
		if edit {
			name.Href = "/team/" + m.Code + "/edit"
		}
		cases := web.Cell{Text: "Not said"}
		if m.CasesKnown {
			cases.Text = web.ShowNumber(m.Cases)
			if m.Limit > 0 {
				cases.Text += " of " + web.ShowNumber(m.Limit)
			}
		}
		if m.Over {
			cases.Tag = &web.Tag{Text: "Over", Colour: "red"}
		}
		cover := web.Cell{Text: m.Cover}
		if m.Alone {
			cover = web.Cell{Tag: &web.Tag{Text: "Nobody", Colour: "red"}}
		}
		spoken := web.Cell{Text: web.ShowDate(m.LastContact)}
		if m.Stale {
			spoken.Tag = &web.Tag{Text: "Overdue", Colour: "yellow"}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, {Text: strings.Join(m.Skills, ", ")}, {Text: strings.Join(m.Languages, ", ")}, cases, cover, {Text: m.Reach}, spoken}})
	}
	if edit {
		v.AddHref = "/team/new"
	}
	return web.Render(p.Site, w, r, teamPage, v)
}

func orCode(names map[string]string, code string) string {
	if n := names[code]; n != "" {
		return n
	}
	return code
}

// ---- who to ring ----

type ringView struct {
	web.Page
	Made    string
	Table   *web.Table
	Leads   *web.Table
	AddHref string
}

var ringPage = web.NewTemplate[ringView](files, "ring.html")

func (p *Pages) rings(ctx context.Context, scope access.Scope) ([]partnership.Ring, int, error) {
	set, err := p.Partnership.Settings(ctx, p.q())
	if err != nil {
		return nil, 0, err
	}
	list, err := p.Content.List(ctx, p.q(), scope, partnership.RingKind)
	return partnership.Rings(list, clock.Today(p.Site.Clock), set.ContactDays), set.ContactDays, err
}

func (p *Pages) ringFinding(ctx context.Context, scope access.Scope) (string, error) {
	rings, days, err := p.rings(ctx, scope)
	return ringSentence(rings, days), err
}

func ringSentence(rings []partnership.Ring, days int) string {
	if len(rings) == 0 {
		return "No number to ring has been written down yet: at night nobody will know."
	}
	old := 0
	for _, r := range rings {
		if r.Stale {
			old++
		}
	}
	if old == 0 {
		return plural(len(rings), "number", "numbers") + " to ring, each rung to see that it is right in the last " + plural(days, "day", "days") + "."
	}
	return fmt.Sprintf("%s to ring; nobody has checked %d of them in the last %s.", plural(len(rings), "number", "numbers"), old, plural(days, "day", "days"))
}

func (p *Pages) ring(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	rings, days, err := p.rings(ctx, web.ScopeOf(r))
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	posts, err := p.Partnership.Posts(ctx, p.q())
	if err != nil {
		return err
	}
	edit := keepers.Met(web.ViewerOf(r))
	now := p.Site.Clock.Now().In(clock.London())
	v := &ringView{Made: web.ShowDate(now) + ", " + now.Format("15:04"), Table: &web.Table{ID: "ring", Caption: "Who to ring", Empty: "No number to ring has been written down yet.", Columns: []web.Column{{Label: "For"}, {Label: "Ring"}, {Label: "Number"}, {Label: "When somebody answers"}, {Label: "If nobody answers"}, {Label: "Checked"}}},
		Leads: &web.Table{ID: "acting", Caption: "Who answers for a theme today", Empty: "Nobody leads on a theme yet.", Columns: []web.Column{{Label: "Theme"}, {Label: "Area"}, {Label: "Today"}, {Label: "Then"}}}}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Who to ring", ringSentence(rings, days), []web.Link{governance}, true
	for _, x := range rings {
		desk := web.Cell{Text: x.Desk, Sub: names[x.Agency]}
		if edit {
			desk.Href = "/ring/" + x.Code + "/edit"
		}
		checked := web.Cell{Text: web.ShowDate(x.CheckedOn)}
		if x.Stale {
			checked.Tag = &web.Tag{Text: "Not checked", Colour: "yellow"}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.For}, desk, {Text: x.Phone}, {Text: x.When}, {Text: x.Else}, checked}})
	}
	for _, x := range posts {
		row := []web.Cell{{Text: x.Theme.Code + " " + x.Theme.Name}, {Text: areaName(x.Area)}, {Tag: &web.Tag{Text: "Nobody", Colour: "red"}}, {}}
		if a := x.Acting(); a != nil {
			row[2] = web.Cell{Text: a.Name, Sub: orCode(names, a.Agency)}
			if x.Deputy != nil && x.Deputy != a {
				row[3] = web.Cell{Text: x.Deputy.Name, Sub: orCode(names, x.Deputy.Agency)}
			} else if x.Second != nil && x.Second != a {
				row[3] = web.Cell{Text: x.Second.Name, Sub: orCode(names, x.Second.Agency)}
			}
		}
		v.Leads.Rows = append(v.Leads.Rows, web.Row{Cells: row})
	}
	if edit {
		v.AddHref = "/ring/new"
	}
	return web.Render(p.Site, w, r, ringPage, v)
}
