package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
)

// untouched is a Lantern nobody has an account in.
func untouched(t *testing.T) *apptest.Lantern {
	t.Helper()
	now := clock.At(apptest.Now)
	a, err := app.Open(context.Background(), config.Config{Data: t.TempDir()}, app.Options{Clock: now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	l := &apptest.Lantern{App: a, T: t, Now: now, Server: httptest.NewServer(a.Handler())}
	t.Cleanup(func() {
		l.Server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

var beginning = url.Values{
	"partnership": {"Safer Testshire"}, "agency": {"Testshire County Council"}, "code": {"TCC"}, "kind": {"community-safety"}, "step": {"0"},
	"name": {"Ada Tester"}, "email": {"ada@testshire.example"}, "password": {"three unlikely words"},
}

func with(change url.Values) url.Values {
	out := url.Values{}
	for k, v := range beginning {
		out[k] = v
	}
	for k, v := range change {
		out[k] = v
	}
	return out
}

func TestTheFirstAdministratorBegins(t *testing.T) {
	l := untouched(t)
	ctx := context.Background()
	link, err := l.FirstLink(ctx)
	if err != nil || !strings.HasPrefix(link, "/first?key=") {
		t.Fatalf("link %q, %v", link, err)
	}
	c := l.Anonymous()
	p := c.Get(link).Want(http.StatusOK)
	if n := p.Doc.Find("input[type=radio][name=step]").Length(); n != 4 {
		t.Errorf("%d steps to choose from, want 4", n)
	}
	for name, change := range map[string]struct {
		in   url.Values
		want string
	}{
		"no partnership":       {url.Values{"partnership": {""}}, "Enter the partnership's name"},
		"a short password":     {url.Values{"password": {"short"}}, "at least 12 characters"},
		"one's own name in it": {url.Values{"password": {"ada tester ada tester 1"}}, "Leave your own name"},
		"no step":              {url.Values{"step": {""}}, "Choose a step"},
		"a step there is not":  {url.Values{"step": {"7"}}, ""},
		"a code with a space":  {url.Values{"code": {"T C"}}, "agency code"},
		"no e-mail address":    {url.Values{"email": {"ada"}}, ""},
	} {
		r := c.Submit(link, "/first", with(change.in))
		if r.Status != http.StatusUnprocessableEntity || !strings.Contains(r.Text(".govuk-error-summary"), change.want) {
			t.Errorf("%s: status %d, %q; want 422 and %q", name, r.Status, r.Text(".govuk-error-summary"), change.want)
		}
		if strings.Contains(r.Body, "unlikely words") {
			t.Errorf("%s: the password is sent back", name)
		}
	}
	if n, err := l.Accounts.Count(ctx, l.DB.Reader()); err != nil || n != 0 {
		t.Fatalf("%d accounts after refusals (%v), want none", n, err)
	}
	if r := c.Submit(link, "/first", beginning).Want(http.StatusSeeOther); r.Location != "/sign-in/steps" {
		t.Errorf("sent on to %q, want the choice of a second step", r.Location)
	}
	c.Get("/purpose").Want(http.StatusSeeOther) // not before the second step
	toApp(t, l, c)
	// Signed in at once, as the administrator of the partnership.
	if got := c.Get("/purpose").Want(http.StatusOK).Doc.Find("body").Text(); !strings.Contains(got, "Ada Tester") {
		t.Error("the first administrator is not signed in")
	}
	a, err := l.Accounts.ByEmail(ctx, l.DB.Reader(), "ADA@testshire.example")
	if err != nil || a.Role != access.Administrator || a.Agency != "TCC" {
		t.Errorf("the account is %+v (%v)", a, err)
	}
	s, err := l.Partnership.Settings(ctx, l.DB.Reader())
	if err != nil || s.Name != "Safer Testshire" || s.Step != 0 {
		t.Errorf("the settings are %+v (%v)", s, err)
	}
	agency, err := l.Partnership.Agency(ctx, l.DB.Reader(), "TCC")
	if err != nil || agency.Name != "Testshire County Council" || !agency.Member {
		t.Errorf("the agency is %+v (%v)", agency, err)
	}
	lines, err := database.Collect(ctx, l.DB.Reader(), database.Value[string], "SELECT act || ' ' || subject_kind FROM audit_entry WHERE account = $1 ORDER BY id", a.ID)
	if err != nil || strings.Join(lines, ", ") != "alteration account, alteration agency, alteration partnership, alteration account, sign-in account" {
		t.Errorf("the log says %q (%v)", lines, err)
	}
	// Never again.
	for name, r := range map[string]*apptest.Reply{"the link": l.Anonymous().Get(link), "the form": l.Anonymous().Post("/first", with(url.Values{"form_key": {l.IDs.New()}, "key": {strings.TrimPrefix(link, "/first?key=")}}))} {
		if r.Status != http.StatusNotFound {
			t.Errorf("%s a second time: status %d, want 404", name, r.Status)
		}
	}
	if link, err := l.FirstLink(ctx); err != nil || link != "" {
		t.Errorf("another link was made: %q, %v", link, err)
	}
}

func TestNobodyElseBegins(t *testing.T) {
	l := untouched(t)
	link, err := l.FirstLink(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimPrefix(link, "/first?key=")
	for name, path := range map[string]string{"no key": "/first", "a wrong key": "/first?key=" + strings.Repeat("A", len(key)), "part of the key": "/first?key=" + key[:20]} {
		if r := l.Anonymous().Get(path); r.Status != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", name, r.Status)
		}
	}
	if r := l.Anonymous().Post("/first", with(url.Values{"form_key": {l.IDs.New()}, "key": {"wrong"}})); r.Status != http.StatusNotFound {
		t.Errorf("a form with a wrong key: status %d, want 404", r.Status)
	}
	l.Now.Advance(24*time.Hour + time.Second)
	if r := l.Anonymous().Get(link); r.Status != http.StatusNotFound {
		t.Errorf("a day later: status %d, want 404", r.Status)
	}
	// Where there are accounts already, as in any Lantern in use.
	used := apptest.New(t)
	if r := used.Anonymous().Get("/first?key=" + key); r.Status != http.StatusNotFound {
		t.Errorf("in a Lantern in use: status %d, want 404", r.Status)
	}
}

// Two people who have the link at the same moment: one of them becomes the administrator.
func TestOnlyOneBegins(t *testing.T) {
	l := untouched(t)
	link, err := l.FirstLink(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	key := strings.TrimPrefix(link, "/first?key=")
	var wg sync.WaitGroup
	statuses := make([]int, 4)
	for i := range statuses {
		c := l.Anonymous()
		wg.Add(1)
		go func() {
			defer wg.Done()
			statuses[i] = c.Post("/first", with(url.Values{"form_key": {l.IDs.New()}, "key": {key}, "email": {string(rune('a'+i)) + "@testshire.example"}})).Status
		}()
	}
	wg.Wait()
	won := 0
	for _, s := range statuses {
		if s == http.StatusSeeOther {
			won++
		}
	}
	if n, err := l.Accounts.Count(context.Background(), l.DB.Reader()); err != nil || n != 1 || won != 1 {
		t.Errorf("statuses %v, %d accounts (%v): want one of each", statuses, n, err)
	}
}
