package database

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"lantern.example/lantern/internal/fault"
)

// Kind is what a column holds, the same on both engines.
type Kind string

// The kinds. A value of each is int64, float64, bool, string, []byte; or nil.
const (
	Integer Kind = "integer"
	Real    Kind = "real"
	Bool    Kind = "boolean"
	Text    Kind = "text"
	Bytes   Kind = "bytes"
)

// TableColumn is a column of a Table.
type TableColumn struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Table is one of the schema's tables, as needed to carry its rows elsewhere.
type Table struct {
	Name    string        `json:"table"`
	Columns []TableColumn `json:"columns"`
	refers  []string      // tables its foreign keys name
}

// Names are the columns' names.
func (t Table) Names() []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Name
	}
	return out
}

// Has reports whether there is a column of that name.
func (t Table) Has(column string) bool { return slices.Contains(t.Names(), column) }

// Tables lists the partnership's tables, each after those it refers to and else by name. The two engines give
// the same list. What belongs to the schema's own keeping and to the job library is not among them.
func (db *DB) Tables(ctx context.Context) ([]Table, error) {
	columns, refers := sqliteColumns, sqliteRefers
	if db.Engine == PostgreSQL {
		columns, refers = postgresColumns, postgresRefers
	}
	byName := map[string]*Table{}
	var names []string
	err := Each(ctx, db.read, func(s Scanner) error {
		var table, column, kind string
		if err := s.Scan(&table, &column, &kind); err != nil || !ours(table) {
			return err
		}
		k, ok := kinds[strings.ToUpper(kind)]
		if !ok {
			return fmt.Errorf("database: column %s of %s is %s, which the two engines do not share", column, table, kind)
		}
		if byName[table] == nil {
			byName[table] = &Table{Name: table}
			names = append(names, table)
		}
		byName[table].Columns = append(byName[table].Columns, TableColumn{column, k})
		return nil
	}, columns)
	if err != nil {
		return nil, err
	}
	err = Each(ctx, db.read, func(s Scanner) error {
		var from, to string
		if err := s.Scan(&from, &to); err != nil {
			return err
		}
		if byName[from] != nil && byName[to] != nil && from != to {
			byName[from].refers = append(byName[from].refers, to)
		}
		return nil
	}, refers)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return ordered(names, byName), nil
}

func ours(table string) bool {
	return table != "goose_db_version" && !strings.HasPrefix(table, "sqlite_") && !strings.HasPrefix(table, "river_")
}

var kinds = map[string]Kind{"BIGINT": Integer, "DOUBLE PRECISION": Real, "BOOLEAN": Bool, "TEXT": Text, "BYTEA": Bytes}

const (
	sqliteColumns = `SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name <> 'goose_db_version' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, c.cid`
	sqliteRefers    = `SELECT DISTINCT m.name, f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	postgresColumns = `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> 'goose_db_version' AND c.table_name NOT LIKE 'river\_%'
		ORDER BY c.table_name, c.ordinal_position`
	postgresRefers = `SELECT DISTINCT f.relname, t.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
		WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace`
)

func ordered(names []string, byName map[string]*Table) []Table {
	var out []Table
	done := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if done[name] {
			return
		}
		done[name] = true
		for _, r := range byName[name].refers {
			visit(r)
		}
		out = append(out, *byName[name])
	}
	for _, n := range names {
		visit(n)
	}
	return out
}

// Rows reads a table's rows, each a slice of the columns' values. where narrows them; "" takes all.
func (t Table) Rows(ctx context.Context, q Queryer, each func(row []any) error, where string, args ...any) error {
	row := make([]any, len(t.Columns))
	dest := make([]any, len(row))
	for i := range row {
		dest[i] = &row[i]
	}
	query := "SELECT " + t.list() + " FROM " + t.Name
	if where != "" {
		query += " WHERE " + where
	}
	n := 0
	return Each(ctx, q, func(s Scanner) error {
		n++
		if err := s.Scan(dest...); err != nil {
			return err
		}
		out := make([]any, len(row))
		for i, c := range t.Columns {
			v, err := c.Value(row[i])
			if err != nil {
				return fault.New(fault.Invalid, "Table %s, row %d, column %s: %v.", t.Name, n, c.Name, err)
			}
			out[i] = v
		}
		return each(out)
	}, query, args...)
}

func (t Table) list() string { return strings.Join(t.Names(), ", ") }

// Put writes rows of a table.
func (t Table) Put(ctx context.Context, tx *Tx, rows [][]any) error {
	return tx.Insert(ctx, "INSERT INTO "+t.Name+" ("+t.list()+")", len(t.Columns), rows, "")
}

// Empty takes every row away.
func (t Table) Empty(ctx context.Context, tx *Tx) error { return tx.Exec(ctx, "DELETE FROM "+t.Name) }

// Count is how many rows there are.
func (t Table) Count(ctx context.Context, q Queryer) (int64, error) {
	return One(ctx, q, Value[int64], "SELECT count(*) FROM "+t.Name)
}

// Value is what a driver gave for the column as the one Go type of its kind. What the other engine could not
// hold is refused: SQLite takes any value in any column, PostgreSQL does not.
func (c TableColumn) Value(v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case int64:
		switch c.Kind {
		case Integer:
			return x, nil
		case Real:
			return float64(x), nil
		case Bool:
			if x == 0 || x == 1 {
				return x == 1, nil
			}
		}
	case float64:
		if c.Kind == Real && !math.IsNaN(x) && !math.IsInf(x, 0) {
			return x, nil
		}
	case bool:
		if c.Kind == Bool {
			return x, nil
		}
	case string:
		return c.text(x)
	case []byte:
		if c.Kind == Bytes {
			return slices.Clone(x), nil
		}
		return c.text(string(x))
	}
	return nil, fmt.Errorf("a %T stands there; expected %s", v, c.Kind)
}

func (c TableColumn) text(s string) (any, error) {
	switch {
	case c.Kind != Text:
		return nil, fmt.Errorf("text stands there; expected %s", c.Kind)
	case !utf8.ValidString(s):
		return nil, fmt.Errorf("the text is not UTF-8, so PostgreSQL cannot hold it")
	case strings.IndexByte(s, 0) >= 0:
		return nil, fmt.Errorf("the text has a NUL sign in it, which PostgreSQL cannot hold")
	}
	return s, nil
}
