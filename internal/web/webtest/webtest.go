// Package webtest checks templates: that each fits its view model, and that no visible string misses
// the catalogue.
package webtest

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lantern.example/lantern/internal/web"
)

// CheckTemplates runs every registered template whose name begins with prefix (e.g.
// "internal/work/workweb/") on an empty and on a filled view, in English and in the pseudo language, and
// looks for raw strings. Call it from a test in the package whose templates they are.
func CheckTemplates(t *testing.T, prefix string) {
	t.Helper()
	n := 0
	for _, c := range web.Registered() {
		if !strings.HasPrefix(c.Name(), prefix) {
			continue
		}
		n++
		t.Run(strings.TrimPrefix(c.Name(), prefix), func(t *testing.T) {
			for _, lang := range []string{web.English, web.Pseudo} {
				if _, err := c.CheckZero(lang); err != nil {
					t.Fatalf("the template does not fit its view (%s): %v", lang, err)
				}
			}
			src, err := c.Source()
			if err != nil {
				t.Fatal(err)
			}
			for _, raw := range RawStrings(src) {
				t.Errorf("%q is not said through the catalogue: write {{say %q}}", raw, raw)
			}
		})
	}
	if n == 0 {
		t.Fatalf("no template is registered under %q", prefix)
	}
}

// RawStrings lists the visible text of a template that stands outside an action: words in elements and
// in the attributes that are read out.
func RawStrings(src string) []string {
	var plain strings.Builder
	for { // actions become nothing, so that only raw text is left
		i := strings.Index(src, "{{")
		if i < 0 {
			plain.WriteString(src)
			break
		}
		plain.WriteString(src[:i])
		j := strings.Index(src[i:], "}}")
		if j < 0 {
			break
		}
		src = src[i+j+2:]
	}
	var raw []string
	note := func(s string) {
		s = strings.Join(strings.Fields(html.UnescapeString(s)), " ")
		if strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }) {
			raw = append(raw, s)
		}
	}
	z := html.NewTokenizer(strings.NewReader(plain.String()))
	skip := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return raw
		case html.TextToken:
			if !skip {
				note(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			skip = tok.Data == "script" || tok.Data == "style"
			for _, a := range tok.Attr {
				switch a.Key {
				case "alt", "title", "placeholder", "aria-label", "aria-description":
					note(a.Val)
				}
			}
		case html.EndTagToken:
			skip = false
		}
	}
}
