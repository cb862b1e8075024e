package linkrun

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"lantern.example/lantern/internal/analysis/linkage"
)

// A later run writes the old rows again with its new ones. What the earlier run
// wrote of them is copied where it still holds, which is the rule: index.bin says
// how long each file was and its checksum, so that a file that was changed since,
// or is not whole, is not taken for an answer of this program. Its lines are then
// made anew from the index, and the summary says so.

// made is what a run keeps in its index about the files it wrote beside it.
type made struct {
	Threshold  float64
	ReviewFrom float64
	Explained  bool
	Files      map[string]sum
	lines      []uint32 // how many bytes each line of review.csv has, after the header
}

// sum is how a file is known again.
type sum struct {
	Size  int64
	CRC32 uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *sum) add(p []byte) {
	s.Size += int64(len(p))
	s.CRC32 = crc32.Update(s.CRC32, castagnoli, p)
}

// madeParts is in how many parts made is kept.
const madeParts = 2

func (m *made) parts() ([][]byte, error) {
	about, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("writing the index: %w", err)
	}
	lines := make([]byte, 0, 4*len(m.lines))
	for _, n := range m.lines {
		lines = binary.LittleEndian.AppendUint32(lines, n)
	}
	return [][]byte{about, lines}, nil
}

// earlier is what the run that this one extends wrote, as far as it can be used.
type earlier struct {
	dir   string
	state *linkage.State
	made  made
	same  bool // the lines would be made with the same thresholds, and explained or not as before

	people, linked bool   // everybody is who they were; all links still stand
	ahead          *ahead // links.csv, when its copy was begun before
}

// errChanged says that a file of the earlier run is not as that run wrote it.
var errChanged = errors.New("the file was changed")

// newEarlier is nil when there is no earlier run.
func newEarlier(s *linkage.State, opt *Options) *earlier {
	if s == nil {
		return nil
	}
	e := &earlier{dir: opt.Previous, state: s}
	if len(s.Beside) != madeParts || json.Unmarshal(s.Beside[0], &e.made) != nil {
		return e
	}
	for p := s.Beside[1]; len(p) >= 4; p = p[4:] {
		e.made.lines = append(e.made.lines, binary.LittleEndian.Uint32(p))
	}
	e.same = e.made.Threshold == opt.Threshold && e.made.ReviewFrom == opt.ReviewFrom && e.made.Explained != opt.NoExplain
	return e
}

// open opens a file of the earlier run; nil when it is not there, or is known not
// to be as it was written.
func (e *earlier) open(name string) (*os.File, error) {
	f, err := os.Open(filepath.Join(e.dir, name))
	if err != nil {
		return nil, nil //nolint:nilerr // what is missing is made anew
	}
	if info, err := f.Stat(); err != nil || info.Size() != e.made.Files[name].Size {
		f.Close() //nolint:errcheck,gosec // only read
		return nil, errChanged
	}
	return f, nil
}

// copyTo begins a file with the earlier run's and reports whether that was there.
// With errChanged what was written is not to be used.
func (e *earlier) copyTo(w *draft, name string) (bool, error) {
	f, err := e.open(name)
	if f == nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // only read
	buf := make([]byte, 1<<18)
	for {
		n, err := f.Read(buf)
		if _, err := w.Write(buf[:n]); err != nil {
			return false, err //nolint:wrapcheck // finish says which file
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, fmt.Errorf("reading %s of the earlier run: %w", name, err)
		}
	}
	if err := w.Flush(); err != nil {
		return false, err //nolint:wrapcheck // finish says which file
	}
	if w.sum != e.made.Files[name] {
		return false, errChanged
	}
	return true, nil
}

// ahead is the copy of the earlier links.csv that is made while the new rows are
// still compared: it is the largest file, and its links nearly always still stand.
type ahead struct {
	draft *draft
	dir   string // the folder, when it was made for this
	done  chan struct{}
	ok    bool
	err   error
}

// begin begins to copy links.csv, on a goroutine beside those that compare.
func (e *earlier) begin(opt *Options) {
	if e == nil || !e.same || opt.Threads < 2 {
		return
	}
	a := &ahead{done: make(chan struct{})}
	if os.Mkdir(opt.Out, 0o755) == nil { //nolint:gosec // the folder the operator named
		a.dir = opt.Out
	}
	var err error
	if a.draft, err = newDraft(opt.Out, linksName); err != nil {
		a.leave()
		return // said when it is written
	}
	e.ahead = a
	go func() {
		defer close(a.done)
		a.ok, a.err = e.copyTo(a.draft, linksName)
	}()
}

// forget takes back what was begun and is not used.
func (e *earlier) forget() {
	if e == nil || e.ahead == nil {
		return
	}
	<-e.ahead.done
	e.ahead.draft.finish(errChanged) //nolint:errcheck,gosec // removes it
	e.ahead.leave()
	e.ahead = nil
}

func (a *ahead) leave() {
	if a.dir != "" {
		os.Remove(a.dir) //nolint:errcheck,gosec // it stays when there is something in it
	}
}

// compare finds what of the earlier run still holds.
func (e *earlier) compare(res *linkage.Result) {
	if e == nil {
		return
	}
	s := e.state
	e.people = slices.Equal(res.Person[:len(s.Person)], s.Person)
	e.linked = e.same && len(res.Links) >= len(s.Links) && slices.Equal(res.Links[:len(s.Links)], s.Links)
}

// read reads a file of the earlier run; nil when it is not there.
func (e *earlier) read(name string) ([]byte, error) {
	f, err := e.open(name)
	if f == nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	data := make([]byte, e.made.Files[name].Size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, errChanged
	}
	var got sum
	if got.add(data); got != e.made.Files[name] {
		return nil, errChanged
	}
	return data, nil
}

// clusters copies clusters.csv when everybody of the earlier run is who they were,
// and returns how many records that covers.
func (e *earlier) clusters(w *draft) (int, error) {
	if e == nil || !e.people {
		return 0, nil
	}
	ok, err := e.copyTo(w, clustersName)
	if !ok {
		return 0, err
	}
	return len(e.state.Person), nil
}

// links copies links.csv when all links of the earlier run still stand, and returns
// how many they are.
func (e *earlier) links(w *draft) (int, error) {
	if e == nil || !e.linked {
		return 0, nil
	}
	var ok bool
	var err error
	if a := e.ahead; a != nil && a.draft == w {
		<-a.done
		ok, err = a.ok, a.err
		e.ahead = nil
	} else {
		ok, err = e.copyTo(w, linksName)
	}
	if !ok {
		return 0, err
	}
	return len(e.state.Links), nil
}

// doubts finds, for each doubt, its line in the earlier review.csv; nil for one that
// is new.
func (e *earlier) doubts(review []linkage.Doubt) ([][]byte, error) {
	if e == nil || !e.same || len(e.made.lines) != len(e.state.Review) {
		return nil, nil
	}
	data, err := e.read(reviewName)
	if data == nil {
		return nil, err
	}
	rest := data[bytes.IndexByte(data, '\n')+1:]
	lines := make([][]byte, len(e.state.Review))
	for i := range lines {
		n := int(e.made.lines[i])
		if n > len(rest) {
			return nil, errChanged
		}
		lines[i], rest = rest[:n:n], rest[n:]
	}
	out, from := make([][]byte, len(review)), 0
	for i, d := range review { // both are in order
		for from < len(lines) && linkage.CompareDoubts(e.state.Review[from], d) < 0 {
			from++
		}
		for k := from; k < len(lines) && linkage.CompareDoubts(e.state.Review[k], d) == 0; k++ {
			if e.state.Review[k] == d {
				out[i] = lines[k]
				break
			}
		}
	}
	return out, nil
}

// fill writes a file, from what the earlier run wrote as far as that holds.
func (e *earlier) fill(dir, name string, fill func(w *draft, e *earlier) error) (out output) {
	out.name = name
	var d *draft
	if name == linksName && e != nil && e.ahead != nil {
		if e.linked {
			d = e.ahead.draft
		} else {
			e.forget()
		}
	}
	try := func(e *earlier) {
		if d == nil {
			d, out.err = newDraft(dir, name)
		}
		if d != nil {
			out.sum, out.err = d.finish(fill(d, e))
			d = nil
		}
	}
	if try(e); errors.Is(out.err, errChanged) {
		out.changed = true
		try(nil)
	}
	return out
}

// output is a file that was written.
type output struct {
	name    string
	sum     sum
	changed bool // the earlier run's was changed, so that nothing was copied
	err     error
}
