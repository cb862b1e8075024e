// Package workweb holds the pages of actions: everybody's list of their work, the register of actions, an
// action with all it ever was, and the forms that add, change, close and hand on.
package workweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages of actions.
type Pages struct {
	Site        *web.Site
	Work        *work.Store
	Accounts    *account.Store
	Partnership *partnership.Store
	Keeper      draftweb.Keeper
	// Sources are the other rooms that ask things of people; the composition root adds them.
	Sources []work.Source
	// Rooms say how to name and find what an action came from or is about, by the Ref's kind.
	Rooms map[string]Room
	// Boards know who asked after an action; nil until they are there.
	Boards *work.Boards
}

// Room is how a kind of record is named, and where it is shown.
type Room struct {
	Name string // "Blind spot"
	// Href is where the record with that id is, "" when it has no page.
	Href func(id string) string
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/work", web.Members, p.mine)
	rt.Get("/actions", web.Members, p.list)
	rt.Get("/actions/new", web.Members, p.addForm)
	rt.Post("/actions", web.Members, p.add)
	rt.Get("/actions/{id}", web.Members, p.show)
	rt.Get("/actions/{id}/edit", web.Members, p.editForm)
	rt.Post("/actions/{id}/edit", web.Members, p.edit)
	rt.Get("/actions/{id}/close", web.Members, p.closeForm)
	rt.Post("/actions/{id}/close", web.Members, p.close)
	rt.Get("/actions/{id}/owner", web.Members, p.ownerForm)
	rt.Post("/actions/{id}/owner", web.Members, p.owner)
	rt.Get("/actions/{id}/reopen", web.Members, p.reopenForm)
	rt.Post("/actions/{id}/reopen", web.Members, p.reopen)
}

// ClassNames are the data classes as forms and pages name them.
var ClassNames = map[access.Class]string{
	access.Open: "published", access.Partnership: "about nobody", access.Depersonal: "depersonalised", access.Identity: "identity", access.Contact: "contact details",
	access.Offending: "offending", access.Victimisation: "being harmed", access.Missing: "going missing", access.Education: "education",
	access.SocialCare: "social care", access.YouthJustice: "youth justice", access.Health: "health", access.Housing: "housing",
	access.Support: "support and youth work", access.Intelligence: "intelligence", access.FormerName: "former names",
}

func today(s *web.Site) string { return clock.Today(s.Clock).Format(clock.ISODate) }

// names are what the pages need to say who is who.
type names map[string]string

func (n names) agency(code string) string {
	if name := n[code]; name != "" {
		return name
	}
	return code
}

func (p *Pages) names(ctx context.Context) (names, error) {
	return p.Partnership.AgencyNames(ctx, p.Site.DB.Reader())
}

// people are the accounts that can own an action, as options by agency and name.
func (p *Pages) people(ctx context.Context, n names) ([]web.Option, error) {
	all, err := p.Accounts.All(ctx, p.Site.DB.Reader())
	var out []web.Option
	for _, a := range all {
		if !a.Disabled && a.Role != access.Subject {
			out = append(out, web.Option{Value: a.ID, Label: a.Name + ", " + n.agency(a.Agency)})
		}
	}
	return out, err
}

func (p *Pages) room(r work.Ref) (name, href string) {
	room, ok := p.Rooms[r.Kind]
	if !ok || room.Name == "" {
		name = strings.ReplaceAll(r.Kind, "-", " ")
		if name != "" {
			name = strings.ToUpper(name[:1]) + name[1:]
		}
		return name, ""
	}
	if room.Href != nil {
		href = room.Href(r.ID)
	}
	return room.Name, href
}

// readByAll stands on forms about what the whole partnership reads.
var readByAll = &web.Readers{By: "every member of every agency in the partnership. Name nobody whose safety it is about.", NotBy: "young people, families and the public."}

// readBy says who may read an action of a class.
func readBy(ctx context.Context, site *web.Site, scope access.Scope, class, owner string) *web.Readers {
	if !access.Class(class).Personal() {
		return readByAll
	}
	return site.ReadBy(ctx, scope, owner, access.Class(class))
}

// read is the audit line's part of a page that showed actions: nothing when none was about a person.
func read(kind, subject string, rows []work.Action) (web.Read, bool) {
	out := web.Read{Kind: kind, Subject: subject}
	seen := map[string]bool{}
	n := 0
	for _, a := range rows {
		if !access.Class(a.Class).Personal() {
			continue
		}
		n++
		if !seen[a.Owner] {
			seen[a.Owner] = true
			out.Owners = append(out.Owners, a.Owner)
		}
	}
	out.Words = web.ShowNumber(n) + " about a person"
	return out, n > 0
}

// consulted commits the audit line of a page that shows these actions, when any is about a person. It is
// called before the page is sent.
func (p *Pages) consulted(r *http.Request, kind, subject string, rows []work.Action) error {
	if line, personal := read(kind, subject, rows); personal {
		return p.Site.Consulted(r.Context(), web.ScopeOf(r), line)
	}
	return nil
}

// done answers a form: what the store would not have is said on the form, a conflict by conflict, and
// anything else is an error as usual.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, f *web.Form, said string, do func(tx *database.Tx) (string, error), again func(status int) error, conflict func() error) error {
	err := p.Site.Act(w, r, said, do)
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Refused):
		f.Problem, _ = fault.Words(err)
		return again(http.StatusUnprocessableEntity)
	case fault.Is(err, fault.Conflict) && conflict != nil:
		return conflict()
	}
	return err
}
