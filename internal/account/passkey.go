package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Ceremony is a passkey being made or used: what the browser is asked, and what is kept of it meanwhile, to be used
// once.
type Ceremony struct {
	Options []byte // JSON for the browser
	Kept    string // for the session
}

// keeper is an account as the library knows it: its id is the user handle, and holds nothing personal.
type keeper struct {
	Account
	credentials []webauthn.Credential
}

func (k keeper) WebAuthnID() []byte                         { return []byte(k.ID) }
func (k keeper) WebAuthnName() string                       { return k.Email }
func (k keeper) WebAuthnDisplayName() string                { return k.Name }
func (k keeper) WebAuthnCredentials() []webauthn.Credential { return k.credentials }

// Passkeys reports whether this Lantern can have passkeys: it needs a name that browsers take for a site's.
func (s *Store) Passkeys() bool { return s.set.Site != "" && s.set.Seals != nil }

func (s *Store) library() (*webauthn.WebAuthn, error) {
	if !s.Passkeys() {
		return nil, fault.New(fault.Refused, "This Lantern has no passkeys: people reach it by a number and not by a name.")
	}
	return webauthn.New(&webauthn.Config{
		RPID: s.set.Site, RPDisplayName: "Lantern", RPOrigins: []string{s.set.Origin},
		AttestationPreference:  protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
}

func (s *Store) keeper(ctx context.Context, q database.Queryer, a Account) (keeper, error) {
	k := keeper{Account: a}
	factors, err := s.Factors(ctx, q, a.ID)
	for _, f := range factors {
		if err != nil || f.Kind != Passkey {
			continue
		}
		var c webauthn.Credential
		if c, err = s.credential(f); err == nil {
			k.credentials = append(k.credentials, c)
		}
	}
	return k, err
}

func (s *Store) credential(f Factor) (c webauthn.Credential, err error) {
	b, err := s.unsealed(f)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(b, &c)
}

func ceremony(options any, kept *webauthn.SessionData) (Ceremony, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	k, err := json.Marshal(kept)
	return Ceremony{o, string(k)}, err
}

func handleOf(credential []byte) string {
	h := sha256.Sum256(credential)
	return hex.EncodeToString(h[:])
}

// BeginPasskey begins making a passkey.
func (s *Store) BeginPasskey(ctx context.Context, q database.Queryer, a Account) (Ceremony, error) {
	w, err := s.library()
	if err != nil {
		return Ceremony{}, err
	}
	if err := s.room(ctx, q, a.ID, Passkey); err != nil {
		return Ceremony{}, err
	}
	k, err := s.keeper(ctx, q, a)
	if err != nil {
		return Ceremony{}, err
	}
	var had []protocol.CredentialDescriptor
	for _, c := range k.credentials {
		had = append(had, c.Descriptor())
	}
	options, kept, err := w.BeginRegistration(k, webauthn.WithExclusions(had))
	if err != nil {
		return Ceremony{}, err
	}
	return ceremony(options, kept)
}

// notAPasskey is what an answer that proves nothing gets; the cause is for the log.
func notAPasskey(cause error) error {
	return fault.Wrap(fault.Unauthenticated, cause, "The passkey was not accepted. Try again, or use another way.")
}

// AddPasskey keeps the passkey that a browser made.
func (s *Store) AddPasskey(ctx context.Context, tx *database.Tx, a Account, kept, answer, name string) error {
	w, err := s.library()
	if err != nil {
		return err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(kept), &session); err != nil {
		return notAPasskey(err)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return notAPasskey(err)
	}
	k, err := s.keeper(ctx, tx, a)
	if err != nil {
		return err
	}
	c, err := w.CreateCredential(k, session, parsed)
	if err != nil {
		return notAPasskey(err)
	}
	if name = strings.TrimSpace(name); name == "" {
		name = "Passkey"
	}
	f := Factor{ID: s.ids.New()}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	text, err := s.sealed(f.place(), b)
	if err != nil {
		return err
	}
	now := clock.Micros(s.clock.Now())
	err = tx.Exec(ctx, "INSERT INTO account_factor (id, account, kind, name, secret, credential, made_at, confirmed_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
		f.ID, a.ID, string(Passkey), name, text, handleOf(c.ID), now, now)
	if database.IsUnique(err) {
		return fault.New(fault.Conflict, "This passkey is here already.")
	}
	return err
}

// AskPasskey begins using a passkey: any one that the browser has for this site, or one of an account.
func (s *Store) AskPasskey(ctx context.Context, q database.Queryer, a *Account) (Ceremony, error) {
	w, err := s.library()
	if err != nil {
		return Ceremony{}, err
	}
	if a == nil {
		options, kept, err := w.BeginDiscoverableLogin()
		if err != nil {
			return Ceremony{}, err
		}
		return ceremony(options, kept)
	}
	k, err := s.keeper(ctx, q, *a)
	if err != nil {
		return Ceremony{}, err
	}
	if len(k.credentials) == 0 {
		return Ceremony{}, fault.New(fault.Refused, "You have no passkey here.")
	}
	options, kept, err := w.BeginLogin(k)
	if err != nil {
		return Ceremony{}, err
	}
	return ceremony(options, kept)
}

// UsePasskey says whose passkey an answer proves. With an account given it must be that one's. A closed account, an
// unknown passkey and an answer that proves nothing are all the same. A passkey does not count as a guess and is never
// held back by others' guesses.
func (s *Store) UsePasskey(ctx context.Context, kept, answer string, a *Account) (Account, error) {
	w, err := s.library()
	if err != nil {
		return Account{}, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal([]byte(kept), &session); err != nil {
		return Account{}, notAPasskey(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Account{}, notAPasskey(err)
	}
	var who Account
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		f, err := database.One(ctx, tx, scanFactor, "SELECT "+factorColumns+" FROM account_factor WHERE credential = $1 AND kind = $2", handleOf(parsed.RawID), string(Passkey))
		if fault.Is(err, fault.NotFound) {
			return notAPasskey(err)
		} else if err != nil {
			return err
		}
		if who, err = s.Get(ctx, tx, f.Account); err != nil {
			return err
		}
		k, err := s.keeper(ctx, tx, who)
		if err != nil {
			return err
		}
		var c *webauthn.Credential
		if a == nil {
			_, c, err = w.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
				if string(handle) != who.ID {
					return nil, fault.NoSuch()
				}
				return k, nil
			}, session, parsed)
		} else {
			c, err = w.ValidateLogin(k, session, parsed)
		}
		switch {
		case err != nil:
			return notAPasskey(err)
		case who.Disabled, a != nil && a.ID != who.ID, !c.Flags.UserVerified:
			return notAPasskey(nil)
		case c.Authenticator.CloneWarning:
			return fault.New(fault.Unauthenticated, "This passkey counts otherwise than it did: there may be a copy of it. Use another way, and remove this passkey.")
		}
		b, err := json.Marshal(c)
		if err != nil {
			return err
		}
		text, err := s.sealed(f.place(), b)
		if err != nil {
			return err
		}
		return tx.Exec(ctx, "UPDATE account_factor SET secret = $1, used_at = $2 WHERE id = $3", text, clock.Micros(s.clock.Now()), f.ID)
	})
	if err != nil {
		return Account{}, err
	}
	return who, nil
}
