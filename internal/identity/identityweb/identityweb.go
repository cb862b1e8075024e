// Package identityweb has the pages on which people decide what a run would not, look over what others decided, take it back, and
// see how good the linking is.
//
// Nothing here names a record that the reader may not see: a pair is listed, counted and opened only where both its records are open to them.
package identityweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS
var files = web.Files(embedded)

// Pages are the pages of links between records.
type Pages struct {
	Site       *web.Site
	Identity   *identity.Store
	Keeper     draftweb.Keeper
	AgencyName func(ctx context.Context, code string) string
	// Busy are people with something open about them, as far as the scope may know of it: pairs about them come first.
	Busy func(ctx context.Context, q database.Queryer, scope access.Scope) ([]string, error)
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/links", web.Casework, p.list)
	rt.Get("/links/{id}", web.Casework, p.pair)
	rt.Post("/links/{id}", web.Casework, p.pair)
	rt.Get("/links/decided", web.Casework, p.decided)
	rt.Get("/links/decided/{id}", web.Casework, p.takeBack)
	rt.Post("/links/decided/{id}", web.Casework, p.takeBack)
	rt.Get("/links/second/{id}", web.Casework, p.second)
	rt.Post("/links/second/{id}", web.Casework, p.second)
	rt.Get("/links/quality", web.Casework, p.quality)
	rt.Get("/links/sample", web.Casework, p.sample)
	rt.Get("/links/sample/{id}", web.Casework, p.look)
	rt.Post("/links/sample/{id}", web.Casework, p.look)
}

type listView struct {
	web.Page
	Filter   *web.Filter
	Table    *web.Table
	Seconds  *web.Table
	Progress string
}

var listPage = web.NewTemplate[listView](files, "list.html")

// topics in the order the filter shows them, with their words, and what is said of one pair and of several.
var topics = []struct {
	topic            identity.Topic
	words, one, many string
}{
	{identity.Bridge, "Would join two people", "would join two people", "would join two people"}, {identity.Clash, "Identifiers disagree", "has identifiers that disagree", "have identifiers that disagree"},
	{identity.Large, "Too many records", "is of somebody with unusually many records", "are of people with unusually many records"}, {identity.Contradiction, "Decisions contradict", "is under decisions that contradict each other", "are under decisions that contradict each other"},
	{identity.Repeated, "One id, different details", "stands under one id of one list with different details", "stand under one id of one list with different details"},
	{identity.Check, "Reached a restricted record", "was decided and reached a restricted record", "were decided and reached a restricted record"}, {identity.Sampled, "The sample disagrees", "was seen otherwise in the sample", "were seen otherwise in the sample"},
	{identity.Short, "Not sure", "", ""},
}

func topicWords(t identity.Topic) string {
	for _, x := range topics {
		if x.topic == t {
			return x.words
		}
	}
	return "Not sure"
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func crumbs(more ...web.Link) []web.Link {
	return append([]web.Link{{Text: "People", Href: "/people"}}, more...)
}

var queueCrumb = web.Link{Text: "Whose record is it?", Href: "/links"}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	l := web.ReadList(r, nil, "", false, "about")
	busy, err := p.Busy(ctx, q, scope)
	if err != nil {
		return err
	}
	items, total, err := p.Identity.Waiting(ctx, q, scope, identity.Queue{Topic: identity.Topic(l.Filters["about"]), Busy: busy, Limit: l.Size, Offset: l.Offset()})
	if err != nil {
		return err
	}
	seconds, err := p.Identity.Proposals(ctx, q, scope)
	if err != nil {
		return err
	}
	var ids []string
	for _, i := range items {
		ids = append(ids, i.L, i.R)
	}
	for _, x := range seconds {
		ids = append(ids, x.L, x.R)
	}
	by, owners, err := p.records(ctx, q, scope, ids)
	if err != nil {
		return err
	}
	v := &listView{Table: &web.Table{Caption: "Pairs that wait, the most pressing first", Columns: []web.Column{{Label: "Record"}, {Label: "May be the same as"}, {Label: "Why it waits"}, {Label: "Settles", Numeric: true}, {Label: "Since"}},
		Empty: "Nothing in the records open to you waits.", Base: "People with an open action come first; then the more pressing reason; then what settles whose the most records are. Settles counts the records open to you of the two people.", Pages: l.Paged(total)}}
	v.Title, v.Wide = "Whose record is it?", true
	v.Crumbs = crumbs()
	v.Lead, err = p.finding(ctx, q, scope)
	if err != nil {
		return err
	}
	if v.Progress, err = p.progress(ctx, q); err != nil {
		return err
	}
	options := []web.Option{{Value: "", Label: "Everything"}}
	for _, t := range topics {
		options = append(options, web.Option{Value: string(t.topic), Label: t.words})
	}
	v.Filter = l.NewFilter(&web.Field{Name: "about", Label: "Why it waits", Kind: web.Select, Options: options})
	for _, i := range items {
		a, b := by[i.L], by[i.R]
		evidence, err := identity.EvidenceOf(scope, i, &a, &b)
		if err != nil {
			return err
		}
		why := web.Cell{Text: topicWords(i.Topic), Sub: strings.TrimSpace(i.Reason + " " + evidence.Words())}
		if i.First {
			why.Tag = &web.Tag{Text: "Open action", Colour: "yellow"}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: name(a), Href: "/links/" + i.ID, Hidden: "and " + name(b), Sub: p.where(ctx, a)}, {Text: name(b), Sub: p.where(ctx, b)}, why, {Text: web.ShowNumber(i.Settles)}, {Text: web.ShowDate(i.CreatedAt)}}})
	}
	if len(seconds) > 0 {
		v.Seconds = &web.Table{Caption: "Waits for a second person, because a record that is restricted or has a handling condition is touched", Columns: []web.Column{{Label: "Record"}, {Label: "The other"}, {Label: "Decided"}, {Label: "Who looks"}}}
		for _, x := range seconds {
			a, b := by[x.L], by[x.R]
			who := web.Cell{Text: "You may be the second person"}
			if x.By == scope.Account {
				who.Text = "Somebody else: you decided"
			}
			v.Seconds.Rows = append(v.Seconds.Rows, web.Row{Cells: []web.Cell{{Text: name(a), Href: "/links/second/" + x.ID, Hidden: "and " + name(b), Sub: p.where(ctx, a)}, {Text: name(b), Sub: p.where(ctx, b)}, {Text: verdictWords[x.Verdict], Sub: web.ShowDate(x.At) + ", " + p.AgencyName(ctx, x.Agency)}, who}})
		}
	}
	return web.Show(p.Site, w, r, listPage, v, web.Read{Kind: "link", Owners: owners, Words: fmt.Sprintf("list: %d shown of %d waiting, %d for a second person", len(items), total, len(seconds))})
}

// finding is the page's first sentence.
func (p *Pages) finding(ctx context.Context, q database.Queryer, scope access.Scope) (string, error) {
	by, err := p.Identity.WaitingTopics(ctx, q, scope)
	if err != nil {
		return "", err
	}
	total := 0
	for _, n := range by {
		total += n
	}
	if total == 0 {
		return "No record open to you waits for somebody to say whose it is.", nil
	}
	lead := web.ShowNumber(total) + " pairs of records wait for somebody to say whether each is one person"
	if total == 1 {
		lead = "1 pair of records waits for somebody to say whether it is one person"
	}
	var parts []string
	for _, t := range topics {
		if n := by[t.topic]; n > 0 && t.topic != identity.Short {
			parts = append(parts, count(n, t.one, t.many))
		}
	}
	if len(parts) == 0 {
		return lead + ".", nil
	}
	return lead + ". Of these " + strings.Join(parts, ", ") + ".", nil
}

// progress says how far the newest run of linking has come.
func (p *Pages) progress(ctx context.Context, q database.Queryer) (string, error) {
	run, ok, err := p.Identity.Progress(ctx, q)
	if err != nil || !ok {
		return "", err
	}
	switch run.State {
	case "running":
		return fmt.Sprintf("Records are being linked now: %s of %s placed so far (%s). This page can be used meanwhile; open it again to see how far it is.", web.ShowNumber(run.Done), web.ShowNumber(run.Total), run.Words), nil
	case "failed":
		return "The last run of linking, " + web.ShowDate(run.At) + ", " + run.Words + ".", nil
	}
	return "Last linked " + web.ShowDate(run.At) + ".", nil
}

func (p *Pages) records(ctx context.Context, q database.Queryer, scope access.Scope, ids []string) (by map[string]identity.Record, owners []string, err error) {
	list, err := p.Identity.Records(ctx, q, scope, ids)
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
