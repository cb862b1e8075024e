package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
)

// Lines moved, put in, cut out of the middle or taken off the end are found, however carefully the rows around them are put in order again.
func TestCarefulTamperingIsFound(t *testing.T) {
	const at = "(SELECT entry_id FROM audit_leaf WHERE seq = %d)"
	cases := []struct {
		name  string
		steps []string
	}{
		{"two lines exchanged, their hashes with them", []string{
			"UPDATE audit_leaf SET seq = 1000 WHERE seq = 3", "UPDATE audit_leaf SET seq = 3 WHERE seq = 6", "UPDATE audit_leaf SET seq = 6 WHERE seq = 1000"}},
		{"what two lines say exchanged", []string{
			"UPDATE audit_entry SET words = 'swapped' WHERE id = " + strings.Replace(at, "%d", "3", 1), "UPDATE audit_entry SET words = 'sections: timeline' WHERE id = " + strings.Replace(at, "%d", "6", 1)}},
		{"a line cut out and the rest moved up", []string{
			"DELETE FROM audit_entry WHERE id = " + strings.Replace(at, "%d", "4", 1), "DELETE FROM audit_leaf WHERE seq = 4",
			"UPDATE audit_leaf SET seq = seq + 1000 WHERE seq > 4", "UPDATE audit_leaf SET seq = seq - 1001 WHERE seq > 1000"}},
		{"a line put in with a leaf of its own", []string{
			"UPDATE audit_leaf SET seq = seq + 1000 WHERE seq > 4", "UPDATE audit_leaf SET seq = seq - 999 WHERE seq > 1000",
			"INSERT INTO audit_entry (id, at, act, account, agency, purpose, subject_kind, subject, owners, basis, words) VALUES ('0', 1, 'consultation', 'x', 'x', 'x', 'x', 'x', '', '', '')",
			"INSERT INTO audit_leaf (seq, entry_id, hash) SELECT 5, '0', hash FROM audit_leaf WHERE seq = 4"}},
		{"the last line taken off, its entry with it", []string{
			"DELETE FROM audit_entry WHERE id = " + strings.Replace(at, "%d", "9", 1), "DELETE FROM audit_leaf WHERE seq = 9"}},
		{"an edited line with its owners changed", []string{"UPDATE audit_entry SET owners = 'nobody' WHERE id = " + strings.Replace(at, "%d", "2", 1)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				b := begin(t, db)
				b.write(10)
				b.checkpoint()
				for _, s := range c.steps {
					b.tamper(s)
				}
				if r := b.verify(); r.Whole() {
					t.Error("the log is said to be whole")
				}
			})
		})
	}
}

// A checkpoint goes to every folder outside, once, and is never written over there; one that is not there is said and not made.
func TestCheckpointsGoOutside(t *testing.T) {
	db := databasetest.SQLite(t)
	b := begin(t, db)
	outside, gone := t.TempDir(), filepath.Join(t.TempDir(), "not", "there")
	if err := audit.SendOutside(b.dir, []string{outside}); err != nil {
		t.Fatalf("with nothing signed yet: %v", err)
	}
	b.write(5)
	b.checkpoint()
	if err := audit.SendOutside(b.dir, []string{gone, outside}); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), gone) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(gone)); err == nil {
		t.Error("a folder that was not there was made")
	}
	held := filepath.Join(outside, "lantern-000000000005.txt")
	first, err := os.ReadFile(held)
	if err != nil {
		t.Fatalf("the other did not get it: %v", err)
	}
	// The log is written anew, with the key, to the same length. What is held outside stays as it was, and shows it.
	for _, table := range []string{"audit_entry", "audit_leaf", "audit_hash"} {
		b.tamper("DELETE FROM " + table)
	}
	if err := os.RemoveAll(filepath.Join(b.dir, "checkpoints")); err != nil {
		t.Fatal(err)
	}
	b.now.Advance(3600e9)
	b.write(5)
	b.checkpoint()
	if err := audit.SendOutside(b.dir, []string{outside}); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(held)
	if err != nil || string(again) != string(first) {
		t.Errorf("what was held outside was written over (%v)", err)
	}
	if r := b.verify(); !r.Whole() {
		t.Fatalf("the new log should fit itself: %q", r.Problems)
	}
	if r := b.verify(again); r.Whole() {
		t.Error("the checkpoint outside did not show it")
	}
}
