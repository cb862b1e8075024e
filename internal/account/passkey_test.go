package account_test

import (
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accounttest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

func TestAPasskey(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		eve := b.add(account.New{Email: "eve@police.example", Name: "Eve", Agency: "police", Role: access.Analyst, Password: good})
		beginning := func(a account.Account) account.Ceremony {
			c, err := b.BeginPasskey(ctx, db.Reader(), a)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		add := func(a account.Account, c account.Ceremony, answer string) error {
			return db.Write(ctx, func(tx *database.Tx) error { return b.AddPasskey(ctx, tx, a, c.Kept, answer, "blue key") })
		}
		ask := func(a *account.Account) account.Ceremony {
			c, err := b.AskPasskey(ctx, db.Reader(), a)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		refused := func(name string, err error) {
			t.Helper()
			if !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: %v, want that it is not accepted", name, err)
			}
		}
		d := accounttest.NewDevice(t)
		c := beginning(b.ada)
		if o := d.Read(c.Options); o.PublicKey.Selection.UserVerification != "required" || o.PublicKey.Selection.ResidentKey != "required" {
			t.Errorf("the browser is asked for %+v, want a passkey that checks its owner", o.PublicKey.Selection)
		}
		for name, change := range map[string]func(d *accounttest.Device){
			"another site's":      func(d *accounttest.Device) { d.Site = "elsewhere.example" },
			"from another origin": func(d *accounttest.Device) { d.Origin = "http://localhost:9999" },
			"owner not checked":   func(d *accounttest.Device) { d.Flags = 1 },
			"nobody there":        func(d *accounttest.Device) { d.Flags = 4 },
		} {
			other := accounttest.NewDevice(t)
			change(other)
			refused("made, "+name, add(b.ada, c, other.Make(c.Options)))
		}
		refused("made for another question", add(b.ada, beginning(b.ada), d.Make(c.Options)))
		refused("made by somebody else", add(eve, c, d.Make(c.Options)))
		refused("nothing", add(b.ada, c, ""))
		refused("nothing asked", add(b.ada, account.Ceremony{}, d.Make(c.Options)))
		if _, err := b.AskPasskey(ctx, db.Reader(), &b.ada); !fault.Is(err, fault.Refused) {
			t.Errorf("asked without one: %v", err)
		}
		if err := add(b.ada, c, d.Make(c.Options)); err != nil {
			t.Fatal(err)
		}
		if err := add(b.ada, c, d.Make(c.Options)); err == nil {
			t.Error("the same passkey was added twice")
		}
		if o := d.Read(beginning(b.ada).Options); len(o.PublicKey.Exclude) != 1 {
			t.Errorf("the browser is not told of the one there is: %+v", o.PublicKey.Exclude)
		}
		kept, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT secret FROM account_factor WHERE account = $1", b.ada.ID)
		if err != nil || seal.KeyOf(kept) == "" {
			t.Errorf("kept as %q (%v), want sealed", kept, err)
		}

		// Any one of this site: the whole sign-in.
		use := func(c account.Ceremony, answer string, a *account.Account) (account.Account, error) {
			return b.UsePasskey(ctx, c.Kept, answer, a)
		}
		c = ask(nil)
		if o := d.Read(c.Options); len(o.PublicKey.Allow) != 0 || o.PublicKey.Verify != "required" {
			t.Errorf("asked with %+v, want any passkey that checks its owner", o.PublicKey)
		}
		answer := d.Use(c.Options)
		if got, err := use(c, answer, nil); err != nil || got.ID != b.ada.ID {
			t.Fatalf("signed in as %q (%v), want Ada", got.Email, err)
		}
		_, err = use(ask(nil), answer, nil)
		refused("an answer to another question", err)
		for name, change := range map[string]func(d *accounttest.Device){
			"for another site":    func(d *accounttest.Device) { d.Site = "elsewhere.example" },
			"from another origin": func(d *accounttest.Device) { d.Origin = "https://localhost.elsewhere.example" },
			"owner not checked":   func(d *accounttest.Device) { d.Flags = 1 },
			"for somebody else":   func(d *accounttest.Device) { d.Handle = eve.ID },
			"for nobody":          func(d *accounttest.Device) { d.Handle = "" },
			"unknown":             func(d *accounttest.Device) { d.ID = append([]byte{1}, d.ID[1:]...) },
			"signed by another":   func(d *accounttest.Device) { d.Key = accounttest.NewDevice(t).Key },
		} {
			other := *d
			change(&other)
			c := ask(nil)
			_, err := use(c, other.Use(c.Options), nil)
			refused(name, err)
		}
		d.Count += 2
		_, err = use(account.Ceremony{}, answer, nil)
		refused("nothing asked", err)
		_, err = use(ask(nil), "{}", nil)
		refused("nothing answered", err)

		// As the second step of the account whose password was right, and nobody else's.
		c = ask(&b.ada)
		if o := d.Read(c.Options); len(o.PublicKey.Allow) != 1 {
			t.Errorf("asked for %+v, want the account's own", o.PublicKey.Allow)
		}
		if _, err := use(c, d.Use(c.Options), &b.ada); err != nil {
			t.Errorf("as the second step: %v", err)
		}
		de := accounttest.NewDevice(t)
		ce := beginning(eve)
		if err := add(eve, ce, de.Make(ce.Options)); err != nil {
			t.Fatal(err)
		}
		c = ask(&b.ada)
		_, err = use(c, de.Use(c.Options), &b.ada)
		refused("another's passkey as the second step", err)

		// Guesses at the password do not keep it out.
		for range account.MaxFailures + 1 {
			b.try("ada@police.example", "a wrong password", account.From{Address: "203.0.113.9"})
		}
		c = ask(nil)
		if _, err := use(c, d.Use(c.Options), nil); err != nil {
			t.Errorf("after strangers' guesses the passkey is kept out: %v", err)
		}
		// A copy shows by its count.
		d.Count = 1
		c = ask(nil)
		_, err = use(c, d.Use(c.Options), nil)
		refused("a copy", err)
		d.Count = 100
		// Closed means closed; removed means removed.
		b.write(func(tx *database.Tx) error { return b.Disable(ctx, tx, b.ada.ID) })
		c = ask(nil)
		_, err = use(c, d.Use(c.Options), nil)
		refused("a closed account", err)
		b.write(func(tx *database.Tx) error { return b.Open(ctx, tx, b.ada.ID) })
		had, err := b.Factors(ctx, db.Reader(), b.ada.ID)
		if err != nil || len(had) != 1 || had[0].Name != "blue key" || had[0].Kind != account.Passkey {
			t.Fatalf("second steps %+v (%v)", had, err)
		}
		b.write(func(tx *database.Tx) error { _, err := b.RemoveFactor(ctx, tx, b.ada, had[0].ID, false); return err })
		c = ask(nil)
		_, err = use(c, d.Use(c.Options), nil)
		refused("a passkey that was removed", err)
	})
}

// Where people come by a number there are no passkeys, and it says so.
func TestNoPasskeysForANumber(t *testing.T) {
	b := begin(t, databasetest.SQLite(t))
	b.With(account.Settings{})
	if b.Passkeys() {
		t.Error("it has passkeys")
	}
	if _, err := b.BeginPasskey(ctx, b.db.Reader(), b.ada); !fault.Is(err, fault.Refused) {
		t.Errorf("making one: %v", err)
	}
	if _, err := b.AskPasskey(ctx, b.db.Reader(), nil); !fault.Is(err, fault.Refused) {
		t.Errorf("asking for one: %v", err)
	}
	if _, err := b.UsePasskey(ctx, "", "", nil); !fault.Is(err, fault.Refused) {
		t.Errorf("using one: %v", err)
	}
	err := b.db.Write(ctx, func(tx *database.Tx) error { _, err := b.BeginApp(ctx, tx, b.ada); return err })
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("an app without keys to seal with: %v", err)
	}
}
