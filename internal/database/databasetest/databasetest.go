// Package databasetest gives each test a database of its own, on each engine.
//
// The schema is made once a process and copied: a file on SQLite, a template database on PostgreSQL.
// PostgreSQL is used when LANTERN_TEST_POSTGRES names a server (scripts/postgres start prints one);
// otherwise its half is skipped, and says so. With LANTERN_TEST_POSTGRES_REQUIRED set, a missing
// server fails instead: that is how the full test run makes sure that both engines were tested.
package databasetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lantern.example/lantern/internal/database"
)

// Each runs f as a subtest on a fresh, migrated database of each engine.
func Each(t *testing.T, f func(t *testing.T, db *database.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, PostgreSQL(t)) })
}

var lite struct {
	once  sync.Once
	bytes []byte
	err   error
}

// SQLite opens a fresh, migrated SQLite database in the test's own folder.
func SQLite(t testing.TB) *database.DB {
	t.Helper()
	lite.once.Do(func() {
		dir, err := os.MkdirTemp("", "lantern-schema")
		if err != nil {
			lite.err = err
			return
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
		path := filepath.Join(dir, "schema.db")
		db, err := database.Open(context.Background(), "sqlite:"+path, database.Options{})
		if err != nil {
			lite.err = err
			return
		}
		err = db.Migrate(context.Background())
		if err == nil {
			_, err = db.Pool().Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		}
		if cerr := db.Close(); err == nil {
			err = cerr
		}
		if err == nil {
			lite.bytes, err = os.ReadFile(path) //nolint:gosec // our own file
		}
		lite.err = err
	})
	if lite.err != nil {
		t.Fatalf("making the SQLite schema: %v", lite.err)
	}
	path := filepath.Join(t.TempDir(), "lantern.db")
	if err := os.WriteFile(path, lite.bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path)
}

func open(t testing.TB, address string) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), address, database.Options{})
	if err != nil {
		t.Fatalf("opening %s: %v", address, err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing %s: %v", address, err)
		}
	})
	return db
}

var pg struct {
	once     sync.Once
	template string
	err      error
	n        atomic.Int64
}

// PostgreSQL opens a fresh, migrated PostgreSQL database, dropped when the test ends.
func PostgreSQL(t testing.TB) *database.DB {
	t.Helper()
	return open(t, PostgreSQLAddress(t))
}

// PostgreSQLAddress makes a fresh, migrated PostgreSQL database, dropped when the test ends, and says where it is.
func PostgreSQLAddress(t testing.TB) string {
	t.Helper()
	address := os.Getenv("LANTERN_TEST_POSTGRES")
	if address == "" {
		if os.Getenv("LANTERN_TEST_POSTGRES_REQUIRED") != "" {
			t.Fatal("LANTERN_TEST_POSTGRES is not set: this run must test PostgreSQL too")
		}
		t.Skip("PostgreSQL not tested: set LANTERN_TEST_POSTGRES to a server's address (scripts/postgres start prints one)")
	}
	pg.once.Do(func() { pg.template, pg.err = makeTemplate(address) })
	if pg.err != nil {
		t.Fatalf("making the PostgreSQL schema: %v", pg.err)
	}
	name := fmt.Sprintf("%s_%d", pg.template, pg.n.Add(1))
	if err := admin(address, "CREATE DATABASE "+name+" TEMPLATE "+pg.template); err != nil {
		t.Fatalf("making database %s: %v", name, err)
	}
	t.Cleanup(func() {
		if err := admin(address, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping database %s: %v", name, err)
		}
	})
	return inDatabase(address, name)
}

func makeTemplate(address string) (string, error) {
	name := fmt.Sprintf("lantern_t%d_%d", os.Getpid(), time.Now().UnixNano()%1_000_000) //nolint:forbidigo // only a name
	if err := sweep(address); err != nil {
		return "", err
	}
	if err := admin(address, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	db, err := database.Open(context.Background(), inDatabase(address, name), database.Options{})
	if err != nil {
		return "", err
	}
	err = db.Migrate(context.Background())
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return name, err
}

// sweep drops what earlier, ended processes left.
func sweep(address string) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // a test's helper
	rows, err := db.Query("SELECT datname FROM pg_database WHERE datname LIKE 'lantern_t%'")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // a test's helper
	var old []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return err
		}
		var pid int
		if _, err := fmt.Sscanf(strings.TrimPrefix(n, "lantern_t"), "%d", &pid); err != nil {
			continue
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); os.IsNotExist(err) {
			old = append(old, n)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, n := range old {
		_, _ = db.Exec("DROP DATABASE IF EXISTS " + n + " WITH (FORCE)") // another sweeper may be first
	}
	return nil
}

var adminMu sync.Mutex // CREATE DATABASE from one template must not overlap

func admin(address, statement string) error {
	adminMu.Lock()
	defer adminMu.Unlock()
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // a test's helper
	_, err = db.Exec(statement)
	return err
}

func inDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic("LANTERN_TEST_POSTGRES is not an address: " + err.Error())
	}
	u.Path = "/" + name
	return u.String()
}
