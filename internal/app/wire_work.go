package app

import (
	"lantern.example/lantern/internal/work"
	"lantern.example/lantern/internal/work/workweb"
)

// wireWork makes the actions and their pages. Rooms that ask things of people add themselves to
// a.WorkPages.Sources, and rooms that actions come from or are about to a.WorkPages.Rooms.
func (a *App) wireWork() {
	a.Work = work.NewStore(a.Clock, a.IDs, a.Audit, a.Accounts)
	a.WorkPages = &workweb.Pages{Site: a.Site, Work: a.Work, Accounts: a.Accounts, Partnership: a.Partnership, Keeper: a.Keeper, Rooms: map[string]workweb.Room{}}
	a.WorkPages.Mount(a.Router)
}
