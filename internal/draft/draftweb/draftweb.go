// Package draftweb is where the page's script keeps what is being typed, and what a form page needs to
// take it up again: the notice that says so, with a way to begin afresh.
package draftweb

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages keep drafts.
type Pages struct {
	Site   *web.Site
	Drafts *draft.Store
}

// Mount registers the routes.
func (p *Pages) Mount(rt *web.Router) {
	rt.Post("/drafts/{form}/{subject}", web.Everyone, p.save)
	rt.Post("/drafts/{form}/{subject}/discard", web.Everyone, p.discard)
}

// save answers the script with the time it saved at, as JSON; anybody else with no content.
func (p *Pages) save(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, draft.MaxBytes+1024)
	if err := r.ParseForm(); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return fault.Wrap(fault.TooLarge, err, "This is longer than a draft can be (64 KB). Save the form, or shorten it.")
		}
		return fault.Wrap(fault.Invalid, err, "The draft could not be read: expected a form's fields.")
	}
	var at int64
	err := p.Site.DB.Write(r.Context(), func(tx *database.Tx) (err error) {
		at, err = p.Drafts.Save(r.Context(), tx, web.ScopeOf(r).Account, r.PathValue("form"), r.PathValue("subject"), r.PostForm)
		return err
	})
	if err != nil {
		return err
	}
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]string{"saved": hour(at)})
}

func hour(at int64) string { return clock.FromMicros(at).In(clock.London()).Format("15:04") }

func (p *Pages) discard(w http.ResponseWriter, r *http.Request) error {
	f := p.Site.NewForm("", "", &web.Field{Name: "next", Kind: web.Hidden, Max: 2000})
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "What you had typed was thrown away.", func(tx *database.Tx) (string, error) {
		err := p.Drafts.Discard(r.Context(), tx, web.ScopeOf(r).Account, r.PathValue("form"), r.PathValue("subject"))
		return web.SafeNext(f.Value("next")), err
	})
}

// Keeper is what a page with a form needs of drafts.
type Keeper struct {
	Site   *web.Site
	Drafts *draft.Store
}

type notice struct{ Saved, Discard, Next, Key string }

var noticePart = web.NewFragment[notice](files, "notice.html")

// Open makes f a form whose typing is kept under the names given, and fills it with what was kept before.
// The notice says that it did; it is empty when nothing was kept. Call it once the form holds its own
// values, so that the draft lies over them.
func (k Keeper) Open(r *http.Request, f *web.Form, form, subject string) (web.Fragment, error) {
	f.Draft = "/drafts/" + form + "/" + subject
	d, err := k.Drafts.Load(r.Context(), k.Site.DB.Reader(), web.ScopeOf(r).Account, form, subject)
	if err != nil || d == nil {
		return web.Fragment{}, err
	}
	f.Fill(d.Values)
	if v, err := strconv.ParseInt(d.Values.Get("ver"), 10, 64); err == nil && v > 0 {
		f.Ver = v // the version that was being edited: a change since then must be seen
	}
	lang := web.English
	if r.URL.Query().Get("lang") == web.Pseudo {
		lang = web.Pseudo
	}
	return web.RenderFragment(k.Site, lang, noticePart, notice{Saved: web.ShowDate(d.SavedAt), Discard: f.Draft + "/discard", Next: r.URL.RequestURI(), Key: k.Site.IDs.New()})
}

// Discard removes the reader's draft in the transaction of the act it was for.
func (k Keeper) Discard(ctx context.Context, tx *database.Tx, account, form, subject string) error {
	return k.Drafts.Discard(ctx, tx, account, form, subject)
}
