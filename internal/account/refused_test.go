package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
)

// What is asked of an account that is not there, of the wrong sort or without what it needs is refused, and changes nothing.
func TestWhatAnAccountRefuses(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		b := begin(t, db)
		plain := account.NewStore(db, b.now, clock.NewIDs(b.now, nil), nil) // without keys for second steps
		const nobody = "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42"
		in := func(f func(tx *database.Tx) error) error { return db.Write(ctx, f) }
		for name, c := range map[string]struct {
			err  error
			want fault.Kind
		}{
			"closing one that is not there":       {in(func(tx *database.Tx) error { return b.Disable(ctx, tx, nobody) }), fault.NotFound},
			"opening one that is not there":       {in(func(tx *database.Tx) error { return b.Open(ctx, tx, nobody) }), fault.NotFound},
			"opening one that is open":            {in(func(tx *database.Tx) error { return b.Open(ctx, tx, b.ada.ID) }), fault.NotFound},
			"a record for who is no young person": {in(func(tx *database.Tx) error { return b.SetPerson(ctx, tx, b.ada.ID, nobody) }), fault.NotFound},
			"ending a session that is not there":  {in(func(tx *database.Tx) error { return b.EndSession(ctx, tx, b.ada.ID, "00000000000000000000") }), fault.NotFound},
			"a link for one that is not there":    {in(func(tx *database.Tx) error { _, _, err := b.ByLink(ctx, tx, nobody); return err }), fault.NotFound},
			"an address without an at": {in(func(tx *database.Tx) error {
				_, _, err := b.Invite(ctx, tx, account.New{Email: "ada", Name: "A", Role: access.Analyst}, "")
				return err
			}), fault.Invalid},
			"an address that is taken": {in(func(tx *database.Tx) error {
				_, _, err := b.Invite(ctx, tx, account.New{Email: "ADA@police.example", Name: "A", Role: access.Analyst}, "")
				return err
			}), fault.Conflict},
			"an app without keys to seal its secret":   {in(func(tx *database.Tx) error { _, err := plain.BeginApp(ctx, tx, b.ada); return err }), fault.Unavailable},
			"a passkey where there are none":           {func() error { _, err := plain.BeginPasskey(ctx, db.Reader(), b.ada); return err }(), fault.Refused},
			"asking for a passkey where there is none": {func() error { _, err := plain.AskPasskey(ctx, db.Reader(), nil); return err }(), fault.Refused},
			"a first token once there are accounts":    {in(func(tx *database.Tx) error { _, err := b.FirstToken(ctx, tx); return err }), fault.Conflict},
		} {
			if !fault.Is(c.err, c.want) {
				t.Errorf("%s: %v, want it %v", name, c.err, c.want)
			}
		}
		if same, err := b.Same(ctx, account.Account{}, ""); same || err != nil {
			t.Errorf("an account without a password has the empty one: %v (%v)", same, err)
		}
		// A link does not open an account that was closed behind the store's back.
		var token string
		b.write(func(tx *database.Tx) (err error) {
			var a account.Account
			if a, token, err = b.Invite(ctx, tx, account.New{Email: "new@police.example", Name: "N", Agency: "police", Role: access.Analyst}, b.ada.ID); err != nil {
				return err
			}
			return tx.Exec(ctx, "UPDATE account SET disabled = TRUE WHERE id = $1", a.ID)
		})
		if _, _, err := b.ByLink(ctx, db.Reader(), token); !fault.Is(err, fault.NotFound) {
			t.Errorf("the link of a closed account: %v", err)
		}
		// A stored password that is none lets nobody in, and is an error for whoever runs the program, not a wrong password.
		for _, hash := range []string{"plain text", "$argon2id$v=19$m=x$AA$AA", "$argon2id$v=19$m=19456,t=2,p=1$!$AA", "$argon2id$v=19$m=19456,t=2,p=1$AA$!"} {
			b.write(func(tx *database.Tx) error {
				return tx.Exec(ctx, "UPDATE account SET password_hash = $1 WHERE id = $2", hash, b.ada.ID)
			})
			if _, err := b.SignIn(ctx, "ada@police.example", "plain text", account.From{}); err == nil || fault.Is(err, fault.Unauthenticated) {
				t.Errorf("with %q stored: %v", hash, err)
			}
			b.now.Advance(account.Window + time.Second)
		}
		// Whoever went away is not worked for.
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := b.SignIn(gone, "ada@police.example", "x", account.From{}); !errors.Is(err, context.Canceled) {
			t.Errorf("a request that was given up: %v", err)
		}
	})
}
