package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/work"
)

// demoRetention leaves last year's actions where their day has come: one is removed, with its certificate, one stays for a reason, one waits.
func (a *App) demoRetention(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	var officer, manager account.Account
	for _, x := range w.Accounts {
		switch {
		case x.Role == access.InfoOfficer && officer.ID == "":
			officer = accounts[x.Email]
		case x.Role == access.Manager && manager.ID == "":
			manager = accounts[x.Email]
		}
	}
	if officer.ID == "" || manager.ID == "" {
		return nil
	}
	day := func(n int) string { return clock.Today(a.Clock).AddDate(0, 0, n).Format(clock.ISODate) }
	scope, err := a.Accounts.Scope(ctx, officer, access.Governance)
	if err != nil {
		return err
	}
	runs, err := a.Accounts.Scope(ctx, manager, access.CommunitySafety)
	if err != nil {
		return err
	}
	// Actions are looked at a year after their day. Of last year's, the hall's goes at once.
	for _, x := range []struct{ title, why, due string }{
		{"Book the hall for last autumn’s interviews", "Fourteen interviews over two days.", day(-430)},
		{"Thank those who were interviewed", "Each by a note, nobody by name in this system.", day(-380)},
		{"Ask the board for a second round of interviews", "The first round heard no parents.", day(-352)},
	} {
		err := a.DB.Write(ctx, func(tx *database.Tx) error {
			y, err := a.Work.Add(ctx, tx, runs, work.New{Title: x.title, Why: x.why, Assignee: manager.ID, DueOn: x.due})
			if err == nil {
				_, err = a.Work.Complete(ctx, tx, runs, y.ID, y.Ver, "Done in time.")
			}
			return err
		})
		if err != nil {
			return err
		}
		if x.due == day(-430) {
			if _, err := a.Retention.LetGo(ctx, scope, "action", work.RetentionClass, "", "The interviews are over and the hall is paid."); err != nil {
				return err
			}
		}
	}
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		items, err := a.Retention.Items(ctx, tx, scope, "action", work.RetentionClass, 1)
		if err != nil || len(items) == 0 {
			return err
		}
		_, err = a.Retention.Stay(ctx, tx, scope, "action", work.RetentionClass, "", items[0].ID, "The board asked to see it again at its spring meeting.", day(120))
		return err
	})
}
