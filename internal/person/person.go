// Package person shows one person as a viewer may see them, and finds people.
//
// There is no row anywhere that says what somebody is called or when they were born: all of it is gathered, each time, from
// the source records that the viewer's scope allows, and each statement keeps who makes it. Two viewers may so see two different
// titles for one person, and neither can tell what the other sees. Somebody none of whose records is open to the viewer does not
// exist for them.
//
// What a role may not read is said by role and class, whether or not there is any: "Health records are not open to your role" stands on
// every person's page, so that it tells nothing about this one.
package person

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/search"
)

// Store gathers people from their records.
type Store struct {
	clock    clock.Clock
	identity *identity.Store
	search   *search.Index
}

// NewStore returns the people of a database.
func NewStore(c clock.Clock, records *identity.Store, x *search.Index) *Store {
	return &Store{clock: c, identity: records, search: x}
}

// Stated is something that records say, and whose records say it.
type Stated struct {
	Value  string
	Detail string   // what sort of name, number or date it is, in words
	Owners []string // codes of agencies
	Refs   []string // file rows
}

// Person is somebody as the viewer may see them.
type Person struct {
	ID          string
	Title       string // a name from a record that may be read; NoName when none says one
	Records     []identity.Record
	Owners      []string
	Born        []Stated
	Sex         []Stated
	Names       []Stated
	Identifiers []Stated
	Addresses   []Stated
	Closed      []access.Class // classes closed to the viewer's role, whoever is looked at
}

// NoName is the title of somebody whose records say no name.
const NoName = "No name recorded"

// View gathers a person. An id that was merged away leads on: the person's own ID then differs from the one asked for.
// When no record of theirs may be read the answer is fault.NoSuch, as for an id that never was.
func (s *Store) View(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Person, error) {
	to, err := s.identity.Leads(ctx, q, id)
	none := fault.Is(err, fault.NotFound)
	if none {
		to = id // and the same is asked of it: that there is nobody must not show in how long the answer takes
	} else if err != nil {
		return Person{}, err
	}
	id = to
	records, err := s.identity.OfPersons(ctx, q, scope, []string{id})
	if err != nil {
		return Person{}, err
	}
	if none || len(records) == 0 {
		return Person{}, fault.NoSuch()
	}
	return gather(scope, id, records), nil
}

func gather(scope access.Scope, id string, records []identity.Record) Person {
	p := Person{ID: id, Records: records, Title: title(scope, records)}
	for _, c := range scope.Closed {
		if c.Personal() && c != access.FormerName { // that former names are a class is not for everybody's eyes
			p.Closed = append(p.Closed, c)
		}
	}
	for i := range records {
		r := &records[i]
		p.Owners = append(p.Owners, r.Owner)
		if r.Born != "" {
			state(&p.Born, r, BornWords(r.Born, r.BornPrecision), "")
		}
		if r.Sex != "" {
			state(&p.Sex, r, strings.ToUpper(r.Sex[:1])+r.Sex[1:], "")
		}
		for _, n := range r.Names {
			state(&p.Names, r, n.Display, nameWords[n.Kind])
		}
		for _, n := range r.Identifiers {
			detail := identity.KindWords(n.Kind)
			if n.Checked == identity.Failed {
				detail += ", check character does not agree"
			}
			state(&p.Identifiers, r, n.Value, detail)
		}
		for _, a := range r.Addresses {
			state(&p.Addresses, r, strings.Join(slices.DeleteFunc([]string{a.Place, a.Postcode}, func(s string) bool { return s == "" }), ", "), lived(a))
		}
	}
	slices.Sort(p.Owners)
	p.Owners = slices.Compact(p.Owners)
	return p
}

var nameWords = map[string]string{"legal": "name on file", "preferred": "preferred name", "alias": "alias", "street": "street name", "former": "former name"}

func lived(a identity.Address) string {
	switch {
	case a.From != "" && a.To != "":
		return "from " + showISO(a.From) + " to " + showISO(a.To)
	case a.From != "":
		return "from " + showISO(a.From)
	case a.To != "":
		return "until " + showISO(a.To)
	}
	return "dates not given"
}

func showISO(d string) string {
	if t, err := time.Parse(clock.ISODate, d); err == nil {
		return t.Format("2 January 2006")
	}
	return d
}

// state adds a statement, or its owner to the same statement made before.
func state(list *[]Stated, r *identity.Record, value, detail string) {
	if value == "" {
		return
	}
	key := linkage.Fold(value)
	for i := range *list {
		if x := &(*list)[i]; linkage.Fold(x.Value) == key && x.Detail == detail {
			if !slices.Contains(x.Owners, r.Owner) {
				x.Owners = append(x.Owners, r.Owner)
			}
			if !slices.Contains(x.Refs, r.SourceRef) {
				x.Refs = append(x.Refs, r.SourceRef)
			}
			return
		}
	}
	*list = append(*list, Stated{Value: value, Detail: detail, Owners: []string{r.Owner}, Refs: []string{r.SourceRef}})
}

// BornWords is a date of birth as exactly as it is known: 12 March 2009, March 2009, 2009.
func BornWords(born, precision string) string {
	layout, out := clock.ISODate, "2 January 2006"
	switch fact.Precision(precision) {
	case fact.Month:
		layout, out = "2006-01", "January 2006"
	case fact.Year:
		layout, out = "2006", "2006"
	}
	if t, err := time.Parse(layout, born); err == nil {
		return t.Format(out)
	}
	return born
}

// title is what the viewer's own agency files the person under, its newest record first; else what most records do.
func title(scope access.Scope, records []identity.Record) string {
	count, newest := map[string]int{}, ""
	for i := range records {
		t := records[i].Title()
		if t == "" {
			continue
		}
		count[t]++
		if records[i].Owner == scope.Agency {
			newest = t
		}
	}
	if newest != "" {
		return newest
	}
	best := ""
	for i := range records {
		if t := records[i].Title(); t != "" && count[t] > count[best] {
			best = t
		}
	}
	return cmp.Or(best, NoName)
}

// Asked is what somebody typed into the search box, understood.
type Asked struct {
	Words   []string // of a name
	Born    string   // ISO date
	Numbers []string // what may be an identifier
}

// Empty reports whether there is nothing to look for.
func (a Asked) Empty() bool { return len(a.Words) == 0 && a.Born == "" && len(a.Numbers) == 0 }

var dates = regexp.MustCompile(`(?i)\b(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}|\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{2,4}|\d{1,2} \d{1,2} \d{4})\b`)

// Ask understands what was typed: a name, a date of birth, a number, or some of them in any order.
func (s *Store) Ask(text string) Asked {
	var a Asked
	text = dates.ReplaceAllStringFunc(text, func(m string) string {
		spoken := m
		if strings.Count(m, " ") == 2 && !strings.ContainsFunc(m, func(r rune) bool { return r >= 'A' }) {
			spoken = strings.ReplaceAll(m, " ", "/")
		}
		d, _, err := profile.ParseDate(spoken, profile.DateRules{AsAt: clock.Today(s.clock), Birth: true})
		if err != nil || d.Precision != fact.Day || a.Born != "" {
			return m
		}
		a.Born = d.String()
		return " "
	})
	var words, number []string
	flush := func() {
		if len(number) > 1 { // 943 476 5919
			a.Numbers = append(a.Numbers, strings.Join(number, ""))
		}
		a.Numbers = append(a.Numbers, number...)
		number = nil
	}
	for _, w := range strings.Fields(text) {
		if strings.ContainsAny(w, "0123456789") {
			number = append(number, w)
			continue
		}
		flush()
		words = append(words, w)
	}
	flush()
	a.Numbers = slices.DeleteFunc(a.Numbers, func(n string) bool { return len(n) < 3 })
	a.Words = search.Words(strings.Join(words, " "))
	return a
}

// Hit is one person found.
type Hit struct {
	Person
	Why []string // what does not stand in the record as it was typed
}

// Found is a page of findings.
type Found struct {
	Asked Asked
	Hits  []Hit
	Total int  // people, of whom at least one record may be read
	More  bool // the words are so common that not every record could be looked at
}

// Find looks for people by what somebody typed, best first.
func (s *Store) Find(ctx context.Context, q database.Queryer, scope access.Scope, text string, limit, offset int) (Found, error) {
	f := Found{Asked: s.Ask(text)}
	hits, more, err := s.search.Find(ctx, q, scope, search.Query{Words: f.Asked.Words, Born: f.Asked.Born})
	if err != nil {
		return f, err
	}
	f.More = more
	why := map[string][]string{}
	var records []string
	for _, n := range f.Asked.Numbers {
		ids, err := s.identity.ByNumber(ctx, q, scope, n)
		if err != nil {
			return f, err
		}
		for _, id := range ids {
			if _, ok := why[id]; !ok {
				why[id], records = nil, append(records, id)
			}
		}
	}
	for _, h := range hits {
		if _, ok := why[h.RecordID]; !ok {
			why[h.RecordID], records = h.Why, append(records, h.RecordID)
		}
	}
	of, err := s.identity.PersonsOf(ctx, q, records)
	if err != nil {
		return f, err
	}
	var persons []string
	reasons := map[string][]string{}
	for _, r := range records {
		p := of[r]
		if p == "" {
			continue
		}
		if _, ok := reasons[p]; !ok { // the reasons of the record that fits best stand for the person
			persons, reasons[p] = append(persons, p), slices.Clone(why[r])
		}
	}
	f.Total = len(persons)
	shown := persons[min(offset, len(persons)):min(offset+limit, len(persons))]
	people, err := s.several(ctx, q, scope, shown)
	for _, p := range people {
		h := Hit{Person: p, Why: reasons[p.ID]}
		for i := range p.Records { // found by a record that has another name than the page's title
			r := &p.Records[i]
			if _, ok := why[r.ID]; ok && r.Title() != "" && linkage.Fold(r.Title()) != linkage.Fold(p.Title) {
				if words := "also recorded as " + r.Title(); !slices.Contains(h.Why, words) {
					h.Why = append(h.Why, words)
				}
			}
		}
		f.Hits = append(f.Hits, h)
	}
	return f, err
}

// several gathers people in the order given.
func (s *Store) several(ctx context.Context, q database.Queryer, scope access.Scope, ids []string) ([]Person, error) {
	records, err := s.identity.OfPersons(ctx, q, scope, ids)
	if err != nil {
		return nil, err
	}
	by := map[string][]identity.Record{}
	for _, r := range records {
		by[r.Person] = append(by[r.Person], r)
	}
	var out []Person
	for _, id := range ids {
		if len(by[id]) > 0 {
			out = append(out, gather(scope, id, by[id]))
		}
	}
	return out, nil
}

// Recent lists the people of whom the viewer's own agency gave a record this month, newest first, and how many there are.
func (s *Store) Recent(ctx context.Context, q database.Queryer, scope access.Scope, limit, offset int) ([]Person, int, error) {
	y, m, _ := s.clock.Now().In(clock.London()).Date()
	since := clock.Micros(time.Date(y, m, 1, 0, 0, 0, 0, clock.London()))
	ids, total, err := s.identity.Recent(ctx, q, scope, since, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	people, err := s.several(ctx, q, scope, ids)
	return people, total, err
}

// Of are a person's records as parts of one class, for web.Whys: the records that have such a part.
func (p Person) Of(class access.Class) []access.Record {
	var out []access.Record
	for i := range p.Records {
		r := &p.Records[i]
		if class == access.Contact && len(r.Addresses) == 0 {
			continue
		}
		part := access.Of(r.Fact)
		part.Class = class
		out = append(out, part)
	}
	return out
}
