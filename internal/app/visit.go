package app

import (
	"context"
	"net/http"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/web"
)

// visit answers a page to an account as the site would, without a browser, and reports the status.
func (a *App) visit(ctx context.Context, acc account.Account, path string) (int, error) {
	purpose := account.Purposes(acc.Role)[0]
	scope, err := a.Accounts.Scope(ctx, acc, purpose)
	if err != nil {
		return 0, err
	}
	v := &web.Viewer{Scope: scope, Name: acc.Name, AgencyName: acc.Agency, RoleName: accountweb.RoleNames[acc.Role], PurposeName: accountweb.PurposeNames[purpose], Proved: a.Clock.Now()}
	r, err := http.NewRequestWithContext(web.WithViewer(ctx, v), http.MethodGet, path, nil)
	if err != nil {
		return 0, err
	}
	w := statusOnly{header: http.Header{}, status: http.StatusOK}
	a.Router.Handler().ServeHTTP(&w, r)
	return w.status, nil
}

// statusOnly takes an answer and keeps its status.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header         { return w.header }
func (w *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (w *statusOnly) WriteHeader(status int)      { w.status = status }
