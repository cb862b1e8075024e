package assets_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"lantern.example/lantern/internal/web/assets"
	"lantern.example/lantern/internal/web/chart"
)

var shots = flag.String("shots", "", "folder to keep pictures of the test pages in")

// policy is the content policy that every page of the program is served with.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// browser opens Chromium, or skips the test on a machine without it, and
// collects what the console, the network and the content policy complain of.
func browser(t *testing.T) (context.Context, func() []string) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is slow")
	}
	skip := t.Skip
	if os.Getenv("LANTERN_TEST_BROWSER_REQUIRED") != "" {
		skip = t.Fatal
	}
	if !assets.Ready() {
		skip("the assets are not built: run npm ci --ignore-scripts --prefix web and go run -C tools/assets .")
	}
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		skip("there is no Chromium on this machine")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("enable-unsafe-swiftshader", true))
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var complaints []string
	add := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		complaints = append(complaints, text)
	}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			// Drawing without a graphics card stalls, and says so; that is the test's machine.
			if err == nil && (m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException()) && !strings.Contains(m.Text, "GPU stall") {
				add(m.String() + " " + m.URL)
			}
		}
	}()
	err := chromedp.Listen(ctx, func(event any) {
		e, ok := event.(*network.EventRequestWillBeSent)
		if ok && !strings.HasPrefix(e.Request.URL, "http://127.0.0.1:") && !strings.HasPrefix(e.Request.URL, "data:") && !strings.HasPrefix(e.Request.URL, "blob:http://127.0.0.1:") {
			add("a request to " + e.Request.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), complaints...)
	}
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func serve(t *testing.T, pages map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, assets.Handler())
	for pattern, handler := range pages {
		mux.HandleFunc(pattern, handler)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func geojson(make func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		raw, err := make()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/geo+json")
		_, _ = w.Write(raw)
	}
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"asset": assets.Path,
	"draw": func(c chart.Chart, id string, size int) (template.HTML, error) {
		svg, err := chart.Draw(c, id, chart.Size(size))
		return template.HTML(svg), err
	},
	"key": func(m chart.Map, id string, size int) (template.HTML, error) {
		svg, err := chart.DrawKey(m, id, chart.Size(size))
		return template.HTML(svg), err
	},
	"feature": func(table chart.Table, i int) string {
		if table.Features == nil {
			return ""
		}
		return table.Features[i]
	},
}).ParseGlob(filepath.Join("testdata", "*.html")))

func page(name string, data any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := templates.ExecuteTemplate(w, name, data); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

// shoot keeps a picture of the page. The window is made as tall as the page,
// since a live map is not redrawn for a picture that reaches beyond it.
func shoot(t *testing.T, ctx context.Context, name string, width int64) {
	t.Helper()
	if *shots == "" {
		return
	}
	tall := ask[int64](t, ctx, `document.documentElement.scrollHeight`)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, tall), chromedp.Sleep(700*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%d.png", name, width)), picture, 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

// fits checks that nothing makes the page wider than its window (WCAG 2.2,
// 1.4.10), and runs axe where npm has brought it.
func fits(t *testing.T, ctx context.Context, width int64) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Sleep(300*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if got := ask[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
		t.Errorf("the page is %d wide in a window of %d", got, width)
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Logf("axe is not run: %v", err)
		return
	}
	ask[bool](t, ctx, string(axe)+"\n;true")
	faults, err := chromedp.Run(ctx, chromedp.Evaluate[string](
		`axe.run().then(r => r.violations.map(v => v.id + ": " + v.help + " at " + v.nodes.map(n => n.target.join(" ")).join(", ")).join("\n"))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("axe: %v", err)
	}
	if faults != "" {
		t.Errorf("at %d wide, axe finds\n%s", width, faults)
	}
}

// reach is an invented county with a city beyond, near enough to the real
// coast for a picture to be judged by eye.
func reach() chart.FlowMap {
	return chart.FlowMap{
		About: chart.About{
			Title:   "How far it reaches",
			Finding: "33 people linked from the city's districts to three forces; the most, 14, to Wrenshire.",
			Base:    "33 people, 1 April 2025 to 31 March 2026, seven forces' records. Flows under 5 are hidden.",
		},
		Unit: "people linked",
		Places: []chart.Place{
			{Code: "C1", Name: "Cityham North", At: chart.Point{Lon: -0.1, Lat: 51.6}, Hub: true},
			{Code: "C2", Name: "Cityham South", At: chart.Point{Lon: -0.05, Lat: 51.42}},
			{Code: "F1", Name: "Wrenshire", At: chart.Point{Lon: 1.1, Lat: 52.6}, Hub: true},
			{Code: "F2", Name: "Estmark", At: chart.Point{Lon: 0.6, Lat: 51.2}},
			{Code: "F3", Name: "Holm & Vale", At: chart.Point{Lon: -1.4, Lat: 52.3}},
		},
		Flows: []chart.Flow{
			{From: "C1", To: "F1", Number: chart.Count(14)}, {From: "C1", To: "F2", Number: chart.Count(8)},
			{From: "C2", To: "F1", Number: chart.Count(6), Unsure: true}, {From: "F1", To: "C1", Number: chart.Count(5)},
			{From: "C2", To: "F3", Number: chart.Number{State: chart.Hidden}},
		},
		Background: chart.Background{Bounds: chart.Bounds{West: -2.2, South: 50.6, East: 2, North: 53.1}, Attribution: "Coast: Natural Earth", Land: coast()},
	}
}

func wards() chart.AreaMap {
	square := func(west, south float64) [][]chart.Point {
		return [][]chart.Point{{{Lon: west, Lat: south}, {Lon: west + 0.1, Lat: south}, {Lon: west + 0.1, Lat: south + 0.06}, {Lon: west, Lat: south + 0.06}, {Lon: west, Lat: south}}}
	}
	return chart.AreaMap{
		About: chart.About{Title: "Reports by ward", Finding: "Two wards hold 29 of 46 reports.", Base: "46 reports, 1 April to 30 September 2026."},
		What:  "Ward", Unit: "Reports", Classes: []string{"5 to 9", "10 to 14", "15 or more"}, Kinds: []string{"Under review", "School"},
		Areas: []chart.Area{
			{Code: "W1", Name: "Ash", Rings: square(0, 52), Class: 3, Number: chart.Count(18), Emphasis: true},
			{Code: "W2", Name: "Beck", Rings: square(0.1, 52), Class: 1, Number: chart.Count(6)},
			{Code: "W3", Name: "Carr", Rings: square(0, 52.06), Class: -1, Number: chart.Number{State: chart.Hidden}},
			{Code: "W4", Name: "Dale", Rings: square(0.1, 52.06), Number: chart.Count(0)},
			{Code: "W5", Name: "Eyot", Rings: square(0.2, 52), Class: 2, Number: chart.Count(11)},
		},
		Spots: []chart.Spot{{Label: "Ash Lane home", At: chart.Point{Lon: 0.04, Lat: 52.02}, Shown: true, Note: "9 then 23"}, {Label: "Beck School", At: chart.Point{Lon: 0.16, Lat: 52.02}, Kind: 1}},
	}
}

// coast reads the built coastline; a program without it draws no land.
func coast() [][]chart.Point {
	raw, err := assets.Read("coast.geojson")
	if err != nil {
		return nil
	}
	var file struct {
		Features []struct {
			Geometry struct{ Coordinates [][][][2]float64 }
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil
	}
	var rings [][]chart.Point
	for _, f := range file.Features {
		for _, polygon := range f.Geometry.Coordinates {
			for _, ring := range polygon {
				points := make([]chart.Point, len(ring))
				for i, p := range ring {
					points[i] = chart.Point{Lon: p[0], Lat: p[1]}
				}
				rings = append(rings, points)
			}
		}
	}
	return rings
}

type mapPage struct {
	Map    chart.Map
	Table  chart.Table
	About  chart.About
	Bounds string
	Layers string
}

// layers writes the figure's data-map-layers from kind and address in turn.
func layers(t *testing.T, pairs ...string) string {
	t.Helper()
	var list []map[string]string
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, map[string]string{"id": fmt.Sprintf("layer%d", i/2), "kind": pairs[i], "url": pairs[i+1]})
	}
	raw, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestLiveMapsUnderTheContentPolicy(t *testing.T) {
	flows, areas := reach(), wards()
	cases := []struct {
		name      string
		page      mapPage
		row       string // the row whose button is pressed
		said      string
		forbidden string // text that must not be said for a hidden row
	}{
		{"flows", mapPage{flows, flows.Table(), flows.About, "-2.2,50.6,2,53.1", layers(t, "land", assets.Path("coast.geojson"), "flows", "/flows.geojson", "spots", "/places.geojson")},
			"C1-F1", "Cityham North to Wrenshire: 14, confirmed", "C2-F3"},
		{"areas", mapPage{areas, areas.Table(), areas.About, "-0.02,51.98,0.32,52.14", layers(t, "areas", "/areas.geojson", "spots", "/spots.geojson")},
			"W3", "Carr: fewer than 5", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx, complaints := browser(t)
			address := serve(t, map[string]http.HandlerFunc{
				"GET /{$}":            page("map.html", c.page),
				"GET /flows.geojson":  geojson(flows.FlowsGeoJSON),
				"GET /places.geojson": geojson(flows.PlacesGeoJSON),
				"GET /areas.geojson":  geojson(areas.AreasGeoJSON),
				"GET /spots.geojson":  geojson(areas.SpotsGeoJSON),
			})
			err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(address),
				chromedp.WaitVisible(chromedp.CSS(`figure[data-map-state="ready"]`)),
				chromedp.Click(chromedp.CSS(`tr[data-feature="`+c.row+`"] .lantern-map-button`)))
			if err != nil {
				t.Fatalf("%v; the browser said %q", err, complaints())
			}
			said := ask[string](t, ctx, `document.querySelector('[data-map-selected]').textContent`)
			pressed := ask[string](t, ctx, `document.querySelector('tr.lantern-row-chosen .lantern-map-button').getAttribute('aria-pressed')`)
			buttons := ask[int](t, ctx, `document.querySelectorAll('.lantern-map-button').length`)
			rows := ask[int](t, ctx, `document.querySelectorAll('tr[data-feature]').length`)
			staticDisplay := ask[string](t, ctx, `getComputedStyle(document.querySelector('.lantern-map__static')).display`)
			if said != c.said || pressed != "true" {
				t.Errorf("the row %s says %q (pressed %s), want %q", c.row, said, pressed, c.said)
			}
			hidden := 0
			if c.forbidden != "" {
				hidden = 1
			}
			if buttons != rows-hidden {
				t.Errorf("%d of %d rows can be shown on the map, want all but %d", buttons, rows, hidden)
			}
			if staticDisplay != "none" {
				t.Errorf("the drawing is still shown (%s) under the live map", staticDisplay)
			}
			for _, width := range []int64{1280, 375, 320} {
				fits(t, ctx, width)
				shoot(t, ctx, c.name, width)
			}
			if got := complaints(); len(got) > 0 {
				t.Errorf("the browser complains:\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

// A refused layer leaves the server's drawing where it was.
func TestDrawingStaysWhenALayerIsRefused(t *testing.T) {
	ctx, _ := browser(t)
	flows := reach()
	address := serve(t, map[string]http.HandlerFunc{
		"GET /{$}": page("map.html", mapPage{flows, flows.Table(), flows.About, "-2.2,50.6,2,53.1", layers(t, "flows", "/flows.geojson")}),
		"GET /flows.geojson": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "Sign in.", http.StatusForbidden)
		},
	})
	err := chromedp.Do(ctx, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(`figure[data-map-state="failed"]`)))
	if err != nil {
		t.Fatal(err)
	}
	shown := ask[bool](t, ctx, `document.querySelector('.lantern-map__static svg').getBoundingClientRect().height > 100 && !document.querySelector('.lantern-map__live')`)
	shoot(t, ctx, "drawing", 1280)
	if !shown {
		t.Error("the drawing is gone and there is no map")
	}
}

// TestHouseStyle shows every part of the house style on one page.
func TestHouseStyle(t *testing.T) {
	ctx, complaints := browser(t)
	address := serve(t, map[string]http.HandlerFunc{"GET /{$}": page("style.html", nil)})
	if err := chromedp.Do(ctx, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(`body.govuk-frontend-supported`))); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{1280, 375, 320} {
		fits(t, ctx, width)
		shoot(t, ctx, "style", width)
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(got, "\n"))
	}
}

func TestDraftsAndRows(t *testing.T) {
	ctx, complaints := browser(t)
	var mu sync.Mutex
	var kept []string
	address := serve(t, map[string]http.HandlerFunc{
		"GET /{$}": page("form.html", nil),
		"POST /drafts/ab12": func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if err := r.ParseForm(); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			kept = append(kept, r.PostForm.Encode())
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"saved":"10:42"}`)
		},
	})
	err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(address),
		chromedp.WaitVisible(chromedp.CSS(`.lantern-rows`)),
		chromedp.SendKeys(chromedp.CSS(`#note`), "Seen at the gate"),
		chromedp.SendKeys(chromedp.CSS(`#secret`), "hunter2"),
		chromedp.WaitVisible(chromedp.CSS(`form[data-draft-state="saved"]`)),
		chromedp.SendKeys(chromedp.CSS(`#narrow`), "beck"),
		chromedp.WaitVisible(chromedp.CSS(`[data-print]`)))
	if err != nil {
		t.Fatalf("%v; the browser said %q", err, complaints())
	}
	shown := ask[string](t, ctx, `Array.from(document.querySelectorAll('#people tbody tr')).filter(r => r.offsetParent).map(r => r.cells[0].textContent).join(',')`)
	said := ask[string](t, ctx, `document.querySelector('.lantern-rows__said').textContent`)
	fits(t, ctx, 320)
	mu.Lock()
	defer mu.Unlock()
	if len(kept) != 1 || kept[0] != "csrf=token&note=Seen+at+the+gate" {
		t.Errorf("kept %q, want one draft with the note and the form's own token, and no password", kept)
	}
	if shown != "Bëck" || said != "1 of 3 rows shown" {
		t.Errorf("the rows shown are %q and it says %q", shown, said)
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(got, "\n"))
	}
}
