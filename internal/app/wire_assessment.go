package app

import (
	"context"

	"lantern.example/lantern/internal/assessment/assessmentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/work/workweb"
)

// wireAssessment mounts the pages of the local assessment. Its store, a sink of loads, is made with the intake.
func (a *App) wireAssessment() {
	a.Statements.Logged(a.Audit)
	(&assessmentweb.Pages{
		Site: a.Site, Statements: a.Statements, Partnership: a.Partnership, Work: a.Work, Accounts: a.Accounts, Audit: a.Audit, Keeper: a.Keeper,
		Owners: func(ctx context.Context, q database.Queryer, kinds []profile.Kind) (int, error) {
			records, err := a.Rooms.Holders(ctx, q)
			if err != nil {
				return 0, err
			}
			return records(ctx, kinds)
		},
	}).Mount(a.Router)
	a.WorkPages.Rooms[assessmentweb.ThemeKind] = workweb.Room{Name: "Theme", Href: assessmentweb.ThemePath}
}
