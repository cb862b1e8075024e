package e2e

import (
	"flag"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder to keep pictures of every page in, for every role, wide and narrow")

// starts are where a crawl begins: home leads to what the navigation has, and the rest is for everybody.
var starts = []string{"/", "/purpose"}

// smallest is the width that WCAG 2.2 asks pages to fit without scrolling sideways (1.4.10).
const smallest = 320

var widths = []int64{1280, 375}

func TestPages(t *testing.T) {
	l := start(t)
	looked := map[string]bool{}
	for _, a := range l.roles() {
		t.Run(a.Role, func(t *testing.T) {
			w, ok := crawled[a.Role] // by TestReadingChangesNothing, when it ran
			if !ok {
				w.visitor = l.signIn(t, a)
				w.found = w.visitor.crawl(t, starts...)
			}
			b := open(t, l.URL)
			b.as(w.visitor)
			if *shots != "" { // every role's own pictures
				clear(looked)
			}
			for _, f := range w.found {
				switch {
				case f.status != http.StatusOK:
					t.Errorf("%s links to %s, which answers %d", f.from, f.path, f.status)
				case f.html && (f.path == "/" || !looked[f.route]):
					looked[f.route] = true
					b.look(a.Role, f.path)
				}
			}
			if !looked["no such page"] {
				looked["no such page"] = true
				b.look(a.Role, noSuchPage)
			}
		})
	}
	t.Run("signed out", func(t *testing.T) {
		open(t, l.URL).look("signed-out", "/sign-in")
	})
	t.Logf("%d kinds of page", len(looked))
}

const noSuchPage = "/no-such-page"

// look opens a page and tells of everything that is wrong with it. When pictures are asked for it takes
// them, and runs axe at each width.
func (b *tab) look(who, path string) {
	b.t.Helper()
	b.heard()
	b.do(chromedp.EmulateViewport(widths[0], 900), chromedp.Navigate(b.own+path))
	b.settle()
	b.tell(who, path)
	if ask[string](b, `document.querySelector("h1") ? document.querySelector("h1").textContent.trim() : ""`) == "" {
		b.t.Errorf("%s, as %s: the page has no main heading", path, who)
	}
	for i, width := range widths {
		if i > 0 {
			b.do(chromedp.EmulateViewport(width, 812))
		}
		if i == 0 || *shots != "" {
			for _, fault := range b.axe() {
				b.t.Errorf("%s, as %s, %d wide: axe: %s", path, who, width, fault)
			}
		}
		if *shots != "" {
			b.shoot(filepath.Join(*shots, who, fileName(path)+"-"+strconv.FormatInt(width, 10)+".png"), width)
		}
	}
	b.do(chromedp.EmulateViewport(smallest, 812))
	if got := ask[int64](b, `document.documentElement.scrollWidth`); got > smallest {
		b.t.Errorf("%s, as %s: the page is %d wide in a window of %d; too wide: %s", path, who, got, smallest, strings.Join(ask[[]string](b, tooWide), ", "))
	}
	b.tell(who, path)
}

// tooWide lists the innermost elements that reach beyond the window, or whose words do, and are not in a
// region that scrolls.
const tooWide = `[...document.querySelectorAll("body *")].filter(e => {
	if (e.closest(".lantern-scroll, .govuk-visually-hidden, svg")) return false;
	const beyond = x => { const r = x.getBoundingClientRect(); return r.width > 0 && Math.max(r.right, r.left + x.scrollWidth) > innerWidth + 1 };
	return beyond(e) && ![...e.children].some(beyond);
}).slice(0, 5).map(e => e.tagName.toLowerCase() + (e.className ? "." + String(e.className).split(" ")[0] : "") + " " + JSON.stringify(e.textContent.trim().slice(0, 40)))`

// tell turns what the browser complained of into errors. That a missing page is missing is no complaint.
func (b *tab) tell(who, path string) {
	b.t.Helper()
	for _, c := range b.heard() {
		if path != noSuchPage || !strings.Contains(c, "404") {
			b.t.Errorf("%s, as %s: %s", path, who, c)
		}
	}
}

var notInFileNames = regexp.MustCompile(`[^a-z0-9]+`)

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// fileName is a page's address as the name of its picture, which is the same in every run.
func fileName(path string) string {
	name := strings.Trim(notInFileNames.ReplaceAllString(uuid.ReplaceAllString(strings.ToLower(path), "id"), "-"), "-")
	if name == "" {
		return "home"
	}
	if len(name) > 120 {
		name = name[:120]
	}
	return name
}

// TestProbes asks for the pages that the demonstration says are for some and not for others: to the others
// a record must answer as one that does not exist.
func TestProbes(t *testing.T) {
	l := start(t)
	if len(l.Probes) == 0 {
		t.Error("lantern demo --json names no probe")
	}
	visitors := map[string]*visitor{}
	for _, a := range l.Accounts {
		visitors[a.Email] = l.signIn(t, a)
	}
	for _, p := range l.Probes {
		missing := noSuch(p.Path)
		allowed := map[string]bool{}
		for _, email := range p.Allowed {
			allowed[email] = true
		}
		for email, v := range visitors {
			got := v.get(t, p.Path)
			if allowed[email] {
				if got.status != http.StatusOK {
					t.Errorf("%s, as %s, who may see it: status %d, want 200", p.Path, email, got.status)
				}
				continue
			}
			want := v.get(t, missing)
			if got.status != want.status || got.status != http.StatusNotFound || string(got.body) != string(want.body) {
				t.Errorf("%s, as %s, who may not see it: status %d; a record that does not exist (%s): status %d; the pages are the same: %v", p.Path, email, got.status, missing, want.status, string(got.body) == string(want.body))
			}
		}
	}
}

var identifier = regexp.MustCompile(`[0-9a-f]{12}(/|\?|$)`)

// noSuch is the address of a record like the one at path, with an id that nothing has.
func noSuch(path string) string {
	loc := identifier.FindStringIndex(path)
	if loc == nil {
		return path + "-no-such"
	}
	return path[:loc[0]] + "ffffffffffff" + path[loc[0]+12:]
}

func TestNoSuch(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"/people/0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "/people/0193a1b2-c3d4-7e5f-8a9b-ffffffffffff"},
		{"/people/0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/timeline", "/people/0193a1b2-c3d4-7e5f-8a9b-ffffffffffff/timeline"},
		{"/places/home", "/places/home-no-such"},
	} {
		if got := noSuch(c.path); got != c.want {
			t.Errorf("noSuch(%q) = %q, want %q", c.path, got, c.want)
		}
	}
}
