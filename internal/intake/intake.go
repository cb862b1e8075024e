// Package intake brings partners' files in: it recognises each by its columns, reads it row by row, gives
// every row to the domains that want it, and keeps what was refused, with the reason and the partner's own
// row, so that it can be sent back.
//
// A file is one load. Rows go in in chunks, in short transactions, under a load that is not live yet;
// readers see live loads only, so a load is all there or not at all, whatever stops it. Undoing a load is
// one change of its state; a job then removes its rows. For every load, rows taken plus rows refused equal
// rows read.
//
// Packages below: tabular reads the formats and encodings, profile knows the columns and what they mean.
// The domains that take rows implement Sink; intake knows none of them.
package intake

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/seal"
)

// Sink is a domain that takes rows. Sinks are asked lowest rank first, so that a later one may refer to
// what an earlier one wrote under the row's RecordID.
type Sink interface {
	// Take writes what it wants of rows, which are of one load, and says what it could not place.
	Take(ctx context.Context, tx *database.Tx, l *Load, rows []Taken) (Placing, error)
	// Purge removes at most limit rows of a load that was undone or failed, and says how many.
	Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error)
}

// Placing is what a sink says of the places in the rows it took.
type Placing struct{ Unlocated int64 }

// Taken is one row that was read.
type Taken struct {
	RecordID string // made for the row: the id of its source record, should it become one
	Row      tabular.Row
	Header   []string
	Record   profile.Record
}

// Load is one file, brought in.
type Load struct {
	ID, State            string
	FileID, FileName     string
	SHA256               string
	Agency               string // whose file it is: the owner of every fact in it
	ByAgency             string // whose member brought it in
	Profile              string
	Basis                string // an agreement's code, OwnBasis, OpenBasis, CountsBasis or OneOff(reason)
	Identified           bool   // false: people were counted and no name kept
	Graded               bool   // a table of it has a column of 3x5x2 grades
	Headers              map[string][]string
	Notes                []string
	By                   string
	Read, Taken, Refused int64
	Unlocated, Warned    int64
	Words                string
	BegunAt              int64
	EndedAt, UndoneAt    *int64
	UndoneWhy            string
	// Reasons are the counts of what was refused or warned of, commonest first, as Load worked them out; of a load
	// that is kept, ask Store.Reasons.
	Reasons []Reason
	// Partial says that a dry run ended at Input.Rows, before the end of the file.
	Partial bool
}

// Reason is one reason for refusals or warnings, in one column, with how often it was given. A row can have several.
type Reason struct {
	Column, Reason string
	Warning        bool
	N              int64
}

// The bases on which a file may be loaded beside an agreement, which is named by its code.
const (
	OwnBasis    = "own"         // the agency's own records: it needs nobody's leave
	OpenBasis   = "open"        // published
	CountsBasis = "counts only" // no basis: people are counted and no name kept
	oneOff      = "one-off: "
)

// OneOff is the basis of a disclosure made once without an agreement: threat to life, section 47, the owner's decision.
func OneOff(reason string) string { return oneOff + strings.TrimSpace(reason) }

// ReadableBy reports whether a reader may see the rows of the file itself: those that were refused, and the original.
// They are the owner's identity records. The loader of another agency's file may read them while the agreement holds;
// whoever administers the program may load a file and see how many rows were refused and why, but not the rows.
func (l Load) ReadableBy(by access.Scope) bool {
	class := access.Identity
	if published(l.Profile) || l.Basis == OpenBasis {
		class = access.Open
	}
	grade := ""
	if l.Graded { // some of its rows may have a condition: the file whole is for its owner
		grade = fact.Ungraded
	}
	return access.Decide(by, access.Record{Owner: l.Agency, Class: class, Grade: grade}).Allowed
}

func published(profiles string) bool {
	for p := range strings.SplitSeq(profiles, "+") {
		if !Published(p) {
			return false
		}
	}
	return true
}

// Published reports whether a profile is of files that somebody publishes for everybody.
func Published(name string) bool {
	switch name {
	case profile.PoliceStreet, profile.PoliceOutcomes, profile.PoliceStopAndSearch, profile.SchoolsRegister, profile.ONSPD, profile.NSPL, profile.CodePointOpen:
		return true
	}
	return false
}

// NamesPeople reports whether files of a profile, or of one of several joined by "+", list people one by one: they need a
// basis.
func NamesPeople(profiles string) bool {
	for p := range strings.SplitSeq(profiles, "+") {
		switch p {
		case profile.People, profile.MissingEpisodes, profile.Exclusions:
			return true
		}
	}
	return false
}

// Refusal is one row that was not taken, or a warning about one that was.
type Refusal struct {
	Sheet   string
	Row     int
	Column  string
	Shape   string
	Reason  string
	Cells   []string // the partner's own row
	Warning bool
}

// Jobs asks for follow-up work within a transaction.
type Jobs interface {
	Enqueue(ctx context.Context, tx *database.Tx, kind string, v any) error
}

// Recorder writes the audit line of a load within its transaction.
type Recorder func(ctx context.Context, tx *database.Tx, s access.Scope, act, loadID string, words string) error

// The kinds of follow-up work.
const (
	LoadedJob = "intake.loaded" // args: the load's id, after it went live
	PurgeJob  = "intake.purge"  // args: the load's id
)

// Store keeps loads.
type Store struct {
	db     *database.DB
	clock  clock.Clock
	ids    *clock.IDs
	sinks  []Sink
	jobs   Jobs
	record Recorder
	seals  *seal.Keys
}

// Sealed is the store, which keeps the rows that it refuses sealed with these keys. Without keys they are kept as they are.
func (s *Store) Sealed(keys *seal.Keys) *Store {
	s.seals = keys
	return s
}

func refusalAt(load string, n int64) seal.Place {
	return seal.Place{Table: "load_refusal", Column: "cells", ID: load + "/" + strconv.FormatInt(n, 10)}
}

// NewStore returns the loads of a database. Sinks are given lowest rank first.
func NewStore(db *database.DB, c clock.Clock, ids *clock.IDs, jobs Jobs, record Recorder, sinks ...Sink) *Store {
	return &Store{db: db, clock: c, ids: ids, sinks: sinks, jobs: jobs, record: record}
}

// Input is a file to bring in.
type Input struct {
	ID      string // the load's; "" makes one
	Name    string
	File    io.ReaderAt
	Size    int64
	FileID  string // of the kept original, if it is kept
	Agency  string
	Basis   string
	Mapping *profile.Mapping // overrides recognition
	Profile string           // forces a profile; "" recognises
	// Identified keeps names. Without an agreement, a one-off reason or the agency's own purpose, people are
	// only counted.
	Identified bool
	DryRun     bool
	Rows       int64 // a dry run ends after so many rows; 0 reads all
	Choices    tabular.Choices
	// Also is called for every row taken and every refusal, in order, from one goroutine: assess counts with it.
	Also func(Taken)
	// Refused, when set, is given every refusal and warning; otherwise they are only kept.
	Refused func(Refusal)
	// Progress is called now and then with the rows read so far.
	Progress func(rows int64)
}

const (
	chunkRows  = 500
	sampleRows = 400
	// surveyRows is how far the order of day and month is looked into before the first row is read: the whole of
	// most files. One date with a 13 in it settles a column.
	surveyRows = 20_000
	// maxReasons bounds how many different reasons are told apart.
	maxReasons = 1_000
	// maxRefusals bounds what is kept of one load's refusals and warnings; the counts go on.
	maxRefusals = 100_000
)

// Table is one table of a file as recognised, for a person to confirm.
type Table struct {
	Sheet     string
	Header    []string
	HeaderRow int
	Sample    [][]string
	Matches   []profile.Match
	Notes     []string
}

// Inspection is what a file looks like before it is taken.
type Inspection struct {
	Format, Encoding, Delimiter, SHA256 string
	Notes                               []string
	Tables                              []Table
}

// Inspect opens a file and says what is in it, without taking anything.
func Inspect(name string, file io.ReaderAt, size int64, choices tabular.Choices) (_ Inspection, err error) {
	b, err := tabular.OpenWith(name, file, size, tabular.Limits{}, choices)
	if err != nil {
		return Inspection{}, asFault(err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	in := Inspection{Format: b.Format, Encoding: b.Encoding, Delimiter: b.Delimiter, SHA256: b.SHA256, Notes: b.Notes}
	tables, err := b.Tables()
	if err != nil {
		return Inspection{}, asFault(err)
	}
	for _, t := range tables {
		rows, _, err := head(t, sampleRows)
		if err != nil {
			return Inspection{}, asFault(err)
		}
		x := Table{Sheet: t.Sheet, Header: t.Header, HeaderRow: t.HeaderRow, Notes: t.Notes}
		for _, r := range rows {
			x.Sample = append(x.Sample, r.Cells)
		}
		x.Matches = profile.Recognise(x.Header, x.Sample)
		in.Tables = append(in.Tables, x)
	}
	return in, nil
}

// asFault gives a reader's error in words the kind that says it is the file's.
func asFault(err error) error {
	var fe *tabular.FileError
	if errors.As(err, &fe) {
		return fault.Wrap(fault.Invalid, err, "%s", fe.Error())
	}
	return err
}

// head reads the first rows of a table, and the rows among them that could not be read.
func head(t *tabular.Table, n int) (rows []tabular.Row, bad []*tabular.RowError, err error) {
	for len(rows) < n {
		row, err := t.Next()
		var re *tabular.RowError
		switch {
		case errors.Is(err, io.EOF):
			return rows, bad, nil
		case errors.As(err, &re):
			bad = append(bad, re)
		case err != nil:
			return rows, bad, err
		default:
			rows = append(rows, row)
		}
	}
	return rows, bad, nil
}

// chunk is rows on their way from the reading to the writing goroutine.
type chunk struct {
	taken    []Taken
	refusals []Refusal
	read     int64
	refused  int64
	warned   int64
}

// Load brings a file in. With DryRun nothing is written. The error is in words when it is the file's; a
// load that fails half way is marked failed and its rows are removed.
func (s *Store) Load(ctx context.Context, by access.Scope, in Input) (l *Load, err error) {
	b, err := tabular.OpenWith(in.Name, in.File, in.Size, tabular.Limits{}, in.Choices)
	if err != nil {
		return nil, asFault(err)
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	tables, err := b.Tables()
	if err != nil {
		return nil, asFault(err)
	}
	if in.ID == "" {
		in.ID = s.ids.New()
	}
	l = &Load{ID: in.ID, State: "loading", FileID: in.FileID, FileName: in.Name, SHA256: b.SHA256, Agency: in.Agency, ByAgency: by.Agency, Basis: in.Basis, Identified: in.Identified,
		By: by.Account, BegunAt: clock.Micros(s.clock.Now()), Headers: map[string][]string{}, Notes: b.Notes}
	surveys, err := survey(ctx, b)
	if err != nil {
		return nil, asFault(err)
	}
	parts, err := s.prepare(l, tables, surveys, in)
	if err != nil {
		return nil, err
	}
	if !in.DryRun {
		if err := s.begin(ctx, l); err != nil {
			return nil, err
		}
	}
	chunks := make(chan chunk, 4)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(chunks)
		return guard(func() error {
			q := quota{limited: in.DryRun && in.Rows > 0, left: in.Rows}
			for _, p := range parts {
				if err := s.read(gctx, p, chunks, &q); err != nil {
					return err
				}
			}
			l.Partial = q.cut
			return nil
		})
	})
	g.Go(func() error { return guard(func() error { return s.write(gctx, l, in, chunks) }) })
	if err := g.Wait(); err != nil {
		if !in.DryRun {
			err = errors.Join(asFault(err), s.failed(context.WithoutCancel(ctx), l, err))
		}
		return nil, asFault(err)
	}
	for _, p := range parts {
		l.Notes = append(l.Notes, p.table.Notes...)
		l.Notes = append(l.Notes, p.reader.Notes()...)
		for _, n := range p.watch.Notes() {
			l.Notes = append(l.Notes, sheetWords(p.table.Sheet)+n)
		}
	}
	if l.Read == 0 {
		l.Words = "The file holds column names and no rows under them, so there was nothing to keep. The export may have come out empty: ask for it to be made again."
	}
	if l.Taken == 0 && l.Read > 0 {
		l.Words = "No row could be taken, so nothing was kept. The reasons are listed: mend the file, or say again what its columns are."
	}
	if in.DryRun {
		l.State = "dry run"
		return l, nil
	}
	return l, s.finish(ctx, by, l)
}

// guard makes an error of a panic, so that a load that meets a mistake of ours fails whole, as any other.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("intake: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// survey reads the beginning of every table once more, for the order of day and month in its dates.
func survey(ctx context.Context, b *tabular.Book) ([]*profile.Survey, error) {
	tables, err := b.Tables()
	if err != nil {
		return nil, err
	}
	out := make([]*profile.Survey, len(tables))
	for i, t := range tables {
		out[i] = profile.NewSurvey()
		for range surveyRows {
			row, err := t.Next()
			var re *tabular.RowError
			if errors.As(err, &re) {
				continue
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return nil, err
			}
			out[i].Add(row.Cells)
		}
	}
	return out, nil
}

// part is one table with the reader chosen for it.
type part struct {
	table    *tabular.Table
	reader   *profile.Reader
	ahead    []tabular.Row
	bad      []*tabular.RowError
	watch    *profile.Watch
	returned bool           // refused rows that Lantern gave back, mended
	once     map[string]int // rows by what a table may say only once; see profile.Once
}

func (s *Store) prepare(l *Load, tables []*tabular.Table, surveys []*profile.Survey, in Input) ([]*part, error) {
	var parts []*part
	var profiles, unknown []string
	var firstErr error
	for at, t := range tables {
		rows, bad, err := head(t, sampleRows)
		if err != nil {
			return nil, asFault(err)
		}
		sample := make([][]string, len(rows))
		for i, r := range rows {
			sample[i] = r.Cells
		}
		name := in.Profile
		if in.Mapping != nil {
			name = in.Mapping.Profile
		}
		if name == "" {
			m, err := profile.Best(profile.Recognise(t.Header, sample))
			if err != nil {
				unknown = append(unknown, sheetWords(t.Sheet)+err.Error())
				if firstErr == nil {
					firstErr = err
				}
				continue
			}
			name = m.Profile
		}
		p, ok := profile.Find(name)
		if !ok {
			return nil, fault.New(fault.Invalid, "There is no format called %q; lantern profiles lists them.", name)
		}
		mapping, returned := fit(in.Mapping, t.Header)
		r, err := p.Reader(t.Header, mapping, profile.Options{AsAt: clock.Today(s.clock), Agency: in.Agency, DeIdentified: !in.Identified, Survey: surveys[at]})
		if err != nil {
			var changed *profile.HeaderChangedError
			if len(tables) > 1 && !(errors.As(err, &changed) && near(in.Mapping.Header, t.Header)) { // the other sheets may still fit
				unknown = append(unknown, sheetWords(t.Sheet)+err.Error())
				if firstErr == nil {
					firstErr = err
				}
				continue
			}
			return nil, fault.Wrap(fault.Invalid, err, "%s: %srow %d, the column names: %s.", in.Name, sheetWords(t.Sheet), t.HeaderRow, strings.TrimSuffix(err.Error(), "."))
		}
		if r.HeaderIsRow() {
			rows = slices.Insert(rows, 0, tabular.Row{Sheet: t.Sheet, Number: t.HeaderRow, Cells: t.Header})
		}
		l.Headers[t.Sheet] = t.Header
		l.Graded = l.Graded || r.Graded()
		parts = append(parts, &part{table: t, reader: r, watch: r.Watch(), ahead: rows, bad: bad, returned: returned})
		if !slices.Contains(profiles, name) {
			profiles = append(profiles, name)
		}
	}
	if len(parts) == 0 {
		if firstErr == nil {
			firstErr = errors.New("it holds no table")
		}
		return nil, &Unrecognised{File: in.Name, Cause: firstErr}
	}
	l.Profile = strings.Join(profiles, "+")
	for _, u := range unknown {
		l.Notes = append(l.Notes, "Not taken: "+u)
	}
	return parts, nil
}

// errorColumn is the column that Lantern adds to the rows it gives back.
const errorColumn = "Error"

// fit is the mapping as it goes for a header, and whether the table is one of refused rows that Lantern gave back: its own
// added column is no change of the partner's.
func fit(m *profile.Mapping, header []string) (_ *profile.Mapping, returned bool) {
	last := len(header) - 1
	if last < 1 || header[last] != errorColumn {
		return m, false
	}
	if m == nil || len(m.Header) == 0 || slices.Contains(m.Header, errorColumn) || len(profile.Diff(m.Header, header[:last])) > 0 {
		return m, true
	}
	fitted := *m
	fitted.Header = header
	return &fitted, true
}

// near reports whether a header is an earlier one, changed: more than half of its columns are still there.
func near(before, after []string) bool {
	kept := 0
	for _, h := range before {
		if slices.Contains(after, h) {
			kept++
		}
	}
	return kept*2 > len(before)
}

func sheetWords(sheet string) string {
	if sheet == "" {
		return ""
	}
	return "sheet " + sheet + ": "
}

// Unrecognised says that no format fits a file.
type Unrecognised struct {
	File  string
	Cause error
}

func (e *Unrecognised) Error() string { return e.File + ": " + e.Cause.Error() }

// Unwrap gives the fault that a page or command shows.
func (e *Unrecognised) Unwrap() error { return fault.New(fault.Invalid, "%s", e.Error()) }

// quota is how many more rows of a file are wanted.
type quota struct {
	limited, cut bool
	left         int64
}

func (q *quota) used() bool { return q.limited && q.left <= 0 }

// read reads a table row by row.
func (s *Store) read(ctx context.Context, p *part, out chan<- chunk, q *quota) error {
	c := chunk{}
	send := func() error {
		select {
		case out <- c:
			c = chunk{taken: make([]Taken, 0, chunkRows)}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	one := func(row tabular.Row) {
		c.read++
		q.left--
		if p.returned {
			for i, cell := range row.Cells {
				row.Cells[i] = tabular.Restore(cell)
			}
		}
		rec, issues := p.reader.Read(row)
		if key, reason := profile.Once(rec); key != "" {
			if first, twice := p.once[key]; twice {
				rec, issues = nil, []profile.Issue{{Severity: profile.Refusal, Sheet: row.Sheet, Row: row.Number, Reason: fmt.Sprintf("%s, in row %d; expected one row a month and source", reason, first)}}
			} else {
				if p.once == nil {
					p.once = map[string]int{}
				}
				p.once[key] = row.Number
			}
		}
		p.watch.Add(row.Cells, rec)
		if rec == nil {
			c.refused++
		} else {
			c.taken = append(c.taken, Taken{RecordID: s.ids.New(), Row: row, Header: p.table.Header, Record: rec})
		}
		warned := false
		for _, i := range issues {
			warning := rec != nil
			warned = warned || warning
			c.refusals = append(c.refusals, Refusal{Sheet: i.Sheet, Row: i.Row, Column: i.Column, Shape: i.Shape, Reason: i.Reason, Cells: row.Cells, Warning: warning})
		}
		if warned {
			c.warned++
		}
	}
	unreadable := func(re *tabular.RowError) {
		c.read++
		q.left--
		c.refused++
		c.refusals = append(c.refusals, Refusal{Sheet: re.Sheet, Row: re.Row, Column: re.Column, Reason: re.Reason})
	}
	for _, re := range p.bad {
		unreadable(re)
	}
	for _, row := range p.ahead {
		if q.used() {
			q.cut = true
			break
		}
		one(row)
		if c.read >= chunkRows {
			if err := send(); err != nil {
				return err
			}
		}
	}
	p.ahead = nil
	for {
		row, err := p.table.Next()
		if !errors.Is(err, io.EOF) && q.used() {
			q.cut = true
			return send()
		}
		var re *tabular.RowError
		switch {
		case errors.Is(err, io.EOF):
			return send()
		case errors.As(err, &re):
			unreadable(re)
		case err != nil:
			return err
		default:
			one(row)
		}
		if c.read >= chunkRows {
			if err := send(); err != nil {
				return err
			}
		}
	}
}

func (s *Store) write(ctx context.Context, l *Load, in Input, chunks <-chan chunk) error {
	kept := int64(0)
	count := tally{}
	for c := range chunks {
		if !in.DryRun {
			var unlocated int64
			err := s.db.Write(ctx, func(tx *database.Tx) error {
				unlocated = 0
				if err := stillLoading(ctx, tx, l.ID); err != nil {
					return err
				}
				for _, sink := range s.sinks {
					p, err := sink.Take(ctx, tx, l, c.taken)
					if err != nil {
						return err
					}
					unlocated += p.Unlocated
				}
				return s.keepRefusals(ctx, tx, l, c.refusals, kept)
			})
			if err != nil {
				return err
			}
			l.Unlocated += unlocated
			s.db.GiveWay(ctx)
		}
		kept += int64(len(c.refusals))
		l.Read += c.read
		l.Taken += int64(len(c.taken))
		l.Refused += c.refused
		l.Warned += c.warned
		for _, r := range c.refusals {
			count.add(r)
		}
		if in.Also != nil {
			for _, t := range c.taken {
				in.Also(t)
			}
		}
		if in.Refused != nil {
			for _, r := range c.refusals {
				in.Refused(r)
			}
		}
		if in.Progress != nil {
			in.Progress(l.Read)
		}
	}
	l.Reasons = count.reasons()
	return ctx.Err()
}

// tally counts refusals and warnings by reason.
type tally map[Reason]int64

func (t tally) add(r Refusal) {
	k := Reason{Column: r.Column, Reason: r.Reason, Warning: r.Warning}
	if _, known := t[k]; !known && len(t) >= maxReasons {
		k = Reason{Reason: "another reason", Warning: r.Warning}
	}
	t[k]++
}

func (t tally) reasons() []Reason {
	out := make([]Reason, 0, len(t))
	for k, n := range t {
		k.N = n
		out = append(out, k)
	}
	sortReasons(out)
	return out
}

// sortReasons puts refusals before warnings and the commonest first.
func sortReasons(rs []Reason) {
	slices.SortFunc(rs, func(a, b Reason) int {
		if a.Warning != b.Warning {
			if b.Warning {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Reason, b.Reason))
	})
}

// stillLoading fails when somebody, a machine that started meanwhile, has given the load up: what was written since would
// belong to nothing.
func stillLoading(ctx context.Context, tx *database.Tx, id string) error {
	state, err := database.One(ctx, tx, database.Value[string], "SELECT state FROM load WHERE id = $1", id)
	if err == nil && state != "loading" {
		err = fault.New(fault.Unavailable, "The load was given up while it ran, because Lantern was started again. Nothing of it was kept: load the file again.")
	}
	return err
}

func (s *Store) keepRefusals(ctx context.Context, tx *database.Tx, l *Load, refusals []Refusal, kept int64) error {
	rows := make([][]any, 0, len(refusals))
	for i, r := range refusals {
		if kept+int64(i) >= maxRefusals {
			break
		}
		cells := ""
		// A row of people read without names keeps no cells either.
		if l.Identified && !r.Warning {
			b, err := json.Marshal(r.Cells)
			if err != nil {
				return err
			}
			cells = string(b)
			if s.seals != nil {
				if cells, err = s.seals.Seal(refusalAt(l.ID, kept+int64(i)), b); err != nil {
					return err
				}
			}
		}
		rows = append(rows, []any{l.ID, kept + int64(i), r.Sheet, r.Row, r.Column, r.Shape, r.Reason, cells, r.Warning})
	}
	return tx.Insert(ctx, "INSERT INTO load_refusal (load_id, n, sheet, row_number, column_name, value_shape, reason, cells, warning)", 9, rows, "")
}

func (s *Store) begin(ctx context.Context, l *Load) error {
	headers, err := json.Marshal(l.Headers)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, `INSERT INTO load (id, state, file_id, file_name, sha256, agency, profile, basis, identified, headers, by_account, begun_at, by_agency, graded)
			VALUES ($1,'loading',$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)`, l.ID, l.FileID, l.FileName, l.SHA256, l.Agency, l.Profile, l.Basis, l.Identified, string(headers), l.By, l.BegunAt, l.ByAgency, l.Graded)
	})
}

func (s *Store) finish(ctx context.Context, by access.Scope, l *Load) error {
	notes, err := json.Marshal(l.Notes)
	if err != nil {
		return err
	}
	ended := clock.Micros(s.clock.Now())
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := stillLoading(ctx, tx, l.ID); err != nil {
			return err
		}
		l.State, l.EndedAt = "live", &ended
		if l.Taken == 0 && l.Read > 0 {
			l.State = "failed" // its refusals stay, to be read and mended
		}
		err := tx.Exec(ctx, `UPDATE load SET state = $10, rows_read = $1, rows_taken = $2, rows_refused = $3, rows_unlocated = $4, rows_warned = $5, words = $6, notes = $7, ended_at = $8 WHERE id = $9`,
			l.Read, l.Taken, l.Refused, l.Unlocated, l.Warned, l.Words, string(notes), ended, l.ID, l.State)
		if err != nil {
			return err
		}
		if err := s.record(ctx, tx, by, "collection", l.ID, fmt.Sprintf("%s: %d rows read, %d taken, %d refused", l.Profile, l.Read, l.Taken, l.Refused)); err != nil {
			return err
		}
		if l.State != "live" {
			return nil
		}
		return s.jobs.Enqueue(ctx, tx, LoadedJob, l.ID)
	})
}

func (s *Store) failed(ctx context.Context, l *Load, cause error) error {
	words, ok := fault.Words(asFault(cause))
	switch {
	case errors.Is(cause, context.Canceled):
		words = "Lantern was stopped during the load. Nothing of it was kept: load the file again."
	case !ok:
		words = "The load broke off by a mistake of Lantern's. Nothing of it was kept. Tell whoever looks after Lantern."
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if err := tx.Exec(ctx, "UPDATE load SET state = 'failed', words = $1, ended_at = $2 WHERE id = $3", words, clock.Micros(s.clock.Now()), l.ID); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, PurgeJob, l.ID)
	})
}

// Recover marks loads that a stopped machine left half way as failed, so that their rows are removed. It is
// called at start, before anything loads.
func (s *Store) Recover(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		ids, err := database.Collect(ctx, tx, database.Value[string], "SELECT id FROM load WHERE state = 'loading'")
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := tx.Exec(ctx, "UPDATE load SET state = 'failed', words = $1, ended_at = $2 WHERE id = $3", "The machine stopped during the load. Nothing of it was kept: load the file again.", clock.Micros(s.clock.Now()), id); err != nil {
				return err
			}
			if err := s.jobs.Enqueue(ctx, tx, PurgeJob, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Undo takes a live load back: from this moment nobody sees anything of it; a job removes its rows.
func (s *Store) Undo(ctx context.Context, tx *database.Tx, by access.Scope, id, why string) error {
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "Say why the load is undone.")
	}
	if by.Agency == "" && !by.IsSystem() {
		return fault.NoSuch()
	}
	n, err := tx.ExecCount(ctx, "UPDATE load SET state = 'undone', undone_at = $1, undone_by = $2, undone_why = $3 WHERE id = $4 AND state = 'live' AND (agency = $5 OR by_agency = $6 OR $7)",
		clock.Micros(s.clock.Now()), by.Account, why, id, by.Agency, by.Agency, by.IsSystem())
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NoSuch()
	}
	if err := s.record(ctx, tx, by, "erasure", id, "load undone: "+strconv.Quote(why)); err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, PurgeJob, id)
}

const purgeRows = 400

// Purge removes the rows of a load that was undone or failed. It is the handler of PurgeJob and may be
// broken off and run again.
func (s *Store) Purge(ctx context.Context, id string) error {
	state, err := database.Collect(ctx, s.db.Reader(), database.Value[string], "SELECT state FROM load WHERE id = $1", id)
	if err != nil || len(state) == 0 || state[0] == "live" || state[0] == "loading" {
		return err
	}
	for i := len(s.sinks) - 1; i >= 0; i-- {
		for {
			var n int64
			err := s.db.Write(ctx, func(tx *database.Tx) (err error) {
				n, err = s.sinks[i].Purge(ctx, tx, id, purgeRows)
				return err
			})
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "DELETE FROM load_refusal WHERE load_id = $1 AND cells <> ''", id)
	})
}

const loadColumns = `l.id, l.state, l.file_id, l.file_name, l.sha256, l.agency, l.profile, l.basis, l.identified, l.headers, l.notes, l.by_account,
	l.rows_read, l.rows_taken, l.rows_refused, l.rows_unlocated, l.rows_warned, l.words, l.begun_at, l.ended_at, l.undone_at, l.undone_why, l.by_agency, l.graded`

func scanLoad(r database.Scanner) (Load, error) {
	var l Load
	var headers, notes string
	err := r.Scan(&l.ID, &l.State, &l.FileID, &l.FileName, &l.SHA256, &l.Agency, &l.Profile, &l.Basis, &l.Identified, &headers, &notes, &l.By,
		&l.Read, &l.Taken, &l.Refused, &l.Unlocated, &l.Warned, &l.Words, &l.BegunAt, &l.EndedAt, &l.UndoneAt, &l.UndoneWhy, &l.ByAgency, &l.Graded)
	if err == nil && headers != "" {
		err = json.Unmarshal([]byte(headers), &l.Headers)
	}
	if err == nil && notes != "" {
		err = json.Unmarshal([]byte(notes), &l.Notes)
	}
	return l, err
}

// seen is the condition that a scope's agency may know of a load l: it is theirs, or they brought it in.
func seen(by access.Scope, from int) (string, []any) {
	if by.IsSystem() {
		return "(1=1)", nil
	}
	if by.Agency == "" {
		return "(1=0)", nil
	}
	return "(l.agency = $" + strconv.Itoa(from) + " OR l.by_agency = $" + strconv.Itoa(from+1) + ")", []any{by.Agency, by.Agency}
}

// Get is one load of the scope's own agency, or one that it brought in for another.
func (s *Store) Get(ctx context.Context, q database.Queryer, by access.Scope, id string) (Load, error) {
	where, args := seen(by, 2)
	return database.One(ctx, q, scanLoad, "SELECT "+loadColumns+" FROM load l WHERE l.id = $1 AND "+where, append([]any{id}, args...)...)
}

// List lists the loads that Get gives, newest first, and how many there are.
func (s *Store) List(ctx context.Context, q database.Queryer, by access.Scope, limit, offset int) ([]Load, int, error) {
	where, args := seen(by, 1)
	total, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM load l WHERE "+where, args...)
	if err != nil {
		return nil, 0, err
	}
	n := len(args)
	loads, err := database.Collect(ctx, q, scanLoad, fmt.Sprintf("SELECT %s FROM load l WHERE %s ORDER BY l.begun_at DESC, l.id DESC LIMIT $%d OFFSET $%d", loadColumns, where, n+1, n+2), append(args, limit, offset)...)
	return loads, total, err
}

// Since counts the live loads begun since an instant that List gives, and the rows that they refused.
func (s *Store) Since(ctx context.Context, q database.Queryer, by access.Scope, from int64) (loads, refused int64, err error) {
	where, args := seen(by, 2)
	c, err := database.One(ctx, q, func(r database.Scanner) ([2]int64, error) {
		var c [2]int64
		return c, r.Scan(&c[0], &c[1])
	}, "SELECT count(*), coalesce(sum(l.rows_refused), 0) FROM load l WHERE l.begun_at >= $1 AND l.state = 'live' AND "+where, append([]any{from}, args...)...)
	return c[0], c[1], err
}

// Refusals lists what a load refused (or only warned of), in the file's order. Those who may not read the file's rows get
// place, shape and reason without the row.
func (s *Store) Refusals(ctx context.Context, q database.Queryer, by access.Scope, id string, warnings bool, limit, offset int) ([]Refusal, error) {
	l, err := s.Get(ctx, q, by, id)
	if err != nil {
		return nil, err
	}
	open := l.ReadableBy(by)
	return database.Collect(ctx, q, func(r database.Scanner) (Refusal, error) {
		var x Refusal
		var cells string
		var n int64
		if err := r.Scan(&x.Sheet, &x.Row, &x.Column, &x.Shape, &x.Reason, &cells, &x.Warning, &n); err != nil {
			return x, err
		}
		if cells == "" || !open {
			return x, nil
		}
		if seal.KeyOf(cells) != "" {
			if s.seals == nil {
				return x, fault.New(fault.Unavailable, "The rows that were refused are kept encrypted, and the keys that open them are not there.")
			}
			b, err := s.seals.Open(refusalAt(id, n), cells)
			if err != nil {
				return x, err
			}
			cells = string(b)
		}
		return x, json.Unmarshal([]byte(cells), &x.Cells)
	}, `SELECT r.sheet, r.row_number, r.column_name, r.value_shape, r.reason, r.cells, r.warning, r.n FROM load_refusal r
		WHERE r.load_id = $1 AND r.warning = $2 ORDER BY r.n LIMIT $3 OFFSET $4`, id, warnings, limit, offset)
}

// Reasons counts what a load refused and warned of by reason, refusals first and the commonest first.
func (s *Store) Reasons(ctx context.Context, q database.Queryer, by access.Scope, id string) ([]Reason, error) {
	if _, err := s.Get(ctx, q, by, id); err != nil {
		return nil, err
	}
	out, err := database.Collect(ctx, q, func(r database.Scanner) (Reason, error) {
		var x Reason
		return x, r.Scan(&x.Column, &x.Reason, &x.Warning, &x.N)
	}, "SELECT r.column_name, r.reason, r.warning, count(*) FROM load_refusal r WHERE r.load_id = $1 GROUP BY r.column_name, r.reason, r.warning", id)
	sortReasons(out)
	return out, err
}

// Same finds a live load of the same bytes that the scope's agency may know of: the file has been taken before.
func (s *Store) Same(ctx context.Context, q database.Queryer, by access.Scope, sha256 string) (*Load, error) {
	where, args := seen(by, 2)
	found, err := database.Collect(ctx, q, scanLoad, "SELECT "+loadColumns+" FROM load l WHERE l.sha256 = $1 AND l.state = 'live' AND "+where+" ORDER BY l.begun_at LIMIT 1", append([]any{sha256}, args...)...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// LiveBy lists the live loads that an account or command made.
func (s *Store) LiveBy(ctx context.Context, q database.Queryer, account string) ([]string, error) {
	return database.Collect(ctx, q, database.Value[string], "SELECT id FROM load WHERE by_account = $1 AND state = 'live' ORDER BY id", account)
}

// sealAtOnce is how many rows one transaction seals of what was refused before sealing.
const sealAtOnce = 500

// SealEarlier seals refused rows that a version of Lantern before sealing kept as they were, in short transactions, and says how many.
func (s *Store) SealEarlier(ctx context.Context) (n int, err error) {
	type row struct {
		load  string
		n     int64
		cells string
	}
	for more := 1; more > 0 && s.seals != nil; n += more {
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			old, err := database.Collect(ctx, tx, func(r database.Scanner) (x row, err error) { return x, r.Scan(&x.load, &x.n, &x.cells) },
				"SELECT load_id, n, cells FROM load_refusal WHERE substr(cells, 1, 1) = '[' ORDER BY load_id, n LIMIT $1", sealAtOnce)
			for _, x := range old {
				sealed, err := s.seals.Seal(refusalAt(x.load, x.n), []byte(x.cells))
				if err != nil {
					return err
				}
				if err := tx.Exec(ctx, "UPDATE load_refusal SET cells = $1 WHERE load_id = $2 AND n = $3", sealed, x.load, x.n); err != nil {
					return err
				}
			}
			more = len(old)
			return err
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}
