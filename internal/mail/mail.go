// Package mail sends the one kind of mail that Lantern sends: signed checkpoints of the audit log, to people outside who hold them, so that a log
// written anew by whoever runs the machine does not fit what they have.
//
// A mail holds a checkpoint (a number of lines, a hash, a time and a signature), how to check it, and the address of the Lantern it is of. No
// name of anybody, nothing of what the log says, and nobody is mailed who was not named when Lantern was started. The connection is encrypted
// and the server's certificate checked, unless the server is this very machine. Sending is a job: it is tried again until it
// goes, and what does not go is shown on the governance pages and by lantern doctor.
package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/fault"
)

// Message is one mail to one recipient.
type Message struct {
	ID, To, Subject, Text string
	FileName              string
	File                  []byte
	At                    time.Time
}

// Sender sends mails through one server.
type Sender struct {
	set      config.Mail
	password string
	roots    *x509.CertPool
	abroad   bool // for tests: the server counts as one on another machine
}

// NewSender prepares sending; nothing is called. The password is read now, so that a file that is not there is found at the start. Roots are who may
// vouch for the server; nil means those of this machine.
func NewSender(set config.Mail, roots *x509.CertPool) (*Sender, error) {
	s := &Sender{set: set, roots: roots}
	if set.PasswordFile != "" {
		b, err := os.ReadFile(set.PasswordFile)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The file with the mail server's password, %s, cannot be read.", set.PasswordFile)
		}
		s.password = strings.TrimSpace(string(b))
	}
	return s, nil
}

// implicit is the port on which a mail server speaks TLS from the first byte (RFC 8314).
const implicit = 465

// patience is how long one mail may take.
const patience = 30 * time.Second

// Send sends a message. What went wrong is said in words that name the server and never the recipient.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(s.set.From); err != nil {
		return fault.Wrap(fault.Invalid, err, "The address mails come from is not one.")
	}
	if err := msg.To(m.To); err != nil {
		return fault.Wrap(fault.Invalid, err, "The address a mail goes to is not one.")
	}
	_, domain, _ := strings.Cut(s.set.From, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(m.At)
	msg.Subject(m.Subject)
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if len(m.File) > 0 {
		if err := msg.AttachReader(m.FileName, bytes.NewReader(m.File), gomail.WithFileContentType("text/plain")); err != nil {
			return err
		}
	}
	c, err := s.client(domain)
	if err != nil {
		return err
	}
	// A mail that was begun is finished, also when the program is being stopped: half of one may have been taken, and they would get it twice.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := c.DialAndSendWithContext(ctx, msg); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The mail server %s did not take it: %s.", s.set.Server, why(err))
	}
	return nil
}

func (s *Sender) client(helo string) (*gomail.Client, error) {
	host, p, err := net.SplitHostPort(s.set.Server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		return nil, err
	}
	opts := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(patience), gomail.WithHELO(helo), gomail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: s.roots, MinVersion: tls.VersionTLS12})}
	auth := gomail.SMTPAuthAutoDiscover
	switch {
	case port == implicit:
		opts = append(opts, gomail.WithSSL())
	case s.set.Loopback() && !s.abroad: // this very machine: nobody is between, and its certificate is made up as often as not
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
		auth = gomail.SMTPAuthPlainNoEnc
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.set.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.set.User), gomail.WithPassword(s.password))
	}
	return gomail.NewClient(host, opts...)
}

// why says what is wrong with a server in a few words. A server's own answer is not passed on: it may hold an address.
func why(err error) string {
	text := strings.ToLower(err.Error())
	for _, x := range []struct{ in, out string }{
		{"x509", "its certificate is not to be trusted"}, {"certificate", "its certificate is not to be trusted"}, {"starttls", "it does not encrypt"}, {"tls", "it does not encrypt as it should"},
		{"auth", "it does not accept the user and password"}, {"535", "it does not accept the user and password"}, {"550", "it refuses the recipient"}, {"553", "it refuses an address"},
		{"450", "it asks to come back later"}, {"451", "it asks to come back later"}, {"refused", "nothing answers there"}, {"no such host", "there is no such name"}, {"timeout", "it does not answer in time"}, {"deadline", "it does not answer in time"},
	} {
		if strings.Contains(text, x.in) {
			return x.out
		}
	}
	return "see the program's own log"
}
