package audit_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
)

type bench struct {
	*testing.T
	db   *database.DB
	log  *audit.Log
	keys audit.Keys
	dir  string
	now  *clock.Fixed
}

func begin(t *testing.T, db *database.DB) *bench {
	t.Helper()
	now := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	keys, err := audit.OpenKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{T: t, db: db, log: audit.NewLog(now, clock.NewIDs(now, nil)), keys: keys, dir: dir, now: now}
}

func (b *bench) write(n int) {
	b.Helper()
	s := access.Scope{Account: "a1", Agency: "police", Purpose: access.Safeguarding}
	for range n {
		if err := b.log.Consulted(context.Background(), b.db, s, audit.Line{SubjectKind: "person", Subject: "p1", Owners: []string{"school"}, Words: "sections: timeline"}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := b.log.Sequence(context.Background(), b.db, 1000); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) checkpoint() {
	b.Helper()
	if _, err := audit.Checkpoint(context.Background(), b.db, b.keys, b.dir, b.now); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) verify(outside ...[]byte) audit.Report {
	b.Helper()
	b.now.Advance(2 * time.Minute)
	r, err := audit.Verify(context.Background(), b.db, b.keys.Verifiers(), b.dir, outside, b.now)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) tamper(statement string) {
	b.Helper()
	if err := b.db.Write(context.Background(), func(tx *database.Tx) error { return tx.Exec(context.Background(), statement) }); err != nil {
		b.Fatal(err)
	}
}

func TestALogLeftAloneIsWhole(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.write(7)
		b.checkpoint()
		b.write(6)
		b.checkpoint()
		r := b.verify()
		if !r.Whole() || r.Leaves != 13 || r.Checkpoints != 2 || r.LastSigned != 13 {
			t.Errorf("got %+v, want 13 leaves, 2 checkpoints, nothing wrong", r)
		}
	})
}

func TestTamperingIsFound(t *testing.T) {
	const pick = "(SELECT entry_id FROM audit_leaf WHERE seq = 3)"
	cases := []struct{ name, statement, want string }{
		{"an edited line", "UPDATE audit_entry SET account = 'someone-else' WHERE id = " + pick, "changed after it was written"},
		{"a deleted entry", "DELETE FROM audit_entry WHERE id = " + pick, "lost its entry"},
		{"a deleted line", "DELETE FROM audit_leaf WHERE seq = 3", "gap"},
		{"the last line cut off", "DELETE FROM audit_leaf WHERE seq = 9", "cut off its end"},
		{"an inserted entry", "INSERT INTO audit_entry (id, at, act, account, agency, purpose, subject_kind, subject, owners, basis, words) VALUES ('0', 1, 'consultation', 'x', 'x', 'x', 'x', 'x', '', '', '')", "no place in the log"},
		{"two lines exchanged", "UPDATE audit_leaf SET entry_id = CASE seq WHEN 3 THEN 'swap' ELSE entry_id END WHERE seq = 3", "lost its entry"},
		{"a changed stored hash", "UPDATE audit_leaf SET hash = (SELECT hash FROM audit_leaf WHERE seq = 4) WHERE seq = 3", "changed after it was written"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				b := begin(t, db)
				b.write(10)
				b.checkpoint()
				b.tamper(c.statement)
				r := b.verify()
				if !strings.Contains(strings.Join(r.Problems, "\n"), c.want) {
					t.Errorf("problems %q do not say %q", r.Problems, c.want)
				}
			})
		})
	}
}

// A whole new log, made with the key, fits itself; only a checkpoint held outside shows it.
func TestARehashNeedsAnOutsideCheckpoint(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.write(5)
		b.checkpoint()
		held, err := os.ReadFile(filepath.Join(b.dir, "checkpoints", "000000000005.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"audit_entry", "audit_leaf", "audit_hash"} {
			b.tamper("DELETE FROM " + table)
		}
		if err := os.RemoveAll(filepath.Join(b.dir, "checkpoints")); err != nil {
			t.Fatal(err)
		}
		b.now.Advance(time.Hour)
		b.write(5)
		b.checkpoint()
		if r := b.verify(); !r.Whole() {
			t.Fatalf("a complete re-hash should fit itself, got %q", r.Problems)
		}
		if r := b.verify(held); r.Whole() {
			t.Error("the checkpoint held outside did not show the re-hash")
		}
	})
}

func TestAnActWithoutItsLineIsNotDone(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.tamper("DROP TABLE audit_entry")
		ctx := context.Background()
		err := db.Write(ctx, func(tx *database.Tx) error {
			if err := tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ('x','y',1)"); err != nil {
				return err
			}
			return b.log.Record(ctx, tx, access.System("test", access.Upkeep), audit.Line{Act: audit.Alteration, SubjectKind: "setting", Subject: "x"})
		})
		if err == nil {
			t.Fatal("the act went through without its line")
		}
		n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM setting")
		if err != nil || n != 0 {
			t.Errorf("settings = %d (%v), want none", n, err)
		}
	})
}

// The quick look sees a changed last line and a log cut shorter than what was signed.
func TestAQuickLook(t *testing.T) {
	cases := []struct{ name, statement, want string }{
		{"left alone", "", ""},
		{"an edited line", "UPDATE audit_entry SET account = 'someone-else' WHERE id = (SELECT entry_id FROM audit_leaf WHERE seq = 3)", "changed after it was written"},
		{"the end cut off", "DELETE FROM audit_leaf WHERE seq > 6", "cut off its end"},
		{"a changed stored hash", "UPDATE audit_hash SET hash = (SELECT hash FROM audit_hash WHERE idx = 0) WHERE idx = 14", "not the one that was signed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				b := begin(t, db)
				b.write(10)
				b.checkpoint()
				if c.statement != "" {
					b.tamper(c.statement)
				}
				v, err := audit.OpenVerifiers(b.dir)
				if err != nil {
					t.Fatal(err)
				}
				h, err := audit.Quick(context.Background(), db, v, b.dir, b.now)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(h.Problems, "\n"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
					t.Errorf("problems %q, want %q", got, c.want)
				}
				if c.want == "" && (h.Leaves != 10 || h.Signed != 10 || !h.SignedAt.Equal(b.now.Now())) {
					t.Errorf("got %+v, want 10 leaves, all signed now", h)
				}
			})
		})
	}
}

// A partnership whose signing key is gone goes on with a new one; what the old one signed still counts.
func TestAKeyThatIsGoneIsFollowedByAnother(t *testing.T) {
	db := databasetest.SQLite(t)
	b := begin(t, db)
	b.write(4)
	b.checkpoint()
	old := b.keys.Public
	if err := os.Remove(filepath.Join(b.dir, "keys", "audit.key")); err != nil {
		t.Fatal(err)
	}
	keys, err := audit.OpenKeys(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	if keys.Public == old || len(keys.Earlier) != 1 {
		t.Fatalf("the key is %q with %d earlier ones, want a new one and the old one kept", keys.Public, len(keys.Earlier))
	}
	b.keys = keys
	b.write(3)
	b.checkpoint()
	if r := b.verify(); !r.Whole() || r.Checkpoints != 2 {
		t.Errorf("got %+v, want both keys' checkpoints to hold", r)
	}
}

func TestProvingMakesNoKeys(t *testing.T) {
	dir := t.TempDir()
	if _, err := audit.OpenVerifiers(dir); err == nil {
		t.Error("a folder without keys was accepted")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%d files were made in the folder (%v), want none", len(left), err)
	}
}
