package event

import (
	"context"
	"fmt"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/geo"
	"lantern.example/lantern/internal/intake/profile"
)

// live is the condition that a row of table e may be read at all: of a live load, and not corrected since.
const live = "(e.load_id = '' OR e.load_id IN (SELECT id FROM load WHERE state = 'live')) AND e.superseded_at IS NULL"

// Query narrows what is counted or listed.
type Query struct {
	Kinds         []profile.Kind
	Owner         string
	Loads         []string
	From, Until   string // months, 2026-01, inclusive
	Place         string // district, force or small-area code
	Near          *geo.Point
	Within        float64 // metres of Near; exact points only
	Since, Before int64   // instants in UTC microseconds on true_from; 0: no bound
	Published     Published
}

// Published narrows to what has been published already, or to what has not.
type Published uint8

// The choices; the zero value is both.
const (
	AnyEvents Published = iota
	OnlyPublished
	NotPublished
)

func (f Query) where(s access.Scope, from int) (string, []any) {
	cond, args := s.Where("e", from)
	parts := []string{live, cond}
	bind := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", from+len(args)-1)
	}
	list := func(col string, vs []any) {
		marks := make([]string, len(vs))
		for i, v := range vs {
			marks[i] = bind(v)
		}
		parts = append(parts, col+" IN ("+strings.Join(marks, ",")+")")
	}
	if len(f.Kinds) > 0 {
		vs := make([]any, len(f.Kinds))
		for i, k := range f.Kinds {
			vs[i] = string(k)
		}
		list("e.kind", vs)
	}
	if len(f.Loads) > 0 {
		list("e.load_id", database.Anys(f.Loads))
	}
	if f.Owner != "" {
		parts = append(parts, "e.owner = "+bind(f.Owner))
	}
	if f.From != "" {
		parts = append(parts, "e.month >= "+bind(f.From))
	}
	if f.Until != "" {
		parts = append(parts, "e.month <= "+bind(f.Until))
	}
	if f.Since != 0 {
		parts = append(parts, "e.true_from >= "+bind(f.Since))
	}
	if f.Before != 0 {
		parts = append(parts, "e.true_from < "+bind(f.Before))
	}
	switch f.Published {
	case OnlyPublished:
		parts = append(parts, "e.class = "+bind(string(access.Open)))
	case NotPublished:
		parts = append(parts, "e.class <> "+bind(string(access.Open)))
	case AnyEvents:
	}
	if f.Place != "" {
		parts = append(parts, "(e.district = "+bind(f.Place)+" OR e.force = "+bind(f.Place)+" OR e.small_area = "+bind(f.Place)+")")
	}
	if f.Near != nil {
		// A box first, for the index; the caller measures the distance.
		dLat := f.Within / 111_000
		dLon := dLat * 2
		parts = append(parts, "NOT e.snapped AND e.latitude BETWEEN "+bind(f.Near.Lat-dLat)+" AND "+bind(f.Near.Lat+dLat)+" AND e.longitude BETWEEN "+bind(f.Near.Lon-dLon)+" AND "+bind(f.Near.Lon+dLon))
	}
	return strings.Join(parts, " AND "), args
}

// Count is a number of events and what it is of.
type Count struct {
	Kind  profile.Kind
	Month string
	N     int
}

// ByKindAndMonth counts events, every row taken.
func (s *Store) ByKindAndMonth(ctx context.Context, q database.Queryer, scope access.Scope, f Query) ([]Count, error) {
	where, args := f.where(scope, 1)
	return database.Collect(ctx, q, func(r database.Scanner) (Count, error) {
		var c Count
		return c, r.Scan((*string)(&c.Kind), &c.Month, &c.N)
	}, "SELECT e.kind, e.month, count(*) FROM event e WHERE "+where+" GROUP BY e.kind, e.month ORDER BY e.month, e.kind", args...)
}

// AreaCount is how many events of a kind an area had.
type AreaCount struct {
	Code, Name string
	Kind       profile.Kind
	N          int
}

// ByArea counts events by "small_area", "district" or "force", most first within a kind.
func (s *Store) ByArea(ctx context.Context, q database.Queryer, scope access.Scope, level string, f Query) ([]AreaCount, error) {
	code, name := "", "''"
	switch level {
	case "small_area":
		code, name = "e.small_area", "max(e.small_area_name)"
	case "district":
		code = "e.district"
	case "force":
		code = "e.force"
	default:
		return nil, fmt.Errorf("event: there is no level %q", level)
	}
	where, args := f.where(scope, 1)
	return database.Collect(ctx, q, func(r database.Scanner) (AreaCount, error) {
		var c AreaCount
		return c, r.Scan(&c.Code, &c.Name, (*string)(&c.Kind), &c.N)
	}, "SELECT "+code+", "+name+", e.kind, count(*) FROM event e WHERE "+code+" <> '' AND "+where+" GROUP BY "+code+", e.kind ORDER BY "+code+", e.kind", args...)
}

// Totals are the counts that say how much of the whole can be placed.
type Totals struct{ Events, Unlocated, Outside, RepeatedIDs int }

// Total counts events and what is wrong with them as a whole. Repeated references are rows whose reference
// an earlier row of the same load had too.
func (s *Store) Total(ctx context.Context, q database.Queryer, scope access.Scope, f Query) (Totals, error) {
	where, args := f.where(scope, 1)
	t, err := database.One(ctx, q, func(r database.Scanner) (Totals, error) {
		var t Totals
		return t, r.Scan(&t.Events, &t.Unlocated, &t.Outside)
	}, "SELECT count(*), count(*) FILTER (WHERE e.latitude IS NULL), count(*) FILTER (WHERE e.outside) FROM event e WHERE "+where, args...)
	if err != nil {
		return t, err
	}
	t.RepeatedIDs, err = database.One(ctx, q, database.Value[int],
		"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM event e WHERE e.reference <> '' AND "+where+" GROUP BY e.load_id, e.reference HAVING count(*) > 1) x", args...)
	return t, err
}

// Points calls each for every located event.
func (s *Store) Points(ctx context.Context, q database.Queryer, scope access.Scope, f Query, each func(p geo.Point, snapped bool)) error {
	where, args := f.where(scope, 1)
	return database.Each(ctx, q, func(r database.Scanner) error {
		var p geo.Point
		var snapped bool
		if err := r.Scan(&p.Lon, &p.Lat, &snapped); err != nil {
			return err
		}
		each(p, snapped)
		return nil
	}, "SELECT e.longitude, e.latitude, e.snapped FROM event e WHERE e.latitude IS NOT NULL AND "+where, args...)
}

func scan(r database.Scanner) (Event, error) {
	var e Event
	err := r.Scan(append(e.Dest(), (*string)(&e.Kind), &e.Words, &e.Detail, &e.Description, &e.Reference, &e.Month, &e.Outcome, &e.ReportedBy, &e.FallsWithin,
		&e.PlaceText, &e.Postcode, &e.Longitude, &e.Latitude, &e.Snapped, &e.SmallArea, &e.SmallAreaName, &e.District, &e.Force, &e.Outside)...)
	return e, err
}

func selected() string {
	return fact.Columns("e") + strings.ReplaceAll(strings.ReplaceAll(columns, "\n\t", " "), ", ", ", e.")
}

// List lists events, newest first, and how many there are. With Near, only exact points within the distance
// are returned and counted.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope, f Query, limit, offset int) ([]Event, int, error) {
	where, args := f.where(scope, 1)
	if f.Near != nil {
		all, err := database.Collect(ctx, q, scan, "SELECT "+selected()+" FROM event e WHERE "+where+" ORDER BY e.true_from DESC NULLS LAST, e.id DESC", args...)
		if err != nil {
			return nil, 0, err
		}
		var near []Event
		for _, e := range all {
			if geo.Distance(*f.Near, geo.Point{Lon: *e.Longitude, Lat: *e.Latitude}) <= f.Within {
				near = append(near, e)
			}
		}
		total := len(near)
		return near[min(offset, total):min(offset+limit, total)], total, nil
	}
	total, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM event e WHERE "+where, args...)
	if err != nil {
		return nil, 0, err
	}
	n := len(args)
	list, err := database.Collect(ctx, q, scan, fmt.Sprintf("SELECT %s FROM event e WHERE %s ORDER BY e.true_from DESC NULLS LAST, e.id DESC LIMIT $%d OFFSET $%d", selected(), where, n+1, n+2), append(args, limit, offset)...)
	return list, total, err
}

// PartIn is an event with the part a record's person had in it.
type PartIn struct {
	Event
	RecordID  string
	Role      profile.Role
	RoleWords string
	// RoleID and RoleClass are the part's own: it and its event are read under a class each.
	RoleID    string
	RoleClass access.Class
	RoleGrade string
}

// Handling is the 3x5x2 grade that says how what is told of the person may be handled: the event's, or the part's where that alone has a condition.
// Rows of one event can have a grade each.
func (p PartIn) Handling() string {
	if access.Unconditional(p.Grade, access.Class(p.Class)) && !access.Unconditional(p.RoleGrade, p.RoleClass) {
		return p.RoleGrade
	}
	return p.Grade
}

// OfRecords lists the events in which the persons of these source records had a part, as far as the scope
// may read both the part and the event, newest first.
func (s *Store) OfRecords(ctx context.Context, q database.Queryer, scope access.Scope, records []string) ([]PartIn, error) {
	var out []PartIn
	for len(records) > 0 {
		n := min(len(records), 500)
		wr, argsR := scope.Where("r", 1)
		we, argsE := scope.Where("e", 1+len(argsR))
		args := append(append(argsR, argsE...), database.Anys(records[:n])...)
		found, err := database.Collect(ctx, q, func(r database.Scanner) (PartIn, error) {
			var p PartIn
			err := r.Scan(append(p.Dest(), (*string)(&p.Kind), &p.Words, &p.Detail, &p.Description, &p.Reference, &p.Month, &p.Outcome, &p.ReportedBy, &p.FallsWithin,
				&p.PlaceText, &p.Postcode, &p.Longitude, &p.Latitude, &p.Snapped, &p.SmallArea, &p.SmallAreaName, &p.District, &p.Force, &p.Outside,
				&p.RecordID, (*string)(&p.Role), &p.RoleWords, &p.RoleID, (*string)(&p.RoleClass), &p.RoleGrade)...)
			return p, err
		}, "SELECT "+selected()+", r.record_id, r.role, r.words, r.id, r.class, r.grade FROM event_role r JOIN event e ON e.id = r.event_id WHERE r.superseded_at IS NULL AND "+wr+" AND "+we+" AND "+live+
			" AND r.record_id IN "+database.In(len(args)-n+1, n)+" ORDER BY e.true_from DESC NULLS LAST, e.id DESC", args...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
		records = records[n:]
	}
	return out, nil
}

// WordsCount is how many events of a kind a partner called by some words.
type WordsCount struct {
	Kind  profile.Kind
	Words string
	N     int
}

// ByWords counts events by kind and the partners' own words, most first within a kind.
func (s *Store) ByWords(ctx context.Context, q database.Queryer, scope access.Scope, f Query) ([]WordsCount, error) {
	where, args := f.where(scope, 1)
	return database.Collect(ctx, q, func(r database.Scanner) (WordsCount, error) {
		var c WordsCount
		return c, r.Scan((*string)(&c.Kind), &c.Words, &c.N)
	}, "SELECT e.kind, e.words, count(*) FROM event e WHERE "+where+" GROUP BY e.kind, e.words ORDER BY e.kind, count(*) DESC, e.words LIMIT 2000", args...)
}

// Owners tells, for each kind, which agencies' records hold events of it. What was published by others
// (class open) is nobody's record here.
func (s *Store) Owners(ctx context.Context, q database.Queryer, scope access.Scope) (map[profile.Kind][]string, error) {
	where, args := Query{Published: NotPublished}.where(scope, 1)
	out := map[profile.Kind][]string{}
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var kind profile.Kind
		var owner string
		if err := r.Scan((*string)(&kind), &owner); err != nil {
			return err
		}
		out[kind] = append(out[kind], owner)
		return nil
	}, "SELECT e.kind, e.owner FROM event e WHERE "+where+" GROUP BY e.kind, e.owner ORDER BY e.kind, e.owner", args...)
	return out, err
}

// Roles counts the parts people had in events, as far as the scope may read the part and the event.
func (s *Store) Roles(ctx context.Context, q database.Queryer, scope access.Scope, f Query) (map[profile.Role]int, error) {
	we, args := f.where(scope, 1)
	wr, argsR := scope.Where("r", 1+len(args))
	out := map[profile.Role]int{}
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var role profile.Role
		var n int
		if err := r.Scan((*string)(&role), &n); err != nil {
			return err
		}
		out[role] = n
		return nil
	}, "SELECT r.role, count(*) FROM event_role r JOIN event e ON e.id = r.event_id WHERE r.superseded_at IS NULL AND "+we+" AND "+wr+" GROUP BY r.role", append(args, argsR...)...)
	return out, err
}

// Version is a key that changes whenever what a scope may read of loaded records can have changed: the
// scope's own rules, and the loads that are live.
func (s *Store) Version(ctx context.Context, q database.Queryer, scope access.Scope) (string, error) {
	cond, args := scope.Where("e", 1)
	loads, err := database.One(ctx, q, func(r database.Scanner) (string, error) {
		var n, last, undone int64
		err := r.Scan(&n, &last, &undone)
		return fmt.Sprintf("%d %d %d", n, last, undone), err
	}, "SELECT count(*), coalesce(max(ended_at), 0), coalesce(max(undone_at), 0) FROM load WHERE state <> 'loading'")
	return fmt.Sprint(cond, args, loads), err
}
