package app

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/mail"
	"lantern.example/lantern/internal/mail/mailweb"
	"lantern.example/lantern/internal/partnership/partnershipweb"
)

const checkpointMail = "checkpoint-mail"

// wireMail sends checkpoints of the log by mail, where a server is named, and mounts the page that says who outside holds them.
func (a *App) wireMail() error {
	pages := &mailweb.Pages{Site: a.Site, To: a.Config.Mail.To, Folders: a.Config.Outside,
		Held: func() []audit.Held { return audit.HeldOutside(a.Config.Outside) },
		Signed: func() (string, error) {
			name, _, err := audit.NewestCheckpoint(a.Config.Data)
			return name, err
		}}
	pages.Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "The log, held outside", Href: "/governance/checkpoints", Need: mailweb.Keepers, Finding: pages.Finding})
	if a.Config.Mail.Server == "" {
		return nil
	}
	sender, err := mail.NewSender(a.Config.Mail, nil)
	if err != nil {
		return err
	}
	a.posted = mail.NewCheckpoints(a.DB, a.Clock, a.IDs, a.Config.Mail.To, a.Config.Mail.Every, a.Config.Reached())
	a.Jobs.Handle(checkpointMail, func(ctx context.Context, _ []byte) error { return a.posted.Send(ctx, sender) })
	return nil
}

// postCheckpoint asks for the newest checkpoint to be sent, when it is time. The sending is a job, and is tried again until it goes.
func (a *App) postCheckpoint(ctx context.Context) error {
	if a.posted == nil {
		return nil
	}
	if due, err := a.posted.Due(ctx, a.DB.Reader()); err != nil || !due {
		return err
	}
	name, text, err := audit.NewestCheckpoint(a.Config.Data)
	if err != nil || name == "" {
		return err
	}
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		asked, err := a.posted.Ask(ctx, tx, name, string(text))
		if err != nil || !asked {
			return err
		}
		if err := a.Jobs.Enqueue(ctx, tx, checkpointMail, map[string]string{"checkpoint": name}); err != nil {
			return err
		}
		return a.Audit.Record(ctx, tx, access.System("checkpoint mail", access.Upkeep), audit.Line{Act: audit.Upkeep, SubjectKind: "checkpoint", Subject: name, Words: "checkpoint sent outside by mail, recipients: " + figure.Group(len(a.Config.Mail.To))})
	})
}
