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

	"lantern.example/lantern/internal/analysis/linkage"
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
	old := 0
	taken := map[uint32]bool{} // founders of people who lived on
	if in.prev != nil {
		old = len(in.prev.Person)
		for i := range old {
			if p := in.prev.Person[i]; p == uint32(i) && person[i] == p {
				best[i] = in.prev.Founder[i]
				taken[best[i]] = true
			}
		}
	}
	for i, p := range person {
		if int(p) < old && in.prev.Person[p] == p || taken[uint32(i)] {
			continue
		}
		if less(d, i, int(best[p])) {
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

func create(dir, name string, fill func(w *bufio.Writer) error) (err error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			err = fmt.Errorf("writing %s: %w", name, e)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := fill(w); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
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

func write(in *loaded, res *linkage.Result, opt *Options) error {
	founder := founders(in, res.Person)
	// The index is large and needs no other file: it is written beside the rest.
	index := make(chan error, 1)
	go func() {
		index <- create(opt.Out, indexName, func(w *bufio.Writer) error { return res.State(founder).Write(w) })
	}()
	err := create(opt.Out, "clusters.csv", func(w *bufio.Writer) error { return writeClusters(w, in, res, founder) })
	if err == nil {
		err = create(opt.Out, "links.csv", func(w *bufio.Writer) error { return writeLinks(w, in, res, opt) })
	}
	if err == nil {
		err = create(opt.Out, "review.csv", func(w *bufio.Writer) error { return writeReview(w, in.data, res, !opt.NoExplain, opt.Threads) })
	}
	if e := <-index; err == nil {
		err = e
	}
	return err
}

const indexName = "index.bin"

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

func writeClusters(w *bufio.Writer, in *loaded, res *linkage.Result, best []uint32) error {
	d := in.data
	w.WriteString("source,record_id,person_id\n")
	ids := make([]string, len(res.Person)) // by a person's number
	var line []byte
	for i, p := range res.Person {
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
	line = append(line, ',')
	return strconv.AppendFloat(line, e.Probability(), 'f', 6, 64)
}

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
	next := make(chan int)
	for range workers {
		go func() {
			x := res.Explainer()
			for p := range next {
				var buf []byte
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
	}
	return err
}

func writeLinks(w *bufio.Writer, in *loaded, res *linkage.Result, opt *Options) error {
	d, explain, workers := in.data, !opt.NoExplain, opt.Threads
	links := res.Links
	if n := copyLinks(w, in, links, opt); n > 0 {
		links = links[n:]
		return writeLinkLines(w, d, res, links, explain, workers)
	}
	w.WriteString("source_l,record_id_l,source_r,record_id_r,match_weight,match_probability")
	if explain {
		w.WriteString(",explanation")
	}
	w.WriteByte('\n')
	return writeLinkLines(w, d, res, links, explain, workers)
}

// copyLinks copies the earlier run's lines when its links all still stand, which
// is the rule, and returns how many they are. A file with another number of
// lines than the index has links, or with explanations where this run has none
// or the other way round, is not used.
func copyLinks(w *bufio.Writer, in *loaded, links []linkage.Edge, opt *Options) int {
	if in.prev == nil || len(in.prev.Links) == 0 || len(links) < len(in.prev.Links) {
		return 0
	}
	for i, e := range in.prev.Links {
		if links[i] != e {
			return 0
		}
	}
	data, err := os.ReadFile(filepath.Join(opt.Previous, "links.csv"))
	if err != nil || bytes.Count(data, []byte{'\n'}) != len(in.prev.Links)+1 {
		return 0
	}
	head, _, _ := bytes.Cut(data, []byte{'\n'})
	if bytes.HasSuffix(head, []byte(",explanation")) == opt.NoExplain {
		return 0
	}
	if _, err := w.Write(data); err != nil {
		return 0
	}
	return len(in.prev.Links)
}

func writeLinkLines(w *bufio.Writer, d *linkage.Dataset, res *linkage.Result, links []linkage.Edge, explain bool, workers int) error {
	return writeParts(w, len(links), workers, res, func(x *linkage.Explainer, dst []byte, i int) []byte {
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

func writeReview(w *bufio.Writer, d *linkage.Dataset, res *linkage.Result, explain bool, workers int) error {
	w.WriteString("source_l,record_id_l,source_r,record_id_r,match_weight,match_probability")
	if explain {
		w.WriteString(",explanation")
	}
	w.WriteString(",why_doubtful,priority\n")
	return writeParts(w, len(res.Review), workers, res, func(x *linkage.Explainer, dst []byte, i int) []byte {
		r := &res.Review[i]
		dst = appendPair(dst, d, r.Edge)
		if explain {
			dst = append(dst, ',', '"')
			dst = x.AppendDoubt(dst, r)
			dst = append(dst, '"')
		}
		dst = appendCell(append(dst, ','), r.Why)
		dst = strconv.AppendInt(append(dst, ','), int64(r.Priority), 10)
		return append(dst, '\n')
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
			s.Warnings = append(s.Warnings, fmt.Sprintf("blocking by %s: %d entries stand under values so common that they were not compared under them", b.Rule, b.Left))
		}
	}
	size := map[uint32]int{}
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
			return nil, inputErrorf("the decisions file, row %d: it has %d cells, %d were expected", n, len(row), len(header))
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
