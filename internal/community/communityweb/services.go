package communityweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/chart"
)

func pairs(list []struct{ Code, Name string }) []web.Option {
	out := []web.Option{}
	for _, x := range list {
		out = append(out, web.Option{Value: x.Code, Label: x.Name})
	}
	return out
}

func whole(f *web.Form, names ...string) {
	for _, n := range names {
		if v := f.Value(n); v != "" {
			if x, err := strconv.Atoi(v); err != nil || x < 0 || x > 1_000_000 {
				f.Fail(n, "Enter a whole number, 0 or more")
			}
		}
	}
}

// Kinds are the community's kinds of content.
func (p *Pages) Kinds() []*contentweb.Kind {
	crumb := func(text, href string) []web.Link {
		return append(slices.Clone(crumbs), web.Link{Text: text, Href: href})
	}
	readers := &web.Readers{By: "every member of every agency; the public too, once somebody makes it public.", NotBy: "nobody outside before that."}
	return []*contentweb.Kind{{
		Code: community.AssetKind, Path: "/strengths", One: "trusted person or place, or a strength", Many: "Trusted people and places", Write: listeners, Crumbs: crumb("Trusted people and places", "/strengths"), Href: func(string) string { return "/strengths" }, Readers: readers,
		Lead:  "What the community has. A trusted person is named by the post they hold and how to reach them through it, never by where they live.",
		Title: web.Field{Label: "Name", Required: "Enter a name", Hint: "For example: the coach at the boxing club; the library; the Saturday football."},
		Fields: func(ctx context.Context) ([]*web.Field, error) {
			areas, _, err := p.areaOptions(ctx)
			if err != nil {
				return nil, err
			}
			themes, _, err := p.themeOptions(ctx)
			return []*web.Field{
				{Name: "kind", Label: "What is it?", Kind: web.Radios, Options: pairs(community.AssetKinds), Required: "Say what it is"},
				{Name: "about", Label: "Why is it trusted, and by whom?", Kind: web.TextArea, Rows: 3, Required: "Say why it is trusted"},
				{Name: "area", Label: "Area", Kind: web.Select, Options: areas},
				{Name: "theme", Label: "Which theme does it bear on?", Kind: web.Select, Options: themes},
				{Name: "reach", Label: "How to reach it", Kind: web.TextInput},
				{Name: "checked_on", Label: "Last seen to be right", Kind: web.DateInput},
			}, err
		},
	}, {
		Code: community.ServiceKind, Path: "/services", One: "service", Many: "Services", Write: web.Only(access.Manager, access.Chair, access.InfoOfficer), Crumbs: crumb("Ways out", "/services"), Href: func(code string) string { return link("/services", code) }, Readers: readers, Public: true,
		Lead:  "A way out that somebody can be sent to: who can come, how many places there are, and when somebody last saw that this is right.",
		Title: web.Field{Label: "Name of the service", Required: "Enter the name"},
		Fields: func(ctx context.Context) ([]*web.Field, error) {
			themes, _, err := p.themeOptions(ctx)
			return []*web.Field{
				{Name: "about", Label: "What does it do?", Kind: web.TextArea, Rows: 4, Required: "Say what it does"},
				{Name: "provider", Label: "Who provides it?", Kind: web.TextInput, Required: "Say who provides it"},
				{Name: "route", Label: "What kind of way out is it?", Kind: web.Radios, Options: pairs(community.Routes), Required: "Say what kind it is"},
				{Name: "eligibility", Label: "Who can come?", Kind: web.TextArea, Rows: 2, Max: 2000, Required: "Say who can come"},
				{Name: "min_age", Label: "Youngest age", Kind: web.TextInput, Width: "4"}, {Name: "max_age", Label: "Oldest age", Kind: web.TextInput, Width: "4"},
				{Name: "capacity", Label: "Places", Kind: web.TextInput, Width: "4"}, {Name: "free", Label: "Free now", Kind: web.TextInput, Width: "4"}, {Name: "wait", Label: "Wait", Kind: web.TextInput},
				{Name: "refer", Label: "How to refer", Kind: web.TextArea, Rows: 2, Max: 2000, Required: "Say how to refer"},
				{Name: "phone", Label: "Telephone", Kind: web.TextInput}, {Name: "email", Label: "E-mail address", Kind: web.TextInput}, {Name: "url", Label: "Web address", Kind: web.TextInput, Max: 300},
				{Name: "commissioner", Label: "Who pays for it?", Kind: web.TextInput}, {Name: "theme", Label: "Theme", Kind: web.Select, Options: themes}, {Name: "until", Label: "Paid for until", Kind: web.DateInput},
				{Name: "checked_on", Label: "Last seen to be right", Kind: web.DateInput},
				{Name: "open_referral", Kind: web.Hidden, Max: 100},
			}, err
		},
		Check: func(f *web.Form) {
			whole(f, "min_age", "max_age", "capacity", "free")
			if u := f.Value("url"); u != "" && !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "http://") {
				f.Fail("url", "Enter an address that begins with https://")
			}
			if f.Value("checked_on") > p.today() {
				f.Fail("checked_on", "The date must be today or earlier")
			}
		},
	}, {
		Code: community.PublicKind, Path: "/public-pages", One: "part of the public page", Many: "Parts of the public page", Write: publishers, Drafts: true, Public: true, Review: true, Crumbs: crumb("The public page", "/public-pages"), Readers: readers,
		Lead:  "It is a draft until somebody publishes it to members, and not public until somebody makes it so in their name.",
		Title: web.Field{Label: "Heading", Required: "Enter a heading"},
		Fields: func(context.Context) ([]*web.Field, error) {
			return []*web.Field{{Name: "body", Label: "Words", Kind: web.TextArea, Rows: 12, Max: 8000, Required: "Write the words", Hint: "Plain words; an empty line begins a new paragraph. Nothing personal."},
				{Name: "order", Label: "Place on the page", Kind: web.TextInput, Width: "4", Hint: "1 is first."}}, nil
		},
		Check: func(f *web.Form) { whole(f, "order") },
	}}
}

func (p *Pages) assets(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	list, err := p.Content.List(ctx, p.q(), scope, community.AssetKind)
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
	_, themes, err := p.themeOptions(ctx)
	if err != nil {
		return err
	}
	kinds := map[string]string{}
	for _, k := range community.AssetKinds {
		kinds[k.Code] = k.Name
	}
	edit := listeners.Met(web.ViewerOf(r))
	t := &web.Table{ID: "assets", Caption: "Trusted people and places, and strengths", Empty: "Nobody has written down yet what the community has.", Columns: []web.Column{{Label: "Name"}, {Label: "Kind"}, {Label: "Why"}, {Label: "Area"}, {Label: "How to reach it"}, {Label: "Checked"}}}
	beside := map[string][2][]string{}
	add := func(theme string, side int, words string) {
		x := beside[theme]
		x[side] = append(x[side], words)
		beside[theme] = x
	}
	assets := community.Assets(list)
	for _, a := range assets {
		name := web.Cell{Text: a.Name, Sub: themes[a.Theme]}
		if edit {
			name.Href = link("/strengths", a.Code) + "/edit"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, {Text: kinds[a.Kind]}, {Text: a.About}, {Text: areas[a.Area]}, {Text: a.Reach}, {Text: web.ShowDate(a.CheckedOn)}}})
		add(a.Theme, 0, a.Name)
	}
	worries := 0
	for _, s := range said {
		switch s.Sense {
		case "strength":
			add(s.Theme, 0, s.Words)
		case "worry":
			add(s.Theme, 1, s.Words)
			worries++
		}
	}
	b := &web.Table{ID: "beside", Caption: "Strengths beside worries, by theme", Empty: "Neither has been written down yet.", Columns: []web.Column{{Label: "Theme"}, {Label: "Strengths"}, {Label: "Worries"}}, Base: "Strengths are trusted people and places and what people said is good; worries are what people said. Neither is a count of events."}
	var codes []string
	for c := range beside {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	none := 0
	for _, c := range codes {
		x := beside[c]
		strengths := web.Cell{Text: strings.Join(x[0], "; ")}
		if len(x[0]) == 0 {
			none++
			strengths = web.Cell{Tag: &web.Tag{Text: "None known", Colour: "yellow"}}
		}
		name := themes[c]
		if name == "" {
			name = "No theme"
		}
		b.Rows = append(b.Rows, web.Row{Cells: []web.Cell{{Text: name}, strengths, {Text: strings.Join(x[1], "; ")}}})
	}
	v := &listView{Tables: []*web.Table{b, t}}
	v.Title, v.Crumbs, v.Wide = "Strengths beside worries", crumbs, true
	v.Lead = fmt.Sprintf("%s and %s are written down; for %s no strength is known.", plural(len(assets), "trusted person, place or strength", "trusted people, places and strengths"), plural(worries, "worry", "worries"), plural(none, "theme", "themes"))
	if edit {
		v.Links = []web.Link{{Text: "Add a trusted person or place, or a strength", Href: "/strengths/new"}}
	}
	return web.Render(p.Site, w, r, listPage, v)
}

// ---- services ----

func (p *Pages) serviceList(ctx context.Context, scope access.Scope) ([]community.Service, error) {
	list, err := p.Content.List(ctx, p.q(), scope, community.ServiceKind)
	return community.Services(list, clock.Today(p.Site.Clock)), err
}

// Efforts are the commissioned services, to be laid beside objectives and actions.
func (p *Pages) Efforts(ctx context.Context, scope access.Scope) ([]partnershipweb.Effort, error) {
	list, err := p.serviceList(ctx, scope)
	var out []partnershipweb.Effort
	for _, s := range list {
		if s.Commissioner != "" {
			out = append(out, partnershipweb.Effort{Kind: "Service", Title: s.Name, Owner: "paid for by " + s.Commissioner, When: web.ShowDate(s.Until), Href: link("/services", s.Code), Theme: s.Theme})
		}
	}
	return out, err
}

func servicesSentence(list []community.Service) string {
	if len(list) == 0 {
		return "No way out has been written down yet."
	}
	stale, free, unknown := 0, 0, 0
	have := map[string]bool{}
	for _, s := range list {
		have[s.Route] = true
		if s.Stale {
			stale++
		}
		if s.Free == nil {
			unknown++
		} else {
			free += *s.Free
		}
	}
	var none []string
	for _, r := range community.Routes[:4] {
		if !have[r.Code] {
			none = append(none, strings.ToLower(r.Name))
		}
	}
	s := fmt.Sprintf("%s with %s free; %s not said how many, and %s not been checked for half a year.", plural(len(list), "service", "services"), plural(free, "place", "places"), plural(unknown, "has", "have"), plural(stale, "entry has", "entries have"))
	if none != nil {
		s += " There is none for " + strings.Join(none, ", ") + "."
	}
	return s
}

func (p *Pages) services(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := p.serviceList(ctx, web.ScopeOf(r))
	if err != nil {
		return err
	}
	returns, err := p.Community.Returns(ctx, p.q(), "")
	if err != nil {
		return err
	}
	t := &web.Table{ID: "services", Caption: "Ways out", Empty: "No way out has been written down yet.", Columns: []web.Column{{Label: "Service"}, {Label: "Way out"}, {Label: "Who can come"}, {Label: "Free"}, {Label: "Checked"}, {Label: "Came through"}}}
	for _, s := range list {
		free := web.Cell{Text: "Not said"}
		if s.Free != nil {
			free.Text = strconv.Itoa(*s.Free)
			if s.Capacity != nil {
				free.Text += " of " + strconv.Itoa(*s.Capacity)
			}
		}
		if s.Wait != "" {
			free.Sub = "wait: " + s.Wait
		}
		sum := community.Sum(slices.DeleteFunc(slices.Clone(returns), func(x community.Return) bool { return x.Service != s.Code }))
		through := web.Cell{Text: "No counts"}
		if sum.Sent > 0 {
			through.Text = fmt.Sprintf("%s of %s sent started", count(sum.Started), count(sum.Sent))
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: s.Name, Href: link("/services", s.Code), Sub: s.Provider}, {Text: community.RouteName(s.Route)}, {Text: s.Eligibility, Sub: ages(s)}, free, ageCell(s), through}})
	}
	v := &listView{Tables: []*web.Table{t}, Links: []web.Link{{Text: "As an Open Referral UK file", Href: "/services/feed.json"}}}
	if publishers.Met(web.ViewerOf(r)) {
		v.Links = append([]web.Link{{Text: "Add a service", Href: "/services/new"}, {Text: "Read an Open Referral UK file", Href: "/services/import"}}, v.Links...)
	}
	v.Title, v.Crumbs, v.Wide, v.Lead = "Ways out", crumbs, true, servicesSentence(list)
	return web.Render(p.Site, w, r, listPage, v)
}

func count(n int) string {
	if n > 0 && n < 5 {
		return "fewer than 5"
	}
	return web.ShowNumber(n)
}

func ages(s community.Service) string {
	switch {
	case s.MinAge != nil && s.MaxAge != nil:
		return fmt.Sprintf("aged %d to %d", *s.MinAge, *s.MaxAge)
	case s.MinAge != nil:
		return fmt.Sprintf("aged %d or over", *s.MinAge)
	case s.MaxAge != nil:
		return fmt.Sprintf("up to %d", *s.MaxAge)
	}
	return ""
}

func ageCell(s community.Service) web.Cell {
	c := web.Cell{Text: "Never"}
	if s.Age >= 0 {
		c.Text = plural(s.Age, "day", "days") + " ago"
	}
	if s.Stale {
		c.Tag = &web.Tag{Text: "Old", Colour: "yellow"}
	}
	return c
}

type serviceView struct {
	web.Page
	Rows     []web.SummaryRow
	Funnel   *web.Figure
	Returns  *web.Table
	Add      string
	Edit     string
	Versions string
}

var servicePage = web.NewTemplate[serviceView](files, "service.html")

func (p *Pages) service(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	c, err := p.Content.Get(ctx, p.q(), scope, content.Key{Kind: community.ServiceKind, Code: r.PathValue("code")})
	if err != nil {
		return err
	}
	s := community.Services([]content.Version{c}, clock.Today(p.Site.Clock))[0]
	returns, err := p.Community.Returns(ctx, p.q(), s.Code)
	if err != nil {
		return err
	}
	v := &serviceView{Versions: link("/services", s.Code) + "/versions"}
	v.Title, v.Crumbs, v.Wide = s.Name, append(slices.Clone(crumbs), web.Link{Text: "Ways out", Href: "/services"}), true
	checked := ageCell(s)
	v.Rows = []web.SummaryRow{{Key: "Way out", Value: community.RouteName(s.Route)}, {Key: "What it does", Value: s.About}, {Key: "Provided by", Value: s.Provider}, {Key: "Who can come", Value: strings.Trim(s.Eligibility+"; "+ages(s), "; ")}, {Key: "How to refer", Value: s.Refer},
		{Key: "Reach it", Value: strings.Trim(strings.Join([]string{s.Phone, s.Email, s.URL}, "; "), "; ")}, {Key: "Paid for by", Value: s.Commissioner}, {Key: "Paid for until", Value: web.ShowDate(s.Until)}, {Key: "Checked", Value: checked.Text, Tag: checked.Tag}}
	sum := community.Sum(returns)
	v.Lead = funnelSentence(sum)
	if sum.Sent > 0 {
		if v.Funnel, err = funnel(sum, v.Lead); err != nil {
			return err
		}
	}
	v.Returns = &web.Table{ID: "returns", Caption: "What happened next, span by span", Empty: "No counts have been recorded yet.", Columns: []web.Column{{Label: "Span"}, {Label: "Sent", Numeric: true}, {Label: "Offered", Numeric: true}, {Label: "Started", Numeric: true}, {Label: "Finished", Numeric: true}, {Label: "Asked later", Numeric: true}, {Label: "Settled", Numeric: true}, {Label: "Source"}}}
	for _, x := range returns {
		v.Returns.Rows = append(v.Returns.Rows, web.Row{Cells: []web.Cell{{Text: web.ShowDate(x.From) + " to " + web.ShowDate(x.Until)}, {Text: count(x.Sent)}, {Text: count(x.Offered)}, {Text: count(x.Started)}, {Text: count(x.Finished)}, {Text: count(x.Asked)}, {Text: count(x.Settled)}, {Text: x.Source}}})
	}
	if listeners.Met(web.ViewerOf(r)) {
		v.Add = link("/services", s.Code) + "/return"
	}
	if web.Only(access.Manager, access.Chair, access.InfoOfficer).Met(web.ViewerOf(r)) {
		v.Edit = link("/services", s.Code) + "/edit"
	}
	return web.Render(p.Site, w, r, servicePage, v)
}

func funnelSentence(s community.Return) string {
	if s.Sent == 0 {
		return "Nobody has said yet what happened to those who were sent here."
	}
	text := fmt.Sprintf("%s sent, %s offered a place, %s started, %s finished", count(s.Sent), count(s.Offered), count(s.Started), count(s.Finished))
	if s.Asked == 0 {
		return text + "; nobody was asked later how it went."
	}
	return text + fmt.Sprintf("; of %s who were asked later, %s had not come back into it. Of %s who started nothing is known later.", count(s.Asked), count(s.Settled), count(s.Started-s.Asked))
}

func funnel(s community.Return, finding string) (*web.Figure, error) {
	n := func(x, of int) chart.Number {
		if x > 0 && x < 5 || of-x > 0 && of-x < 5 {
			return chart.Number{State: chart.Hidden}
		}
		return chart.CountOf(x, of)
	}
	b := chart.Bars{About: chart.About{Title: "What happened next", Finding: finding, Base: web.ShowDate(s.From) + " to " + web.ShowDate(s.Until) + "; counts of those sent, given by the service; numbers under 5, and those that would give them away, are hidden."}, What: "Step", Unit: "Young people"}
	for _, x := range []struct {
		label string
		n, of int
	}{{"Sent", s.Sent, s.Sent}, {"Offered a place", s.Offered, s.Sent}, {"Started", s.Started, s.Sent}, {"Finished", s.Finished, s.Sent}, {"Asked later", s.Asked, s.Sent}, {"Settled when asked", s.Settled, s.Sent}} {
		b.Rows = append(b.Rows, chart.Bar{Label: x.label, Number: n(x.n, x.of)})
	}
	return web.NewFigure("funnel", b)
}

func (p *Pages) returning(r *http.Request) (*web.Form, content.Version, error) {
	c, err := p.Content.Get(r.Context(), p.q(), web.ScopeOf(r), content.Key{Kind: community.ServiceKind, Code: r.PathValue("code")})
	f := p.Site.NewForm(link("/services", c.Code)+"/return", "Record the counts",
		&web.Field{Name: "from", Label: "First day", Kind: web.DateInput, Required: "Enter the first day"}, &web.Field{Name: "until", Label: "Last day", Kind: web.DateInput, Required: "Enter the last day"},
		&web.Field{Name: "sent", Label: "Sent to it", Kind: web.TextInput, Width: "5", Required: "Enter a number"}, &web.Field{Name: "offered", Label: "Of those, offered a place", Kind: web.TextInput, Width: "5", Required: "Enter a number"},
		&web.Field{Name: "started", Label: "Of those, started", Kind: web.TextInput, Width: "5", Required: "Enter a number"}, &web.Field{Name: "finished", Label: "Of those, finished", Kind: web.TextInput, Width: "5", Required: "Enter a number"},
		&web.Field{Name: "asked", Label: "Of those who started, asked some months later", Kind: web.TextInput, Width: "5", Required: "Enter a number"}, &web.Field{Name: "settled", Label: "Of those asked, had not come back into it", Kind: web.TextInput, Width: "5", Required: "Enter a number"},
		&web.Field{Name: "source", Label: "Source", Kind: web.TextInput, Max: 500, Required: "Name the source"}, &web.Field{Name: "why", Label: "If it corrects earlier counts, why?", Kind: web.TextInput})
	f.Cancel = link("/services", c.Code)
	return f, c, err
}

func (p *Pages) returnForm(w http.ResponseWriter, r *http.Request) error {
	f, c, err := p.returning(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.view("What happened next: "+c.Title, "Counts of those sent in a span that is over; no names.", f))
}

func (p *Pages) record(w http.ResponseWriter, r *http.Request) error {
	f, c, err := p.returning(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	whole(f, "sent", "offered", "started", "finished", "asked", "settled")
	n := func(name string) int { x, _ := strconv.Atoi(f.Value(name)); return x } // checked above
	in := community.Return{Service: c.Code, From: f.Value("from"), Until: f.Value("until"), Sent: n("sent"), Offered: n("offered"), Started: n("started"), Finished: n("finished"), Asked: n("asked"), Settled: n("settled"), Source: f.Value("source"), Why: f.Value("why")}
	return p.send(w, r, p.view("What happened next: "+c.Title, "", f), "The counts were recorded.", func(tx *database.Tx) (string, error) {
		return link("/services", c.Code), p.Community.Record(r.Context(), tx, web.ScopeOf(r), in)
	}, nil)
}

func (p *Pages) feed(w http.ResponseWriter, r *http.Request) error {
	list, err := p.serviceList(r.Context(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	b, err := community.WriteFeed(list)
	if err != nil {
		return err
	}
	web.Download(w, "services.json", "application/json", p.Site.Clock.Now(), b)
	return nil
}

func (p *Pages) feedForm() *web.Form {
	f := p.Site.NewForm("/services/import", "Read the file", &web.Field{Name: "file", Label: "An Open Referral UK 3.0 file", Kind: web.FileInput, Hint: "A page of /services saved as JSON. Everything comes in as a draft; what an area added to an entry stays."})
	f.Multipart, f.Cancel = true, "/services"
	return f
}

func (p *Pages) importForm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(p.Site, w, r, contentweb.FormPage, p.view("Read an Open Referral UK file", "Lantern asks nobody for it: save the council’s feed and bring it here.", p.feedForm()))
}

func (p *Pages) importFeed(w http.ResponseWriter, r *http.Request) error {
	f := p.feedForm()
	sent, err := web.Upload(w, r, "file", community.MaxFeedBytes)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	var feed community.Feed
	if len(sent.Bytes) == 0 {
		f.Fail("file", "Choose a file")
	} else if feed, err = community.ReadFeed(sent.Bytes); err != nil {
		words, ok := fault.Words(err)
		if !ok {
			return err
		}
		f.Fail("file", words)
	} else if len(feed.Services) == 0 {
		f.Fail("file", "The file holds no service that can be used. "+strings.Join(feed.Refused[:min(3, len(feed.Refused))], " "))
	}
	said := fmt.Sprintf("%s read as drafts, %d refused, %d not active.", plural(len(feed.Services), "service was", "services were"), len(feed.Refused), feed.Inactive)
	return p.send(w, r, p.view("Read an Open Referral UK file", "", f), said, func(tx *database.Tx) (string, error) {
		_, err := p.Community.TakeFeed(r.Context(), tx, web.ScopeOf(r), feed)
		return "/content", err
	}, nil)
}
