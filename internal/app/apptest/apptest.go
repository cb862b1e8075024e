// Package apptest starts a whole Lantern for a test: temporary database, a clock that stands still, a cast
// of accounts in two agencies, and clients that behave as browsers do.
package apptest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership"
)

// Password is every test account's.
const Password = "three unlikely words"

// Now is when tests happen.
var Now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// Lantern is a running Lantern under test.
type Lantern struct {
	*app.App
	T      testing.TB
	Server *httptest.Server
	Now    *clock.Fixed
	// Accounts by address: ROLE@AGENCY.example, for agencies "police", "council", "school", "care".
	Cast map[string]account.Account
}

// Agencies every test partnership has.
var Agencies = []string{"police", "council", "school", "care"}

// New starts a Lantern on a temporary SQLite database. No second step is asked at sign-in.
func New(t testing.TB) *Lantern {
	t.Helper()
	return start(t, config.Config{}, true)
}

// With starts one as New does, set up as cfg says.
func With(t testing.TB, cfg config.Config) *Lantern {
	t.Helper()
	return start(t, cfg, true)
}

// On starts one on the database at an address, which is empty or migrated.
func On(t testing.TB, address string) *Lantern {
	t.Helper()
	return start(t, config.Config{DB: address}, true)
}

// Strict starts one as New does that asks for second steps, as every Lantern outside the demonstration does.
func Strict(t testing.TB, cfg config.Config) *Lantern {
	t.Helper()
	return start(t, cfg, false)
}

func start(t testing.TB, cfg config.Config, oneStep bool) *Lantern {
	t.Helper()
	now := clock.At(Now)
	dir := t.TempDir()
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	// The address is known before anything starts: passkeys and the way back from a provider depend on it.
	l0, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data, cfg.Addr = dir, l0.Addr().String()
	a, err := app.Open(context.Background(), cfg, app.Options{Clock: now, Log: log, OneStep: oneStep})
	if err != nil {
		t.Fatal(err)
	}
	l := &Lantern{App: a, T: t, Now: now, Cast: map[string]account.Account{}}
	var ins []account.New
	for _, agency := range Agencies {
		for _, role := range access.Roles {
			ins = append(ins, account.New{Email: Address(role, agency), Name: "Test " + string(role), Agency: agency, Role: role})
		}
	}
	err = a.DB.Write(context.Background(), func(tx *database.Tx) error {
		made, err := a.Accounts.AddAll(context.Background(), tx, Password, ins)
		for _, m := range made {
			l.Cast[m.Email] = m
		}
		if err != nil {
			return err
		}
		for _, code := range Agencies {
			in := partnership.Agency{Code: code, Name: "Test " + code, Kind: "other"}
			if err := a.Partnership.AddAgency(context.Background(), tx, access.System("test", access.Upkeep), in); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Server = httptest.NewUnstartedServer(a.Handler())
	if err := l.Server.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	l.Server.Listener = l0
	l.Server.Start()
	t.Cleanup(func() {
		l.Server.Close()
		if err := a.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return l
}

// Address is a test account's e-mail address.
func Address(role access.Role, agency string) string { return string(role) + "@" + agency + ".example" }

type testWriter struct{ testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// Client is a signed-in browser.
type Client struct {
	*http.Client
	l    *Lantern
	base string
}

// Anonymous is a browser that has not signed in.
func (l *Lantern) Anonymous() *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.T.Fatal(err)
	}
	return &Client{Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, l: l, base: l.Server.URL}
}

// SignIn is a browser signed in as a role of an agency.
func (l *Lantern) SignIn(role access.Role, agency string) *Client {
	l.T.Helper()
	c := l.Anonymous()
	r := c.Post("/sign-in", url.Values{"email": {Address(role, agency)}, "password": {Password}})
	if r.Status != http.StatusSeeOther {
		l.T.Fatalf("signing in as %s of %s: status %d\n%s", role, agency, r.Status, r.Body)
	}
	return c
}

// Reply is an answer, read whole.
type Reply struct {
	Status   int
	Header   http.Header
	Body     string
	Doc      *goquery.Document
	Location string
	t        testing.TB
}

func (c *Client) do(req *http.Request) *Reply {
	c.l.T.Helper()
	res, err := c.Do(req)
	if err != nil {
		c.l.T.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole below
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.l.T.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(b)))
	if err != nil {
		c.l.T.Fatal(err)
	}
	return &Reply{Status: res.StatusCode, Header: res.Header, Body: string(b), Doc: doc, Location: res.Header.Get("Location"), t: c.l.T}
}

// Send sends a request that a test made itself: a file.
func (c *Client) Send(req *http.Request) *Reply {
	c.l.T.Helper()
	return c.do(req)
}

// Get asks for a page.
func (c *Client) Get(path string) *Reply {
	c.l.T.Helper()
	req, err := http.NewRequest(http.MethodGet, c.base+path, nil)
	if err != nil {
		c.l.T.Fatal(err)
	}
	return c.do(req)
}

// Post sends values as they are.
func (c *Client) Post(path string, values url.Values) *Reply {
	c.l.T.Helper()
	req, err := http.NewRequest(http.MethodPost, c.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		c.l.T.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(req)
}

// PostBody posts a body of a media type as it is: a form with a file.
func (c *Client) PostBody(path, mediaType string, body []byte) *Reply {
	c.l.T.Helper()
	req, err := http.NewRequest(http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		c.l.T.Fatal(err)
	}
	req.Header.Set("Content-Type", mediaType)
	return c.do(req)
}

// Submit opens page, finds the form whose action is action (or the only post form in main when action is
// ""), fills in values over what the page has in it, and sends it.
func (c *Client) Submit(page, action string, values url.Values) *Reply {
	c.l.T.Helper()
	p := c.Get(page)
	if p.Status != http.StatusOK {
		c.l.T.Fatalf("GET %s: status %d", page, p.Status)
	}
	form := p.Doc.Find("main form[method=post]")
	if action != "" {
		form = p.Doc.Find(`main form[method=post][action="` + action + `"]`)
	}
	if form.Length() == 0 {
		c.l.T.Fatalf("%s has no form to %q", page, action)
	}
	form = form.First()
	out := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, ok := s.Attr("name")
		if !ok {
			return
		}
		switch kind, _ := s.Attr("type"); {
		case kind == "radio" || kind == "checkbox":
			if _, on := s.Attr("checked"); on {
				out.Add(name, s.AttrOr("value", "on"))
			}
		case goquery.NodeName(s) == "textarea":
			out.Set(name, s.Text())
		case goquery.NodeName(s) == "select":
			out.Set(name, s.Find("option[selected]").AttrOr("value", s.Find("option").First().AttrOr("value", "")))
		case kind != "file":
			out.Set(name, s.AttrOr("value", ""))
		}
	})
	for k, v := range values {
		out[k] = v
	}
	return c.Post(form.AttrOr("action", page), out)
}

// Text is the text of what a selector finds, white space folded.
func (r *Reply) Text(selector string) string {
	return strings.Join(strings.Fields(r.Doc.Find(selector).Text()), " ")
}

// Want fails the test when the status is not the one given.
func (r *Reply) Want(status int) *Reply {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("status %d, want %d\n%s", r.Status, status, r.Text("main"))
	}
	return r
}

// Has fails the test when the page's main part lacks a text.
func (r *Reply) Has(text string) *Reply {
	r.t.Helper()
	if !strings.Contains(r.Text("main"), text) {
		r.t.Errorf("the page does not say %q; it says:\n%s", text, r.Text("main"))
	}
	return r
}
