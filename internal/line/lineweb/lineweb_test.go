package lineweb_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/line/lineweb/") }

const city = `origin,destination,people,confirmed,suspected,supply,violence,period,source
Lambeth,Kent,9,6,3,7,2,2025-11/2026-10,Desk
Southwark,Kent,6,5,1,5,1,2025-11/2026-10,Desk
Lambeth,Essex,5,4,1,4,1,2025-11/2026-10,Desk
Westminster,Sussex,5,3,2,3,2,2025-11/2026-10,Desk
Southwark,Norfolk,3,2,1,3,0,2025-11/2026-10,Desk
Westminster,Essex,2,1,1,1,1,2025-11/2026-10,Desk
=Nowhere,Kent,1,1,0,1,0,2025-11/2026-10,Desk
`

func start(t *testing.T) *apptest.Lantern {
	t.Helper()
	l := apptest.New(t)
	got, err := l.Intake.Load(context.Background(), access.Scope{Account: "t", Agency: "council", Purpose: access.CommunitySafety}, intake.Input{Name: "flows.csv", File: strings.NewReader(city), Size: int64(len(city)), Agency: "council", Basis: "own"})
	if err != nil || got.Taken != 7 {
		t.Fatalf("%+v: %v", got, err)
	}
	return l
}

// small reports whether a cell is a count that should have been hidden.
func small(s string) bool { return s == "1" || s == "2" || s == "3" || s == "4" }

func TestTheTableTheMapAndTheFileHideTheSame(t *testing.T) {
	l := start(t)
	c := l.SignIn(access.Manager, "council")
	page := c.Get("/lines").Want(http.StatusOK).Has("31 people are linked from 4 areas to 4 forces in November 2025 to October 2026").Has("Flows under 5 are hidden.").Has("Not on the map, because no area of that name is known: =Nowhere.")
	if page.Doc.Find(`a[href="/methods/flows"]`).Length() != 1 {
		t.Error("the page does not lead to how flows are worked out")
	}
	onPage := map[string]string{}
	page.Doc.Find("#flow-map-table tbody tr").Each(func(_ int, s *goquery.Selection) {
		cells := s.Find("td").Map(func(_ int, c *goquery.Selection) string { return strings.TrimSpace(c.Text()) })
		for _, v := range cells[1:] {
			if small(v) {
				t.Errorf("the page shows %q", cells)
			}
		}
		onPage[strings.TrimSpace(s.Find("th").Text())+" "+cells[0]] = cells[1]
	})
	if len(onPage) != 7 || onPage["Lambeth Kent"] != "9" || onPage["Southwark Norfolk"] != "hidden" {
		t.Errorf("the table is %v", onPage)
	}
	file := c.Get("/lines/flows.csv").Want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 8 {
		t.Fatalf("the file has %d rows (%v)", len(rows), err)
	}
	for _, r := range rows[1:] {
		for _, v := range r[3:8] {
			if small(v) {
				t.Errorf("the file shows %q", r)
			}
		}
		if strings.HasPrefix(r[0], "=") {
			t.Errorf("a spreadsheet would take %q for a formula", r[0])
		}
		if got := onPage[strings.TrimPrefix(r[0], "'")+" "+r[1]]; got != r[3] {
			t.Errorf("%s to %s: the page says %q, the file %q", r[0], r[1], got, r[3])
		}
	}
	n, err := database.One(context.Background(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'disclosure' AND subject_kind = 'flows'")
	if err != nil || n != 1 {
		t.Errorf("%d lines of the disclosure (%v), want 1", n, err)
	}
	live := c.Get("/lines/flows.geojson").Want(http.StatusOK)
	var doc struct {
		Features []struct {
			Properties struct{ ID, Said string }
		}
	}
	if err := json.Unmarshal([]byte(live.Body), &doc); err != nil || len(doc.Features) == 0 {
		t.Fatal(err, live.Body)
	}
	drawn := 0
	for _, v := range onPage {
		if v != "hidden" {
			drawn++
		}
	}
	if len(doc.Features) != drawn || live.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d lines are on the map, %d numbers on the page; Cache-Control %q", len(doc.Features), drawn, live.Header.Get("Cache-Control"))
	}
	c.Get("/lines?origin=Lambeth&sort=to&most=10").Want(http.StatusOK).Has("31 people are linked")
	other := l.SignIn(access.Manager, "police")
	other.Get("/lines").Want(http.StatusOK).Has("We cannot say how far it reaches")
	if b := other.Get("/lines/flows.geojson").Body; strings.Contains(b, "Kent") {
		t.Errorf("another agency's map holds %s", b)
	}
	if b := other.Get("/lines/flows.csv").Body; strings.Contains(b, "Kent") {
		t.Errorf("another agency's file holds %s", b)
	}
}

func line(brand, base, class string, day, month, year string) url.Values {
	return url.Values{"brand": {brand}, "origin": {"Southwark"}, "impacted": {"Essex"}, "base": {base}, "class": {class}, "notes": {""},
		"first_seen-day": {day}, "first_seen-month": {month}, "first_seen-year": {year}, "last_seen-day": {day}, "last_seen-month": {month}, "last_seen-year": {year}}
}

func TestALineIsRecordedClosedAndComesBack(t *testing.T) {
	l := apptest.New(t)
	police := l.SignIn(access.Analyst, "police")
	sunny := police.Submit("/lines/new", "/lines", line("SUNNY", "Mill Lane", "partnership", "1", "3", "2026")).Want(http.StatusSeeOther).Location
	police.Submit("/lines/new", "/lines", line("", "Mill Lane", "partnership", "1", "3", "2026")).Want(http.StatusUnprocessableEntity).Has("Enter the line’s name")
	police.Submit("/lines/new", "/lines", line("LATE", "Mill Lane", "partnership", "1", "3", "2031")).Want(http.StatusUnprocessableEntity).Has("is in the future")
	police.Get(sunny).Want(http.StatusOK).Has("SUNNY").Has("Close it")
	police.Submit(sunny+"/close", sunny+"/close", url.Values{"closure": {"deactivated"}, "on-day": {"19"}, "on-month": {"3"}, "on-year": {"2026"}, "why": {"Off the network."}}).Want(http.StatusSeeOther)
	breeze := police.Submit("/lines/new", "/lines", line("BREEZE", "mill lane", "partnership", "28", "3", "2026")).Want(http.StatusSeeOther).Location
	police.Get("/lines").Want(http.StatusOK).Has("The SUNNY line closed in March 2026; a new brand used the same base nine days later.")
	police.Get(sunny).Want(http.StatusOK).Has("a new brand used the same base nine days later").Has("Off the network.")
	police.Get(breeze).Want(http.StatusOK).Has("It began at the base of the SUNNY line 9 days after that one closed.")
	secret := police.Submit("/lines/new", "/lines", line("QUIET", "", "intelligence", "1", "5", "2026")).Want(http.StatusSeeOther).Location
	council := l.SignIn(access.Manager, "council")
	council.Get(sunny).Want(http.StatusOK).Has("Why can I see this?Every member of the partnership may read it")
	police.Get(secret).Want(http.StatusOK).Has("Why can I see this?Test police: your own agency’s records.")
	if r, none := council.Get(secret), council.Get("/lines/no-such-line"); r.Status != http.StatusNotFound || r.Text("main") != none.Text("main") {
		t.Errorf("another agency's intelligence answers %d %q", r.Status, r.Text("main"))
	}
	if strings.Contains(council.Get("/lines").Body, "QUIET") {
		t.Error("another agency's intelligence is on the list")
	}
	police.Get(secret).Want(http.StatusOK).Has("Not graded yet").Has("and nobody else")
	police.Submit(secret+"/grade", secret+"/grade", url.Values{"grade": {"B24"}, "why": {"The desk graded it."}}).Want(http.StatusUnprocessableEntity).Has("no 3x5x2 grade")
	police.Submit(secret+"/grade", secret+"/grade", url.Values{"grade": {"2B-P"}, "why": {"The desk graded it."}}).Want(http.StatusSeeOther)
	police.Get(secret).Want(http.StatusOK).Has("Untested source; known indirectly to the source but corroborated").Has("Lawful sharing is permitted.").Has("The desk graded it.")
	police.Get(sunny + "/grade").Want(http.StatusNotFound)
	council.Get(secret + "/grade").Want(http.StatusNotFound)
	if r := council.Get(sunny + "/close"); r.Status != http.StatusNotFound {
		t.Errorf("another agency may close the line: %d", r.Status)
	}
	police.Submit(sunny+"/reopen", sunny+"/reopen", url.Values{"seen-day": {"1"}, "seen-month": {"6"}, "seen-year": {"2026"}, "why": {"It sends again."}}).Want(http.StatusSeeOther)
	police.Get(sunny).Want(http.StatusOK).Has("Open").Has("It sends again.")
}
