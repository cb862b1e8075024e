package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/demo/world"
)

type demoRoom = func(ctx context.Context, s access.Scope, w *world.World, accounts map[string]account.Account) error

// demoRooms are what rooms above the governance are filled with.
func (a *App) demoRooms() []demoRoom { return nil }

// demoGeography loads the invented county's boundaries.
func (a *App) demoGeography(ctx context.Context, s access.Scope, w *world.World) error { return nil }
