package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/web"
)

// peer is a real provider in a process of its own: zitadel/oidc, from tools/oidcpeer.
type peer struct {
	t      *testing.T
	issuer string
	stdin  io.WriteCloser
}

// users are those the provider knows. Nobody has checked the third one's address.
var users = map[string]any{
	"u1": map[string]any{"ID": "u1", "Username": "ada", "Password": "ada's there", "Email": analyst, "EmailVerified": true, "PreferredLanguage": "en"},
	"u2": map[string]any{"ID": "u2", "Username": "new", "Password": "new's there", "Email": "new@police.example", "EmailVerified": true, "PreferredLanguage": "en"},
	"u3": map[string]any{"ID": "u3", "Username": "eve", "Password": "eve's there", "Email": "waiting@police.example", "EmailVerified": false, "PreferredLanguage": "en"},
}

func startPeer(t *testing.T) *peer {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "oidcpeer")
	build := exec.Command("go", "build", "-C", "../../tools/oidcpeer", "-o", program, ".") //nolint:gosec // fixed words
	if b, err := build.CombinedOutput(); err != nil {
		if os.Getenv("LANTERN_TEST_PROVIDER_REQUIRED") != "" {
			t.Fatalf("the provider cannot be built: %v\n%s", err, b)
		}
		t.Skipf("the provider cannot be built here: %v", err)
	}
	b, err := json.Marshal(users)
	if err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(dir, "users.json")
	if err := os.WriteFile(known, b, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, known) //nolint:gosec // built above
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = cmd.Wait() }) //nolint:errcheck // it was stopped
	issuer, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider said nothing: %v", err)
	}
	return &peer{t, strings.TrimSpace(issuer), in}
}

// with is a Lantern that people sign in to through the provider, at the provider's own time.
func (p *peer) with() *apptest.Lantern {
	p.t.Helper()
	secret := filepath.Join(p.t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("peer secret\n"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	l := apptest.Strict(p.t, config.Config{Provider: config.Provider{Issuer: p.issuer, ClientID: "lantern", SecretFile: secret, Name: "Testshire sign-in"}})
	l.Now.Advance(time.Since(l.Now.Now()))
	if _, err := io.WriteString(p.stdin, l.Server.URL+accountweb.BackPath+"\n"); err != nil {
		p.t.Fatal(err)
	}
	return l
}

// visit plays somebody's browser at the provider: it follows the page that sends them there, signs in, and comes back
// with what the provider sends to Lantern.
func (p *peer) visit(c *apptest.Client, leaving *apptest.Reply, name string) *apptest.Reply {
	p.t.Helper()
	leaving.Want(http.StatusOK)
	to, ok := strings.CutPrefix(leaving.Header.Get("Refresh"), "0; url=")
	if !ok || leaving.Doc.Find(`main a[href="`+to+`"]`).Length() != 1 {
		p.t.Fatalf("the page leads to %q, and has no link there", to)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	away := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Path, accountweb.BackPath) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := away.Get(to)
	if err != nil {
		p.t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	_ = res.Body.Close() //nolint:errcheck // read
	if err != nil {
		p.t.Fatal(err)
	}
	id, ok := doc.Find("input[name=id]").Attr("value")
	if !ok {
		p.t.Fatalf("the provider shows no sign-in page at %s: status %d", to, res.StatusCode)
	}
	res, err = away.PostForm(p.issuer+"/login/username", url.Values{"id": {id}, "username": {name}, "password": {name + "'s there"}})
	if err != nil {
		p.t.Fatal(err)
	}
	_ = res.Body.Close() //nolint:errcheck // not read
	back, err := res.Location()
	if err != nil {
		p.t.Fatalf("the provider did not send %s back: status %d", name, res.StatusCode)
	}
	return c.Get(back.RequestURI())
}

// One real provider serves all of these: it is slow to build and to start.
func TestSigningInThroughAProvider(t *testing.T) {
	p := startPeer(t)
	l := p.with()
	ctx := t.Context()
	add := func(in account.New) (a account.Account) {
		t.Helper()
		err := l.DB.Write(ctx, func(tx *database.Tx) (err error) { a, err = l.Accounts.Add(ctx, tx, in); return err })
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	fresh := add(account.New{Email: "new@police.example", Name: "New One", Agency: "police", Role: access.Analyst, Provider: true})
	add(account.New{Email: "waiting@police.example", Name: "Waiting", Agency: "police", Role: access.Analyst, Provider: true})
	begin := func(c *apptest.Client) *apptest.Reply {
		return c.Submit("/sign-in?next=/work", "/sign-in/provider", nil)
	}

	// Known there, but not connected here: an account with a password is not taken over by its address.
	c := l.Anonymous()
	if r := p.visit(c, begin(c), "ada"); r.Status != http.StatusUnauthorized || !strings.Contains(r.Text(".govuk-error-summary"), "no account here is connected") {
		t.Fatalf("not connected: status %d, %q", r.Status, r.Text(".govuk-error-summary"))
	}
	// An address that nobody has checked lets nobody in.
	if r := p.visit(c, begin(c), "eve"); r.Status != http.StatusUnauthorized {
		t.Errorf("an address that is not checked: status %d to %q", r.Status, r.Location)
	}
	// The account that waits for it is connected at the first sign-in, and led to a second step: a password there is one.
	d := l.Anonymous()
	if r := p.visit(d, begin(d), "new"); r.Location != "/sign-in/steps" {
		t.Fatalf("the account that waits: status %d to %q\n%s", r.Status, r.Location, r.Text("main"))
	}
	toApp(t, l, d)
	d.Get("/work").Want(http.StatusOK)

	// Ada connects hers, having shown who she is, and comes in through it from then on, with her second step here.
	ada := l.Anonymous()
	ada.Submit("/sign-in", "/sign-in", password(apptest.Password))
	code, _ := toApp(t, l, ada)
	if r := p.visit(ada, ada.Submit("/account", "/account/provider/connect", nil), "ada"); r.Location != "/account" {
		t.Fatalf("connecting: status %d to %q\n%s", r.Status, r.Location, r.Text("main"))
	}
	ada.Get("/account").Has("your account is connected")
	// Nobody else connects the same.
	chair := l.Anonymous()
	chair.Submit("/sign-in", "/sign-in", url.Values{"email": {apptest.Address(access.Chair, "police")}, "password": {apptest.Password}})
	toApp(t, l, chair)
	p.visit(chair, chair.Submit("/account", "/account/provider/connect", nil), "ada").Want(http.StatusConflict)

	l.Now.Advance(time.Minute)
	e := l.Anonymous()
	if r := p.visit(e, begin(e), "ada"); r.Location != "/sign-in/second" {
		t.Fatalf("through the provider: status %d to %q", r.Status, r.Location)
	}
	if r := e.Submit("/sign-in/second", "", url.Values{"code": {code()}}); r.Location != "/work" {
		t.Errorf("and the second step: status %d to %q", r.Status, r.Location)
	}

	// A session that began there lasts two hours in all, whatever is done in it: whoever was disabled there is out by then. One that began here is as before.
	for want, begun := range map[int64]string{account.ThroughFor.Microseconds(): "organisation%", account.Longest.Microseconds(): "password%"} {
		n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM web_session WHERE account <> '' AND NOT half AND ended_at IS NULL AND how LIKE $1 AND expires_at - created_at <> $2", begun, want)
		some, err2 := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM web_session WHERE account <> '' AND NOT half AND ended_at IS NULL AND how LIKE $1", begun)
		if err != nil || err2 != nil || n != 0 || some == 0 {
			t.Errorf("sessions that began with %s: %d of %d last another time (%v, %v)", begun, n, some, err, err2)
		}
	}

	// Signing in anew there counts as showing who one is, and what was sent goes on.
	done := 0
	l.Router.Post("/test/act", web.Everyone, func(w http.ResponseWriter, r *http.Request) error {
		if err := l.Site.Recent(r); err != nil {
			return err
		}
		return l.Site.Act(w, r, "", func(*database.Tx) (string, error) { done++; return "/work", nil })
	})
	l.Now.Advance(-time.Minute + web.RecentFor + time.Second)
	// The provider goes by the real time; Lantern is a few minutes ahead, within what it allows for a fresh sign-in.
	back := -(web.RecentFor + time.Second)
	ask := d.Post("/test/act", url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusForbidden)
	v := url.Values{}
	ask.Doc.Find(`main form[action="/confirm/provider"] input[type=hidden]`).Each(func(_ int, s *goquery.Selection) { v.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	if ask.Doc.Find(`main input[name=password]`).Length() != 0 {
		t.Error("an account without a password is asked for one")
	}
	leaving := d.Post("/confirm/provider", v)
	if !strings.Contains(leaving.Header.Get("Refresh"), "prompt=login") {
		t.Errorf("asked with %q, want to sign in anew", leaving.Header.Get("Refresh"))
	}
	l.Now.Advance(back)
	if r := p.visit(d, leaving, "new"); r.Location != "/work" || done != 1 {
		t.Errorf("after showing who it is: status %d to %q, done %d times\n%s", r.Status, r.Location, done, r.Text("main"))
	}
	// As somebody else it does not.
	l.Now.Advance(web.RecentFor + time.Second)
	ask = d.Post("/test/act", url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusForbidden)
	ask.Doc.Find(`main form[action="/confirm/provider"] input[type=hidden]`).Each(func(_ int, s *goquery.Selection) { v.Set(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	leaving = d.Post("/confirm/provider", v)
	l.Now.Advance(back)
	if r := p.visit(d, leaving, "ada"); r.Status != http.StatusForbidden || done != 1 {
		t.Errorf("as somebody else: status %d, done %d times", r.Status, done)
	}

	// An answer brought to another browser, or brought twice, lets nobody in.
	f, g := l.Anonymous(), l.Anonymous()
	to := begin(f)
	begin(g)
	if r := p.visit(g, to, "ada"); r.Status != http.StatusUnauthorized {
		t.Errorf("an answer to another browser's question: status %d to %q", r.Status, r.Location)
	}
	if r := f.Get(accountweb.BackPath + "?code=made-up&state=made-up"); r.Status != http.StatusUnauthorized {
		t.Errorf("a made-up answer: status %d", r.Status)
	}
	if r := f.Get(accountweb.BackPath); r.Status != http.StatusUnauthorized {
		t.Errorf("nothing asked: status %d", r.Status)
	}
	// Closed means closed, whatever the provider says.
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return l.Accounts.Disable(ctx, tx, fresh.ID) }); err != nil {
		t.Fatal(err)
	}
	if r := p.visit(f, begin(f), "new"); r.Status != http.StatusUnauthorized {
		t.Errorf("a closed account: status %d to %q", r.Status, r.Location)
	}
	// The only way in is not taken away; where there is a password, it is.
	ada.Submit("/account", "/account/provider/disconnect", nil).Want(http.StatusSeeOther)
	if r := p.visit(f, begin(f), "ada"); r.Status != http.StatusUnauthorized {
		t.Errorf("disconnected: status %d to %q", r.Status, r.Location)
	}
}

func TestWithoutAProviderThereIsNone(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	c := l.Anonymous()
	if n := c.Get("/sign-in").Doc.Find(`form[action="/sign-in/provider"]`).Length(); n != 0 {
		t.Error("the sign-in page offers a provider")
	}
	c.Post("/sign-in/provider", url.Values{"form_key": {l.IDs.New()}}).Want(http.StatusNotFound)
	c.Get(accountweb.BackPath + "?code=x&state=y").Want(http.StatusNotFound)
}
