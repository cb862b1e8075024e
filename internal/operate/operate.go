// Package operate is what whoever looks after a Lantern does to it: bring the schema up, move a partnership
// from SQLite to PostgreSQL and back, back it up and restore it, prove its log, see what is wrong, look after
// accounts, and give an agency everything that is its own.
//
// A few habits hold in all of it. What cannot be done whole is not begun, or leaves nothing behind: a copy's
// target is marked until it is complete and compared, a backup gets its name last, a restore is made beside
// its place and moved there once everything was checked. Nothing that exists is written over. Refusals say
// which file, table or flag, and what to do instead.
package operate

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Open opens a partnership that is there already, as it is: nothing is made, and the schema stays as found.
func Open(ctx context.Context, cfg *config.Config) (*database.DB, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(cfg.DB, "sqlite:"); ok {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fault.New(fault.Invalid, "There is no partnership at %s. Name its folder with --data or its database with --db; lantern serve begins a new one.", path)
		case err != nil:
			return nil, fault.Wrap(fault.Invalid, err, "The database %s cannot be read.", path)
		case info.IsDir():
			return nil, fault.New(fault.Invalid, "%s is a folder; expected the database file. Name the folder with --data.", path)
		}
	}
	return database.Open(ctx, cfg.DB, database.Options{PasswordFile: cfg.PasswordFile})
}

// CommandLine is the scope of whoever runs commands on the machine: nobody's account.
func CommandLine(agency string) access.Scope {
	return access.Scope{Account: "command line", Name: "command line", Agency: agency, Purpose: access.Upkeep}
}

// unfinished is the setting that marks a database into which a partnership is still being copied.
const unfinished = "unfinished-copy"

// Whole refuses a database that a copy was begun into and not ended, and one without a schema passes.
func Whole(ctx context.Context, db *database.DB) error {
	marked, err := isMarked(ctx, db)
	if err != nil || !marked {
		return err
	}
	return fault.New(fault.Unavailable, "The database %s holds a copy that was begun and never completed, so it is not used. Run the copy again, or go on with the database it was made from.", db.URL)
}

func isMarked(ctx context.Context, db *database.DB) (bool, error) {
	have, _, err := db.Versions(ctx)
	if err != nil || have == 0 {
		return false, err
	}
	n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM setting WHERE name = $1", unfinished)
	return n > 0, err
}

// Current refuses a database whose schema is not this build's.
func Current(ctx context.Context, db *database.DB) error {
	have, want, err := db.Versions(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return newer(have, want)
	case have < want:
		return fault.New(fault.Invalid, "The schema of %s is %d and this build's is %d. Run lantern migrate first.", db.URL, have, want)
	}
	return nil
}

func newer(have, want int64) error {
	return fault.New(fault.Invalid, "It was made by a newer Lantern: its schema is %d, and this build knows %d. Use that version of Lantern, or a later one.", have, want)
}
