package account_test

import (
	"context"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
)

func TestTheFirstAdministratorsToken(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		now := clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
		s := account.NewStore(db, now, clock.NewIDs(now, nil), nil)
		make1 := func() (token string, err error) {
			err = db.Write(ctx, func(tx *database.Tx) error { token, err = s.FirstToken(ctx, tx); return err })
			return token, err
		}
		check := func(token string) error { return s.CheckFirst(ctx, db.Reader(), token) }
		nothing := func(name, token string) {
			t.Helper()
			if err := check(token); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v, want no such page", name, err)
			}
		}
		nothing("before any was made", "")
		old, err := make1()
		if err != nil {
			t.Fatal(err)
		}
		token, err := make1()
		if err != nil {
			t.Fatal(err)
		}
		if err := check(token); err != nil {
			t.Errorf("the token that was made: %v", err)
		}
		nothing("one made before", old)
		nothing("none", "")
		nothing("another", token[:len(token)-1])
		kept, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT value FROM setting WHERE name = 'first-administrator'")
		if err != nil || len(kept) == 0 {
			t.Fatal(kept, err)
		}
		nothing("what the database holds", kept)
		now.Advance(24 * time.Hour)
		nothing("after 24 hours", token)
		if token, err = make1(); err != nil {
			t.Fatal(err)
		}
		use := func() error { return db.Write(ctx, func(tx *database.Tx) error { return s.UseFirst(ctx, tx, token) }) }
		if err := use(); err != nil {
			t.Fatal(err)
		}
		if err := use(); !fault.Is(err, fault.NotFound) {
			t.Errorf("used twice: %v", err)
		}
		if token, err = make1(); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error {
			_, err := s.Add(ctx, tx, account.New{Email: "a@police.example", Name: "A", Agency: "police", Role: access.Administrator, Password: "three unlikely words"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		nothing("once there is an account", token)
		if _, err := make1(); !fault.Is(err, fault.Conflict) {
			t.Errorf("another token once there is an account: %v, want a conflict", err)
		}
	})
}
