// Package placeweb holds the pages of places: the register with its map, a place with what happened around it, its
// reviews, and the squares where events gather.
package placeweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/gazetteer/gazetteerweb"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/chart"
	"lantern.example/lantern/internal/work"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages of places.
type Pages struct {
	Site      *web.Site
	Places    *place.Store
	Gazetteer *gazetteer.Store
	Events    *event.Store
	Work      *work.Store
	Keeper    draftweb.Keeper
	// Agency is what an agency is called.
	Agency func(ctx context.Context, code string) string
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/places", web.Members, p.list)
	rt.Get("/places/spots.geojson", web.Members, p.spots)
	rt.Get("/places/hotspots", web.Members, p.hotspots)
	rt.Get("/places/hotspots/cells.geojson", web.Members, p.cells)
	rt.Get("/places/{id}", web.Members, p.show)
	rt.Get("/places/{id}/reviews/new", web.Casework, p.reviewForm)
	rt.Post("/places/{id}/reviews", web.Casework, p.review)
}

type listView struct {
	web.Page
	Filter    *web.Filter
	Table     *web.Table
	Map       *web.Figure
	Unlocated string
	Credits   []string
}

var listPage = web.NewTemplate[listView](files, "list.html")

// asked is the list that a request asks for.
type asked struct {
	web.List
	query place.Query
}

func ask(r *http.Request) asked {
	l := web.ReadList(r, []string{"name", "kind", "district", "review"}, "name", false, "kind", "status", "reviewed", "name")
	q := place.Query{Kind: place.Kind(l.Filters["kind"]), Status: place.Status(l.Filters["status"]), Reviewed: l.Filters["reviewed"], Text: l.Filters["name"]}
	q.Order, q.Limit, q.Offset = l.Order(place.Columns, "p.id"), l.Size, l.Offset()
	return asked{l, q}
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, q, scope := r.Context(), p.Site.DB.Reader(), web.ScopeOf(r)
	a := ask(r)
	rows, total, err := p.Places.List(ctx, q, scope, a.query)
	if err != nil {
		return err
	}
	counts, err := p.Places.Count(ctx, q, scope, a.query)
	if err != nil {
		return err
	}
	v := &listView{Filter: a.NewFilter(kindField(), statusField(), reviewedField(), &web.Field{Name: "name", Label: "Name", Kind: web.TextInput, Width: "10"}), Table: p.table(r, rows)}
	v.Title, v.Lead, v.Wide = "Places", lead(counts, a.query), true
	v.Table.Sortable(a.List)
	v.Table.Pages = a.Paged(total)
	v.Table.Base = "Places that you may read. Where children live is shown to the agency whose record it is and under agreements alone."
	if v.Map, err = p.spotMap(r, rows, v.Table); err != nil {
		return err
	}
	if counts.Unlocated > 0 {
		v.Unlocated = fmt.Sprintf("%s of them %s on the map: their records have no coordinates, and no postcode that a loaded directory places.", figure.Group(counts.Unlocated), plural(counts.Unlocated, "is not", "are not"))
	}
	if v.Credits, err = p.Gazetteer.Attribution(ctx, q, gazetteer.District); err != nil {
		return err
	}
	return web.Show(p.Site, w, r, listPage, v, web.Read{Kind: "places", Owners: owners(rows), Words: fmt.Sprintf("list of %d, %d shown", total, len(rows))})
}

func owners(rows []place.Place) []string {
	var out []string
	for _, x := range rows {
		if !slices.Contains(out, x.Owner) {
			out = append(out, x.Owner)
		}
	}
	return out
}

// lead is the finding of the list.
func lead(c place.Counts, q place.Query) string {
	if c.Places == 0 {
		if q.Kind != "" || q.Status != "" || q.Reviewed != "" || q.Text != "" {
			return "No place that you may read is like that."
		}
		return "No places are recorded yet that you may read. Load the register of schools, the list of homes or a list of places that partners raised."
	}
	s := fmt.Sprintf("%s %s; %s", figure.Group(c.Places), plural(c.Places, "place", "places"), reviewed(c.Reviewed))
	if c.Due > 0 {
		s += fmt.Sprintf(", and %s due for another review", figure.Group(c.Due))
	}
	return s + "."
}

func reviewed(n int) string {
	switch n {
	case 0:
		return "none has been reviewed"
	case 1:
		return "1 has been reviewed"
	}
	return figure.Group(n) + " have been reviewed"
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

func kindField() *web.Field {
	f := &web.Field{Name: "kind", Label: "Kind", Kind: web.Select, Options: []web.Option{{Value: "", Label: "Every kind"}}}
	for _, k := range place.Kinds {
		f.Options = append(f.Options, web.Option{Value: string(k.Kind), Label: k.Words})
	}
	return f
}

func statusField() *web.Field {
	f := &web.Field{Name: "status", Label: "Status", Kind: web.Select, Options: []web.Option{{Value: "", Label: "Any"}}}
	for _, s := range place.Statuses {
		f.Options = append(f.Options, web.Option{Value: string(s.Status), Label: s.Words})
	}
	return f
}

func reviewedField() *web.Field {
	return &web.Field{Name: "reviewed", Label: "Review", Kind: web.Select, Options: []web.Option{{Value: "", Label: "Any"}, {Value: "yes", Label: "Reviewed"}, {Value: "due", Label: "Next review due"}, {Value: "no", Label: "Never reviewed"}}}
}

func statusWords(s place.Status) string {
	for _, x := range place.Statuses {
		if x.Status == s {
			return x.Words
		}
	}
	return string(s)
}

const mapID = "places-map"

func (p *Pages) table(r *http.Request, rows []place.Place) *web.Table {
	t := &web.Table{ID: mapID + "-table", Caption: "Places", Empty: "There is none to list.",
		Columns: []web.Column{{Key: "name", Label: "Place"}, {Key: "kind", Label: "Kind"}, {Key: "district", Label: "District"}, {Label: "Run by"}, {Label: "Impact, risk, harm"}, {Key: "review", Label: "Next review"}}}
	spot := 0
	for _, x := range rows {
		row := web.Row{Cells: []web.Cell{
			{Text: x.Name, Href: "/places/" + x.ID, Sub: x.Address}, {Text: place.KindWords(x.Kind)}, {Text: x.DistrictName}, {Text: or(x.Guardian, "Not recorded")},
			{Text: "Not reviewed"}, {},
		}}
		if x.Guarded {
			row.Cells[1].Sub = "Guarded: not for other agencies"
		}
		if x.Status != place.Open {
			row.Cells[0].Tag = &web.Tag{Text: statusWords(x.Status), Colour: "grey"}
		}
		if x.Impact != "" {
			row.Cells[4].Text = fmt.Sprintf("%s, %s, %s of 3", x.Impact, x.Risk, x.Harm)
			row.Cells[5].Text = web.ShowDate(x.NextOn)
			if x.NextOn <= p.today() {
				row.Cells[5].Tag = &web.Tag{Text: "Due", Colour: "yellow"}
			}
		}
		if _, ok := x.At(); ok {
			spot++
			row.Feature = fmt.Sprintf("spot-%d", spot)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func or(s, otherwise string) string {
	if strings.TrimSpace(s) == "" {
		return otherwise
	}
	return s
}

func (p *Pages) today() string { return clock.Today(p.Site.Clock).Format(clock.ISODate) }

// drawn is the map of a page of the list; false when none of it has a place.
func (p *Pages) drawn(rows []place.Place) (chart.AreaMap, bool) {
	m := chart.AreaMap{What: "Place", Kinds: []string{"Not reviewed", "Reviewed", "Next review due"}}
	m.Title = "Where the listed places are"
	for _, x := range rows {
		at, ok := x.At()
		if !ok {
			continue
		}
		s := chart.Spot{Label: x.Name, At: chart.Point{Lon: at.Lon, Lat: at.Lat}, Note: place.KindWords(x.Kind)}
		switch {
		case x.NextOn != "" && x.NextOn <= p.today():
			s.Kind = 2
		case x.NextOn != "":
			s.Kind = 1
		}
		m.Spots = append(m.Spots, s)
	}
	m.Finding = fmt.Sprintf("Where the %s in the table %s.", plural(len(m.Spots), "one place", figure.Group(len(m.Spots))+" places"), plural(len(m.Spots), "is", "are"))
	if len(m.Spots) < len(rows) {
		m.Finding = fmt.Sprintf("Where %d of the %d places in the table are; the others have no place on a map.", len(m.Spots), len(rows))
	}
	return m, len(m.Spots) > 0
}

func (p *Pages) spotMap(r *http.Request, rows []place.Place, twin *web.Table) (*web.Figure, error) {
	m, ok := p.drawn(rows)
	if !ok {
		return nil, nil
	}
	var at []chart.Point
	for _, s := range m.Spots {
		at = append(at, s.At)
	}
	ground, err := gazetteerweb.Under(r.Context(), p.Site.DB.Reader(), p.Gazetteer, at)
	if err != nil {
		return nil, err
	}
	m.Background = ground.Background
	f, err := web.NewFigure(mapID, m, append(ground.Layers, web.Layer{ID: "spots", Kind: "spots", URL: "/places/spots.geojson?" + r.URL.RawQuery})...)
	if err != nil {
		return nil, err
	}
	f.Table, f.Base = twin, ""
	return f, nil
}

// spots are the places of a page of the list as points. It is a consultation of its own, and never kept by a browser.
func (p *Pages) spots(w http.ResponseWriter, r *http.Request) error {
	rows, _, err := p.Places.List(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), ask(r).query)
	if err != nil {
		return err
	}
	m, any := p.drawn(rows)
	b := []byte(`{"type":"FeatureCollection","features":[]}`)
	if any {
		if b, err = m.SpotsGeoJSON(); err != nil {
			return err
		}
	}
	return p.send(w, r, b, web.Read{Kind: "places", Owners: owners(rows), Words: fmt.Sprintf("map of %d", len(m.Spots))})
}

// send writes personal GeoJSON after its consultation has been recorded.
func (p *Pages) send(w http.ResponseWriter, r *http.Request, b []byte, read web.Read) error {
	if err := p.Site.Consulted(r.Context(), web.ScopeOf(r), read); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/geo+json")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(b)
	return err
}

// roleWords says who counts small numbers are shown to.
func roleWords(s access.Scope) string {
	if place.TrueCounts(s) {
		return "Your role may read rows of events, so small counts are shown. Do not publish this page."
	}
	return "Counts under 5 are hidden for your role."
}
