package database

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/fault"
)

// Scanner is a row being read.
type Scanner interface{ Scan(dest ...any) error }

// Collect runs a query and gives every row to scan. It owns the loop, so that rows are always closed
// and their error always looked at. No rows is an empty slice, not an error.
func Collect[T any](ctx context.Context, q Queryer, scan func(Scanner) (T, error), query string, args ...any) (out []T, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Each is Collect without keeping: it calls each for every row until one fails.
func Each(ctx context.Context, q Queryer, each func(Scanner) error, query string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// One runs a query for exactly one row. No row is fault.NoSuch.
func One[T any](ctx context.Context, q Queryer, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	v, err := scan(q.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		var zero T
		return zero, fault.NoSuch()
	}
	return v, err
}

// Value scans a single column, for Collect and One: Collect(ctx, q, database.Value[string], …).
func Value[T any](s Scanner) (T, error) {
	var v T
	err := s.Scan(&v)
	return v, err
}

// In is "($from,$from+1,…)" for n values: the two engines share no array parameter. n of 0 gives
// "(NULL)", which matches nothing.
func In(from, n int) string {
	if n == 0 {
		return "(NULL)"
	}
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	b.WriteByte(')')
	return b.String()
}

// Anys turns a slice into arguments.
func Anys[T any](in []T) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

// MaxRowsPerInsert bounds how many rows Insert puts into one statement.
const MaxRowsPerInsert = 200

// Insert writes rows (each of width values). head is the statement up to VALUES, e.g. "INSERT INTO event
// (id, kind)"; tail follows the values, e.g. "ON CONFLICT DO NOTHING" or "". On SQLite one prepared
// statement runs for each row, which there is quicker than long statements; on PostgreSQL a statement
// holds many rows, which saves the way there and back.
func (t *Tx) Insert(ctx context.Context, head string, width int, rows [][]any, tail string) (err error) {
	if t.Engine == SQLite && len(rows) > 1 {
		st, err := t.tx.PrepareContext(ctx, head+" VALUES "+In(1, width)+" "+tail)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, st.Close()) }()
		for _, r := range rows {
			if _, err := st.ExecContext(ctx, r...); err != nil {
				return err
			}
		}
		return nil
	}
	per := min(MaxRowsPerInsert, 30_000/max(width, 1))
	for len(rows) > 0 {
		n := min(per, len(rows))
		var b strings.Builder
		b.WriteString(head)
		b.WriteString(" VALUES ")
		args := make([]any, 0, n*width)
		for i, r := range rows[:n] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(In(i*width+1, width))
			args = append(args, r...)
		}
		b.WriteByte(' ')
		b.WriteString(tail)
		if err := t.Exec(ctx, b.String(), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
