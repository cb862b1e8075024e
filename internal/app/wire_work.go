package app

import (
	"context"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/work"
	"lantern.example/lantern/internal/work/workweb"
)

// wireWork makes the actions and their pages. Rooms that ask things of people add themselves to
// a.WorkPages.Sources, and rooms that actions come from or are about to a.WorkPages.Rooms.
func (a *App) wireWork() {
	a.Work = work.NewStore(a.Clock, a.IDs, a.Audit, a.Accounts)
	a.WorkPages = &workweb.Pages{Site: a.Site, Work: a.Work, Accounts: a.Accounts, Partnership: a.Partnership, Keeper: a.Keeper,
		Sources: []work.Source{work.SourceFunc(a.overdueContacts)},
		Rooms:   map[string]workweb.Room{"lead-gap": {Name: "Theme without a lead", Href: func(string) string { return "/leads" }}}}
	a.WorkPages.Mount(a.Router)
}

// overdueContacts puts leads whom nobody has spoken to in time on the community safety manager's list.
func (a *App) overdueContacts(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]work.Item, error) {
	if scope.Role != access.Manager {
		return nil, nil
	}
	set, err := a.Partnership.Settings(ctx, q)
	if err != nil {
		return nil, err
	}
	posts, err := a.Partnership.Posts(ctx, q)
	var out []work.Item
	for _, p := range posts {
		if p.Overdue {
			out = append(out, work.Item{ID: p.Theme.Code + "/" + p.Area.Code, Kind: "Lead", Title: "Speak to " + p.Lead.Name + " about " + p.Theme.Code + " " + p.Theme.Name,
				Note: "Not spoken to in time.", Due: today.AddDate(0, 0, set.ContactDays-p.Unspoken).Format(clock.ISODate), Href: partnershipweb.LeadHref(p.Theme.Code, p.Area.Code)})
		}
	}
	return out, err
}
