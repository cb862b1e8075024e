package operate

import (
	"context"
	"fmt"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/seal"
)

// SealedColumn is a column whose values are sealed; its table's key is the column id.
type SealedColumn struct{ Table, Column string }

// Sealed are the columns whose values are encrypted with the keys in DIR/keys/seal.key. A column that is not here
// is not sealed anew when the key is changed, and doctor does not look at it.
var Sealed = []SealedColumn{{"account_factor", "secret"}, {"rights_case", "reach_sealed"}, {"person_danger", "words_sealed"}}

const resealAtOnce = 200

// Reseal seals every sealed value that is under an earlier key under the newest, in short transactions, and says how
// many. It can be stopped and run again. A value that cannot be read ends it with an error, unchanged.
func Reseal(ctx context.Context, db *database.DB, keys *seal.Keys, log *audit.Log) (n int, err error) {
	for _, c := range Sealed {
		for after := ""; ; {
			var more int
			if after, more, err = resealSome(ctx, db, keys, c, after); err != nil {
				return n, err
			}
			n += more
			if after == "" {
				break
			}
		}
	}
	err = db.Write(ctx, func(tx *database.Tx) error {
		return log.Record(ctx, tx, CommandLine(""), audit.Line{Act: audit.Upkeep, SubjectKind: "keys", Words: fmt.Sprintf("%d sealed values sealed under the key %s", n, keys.Newest())})
	})
	return n, err
}

type sealedRow struct{ id, text string }

func resealSome(ctx context.Context, db *database.DB, keys *seal.Keys, c SealedColumn, after string) (last string, n int, err error) {
	err = db.Write(ctx, func(tx *database.Tx) error {
		last, n = "", 0
		rows, err := sealedRows(ctx, tx, c, after)
		if err != nil {
			return err
		}
		for _, x := range rows {
			last = x.id
			if !keys.Stale(x.text) {
				continue
			}
			at := seal.Place{Table: c.Table, Column: c.Column, ID: x.id}
			plain, err := keys.Open(at, x.text)
			if err != nil {
				return err
			}
			text, err := keys.Seal(at, plain)
			if err != nil {
				return err
			}
			if err := tx.Exec(ctx, "UPDATE "+c.Table+" SET "+c.Column+" = $1 WHERE id = $2", text, x.id); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return last, n, err
}

// sealedRows are the next rows of a column that hold something.
func sealedRows(ctx context.Context, q database.Queryer, c SealedColumn, after string) ([]sealedRow, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (x sealedRow, err error) { return x, r.Scan(&x.id, &x.text) },
		"SELECT id, "+c.Column+" FROM "+c.Table+" WHERE "+c.Column+" <> '' AND id > $1 ORDER BY id LIMIT $2", after, resealAtOnce)
}

// sealedUnder counts sealed values by the id of their key. A value that is no sealed one counts under "".
func sealedUnder(ctx context.Context, db *database.DB) (map[string]int, error) {
	out := map[string]int{}
	for _, c := range Sealed {
		err := database.Each(ctx, db.Reader(), func(r database.Scanner) error {
			var head string
			var n int
			err := r.Scan(&head, &n)
			out[seal.KeyOf(head+".x")] += n
			return err
		}, "SELECT substr("+c.Column+", 1, 11), count(*) FROM "+c.Table+" WHERE "+c.Column+" <> '' GROUP BY substr("+c.Column+", 1, 11)")
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
