package rights_test

import (
	"bytes"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/seal"
	"lantern.example/lantern/internal/sharing/rights"
)

// Where an advocate is reached and why home is the danger cannot be read in the database, and are read at the desk.
func TestTheDesksWorstFieldsAreSealed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.staff("care", access.InfoOfficer)
		o := officer("care")
		const first, second, why, asked = "7 Hidingplace Row", "9 Otherhaven Yard", "The stepfather at Quernmore waits for letters", "Plainlyheld wording"
		var r rights.Request
		b.must(b.write(func(tx *database.Tx) (err error) {
			r, err = b.desk.Take(ctx, tx, o, rights.Taken{Kind: rights.Copy, Words: asked, Asker: "Somebody", Channel: "letter", ReceivedOn: "2026-11-20", KnowsThem: true, IdentityWords: "their worker",
				Advocate: rights.Advocate{Name: "L", Is: "solicitor", Authority: "signed note", Reach: first}})
			return err
		}))
		look := func(when string, plain ...string) {
			t.Helper()
			all := databasetest.Everything(t, db)
			if !bytes.Contains(all, []byte(asked)) {
				t.Fatalf("%s: what is not sealed is not found either: the test looks in the wrong place", when)
			}
			for _, p := range plain {
				if bytes.Contains(all, []byte(p)) {
					t.Errorf("%s: %q stands in the database in plain text", when, p)
				}
			}
		}
		reach := func(want string) {
			t.Helper()
			if got, err := b.desk.Get(ctx, db.Reader(), o, r.ID); err != nil || got.Advocate.Reach != want {
				t.Errorf("reached at %q (%v), want %q", got.Advocate.Reach, err, want)
			}
		}
		look("taken", first)
		reach(first)
		b.must(b.write(func(tx *database.Tx) error {
			if _, err := b.desk.Found(ctx, tx, o, r.ID, "person-1", []string{"care"}); err != nil {
				return err
			}
			if _, err := b.desk.Speaks(ctx, tx, o, r.ID, rights.Advocate{Name: "L", Is: "solicitor", Authority: "signed note", Reach: second}); err != nil {
				return err
			}
			return b.desk.SetDanger(ctx, tx, o, r.ID, true, why)
		}))
		look("changed", first, second, why)
		reach(second)
		words := func(s access.Scope) (string, error) {
			return b.desk.DangerWords(ctx, db.Reader(), s, r)
		}
		if got, err := words(o); err != nil || got != why {
			t.Errorf("the reason reads %q (%v), want %q", got, err, why)
		}
		worker := access.Scope{Account: "w", Agency: "care", Role: access.Practitioner, Purpose: access.Safeguarding}
		for name, s := range map[string]access.Scope{"another desk": officer("council"), "a worker of the same agency": worker} {
			if got, err := words(s); !fault.Is(err, fault.NotFound) || got != "" {
				t.Errorf("%s reads %q (%v), want not found", name, got, err)
			}
		}
		list, err := b.desk.List(ctx, db.Reader(), o)
		if err != nil || len(list) != 1 || list[0].Advocate.Reach != "" {
			t.Errorf("the list holds %+v (%v), want one request without where the advocate is reached", list, err)
		}

		// A new key takes them along.
		for _, c := range []operate.SealedColumn{{Table: "rights_case", Column: "reach_sealed"}, {Table: "person_danger", Column: "words_sealed"}} {
			text, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT "+c.Column+" FROM "+c.Table)
			if err != nil || seal.KeyOf(text) != b.keys.Newest() {
				t.Errorf("%s.%s is %q (%v), want sealed under the newest key", c.Table, c.Column, text, err)
			}
		}
		keys, err := seal.Rotate(b.dir)
		b.must(err)
		if n, err := operate.Reseal(ctx, db, keys, b.log); err != nil || n != 2 {
			t.Errorf("%d values sealed anew (%v), want 2", n, err)
		}
		reach(second)

		// What an earlier version left in plain text is sealed at the next start, once.
		b.must(b.write(func(tx *database.Tx) error {
			if err := tx.Exec(ctx, "UPDATE rights_case SET advocate_reach = $1, reach_sealed = ''", first); err != nil {
				return err
			}
			return tx.Exec(ctx, "UPDATE person_danger SET words = $1, words_sealed = ''", why)
		}))
		for i, want := range []int{2, 0} {
			if n, err := b.desk.SealEarlier(ctx, db); err != nil || n != want {
				t.Errorf("start %d: %d sealed (%v), want %d", i+1, n, err, want)
			}
		}
		reach(first)
		if got, err := words(o); err != nil || got != why {
			t.Errorf("the earlier reason reads %q (%v), want %q", got, err, why)
		}
		left, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT (SELECT count(*) FROM rights_case WHERE advocate_reach <> '') + (SELECT count(*) FROM person_danger WHERE words <> 'sealed')")
		if err != nil || left != 0 {
			t.Errorf("%d plain values are left (%v)", left, err)
		}
	})
}

// Without keys nothing is written in plain text instead.
func TestADeskWithoutKeys(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.staff("care", access.InfoOfficer)
		b.desk = b.without()
		take := func(reach string) error {
			return b.write(func(tx *database.Tx) error {
				_, err := b.desk.Take(ctx, tx, officer("care"), rights.Taken{Kind: rights.Copy, Words: "A copy", Asker: "Somebody", Channel: "letter", ReceivedOn: "2026-11-20", KnowsThem: true, IdentityWords: "their worker",
					Advocate: rights.Advocate{Name: "L", Is: "solicitor", Authority: "note", Reach: reach}})
				return err
			})
		}
		if err := take("7 Hidingplace Row"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("taken without keys: %v", err)
		}
		if err := take(""); err != nil {
			t.Errorf("nothing to seal is refused: %v", err)
		}
	})
}
