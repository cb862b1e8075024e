package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
)

type demoRoom = func(ctx context.Context, s access.Scope, w *world.World, accounts map[string]account.Account) error

// demoRooms are what rooms above the governance are filled with.
func (a *App) demoRooms() []demoRoom {
	return []demoRoom{a.demoPlaces, a.demoPartnership, a.demoPaper, a.demoSubjects, a.demoRights, a.demoHub, a.demoSharing}
}

// demoPaper makes tomorrow's paper, by the analyst, for the manager to sign.
func (a *App) demoPaper(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	var analyst account.Account
	for _, x := range w.Accounts {
		if x.Role == access.Analyst {
			analyst = accounts[x.Email]
			break
		}
	}
	scope, err := a.Accounts.Scope(ctx, analyst, access.Assessment)
	if err != nil {
		return err
	}
	p, err := a.Rooms.Shown(ctx, scope)
	if err != nil {
		return err
	}
	p.Lantern = a.Version
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := a.Papers.Make(ctx, tx, scope, p)
		return err
	})
}
