package web

import (
	"context"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"lantern.example/lantern/internal/access"
)

// TypedWord is a word that somebody typed and what the partnership means by it: a word such as “gang member” is not
// written without its meaning beside it.
type TypedWord struct {
	Word     string `json:"-"`
	Wording  string `json:"wording"`
	Cite     string `json:"cite"`     // which version that is: "gang-nominal v1"
	Standing string `json:"standing"` // "" when it is adopted; else how far it has come, in words
	Href     string `json:"href"`
}

const typedCookie = "lantern-typed"

// typedIn finds the words in a form that was sent. Passwords and the form's own fields are not looked at, nor what is
// written on the pages of the definitions themselves.
func (s *Site) typedIn(r *http.Request) []TypedWord {
	v := ViewerOf(r)
	if s.TypedWords == nil || v == nil || v.Scope.Role == access.Subject || r.PostForm == nil || strings.HasPrefix(r.URL.Path, "/definitions") || strings.HasPrefix(r.URL.Path, "/drafts") {
		return nil
	}
	var text strings.Builder
	for name, values := range r.PostForm {
		if name != keyField && name != "ver" && !strings.Contains(name, "password") {
			text.WriteString(strings.Join(values, " | ") + " | ")
		}
	}
	return s.typed(r.Context(), v.Scope, text.String())
}

func (s *Site) typed(ctx context.Context, scope access.Scope, text string) []TypedWord {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	out, err := s.TypedWords(ctx, scope, text)
	if err != nil { // the form itself is done: what its words mean is beside it
		s.Log.Error("the meaning of typed words could not be read", "error", err.Error())
	}
	return out
}

// keepTyped leaves the words, which are the partnership's own and about nobody, for the next page to explain.
func (s *Site) keepTyped(w http.ResponseWriter, r *http.Request) {
	var words []string
	for _, t := range s.typedIn(r) {
		words = append(words, t.Word)
	}
	if len(words) > 0 {
		http.SetCookie(w, &http.Cookie{Name: typedCookie, Value: url.QueryEscape(strings.Join(words, "|")), Path: "/", MaxAge: 60, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
	}
}

// takeTyped gives the words that the last form held, or that the form on this page holds.
func (s *Site) takeTyped(w http.ResponseWriter, r *http.Request) []TypedWord {
	v := ViewerOf(r)
	if s.TypedWords == nil || v == nil || v.Scope.Role == access.Subject {
		return nil
	}
	if r.Method != http.MethodGet {
		return s.typedIn(r)
	}
	c, err := r.Cookie(typedCookie)
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: typedCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode})
	text, err := url.QueryUnescape(c.Value)
	if err != nil || len(text) > 400 {
		return nil
	}
	return s.typed(r.Context(), v.Scope, text)
}

// citedWords are how a figure's base names the wording it counts by; see figure.Base.
var citedWords = regexp.MustCompile(`definition: ([a-z0-9][a-z0-9.-]{0,63}) v([0-9]{1,9})`)

// cited is a figure's base with the wording that it names made a link to that version.
func cited(base string) template.HTML {
	out := citedWords.ReplaceAllString(html.EscapeString(base), `definition: <a class="govuk-link" href="/definitions/$1/$2">$1 v$2</a>`)
	return template.HTML(out) //nolint:gosec // escaped above; the link is made of letters, digits, hyphens and stops
}

// methodNames say which method a link "The method and what it assumes" leads to, for whoever hears links without what stands around them.
var methodNames = map[string]string{
	"agreement": "agreement", "capture": "people on no list", "density": "density", "disclosure": "small numbers", "flows": "flows", "hotspots": "hot spots", "linkage": "which records are about one person",
	"linking": "joining records", "market": "size of the market", "nearrepeat": "near repeats", "network": "networks", "outcomes": "outcomes", "prepost": "before and after", "trend": "growing or looking",
}
