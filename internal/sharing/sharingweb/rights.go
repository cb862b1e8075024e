package sharingweb

import (
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

// Desk is the pages on which information officers answer people about what is held of them.
type Desk struct {
	Site        *web.Site
	Rights      *sharing.Rights
	Accounts    *account.Store
	Partnership *partnership.Store
}

var officers = web.Only(access.InfoOfficer)

// Mount registers the pages.
func (p *Desk) Mount(rt *web.Router) {
	rt.Get("/rights", officers, p.desk)
	rt.Get("/rights/{id}", officers, p.request)
	rt.Post("/rights/{id}", officers, p.request)
}

type deskView struct {
	web.Page
	Table *web.Table
}

var deskPage = web.NewTemplate[deskView](files, "rights.html")

var rights = web.Link{Text: "Requests", Href: "/rights"}

func (p *Desk) desk(w http.ResponseWriter, r *http.Request) error {
	ctx, s, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	all, err := p.Rights.List(ctx, q, s)
	if err != nil {
		return err
	}
	day := clock.Today(p.Site.Clock)
	v := &deskView{Table: &web.Table{Caption: "Requests, the soonest due first", Empty: "Nobody has asked anything yet.", Base: "One month from the day a request came; a last day on a weekend moves to the Monday after.",
		Columns: []web.Column{{Label: "Request"}, {Label: "Came"}, {Label: "State"}, {Label: "Held by"}}}}
	v.Title, v.Crumbs = "Requests about what is held", []web.Link{governance}
	open, late := 0, 0
	for _, x := range all {
		state := web.Cell{Tag: &web.Tag{Text: "Answered", Colour: "green"}}
		if !x.Answered {
			open++
			left := work.DaysUntil(x.DueOn, day)
			state = web.Cell{Tag: &web.Tag{Text: work.DueWords(x.DueOn, day), Colour: "yellow"}, Sub: web.ShowDate(x.DueOn)}
			if left < 0 {
				late++
				state.Tag.Colour = "red"
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: sharing.KindWords[x.Kind], Hidden: "of " + web.ShowDate(x.ReceivedAt), Href: "/rights/" + x.ID}, {Text: web.ShowDate(clock.FromMicros(x.ReceivedAt).In(clock.London()))}, state, {Text: strings.Join(x.Holders, ", ")}}})
	}
	v.Lead = deskLead(len(all), open, late)
	read := web.Read{Kind: "rights-request", Words: fmt.Sprintf("list: %d requests", len(all))}
	if len(all) > 0 {
		read.Owners = []string{s.Agency}
	}
	return web.Show(p.Site, w, r, deskPage, v, read)
}

func deskLead(all, open, late int) string {
	switch {
	case all == 0:
		return "Nobody has asked anything about what is held of them."
	case open == 0:
		return "Every request has been answered."
	case late > 0:
		return fmt.Sprintf("%s for an answer, %d of them longer than a month.", plural(open, "person waits", "people wait"), late)
	}
	return plural(open, "person waits", "people wait") + " for an answer; none longer than a month."
}

type requestView struct {
	web.Page
	Tag   *web.Tag
	Words string
	Facts []web.SummaryRow
	Reply string
	Form  *web.Form
}

var requestPage = web.NewTemplate[requestView](files, "request.html")

func (p *Desk) request(w http.ResponseWriter, r *http.Request) error {
	ctx, s, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	x, err := p.Rights.Get(ctx, q, s, r.PathValue("id"))
	if err != nil {
		return err
	}
	who, err := people(ctx, q, p.Accounts)
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, q)
	if err != nil {
		return err
	}
	var holders []string
	for _, h := range x.Holders {
		holders = append(holders, agencyName(h, names))
	}
	v := &requestView{Words: x.Words, Reply: x.Reply}
	v.Title, v.Crumbs = sharing.KindWords[x.Kind], []web.Link{governance, rights}
	v.Facts = []web.SummaryRow{{Key: "From", Value: who[x.By].Name}, {Key: "Came", Value: web.ShowDate(x.ReceivedAt)}, {Key: "Answer by", Value: web.ShowDate(x.DueOn)}, {Key: "Agencies to ask", Value: strings.Join(holders, ", ")}}
	read := web.Read{Kind: "rights-request", Subject: x.ID, Owners: []string{x.Desk}, Words: "the request and its answer"}
	if x.Answered {
		v.Tag, v.Lead = &web.Tag{Text: "Answered", Colour: "green"}, "Answered on "+web.ShowDate(clock.FromMicros(*x.RepliedAt).In(clock.London()))+" by "+who[x.RepliedBy].Name+"."
		if r.Method == http.MethodGet {
			return web.Show(p.Site, w, r, requestPage, v, read)
		}
	} else {
		day := clock.Today(p.Site.Clock)
		v.Tag, v.Lead = &web.Tag{Text: work.DueWords(x.DueOn, day), Colour: "yellow"}, "A young person asks, and somebody must answer by "+web.ShowDate(x.DueOn)+"."
	}
	f := p.Site.NewForm("/rights/"+x.ID, "Answer",
		&web.Field{Name: "reply", Label: "Your answer", Hint: "They read it as you write it: plain words, what was done, what was not and why, and that they may ask the Information Commissioner.", Kind: web.TextArea, Rows: 6, Required: "Write the answer"})
	f.Cancel = "/rights"
	f.Readers = &web.Readers{By: "the young person who asked, and the information officers of your agency.", NotBy: "anybody else."}
	v.Form = f
	if r.Method == http.MethodGet {
		return web.Show(p.Site, w, r, requestPage, v, read)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		err := p.Site.Act(w, r, "The answer was sent.", func(tx *database.Tx) (string, error) {
			return "/rights/" + x.ID, p.Rights.Answer(ctx, tx, s, x.ID, f.Value("reply"))
		})
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	if err := p.Site.Consulted(ctx, s, read); err != nil {
		return err
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, requestPage, v)
}
