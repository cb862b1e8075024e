package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/mail"
)

// letter is a mail that arrived.
type letter struct {
	from, to, user string
	secure         bool
	raw            []byte
}

// office is a mail server on this machine that keeps what arrives.
type office struct {
	addr    string
	mu      sync.Mutex
	letters []letter
	refuses map[string]bool // recipients
	closed  bool            // refuses everybody
}

func (o *office) got() []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]letter{}, o.letters...)
}

func (o *office) set(f func()) { o.mu.Lock(); defer o.mu.Unlock(); f() }

type counter struct {
	o    *office
	conn *smtp.Conn
	in   letter
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "lantern" || password != "secret words" {
			return smtp.ErrAuthFailed
		}
		c.in.user = user
		return nil
	}), nil
}

func (c *counter) Mail(from string, _ *smtp.MailOptions) error {
	_, c.in.secure = c.conn.TLSConnectionState()
	c.in.from = from
	return nil
}

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	if c.o.closed || c.o.refuses[to] {
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox: " + to}
	}
	c.in.to = to
	return nil
}

func (c *counter) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	c.in.raw = b
	c.o.set(func() { c.o.letters = append(c.o.letters, c.in) })
	return err
}
func (c *counter) Reset()        {}
func (c *counter) Logout() error { return nil }

// post starts a mail server; with a certificate it offers STARTTLS, or speaks TLS at once.
func post(t *testing.T, certificate *tls.Certificate) *office {
	t.Helper()
	o := &office{refuses: map[string]bool{}}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &counter{o: o, conn: c}, nil }))
	s.Domain, s.AllowInsecureAuth = "mail.example.org", true
	if certificate != nil {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12}
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.addr = l.Addr().String()
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }() //nolint:errcheck // it ends when the test does
	t.Cleanup(func() { _ = s.Close(); <-done })       //nolint:errcheck // see above
	return o
}

// certificate makes one for 127.0.0.1, and the pool that trusts it.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func message() mail.Message {
	return mail.Message{ID: "019aaaaa-0000-7000-8000-000000000001", To: "holder@police.example", Subject: "Checkpoint 12", Text: "Please keep it.\n", FileName: "lantern-12.txt", File: []byte("go.sum database tree\n12\nHASH=\n— é\n"), At: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)}
}

func sender(t *testing.T, set config.Mail, roots *x509.CertPool) *mail.Sender {
	t.Helper()
	s, err := mail.NewSender(set, roots)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What arrives is what was sent, byte for byte, and says nothing of the program or the machine that sent it.
func TestAMailArrives(t *testing.T) {
	o := post(t, nil)
	if err := sender(t, config.Mail{Server: o.addr, From: "log@lantern.example.org"}, nil).Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	got := o.got()
	if len(got) != 1 || got[0].from != "log@lantern.example.org" || got[0].to != "holder@police.example" {
		t.Fatalf("arrived: %+v", got)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(got[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]string{"Subject": "Checkpoint 12", "From": "<log@lantern.example.org>", "To": "<holder@police.example>", "Date": "Sun, 22 Nov 2026 09:30:00 +0000", "Message-Id": "<019aaaaa-0000-7000-8000-000000000001@lantern.example.org>"} {
		if m.Header.Get(k) != want {
			t.Errorf("%s is %q, want %q", k, m.Header.Get(k), want)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"go-mail", "User-Agent", "X-Mailer", host} {
		if len(never) > 3 && strings.Contains(string(got[0].raw), never) {
			t.Errorf("the mail says %q", never)
		}
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	if p, err := parts.NextPart(); err != nil {
		t.Fatal(err)
	} else if b, err := io.ReadAll(p); err != nil || strings.TrimSpace(string(b)) != "Please keep it." {
		t.Errorf("the text is %q (%v)", b, err)
	}
	p, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
	if err != nil || !bytes.Equal(b, message().File) || p.FileName() != "lantern-12.txt" {
		t.Errorf("the file %q holds %q (%v)", p.FileName(), b, err)
	}
}

// To any machine but this one the way is encrypted and the server proves who it is, or nothing is sent: not the mail, and not the password. The test's
// server is on this machine under a name that is not known for it.
func TestTheWayIsEncrypted(t *testing.T) {
	cert, pool := certificate(t)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("secret words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		offers *tls.Certificate
		roots  *x509.CertPool
		want   string // "" when it arrives
	}{
		"a server that does not encrypt":  {nil, pool, "does not encrypt"},
		"one that nobody vouches for":     {cert, nil, "not to be trusted"},
		"one that proves who it is":       {cert, pool, ""},
		"one with another's certificate ": {func() *tls.Certificate { x, _ := certificate(t); return x }(), pool, "not to be trusted"},
	} {
		t.Run(name, func(t *testing.T) {
			o := post(t, c.offers)
			s := sender(t, config.Mail{Server: o.addr, From: "log@lantern.example.org", User: "lantern", PasswordFile: secret}, c.roots)
			mail.Abroad(s)
			err := s.Send(t.Context(), message())
			words, _ := fault.Words(err)
			got := o.got()
			switch {
			case c.want == "" && (err != nil || len(got) != 1 || !got[0].secure || got[0].user != "lantern"):
				t.Errorf("%v (%v); arrived: %+v", err, errors.Unwrap(err), got)
			case c.want != "" && (!fault.Is(err, fault.Unavailable) || !strings.Contains(words, c.want) || len(got) != 0):
				t.Errorf("%v (%v), want %q; arrived: %d", err, errors.Unwrap(err), c.want, len(got))
			}
			if strings.Contains(words, "secret") || strings.Contains(words, "holder") {
				t.Errorf("the words tell too much: %s", words)
			}
		})
	}
}

func TestWhatAServerRefuses(t *testing.T) {
	o := post(t, nil)
	dir := t.TempDir()
	wrong := filepath.Join(dir, "password")
	if err := os.WriteFile(wrong, []byte("other words"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mail.NewSender(config.Mail{PasswordFile: filepath.Join(dir, "none")}, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a password file that is not there: %v", err)
	}
	o.set(func() { o.refuses["holder@police.example"] = true })
	for want, set := range map[string]config.Mail{
		"it refuses the recipient": {Server: o.addr}, "it does not accept the user and password": {Server: o.addr, User: "lantern", PasswordFile: wrong}, "nothing answers there": {Server: "127.0.0.1:1"},
	} {
		set.From = "log@lantern.example.org"
		err := sender(t, set, nil).Send(t.Context(), message())
		if words, _ := fault.Words(err); !fault.Is(err, fault.Unavailable) || !strings.Contains(words, want) || strings.Contains(words, "holder") {
			t.Errorf("%v (%v), want %q", err, errors.Unwrap(err), want)
		}
	}
	for name, change := range map[string]func(m *mail.Message, set *config.Mail){
		"a recipient that is none": func(m *mail.Message, _ *config.Mail) { m.To = "nobody" },
		"one with another header":  func(m *mail.Message, _ *config.Mail) { m.To = "a@b.example\r\nBcc: c@d.example" },
		"a sender that is none":    func(_ *mail.Message, set *config.Mail) { set.From = "nobody" },
	} {
		m, set := message(), config.Mail{Server: o.addr, From: "log@lantern.example.org"}
		change(&m, &set)
		if err := sender(t, set, nil).Send(t.Context(), m); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(o.got()); n != 0 {
		t.Errorf("%d mails arrived", n)
	}
}

// A checkpoint goes to each recipient once, is tried again until it goes, keeps nobody from theirs, and is left for a newer one; what does not go is
// said.
func TestCheckpointsAreSentAndTriedAgain(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		o := post(t, nil)
		now := clock.At(time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC))
		to := []string{"one@police.example", "two@council.example"}
		c := mail.NewCheckpoints(db, now, clock.NewIDs(now, nil), to, 24*time.Hour, "https://lantern.example.org")
		s := sender(t, config.Mail{Server: o.addr, From: "log@lantern.example.org"}, nil)
		ask := func(name string) (asked bool) {
			t.Helper()
			if err := db.Write(ctx, func(tx *database.Tx) (err error) { asked, err = c.Ask(ctx, tx, name, "signed "+name); return err }); err != nil {
				t.Fatal(err)
			}
			return asked
		}
		states := func() (one, two mail.State) {
			t.Helper()
			list, err := mail.States(ctx, db.Reader())
			if err != nil || len(list) != 2 || list[0].Recipient != to[0] || list[1].Recipient != to[1] {
				t.Fatalf("%+v (%v)", list, err)
			}
			return list[0], list[1]
		}
		if !ask("000000000012.txt") || ask("000000000012.txt") || ask("000000000013.txt") {
			t.Error("asked for more often than once a day, or not at all")
		}
		o.set(func() { o.refuses[to[1]] = true })
		if err := c.Send(ctx, s); !fault.Is(err, fault.Unavailable) {
			t.Errorf("one of two is refused: %v", err)
		}
		one, two := states()
		if one.Failing() || one.Newest != "000000000012.txt" || one.Sent != clock.Micros(now.Now()) || !two.Failing() || two.Tries != 1 || two.Sent != 0 || !strings.Contains(two.Problem, "refuses the recipient") || strings.Contains(two.Problem, "@") {
			t.Errorf("after one try: %+v, %+v", one, two)
		}
		if err := c.Send(ctx, s); err == nil {
			t.Error("tried again and refused again: no error")
		}
		if _, two := states(); two.Tries != 2 || len(o.got()) != 1 {
			t.Errorf("after two tries: %+v; %d arrived, want who can be reached only once", two, len(o.got()))
		}
		// A day later a newer one takes its place, for both.
		now.Advance(24 * time.Hour)
		if !ask("000000000014.txt") {
			t.Error("a day later none is asked for")
		}
		o.set(func() { o.refuses = map[string]bool{} })
		if err := c.Send(ctx, s); err != nil {
			t.Error(err)
		}
		one, two = states()
		if one.Failing() || two.Failing() || one.Newest != "000000000014.txt" || two.Newest != "000000000014.txt" || two.Waiting != 0 || two.Problem != "" {
			t.Errorf("after the newer one: %+v, %+v", one, two)
		}
		got := o.got()
		if len(got) != 3 {
			t.Fatalf("%d mails arrived, want 3: the older is not sent after the newer", len(got))
		}
		for _, x := range got {
			body := strings.ReplaceAll(string(x.raw), "=\r\n", "") // the lines that quoted-printable breaks
			if !strings.Contains(body, base64.StdEncoding.EncodeToString([]byte("signed 0000000000"))[:20]) || !strings.Contains(body, "https://lantern.example.org") || !strings.Contains(body, "lantern audit verify --checkpoint lantern-0000000000") {
				t.Errorf("the mail is %s", body)
			}
		}
		if err := c.Send(ctx, s); err != nil || len(o.got()) != 3 {
			t.Errorf("nothing waits, and %d have arrived (%v)", len(o.got()), err)
		}
	})
}
