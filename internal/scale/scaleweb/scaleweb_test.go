package scaleweb_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/scale/scaleweb/") }

func load(t *testing.T, l *apptest.Lantern, agency, name, text string) *intake.Load {
	t.Helper()
	got, err := l.Intake.Load(context.Background(), access.Scope{Account: "t", Agency: agency, Purpose: access.CommunitySafety}, intake.Input{Name: name, File: strings.NewReader(text), Size: int64(len(text)), Agency: agency, Basis: "own"})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// months writes one row for each of 24 months and two sources, from September 2024.
func months(head string, row func(m, source int) string) string {
	var b strings.Builder
	b.WriteString(head + "\n")
	for m := range 24 {
		for s := range 2 {
			fmt.Fprintf(&b, "%04d-%02d,Site %c,%s\n", 2024+(8+m)/12, (8+m)%12+1, 'A'+s, row(m, s))
		}
	}
	return b.String()
}

func small(s string) bool { return s == "1" || s == "2" || s == "3" || s == "4" }

func TestEachSeriesHasItsCard(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "police", "injuries.csv", months("month,source,what,unit,source kind,effort,count", func(m, s int) string {
		return fmt.Sprintf("knife injuries,returns,hospital,1,%d", 4+m/3+s)
	}))
	load(t, l, "council", "exploitation_referrals_monthly.csv", months("month,source,effort,count", func(m, s int) string {
		return fmt.Sprintf("%d,%d", 10+m, 1+m/8+(m+s)%2)
	}))
	load(t, l, "school", "worries.csv", months("month,source,effort,count", func(m, s int) string { return fmt.Sprintf(",%d", 3+(m+s)%4) }))

	page := l.SignIn(access.Chair, "care").Get("/growing").Want(http.StatusOK)
	lead := page.Doc.Find("p.lantern-finding").First().Text()
	if !strings.HasSuffix(lead, "with every hospital reporting as before: this one is growing.") || strings.Count(lead, ". ") != 1 {
		t.Errorf("the page begins %q; want two sentences, the settled one last", lead)
	}
	cards := page.Doc.Find("section.lantern-card")
	if n := cards.Find(`a[href="/methods/trend"]`).Length(); n != cards.Length() {
		t.Errorf("%d links to the method on %d cards, want one each", n, cards.Length())
	}
	if cards.Length() != 3 {
		t.Fatalf("%d cards; want 3", cards.Length())
	}
	var tags []string
	cards.Each(func(i int, c *goquery.Selection) {
		tags = append(tags, strings.TrimSpace(c.Find("h2 .lantern-tag").Text()))
		if c.Find("h3:contains('What would settle it') + ul li").Length() == 0 {
			t.Errorf("card %d does not say what would settle it", i+1)
		}
		if c.Find("figure svg").Length() == 0 || c.Find("details table tbody tr").Length() == 0 {
			t.Errorf("card %d has no picture, or no table beside it", i+1)
		}
		c.Find("td.lantern-num").Each(func(_ int, cell *goquery.Selection) {
			if h := c.Find("caption").Text(); small(strings.TrimSpace(cell.Text())) && !strings.Contains(h, "Effort") && cell.Index() == 1 {
				t.Errorf("card %d shows the small count %s", i+1, cell.Text())
			}
		})
	})
	want := []string{"Growing whatever we assume", "Growing only if extra looking found nothing", "Cannot be said"}
	if fmt.Sprint(tags) != fmt.Sprint(want) {
		t.Errorf("the tags are %q, want %q", tags, want)
	}
	if words := cards.Eq(2).Text(); !strings.Contains(words, "nobody recorded how hard anybody looked") || strings.Contains(words, "Yearly change") {
		t.Errorf("the card without effort says %q", words)
	}
	if href, _ := cards.Eq(0).Find("details a.govuk-link").Last().Attr("href"); href != "/help#growing" {
		t.Errorf("the method leads to %q", href)
	}
	home := l.SignIn(access.Chair, "care").Get("/").Want(http.StatusOK)
	if got := home.Doc.Find("#growing-or-looking .lantern-question__answer").Text(); got != lead {
		t.Errorf("home says %q, the page %q", got, lead)
	}
	n, err := database.One(context.Background(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE subject_kind = 'series'")
	if err != nil || n != 1 {
		t.Errorf("%d lines of reading the page (%v), want 1", n, err)
	}
}

func TestAnotherWordingBreaksTheSeries(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", "referrals.csv", months("month,source,effort,count,definition", func(m, s int) string {
		return fmt.Sprintf("%d,%d,%s", 30+m, 20+m%3, map[bool]string{true: "child-criminal-exploitation v1", false: "county-lines v1"}[m < 12])
	}))
	chair := l.SignIn(access.Chair, "care")
	for _, path := range []string{"/growing", "/"} {
		page := chair.Get(path).Want(http.StatusOK)
		for _, cite := range []string{"child-criminal-exploitation", "county-lines"} {
			link := page.Doc.Find(`.lantern-base a[href="/definitions/` + cite + `/1"]`)
			if link.Length() == 0 || link.First().Text() != cite+" v1" {
				t.Errorf("%s does not open the wording of %s", path, cite)
			}
		}
	}
	page := chair.Get("/growing").Has("A comparison across the break is not like with like.")
	if page.Doc.Find("figure svg").Length() == 0 || !strings.Contains(page.Doc.Find("figure").First().Text(), "Break: definition") {
		t.Error("no break is drawn")
	}
	chair.Get("/definitions/county-lines/1").Want(http.StatusOK)
}

func TestWithoutSeriesThePageSaysWhomToAsk(t *testing.T) {
	l := apptest.New(t)
	page := l.SignIn(access.Manager, "council").Get("/growing").Want(http.StatusOK).Has("We cannot say").Has("24 months of counts with how hard it looked")
	if page.Doc.Find("section.lantern-card").Length() != 0 {
		t.Error("there is a card of no series")
	}
	l.Anonymous().Get("/growing").Want(http.StatusSeeOther)
}

func TestNamesInAFileAreText(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", "x.csv", months("month,source,series,what,source kind,effort,count", func(m, s int) string {
		return fmt.Sprintf("<b>Bold</b>,<i>things</i>,é<u>,%d,%d", 20+m%3, 6+(m+s)%3)
	}))
	page := l.SignIn(access.Manager, "council").Get("/growing").Want(http.StatusOK).Has("<b>Bold</b>")
	if !strings.Contains(page.Body, "&lt;b&gt;Bold&lt;/b&gt;") {
		t.Error("the title is not escaped")
	}
	if page.Doc.Find("main b, main i, main u").Length() != 0 {
		t.Error("a name out of a file became markup")
	}
}
