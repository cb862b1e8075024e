package audit

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"lantern.example/lantern/internal/fault"
)

// keptOutside is how many checkpoints stand in a folder outside: the first of all, which shows a log that was begun anew, and the newest.
const keptOutside = 10_000

// SendOutside copies the newest checkpoint in DIR/checkpoints into each folder outside this machine, unless it is there. A folder that cannot be
// written to is an error, and the others get it all the same. Nothing there is ever written over or removed but the oldest past ten thousand: whoever holds the folder holds the
// proof.
func SendOutside(dir string, folders []string) error {
	if len(folders) == 0 {
		return nil
	}
	name, b, err := NewestCheckpoint(dir)
	if err != nil || name == "" {
		return err
	}
	var all error
	for _, f := range folders {
		all = errors.Join(all, sendTo(f, name, b))
	}
	return all
}

// NewestCheckpoint is the newest checkpoint in DIR/checkpoints: the file's name and its text. The name is "" when there is none yet.
func NewestCheckpoint(dir string) (name string, text []byte, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*.txt"))
	if err != nil || len(names) == 0 {
		return "", nil, err
	}
	newest := slices.Max(names)
	b, err := os.ReadFile(newest) //nolint:gosec // the operator's own folder
	if err != nil {
		return "", nil, fault.Wrap(fault.Unavailable, err, "The checkpoint %s cannot be read.", newest)
	}
	return filepath.Base(newest), b, nil
}

// Held is what a folder outside holds: the newest checkpoint there, "" for none, and what is wrong with it, "" when nothing is.
type Held struct{ Folder, Newest, Problem string }

// HeldOutside looks into the folders outside. It writes nothing.
func HeldOutside(folders []string) []Held {
	out := make([]Held, len(folders))
	for i, f := range folders {
		out[i].Folder = f
		names, err := filepath.Glob(filepath.Join(f, "lantern-*.txt"))
		if info, serr := os.Stat(f); err != nil || serr != nil || !info.IsDir() {
			out[i].Problem = "The folder is not there."
			continue
		}
		if len(names) > 0 {
			out[i].Newest = filepath.Base(slices.Max(names))
		}
	}
	return out
}

func sendTo(folder, name string, b []byte) error {
	path := filepath.Join(folder, "lantern-"+name)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	// The folder itself is not made: a share that is not there must not become a folder on this machine's own disk.
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fault.New(fault.Unavailable, "The folder outside for checkpoints, %s, is not there. Connect it, or start Lantern without it.", folder)
	}
	if err := writeWhole(path, b, 0o644); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "lantern-*.txt"))
	if err != nil || len(old) <= keptOutside {
		return err
	}
	slices.Sort(old)
	return os.Remove(old[1]) // the first of all stays: it shows a log that was begun anew
}
