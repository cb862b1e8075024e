package communityweb

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/web"
)

// mountPublic registers the pages that anybody may read. Nothing stands on them that no named person published.
func (p *Pages) mountPublic(rt *web.Router) {
	rt.Get("/public-pages", web.Members, p.parts)
	rt.Get("/public", web.Public, p.public)
	rt.Get("/public/you-said", web.Public, p.youSaid)
	rt.Get("/public/report", web.Public, p.tell)
	rt.Post("/public/report", web.Public, p.told)
	rt.Get("/public/report/sent", web.Public, p.sent)
}

// Section is a part of the public page in its own words.
type Section struct {
	Heading    string
	Paragraphs []string
	By         string
}

type publicObjective struct {
	Title, By string
	Measures  []partnershipweb.MeasureView
}

type publicView struct {
	web.Page
	Sections    []Section
	Definitions []Section
	Objectives  []publicObjective
	Services    []Section
	Nothing     bool
	Edit        string
}

var publicPage = web.NewTemplate[publicView](files, "public.html")

// anonymous takes whoever has signed in off the page: the public pages look the same to everybody, and keep nothing.
func anonymous(r *http.Request) *http.Request { return r.WithContext(web.WithViewer(r.Context(), nil)) }

func paragraphs(s string) []string {
	var out []string
	for _, p := range strings.Split(s, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func by(x content.Publication) string {
	return x.ByName + ", " + web.ShowDate(clock.FromMicros(x.At).In(clock.London()))
}

func (p *Pages) public(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &publicView{}
	pages, err := p.Content.Public(ctx, p.q(), community.PublicKind)
	if err != nil {
		return err
	}
	order := func(s content.Shown) int { n, _ := strconv.Atoi(s.Field("order")); return n } // 0 where none was given
	slices.SortStableFunc(pages, func(a, b content.Shown) int { return cmp.Compare(order(a), order(b)) })
	for _, s := range pages {
		v.Sections = append(v.Sections, Section{s.Title, paragraphs(s.Field("body")), by(s.Publication)})
	}
	if v.Definitions, err = p.publicDefinitions(ctx); err != nil {
		return err
	}
	objectives, err := p.Objectives.Public(ctx, p.q())
	if err != nil {
		return err
	}
	n := 0
	for _, o := range objectives {
		x := publicObjective{Title: o.Objective.Title, By: by(o.Publication)}
		for _, m := range o.Measures {
			mv, err := partnershipweb.PublicMeasure(n, m)
			if err != nil {
				return err
			}
			n++
			x.Measures = append(x.Measures, mv)
		}
		v.Objectives = append(v.Objectives, x)
	}
	services, err := p.Content.Public(ctx, p.q(), community.ServiceKind)
	if err != nil {
		return err
	}
	for _, s := range services {
		v.Services = append(v.Services, Section{s.Title, append(paragraphs(s.Field("about")), "Who can come: "+s.Field("eligibility"), "How to refer: "+s.Field("refer")), by(s.Publication)})
	}
	name := ""
	if p.Site.Partnership != nil {
		name = p.Site.Partnership(ctx)
	}
	if name == "" {
		name = "This partnership"
	}
	v.Title = "What we do together"
	v.Nothing = len(v.Sections)+len(v.Definitions)+len(v.Objectives)+len(v.Services) == 0
	if v.Nothing {
		v.Lead = name + " has not published anything here yet."
	} else {
		v.Lead = name + " publishes here what it is, what its words mean, and whether what it set out to do has moved. Nothing here is about a person."
	}
	return web.Render(p.Site, w, anonymous(r), publicPage, v)
}

// parts lists the parts of the public page for members: what is a draft, what members see, what the public reads.
func (p *Pages) parts(w http.ResponseWriter, r *http.Request) error {
	items, err := p.Content.Items(r.Context(), p.q(), web.ScopeOf(r), community.PublicKind)
	if err != nil {
		return err
	}
	public, err := p.Content.Publications(r.Context(), p.q(), community.PublicKind)
	if err != nil {
		return err
	}
	t := &web.Table{ID: "parts", Caption: "Parts of the public page", Empty: "No part has been written yet.", Columns: []web.Column{{Label: "Part"}, {Label: "For members"}, {Label: "For the public"}}}
	shown := 0
	for _, i := range items {
		v := i.Current()
		if v.Number == 0 {
			continue
		}
		state, pub := web.Cell{Tag: &web.Tag{Text: "Draft", Colour: "yellow"}}, web.Cell{Text: "Not public"}
		if i.Live != nil {
			state = web.Cell{Tag: &web.Tag{Text: "Shown", Colour: "green"}}
			if i.Draft != nil {
				state.Sub = "a newer draft waits"
			}
		}
		if x := public[i.Code]; x.Version > 0 {
			shown++
			pub = web.Cell{Tag: &web.Tag{Text: "Public", Colour: "green"}, Sub: by(x)}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: v.Title, Href: link("/public-pages", i.Code) + "/versions"}, state, pub}})
	}
	v := &listView{Tables: []*web.Table{t}, Links: []web.Link{{Text: "The public page", Href: "/public"}}}
	if publishers.Met(web.ViewerOf(r)) {
		v.Links = append([]web.Link{{Text: "Add a part", Href: "/public-pages/new"}}, v.Links...)
	}
	v.Title, v.Crumbs, v.Lead = "The public page", crumbs, plural(len(t.Rows), "part", "parts")+" written, "+strconv.Itoa(shown)+" public."
	return web.Render(p.Site, w, r, listPage, v)
}

// publicDefinitions are the wordings that somebody made public, in the version they did.
func (p *Pages) publicDefinitions(ctx context.Context) ([]Section, error) {
	public, err := p.Content.Publications(ctx, p.q(), partnershipweb.PublicDefinition)
	if err != nil {
		return nil, err
	}
	var out []Section
	job := access.System("public page", access.Upkeep)
	for code, x := range public {
		_, versions, _, err := p.Partnership.Definition(ctx, p.q(), job, code)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		for _, v := range versions {
			if v.Number == x.Version && v.Status != partnership.Withdrawn {
				out = append(out, Section{v.Term, []string{v.Wording, "Source: " + v.Source + ", " + partnership.AsAtWords(v.AsAt) + "."}, by(x)})
			}
		}
	}
	slices.SortFunc(out, func(a, b Section) int { return strings.Compare(a.Heading, b.Heading) })
	return out, nil
}

type youSaidView struct {
	web.Page
	Rows []youSaid
}

type youSaid struct {
	Said, Did string
	Tag       *web.Tag
	By        string
}

var youSaidPage = web.NewTemplate[youSaidView](files, "you_said.html")

func (p *Pages) youSaid(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Community.Public(r.Context(), p.q())
	if err != nil {
		return err
	}
	v := &youSaidView{}
	v.Title, v.Crumbs = "You said, we did", []web.Link{{Text: "What we do together", Href: "/public"}}
	done := 0
	for _, s := range list {
		if s.State == "done" {
			done++
		}
		v.Rows = append(v.Rows, youSaid{s.Words, s.Did, stateTags[s.State], by(s.Publication)})
	}
	v.Lead = "Nothing has been published here yet."
	if len(list) > 0 {
		v.Lead = "Of " + plural(len(list), "thing", "things") + " that people told us, " + strconv.Itoa(done) + " " + isAre(done) + " done; where something cannot be done, it says why."
	}
	return web.Render(p.Site, w, anonymous(r), youSaidPage, v)
}

// ---- the anonymous report ----

type tellView struct {
	web.Page
	Form   *web.Form
	Ticket string
	Bits   int
	Busy   string
	Signed bool
}

var tellPage = web.NewTemplate[tellView](files, "tell.html")

func (p *Pages) tellForm() *web.Form {
	readers := &web.Readers{By: "the managers, analysts, panel chairs and practitioners of the partnership, the police among them, who decide what is done.", NotBy: "the public; anybody you name in it."}
	return &web.Form{Action: "/public/report", Submit: "Send it", Readers: readers, Fields: []*web.Field{
		{Name: "about", Label: "What is it about?", Kind: web.Radios, Options: pairs(community.Abouts), Required: "Choose what it is about"},
		{Name: "words", Label: "What do you know?", Kind: web.TextArea, Rows: 8, Required: "Write what you know", Hint: "Write what you saw or heard. You need not say who you are: do not put your own name unless you want us to have it."},
		{Name: "place", Label: "Where?", Kind: web.TextInput, Max: 400},
		{Name: "happened", Label: "When?", Kind: web.TextInput, Hint: "For example: most evenings; last Friday; now."},
		{Name: "urgent", Label: "Could somebody be hurt soon?", Kind: web.Radios, Inline: true, Required: "Say whether somebody could be hurt soon", Options: []web.Option{{Value: "no", Label: "No"}, {Value: "yes", Label: "Yes"}}},
		{Name: "ticket", Kind: web.Hidden, Max: 64}, {Name: "answer", Kind: web.Hidden, Max: 20},
	}}
}

func (p *Pages) tellPage(w http.ResponseWriter, r *http.Request, f *web.Form, status int, busy string) error {
	puzzle, err := p.Reports.Puzzle(r.Context(), p.q())
	if err != nil {
		return err
	}
	f.Set("ticket", puzzle.Ticket).Set("answer", "")
	v := &tellView{Form: f, Ticket: puzzle.Ticket, Bits: puzzle.Bits, Busy: busy, Signed: web.ViewerOf(r) != nil}
	v.Title, v.HasErrors, v.Crumbs = "Tell us something", !f.Valid(), []web.Link{{Text: "What we do together", Href: "/public"}}
	v.Lead = "You need not say who you are. We keep what you write and the day it came, and nothing about you or your phone."
	return web.RenderStatus(p.Site, w, anonymous(r), status, tellPage, v)
}

func (p *Pages) tell(w http.ResponseWriter, r *http.Request) error {
	return p.tellPage(w, r, p.tellForm(), http.StatusOK, "")
}

// told takes a report. It sets no cookie, asks nothing of who is signed in, and writes nothing of the request.
func (p *Pages) told(w http.ResponseWriter, r *http.Request) error {
	f := p.tellForm()
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() && len([]rune(f.Value("words"))) < 10 {
		f.Fail("words", "Write a little more: at least 10 characters")
	}
	if !f.Valid() {
		return p.tellPage(w, r, f, http.StatusUnprocessableEntity, "")
	}
	ctx := context.WithoutCancel(r.Context())
	err := p.Site.DB.Write(ctx, func(tx *database.Tx) error {
		return p.Reports.Take(ctx, tx, community.Sent{About: f.Value("about"), Words: f.Value("words"), Place: f.Value("place"), Happened: f.Value("happened"), Urgent: f.Value("urgent") == "yes", Ticket: f.Value("ticket"), Answer: f.Value("answer")})
	})
	words, ok := fault.Words(err)
	switch {
	case err == nil, fault.Is(err, fault.Conflict): // the same form again: it was taken
		http.Redirect(w, r, "/public/report/sent", http.StatusSeeOther)
		return nil
	case fault.Is(err, fault.TooMany), fault.Is(err, fault.Unavailable):
		if cerr := p.Site.DB.Write(ctx, func(tx *database.Tx) error { return p.Reports.TurnAway(ctx, tx) }); cerr != nil {
			return cerr
		}
		status := http.StatusServiceUnavailable
		if fault.Is(err, fault.TooMany) {
			status = http.StatusTooManyRequests
		}
		return p.tellPage(w, r, f, status, words)
	case fault.Is(err, fault.Invalid) && ok:
		f.Problem = words
		return p.tellPage(w, r, f, http.StatusUnprocessableEntity, "")
	}
	return err
}

type sentView struct{ web.Page }

var sentPage = web.NewTemplate[sentView](files, "sent.html")

func (p *Pages) sent(w http.ResponseWriter, r *http.Request) error {
	v := &sentView{}
	v.Title, v.Lead = "Thank you", "What you wrote has arrived. Somebody in the partnership reads it; they cannot answer you, because nobody knows who you are."
	v.Crumbs = []web.Link{{Text: "What we do together", Href: "/public"}}
	return web.Render(p.Site, w, anonymous(r), sentPage, v)
}
