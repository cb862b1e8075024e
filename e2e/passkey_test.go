package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// serveEmpty starts lantern serve on a folder that nobody has an account in, and gives its address under the name
// that browsers make passkeys for, and the path of the first administrator's link.
func serveEmpty(t *testing.T) (site, first string) {
	t.Helper()
	dir := t.TempDir()
	program, err := binary(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "serve", "--addr", addr, "--data", filepath.Join(dir, "data")) //nolint:gosec // our own
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		_ = cmd.Wait()                          //nolint:errcheck // it was stopped
	})
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, path, ok := strings.Cut(lines.Text(), "/first?"); ok {
				found <- "/first?" + path
			}
		}
	}()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case path := <-found:
		return "http://localhost:" + port, path
	case <-time.After(patience):
		t.Fatalf("lantern serve printed no link in %s", patience)
		return "", ""
	}
}

// sendForm fills in the page's form of that action and sends it, and waits for what follows.
func (b *tab) sendForm(action string, values map[string]string) {
	b.t.Helper()
	var js strings.Builder
	fmt.Fprintf(&js, `(() => { const f = document.querySelector('main form[action^="%s"]'); if (!f) return false; const set = (n, v) => { const e = f.elements.namedItem(n); if (e instanceof RadioNodeList) e.value = v; else e.value = v; };`, action)
	for k, v := range values {
		fmt.Fprintf(&js, "set(%q, %q);", k, v)
	}
	js.WriteString("document.documentElement.dataset.left = 'yes'; setTimeout(() => f.requestSubmit(f.querySelector('[type=submit]')), 0); return true })()")
	if !ask[bool](b, js.String()) {
		b.t.Fatalf("%s has no form to %s", b.at(), action)
	}
	b.arrive()
}

// follow clicks what a selector finds and waits for the page that follows.
func (b *tab) follow(selector string) {
	b.t.Helper()
	if !ask[bool](b, fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (!e || e.hidden) return false; document.documentElement.dataset.left = "yes"; setTimeout(() => e.click(), 0); return true })()`, selector)) {
		b.t.Fatalf("%s has nothing to click at %s", b.at(), selector)
	}
	b.arrive()
}

// arrive waits until the page that was marked as left is gone and the next has loaded.
func (b *tab) arrive() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && !document.documentElement.dataset.left && !!document.querySelector("main")`))
		if err == nil && there {
			return
		}
		_ = chromedp.Do(ctx, chromedp.Sleep(30*time.Millisecond)) //nolint:errcheck // the loop's end says it
	}
	b.t.Fatalf("no page followed; the browser is at %s and said %q", b.at(), b.heard())
}

func (b *tab) at() string { b.t.Helper(); return ask[string](b, `location.pathname`) }

func (b *tab) title() string {
	b.t.Helper()
	return ask[string](b, `document.querySelector("h1").textContent.trim()`)
}

// isAt fails the test when the browser is at another page.
func (b *tab) isAt(path string) {
	b.t.Helper()
	if got := b.at(); got != path {
		b.t.Fatalf("the browser is at %s (%q), want %s", got, ask[string](b, `document.querySelector("main").textContent.trim().replace(/\s+/g, " ").slice(0, 300)`), path)
	}
}

// fine says what axe and the content policy have against the page.
func (b *tab) fine() {
	b.t.Helper()
	for _, fault := range b.axe() {
		b.t.Errorf("%s: axe: %s", b.at(), fault)
	}
	for _, c := range b.heard() {
		if strings.Contains(c, "content policy") || strings.Contains(c, "exception") {
			b.t.Errorf("%s: %s", b.at(), c)
		}
	}
}

// failed waits for a passkey button to say that it did not work.
func (b *tab) failed(selector string) {
	b.t.Helper()
	said := ask[string](b, fmt.Sprintf(`new Promise(done => {
		const e = document.querySelector(%q), until = Date.now() + 20000;
		e.click();
		const look = () => { const p = e.form.querySelector("[data-passkey-said]"); if (!p.hidden || Date.now() > until) done(p.hidden ? "" : p.textContent); else setTimeout(look, 30); };
		setTimeout(look, 30);
	})`, selector))
	if !strings.Contains(said, "No passkey was used") {
		b.t.Errorf("%s: it says %q, want that no passkey was used", b.at(), said)
	}
}

// The first administrator of a new Lantern makes a passkey as the second step and signs in with it, in a browser with
// an authenticator of its own.
func TestPasskeys(t *testing.T) {
	if why, _ := without(); why != "" && os.Getenv("LANTERN_TEST_BROWSER_REQUIRED") == "" {
		t.Skip(why)
	}
	site, first := serveEmpty(t)
	b := open(t, site)
	call(b, webauthn.Enable, webauthn.EnableParams{})
	key := call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}).AuthenticatorID
	const email, password = "ada@testshire.example", "three unlikely words"
	b.do(chromedp.Navigate(site + first))
	b.arrive()
	b.sendForm("/first", map[string]string{"partnership": "Safer Testshire", "agency": "Testshire County Council", "code": "TCC", "kind": "community-safety", "step": "0", "name": "Ada Tester", "email": email, "password": password})
	b.isAt("/sign-in/steps")
	b.fine()
	b.follow(`a[href="/sign-in/add-passkey"]`)
	b.isAt("/sign-in/add-passkey")
	b.fine()
	b.follow("[data-passkey-go]")
	if got := b.title(); got != "Keep your recovery codes" {
		t.Fatalf("after making a passkey the page is %q", got)
	}
	b.fine()
	b.follow(`a[href="/"]`)
	b.isAt("/")
	signOut := func() {
		b.do(chromedp.Navigate(site + "/account"))
		b.arrive()
		b.isAt("/account")
		b.follow(`form[action="/sign-out"] button`)
		b.isAt("/sign-in")
	}
	signOut()
	b.fine()
	// Without a word typed.
	b.follow(`form[action="/sign-in/passkey"] [data-passkey-go]`)
	b.isAt("/")
	signOut()
	// And as the second step behind a password.
	b.sendForm("/sign-in", map[string]string{"email": email, "password": password})
	b.isAt("/sign-in/second")
	b.fine()
	b.follow("[data-passkey-go]")
	b.isAt("/")
	// Whoever holds the device but is not its owner is not let in by it, nor is an answer that is not signed.
	signOut()
	verified := false
	call(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: key, IsUserVerified: verified})
	b.failed(`form[action="/sign-in/passkey"] [data-passkey-go]`)
	call(b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: key, IsUserVerified: !verified})
	bad := true
	for name, bits := range map[string]webauthn.SetResponseOverrideBitsParams{
		"not signed":                {AuthenticatorID: key, IsBogusSignature: &bad},
		"its owner was not checked": {AuthenticatorID: key, IsBadUV: &bad},
	} {
		call(b, webauthn.SetResponseOverrideBits, bits)
		b.follow(`form[action="/sign-in/passkey"] [data-passkey-go]`)
		if got := ask[string](b, `document.querySelector(".govuk-error-summary")?.textContent.trim().replace(/\s+/g, " ") ?? ""`); !strings.Contains(got, "passkey was not accepted") {
			t.Errorf("%s: at %s it says %q, want that it was not accepted", name, b.at(), got)
		}
		b.do(chromedp.Navigate(site + "/work"))
		b.arrive()
		b.isAt("/sign-in")
	}
}
