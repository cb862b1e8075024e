package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/web/chart"
)

// Figure is a chart or map with its one-sentence finding, its base and the table of the same numbers.
// NewFigure makes one; the template part "figure" places it.
type Figure struct {
	ID      string // unique on the page
	Finding string
	// Wide and Narrow are the same picture drawn for a page and for a phone; one of them is shown.
	Wide, Narrow template.HTML
	Table        *Table
	Base         string
	// TableFirst says that the page has placed Table above the figure itself.
	TableFirst bool
	// Live lets a script replace the drawing by a map that can be moved; nil for a chart.
	Live *LiveMap
}

// LiveMap is what the map's script needs; the attributes are told in web/README.md.
type LiveMap struct {
	Label              string
	Bounds             string // west,south,east,north in degrees
	Attribution        string
	Layers             string // JSON
	Toggles            []Layer
	KeyWide, KeyNarrow template.HTML
}

// Layer is one layer of a live map, GeoJSON that this site answers with at URL.
type Layer struct {
	ID   string `json:"id"`
	Kind string `json:"kind"` // land, borders, areas, flows or spots
	URL  string `json:"url"`
	// Label, when set, gives the reader a box to show and hide the layer by.
	Label string `json:"-"`
}

// NewFigure draws a chart for wide and narrow pages and sets its table beside it. The id must be unique
// on the page: a letter, then letters, digits, - or _; the table's is the same with "-table".
//
// A chart that is a map becomes a live one when layers are given, lowest first; without them the drawing
// is all there is. The error is a programmer's mistake or data that makes no chart, and says which.
func NewFigure(id string, c chart.Chart, layers ...Layer) (*Figure, error) {
	about := chart.AboutOf(c)
	f := &Figure{ID: id, Finding: about.Finding, Base: about.Base, Table: twin(id, c.Table())}
	var err error
	if f.Wide, f.Narrow, err = both(func(s chart.Size) (string, error) { return chart.Draw(c, id, s) }); err != nil {
		return nil, err
	}
	m, isMap := c.(chart.Map)
	switch {
	case len(layers) == 0:
		return f, nil
	case !isMap:
		return nil, fmt.Errorf("web: figure %s has map layers, but its chart is no map", id)
	}
	f.Live, err = live(id, m, layers)
	return f, err
}

func live(id string, m chart.Map, layers []Layer) (*LiveMap, error) {
	raw, err := json.Marshal(layers)
	if err != nil {
		return nil, err
	}
	ground := chart.BackgroundOf(m)
	l := &LiveMap{Label: chart.AboutOf(m).Title, Bounds: degrees(ground.Bounds), Attribution: ground.Attribution, Layers: string(raw)}
	for _, x := range layers {
		if x.Label != "" {
			l.Toggles = append(l.Toggles, x)
		}
	}
	l.KeyWide, l.KeyNarrow, err = both(func(s chart.Size) (string, error) { return chart.DrawKey(m, id, s) })
	return l, err
}

func degrees(b chart.Bounds) string {
	out := make([]string, 0, 4)
	for _, v := range []float64{b.West, b.South, b.East, b.North} {
		out = append(out, strconv.FormatFloat(v, 'f', 5, 64))
	}
	return strings.Join(out, ",")
}

func both(draw func(chart.Size) (string, error)) (wide, narrow template.HTML, err error) {
	w, err := draw(chart.Wide)
	if err != nil {
		return "", "", err
	}
	n, err := draw(chart.Narrow)
	return SVG(w), SVG(n), err
}

// twin is a chart's table as a page's.
func twin(id string, t chart.Table) *Table {
	out := &Table{ID: id + "-table", Caption: t.Caption, Empty: "There are no figures."}
	for i, h := range t.Header {
		out.Columns = append(out.Columns, Column{Label: h, Numeric: i < len(t.Numeric) && t.Numeric[i]})
	}
	for i, cells := range t.Rows {
		var row Row
		if t.Features != nil {
			row.Feature = t.Features[i]
		}
		for _, c := range cells {
			row.Cells = append(row.Cells, Cell{Text: c})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}
