package app

import (
	"context"

	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/line"
	"lantern.example/lantern/internal/place"
)

// wirePlace makes the gazetteer, and what stands on it: events, which it locates, places and lines.
func (a *App) wirePlace() {
	a.Gazetteer = gazetteer.NewStore(a.Clock, a.IDs, a.Audit)
	a.Events = event.NewStore(a.Clock, a.IDs, a.Gazetteer)
	a.Places = place.NewStore(a.Clock, a.IDs, a.Audit, a.Gazetteer, a.Events, a.Work, a.Accounts)
	a.Lines = line.NewStore(a.Clock, a.IDs, a.Audit, a.Gazetteer)
}

// FillAreas places what came before its boundaries: events of one load, or of every load when loadID is "".
func (a *App) FillAreas(ctx context.Context, loadID string) (int64, error) {
	return a.Events.FillAreas(ctx, a.DB, a.Gazetteer, loadID)
}
