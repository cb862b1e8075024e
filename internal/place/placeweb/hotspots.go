package placeweb

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/gazetteer/gazetteerweb"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/chart"
)

type hotspotsView struct {
	web.Page
	Filter   *web.Filter
	Refused  string
	Map      *web.Figure
	Table    *web.Table
	Warnings []string
	Note     string
	Credits  []string
}

var hotspotsPage = web.NewTemplate[hotspotsView](files, "hotspots.html")

const (
	mostDrawn  = 600 // squares on the map
	mostListed = 40  // squares in the table
	cellsID    = "cells-map"
)

// groups are the choices of events, by what they tell of.
var groups = []struct {
	Key, Words string
	Kinds      []profile.Kind
}{
	{"", "Every event", nil},
	{"violence", "Violence, robbery, weapons and injuries", []profile.Kind{profile.Violence, profile.Robbery, profile.Weapon, profile.Injury}},
	{"drugs", "Drugs, exploitation and cuckooing", []profile.Kind{profile.Drugs, profile.Exploitation, profile.Cuckooing}},
	{"missing", "Missing episodes", []profile.Kind{profile.MissingEpisode}},
	{"asb", "Anti-social behaviour", []profile.Kind{profile.AntiSocial}},
}

func chosen(r *http.Request) (web.List, place.Options) {
	l := web.ReadList(r, nil, "", false, "events", "points")
	opt := place.Options{TrueCounts: place.TrueCounts(web.ScopeOf(r))}
	for _, g := range groups {
		if g.Key == l.Filters["events"] {
			opt.Query = event.Query{Kinds: g.Kinds}
		}
	}
	if p := l.Filters["points"]; p == "exact" || p == "snapped" {
		opt.Points = p
	}
	return l, opt
}

func (p *Pages) hotspots(w http.ResponseWriter, r *http.Request) error {
	ctx, q, scope := r.Context(), p.Site.DB.Reader(), web.ScopeOf(r)
	l, opt := chosen(r)
	h, err := p.Places.Hotspots(ctx, q, scope, opt)
	if err != nil {
		return err
	}
	events := &web.Field{Name: "events", Label: "Events", Kind: web.Select}
	for _, g := range groups {
		events.Options = append(events.Options, web.Option{Value: g.Key, Label: g.Words})
	}
	points := &web.Field{Name: "points", Label: "Points", Kind: web.Select, Options: []web.Option{{Value: "", Label: "Whichever are more"}, {Value: "exact", Label: "Partners’ exact points"}, {Value: "snapped", Label: "Published, moved points"}}}
	v := &hotspotsView{Filter: l.NewFilter(events, points), Warnings: sentences(h.Warnings), Note: roleWords(scope)}
	v.Title, v.Lead, v.Wide, v.Crumbs = "Where events gather", h.Sentence, true, []web.Link{{Text: "Places", Href: "/places"}}
	if h.Snapped {
		v.Note = "These events are published already, so small counts are shown."
	}
	if h.Refused {
		v.Refused, v.Note = "Load events with places in them, or ask for other events or points.", ""
	} else if v.Table = cellTable(h); h.High > 0 {
		if v.Map, err = p.cellMap(r, h, v.Table); err != nil {
			return err
		}
	}
	if v.Credits, err = p.Gazetteer.Attribution(ctx, q, gazetteer.Force, gazetteer.District); err != nil {
		return err
	}
	return web.Show(p.Site, w, r, hotspotsPage, v, web.Read{Kind: "hotspots", Words: fmt.Sprintf("%d squares of %d events", len(h.Areas), h.Events)})
}

// sentences makes a warning a sentence.
func sentences(in []string) []string {
	var out []string
	for _, s := range in {
		if s != "" {
			out = append(out, strings.ToUpper(s[:1])+s[1:]+".")
		}
	}
	return out
}

// high are the squares that stand out, as many as are drawn.
func high(h place.Hotspots) []place.Cell {
	var out []place.Cell
	for _, c := range h.Areas {
		if c.High && len(out) < mostDrawn {
			out = append(out, c)
		}
	}
	return out
}

func countWords(n *int) string {
	if n == nil {
		return "hidden"
	}
	return figure.Group(*n)
}

func cellTable(h place.Hotspots) *web.Table {
	t := &web.Table{ID: cellsID + "-table", Caption: "Squares that stand out, most events first", Empty: "No square stands out.",
		Columns: []web.Column{{Label: "Square"}, {Label: "Ward or district"}, {Label: "Events", Numeric: true}, {Label: "Gi* z", Numeric: true}, {Label: "p, corrected", Numeric: true}}, Base: h.Base + ". Gi* z says how far the events of a square and its neighbours lie above what chance would give; p is corrected for having looked at so many squares."}
	cells := high(h)
	for _, c := range cells[:min(len(cells), mostListed)] {
		row := web.Row{Feature: feature(c), Cells: []web.Cell{{Text: squareName(c)}, {Text: or(c.Area, "Not known")}, {Text: countWords(c.Count)}, {Text: "not shown"}, {Text: "not shown"}}}
		if c.Edge {
			row.Cells[0].Sub = "at the edge: fewer neighbours"
		}
		if c.GiStarZ != nil {
			row.Cells[3].Text = fmt.Sprintf("%.1f", *c.GiStarZ)
		}
		if c.GiStarPFDR != nil {
			row.Cells[4].Text = pWords(*c.GiStarPFDR)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) < h.High {
		t.Base = fmt.Sprintf("The first %d of %s that stand out. ", len(t.Rows), figure.Group(h.High)) + t.Base
	}
	return t
}

func pWords(p float64) string {
	if p < 0.001 {
		return "under 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// squareName names a square by its middle: the grid reference police analysts use.
func squareName(c place.Cell) string { return c.Ref }

func feature(c place.Cell) string { return "cell-" + strings.ReplaceAll(c.ID, ":", "-") }

// drawnCells is the map of the squares that stand out, in up to five bands of equal size.
func drawnCells(h place.Hotspots) chart.AreaMap {
	m := chart.AreaMap{What: "Square", Unit: "Events"}
	m.Title, m.Finding, m.Base = fmt.Sprintf("Squares of %d m that stand out", h.CellMetres), h.Sentence, h.Base
	m.Words.Hidden = "hidden"
	cells := high(h)
	var counts []int
	for _, c := range cells {
		if c.Count != nil {
			counts = append(counts, *c.Count)
		}
	}
	bands := bands(counts)
	for i, from := range bands {
		switch {
		case i == len(bands)-1 && i == 0:
			m.Classes = append(m.Classes, "stands out")
		case i == len(bands)-1:
			m.Classes = append(m.Classes, figure.Group(from)+" or more")
		case bands[i+1]-1 == from:
			m.Classes = append(m.Classes, figure.Group(from))
		default:
			m.Classes = append(m.Classes, fmt.Sprintf("%s to %s", figure.Group(from), figure.Group(bands[i+1]-1)))
		}
	}
	for _, c := range cells {
		a := chart.Area{Code: feature(c), Name: squareName(c), Class: -1, Number: chart.Number{State: chart.Hidden}}
		if c.Count != nil {
			a.Number, a.Class = chart.Count(*c.Count), band(bands, *c.Count)
		}
		ring := make([]chart.Point, len(c.Ring))
		for i, p := range c.Ring {
			ring[i] = chart.Point{Lon: p.Lon, Lat: p.Lat}
		}
		a.Rings = [][]chart.Point{ring}
		m.Areas = append(m.Areas, a)
	}
	return m
}

// bands are where each band of counts begins, lowest first, at most five.
func bands(counts []int) []int {
	if len(counts) == 0 {
		return nil
	}
	slices.Sort(counts)
	var out []int
	for i := range 5 {
		if from := counts[i*len(counts)/5]; len(out) == 0 || from > out[len(out)-1] {
			out = append(out, from)
		}
	}
	return out
}

func band(bands []int, n int) int {
	class := 1
	for i, from := range bands {
		if n >= from {
			class = i + 1
		}
	}
	return class
}

func (p *Pages) cellMap(r *http.Request, h place.Hotspots, twin *web.Table) (*web.Figure, error) {
	m := drawnCells(h)
	var at []chart.Point
	for _, c := range high(h) {
		at = append(at, chart.Point{Lon: c.Centre.Lon, Lat: c.Centre.Lat})
	}
	ground, err := gazetteerweb.Under(r.Context(), p.Site.DB.Reader(), p.Gazetteer, at)
	if err != nil {
		return nil, err
	}
	m.Background = ground.Background
	f, err := web.NewFigure(cellsID, m, append(ground.Layers, web.Layer{ID: "cells", Kind: "areas", URL: "/places/hotspots/cells.geojson?" + r.URL.RawQuery})...)
	if err != nil {
		return nil, err
	}
	f.Table, f.Base = twin, ""
	return f, nil
}

// cells are the squares on the map, from the same protected result as the table.
func (p *Pages) cells(w http.ResponseWriter, r *http.Request) error {
	_, opt := chosen(r)
	h, err := p.Places.Hotspots(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), opt)
	if err != nil {
		return err
	}
	b := []byte(`{"type":"FeatureCollection","features":[]}`)
	if h.High > 0 && !h.Refused {
		if b, err = drawnCells(h).AreasGeoJSON(); err != nil {
			return err
		}
	}
	return p.send(w, r, b, web.Read{Kind: "hotspots", Words: fmt.Sprintf("map of %d squares", h.High)})
}
