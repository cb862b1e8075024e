// Package seal encrypts the few worst fields before they reach the database: the secrets of second steps, safe
// addresses, who an intelligence source is. Whoever has the database alone (a dump, a stolen disk of the database
// server, its superuser) cannot read them; whoever also has the folder with the keys can.
//
// A sealed value is text, s1.KEY.REST: AES-256-GCM (crypto/aes, crypto/cipher) with a random nonce, under the key
// whose id is KEY. The place it stands in, table, column and row, is authenticated with it, so that a value moved
// to another row does not open. The keys are in DIR/keys/seal.key, one a line, the newest last; earlier ones stay
// for what they sealed and for backups. Rotate adds a key; operate.Reseal then seals everything under it.
//
// What it does not hide: that there is a value, and how long it is, to the nearest Pad.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lantern.example/lantern/internal/fault"
)

// Place is where a sealed value stands. Opening it anywhere else fails.
type Place struct{ Table, Column, ID string }

// aad is the place as it is authenticated: each part behind its length, so that no two places look alike.
func (p Place) aad() []byte {
	var b []byte
	for _, part := range []string{version, p.Table, p.Column, p.ID} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part))) //nolint:gosec // names and ids
		b = append(b, part...)
	}
	return b
}

const (
	version  = "s1"
	keyBytes = 32
	// Pad is what a value's length is rounded up to before it is sealed, in bytes: that one address is longer than
	// another says something.
	Pad = 64
)

type key struct {
	id     string // eight hexadecimal digits: the beginning of the key's own hash
	secret []byte
	aead   cipher.AEAD
}

// Keys are the keys of one partnership. They are safe for concurrent use.
type Keys struct {
	path string
	mu   sync.RWMutex
	keys []key // the newest last
}

// File is where the keys are, under the data folder.
func File(dir string) string { return filepath.Join(dir, "keys", "seal.key") }

// Open reads DIR/keys/seal.key, and makes it with one key on first use, for its owner's eyes only.
func Open(dir string) (*Keys, error) {
	k := &Keys{path: File(dir)}
	err := k.read()
	if !errors.Is(err, os.ErrNotExist) {
		return k, err
	}
	line, err := newLine()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The folder for keys, %s, cannot be made.", filepath.Dir(k.path))
	}
	// Two programs may begin at once: the first to put its file there wins, and both read that one.
	tmp, err := writeBeside(k.path, line)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(ignoreExists(os.Link(tmp, k.path)), os.Remove(tmp)); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", k.path)
	}
	return k, k.read()
}

func ignoreExists(err error) error {
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

// Rotate adds a new key to DIR/keys/seal.key, under which everything is sealed from now on, and returns the keys.
// Earlier keys stay. A running Lantern learns of the new key when it first meets a value sealed under it.
func Rotate(dir string) (*Keys, error) {
	k, err := Open(dir)
	if err != nil {
		return nil, err
	}
	had, err := os.ReadFile(k.path)
	if err != nil {
		return nil, err
	}
	line, err := newLine()
	if err != nil {
		return nil, err
	}
	tmp, err := writeBeside(k.path, strings.TrimRight(string(had), "\n")+"\n"+line)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(tmp, k.path); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", k.path)
	}
	return k, k.read()
}

// writeBeside writes a file for its owner's eyes beside path, whole and on the disk.
func writeBeside(path, text string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".seal-*") // made with owner-only rights
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", path)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fault.Wrap(fault.Unavailable, errors.Join(err, os.Remove(f.Name())), "The file %s cannot be written.", path)
	}
	return f.Name(), nil
}

func newLine() (string, error) {
	secret := make([]byte, keyBytes)
	if _, err := rand.Read(secret); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(secret) + "\n", nil
}

func (k *Keys) read() error {
	b, err := os.ReadFile(k.path)
	if errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The keys %s cannot be read.", k.path)
	}
	keys, err := parse(string(b))
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The keys %s are damaged: restore the file from a backup.", k.path)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = keys
	return nil
}

func parse(text string) ([]key, error) {
	var out []key
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil || len(secret) != keyBytes {
			return nil, fmt.Errorf("seal: line %d is not a key of %d bytes", i+1, keyBytes)
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		id := sha256.Sum256(append([]byte("lantern seal key id\x00"), secret...))
		out = append(out, key{hex.EncodeToString(id[:4]), secret, aead})
	}
	return out, nil
}

func (k *Keys) newest() key {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.keys[len(k.keys)-1]
}

func (k *Keys) find(id string) (key, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, x := range k.keys {
		if x.id == id {
			return x, true
		}
	}
	return key{}, false
}

// Seal encrypts plain for its place.
func (k *Keys) Seal(at Place, plain []byte) (string, error) {
	b, err := k.SealBytes(at, plain)
	if err != nil {
		return "", err
	}
	return string(b[:headBytes]) + base64.RawURLEncoding.EncodeToString(b[headBytes:]), nil
}

// headBytes are those of s1.KEY. before the rest.
const headBytes = len(version) + 1 + 8 + 1

// SealBytes is Seal for what is stored as bytes, such as a part of a file: the rest stands in it as it is.
func (k *Keys) SealBytes(at Place, plain []byte) ([]byte, error) {
	x := k.newest()
	padded := (4 + len(plain) + Pad - 1) / Pad * Pad
	out := make([]byte, headBytes+x.aead.NonceSize(), headBytes+x.aead.NonceSize()+padded+x.aead.Overhead())
	copy(out, version+"."+x.id+".")
	nonce := out[headBytes:]
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	text := make([]byte, padded)
	binary.BigEndian.PutUint32(text, uint32(len(plain))) //nolint:gosec // a field, or a mebibyte of a file
	copy(text[4:], plain)
	return x.aead.Seal(out, nonce, text, at.aad()), nil
}

// Open gives back what was sealed. A value that was changed, that stands in another place, or whose key is not
// there, is an error of kind Unavailable: it says that something is wrong with the database or the keys.
func (k *Keys) Open(at Place, sealed string) ([]byte, error) {
	if KeyOf(sealed) == "" {
		return nil, unreadable(at, errors.New("it is not a sealed value"))
	}
	b, err := base64.RawURLEncoding.DecodeString(sealed[headBytes:])
	if err != nil {
		return nil, unreadable(at, errors.New("it is cut off"))
	}
	return k.OpenBytes(at, append([]byte(sealed[:headBytes]), b...))
}

// OpenBytes is Open for what SealBytes made.
func (k *Keys) OpenBytes(at Place, sealed []byte) ([]byte, error) {
	id := KeyOf(string(sealed[:min(len(sealed), headBytes)]))
	if id == "" {
		return nil, unreadable(at, errors.New("it is not a sealed value"))
	}
	x, ok := k.find(id)
	if !ok { // a key added since this program started
		if err := k.read(); err != nil {
			return nil, err
		}
		if x, ok = k.find(id); !ok {
			return nil, unreadable(at, fmt.Errorf("the key %s is not in %s", id, k.path))
		}
	}
	b := sealed[headBytes:]
	n := x.aead.NonceSize()
	if len(b) < n {
		return nil, unreadable(at, errors.New("it is cut off"))
	}
	padded, err := x.aead.Open(nil, b[:n], b[n:], at.aad())
	if err != nil {
		return nil, unreadable(at, err)
	}
	if len(padded) < 4 || int64(binary.BigEndian.Uint32(padded)) > int64(len(padded)-4) {
		return nil, unreadable(at, errors.New("its length is wrong"))
	}
	return padded[4 : 4+binary.BigEndian.Uint32(padded)], nil
}

func unreadable(at Place, cause error) error {
	return fault.Wrap(fault.Unavailable, fmt.Errorf("seal: %s.%s of %s: %w", at.Table, at.Column, at.ID, cause),
		"A value that is kept encrypted cannot be read: it was changed, or its key is missing. Tell whoever looks after Lantern.")
}

// Stale reports whether a value is sealed under an earlier key than the newest.
func (k *Keys) Stale(sealed string) bool {
	return !strings.HasPrefix(sealed, version+"."+k.newest().id+".")
}

// Newest is the id of the key in use.
func (k *Keys) Newest() string { return k.newest().id }

// KeyOf is the id of the key a value is sealed under, "" for what is not a sealed value.
func KeyOf(sealed string) string {
	if len(sealed) < headBytes || !strings.HasPrefix(sealed, version+".") || sealed[headBytes-1] != '.' {
		return ""
	}
	return sealed[len(version)+1 : headBytes-1]
}

// Has reports whether a key is there.
func (k *Keys) Has(id string) bool { _, ok := k.find(id); return ok }

// Mark is a value's keyed hash, 32 hexadecimal digits, for what is only ever compared and must not be guessed from
// the database alone: an address a request came from. The label keeps uses apart. It changes when the key does.
func (k *Keys) Mark(label, value string) string {
	m := hmac.New(sha256.New, k.newest().secret)
	m.Write([]byte("lantern mark\x00" + label + "\x00" + value)) //nolint:errcheck,gosec // never fails
	return hex.EncodeToString(m.Sum(nil)[:16])
}
