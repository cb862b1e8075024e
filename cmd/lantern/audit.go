package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/operate"
)

type auditCommand struct {
	Verify auditVerify `cmd:"" help:"Prove the audit log whole: no gap, every line as it was written, and the log as it was signed."`
}

type auditVerify struct {
	place
	Checkpoint []string `help:"A checkpoint that was held outside this machine: only such a one shows a log that was written anew." placeholder:"FILE" type:"existingfile"`
	JSON       bool     `help:"Print one JSON document." name:"json"`
}

// auditDocument is what "lantern audit verify --json" prints; docs/schema/audit-verify.schema.json describes it.
type auditDocument struct {
	Lantern string `json:"lantern"`
	MadeAt  string `json:"made_at"`
	Whole   bool   `json:"whole"`
	audit.Report
	Outside int     `json:"outside_checkpoints"`
	Seconds float64 `json:"seconds"`
}

var errNotWhole = errors.New("the audit log is not whole: keep everything as it is, and see docs/runbooks/something-is-wrong.md")

func (c *auditVerify) Run(ctx context.Context) error {
	made, err := app.Made(os.Getenv("SOURCE_DATE_EPOCH"), clock.System{}.Now())
	if err != nil {
		return err
	}
	outside, err := operate.ReadOutside(c.Checkpoint)
	if err != nil {
		return err
	}
	return c.with(ctx, func(cfg config.Config, db *database.DB) error {
		began := time.Now()
		v, err := audit.OpenVerifiers(cfg.Data)
		if err != nil {
			return err
		}
		r, err := audit.Verify(ctx, db, v, cfg.Data, outside, clock.System{})
		if err != nil {
			return err
		}
		if c.JSON {
			err = printJSON(os.Stdout, auditDocument{"lantern " + version, made.UTC().Format(time.RFC3339), r.Whole(), r, len(outside), time.Since(began).Seconds()})
		} else {
			printReport(r, len(outside))
		}
		if err == nil && !r.Whole() {
			err = errNotWhole
		}
		return err
	})
}

func printReport(r audit.Report, outside int) {
	for _, p := range r.Problems {
		fmt.Println("✗", p)
	}
	if !r.Whole() {
		return
	}
	fmt.Printf("The audit log is whole: %s lines, none missing, none changed", figure.Group(int(r.Leaves)))
	switch {
	case r.Checkpoints == 0:
		fmt.Println(". Nothing of it has been signed yet.")
	case r.LastSigned == r.Leaves:
		fmt.Printf(", all of them as signed (%d checkpoints).\n", r.Checkpoints)
	default:
		fmt.Printf(", the first %s of them as signed (%d checkpoints). The %s after them are not signed yet.\n", figure.Group(int(r.LastSigned)), r.Checkpoints, figure.Group(int(r.Leaves-r.LastSigned)))
	}
	if r.Waiting > 0 {
		fmt.Printf("%s lines of the last minute wait for their place.\n", figure.Group(int(r.Waiting)))
	}
	if r.Root != "" {
		fmt.Println("Its root is", r.Root)
	}
	if outside == 0 {
		fmt.Println("No checkpoint from outside was compared (--checkpoint FILE): a log written anew by whoever holds the signing key would not show.")
	}
}
