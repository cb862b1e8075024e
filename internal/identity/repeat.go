package identity

import (
	"context"
	"slices"

	"lantern.example/lantern/internal/database"
)

// manyRepeats is the share of a list's records from which an id that comes again means that the column is of people or events rather than of rows;
// then it is no reason to ask.
const manyRepeats = 0.2

// mostAsked is how many repeated ids of one list are put before people.
const mostAsked = 200

// askRepeats puts before people what stands under one id in one list and did not come together: one person whose details were
// written twice and differ, or an id that was used for two.
func (s *Store) askRepeats(ctx context.Context, runID string, records []string) error {
	var loads []string
	err := inParts(records, func(in string, args []any) error {
		found, err := database.Collect(ctx, s.db.Reader(), database.Value[string], "SELECT DISTINCT r.load_id FROM source_record r WHERE r.load_id <> '' AND r.reference <> '' AND r.id IN "+in, args...)
		loads = append(loads, found...)
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(loads)
	for _, load := range slices.Compact(loads) {
		if err := s.askRepeatsOf(ctx, runID, load); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) askRepeatsOf(ctx context.Context, runID, load string) error {
	const from = " FROM source_record r JOIN person_record p ON p.record_id = r.id WHERE r.load_id = $1 AND r.reference <> '' AND r.superseded_at IS NULL"
	q := s.db.Reader()
	all, err := database.One(ctx, q, database.Value[int], "SELECT count(*)"+from, load)
	if err != nil {
		return err
	}
	type repeat struct {
		reference     string
		rows, persons int
	}
	repeats, err := database.Collect(ctx, q, func(r database.Scanner) (repeat, error) {
		var x repeat
		return x, r.Scan(&x.reference, &x.rows, &x.persons)
	},
		"SELECT r.reference, count(*), count(DISTINCT p.person_id)"+from+" GROUP BY r.reference HAVING count(*) > 1 ORDER BY r.reference", load)
	if err != nil {
		return err
	}
	rows := 0
	for _, x := range repeats {
		rows += x.rows
	}
	if float64(rows) > manyRepeats*float64(all) {
		return nil
	}
	repeats = slices.DeleteFunc(repeats, func(x repeat) bool { return x.persons < 2 })
	for _, x := range repeats[:min(len(repeats), mostAsked)] {
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			type row struct{ id, person string }
			list, err := database.Collect(ctx, tx, func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.id, &x.person) },
				"SELECT r.id, p.person_id"+from+" AND r.reference = $2 ORDER BY r.id", load, x.reference)
			if err != nil || len(list) == 0 {
				return err
			}
			seen := []string{list[0].person}
			for _, other := range list[1:] {
				if slices.Contains(seen, other.person) {
					continue
				}
				seen = append(seen, other.person)
				l, r := min(list[0].id, other.id), max(list[0].id, other.id)
				asked, err := database.One(ctx, tx, database.Value[int], "SELECT (SELECT count(*) FROM decision d WHERE d.l = $1 AND d.r = $2) + (SELECT count(*) FROM review_item w WHERE w.l = $1 AND w.r = $2 AND w.state = 'waiting')", l, r)
				if err != nil || asked > 0 {
					return err
				}
				if err := s.ask(ctx, tx, Repeated, l, r, runID, "One id stands on both rows of one list, with different details: one person written twice, or an id used for two."); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
