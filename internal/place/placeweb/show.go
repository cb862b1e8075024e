package placeweb

import (
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/chart"
	"lantern.example/lantern/internal/work"
)

type showView struct {
	web.Page
	Path       string
	Judged     string // the latest review in a sentence
	MayReview  bool
	Summary    []web.SummaryRow
	Refused    string // why nothing is said of what happened around it
	Note       string
	Around     *web.Figure
	Events     *web.Table
	Reviews    *web.Table // the latest beside the one before
	History    []web.TimelineItem
	NoReview   bool
	Actions    *web.Table
	AddAction  string
	Credits    []string
	EventsNote string
	WhyPlace   []web.Link // why the place and what was written of it are open; the same of the events and the actions
	WhyEvents  []web.Link
	WhyActions []web.Link
}

var showPage = web.NewTemplate[showView](files, "show.html")

const eventsListed = 20

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx, q, scope := r.Context(), p.Site.DB.Reader(), web.ScopeOf(r)
	x, err := p.Places.Get(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	around, err := p.Places.Around(ctx, q, scope, x)
	if err != nil {
		return err
	}
	reviews, err := p.Places.Reviews(ctx, q, scope, x.ID)
	if err != nil {
		return err
	}
	actions, err := p.Work.About(ctx, q, scope, work.Ref{Kind: "place", ID: x.ID})
	if err != nil {
		return err
	}
	v := &showView{Path: "/places/" + x.ID, Summary: p.summary(r, x), NoReview: len(reviews) == 0, MayReview: web.Casework.Met(web.ViewerOf(r)), Events: p.events(r, around), Actions: actionTable(actions),
		AddAction: "/actions/new?subject=place&subject_id=" + x.ID}
	v.Title, v.Lead, v.Crumbs = x.Name, around.Sentence, []web.Link{{Text: "Places", Href: "/places"}}
	if around.Refused {
		v.Refused = around.Sentence
		v.Lead = kindLead(x)
	}
	if len(reviews) > 0 {
		v.Judged = judged(reviews[0])
		v.Reviews, v.History = compared(reviews), history(reviews)
	}
	if !around.Refused {
		v.Note = around.Reason
		if v.Around, err = aroundFigure(x, around); err != nil {
			return err
		}
		v.EventsNote = roleWords(scope)
	}
	if v.Credits, err = p.Gazetteer.Attribution(ctx, q, gazetteer.District); err != nil {
		return err
	}
	owners, of, events, acts := []string{x.Owner}, []access.Record{access.Of(x.Fact)}, []access.Record{}, []access.Record{}
	for _, e := range around.Events {
		owners, events = append(owners, e.Owner), append(events, access.Of(e.Fact))
	}
	for _, e := range reviews {
		of = append(of, access.Of(e.Fact))
	}
	for _, e := range actions {
		acts = append(acts, access.Of(e.Fact))
	}
	v.WhyPlace, v.WhyEvents, v.WhyActions = p.Site.Whys(ctx, scope, of), p.Site.Whys(ctx, scope, events), p.Site.Whys(ctx, scope, acts)
	return web.Show(p.Site, w, r, showPage, v, web.Read{Kind: "place", Subject: x.ID, Owners: distinct(owners), Words: fmt.Sprintf("place, %d reviews, %d events around it", len(reviews), len(around.Events))})
}

func distinct(in []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range in {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func kindLead(x place.Place) string {
	s := place.KindWords(x.Kind)
	if x.DistrictName != "" {
		s += " in " + x.DistrictName
	}
	if x.Status != place.Open {
		s += ", " + strings.ToLower(statusWords(x.Status))
	}
	return s + "."
}

// judged says the latest review: "Impact 3, risk 3, harm 2, judged on 6 November. Next review 4 December, J. Okafor."
func judged(r place.Review) string {
	return fmt.Sprintf("Impact %d, risk %d, harm %d (each from 1 to 3, judged on %s by %s). Next review %s, %s.", r.Impact, r.Risk, r.Harm, on(r), r.ByName, web.ShowDate(r.NextOn), r.NextName)
}

func on(r place.Review) string {
	if r.True.From == nil {
		return web.ShowDate(r.LearntAt)
	}
	return r.True.String()
}

func (p *Pages) summary(r *http.Request, x place.Place) []web.SummaryRow {
	rows := []web.SummaryRow{
		{Key: "Kind", Value: place.KindWords(x.Kind), Lines: lines(x.Words, place.KindWords(x.Kind))},
		{Key: "Status", Value: statusWords(x.Status), Lines: dated(x)},
		{Key: "Address", Value: or(strings.TrimSpace(x.Address+" "+x.Postcode), "Not recorded")},
		{Key: "On the map by", Value: locatedWords(x)},
		{Key: "District", Value: or(x.DistrictName, "Not known")},
		{Key: "Run by", Value: or(x.Guardian, "Not recorded"), Lines: lines(x.Sector, "")},
	}
	if x.Capacity != nil {
		rows = append(rows, web.SummaryRow{Key: "Places for", Value: figure.Group(*x.Capacity)})
	}
	if x.LowAge != nil && x.HighAge != nil {
		rows = append(rows, web.SummaryRow{Key: "Ages", Value: fmt.Sprintf("%d to %d", *x.LowAge, *x.HighAge)})
	}
	if x.Notes != "" {
		rows = append(rows, web.SummaryRow{Key: "What was raised", Value: x.Notes})
	}
	readers := "every member of the partnership"
	switch {
	case x.Guarded:
		readers = "Guarded: " + p.Agency(r.Context(), x.Owner) + ", and agencies that a live agreement lets read its social care records. In no export and on no map of anybody else."
	case access.Class(x.Class) == access.Open:
		readers = "everybody: it is in a published register"
	}
	return append(rows, web.SummaryRow{Key: "Who may read this", Value: readers},
		web.SummaryRow{Key: "Whose record", Value: p.Agency(r.Context(), x.Owner), Source: strings.TrimSpace(x.SourceRef + reference(x))})
}

func reference(x place.Place) string {
	if x.Reference == "" {
		return ""
	}
	return ", their reference " + x.Reference
}

func lines(words, same string) []string {
	if words == "" || strings.EqualFold(strings.ReplaceAll(words, "'", "’"), same) {
		return nil
	}
	return []string{words}
}

func dated(x place.Place) []string {
	var out []string
	if x.Opened != "" {
		out = append(out, "opened "+web.ShowDate(x.Opened))
	}
	if x.Closed != "" {
		out = append(out, "closed "+web.ShowDate(x.Closed))
	}
	return out
}

func locatedWords(x place.Place) string {
	switch x.LocatedBy {
	case "coordinates", "grid":
		return "the coordinates in the partner’s record"
	case "postcode":
		return "its postcode, which may be up to 100 m from the door"
	}
	return "nothing: the record has no coordinates, and no postcode that a loaded directory places"
}

// aroundFigure sets the place's two counts beside those of the matched places.
func aroundFigure(x place.Place, a place.Around) (*web.Figure, error) {
	c := chart.Bars{What: "Place and 90 days", Unit: "Events within 200 m"}
	c.Title, c.Finding, c.Base = "Events around "+x.Name+" and around places like it", a.Sentence, a.Base
	add := func(label string, n place.Count, emphasis bool) {
		b := chart.Bar{Label: label, Number: chart.Count(n.N), Emphasis: emphasis}
		if n.Hidden {
			b.Number = chart.Number{State: chart.Hidden}
		}
		c.Rows = append(c.Rows, b)
	}
	add("Here, before", a.Before, false)
	add("Here, now", a.Now, true)
	for _, m := range a.Matched {
		add(m.Name+", before", m.Before, false)
		add(m.Name+", now", m.Now, false)
	}
	return web.NewFigure("around", c)
}

func (p *Pages) events(r *http.Request, a place.Around) *web.Table {
	if a.Refused || len(a.Events) == 0 {
		return nil
	}
	t := &web.Table{ID: "events", Caption: "The latest events within 200 m", Columns: []web.Column{{Label: "When"}, {Label: "What"}, {Label: "Whose record"}}}
	for _, e := range a.Events[:min(len(a.Events), eventsListed)] {
		when := e.True.String()
		if e.True.Precision == fact.Instant {
			when = e.True.Start().In(clock.London()).Format("2 January 2006, 15:04")
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: when}, {Text: or(e.Words, string(e.Kind)), Sub: e.Detail}, {Text: p.Agency(r.Context(), e.Owner), Sub: e.SourceRef}}})
	}
	t.Base = fmt.Sprintf("%d of %s in the two windows.", len(t.Rows), figure.Group(len(a.Events)))
	return t
}

// compared sets the latest review beside the one before. Nothing is added up.
func compared(reviews []place.Review) *web.Table {
	t := &web.Table{ID: "reviews", Caption: "The latest review beside the one before", Columns: []web.Column{{Label: "Judged"}, {Label: on(reviews[0])}, {Label: "Why"}},
		Base: "Each from 1 to 3. They are read beside each other and never added up."}
	if len(reviews) > 1 {
		t.Columns = append(t.Columns, web.Column{Label: on(reviews[1])}, web.Column{Label: "Why then"})
	}
	for _, j := range place.Judgements {
		n, why := reviews[0].Get(j.Key)
		row := web.Row{Cells: []web.Cell{{Text: j.Name}, {Text: j.Values[n-1]}, {Text: why}}}
		if len(reviews) > 1 {
			n, why := reviews[1].Get(j.Key)
			row.Cells = append(row.Cells, web.Cell{Text: j.Values[n-1]}, web.Cell{Text: why})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func history(reviews []place.Review) []web.TimelineItem {
	var out []web.TimelineItem
	for _, r := range reviews {
		out = append(out, web.TimelineItem{Title: fmt.Sprintf("Impact %d, risk %d, harm %d", r.Impact, r.Risk, r.Harm), When: on(r), By: r.ByName,
			Text: fmt.Sprintf("Next review %s, %s.", web.ShowDate(r.NextOn), r.NextName), Href: "/actions/" + r.ActionID})
	}
	return out
}

func actionTable(list []work.Action) *web.Table {
	t := &web.Table{ID: "actions", Caption: "Actions about this place", Empty: "There is no action about this place that you may read.", Columns: []web.Column{{Label: "What"}, {Label: "Owner"}, {Label: "Due"}}}
	for _, a := range list {
		due := web.Cell{Text: web.ShowDate(a.DueOn)}
		if a.State != work.Open {
			due.Tag = &web.Tag{Text: string(a.State), Colour: "grey"}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: a.Title, Href: "/actions/" + a.ID}, {Text: a.AssigneeName}, due}})
	}
	return t
}
