package main

import (
	"context"
	"fmt"
	"os"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/operate"
)

type exportCommand struct {
	place
	Agency string `help:"Code of the agency whose things they are." required:"" placeholder:"CODE"`
	Out    string `help:"The ZIP to write; a file that exists is not written over." required:"" placeholder:"FILE" type:"path"`
	JSON   bool   `help:"Print the manifest." name:"json"`
}

func (c *exportCommand) Run(ctx context.Context) error {
	made, err := app.Made(os.Getenv("SOURCE_DATE_EPOCH"), clock.System{}.Now())
	if err != nil {
		return err
	}
	return c.whole(ctx, func(a *app.App) error {
		done, err := operate.Export(ctx, operate.ExportOptions{DB: a.DB, Partnership: a.Partnership, Files: a.Files, Seals: a.Seals, Log: a.Audit, Clock: clock.At(made), Version: "lantern " + version, Agency: c.Agency, Out: c.Out})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(os.Stdout, done)
		}
		fmt.Printf("Everything %s (%s) holds is in %s: %d tables and %d original files. It holds personal data and is not encrypted.\n", done.Name, done.Agency, c.Out, len(done.Files), len(done.Originals))
		return nil
	})
}
