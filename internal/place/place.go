// Package place keeps the places that matter to young people's safety: schools, alternative provision, homes,
// parks and arcades that a partner raised. A place is a subject of its own, with a review cycle and guardianship;
// nobody is listed in it.
//
// Where children live, and refuges, are guarded: such a place has the class social-care, so that it is read by
// the agency whose record it is and by those with whom a live agreement shares that class, by nobody else, and is in
// no export and on no map of anybody else. To others it is exactly as if it did not exist. Every other place is
// open (from a published register) or the partnership's.
//
// A review judges impact, risk and harm from 1 to 3, each with its reason, sets the next date and its one owner
// (an action of package work), and is kept for good beside the one before. The three are never added up.
//
// What happened around a place is counted from exact points alone, as View; points moved before publication
// cannot be joined to an address, and are refused in words. Hotspots looks for cells that stand out.
package place

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/geo"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/work"
)

// Kind is what sort of place it is; see package profile.
type Kind = profile.PlaceKind

// Kinds lists the kinds with the words for one and for several, in the order pages show them.
var Kinds = []struct {
	Kind          Kind
	Words, Plural string
}{
	{profile.School, "School", "schools"},
	{profile.SpecialSchool, "Special school", "special schools"},
	{profile.AlternativeProvision, "Alternative provision or pupil referral unit", "alternative provision or pupil referral units"},
	{profile.College, "College", "colleges"},
	{profile.ChildrensHome, "Children’s home", "children’s homes"},
	{profile.SupportedAccommodation, "Supported accommodation", "supported accommodation"},
	{profile.SecureUnit, "Secure unit", "secure units"},
	{profile.OtherPlace, "Other place", "other places"},
}

// KindWords is what a kind is called.
func KindWords(k Kind) string {
	for _, x := range Kinds {
		if x.Kind == k {
			return x.Words
		}
	}
	return string(k)
}

// Status is whether a place is in use.
type Status string

// The states of a place.
const (
	Open     Status = "open"
	Closed   Status = "closed"
	Proposed Status = "proposed"
	Unknown  Status = "unknown"
)

// Statuses lists them with their words.
var Statuses = []struct {
	Status Status
	Words  string
}{{Open, "Open"}, {Closed, "Closed"}, {Proposed, "Proposed"}, {Unknown, "Not known"}}

// Place is one place.
type Place struct {
	fact.Fact
	Name                       string
	Kind                       Kind
	Words                      string // the partner's words for the kind
	Status                     Status
	StatusWords                string
	Opened, Closed             string // as exactly as known: 2021, 2021-09, 2021-09-01
	Reference                  string
	Address, Postcode, UPRN    string
	Longitude, Latitude        *float64
	LocatedBy                  string // "coordinates", "grid", "postcode" or ""
	District, DistrictName     string
	Guarded                    bool
	Guardian                   string // who runs it and can change something there
	Sector, Phase              string
	LowAge, HighAge            *int
	Capacity, Pupils           *int
	Notes                      string
	Impact, Risk, Harm, NextOn string // of the latest review; "" when none
}

// At is where the place is.
func (p Place) At() (geo.Point, bool) {
	if p.Latitude == nil || p.Longitude == nil {
		return geo.Point{}, false
	}
	return geo.Point{Lon: *p.Longitude, Lat: *p.Latitude}, true
}

// Store keeps places.
type Store struct {
	clock     clock.Clock
	ids       *clock.IDs
	log       *audit.Log
	gazetteer *gazetteer.Store
	events    *event.Store
	work      *work.Store
	accounts  *account.Store
}

// NewStore returns the places.
func NewStore(c clock.Clock, ids *clock.IDs, log *audit.Log, g *gazetteer.Store, events *event.Store, w *work.Store, accounts *account.Store) *Store {
	return &Store{clock: c, ids: ids, log: log, gazetteer: g, events: events, work: w, accounts: accounts}
}

func fold(s string) string { return cases.Fold().String(strings.TrimSpace(s)) }

const columns = `, name, folded, kind, words, status, status_words, opened, closed, reference, address, postcode, uprn, longitude, latitude, located_by,
	district, district_name, guarded, guardian, sector, phase, low_age, high_age, capacity, pupils, notes`

const width = fact.N + 26

// Take keeps the places among rows; it is a sink of package intake.
func (s *Store) Take(ctx context.Context, tx *database.Tx, l *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	var placing intake.Placing
	var out [][]any
	for _, t := range rows {
		row, ok := t.Record.(*profile.PlaceRow)
		if !ok {
			continue
		}
		p, err := s.from(ctx, tx, l, t, row)
		if err != nil {
			return placing, err
		}
		if p.Latitude == nil {
			placing.Unlocated++
		}
		out = append(out, append(p.Args(), p.Name, fold(p.Name), string(p.Kind), p.Words, string(p.Status), p.StatusWords, p.Opened, p.Closed, p.Reference, p.Address, p.Postcode, p.UPRN,
			p.Longitude, p.Latitude, p.LocatedBy, p.District, p.DistrictName, p.Guarded, p.Guardian, p.Sector, p.Phase, p.LowAge, p.HighAge, p.Capacity, p.Pupils, p.Notes))
	}
	return placing, tx.Insert(ctx, "INSERT INTO place ("+fact.Columns("")+columns+")", width, out, "")
}

// classOf is the data class of a place.
func classOf(l *intake.Load, guarded bool) access.Class {
	switch {
	case guarded:
		return access.SocialCare
	case l.Basis == "open":
		return access.Open
	}
	return access.Partnership
}

func (s *Store) from(ctx context.Context, tx *database.Tx, l *intake.Load, t intake.Taken, row *profile.PlaceRow) (*Place, error) {
	p := &Place{Name: row.Name, Kind: row.Kind, Words: row.Words, Status: statusOf(row), StatusWords: row.Status, Opened: row.Opened.String(), Closed: row.ClosedOn.String(),
		Reference: row.Reference, Address: row.Address, Postcode: row.Location.Postcode, UPRN: row.Location.UPRN, District: row.District, DistrictName: row.Authority,
		Guardian: row.Provider, Sector: row.Sector, Phase: row.Phase, LowAge: number(row.LowAge), HighAge: number(row.HighAge), Capacity: number(row.Capacity), Pupils: number(row.Pupils), Notes: row.Notes}
	switch row.Kind {
	case profile.ChildrensHome, profile.SupportedAccommodation, profile.SecureUnit:
		p.Guarded = true
	default:
		p.Guarded = row.Guarded
	}
	if err := s.locate(ctx, tx, p, row.Location); err != nil {
		return nil, err
	}
	p.Fact = fact.Fact{ID: s.ids.New(), Owner: l.Agency, Class: string(classOf(l, p.Guarded)), Area: p.District, LoadID: l.ID, SourceRef: event.Ref(t), LearntAt: clock.Micros(s.clock.Now()), Ver: 1}
	p.RetentionClass, p.ReviewOn = fact.Retention(p.Class, s.clock.Now())
	return p, nil
}

// locate finds where a place is, from what was given: coordinates first, then the grid, then the postcode.
func (s *Store) locate(ctx context.Context, tx *database.Tx, p *Place, l profile.Location) error {
	var at geo.Point
	var postcode gazetteer.Postcode
	if l.Postcode != "" {
		var err error
		if postcode, err = s.gazetteer.LookUp(ctx, tx, l.Postcode); err != nil {
			return err
		}
	}
	switch {
	case l.HasPoint:
		at, p.LocatedBy = geo.Point{Lon: l.Longitude, Lat: l.Latitude}, "coordinates"
	case l.HasGrid:
		if g, err := geo.CheckGrid(l.Easting, l.Northing); err == nil {
			if at, err = geo.ToPoint(g); err == nil {
				p.LocatedBy = "grid"
			}
		}
	}
	if p.LocatedBy == "" && postcode.At != nil && postcode.Method == "postcode" {
		at, p.LocatedBy = *postcode.At, "postcode"
	}
	if p.LocatedBy != "" {
		p.Longitude, p.Latitude = &at.Lon, &at.Lat
	}
	if p.District == "" {
		p.District = postcode.District
	}
	if p.District == "" && p.LocatedBy != "" {
		in, err := s.gazetteer.Locate(ctx, tx, at, gazetteer.District, gazetteer.County)
		if err != nil {
			return err
		}
		if len(in) > 0 {
			p.District, p.DistrictName = in[0].Code, in[0].Name
		}
	}
	if p.District != "" && p.DistrictName == "" {
		var err error
		p.DistrictName, err = s.gazetteer.Name(ctx, tx, gazetteer.District, p.District)
		return err
	}
	return nil
}

func number(c profile.Count) *int {
	if !c.Known {
		return nil
	}
	return &c.N
}

func statusOf(r *profile.PlaceRow) Status {
	words := strings.ToLower(r.Status)
	switch {
	case r.Closed:
		return Closed
	case strings.HasPrefix(words, "propos"):
		return Proposed
	case words == "" || strings.HasPrefix(words, "open") || strings.HasPrefix(words, "active") || strings.HasPrefix(words, "registered"):
		return Open
	}
	return Unknown
}

// Purge removes places of a load that was undone; it is a sink of package intake. Their reviews go with them,
// and the actions that came from these stay with whoever owns them.
func (s *Store) Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error) {
	n, err := tx.ExecCount(ctx, "DELETE FROM place_review WHERE id IN (SELECT r.id FROM place_review r JOIN place p ON p.id = r.place_id WHERE p.load_id = $1 LIMIT $2)", loadID, limit)
	if err != nil || n > 0 {
		return n, err
	}
	return tx.ExecCount(ctx, "DELETE FROM place WHERE id IN (SELECT id FROM place WHERE load_id = $1 LIMIT $2)", loadID, limit)
}

// live is the condition that a row of table p may be read at all.
const live = "(p.load_id = '' OR p.load_id IN (SELECT id FROM load WHERE state = 'live')) AND p.superseded_at IS NULL"

// Query narrows a list of places.
type Query struct {
	Kind     Kind
	Status   Status
	District string
	Text     string // in the name
	Reviewed string // "yes", "no" or "due": on or before today
	IDs      []string
	Order    string // of Columns, as web.List.Order writes it; "" is by name
	Limit    int    // 0: all
	Offset   int
}

// Columns are what a list may be sorted by.
var Columns = map[string]string{"name": "p.folded", "kind": "p.kind", "status": "p.status", "district": "p.district_name", "review": "r.next_on"}

func (f Query) where(s access.Scope, today string) (string, []any) {
	cond, args := s.Where("p", 1)
	parts := []string{live, cond}
	add := func(cond string, v any) {
		args = append(args, v)
		parts = append(parts, fmt.Sprintf(cond, len(args)))
	}
	if f.Kind != "" {
		add("p.kind = $%d", string(f.Kind))
	}
	if f.Status != "" {
		add("p.status = $%d", string(f.Status))
	}
	if f.District != "" {
		add("p.district = $%d", f.District)
	}
	if f.Text != "" {
		add(`p.folded LIKE $%d ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(fold(f.Text))+"%")
	}
	switch f.Reviewed {
	case "yes":
		parts = append(parts, "r.id IS NOT NULL")
	case "no":
		parts = append(parts, "r.id IS NULL")
	case "due":
		add("r.next_on <= $%d", today)
	}
	if f.IDs != nil {
		parts = append(parts, "p.id IN "+database.In(len(args)+1, len(f.IDs)))
		args = append(args, database.Anys(f.IDs)...)
	}
	return strings.Join(parts, " AND "), args
}

// fromPlaces joins each place to its latest review, which is read by whoever may read the place.
const fromPlaces = ` FROM place p LEFT JOIN place_review r ON r.id = (SELECT x.id FROM place_review x WHERE x.place_id = p.id ORDER BY x.true_from DESC, x.learnt_at DESC, x.id DESC LIMIT 1) WHERE `

func scan(r database.Scanner) (Place, error) {
	var p Place
	var folded string
	var impact, risk, harm *int
	var next *string
	err := r.Scan(append(p.Dest(), &p.Name, &folded, (*string)(&p.Kind), &p.Words, (*string)(&p.Status), &p.StatusWords, &p.Opened, &p.Closed, &p.Reference, &p.Address, &p.Postcode, &p.UPRN,
		&p.Longitude, &p.Latitude, &p.LocatedBy, &p.District, &p.DistrictName, &p.Guarded, &p.Guardian, &p.Sector, &p.Phase, &p.LowAge, &p.HighAge, &p.Capacity, &p.Pupils, &p.Notes,
		&impact, &risk, &harm, &next)...)
	for _, x := range []struct {
		from *int
		to   *string
	}{{impact, &p.Impact}, {risk, &p.Risk}, {harm, &p.Harm}} {
		if x.from != nil {
			*x.to = fmt.Sprint(*x.from)
		}
	}
	if next != nil {
		p.NextOn = *next
	}
	return p, err
}

func selected() string {
	return fact.Columns("p") + strings.ReplaceAll(strings.ReplaceAll(columns, "\n\t", " "), ", ", ", p.") + ", r.impact, r.risk, r.harm, r.next_on"
}

// List lists the places the scope may read, and how many there are.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope, f Query) ([]Place, int, error) {
	where, args := f.where(scope, clock.Today(s.clock).Format(clock.ISODate))
	total, err := database.One(ctx, q, database.Value[int], "SELECT count(*)"+fromPlaces+where, args...)
	if err != nil {
		return nil, 0, err
	}
	if f.Order == "" {
		f.Order = "p.folded, p.id"
	}
	if f.Limit <= 0 {
		f.Limit = max(total, 1)
	}
	n := len(args)
	list, err := database.Collect(ctx, q, scan, fmt.Sprintf("SELECT %s%s%s ORDER BY %s LIMIT $%d OFFSET $%d", selected(), fromPlaces, where, f.Order, n+1, n+2), append(args, f.Limit, f.Offset)...)
	return list, total, err
}

// Get is one place, fault.NoSuch when there is none that the scope may read.
func (s *Store) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Place, error) {
	where, args := Query{IDs: []string{id}}.where(scope, "")
	return database.One(ctx, q, scan, "SELECT "+selected()+fromPlaces+where, args...)
}

// Counts are what the first sentence of the list needs.
type Counts struct{ Places, Guarded, Reviewed, Due, Unlocated int }

// Count counts the places that a query, leaving out its paging, finds.
func (s *Store) Count(ctx context.Context, q database.Queryer, scope access.Scope, f Query) (Counts, error) {
	today := clock.Today(s.clock).Format(clock.ISODate)
	where, args := f.where(scope, today)
	args = append(args, today)
	return database.One(ctx, q, func(r database.Scanner) (Counts, error) {
		var c Counts
		return c, r.Scan(&c.Places, &c.Guarded, &c.Reviewed, &c.Due, &c.Unlocated)
	}, fmt.Sprintf("SELECT count(*), count(*) FILTER (WHERE p.guarded), count(r.id), count(*) FILTER (WHERE r.next_on <= $%d), count(*) FILTER (WHERE p.latitude IS NULL)", len(args))+fromPlaces+where, args...)
}

// TrueCounts reports whether a role that may read rows of events may see small counts of them: the others see
// "fewer than 5".
func TrueCounts(s access.Scope) bool {
	switch s.Role {
	case access.Manager, access.Analyst, access.Chair, access.Practitioner:
		return true
	}
	return s.IsSystem()
}

const fillRows = 500

// FillPoints finds where the places are that have a postcode and no point: those that came before the postcode
// directory. It works in short transactions and may be broken off and run again.
func (s *Store) FillPoints(ctx context.Context, db *database.DB) (int64, error) {
	q := db.Reader()
	var filled int64
	for after := ""; ; {
		rows, err := database.Collect(ctx, q, func(r database.Scanner) (Place, error) {
			var p Place
			return p, r.Scan(&p.ID, &p.Postcode, &p.District, &p.DistrictName)
		}, "SELECT id, postcode, district, district_name FROM place WHERE id > $1 AND latitude IS NULL AND postcode <> '' ORDER BY id LIMIT $2", after, fillRows)
		if err != nil || len(rows) == 0 {
			return filled, err
		}
		after = rows[len(rows)-1].ID
		n := int64(0)
		err = db.Write(ctx, func(tx *database.Tx) error {
			n = 0
			for _, p := range rows {
				if err := s.locate(ctx, tx, &p, profile.Location{Postcode: p.Postcode}); err != nil {
					return err
				}
				if p.LocatedBy == "" {
					continue
				}
				n++
				if err := tx.Exec(ctx, "UPDATE place SET longitude = $1, latitude = $2, located_by = $3, district = $4, district_name = $5, area = $4 WHERE id = $6",
					p.Longitude, p.Latitude, p.LocatedBy, p.District, p.DistrictName, p.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return filled, err
		}
		filled += n
	}
}
