package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake/tabular"
)

// Options are what a Reader needs to know beside the columns.
type Options struct {
	// AsAt is the date of the file, as midnight UTC: ages are counted from it and two-digit years end with it. Without
	// it ages are not read.
	AsAt time.Time
	// Agency is the code of the agency whose file it is, where no column and no mapping says so.
	Agency string
	// DeIdentified drops names, identifiers, addresses and notes of people as each row is read.
	DeIdentified bool
	// Survey is what the rows say about the order of day and month; nil reads day first.
	Survey *Survey
	// Themes are the subjects of statements; nil means those shipped.
	Themes []Theme
}

// Reader turns the rows of one sheet into records. It does not change and may be used from several goroutines.
type Reader struct {
	profile    Profile
	header     []string
	opt        Options
	at         [fieldCount]int   // position of the field's column, -1 when there is none
	several    map[field][]int   // positions, for fields that fill several columns
	fixed      map[field]string  // values of a mapping
	orders     [fieldCount]Order // of the dates in the field's column
	kinds      map[string]Kind   // a mapping's, by folded words
	themes     themeIndex
	layout     Layout
	role       string
	read       []ColumnMatch
	unread     []string
	notes      []string
	headerless bool
	sorted     kindCache
}

// Reader prepares to read rows under this header. A mapping overrides recognition and may be nil. The error says what the
// profile needs and the header has not, or how the header differs from the mapping's.
func (p Profile) Reader(header []string, m *Mapping, opt Options) (*Reader, error) {
	r := &Reader{profile: p, header: header, opt: opt, several: map[field][]int{}, fixed: map[field]string{}}
	if opt.Themes == nil {
		opt.Themes = Themes()
	}
	r.themes = indexThemes(opt.Themes)
	a, err := r.assignment(m)
	if err != nil {
		return nil, err
	}
	given := map[field]bool{}
	for f := range r.fixed {
		given[f] = true
	}
	if missing := a.missing(given); len(missing) > 0 {
		return nil, fmt.Errorf("the format %s needs %s, and no column holds it; the columns are %s", p.Name, listWords(missing, "and"), listWords(header, "and"))
	}
	if h := p.gradeUnread(header); h != "" {
		return nil, fmt.Errorf("the column %q says how each row may be handled, and rows of the format %s are read by every member of the partnership, so nothing was taken; take out the rows that have a condition, and the column", h, p.Name)
	}
	r.layout, r.notes = a.layout, a.notes
	if a.column(fRole) < 0 {
		r.role = a.role
	}
	r.read, r.unread = a.columns()
	for f := range r.at {
		r.at[f] = -1
	}
	for i, f := range a.fields {
		if f == fNone {
			continue
		}
		if r.at[f] < 0 {
			r.at[f] = i
		}
		if many[f] {
			r.several[f] = append(r.several[f], i)
		}
	}
	r.findOrders(m)
	return r, nil
}

func (r *Reader) assignment(m *Mapping) (*assignment, error) {
	if m == nil {
		if _, ok := headerlessCodePoint(r.header); ok && r.profile.Name == CodePointOpen {
			r.headerless = true
			a := &assignment{profile: &r.profile, header: r.header, keys: make([]string, len(r.header)), fields: slices.Clone(codePointColumns[:]), ranks: make([]int, len(r.header))}
			return a, nil
		}
		return r.profile.assign(r.header), nil
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.Profile != r.profile.Name {
		return nil, fmt.Errorf("the mapping is for the format %s; expected one for %s", m.Profile, r.profile.Name)
	}
	a, err := m.assign(&r.profile, r.header)
	if err != nil {
		return nil, err
	}
	for name, value := range m.Fixed {
		f, _ := r.profile.fieldNamed(name)
		r.fixed[f] = value
	}
	if len(m.Kinds) > 0 {
		r.kinds = map[string]Kind{}
		for w, k := range m.Kinds {
			r.kinds[words(w)] = k
		}
	}
	if m.Agency != "" {
		r.opt.Agency = m.Agency
	}
	return a, nil
}

// dateFields are the fields that hold dates.
var dateFields = [...]field{fBirthDate, fAddressFrom, fAddressTo, fOpened, fClosed, fDate, fEndDate, fStart, fEnd, fRHIDate, fPlaceOpened, fPlaceClosed, fIntroduced, fTerminated}

func (r *Reader) findOrders(m *Mapping) {
	for _, f := range dateFields {
		if r.at[f] < 0 {
			continue
		}
		if m != nil && m.DateOrder != "" {
			r.orders[f] = dateOrders[m.DateOrder]
			continue
		}
		found := r.opt.Survey.Column(r.at[f])
		r.orders[f] = found.Order()
		if s := found.Sentence(r.header[r.at[f]]); s != "" {
			r.notes = append(r.notes, s)
		}
	}
}

// Profile is the name of the reader's profile.
func (r *Reader) Profile() string { return r.profile.Name }

// Layout is the kind of agency a list of people looks like, "" when it could be any.
func (r *Reader) Layout() Layout { return r.layout }

// Columns are the columns that are read, Unread the others.
func (r *Reader) Columns() []ColumnMatch { return slices.Clone(r.read) }

// Unread are the names of the columns that are not read.
func (r *Reader) Unread() []string { return slices.Clone(r.unread) }

// Column is the position of the column that holds a field, by the field's name; ok is false when there is none.
func (r *Reader) Column(name string) (position int, ok bool) {
	f, known := fieldNamed(name)
	if !known || r.at[f] < 0 {
		return 0, false
	}
	return r.at[f], true
}

// Notes say in words what was assumed about the columns as a whole.
func (r *Reader) Notes() []string { return slices.Clone(r.notes) }

// HeaderIsRow reports whether what stands for the header is the first row of data, to be read as a row as well.
func (r *Reader) HeaderIsRow() bool { return r.headerless }

// Read turns a row into a record. The record is nil when the row is refused, and then at least one issue is a Refusal;
// issues may also be warnings about a row that was taken.
func (r *Reader) Read(row tabular.Row) (Record, []Issue) {
	c := &cursor{r: r, row: row}
	if c.empty() {
		c.refuse(fNone, "", "the row is empty")
		return nil, c.issues
	}
	if totalLike(row) {
		c.refuse(fNone, "", "the row is a total, not a record")
		return nil, c.issues
	}
	rec := r.profile.read(c)
	if c.refused || rec == nil {
		return nil, c.issues
	}
	if grade := c.grade(); grade != "" {
		if e := EventOf(rec); e != nil {
			e.Grade = grade
		}
		if p := PersonOf(rec); p != nil {
			p.Grade = grade
		}
	}
	return rec, c.issues
}

// totalLike asks tabular whether the row is a total, after a cheap look: most rows do not begin with a word for one.
func totalLike(row tabular.Row) bool {
	for _, cell := range row.Cells {
		cell = strings.TrimLeft(cell, " ")
		if cell == "" {
			continue
		}
		switch cell[0] {
		case 't', 'T', 'g', 'G', 's', 'S', 'o', 'O', 'c', 'C':
			return tabular.LooksLikeTotal(row)
		}
		return false
	}
	return false
}

// cursor reads the fields of one row and collects what there is to say about it.
type cursor struct {
	r       *Reader
	row     tabular.Row
	issues  []Issue
	refused bool
}

func (c *cursor) empty() bool {
	for _, cell := range c.row.Cells {
		if clean(cell) != "" {
			return false
		}
	}
	return true
}

// raw is a field's cell as it stands, without the space around it.
func (c *cursor) raw(f field) string {
	if i := c.r.at[f]; i >= 0 && i < len(c.row.Cells) {
		if v := clean(c.row.Cells[i]); v != "" {
			return v
		}
	}
	if len(c.r.fixed) > 0 {
		return c.r.fixed[f]
	}
	return ""
}

// text is a field's cell, "" when it holds only what systems write for nothing.
func (c *cursor) text(f field) string {
	v := c.raw(f)
	if blank(v) {
		if len(c.r.fixed) > 0 {
			return c.r.fixed[f]
		}
		return ""
	}
	return v
}

// texts are the cells of a field that fills several columns, with the names of the columns.
func (c *cursor) texts(f field, take func(column, value string)) {
	for _, i := range c.r.several[f] {
		if i < len(c.row.Cells) {
			if v := clean(c.row.Cells[i]); !blank(v) {
				take(c.r.header[i], v)
			}
		}
	}
	if v := c.r.fixed[f]; v != "" && len(c.r.several[f]) == 0 {
		take(f.title(), v)
	}
}

// together are the cells of a field that fills several columns, parted by commas.
func (c *cursor) together(f field) string {
	at := c.r.several[f]
	if len(at) == 0 {
		return c.text(f)
	}
	out := ""
	for _, i := range at {
		if i >= len(c.row.Cells) {
			continue
		}
		if v := squash(clean(c.row.Cells[i])); !blank(v) {
			if out != "" {
				out += ", "
			}
			out += v
		}
	}
	return out
}

func (c *cursor) column(f field) string {
	if i := c.r.at[f]; f != fNone && i >= 0 {
		return c.r.header[i]
	}
	return ""
}

func (c *cursor) say(s Severity, f field, value, reason string) {
	c.issues = append(c.issues, Issue{Severity: s, Sheet: c.row.Sheet, Row: c.row.Number, Column: c.column(f), Shape: Shape(value), Reason: reason})
	c.refused = c.refused || s == Refusal
}

func (c *cursor) warn(f field, value, reason string)   { c.say(Warning, f, value, reason) }
func (c *cursor) refuse(f field, value, reason string) { c.say(Refusal, f, value, reason) }

// date reads a field that may be empty. What cannot be read is a warning and the date is missing; a doubtful one keeps
// its year when keepYear says so.
func (c *cursor) date(f field, keepYear bool) Date {
	v := c.text(f)
	if v == "" {
		return Date{}
	}
	d, note, err := ParseDate(v, DateRules{Order: c.r.orders[f], AsAt: c.r.opt.AsAt, Birth: f == fBirthDate})
	switch {
	case err == nil:
		if note != "" {
			c.warn(f, v, note)
		}
		return d
	case errors.Is(err, ErrDoubtful) && keepYear:
		c.warn(f, v, err.Error()+"; only the year is kept")
		return d
	}
	c.warn(f, v, err.Error()+"; taken as missing")
	return Date{}
}

// need reads a date without which the row cannot be used.
func (c *cursor) need(f, timeOfDay field, what string) Date {
	v := c.text(f)
	if v == "" {
		c.refuse(f, v, "no date; expected "+what)
		return Date{}
	}
	whole := v
	if t := c.text(timeOfDay); t != "" && !strings.Contains(v, ":") {
		if len(t) == 4 && isDigits(t) {
			t = t[:2] + ":" + t[2:]
		}
		whole = v + " " + t
	}
	rules := DateRules{Order: c.r.orders[f], AsAt: c.r.opt.AsAt}
	d, note, err := ParseDate(whole, rules)
	if err != nil && whole != v {
		if d, note, err = ParseDate(v, rules); err == nil {
			note = join(note, "the time of day could not be read; the day is kept")
		}
	}
	if err != nil {
		c.refuse(f, v, err.Error())
		return Date{}
	}
	if !d.Known() {
		c.refuse(f, v, "a date that systems write when there is none; expected "+what)
		return Date{}
	}
	if note != "" {
		c.warn(f, v, note)
	}
	if !rules.AsAt.IsZero() && d.Value.After(rules.AsAt.AddDate(0, 0, 1)) {
		c.warn(f, v, "the date lies after the date of the file")
	}
	return d
}

// answer reads a yes, no or partly. Other words are a warning when the field must be one of them.
func (c *cursor) answer(f field) Answer {
	v := c.text(f)
	a, ok := ParseAnswer(v)
	if !ok {
		c.warn(f, v, "not an answer; expected yes, no, partly or not known")
	}
	return a
}

func (c *cursor) count(f field) Count {
	v := c.text(f)
	n, err := parseCount(v)
	if err != nil {
		c.warn(f, v, err.Error()+"; taken as missing")
	}
	return n
}

// kind sorts the words of a field: first as a mapping says, then by KindOf.
func (c *cursor) kind(value string) (Kind, bool) {
	if k, ok := crimeTypes[value]; ok && c.r.kinds == nil {
		return k, true
	}
	return c.r.sorted.find(value, func() (Kind, bool) {
		if k, ok := c.r.kinds[words(value)]; ok {
			return k, true
		}
		return KindOf(value)
	})
}

// kindCache remembers how words were sorted: a column repeats a few hundred of them. Past its limit it only answers.
type kindCache struct {
	known sync.Map
	held  atomic.Int32
}

const kindCacheLimit = 4096

type sortedKind struct {
	kind Kind
	ok   bool
}

func (k *kindCache) find(value string, sortOut func() (Kind, bool)) (Kind, bool) {
	if v, ok := k.known.Load(value); ok {
		s := v.(sortedKind)
		return s.kind, s.ok
	}
	kind, ok := sortOut()
	if k.held.Load() < kindCacheLimit {
		k.held.Add(1)
		k.known.Store(strings.Clone(value), sortedKind{kind, ok})
	}
	return kind, ok
}

// Bounds of the United Kingdom and Crown dependencies in degrees, with a margin for the coast.
const (
	south, north = 49.0, 61.5
	west, east   = -9.0, 2.5
	gridEast     = 700000.0
	gridNorth    = 1300000.0
)

// point reads the coordinates of a place. A row without any is no fault; coordinates that cannot be are a warning, and
// the place stays without a point.
func (c *cursor) point(l *Location) {
	c.degrees(l, fLongitude, fLatitude)
	c.metres(l, fEasting, fNorthing)
	x, y := c.text(fX), c.text(fY)
	if x == "" && y == "" {
		return
	}
	if v, err := parseNumber(x); err == nil && v >= -180 && v <= 180 {
		c.degrees(l, fX, fY)
		return
	}
	c.metres(l, fX, fY)
}

func (c *cursor) degrees(l *Location, lon, lat field) {
	a, b := c.text(lon), c.text(lat)
	if a == "" && b == "" {
		return
	}
	x, y, ok := c.pair(lon, lat, a, b)
	switch {
	case !ok:
	case x == 0 && y == 0 || y > 99:
		// nothing, as systems and the ONS write it
	case x >= west && x <= east && y >= south && y <= north:
		l.Longitude, l.Latitude, l.HasPoint = x, y, true
	case y >= west && y <= east && x >= south && x <= north:
		c.warn(lat, b, "longitude and latitude look exchanged; expected a latitude of 49 to 61.5 here; the place is left without a point")
	default:
		c.warn(lat, b, "the point lies outside the United Kingdom; expected longitude -9 to 2.5 and latitude 49 to 61.5; the place is left without a point")
	}
}

func (c *cursor) metres(l *Location, easting, northing field) {
	a, b := c.text(easting), c.text(northing)
	if a == "" && b == "" {
		return
	}
	x, y, ok := c.pair(easting, northing, a, b)
	switch {
	case !ok, x == 0 && y == 0:
	case x > 0 && x <= gridEast && y > 0 && y <= gridNorth:
		l.Easting, l.Northing, l.HasGrid = x, y, true
	default:
		c.warn(easting, a, "the easting and northing lie outside the British National Grid; expected 0 to 700000 and 0 to 1300000 metres; the place is left without a point")
	}
}

func (c *cursor) pair(fx, fy field, a, b string) (x, y float64, ok bool) {
	if a == "" || b == "" {
		missing := fx
		if b == "" {
			missing = fy
		}
		c.warn(missing, "", "half of a pair of coordinates is missing; the place is left without a point")
		return 0, 0, false
	}
	x, err := parseNumber(a)
	if err != nil {
		c.warn(fx, a, "not a coordinate; expected a number; the place is left without a point")
		return 0, 0, false
	}
	if y, err = parseNumber(b); err != nil {
		c.warn(fy, b, "not a coordinate; expected a number; the place is left without a point")
		return 0, 0, false
	}
	return x, y, true
}

// location reads everything a row says of where it was.
func (c *cursor) location(l *Location) {
	if t := c.text(fLocation); !strings.EqualFold(t, "No location") {
		l.Text = squash(t)
	}
	l.Postcode = c.text(fEventPostcode)
	l.UPRN = c.uprn()
	l.AreaCode, l.AreaName, l.Ward = c.text(fAreaCode), c.text(fAreaName), c.text(fWard)
	c.point(l)
}

// uprn reads a unique property reference number: up to twelve digits, kept without leading zeros.
func (c *cursor) uprn() string {
	v := c.text(fUPRN)
	if v == "" {
		return ""
	}
	s := wholeNumberText(v)
	switch {
	case scientific(v):
		c.warn(fUPRN, v, ErrDigitsLost.Error()+"; taken as missing")
		return ""
	case !isDigits(s) || len(s) > 12:
		c.warn(fUPRN, v, "not a unique property reference number; expected up to twelve digits; taken as missing")
		return ""
	}
	return strings.TrimLeft(s, "0")
}

// agency is the agency a row belongs to: its own column, or the file's.
func (c *cursor) agency() string {
	if a := c.text(fAgency); a != "" {
		return a
	}
	return c.r.opt.Agency
}

// yearOf keeps only the year of a date.
func yearOf(d Date) Date {
	if !d.Known() || d.Precision == fact.Age || d.Precision == fact.Year {
		return d
	}
	return Date{Value: time.Date(d.Value.Year(), 1, 1, 0, 0, 0, 0, time.UTC), Precision: fact.Year}
}
