package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/file"
)

func store(db *database.DB) *file.Store {
	c := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	return file.NewStore(db, c, clock.NewIDs(c, nil))
}

var police = access.Scope{Account: "a", Agency: "police", Purpose: access.Safeguarding}

func TestAFileComesBackAsItWas(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		want := make([]byte, 3<<20+17)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range want {
			want[i] = byte(r.Uint32())
		}
		f, err := s.Save(context.Background(), police, file.New{Owner: "police", Class: access.Offending, Name: `..\..\list "x".csv`, Retention: "load", ReviewOn: "2027-01-01"}, bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != "list x.csv" || f.Size != int64(len(want)) {
			t.Errorf("kept as %q, %d bytes", f.Name, f.Size)
		}
		rd, _, err := s.Open(context.Background(), police, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(rd)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %d bytes (%v), want the %d that were saved", len(got), err, len(want))
		}
		middle := make([]byte, 1000)
		if _, err := rd.ReadAt(middle, 1<<20-500); err != nil || !bytes.Equal(middle, want[1<<20-500:1<<20+500]) {
			t.Errorf("reading across a chunk's end: %v", err)
		}
		other := police
		other.Agency = "school"
		if _, _, err := s.Open(context.Background(), other, f.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another agency got %v, want the answer for what does not exist", err)
		}
	})
}

type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("connection reset")
	}
	return n, err
}

func TestAFileThatBreaksOffLeavesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		_, err := store(db).Save(context.Background(), police, file.New{Owner: "police", Class: access.Offending, Name: "x"}, broken{strings.NewReader(strings.Repeat("x", 2<<20))})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v, want a fault in words", err)
		}
		for _, table := range []string{"stored_file", "stored_file_chunk"} {
			if n, err := database.One(context.Background(), db.Reader(), database.Value[int], "SELECT count(*) FROM "+table); err != nil || n != 0 {
				t.Errorf("%s has %d rows (%v), want none", table, n, err)
			}
		}
	})
}
