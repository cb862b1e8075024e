package app

import (
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/search"
)

// wireIdentity makes the stores of partners' records of people. It comes before intake, whose first sink it is.
func (a *App) wireIdentity() {
	a.Search = search.NewIndex()
	a.Identity = identity.NewStore(a.DB, a.Clock, a.IDs, a.Audit, a.Search)
}
