package operate

import (
	"context"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
)

// Users looks after accounts from the command line. Every change leaves its line in the audit log.
type Users struct {
	DB          *database.DB
	Accounts    *account.Store
	Partnership *partnership.Store
	Log         *audit.Log
}

// Add makes an account. Its agency must be a member of the partnership and its role one there is; a young
// person's account needs the person whose record it reads.
func (u Users) Add(ctx context.Context, in account.New) (a account.Account, err error) {
	if !slices.Contains(access.Roles, in.Role) {
		return a, fault.New(fault.Invalid, "There is no role %q; expected one of %s.", in.Role, join(access.Roles))
	}
	if strings.TrimSpace(in.Name) == "" {
		return a, fault.New(fault.Invalid, "The account needs a name: --name.")
	}
	if err := u.checkAgency(ctx, in.Agency); err != nil {
		return a, err
	}
	if err := u.checkPerson(ctx, in); err != nil {
		return a, err
	}
	err = u.DB.Write(ctx, func(tx *database.Tx) error {
		if a, err = u.Accounts.Add(ctx, tx, in); err != nil {
			return err
		}
		return u.record(ctx, tx, a, "account added with the role "+string(a.Role))
	})
	return a, err
}

func join[T ~string](in []T) string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

func (u Users) checkAgency(ctx context.Context, code string) error {
	members, err := u.Partnership.Members(ctx, u.DB.Reader())
	if err != nil {
		return err
	}
	var codes []string
	for _, m := range members {
		codes = append(codes, m.Code)
	}
	switch {
	case len(codes) == 0:
		return fault.New(fault.Invalid, "The partnership has no agencies yet. Start lantern serve and open the link it prints: the first administrator names the first agency.")
	case !slices.Contains(codes, code):
		return fault.New(fault.Invalid, "There is no agency %q in this partnership; expected one of %s.", code, strings.Join(codes, ", "))
	}
	return nil
}

func (u Users) checkPerson(ctx context.Context, in account.New) error {
	switch {
	case in.Role != access.Subject && in.Person != "":
		return fault.New(fault.Invalid, "A person is given for the role %s only: whose own record the account reads.", access.Subject)
	case in.Role != access.Subject:
		return nil
	case in.Person == "":
		return fault.New(fault.Invalid, "The role %s needs the person whose record the account reads: --person ID.", access.Subject)
	}
	n, err := database.One(ctx, u.DB.Reader(), database.Value[int], "SELECT count(*) FROM person WHERE id = $1 AND merged_into = ''", in.Person)
	if err == nil && n == 0 {
		return fault.New(fault.Invalid, "There is no person %q.", in.Person)
	}
	return err
}

func (u Users) record(ctx context.Context, tx *database.Tx, a account.Account, words string) error {
	return u.Log.Record(ctx, tx, CommandLine(a.Agency), audit.Line{Act: audit.Alteration, SubjectKind: "account", Subject: a.ID, Owners: []string{a.Agency}, Words: words})
}

// find is the open account of an address.
func (u Users) find(ctx context.Context, email string) (account.Account, error) {
	a, err := u.Accounts.ByEmail(ctx, u.DB.Reader(), email)
	if fault.Is(err, fault.NotFound) {
		return a, fault.New(fault.Invalid, "There is no account with the address %s; lantern user list shows those there are.", email)
	}
	if err == nil && a.Disabled {
		return a, fault.New(fault.Invalid, "The account %s is closed.", email)
	}
	return a, err
}

// Disable closes an account, so that its next request finds nobody signed in. The last open administrator's
// stays: nobody could open another.
func (u Users) Disable(ctx context.Context, email string) (a account.Account, err error) {
	if a, err = u.find(ctx, email); err != nil {
		return a, err
	}
	err = u.DB.Write(ctx, func(tx *database.Tx) error {
		if err := u.Accounts.Disable(ctx, tx, a.ID); err != nil {
			return err
		}
		return u.record(ctx, tx, a, "account closed")
	})
	return a, err
}

// Change changes an account's name, agency, role or areas; what is not given stays. Whose agency or role changes is signed out.
func (u Users) Change(ctx context.Context, email string, change func(to *account.Change)) (a account.Account, what string, err error) {
	if a, err = u.find(ctx, email); err != nil {
		return a, "", err
	}
	to := account.Change{Name: a.Name, Agency: a.Agency, Role: a.Role, Areas: a.Areas, Person: a.Person}
	change(&to)
	if !slices.Contains(access.Roles, to.Role) {
		return a, "", fault.New(fault.Invalid, "There is no role %q; expected one of %s.", to.Role, join(access.Roles))
	}
	if err := u.checkAgency(ctx, to.Agency); err != nil {
		return a, "", err
	}
	if err := u.checkPerson(ctx, account.New{Role: to.Role, Person: to.Person}); err != nil {
		return a, "", err
	}
	err = u.DB.Write(ctx, func(tx *database.Tx) error {
		if what, err = u.Accounts.Change(ctx, tx, "", a, to); err != nil || what == "" {
			return err
		}
		return u.record(ctx, tx, a, "account changed: "+what)
	})
	return a, what, err
}

// Reset gives an account a new password, which its owner changes at the next sign-in, and ends its web sessions. Its
// second steps stay, unless they are lost too: then factors takes them away with everything beside them.
func (u Users) Reset(ctx context.Context, email, password string, factors bool) (a account.Account, err error) {
	if a, err = u.find(ctx, email); err != nil {
		return a, err
	}
	err = u.DB.Write(ctx, func(tx *database.Tx) error {
		if err := u.Accounts.SetPassword(ctx, tx, a, password, true, ""); err != nil {
			return err
		}
		if !factors {
			return u.record(ctx, tx, a, "new password set")
		}
		if err := u.Accounts.RemoveFactors(ctx, tx, a.ID); err != nil {
			return err
		}
		return u.record(ctx, tx, a, "new password set, second steps removed")
	})
	return a, err
}

// NewPassword is a password that can be copied from paper or read out: 99 bits.
func NewPassword() (string, error) { return account.Speakable() }
