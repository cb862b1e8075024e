package main

import (
	"context"

	"lantern.example/lantern/internal/fault"
)

type demoCommand struct {
	Addr   string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Data   string `help:"Folder to build the demonstration in; an empty or new one." default:"lantern-demo" placeholder:"DIR"`
	People int    `help:"How many invented people." default:"2000"`
	Seed   uint64 `help:"Same seed, same partnership." default:"1"`
	JSON   bool   `help:"Print one line of JSON when ready." name:"json"`
}

func (c *demoCommand) Run(ctx context.Context) error {
	return fault.New(fault.Unavailable, "The demonstration is not part of this build.")
}
