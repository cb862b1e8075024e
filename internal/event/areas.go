package event

import (
	"context"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/geo"
)

const fillRows = 500

// FillAreas gives events that have a point and no district the district, force and small area whose loaded
// boundary holds it, and says which lie outside the force that they are said to fall within. It works in short
// transactions and may be broken off and run again. An empty loadID means every load: that is what follows when
// boundaries are loaded.
//
// A district that came with the event (from its LSOA) is kept: generalised boundaries know less about the side of
// a border. An event on the foreshore is given to the nearest area, and is never called outside for that.
func (s *Store) FillAreas(ctx context.Context, db *database.DB, g *gazetteer.Store, loadID string) (int64, error) {
	q := db.Reader()
	var levels [3]*gazetteer.Areas
	any := false
	for i, l := range []gazetteer.Level{gazetteer.District, gazetteer.Force, gazetteer.SmallArea} {
		a, err := g.Areas(ctx, q, l)
		if err != nil {
			return 0, err
		}
		levels[i] = a
		any = any || a.Loaded()
	}
	if !any {
		return 0, nil
	}
	homes := map[string]string{}
	var filled int64
	for after := ""; ; {
		rows, err := database.Collect(ctx, q, scanUnplaced, `SELECT id, longitude, latitude, falls_within, force, small_area, small_area_name FROM event
			WHERE id > $1 AND (load_id = $2 OR $2 = '') AND latitude IS NOT NULL AND district = '' ORDER BY id LIMIT $3`, after, loadID, fillRows)
		if err != nil {
			return filled, err
		}
		if len(rows) == 0 {
			return filled, nil
		}
		after = rows[len(rows)-1].id
		for i := range rows {
			if err := rows[i].locate(ctx, q, g, levels, homes); err != nil {
				return filled, err
			}
		}
		err = db.Write(ctx, func(tx *database.Tx) error {
			st, err := tx.Prepare(ctx, "UPDATE event SET district = $1, force = $2, small_area = $3, small_area_name = $4, area = $5, outside = $6 WHERE id = $7")
			if err != nil {
				return err
			}
			defer st.Close() //nolint:errcheck // ends with the transaction
			for _, r := range rows {
				if _, err := st.ExecContext(ctx, r.district, r.force, r.smallArea, r.smallName, r.district, r.outside, r.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return filled, err
		}
		filled += int64(len(rows))
	}
}

// unplaced is an event whose district is not known.
type unplaced struct {
	id, fallsWithin, force, smallArea, smallName, district string
	at                                                     geo.Point
	outside                                                bool
}

func scanUnplaced(r database.Scanner) (unplaced, error) {
	var u unplaced
	return u, r.Scan(&u.id, &u.at.Lon, &u.at.Lat, &u.fallsWithin, &u.force, &u.smallArea, &u.smallName)
}

func (u *unplaced) locate(ctx context.Context, q database.Queryer, g *gazetteer.Store, levels [3]*gazetteer.Areas, homes map[string]string) error {
	if d, ok := levels[0].Locate(u.at); ok {
		u.district = d.Code
	}
	if a, ok := levels[2].Locate(u.at); ok && a.How == gazetteer.Inside && u.smallArea == "" {
		u.smallArea, u.smallName = a.Code, a.Name
	}
	f, ok := levels[1].Locate(u.at)
	if !ok {
		// No force reaches there. That is outside only where the boundaries are of forces at all.
		u.outside = levels[1].Loaded() && u.fallsWithin != ""
		return nil
	}
	u.force = f.Code
	if u.fallsWithin == "" || f.How != gazetteer.Inside {
		return nil
	}
	home, known := homes[u.fallsWithin]
	if !known {
		var err error
		if home, err = homeForce(ctx, q, g, u.fallsWithin); err != nil {
			return err
		}
		homes[u.fallsWithin] = home
	}
	u.outside = home != "" && home != f.Code
	return nil
}

// homeForce is the code of the force that a file calls by its published name.
func homeForce(ctx context.Context, q database.Queryer, g *gazetteer.Store, name string) (string, error) {
	for _, n := range []string{name, strings.TrimSuffix(name, " Police"), strings.TrimSuffix(name, " Constabulary"), strings.TrimSuffix(name, " Police Service")} {
		a, ok, err := g.Find(ctx, q, n, gazetteer.Force)
		if err != nil || ok {
			return a.Code, err
		}
	}
	return "", nil
}

// Precision says how many located events have exact points and how many were moved before publication, and the
// last instant of a dated exact one (0 when there is none).
type Precision struct {
	Exact, Snapped int
	Last           int64
}

// Precisely counts located events by what their points are worth.
func (s *Store) Precisely(ctx context.Context, q database.Queryer, scope access.Scope, f Query) (Precision, error) {
	where, args := f.where(scope, 1)
	return database.One(ctx, q, func(r database.Scanner) (Precision, error) {
		var p Precision
		return p, r.Scan(&p.Exact, &p.Snapped, &p.Last)
	}, `SELECT count(*) FILTER (WHERE NOT e.snapped), count(*) FILTER (WHERE e.snapped),
		coalesce(max(CASE WHEN NOT e.snapped AND e.true_precision IN ('day', 'instant') THEN e.true_from END), 0)
		FROM event e WHERE e.latitude IS NOT NULL AND `+where, args...)
}

// FillPoints finds where the events are that have a postcode and no point: those that came before the postcode
// directory. It works in short transactions, as FillAreas does; an empty loadID means every load.
func (s *Store) FillPoints(ctx context.Context, db *database.DB, loadID string) (int64, error) {
	if s.places == nil {
		return 0, nil
	}
	type unlocated struct{ id, postcode string }
	type located struct {
		id string
		at geo.Point
	}
	q := db.Reader()
	var filled int64
	for after := ""; ; {
		rows, err := database.Collect(ctx, q, func(r database.Scanner) (unlocated, error) {
			var u unlocated
			return u, r.Scan(&u.id, &u.postcode)
		}, "SELECT id, postcode FROM event WHERE id > $1 AND (load_id = $2 OR $2 = '') AND latitude IS NULL AND postcode <> '' ORDER BY id LIMIT $3", after, loadID, fillRows)
		if err != nil || len(rows) == 0 {
			return filled, err
		}
		after = rows[len(rows)-1].id
		var found []located
		for _, u := range rows {
			p, ok, err := s.places.Postcode(ctx, q, u.postcode)
			if err != nil {
				return filled, err
			}
			if ok {
				found = append(found, located{u.id, p})
			}
		}
		err = db.Write(ctx, func(tx *database.Tx) error {
			for _, f := range found {
				if err := tx.Exec(ctx, "UPDATE event SET longitude = $1, latitude = $2 WHERE id = $3", f.at.Lon, f.at.Lat, f.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return filled, err
		}
		filled += int64(len(found))
	}
}
