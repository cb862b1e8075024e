package operate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/jobs"
)

// Copied is what a copy did.
type Copied struct {
	From   string        `json:"from"`
	To     string        `json:"to"`
	Tables []CopiedTable `json:"tables"`
	Rows   int64         `json:"rows"`
	Audit  audit.Report  `json:"audit"`
}

// CopiedTable is one table's rows, counted on both sides and compared.
type CopiedTable struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// Copy carries a whole partnership from one database to another, empty one, on either engine. Everything is
// read as it is at one moment; every table is read back and compared, row by row; and the audit log is proved
// whole on the copy, against the keys and checkpoints in dir. Until all of that is done the target is marked
// and no Lantern will use it. A target so marked is emptied and begun again.
//
// Whoever goes on writing to the source meanwhile writes what the copy does not have: stop Lantern first.
func Copy(ctx context.Context, from, to *database.DB, dir string, c clock.Clock, say func(string)) (Copied, error) {
	out := Copied{From: from.URL, To: to.URL, Tables: []CopiedTable{}}
	log := audit.NewLog(c, clock.NewIDs(c, nil))
	verifiers, err := audit.OpenVerifiers(dir)
	if err != nil {
		return out, err
	}
	if err := sourceFit(ctx, from); err != nil {
		return out, err
	}
	if err := prepareTarget(ctx, from, to, say); err != nil {
		return out, err
	}
	if err := sequence(ctx, log, from); err != nil {
		return out, err
	}
	again, err := jobs.Unfinished(ctx, from, dir)
	if err != nil {
		return out, err
	}
	if err := out.carry(ctx, from, to, say); err != nil {
		return out, err
	}
	say("Proving the audit log of the copy")
	if out.Audit, err = audit.Verify(ctx, to, verifiers, dir, nil, c); err != nil {
		return out, err
	}
	if !out.Audit.Whole() {
		return out, fault.New(fault.Invalid, "The audit log of the copy is not whole, so the copy is not to be used: %s. See whether lantern audit verify says the same of the source.", strings.Join(out.Audit.Problems, "; "))
	}
	err = to.Write(ctx, func(tx *database.Tx) error {
		if err := handAgain(ctx, tx, again); err != nil {
			return err
		}
		if err := log.Record(ctx, tx, CommandLine(""), audit.Line{Act: audit.Upkeep, SubjectKind: "database", Words: fmt.Sprintf("copied from %s to %s: %d rows, every table compared", from.Engine, to.Engine, out.Rows)}); err != nil {
			return err
		}
		return tx.Exec(ctx, "DELETE FROM setting WHERE name = $1", unfinished)
	})
	if err != nil {
		return out, err
	}
	return out, sequence(ctx, log, to)
}

func sourceFit(ctx context.Context, from *database.DB) error {
	if err := Current(ctx, from); err != nil {
		return err
	}
	return Whole(ctx, from)
}

func sequence(ctx context.Context, log *audit.Log, db *database.DB) error {
	for {
		n, err := log.Sequence(ctx, db, 500)
		if err != nil || n == 0 {
			return err
		}
	}
}

// prepareTarget makes the target's schema and marks it. What holds rows already is refused, unless it is what
// an earlier copy left.
func prepareTarget(ctx context.Context, from, to *database.DB, say func(string)) error {
	if from.URL == to.URL {
		return fault.New(fault.Invalid, "The database %s cannot be copied to itself.", to.URL)
	}
	have, want, err := to.Versions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return newer(have, want)
	}
	if err := emptyEnough(ctx, to, have); err != nil {
		return err
	}
	if err := to.Migrate(ctx); err != nil {
		return err
	}
	a, err := from.Tables(ctx)
	if err != nil {
		return err
	}
	tables, err := to.Tables(ctx)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(a, tables, func(x, y database.Table) bool { return x.Name == y.Name && slices.Equal(x.Columns, y.Columns) }) {
		return fmt.Errorf("operate: the two databases do not have the same tables")
	}
	marked, err := isMarked(ctx, to)
	if err != nil {
		return err
	}
	if marked {
		say("Emptying what an earlier copy left in the target")
		for _, t := range slices.Backward(tables) {
			if err := to.Write(ctx, func(tx *database.Tx) error {
				if t.Name == "setting" {
					return tx.Exec(ctx, "DELETE FROM setting WHERE name <> $1", unfinished)
				}
				return t.Empty(ctx, tx)
			}); err != nil {
				return err
			}
		}
		return nil
	}
	return to.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ($1, $2, 0)", unfinished, from.URL)
	})
}

func emptyEnough(ctx context.Context, to *database.DB, schema int64) error {
	tables, err := to.Tables(ctx)
	if err != nil || schema == 0 && len(tables) > 0 {
		return fault.Wrap(fault.Invalid, err, "The target %s holds tables that are not Lantern's. Give an empty database. Nothing was changed.", to.URL)
	}
	if marked, err := isMarked(ctx, to); err != nil || marked {
		return err
	}
	for _, t := range tables {
		n, err := t.Count(ctx, to.Reader())
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Invalid, "The target %s is not empty: the table %s holds %s rows. Give an empty database. Nothing was changed.", to.URL, t.Name, figure.Group(int(n)))
		}
	}
	return nil
}

// carry copies every table and compares it.
func (o *Copied) carry(ctx context.Context, from, to *database.DB, say func(string)) error {
	tables, err := from.Tables(ctx)
	if err != nil {
		return err
	}
	sums := map[string]tally{}
	err = from.ReadOnly(ctx, func(q database.Queryer) error {
		for _, t := range tables {
			s := sink{db: to, table: t}
			sum, err := readTable(ctx, q, t, func(row []any) error { return s.add(ctx, row) })
			if err != nil {
				return err
			}
			if err := s.flush(ctx); err != nil {
				return err
			}
			sums[t.Name] = sum
			if sum.rows > 0 {
				say(fmt.Sprintf("%s: %s rows", t.Name, figure.Group(int(sum.rows))))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	say("Comparing every table")
	return to.ReadOnly(ctx, func(q database.Queryer) error {
		for _, t := range tables {
			got, err := readTable(ctx, q, t, func([]any) error { return nil })
			if err != nil {
				return err
			}
			if want := sums[t.Name]; got != want {
				return fault.New(fault.Unavailable, "The copy is not the same: of table %s, %d rows were read and %d are in the copy, or a value differs. The target stays marked as unfinished.", t.Name, want.rows, got.rows)
			}
			o.Tables = append(o.Tables, CopiedTable{t.Name, got.rows})
			o.Rows += got.rows
		}
		return nil
	})
}

// handAgain has work that was under way handed to the job runner anew: its own tables were left behind.
func handAgain(ctx context.Context, tx *database.Tx, outbox []string) error {
	for _, id := range outbox {
		if err := tx.Exec(ctx, "UPDATE outbox SET sent_at = NULL WHERE id = $1", id); err != nil {
			return err
		}
	}
	return nil
}
