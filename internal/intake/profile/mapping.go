package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// MappingVersion is the version of the mapping's JSON that this program writes and reads.
const MappingVersion = 1

// Mapping says which column of a partner's file holds what. It is made once for a partner, kept, and used for every
// later file with the same header. What it says overrides recognition; columns it does not name are not read.
type Mapping struct {
	Version int    `json:"version"`
	Profile string `json:"profile"`
	// Agency is the code of the agency whose file it is.
	Agency string `json:"agency,omitempty"`
	// Header is the header the mapping was made for. A file with other columns stops: see Diff.
	Header []string `json:"header,omitempty"`
	// Columns gives a column name its field (a name from Profile.Columns); an empty field says that the column
	// is known and not wanted.
	Columns map[string]string `json:"columns"`
	// DateOrder is the order of day and month in all columns: "dmy", "mdy" or "ymd"; "" finds out for each.
	DateOrder string `json:"date_order,omitempty"`
	// Fixed gives a field one value for all rows where its column is missing or empty: {"role": "victim"}.
	Fixed map[string]string `json:"fixed,omitempty"`
	// Kinds gives the partner's own words for an event Lantern's kind: {"Code 12": "robbery"}. Capitals and signs do
	// not matter.
	Kinds map[string]Kind `json:"kinds,omitempty"`
}

// ParseMapping reads a mapping from JSON and checks it. Members it does not know are errors, so that a
// misspelt one is not passed over.
func ParseMapping(data []byte) (*Mapping, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var m Mapping
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("the mapping is not JSON of the expected form: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("the mapping holds more than one JSON document; expected one")
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return &m, nil
}

// Check says in words what is wrong with a mapping, whatever file it is used for.
func (m *Mapping) Check() error {
	if m.Version != MappingVersion {
		return fmt.Errorf("the mapping is of version %d; expected version %d", m.Version, MappingVersion)
	}
	p, ok := Find(m.Profile)
	if !ok {
		return fmt.Errorf("the mapping names the profile %q; expected one of %s", m.Profile, listWords(profileNames(), "or"))
	}
	if _, ok := dateOrders[m.DateOrder]; !ok {
		return fmt.Errorf("the mapping's date_order is %q; expected dmy, mdy or ymd", m.DateOrder)
	}
	if len(m.Columns) == 0 {
		return fmt.Errorf("the mapping names no columns; expected a field for at least one")
	}
	taken := map[field]string{}
	for _, column := range sortedKeys(m.Columns) {
		name := m.Columns[column]
		if name == "" {
			continue
		}
		f, ok := p.fieldNamed(name)
		if !ok {
			return fmt.Errorf("the mapping gives the column %q the field %q, which the profile %s has not; expected one of %s", column, name, p.Name, listWords(p.fieldNames(), "or"))
		}
		if other, twice := taken[f]; twice && !many[f] {
			return fmt.Errorf("the mapping gives both %q and %q the field %s; expected one column for it", other, column, name)
		}
		taken[f] = column
	}
	for _, name := range sortedKeys(m.Fixed) {
		if _, ok := p.fieldNamed(name); !ok {
			return fmt.Errorf("the mapping fixes the field %q, which the profile %s has not", name, p.Name)
		}
	}
	for _, w := range sortedKeys(m.Kinds) {
		if !m.Kinds[w].Known() {
			return fmt.Errorf("the mapping gives %q the kind %q; expected one of Lantern's kinds of event", w, m.Kinds[w])
		}
	}
	return nil
}

// NewMapping is the mapping that says what recognition found, for a person to correct and keep.
func NewMapping(profile string, header []string) (*Mapping, error) {
	p, ok := Find(profile)
	if !ok {
		return nil, fmt.Errorf("there is no profile %q; expected one of %s", profile, listWords(profileNames(), "or"))
	}
	a := p.assign(header)
	m := &Mapping{Version: MappingVersion, Profile: profile, Header: slices.Clone(header), Columns: map[string]string{}}
	for i, h := range header {
		if a.keys[i] != "" {
			m.Columns[h] = a.fields[i].String()
		}
	}
	if a.role != "" && a.column(fRole) < 0 && p.has(fRole) {
		m.Fixed = map[string]string{fRole.String(): a.role}
	}
	return m, nil
}

var dateOrders = map[string]Order{"": DayFirst, "dmy": DayFirst, "mdy": MonthFirst, "ymd": YearFirst}

// assign places a mapping's columns in a header. The error says how the header differs from the mapping's.
func (m *Mapping) assign(p *Profile, header []string) (*assignment, error) {
	if m.Header != nil {
		if d := Diff(m.Header, header); len(d) > 0 {
			return nil, &HeaderChangedError{Differences: d}
		}
	}
	a := &assignment{profile: p, header: header, keys: make([]string, len(header)), fields: make([]field, len(header)), ranks: make([]int, len(header))}
	at := map[string]int{}
	for i, h := range header {
		a.keys[i] = headerKey(h)
		if _, twice := at[a.keys[i]]; !twice {
			at[a.keys[i]] = i
		}
	}
	for _, column := range sortedKeys(m.Columns) {
		name := m.Columns[column]
		if name == "" {
			continue
		}
		i := slices.Index(header, column)
		if i < 0 {
			var found bool
			if i, found = at[headerKey(column)]; !found {
				return nil, &HeaderChangedError{Differences: []string{fmt.Sprintf("the column %q, which the mapping reads as %s, is not there", column, strings.ReplaceAll(name, "_", " "))}}
			}
		}
		a.fields[i], _ = p.fieldNamed(name)
	}
	if p.persons {
		a.layout = a.findLayout()
	}
	return a, nil
}

// HeaderChangedError says that a file's columns are not those its mapping was made for.
type HeaderChangedError struct{ Differences []string }

func (e *HeaderChangedError) Error() string {
	return "the columns are not those the mapping was made for: " + strings.Join(e.Differences, "; ") + ". Nothing was read; check the mapping and save it for the new columns"
}

// Diff says in words how a header differs from an earlier one: columns that came, went or have another
// name. Columns that only moved, or changed capitals, spaces or signs, are no difference, because columns are found by
// name.
func Diff(before, after []string) []string {
	gone, come := missingFrom(before, after), missingFrom(after, before)
	var out []string
	for _, g := range gone {
		i := slices.IndexFunc(come, func(c string) bool { return sameColumn(g, c) })
		if i < 0 && len(gone) == 1 && len(come) == 1 && slices.Index(before, g) == slices.Index(after, come[0]) {
			i = 0 // the only change, in the same place
		}
		if i < 0 {
			out = append(out, fmt.Sprintf("the column %q is no longer there", g))
			continue
		}
		out = append(out, fmt.Sprintf("where %q was there is now %q", g, come[i]))
		come = slices.Delete(come, i, i+1)
	}
	for _, c := range come {
		out = append(out, fmt.Sprintf("the column %q is new", c))
	}
	return out
}

// missingFrom are the names in list for which other has none alike; a name that stands twice counts twice.
func missingFrom(list, other []string) []string {
	have := map[string]int{}
	for _, h := range other {
		have[headerKey(h)]++
	}
	var out []string
	for _, h := range list {
		k := headerKey(h)
		if have[k] > 0 {
			have[k]--
			continue
		}
		if k != "" {
			out = append(out, h)
		}
	}
	return out
}

// sameColumn reports whether two names of columns mean the same field in some profile.
func sameColumn(a, b string) bool {
	ka, kb := headerKey(a), headerKey(b)
	list := profiles()
	for i := range list {
		x, _, okX := list[i].lookup(ka)
		y, _, okY := list[i].lookup(kb)
		if okX && okY && x.field == y.field && !many[x.field] {
			return true
		}
	}
	return false
}

func (p *Profile) has(f field) bool {
	return slices.ContainsFunc(p.uses, func(u use) bool { return u.field == f })
}

func (p *Profile) fieldNamed(name string) (field, bool) {
	f, ok := fieldNamed(name)
	return f, ok && p.has(f)
}

func (p *Profile) fieldNames() []string {
	var out []string
	for _, c := range p.Columns() {
		out = append(out, c.Field)
	}
	return out
}

func profileNames() []string {
	var out []string
	for _, p := range profiles() {
		out = append(out, p.Name)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
