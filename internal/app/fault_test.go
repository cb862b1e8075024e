package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
)

func newAction(c *apptest.Client, l *apptest.Lantern, title string) (fields url.Values) {
	fields = url.Values{}
	c.Get("/actions/new").Doc.Find(`main form[action="/actions"]`).Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		if name := s.AttrOr("name", ""); name != "" && !fields.Has(name) { // of radio buttons the first
			fields.Set(name, s.AttrOr("value", ""))
		}
	})
	for name := range fields {
		switch {
		case name == "title":
			fields.Set(name, title)
		case strings.HasSuffix(name, "-day"):
			fields.Set(name, "1")
		case strings.HasSuffix(name, "-month"):
			fields.Set(name, "12")
		case strings.HasSuffix(name, "-year"):
			fields.Set(name, "2026")
		case name == "owner" || name == "assignee":
			fields.Set(name, l.Cast[apptest.Address(access.Manager, "council")].ID)
		case name == "class":
			fields.Set(name, string(access.Partnership))
		case name == "why":
			fields.Set(name, "Agreed at the board.")
		}
	}
	return fields
}

func actions(t *testing.T, l *apptest.Lantern) int {
	t.Helper()
	n := 0
	if err := l.DB.Reader().QueryRowContext(context.Background(), "SELECT count(*) FROM action").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A double click, the back button, a network that sends again: twenty at once are one action and one answer.
func TestOneFormSentTwentyTimesAtOnceIsDoneOnce(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	fields := newAction(c, l, "Ring the home")
	had := actions(t, l)
	var wg sync.WaitGroup
	replies := make([]*apptest.Reply, 20)
	for i := range replies {
		wg.Add(1)
		go func() { defer wg.Done(); replies[i] = c.Post("/actions", fields) }()
	}
	wg.Wait()
	for i, r := range replies {
		if r.Status != http.StatusSeeOther || r.Location != replies[0].Location {
			t.Errorf("reply %d: status %d to %q, want 303 to %q as the first\n%s", i, r.Status, r.Location, replies[0].Location, r.Text("main"))
		}
	}
	if n := actions(t, l) - had; n != 1 {
		t.Errorf("%d actions were made of one form, want 1", n)
	}
}

// With the disk full pages that only read still come or say plainly that they cannot; nothing is half written; and
// it works again, without a restart, when there is room.
func TestAFullDisk(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	had := actions(t, l)
	long := newAction(c, l, "Ring the home")
	long.Set("why", strings.Repeat("because it is so ", 200))
	var pages int
	if err := l.DB.Pool().QueryRowContext(context.Background(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		t.Helper()
		var got int
		if err := l.DB.Pool().QueryRowContext(context.Background(), "PRAGMA max_page_count = "+strconv.Itoa(n)).Scan(&got); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages)
	full := 0
	for range 30 { // what is left of the last pages is soon used up
		long.Set("form_key", l.IDs.New())
		r := c.Post("/actions", long)
		if r.Status == http.StatusSeeOther {
			had++
			continue
		}
		full++
		if r.Status != http.StatusServiceUnavailable || !strings.Contains(r.Text("main"), "The disk is full. Nothing was changed.") {
			t.Fatalf("status %d: %q; want 503 in words", r.Status, r.Text("main"))
		}
	}
	if full == 0 {
		t.Fatal("the disk was never full")
	}
	if n := actions(t, l); n != had {
		t.Errorf("%d actions, want %d: those that were acknowledged and no other", n, had)
	}
	if r := c.Get("/about"); r.Status != http.StatusOK {
		t.Errorf("a page that only reads: status %d", r.Status)
	}
	if r := l.Anonymous().Get("/healthz"); r.Status != http.StatusOK {
		t.Errorf("health: status %d", r.Status)
	}
	limit(1 << 30)
	long.Set("form_key", l.IDs.New())
	if r := c.Post("/actions", long); r.Status != http.StatusSeeOther {
		t.Errorf("with room again: status %d\n%s", r.Status, r.Text("main"))
	}
}

// Whatever is not a page answers as such, whoever asks, and only with the methods a route declares.
func TestOnlyDeclaredMethods(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodTrace, "PROPFIND"} {
		for _, path := range []string{"/", "/actions", "/people", "/sign-in"} {
			req, err := http.NewRequest(method, l.Server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := c.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: status %d, want 405", method, path, res.StatusCode)
			}
		}
	}
}
