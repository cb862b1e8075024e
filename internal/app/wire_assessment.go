package app

import (
	"lantern.example/lantern/internal/assessment/assessmentweb"
	"lantern.example/lantern/internal/work/workweb"
)

// wireAssessment mounts the pages of the local assessment. Its store, a sink of loads, is made with the intake.
func (a *App) wireAssessment() {
	a.Statements.Logged(a.Audit)
	(&assessmentweb.Pages{
		Site: a.Site, Statements: a.Statements, Partnership: a.Partnership, Work: a.Work, Accounts: a.Accounts, Audit: a.Audit, Keeper: a.Keeper, Owners: a.Events.Owners,
	}).Mount(a.Router)
	a.WorkPages.Rooms[assessmentweb.ThemeKind] = workweb.Room{Name: "Theme", Href: assessmentweb.ThemePath}
}
