package identity

import (
	"context"
	"encoding/json"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/seal"
)

// Ethnicity is what a record says of somebody's ethnicity, in its own words or codes: as they gave it themselves, and as an officer saw it. The two
// are never mixed.
//
// It is special category data and is sealed: nothing looks for it in the database. It never speaks for or against a link, is on no page about a
// person but their own, and is counted in groups, for whether linking serves everybody alike.
type Ethnicity struct {
	Self     string `json:"s,omitempty"`
	Observed string `json:"o,omitempty"`
}

// EthnicityAt is where a record's sealed ethnicity stands.
func EthnicityAt(record string) seal.Place {
	return seal.Place{Table: "source_record", Column: "ethnicity", ID: record}
}

// ethnicity is it as it is kept.
func (k sealer) ethnicity(record string, e Ethnicity) (string, error) {
	if e == (Ethnicity{}) {
		return "", nil
	}
	b, err := json.Marshal(e)
	if err != nil || k.keys == nil {
		return string(b), err
	}
	return k.keys.Seal(EthnicityAt(record), b)
}

func (k sealer) openEthnicity(record, kept string) (e Ethnicity, err error) {
	if kept == "" {
		return e, nil
	}
	b := []byte(kept)
	if seal.KeyOf(kept) != "" {
		if b, err = k.open(EthnicityAt(record), kept); err != nil {
			return e, err
		}
	}
	return e, json.Unmarshal(b, &e)
}

// OpenEthnicity is what source_record.ethnicity keeps.
func OpenEthnicity(keys *seal.Keys, record, kept string) (Ethnicity, error) {
	return sealer{keys}.openEthnicity(record, kept)
}

// EthnicityOf is what those of the records say of it that the scope may read and that are the scope's own agency's, or all of them where
// the scope is of the person whom they are about. It is nobody else's to read one by one.
func (s *Store) EthnicityOf(ctx context.Context, q database.Queryer, scope access.Scope, records []string) (map[string]Ethnicity, error) {
	out := map[string]Ethnicity{}
	err := inParts(records, func(in string, args []any) error {
		cond, more := scope.Where("r", len(args)+1)
		return database.Each(ctx, q, func(sc database.Scanner) error {
			var id, owner, kept string
			if err := sc.Scan(&id, &owner, &kept); err != nil {
				return err
			}
			if owner != scope.Agency && (scope.Role != access.Subject || scope.Purpose != access.OwnRecord) {
				return nil
			}
			e, err := s.seals.openEthnicity(id, kept)
			if e != (Ethnicity{}) {
				out[id] = e
			}
			return err
		}, "SELECT r.id, r.owner, r.ethnicity FROM source_record r WHERE r.id IN "+in+" AND "+cond+" AND "+current+" AND r.ethnicity <> ''", append(args, more...)...)
	})
	return out, err
}

// groupsOf are the groups that values name, each once: a pair counts for every group that one of its records names.
func groupsOf(group func(value string) string, values ...string) []string {
	var out []string
	for _, v := range values {
		if g := group(v); g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}
