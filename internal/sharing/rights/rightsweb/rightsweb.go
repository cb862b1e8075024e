// Package rightsweb has the pages of the desk where people ask about what is held of them: the desk's list with its clocks, one request and what is
// done with it, the letter that closes it, what holders are asked, corrections and who has yet to acknowledge them; and, for a person's page, whether they
// were told and what they say beside the record.
//
// Information officers read no casework: on these pages they see what was asked, who holds records and what holders found, and
// never a record.
package rightsweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing/rights"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Candidate is somebody who may be the one a request is about.
type Candidate struct {
	Person, Title, Born string
	Holders             []string // agency codes
}

// Pages are the desk's pages.
type Pages struct {
	Site        *web.Site
	Desk        *rights.Desk
	Accounts    *account.Store
	Partnership *partnership.Store
	// Find looks through all records for somebody by name, date of birth or number: the desk must answer whether anything is held, whoever
	// holds it. Each use leaves its line in the log.
	Find func(ctx context.Context, words string) ([]Candidate, error)
	// Holders lists the agencies that hold records of a person.
	Holders func(ctx context.Context, q database.Queryer, person string) ([]string, error)
	// Seen fails as an id that does not exist unless the scope may read something about the person.
	Seen func(ctx context.Context, q database.Queryer, scope access.Scope, person string) error
}

var officers = web.Only(access.InfoOfficer)

// told is who knows of corrections: whoever reads records, and information officers.
var told = web.Only(access.Manager, access.Analyst, access.Chair, access.Practitioner, access.SchoolLead, access.InfoOfficer)

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/rights", officers, p.list)
	rt.Get("/rights/new", officers, p.take)
	rt.Post("/rights/new", officers, p.take)
	rt.Get("/rights/{id}", officers, p.request)
	rt.Get("/rights/{id}/letter", officers, p.letter)
	for _, s := range steps {
		rt.Get("/rights/{id}/"+s.path, officers, p.step(s))
		rt.Post("/rights/{id}/"+s.path, officers, p.step(s))
	}
	rt.Get("/rights/{id}/find", officers, p.find)
	rt.Post("/rights/{id}/find", officers, p.find)
	rt.Post("/rights/{id}/found", officers, p.found)
	rt.Get("/rights/{id}/asked", web.Casework, p.asked)
	rt.Post("/rights/{id}/asked", web.Casework, p.asked)
	rt.Get("/corrections", told, p.corrections)
	rt.Get("/corrections/{id}", told, p.correction)
	rt.Post("/corrections/{id}", told, p.correction)
	rt.Get("/people/{id}/told", web.Casework, p.told)
	rt.Post("/people/{id}/told", web.Casework, p.told)
}

var (
	governance = web.Link{Text: "Governance", Href: "/governance"}
	desk       = web.Link{Text: "Requests", Href: "/rights"}
)

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func (p *Pages) name(ctx context.Context, code string) string {
	return p.Partnership.AgencyName(ctx, p.q(), code)
}

func (p *Pages) names(ctx context.Context, codes []string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = p.name(ctx, c)
	}
	return out
}

func (p *Pages) people(ctx context.Context) (map[string]account.Account, error) {
	all, err := p.Accounts.All(ctx, p.q())
	out := make(map[string]account.Account, len(all))
	for _, a := range all {
		out[a.ID] = a
	}
	return out, err
}

func shownDay(at int64) string { return web.ShowDate(clock.FromMicros(at).In(clock.London())) }

type listView struct {
	web.Page
	Take        string
	Corrections string
	Table       *web.Table
}

var listPage = web.NewTemplate[listView](files, "desk.html")

func (p *Pages) tag(r rights.Request) *web.Tag {
	day := clock.Today(p.Site.Clock)
	switch {
	case r.Answered():
		return &web.Tag{Text: "Answered", Colour: "green"}
	case r.Paused():
		return &web.Tag{Text: "Clock stands still", Colour: "grey"}
	case work.DaysUntil(r.DueOn, day) < 0:
		return &web.Tag{Text: work.DueWords(r.DueOn, day), Colour: "red"}
	}
	return &web.Tag{Text: work.DueWords(r.DueOn, day), Colour: "yellow"}
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	all, err := p.Desk.List(ctx, p.q(), s)
	if err != nil {
		return err
	}
	day := clock.Today(p.Site.Clock)
	v := &listView{Take: "/rights/new", Corrections: "/corrections", Table: &web.Table{Caption: "Requests, the soonest due first", Empty: "Nobody has asked anything yet.",
		Base:    "One calendar month from the day a request came. A last day on a weekend or bank holiday moves to the next working day. The clock stands still while proof of who is asking is awaited.",
		Columns: []web.Column{{Label: "Request"}, {Label: "Came"}, {Label: "Clock"}, {Label: "Held by"}}}}
	v.Title, v.Crumbs, v.Wide = "Requests about what is held", []web.Link{governance}, true
	open, late := 0, 0
	for _, x := range all {
		state := web.Cell{Tag: p.tag(x)}
		if !x.Answered() {
			open++
			state.Sub = "Last day " + web.ShowDate(x.DueOn)
			if !x.Paused() && work.DaysUntil(x.DueOn, day) < 0 {
				late++
			}
		}
		held := web.Cell{Text: strings.Join(x.Holders, ", ")}
		if len(x.Holders) == 0 {
			held = web.Cell{Text: "Not looked up yet"}
			if x.Answered() {
				held.Text = "Nobody"
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: rights.KindWords[x.Kind], Hidden: "of " + shownDay(x.ReceivedAt), Href: "/rights/" + x.ID, Sub: cameBy(x)}, {Text: shownDay(x.ReceivedAt)}, state, held}})
	}
	v.Lead = lead(len(all), open, late)
	read := web.Read{Kind: "rights-request", Words: fmt.Sprintf("list: %d requests", len(all))}
	if len(all) > 0 {
		read.Owners = []string{s.Agency}
	}
	return web.Show(p.Site, w, r, listPage, v, read)
}

func cameBy(x rights.Request) string {
	words := "By " + x.Channel
	if x.Channel == "in Lantern" {
		words = "From their own page"
	}
	if x.Advocate.Name != "" {
		words += ", somebody speaks for them"
	}
	return words
}

func lead(all, open, late int) string {
	switch {
	case all == 0:
		return "Nobody has asked anything about what is held of them."
	case open == 0:
		return "Every request has been answered."
	case late > 0:
		return fmt.Sprintf("%s for an answer, %d of them past the last day.", plural(open, "person waits", "people wait"), late)
	}
	return plural(open, "person waits", "people wait") + " for an answer; none past the last day."
}

// Finding is the desk's one sentence, for the governance page.
func (p *Pages) Finding(ctx context.Context, s access.Scope) (string, error) {
	all, err := p.Desk.List(ctx, p.q(), s)
	if err != nil {
		return "", err
	}
	open, late := 0, 0
	for _, x := range all {
		if !x.Answered() {
			open++
			if !x.Paused() && work.DaysUntil(x.DueOn, clock.Today(p.Site.Clock)) < 0 {
				late++
			}
		}
	}
	return lead(len(all), open, late), nil
}

// ---- a request that came otherwise than through Lantern ----

type formView struct {
	web.Page
	About string
	Form  *web.Form
}

var formPage = web.NewTemplate[formView](files, "form.html")

func kindOptions() []web.Option {
	out := make([]web.Option, 0, len(rights.Kinds))
	for _, k := range rights.Kinds {
		out = append(out, web.Option{Value: string(k), Label: rights.KindWords[k]})
	}
	return out
}

func advocateFields() []*web.Field {
	is := []web.Option{{Value: "", Label: "Nobody speaks for them"}}
	for _, r := range rights.Relations {
		is = append(is, web.Option{Value: r.Code, Label: r.Name})
	}
	return []*web.Field{
		{Name: "advocate", Label: "Who speaks for them", Hint: "Leave empty if they speak for themselves."},
		{Name: "advocate_is", Label: "What they are to the person", Kind: web.Select, Options: is},
		{Name: "authority", Label: "What you have seen that lets them", Hint: "A note the person signed, a court order. A parent speaks for a child only as long as the child cannot decide this alone.", Max: 1000},
		{Name: "reach", Label: "How to reach them"},
	}
}

func advocate(f *web.Form) rights.Advocate {
	return rights.Advocate{Name: f.Value("advocate"), Is: f.Value("advocate_is"), Authority: f.Value("authority"), Reach: f.Value("reach")}
}

var channels = []web.Option{{Value: "letter", Label: "Letter or e-mail"}, {Value: "telephone", Label: "Telephone"}, {Value: "in person", Label: "In person"}, {Value: "a worker", Label: "Through a worker"}}

// take writes down a request that came by letter, telephone or in person.
func (p *Pages) take(w http.ResponseWriter, r *http.Request) error {
	s := web.ScopeOf(r)
	f := p.Site.NewForm("/rights/new", "Write it down", append([]*web.Field{
		{Name: "kind", Label: "What do they ask?", Kind: web.Radios, Required: "Choose what they ask", Options: kindOptions()},
		{Name: "words", Label: "In their own words", Hint: "As they wrote or said it.", Kind: web.TextArea, Rows: 4, Required: "Write what they ask"},
		{Name: "asker", Label: "Who is asking", Hint: "As they gave it: name, and how to reach them.", Required: "Write who is asking"},
		{Name: "channel", Label: "How it came", Kind: web.Radios, Required: "Choose how it came", Options: channels},
		{Name: "received", Label: "When it came", Hint: "The clock runs from this day, whoever opened it when.", Kind: web.DateInput, Required: "Enter the day it came"},
		{Name: "known", Label: "Do you know that they are who they say?", Kind: web.Radios, Required: "Choose an answer", Options: []web.Option{
			{Value: "yes", Label: "Yes, somebody here knows them"}, {Value: "no", Label: "No, or not yet", Hint: "You can ask for proof next. The clock stands still meanwhile."}}},
		{Name: "known_by", Label: "Who knows them, if somebody does"},
	}, advocateFields()...)...)
	f.Cancel = "/rights"
	f.Readers = &web.Readers{By: "the information officers of your agency.", NotBy: "anybody else."}
	v := &formView{Form: f}
	v.Title, v.Crumbs = "Write down a request", []web.Link{governance, desk}
	v.Lead = "They need no form, no reason and no special words: whoever asks, by whatever way, has asked."
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, formPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		err := p.Site.Act(w, r, "The request was written down. Its clock runs.", func(tx *database.Tx) (string, error) {
			x, err := p.Desk.Take(r.Context(), tx, s, rights.Taken{Kind: rights.Kind(f.Value("kind")), Words: f.Value("words"), Asker: f.Value("asker"), Channel: f.Value("channel"), ReceivedOn: f.Value("received"),
				Advocate: advocate(f), KnowsThem: f.Value("known") == "yes", IdentityWords: f.Value("known_by")})
			return "/rights/" + x.ID, err
		})
		if !mendable(err) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, v)
}

// mendable reports whether an error is one that the form can say and the reader mend.
func mendable(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict)
}

// holderOptions are the agencies that hold records of whom a request is about.
func (p *Pages) holderOptions(ctx context.Context, x rights.Request) []web.Option {
	var out []web.Option
	for _, h := range x.Holders {
		out = append(out, web.Option{Value: h, Label: p.name(ctx, h)})
	}
	slices.SortFunc(out, func(a, b web.Option) int { return strings.Compare(a.Label, b.Label) })
	return out
}
