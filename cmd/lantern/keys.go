package main

import (
	"context"
	"fmt"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/seal"
)

type keysCommand struct {
	Rotate keysRotate `cmd:"" help:"Make a new key for the sealed fields (second steps, safe addresses, sources) and seal them all anew under it. Lantern may go on working. Earlier keys stay, for backups."`
}

type keysRotate struct{ place }

func (c *keysRotate) Run(ctx context.Context) error {
	return c.whole(ctx, func(a *app.App) error {
		keys, err := seal.Rotate(c.Data)
		if err != nil {
			return err
		}
		n, err := operate.Reseal(ctx, a.DB, keys, a.Audit)
		if err != nil {
			return err
		}
		fmt.Printf("The key %s is in use; %d sealed values are under it now. Take a backup: it holds the new key.\n", keys.Newest(), n)
		return nil
	})
}
