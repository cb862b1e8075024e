package operate_test

import (
	"context"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
	part "lantern.example/lantern/internal/partnership"
)

func users(t *testing.T, db *database.DB, agencies ...string) operate.Users {
	t.Helper()
	c := clock.At(now)
	ids := clock.NewIDs(c, nil)
	log := audit.NewLog(c, ids)
	accounts := account.NewStore(db, c, ids, nil)
	u := operate.Users{DB: db, Accounts: accounts, Partnership: part.NewStore(c, ids, log, accounts), Log: log}
	for _, code := range agencies {
		if err := db.Write(context.Background(), func(tx *database.Tx) error {
			return u.Partnership.AddAgency(context.Background(), tx, access.System("test", access.Upkeep), part.Agency{Code: code, Name: code, Kind: "other"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

const password = "three unlikely words"

func TestAccountsFromTheCommandLine(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		u := users(t, db, "police")
		generated, err := operate.NewPassword()
		if err != nil {
			t.Fatal(err)
		}
		a, err := u.Add(ctx, account.New{Email: "A.Analyst@police.example", Name: "A. Analyst", Agency: "police", Role: access.Analyst, Password: generated})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Accounts.SignIn(ctx, "a.analyst@police.example", generated, account.From{}); err != nil {
			t.Errorf("signing in with the generated password: %v", err)
		}
		if _, err := u.Reset(ctx, "a.analyst@POLICE.example", password, false); err != nil {
			t.Fatal(err)
		}
		if _, err := u.Accounts.SignIn(ctx, a.Email, generated, account.From{}); err == nil {
			t.Error("the old password still signs in")
		}
		if _, err := u.Accounts.SignIn(ctx, a.Email, password, account.From{}); err != nil {
			t.Errorf("the new password: %v", err)
		}
		if _, err := u.Disable(ctx, a.Email); err != nil {
			t.Fatal(err)
		}
		if _, err := u.Accounts.SignIn(ctx, a.Email, password, account.From{}); err == nil {
			t.Error("a closed account signs in")
		}
		_, err = u.Reset(ctx, a.Email, password, false)
		refused(t, err, fault.Invalid, "is closed")
		lines, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT words FROM audit_entry WHERE subject = $1 ORDER BY id", a.ID)
		if err != nil || strings.Join(lines, "; ") != "account added with the role analyst; new password set; account closed" {
			t.Errorf("the log says %q (%v)", lines, err)
		}
	})
}

func TestAccountsThatAreNotMade(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		good := account.New{Email: "a@police.example", Name: "A", Agency: "police", Role: access.Analyst, Password: password}
		_, err := users(t, db).Add(ctx, good)
		refused(t, err, fault.Invalid, "has no agencies yet")
		u := users(t, db, "police")
		cases := []struct {
			name   string
			change func(in *account.New)
			want   string
		}{
			{"an unknown role", func(in *account.New) { in.Role = "superuser" }, "no role"},
			{"an unknown agency", func(in *account.New) { in.Agency = "nowhere" }, "expected one of police"},
			{"no name", func(in *account.New) { in.Name = " " }, "needs a name"},
			{"an address that is none", func(in *account.New) { in.Email = "police.example" }, "not an e-mail address"},
			{"a short password", func(in *account.New) { in.Password = "short" }, "at least 12"},
			{"a young person's account without the person", func(in *account.New) { in.Role = access.Subject }, "--person"},
			{"a young person's account of nobody", func(in *account.New) { in.Role, in.Person = access.Subject, "x" }, "no person"},
			{"a person for another role", func(in *account.New) { in.Person = "x" }, "only"},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				in := good
				c.change(&in)
				_, err := u.Add(ctx, in)
				refused(t, err, fault.Invalid, c.want)
			})
		}
		if n, err := u.Accounts.Count(ctx, db.Reader()); err != nil || n != 0 {
			t.Errorf("%d accounts were made (%v), want none", n, err)
		}
		if _, err := u.Add(ctx, good); err != nil {
			t.Fatal(err)
		}
		_, err = u.Add(ctx, good)
		refused(t, err, fault.Conflict, "already an account")
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		u := users(t, db, "police")
		for _, email := range []string{"one@police.example", "two@police.example"} {
			if _, err := u.Add(ctx, account.New{Email: email, Name: "Admin", Agency: "police", Role: access.Administrator, Password: password}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := u.Disable(ctx, "one@police.example"); err != nil {
			t.Fatal(err)
		}
		_, err := u.Disable(ctx, "two@police.example")
		refused(t, err, fault.Refused, "only administrator")
		_, err = u.Disable(ctx, "three@police.example")
		refused(t, err, fault.Invalid, "no account")
	})
}

func TestChangingAnAccountFromTheCommandLine(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		u := users(t, db, "police", "school")
		a, err := u.Add(ctx, account.New{Email: "a@police.example", Name: "A", Agency: "police", Role: access.Administrator, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			email  string
			change func(to *account.Change)
			kind   fault.Kind
			want   string
		}{
			{"b@police.example", func(*account.Change) {}, fault.Invalid, "no account"},
			{a.Email, func(to *account.Change) { to.Role = "superuser" }, fault.Invalid, "no role"},
			{a.Email, func(to *account.Change) { to.Agency = "nowhere" }, fault.Invalid, "expected one of police, school"},
			{a.Email, func(to *account.Change) { to.Role = access.Subject }, fault.Invalid, "--person"},
			{a.Email, func(to *account.Change) { to.Role, to.Person = access.Subject, "x" }, fault.Invalid, "no person"},
			{a.Email, func(to *account.Change) { to.Role = access.Manager }, fault.Refused, "only administrator"},
		} {
			_, what, err := u.Change(ctx, c.email, c.change)
			refused(t, err, c.kind, c.want)
			if what != "" {
				t.Errorf("%s: refused, and %q changed", c.want, what)
			}
		}
		if _, what, err := u.Change(ctx, a.Email, func(*account.Change) {}); err != nil || what != "" {
			t.Errorf("nothing to change: %q (%v)", what, err)
		}
		if _, what, err := u.Change(ctx, "A@police.example", func(to *account.Change) { to.Agency, to.Areas = "school", []string{"N"} }); err != nil || what != "agency police to school; areas all to N" {
			t.Errorf("%q (%v)", what, err)
		}
		words, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT words FROM audit_entry WHERE subject = $1 ORDER BY id", a.ID)
		if err != nil || strings.Join(words, "; ") != "account added with the role administrator; account changed: agency police to school; areas all to N" {
			t.Errorf("the log says %q (%v)", words, err)
		}
	})
}
