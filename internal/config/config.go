// Package config is how a running Lantern is set up: one typed value, checked before anything starts.
//
// Flags and environment fill it in (cmd/lantern); secrets come from files only.
package config

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/fault"
)

// Config is everything a running Lantern needs to know.
type Config struct {
	Addr string // host:port to listen on
	Data string // folder for lantern.db, jobs.db, keys, checkpoints
	DB   string // sqlite:PATH or postgres://…; "" means sqlite:DATA/lantern.db
	// PasswordFile holds the PostgreSQL password.
	PasswordFile string
	// Origin is the https address people use, when a proxy or TLS stands in front.
	Origin         string
	TrustedProxies []string // CIDR
	CertFile       string
	KeyFile        string
	// Metrics is the loopback host:port on which figures for monitoring are read; "" for none.
	Metrics string
	// Outside are folders into which each signed checkpoint of the audit log is copied: a partner's share, another machine's disk.
	Outside []string
	// Mail sends checkpoints to people outside; without a server nothing is ever sent.
	Mail Mail
	// SourceRoot is the project's folder for template reload; development only.
	SourceRoot string
	Demo       bool
	// Breached is a list of passwords known from breaches, a file or a folder: see account.Breached. "" for none.
	Breached string
	// Provider is the organisation's own sign-in; without an issuer there is none.
	Provider Provider
}

// Mail is how signed checkpoints of the audit log are sent outside by mail.
type Mail struct {
	Server       string // host:port; 465 speaks TLS at once, any other port by STARTTLS
	User         string // "" for a server that asks for none
	PasswordFile string
	From         string
	To           []string
	Every        time.Duration // how often; 0 means a day
}

// Loopback reports whether the mail server is this very machine: only then is the way to it not encrypted.
func (m Mail) Loopback() bool {
	host, _, err := net.SplitHostPort(m.Server)
	return err == nil && loopback(host)
}

func (m *Mail) check() error {
	if m.Server == "" && m.User == "" && m.PasswordFile == "" && m.From == "" && len(m.To) == 0 {
		return nil
	}
	if len(m.To) == 0 {
		return fault.New(fault.Invalid, "Sending checkpoints by mail needs somebody to send them to: --checkpoint-mail ADDRESS.")
	}
	host, port, err := net.SplitHostPort(m.Server)
	if n, aerr := strconv.Atoi(port); err != nil || aerr != nil || host == "" || n < 1 || n > 65535 {
		return fault.New(fault.Invalid, "The mail server %q is not host:port, for example mail.example.org:587: --smtp.", m.Server)
	}
	for _, x := range append([]string{m.From}, m.To...) {
		if a, err := mail.ParseAddress(x); err != nil || a.Address != x || strings.ContainsAny(x, "\r\n") {
			return fault.New(fault.Invalid, "%q is not an e-mail address such as log@lantern.example.org: --smtp-from and --checkpoint-mail.", x)
		}
	}
	switch {
	case (m.User == "") != (m.PasswordFile == ""):
		return fault.New(fault.Invalid, "Signing in at the mail server needs both: --smtp-user and --smtp-password-file.")
	case m.Every == 0:
		m.Every = 24 * time.Hour
	case m.Every < time.Minute:
		return fault.New(fault.Invalid, "Checkpoints are sent at most once a minute: --checkpoint-mail-every 24h.")
	}
	return nil
}

// Provider is an OpenID Connect provider that people may sign in through: the one thing outside that Lantern calls.
type Provider struct {
	Issuer     string // https://login.example.org/tenant, exactly as the provider writes it
	ClientID   string
	SecretFile string // holds the client's secret; "" for a client without one
	Name       string // on the button; "" means "your organisation's sign-in"
	// ACR are the values of acr that say that two steps were shown there.
	ACR []string
	// Inside says that the provider is on a private network.
	Inside bool
}

// Loopback reports whether the provider names this very machine, for trying it out.
func (p Provider) Loopback() bool {
	u, err := url.Parse(p.Issuer)
	return err == nil && u.Hostname() != "" && loopback(u.Hostname())
}

func (p *Provider) check() error {
	if p.Issuer == "" {
		if p.ClientID != "" || p.SecretFile != "" || p.Name != "" || len(p.ACR) > 0 || p.Inside {
			return fault.New(fault.Invalid, "Signing in through a provider needs its issuer: --oidc-issuer https://…")
		}
		return nil
	}
	u, err := url.Parse(p.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !p.Loopback()):
		return fault.New(fault.Invalid, "The issuer %q is not an https address such as https://login.example.org/tenant.", p.Issuer)
	case p.ClientID == "":
		return fault.New(fault.Invalid, "Signing in through a provider needs the name it knows this Lantern by: --oidc-client-id.")
	}
	if p.Name == "" {
		p.Name = "your organisation's sign-in"
	}
	return nil
}

// Check fills in what follows from the rest and says what is wrong.
func (c *Config) Check() error {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:8080"
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fault.New(fault.Invalid, "The address %q is not host:port, for example 127.0.0.1:8080.", c.Addr)
	}
	if c.Data == "" {
		c.Data = "lantern-data"
	}
	if c.DB == "" {
		c.DB = "sqlite:" + filepath.Join(c.Data, "lantern.db")
	}
	if c.Metrics != "" {
		if host, _, err := net.SplitHostPort(c.Metrics); err != nil || !loopback(host) {
			return fault.New(fault.Invalid, "The address %q for metrics is not one of this machine, for example 127.0.0.1:9090.", c.Metrics)
		}
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return fault.New(fault.Invalid, "TLS needs both a certificate and a key: --tls-cert and --tls-key.")
	}
	for _, f := range []string{c.CertFile, c.KeyFile, c.PasswordFile, c.Provider.SecretFile, c.Mail.PasswordFile} {
		if f == "" {
			continue
		}
		if _, err := os.Stat(f); err != nil {
			return fault.Wrap(fault.Invalid, err, "The file %s cannot be read.", f)
		}
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			return fault.New(fault.Invalid, "The trusted proxy %q is not a range of addresses such as 10.0.0.0/8.", p)
		}
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return fault.New(fault.Invalid, "The origin %q is not an https address such as https://lantern.example.org.", c.Origin)
		}
	}
	if err := c.Provider.check(); err != nil {
		return err
	}
	if err := c.Mail.check(); err != nil {
		return err
	}
	if c.Provider.Issuer != "" && c.CertFile != "" && c.Origin == "" {
		return fault.New(fault.Invalid, "Signing in through a provider needs the address that people use: --origin https://…")
	}
	if !c.Secure() && !loopback(host) {
		return fault.New(fault.Invalid, "Plain http is for this machine only, and %s is not. Give --origin https://… behind a proxy, or --tls-cert and --tls-key.", c.Addr)
	}
	return nil
}

// Reached is the address at which people reach this Lantern, for links that are given to them. On this machine alone it is localhost by name:
// browsers make no passkey for a number.
func (c *Config) Reached() string {
	if c.Origin != "" {
		return strings.TrimRight(c.Origin, "/")
	}
	if c.CertFile != "" {
		return "https://" + c.Addr
	}
	if host, port, err := net.SplitHostPort(c.Addr); err == nil && (host == "127.0.0.1" || host == "::1") {
		return "http://" + net.JoinHostPort("localhost", port)
	}
	return "http://" + c.Addr
}

// Secure reports whether people reach this Lantern over https.
func (c *Config) Secure() bool { return c.Origin != "" || c.CertFile != "" }

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
