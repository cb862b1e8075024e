package methodweb_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/docs/methods"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/method/methodweb/") }

// The methods of lantern analyse; each has a page of its name.
var analysed = []string{"agreement", "capture", "density", "disclosure", "flows", "hotspots", "market", "nearrepeat", "network", "outcomes", "prepost", "trend"}

func TestEveryMethodHasItsPage(t *testing.T) {
	l := apptest.New(t)
	visitor := l.Anonymous()
	there := map[string]bool{}
	list := visitor.Get("/methods").Want(http.StatusOK)
	list.Doc.Find(`main a[href^="/methods/"]`).Each(func(_ int, a *goquery.Selection) {
		there[strings.TrimPrefix(a.AttrOr("href", ""), "/methods/")] = true
	})
	for _, name := range append(analysed, methods.Names()...) {
		if !there[name] {
			t.Errorf("the list of methods does not lead to %s", name)
		}
	}
	for _, name := range methods.Names() {
		page := visitor.Get("/methods/" + name).Want(http.StatusOK)
		main := page.Doc.Find("main")
		if title := strings.TrimSpace(main.Find("h1").Text()); title == "" || main.Find("h1").Length() != 1 {
			t.Errorf("%s: title %q", name, title)
		}
		if main.Find("p.lantern-finding").Length() != 1 {
			t.Errorf("%s does not begin with what it answers", name)
		}
		prose := main.Clone()
		prose.Find("code").Remove()
		for _, raw := range []string{"](", "**", "|--", "##", "`"} {
			if strings.Contains(prose.Text(), raw) {
				t.Errorf("%s shows the Markdown %q", name, raw)
			}
		}
		main.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
			if to := strings.TrimPrefix(a.AttrOr("href", ""), "/methods/"); to != a.AttrOr("href", "") && !there[to] {
				t.Errorf("%s leads to the method %q, which has no page", name, to)
			}
		})
	}
	for _, name := range analysed {
		headings := visitor.Get("/methods/" + name).Want(http.StatusOK).Doc.Find("main h2").Text()
		for _, part := range []string{"What it assumes", "How it is worked out", "Worked example", "Sources"} {
			if !strings.Contains(headings, part) {
				t.Errorf("%s has no part %q", name, part)
			}
		}
	}
}

func TestAMethodNobodyKnowsIsNotFound(t *testing.T) {
	l := apptest.New(t)
	for _, path := range []string{"/methods/magic", "/methods/capture.md", "/methods/..%2Fhouse"} {
		l.Anonymous().Get(path).Want(http.StatusNotFound)
	}
}
