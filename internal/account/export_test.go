package account

import (
	"context"
	"fmt"

	"golang.org/x/crypto/argon2"

	"lantern.example/lantern/internal/database"
)

// Hashed is how many passwords were worked through.
func (s *Store) Hashed() int64 { return s.hashed.Load() }

// Weaken gives an account its password in the form of a weaker time: other parameters than today's.
func (s *Store) Weaken(ctx context.Context, tx *database.Tx, id, password string) error {
	salt := []byte("0123456789abcdef")
	key := argon2.IDKey([]byte(password), salt, 1, 8*1024, 1, keyBytes)
	full := encode(salt, key)
	var tail string
	if _, err := fmt.Sscanf(full, "$argon2id$v=19$m=19456,t=2,p=1$%s", &tail); err != nil {
		return err
	}
	return tx.Exec(ctx, "UPDATE account SET password_hash = $1 WHERE id = $2", "$argon2id$v=19$m=8192,t=1,p=1$"+tail, id)
}

// HashOf is the stored form of an account's password.
func HashOf(a Account) string { return a.hash }
