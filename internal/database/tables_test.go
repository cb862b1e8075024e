package database_test

import (
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
)

// The two engines hold the same tables with the same columns, or a partnership could not move.
func TestBothEnginesHaveTheSameTables(t *testing.T) {
	ctx := context.Background()
	lite, err := databasetest.SQLite(t).Tables(ctx)
	if err != nil {
		t.Fatal(err)
	}
	pg, err := databasetest.PostgreSQL(t).Tables(ctx)
	if err != nil {
		t.Fatal(err)
	}
	strip := func(in []database.Table) (out []database.Table) {
		for _, x := range in {
			out = append(out, database.Table{Name: x.Name, Columns: x.Columns})
		}
		return out
	}
	if !reflect.DeepEqual(strip(lite), strip(pg)) {
		t.Errorf("SQLite has %v\nPostgreSQL has %v", strip(lite), strip(pg))
	}
}

func TestTablesFollowWhatTheyReferTo(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		tables, err := db.Tables(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		at := func(name string) int {
			return slices.IndexFunc(tables, func(x database.Table) bool { return x.Name == name })
		}
		for _, pair := range [][2]string{{"agreement", "agreement_party"}, {"boundary_set", "boundary"}, {"definition_version", "definition_adoption"}, {"place", "place_review"}} {
			if a, b := at(pair[0]), at(pair[1]); a < 0 || b < 0 || a > b {
				t.Errorf("%s is number %d and %s number %d: it refers to the first", pair[0], a, pair[1], b)
			}
		}
	})
}

func TestValuesTheEnginesDoNotShareAreRefused(t *testing.T) {
	cases := []struct {
		name string
		kind database.Kind
		in   any
		want any // nil: refused
	}{
		{"a whole number", database.Integer, int64(7), int64(7)},
		{"a whole number where a measure stands", database.Real, int64(7), 7.0},
		{"a truth value as SQLite keeps it", database.Bool, int64(1), true},
		{"a number that is no truth value", database.Bool, int64(2), nil},
		{"text in bytes", database.Text, []byte("Ø"), "Ø"},
		{"text with a NUL", database.Text, "a\x00b", nil},
		{"text that is not UTF-8", database.Text, "a\xff", nil},
		{"text where a number stands", database.Integer, "7", nil},
		{"bytes", database.Bytes, []byte{0, 255}, []byte{0, 255}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := database.TableColumn{Name: "x", Kind: c.kind}.Value(c.in)
			if c.want == nil && err == nil || c.want != nil && !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v as %s is %v (%v), want %v", c.in, c.kind, got, err, c.want)
			}
		})
	}
}

func TestASnapshotIsTheDatabaseOfTheMoment(t *testing.T) {
	ctx := context.Background()
	db := databasetest.SQLite(t)
	put := func(name string) {
		if err := db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ($1,'x',1)", name)
		}); err != nil {
			t.Fatal(err)
		}
	}
	put("before")
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Snapshot(ctx, path); err != nil {
		t.Fatal(err)
	}
	put("after")
	if err := db.Snapshot(ctx, path); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		t.Errorf("a second snapshot over the first: %v, want a refusal", err)
	}
	copied, err := database.Open(ctx, "sqlite:"+path, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close() //nolint:errcheck // only read
	names, err := database.Collect(ctx, copied.Reader(), database.Value[string], "SELECT name FROM setting")
	if err != nil || !slices.Equal(names, []string{"before"}) {
		t.Errorf("the copy holds %q (%v), want only what was there before", names, err)
	}
	if problems, err := copied.Sound(ctx, false); err != nil || len(problems) != 0 {
		t.Errorf("the copy is not sound: %q, %v", problems, err)
	}
	have, want, err := copied.Versions(ctx)
	if err != nil || have != want || want == 0 {
		t.Errorf("the copy's schema is %d of %d (%v)", have, want, err)
	}
}
