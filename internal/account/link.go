package account

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// LinkFor is how long a one-time link is good.
const LinkFor = 24 * time.Hour

// speakableSigns leaves out what is mistaken for something else when read aloud or copied by hand.
const speakableSigns = "abcdefghjkmnpqrstuvwxyz23456789"

// Speakable is a secret of 20 random signs in groups of five, 99 bits, that can be copied from paper or read out.
func Speakable() (string, error) {
	var b strings.Builder
	for i := range 20 {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(speakableSigns))))
		if err != nil {
			return "", err
		}
		b.WriteByte(speakableSigns[n.Int64()])
	}
	return b.String(), nil
}

// Invite makes an account whose owner chooses the password with a one-time link: nobody else ever knows it. By is the account that
// adds it.
func (s *Store) Invite(ctx context.Context, tx *database.Tx, in New, by string) (a Account, token string, err error) {
	in.Provider, in.Temporary = false, false
	if in.Password, err = NewToken(); err != nil { // nobody has it
		return a, "", err
	}
	if a, err = s.Add(ctx, tx, in); err != nil {
		return a, "", err
	}
	token, err = s.link(ctx, tx, a.ID, by, false)
	return a, token, err
}

// NewLink makes a one-time link for an account that is open, in place of any made before. From this moment on its old password is good for
// nothing and whoever is signed in with it is signed out. Its second steps stay, unless they are lost too: then factors takes them away,
// with everything beside them, when the link is used and not before.
func (s *Store) NewLink(ctx context.Context, tx *database.Tx, a Account, by string, factors bool) (token string, err error) {
	if a.Disabled {
		return "", fault.New(fault.Refused, "This account is closed: open it first.")
	}
	if a.ID == by {
		return "", fault.New(fault.Refused, "This is your own account: you change your password under your name.")
	}
	nobodys, err := NewToken()
	if err != nil {
		return "", err
	}
	if err := s.SetPassword(ctx, tx, a, nobodys, false, ""); err != nil {
		return "", err
	}
	return s.link(ctx, tx, a.ID, by, factors)
}

func (s *Store) link(ctx context.Context, tx *database.Tx, account, by string, factors bool) (token string, err error) {
	if token, err = Speakable(); err != nil {
		return "", err
	}
	now := s.clock.Now()
	if err := s.endLinks(ctx, tx, account); err != nil {
		return "", err
	}
	return token, tx.Exec(ctx, "INSERT INTO account_link (token_hash, account, factors, made_by, made_at, until_at) VALUES ($1,$2,$3,$4,$5,$6)",
		hashToken(token), account, factors, by, clock.Micros(now), clock.Micros(now.Add(LinkFor)))
}

// endLinks ends the link of an account, and forgets those that ran out.
func (s *Store) endLinks(ctx context.Context, tx *database.Tx, account string) error {
	return tx.Exec(ctx, "DELETE FROM account_link WHERE account = $1 OR until_at <= $2", account, clock.Micros(s.clock.Now()))
}

// Waiting is until when an account's one-time link is good; ok is false where there is none.
func (s *Store) Waiting(ctx context.Context, q database.Queryer, account string) (until time.Time, ok bool, err error) {
	list, err := database.Collect(ctx, q, database.Value[int64], "SELECT until_at FROM account_link WHERE account = $1 AND until_at > $2", account, clock.Micros(s.clock.Now()))
	if err != nil || len(list) == 0 {
		return time.Time{}, false, err
	}
	return clock.FromMicros(list[0]), true, nil
}

// ByLink is the account whose link is good now. A wrong token, one that ran out or was used, and a closed account's are all the same.
func (s *Store) ByLink(ctx context.Context, q database.Queryer, token string) (a Account, factors bool, err error) {
	type row struct {
		account string
		factors bool
	}
	x, err := database.One(ctx, q, func(r database.Scanner) (x row, err error) { return x, r.Scan(&x.account, &x.factors) },
		"SELECT account, factors FROM account_link WHERE token_hash = $1 AND until_at > $2", hashToken(token), clock.Micros(s.clock.Now()))
	if err != nil {
		return a, false, err
	}
	if a, err = s.Get(ctx, q, x.account); err == nil && a.Disabled {
		return Account{}, false, fault.NoSuch()
	}
	return a, x.factors, err
}

// UseLink spends a link: the account has the password that its owner chose.
func (s *Store) UseLink(ctx context.Context, tx *database.Tx, token, password string) (Account, error) {
	a, factors, err := s.ByLink(ctx, tx, token)
	if err != nil {
		return a, err
	}
	if err := s.SetPassword(ctx, tx, a, password, false, ""); err != nil {
		return a, err
	}
	if factors {
		if err := s.RemoveFactors(ctx, tx, a.ID); err != nil {
			return a, err
		}
	}
	if err := s.endLinks(ctx, tx, a.ID); err != nil {
		return a, err
	}
	return s.Get(ctx, tx, a.ID)
}
