package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"lantern.example/lantern/internal/database"
)

// Unfinished lists the outbox rows that were handed to River and are not done: in a copy or backup, which
// leaves River's own tables behind, they must be handed over anew. dir is where jobs.db lies, for SQLite.
func Unfinished(ctx context.Context, db *database.DB, dir string) (ids []string, err error) {
	const unfinished = " FROM river_job WHERE kind = 'lantern_outbox' AND state NOT IN ('completed', 'cancelled', 'discarded') ORDER BY id"
	if db.Engine == database.PostgreSQL {
		there, err := database.One(ctx, db.Reader(), database.Value[bool], "SELECT to_regclass('river_job') IS NOT NULL")
		if err != nil || !there {
			return nil, err
		}
		return database.Collect(ctx, db.Reader(), outboxID, "SELECT args::text"+unfinished)
	}
	path := filepath.Join(dir, "jobs.db")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	queue, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, queue.Close()) }()
	n, err := database.One(ctx, queue, database.Value[int], "SELECT count(*) FROM sqlite_master WHERE name = 'river_job'")
	if err != nil || n == 0 {
		return nil, err
	}
	return database.Collect(ctx, queue, outboxID, "SELECT json(args)"+unfinished)
}

func outboxID(s database.Scanner) (string, error) {
	var text string
	if err := s.Scan(&text); err != nil {
		return "", err
	}
	var a args
	err := json.Unmarshal([]byte(text), &a)
	return a.ID, err
}
