package account_test

import (
	"context"
	"encoding/base32"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

const good = "three unlikely words"

// bench is the accounts of a database with one account in it.
type bench struct {
	*testing.T
	*account.Store
	db  *database.DB
	now *clock.Fixed
	ada account.Account
}

func begin(t *testing.T, db *database.DB) *bench {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
	keys, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, db: db, now: now}
	b.Store = account.NewStore(db, now, clock.NewIDs(now, nil), nil).With(account.Settings{Seals: keys, Site: "localhost", Origin: "http://localhost:8080", Partnership: func(context.Context) string { return "Safer Testshire" }})
	b.ada = b.add(account.New{Email: "ada@police.example", Name: "Ada Tester", Agency: "police", Role: access.Analyst, Password: good})
	return b
}

func (b *bench) add(in account.New) (a account.Account) {
	b.Helper()
	b.write(func(tx *database.Tx) (err error) { a, err = b.Add(ctx, tx, in); return err })
	return a
}

func (b *bench) write(f func(tx *database.Tx) error) {
	b.Helper()
	if err := b.db.Write(ctx, f); err != nil {
		b.Fatal(err)
	}
}

// try signs in and says whether it went well.
func (b *bench) try(email, password string, from account.From) bool {
	b.Helper()
	_, err := b.SignIn(ctx, email, password, from)
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		b.Fatalf("signing in as %s: %v", email, err)
	}
	return err == nil
}

var ctx = context.Background()

func TestCheckPassword(t *testing.T) {
	const email, name = "ada.tester@police.example", "Ada Tester"
	for password, want := range map[string]string{
		good: "", "correct-gate-wombat-7": "", "ünï cödé ẅörds": "", "日本語のとても長い合言葉です": "", strings.Repeat("ab cd ef gh ", 5) + "x": "",
		"kx q wv zj p ": "", // spaces count
		"":              "at least 12", "short": "at least 12", "elevenchars": "at least 12", "éééééééééé1": "at least 12",
		strings.Repeat("xy zw ", 22):   "at most 128",
		"twelve\x00chars12":            "letters, digits",
		"bad utf8 \xff\xfe bytes":      "letters, digits",
		"aaaaaaaaaaaa":                 "every list",
		"abcabcabcabc":                 "every list",
		"abcdefghijkl":                 "every list",
		"123456789012":                 "every list",
		"qwertyuiopas":                 "every list",
		"1q2w3e4r5t6y":                 "every list",
		"password1234":                 "every list",
		"Password123!":                 "every list",
		"P@ssw0rd2026":                 "every list",
		"p4$$w0rd!!!!":                 "every list",
		"welcome12345":                 "every list",
		"Liverpool1234":                "every list",
		"iloveyou2026":                 "every list",
		"letmeinplease":                "every list",
		"dragonmonkey":                 "every list",
		"summer-dragon":                "every list",
		"monkeymonkeymonkey":           "every list",
		"correct horse battery staple": "every list",
		"!!2026Safeguarding!!":         "every list",
		"ada.tester and more":          "own name",
		"my name is ADA TESTER":        "own name",
	} {
		got := account.CheckPassword(password, email, name)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q in it", password, got, want)
		}
	}
	// Each sign is one, whatever it takes to write it; 64 and more are welcome.
	if got := account.CheckPassword(strings.Repeat("é ", 32)+"!", email, name); got != "" && !strings.Contains(got, "every list") {
		t.Errorf("65 signs: %q", got)
	}
}

func TestBreached(t *testing.T) {
	dir := t.TempDir()
	// SHA-1 of "three unlikely words" and of others, made here; the list stands in its order.
	lines := []string{}
	for i := range 800 {
		lines = append(lines, strings.ToUpper(sha1hex(fmt.Sprintf("breached %d", i)))+fmt.Sprintf(":%d", i%7*i+1))
	}
	slices.Sort(lines)
	file := filepath.Join(dir, "list.txt")
	write(t, file, strings.Join(lines, "\r\n")+"\r\n")
	folder := filepath.Join(dir, "ranges")
	for _, l := range lines {
		p := filepath.Join(folder, l[:5]+".txt")
		old, _ := os.ReadFile(p) //nolint:errcheck // none yet
		write(t, p, string(old)+l[5:]+"\n")
	}
	for _, path := range []string{file, folder} {
		b, err := account.OpenBreached(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 800 {
			p := fmt.Sprintf("breached %d", i)
			if ok, err := b.Has(p); err != nil || !ok {
				t.Fatalf("%s in %s: %v, %v; want found", p, path, ok, err)
			}
		}
		for i := range 500 {
			p := fmt.Sprintf("not breached %d", i)
			if ok, err := b.Has(p); err != nil || ok {
				t.Fatalf("%s in %s: %v, %v; want not found", p, path, ok, err)
			}
		}
	}
	last := filepath.Join(dir, "one.txt")
	write(t, last, strings.ToUpper(sha1hex("only one"))) // no count, no end of line
	if b, err := account.OpenBreached(last); err != nil {
		t.Error(err)
	} else if ok, err := b.Has("only one"); !ok || err != nil {
		t.Errorf("a list of one line: %v, %v", ok, err)
	}
	other, long := filepath.Join(dir, "other.txt"), filepath.Join(dir, "long.txt")
	write(t, other, "password\n123456\n"+strings.Repeat("x", 100))
	write(t, long, strings.Repeat("AB", 4000))
	for name, path := range map[string]string{"nothing": filepath.Join(dir, "none"), "a list of words": other, "an empty folder": t.TempDir()} {
		if _, err := account.OpenBreached(path); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want that it is not a list", name, err)
		}
	}
	if b, err := account.OpenBreached(long); err != nil {
		t.Error(err)
	} else if _, err := b.Has("x"); !fault.Is(err, fault.Invalid) {
		t.Errorf("one endless line: %v", err)
	}
	b, err := account.OpenBreached(file)
	if err != nil {
		t.Fatal(err)
	}
	db := databasetest.SQLite(t)
	s := account.NewStore(db, clock.System{}, clock.NewIDs(clock.System{}, nil), nil).With(account.Settings{Breached: b})
	err = db.Write(ctx, func(tx *database.Tx) error {
		_, err := s.Add(ctx, tx, account.New{Email: "a@b.example", Name: "A", Role: access.Analyst, Password: "breached 123"})
		return err
	})
	if words, _ := fault.Words(err); !strings.Contains(words, "breach") {
		t.Errorf("an account with a breached password: %v", err)
	}
}

func TestSigningIn(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		closed := b.add(account.New{Email: "closed@police.example", Name: "C", Agency: "police", Role: access.Analyst, Password: good})
		b.write(func(tx *database.Tx) error { return b.Disable(ctx, tx, closed.ID) })
		b.add(account.New{Email: "sso@police.example", Name: "S", Agency: "police", Role: access.Analyst, Provider: true})
		b.add(account.New{Email: "given@police.example", Name: "G", Agency: "police", Role: access.Analyst, Password: good, Temporary: true})
		for name, c := range map[string]struct {
			email, password string
			ok              bool
		}{
			"right":                         {"ada@police.example", good, true},
			"the address in other letters":  {" ADA@Police.Example ", good, true},
			"the password in other letters": {"ada@police.example", strings.ToUpper(good), false},
			"a wrong password":              {"ada@police.example", "another unlikely one", false},
			"no password":                   {"ada@police.example", "", false},
			"nobody":                        {"nobody@police.example", good, false},
			"a closed account":              {"closed@police.example", good, false},
			"an account without password":   {"sso@police.example", "", false},
			"one without, with any":         {"sso@police.example", good, false},
			"a password somebody else gave": {"given@police.example", good, true},
			"far too long":                  {"ada@police.example", strings.Repeat(good, 1000), false},
			"an address far too long":       {strings.Repeat("a", 400) + "@police.example", good, false},
		} {
			if got := b.try(c.email, c.password, account.From{}); got != c.ok {
				t.Errorf("%s: %v, want %v", name, got, c.ok)
			}
		}
		b.now.Advance(account.TemporaryFor + time.Second)
		if b.try("given@police.example", good, account.From{}) {
			t.Error("a password somebody else gave is good after a week")
		}
		if !b.try("ada@police.example", good, account.From{}) {
			t.Error("one's own password is not good after a week")
		}
	})
}

// Whether there is such an account shows neither in words nor in the work done.
func TestNoEnumeration(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		closed := b.add(account.New{Email: "closed@police.example", Name: "C", Agency: "police", Role: access.Analyst, Password: good})
		b.write(func(tx *database.Tx) error { return b.Disable(ctx, tx, closed.ID) })
		b.add(account.New{Email: "sso@police.example", Name: "S", Agency: "police", Role: access.Analyst, Provider: true})
		words := map[string]string{}
		// More tries than are let in, so that the limit itself tells nothing either.
		for i := range account.MaxFailures + 3 {
			for _, email := range []string{"ada@police.example", "nobody@police.example", "closed@police.example", "sso@police.example"} {
				before := b.Hashed()
				_, err := b.SignIn(ctx, email, "a wrong password", account.From{Address: "192.0.2." + fmt.Sprint(i)})
				if n := b.Hashed() - before; n != 1 {
					t.Errorf("%s, try %d: %d passwords worked through, want 1", email, i, n)
				}
				said, ok := fault.Words(err)
				if !ok {
					t.Fatal(err)
				}
				words[said] = email
			}
		}
		if len(words) != 1 {
			t.Errorf("different words for different reasons: %q", words)
		}
		rows := func(email string) int {
			n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM sign_in_attempt WHERE email_folded = $1", email)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if a, n := rows("ada@police.example"), rows("nobody@police.example"); a != n || a != account.MaxFailures {
			t.Errorf("%d tries kept for an account and %d for none, want %d for both", a, n, account.MaxFailures)
		}
	})
}

func TestGuessing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		own := "the owner's own browser"
		b.write(func(tx *database.Tx) error { return b.RememberBrowser(ctx, tx, b.ada.ID, own) })
		// Guessed at from everywhere at once: five are tried, however many come.
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				b.try("ada@police.example", fmt.Sprintf("a guess, number %d", i), account.From{Address: fmt.Sprintf("198.51.100.%d", i)})
			})
		}
		wg.Wait()
		failed, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM sign_in_attempt WHERE email_folded = 'ada@police.example' AND NOT ok")
		if err != nil || failed != account.MaxFailures {
			t.Errorf("%d guesses were tried (%v), want %d", failed, err, account.MaxFailures)
		}
		stranger := account.From{Address: "203.0.113.9"}
		if b.try("ada@police.example", good, stranger) {
			t.Error("after five wrong guesses the sixth was let in from a strange browser")
		}
		if b.try("ada@police.example", good, account.From{Browser: "a made-up token"}) {
			t.Error("a made-up token counts as the owner's browser")
		}
		// The owner is not kept out, in a browser of their own.
		if !b.try("ada@police.example", good, account.From{Address: "203.0.113.9", Browser: own}) {
			t.Error("strangers' guesses keep the owner out of their own browser")
		}
		// Which has a limit of its own.
		for range account.MaxFailures {
			b.try("ada@police.example", "a wrong password", account.From{Browser: own})
		}
		if b.try("ada@police.example", good, account.From{Browser: own}) {
			t.Error("in the owner's browser guesses have no limit")
		}
		// A quarter of an hour later it is over: those who go on guessing do not make it longer.
		for range 10 {
			b.now.Advance(account.Window / 10)
			b.try("ada@police.example", "a wrong password", stranger)
		}
		b.now.Advance(time.Second)
		if !b.try("ada@police.example", good, account.From{Address: "203.0.113.77"}) {
			t.Error("a quarter of an hour after the guesses the owner is still kept out")
		}
		b.write(func(tx *database.Tx) error { return b.ForgetBrowsers(ctx, tx, b.ada.ID) })
		for range account.MaxFailures {
			b.try("ada@police.example", "a wrong password", account.From{Browser: own})
		}
		if b.try("ada@police.example", good, account.From{Browser: own}) {
			t.Error("a browser that was forgotten still counts as the owner's")
		}
	})
}

// Ten thousand guesses at one account, from ten thousand addresses over days (each night; a few dozen otherwise), the right password among them
// whenever the limit holds: at most five in any quarter of an hour are tried at all, none lets anybody in, and the owner comes in all the
// while in a browser they used before, and in any once the guessing stops.
func TestGuessingForDays(t *testing.T) {
	tries := 60
	if os.Getenv("LANTERN_NIGHTLY") != "" {
		tries = 10_000
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		own := "the owner's own browser"
		b.write(func(tx *database.Tx) error { return b.RememberBrowser(ctx, tx, b.ada.ID, own) })
		const every = 20 * time.Second // 45 in a quarter of an hour
		var tried []time.Time          // those that were compared with the password
		for i := range tries {
			b.now.Advance(every)
			since := b.now.Now().Add(-account.Window)
			tried = slices.DeleteFunc(tried, func(at time.Time) bool { return !at.After(since) })
			guess := fmt.Sprintf("a guess, number %d", i)
			if len(tried) >= account.MaxFailures {
				guess = good // they have it: it must not help them now
			} else {
				tried = append(tried, b.now.Now())
			}
			if b.try("ada@police.example", guess, account.From{Address: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}) {
				t.Fatalf("try %d of %q let somebody in", i, guess)
			}
			if i%(tries/20) == 0 {
				if !b.try("ada@police.example", good, account.From{Address: "203.0.113.9", Browser: own}) {
					t.Fatalf("after %d guesses the owner is kept out of their own browser", i)
				}
				n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM sign_in_attempt WHERE email_folded = 'ada@police.example' AND NOT ok")
				if err != nil || n > account.MaxFailures {
					t.Fatalf("%d guesses were tried in a quarter of an hour (%v)", n, err)
				}
			}
		}
		b.now.Advance(account.Window + time.Second)
		if !b.try("ada@police.example", good, account.From{Address: "203.0.113.77"}) {
			t.Error("a quarter of an hour after the last guess the owner is still kept out")
		}
	})
}

// One address that tries many accounts is slowed down, and never shut out for good.
func TestSpraying(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		office := account.From{Address: "203.0.113.9"}
		for i := range account.Patience {
			b.try(fmt.Sprintf("somebody%d@police.example", i), "Winter in Testshire", office)
		}
		if b.try("ada@police.example", good, office) {
			t.Error("after twenty failures an address need not wait")
		}
		if !b.try("ada@police.example", good, account.From{Address: "203.0.113.10"}) {
			t.Error("another address has to wait too")
		}
		b.now.Advance(time.Second)
		if !b.try("ada@police.example", good, office) {
			t.Error("after a second the address must still wait")
		}
		for i := range 6 {
			b.now.Advance(2 * time.Minute)
			b.try(fmt.Sprintf("another%d@police.example", i), "Winter in Testshire", office)
		}
		if b.try("ada@police.example", good, office) {
			t.Error("the wait does not grow")
		}
		// What is kept of the address is not the address.
		kept, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT DISTINCT source FROM sign_in_attempt WHERE source LIKE '%203.0%' OR email_folded LIKE '%203.0%'")
		if err != nil || len(kept) > 0 {
			t.Errorf("the address is kept as it is: %v (%v)", kept, err)
		}
	})
}

func TestAnOldHashIsMadeAnew(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.write(func(tx *database.Tx) error { return b.Weaken(ctx, tx, b.ada.ID, good) })
		hash := func() string {
			a, err := b.Get(ctx, db.Reader(), b.ada.ID)
			if err != nil {
				t.Fatal(err)
			}
			return account.HashOf(a)
		}
		if b.try("ada@police.example", "a wrong password", account.From{}) || !strings.Contains(hash(), "m=8192") {
			t.Errorf("a wrong password changed the hash to %q", hash())
		}
		if !b.try("ada@police.example", good, account.From{}) || !strings.HasPrefix(hash(), "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("after signing in the hash is %q, want today's parameters", hash())
		}
		if !b.try("ada@police.example", good, account.From{}) {
			t.Error("the new hash does not match")
		}
	})
}

// app adds an authenticator app and gives what it would show a number of steps from now.
func (b *bench) app() (code func(steps int) string, id string) {
	b.Helper()
	b.write(func(tx *database.Tx) (err error) { id, err = b.BeginApp(ctx, tx, b.ada); return err })
	key, err := b.AppKey(ctx, b.db.Reader(), b.ada, id)
	if err != nil {
		b.Fatal(err)
	}
	secret := strings.ReplaceAll(key.Text, " ", "")
	if raw, err := base32.StdEncoding.DecodeString(secret); err != nil || len(raw) != 20 {
		b.Fatalf("the key is %q (%v), want 160 bits", key.Text, err)
	}
	if !strings.HasPrefix(key.URL, "otpauth://totp/Lantern,%20Safer%20Testshire:ada@police.example?") || !strings.Contains(key.URL, "secret="+secret) {
		b.Errorf("the address for the app is %q", key.URL)
	}
	return func(steps int) string {
		c, err := totp.GenerateCode(secret, b.now.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			b.Fatal(err)
		}
		return c
	}, id
}

func (b *bench) confirm(id, code string) error {
	return b.db.Write(ctx, func(tx *database.Tx) error { return b.ConfirmApp(ctx, tx, b.ada, id, "telephone", code) })
}

func (b *bench) second(typed string) string {
	b.Helper()
	how, err := b.SecondStep(ctx, b.ada, typed)
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		b.Fatal(err)
	}
	if err != nil {
		return ""
	}
	return how
}

func TestAnAuthenticatorApp(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		code, id := b.app()
		if b.second(code(0)) != "" {
			t.Error("an app that was not confirmed is taken as a second step")
		}
		if err := b.confirm(id, "000000"); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("confirmed with a wrong code: %v", err)
		}
		other := b.add(account.New{Email: "eve@police.example", Name: "Eve", Agency: "police", Role: access.Analyst, Password: good})
		if _, err := b.AppKey(ctx, db.Reader(), other, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's key can be read: %v", err)
		}
		if err := b.confirm(id, code(0)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.AppKey(ctx, db.Reader(), b.ada, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("the key can be read once it is in use: %v", err)
		}
		// The secret is not in the database in any form that is read.
		kept, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT secret FROM account_factor WHERE id = $1", id)
		if err != nil || seal.KeyOf(kept) == "" {
			t.Errorf("the secret is kept as %q (%v)", kept, err)
		}
		if b.second(code(0)) != "" {
			t.Error("the code that confirmed the app was taken again")
		}
		b.now.Advance(5 * time.Minute)
		if b.second(code(-2)) != "" || b.second(code(2)) != "" {
			t.Error("a code two steps away was taken")
		}
		now := code(0)
		if got := b.second(" " + now[:3] + " " + now[3:]); got != "code from an app" {
			t.Errorf("the code now: %q", got)
		}
		if b.second(now) != "" {
			t.Error("a code was taken twice")
		}
		if b.second(code(-1)) != "" {
			t.Error("the code before one that was used was taken")
		}
		b.now.Advance(account.Window)
		// Used by two at once, it lets in one.
		var wg sync.WaitGroup
		in := make([]string, 4)
		same := code(0)
		for i := range in {
			wg.Go(func() {
				if how, err := b.SecondStep(ctx, b.ada, same); err == nil {
					in[i] = how
				}
			})
		}
		wg.Wait()
		if got := strings.Join(in, ""); got != "code from an app" {
			t.Errorf("four at once with one code: %q, want one of them in", in)
		}
		// A clock that is one step behind or ahead is still good.
		b.now.Advance(account.Window)
		if b.second(code(1)) == "" {
			t.Error("a code one step ahead was refused")
		}
		// Guesses are counted; the right code does not help any more.
		b.now.Advance(account.Window + time.Second)
		for range account.MaxFailures {
			b.second("123456")
		}
		if b.second(code(0)) != "" {
			t.Error("after five wrong codes the sixth try was taken")
		}
		b.now.Advance(account.Window)
		if b.second(code(0)) == "" {
			t.Error("a quarter of an hour later the right code is refused")
		}
		if b.second(strings.Repeat("1", 5000)) != "" {
			t.Error("an endless code was taken")
		}
		// A key that waits too long is worth nothing.
		_, stale := b.app()
		b.now.Advance(account.PendingFor + time.Second)
		if _, err := b.AppKey(ctx, db.Reader(), b.ada, stale); !fault.Is(err, fault.NotFound) {
			t.Errorf("a key a quarter of an hour old: %v", err)
		}
		had, err := b.Factors(ctx, db.Reader(), b.ada.ID)
		if err != nil || len(had) != 1 || had[0].Name != "telephone" || had[0].Kind != account.App || had[0].UsedAt.IsZero() {
			t.Fatalf("second steps %+v (%v), want the telephone", had, err)
		}
		remove := func(a account.Account, keep bool) error {
			return db.Write(ctx, func(tx *database.Tx) error { _, err := b.RemoveFactor(ctx, tx, a, id, keep); return err })
		}
		if err := remove(other, true); !fault.Is(err, fault.NotFound) {
			t.Errorf("another removes it: %v", err)
		}
		if err := remove(b.ada, true); !fault.Is(err, fault.Refused) {
			t.Errorf("the only second step removed: %v", err)
		}
		if err := remove(b.ada, false); err != nil {
			t.Error(err)
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		fresh := func() (codes []string) {
			b.write(func(tx *database.Tx) (err error) { codes, err = b.NewRecoveryCodes(ctx, tx, b.ada.ID); return err })
			return codes
		}
		old := fresh()
		codes := fresh()
		if len(codes) != 10 || len(codes[0]) != 19 {
			t.Fatalf("codes %q, want ten of four times four", codes)
		}
		kept, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT hash FROM account_recovery_code WHERE account = $1", b.ada.ID)
		if err != nil || len(kept) != 10 || slices.ContainsFunc(codes, func(c string) bool {
			return slices.Contains(kept, c) || slices.Contains(kept, strings.ReplaceAll(c, "-", ""))
		}) {
			t.Errorf("kept as %q (%v), want ten hashes", kept, err)
		}
		if b.second(old[0]) != "" {
			t.Error("a code made before the last ten was taken")
		}
		if got := b.second(codes[0]); got != "recovery code" {
			t.Errorf("a code: %q", got)
		}
		if b.second(codes[0]) != "" {
			t.Error("a code was taken twice")
		}
		if left, err := b.RecoveryLeft(ctx, db.Reader(), b.ada.ID); err != nil || left != 9 {
			t.Errorf("%d left (%v), want 9", left, err)
		}
		// As people type it.
		typed := strings.ToUpper(strings.ReplaceAll(codes[1], "-", " "))
		typed = strings.NewReplacer("0", "O", "1", "I").Replace(typed)
		if b.second(typed) == "" {
			t.Errorf("%q typed as %q was refused", codes[1], typed)
		}
		eve := b.add(account.New{Email: "eve@police.example", Name: "Eve", Agency: "police", Role: access.Analyst, Password: good})
		if _, err := b.SecondStep(ctx, eve, codes[2]); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("another's code: %v", err)
		}
		b.write(func(tx *database.Tx) error { return b.RemoveFactors(ctx, tx, b.ada.ID) })
		if b.second(codes[3]) != "" {
			t.Error("a code is good after everything was removed")
		}
	})
}

func TestIdentities(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		one, two := account.Identity{Issuer: "https://one.example", Subject: "42"}, account.Identity{Issuer: "https://two.example", Subject: "42"}
		connect := func(a account.Account, who account.Identity) error {
			return db.Write(ctx, func(tx *database.Tx) error { return b.Connect(ctx, tx, a, who) })
		}
		first := func(who account.Identity, email string) (a account.Account, err error) {
			err = db.Write(ctx, func(tx *database.Tx) (err error) { a, err = b.FirstConnect(ctx, tx, who, email); return err })
			return a, err
		}
		if err := connect(b.ada, one); err != nil {
			t.Fatal(err)
		}
		if a, err := b.ByIdentity(ctx, db.Reader(), one); err != nil || a.ID != b.ada.ID {
			t.Errorf("the identity is %+v (%v)", a, err)
		}
		if _, err := b.ByIdentity(ctx, db.Reader(), two); !fault.Is(err, fault.NotFound) {
			t.Errorf("the same name at another provider: %v", err)
		}
		sso := b.add(account.New{Email: "sso@police.example", Name: "S", Agency: "police", Role: access.Analyst, Provider: true})
		if err := connect(sso, one); !fault.Is(err, fault.Conflict) {
			t.Errorf("an identity that is another's: %v", err)
		}
		if err := connect(b.ada, account.Identity{Issuer: one.Issuer, Subject: "43"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second identity at one provider: %v", err)
		}
		for name, email := range map[string]string{"an account with a password": "ada@police.example", "nobody": "nobody@police.example"} {
			if _, err := first(account.Identity{Issuer: two.Issuer, Subject: "7"}, email); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s is taken over by its address: %v", name, err)
			}
		}
		if a, err := first(two, "SSO@police.example"); err != nil || a.ID != sso.ID {
			t.Errorf("the account that waited: %+v (%v)", a, err)
		}
		if _, err := first(account.Identity{Issuer: two.Issuer, Subject: "8"}, "sso@police.example"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a second identity takes the account that waited once: %v", err)
		}
		drop := func(a account.Account, issuer string) error {
			return db.Write(ctx, func(tx *database.Tx) error { return b.Disconnect(ctx, tx, a, issuer) })
		}
		if err := drop(sso, two.Issuer); !fault.Is(err, fault.Refused) {
			t.Errorf("the only way in is dropped: %v", err)
		}
		if err := drop(b.ada, one.Issuer); err != nil {
			t.Error(err)
		}
		if _, err := b.ByIdentity(ctx, db.Reader(), one); !fault.Is(err, fault.NotFound) {
			t.Errorf("after it was dropped: %v", err)
		}
	})
}
