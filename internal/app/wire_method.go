package app

import "lantern.example/lantern/internal/method/methodweb"

// wireMethod mounts the pages that say how figures are worked out.
func (a *App) wireMethod() { (&methodweb.Pages{Site: a.Site}).Mount(a.Router) }
