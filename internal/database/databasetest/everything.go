package databasetest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"lantern.example/lantern/internal/database"
)

// Everything is all that whoever took the database has: every row of every table as text, and on SQLite the bytes of its files too.
func Everything(t *testing.T, db *database.DB) []byte {
	t.Helper()
	tables, err := db.Tables(context.Background())
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables (%v)", err)
	}
	var out bytes.Buffer
	for _, table := range tables {
		rows, err := db.Pool().QueryContext(context.Background(), `SELECT * FROM "`+table.Name+`"`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				to[i] = &cells[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			for _, c := range cells {
				if b, ok := c.([]byte); ok {
					out.Write(b)
				} else {
					fmt.Fprint(&out, c)
				}
				out.WriteByte('\n')
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if path, ok := strings.CutPrefix(db.DSN(), "file:"); ok {
		path, _, _ = strings.Cut(path, "?")
		if path, err = url.PathUnescape(path); err != nil {
			t.Fatal(err)
		}
		for _, end := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + end)
			if err != nil && (end == "" || !os.IsNotExist(err)) {
				t.Fatal(err)
			}
			out.Write(b)
		}
	}
	return out.Bytes()
}
