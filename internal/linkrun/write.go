package linkrun

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/figure"
)

// personID is the id of a person founded by a record; again says how many
// records of the same source and id stood before it, so that two people whom an
// agency gave one id are not one.
func personID(source, id string, again int) string {
	h := sha256.New()
	io.WriteString(h, source)
	h.Write([]byte{0})
	io.WriteString(h, id)
	if again > 0 {
		h.Write([]byte{0})
		io.WriteString(h, strconv.Itoa(again))
	}
	return "P" + hex.EncodeToString(h.Sum(nil)[:10])
}

// founders finds, for every person's number, the record the id is made from:
// the least source and id, or in a later run the one it was made from before.
func founders(in *loaded, person []uint32) []uint32 {
	d := in.data
	best := make([]uint32, len(person))
	for i := range best {
		best[i] = uint32(i)
	}
	settled, taken := make([]bool, len(person)), make([]bool, len(person)) // people who lived on, and their founders
	if in.prev != nil {
		for i, p := range in.prev.Person {
			if p == uint32(i) && person[i] == p {
				best[i] = in.prev.Founder[i]
				settled[i], taken[best[i]] = true, true
			}
		}
	}
	for i, p := range person {
		if !settled[p] && !taken[i] && less(d, i, int(best[p])) {
			best[p] = uint32(i)
		}
	}
	return best
}

func less(d *linkage.Dataset, a, b int) bool {
	sa, ia := d.Key(a)
	sb, ib := d.Key(b)
	if sa != sb {
		return sa < sb
	}
	return ia < ib
}

func create(dir, name string, fill func(w *bufio.Writer) error) error {
	d, err := newDraft(dir, name)
	if err == nil {
		_, err = d.finish(fill(d.Writer))
	}
	return err
}

// draft is a file that is being written. It has another name until it is whole, so
// that it can be made from the file it replaces.
type draft struct {
	*bufio.Writer
	name, path string
	file       *os.File
	sum        sum // of what was written through
}

// unfinished is how the name of a file ends while it is being written.
const unfinished = ".part"

func newDraft(dir, name string) (*draft, error) {
	d := &draft{name: name, path: filepath.Join(dir, name)}
	var err error
	if d.file, err = os.Create(d.path + unfinished); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	d.Writer = bufio.NewWriterSize(through{d}, 1<<18)
	return d, nil
}

// through is a draft as its buffer writes to it.
type through struct{ d *draft }

func (t through) Write(p []byte) (int, error) {
	n, err := t.d.file.Write(p)
	t.d.sum.add(p[:n])
	return n, err //nolint:wrapcheck // finish says which file
}

// finish gives the file its name, or removes it when err says that it was not
// written.
func (d *draft) finish(err error) (sum, error) {
	if err == nil {
		err = d.Flush()
	}
	if e := d.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(d.path+unfinished, d.path)
	}
	if err != nil {
		os.Remove(d.path + unfinished) //nolint:errcheck,gosec // the first fault is said
		return sum{}, fmt.Errorf("writing %s: %w", d.name, err)
	}
	return d.sum, nil
}

// appendCell appends a CSV cell, quoted when it must be.
func appendCell(dst []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") && s != "" && s[0] != ' ' {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}

// write writes every file, the index last of all with what is needed to know the
// others again. It returns what to say of files of the earlier run.
func write(in *loaded, res *linkage.Result, before *earlier, opt *Options) (words []string, err error) {
	founder := founders(in, res.Person)
	before.compare(res)
	m := made{Threshold: opt.Threshold, ReviewFrom: opt.ReviewFrom, Explained: !opt.NoExplain, Files: map[string]sum{}, lines: make([]uint32, len(res.Review))}
	var outputs [4]output
	var others sync.WaitGroup
	others.Go(func() {
		outputs[0] = before.fill(opt.Out, modelName, func(w *draft, e *earlier) error { return writeModel(w, in, res, e, opt) })
	})
	others.Go(func() {
		outputs[1] = before.fill(opt.Out, clustersName, func(w *draft, e *earlier) error { return writeClusters(w, in, res, founder, e) })
		outputs[2] = before.fill(opt.Out, reviewName, func(w *draft, e *earlier) error { return writeReview(w, in.data, res, e, opt, m.lines) })
	})
	others.Go(func() {
		outputs[3] = before.fill(opt.Out, linksName, func(w *draft, e *earlier) error { return writeLinks(w, in, res, e, opt) })
	})
	defer others.Wait()
	err = create(opt.Out, indexName, func(w *bufio.Writer) error {
		return res.State(founder).WriteWith(w, madeParts, func() ([][]byte, error) {
			others.Wait()
			for _, o := range outputs {
				if o.err != nil {
					return nil, o.err
				}
				if m.Files[o.name] = o.sum; o.changed {
					words = append(words, fmt.Sprintf("%s is not as the earlier run wrote it, so nothing was copied from it: what it should hold was made anew from %s", filepath.Join(opt.Previous, o.name), indexName))
				}
			}
			return m.parts()
		})
	})
	return words, err
}

// The files of a run beside its index and summary.
const (
	clustersName = "clusters.csv"
	linksName    = "links.csv"
	reviewName   = "review.csv"
	modelName    = "model.json"
	indexName    = "index.bin"
)

// readPrevious reads the earlier run that this one extends; nil when there is none.
func readPrevious(dir string, workers int) (*linkage.State, error) {
	if dir == "" {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(dir, indexName))
	if err != nil {
		return nil, inputErrorf("%s holds no %s of an earlier run: %s", dir, indexName, err)
	}
	defer f.Close()
	s, err := linkage.ReadState(f, linkage.DefaultTables(), workers)
	if err != nil {
		return nil, &InputError{filepath.Join(dir, indexName) + ": " + err.Error()}
	}
	return s, nil
}

func writeClusters(w *draft, in *loaded, res *linkage.Result, best []uint32, e *earlier) error {
	d := in.data
	from, err := e.clusters(w)
	if err != nil {
		return err
	}
	if from == 0 {
		w.WriteString("source,record_id,person_id\n")
	}
	ids := make([]string, len(res.Person)) // by a person's number
	var line []byte
	for i := from; i < len(res.Person); i++ {
		p := res.Person[i]
		pid := ids[p]
		if pid == "" {
			source, id := d.Key(int(best[p]))
			pid = personID(source, id, in.again[best[p]])
			ids[p] = pid
		}
		line = appendRecord(line[:0], d, i)
		line = append(append(line, ','), pid...)
		line = append(line, '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// appendRecord appends a record's source and id as two cells.
func appendRecord(line []byte, d *linkage.Dataset, i int) []byte {
	line = append(appendCell(line, d.Source(i)), ',')
	at := len(line)
	line = d.AppendID(line, i)
	if id := line[at:]; len(id) == 0 || id[0] == ' ' || bytes.ContainsAny(id, ",\"\r\n") {
		line = appendCell(line[:at], string(id))
	}
	return line
}

func appendPair(line []byte, d *linkage.Dataset, e linkage.Edge) []byte {
	for _, i := range [...]uint32{e.A, e.B} {
		line = append(appendRecord(line, d, int(i)), ',')
	}
	line = strconv.AppendFloat(line, float64(e.Weight), 'f', 4, 64)
	if e.Weight > surelyOne {
		return append(line, ",1.000000"...)
	}
	line = append(line, ',')
	return strconv.AppendFloat(line, e.Probability(), 'f', 6, 64)
}

// surelyOne is a weight from which a probability is 1 in six places.
const surelyOne = 22

// linesPerPart is how many lines one goroutine prepares at a time.
const linesPerPart = 1 << 13

// writeParts prepares lines on several goroutines and writes them in order.
func writeParts(w *bufio.Writer, n, workers int, res *linkage.Result, line func(x *linkage.Explainer, dst []byte, i int) []byte) error {
	parts := (n + linesPerPart - 1) / linesPerPart
	type done struct{ buf []byte }
	ready := make([]chan done, parts)
	for i := range ready {
		ready[i] = make(chan done, 1)
	}
	slots := make(chan struct{}, 2*workers) // parts in hand
	used := make(chan []byte, 2*workers)    // to write into again
	next := make(chan int)
	for range workers {
		go func() {
			x := res.Explainer()
			for p := range next {
				var buf []byte
				select {
				case buf = <-used:
				default:
				}
				for i := p * linesPerPart; i < min((p+1)*linesPerPart, n); i++ {
					buf = line(x, buf, i)
				}
				ready[p] <- done{buf}
			}
		}()
	}
	go func() {
		for p := range parts {
			slots <- struct{}{}
			next <- p
		}
		close(next)
	}()
	var err error
	for p := range parts {
		d := <-ready[p]
		<-slots
		if err == nil {
			_, err = w.Write(d.buf)
		}
		select {
		case used <- d.buf[:0]:
		default:
		}
	}
	return err
}

func writeLinks(w *draft, in *loaded, res *linkage.Result, e *earlier, opt *Options) error {
	n, err := e.links(w)
	if err != nil {
		return err
	}
	if n == 0 {
		writeHeader(w.Writer, !opt.NoExplain, "")
	}
	return writeLinkLines(w.Writer, in.data, res, res.Links[n:], !opt.NoExplain, opt.Threads)
}

func writeHeader(w *bufio.Writer, explain bool, more string) {
	w.WriteString("source_l,record_id_l,source_r,record_id_r,match_weight,match_probability")
	if explain {
		w.WriteString(",explanation")
	}
	w.WriteString(more)
	w.WriteByte('\n')
}

// expected is how many links are read ahead: a part of lines is a multiple of it.
const expected = 32

func writeLinkLines(w *bufio.Writer, d *linkage.Dataset, res *linkage.Result, links []linkage.Edge, explain bool, workers int) error {
	return writeParts(w, len(links), workers, res, func(x *linkage.Explainer, dst []byte, i int) []byte {
		if i%expected == 0 {
			x.Expect(links[i:min(i+expected, len(links))])
		}
		e := links[i]
		dst = appendPair(dst, d, e)
		if explain {
			dst = append(dst, ',', '"')
			dst = x.Append(dst, e.A, e.B, e.Weight)
			dst = append(dst, '"')
		}
		return append(dst, '\n')
	})
}

// writeReview writes the doubts; lines takes how many bytes each line has.
func writeReview(w *draft, d *linkage.Dataset, res *linkage.Result, e *earlier, opt *Options, lines []uint32) error {
	old, err := e.doubts(res.Review)
	if err != nil {
		return err
	}
	explain := !opt.NoExplain
	writeHeader(w.Writer, explain, ",why_doubtful,priority")
	return writeParts(w.Writer, len(res.Review), opt.Threads, res, func(x *linkage.Explainer, dst []byte, i int) []byte {
		from := len(dst)
		if old != nil && old[i] != nil {
			lines[i] = uint32(len(old[i]))
			return append(dst, old[i]...)
		}
		r := &res.Review[i]
		dst = appendPair(dst, d, r.Edge)
		if explain {
			dst = append(dst, ',', '"')
			dst = x.AppendDoubt(dst, r)
			dst = append(dst, '"')
		}
		dst = appendCell(append(dst, ','), r.Why)
		dst = strconv.AppendInt(append(dst, ','), int64(r.Priority), 10)
		dst = append(dst, '\n')
		lines[i] = uint32(len(dst) - from)
		return dst
	})
}

func writeSummary(dir string, s *Summary) error {
	return create(dir, "summary.json", func(w *bufio.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(s)
	})
}

func summarise(in *loaded, res *linkage.Result, opt *Options) *Summary {
	s := &Summary{
		Records: in.data.Len(), Sources: in.data.Sources(), People: res.People, Links: len(res.Links), ForReview: len(res.Review),
		PairsScored: res.Scored, Oversized: res.Oversized, Threads: opt.Threads, Blocking: []BlockCount{}, Conflicts: append([]string{}, res.Conflicts...),
		Warnings: append(append([]string{}, in.warnings...), res.Notes...),
	}
	for _, b := range res.Blocking {
		s.Blocking = append(s.Blocking, BlockCount{b.Rule, b.Pairs})
		s.PairsConsidered += b.Pairs
		if b.Left > 0 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("blocking by %s: %s", b.Rule, figure.Many(b.Left, "entry stands under a value so common that it was not compared under it", "entries stand under values so common that they were not compared under them")))
		}
	}
	size := make([]int, len(res.Person))
	for _, p := range res.Person {
		size[p]++
		s.LargestPerson = max(s.LargestPerson, size[p])
	}
	if in.truth != nil {
		s.Evaluation = Evaluate(in.truth, res.Person)
	}
	return s
}

// readDecisions reads the decisions file; the last about a pair holds.
func readDecisions(r io.Reader, in *loaded) ([]linkage.Decision, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	header, err := c.Read()
	if err != nil {
		return nil, inputErrorf("the decisions file: expected a header row: %s", err)
	}
	var at [5]int
	for i, name := range []string{"source_l", "record_id_l", "source_r", "record_id_r", "decision"} {
		if at[i] = indexFold(header, name); at[i] < 0 {
			return nil, inputErrorf("the decisions file has no column %s; expected source_l, record_id_l, source_r, record_id_r, decision", name)
		}
	}
	when := indexFold(header, "at")
	recs := map[string]int{}
	for i := range in.len() {
		s, id := in.key(i)
		if _, ok := recs[s+"\x00"+id]; !ok {
			recs[s+"\x00"+id] = i
		}
	}
	type dated struct {
		d  linkage.Decision
		at string
	}
	var all []dated
	for n := 2; ; n++ {
		row, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil || len(row) < len(header) {
			return nil, inputErrorf("the decisions file, row %d: it has %s; expected %d", n, figure.Many(len(row), "cell", "cells"), len(header))
		}
		a, okA := recs[row[at[0]]+"\x00"+row[at[1]]]
		b, okB := recs[row[at[2]]+"\x00"+row[at[3]]]
		if !okA || !okB {
			in.warn("the decisions file, row %d: one of its two records is not in the files; the decision is kept but binds nothing here", n)
			continue
		}
		verdict := map[string]linkage.Verdict{"same": linkage.Same, "different": linkage.Different, "unsure": linkage.Unsure}[strings.ToLower(strings.TrimSpace(row[at[4]]))]
		if verdict == 0 {
			return nil, inputErrorf("the decisions file, row %d, column decision: %q stood there; expected same, different or unsure", n, row[at[4]])
		}
		if a == b {
			return nil, inputErrorf("the decisions file, row %d: both sides name one record", n)
		}
		w := ""
		if when >= 0 {
			w = row[when]
		}
		all = append(all, dated{linkage.Decision{A: a, B: b, Verdict: verdict}, w})
	}
	sortStable(all, func(x, y dated) bool { return x.at < y.at })
	out := make([]linkage.Decision, len(all))
	for i, x := range all {
		out[i] = x.d
	}
	return out, nil
}

func (in *loaded) len() int {
	if in.data == nil {
		return len(in.keys)
	}
	return in.data.Len()
}

func (in *loaded) key(i int) (source, id string) {
	if in.data == nil {
		return in.keys[i][0], in.keys[i][1]
	}
	return in.data.Key(i)
}
