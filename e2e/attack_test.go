package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"lantern.example/lantern/internal/database"
)

// hostile is markup, a way out of a quoted string of SQL and a formula, in one text. Shown, kept or written to a
// file anywhere it must stay these characters.
const hostile = `="'><img src=x onerror=alert(1)><svg onload=alert(2)></textarea><script>alert(3)</script>;--`

// attacked starts a demonstration of its own: these tests leave it in disorder.
var attacked = sync.OnceValues(func() (*lantern, error) { return begin() })

// neverSent are forms that would end the attack: they are not about words anyway.
var neverSent = []string{"/sign-out"}

// Every kind of form that anybody is shown takes hostile words in every field, and no more fields than it has; then every
// page that shows those words does so as words, in a browser.
func TestHostileWordsInEveryField(t *testing.T) {
	l, err := attacked()
	if err != nil {
		t.Fatalf("the demonstration did not start: %v", err)
	}
	b := open(t, l.URL)
	if err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*page.EventJavascriptDialogOpening); ok {
			b.complain("a dialog: " + e.Message)
		}
	}); err != nil {
		t.Fatal(err)
	}
	forms, shown, sent := 0, map[string]bool{}, map[string]bool{}
	for _, a := range l.roles() {
		v := l.signIn(t, a)
		for _, f := range v.crawl(t, starts...) {
			if !f.html {
				continue
			}
			for _, form := range formsOf(f.answer.doc, f.path) {
				if sent[form.kind()] || slices.Contains(neverSent, form.action) {
					continue
				}
				if now := v.get(t, f.path); !now.shows(form, f.path) {
					continue // an attack before this one settled what it was about
				}
				sent[form.kind()] = true
				forms++
				v.attack(t, a.Role, f.path, form)
				if r := v.get(t, "/"); r.status == http.StatusSeeOther { // it ended the session
					v = l.signIn(t, a)
				}
			}
		}
		b.as(v)
		for _, f := range v.crawl(t, starts...) {
			if f.status >= 500 {
				t.Errorf("%s, as %s: status %d after hostile words", f.path, a.Role, f.status)
			}
			noFormulas(t, a.Role, f)
			if !f.html || shown[f.route] || !bytes.Contains(f.answer.body, []byte("onerror=alert")) {
				continue
			}
			shown[f.route] = true
			b.heard()
			b.do(chromedp.Navigate(l.URL + f.path))
			for _, c := range b.heard() {
				t.Errorf("%s, as %s, shows hostile words: %s", f.path, a.Role, c)
			}
			if n := ask[int](b, `document.querySelectorAll("img[src=x], svg[onload], main script").length`); n != 0 {
				t.Errorf("%s, as %s: hostile words became %d elements of the page", f.path, a.Role, n)
			}
		}
	}
	t.Logf("%d forms, shown on %d kinds of page", forms, len(shown))
	if forms < 30 || len(shown) < 5 {
		t.Errorf("%d forms were found and %d kinds of page show what was typed: is the search right?", forms, len(shown))
	}
}

// sent is one form as a page has it.
type sent struct {
	action, method string
	multipart      bool
	values         url.Values // with hostile words in every field that takes words
	file           string     // name of its file field
	hidden         []string   // names of its hidden fields
}

// kind is what a form has in common with those that the same handler reads alike, on whatever page they stand and
// whoever is shown them: where it goes, its fields, and the words in its hidden ones.
func (f sent) kind() string {
	var fields []string
	for name := range f.values {
		if slices.Contains(f.hidden, name) {
			name += "=" + pattern(f.values.Get(name))
		}
		fields = append(fields, name)
	}
	slices.Sort(fields)
	return f.method + " " + pattern(f.action) + " " + strings.Join(fields, " ") + " " + f.file
}

func formsOf(doc *goquery.Document, at string) []sent {
	var out []sent
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		f := sent{action: s.AttrOr("action", at), method: strings.ToUpper(s.AttrOr("method", "get")), multipart: s.AttrOr("enctype", "") == "multipart/form-data", values: url.Values{}}
		s.Find("input, textarea, select, button[name]").Each(func(_ int, e *goquery.Selection) {
			name := e.AttrOr("name", "")
			if name == "" {
				return
			}
			switch kind := e.AttrOr("type", "text"); {
			case goquery.NodeName(e) == "select":
				option := e.Find("option[value!='']").Last()
				f.values.Set(name, option.AttrOr("value", ""))
			case goquery.NodeName(e) == "textarea":
				f.values.Set(name, hostile)
			case goquery.NodeName(e) == "button" || kind == "hidden":
				f.values.Set(name, e.AttrOr("value", ""))
				if kind == "hidden" {
					f.hidden = append(f.hidden, name)
				}
			case kind == "checkbox" || kind == "radio":
				f.values.Set(name, e.AttrOr("value", "on"))
			case kind == "file":
				f.file = name
			case kind == "date" || e.AttrOr("inputmode", "") == "numeric":
				f.values.Set(name, map[bool]string{true: "2027", false: "3"}[strings.HasSuffix(name, "year")])
			default:
				f.values.Set(name, hostile)
			}
		})
		out = append(out, f)
	})
	return out
}

// shows reports whether a page has this form: the same fields, going to the same place.
func (a answer) shows(f sent, at string) bool {
	return a.doc != nil && slices.ContainsFunc(formsOf(a.doc, at), func(g sent) bool { return g.action == f.action && g.kind() == f.kind() })
}

// attack sends a form with a field that it does not have, and with hostile words in those that it has.
func (v *visitor) attack(t *testing.T, who, at string, f sent) {
	t.Helper()
	if f.method == http.MethodGet {
		address, _, _ := strings.Cut(f.action, "?")
		if r := v.get(t, address+"?"+f.values.Encode()); r.status >= 500 {
			t.Errorf("%s, as %s: asking %s for hostile words: status %d", at, who, f.action, r.status)
		}
		return
	}
	more := url.Values{}
	for k, x := range f.values {
		more[k] = x
	}
	more.Set("owner_agency", "WPOL")
	if status, _ := v.send(t, f, more); status != http.StatusBadRequest && status != http.StatusNotFound {
		t.Errorf("%s, as %s: the form to %s with a field that it does not have: status %d, want 400", at, who, f.action, status)
	}
	status, body := v.send(t, f, f.values)
	if status >= 500 {
		t.Errorf("%s, as %s: hostile words sent to %s: status %d\n%s", at, who, f.action, status, body)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if n := doc.Find(`img[src="x"], svg[onload], main script`).Length(); n != 0 {
		t.Errorf("%s, as %s: the answer to %s has %d elements made of hostile words", at, who, f.action, n)
	}
}

func (v *visitor) send(t *testing.T, f sent, values url.Values) (int, string) {
	t.Helper()
	var body bytes.Buffer
	kind := "application/x-www-form-urlencoded"
	if f.multipart {
		w := multipart.NewWriter(&body)
		for k, x := range values {
			for _, one := range x {
				if err := w.WriteField(k, one); err != nil {
					t.Fatal(err)
				}
			}
		}
		if f.file != "" {
			part, err := w.CreateFormFile(f.file, `../"><img src=x onerror=alert(4)>.csv`)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(part, "Forename,Surname,DOB\n\"%s\",\"%s\",01/02/2010\n", strings.ReplaceAll(hostile, `"`, `""`), "=1+1"); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		kind = w.FormDataContentType()
	} else {
		body.WriteString(values.Encode())
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.l.URL+f.action, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	res, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole below
	var said bytes.Buffer
	if _, err := said.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, said.String()
}

// noFormulas reads a CSV file that a link leads to: no cell may be taken for a formula.
func noFormulas(t *testing.T, who string, f found) {
	t.Helper()
	if path, _, _ := strings.Cut(f.path, "?"); !strings.HasSuffix(path, ".csv") || f.status != http.StatusOK {
		return
	}
	r := csv.NewReader(bytes.NewReader(f.answer.body))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Errorf("%s, as %s: %v", f.path, who, err)
	}
	for i, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=@\t\r", rune(cell[0])) {
				t.Errorf("%s, as %s, row %d: the cell %q is a formula to a spreadsheet", f.path, who, i+1, cell)
			}
		}
	}
}

// kept are tables that a read writes to, each for its reason.
var kept = map[string]string{
	"audit_entry": "every look is written down", "audit_leaf": "and put in order", "audit_hash": "and proved", "audit_pending": "and waits for it",
	"web_session": "when it was last used",
}

// Asking for pages, every one of every role, changes nothing but the log of who looked and the web session's hour.
func TestReadingChangesNothing(t *testing.T) {
	l := start(t)
	visitors := map[string]*visitor{}
	for _, a := range l.roles() {
		visitors[a.Role] = l.signIn(t, a)
	}
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(l.data, "lantern.db"), database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	before := rowsOf(t, db)
	if before["account"] == "" || before["source_record"] == "" {
		t.Fatalf("the tables that must not change are not among %d", len(before))
	}
	pages := 0
	for _, a := range l.roles() {
		found := visitors[a.Role].crawl(t, starts...)
		pages += len(found)
		for i := range found {
			found[i].answer = answer{} // hundreds of megabytes of pages
		}
		crawled[a.Role] = walk{visitors[a.Role], found}
	}
	after := rowsOf(t, db)
	for table, was := range before {
		if now := after[table]; now != was && kept[table] == "" {
			t.Errorf("asking for %d pages changed the table %s: %s before, %s after", pages, table, was, now)
		}
	}
}

// rowsOf gives, for each table, how many rows it has and a hash over all of them.
func rowsOf(t *testing.T, db *database.DB) map[string]string {
	t.Helper()
	names, err := database.Collect(t.Context(), db.Reader(), func(r database.Scanner) (n string, err error) { return n, r.Scan(&n) },
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_fts%'")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		rows, err := db.Reader().QueryContext(t.Context(), "SELECT * FROM "+name) //nolint:gosec,unqueryvet // every column of our own schema
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		n, sum := 0, uint64(0)
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			h := fnv.New64a()
			_, _ = fmt.Fprintf(h, "%v", values)
			sum += h.Sum64() // in any order
			n++
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
		out[name] = fmt.Sprintf("%d rows (%x)", n, sum)
	}
	return out
}
