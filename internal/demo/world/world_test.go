package world

import (
	"bytes"
	"testing"
	"time"
)

var someDay = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func generate(t testing.TB, opt Options) *World {
	t.Helper()
	if opt.Today.IsZero() {
		opt.Today = someDay
	}
	w, err := Generate(opt)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b, c := generate(t, Options{Seed: 7}), generate(t, Options{Seed: 7}), generate(t, Options{Seed: 8})
	if len(a.Files) != len(b.Files) {
		t.Fatalf("two worlds of one seed have %d and %d files", len(a.Files), len(b.Files))
	}
	for i := range a.Files {
		if !bytes.Equal(a.Files[i].Bytes, b.Files[i].Bytes) {
			t.Errorf("%s differs between two worlds of one seed", a.Files[i].Path)
		}
	}
	if !bytes.Equal(a.Geography.Boundaries, b.Geography.Boundaries) || !bytes.Equal(a.Geography.Postcodes, b.Geography.Postcodes) {
		t.Error("the county differs between two worlds of one seed")
	}
	if bytes.Equal(a.Geography.Boundaries, c.Geography.Boundaries) {
		t.Error("the county is the same for two seeds")
	}
}
