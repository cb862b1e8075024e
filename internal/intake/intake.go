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
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
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
	Profile              string
	Basis                string // agreement code, one-off reason, "own" or "open"
	Identified           bool   // false: people were counted and no name kept
	Headers              map[string][]string
	Notes                []string
	By                   string
	Read, Taken, Refused int64
	Unlocated, Warned    int64
	Words                string
	BegunAt              int64
	EndedAt, UndoneAt    *int64
	UndoneWhy            string
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
}

// NewStore returns the loads of a database. Sinks are given lowest rank first.
func NewStore(db *database.DB, c clock.Clock, ids *clock.IDs, jobs Jobs, record Recorder, sinks ...Sink) *Store {
	return &Store{db: db, clock: c, ids: ids, sinks: sinks, jobs: jobs, record: record}
}

// Input is a file to bring in.
type Input struct {
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
	l = &Load{ID: s.ids.New(), State: "loading", FileID: in.FileID, FileName: in.Name, SHA256: b.SHA256, Agency: in.Agency, Basis: in.Basis, Identified: in.Identified,
		By: by.Account, BegunAt: clock.Micros(s.clock.Now()), Headers: map[string][]string{}, Notes: b.Notes}
	parts, err := s.prepare(l, tables, in)
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
		for _, p := range parts {
			if err := s.read(gctx, l, p, chunks); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error { return s.write(gctx, l, in, chunks) })
	if err := g.Wait(); err != nil {
		if !in.DryRun {
			err = errors.Join(asFault(err), s.failed(context.WithoutCancel(ctx), l, err))
		}
		return nil, asFault(err)
	}
	for _, p := range parts {
		l.Notes = append(l.Notes, p.table.Notes...)
		l.Notes = append(l.Notes, p.reader.Notes()...)
	}
	if l.Taken == 0 && l.Read > 0 {
		l.Words = "No row could be taken."
	}
	if in.DryRun {
		l.State = "dry run"
		return l, nil
	}
	return l, s.finish(ctx, by, l)
}

// part is one table with the reader chosen for it.
type part struct {
	table  *tabular.Table
	reader *profile.Reader
	ahead  []tabular.Row
	bad    []*tabular.RowError
}

func (s *Store) prepare(l *Load, tables []*tabular.Table, in Input) ([]*part, error) {
	var parts []*part
	var profiles, unknown []string
	var firstErr error
	for _, t := range tables {
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
		r, err := p.Reader(t.Header, in.Mapping, profile.Options{AsAt: clock.Today(s.clock), Agency: in.Agency, DeIdentified: !in.Identified, Survey: profile.NewSurvey(sample...)})
		if err != nil {
			if len(tables) > 1 { // the other sheets may still fit
				unknown = append(unknown, sheetWords(t.Sheet)+err.Error())
				firstErr = err
				continue
			}
			return nil, fault.Wrap(fault.Invalid, err, "%s: %s.", in.Name, strings.TrimSuffix(err.Error(), "."))
		}
		if r.HeaderIsRow() {
			rows = slices.Insert(rows, 0, tabular.Row{Sheet: t.Sheet, Number: t.HeaderRow, Cells: t.Header})
		}
		l.Headers[t.Sheet] = t.Header
		parts = append(parts, &part{table: t, reader: r, ahead: rows, bad: bad})
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

func (s *Store) read(ctx context.Context, l *Load, p *part, out chan<- chunk) error {
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
		rec, issues := p.reader.Read(row)
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
		c.refused++
		c.refusals = append(c.refusals, Refusal{Sheet: re.Sheet, Row: re.Row, Column: re.Column, Reason: re.Reason})
	}
	for _, re := range p.bad {
		unreadable(re)
	}
	for _, row := range p.ahead {
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
	for c := range chunks {
		if !in.DryRun {
			var unlocated int64
			err := s.db.Write(ctx, func(tx *database.Tx) error {
				unlocated = 0
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
		}
		kept += int64(len(c.refusals))
		l.Read += c.read
		l.Taken += int64(len(c.taken))
		l.Refused += c.refused
		l.Warned += c.warned
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
	return ctx.Err()
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
		return tx.Exec(ctx, `INSERT INTO load (id, state, file_id, file_name, sha256, agency, profile, basis, identified, headers, by_account, begun_at)
			VALUES ($1,'loading',$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`, l.ID, l.FileID, l.FileName, l.SHA256, l.Agency, l.Profile, l.Basis, l.Identified, string(headers), l.By, l.BegunAt)
	})
}

func (s *Store) finish(ctx context.Context, by access.Scope, l *Load) error {
	notes, err := json.Marshal(l.Notes)
	if err != nil {
		return err
	}
	ended := clock.Micros(s.clock.Now())
	return s.db.Write(ctx, func(tx *database.Tx) error {
		l.State, l.EndedAt = "live", &ended
		err := tx.Exec(ctx, `UPDATE load SET state = 'live', rows_read = $1, rows_taken = $2, rows_refused = $3, rows_unlocated = $4, rows_warned = $5, words = $6, notes = $7, ended_at = $8 WHERE id = $9`,
			l.Read, l.Taken, l.Refused, l.Unlocated, l.Warned, l.Words, string(notes), ended, l.ID)
		if err != nil {
			return err
		}
		if err := s.record(ctx, tx, by, "collection", l.ID, fmt.Sprintf("%s: %d rows read, %d taken, %d refused", l.Profile, l.Read, l.Taken, l.Refused)); err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, LoadedJob, l.ID)
	})
}

func (s *Store) failed(ctx context.Context, l *Load, cause error) error {
	words, ok := fault.Words(asFault(cause))
	if !ok {
		words = "The load broke off."
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
	n, err := tx.ExecCount(ctx, "UPDATE load SET state = 'undone', undone_at = $1, undone_by = $2, undone_why = $3 WHERE id = $4 AND state = 'live' AND agency = $5",
		clock.Micros(s.clock.Now()), by.Account, why, id, by.Agency)
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
	l.rows_read, l.rows_taken, l.rows_refused, l.rows_unlocated, l.rows_warned, l.words, l.begun_at, l.ended_at, l.undone_at, l.undone_why`

func scanLoad(r database.Scanner) (Load, error) {
	var l Load
	var headers, notes string
	err := r.Scan(&l.ID, &l.State, &l.FileID, &l.FileName, &l.SHA256, &l.Agency, &l.Profile, &l.Basis, &l.Identified, &headers, &notes, &l.By,
		&l.Read, &l.Taken, &l.Refused, &l.Unlocated, &l.Warned, &l.Words, &l.BegunAt, &l.EndedAt, &l.UndoneAt, &l.UndoneWhy)
	if err == nil && headers != "" {
		err = json.Unmarshal([]byte(headers), &l.Headers)
	}
	if err == nil && notes != "" {
		err = json.Unmarshal([]byte(notes), &l.Notes)
	}
	return l, err
}

// Get is one load of the scope's own agency.
func (s *Store) Get(ctx context.Context, q database.Queryer, by access.Scope, id string) (Load, error) {
	return database.One(ctx, q, scanLoad, "SELECT "+loadColumns+" FROM load l WHERE l.id = $1 AND (l.agency = $2 OR $3)", id, by.Agency, by.IsSystem())
}

// List lists the loads of the scope's own agency, newest first, and how many there are.
func (s *Store) List(ctx context.Context, q database.Queryer, by access.Scope, limit, offset int) ([]Load, int, error) {
	total, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM load l WHERE (l.agency = $1 OR $2)", by.Agency, by.IsSystem())
	if err != nil {
		return nil, 0, err
	}
	loads, err := database.Collect(ctx, q, scanLoad, "SELECT "+loadColumns+" FROM load l WHERE (l.agency = $1 OR $2) ORDER BY l.begun_at DESC, l.id DESC LIMIT $3 OFFSET $4", by.Agency, by.IsSystem(), limit, offset)
	return loads, total, err
}

// Refusals lists what a load of the scope's own agency refused (or only warned of), in the file's order.
func (s *Store) Refusals(ctx context.Context, q database.Queryer, by access.Scope, id string, warnings bool, limit, offset int) ([]Refusal, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Refusal, error) {
		var x Refusal
		var cells string
		if err := r.Scan(&x.Sheet, &x.Row, &x.Column, &x.Shape, &x.Reason, &cells, &x.Warning); err != nil {
			return x, err
		}
		if cells != "" {
			return x, json.Unmarshal([]byte(cells), &x.Cells)
		}
		return x, nil
	}, `SELECT r.sheet, r.row_number, r.column_name, r.value_shape, r.reason, r.cells, r.warning FROM load_refusal r JOIN load l ON l.id = r.load_id
		WHERE r.load_id = $1 AND (l.agency = $2 OR $3) AND r.warning = $4 ORDER BY r.n LIMIT $5 OFFSET $6`, id, by.Agency, by.IsSystem(), warnings, limit, offset)
}

// Same finds a live load of the same bytes for the same agency: the file has been taken before.
func (s *Store) Same(ctx context.Context, q database.Queryer, by access.Scope, sha256 string) (*Load, error) {
	found, err := database.Collect(ctx, q, scanLoad, "SELECT "+loadColumns+" FROM load l WHERE l.sha256 = $1 AND l.agency = $2 AND l.state = 'live' ORDER BY l.begun_at LIMIT 1", sha256, by.Agency)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
