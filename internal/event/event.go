// Package event holds dated things that happened, and the parts people had in them.
//
// An event keeps the partner's own words beside Lantern's kind, its date as exactly as it is known, and
// its place in the ways it was given. A person's part, victim, suspect, witness, at risk, missing, found, is a
// row of its own that belongs to the event: nobody is a "suspect" anywhere else, and a reader who may
// see the one class (victimisation) does not thereby see the other (offending).
//
// Points that were moved to a nearby spot before publication (data.police.uk) are marked snapped; what they
// can support is in package geo.
package event

import (
	"context"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/geo"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

// Event is one thing that happened.
type Event struct {
	fact.Fact
	Kind                       profile.Kind
	Words, Detail, Description string
	Reference, Month, Outcome  string
	ReportedBy, FallsWithin    string
	PlaceText, Postcode        string
	Longitude, Latitude        *float64
	Snapped                    bool
	SmallArea, SmallAreaName   string
	District, Force            string
	Outside                    bool // lies outside the area of the force that says it falls within its own
	Roles                      []Role
}

// Role is the part one source record's person had in an event.
type Role struct {
	RecordID, EventID string
	Role              profile.Role
	Words             string
}

// Locator finds where a postcode is; the gazetteer implements it.
type Locator interface {
	Postcode(ctx context.Context, q database.Queryer, postcode string) (p geo.Point, ok bool, err error)
}

// Store keeps events.
type Store struct {
	ids    *clock.IDs
	clock  clock.Clock
	places Locator
}

// NewStore returns the events of a database. places may be nil: then postcodes are not located.
func NewStore(c clock.Clock, ids *clock.IDs, places Locator) *Store {
	return &Store{ids: ids, clock: c, places: places}
}

const columns = `, kind, words, detail, description, reference, month, outcome, reported_by, falls_within, place_text, postcode,
	longitude, latitude, snapped, small_area, small_area_name, district, force, outside`

const width = fact.N + 19

// Take writes the events among rows; it is the sink of package intake.
func (s *Store) Take(ctx context.Context, tx *database.Tx, l *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	var placing intake.Placing
	var events, roles [][]any
	for _, t := range rows {
		row := profile.EventOf(t.Record)
		if row == nil {
			continue
		}
		person := profile.PersonOf(t.Record)
		if person != nil && !l.Identified {
			person = nil
		}
		e := s.from(l, t, row, person)
		if e.Latitude == nil && s.places != nil && e.Postcode != "" {
			p, ok, err := s.places.Postcode(ctx, tx, e.Postcode)
			if err != nil {
				return placing, err
			}
			if ok {
				e.Longitude, e.Latitude = &p.Lon, &p.Lat
			}
		}
		if e.Latitude == nil {
			placing.Unlocated++
		}
		id := e.ID
		if person != nil && e.Reference != "" { // the same event stands in a row for each person in it
			first, err := database.Collect(ctx, tx, database.Value[string], "SELECT id FROM event WHERE reference = $1 AND load_id = $2 AND kind = $3 LIMIT 1", e.Reference, l.ID, string(e.Kind))
			if err != nil {
				return placing, err
			}
			if len(first) == 1 {
				id = first[0]
			} else if i := indexOf(events, e); i >= 0 {
				id, _ = events[i][0].(string)
			}
		}
		if id == e.ID {
			events = append(events, append(e.Args(), string(e.Kind), e.Words, e.Detail, e.Description, e.Reference, e.Month, e.Outcome, e.ReportedBy, e.FallsWithin,
				e.PlaceText, e.Postcode, e.Longitude, e.Latitude, e.Snapped, e.SmallArea, e.SmallAreaName, e.District, e.Force, e.Outside))
		}
		if person != nil {
			role := person.Role
			if role == "" {
				role = roleOf(t.Record)
			}
			r := e.Fact
			r.ID, r.Class, r.Grade = s.ids.New(), string(RoleClass(role, access.Class(e.Class))), person.Grade
			if person.Grade != "" { // what a graded item says of somebody is intelligence, whatever part it gives them
				r.Class = string(access.Intelligence)
			}
			r.RetentionClass, r.ReviewOn = fact.Retention(r.Class, s.clock.Now())
			roles = append(roles, append(r.Args(), id, t.RecordID, string(role), person.RoleWords))
		}
	}
	if err := tx.Insert(ctx, "INSERT INTO event ("+fact.Columns("")+columns+")", width, events, ""); err != nil {
		return placing, err
	}
	return placing, tx.Insert(ctx, "INSERT INTO event_role ("+fact.Columns("")+", event_id, record_id, role, words)", fact.N+4, roles, "")
}

// indexOf finds an event of the same reference and kind in this chunk.
func indexOf(events [][]any, e *Event) int {
	for i, x := range events {
		if x[fact.N+4] == e.Reference && x[fact.N] == string(e.Kind) {
			return i
		}
	}
	return -1
}

func roleOf(r profile.Record) profile.Role {
	switch r.(type) {
	case *profile.MissingRow:
		return profile.Missing
	case *profile.ExclusionRow:
		return profile.OtherRole
	}
	return profile.OtherRole
}

// RoleClass is the data class of a part in an event: what was done to somebody and what somebody is thought
// to have done are different classes, so that an agreement can share the one without the other.
func RoleClass(r profile.Role, byDefault access.Class) access.Class {
	switch r {
	case profile.Victim, profile.AtRisk, profile.Witness, profile.Reporter:
		return access.Victimisation
	case profile.Suspect, profile.Convicted, profile.Searched:
		return access.Offending
	case profile.Missing, profile.Found:
		return access.Missing
	}
	if byDefault.Personal() {
		return byDefault
	}
	return access.Victimisation
}

// classOf is the data class of the event itself.
func classOf(l *intake.Load, rec profile.Record, person *profile.PersonRow) access.Class {
	switch {
	case strings.HasPrefix(l.Profile, "police-uk") || l.Basis == "open":
		return access.Open
	case person == nil:
		return access.Depersonal
	case person.Grade != "":
		return access.Intelligence
	}
	switch rec.(type) {
	case *profile.MissingRow:
		return access.Missing
	case *profile.ExclusionRow:
		return access.Education
	}
	return RoleClass(person.Role, access.Victimisation)
}

func (s *Store) from(l *intake.Load, t intake.Taken, row *profile.EventRow, person *profile.PersonRow) *Event {
	now := s.clock.Now()
	e := &Event{Kind: row.Kind, Words: row.Words, Detail: row.Detail, Description: row.Description, Reference: row.Reference, Outcome: row.Outcome,
		ReportedBy: row.ReportedBy, FallsWithin: row.FallsWithin, PlaceText: row.Location.Text, Postcode: row.Location.Postcode,
		SmallArea: row.Location.AreaCode, SmallAreaName: row.Location.AreaName}
	class := classOf(l, t.Record, person)
	if class == access.Depersonal { // free text may name somebody
		e.Description = ""
	}
	e.Fact = fact.Fact{ID: s.ids.New(), Owner: l.Agency, Class: string(class), LoadID: l.ID, SourceRef: Ref(t), True: row.Date.When(), LearntAt: clock.Micros(now), Grade: row.Grade, Ver: 1}
	e.RetentionClass, e.ReviewOn = fact.Retention(e.Class, now)
	if row.Date.Known() && row.Date.Precision != fact.Age && row.Date.Precision != fact.Year {
		e.Month = row.Date.Value.In(clock.London()).Format("2006-01")
		if row.Date.Precision != fact.Instant {
			e.Month = row.Date.Value.Format("2006-01")
		}
	}
	if p, ok := point(row.Location); ok {
		e.Longitude, e.Latitude = &p.Lon, &p.Lat
	}
	e.Snapped = strings.HasPrefix(l.Profile, "police-uk")
	e.place()
	return e
}

// Ref says where in its file a row stands: "row 7" or "sheet March, row 7".
func Ref(t intake.Taken) string {
	if t.Row.Sheet != "" {
		return "sheet " + t.Row.Sheet + ", row " + strconv.Itoa(t.Row.Number)
	}
	return "row " + strconv.Itoa(t.Row.Number)
}

func point(l profile.Location) (geo.Point, bool) {
	if l.HasPoint {
		return geo.Point{Lon: l.Longitude, Lat: l.Latitude}, true
	}
	if l.HasGrid {
		g, err := geo.CheckGrid(l.Easting, l.Northing)
		if err != nil {
			return geo.Point{}, false
		}
		p, err := geo.ToPoint(g)
		return p, err == nil
	}
	return geo.Point{}, false
}

// place says in which district and force the event was, from the name of its small area, and whether that is
// outside the force which says the event falls within its own. Names are looked up once each.
func (e *Event) place() {
	if e.SmallAreaName != "" {
		d := districtOf(e.SmallAreaName)
		e.District, e.Force = d.code, d.force
	}
	if e.FallsWithin != "" {
		home := forceOf(e.FallsWithin)
		e.Outside = home != "" && e.Force != "" && home != e.Force
		if e.Force == "" {
			e.Force = home
		}
	}
	e.Area = e.District
}

type district struct{ code, force string }

// Purge removes rows of a load; it is the sink of package intake.
func (s *Store) Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error) {
	n, err := tx.ExecCount(ctx, "DELETE FROM event_role WHERE id IN (SELECT id FROM event_role WHERE load_id = $1 LIMIT $2)", loadID, limit)
	if err != nil || n > 0 {
		return n, err
	}
	return tx.ExecCount(ctx, "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE load_id = $1 LIMIT $2)", loadID, limit)
}

var (
	districts cache[district]
	forces    cache[string]
)

func districtOf(smallArea string) district {
	// "Babergh 010G" and "Babergh 011A" are one district: the cache is by name without the number.
	name := smallArea
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		name = name[:i]
	}
	return districts.get(name, func() district {
		m, err := schematic.DistrictOfSmallArea(smallArea)
		if err != nil {
			return district{}
		}
		return district{m.Area.Code, m.Area.Force}
	})
}

func forceOf(name string) string {
	return forces.get(name, func() string {
		m, err := schematic.Find(schematic.Force, "", name)
		if err != nil {
			return ""
		}
		return m.Area.Code
	})
}

// Follow gives the parts that a record's person had in events to the record that took its place; see identity.Follower.
func (s *Store) Follow(ctx context.Context, tx *database.Tx, old, fresh string) error {
	return tx.Exec(ctx, "UPDATE event_role SET record_id = $1 WHERE record_id = $2", fresh, old)
}
