package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// account is one of the demonstration's sign-ins.
type account struct{ Name, Agency, Role, Email, Password string }

// probe is a page that only the named accounts may see.
type probe struct {
	Path    string
	Allowed []string
}

// lantern is a running demonstration.
type lantern struct {
	URL      string
	Accounts []account
	Probes   []probe
	data     string // its folder
}

// running starts one demonstration for all the tests of this package.
var running = sync.OnceValues(func() (*lantern, error) { return begin() })

// stops are called when the tests are over, last first.
var stops []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for _, stop := range slices.Backward(stops) {
		stop()
	}
	os.Exit(code)
}

func start(t *testing.T) *lantern {
	t.Helper()
	l, err := running()
	if err != nil {
		t.Fatalf("the demonstration did not start: %v", err)
	}
	return l
}

const patience = 3 * time.Minute // a cold machine builds the demonstration's records first

func begin() (*lantern, error) {
	dir, err := os.MkdirTemp("", "lantern-e2e-")
	if err != nil {
		return nil, err
	}
	stops = append(stops, func() { _ = os.RemoveAll(dir) })
	program, err := binary(dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, "demo", "--json", "--addr", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stops = append(stops, func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	line := make(chan []byte, 1)
	go func() {
		b, _ := bufio.NewReader(out).ReadBytes('\n') // an empty line is a failure, told below
		line <- b
		_, _ = io.Copy(io.Discard, out)
	}()
	l := lantern{data: filepath.Join(dir, "data")}
	select {
	case b := <-line:
		if err := json.Unmarshal(b, &l); err != nil {
			_ = cmd.Process.Kill()
			return nil, fmt.Errorf("lantern demo --json said %q: %w; and on standard error:\n%s", b, err, said.String())
		}
	case <-time.After(patience):
		return nil, fmt.Errorf("lantern demo --json said nothing in %s", patience)
	}
	l.URL = strings.TrimSuffix(l.URL, "/")
	if len(l.Accounts) == 0 {
		return nil, errors.New("lantern demo --json names no account")
	}
	return &l, nil
}

// binary is the program under test.
func binary(dir string) (string, error) {
	if given := os.Getenv("LANTERN_TEST_BINARY"); given != "" {
		return given, nil
	}
	program := filepath.Join(dir, "lantern")
	build := exec.Command("go", "build", "-o", program, "./cmd/lantern")
	build.Dir = ".."
	if b, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, b)
	}
	return program, nil
}

// roles are the first account of each role.
func (l *lantern) roles() []account {
	var out []account
	for _, a := range l.Accounts {
		if !slices.ContainsFunc(out, func(b account) bool { return b.Role == a.Role }) {
			out = append(out, a)
		}
	}
	return out
}

// visitor asks for pages over plain HTTP, with a browser's cookies.
type visitor struct {
	l      *lantern
	client *http.Client
}

func (l *lantern) anonymous(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{l, &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signIn fills in the sign-in page's own form.
func (l *lantern) signIn(t *testing.T, a account) *visitor {
	t.Helper()
	v := l.anonymous(t)
	page := v.get(t, "/sign-in")
	values := url.Values{"email": {a.Email}, "password": {a.Password}}
	page.doc.Find(`main form[method=post]:has(input[type=email]) input[type=hidden]`).Each(func(_ int, s *goquery.Selection) {
		values.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	res, err := v.client.PostForm(l.URL+"/sign-in", values)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // its body is not read
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || strings.HasPrefix(to, "/sign-in") {
		t.Fatalf("signing in as %s: status %d to %q, want 303 to a page inside", a.Email, res.StatusCode, to)
	}
	return v
}

// answer is a page as it arrived.
type answer struct {
	status   int
	html     bool // and not to be kept as a file
	body     []byte
	location string
	route    string // the route that answered, as the demonstration says
	doc      *goquery.Document
}

func (v *visitor) get(t *testing.T, path string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.l.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole below
	a := answer{status: res.StatusCode, location: res.Header.Get("Location"), route: res.Header.Get("Lantern-Route")}
	a.html = strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") && !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment")
	if a.body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	if a.doc, err = goquery.NewDocumentFromReader(bytes.NewReader(a.body)); err != nil {
		t.Fatal(err)
	}
	return a
}
