package linkrun

import (
	"fmt"
	"os"
	"runtime/debug"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/figure"
)

// spill puts what does not fit the memory into files of the output folder, which
// nobody else may read. They hold numbers of records and nothing of what stands in them.
type spill struct{ dir string }

type spillFile struct{ *os.File }

// Create opens a file of its own.
func (s spill) Create() (linkage.SpillFile, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil { //nolint:gosec // as the folder is made for the answers
		return nil, fmt.Errorf("making the folder %s: %w", s.dir, err)
	}
	f, err := os.CreateTemp(s.dir, ".pairs-*")
	if err != nil {
		return nil, fmt.Errorf("making a file for pairs that do not fit the memory: %w", err)
	}
	return spillFile{f}, nil
}

// Close closes the file and removes it.
func (f spillFile) Close() error {
	err := f.File.Close()
	if e := os.Remove(f.Name()); err == nil {
		err = e
	}
	return err
}

// runtimeShare is the part of the memory that is left to what the collector does
// not count.
const runtimeShare = 10

// keepTo holds the collector to a number of bytes for so many records, and says
// in words when they need more than that.
func keepTo(memory int64, records int) (words string) {
	if memory <= 0 {
		return ""
	}
	limit := memory - memory/runtimeShare
	if least := linkage.LeastMemory(records); least > limit {
		limit = least + least/4
		words = fmt.Sprintf("%s about %d MB however little else is kept, more than the %d MB of --memory: pairs were put aside in files, and the records were held all the same", figure.Many(records, "record needs", "records need"), least>>20, memory>>20)
	}
	debug.SetMemoryLimit(limit)
	return words
}
