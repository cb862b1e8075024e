package identity_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/identity"
)

// An id that stands on two rows of one list with other details is asked about once, and no run answers for people.
func TestOneIDWithOtherDetailsIsAsked(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		var rows []string
		for i := range 20 {
			rows = append(rows, fmt.Sprintf("%d,,Family%c,Given%c,%02d/03/2010,M", i, 'a'+i, 'a'+i, 1+i))
		}
		list := func(more ...string) {
			t.Helper()
			all := append(append([]string{}, rows...), more...)
			b := []byte("Record ID,NHS number,Surname,Forename,Date of birth,Gender\n" + strings.Join(all, "\n") + "\n")
			l, err := d.loads.Load(ctx, member("care"), inputOf(b))
			d.must(err)
			_, err = d.store.Link(ctx, l.ID)
			d.must(err)
		}
		list("5,,Else,Somebody,09/09/2009,F", "7,,Familyh,Givenh,08/03/2010,M") // another under 5; 7 again as it was
		asked := func() []identity.Item { return d.waiting(member("care"), identity.Queue{Topic: identity.Repeated}) }
		items := asked()
		if len(items) != 1 || !strings.Contains(items[0].Reason, "One id stands on both rows") {
			t.Fatalf("asked: %+v, want the two records of 5", items)
		}
		if len(d.waiting(member("school"), identity.Queue{Topic: identity.Repeated})) != 0 {
			t.Error("another agency is asked")
		}
		if _, err := d.store.Rebuild(ctx); err != nil || len(asked()) != 1 {
			t.Errorf("after everything was weighed again %d wait (%v), want it kept", len(asked()), err)
		}
		d.must(d.write(func(tx *database.Tx) error {
			_, err := d.store.Decide(ctx, tx, member("care"), items[0].L, items[0].R, identity.Different, "Two boys.", "")
			return err
		}))
		if n := len(asked()); n != 0 {
			t.Errorf("%d wait after the decision", n)
		}
		d.load("care", "X1,,,Zed,Zoe,,01/01/2012,F,,") // a later run asks nothing again
		if n := len(asked()); n != 0 {
			t.Errorf("a later run asks %d again", n)
		}
	})
}

// Where ids come again all over a list they are of people or of events, and nothing is asked.
func TestIDsOfPeopleAreNotAsked(t *testing.T) {
	ctx := context.Background()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		d := newDesk(t, db)
		text := "Record ID,NHS number,Surname,Forename,Date of birth,Gender\n"
		for i := range 20 {
			text += fmt.Sprintf("%d,,Family%c,Given%c,%02d/03/2010,M\n", i/2, 'a'+i, 'a'+i, 1+i)
		}
		l, err := d.loads.Load(ctx, member("care"), inputOf([]byte(text)))
		d.must(err)
		_, err = d.store.Link(ctx, l.ID)
		d.must(err)
		if items := d.waiting(member("care"), identity.Queue{Topic: identity.Repeated}); len(items) != 0 {
			t.Errorf("asked: %+v", items)
		}
	})
}
