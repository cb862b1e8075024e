package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
)

// One partnership's life on the command line: begun by an import, examined, given accounts, backed up, restored, moved.
func TestLookingAfterAPartnership(t *testing.T) {
	dir := t.TempDir()
	data, restored := "--data="+filepath.Join(dir, "data"), "--data="+filepath.Join(dir, "restored")
	backup, identity := filepath.Join(dir, "b.age"), filepath.Join(dir, "identity.txt")
	steps := []struct {
		name string
		args []string
		code int
		says string // in either output
	}{
		{"doctor where nothing is", []string{"doctor", data}, 1, "There is no partnership"},
		{"migrate where nothing is", []string{"migrate", data}, 2, "There is no partnership"},
		{"accounts where nothing is", []string{"user", "list", data}, 2, "There is no partnership"},
		{"import", []string{"import", write(t, dir, "events.csv", someEvents), data, "--agency=police"}, 0, "events"},
		{"migrate", []string{"migrate", data, "--dry-run"}, 0, "Nothing is to be done"},
		{"doctor", []string{"doctor", data}, 0, "Calls to the outside: none"},
		{"an account before there is an agency", []string{"user", "add", data, "--email=a@police.example", "--name=A", "--agency=police", "--role=analyst"}, 2, "no agencies yet"},
		{"an export of no agency", []string{"export", data, "--agency=police", "--out", filepath.Join(dir, "e.zip")}, 2, "no agency"},
		{"a backup to nobody", []string{"backup", backup, data}, 2, "needs a recipient"},
		{"a backup", []string{"backup", backup, data, "--new-identity", identity}, 0, "signing key is not in it"},
		{"a backup over another", []string{"backup", backup, data, "--to", identity}, 2, ""},
		{"a verified backup", []string{"restore", backup, "--identity", identity, "--verify"}, 0, "Nothing was restored"},
		{"a restore over the partnership", []string{"restore", backup, "--identity", identity, data}, 2, "holds a partnership already"},
		{"a restore", []string{"restore", backup, "--identity", identity, restored}, 0, "Restored to"},
		{"the restored log", []string{"audit", "verify", restored}, 0, "The audit log is whole"},
		{"a password in the address", []string{"db", "copy", data, "--to=postgres://a:secret@127.0.0.1/x"}, 2, "holds a password"},
		{"a copy", []string{"db", "copy", data, "--to=sqlite:" + filepath.Join(dir, "copy.db")}, 0, "Every table was compared"},
		{"a copy over it", []string{"db", "copy", data, "--to=sqlite:" + filepath.Join(dir, "copy.db")}, 2, "is not empty"},
		{"no --to", []string{"db", "copy", data}, 2, "--to"},
	}
	for _, s := range steps {
		code, out, errs := call(t, "", s.args...)
		if code != s.code || !strings.Contains(out+errs, s.says) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", s.name, code, s.code, s.says, out, errs)
		}
		if strings.Contains(out+errs, "secret") {
			t.Errorf("%s: the password is said again", s.name)
		}
	}
}

func TestAccountsOnTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	data := "--data=" + filepath.Join(dir, "data")
	if code, _, errs := call(t, "", "import", write(t, dir, "events.csv", someEvents), data, "--agency=police"); code != 0 {
		t.Fatal(errs)
	}
	tamper(t, filepath.Join(dir, "data"), "INSERT INTO agency_version (code, version, name, kind, contact, member, by_account, at, why) VALUES ('police', 1, 'Police', 'police', '', TRUE, 'test', 1, '')")
	add := []string{"user", "add", data, "--email=ann@police.example", "--name=Ann Analyst", "--agency=police", "--role=analyst"}
	code, out, errs := call(t, "", add...)
	made := regexp.MustCompile(`shown this once: ([a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{5})\n`).FindStringSubmatch(out)
	if code != 0 || made == nil {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if code, out, _ := call(t, "", "user", "reset", data, "ann@police.example", "--password-file", write(t, dir, "p.txt", "three unlikely words\n")); code != 0 || strings.Contains(out, "words") {
		t.Errorf("reset from a file: exit %d, %s", code, out)
	}
	code, out, _ = call(t, "", "user", "list", data, "--json")
	if code != 0 || !strings.Contains(out, `"ann@police.example"`) || strings.Contains(out, "argon2") {
		t.Errorf("list: exit %d, %s", code, out)
	}
	for name, args := range map[string][]string{"twice": add, "no such role": append(add[:len(add)-1:len(add)-1], "--role=boss"), "nobody": {"user", "disable", data, "nobody@police.example"}} {
		if code, _, _ := call(t, "", args...); code == 0 {
			t.Errorf("%s: accepted", name)
		}
	}
	if code, out, _ := call(t, "", "export", data, "--agency=police", "--out", filepath.Join(dir, "e.zip")); code != 0 || !strings.Contains(out, "not encrypted") {
		t.Errorf("export: exit %d, %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "e.zip")); err != nil {
		t.Error(err)
	}
}

func TestMovingToPostgreSQL(t *testing.T) {
	pg := databasetest.PostgreSQL(t)
	if _, err := pg.Pool().Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	data := "--data=" + filepath.Join(dir, "data")
	if code, _, errs := call(t, "", "import", write(t, dir, "events.csv", someEvents), data, "--agency=police"); code != 0 {
		t.Fatal(errs)
	}
	if code, out, errs := call(t, "", "db", "copy", data, "--to="+pg.URL); code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	if code, out, errs := call(t, "", "audit", "verify", data, "--db="+pg.URL); code != 0 {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	// And it goes on there: a load beside the one that came over.
	if code, _, errs := call(t, "", "import", write(t, dir, "more.csv", someEvents), data, "--db="+pg.URL, "--agency=police"); code != 0 {
		t.Errorf("exit %d: %s", code, errs)
	}
	n, err := database.One(t.Context(), pg.Reader(), database.Value[int], "SELECT count(*) FROM load WHERE state = 'live'")
	if err != nil || n != 2 {
		t.Errorf("%d loads (%v), want 2", n, err)
	}
}
