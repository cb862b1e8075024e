package draft_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/draft"
	"lantern.example/lantern/internal/fault"
)

func TestDraftsBelongToWhoeverTypes(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, now := t.Context(), clock.At(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
		s := draft.NewStore(now)
		save := func(account, subject, title string) error {
			return db.Write(ctx, func(tx *database.Tx) error {
				_, err := s.Save(ctx, tx, account, "note", subject, url.Values{"title": {title}, "tick": {"a", "b"}, "form_key": {"k"}, "password": {"p"}})
				return err
			})
		}
		load := func(account, subject string) *draft.Draft {
			t.Helper()
			d, err := s.Load(ctx, db.Reader(), account, "note", subject)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		if err := save("ann", "new", "one"); err != nil {
			t.Fatal(err)
		}
		if err := save("ann", "new", "two & three = 5\nlines"); err != nil {
			t.Fatal(err)
		}
		if d := load("ann", "new"); d == nil || !reflect.DeepEqual(d.Values, url.Values{"title": {"two & three = 5\nlines"}, "tick": {"a", "b"}}) {
			t.Errorf("kept %+v, want the last typing without key and password", d)
		}
		if d := load("bob", "new"); d != nil {
			t.Errorf("Bob reads Ann's draft: %v", d.Values)
		}
		for name, c := range map[string]struct {
			account, subject, title string
			want                    fault.Kind
		}{
			"too long": {"ann", "new", strings.Repeat("é", 40<<10), fault.TooLarge}, "nobody": {"", "new", "x", fault.NotFound},
			"a strange name": {"ann", "../new", "x", fault.NotFound}, "no name": {"ann", "", "x", fault.NotFound},
		} {
			if err := save(c.account, c.subject, c.title); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		if d := load("ann", "new"); d == nil || d.Values.Get("title") == "" {
			t.Error("a refused draft took the place of the one before")
		}
		for i := range draft.MaxDrafts + 5 {
			now.Advance(time.Second)
			if err := save("ann", fmt.Sprintf("s%d", i), "x"); err != nil {
				t.Fatal(err)
			}
		}
		if load("ann", "new") != nil || load("ann", "s4") != nil || load("ann", "s5") == nil {
			t.Error("past the most an account may have, the oldest must go and no other")
		}
		now.Advance(draft.KeptFor)
		if load("ann", "s50") != nil {
			t.Error("a lapsed draft is still read")
		}
		if err := db.Write(ctx, func(tx *database.Tx) error {
			n, err := s.Lapse(ctx, tx)
			if n != draft.MaxDrafts {
				t.Errorf("%d drafts lapsed, want %d", n, draft.MaxDrafts)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestADraftGoesWithItsAct(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := t.Context()
		s := draft.NewStore(clock.At(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)))
		write := func(f func(tx *database.Tx) error) error { return db.Write(ctx, f) }
		if err := write(func(tx *database.Tx) error {
			_, err := s.Save(ctx, tx, "ann", "note", "new", url.Values{"a": {"b"}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		failed := fault.New(fault.Refused, "no")
		err := write(func(tx *database.Tx) error {
			if err := s.Discard(ctx, tx, "ann", "note", "new"); err != nil {
				return err
			}
			return failed
		})
		if d, _ := s.Load(ctx, db.Reader(), "ann", "note", "new"); !fault.Is(err, fault.Refused) || d == nil {
			t.Errorf("the act failed (%v) and its draft is %v: it must still be there", err, d)
		}
		if err := write(func(tx *database.Tx) error { return s.Discard(ctx, tx, "ann", "note", "new") }); err != nil {
			t.Fatal(err)
		}
		if d, _ := s.Load(ctx, db.Reader(), "ann", "note", "new"); d != nil {
			t.Error("a discarded draft is still there")
		}
	})
}
