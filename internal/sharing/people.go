package sharing

import (
	"context"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
)

// desks is who answers for an agency, the first role that it has: nothing waits at a desk without a chair.
var desks = []access.Role{access.InfoOfficer, access.Manager, access.Chair, access.Practitioner, access.SchoolLead}

// Deciders are the roles that decide, for their agency, to give a record of theirs away once.
var Deciders = []access.Role{access.InfoOfficer, access.Manager, access.Chair, access.Practitioner, access.SchoolLead}

// office is what sharing needs to know of the partnership's people and days.
type office struct {
	clock       clock.Clock
	accounts    *account.Store
	partnership *partnership.Store
}

func (o office) now() int64 { return clock.Micros(o.clock.Now()) }

// nextWorkingDay is the nth working day after today, as an ISO date.
func (o office) nextWorkingDay(ctx context.Context, q database.Queryer, n int) (string, error) {
	h, err := o.partnership.Holidays(ctx, q)
	return h.After(clock.Today(o.clock), n).Format(clock.ISODate), err
}

// deskRole is the role that answers for an agency, "" when nobody there has an account.
func (o office) deskRole(ctx context.Context, q database.Queryer, agency string) (access.Role, error) {
	all, err := o.accounts.All(ctx, q)
	for _, role := range desks {
		if slices.ContainsFunc(all, func(a account.Account) bool { return a.Agency == agency && a.Role == role && !a.Disabled }) {
			return role, err
		}
	}
	return "", err
}

// atDesk reports whether the scope answers for its own agency.
func (o office) atDesk(ctx context.Context, q database.Queryer, s access.Scope) (bool, error) {
	if s.Agency == "" || s.IsSystem() || s.Account == "" {
		return false, nil
	}
	role, err := o.deskRole(ctx, q, s.Agency)
	return role != "" && role == s.Role, err
}

// second is the account that looks at what another did: of the same agency the information officer, then the manager and so on, never
// the one who did it; in an agency of one person, an information officer of another.
func (o office) second(ctx context.Context, q database.Queryer, agency, not string) (string, error) {
	all, err := o.accounts.All(ctx, q)
	if err != nil {
		return "", err
	}
	pick := func(role access.Role, here bool) string {
		for _, a := range all {
			if a.Role == role && (a.Agency == agency) == here && a.ID != not && !a.Disabled {
				return a.ID
			}
		}
		return ""
	}
	for _, role := range desks {
		if id := pick(role, true); id != "" {
			return id, nil
		}
	}
	if id := pick(access.InfoOfficer, false); id != "" {
		return id, nil
	}
	return "", fault.New(fault.Unavailable, "Nobody but you could look at this afterwards, in your agency or at the partnership's information officer's desk. Ask your administrator to add an account for a second person first.")
}

// member is an agency that has not left the partnership.
func (o office) member(ctx context.Context, q database.Queryer, code string) (partnership.Agency, error) {
	a, err := o.partnership.Agency(ctx, q, code)
	if fault.Is(err, fault.NotFound) || err == nil && !a.Member {
		return a, fault.New(fault.Invalid, "Choose an agency of the partnership.")
	}
	return a, err
}
