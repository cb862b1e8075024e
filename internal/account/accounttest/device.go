// Package accounttest has what tests of signing in need: a security key in software.
package accounttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

var b64 = base64.RawURLEncoding

// Device is a security key in software, as far as these tests need one: it keeps a P-256 key for a site and signs with
// it (WebAuthn Level 3, sections 6.1 and 6.5; attestation "none"). A browser with an authenticator of its own is in e2e.
type Device struct {
	T      testing.TB
	Key    *ecdsa.PrivateKey
	ID     []byte
	Handle string // who it is for
	Count  uint32

	Site, Origin string
	Flags        byte // present 1, verified 4
}

// NewDevice makes one for http://localhost:8080, whose owner is there and has shown who they are.
func NewDevice(t testing.TB) *Device {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &Device{T: t, Key: k, ID: id, Site: "localhost", Origin: "http://localhost:8080", Flags: 1 | 4}
}

// Options are what the server asks the browser.
type Options struct {
	PublicKey struct {
		Challenge string
		User      struct{ ID string }
		Allow     []struct{ ID string }                          `json:"allowCredentials"`
		Exclude   []struct{ ID string }                          `json:"excludeCredentials"`
		Selection struct{ UserVerification, ResidentKey string } `json:"authenticatorSelection"`
		Verify    string                                         `json:"userVerification"`
	}
}

// Read is what a question asks, as the server sent it.
func (d *Device) Read(asked []byte) (o Options) {
	d.T.Helper()
	if err := json.Unmarshal(asked, &o); err != nil {
		d.T.Fatal(err)
	}
	return o
}

func (d *Device) client(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.Origin, "crossOrigin": false})
	if err != nil {
		d.T.Fatal(err)
	}
	return b
}

func (d *Device) data(flags byte, more []byte) []byte {
	site := sha256.Sum256([]byte(d.Site))
	return append(binary.BigEndian.AppendUint32(append(site[:], flags), d.Count), more...)
}

func (d *Device) answer(response map[string]any) string {
	b, err := json.Marshal(map[string]any{"id": b64.EncodeToString(d.ID), "rawId": b64.EncodeToString(d.ID), "type": "public-key", "response": response})
	if err != nil {
		d.T.Fatal(err)
	}
	return string(b)
}

// Make answers a question to make a passkey.
func (d *Device) Make(asked []byte) string {
	d.T.Helper()
	o := d.Read(asked)
	handle, err := b64.DecodeString(o.PublicKey.User.ID)
	if err != nil {
		d.T.Fatal(err)
	}
	d.Handle = string(handle)
	point, err := d.Key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.T.Fatal(err)
	}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), point[33:]...)
	more := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(d.ID)))
	data := d.data(d.Flags|0x40, append(append(more, d.ID...), cose...))
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), byte(len(data)))
	return d.answer(map[string]any{"clientDataJSON": b64.EncodeToString(d.client("webauthn.create", o.PublicKey.Challenge)), "attestationObject": b64.EncodeToString(append(object, data...))})
}

// Use answers a question for a passkey.
func (d *Device) Use(asked []byte) string {
	d.T.Helper()
	d.Count++
	client, data := d.client("webauthn.get", d.Read(asked).PublicKey.Challenge), d.data(d.Flags, nil)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, d.Key, sum[:])
	if err != nil {
		d.T.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(sig), "userHandle": b64.EncodeToString([]byte(d.Handle))})
}
