package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"lantern.example/lantern/internal/web/assets"
)

// without says why there can be no browser test on this machine; "" when there can.
func without() (why, program string) {
	if !assets.Ready() {
		return "the assets are not built: run make setup", ""
	}
	if _, err := os.Stat(axeFile); err != nil {
		return "axe is not here: run make setup", ""
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return "", p
		}
	}
	return "there is no Chromium on this machine: run make setup", ""
}

// chromium is one browser for all the tests of this package.
var chromium = sync.OnceValues(func() (context.Context, error) {
	_, program := without()
	dir, err := os.MkdirTemp("", "lantern-e2e-browser-")
	if err != nil {
		return nil, err
	}
	stops = append(stops, func() { _ = os.RemoveAll(dir) })
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(dir),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("enable-unsafe-swiftshader", true))
	ctx, stopProgram := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(ctx)
	stops = append(stops, stopProgram, stopBrowser)
	return ctx, chromedp.Do(ctx)
})

// tab is one tab with cookies of its own, and what the browser complained of in it.
type tab struct {
	t   *testing.T
	ctx context.Context
	own string // the site; requests to any other are complaints

	mu         sync.Mutex
	complaints []string
}

// open opens a tab, or skips the test where there is no browser.
func open(t *testing.T, site string) *tab {
	t.Helper()
	if why, _ := without(); why != "" {
		if os.Getenv("LANTERN_TEST_BROWSER_REQUIRED") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	browser, err := chromium()
	if err != nil {
		t.Fatalf("Chromium did not start: %v", err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, own: site}
	if err := errors.Join(chromedp.Do(ctx), chromedp.Listen(ctx, b.hear)); err != nil {
		t.Fatalf("a tab did not open: %v", err)
	}
	call(b, network.Enable, network.EnableParams{})
	// Violations of the content policy reach no protocol event, but every page can hear its own.
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `document.addEventListener("securitypolicyviolation", e => console.error("content policy: " + e.effectiveDirective + " refused " + (e.blockedURI || "inline")))`,
	})
	return b
}

// hear keeps what is worth a complaint. It runs inside the browser's message loop, before the command
// that caused the event returns.
func (b *tab) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var words []string
			for _, a := range e.Args {
				words = append(words, strings.Trim(string(a.Value), `"`)+a.Description)
			}
			b.complain("console: " + strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		words := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			words += " " + e.ExceptionDetails.Exception.Description
		}
		b.complain("exception: " + words)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.complain(string(e.Entry.Source) + ": " + e.Entry.Text + " " + e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, b.own+"/") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:"+b.own+"/") && u != "about:blank" {
			b.complain("a request to " + u)
		}
	}
}

func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	r, err := chromedp.Call(b.ctx, cmd, params)
	if err != nil {
		b.t.Fatalf("%s: %v", cmd.Method, err)
	}
	return r
}

func (b *tab) complain(words string) {
	if strings.Contains(words, "GPU stall") { // drawing without a graphics card, which is the test's machine
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, strings.TrimSpace(words))
}

// heard gives the complaints since it was last asked.
func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.complaints
	b.complaints = nil
	return out
}

// do runs steps, each given half a minute.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, s := range steps {
		ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
		err := chromedp.Do(ctx, s)
		cancel()
		if err != nil {
			b.t.Fatalf("%v; the browser said %q", err, b.heard())
		}
	}
}

// ask evaluates an expression in the page; promises are waited for.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		if len(expression) > 200 {
			expression = expression[:200] + "…"
		}
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// as gives the tab the cookies of somebody who has signed in.
func (b *tab) as(v *visitor) {
	b.t.Helper()
	u, err := url.Parse(v.l.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(u) {
		call(b, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: v.l.URL + "/"})
	}
}

// settle waits for the page's maps, which are drawn after the page has loaded.
func (b *tab) settle() {
	b.t.Helper()
	ask[bool](b, `new Promise(done => {
		const until = Date.now() + 15000;
		const look = () => {
			const waiting = [...document.querySelectorAll("[data-map]")].some(m => !m.dataset.mapState);
			if (waiting && Date.now() < until) setTimeout(look, 50); else requestAnimationFrame(() => done(true));
		};
		look();
	})`)
}

const axeFile = "../web/node_modules/axe-core/axe.min.js"

var axeSource = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile(axeFile)
	return string(b) + "\n;true", err
})

// axe lists what axe finds wrong with the page, a line for each rule.
func (b *tab) axe() []string {
	b.t.Helper()
	source, err := axeSource()
	if err != nil {
		b.t.Fatal(err)
	}
	ask[bool](b, source)
	return ask[[]string](b, `axe.run({resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.help + " at " + v.nodes.map(n => n.target.join(" ")).slice(0, 5).join(", ")))`)
}

// shoot keeps a picture of the whole page. The window is made as tall as the page, since a live map is not
// redrawn for a picture that reaches beyond it.
func (b *tab) shoot(file string, width int64) {
	b.t.Helper()
	const tallest = 12000
	tall := min(ask[int64](b, `document.documentElement.scrollHeight`), tallest)
	b.do(chromedp.EmulateViewport(width, tall), chromedp.Sleep(150*time.Millisecond))
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, picture, 0o644)
	}
	if err != nil {
		b.t.Errorf("%s: %v", file, err)
	}
}

// What the page tests rely on: that a bad page is complained of.
func TestComplaintsAreHeard(t *testing.T) {
	pages := map[string]string{
		"/console":   `<script src="/console.js"></script>`,
		"/exception": `<script src="/exception.js"></script>`,
		"/inline":    `<script>document.title = "inline"</script>`,
		"/style":     `<p style="color: red">Red</p>`,
		"/elsewhere": `<script src="/elsewhere.js"></script>`,
		"/missing":   `<img src="/no-such.png" alt="">`,
		"/contrast":  `<main><h1>Pale</h1><p class="pale">Pale words</p></main><link rel="stylesheet" href="/pale.css">`,
		"/good":      `<main><h1>Plain</h1><p>Plain words</p></main>`,
	}
	files := map[string]string{
		"/console.js":   `console.error("it went wrong")`,
		"/exception.js": `throw new Error("it broke")`,
		"/elsewhere.js": `new Image().src = "http://elsewhere.invalid/pixel.png"`,
		"/pale.css":     `.pale { color: #ddd; background: #fff }`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src *")
		if body, ok := pages[r.URL.Path]; ok {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>A page</title></head><body>%s</body></html>`, body)
			return
		}
		body, ok := files[r.URL.Path]
		if !ok && r.URL.Path != "/favicon.ico" {
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, ".css") {
			w.Header().Set("Content-Type", "text/css")
		} else {
			w.Header().Set("Content-Type", "text/javascript")
		}
		_, _ = fmt.Fprint(w, body)
	}))
	defer server.Close()
	b := open(t, server.URL)
	for _, c := range []struct{ path, want string }{
		{"/console", "it went wrong"}, {"/exception", "it broke"}, {"/inline", "content policy: script-src"}, {"/style", "content policy: style-src"},
		{"/elsewhere", "a request to http://elsewhere.invalid/pixel.png"}, {"/missing", "404"}, {"/good", ""},
	} {
		b.heard()
		b.do(chromedp.Navigate(server.URL + c.path))
		b.settle()
		got := strings.Join(b.heard(), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: the browser said %q, want %q in it", c.path, got, c.want)
		}
	}
	b.do(chromedp.Navigate(server.URL + "/contrast"))
	if got := strings.Join(b.axe(), "\n"); !strings.Contains(got, "color-contrast") {
		t.Errorf("axe found %q on a page with pale words, want color-contrast", got)
	}
	b.do(chromedp.Navigate(server.URL + "/good"))
	if got := b.axe(); len(got) > 0 {
		t.Errorf("axe found %q on a good page", got)
	}
}
