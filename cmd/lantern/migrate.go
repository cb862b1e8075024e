package main

import (
	"context"
	"errors"
	"fmt"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/operate"
)

type migrateCommand struct {
	place
	DryRun bool `help:"Say which steps are to come, and take none."`
}

func (p place) config() config.Config {
	return config.Config{Data: p.Data, DB: p.DB, PasswordFile: p.PasswordFile}
}

// with opens the database as it is, for f alone.
func (p place) with(ctx context.Context, f func(cfg config.Config, db *database.DB) error) error {
	cfg := p.config()
	db, err := operate.Open(ctx, &cfg)
	if err != nil {
		return err
	}
	return errors.Join(f(cfg, db), db.Close())
}

func (c *migrateCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(cfg config.Config, db *database.DB) error {
		have, steps, err := operate.Pending(ctx, db)
		if err != nil {
			return err
		}
		if len(steps) == 0 {
			fmt.Printf("The schema of %s is %d, this build's own. Nothing is to be done.\n", db.URL, have)
			return nil
		}
		for _, s := range steps {
			fmt.Println(s.Name)
		}
		if c.DryRun {
			fmt.Printf("These %d steps are to come after schema %d. Nothing was changed.\n", len(steps), have)
			return nil
		}
		kept, err := operate.Migrate(ctx, db, cfg.Data, clock.System{})
		if kept != "" {
			fmt.Printf("The database as it was is kept in %s. Delete it once the new version works: it is a readable copy of everything.\n", kept)
		}
		if err != nil {
			return err
		}
		fmt.Printf("The schema is now %d.\n", steps[len(steps)-1].Version)
		return nil
	})
}
