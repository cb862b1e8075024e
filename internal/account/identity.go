package account

import (
	"context"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Identity is who somebody is at another provider: what its issuer calls them. Two providers may use one name for two
// people, so that neither half means anything alone.
type Identity struct{ Issuer, Subject string }

// ByIdentity is the account that an identity was connected to.
func (s *Store) ByIdentity(ctx context.Context, q database.Queryer, who Identity) (Account, error) {
	id, err := database.One(ctx, q, database.Value[string], "SELECT account FROM account_identity WHERE issuer = $1 AND subject = $2", who.Issuer, who.Subject)
	if err != nil {
		return Account{}, err
	}
	return s.Get(ctx, q, id)
}

// Connect lets an identity sign in to an account. One that another account has is refused, and an account has one at
// an issuer.
func (s *Store) Connect(ctx context.Context, tx *database.Tx, a Account, who Identity) error {
	had, err := s.Connected(ctx, tx, a.ID, who.Issuer)
	if err != nil {
		return err
	}
	if had {
		return fault.New(fault.Conflict, "Your account is connected already. Disconnect it first.")
	}
	err = tx.Exec(ctx, "INSERT INTO account_identity (issuer, subject, account, made_at) VALUES ($1,$2,$3,$4)", who.Issuer, who.Subject, a.ID, clock.Micros(s.clock.Now()))
	if database.IsUnique(err) {
		return fault.New(fault.Conflict, "That sign-in belongs to another account here.")
	}
	return err
}

// Connected reports whether an account has an identity at an issuer.
func (s *Store) Connected(ctx context.Context, q database.Queryer, account, issuer string) (bool, error) {
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM account_identity WHERE account = $1 AND issuer = $2", account, issuer)
	return n > 0, err
}

// Disconnect ends that an issuer's identities sign in to an account. One without a password keeps its only way in.
func (s *Store) Disconnect(ctx context.Context, tx *database.Tx, a Account, issuer string) error {
	if !a.HasPassword() {
		return fault.New(fault.Refused, "You have no password here: this is your only way in. Ask your administrator for one first.")
	}
	return tx.Exec(ctx, "DELETE FROM account_identity WHERE account = $1 AND issuer = $2", a.ID, issuer)
}

// FirstConnect connects an identity to the account that waits for one under an address: made for the provider, without
// a password, never connected. The provider must have checked the address. Anything else is no such account.
func (s *Store) FirstConnect(ctx context.Context, tx *database.Tx, who Identity, email string) (Account, error) {
	a, err := s.ByEmail(ctx, tx, email)
	if err != nil {
		return Account{}, err
	}
	n, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM account_identity WHERE account = $1", a.ID)
	if err != nil {
		return Account{}, err
	}
	if a.HasPassword() || a.Disabled || n > 0 {
		return Account{}, fault.NoSuch()
	}
	return a, s.Connect(ctx, tx, a, who)
}
