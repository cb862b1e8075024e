package app

import (
	"lantern.example/lantern/internal/work"
)

// wireWork makes the actions.
func (a *App) wireWork() {
	a.Work = work.NewStore(a.Clock, a.IDs, a.Audit, a.Accounts)
}
