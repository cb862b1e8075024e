package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/sharing/handout"
)

// demoHandout puts an export in the register: the open actions, for the panel's chair to read here until the week after next. She has read it once.
func (a *App) demoHandout(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	var manager, chair account.Account
	for _, x := range w.Accounts {
		switch {
		case x.Role == access.Manager && manager.ID == "":
			manager = accounts[x.Email]
		case x.Role == access.Chair && chair.ID == "":
			chair = accounts[x.Email]
		}
	}
	if manager.ID == "" || chair.ID == "" {
		return nil
	}
	by, err := a.Accounts.Scope(ctx, manager, access.CommunitySafety)
	if err != nil {
		return err
	}
	reader, err := a.Accounts.Scope(ctx, chair, access.CommunitySafety)
	if err != nil {
		return err
	}
	var h handout.Handout
	err = a.DB.Write(ctx, func(tx *database.Tx) (err error) {
		h, err = a.Handouts.Make(ctx, tx, by, handout.New{Dataset: "actions", Fields: []string{"title", "owner", "due"}, Purpose: access.CommunitySafety, Recipient: chair.ID, Why: "For the panel’s next sitting: what is still to be done, and by whom.",
			ExpiresOn: clock.Today(a.Clock).AddDate(0, 0, 12).Format(clock.ISODate), Files: true})
		return err
	})
	if err != nil {
		return err
	}
	_, _, _, err = a.Handouts.Read(ctx, reader, h.ID, "page")
	return err
}
