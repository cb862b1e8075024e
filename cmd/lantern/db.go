package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/operate"
)

type dbCommand struct {
	Copy dbCopy `cmd:"" help:"Copy the whole partnership to another, empty database: SQLite to PostgreSQL, or back. Stop Lantern first."`
}

type dbCopy struct {
	place
	To             string `help:"The database to copy to: sqlite:PATH or postgres://USER@HOST/NAME." required:"" placeholder:"URL"`
	ToPasswordFile string `help:"File that holds the password of the database copied to." placeholder:"FILE" env:"LANTERN_DB_TO_PASSWORD_FILE"`
	JSON           bool   `help:"Print one JSON document." name:"json"`
}

func (c *dbCopy) Run(ctx context.Context) error {
	return c.with(ctx, func(cfg config.Config, from *database.DB) error {
		to, err := database.Open(ctx, c.To, database.Options{PasswordFile: c.ToPasswordFile})
		if err != nil {
			return err
		}
		done, err := operate.Copy(ctx, from, to, cfg.Data, clock.System{}, sayProgress)
		if err = errors.Join(err, to.Close()); err != nil {
			return err
		}
		if c.JSON {
			return printJSON(os.Stdout, done)
		}
		fmt.Printf("Copied %s rows in %d tables from %s to %s. Every table was compared, and the audit log of the copy is whole (%s lines).\n",
			figure.Group(int(done.Rows)), len(done.Tables), done.From, done.To, figure.Group(int(done.Audit.Leaves)))
		fmt.Printf("Keys and checkpoints stay in %s: go on with lantern serve --data %s --db %s. Put the old database away: whatever is written to it now is not in the copy.\n", cfg.Data, cfg.Data, done.To)
		return nil
	})
}

// sayProgress tells on standard error what is being done.
func sayProgress(words string) { fmt.Fprintln(os.Stderr, words+" …") }
