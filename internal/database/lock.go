package database

import (
	"context"
	"hash/fnv"
)

// TryLock takes a lock of this name until the transaction ends, or says that another has it. SQLite
// has one writer, so there it is always got.
func (t *Tx) TryLock(ctx context.Context, name string) (bool, error) {
	if t.Engine == SQLite {
		return true, nil
	}
	h := fnv.New64a()
	h.Write([]byte(name)) //nolint:errcheck,gosec // never fails
	var got bool
	err := t.tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1)", int64(h.Sum64())).Scan(&got) //nolint:gosec // the bits are what matters
	return got, err
}
