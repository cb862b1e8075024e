package e2e

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// found is one page that the crawl came to.
type found struct {
	path   string // with its query
	route  string // the route that answered, and the names in the query
	from   string // the page that links to it
	status int
	html   bool
	answer answer
}

// walk is what one visitor found; crawled keeps them, by role, since every role's is some hundreds of pages.
type walk struct {
	visitor *visitor
	found   []found
}

var crawled = map[string]walk{}

// mostChildren is how many addresses under one folder are asked for: there may be thousands of records.
const mostChildren = 20

// crawl follows the links of every page from the start, as whoever v is.
func (v *visitor) crawl(t *testing.T, starts ...string) []found {
	t.Helper()
	var out []found
	seen, children := map[string]bool{}, map[string]int{}
	queue := make([]found, 0, len(starts))
	add := func(path, from string) {
		p := pattern(path)
		folder := p[:strings.LastIndex(p, "/")+1]
		if seen[p] || children[folder] >= mostChildren {
			return
		}
		seen[p] = true
		children[folder]++
		queue = append(queue, found{path: path, from: from})
	}
	for _, s := range starts {
		add(s, "")
	}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		a := v.get(t, f.path)
		f.status, f.html, f.route, f.answer = a.status, a.html, a.route, a
		if _, query, ok := strings.Cut(pattern(f.path), "?"); ok {
			f.route += "?" + query
		}
		if a.status == http.StatusSeeOther && a.location != "" {
			if to, ok := v.inside(f.path, a.location); ok {
				add(to, f.path)
			}
			continue
		}
		out = append(out, f)
		if !a.html {
			continue
		}
		a.doc.Find("body a[href]").Each(func(_ int, s *goquery.Selection) {
			if to, ok := v.inside(f.path, s.AttrOr("href", "")); ok {
				add(to, f.path)
			}
		})
	}
	return out
}

// inside resolves a link and reports whether it stays on this Lantern.
func (v *visitor) inside(page, href string) (string, bool) {
	base, err := url.Parse(v.l.URL + page)
	if err != nil {
		return "", false
	}
	u, err := base.Parse(href)
	if err != nil || u.Scheme != base.Scheme || u.Host != base.Host || strings.HasPrefix(u.Path, "/assets/") {
		return "", false
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.Fragment = ""
	return u.RequestURI(), true
}

var record = regexp.MustCompile(`[0-9]`)

// pattern is what an address has in common with others of its kind: segments with a digit are ids, and of
// the query only the names count, without those that reorder or page a list.
func pattern(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	segments := strings.Split(u.Path, "/")
	for i, s := range segments {
		if record.MatchString(s) {
			segments[i] = "{}"
		}
	}
	var names []string
	for name := range u.Query() {
		if name != "sort" && name != "dir" && name != "page" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	p := strings.Join(segments, "/")
	if len(names) > 0 {
		p += "?" + strings.Join(names, "&")
	}
	return p
}

func TestPattern(t *testing.T) {
	for _, c := range []struct{ name, address, want string }{
		{"a plain page", "/actions", "/actions"},
		{"a record", "/people/0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/timeline", "/people/{}/timeline"},
		{"a code", "/places/W05000123", "/places/{}"},
		{"sorting and paging do not make another page", "/actions?dir=desc&page=3&sort=due", "/actions"},
		{"a view does", "/actions?view=all&state=open", "/actions?state&view"},
	} {
		if got := pattern(c.address); got != c.want {
			t.Errorf("%s: pattern(%q) = %q, want %q", c.name, c.address, got, c.want)
		}
	}
}
