// Package intakeweb is the journey of a partner's file: sent in, recognised, its columns settled, whose records it
// holds and on what basis, a check of what would be taken, the load itself, what was refused and how to send it
// back, and undoing it.
//
// Each question is a page of its own, and nothing is asked twice: a file with the same columns as one that was settled
// before goes straight to its check. Answers stay with the upload on the server until it is loaded.
//
// Who may do what. Managers, analysts, practitioners and administrators load files for their own agency, or for another
// that has given them theirs. Pages show the shape of values, never the values; the rows themselves (the preview, the
// refused rows, the original) are the owner's identity records and are shown to those who may read such records: an
// administrator may load a file and see how many rows were refused and why, not the rows. Loads of other agencies
// answer as ones that do not exist.
package intakeweb

import (
	"context"
	"embed"
	"io"
	"net/http"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Original is a kept file.
type Original struct {
	ID, Name, SHA256 string
	Size             int64
}

// Files keeps originals.
type Files interface {
	// Save keeps what r gives as the sender's agency's own.
	Save(ctx context.Context, by access.Scope, name string, r io.Reader) (Original, error)
	// Read opens a file for Lantern's own work on it: recognising and checking.
	Read(ctx context.Context, id string) (io.ReaderAt, int64, error)
	// Open opens a file that the scope may read.
	Open(ctx context.Context, by access.Scope, id string) (io.Reader, Original, error)
	// Hand gives a file to the agency whose records it holds.
	Hand(ctx context.Context, tx *database.Tx, id, owner string, class access.Class) error
	// Remove takes away a file, unless something else was made of it.
	Remove(ctx context.Context, id string) error
}

// Agency is an agency of the partnership.
type Agency struct{ Code, Name string }

// Pages are the pages about files and loads.
type Pages struct {
	Site   *web.Site
	Intake *intake.Store
	Files  Files
	Audit  *audit.Log
	Limit  int64 // bytes of the largest file
	// Agencies lists the agencies in the partnership; AgencyName says one's name.
	Agencies   func(ctx context.Context) ([]Agency, error)
	AgencyName func(ctx context.Context, code string) string
	// AgreementTitle says a live agreement's title for its code.
	AgreementTitle func(ctx context.Context, code string) string
	// Linking says how far the work is of finding whose a load's records are: words, "" when there is nothing to say; going on.
	Linking func(ctx context.Context, loadID string) (words string, running bool, err error)
}

// Loaders may load files.
var Loaders = web.Only(access.Manager, access.Analyst, access.Practitioner, access.Administrator)

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/loads", Loaders, p.list)
	rt.Get("/loads/new", Loaders, p.sendForm)
	rt.Post("/loads/new", Loaders, p.receive)

	rt.Get("/loads/new/{id}/what", Loaders, p.what)
	rt.Post("/loads/new/{id}/what", Loaders, p.confirmWhat)
	rt.Get("/loads/new/{id}/again", Loaders, p.againForm)
	rt.Post("/loads/new/{id}/again", Loaders, p.again)
	rt.Get("/loads/new/{id}/reading", Loaders, p.readingForm)
	rt.Post("/loads/new/{id}/reading", Loaders, p.reading)
	rt.Get("/loads/new/{id}/format", Loaders, p.formatForm)
	rt.Post("/loads/new/{id}/format", Loaders, p.format)
	rt.Get("/loads/new/{id}/columns", Loaders, p.columnsForm)
	rt.Post("/loads/new/{id}/columns", Loaders, p.columns)
	rt.Get("/loads/new/{id}/preview", Loaders, p.previewForm)
	rt.Post("/loads/new/{id}/preview", Loaders, p.preview)
	rt.Get("/loads/new/{id}/whose", Loaders, p.whoseForm)
	rt.Post("/loads/new/{id}/whose", Loaders, p.whose)
	rt.Get("/loads/new/{id}/basis", Loaders, p.basisForm)
	rt.Post("/loads/new/{id}/basis", Loaders, p.basis)
	rt.Get("/loads/new/{id}/check", Loaders, p.checkForm)
	rt.Post("/loads/new/{id}/check", Loaders, p.start)
	rt.Post("/loads/new/{id}/discard", Loaders, p.discard)

	rt.Get("/loads/{id}", Loaders, p.load)
	rt.Get("/loads/{id}/undo", Loaders, p.undoForm)
	rt.Post("/loads/{id}/undo", Loaders, p.undo)
	rt.Post("/loads/{id}/retry", Loaders, p.retry)
	rt.Get("/loads/{id}/refused.xlsx", Loaders, p.refusedXLSX)
	rt.Get("/loads/{id}/refused.csv", Loaders, p.refusedCSV)
	rt.Get("/loads/{id}/original", Loaders, p.original)
}

var crumbs = []web.Link{{Text: "Files", Href: "/loads"}}

func at(id, page string) string {
	return "/loads/new/" + id + "/" + page
}

// upload is the upload that a page is about. Once it has been started its page is the load's: done says that the
// reader was sent there.
func (p *Pages) upload(w http.ResponseWriter, r *http.Request) (u intake.Upload, done bool, err error) {
	u, err = p.Intake.Upload(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return u, false, err
	}
	if u.Started {
		http.Redirect(w, r, "/loads/"+u.ID, http.StatusSeeOther)
		return u, true, nil
	}
	return u, false, nil
}

// next is the page with the first question that is still open.
func (p *Pages) next(ctx context.Context, by access.Scope, u intake.Upload) (string, error) {
	a := u.Answers
	if !a.Again {
		same, err := p.Intake.Same(ctx, p.Site.DB.Reader(), by, u.SHA256)
		if err != nil {
			return "", err
		}
		if same != nil {
			return at(u.ID, "again"), nil
		}
	}
	switch {
	case !a.Confirmed:
		return at(u.ID, "what"), nil
	case a.Owner == "":
		return at(u.ID, "whose"), nil
	case a.Basis == "":
		return at(u.ID, "basis"), nil
	}
	return at(u.ID, "check"), nil
}

// answer keeps the answers and goes on to the next open question; a form sent twice has one effect.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, u intake.Upload, also func(tx *database.Tx) error) error {
	to, err := p.next(r.Context(), web.ScopeOf(r), u)
	if err != nil {
		return err
	}
	return p.answerTo(w, r, u, to, also)
}

func (p *Pages) answerTo(w http.ResponseWriter, r *http.Request, u intake.Upload, to string, also func(tx *database.Tx) error) error {
	return p.Site.Act(w, r, "", func(tx *database.Tx) (string, error) {
		if also != nil {
			if err := also(tx); err != nil {
				return "", err
			}
		}
		return to, p.Intake.Answer(r.Context(), tx, web.ScopeOf(r), u.ID, u.Answers)
	})
}

// settleOwner fills in what follows from whose records a file holds: one's own need no basis but the purpose, and what names
// nobody needs none at all.
func settleOwner(u *intake.Upload, owner string) {
	a := &u.Answers
	a.Owner, a.Basis, a.Identify = owner, "", false
	switch {
	case intake.Published(a.Profiles):
		a.Basis, a.Identify = intake.OpenBasis, true
	case owner == u.Agency, !intake.NamesPeople(a.Profiles):
		a.Basis, a.Identify = intake.OwnBasis, true
	}
}

func titleOf(name string) string {
	if p, ok := profile.Find(name); ok {
		return p.Title
	}
	return name
}
