package e2e

import (
	"errors"
	"slices"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/app/apptest"
)

// errNoDemonstration is a program without the demonstration: an empty Lantern is looked at instead.
var errNoDemonstration = errors.New("this build has no demonstration")

// inProcess starts an empty Lantern with an account for each role.
func inProcess(t *testing.T) *lantern {
	t.Helper()
	t.Log("this build has no demonstration: an empty Lantern is looked at, and dead links are only told of")
	l := apptest.New(t)
	out := &lantern{URL: l.Server.URL, empty: true}
	for _, role := range slices.Sorted(slices.Values(access.Roles)) {
		out.Accounts = append(out.Accounts, account{Name: "Test " + string(role), Agency: "council", Role: string(role), Email: apptest.Address(role, "council"), Password: apptest.Password})
	}
	for i, name := range []string{"Community safety manager", "Analyst", "Panel chair", "Youth worker", "School lead", "Information officer", "Kai, 15"} {
		a := out.Accounts[i]
		l.Account.Personas = append(l.Account.Personas, accountweb.Persona{Name: a.Name, Role: name, Agency: a.Agency, About: "What somebody with this work would open first.", Email: a.Email, Password: a.Password, Young: i == 6})
	}
	return out
}
