package app_test

import (
	"net/http"
	"testing"
	"time"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
)

func rows(t *testing.T, l *apptest.Lantern, where string, args ...any) int {
	t.Helper()
	n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM web_session WHERE "+where, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Whoever begins to sign in with a passkey, and shows nothing, can keep little and not for long: so many a minute from one address, for half an
// hour, and of a flood from many addresses the oldest go, and nobody who is signed in.
func TestBeginningsAreBounded(t *testing.T) {
	l := apptest.Strict(t, config.Config{})
	begin := func() int { return l.Anonymous().Post("/sign-in/passkey/options", nil).Status }
	allowed := 0
	for range 130 {
		switch s := begin(); s {
		case http.StatusOK:
			allowed++
		case http.StatusTooManyRequests:
		default:
			t.Fatalf("status %d", s)
		}
	}
	if allowed != 120 || rows(t, l, "account = ''") != 120 {
		t.Errorf("%d of 130 beginnings in a minute from one address were kept in %d rows, want 120", allowed, rows(t, l, "account = ''"))
	}
	l.Now.Advance(time.Minute)
	if s := begin(); s != http.StatusOK {
		t.Errorf("a minute later: status %d", s)
	}
	// None outlives half an hour, and the next that is kept sweeps them away.
	if n := rows(t, l, "account = '' AND expires_at - created_at <> $1", account.UnknownFor.Microseconds()); n != 0 {
		t.Errorf("%d are kept for another time than %s", n, account.UnknownFor)
	}
	l.Now.Advance(account.UnknownFor + time.Second)
	begin()
	if n := rows(t, l, "account = ''"); n != 1 {
		t.Errorf("%d rows half an hour later, want the new one alone", n)
	}
	// One step done keeps as long; signed in, the whole day.
	c := l.Anonymous()
	c.Submit("/sign-in", "/sign-in", password(apptest.Password)).Want(http.StatusSeeOther)
	if n := rows(t, l, "half AND account <> '' AND expires_at - created_at = $1", account.UnknownFor.Microseconds()); n != 1 {
		t.Errorf("%d half sign-ins are kept for half an hour, want 1", n)
	}
	toApp(t, l, c)
	if n := rows(t, l, "NOT half AND expires_at - created_at = $1", account.Longest.Microseconds()); n != 1 {
		t.Errorf("%d sessions are kept for ten hours, want 1", n)
	}
	// A flood.
	now := clock.Micros(l.Now.Now())
	err := l.DB.Write(t.Context(), func(tx *database.Tx) error {
		for i := range account.MostUnknown + 300 {
			if err := tx.Exec(t.Context(), "INSERT INTO web_session (token_hash, account, data, created_at, seen_at, expires_at, half) VALUES ($1,'',$2,$3,$4,$5,TRUE)", l.IDs.New(), []byte{}, now-int64(i)-1, now, now+account.UnknownFor.Microseconds()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d := l.Anonymous()
	if r := d.Post("/sign-in/passkey/options", nil); r.Status != http.StatusOK {
		t.Fatalf("in a flood: status %d", r.Status)
	}
	if n := rows(t, l, "account = ''"); n != account.MostUnknown {
		t.Errorf("%d unknown sessions after a flood, want %d", n, account.MostUnknown)
	}
	if n := rows(t, l, "account = '' AND created_at = $1", now); n != 2 { // this one, and the one before the flood
		t.Errorf("the newest beginning was swept away with the flood")
	}
	c.Get("/work").Want(http.StatusOK)
}
