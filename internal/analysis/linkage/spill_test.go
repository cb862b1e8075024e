package linkage

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

// memorySpill keeps in memory what a run puts aside, and counts it.
type memorySpill struct {
	files, open int
	bytes       int64
	full        int64 // a write beyond so many bytes fails; 0 for never
}

type memoryFile struct {
	bytes.Buffer
	s *memorySpill
}

func (s *memorySpill) Create() (SpillFile, error) {
	s.files++
	s.open++
	return &memoryFile{s: s}, nil
}

func (f *memoryFile) Write(p []byte) (int, error) {
	if f.s.bytes += int64(len(p)); f.s.full > 0 && f.s.bytes > f.s.full {
		return 0, errors.New("no space left on device")
	}
	return f.Buffer.Write(p)
}

func (f *memoryFile) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, f.Bytes()[off:])
	if n < len(p) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (f *memoryFile) Close() error {
	f.s.open--
	return nil
}

// A run that may use next to no memory puts its blocks aside, gathers pairs in
// parts, and gives the same answer.
func TestSpillChangesNothing(t *testing.T) {
	recs, _ := population(t, 25, 1500)
	want := run(t, recs, Options{})
	s := &memorySpill{}
	got := run(t, recs, Options{Memory: 1 << 16, Spill: s})
	if s.files == 0 || s.bytes == 0 {
		t.Fatalf("%d files and %d bytes were put aside: the test shows nothing", s.files, s.bytes)
	}
	if s.open != 0 {
		t.Errorf("%d files were left", s.open)
	}
	if !slices.Equal(got.Person, want.Person) || !slices.Equal(got.Links, want.Links) || !slices.Equal(got.Review, want.Review) || !slices.Equal(got.Blocking, want.Blocking) {
		t.Errorf("with the pairs put aside: %d people, %d links, %d doubts; want %d, %d, %d", got.People, len(got.Links), len(got.Review), want.People, len(want.Links), len(want.Review))
	}
	if got.Model.M != want.Model.M || got.Model.Prior != want.Model.Prior {
		t.Error("the model differs")
	}
}

// A full disk ends the run with its own error, and no file is left.
func TestAFullDiskIsSaid(t *testing.T) {
	recs, _ := population(t, 25, 600)
	s := &memorySpill{full: 1000}
	_, err := Run(dataset(t, recs), Options{Memory: 1 << 16, Spill: s})
	var full *SpillError
	if !errors.As(err, &full) {
		t.Fatalf("error %v, want a SpillError", err)
	}
	if s.open != 0 {
		t.Errorf("%d files were left", s.open)
	}
}

func TestPlanFollowsTheMemory(t *testing.T) {
	for _, c := range []struct {
		memory  int64
		records int
		parts   int
		spill   bool
	}{
		{0, 1_000_000, 1, false},
		{1 << 30, 1_000_000, 1, false},
		{450 << 20, 1_000_000, 5, true},
		{1 << 16, 1_000_000, mostParts, true},
		{1 << 30, 50_000, 1, false},
	} {
		o := Options{Memory: c.memory, Workers: 2, Spill: &memorySpill{}}
		parts, spill := o.plan(c.records)
		if parts != c.parts || (spill != nil) != c.spill {
			t.Errorf("%d bytes for %d records: %d parts, spill %v; want %d, %v", c.memory, c.records, parts, spill != nil, c.parts, c.spill)
		}
	}
}
