package main

import (
	"context"
	"fmt"
	"os"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/operate"
)

type backupCommand struct {
	place
	File        string   `arg:"" help:"The backup to write; a file that exists is not written over." type:"path"`
	To          []string `help:"Who may open it: a recipient as age-keygen prints it (age1…), or a file of them. Give two, kept in different places." placeholder:"RECIPIENT"`
	NewIdentity string   `help:"Make a key for it first: the secret half goes to FILE, which you then keep away from this machine." placeholder:"FILE" type:"path"`
	WithKeys    bool     `help:"Put the audit log's signing key in. Without it, a restored Lantern signs with a new one and still proves the old checkpoints."`
	JSON        bool     `help:"Print the manifest." name:"json"`
}

func (c *backupCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(cfg config.Config, db *database.DB) error {
		to := c.To
		if c.NewIdentity != "" {
			_, public, err := operate.NewIdentity(c.NewIdentity, clock.System{})
			if err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "The key that opens this backup is in %s. Keep it somewhere else than the backup and this machine: without it nobody can restore.\nIts public half, for later backups: --to %s\n", c.NewIdentity, public)
			to = append(to, public)
		}
		recipients, err := operate.Recipients(to)
		if err != nil {
			return err
		}
		m, err := operate.Backup(ctx, db, operate.BackupOptions{Data: cfg.Data, File: c.File, Recipients: recipients, WithKeys: c.WithKeys, Version: "lantern " + version, Clock: clock.System{}, Say: sayProgress})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(os.Stdout, m)
		}
		size := int64(0)
		if info, err := os.Stat(c.File); err == nil {
			size = info.Size()
		}
		fmt.Printf("Backed up to %s (%s kB), encrypted to %d recipients, with the audit log's %s lines. Try it: lantern restore %s --identity FILE --verify\n", c.File, figure.Group(int(size/1000)), len(recipients), figure.Group(int(m.Audit.Lines)), c.File)
		if c.WithKeys {
			fmt.Println("The audit log's signing key is in it: whoever opens it could write the log anew.")
		} else {
			fmt.Println("The audit log's signing key is not in it.")
		}
		return nil
	})
}

type restoreCommand struct {
	place
	File       string   `arg:"" help:"The backup." type:"existingfile"`
	Identity   []string `help:"File with the key that opens it." required:"" placeholder:"FILE" type:"existingfile"`
	Verify     bool     `help:"Check everything and restore nothing."`
	Checkpoint []string `help:"A checkpoint of the audit log that was held outside, to prove the backup against." placeholder:"FILE" type:"existingfile"`
	JSON       bool     `help:"Print one JSON document." name:"json"`
}

func (c *restoreCommand) Run(ctx context.Context) error {
	ids, err := operate.Identities(c.Identity)
	if err != nil {
		return err
	}
	outside, err := operate.ReadOutside(c.Checkpoint)
	if err != nil {
		return err
	}
	done, err := operate.Restore(ctx, operate.RestoreOptions{File: c.File, Identities: ids, Config: c.config(), VerifyOnly: c.Verify, Outside: outside, Clock: clock.System{}, Say: sayProgress})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, done)
	}
	fmt.Printf("The backup of %s is whole: %d parts as its manifest has them, schema %d, the database sound, %s lines of the audit log proved.\n",
		done.Manifest.MadeAt, len(done.Manifest.Files), done.Manifest.Schema, figure.Group(int(done.Audit.Leaves)))
	if c.Verify {
		fmt.Println("Nothing was restored.")
		return nil
	}
	fmt.Printf("Restored to %s, database %s.\n", done.Data, done.Database)
	if !done.Manifest.Signing {
		fmt.Println("The audit log's signing key was not in it: Lantern makes a new one at its next start and keeps the old public key. Give partners the new keys/audit.pub.")
	}
	return nil
}
