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

func TestFind(t *testing.T) {
	w := generate(t, Options{Seed: 1, People: 200})
	for _, f := range w.Files {
		if _, ok := w.Agency(f.Agency); !ok {
			t.Errorf("%s comes from %s, which is no agency", f.Path, f.Agency)
		}
		if got, ok := w.File(f.Path); !ok || &got.Bytes[0] != &f.Bytes[0] {
			t.Errorf("File(%s) is not that file: two have one path", f.Path)
		}
	}
	for _, code := range append([]string{w.Story.Home, w.Story.Unit}, w.Story.Matched...) {
		if _, ok := w.Place(code); !ok {
			t.Errorf("the story speaks of %s, which is no place", code)
		}
	}
	if a, ok := w.Account("kai@wrenshire.example"); !ok || a.Person != Kai {
		t.Errorf("Kai's account is %+v", a)
	}
	_, file := w.File("nothing.csv")
	_, agency := w.Agency("XXX")
	_, account := w.Account("nobody@wrenshire.example")
	_, place := w.Place("XX99")
	if file || agency || account || place {
		t.Error("something was found that is not there")
	}
}
