// Command pages asks a running Lantern for pages as so many people would, and says how long they waited.
//
//	lantern demo --people 200000 --data DIR --addr 127.0.0.1:8080 &
//	go run ./bench/pages -url http://127.0.0.1:8080 -users 50 -think 2s -for 60s
//
// Each user signs in as one of the demonstration's accounts and opens a page, waits think time, and opens
// the next. It asks loopback addresses only. The times are from sending to the last byte, as the user's machine
// sees them; the load generator runs on the same machine, so its own work is in them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

var (
	base     = flag.String("url", "http://127.0.0.1:8080", "a Lantern on this machine")
	users    = flag.Int("users", 50, "people at once")
	think    = flag.Duration("think", 2*time.Second, "time between pages, on average")
	length   = flag.Duration("for", 60*time.Second, "how long")
	only     = flag.String("only", "", "these pages alone, with commas between: /definitions,/leads")
	password = flag.String("password", "lamps along the estuary", "the demonstration's password")
)

var emails = []string{"joy.okafor@wrenshire.example", "tomasz.brindle@wrenshire.example", "meera.hollinside@wrenshire.example", "dele.marshwick@wrenshire.example", "gemma.stanacre@wrenshire.example"}

var paths = []string{"/", "/work", "/actions", "/assessment", "/places", "/people", "/people?show=month", "search",
	"/definitions", "/leads", "/objectives", "/boards", "/community", "/reports", "/services"}

var names = []string{"Mohamed Ali", "Smith", "Aaron", "Siobhan", "Khan", "Jones", "Li", "Okafor"}

type sample struct {
	path string
	took time.Duration
	bad  bool
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

func run() error {
	if *only != "" {
		paths = strings.Split(*only, ",")
	}
	u, err := url.Parse(*base)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("only a Lantern on this machine is asked")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // what was measured until then is told
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	// Each account signs in once, and its readers share the session: more at once would be taken for somebody guessing.
	readers := make([]*http.Client, len(emails))
	for i, email := range emails {
		if readers[i], err = signIn(ctx, email); err != nil {
			return err
		}
	}
	var mu sync.Mutex
	var all []sample
	var wg sync.WaitGroup
	for i := range *users {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mine, err := visit(ctx, readers[i%len(readers)])
			if err != nil {
				fmt.Fprintln(os.Stderr, "pages: user", i, err)
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		}()
	}
	wg.Wait()
	report("all pages", all)
	for _, p := range paths {
		report(p, slices.DeleteFunc(slices.Clone(all), func(s sample) bool { return s.path != p }))
	}
	return nil
}

func report(name string, s []sample) {
	if len(s) == 0 {
		return
	}
	slices.SortFunc(s, func(a, b sample) int { return int(a.took - b.took) })
	at := func(q float64) time.Duration {
		return s[min(len(s)-1, int(q*float64(len(s))))].took.Round(time.Millisecond)
	}
	bad := 0
	for _, x := range s {
		if x.bad {
			bad++
		}
	}
	fmt.Printf("%-22s %6d pages  p50 %6v  p95 %6v  p99 %6v  worst %6v  failed %d\n", name, len(s), at(.5), at(.95), at(.99), s[len(s)-1].took.Round(time.Millisecond), bad)
}

var formKey = regexp.MustCompile(`name="form_key" value="([0-9a-f-]{36})"`)

func signIn(ctx context.Context, email string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	status, _, _, err := ask(ctx, c, http.MethodPost, "/sign-in", url.Values{"email": {email}, "password": {*password}})
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		return nil, fmt.Errorf("signing in as %s: %w", email, err)
	}
	return c, nil
}

// ask sends a request and reads the answer whole.
func ask(ctx context.Context, c *http.Client, method, path string, form url.Values) (status int, page string, took time.Duration, err error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, *base+path, body)
	if err != nil {
		return 0, "", 0, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	began := time.Now()
	res, err := c.Do(req)
	if err != nil {
		return 0, "", 0, err
	}
	defer res.Body.Close() //nolint:errcheck // read whole
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), time.Since(began), err
}

func visit(ctx context.Context, c *http.Client) ([]sample, error) {
	do := func(method, path string, form url.Values) (int, string, time.Duration, error) {
		return ask(ctx, c, method, path, form)
	}
	var out []sample
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return out, nil
		case <-time.After(time.Duration(rand.ExpFloat64() * float64(*think))):
		}
		path := paths[rand.IntN(len(paths))]
		var status int
		var took time.Duration
		var err error
		if path == "search" {
			_, page, _, err := do(http.MethodGet, "/people", nil)
			key := formKey.FindStringSubmatch(page)
			if err != nil || key == nil {
				continue
			}
			status, _, took, err = do(http.MethodPost, "/search", url.Values{"q": {names[rand.IntN(len(names))]}, "form_key": {key[1]}})
			if err != nil {
				break
			}
		} else if status, _, took, err = do(http.MethodGet, path, nil); err != nil {
			break
		}
		out = append(out, sample{path, took, status != http.StatusOK})
	}
	return out, nil
}
