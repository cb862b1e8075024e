package app

import (
	"context"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
	"lantern.example/lantern/internal/work/workweb"
)

// wireWork makes the actions and their pages. Rooms that ask things of people add themselves to
// a.WorkPages.Sources, and rooms that actions come from or are about to a.WorkPages.Rooms.
func (a *App) wireWork() {
	a.Work = work.NewStore(a.Clock, a.IDs, a.Audit, a.Accounts)
	a.WorkPages = &workweb.Pages{Site: a.Site, Work: a.Work, Accounts: a.Accounts, Partnership: a.Partnership, Keeper: a.Keeper,
		Sources: []work.Source{work.SourceFunc(a.overdueContacts), work.SourceFunc(a.notesDue)},
		Rooms: map[string]workweb.Room{"lead-gap": {Name: "Theme without a lead", Href: func(string) string { return "/leads" }},
			partnership.ObjectiveKind: {Name: "Joint objective", Href: func(code string) string { return "/objectives/" + code }}}}
	a.Governance.Actions = func(ctx context.Context, s access.Scope, kind, code string) (web.Fragment, error) {
		f, _, err := a.WorkPages.Panel(ctx, s, work.Ref{Kind: kind, ID: code})
		return f, err
	}
	a.Governance.Efforts = append(a.Governance.Efforts, a.actionEfforts)
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

// notesDue puts the quarterly notes that somebody owes on their list.
func (a *App) notesDue(ctx context.Context, _ database.Queryer, scope access.Scope, _ time.Time) ([]work.Item, error) {
	due, err := a.Governance.NotesDue(ctx, scope)
	var out []work.Item
	for _, n := range due {
		out = append(out, work.Item{ID: n.ID, Kind: "Objective", Title: n.Title, Due: n.Due, Href: n.Href})
	}
	return out, err
}

// actionEfforts are the open actions about nobody, to be laid beside the objectives: the same work set twice shows.
func (a *App) actionEfforts(ctx context.Context, scope access.Scope) ([]partnershipweb.Effort, error) {
	rows, _, err := a.Work.List(ctx, a.DB.Reader(), scope, work.Query{State: work.Open, Limit: 500})
	var out []partnershipweb.Effort
	for _, x := range rows {
		if !access.Class(x.Class).Personal() {
			out = append(out, partnershipweb.Effort{Kind: "Action", Title: x.Title, Owner: x.AssigneeName, When: web.ShowDate(x.DueOn), Href: "/actions/" + x.ID})
		}
	}
	return out, err
}
