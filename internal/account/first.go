package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// FirstFor is how long the link for the first administrator is good.
const FirstFor = 24 * time.Hour

// firstSetting keeps the hash of the one-time token while nobody has an account.
const firstSetting = "first-administrator"

type firstToken struct {
	Hash  string `json:"hash"`
	Until int64  `json:"until"` // UTC microseconds
}

// FirstToken makes the one-time token with which the first administrator begins, in place of any made before.
// Once anybody has an account there is none.
func (s *Store) FirstToken(ctx context.Context, tx *database.Tx) (string, error) {
	if n, err := s.Count(ctx, tx); err != nil {
		return "", err
	} else if n > 0 {
		return "", fault.New(fault.Conflict, "There are accounts already: an administrator adds the next.")
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := s.clock.Now()
	b, err := json.Marshal(firstToken{hashToken(token), clock.Micros(now.Add(FirstFor))})
	if err != nil {
		return "", err
	}
	return token, tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ($1,$2,$3) ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at", firstSetting, string(b), clock.Micros(now))
}

// CheckFirst answers nil for the token that is good now. A wrong, old or used one, and any once somebody has an
// account, are all the same: there is no such page.
func (s *Store) CheckFirst(ctx context.Context, q database.Queryer, token string) error {
	if n, err := s.Count(ctx, q); err != nil {
		return err
	} else if n > 0 {
		return fault.NoSuch()
	}
	kept, err := database.One(ctx, q, database.Value[string], "SELECT value FROM setting WHERE name = $1", firstSetting)
	if err != nil {
		return err
	}
	var t firstToken
	if err := json.Unmarshal([]byte(kept), &t); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(t.Hash), []byte(hashToken(token))) != 1 || clock.Micros(s.clock.Now()) >= t.Until {
		return fault.NoSuch()
	}
	return nil
}

// UseFirst spends the token, within the transaction that adds the first account.
func (s *Store) UseFirst(ctx context.Context, tx *database.Tx, token string) error {
	if err := s.CheckFirst(ctx, tx, token); err != nil {
		return err
	}
	return tx.Exec(ctx, "DELETE FROM setting WHERE name = $1", firstSetting)
}
