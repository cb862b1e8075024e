package operate_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/seal"
)

// withStep is an account with the key of an authenticator app, sealed under the keys in dir.
func withStep(t *testing.T, db *database.DB, dir, email string) (a account.Account, keys *seal.Keys, id string) {
	t.Helper()
	keys, err := seal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := clock.At(now)
	s := account.NewStore(db, c, clock.NewIDs(c, nil), nil).With(account.Settings{Seals: keys})
	err = db.Write(context.Background(), func(tx *database.Tx) (err error) {
		if a, err = s.Add(context.Background(), tx, account.New{Email: email, Name: "A", Agency: "police", Role: access.Analyst, Password: password}); err != nil {
			return err
		}
		id, err = s.BeginApp(context.Background(), tx, a)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, keys, id
}

func secretOf(t *testing.T, db *database.DB, id string) string {
	t.Helper()
	text, err := database.One(context.Background(), db.Reader(), database.Value[string], "SELECT secret FROM account_factor WHERE id = $1", id)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSealingAnew(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		dir := t.TempDir()
		c := clock.At(now)
		log := audit.NewLog(c, clock.NewIDs(c, nil))
		_, old, id := withStep(t, db, dir, "a@police.example")
		at := seal.Place{Table: "account_factor", Column: "secret", ID: id}
		before := secretOf(t, db, id)
		plain, err := old.Open(at, before)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := seal.Rotate(dir)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := operate.Reseal(ctx, db, keys, log); err != nil || n != 1 {
			t.Fatalf("%d values sealed anew (%v), want 1", n, err)
		}
		after := secretOf(t, db, id)
		if seal.KeyOf(after) != keys.Newest() {
			t.Errorf("the value is under %q, want %q", seal.KeyOf(after), keys.Newest())
		}
		if got, err := keys.Open(at, after); err != nil || string(got) != string(plain) {
			t.Errorf("it holds something else than before (%v)", err)
		}
		if n, err := operate.Reseal(ctx, db, keys, log); err != nil || n != 0 {
			t.Errorf("a second time: %d values (%v), want none", n, err)
		}
		if got := secretOf(t, db, id); got != after {
			t.Error("a value under the newest key was sealed again")
		}
		words, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT words FROM audit_entry WHERE subject_kind = 'keys' ORDER BY id LIMIT 1")
		if err != nil || words != "1 sealed values sealed under the key "+keys.Newest() {
			t.Errorf("the log says %q (%v)", words, err)
		}
		// One that cannot be read stays as it is, and is told of.
		broken := before[:len(before)-4] + "AAAA"
		if err := db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "UPDATE account_factor SET secret = $1 WHERE id = $2", broken, id)
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := operate.Reseal(ctx, db, keys, log); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a value that cannot be read: %v", err)
		}
		if got := secretOf(t, db, id); got != broken {
			t.Error("a value that cannot be read was changed")
		}
	})
}

func TestDoctorLooksAtSignIn(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string, db *database.DB, cfg *config.Config)
		check  string
		state  operate.State
		says   string
	}{
		"nothing sealed": {nil, "sealed fields", operate.Good, ""},
		"sealed": {func(t *testing.T, dir string, db *database.DB, _ *config.Config) {
			withStep(t, db, dir, "a@police.example")
		}, "sealed fields", operate.Good, " sealed values is there"},
		"under an earlier key": {func(t *testing.T, dir string, db *database.DB, _ *config.Config) {
			withStep(t, db, dir, "a@police.example")
			if _, err := seal.Rotate(dir); err != nil {
				t.Fatal(err)
			}
		}, "sealed fields", operate.Look, " sealed values are under an earlier key"},
		"under a key that is lost": {func(t *testing.T, dir string, db *database.DB, _ *config.Config) {
			withStep(t, db, dir, "a@police.example")
			remove(t, seal.File(dir))
			if _, err := seal.Open(dir); err != nil { // as a Lantern started without it makes
				t.Fatal(err)
			}
		}, "sealed fields", operate.Wrong, "a key that is not in"},
		"no keys at all": {func(t *testing.T, dir string, db *database.DB, _ *config.Config) {
			withStep(t, db, dir, "a@police.example")
			remove(t, seal.File(dir))
		}, "sealed fields", operate.Wrong, "are not there"},
		"keys that are damaged": {func(t *testing.T, dir string, _ *database.DB, _ *config.Config) {
			if err := os.WriteFile(seal.File(dir), []byte("xyz"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "sealed fields", operate.Wrong, "damaged"},
		"keys that others can read": {func(t *testing.T, dir string, _ *database.DB, _ *config.Config) {
			chmod(t, seal.File(dir), 0o644)
		}, "rights", operate.Wrong, "seal.key"},
		"a list of breached passwords that is none": {func(t *testing.T, dir string, _ *database.DB, cfg *config.Config) {
			cfg.Breached = seal.File(dir)
		}, "breached passwords", operate.Wrong, "SHA-1"},
		"a provider on a private network": {func(_ *testing.T, _ string, _ *database.DB, cfg *config.Config) {
			cfg.Provider = config.Provider{Issuer: "https://login.testshire.example/t", ClientID: "lantern", Inside: true}
		}, "sign-in provider", operate.Look, "any private address"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := partnership(t)
			cfg := config.Config{Data: dir}
			if c.change != nil {
				c.change(t, dir, open(t, dir), &cfg)
			}
			d := operate.Examine(context.Background(), cfg, "test", clock.At(now))
			if got := found(d, c.check); got.State != c.state || !strings.Contains(got.Says, c.says) || got.State != operate.Good && got.Mend == "" {
				t.Errorf("%s is %+v, want %s and %q", c.check, got, c.state, c.says)
			}
			outside := strings.Join(d.Outside, "")
			if (cfg.Provider.Issuer == "") != (outside == "") || !strings.Contains(outside, cfg.Provider.Issuer) {
				t.Errorf("calls to the outside are %q with the provider %q", outside, cfg.Provider.Issuer)
			}
		})
	}
}

func TestResettingKeepsSecondStepsUnlessAsked(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		u := users(t, db, "police")
		a, _, id := withStep(t, db, t.TempDir(), "a@police.example")
		if err := db.Write(ctx, func(tx *database.Tx) error {
			if _, err := u.Accounts.NewRecoveryCodes(ctx, tx, a.ID); err != nil {
				return err
			}
			return tx.Exec(ctx, "UPDATE account_factor SET confirmed_at = 1 WHERE id = $1", id)
		}); err != nil {
			t.Fatal(err)
		}
		left := func() int {
			f, err := u.Accounts.Factors(ctx, db.Reader(), a.ID)
			if err != nil {
				t.Fatal(err)
			}
			n, err := u.Accounts.RecoveryLeft(ctx, db.Reader(), a.ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(f) + n
		}
		if _, err := u.Reset(ctx, a.Email, "given by the operator", false); err != nil || left() != 11 {
			t.Errorf("reset (%v) leaves %d, want the step and ten codes", err, left())
		}
		if got, err := u.Accounts.SignIn(ctx, a.Email, "given by the operator", account.From{}); err != nil || !got.Temporary {
			t.Errorf("the given password: %v, temporary %v; want that its owner must change it", err, got.Temporary)
		}
		if _, err := u.Reset(ctx, a.Email, "given by the operator", true); err != nil || left() != 0 {
			t.Errorf("reset with its steps (%v) leaves %d, want none", err, left())
		}
	})
}
