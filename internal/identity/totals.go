package identity

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
)

// Totals say how many people records are of, and how many agencies hold records of each. They name nobody.
type Totals struct {
	Records, People, AcrossAgencies, Waiting int
	Agencies                                 int         // agencies whose records they are
	ByAgencies                               map[int]int // people by how many agencies hold a record of them
}

// Count counts the records a scope may read and the people they are of.
func (s *Store) Count(ctx context.Context, q database.Queryer, scope access.Scope) (Totals, error) {
	t := Totals{ByAgencies: map[int]int{}}
	cond, args := scope.Where("s", 1)
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var agencies, people, records int
		if err := r.Scan(&agencies, &people, &records); err != nil {
			return err
		}
		t.ByAgencies[agencies] = people
		t.People += people
		t.Records += records
		if agencies > 1 {
			t.AcrossAgencies += people
		}
		return nil
	}, `SELECT x.agencies, count(*), sum(x.records) FROM (
		SELECT p.person_id, count(DISTINCT s.owner) AS agencies, count(*) AS records FROM source_record s JOIN person_record p ON p.record_id = s.id
		WHERE (s.load_id = '' OR s.load_id IN (SELECT id FROM load WHERE state = 'live')) AND s.superseded_at IS NULL AND `+cond+`
		GROUP BY p.person_id) x GROUP BY x.agencies ORDER BY x.agencies`, args...)
	if err != nil {
		return t, err
	}
	if t.Agencies, err = database.One(ctx, q, database.Value[int], `SELECT count(DISTINCT s.owner) FROM source_record s
		WHERE (s.load_id = '' OR s.load_id IN (SELECT id FROM load WHERE state = 'live')) AND s.superseded_at IS NULL AND `+cond, args...); err != nil {
		return t, err
	}
	_, t.Waiting, err = s.Waiting(ctx, q, scope, Queue{})
	return t, err
}

// Version changes whenever a person was made, joined or split: the id of the last such event.
func (s *Store) Version(ctx context.Context, q database.Queryer) (string, error) {
	return database.One(ctx, q, database.Value[string], "SELECT coalesce(max(id), '') FROM person_event")
}

// HasRecords reports whether any source record is kept at all.
func (s *Store) HasRecords(ctx context.Context, q database.Queryer) (bool, error) {
	one, err := database.Collect(ctx, q, database.Value[string], "SELECT id FROM source_record LIMIT 1")
	return len(one) > 0, err
}
