package database

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"lantern.example/lantern/internal/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// engineFiles shows goose the numbered files of one engine: NNNNN_name.sql is for both,
// NNNNN_name.sqlite.sql and NNNNN_name.postgres.sql for one (full text, triggers). One directory, so
// that a number is used once.
type engineFiles struct {
	fs.ReadDirFS
	engine Engine
}

func (e engineFiles) mine(name string) bool {
	for _, other := range []Engine{SQLite, PostgreSQL} {
		if strings.HasSuffix(name, "."+string(other)+".sql") {
			return other == e.engine
		}
	}
	return true
}

func (e engineFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := e.ReadDirFS.ReadDir(name)
	var mine []fs.DirEntry
	for _, d := range all {
		if e.mine(d.Name()) {
			mine = append(mine, d)
		}
	}
	return mine, err
}

func (e engineFiles) Glob(pattern string) ([]string, error) {
	all, err := fs.Glob(e.ReadDirFS, pattern)
	var mine []string
	for _, n := range all {
		if e.mine(n) {
			mine = append(mine, n)
		}
	}
	return mine, err
}

func (db *DB) provider() (*goose.Provider, error) {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	files, ok := sub.(fs.ReadDirFS)
	if !ok {
		return nil, errors.New("database: the embedded migrations cannot be listed")
	}
	dialect := goose.DialectSQLite3
	var opts []goose.ProviderOption
	if db.Engine == PostgreSQL {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, db.write, engineFiles{files, db.Engine}, opts...)
}

// Step is one change to the schema.
type Step struct {
	Version int64
	Name    string
	Applied bool
}

// Pending lists the schema's steps and whether each has been taken.
func (db *DB) Pending(ctx context.Context) ([]Step, error) {
	p, err := db.provider()
	if err != nil {
		return nil, err
	}
	status, err := p.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Step, len(status))
	for i, s := range status {
		out[i] = Step{Version: s.Source.Version, Name: s.Source.Path, Applied: s.State == goose.StateApplied}
	}
	return out, nil
}

// Migrate brings the schema up to this build's. A database made by a newer build is refused in words.
func (db *DB) Migrate(ctx context.Context) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return fault.New(fault.Unavailable, "This database was last used by a newer Lantern (schema %d, this build knows %d). Use that version, or restore the backup taken before it.", have, want)
	}
	if have == want {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("database: schema: %w", err)
	}
	return nil
}
