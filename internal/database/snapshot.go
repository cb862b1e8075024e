package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"modernc.org/sqlite"

	"lantern.example/lantern/internal/fault"
)

// Snapshot copies a SQLite database to a new file as it is at this moment, by the engine's own online backup.
// Others go on reading and writing meanwhile. The file must not exist; it gets owner-only rights.
func (db *DB) Snapshot(ctx context.Context, path string) (err error) {
	if db.Engine != SQLite {
		return errors.New("database: only SQLite is copied as a file")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own folder
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The file %s cannot be made.", path)
	}
	if err := f.Close(); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // back to the pool
	return conn.Raw(func(c any) error {
		from, ok := c.(interface {
			NewBackup(dst string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.New("database: the driver offers no online backup")
		}
		b, err := from.NewBackup(path)
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "The copy %s cannot be written.", path)
		}
		// All pages in one step: the copy is then of one moment, and writers only add to the WAL meanwhile.
		more, err := b.Step(-1)
		if err == nil && more {
			err = errors.New("database: the online backup ended early")
		}
		if err = errors.Join(err, b.Finish()); err != nil {
			return fault.Wrap(fault.Unavailable, err, "The copy %s cannot be written: is the disk full?", path)
		}
		return nil
	})
}

// Sound has SQLite look through the whole file for damage; quick leaves out the comparison of indexes with
// tables. PostgreSQL has nothing of the kind, and is taken at its word.
func (db *DB) Sound(ctx context.Context, quick bool) (problems []string, err error) {
	if db.Engine != SQLite {
		return nil, nil
	}
	check := "PRAGMA integrity_check"
	if quick {
		check = "PRAGMA quick_check"
	}
	said, err := Collect(ctx, db.read, Value[string], check)
	if err != nil {
		return nil, err
	}
	if len(said) == 1 && said[0] == "ok" {
		return nil, nil
	}
	return said, nil
}

// Versions are the schema of the database (0 before the first) and the one this build makes.
func (db *DB) Versions(ctx context.Context) (have, want int64, err error) {
	p, err := db.provider()
	if err != nil {
		return 0, 0, err
	}
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	there := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'"
	if db.Engine == PostgreSQL {
		there = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'goose_db_version'"
	}
	n, err := One(ctx, db.read, Value[int], there)
	if err != nil || n == 0 {
		return 0, want, err
	}
	got, err := One(ctx, db.read, Value[sql.NullInt64], "SELECT max(version_id) FROM goose_db_version WHERE is_applied")
	return got.Int64, want, err
}

// About is the engine's own name and version.
func (db *DB) About(ctx context.Context) (string, error) {
	if db.Engine == PostgreSQL {
		v, err := One(ctx, db.read, Value[string], "SHOW server_version")
		number, _, _ := strings.Cut(v, " ")
		return "PostgreSQL " + number, err
	}
	v, err := One(ctx, db.read, Value[string], "SELECT sqlite_version()")
	return "SQLite " + v, err
}

// Durable says what keeps a committed write from being lost when the power goes; "" when nothing is wrong.
func (db *DB) Durable(ctx context.Context) (problem string, err error) {
	if db.Engine == PostgreSQL {
		for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
			v, err := One(ctx, db.read, Value[string], "SHOW "+name)
			if err != nil {
				return "", err
			}
			if v == "off" {
				return fmt.Sprintf("%s is off on the PostgreSQL server", name), nil
			}
		}
		return "", nil
	}
	mode, err := One(ctx, db.read, Value[int], "PRAGMA synchronous")
	if err == nil && mode < 2 {
		problem = "synchronous is not FULL"
	}
	return problem, err
}

// Steps are the schema steps after a version, in their order. It asks the database nothing.
func (db *DB) Steps(after int64) []Step {
	p, err := db.provider()
	if err != nil {
		return nil
	}
	var out []Step
	for _, s := range p.ListSources() {
		if s.Version > after {
			out = append(out, Step{Version: s.Version, Name: s.Path})
		}
	}
	return out
}

// MigrateTo brings an empty database to the schema of a version, for rows that were written under it.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// Newest is the newest schema this build knows.
func Newest() (int64, error) {
	names, err := migrationFiles.ReadDir("migrations")
	var newest int64
	for _, n := range names {
		number, _, _ := strings.Cut(n.Name(), "_")
		v, perr := strconv.ParseInt(number, 10, 64)
		newest, err = max(newest, v), errors.Join(err, perr)
	}
	return newest, err
}
