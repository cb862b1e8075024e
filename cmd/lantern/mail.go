package main

import (
	"time"

	"lantern.example/lantern/internal/config"
)

// mailFlags are how checkpoints are sent by mail, for the commands that serve and that look at what is served.
type mailFlags struct {
	CheckpointMail      []string      `help:"Send a signed checkpoint of the audit log to this address outside, once a day; may be given several times. The mail holds no name and nothing of what the log says. Without, no mail is ever sent." env:"LANTERN_CHECKPOINT_MAIL" placeholder:"ADDRESS" name:"checkpoint-mail"`
	CheckpointMailEvery time.Duration `help:"How often." default:"24h" env:"LANTERN_CHECKPOINT_MAIL_EVERY" name:"checkpoint-mail-every"`
	SMTP                string        `help:"The mail server that takes them. Encrypted (port 465 at once, any other by STARTTLS) and its certificate checked, unless it is this very machine." env:"LANTERN_SMTP" placeholder:"HOST:PORT" name:"smtp"`
	SMTPFrom            string        `help:"The address they come from." env:"LANTERN_SMTP_FROM" placeholder:"ADDRESS" name:"smtp-from"`
	SMTPUser            string        `help:"User at the mail server, where it asks for one." env:"LANTERN_SMTP_USER" placeholder:"NAME" name:"smtp-user"`
	SMTPPassword        string        `help:"File that holds that user's password." env:"LANTERN_SMTP_PASSWORD_FILE" placeholder:"FILE" name:"smtp-password-file"`
}

func (f mailFlags) into(c config.Config) config.Config {
	c.Mail = config.Mail{Server: f.SMTP, User: f.SMTPUser, PasswordFile: f.SMTPPassword, From: f.SMTPFrom, To: f.CheckpointMail, Every: f.CheckpointMailEvery}
	return c
}
