package operate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// Pending lists the schema steps that are to come. It changes nothing.
func Pending(ctx context.Context, db *database.DB) (have int64, steps []database.Step, err error) {
	have, want, err := db.Versions(ctx)
	if err != nil {
		return have, nil, err
	}
	if have > want {
		return have, nil, newer(have, want)
	}
	return have, db.Steps(have), nil
}

// Migrate brings the schema up to this build's. A SQLite database that is in use is first copied beside itself,
// so that there is a way back; the copy's name is returned, "" when none was needed.
func Migrate(ctx context.Context, db *database.DB, dir string, c clock.Clock) (kept string, err error) {
	have, steps, err := Pending(ctx, db)
	if err != nil || len(steps) == 0 {
		return "", err
	}
	if db.Engine == database.SQLite && have > 0 {
		kept = filepath.Join(dir, fmt.Sprintf("before-schema-%05d-%s.db", steps[len(steps)-1].Version, c.Now().UTC().Format("20060102T150405Z")))
		if err := db.Snapshot(ctx, kept); err != nil {
			return "", err
		}
	}
	if err := db.Migrate(ctx); err != nil {
		return kept, err
	}
	return kept, nil
}

// Kept lists the copies that schema changes left in dir.
func Kept(dir string) ([]os.FileInfo, error) {
	names, err := filepath.Glob(filepath.Join(dir, "before-schema-*.db"))
	if err != nil {
		return nil, err
	}
	var out []os.FileInfo
	for _, n := range names {
		info, err := os.Stat(n)
		if err != nil {
			return nil, err
		}
		out = append(out, info)
	}
	return out, nil
}
