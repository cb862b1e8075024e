package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
)

type assessCommand struct {
	Folder    string   `arg:"" help:"Folder with whatever there is: statements, partners' extracts, open data. Searched through and through." type:"path"`
	Out       string   `help:"Folder for report.html, tables.xlsx and picture.json." required:"" placeholder:"DIR" type:"path"`
	Data      string   `help:"Folder for the database (default: the --out folder); open it afterwards with lantern serve --data." placeholder:"DIR" type:"path"`
	Geography []string `help:"GeoJSON files of official boundaries to load first." placeholder:"FILE" type:"path"`
	Area      []string `help:"Codes of the areas the assessment is of." placeholder:"CODE"`
	Agreement string   `help:"Code of the agreement under which lists of people are read." placeholder:"CODE" xor:"basis"`
	OneOff    string   `help:"Reason for a one-off disclosure of lists of people." placeholder:"REASON" xor:"basis"`
	JSON      bool     `help:"Print picture.json." name:"json"`
}

func (c *assessCommand) Run(ctx context.Context) (err error) {
	made, err := app.Made(os.Getenv("SOURCE_DATE_EPOCH"), clock.System{}.Now())
	if err != nil {
		return err
	}
	var now clock.Clock = clock.System{}
	if os.Getenv("SOURCE_DATE_EPOCH") != "" {
		now = clock.At(made)
	}
	data := c.Data
	if data == "" {
		data = c.Out
	}
	a, err := app.Open(ctx, config.Config{Data: data}, app.Options{Clock: now, Version: "lantern " + version})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	began := time.Now()
	p, err := a.Assess(ctx, app.Assessment{Folder: c.Folder, Out: c.Out, Geography: c.Geography, Areas: c.Area, Agreement: c.Agreement, OneOff: c.OneOff, Version: "lantern " + version,
		Progress: func(words string) { fmt.Fprintln(os.Stderr, words+" …") }})
	if err != nil {
		return err
	}
	if c.JSON {
		return p.WriteJSON(os.Stdout)
	}
	for _, f := range p.Findings {
		if !f.Refused {
			fmt.Println("•", f.Sentence)
			fmt.Println("  " + f.Base)
		}
	}
	fmt.Fprintf(os.Stderr, "Written to %s in %.1f s: report.html, tables.xlsx, picture.json. Open it with: lantern serve --data %s\n", c.Out, time.Since(began).Seconds(), data)
	return nil
}
