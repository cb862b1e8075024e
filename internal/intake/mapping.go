package intake

import (
	"context"
	"encoding/json"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
)

// SavedMapping is what an agency's file means, said once and used for every month after.
type SavedMapping struct {
	ID, Agency, Name string
	Mapping          *profile.Mapping
	Version, At      int64
}

// SaveMapping keeps a mapping under a name. The same name again is its next version; earlier ones stay.
func (s *Store) SaveMapping(ctx context.Context, tx *database.Tx, by access.Scope, name string, m *profile.Mapping) error {
	if err := m.Check(); err != nil {
		return fault.Wrap(fault.Invalid, err, "%s.", err.Error())
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	header, err := json.Marshal(m.Header)
	if err != nil {
		return err
	}
	last, err := database.One(ctx, tx, database.Value[int64], "SELECT coalesce(max(version), 0) FROM saved_mapping WHERE agency = $1 AND name = $2", by.Agency, name)
	if err != nil {
		return err
	}
	return tx.Exec(ctx, "INSERT INTO saved_mapping (id, agency, name, profile, header, mapping, version, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
		s.ids.New(), by.Agency, name, m.Profile, string(header), string(body), last+1, by.Account, clock.Micros(s.clock.Now()))
}

// Mappings lists the newest version of each of the agency's mappings, by name.
func (s *Store) Mappings(ctx context.Context, q database.Queryer, by access.Scope) ([]SavedMapping, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (SavedMapping, error) {
		var m SavedMapping
		var body string
		if err := r.Scan(&m.ID, &m.Agency, &m.Name, &body, &m.Version, &m.At); err != nil {
			return m, err
		}
		return m, json.Unmarshal([]byte(body), &m.Mapping)
	}, `SELECT m.id, m.agency, m.name, m.mapping, m.version, m.at FROM saved_mapping m WHERE m.agency = $1
		AND m.version = (SELECT max(x.version) FROM saved_mapping x WHERE x.agency = m.agency AND x.name = m.name) ORDER BY m.name`, by.Agency)
}

// MappingFor finds the agency's mapping for a header: the one whose columns are the same. When none is
// but one comes near, changed says in words how the file differs from it: a changed header stops.
func (s *Store) MappingFor(ctx context.Context, q database.Queryer, by access.Scope, header []string) (same *SavedMapping, closest *SavedMapping, changed []string, err error) {
	all, err := s.Mappings(ctx, q, by)
	if err != nil {
		return nil, nil, nil, err
	}
	for i, m := range all {
		fitted, _ := fit(m.Mapping, header)
		d := profile.Diff(fitted.Header, header)
		if len(d) == 0 {
			return &all[i], nil, nil, nil
		}
		if near(m.Mapping.Header, header) && (closest == nil || len(d) < len(changed)) {
			closest, changed = &all[i], d
		}
	}
	return nil, closest, changed, nil
}
