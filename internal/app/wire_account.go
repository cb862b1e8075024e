package app

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/account/provider"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// accounts are the accounts with what signing in needs: keys for second steps, the list of breached passwords, and the
// name that passkeys are made for.
func (a *App) accounts(cfg config.Config) (*account.Store, error) {
	set := account.Settings{Seals: a.Seals, Partnership: func(ctx context.Context) string {
		if a.Site == nil || a.Site.Partnership == nil {
			return ""
		}
		return a.Site.Partnership(ctx)
	}}
	set.Refused = func(ctx context.Context, tx *database.Tx, who account.Account, step string) error {
		line := audit.Line{Act: audit.Refusal, SubjectKind: "sign-in", Subject: who.ID, Words: "sign-in refused at the " + step}
		if who.Agency != "" {
			line.Owners = []string{who.Agency}
		}
		return a.Audit.Record(ctx, tx, access.System("sign-in", access.Upkeep), line)
	}
	set.Site, set.Origin = passkeySite(cfg)
	if cfg.Breached != "" {
		var err error
		if set.Breached, err = account.OpenBreached(cfg.Breached); err != nil {
			return nil, err
		}
	}
	return account.NewStore(a.DB, a.Clock, a.IDs, a.Sharing).With(set), nil
}

// newProvider prepares the organisation's own sign-in; nil where none was set up. Nothing is called.
func newProvider(cfg config.Config, c clock.Clock) (*provider.Provider, error) {
	if cfg.Provider.Issuer == "" {
		return nil, nil
	}
	secret := ""
	if cfg.Provider.SecretFile != "" {
		b, err := os.ReadFile(cfg.Provider.SecretFile)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The file with the provider's secret, %s, cannot be read.", cfg.Provider.SecretFile)
		}
		secret = strings.TrimSpace(string(b))
	}
	at := strings.TrimRight(cfg.Origin, "/")
	if at == "" {
		at = "http://" + cfg.Addr
	}
	return provider.New(cfg.Provider, secret, at+accountweb.BackPath, c), nil
}

// passkeySite is the name and the address that passkeys are made for: the origin people use or, on this machine alone,
// localhost. Browsers make none for a number such as 127.0.0.1. Without either there are none.
func passkeySite(cfg config.Config) (site, origin string) {
	if u, err := url.Parse(cfg.Origin); err == nil && cfg.Origin != "" {
		if net.ParseIP(u.Hostname()) != nil {
			return "", ""
		}
		return u.Hostname(), u.Scheme + "://" + u.Host
	}
	if cfg.Secure() {
		return "", "" // a certificate of our own, but nobody said for which name: --origin says it
	}
	_, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return "", ""
	}
	return "localhost", "http://localhost:" + port
}

func (a *App) wireAccount() {
	a.Account = &accountweb.Pages{
		Site: a.Site, Accounts: a.Accounts, Sessions: a.Sessions, Log: a.Audit, OneStep: a.oneStep,
		AgencyName: func(_ context.Context, code string) string { return code },
	}
	for _, x := range a.Config.TrustedProxies { // checked when it was set
		if p, err := netip.ParsePrefix(x); err == nil {
			a.Account.Proxies = append(a.Account.Proxies, p)
		}
	}
	a.Account.Provider = a.provider
	a.Account.Mount(a.Router)
}
