// Package scaleweb holds the page of "Is it growing, or are we now just looking?": each monthly series above the effort
// that went into it, what follows, and what would settle it.
package scaleweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/trend"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/scale"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/chart"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages of series.
type Pages struct {
	Site  *web.Site
	Scale *scale.Store
	// Agency is what an agency is called.
	Agency func(ctx context.Context, code string) string
	// Counts are what the picture above knows of events, whose effort nobody recorded.
	Counts func(ctx context.Context, s access.Scope) (Counts, error)
}

// Counts are counts of events without their effort, small numbers hidden.
type Counts struct {
	Finding figure.Finding // the answer when there is no series
	Asks    []string       // whom to ask for what
	Chart   chart.Chart    // nil when there are no events
	Kinds   []Kind
	Reason  string // why no kind has a verdict
}

// Kind is one kind of event, in the first and in the last of the spans compared.
type Kind struct {
	Name        string
	First, Last *int
}

// Mount registers the page.
func (p *Pages) Mount(rt *web.Router) { rt.Get("/growing", web.Members, p.growing) }

type growingView struct {
	web.Page
	Base   string
	Asks   []string
	Cards  []card
	Figure *web.Figure
	Kinds  *web.Table
}

// card is one series.
type card struct {
	ID, Title, Sentence string
	Tag                 web.Tag
	Silent              bool   // nothing can be said
	Base                string // where the figure does not carry it
	NotAlike            string // where the definition changed
	Bounds              string
	Figure              *web.Figure
	Settle              []string
	Steps               []string // how it was worked out
	Sources             *web.Table
	Warnings            []string
}

var growingPage = web.NewTemplate[growingView](files, "growing.html")

func (p *Pages) growing(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	trends, err := p.Scale.Trends(ctx, p.Site.DB.Reader(), s)
	if err != nil {
		return err
	}
	counts, err := p.Counts(ctx, s)
	if err != nil {
		return err
	}
	agency := func(code string) string { return p.Agency(ctx, code) }
	v := &growingView{}
	for _, q := range figure.Questions {
		if q.Key == counts.Finding.Question {
			v.Title = q.Text
		}
	}
	v.Crumbs = []web.Link{{Text: "What we know", Href: "/"}}
	f, ok := scale.Headline(trends, agency)
	if !ok {
		f = counts.Finding
	}
	v.Lead, v.Base = f.Sentence, f.Base
	if f.Refused {
		v.Asks = counts.Asks
	}
	for i := range trends {
		c, err := newCard(i, &trends[i], agency(trends[i].Owner))
		if err != nil {
			return err
		}
		v.Cards = append(v.Cards, c)
	}
	if counts.Chart != nil {
		if v.Figure, err = web.NewFigure("months", counts.Chart); err != nil {
			return err
		}
		v.Kinds = kindTable(counts)
	}
	return web.Show(p.Site, w, r, growingPage, v, web.Read{Kind: "series", Words: "monthly series beside their effort, and events by kind: counts only"})
}

var colours = map[string]string{trend.Growing: "red", trend.GrowingIfNothing: "yellow", trend.NoEvidence: "grey", trend.Falling: "green"}

func newCard(i int, t *scale.Trend, agency string) (card, error) {
	c := card{ID: fmt.Sprintf("series-%d", i+1), Title: t.Series, Sentence: t.Short, Tag: web.Tag{Text: t.VerdictWords(), Colour: colours[t.Verdict]}, Silent: t.Refused, Base: t.Base(agency),
		NotAlike: t.NotAlike(), Bounds: t.BoundsWords(), Settle: t.Settle(), Steps: t.Steps()}
	for _, x := range t.Warnings {
		c.Warnings = append(c.Warnings, scale.Capital(x)+".")
	}
	if drawing := t.Chart(agency); drawing != nil {
		var err error
		if c.Figure, err = web.NewFigure(c.ID+"-figure", drawing); err != nil {
			return c, err
		}
		c.Base = "" // the figure carries it
	}
	if t.BySource != nil {
		c.Sources = sourceTable(t)
	}
	return c, nil
}

func sourceTable(t *scale.Trend) *web.Table {
	first, last := fmt.Sprintf("first %d months", t.Window), fmt.Sprintf("last %d", t.Window)
	out := &web.Table{Caption: "By " + t.Kind, Columns: []web.Column{{Label: scale.Capital(t.Kind)}, {Label: scale.Capital(first), Numeric: true}, {Label: scale.Capital(last), Numeric: true}, {Label: scale.Capital(t.Unit) + ", " + first, Numeric: true}, {Label: scale.Capital(t.Unit) + ", " + last, Numeric: true}},
		Base: fmt.Sprintf("%s, %s to %s and %s to %s. Small counts are hidden, with as many others as it takes to keep them hidden.",
			scale.Capital(t.What), scale.MonthWords(t.First.From), scale.MonthWords(t.First.Until), scale.MonthWords(t.Last.From), scale.MonthWords(t.Last.Until))}
	for _, x := range t.BySource {
		out.Rows = append(out.Rows, web.Row{Cells: []web.Cell{{Text: x.Source}, number(x.First), number(x.Last), effort(x.FirstEffort), effort(x.LastEffort)}})
	}
	return out
}

func number(n *int) web.Cell {
	if n == nil {
		return web.Cell{Text: "hidden", Unnumbered: true}
	}
	return web.Cell{Text: figure.Group(*n)}
}

func effort(x *float64) web.Cell {
	if x == nil {
		return web.Cell{Text: "not known", Unnumbered: true}
	}
	return web.Cell{Text: figure.Plain(*x)}
}

func kindTable(c Counts) *web.Table {
	t := &web.Table{Caption: "Kinds of event, first and last months", Columns: []web.Column{{Label: "Kind"}, {Label: "First", Numeric: true}, {Label: "Last", Numeric: true}}, Base: c.Reason}
	for _, k := range c.Kinds {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: k.Name}, number(k.First), number(k.Last)}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}
