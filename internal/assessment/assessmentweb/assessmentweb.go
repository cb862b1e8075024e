// Package assessmentweb holds the pages of the local assessment: the blind spots, each theme with what was said and what
// is done about it, the statements and the form that writes them down, the day's working sheet, and one assessment
// beside the next.
//
// Every page is for every member: statements are about nobody. Who said what is not: no page shows a role beside words,
// an agency only where two of its voices spoke of the theme, and an interview only to the agency that holds its sheet.
// Package assessment decides that (Mask); the pages place what it gives them.
package assessmentweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// ThemeKind is the kind of a work.Ref to a theme; its id is the theme's code.
const ThemeKind = "theme"

// Path is where the assessment is.
const Path = "/assessment"

// ThemePath is a theme's page.
func ThemePath(code string) string { return Path + "/themes/" + code }

// Pages are the pages of the assessment.
type Pages struct {
	Site        *web.Site
	Statements  *assessment.Store
	Partnership *partnership.Store
	Work        *work.Store
	Accounts    *account.Store
	Audit       *audit.Log
	Keeper      draftweb.Keeper
	// Owners counts the agencies whose records hold events of some kinds, over the whole partnership: everybody reads
	// the same blind spots.
	Owners func(ctx context.Context, q database.Queryer, kinds []profile.Kind) (int, error)
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/assessment", web.Members, p.overview)
	rt.Get("/assessment/blind-spots.csv", web.Members, p.exportCSV)
	rt.Get("/assessment/blind-spots.xlsx", web.Members, p.exportXLSX)
	rt.Get("/assessment/themes/{code}", web.Members, p.theme)
	rt.Get("/assessment/themes/{code}/answer", web.Members, p.answerForm)
	rt.Post("/assessment/themes/{code}/answer", web.Members, p.answer)
	rt.Get("/assessment/themes/{code}/action", web.Members, p.actionForm)
	rt.Post("/assessment/themes/{code}/action", web.Members, p.action)
	rt.Get("/assessment/statements", web.Members, p.list)
	rt.Get("/assessment/statements/new", web.Members, p.captureForm)
	rt.Post("/assessment/statements", web.Members, p.capture)
	rt.Get("/assessment/statements/{id}", web.Members, p.show)
	rt.Get("/assessment/statements/{id}/correct", web.Members, p.correctForm)
	rt.Post("/assessment/statements/{id}/correct", web.Members, p.correct)
	rt.Get("/assessment/sheet", web.Members, p.sheet)
	rt.Get("/assessment/sheet.csv", web.Members, p.blankCSV)
	rt.Get("/assessment/sheet.xlsx", web.Members, p.blankXLSX)
	rt.Get("/assessment/compare", web.Members, p.compare)
}

var crumb = web.Link{Text: "Assessment", Href: Path}

// whole is everything the pages rest on, read at one moment.
type whole struct {
	themes []assessment.Theme
	all    []assessment.Statement
	masked []assessment.Masked
	result assessment.Result
}

func (p *Pages) whole(r *http.Request) (x whole, err error) {
	scope := web.ScopeOf(r)
	err = p.Site.DB.ReadOnly(r.Context(), func(q database.Queryer) error {
		if x.themes, err = assessment.ThemesIn(r.Context(), q, p.Partnership); err != nil {
			return err
		}
		if x.all, _, err = p.Statements.List(r.Context(), q, scope, assessment.Query{}); err != nil {
			return err
		}
		x.result, err = p.Statements.Analyse(r.Context(), q, scope, x.themes, func(ctx context.Context, kinds []profile.Kind) (int, error) {
			return p.Owners(ctx, q, kinds)
		})
		return err
	})
	x.masked = assessment.Mask(x.all, scope)
	return x, err
}

// spot is the finding on a theme, nil when fewer than two agencies spoke of it.
func (x whole) spot(code string) *assessment.BlindSpot {
	i := slices.IndexFunc(x.result.BlindSpots, func(b assessment.BlindSpot) bool { return b.Codes[0] == code })
	if i < 0 {
		return nil
	}
	return &x.result.BlindSpots[i]
}

// visible are the statements that may be listed: what one agency alone speaks of only where it is held.
func (x whole) visible() (out []assessment.Masked, hidden int) {
	for _, m := range x.masked {
		if m.Lone && !m.Held {
			hidden++
			continue
		}
		out = append(out, m)
	}
	return out, hidden
}

func (p *Pages) agencies(ctx context.Context) (map[string]string, error) {
	return p.Partnership.AgencyNames(ctx, p.Site.DB.Reader())
}

func nameOf(names map[string]string, code string) string {
	if n := names[code]; n != "" {
		return n
	}
	return code
}

// people are the accounts that can own an action, as options.
func (p *Pages) people(ctx context.Context, names map[string]string) ([]web.Option, error) {
	all, err := p.Accounts.All(ctx, p.Site.DB.Reader())
	out := []web.Option{{Value: "", Label: "Choose one person"}}
	for _, a := range all {
		if !a.Disabled && a.Role != access.Subject {
			out = append(out, web.Option{Value: a.ID, Label: a.Name + ", " + nameOf(names, a.Agency)})
		}
	}
	return out, err
}

// done answers a form: what the store would not have is said on the form, anything else is an error as usual.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, f *web.Form, said string, again func(status int) error, do func(tx *database.Tx) (string, error)) error {
	err := p.Site.Act(w, r, said, do)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		f.Problem, _ = fault.Words(err)
		return again(http.StatusUnprocessableEntity)
	}
	return err
}

func (p *Pages) today() string { return clock.Today(p.Site.Clock).Format(clock.ISODate) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// span says from when to when, from ISO dates.
func span(from, to string) string {
	switch {
	case from == "":
		return "on days that were not written down"
	case from == to:
		return "on " + web.ShowDate(from)
	}
	return "between " + web.ShowDate(from) + " and " + web.ShowDate(to)
}

// heard is the base of what the interviews say.
func heard(r assessment.Result) string {
	return fmt.Sprintf("%s %s; %s of %s.", plural(r.Interviews, "interview", "interviews"), span(r.From, r.To), plural(r.Voices, "voice", "voices"), plural(r.Agencies, "agency", "agencies"))
}

// known is an answer as a cell shows it: a word, with a shape that goes with it.
type known struct{ Word, Shape, Sub string }

func knownOf(a profile.Answer, sub string) known {
	switch a {
	case profile.Yes:
		return known{"Yes", "yes", sub}
	case profile.Partly:
		return known{"Partly", "partly", sub}
	case profile.No:
		return known{"No", "no", sub}
	case profile.NotKnown:
		return known{"Not known", "unheard", sub}
	}
	return known{"Not asked", "unheard", sub}
}

func inRecords(b assessment.BlindSpot) string {
	if b.DataAgencies == 0 {
		return ""
	}
	return plural(b.DataAgencies, "agency’s records", "agencies’ records")
}

func dataWord(b assessment.BlindSpot) known { return knownOf(b.InData, inRecords(b)) }
