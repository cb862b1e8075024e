package account_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
)

// keeping is a store with one administrator, and what tests of looking after accounts need.
type keeping struct {
	*testing.T
	*account.Store
	db    *database.DB
	now   *clock.Fixed
	admin account.Account
}

func keep(t *testing.T, db *database.DB) *keeping {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
	k := &keeping{T: t, Store: account.NewStore(db, now, clock.NewIDs(now, nil), nil), db: db, now: now}
	k.write(func(tx *database.Tx) (err error) {
		k.admin, err = k.Add(context.Background(), tx, account.New{Email: "admin@council.example", Name: "Admin", Agency: "council", Role: access.Administrator, Password: "three unlikely words"})
		return err
	})
	return k
}

func (k *keeping) try(f func(tx *database.Tx) error) error {
	return k.db.Write(context.Background(), f)
}

func (k *keeping) write(f func(tx *database.Tx) error) {
	k.Helper()
	if err := k.try(f); err != nil {
		k.Fatal(err)
	}
}

func (k *keeping) invite(email string) (a account.Account, token string) {
	k.Helper()
	k.write(func(tx *database.Tx) (err error) {
		a, token, err = k.Invite(context.Background(), tx, account.New{Email: email, Name: "Somebody", Agency: "police", Role: access.Analyst}, k.admin.ID)
		return err
	})
	return a, token
}

func (k *keeping) use(token, password string) (err error) {
	return k.try(func(tx *database.Tx) error {
		_, err := k.UseLink(context.Background(), tx, token, password)
		return err
	})
}

func (k *keeping) signsIn(email, password string) bool {
	k.Helper()
	_, err := k.SignIn(context.Background(), email, password, account.From{})
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		k.Fatal(err)
	}
	return err == nil
}

// A one-time link is good once, for a day, until a newer one or the account's closing; the password is its owner's own.
func TestAOneTimeLink(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		k := keep(t, db)
		const first, second = "lamps along the estuary", "seven grey herons waiting"
		a, token := k.invite("a@police.example")
		if !regexp.MustCompile(`^([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$`).MatchString(token) {
			t.Errorf("the token is %q: want 20 signs that can be read out", token)
		}
		if n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM account_link WHERE token_hash = $1", token); err != nil || n != 0 {
			t.Errorf("the token itself is kept (%v)", err)
		}
		if until, ok, err := k.Waiting(ctx, db.Reader(), a.ID); err != nil || !ok || !until.Equal(k.now.Now().Add(account.LinkFor)) {
			t.Errorf("the link is good until %v, %v (%v)", until, ok, err)
		}
		for name, wrong := range map[string]string{"nothing": "", "another": strings.Repeat("A", 43), "its hash": "x" + token} {
			if err := k.use(wrong, first); !fault.Is(err, fault.NotFound) {
				t.Errorf("with %s: %v, want no such link", name, err)
			}
		}
		if err := k.use(token, "short"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a short password: %v", err)
		}
		if err := k.use(token, first); err != nil {
			t.Fatal(err)
		}
		if !k.signsIn(a.Email, first) {
			t.Error("the chosen password does not sign in")
		}
		if err := k.use(token, second); !fault.Is(err, fault.NotFound) || k.signsIn(a.Email, second) {
			t.Errorf("the link is used twice: %v", err)
		}

		// A new one: the old password ends at once, and the one before it too.
		link := func(factors bool) (token string) {
			t.Helper()
			k.write(func(tx *database.Tx) (err error) {
				now, err := k.Get(ctx, tx, a.ID)
				if err == nil {
					token, err = k.NewLink(ctx, tx, now, k.admin.ID, factors)
				}
				return err
			})
			return token
		}
		old, fresh := link(false), link(false)
		if k.signsIn(a.Email, first) {
			t.Error("the old password still signs in")
		}
		if err := k.use(old, second); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link that a newer one ended: %v", err)
		}
		k.now.Advance(account.LinkFor - time.Second)
		if _, _, err := k.ByLink(ctx, db.Reader(), fresh); err != nil {
			t.Errorf("a second before its end: %v", err)
		}
		k.now.Advance(time.Second)
		if err := k.use(fresh, second); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link that ran out: %v", err)
		}
		if _, ok, err := k.Waiting(ctx, db.Reader(), a.ID); ok || err != nil {
			t.Errorf("a link that ran out is said to wait (%v)", err)
		}

		// Closing the account ends its link; a closed account gets none; nobody makes one for themselves.
		last := link(false)
		k.write(func(tx *database.Tx) error { return k.Disable(ctx, tx, a.ID) })
		k.write(func(tx *database.Tx) error { return k.Open(ctx, tx, a.ID) })
		if err := k.use(last, second); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link from before the account was closed: %v", err)
		}
		k.write(func(tx *database.Tx) error { return k.Disable(ctx, tx, a.ID) })
		for name, who := range map[string]string{"a closed account": a.ID, "one's own": k.admin.ID} {
			err := k.try(func(tx *database.Tx) error {
				now, err := k.Get(ctx, tx, who)
				if err == nil {
					_, err = k.NewLink(ctx, tx, now, k.admin.ID, false)
				}
				return err
			})
			if !fault.Is(err, fault.Refused) {
				t.Errorf("a link for %s: %v", name, err)
			}
		}
		if !k.signsIn(k.admin.Email, "three unlikely words") {
			t.Error("a refused link ended the administrator's own password")
		}
	})
}

// Second steps stay when a link is used, unless the administrator said that they are lost; and then they go with its use and not before.
func TestALinkAndSecondSteps(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		k := keep(t, db)
		a, token := k.invite("a@police.example")
		if err := k.use(token, "lamps along the estuary"); err != nil {
			t.Fatal(err)
		}
		codes := func() int {
			t.Helper()
			n, err := k.RecoveryLeft(ctx, db.Reader(), a.ID)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		k.write(func(tx *database.Tx) error { _, err := k.NewRecoveryCodes(ctx, tx, a.ID); return err })
		for _, lost := range []bool{false, true} {
			k.write(func(tx *database.Tx) (err error) {
				now, err := k.Get(ctx, tx, a.ID)
				if err == nil {
					token, err = k.NewLink(ctx, tx, now, k.admin.ID, lost)
				}
				return err
			})
			if codes() != account.RecoveryCodes {
				t.Errorf("lost %v: %d codes before the link was used", lost, codes())
			}
			if err := k.use(token, "seven grey herons waiting"); err != nil {
				t.Fatal(err)
			}
			if (codes() == 0) != lost {
				t.Errorf("lost %v: %d codes after the link was used", lost, codes())
			}
		}
	})
}

// An account is changed as it was read, by another than its owner, and never so that no administrator is left.
func TestChangingAnAccount(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		k := keep(t, db)
		a, _ := k.invite("a@police.example")
		good := account.Change{Name: a.Name, Agency: a.Agency, Role: a.Role}
		for name, c := range map[string]struct {
			who    account.Account
			change func(to *account.Change)
			want   fault.Kind
		}{
			"no name":                         {a, func(to *account.Change) { to.Name = "  " }, fault.Invalid},
			"a long name":                     {a, func(to *account.Change) { to.Name = strings.Repeat("n", 201) }, fault.Invalid},
			"a role there is not":             {a, func(to *account.Change) { to.Role = "superuser" }, fault.Invalid},
			"no agency":                       {a, func(to *account.Change) { to.Agency = "" }, fault.Invalid},
			"a young person without a record": {a, func(to *account.Change) { to.Role = access.Subject }, fault.Invalid},
			"one's own role":                  {k.admin, func(to *account.Change) { to.Role = access.Manager }, fault.Refused},
			"one's own agency":                {k.admin, func(to *account.Change) { to.Role, to.Agency = k.admin.Role, "police" }, fault.Refused},
			"one's own areas":                 {k.admin, func(to *account.Change) { to.Role, to.Areas, to.Agency = k.admin.Role, []string{"N"}, "council" }, fault.Refused},
			"what another changed meanwhile":  {account.Account{ID: a.ID, Ver: a.Ver + 7, Role: a.Role, Agency: a.Agency, Name: a.Name}, func(to *account.Change) { to.Name = "Else" }, fault.Conflict},
		} {
			to := good
			c.change(&to)
			if err := k.try(func(tx *database.Tx) error { _, err := k.Change(ctx, tx, k.admin.ID, c.who, to); return err }); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want it %v", name, err, c.want)
			}
		}
		change := func(to account.Change) (what string) {
			t.Helper()
			k.write(func(tx *database.Tx) (err error) {
				now, err := k.Get(ctx, tx, a.ID)
				if err == nil {
					what, err = k.Change(ctx, tx, k.admin.ID, now, to)
				}
				return err
			})
			return what
		}
		if what := change(good); what != "" {
			t.Errorf("nothing changed, and the words are %q", what)
		}
		if what := change(account.Change{Name: "Another Name", Agency: "school", Role: access.SchoolLead, Areas: []string{"N", "S"}, Person: "left out"}); what != "name; role analyst to school-lead; agency police to school; areas all to N S" {
			t.Errorf("what changed is %q", what)
		}
		got, err := k.Get(ctx, db.Reader(), a.ID)
		if err != nil || got.Name != "Another Name" || got.Agency != "school" || got.Role != access.SchoolLead || strings.Join(got.Areas, " ") != "N S" || got.Person != "" {
			t.Errorf("the account is %+v (%v)", got, err)
		}

		// The last administrator stays one: by any hand, changed or closed.
		err = k.try(func(tx *database.Tx) error {
			_, err := k.Change(ctx, tx, "", k.admin, account.Change{Name: "Admin", Agency: "council", Role: access.Manager})
			return err
		})
		if !fault.Is(err, fault.Refused) {
			t.Errorf("the only administrator gets another role: %v", err)
		}
		if err := k.try(func(tx *database.Tx) error { return k.Disable(ctx, tx, k.admin.ID) }); !fault.Is(err, fault.Refused) {
			t.Errorf("the only administrator's account is closed: %v", err)
		}
		change(account.Change{Name: "Another Name", Agency: "school", Role: access.Administrator})
		k.write(func(tx *database.Tx) error { return k.Disable(ctx, tx, k.admin.ID) })
		if err := k.try(func(tx *database.Tx) error { return k.Disable(ctx, tx, "nobody") }); !fault.Is(err, fault.NotFound) {
			t.Errorf("closing an account there is not: %v", err)
		}
	})
}
