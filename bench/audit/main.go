// Command audit measures how long it takes to prove an audit log whole: a log of so many lines is written the way Lantern
// writes it and then verified, on SQLite and, when an address is given, on PostgreSQL.
//
//	go run ./bench/audit -lines 1000000 [-postgres postgres://USER@HOST/EMPTY_DATABASE]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

func main() {
	lines := flag.Int("lines", 1_000_000, "lines in the log")
	postgres := flag.String("postgres", "", "an empty PostgreSQL database, measured too")
	flag.Parse()
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "lantern-bench-audit")
	if err == nil {
		err = measure(ctx, "sqlite:"+filepath.Join(dir, "audit.db"), dir, *lines)
		if err == nil && *postgres != "" {
			err = measure(ctx, *postgres, dir, *lines)
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/audit:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, url, dir string, lines int) (err error) {
	db, err := database.Open(ctx, url, database.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	now := clock.At(time.Now())
	log := audit.NewLog(now, clock.NewIDs(now, nil))
	keys, err := audit.OpenKeys(dir)
	if err != nil {
		return err
	}
	s := access.Scope{Account: "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42", Agency: "police", Purpose: access.Safeguarding}
	began := time.Now()
	for done := 0; done < lines; done += 1000 {
		err := db.Write(ctx, func(tx *database.Tx) error {
			for range min(1000, lines-done) {
				if err := log.Record(ctx, tx, s, audit.Line{Act: audit.Consultation, SubjectKind: "person", Subject: "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f43", Owners: []string{"school", "care"}, Words: "sections: timeline, names, places"}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for n := 1; n > 0; {
		if n, err = log.Sequence(ctx, db, 1000); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d lines written in %.1f s\n", db.Engine, lines, time.Since(began).Seconds())
	now.Advance(time.Hour)
	began = time.Now()
	r, err := audit.Verify(ctx, db, keys.Verifiers(), filepath.Join(dir, "none"), nil, now)
	if err != nil {
		return err
	}
	if !r.Whole() || r.Leaves != int64(lines) {
		return fmt.Errorf("%d leaves, problems %q; want %d and none", r.Leaves, r.Problems, lines)
	}
	fmt.Printf("%s: %d lines proved in %.2f s on %d cores\n", db.Engine, r.Leaves, time.Since(began).Seconds(), runtime.NumCPU())
	return nil
}
