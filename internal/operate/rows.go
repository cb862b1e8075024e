package operate

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// tally counts rows and adds up their hashes, in whatever order they come: two tables with the same tally hold
// the same rows. It guards against loss on the way, not against somebody who means to deceive.
type tally struct {
	rows int64
	sum  [4]uint64
}

func (t *tally) add(row []any) {
	h := sha256.New()
	var n [9]byte
	put := func(kind byte, v uint64, tail []byte) {
		n[0] = kind
		binary.BigEndian.PutUint64(n[1:], v)
		h.Write(n[:]) //nolint:errcheck,gosec // never fails
		h.Write(tail) //nolint:errcheck,gosec // never fails
	}
	for _, v := range row {
		switch x := v.(type) {
		case nil:
			put('n', 0, nil)
		case int64:
			put('i', uint64(x), nil) //nolint:gosec // the bits are what matters
		case float64:
			put('f', math.Float64bits(x+0), nil) // +0: SQLite keeps no negative zero
		case bool:
			put('b', map[bool]uint64{true: 1}[x], nil)
		case string:
			put('s', uint64(len(x)), []byte(x))
		case []byte:
			put('x', uint64(len(x)), x)
		}
	}
	sum := h.Sum(nil)
	for i := range t.sum {
		t.sum[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	t.rows++
}

func (t tally) String() string {
	var b [32]byte
	for i, v := range t.sum {
		binary.BigEndian.PutUint64(b[8*i:], v)
	}
	return hex.EncodeToString(b[:])
}

// mine leaves out the mark of an unfinished copy, which is the target's own.
func mine(t database.Table, row []any) bool {
	return t.Name != "setting" || len(row) == 0 || row[slices.Index(t.Names(), "name")] != any(unfinished)
}

// readTable gives a table's rows and their tally.
func readTable(ctx context.Context, q database.Queryer, t database.Table, each func(row []any) error) (sum tally, err error) {
	err = t.Rows(ctx, q, func(row []any) error {
		if !mine(t, row) {
			return nil
		}
		sum.add(row)
		return each(row)
	}, "")
	return sum, err
}

// A batch of rows is written in one transaction.
const (
	batchRows  = 500
	batchBytes = 8 << 20
)

// sink writes one table's rows in batches.
type sink struct {
	db    *database.DB
	table database.Table
	rows  [][]any
	bytes int
}

func (s *sink) add(ctx context.Context, row []any) error {
	s.rows = append(s.rows, row)
	for _, v := range row {
		switch x := v.(type) {
		case string:
			s.bytes += len(x)
		case []byte:
			s.bytes += len(x)
		default:
			s.bytes += 8
		}
	}
	if len(s.rows) < batchRows && s.bytes < batchBytes {
		return nil
	}
	return s.flush(ctx)
}

func (s *sink) flush(ctx context.Context) error {
	if len(s.rows) == 0 {
		return nil
	}
	err := s.db.Write(ctx, func(tx *database.Tx) error { return s.table.Put(ctx, tx, s.rows) })
	s.rows, s.bytes = nil, 0
	return err
}

// The portable form of a partnership is lines of JSON: one that names a table and its columns, a list for
// each row, one with the count and tally; and a last one that says how many tables there were. Bytes are
// base64.
type portableTable struct {
	Table   string                 `json:"table"`
	Columns []database.TableColumn `json:"columns"`
}

type portableSum struct {
	Rows  int64  `json:"rows"`
	Tally string `json:"tally"`
}

type portableEnd struct {
	Tables int `json:"tables"`
}

// dump writes every table in the portable form, as they are at one moment, and lets also read at the same.
func dump(ctx context.Context, db *database.DB, w io.Writer, also func(q database.Queryer) error) error {
	tables, err := db.Tables(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<20)
	line := func(v any) error {
		b, err := json.Marshal(v)
		if err == nil {
			_, err = out.Write(append(b, '\n'))
		}
		return err
	}
	err = db.ReadOnly(ctx, func(q database.Queryer) error {
		for _, t := range tables {
			if err := line(portableTable{t.Name, t.Columns}); err != nil {
				return err
			}
			sum, err := readTable(ctx, q, t, func(row []any) error { return line(row) })
			if err != nil {
				return err
			}
			if err := line(portableSum{sum.rows, sum.String()}); err != nil {
				return err
			}
		}
		return errors.Join(line(portableEnd{len(tables)}), also(q))
	})
	return errors.Join(err, out.Flush())
}

// maxLine bounds one row of the portable form: a chunk of a file is a mebibyte.
const maxLine = 64 << 20

// load reads the portable form into an empty, migrated database and compares what came with what was said.
func load(ctx context.Context, db *database.DB, r io.Reader) error {
	tables, err := db.Tables(ctx)
	if err != nil {
		return err
	}
	in := &portable{scanner: bufio.NewScanner(r)}
	in.scanner.Buffer(make([]byte, 1<<20), maxLine)
	n := 0
	for {
		head, err := in.next()
		if err != nil {
			return err
		}
		var end portableEnd
		if json.Unmarshal(head, &end) == nil && end.Tables > 0 {
			if end.Tables != n {
				return damaged("it names %d tables and holds %d", end.Tables, n)
			}
			return nil
		}
		var of portableTable
		if err := json.Unmarshal(head, &of); err != nil || of.Table == "" {
			return damaged("line %d is not the head of a table", in.line)
		}
		at := slices.IndexFunc(tables, func(t database.Table) bool { return t.Name == of.Table })
		if at < 0 {
			return damaged("the table %q is not one of this schema's", of.Table)
		}
		if err := in.table(ctx, &sink{db: db, table: database.Table{Name: of.Table, Columns: of.Columns}}, tables[at]); err != nil {
			return err
		}
		n++
	}
}

type portable struct {
	scanner *bufio.Scanner
	line    int
}

func (p *portable) next() ([]byte, error) {
	p.line++
	if !p.scanner.Scan() {
		if err := p.scanner.Err(); err != nil {
			return nil, err
		}
		return nil, damaged("it ends at line %d, in the middle", p.line)
	}
	return p.scanner.Bytes(), nil
}

func (p *portable) table(ctx context.Context, s *sink, known database.Table) error {
	for _, c := range s.table.Columns {
		if !slices.Contains(known.Columns, c) {
			return damaged("the table %s has no column %s of kind %s in this schema", known.Name, c.Name, c.Kind)
		}
	}
	var sum tally
	for {
		b, err := p.next()
		if err != nil {
			return err
		}
		if len(b) == 0 || b[0] != '[' {
			var said portableSum
			if err := json.Unmarshal(b, &said); err != nil || said.Rows != sum.rows || said.Tally != sum.String() {
				return damaged("the table %s is not as it was written: %d rows were read", known.Name, sum.rows)
			}
			return s.flush(ctx)
		}
		row, err := parseRow(s.table, b)
		if err != nil {
			return damaged("line %d, table %s: %v", p.line, known.Name, err)
		}
		sum.add(row)
		if err := s.add(ctx, row); err != nil {
			return err
		}
	}
}

// parseRow reads one line of the portable form.
func parseRow(t database.Table, b []byte) ([]any, error) {
	var cells []json.RawMessage
	if err := json.Unmarshal(b, &cells); err != nil {
		return nil, err
	}
	if len(cells) != len(t.Columns) {
		return nil, fmt.Errorf("%d values stand there; expected %d", len(cells), len(t.Columns))
	}
	row := make([]any, len(cells))
	for i, c := range t.Columns {
		v, err := parseCell(c, cells[i])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		row[i] = v
	}
	return row, nil
}

func parseCell(c database.TableColumn, raw json.RawMessage) (any, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	switch c.Kind {
	case database.Integer:
		return strconv.ParseInt(string(raw), 10, 64)
	case database.Real:
		return strconv.ParseFloat(string(raw), 64)
	case database.Bool:
		return strconv.ParseBool(string(raw))
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	if c.Kind == database.Bytes {
		return base64.StdEncoding.DecodeString(s)
	}
	return c.Value(s)
}

// damaged says what is wrong with a backup.
func damaged(format string, args ...any) error {
	return fault.New(fault.Invalid, "The backup is damaged: %s. Nothing was changed. Use another copy of it, or an earlier backup.", fmt.Sprintf(format, args...))
}
