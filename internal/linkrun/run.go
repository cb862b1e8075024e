// Package linkrun is the logic of the link command: partners' files in, each in
// its own layout, and people out, with the links, the doubts and the model that
// made them.
//
// It reads with intake/tabular, recognises columns by the names intake/profile
// knows and a few of its own, hands clean records to analysis/linkage, and
// writes the folder that the command's page of the manual describes. It prints
// nothing and never exits: errors say in words which file and column.
package linkrun

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"lantern.example/lantern/internal/analysis/linkage"
	instant "lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
)

// Input is one agency's extract.
type Input struct {
	Name string // the file's name; the source is this without its endings
	Data io.ReaderAt
	Size int64
}

// Options are the command's flags.
type Options struct {
	Spec       []byte // Lantern's own specification or a Splink settings or model JSON; nil for none
	ID         string
	Type       string // dedupe, link, both or "" for the default
	Threshold  float64
	ReviewFrom float64
	Seed       uint64
	Threads    int
	Memory     int64 // bytes to keep to, 0 for no cap: pairs that do not fit are put aside in files of the output folder, records are not
	Evaluate   string
	Decisions  io.Reader // CSV, or nil
	Previous   string    // folder of an earlier run, or ""
	Dialect    string    // duckdb or spark
	NoExplain  bool
	Out        string    // folder to write
	AsAt       time.Time // day from which ages are counted; zero leaves ages unread
	Now        func() time.Time
	Progress   func(stage string)
}

// InputError is a fault of what was given: the command answers it with exit
// status 2.
type InputError struct{ msg string }

func (e *InputError) Error() string { return e.msg }

func inputErrorf(format string, args ...any) error { return &InputError{fmt.Sprintf(format, args...)} }

// BlockCount is what one blocking rule made.
type BlockCount struct {
	Rule  string `json:"rule"`
	Pairs int64  `json:"pairs"`
}

// Summary is summary.json.
type Summary struct {
	Records         int                `json:"records"`
	Sources         []string           `json:"sources"`
	People          int                `json:"people"`
	Links           int                `json:"links"`
	ForReview       int                `json:"for_review"`
	PairsConsidered int64              `json:"pairs_considered"`
	PairsScored     int64              `json:"pairs_scored"`
	LargestPerson   int                `json:"largest_person"`
	Oversized       int                `json:"oversized_people"` // people of unusually many records, each said in warnings and in review.csv
	Blocking        []BlockCount       `json:"blocking"`
	Seconds         map[string]float64 `json:"seconds"`
	PeakRSS         int64              `json:"peak_rss_bytes"`
	Threads         int                `json:"threads"`
	Evaluation      *Evaluation        `json:"evaluation"`
	Conflicts       []string           `json:"conflicts"`
	Warnings        []string           `json:"warnings"`
}

// Evaluation compares the people found with a truth column: over pairs of
// records, and per record (B-cubed).
type Evaluation struct {
	Precision  float64 `json:"precision"`
	Recall     float64 `json:"recall"`
	F1         float64 `json:"f1"`
	BCubedF1   float64 `json:"b_cubed_f1"`
	MixedShare float64 `json:"people_mixed_share"` // people found who hold records of more than one true person
	SplitShare float64 `json:"people_split_share"` // true people whose records are in more than one found
}

// loaded is what reading the files gives.
type loaded struct {
	data     *linkage.Dataset
	truth    []string // by record, when a truth column was named
	warnings []string
	files    []string
	filled   bool            // a column that is compared holds something in some row
	repeated [][]int         // records that share a source and id
	again    map[uint32]int  // by record whose source and id stood before: how often
	numbered map[string]bool // sources whose rows have no id of their own
	keys     [][2]string     // source and id by row, with a Splink model
	sources  []string        // with a Splink model
	prev     *linkage.State  // the earlier run, when this one extends it
}

// clock measures stages.
type clock struct {
	now   func() time.Time
	last  time.Time
	stage string
	took  map[string]float64
	tell  func(string)
}

func (c *clock) start(stage string) {
	t := c.now()
	if c.stage != "" {
		c.took[c.stage] += t.Sub(c.last).Seconds()
	}
	c.stage, c.last = stage, t
	if stage != "" {
		c.tell(stage)
	}
}

// Run links the files and writes the outcome to Options.Out.
func Run(inputs []Input, opt Options) (*Summary, error) {
	if opt.Now == nil {
		opt.Now = instant.System{}.Now
	}
	if opt.Progress == nil {
		opt.Progress = func(string) {}
	}
	if opt.Threads < 1 {
		opt.Threads = runtime.GOMAXPROCS(0)
	}
	c := &clock{now: opt.Now, took: map[string]float64{"load": 0, "block": 0, "train": 0, "score": 0, "cluster": 0, "write": 0}, tell: opt.Progress}
	begin := opt.Now()
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	keepTo(opt.Memory, 0)
	c.start("load")
	if len(inputs) == 0 {
		return nil, inputErrorf("no file was given; expected at least one extract")
	}
	spec, err := parseSpec(opt.Spec)
	if err != nil {
		return nil, err
	}
	if spec.splink != nil {
		s, err := runSplink(inputs, spec.splink, &opt, c)
		if err != nil {
			return nil, err
		}
		return finish(s, c, begin, &opt)
	}
	prev, err := readPrevious(opt.Previous, opt.Threads)
	if err != nil {
		return nil, err
	}
	in, err := load(inputs, spec, &opt, prev)
	if err != nil {
		return nil, err
	}
	// From here nearly all memory is large slices without pointers, cheap to sweep and dear to keep twice.
	debug.SetGCPercent(20)
	if words := keepTo(opt.Memory, in.data.Len()); words != "" {
		in.warn("%s", words)
	}
	lo := linkage.Options{Threshold: opt.Threshold, ReviewFrom: opt.ReviewFrom, Workers: opt.Threads, Seed: opt.Seed, OneToOne: spec.OneToOne, Stage: c.start, Memory: opt.Memory, Spill: spill{opt.Out}}
	switch opt.Type {
	case "", "both":
	case "link":
		lo.Type = linkage.Link
	case "dedupe":
		lo.Type = linkage.Dedupe
	default:
		return nil, inputErrorf("the type is %q; expected dedupe, link or both", opt.Type)
	}
	if opt.Decisions != nil {
		if lo.Decisions, err = readDecisions(opt.Decisions, in); err != nil {
			return nil, err
		}
	}
	before := newEarlier(prev, &opt)
	before.begin(&opt)
	defer before.forget()
	var res *linkage.Result
	if prev != nil {
		res, err = linkage.Extend(prev, lo)
	} else {
		res, err = linkage.Run(in.data, lo)
	}
	var full *linkage.SpillError
	switch {
	case errors.As(err, &full):
		return nil, err
	case err != nil:
		return nil, &InputError{err.Error()}
	}
	c.start("write")
	in.doubtRepeats(res)
	s := summarise(in, res, &opt)
	if err := os.MkdirAll(opt.Out, 0o755); err != nil { //nolint:gosec // the folder the operator named
		return nil, fmt.Errorf("making the folder %s: %w", opt.Out, err)
	}
	words, err := write(in, res, before, &opt)
	if err != nil {
		return nil, err
	}
	s.Warnings = append(s.Warnings, words...)
	s.Warnings = append(s.Warnings, modelWords)
	return finish(s, c, begin, &opt)
}

// modelWords says what the exported model is.
const modelWords = "model.json holds what SQL can say: given and family name, date of birth, postcode, sex and reference numbers in plain columns, with m learnt from this run's links. Names in any order, nicknames and spellings, address history, relatives, m by pair of agencies and the weighing of whole groups are not in it."

// finish fills in what is known at the end and writes the summary.
func finish(s *Summary, c *clock, begin time.Time, opt *Options) (*Summary, error) {
	c.start("")
	s.Seconds = c.took
	s.Seconds["total"] = opt.Now().Sub(begin).Seconds()
	s.PeakRSS = peakRSS()
	if s.Warnings == nil {
		s.Warnings = []string{}
	}
	return s, writeSummary(opt.Out, s)
}

// sourceName is a file's name without its endings.
func sourceName(name string) string {
	base := filepath.Base(name)
	for _, e := range []string{".gz", ".csv", ".tsv", ".txt", ".xlsx", ".CSV", ".XLSX", ".GZ"} {
		base = strings.TrimSuffix(base, e)
	}
	return base
}

func load(inputs []Input, spec *Spec, opt *Options, prev *linkage.State) (*loaded, error) {
	in := &loaded{prev: prev, numbered: map[string]bool{}}
	if prev != nil {
		in.data = prev.Data
	} else {
		in.data = linkage.NewDataset(linkage.DefaultTables())
	}
	if err := spec.fits(inputs, in.data.Sources()); err != nil {
		return nil, err
	}
	sheets, closeAll, err := in.open(inputs, spec, opt)
	defer closeAll()
	if err != nil {
		return nil, err
	}
	shared := map[role]int{} // in how many files a role has a column
	if prev != nil {
		for _, k := range prev.Model.Kinds {
			shared[role(k)] = 2
		}
	}
	for _, s := range sheets {
		for _, c := range s.plan.columns {
			shared[c.role]++
		}
	}
	for _, s := range sheets {
		if s.plan.id < 0 {
			in.numbered[s.source] = true
			in.warn("%s: no column of record ids was recognised, so rows are known by their number", s.file)
		}
		if err := in.table(s, shared, opt); err != nil {
			return nil, err
		}
	}
	if !in.filled && in.prev == nil {
		return nil, inputErrorf("every column that could tell people apart is empty in every row; expected names, dates of birth, addresses or reference numbers in some")
	}
	if n := in.data.Nameless(); n > 0 {
		has, held := "have", "they were compared by what else they hold"
		if n == 1 {
			has, held = "has", "it was compared by what else it holds"
		}
		in.warn("%s of %s %s no name that says anything (empty, “unknown” and the like): %s", figure.Group(n), figure.Many(in.data.Len(), "record", "records"), has, held)
	}
	in.repeats(opt.Threads)
	return in, nil
}

func (in *loaded) warn(format string, args ...any) {
	in.warnings = append(in.warnings, fmt.Sprintf(format, args...))
}

// sheet is a table that will be read, and how.
type sheet struct {
	table  *tabular.Table
	plan   *plan
	source string
	file   string
}

// open opens every file and decides how each table is read, before any row is.
func (in *loaded) open(inputs []Input, spec *Spec, opt *Options) (sheets []*sheet, closeAll func(), err error) {
	var books []*tabular.Book
	closeAll = func() {
		for _, b := range books {
			b.Close()
		}
	}
	seen := map[string]string{}
	for i := range inputs {
		f := &inputs[i]
		source := sourceName(f.Name)
		if other, ok := seen[source]; ok {
			return nil, closeAll, inputErrorf("%s and %s would both be the source %q; give one another name", other, f.Name, source)
		}
		seen[source] = f.Name
	}
	type opened struct {
		book *tabular.Book
		err  error
	}
	all := make([]opened, len(inputs))
	var open sync.WaitGroup // each file is read through once
	free := make(chan struct{}, opt.Threads)
	for i := range inputs {
		open.Go(func() {
			free <- struct{}{}
			f := &inputs[i]
			all[i].book, all[i].err = tabular.Open(f.Name, f.Data, f.Size, tabular.Limits{FileBytes: 16 << 30, UnpackedBytes: 64 << 30})
			<-free
		})
	}
	open.Wait()
	for i := range all {
		if all[i].err == nil {
			books = append(books, all[i].book)
		}
	}
	for i := range inputs {
		f, source, book := &inputs[i], sourceName(inputs[i].Name), all[i].book
		if err := all[i].err; err != nil {
			return nil, closeAll, asInput(err)
		}
		in.files = append(in.files, book.SHA256)
		found, err := in.sheets(book, f, source, spec, opt)
		if err != nil {
			return nil, closeAll, err
		}
		sheets = append(sheets, found...)
	}
	return sheets, closeAll, nil
}

func (in *loaded) sheets(book *tabular.Book, f *Input, source string, spec *Spec, opt *Options) (out []*sheet, err error) {
	tables, err := book.Tables()
	if err != nil {
		return nil, asInput(err)
	}
	last := inputErrorf("%s: there is no table in it", f.Name)
	for _, t := range tables {
		hidden := []string{}
		if opt.Evaluate != "" {
			hidden = append(hidden, opt.Evaluate)
		}
		p, err := recognise(t.Header, spec.forSource(source), opt.ID, hidden)
		if err != nil {
			last = inputErrorf("%s%s: %s", f.Name, sheetWords(t.Sheet), err)
			if len(tables) > 1 {
				in.warn("%s", last.Error())
			}
			continue
		}
		out = append(out, &sheet{t, p, source, f.Name})
	}
	if len(out) == 0 {
		return nil, last
	}
	return out, nil
}

func sheetWords(s string) string {
	if s == "" {
		return ""
	}
	return ", sheet " + s
}

func asInput(err error) error {
	var fe *tabular.FileError
	if errors.As(err, &fe) {
		return &InputError{fe.Error()}
	}
	return err
}

// batch is a run of rows on its way from the reader to the builder.
type batch struct {
	rows []tabular.Row
	recs []linkage.Record // of the rows
	bad  []*tabular.RowError
	err  error
}

const (
	batchRows  = 2048
	surveyRows = 4096 // rows looked at to find out which way round dates are
)

// table reads one table: rows are split on one goroutine, made records on a
// second, and taken into the data here.
func (in *loaded) table(s *sheet, shared map[role]int, opt *Options) error {
	t, p, source, file := s.table, s.plan, s.source, s.file
	truthAt := -1
	if opt.Evaluate != "" {
		if truthAt = indexFold(t.Header, opt.Evaluate); truthAt < 0 {
			return inputErrorf("%s: there is no column %q to evaluate against; the columns are %s", file, opt.Evaluate, quoteList(t.Header))
		}
	}
	ch := make(chan batch, 4)
	made := make(chan batch, 2)
	used := make(chan []linkage.Record, 4) // records to fill again
	stop := make(chan struct{})
	defer close(stop)
	go readBatches(t, ch, stop)
	var filled []bool
	number, long := 0, 0
	go func() {
		defer close(made)
		var c *converter
		for b := range ch {
			if b.err != nil {
				b.rows = nil
			} else if c == nil {
				p.settleOwn(source, shared, idsOf(p, b.rows))
				filled = make([]bool, len(p.columns))
				c = newConverter(p, source, dateOrder(p, b.rows), opt.AsAt)
			}
			select {
			case b.recs = <-used:
			default:
			}
			b.recs = slices.Grow(b.recs[:0], len(b.rows))[:len(b.rows)]
			for i, r := range b.rows {
				number++
				for k, col := range p.columns {
					if !filled[k] && r.Cells[col.at] != "" {
						filled[k] = true
					}
				}
				c.fill(&b.recs[i], r.Cells, number)
			}
			if c != nil {
				long = c.long
			}
			select {
			case made <- b:
			case <-stop:
				return
			}
		}
	}()
	adder := in.data.Adder(func(recs []linkage.Record) {
		select {
		case used <- recs:
		default:
		}
	})
	defer adder.Close()
	for b := range made {
		for _, e := range b.bad {
			in.warn("%s: %s", file, e.Error())
		}
		if b.err != nil {
			return asInput(b.err)
		}
		if n, err := adder.Add(b.recs); err != nil {
			return inputErrorf("%s, row %d: %s", file, b.rows[n].Number, err)
		}
		for _, r := range b.rows {
			if truthAt >= 0 && in.prev == nil {
				in.truth = append(in.truth, strings.Clone(r.Cells[truthAt]))
			}
		}
	}
	switch {
	case number > 0:
	case in.prev != nil: // an agency may have nothing new
		in.warn("%s: it holds column names and no rows", file)
	default:
		return inputErrorf("%s: it holds column names and no rows; expected at least one row under them. The export may have come out empty: ask for it to be made again, or leave the file out", file)
	}
	if long > 0 {
		in.warn("%s: %s a word of more than %d letters; what stands after these was not compared", file, figure.Many(long, "name holds", "names hold"), linkage.LongestWord)
	}
	in.after(p, filled, file, number)
	return nil
}

func readBatches(t *tabular.Table, ch chan<- batch, stop <-chan struct{}) {
	defer close(ch)
	b := batch{}
	size := surveyRows
	send := func() bool {
		select {
		case ch <- b:
			b = batch{rows: make([]tabular.Row, 0, batchRows)}
			size = batchRows
			return true
		case <-stop:
			return false
		}
	}
	for {
		row, err := t.Next()
		var re *tabular.RowError
		switch {
		case err == io.EOF:
			send()
			return
		case errors.As(err, &re):
			b.bad = append(b.bad, re)
			continue
		case err != nil:
			b.err = err
			send()
			return
		}
		b.rows = append(b.rows, row)
		if len(b.rows) >= size && !send() {
			return
		}
	}
}

// idsOf are the ids of some rows.
func idsOf(p *plan, rows []tabular.Row) []string {
	if p.id < 0 {
		return nil
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.Cells[p.id]
	}
	return out
}

// dateOrder finds which way round the birth dates of a file are written.
func dateOrder(p *plan, rows []tabular.Row) profile.Order {
	at := -1
	for _, c := range p.columns {
		if c.role == roleBirth {
			at = c.at
		}
	}
	if at < 0 {
		return profile.DayFirst
	}
	s := profile.NewSurvey()
	for _, r := range rows {
		s.Add(r.Cells[at : at+1])
	}
	return s.Column(0).Order()
}

func (in *loaded) after(p *plan, filled []bool, file string, rows int) {
	for i, ok := range filled {
		in.filled = in.filled || ok
		if !ok && rows > 0 && p.columns[i].name != "" {
			in.warn("%s: column “%s” is empty in every row", file, p.columns[i].name)
		}
	}
	if len(p.unread) > 0 {
		in.warn("%s: not used: %s", file, quoteList(p.unread))
	}
}
