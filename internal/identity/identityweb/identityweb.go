// Package identityweb has the pages on which people decide what a run would not: whose record it is that fits two people, or that
// fits one but for a number that differs.
package identityweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS
var files = web.Files(embedded)

// Pages are the pages of doubtful links.
type Pages struct {
	Site       *web.Site
	Identity   *identity.Store
	AgencyName func(ctx context.Context, code string) string
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/links", web.Casework, p.list)
	rt.Get("/links/{id}", web.Casework, p.decide)
	rt.Post("/links/{id}", web.Casework, p.decide)
}

type listView struct {
	web.Page
	Table *web.Table
}

var listPage = web.NewTemplate[listView](files, "list.html")

var kindWords = map[string]string{"bridge": "Fits two people", "conflict": "The evidence disagrees", "doubt": "Doubtful"}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	l := web.ReadList(r, nil, "", false)
	items, total, err := p.Identity.Waiting(ctx, q, scope, l.Size, l.Offset())
	if err != nil {
		return err
	}
	var ids []string
	for _, i := range items {
		ids = append(ids, i.L, i.R)
	}
	by, owners, err := p.records(ctx, q, r, ids)
	if err != nil {
		return err
	}
	v := &listView{Table: &web.Table{Caption: "Records that wait, oldest first", Columns: []web.Column{{Label: "Record"}, {Label: "It also fits"}, {Label: "Why it waits"}, {Label: "Since"}}, Empty: "Nothing in the records open to you waits.", Pages: l.Paged(total)}}
	v.Title = "Whose record is it?"
	v.Crumbs = []web.Link{{Text: "People", Href: "/people"}}
	v.Lead = "No record open to you waits for somebody to say whose it is."
	if total == 1 {
		v.Lead = "1 pair of records waits for somebody to say whether it is one person."
	} else if total > 1 {
		v.Lead = fmt.Sprintf("%s pairs of records wait for somebody to say whether each is one person.", web.ShowNumber(total))
	}
	for _, i := range items {
		a, b := by[i.L], by[i.R]
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: name(a), Href: "/links/" + i.ID, Sub: p.where(ctx, a)}, {Text: name(b), Sub: p.where(ctx, b)}, {Text: kindWords[i.Kind], Sub: i.Reason}, {Text: web.ShowDate(i.CreatedAt)}}})
	}
	return web.Show(p.Site, w, r, listPage, v, web.Read{Kind: "link", Owners: owners, Words: fmt.Sprintf("list: %d shown of %d waiting", len(items), total)})
}

func (p *Pages) records(ctx context.Context, q database.Queryer, r *http.Request, ids []string) (by map[string]identity.Record, owners []string, err error) {
	list, err := p.Identity.Records(ctx, q, web.ScopeOf(r), ids)
	by = map[string]identity.Record{}
	seen := map[string]bool{}
	for _, x := range list {
		by[x.ID] = x
		if !seen[x.Owner] {
			seen[x.Owner] = true
			owners = append(owners, x.Owner)
		}
	}
	return by, owners, err
}

func name(r identity.Record) string {
	if t := r.Title(); t != "" {
		return t
	}
	return "No name recorded"
}

func (p *Pages) where(ctx context.Context, r identity.Record) string {
	return p.AgencyName(ctx, r.Owner) + ", " + r.SourceRef
}

type decideView struct {
	web.Page
	Form    *web.Form
	Compare *web.Table
	Reason  string
}

var decidePage = web.NewTemplate[decideView](files, "decide.html")

func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	item, err := p.Identity.WaitingItem(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	by, owners, err := p.records(ctx, q, r, []string{item.L, item.R})
	if err != nil {
		return err
	}
	a, okA := by[item.L]
	b, okB := by[item.R]
	if !okA || !okB {
		return fault.NoSuch()
	}
	f := p.Site.NewForm("/links/"+item.ID, "Save the decision",
		&web.Field{Name: "verdict", Label: "Are they the same person?", Kind: web.Radios, Required: "Choose an answer", Options: []web.Option{
			{Value: "same", Label: "Yes, the same person", Hint: "Their records are shown together. This can be taken back."},
			{Value: "different", Label: "No, different people", Hint: "No later run will put them together."},
			{Value: "unsure", Label: "Not sure", Hint: "Nothing changes, and no run will link them until somebody knows more."}}},
		&web.Field{Name: "why", Label: "Why?", Hint: "Say what settles it. The reason is kept with what you were shown.", Kind: web.TextArea, Rows: 3, Required: "Enter the reason, in a sentence that the next reader can follow", Max: 2000})
	f.Cancel = "/links"
	v := &decideView{Form: f, Reason: item.Reason, Compare: p.compare(ctx, a, b)}
	v.Title, v.Crumbs = "Are these the same person?", []web.Link{{Text: "People", Href: "/people"}, {Text: "Whose record is it?", Href: "/links"}}
	read := web.Read{Kind: "link", Subject: item.ID, Owners: owners, Words: "sections: comparison of two records"}
	if r.Method == http.MethodGet {
		return web.Show(p.Site, w, r, decidePage, v, read)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		if err := p.Site.Consulted(ctx, scope, read); err != nil {
			return err
		}
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, decidePage, v)
	}
	return p.Site.Act(w, r, "The decision was saved.", func(tx *database.Tx) (string, error) {
		_, err := p.Identity.Decide(ctx, tx, scope, item.L, item.R, identity.Verdict(f.Value("verdict")), f.Value("why"), "names, birth, numbers and addresses of both records; "+item.Reason)
		return "/links", err
	})
}

func (p *Pages) compare(ctx context.Context, a, b identity.Record) *web.Table {
	t := &web.Table{Caption: "What the two records say", Columns: []web.Column{{Label: "Of"}, {Label: p.where(ctx, a)}, {Label: p.where(ctx, b)}}}
	row := func(label, l, r string) {
		if l == "" {
			l = "Nothing"
		}
		if r == "" {
			r = "Nothing"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: label}, {Text: l}, {Text: r}}})
	}
	each := func(n int, text func(i int) string) string {
		out := make([]string, n)
		for i := range n {
			out[i] = text(i)
		}
		return strings.Join(out, "; ")
	}
	names := func(r identity.Record) string {
		return each(len(r.Names), func(i int) string { return r.Names[i].Display })
	}
	numbers := func(r identity.Record) string {
		return each(len(r.Identifiers), func(i int) string {
			return r.Identifiers[i].Value + " (" + identity.KindWords(r.Identifiers[i].Kind) + ")"
		})
	}
	places := func(r identity.Record) string {
		return each(len(r.Addresses), func(i int) string { return strings.Trim(r.Addresses[i].Place+", "+r.Addresses[i].Postcode, ", ") })
	}
	row("Names", names(a), names(b))
	row("Born", web.ShowDate(a.Born), web.ShowDate(b.Born))
	row("Sex", a.Sex, b.Sex)
	row("Numbers", numbers(a), numbers(b))
	row("Addresses", places(a), places(b))
	return t
}
