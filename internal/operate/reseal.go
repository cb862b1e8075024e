package operate

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/seal"
)

// SealedColumn is a column whose values are sealed.
type SealedColumn struct {
	Table, Column string
	Key           string // the column that, alone or with Part, is the table's key
	Part          string // a number that tells the key's rows apart, "" when there is one
	Where         string // which rows are sealed; the others are empty or from before sealing
	Bytes         bool   // a part of a file, sealed as bytes
}

// Sealed are the columns whose values are encrypted with the keys in DIR/keys/seal.key. A column that is not here
// is not sealed anew when the key is changed, and doctor does not look at it.
var Sealed = []SealedColumn{
	{Table: "account_factor", Column: "secret", Key: "id", Where: "secret <> ''"},
	{Table: "rights_case", Column: "reach_sealed", Key: "id", Where: "reach_sealed <> ''"},
	{Table: "person_danger", Column: "words_sealed", Key: "id", Where: "words_sealed <> ''"},
	{Table: "record_address", Column: "sealed", Key: "record_id", Part: "n", Where: "sealed <> ''"},
	{Table: "source_record", Column: "cells", Key: "id", Where: "substr(cells, 1, 3) = 's1.'"},
	{Table: "source_record", Column: "ethnicity", Key: "id", Where: "substr(ethnicity, 1, 3) = 's1.'"},
	{Table: "load_refusal", Column: "cells", Key: "load_id", Part: "n", Where: "substr(cells, 1, 3) = 's1.'"},
	{Table: "stored_file_chunk", Column: "bytes", Key: "file_id", Part: "n", Where: "file_id IN (SELECT id FROM stored_file WHERE sealed)", Bytes: true},
}

// atOnce is how many values one transaction seals anew: parts of files are a mebibyte each.
func (c SealedColumn) atOnce() int {
	if c.Bytes {
		return 8
	}
	return 200
}

// sealedRow is one sealed value and where it stands.
type sealedRow struct {
	id    string
	part  int64
	value []byte
}

func (c SealedColumn) place(x sealedRow) seal.Place {
	id := x.id
	if c.Part != "" {
		id += "/" + strconv.FormatInt(x.part, 10)
	}
	return seal.Place{Table: c.Table, Column: c.Column, ID: id}
}

// Reseal seals every sealed value that is under an earlier key under the newest, in short transactions, and says how
// many. It can be stopped and run again. A value that cannot be read ends it with an error, unchanged.
func Reseal(ctx context.Context, db *database.DB, keys *seal.Keys, log *audit.Log) (n int, err error) {
	for _, c := range Sealed {
		for after := (&sealedRow{part: -1}); after != nil; {
			var more int
			if after, more, err = resealSome(ctx, db, keys, c, *after); err != nil {
				return n, err
			}
			n += more
		}
	}
	err = db.Write(ctx, func(tx *database.Tx) error {
		return log.Record(ctx, tx, CommandLine(""), audit.Line{Act: audit.Upkeep, SubjectKind: "keys", Words: fmt.Sprintf("%d sealed values sealed under the key %s", n, keys.Newest())})
	})
	return n, err
}

// resealSome looks at the next rows after one, and gives the last that it looked at, nil when there was none.
func resealSome(ctx context.Context, db *database.DB, keys *seal.Keys, c SealedColumn, after sealedRow) (last *sealedRow, n int, err error) {
	err = db.Write(ctx, func(tx *database.Tx) error {
		last, n = nil, 0
		rows, err := c.next(ctx, tx, after)
		if err != nil {
			return err
		}
		for i, x := range rows {
			last = &rows[i]
			if !keys.Stale(string(x.value[:min(len(x.value), 32)])) {
				continue
			}
			value, err := c.anew(keys, x)
			if err != nil {
				return err
			}
			where, args := c.Key+" = $2", []any{value, x.id}
			if c.Part != "" {
				where, args = where+" AND "+c.Part+" = $3", append(args, x.part)
			}
			if err := tx.Exec(ctx, "UPDATE "+c.Table+" SET "+c.Column+" = $1 WHERE "+where, args...); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return last, n, err
}

// anew is a value sealed under the newest key.
func (c SealedColumn) anew(keys *seal.Keys, x sealedRow) (any, error) {
	at := c.place(x)
	if c.Bytes {
		plain, err := keys.OpenBytes(at, x.value)
		if err != nil {
			return nil, err
		}
		return keys.SealBytes(at, plain)
	}
	plain, err := keys.Open(at, string(x.value))
	if err != nil {
		return nil, err
	}
	return keys.Seal(at, plain)
}

// next are the next rows of a column that hold something sealed.
func (c SealedColumn) next(ctx context.Context, q database.Queryer, after sealedRow) ([]sealedRow, error) {
	if c.Part == "" {
		return database.Collect(ctx, q, func(r database.Scanner) (x sealedRow, err error) { return x, r.Scan(&x.id, &x.value) },
			fmt.Sprintf("SELECT %[1]s, %[2]s FROM %[3]s WHERE %[4]s AND %[1]s > $1 ORDER BY %[1]s LIMIT $2", c.Key, c.Column, c.Table, c.Where), after.id, c.atOnce())
	}
	return database.Collect(ctx, q, func(r database.Scanner) (x sealedRow, err error) { return x, r.Scan(&x.id, &x.part, &x.value) },
		fmt.Sprintf("SELECT %[1]s, %[2]s, %[3]s FROM %[4]s WHERE %[5]s AND (%[1]s > $1 OR %[1]s = $2 AND %[2]s > $3) ORDER BY %[1]s, %[2]s LIMIT $4", c.Key, c.Part, c.Column, c.Table, c.Where), after.id, after.id, after.part, c.atOnce())
}

// sealedUnder counts sealed values by the id of their key. A value that is no sealed one counts under "".
func sealedUnder(ctx context.Context, db *database.DB) (map[string]int, error) {
	out := map[string]int{}
	for _, c := range Sealed {
		head := "substr(" + c.Column + ", 1, 12)"
		err := database.Each(ctx, db.Reader(), func(r database.Scanner) error {
			var head []byte
			var n int
			err := r.Scan(&head, &n)
			out[seal.KeyOf(string(head))] += n
			return err
		}, strings.Join([]string{"SELECT", head, ", count(*) FROM", c.Table, "WHERE", c.Where, "GROUP BY", head}, " "))
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
