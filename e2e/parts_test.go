package e2e

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/assets"
	"lantern.example/lantern/internal/web/chart"
)

//go:embed templates
var embedded embed.FS

// partsView is a page with one of every part that pages are made of.
type partsView struct {
	web.Page
	Filter      *web.Filter
	Table, None *web.Table
	Summary     []web.SummaryRow
	Timeline    []web.TimelineItem
	Chart, Map  *web.Figure
	Form        *web.Form
}

var partsPage = web.NewTemplate[partsView](web.Files(embedded), "parts.html")

// reach is an invented county that two others reach into.
var reach = chart.FlowMap{
	About: chart.About{Title: "How far it reaches", Finding: "33 people linked from the city’s districts to three forces.", Base: "33 people, April 2025 to March 2026, seven forces’ records. Flows under 5 are hidden."},
	Unit:  "people linked",
	Places: []chart.Place{
		{Code: "C1", Name: "Cityham North", At: chart.Point{Lon: -0.1, Lat: 51.6}, Hub: true},
		{Code: "F1", Name: "Wrenshire", At: chart.Point{Lon: 1.1, Lat: 52.6}, Hub: true},
		{Code: "F2", Name: "Estmark", At: chart.Point{Lon: 0.6, Lat: 51.2}},
	},
	Flows: []chart.Flow{
		{From: "C1", To: "F1", Number: chart.Count(14)}, {From: "C1", To: "F2", Number: chart.Count(8), Unsure: true},
		{From: "F1", To: "C1", Number: chart.Number{State: chart.Hidden}},
	},
	Background: chart.Background{Bounds: chart.Bounds{West: -2.2, South: 50.6, East: 2, North: 53.1}, Attribution: "Invented places"},
}

var growth = chart.Bars{
	What: "Source", Unit: "Referrals",
	About: chart.About{Title: "Referrals by source", Finding: "Schools send most of the referrals.", Base: "82 referrals, 2026, 12 agencies."},
	Rows:  []chart.Bar{{Label: "Schools", Number: chart.CountOf(41, 82)}, {Label: "Police", Number: chart.CountOf(30, 82)}, {Label: "Charities", Number: chart.Number{State: chart.Hidden}}},
}

func parts(t *testing.T, site *web.Site, r *http.Request) *partsView {
	t.Helper()
	l := web.ReadList(r, []string{"action", "due"}, "due", false, "state")
	v := &partsView{
		Table: &web.Table{
			ID: "actions", Caption: "Actions", Base: "234 actions of 12 agencies, as at 22 November 2026.",
			Columns: []web.Column{{Key: "action", Label: "Action"}, {Label: "Owner"}, {Key: "due", Label: "Due"}, {Label: "Days late", Numeric: true}},
			Rows: []web.Row{
				{Cells: []web.Cell{{Text: "Speak to the home’s manager", Href: "#a", Sub: "Ash Lane children’s home"}, {Text: "J. Okafor"}, {Text: "18 November 2026", Tag: &web.Tag{Text: "Overdue", Colour: "red"}}, {Text: "4"}}},
				{Cells: []web.Cell{{Text: "Ask parents what would help", Href: "#b"}, {Text: "S. Bell"}, {Text: "1 December 2026", Tag: &web.Tag{Text: "On time", Colour: "green"}}, {Text: "0"}}},
				{Cells: []web.Cell{{Text: "Read the school’s exclusions", Href: "#c"}, {Text: "Nobody yet"}, {Text: "Not agreed", Tag: &web.Tag{Text: "Draft", Colour: "grey"}}, {Text: "not known", Unnumbered: true}}},
			},
			Pages: l.Paged(234),
		},
		None: &web.Table{Caption: "Doubtful links", Empty: "Nothing is waiting to be looked at."},
		Summary: []web.SummaryRow{
			{Key: "Lead", Value: "J. Okafor", Change: "#lead", Source: "Police extract, row 12"},
			{Key: "State", Value: "Under review", Tag: &web.Tag{Text: "Restricted", Colour: "purple"}, Change: "#state"},
			{Key: "Known to", Lines: []string{"Wrenshire Council", "Harbour Trust"}, Change: "#known"},
		},
		Timeline: []web.TimelineItem{
			{Title: "Found in Cityham, with two others.", When: "4 October 2026", By: "Police, graded B2", Href: "#found", Tag: &web.Tag{Text: "Confirmed", Colour: "green"}},
			{Title: "Missing since 1 October.", When: "4 October 2026", By: "Children’s home", Superseded: true, Source: "missing.xlsx, row 3"},
			{Title: "Two exclusions.", When: "September 2026", Text: "The month is all we know.", By: "School"},
		},
		Filter: l.NewFilter(&web.Field{Name: "state", Label: "State", Kind: web.Select, Options: []web.Option{{Value: "", Label: "Every state"}, {Value: "open", Label: "Open"}}}),
	}
	v.Table.Sortable(l)
	var err error
	if v.Chart, err = web.NewFigure("growth", growth); err != nil {
		t.Error(err)
	}
	if v.Map, err = web.NewFigure("reach", reach, web.Layer{ID: "flows", Kind: "flows", URL: "/flows.geojson", Label: "Lines"}, web.Layer{ID: "places", Kind: "spots", URL: "/places.geojson"}); err != nil {
		t.Error(err)
	}
	v.Form = site.NewForm("/", "Save the note",
		&web.Field{Name: "what", Label: "What was seen", Kind: web.TextArea, Hint: "As it was said, in their own words.", Error: "Say what was seen"},
		&web.Field{Name: "on", Label: "When", Kind: web.DateInput, Hint: "For example, 4 12 2026", Error: "Enter a real date, for example 4 12 2026"},
		&web.Field{Name: "how", Label: "How is it known?", Kind: web.Radios, Options: []web.Option{{Value: "seen", Label: "Seen"}, {Value: "told", Label: "Told by somebody", Hint: "Somebody who was there"}}, Error: "Choose how it is known"},
		&web.Field{Name: "whom", Label: "Whom does it concern?", Kind: web.Checkboxes, Options: []web.Option{{Value: "home", Label: "The home"}, {Value: "school", Label: "The school"}}},
		&web.Field{Name: "file", Label: "A file", Kind: web.FileInput})
	v.Form.Cancel, v.Form.Draft = "#cancel", "/drafts/note/new"
	v.Form.Readers = &web.Readers{By: "your team and his school.", NotBy: "the police."}
	v.Title, v.Lead, v.HasErrors = "Every part", "Three actions are overdue; the oldest by four days.", true
	v.Flash = "The action was added."
	v.Crumbs = []web.Link{{Text: "My work", Href: "/"}, {Text: "Actions", Href: "/actions"}}
	return v
}

// TestParts looks at a page made of every part that packages make their pages of.
func TestParts(t *testing.T) {
	site := &web.Site{
		Clock: clock.System{}, IDs: clock.NewIDs(clock.System{}, nil), Log: slog.New(slog.DiscardHandler), Demo: true,
		Partnership: func(context.Context) string { return "Wrenshire Community Safety Partnership" },
		Navigation: func(*web.Viewer) []web.NavItem {
			return []web.NavItem{{Text: "My work", Href: "/"}, {Text: "People", Href: "/people"}, {Text: "Places", Href: "/places"}, {Text: "Lines", Href: "/lines"}, {Text: "Referrals", Href: "/referrals"}, {Text: "Assessment", Href: "/assessment"}, {Text: "Hub", Href: "/hub"}}
		},
	}
	rt := web.NewRouter(site)
	rt.Get("/{$}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(site, w, r, partsPage, parts(t, site, r))
	})
	geo := func(draw func() ([]byte, error)) web.Handler {
		return func(w http.ResponseWriter, _ *http.Request) error {
			raw, err := draw()
			if err == nil {
				w.Header().Set("Content-Type", "application/geo+json")
				_, err = w.Write(raw)
			}
			return err
		}
	}
	rt.Get("/flows.geojson", web.Public, geo(reach.FlowsGeoJSON))
	rt.Get("/places.geojson", web.Public, geo(reach.PlacesGeoJSON))
	rt.Raw("GET "+assets.Prefix, assets.Handler())
	viewer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := &web.Viewer{Name: "Rosa Okafor", AgencyName: "Wrenshire Council", RoleName: "community safety manager", PurposeName: "preventing crime and serious violence"}
			next.ServeHTTP(w, r.WithContext(web.WithViewer(r.Context(), v)))
		})
	}
	server := httptest.NewServer(rt.Handler(viewer))
	defer server.Close()
	b := open(t, server.URL)
	b.look("parts", "/?page=2&sort=due")

	b.do(chromedp.EmulateViewport(1280, 900))
	b.settle()
	for _, c := range []struct{ what, expression string }{
		{"the map is live and its drawing put away", `document.querySelector("#reach").dataset.mapState === "ready" && document.querySelector("#reach .lantern-map__static").hidden`},
		{"a row of the map's table shows itself on the map", `document.querySelectorAll("#reach-table .lantern-map-button").length === 2`},
		{"of two drawings of a chart one is seen", `[...document.querySelectorAll("#growth svg")].filter(s => s.getBoundingClientRect().width > 0).length === 1`},
		{"the error summary has the focus", `document.activeElement.classList.contains("govuk-error-summary")`},
		{"what happened on one day stands under one date", `document.querySelectorAll(".lantern-timeline__day").length === 2`},
		{"the page's own place in the navigation is marked", `document.querySelector(".lantern-nav [aria-current=page]").textContent === "My work"`},
	} {
		if !ask[bool](b, c.expression) {
			t.Errorf("it is not so that %s: %s", c.what, c.expression)
		}
	}
}
