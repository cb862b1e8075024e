package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/demo"
)

type demoCommand struct {
	Addr   string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Data   string `help:"Folder to build the demonstration in; an empty or new one, or one built before." default:"lantern-demo" placeholder:"DIR" type:"path"`
	People int    `help:"How many invented people." default:"2000"`
	Seed   uint64 `help:"Same seed, same partnership." default:"1"`
	JSON   bool   `help:"Print one line of JSON when ready, and go on serving." name:"json"`
	Dev    string `help:"Read templates from this checkout on every request; for developers." placeholder:"DIR" hidden:""`
}

func (c *demoCommand) Run(ctx context.Context) error {
	began := time.Now()
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	a, err := app.Open(ctx, config.Config{Addr: c.Addr, Data: c.Data, Demo: true, SourceRoot: c.Dev}, app.Options{Version: "lantern " + version})
	if err != nil {
		return err
	}
	say("Building the invented partnership in %s …", c.Data)
	d, err := a.BuildDemo(ctx, c.People, c.Seed, func(string) {})
	if err != nil {
		return errors.Join(err, a.Close())
	}
	return serve(ctx, a, func(address string) error {
		if c.JSON {
			b, err := json.Marshal(struct {
				URL string `json:"url"`
				*app.Demo
			}{address, d})
			if err != nil {
				return err
			}
			if _, err := fmt.Println(string(b)); err != nil {
				return err
			}
		}
		say("Ready in %.0f s. Nothing leaves this machine. Everyone in it is invented.", max(1, time.Since(began).Seconds()))
		say("Open %s and choose who to be.", address)
		if !c.JSON {
			say("Or sign in with the password %q and one of:", demo.Password)
			for _, x := range d.Accounts {
				say("  %-38s %s, %s", x.Email, x.Name, x.Role)
			}
		}
		say("Press Ctrl-C to stop.")
		return nil
	})
}
