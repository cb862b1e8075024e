// Package lineweb holds the pages of "How far does it reach?": flows as a table and a map, the file of them, and the
// county lines with what was done about each.
package lineweb

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/flow"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/gazetteer/gazetteerweb"
	"lantern.example/lantern/internal/line"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/chart"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages of lines.
type Pages struct {
	Site      *web.Site
	Lines     *line.Store
	Gazetteer *gazetteer.Store
	Keeper    draftweb.Keeper
	// Agency is what an agency is called.
	Agency func(ctx context.Context, code string) string
	// Disclosed records that the flows left as a file.
	Disclosed func(ctx context.Context, s access.Scope, words string) error
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/lines", web.Members, p.reach)
	rt.Get("/lines/flows.csv", web.Members, p.file)
	rt.Get("/lines/flows.geojson", web.Members, p.flows)
	rt.Get("/lines/ends.geojson", web.Members, p.ends)
	rt.Get("/lines/new", web.Casework, p.newForm)
	rt.Post("/lines", web.Casework, p.add)
	rt.Get("/lines/{id}", web.Members, p.show)
	rt.Get("/lines/{id}/close", web.Casework, p.closeForm)
	rt.Post("/lines/{id}/close", web.Casework, p.close)
	rt.Get("/lines/{id}/grade", web.Casework, p.gradeForm)
	rt.Post("/lines/{id}/grade", web.Casework, p.grade)
	rt.Get("/lines/{id}/reopen", web.Casework, p.reopenForm)
	rt.Post("/lines/{id}/reopen", web.Casework, p.reopen)
}

type reachView struct {
	web.Page
	Filter   *web.Filter
	Refused  string
	Table    *web.Table
	Map      *web.Figure
	Download string
	Unplaced string
	Warnings []string
	Lines    *web.Table
	MayAdd   bool
	Credits  []string
}

var reachPage = web.NewTemplate[reachView](files, "reach.html")

const mapID = "flow-map"

// asked is what a request wants to see of the flows.
type asked struct {
	web.List
	opt  line.Options
	most int
}

func ask(r *http.Request) asked {
	l := web.ReadList(r, []string{"from", "to", "people"}, "people", true, "period", "origin", "destination", "most")
	a := asked{List: l, opt: line.Options{Origin: l.Filters["origin"], Destination: l.Filters["destination"]}, most: 25}
	if n, err := strconv.Atoi(l.Filters["most"]); err == nil && (n == 10 || n == 50) {
		a.most = n
	}
	return a
}

// read gives the flows of the period asked for, or of the latest.
func (p *Pages) read(r *http.Request) (line.Flows, asked, error) {
	a := ask(r)
	f, err := p.Lines.Flows(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), a.opt)
	if err != nil || len(f.Periods) == 0 {
		return f, a, err
	}
	period := f.Periods[len(f.Periods)-1]
	if slices.Contains(f.Periods, a.Filters["period"]) {
		period = a.Filters["period"]
	}
	a.opt.Period = period
	if len(f.Periods) > 1 {
		all := f.Periods
		f, err = p.Lines.Flows(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), a.opt)
		f.Periods = all
	}
	a.order(f.Flows)
	return f, a, err
}

// order sorts by the list's key; hidden numbers stand last, by name, so that the order tells nothing of them.
func (a asked) order(list []flow.Flow) {
	slices.SortStableFunc(list, func(x, y flow.Flow) int {
		by := 0
		switch a.Sort {
		case "from":
			by = cmp.Compare(x.Origin, y.Origin)
		case "to":
			by = cmp.Compare(x.Destination, y.Destination)
		default:
			switch {
			case (x.People == nil) != (y.People == nil):
				if x.People == nil {
					return 1
				}
				return -1
			case x.People != nil:
				by = cmp.Compare(*x.People, *y.People)
			}
		}
		if a.Desc {
			by = -by
		}
		return cmp.Or(by, cmp.Compare(x.Origin, y.Origin), cmp.Compare(x.Destination, y.Destination))
	})
}

func (p *Pages) reach(w http.ResponseWriter, r *http.Request) error {
	ctx, q, scope := r.Context(), p.Site.DB.Reader(), web.ScopeOf(r)
	f, a, err := p.read(r)
	if err != nil {
		return err
	}
	lines, err := p.Lines.Lines(ctx, q, scope)
	if err != nil {
		return err
	}
	v := &reachView{Lines: p.lineTable(r, lines), MayAdd: web.Casework.Met(web.ViewerOf(r)), Warnings: sentences(f.Warnings)}
	v.Title, v.Wide = "How far does it reach?", true
	v.Lead = strings.TrimSpace(f.Headline + " " + line.Finding(lines))
	if f.Refused {
		v.Refused = f.Headline + " Ask the force’s county lines lead, and neighbouring forces, for counts with the columns origin, destination and people."
		if v.Lead = line.Finding(lines); v.Lead == "" {
			v.Lead = f.Headline
		}
	} else {
		v.Filter, v.Table, v.Download = filter(f, a), flowTable(f, a), "/lines/flows.csv?"+r.URL.RawQuery
		if v.Map, err = p.flowFigure(r, f, a, v.Table); err != nil {
			return err
		}
	}
	if len(f.Unplaced) > 0 {
		v.Unplaced = "Not on the map, because no area of that name is known: " + strings.Join(f.Unplaced, ", ") + "."
	}
	if v.Credits, err = p.Gazetteer.Attribution(ctx, q, gazetteer.Force, gazetteer.District); err != nil {
		return err
	}
	return web.Show(p.Site, w, r, reachPage, v, web.Read{Kind: "flows", Owners: owners(f, lines), Words: fmt.Sprintf("%d flows, %d lines", len(f.Flows), len(lines))})
}

func owners(f line.Flows, lines []line.Line) []string {
	out := slices.Clone(f.Owners)
	for _, l := range lines {
		if !slices.Contains(out, l.Owner) {
			out = append(out, l.Owner)
		}
	}
	return out
}

func sentences(in []string) []string {
	var out []string
	for _, s := range in {
		if s != "" {
			out = append(out, strings.ToUpper(s[:1])+strings.TrimSuffix(s[1:], ".")+".")
		}
	}
	return out
}

func filter(f line.Flows, a asked) *web.Filter {
	ends := func(name, label, all string, of []flow.End) *web.Field {
		x := &web.Field{Name: name, Label: label, Kind: web.Select, Options: []web.Option{{Value: "", Label: all}}}
		var seen []string
		for _, e := range of {
			if !slices.Contains(seen, e.Area) {
				seen = append(seen, e.Area)
				x.Options = append(x.Options, web.Option{Value: e.Area, Label: e.Area})
			}
		}
		return x
	}
	fields := []*web.Field{ends("origin", "From", "Everywhere", f.ByOrigin), ends("destination", "To", "Everywhere", f.ByDestination)}
	if len(f.Periods) > 1 {
		period := &web.Field{Name: "period", Label: "Period", Kind: web.Select}
		for _, x := range slices.Backward(f.Periods) {
			period.Options = append(period.Options, web.Option{Value: x, Label: or(line.PeriodWords(x), "Not dated")})
		}
		fields = append(fields, period)
	}
	fields = append(fields, &web.Field{Name: "most", Label: "On the map", Kind: web.Select, Options: []web.Option{{Value: "", Label: "The largest 25"}, {Value: "10", Label: "The largest 10"}, {Value: "50", Label: "The largest 50"}}})
	return a.NewFilter(fields...)
}

func or(s, otherwise string) string {
	if strings.TrimSpace(s) == "" {
		return otherwise
	}
	return s
}

// number is a count as a page shows it.
func number(n *int, measure string, f flow.Flow) string {
	switch {
	case n != nil:
		return figure.Group(*n)
	case slices.Contains(f.Withheld, measure):
		return "hidden"
	}
	return "not known"
}

var measures = []struct {
	key, words string
	of         func(flow.Flow) *int
}{
	{"people", "People", func(f flow.Flow) *int { return f.People }},
	{"confirmed", "Confirmed", func(f flow.Flow) *int { return f.Confirmed }},
	{"suspected", "Suspected", func(f flow.Flow) *int { return f.Suspected }},
	{"supply", "By supply", func(f flow.Flow) *int { return f.Supply }},
	{"violence", "By violence", func(f flow.Flow) *int { return f.Violence }},
}

func flowTable(f line.Flows, a asked) *web.Table {
	t := &web.Table{ID: mapID + "-table", Caption: "From where to where", Empty: "There is no flow between these.",
		Columns: []web.Column{{Key: "from", Label: "From"}, {Key: "to", Label: "To"}}, Base: f.Base}
	for _, m := range measures {
		c := web.Column{Label: m.words, Numeric: true}
		if m.key == "people" {
			c.Key = m.key
		}
		t.Columns = append(t.Columns, c)
	}
	drawn := map[string]bool{}
	for _, x := range drawnFlows(f, a).Flows {
		drawn[x.From+"-"+x.To] = true
	}
	for _, x := range f.Flows {
		row := web.Row{Cells: []web.Cell{{Text: x.Origin}, {Text: x.Destination}}}
		for _, m := range measures {
			row.Cells = append(row.Cells, web.Cell{Text: number(m.of(x), m.key, x)})
		}
		if k := f.Ends[x.Origin].Code + "-" + f.Ends[x.Destination].Code; drawn[k] {
			row.Feature = k
		}
		t.Rows = append(t.Rows, row)
	}
	if len(f.Periods) > 0 && f.Periods[0] != "" {
		t.Caption += ", " + line.PeriodWords(a.opt.Period)
	}
	t.Sortable(a.List)
	return t
}

// drawnFlows is the map of the largest flows that have both ends on it.
func drawnFlows(f line.Flows, a asked) chart.FlowMap {
	m := chart.FlowMap{Unit: "people linked", Most: a.most}
	m.Title, m.Finding, m.Base = "Who is linked from where to where", f.Headline, f.Base
	m.Words.Hidden = "hidden"
	on := map[string]bool{}
	largest := map[string]int{}
	list := slices.Clone(f.Flows)
	asked{List: web.List{Sort: "people", Desc: true}}.order(list)
	for _, x := range list {
		from, to := f.Ends[x.Origin], f.Ends[x.Destination]
		if x.People == nil || *x.People == 0 || !from.Known || !to.Known || len(m.Flows) >= a.most {
			continue
		}
		for name, e := range map[string]line.End{x.Origin: from, x.Destination: to} {
			if !on[e.Code] {
				on[e.Code] = true
				m.Places = append(m.Places, chart.Place{Code: e.Code, Name: name, At: chart.Point{Lon: e.At.Lon, Lat: e.At.Lat}})
			}
			largest[e.Code] = max(largest[e.Code], *x.People)
		}
		m.Flows = append(m.Flows, chart.Flow{From: from.Code, To: to.Code, Number: chart.Count(*x.People)})
	}
	slices.SortFunc(m.Places, func(x, y chart.Place) int {
		return cmp.Or(cmp.Compare(largest[y.Code], largest[x.Code]), cmp.Compare(x.Code, y.Code))
	})
	for i := range m.Places {
		m.Places[i].Hub = i < 2
	}
	return m
}

func (p *Pages) flowFigure(r *http.Request, f line.Flows, a asked, twin *web.Table) (*web.Figure, error) {
	m := drawnFlows(f, a)
	if len(m.Flows) == 0 {
		return nil, nil
	}
	var at []chart.Point
	for _, x := range m.Places {
		at = append(at, x.At)
	}
	ground, err := gazetteerweb.Under(r.Context(), p.Site.DB.Reader(), p.Gazetteer, at)
	if err != nil {
		return nil, err
	}
	m.Background = ground.Background
	fig, err := web.NewFigure(mapID, m, append(ground.Layers,
		web.Layer{ID: "flows", Kind: "flows", URL: "/lines/flows.geojson?" + r.URL.RawQuery},
		web.Layer{ID: "ends", Kind: "spots", URL: "/lines/ends.geojson?" + r.URL.RawQuery})...)
	if err != nil {
		return nil, err
	}
	fig.Table, fig.Base, fig.TableFirst = twin, "", true
	fig.Finding = fmt.Sprintf("The largest %d of %d flows that can be shown. Each line runs from its wide end to its point, from the middle of an area to the middle of an area.", len(m.Flows), shown(f))
	if len(m.Flows) == shown(f) {
		fig.Finding = fmt.Sprintf("All %d flows that can be shown. Each line runs from its wide end to its point, from the middle of an area to the middle of an area.", len(m.Flows))
	}
	return fig, nil
}

func shown(f line.Flows) int {
	n := 0
	for _, x := range f.Flows {
		if x.People != nil && *x.People > 0 {
			n++
		}
	}
	return n
}

// flows are the lines on the map, from the same protected result as the table.
func (p *Pages) flows(w http.ResponseWriter, r *http.Request) error {
	return p.layer(w, r, chart.FlowMap.FlowsGeoJSON)
}

func (p *Pages) ends(w http.ResponseWriter, r *http.Request) error {
	return p.layer(w, r, chart.FlowMap.PlacesGeoJSON)
}

func (p *Pages) layer(w http.ResponseWriter, r *http.Request, of func(chart.FlowMap) ([]byte, error)) error {
	f, a, err := p.read(r)
	if err != nil {
		return err
	}
	b := []byte(`{"type":"FeatureCollection","features":[]}`)
	if m := drawnFlows(f, a); len(m.Flows) > 0 {
		if b, err = of(m); err != nil {
			return err
		}
	}
	if err := p.Site.Consulted(r.Context(), web.ScopeOf(r), web.Read{Kind: "flows", Owners: f.Owners, Words: "map"}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/geo+json")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(b)
	return err
}

// file is the table as CSV, with the same numbers hidden. It is a disclosure, and recorded as one.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	f, _, err := p.read(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	head := []string{"origin", "destination", "period"}
	for _, m := range measures {
		head = append(head, m.key)
	}
	rows := [][]string{append(head, "note")}
	for _, x := range f.Flows {
		row := []string{safe(x.Origin), safe(x.Destination), safe(x.Period)}
		for _, m := range measures {
			row = append(row, number(m.of(x), m.key, x))
		}
		note := ""
		if len(x.Withheld) > 0 {
			note = fmt.Sprintf("counts under %d are hidden, and further ones by which these could be worked out", f.Threshold)
		}
		rows = append(rows, append(row, note))
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	if err := p.Disclosed(r.Context(), web.ScopeOf(r), fmt.Sprintf("flows as a file, %d rows", len(f.Flows))); err != nil {
		return err
	}
	web.Download(w, "flows.csv", "text/csv; charset=utf-8", p.Site.Clock.Now(), b.Bytes())
	return nil
}

// safe keeps a spreadsheet from taking a partner's text for a formula.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (p *Pages) lineTable(r *http.Request, lines []line.Line) *web.Table {
	t := &web.Table{ID: "lines", Caption: "The lines themselves", Empty: "No line is recorded that you may read.",
		Columns: []web.Column{{Label: "Brand"}, {Label: "From"}, {Label: "To"}, {Label: "Base"}, {Label: "Seen"}, {Label: "State"}}}
	for _, l := range lines {
		row := web.Row{Cells: []web.Cell{{Text: l.Brand, Href: "/lines/" + l.ID}, {Text: l.Origin}, {Text: l.Impacted}, {Text: or(l.Base, "Not known")},
			{Text: web.ShowDate(l.FirstSeen) + " to " + web.ShowDate(l.LastSeen)}, {Tag: &web.Tag{Text: "Open", Colour: "yellow"}}}}
		if l.State == line.Closed {
			row.Cells[5] = web.Cell{Tag: &web.Tag{Text: "Closed", Colour: "grey"}, Sub: l.Closure.Words() + ", " + web.ShowDate(l.ClosedOn)}
		}
		switch {
		case l.Return != nil:
			row.Cells[0].Sub = fmt.Sprintf("base used by %s, %d days after it closed", l.Return.Brand, l.Return.Days)
		case l.Follows != nil:
			row.Cells[0].Sub = fmt.Sprintf("began at the base of %s, %d days after that closed", l.Follows.Brand, l.Follows.Days)
		}
		if access.Class(l.Class) == access.Intelligence {
			row.Cells[0].Sub = strings.TrimPrefix(row.Cells[0].Sub+"; intelligence, "+cmp.Or(l.Grade, "not graded yet"), "; ")
		}
		t.Rows = append(t.Rows, row)
	}
	if len(lines) > 0 {
		t.Base = fmt.Sprintf("A brand is a telephone number with a name, not the people behind it or used by it. Another brand at the same base within %d days counts as the line coming back.", line.ReturnDays)
	}
	return t
}
