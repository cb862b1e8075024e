package identity

import (
	"context"
	"encoding/json"
	"strconv"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

// Where somebody lives, and the partner's own row, which says it too, are sealed: whoever has the database alone cannot find anybody's
// door. Nothing looks for them in SQL: search and linking go by names, dates and numbers, and compare addresses here.

// Sealed is the store, which seals and opens with these keys. Without keys addresses and rows are kept as they are.
func (s *Store) Sealed(keys *seal.Keys) *Store {
	s.seals = sealer{keys}
	return s
}

type sealer struct{ keys *seal.Keys }

// whereabouts are what an address says.
type whereabouts struct {
	Place    string `json:"p,omitempty"`
	Postcode string `json:"c,omitempty"`
	UPRN     string `json:"u,omitempty"`
}

// AddressAt is where a sealed address stands, and RowAt where a partner's sealed row does.
func AddressAt(record string, n int) seal.Place {
	return seal.Place{Table: "record_address", Column: "sealed", ID: record + "/" + strconv.Itoa(n)}
}

// RowAt is where a partner's sealed row stands.
func RowAt(record string) seal.Place {
	return seal.Place{Table: "source_record", Column: "cells", ID: record}
}

// address is an address as it is kept: the plain columns, or these empty and the sealed one.
func (k sealer) address(record string, n int, a whereabouts) (plain whereabouts, sealed string, err error) {
	if k.keys == nil || a == (whereabouts{}) {
		return a, "", nil
	}
	b, err := json.Marshal(a)
	if err != nil {
		return a, "", err
	}
	sealed, err = k.keys.Seal(AddressAt(record, n), b)
	return whereabouts{}, sealed, err
}

// opened is an address as it was kept.
func (k sealer) opened(record string, n int, plain whereabouts, sealed string) (whereabouts, error) {
	if sealed == "" {
		return plain, nil
	}
	b, err := k.open(AddressAt(record, n), sealed)
	if err != nil {
		return whereabouts{}, err
	}
	var a whereabouts
	return a, json.Unmarshal(b, &a)
}

// row is a partner's row as it is kept, and openRow as it came.
func (k sealer) row(record string, cells []byte) (string, error) {
	if k.keys == nil {
		return string(cells), nil
	}
	return k.keys.Seal(RowAt(record), cells)
}

func (k sealer) openRow(record, cells string) (string, error) {
	if seal.KeyOf(cells) == "" {
		return cells, nil
	}
	b, err := k.open(RowAt(record), cells)
	return string(b), err
}

func (k sealer) open(at seal.Place, sealed string) ([]byte, error) {
	if k.keys == nil {
		return nil, fault.New(fault.Unavailable, "An address is kept encrypted, and the keys that open it are not there.")
	}
	return k.keys.Open(at, sealed)
}

// OpenRow is a partner's row as it came, the JSON of its cells, from how source_record.cells keeps it.
func OpenRow(keys *seal.Keys, record, cells string) (string, error) {
	return sealer{keys}.openRow(record, cells)
}

// OpenAddress is the place, postcode and UPRN that record_address.sealed keeps.
func OpenAddress(keys *seal.Keys, record string, n int, sealed string) (place, postcode, uprn string, err error) {
	a, err := sealer{keys}.opened(record, n, whereabouts{}, sealed)
	return a.Place, a.Postcode, a.UPRN, err
}

// kept is one address as the database has it.
type kept struct {
	record     string
	n          int
	class      string
	from, to   string
	at         whereabouts
	wasSealed  string
	wasInPlain whereabouts
}

const keptColumns = "record_id, n, class, lived_from, lived_to, place, postcode, uprn, sealed"

func (s *Store) scanKept(r database.Scanner) (kept, error) {
	var x kept
	err := r.Scan(&x.record, &x.n, &x.class, &x.from, &x.to, &x.wasInPlain.Place, &x.wasInPlain.Postcode, &x.wasInPlain.UPRN, &x.wasSealed)
	if err == nil {
		x.at, err = s.seals.opened(x.record, x.n, x.wasInPlain, x.wasSealed)
	}
	return x, err
}

// addresses are all that a record says of where its person lives or lived.
func (s *Store) addresses(ctx context.Context, q database.Queryer, record string) ([]kept, error) {
	return database.Collect(ctx, q, s.scanKept, "SELECT "+keptColumns+" FROM record_address WHERE record_id = $1 ORDER BY n", record)
}

// putAddresses writes them for a record; those that say nothing are left out.
func (s *Store) putAddresses(ctx context.Context, tx *database.Tx, record string, list []kept) error {
	var rows [][]any
	for _, x := range list {
		if x.at == (whereabouts{}) {
			continue
		}
		plain, sealed, err := s.seals.address(record, x.n, x.at)
		if err != nil {
			return err
		}
		rows = append(rows, []any{record, x.n, x.class, plain.Place, plain.Postcode, plain.UPRN, x.from, x.to, sealed})
	}
	return tx.Insert(ctx, addressInsert, addressWidth, rows, "")
}

const (
	addressInsert = "INSERT INTO record_address (record_id, n, class, place, postcode, uprn, lived_from, lived_to, sealed)"
	addressWidth  = 9
)

// sealAtOnce is how many rows one transaction seals of what came in before sealing.
const sealAtOnce = 500

// SealEarlier seals the addresses and partners' rows that a version of Lantern before sealing left in plain columns, in short transactions, and
// says how many. When there are none it costs a look at two empty indexes.
func (s *Store) SealEarlier(ctx context.Context) (n int, err error) {
	if s.seals.keys == nil {
		return 0, nil
	}
	for {
		var more int
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			more = 0
			old, err := database.Collect(ctx, tx, s.scanKept, "SELECT "+keptColumns+" FROM record_address WHERE place <> '' OR postcode <> '' OR uprn <> '' ORDER BY record_id, n LIMIT $1", sealAtOnce)
			if err != nil {
				return err
			}
			for _, x := range old {
				_, sealed, err := s.seals.address(x.record, x.n, x.at)
				if err != nil {
					return err
				}
				if err := tx.Exec(ctx, "UPDATE record_address SET place = '', postcode = '', uprn = '', sealed = $1 WHERE record_id = $2 AND n = $3", sealed, x.record, x.n); err != nil {
					return err
				}
			}
			type row struct{ id, cells string }
			rows, err := database.Collect(ctx, tx, func(r database.Scanner) (x row, err error) { return x, r.Scan(&x.id, &x.cells) },
				"SELECT id, cells FROM source_record WHERE substr(cells, 1, 1) = '[' ORDER BY id LIMIT $1", sealAtOnce)
			if err != nil {
				return err
			}
			for _, x := range rows {
				sealed, err := s.seals.row(x.id, []byte(x.cells))
				if err != nil {
					return err
				}
				if err := tx.Exec(ctx, "UPDATE source_record SET cells = $1 WHERE id = $2", sealed, x.id); err != nil {
					return err
				}
			}
			more = len(old) + len(rows)
			return nil
		}); err != nil {
			return n, err
		}
		if n += more; more == 0 {
			return n, nil
		}
	}
}
