// Package contentweb holds the pages by which content is written, previewed, published, brought back and
// carried from one Lantern to another. A room that keeps content declares a Kind, with its fields and who may
// write it, and gets those pages; its list and its own way of showing an item are its own.
//
// It also holds the page of one form that edits what two people can edit (FormView, Answer): whoever is late
// sees both texts and chooses.
package contentweb

import (
	"embed"
	"net/http"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// FormView is a page with one form, what is saved now when somebody was quicker, and what it was before.
type FormView struct {
	web.Page
	Kept    web.Fragment
	Form    *web.Form
	Theirs  []web.Side
	Keep    string
	Before  []web.TimelineItem
	Older   []Older
	OldText string
}

// Older is an earlier version that can be brought back, or another way on from the form.
type Older struct{ Words, Href string }

// FormPage is the page of a FormView.
var FormPage = web.NewTemplate[FormView](files, "form.html")

// NewFormView makes the page of a form.
func NewFormView(title, lead string, f *web.Form, crumbs ...web.Link) *FormView {
	v := &FormView{Form: f}
	v.Title, v.Lead, v.HasErrors, v.Crumbs = title, lead, !f.Valid(), crumbs
	return v
}

// Asked is one form that was sent: how its page looks, what saving does, and what is saved now, for a change
// that comes too late.
type Asked struct {
	View  *FormView
	Form  *web.Form
	Draft [2]string // form and subject of the kept draft, which ends with the act; none when empty
	Said  string    // on the next page
	Do    func(tx *database.Tx) (string, error)
	Now   func() (*web.Form, error) // the same form, filled with what is saved now; nil when nobody can be late
}

// Answer saves a form that has been read, or shows its page again: with what is to be mended, with what the
// store would not have, or with both texts when somebody else was quicker.
func Answer(site *web.Site, keeper draftweb.Keeper, w http.ResponseWriter, r *http.Request, a Asked) error {
	a.View.Lead, a.View.HasErrors = "", true
	if !a.Form.Valid() {
		return web.RenderStatus(site, w, r, http.StatusUnprocessableEntity, FormPage, a.View)
	}
	err := site.Act(w, r, a.Said, func(tx *database.Tx) (string, error) {
		to, err := a.Do(tx)
		if err == nil && a.Draft[0] != "" {
			err = keeper.Discard(r.Context(), tx, web.ScopeOf(r).Account, a.Draft[0], a.Draft[1])
		}
		return to, err
	})
	switch {
	case fault.Is(err, fault.Conflict) && a.Now != nil:
		now, nerr := a.Now()
		if nerr != nil {
			return nerr
		}
		a.View.HasErrors = false
		a.View.Title, a.View.Lead = "Somebody else changed this first", "Nothing of theirs was lost, and yours is not saved yet: compare the two, then choose."
		a.View.Theirs, a.View.Keep = web.Sides(now, a.Form), a.Form.Cancel
		a.Form.Ver, a.Form.Key, a.Form.Submit = now.Ver, site.IDs.New(), "Save mine over theirs"
		return web.RenderStatus(site, w, r, http.StatusConflict, FormPage, a.View)
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Refused), fault.Is(err, fault.Conflict), fault.Is(err, fault.TooLarge):
		a.Form.Problem, _ = fault.Words(err)
		return web.RenderStatus(site, w, r, http.StatusUnprocessableEntity, FormPage, a.View)
	}
	return err
}
