package placeweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/place/placeweb/") }

const homes = `URN,Setting Name,Provision Type,Sector,Local Authority,Registration Status,Places,Address,Postcode,Easting,Northing
SC001,Larkfield House,Children's home,Private,Testshire,Active,4,1 Lark Lane,WX1 1AA,530000,180000
SC002,Fernbank,Children's home,Private,Testshire,Active,5,2 Fern Road,WX1 1AB,532000,180000
`

const places = `Place Name,Place Type,Address,Postcode,Easting,Northing,Concern
Riverside Arcade,Arcade,The Quay,WX1 1AE,530500,180500,Groups approached by adults
Mill Park,Park,Mill Road,WX1 1AF,531000,181000,
`

func load(t *testing.T, l *apptest.Lantern, agency, profile, text string) {
	t.Helper()
	got, err := l.Intake.Load(context.Background(), access.Scope{Account: "t", Agency: agency, Purpose: access.Safeguarding}, intake.Input{Name: "file.csv", Profile: profile, File: strings.NewReader(text), Size: int64(len(text)), Agency: agency, Basis: "own"})
	if err != nil || got.Taken == 0 {
		t.Fatalf("%+v: %v", got, err)
	}
}

// id is the id of a place as its owner sees it.
func id(t *testing.T, l *apptest.Lantern, agency, name string) string {
	t.Helper()
	list, _, err := l.Places.List(context.Background(), l.DB.Reader(), access.Scope{Agency: agency, Purpose: access.Safeguarding}, place.Query{Text: name})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d places are called %s (%v)", len(list), name, err)
	}
	return list[0].ID
}

func TestTheListAndItsMapAgree(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", "", places)
	load(t, l, "care", "", homes)
	page := l.SignIn(access.Manager, "council").Get("/places").Want(http.StatusOK).Has("2 places; none has been reviewed.").Has("Riverside Arcade")
	if strings.Contains(page.Body, "Larkfield") || strings.Contains(page.Body, "Fernbank") {
		t.Error("another agency's homes are on the page")
	}
	if n := page.Doc.Find("figure[data-map] svg").Length(); n == 0 {
		t.Error("there is no drawing beside the table")
	}
	rows := page.Doc.Find("tr[data-feature]")
	if rows.Length() != 2 {
		t.Errorf("%d rows are on the map, want 2", rows.Length())
	}
	spots := l.SignIn(access.Manager, "council").Get("/places/spots.geojson").Want(http.StatusOK)
	if cc := spots.Header.Get("Cache-Control"); cc != "no-store" {
		t.Errorf("the points may be kept: Cache-Control %q", cc)
	}
	if strings.Contains(spots.Body, "Larkfield") || !strings.Contains(spots.Body, "Riverside Arcade") {
		t.Errorf("the points are %s", spots.Body)
	}
	own := l.SignIn(access.Manager, "care").Get("/places?kind=childrens-home").Want(http.StatusOK)
	own.Has("Larkfield House").Has("Guarded").Has("2 places")
	if own.Text("tbody th a") != "FernbankLarkfield House" {
		t.Errorf("the list is %q, want it by name", own.Text("tbody th a"))
	}
	down := l.SignIn(access.Manager, "care").Get("/places?kind=childrens-home&sort=name&dir=desc").Want(http.StatusOK)
	if down.Text("tbody th a") != "Larkfield HouseFernbank" {
		t.Errorf("sorted down the list is %q", down.Text("tbody th a"))
	}
}

func TestAGuardedPlaceIsToOthersAsIfItWereNotThere(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "care", "", homes)
	home := id(t, l, "care", "Larkfield")
	for _, path := range []string{"/places/%s", "/places/%s/reviews/new"} {
		there, none := fmt.Sprintf(path, home), fmt.Sprintf(path, "01a00000-0000-7000-8000-000000000000")
		for _, who := range []struct {
			role   access.Role
			agency string
		}{{access.Manager, "council"}, {access.Practitioner, "police"}, {access.Administrator, "care"}} {
			c := l.SignIn(who.role, who.agency)
			a, b := c.Get(there), c.Get(none)
			if a.Status != http.StatusNotFound || a.Text("main") != b.Text("main") || a.Status != b.Status {
				t.Errorf("%s of %s: %s answers %d, a place that is not there %d; they must be alike", who.role, who.agency, path, a.Status, b.Status)
			}
		}
		l.SignIn(access.Manager, "care").Get(there).Want(http.StatusOK).Has("Larkfield House")
	}
	l.SignIn(access.Manager, "care").Get("/places/" + home).Want(http.StatusOK).Has("Why can I see this?Test care: your own agency’s records.")
	if r := l.Anonymous().Get("/places/" + home); r.Status != http.StatusSeeOther {
		t.Errorf("signed out: %d, want to be sent to sign in", r.Status)
	}
}

func TestAReviewIsKeptAndShownBesideTheOneBefore(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", "", places)
	path := "/places/" + id(t, l, "council", "arcade")
	c := l.SignIn(access.Practitioner, "council")
	c.Get(path).Want(http.StatusOK).Has("Nobody has reviewed this place yet.").Has("We cannot count what happens around this place")
	owner := l.Cast[apptest.Address(access.Practitioner, "council")].ID
	answers := url.Values{"impact": {"2"}, "impact_why": {"Staff leave early."}, "risk": {"3"}, "risk_why": {"More calls."}, "harm": {"1"}, "harm_why": {"Nobody hurt."},
		"next_on-day": {"4"}, "next_on-month": {"12"}, "next_on-year": {"2026"}, "next_owner": {owner}}
	bad := url.Values{}
	for k, v := range answers {
		bad[k] = v
	}
	bad["risk_why"] = []string{""}
	c.Submit(path+"/reviews/new", path+"/reviews", bad).Want(http.StatusUnprocessableEntity).Has("Say what risk rests on").Has("There is a problem")
	bad["risk_why"], bad["next_on-year"] = answers["risk_why"], []string{"2025"}
	c.Submit(path+"/reviews/new", path+"/reviews", bad).Want(http.StatusUnprocessableEntity).Has("The next review is before today.")
	if r := c.Submit(path+"/reviews/new", path+"/reviews", answers).Want(http.StatusSeeOther); r.Location != path {
		t.Errorf("went to %s, want %s", r.Location, path)
	}
	l.Now.Advance(10 * time.Minute)
	answers["harm"], answers["harm_why"] = []string{"3"}, []string{"One boy was cut."}
	c.Submit(path+"/reviews/new", path+"/reviews", answers).Want(http.StatusSeeOther)
	page := c.Get(path).Want(http.StatusOK).Has("Impact 2, risk 3, harm 3").Has("Nobody hurt.").Has("One boy was cut.").Has("Next review 4 December 2026, Test practitioner.")
	if strings.Contains(page.Text("main"), "8 of 9") || page.Doc.Find("#reviews tbody tr").Length() != 3 {
		t.Errorf("the reviews are %q", page.Text("#reviews"))
	}
	c.Get("/work").Want(http.StatusOK).Has("Review Riverside Arcade")
	if r := l.SignIn(access.InfoOfficer, "council").Get(path + "/reviews/new"); r.Status != http.StatusNotFound {
		t.Errorf("an information officer is asked for a review: %d", r.Status)
	}
}

// crimes are events in squares: small counts everywhere and nine squares of forty.
func crimes() string {
	var b strings.Builder
	b.WriteString("Reference,Event Type,Date,Easting,Northing\n")
	n := 0
	for i := range 12 {
		for j := range 12 {
			count := (i*7 + j*3) % 4
			if i < 3 && j < 3 {
				count = 40
			}
			if i == 1 && j == 1 {
				count = 3 // a small one that stands out with its neighbours
			}
			for range count {
				n++
				fmt.Fprintf(&b, "R%05d,Robbery,01/11/2026,%d,%d\n", n, 530010+500*i, 180010+500*j)
			}
		}
	}
	return b.String()
}

func TestHotspotsHideSmallCountsEverywhere(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "school", "events", crimes())
	lead := l.SignIn(access.SchoolLead, "school")
	page := lead.Get("/places/hotspots?points=exact").Want(http.StatusOK).Has("stand out").Has("Counts under 5 are hidden for your role.")
	if page.Doc.Find(`a[href="/methods/hotspots"]`).Length() != 1 {
		t.Error("the page does not lead to how hot spots are found")
	}
	small := 0
	page.Doc.Find("tbody tr").Each(func(_ int, s *goquery.Selection) {
		cells := s.Find("td")
		if n := strings.TrimSpace(cells.Eq(1).Text()); n == "3" || n == "1" || n == "2" || n == "4" {
			small++
		}
		if z := strings.TrimSpace(cells.Eq(2).Text()); z != "not shown" {
			t.Errorf("a z of %s is shown", z)
		}
	})
	if small > 0 {
		t.Errorf("%d small counts are on the page", small)
	}
	cells := lead.Get("/places/hotspots/cells.geojson?points=exact").Want(http.StatusOK)
	var doc struct {
		Features []struct {
			Properties struct {
				Said  string
				Shade int
			}
		}
	}
	if err := json.Unmarshal([]byte(cells.Body), &doc); err != nil || len(doc.Features) == 0 {
		t.Fatalf("%d squares (%v)", len(doc.Features), err)
	}
	hidden := 0
	for _, f := range doc.Features {
		_, said, _ := strings.Cut(f.Properties.Said, ": ")
		if said == "hidden" {
			hidden++
			if f.Properties.Shade != -1 {
				t.Errorf("a hidden square has the shade %d", f.Properties.Shade)
			}
		} else if said != "40" && said != "0" {
			t.Errorf("a square says %q", f.Properties.Said)
		}
	}
	if hidden == 0 || cells.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d squares are hidden, Cache-Control %q", hidden, cells.Header.Get("Cache-Control"))
	}
	l.SignIn(access.Analyst, "school").Get("/places/hotspots?points=exact").Want(http.StatusOK).Has("Do not publish this page.")
	l.SignIn(access.Analyst, "council").Get("/places/hotspots").Want(http.StatusOK).Has("We cannot say where events gather")
}

func TestLayersOfBoundariesAreOpenAndNeverChangeUnderTheirTag(t *testing.T) {
	l := apptest.New(t)
	text := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"XF1","name":"Testshire","level":"force"},"geometry":{"type":"Polygon","coordinates":[[[1,54],[2,54],[2,55],[1,55],[1,54]]]}}]}`
	if _, err := l.Gazetteer.Load(context.Background(), l.DB, access.System("t", access.Upkeep), gazetteer.Input{Name: "a.geojson", Vintage: "2024", File: strings.NewReader(text)}); err != nil {
		t.Fatal(err)
	}
	anybody := l.Anonymous()
	first := anybody.Get("/api/map/areas/pfa@2024.geojson").Want(http.StatusOK)
	tag := strings.Trim(first.Header.Get("ETag"), `"`)
	if !strings.Contains(first.Body, "Testshire") || tag == "" || strings.Contains(first.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("without a tag: %q, %q", first.Header, first.Body)
	}
	if cc := anybody.Get("/api/map/areas/pfa@2024.geojson?v=" + tag).Want(http.StatusOK).Header.Get("Cache-Control"); !strings.Contains(cc, "immutable") {
		t.Errorf("under its tag: Cache-Control %q", cc)
	}
	for _, path := range []string{"/api/map/areas/pfa@1999.geojson", "/api/map/areas/pfa.geojson", "/api/map/areas/pfa@2024.json"} {
		if r := anybody.Get(path); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, r.Status)
		}
	}
}

func TestAConsultationIsRecorded(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "care", "", homes)
	home := id(t, l, "care", "Larkfield")
	l.SignIn(access.Manager, "care").Get("/places/" + home).Want(http.StatusOK)
	n, err := database.One(context.Background(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'consultation' AND subject_kind = 'place' AND subject = $1", home)
	if err != nil || n != 1 {
		t.Errorf("%d lines of the consultation at %s (%v), want 1", n, clock.FromMicros(clock.Micros(l.Now.Now())), err)
	}
}
