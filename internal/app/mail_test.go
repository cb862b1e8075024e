package app_test

import (
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/operate"
)

// letter is a mail as it arrived.
type letter struct{ from, to, raw string }

func (l letter) String() string {
	text := strings.ReplaceAll(l.raw, "=\r\n", "") // the lines that quoted-printable breaks
	return l.from + "\n" + l.to + "\n" + text + "\n" + string(l.file())
}

var attached = regexp.MustCompile(`(?s)filename="[^"]*"\r\n.*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)\r\n--`)

// file is what is attached.
func (l letter) file() []byte {
	m := attached.FindStringSubmatch(l.raw)
	if m == nil {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(m[1], "\r\n", ""))
	if err != nil {
		return nil
	}
	return b
}

// posted is a mail server on this machine.
type posted struct {
	addr    string
	letters chan letter
	refuse  atomic.Int64 // how many recipients are refused first
}

// postOffice starts one.
func postOffice(t *testing.T) *posted {
	t.Helper()
	p := &posted{letters: make(chan letter, 100)}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &clerk{p: p}, nil }))
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }() //nolint:errcheck // it ends when the test does
	t.Cleanup(func() { _ = s.Close(); <-done })       //nolint:errcheck // see above
	return p
}

// next waits for the next mail.
func (p *posted) next(t *testing.T) letter {
	t.Helper()
	select {
	case l := <-p.letters:
		return l
	case <-time.After(time.Minute):
		t.Fatal("no mail came in a minute")
		return letter{}
	}
}

type clerk struct {
	p  *posted
	in letter
}

func (c *clerk) Mail(from string, _ *smtp.MailOptions) error { c.in.from = from; return nil }
func (c *clerk) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.p.refuse.Add(-1) >= 0 {
		return &smtp.SMTPError{Code: 450, Message: "come back later, " + to}
	}
	c.in.to = to
	return nil
}

func (c *clerk) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	c.in.raw = string(b)
	c.p.letters <- c.in
	return err
}
func (c *clerk) Reset()        {}
func (c *clerk) Logout() error { return nil }

// A checkpoint goes out by mail by itself, is tried again when the server would not have it, is shown on the governance pages and by doctor either
// way, and what arrived proves the log: the whole one, and not one that was changed.
func TestACheckpointGoesOutByMail(t *testing.T) {
	office := postOffice(t)
	office.refuse.Store(1)
	l := apptest.With(t, config.Config{Mail: config.Mail{Server: office.addr, From: "log@lantern.example.org", To: []string{"holder@police.example"}}})
	ctx := t.Context()
	officer := l.SignIn(access.InfoOfficer, "council") // a line in the log
	officer.Get("/governance/checkpoints").Want(http.StatusOK).Has("nothing yet: the first goes").Has("holder@police.example")
	if err := l.Start(ctx); err != nil {
		t.Fatal(err)
	}
	got := office.next(t)
	if got.from != "log@lantern.example.org" || got.to != "holder@police.example" {
		t.Errorf("from %s to %s", got.from, got.to)
	}
	tries, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'system' AND subject_kind = 'checkpoint'")
	if err != nil || tries != 1 {
		t.Errorf("%d lines in the log say that it was sent (%v), want 1 however often it was tried", tries, err)
	}
	if err := l.App.Close(); err != nil { // what was written of the mail is there now, and the log is signed to its end
		t.Fatal(err)
	}
	// A new start reads the same folder and database.
	cfg := l.Config
	db, err := operate.Open(ctx, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // read only
	v, err := audit.OpenVerifiers(cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := audit.Verify(ctx, db, v, cfg.Data, [][]byte{got.file()}, clock.System{}); err != nil || !r.Whole() {
		t.Errorf("with the checkpoint that arrived the log is not whole: %v (%v)", r.Problems, err)
	}
	d := operate.Examine(ctx, cfg, "test", l.Now)
	said := ""
	for _, c := range d.Checks {
		if c.Name == "checkpoint mail" {
			said = string(c.State) + ": " + c.Says
		}
	}
	if !strings.HasPrefix(said, "good: Checkpoints of the log go out by mail") || !strings.Contains(strings.Join(d.Outside, " "), office.addr) {
		t.Errorf("doctor says %q, outside %q", said, d.Outside)
	}
	if err := db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "UPDATE checkpoint_mail SET sent_at = NULL, problem = 'The mail server is gone.'")
	}); err != nil {
		t.Fatal(err)
	}
	l.Now.Advance(13 * time.Hour)
	for _, c := range operate.Examine(ctx, cfg, "test", l.Now).Checks {
		if c.Name == "checkpoint mail" && (c.State != operate.Wrong || !strings.Contains(c.Says, "The mail server is gone.") || strings.Contains(c.Says, "@")) {
			t.Errorf("what does not go for half a day: doctor says %s: %s", c.State, c.Says)
		}
	}
	// Somebody writes a line anew: the checkpoint outside does not fit.
	if err := db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "UPDATE audit_entry SET words = 'nothing to see' WHERE id = (SELECT min(id) FROM audit_entry)")
	}); err != nil {
		t.Fatal(err)
	}
	if r, err := audit.Verify(ctx, db, v, cfg.Data, [][]byte{got.file()}, clock.System{}); err != nil || r.Whole() {
		t.Errorf("a line was changed, and the log is whole with the checkpoint from outside (%v)", err)
	}
}

// What does not go is said on the governance page, to those who answer for the log.
func TestAMailThatDoesNotGoIsSaid(t *testing.T) {
	dir := t.TempDir()
	l := apptest.With(t, config.Config{Outside: []string{dir, dir + "/gone"}, Mail: config.Mail{Server: "127.0.0.1:1", From: "log@lantern.example.org", To: []string{"holder@police.example"}}})
	if err := l.DB.Write(t.Context(), func(tx *database.Tx) error {
		return tx.Exec(t.Context(), "INSERT INTO checkpoint_mail (id, checkpoint, recipient, text, asked_at, tries, tried_at, problem) VALUES ($1,'000000000012.txt','holder@police.example','x',$2,3,$3,'Nothing answers there.')", l.IDs.New(), clock.Micros(l.Now.Now()), clock.Micros(l.Now.Now()))
	}); err != nil {
		t.Fatal(err)
	}
	officer := l.SignIn(access.InfoOfficer, "council")
	officer.Get("/governance").Want(http.StatusOK).Has("2 of 3 places outside are not getting checkpoints of the log.")
	officer.Get("/governance/checkpoints").Want(http.StatusOK).Has("Waits since 22 November 2026, 09:30, tried 3 times. Nothing answers there.").Has("The folder is not there.")
	for _, role := range []access.Role{access.Practitioner, access.Analyst, access.Subject} {
		l.SignIn(role, "council").Get("/governance/checkpoints").Want(http.StatusNotFound)
	}
	none := apptest.New(t)
	none.SignIn(access.Administrator, "council").Get("/governance/checkpoints").Want(http.StatusOK).Has("Nobody outside holds a checkpoint of the log")
}

func TestMailThatIsSetUp(t *testing.T) {
	good := func() config.Config {
		return config.Config{Data: t.TempDir(), Mail: config.Mail{Server: "mail.example.org:587", From: "log@lantern.example.org", To: []string{"holder@police.example"}}}
	}
	c := good()
	if err := c.Check(); err != nil || c.Mail.Every != 24*time.Hour || c.Mail.Loopback() {
		t.Errorf("%v; every %s, loopback %v", err, c.Mail.Every, c.Mail.Loopback())
	}
	for name, change := range map[string]func(m *config.Mail){
		"nobody to send to":        func(m *config.Mail) { m.To = nil },
		"no server":                func(m *config.Mail) { m.Server = "" },
		"a server without a port":  func(m *config.Mail) { m.Server = "mail.example.org" },
		"a port there is not":      func(m *config.Mail) { m.Server = "mail.example.org:70000" },
		"no sender":                func(m *config.Mail) { m.From = "" },
		"a sender with a name":     func(m *config.Mail) { m.From = "Lantern <log@lantern.example.org>" },
		"a recipient that is none": func(m *config.Mail) { m.To = []string{"holder"} },
		"another header":           func(m *config.Mail) { m.To = []string{"a@b.example\r\nBcc: c@d.example"} },
		"a user and no password":   func(m *config.Mail) { m.User = "lantern" },
		"a file that is not there": func(m *config.Mail) { m.User, m.PasswordFile = "lantern", "/no/such/file" },
		"too often":                func(m *config.Mail) { m.Every = time.Second },
	} {
		c := good()
		change(&c.Mail)
		if err := c.Check(); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}
