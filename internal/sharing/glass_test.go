package sharing_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing"
)

func (o *office) breakGlass(who, why string) error {
	return o.write(func(tx *database.Tx) error {
		_, err := o.glasses.Break(context.Background(), tx, o.scope(who), why)
		return err
	})
}

func TestBrokenGlassOpensForFourHoursAndIsLookedAt(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		o := newOffice(t, db)
		support, secret := access.Item{Record: "n-1", Class: access.Support}, access.Item{Record: "i-1", Class: access.Intelligence}
		if may(o.scope("practitioner@charity"), injury).Allowed {
			t.Fatal("before the glass is broken it is open")
		}
		for who, kind := range map[string]fault.Kind{"school-lead@school": fault.NotFound, "analyst@police": fault.NotFound, "information-officer@care": fault.NotFound} {
			if err := o.breakGlass(who, "a reason"); !fault.Is(err, kind) {
				t.Errorf("%s broke it: %v", who, err)
			}
		}
		if err := o.breakGlass("practitioner@charity", "  "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := o.breakGlass("practitioner@charity", "He rang from a flat he cannot leave."); err != nil {
			t.Fatal(err)
		}
		if err := o.breakGlass("practitioner@charity", "again"); !fault.Is(err, fault.Refused) {
			t.Errorf("broken twice: %v", err)
		}
		charity := o.scope("practitioner@charity")
		for x, want := range map[access.Item]bool{injury: true, support: true, secret: false, {Record: "rec-1", Class: access.FormerName}: false} {
			if got := may(charity, x); got.Allowed != want || want && got.Rule != "break-glass" {
				t.Errorf("%v with the glass broken: %+v, want %v", x, got, want)
			}
		}
		if access.Decide(charity, access.Record{ID: "x", Owner: "care", Class: access.Health, Restricted: true, Panels: []string{"p"}}).Allowed {
			t.Error("broken glass opens what is kept to a panel")
		}
		if may(o.scope("practitioner@police"), injury).Allowed {
			t.Error("one person's glass opens for another")
		}
		moved := o.who["practitioner@charity"]
		moved.Agency = "school"
		if there, err := o.accounts.Scope(ctx, moved, access.Safeguarding); err != nil || there.Glass != nil {
			t.Errorf("glass that was broken at one agency is %+v at another (%v)", there.Glass, err)
		}
		analyst := o.who["practitioner@charity"]
		analyst.Role = access.Analyst
		if now, err := o.accounts.Scope(ctx, analyst, access.Safeguarding); err != nil || now.Glass != nil {
			t.Errorf("glass that a practitioner broke is %+v for the analyst that they are now (%v)", now.Glass, err)
		}
		if err := o.log.Consulted(ctx, db, charity, audit.Line{SubjectKind: "person", Subject: carePerson, Owners: []string{"care"}, Words: "sections: names"}); err != nil {
			t.Fatal(err)
		}
		if err := o.breakGlass("practitioner@police", "A man with a knife."); err != nil {
			t.Fatal(err)
		}
		if may(o.scope("practitioner@police"), support).Allowed {
			t.Error("broken glass opens a youth worker's notes to the police")
		}
		mine, err := o.glasses.List(ctx, db.Reader(), charity)
		if err != nil || len(mine) != 1 || mine[0].ReviewBy != "2026-11-30" {
			t.Fatalf("the charity's worker lists %+v (%v)", mine, err)
		}
		// The charity has one person, so an information officer elsewhere looks at it.
		b, officer := mine[0], o.scope("information-officer@care")
		if b.Reviewer != officer.Account {
			t.Errorf("looked at by %s, want the officer of another agency", b.Reviewer)
		}
		opened, err := o.glasses.Opened(ctx, db.Reader(), officer, b)
		if err != nil || len(opened) != 1 || opened[0].Subject != carePerson {
			t.Errorf("opened: %+v (%v)", opened, err)
		}
		if c, err := o.glasses.Count(ctx, db.Reader(), 28); err != nil || c != (sharing.Counted{Times: 2, Waiting: 2}) {
			t.Errorf("counted %+v (%v)", c, err)
		}
		judge := func(who string) error {
			return o.write(func(tx *database.Tx) error {
				return o.glasses.Judge(ctx, tx, o.scope(who), b.ID, "wrong", "He had rung from home.")
			})
		}
		for _, who := range []string{"practitioner@charity", "community-safety-manager@care", "practitioner@police"} {
			if err := judge(who); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s judged it: %v", who, err)
			}
		}
		if err := judge("information-officer@care"); err != nil {
			t.Fatal(err)
		}
		if may(o.scope("practitioner@charity"), injury).Allowed {
			t.Error("judged wrong, it is still open")
		}
		// The other runs out, or is ended.
		police := o.scope("practitioner@police")
		o.now.Advance(sharing.GlassFor - time.Second)
		if !may(o.scope("practitioner@police"), injury).Allowed {
			t.Error("within four hours it is closed")
		}
		if err := o.write(func(tx *database.Tx) error { return o.glasses.End(ctx, tx, police) }); err != nil {
			t.Fatal(err)
		}
		if may(o.scope("practitioner@police"), injury).Allowed {
			t.Error("ended, it is still open")
		}
		if err := o.breakGlass("practitioner@police", "Again."); err != nil {
			t.Fatal(err)
		}
		o.now.Advance(sharing.GlassFor)
		if may(o.scope("practitioner@police"), injury).Allowed {
			t.Error("after four hours it is open")
		}
		o.now.Advance(96 * time.Hour)
		if c, err := o.glasses.Count(ctx, db.Reader(), 28); err != nil || c != (sharing.Counted{Times: 3, Waiting: 2, Overdue: 2, Wrong: 1}) {
			t.Errorf("later counted %+v (%v)", c, err)
		}
	})
}

// While the log cannot be written nothing is shown; broken glass goes on, from the sealed journal, whose lines are in the log afterwards.
func TestTheSealedJournal(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		o := newOffice(t, db)
		exec := func(statement string) {
			t.Helper()
			if err := o.write(func(tx *database.Tx) error { return tx.Exec(ctx, statement) }); err != nil {
				t.Fatal(err)
			}
		}
		look := func(who string) error {
			return o.log.Consulted(ctx, db, o.scope(who), audit.Line{SubjectKind: "person", Subject: carePerson, Owners: []string{"care"}, Words: "sections: Merrow is never named here"})
		}
		exec("ALTER TABLE audit_entry RENAME TO audit_entry_away")
		if err := look("practitioner@police"); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("the log cannot be written and something was shown: %v", err)
		}
		if err := o.breakGlass("practitioner@police", "He is on the roof."); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("broken without a line: %v", err)
		}
		if may(o.scope("practitioner@police"), injury).Allowed {
			t.Fatal("what was not written opened something")
		}
		if _, err := o.glasses.BreakSealed(o.scope("school-lead@school"), "x"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a school lead broke it: %v", err)
		}
		if _, err := o.glasses.BreakSealed(o.scope("practitioner@police"), "He is on the roof."); err != nil {
			t.Fatal(err)
		}
		if got := may(o.scope("practitioner@police"), injury); !got.Allowed || got.Rule != "break-glass" {
			t.Fatalf("from the sealed journal: %+v", got)
		}
		for range 3 {
			if err := look("practitioner@police"); err != nil {
				t.Fatal(err)
			}
		}
		if err := look("practitioner@charity"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("somebody who has not broken the glass was shown something: %v", err)
		}
		path := filepath.Join(o.dir, "journal", "sealed.txt")
		text, err := os.ReadFile(path)
		if err != nil || strings.Count(string(text), "\n") != 4 || strings.Contains(string(text), "roof") || strings.Contains(string(text), carePerson) {
			t.Fatalf("the file (%v) is not four sealed lines:\n%s", err, text)
		}
		if n, err := o.glasses.Replay(ctx, db); err == nil {
			t.Errorf("%d lines replayed into a log that cannot be written", n)
		}
		// A Lantern that was started again knows the glass from the journal.
		ids := clock.NewIDs(o.now, nil)
		again := sharing.NewStore(db, ids)
		accounts := account.NewStore(db, o.now, ids, again)
		if _, err := sharing.NewGlasses(again, o.now, ids, o.log, accounts, partnership.NewStore(o.now, ids, o.log, accounts)); err != nil {
			t.Fatal(err)
		}
		if _, g, err := again.Singly(ctx, o.who["practitioner@police"].ID, "police", access.Safeguarding, o.now.Now()); err != nil || g == nil {
			t.Errorf("started again, the glass is whole (%v)", err)
		}
		exec("ALTER TABLE audit_entry_away RENAME TO audit_entry")
		n, err := o.glasses.Replay(ctx, db)
		if err != nil || n != 4 {
			t.Fatalf("replayed %d (%v), want 4", n, err)
		}
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("the journal is still there: %v", err)
		}
		if n, err := o.glasses.Replay(ctx, db); err != nil || n != 0 {
			t.Errorf("replayed again: %d (%v)", n, err)
		}
		if got := may(o.scope("practitioner@police"), injury); !got.Allowed {
			t.Errorf("replayed, the glass is whole: %+v", got)
		}
		police := o.scope("practitioner@police")
		mine, err := o.glasses.List(ctx, db.Reader(), police)
		if err != nil || len(mine) != 1 || !mine[0].Sealed || mine[0].Reviewer == "" || mine[0].Why != "He is on the roof." {
			t.Fatalf("replayed: %+v (%v)", mine, err)
		}
		opened, err := o.glasses.Opened(ctx, db.Reader(), police, mine[0])
		if err != nil || len(opened) != 3 {
			t.Errorf("replayed, %d lines rest on it (%v), want 3", len(opened), err)
		}
		// The log is whole with them.
		keys, err := audit.OpenKeys(o.dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.log.Sequence(ctx, db, 1000); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.Checkpoint(ctx, db, keys, o.dir, o.now); err != nil {
			t.Fatal(err)
		}
		o.now.Advance(2 * time.Minute)
		if r, err := audit.Verify(ctx, db, keys.Verifiers(), o.dir, nil, o.now); err != nil || !r.Whole() {
			t.Errorf("the log after the replay: %+v (%v)", r, err)
		}
	})
}

// Whoever holds the file but not the key can change, move, take out or add no line unseen; what was before the change is still written.
func TestAJournalThatWasTamperedWith(t *testing.T) {
	for label, c := range map[string]struct {
		change func(lines []string) []string
		opens  int
	}{
		"left alone":          {func(l []string) []string { return l }, 3},
		"a changed line":      {func(l []string) []string { l[1] = "A" + l[1][1:]; return l }, 1},
		"a line taken out":    {func(l []string) []string { return slices.Delete(l, 1, 2) }, 1},
		"two lines exchanged": {func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }, 1},
		"a line twice":        {func(l []string) []string { return append(l, l[2]) }, 3},
		"a line of rubbish":   {func(l []string) []string { return append(l, "rubbish") }, 3},
	} {
		t.Run(label, func(t *testing.T) {
			db := databasetest.SQLite(t)
			ctx := context.Background()
			o := newOffice(t, db)
			for range 3 {
				if err := o.log.Seal(access.Scope{Account: "a", Agency: "police"}, audit.Line{Act: audit.Consultation, SubjectKind: "person", Subject: carePerson}, nil); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(o.dir, "journal", "sealed.txt")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := c.change(strings.Split(strings.TrimSpace(string(text)), "\n"))
			if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			n, err := o.glasses.Replay(ctx, db)
			if err != nil || n != c.opens {
				t.Fatalf("replayed %d (%v), want %d", n, err, c.opens)
			}
			said, _, err := audit.Find(ctx, db.Reader(), access.System("test", access.Upkeep), audit.Query{SubjectKind: "journal"})
			damaged := label != "left alone"
			if err != nil || len(said) != 1 || strings.Contains(said[0].Words, "sealed journal is") != damaged {
				t.Errorf("the log says %+v (%v)", said, err)
			}
			kept, err := filepath.Glob(filepath.Join(o.dir, "journal", "damaged-*.txt"))
			if err != nil || (len(kept) == 1) != damaged {
				t.Errorf("kept beside: %q (%v)", kept, err)
			}
		})
	}
}
