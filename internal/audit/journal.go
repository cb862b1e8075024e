package audit

import (
	"bytes"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Journal is a sealed file of lines that could not be written to the log: DIR/journal/sealed.txt. When somebody has broken the glass and
// the log cannot be written, their lines go here, are on disk before anything is shown, and are written to the log as soon as it can be.
//
// Each line is sealed with XChaCha20-Poly1305 under a key outside the database (DIR/keys/journal.key) and bound to the line before it, so that
// nobody without the key can read, change, insert, reorder or take out a line unseen. Lines cut off the end cannot be told from lines never
// written: the file lives for as long as the log cannot be written, and no longer.
type Journal struct {
	dir  string
	aead cipher.AEAD
	mu   sync.Mutex
}

// Sealed is one line of the journal: an entry of the log, and what else has to be written with it.
type Sealed struct {
	Entry Entry           `json:"entry"`
	With  json.RawMessage `json:"with,omitempty"`
}

// OpenJournal opens the journal of a data folder, making its key on first use.
func OpenJournal(dir string) (*Journal, error) {
	path := filepath.Join(dir, "keys", "journal.key")
	key, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
	if errors.Is(err, os.ErrNotExist) {
		key = make([]byte, chacha20poly1305.KeySize)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "The folder for keys, %s, cannot be made.", filepath.Dir(path))
		}
		err = writeWhole(path, key, 0o600)
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The journal's key %s cannot be read.", path)
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The journal's key %s is damaged.", path)
	}
	return &Journal{dir: dir, aead: aead}, nil
}

func (j *Journal) path() string { return filepath.Join(j.dir, "journal", "sealed.txt") }

// chain binds a line to the one before it.
func chain(before []byte) []byte {
	h := sha256.Sum256(before)
	return h[:]
}

// Append seals a line and returns once it is on disk.
func (j *Journal) Append(line Sealed) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	have, err := j.raw()
	if err != nil {
		return err
	}
	var before []byte
	if n := len(have); n > 0 {
		before = have[n-1]
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	nonce := make([]byte, j.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	out := base64.StdEncoding.AppendEncode(nil, j.aead.Seal(nonce, nonce, text, chain(before)))
	if err := os.MkdirAll(filepath.Dir(j.path()), 0o700); err != nil {
		return fault.Wrap(fault.Unavailable, err, "Neither the log nor the sealed journal can be written, so nothing is shown.")
	}
	f, err := os.OpenFile(j.path(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		_, err = f.Write(append(out, '\n'))
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "Neither the log nor the sealed journal can be written, so nothing is shown.")
	}
	return nil
}

// raw are the sealed lines as they stand in the file.
func (j *Journal) raw() ([][]byte, error) {
	b, err := os.ReadFile(j.path())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The sealed journal cannot be read.")
	}
	var out [][]byte
	for _, l := range bytes.Split(b, []byte("\n")) {
		if len(l) > 0 {
			out = append(out, l)
		}
	}
	return out, nil
}

// Lines opens the journal, oldest first. A line that does not open, or does not follow the one before it, ends what is returned, and broken
// says which.
func (j *Journal) Lines() (lines []Sealed, broken error, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines()
}

func (j *Journal) lines() (lines []Sealed, broken error, err error) {
	raw, err := j.raw()
	if err != nil {
		return nil, nil, err
	}
	var before []byte
	for i, l := range raw {
		sealed, err := base64.StdEncoding.DecodeString(string(l))
		if err != nil || len(sealed) < j.aead.NonceSize() {
			return lines, fmt.Errorf("line %d of the sealed journal is damaged", i+1), nil
		}
		text, err := j.aead.Open(nil, sealed[:j.aead.NonceSize()], sealed[j.aead.NonceSize():], chain(before))
		var s Sealed
		if err != nil || json.Unmarshal(text, &s) != nil {
			return lines, fmt.Errorf("line %d of the sealed journal is not as it was written, or not after the line it was written after", i+1), nil
		}
		lines, before = append(lines, s), l
	}
	return lines, nil, nil
}

// Replay writes the journal's lines into the log, once each, and then puts the file away. each, when not nil, writes what else a line has to
// be written with. It reports how many lines were written; with an empty journal it does nothing. A journal that is damaged is written as far as it
// opens, the damage gets a line of its own, and the file is kept beside for whoever has to look.
func (j *Journal) Replay(ctx context.Context, db *database.DB, l *Log, each func(tx *database.Tx, s Sealed) error) (written int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines, broken, err := j.lines()
	if err != nil || len(lines) == 0 && broken == nil {
		return 0, err
	}
	err = db.Write(ctx, func(tx *database.Tx) error {
		written = 0
		for _, s := range lines {
			had, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM audit_entry WHERE id = $1", s.Entry.ID)
			if err != nil {
				return err
			}
			if had > 0 { // written the last time, when the file could not be put away
				continue
			}
			if each != nil {
				if err := each(tx, s); err != nil {
					return err
				}
			}
			if err := l.write(ctx, tx, s.Entry); err != nil {
				return err
			}
			written++
		}
		words := fmt.Sprintf("%d lines of the sealed journal written to the log", len(lines))
		if broken != nil {
			words += "; " + broken.Error()
		}
		return l.Record(ctx, tx, access.System("journal", access.Upkeep), Line{Act: Upkeep, SubjectKind: "journal", Words: words})
	})
	if err != nil {
		return 0, err
	}
	if broken != nil {
		return written, os.Rename(j.path(), filepath.Join(j.dir, "journal", fmt.Sprintf("damaged-%d.txt", clock.Micros(l.clock.Now()))))
	}
	return written, os.Remove(j.path())
}
