package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

var b64 = base64.RawURLEncoding

// device is a security key in software, as far as these tests need one: it keeps a P-256 key for a site and signs with
// it (WebAuthn Level 3, sections 6.1 and 6.5; attestation "none"). A browser with an authenticator of its own is in e2e.
type device struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	handle string // who it is for
	count  uint32

	site, origin string
	flags        byte // present 1, verified 4
}

func newDevice(t *testing.T) *device {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &device{t: t, key: k, id: id, site: "localhost", origin: "http://localhost:8080", flags: 1 | 4}
}

// options are what the server asks the browser.
type options struct {
	PublicKey struct {
		Challenge string
		User      struct{ ID string }
		Allow     []struct{ ID string }                          `json:"allowCredentials"`
		Exclude   []struct{ ID string }                          `json:"excludeCredentials"`
		Selection struct{ UserVerification, ResidentKey string } `json:"authenticatorSelection"`
		Verify    string                                         `json:"userVerification"`
	}
}

func (d *device) read(c account.Ceremony) (o options) {
	d.t.Helper()
	if err := json.Unmarshal(c.Options, &o); err != nil {
		d.t.Fatal(err)
	}
	return o
}

func (d *device) client(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

func (d *device) data(flags byte, more []byte) []byte {
	site := sha256.Sum256([]byte(d.site))
	return append(binary.BigEndian.AppendUint32(append(site[:], flags), d.count), more...)
}

func (d *device) answer(response map[string]any) string {
	b, err := json.Marshal(map[string]any{"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "response": response})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// make answers a question to make a passkey.
func (d *device) make(c account.Ceremony) string {
	d.t.Helper()
	o := d.read(c)
	handle, err := b64.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	d.handle = string(handle)
	point, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.t.Fatal(err)
	}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), point[33:]...)
	more := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(d.id)))
	data := d.data(d.flags|0x40, append(append(more, d.id...), cose...))
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), byte(len(data)))
	return d.answer(map[string]any{"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64.EncodeToString(append(object, data...))})
}

// use answers a question for a passkey.
func (d *device) use(c account.Ceremony) string {
	d.t.Helper()
	d.count++
	client, data := d.client("webauthn.get", d.read(c).PublicKey.Challenge), d.data(d.flags, nil)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(sig), "userHandle": b64.EncodeToString([]byte(d.handle))})
}

func TestAPasskey(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		eve := b.add(account.New{Email: "eve@police.example", Name: "Eve", Agency: "police", Role: access.Analyst, Password: good})
		beginning := func(a account.Account) account.Ceremony {
			c, err := b.BeginPasskey(ctx, db.Reader(), a)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		add := func(a account.Account, c account.Ceremony, answer string) error {
			return db.Write(ctx, func(tx *database.Tx) error { return b.AddPasskey(ctx, tx, a, c.Kept, answer, "blue key") })
		}
		ask := func(a *account.Account) account.Ceremony {
			c, err := b.AskPasskey(ctx, db.Reader(), a)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		refused := func(name string, err error) {
			t.Helper()
			if !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%s: %v, want that it is not accepted", name, err)
			}
		}
		d := newDevice(t)
		c := beginning(b.ada)
		if o := d.read(c); o.PublicKey.Selection.UserVerification != "required" || o.PublicKey.Selection.ResidentKey != "required" {
			t.Errorf("the browser is asked for %+v, want a passkey that checks its owner", o.PublicKey.Selection)
		}
		for name, change := range map[string]func(d *device){
			"another site's":      func(d *device) { d.site = "elsewhere.example" },
			"from another origin": func(d *device) { d.origin = "http://localhost:9999" },
			"owner not checked":   func(d *device) { d.flags = 1 },
			"nobody there":        func(d *device) { d.flags = 4 },
		} {
			other := newDevice(t)
			change(other)
			refused("made, "+name, add(b.ada, c, other.make(c)))
		}
		refused("made for another question", add(b.ada, beginning(b.ada), d.make(c)))
		refused("made by somebody else", add(eve, c, d.make(c)))
		refused("nothing", add(b.ada, c, ""))
		refused("nothing asked", add(b.ada, account.Ceremony{}, d.make(c)))
		if _, err := b.AskPasskey(ctx, db.Reader(), &b.ada); !fault.Is(err, fault.Refused) {
			t.Errorf("asked without one: %v", err)
		}
		if err := add(b.ada, c, d.make(c)); err != nil {
			t.Fatal(err)
		}
		if err := add(b.ada, c, d.make(c)); err == nil {
			t.Error("the same passkey was added twice")
		}
		if o := d.read(beginning(b.ada)); len(o.PublicKey.Exclude) != 1 {
			t.Errorf("the browser is not told of the one there is: %+v", o.PublicKey.Exclude)
		}
		kept, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT secret FROM account_factor WHERE account = $1", b.ada.ID)
		if err != nil || seal.KeyOf(kept) == "" {
			t.Errorf("kept as %q (%v), want sealed", kept, err)
		}

		// Any one of this site: the whole sign-in.
		use := func(c account.Ceremony, answer string, a *account.Account) (account.Account, error) {
			return b.UsePasskey(ctx, c.Kept, answer, a)
		}
		c = ask(nil)
		if o := d.read(c); len(o.PublicKey.Allow) != 0 || o.PublicKey.Verify != "required" {
			t.Errorf("asked with %+v, want any passkey that checks its owner", o.PublicKey)
		}
		answer := d.use(c)
		if got, err := use(c, answer, nil); err != nil || got.ID != b.ada.ID {
			t.Fatalf("signed in as %q (%v), want Ada", got.Email, err)
		}
		_, err = use(ask(nil), answer, nil)
		refused("an answer to another question", err)
		for name, change := range map[string]func(d *device){
			"for another site":    func(d *device) { d.site = "elsewhere.example" },
			"from another origin": func(d *device) { d.origin = "https://localhost.elsewhere.example" },
			"owner not checked":   func(d *device) { d.flags = 1 },
			"for somebody else":   func(d *device) { d.handle = eve.ID },
			"for nobody":          func(d *device) { d.handle = "" },
			"unknown":             func(d *device) { d.id = append([]byte{1}, d.id[1:]...) },
			"signed by another":   func(d *device) { d.key = newDevice(t).key },
		} {
			other := *d
			change(&other)
			c := ask(nil)
			_, err := use(c, other.use(c), nil)
			refused(name, err)
		}
		d.count += 2
		_, err = use(account.Ceremony{}, answer, nil)
		refused("nothing asked", err)
		_, err = use(ask(nil), "{}", nil)
		refused("nothing answered", err)

		// As the second step of the account whose password was right, and nobody else's.
		c = ask(&b.ada)
		if o := d.read(c); len(o.PublicKey.Allow) != 1 {
			t.Errorf("asked for %+v, want the account's own", o.PublicKey.Allow)
		}
		if _, err := use(c, d.use(c), &b.ada); err != nil {
			t.Errorf("as the second step: %v", err)
		}
		de := newDevice(t)
		ce := beginning(eve)
		if err := add(eve, ce, de.make(ce)); err != nil {
			t.Fatal(err)
		}
		c = ask(&b.ada)
		_, err = use(c, de.use(c), &b.ada)
		refused("another's passkey as the second step", err)

		// Guesses at the password do not keep it out.
		for range account.MaxFailures + 1 {
			b.try("ada@police.example", "a wrong password", account.From{Address: "203.0.113.9"})
		}
		c = ask(nil)
		if _, err := use(c, d.use(c), nil); err != nil {
			t.Errorf("after strangers' guesses the passkey is kept out: %v", err)
		}
		// A copy shows by its count.
		d.count = 1
		c = ask(nil)
		_, err = use(c, d.use(c), nil)
		refused("a copy", err)
		d.count = 100
		// Closed means closed; removed means removed.
		b.write(func(tx *database.Tx) error { return b.Disable(ctx, tx, b.ada.ID) })
		c = ask(nil)
		_, err = use(c, d.use(c), nil)
		refused("a closed account", err)
		b.write(func(tx *database.Tx) error { return b.Open(ctx, tx, b.ada.ID) })
		had, err := b.Factors(ctx, db.Reader(), b.ada.ID)
		if err != nil || len(had) != 1 || had[0].Name != "blue key" || had[0].Kind != account.Passkey {
			t.Fatalf("second steps %+v (%v)", had, err)
		}
		b.write(func(tx *database.Tx) error { _, err := b.RemoveFactor(ctx, tx, b.ada, had[0].ID, false); return err })
		c = ask(nil)
		_, err = use(c, d.use(c), nil)
		refused("a passkey that was removed", err)
	})
}

// Where people come by a number there are no passkeys, and it says so.
func TestNoPasskeysForANumber(t *testing.T) {
	b := begin(t, databasetest.SQLite(t))
	b.With(account.Settings{})
	if b.Passkeys() {
		t.Error("it has passkeys")
	}
	if _, err := b.BeginPasskey(ctx, b.db.Reader(), b.ada); !fault.Is(err, fault.Refused) {
		t.Errorf("making one: %v", err)
	}
	if _, err := b.AskPasskey(ctx, b.db.Reader(), nil); !fault.Is(err, fault.Refused) {
		t.Errorf("asking for one: %v", err)
	}
	if _, err := b.UsePasskey(ctx, "", "", nil); !fault.Is(err, fault.Refused) {
		t.Errorf("using one: %v", err)
	}
	err := b.db.Write(ctx, func(tx *database.Tx) error { _, err := b.BeginApp(ctx, tx, b.ada); return err })
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("an app without keys to seal with: %v", err)
	}
}
