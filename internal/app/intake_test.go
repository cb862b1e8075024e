package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/intake"
)

// independent counts a police.uk street file with nothing of ours: rows by crime type, rows without
// coordinates, and rows whose Crime ID an earlier row had.
func independent(t *testing.T, b []byte) (rows, unlocated, repeated int, byType map[string]int) {
	t.Helper()
	zr, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(zr)
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	byType, ids := map[string]int{}, map[string]bool{}
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return rows, unlocated, repeated, byType
		}
		if err != nil {
			t.Fatal(err)
		}
		rows++
		byType[rec[9]]++
		if rec[4] == "" {
			unlocated++
		}
		if rec[0] != "" && ids[rec[0]] {
			repeated++
		}
		ids[rec[0]] = true
	}
}

func TestPoliceFilesAreTakenWhole(t *testing.T) {
	files, err := filepath.Glob("../../../shared/data/police/2024-01-*-street*.csv.gz")
	if err != nil || len(files) == 0 {
		t.Skip("the public police.uk files are not beside the project: nothing to count")
	}
	l := apptest.New(t)
	ctx := context.Background()
	scope := access.Scope{Account: "test", Agency: "police", Purpose: access.Assessment}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		rows, unlocated, repeated, byType := independent(t, b)
		began := time.Now()
		load, err := l.Intake.Load(ctx, scope, intake.Input{Name: filepath.Base(f), File: bytes.NewReader(b), Size: int64(len(b)), Agency: "police", Basis: "open", Identified: true})
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		t.Logf("%s: %d rows in %v", filepath.Base(f), load.Read, time.Since(began).Round(time.Millisecond))
		if load.Taken+load.Refused != load.Read || int(load.Read) != rows || int(load.Taken) != rows || int(load.Unlocated) != unlocated {
			t.Errorf("%s: read %d, taken %d, refused %d, unlocated %d; an independent count has %d rows, %d unlocated", f, load.Read, load.Taken, load.Refused, load.Unlocated, rows, unlocated)
		}
		q := event.Query{Loads: []string{load.ID}}
		counts, err := l.Events.ByKindAndMonth(ctx, l.DB.Reader(), scope, q)
		if err != nil {
			t.Fatal(err)
		}
		got, want := map[int]int{}, map[int]int{}
		for _, c := range counts {
			if c.Month != "2024-01" {
				t.Errorf("%s: an event in month %q", f, c.Month)
			}
			got[c.N]++
		}
		for _, n := range byType {
			want[n]++
		}
		for n, k := range want {
			if got[n] != k {
				t.Errorf("%s: %d kinds with %d events, want %d", f, got[n], n, k)
			}
		}
		total, err := l.Events.Total(ctx, l.DB.Reader(), scope, q)
		if err != nil || total.Events != rows || total.RepeatedIDs != repeated || total.Unlocated != unlocated {
			t.Errorf("%s: totals %+v (%v), want %d events, %d repeated, %d unlocated", f, total, err, rows, repeated, unlocated)
		}
	}
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestAnUndoneLoadIsGoneAtOnce(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	scope := access.Scope{Account: "test", Agency: "police", Purpose: access.Assessment}
	csv := []byte("Date,Type,Place\n01/02/2026,Robbery,Harbour Street\n02/02/2026,Robbery,Mill Lane\nnot a date,Robbery,Mill Lane\n")
	load, err := l.Intake.Load(ctx, scope, intake.Input{Name: "events.csv", File: bytes.NewReader(csv), Size: int64(len(csv)), Agency: "police", Basis: "own", Identified: true})
	if err != nil {
		t.Fatal(err)
	}
	count := func() int {
		total, err := l.Events.Total(ctx, l.DB.Reader(), scope, event.Query{})
		if err != nil {
			t.Fatal(err)
		}
		return total.Events
	}
	if load.Taken != 2 || load.Refused != 1 || count() != 2 {
		t.Fatalf("taken %d, refused %d, events %d; want 2, 1, 2", load.Taken, load.Refused, count())
	}
	other := scope
	other.Agency = "school"
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return l.Intake.Undo(ctx, tx, other, load.ID, "not mine") }); err == nil {
		t.Error("another agency undid the load")
	}
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return l.Intake.Undo(ctx, tx, scope, load.ID, "wrong month") }); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 0 {
		t.Errorf("after undo %d events can be seen", n)
	}
	if err := l.Intake.Purge(ctx, load.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM event"); err != nil || n != 0 {
		t.Errorf("after the purge %d rows are left (%v)", n, err)
	}
}

// A record that held two others together, by a number each, lets them go when its load is undone.
func TestUndoingALoadLetsPeopleComeApart(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	load := func(agency, name, csv string) string {
		t.Helper()
		scope := access.Scope{Account: "test", Agency: agency, Purpose: access.Safeguarding}
		x, err := l.Intake.Load(ctx, scope, intake.Input{Name: name, File: bytes.NewReader([]byte(csv)), Size: int64(len(csv)), Agency: agency, Basis: "own", Identified: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Identity.Link(ctx, x.ID); err != nil {
			t.Fatal(err)
		}
		return x.ID
	}
	people := func() int {
		t.Helper()
		c, err := l.Identity.Count(ctx, l.DB.Reader(), access.System("test", access.Upkeep))
		if err != nil {
			t.Fatal(err)
		}
		return c.People
	}
	const header = "Record ID,Forename,Surname,Date of birth,NHS number,UPN\n"
	load("police", "police.csv", header+"A1,Aaron,Smith,03/04/2010,9434765919,\n")
	between := load("care", "care.csv", header+"B1,Aaron,Smith,03/04/2010,9434765919,B801200005001\n")
	load("school", "school.csv", header+"C1,Aron,Smyth,03/04/2011,,B801200005001\n")
	if n := people(); n != 1 {
		t.Fatalf("%d people, want all three records to be one", n)
	}
	if err := l.DB.Write(ctx, func(tx *database.Tx) error {
		return l.Intake.Undo(ctx, tx, access.Scope{Account: "test", Agency: "care", Purpose: access.Safeguarding}, between, "wrong file")
	}); err != nil {
		t.Fatal(err)
	}
	if err := l.Purge(ctx, between); err != nil {
		t.Fatal(err)
	}
	c, err := l.Identity.Count(ctx, l.DB.Reader(), access.System("test", access.Upkeep))
	if err != nil || c.Records != 2 || c.People != 2 {
		t.Errorf("after undo %d records of %d people (%v), want 2 of 2", c.Records, c.People, err)
	}
}
