package operate_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/operate"
)

func found(d operate.Diagnosis, name string) operate.Check {
	for _, c := range d.Checks {
		if c.Name == name {
			return c
		}
	}
	return operate.Check{}
}

func TestDoctor(t *testing.T) {
	ctx := context.Background()
	cases := []struct {
		name   string
		change func(t *testing.T, dir string, db *database.DB, cfg *config.Config)
		check  string
		state  operate.State
		says   string
	}{
		{"left alone, the log", nil, "audit log", operate.Good, "fit"},
		{"left alone, the checkpoints", nil, "checkpoints", operate.Good, "signed"},
		{"left alone, the schema", nil, "schema", operate.Good, "this build's own"},
		{"left alone, durability", nil, "durability", operate.Good, "on the disk"},
		{"left alone, the accounts", nil, "accounts", operate.Good, "administrator"},
		{"no backup yet", nil, "backups", operate.Look, "No backup was ever made"},
		{"a backup of today", func(t *testing.T, dir string, db *database.DB, _ *config.Config) {
			backedUp(t, dir, db, now.Add(-time.Hour))
		}, "backups", operate.Good, "b.age"},
		{"a backup of last week", func(t *testing.T, dir string, db *database.DB, _ *config.Config) {
			backedUp(t, dir, db, now.AddDate(0, 0, -7))
		}, "backups", operate.Look, "15 November 2026"},
		{"a folder that others can read", func(t *testing.T, dir string, _ *database.DB, _ *config.Config) { chmod(t, dir, 0o755) }, "rights", operate.Wrong, "can read"},
		{"a key that others can read", func(t *testing.T, dir string, _ *database.DB, _ *config.Config) {
			chmod(t, filepath.Join(dir, "keys", "audit.key"), 0o644)
		}, "rights", operate.Wrong, "audit.key"},
		{"no signing key", func(t *testing.T, dir string, _ *database.DB, _ *config.Config) {
			remove(t, filepath.Join(dir, "keys", "audit.key"))
		}, "audit keys", operate.Look, "signing key is not"},
		{"no keys", func(t *testing.T, dir string, _ *database.DB, _ *config.Config) {
			remove(t, filepath.Join(dir, "keys", "audit.pub"))
		}, "audit keys", operate.Wrong, "cannot be read"},
		{"a log that was tampered with", func(t *testing.T, _ string, db *database.DB, _ *config.Config) {
			exec(t, db, "UPDATE audit_entry SET account = 'x' WHERE id = (SELECT entry_id FROM audit_leaf ORDER BY seq DESC LIMIT 1)")
		}, "audit log", operate.Wrong, "changed after it was written"},
		{"an unfinished copy", func(t *testing.T, _ string, db *database.DB, _ *config.Config) {
			exec(t, db, "INSERT INTO setting (name, value, at) VALUES ('unfinished-copy', 'x', 1)")
		}, "schema", operate.Wrong, "never completed"},
		{"an older schema", func(t *testing.T, _ string, db *database.DB, _ *config.Config) {
			exec(t, db, "DELETE FROM goose_db_version WHERE version_id > 1")
		}, "schema", operate.Look, "to come"},
		{"a newer schema", func(t *testing.T, _ string, db *database.DB, _ *config.Config) {
			exec(t, db, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)")
		}, "schema", operate.Wrong, "newer Lantern"},
		{"no administrator", func(t *testing.T, _ string, db *database.DB, _ *config.Config) {
			exec(t, db, "UPDATE account SET disabled = TRUE WHERE role = 'administrator'")
		}, "accounts", operate.Wrong, "No open account"},
		{"an old copy from an upgrade", func(t *testing.T, dir string, _ *database.DB, _ *config.Config) {
			path := filepath.Join(dir, "before-schema-00001-x.db")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, now, now.AddDate(0, -2, 0)); err != nil {
				t.Fatal(err)
			}
		}, "leftovers", operate.Look, "before-schema"},
		{"an address for everybody without https", func(_ *testing.T, _ string, _ *database.DB, cfg *config.Config) { cfg.Addr = "0.0.0.0:80" }, "settings", operate.Wrong, "this machine only"},
		{"behind a proxy", func(_ *testing.T, _ string, _ *database.DB, cfg *config.Config) {
			cfg.Origin = "https://lantern.example.org"
		}, "reach", operate.Good, "through a proxy"},
		{"nothing there", func(t *testing.T, _ string, _ *database.DB, cfg *config.Config) {
			cfg.Data = filepath.Join(t.TempDir(), "none")
		}, "database", operate.Wrong, "There is no partnership"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && c.check == "rights" {
				t.Skip("rights are not read on Windows")
			}
			dir := partnership(t)
			cfg := config.Config{Data: dir}
			if c.change != nil {
				c.change(t, dir, open(t, dir), &cfg)
			}
			d := operate.Examine(ctx, cfg, "test", clock.At(now))
			got := found(d, c.check)
			if got.State != c.state || !strings.Contains(got.Says, c.says) {
				t.Errorf("%s is %q, %q; want %q and %q", c.check, got.State, got.Says, c.state, c.says)
			}
			if got.State != operate.Good && got.Mend == "" {
				t.Errorf("%s does not say how to mend it", c.check)
			}
			if len(d.Outside) != 0 {
				t.Errorf("outside calls %q, want none", d.Outside)
			}
			if (c.state == operate.Wrong) != d.Wrong() {
				t.Errorf("wrong is %v for %+v", d.Wrong(), d.Checks)
			}
		})
	}
	if _, err := os.Stat("lantern-data"); err == nil {
		t.Error("doctor made a folder")
	}
}

func TestDoctorOnPostgreSQL(t *testing.T) {
	dir := partnership(t)
	pg := empty(t, database.PostgreSQL)
	if _, err := operate.Copy(context.Background(), open(t, dir), pg, dir, clock.At(now), quiet); err != nil {
		t.Fatal(err)
	}
	d := operate.Examine(context.Background(), config.Config{Data: dir, DB: pg.URL}, "test", clock.At(now))
	// The tests' own server has fsync off, for speed: just what doctor is to find.
	if got := found(d, "durability"); os.Getenv("LANTERN_TEST_POSTGRES_DURABLE") == "" && (got.State != operate.Wrong || !strings.Contains(got.Says, "fsync is off")) {
		t.Errorf("durability is %+v, want fsync found off", got)
	}
	if got := found(d, "database"); got.State != operate.Good || !strings.Contains(got.Says, "PostgreSQL") {
		t.Errorf("database is %+v", got)
	}
}

func backedUp(t *testing.T, dir string, db *database.DB, at time.Time) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operate.Backup(context.Background(), db, operate.BackupOptions{Data: dir, File: filepath.Join(t.TempDir(), "b.age"), Recipients: []age.Recipient{id.Recipient()}, Clock: clock.At(at), Say: quiet}); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
