package practice

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice/find"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Refs reads a list of entries: "duty/section-47, template/escalation". What names no kind is left out.
func Refs(list string) []string {
	var out []string
	for _, r := range strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' }) {
		kind, code, ok := strings.Cut(r, "/")
		if _, known := KindOf(kind); ok && known && code != "" && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// Touched is an entry that a change in the law touches, and whether anybody has looked at it since.
type Touched struct {
	Entry
	Missing string // the reference, when there is no such entry any more
	Since   string // the name and day of whoever looked at it since, "" when nobody has
}

// Touches lists what a change in the law touches. Somebody has looked at an entry since when a person confirmed it, or published a
// version of it, after the change: what came with the program is nobody's look.
func (l *Library) Touches(ctx context.Context, q database.Queryer, scope access.Scope, change Item) ([]Touched, error) {
	var out []Touched
	for _, ref := range Refs(change.Field("touches")) {
		kind, code, _ := strings.Cut(ref, "/")
		e, err := l.Get(ctx, q, scope, kind, code)
		if fault.Is(err, fault.NotFound) {
			out = append(out, Touched{Missing: ref})
			continue
		}
		if err != nil {
			return nil, err
		}
		t := Touched{Entry: e}
		if e.PublishedAt != nil && !strings.HasPrefix(e.By, "system:") {
			day := clock.FromMicros(*e.PublishedAt).In(clock.London())
			if day.Format(clock.ISODate) >= change.Field("on") {
				t.Since = e.PublishedName + ", " + day.Format("2 January 2006")
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// Rating is what an outside toolkit says of an approach, in its own words.
type Rating struct {
	Approach, Name, Effect, Evidence, Cost, Note string
	Toolkit                                      Item
}

// rows reads a table that begins with the columns given. A line that cannot be read is an error that names it.
func rows(text string, columns ...string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = len(columns)
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if err != nil || !slices.Equal(head, columns) {
		return nil, fault.New(fault.Invalid, "The table must begin with the line %s.", strings.Join(columns, ","))
	}
	var out [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "Line %d of the table cannot be read: expected %d values with commas between them.", lineOf(err), len(columns))
		}
		out = append(out, row)
	}
}

// lineOf is the line that a reader of CSV could not read.
func lineOf(err error) int {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return at.Line
	}
	return 0
}

// ReadRatings reads a toolkit's table.
func ReadRatings(text string) ([]Rating, error) {
	all, err := rows(text, "approach", "name", "effect", "evidence", "cost", "note")
	if err != nil {
		return nil, err
	}
	var out []Rating
	for i, r := range all {
		if r[0] == "" || r[1] == "" || r[2] == "" {
			return nil, fault.New(fault.Invalid, "Row %d of the ratings needs an approach, a name and an effect.", i+1)
		}
		out = append(out, Rating{Approach: r[0], Name: r[1], Effect: r[2], Evidence: r[3], Cost: r[4], Note: r[5]})
	}
	return out, nil
}

// ReadGroups reads a list of words for one thing.
func ReadGroups(text string) ([]find.Group, error) {
	all, err := rows(text, "terms", "source")
	if err != nil {
		return nil, err
	}
	var out []find.Group
	for i, r := range all {
		g := find.Group{Source: r[1]}
		for _, t := range strings.Split(r[0], "|") {
			if t = strings.TrimSpace(t); t != "" {
				g.Terms = append(g.Terms, t)
			}
		}
		if len(g.Terms) < 2 || g.Source == "" {
			return nil, fault.New(fault.Invalid, "Row %d of the words needs at least two with a | between them, and where they were seen.", i+1)
		}
		out = append(out, g)
	}
	if len(out) > 500 {
		return nil, fault.New(fault.TooLarge, "There are %d groups of words: at most 500 are taken.", len(out))
	}
	return out, nil
}

// Approach is what is known about one way of working: what we hold, apart from what toolkits say.
type Approach struct {
	Code, Name string
	Notes      []Entry
	Ratings    []Rating
}

// Approaches gathers notes and toolkits' ratings by approach, by name. A toolkit that came from a file and cannot be read is left out; its
// own page says what is wrong with it.
func (l *Library) Approaches(ctx context.Context, q database.Queryer, scope access.Scope) ([]Approach, error) {
	notes, err := l.List(ctx, q, scope, Note)
	if err != nil {
		return nil, err
	}
	toolkits, err := l.List(ctx, q, scope, Toolkit)
	if err != nil {
		return nil, err
	}
	by := map[string]*Approach{}
	at := func(code, name string) *Approach {
		a := by[code]
		if a == nil {
			a = &Approach{Code: code, Name: name}
			by[code] = a
		}
		return a
	}
	for _, t := range toolkits {
		ratings, err := ReadRatings(t.Field("ratings"))
		if err != nil {
			continue
		}
		for _, r := range ratings {
			r.Toolkit = t.Item
			a := at(r.Approach, r.Name)
			a.Ratings = append(a.Ratings, r)
		}
	}
	for _, n := range notes {
		if code := n.Field("approach"); code != "" {
			a := at(code, n.Title)
			a.Notes = append(a.Notes, n)
		}
	}
	out := make([]Approach, 0, len(by))
	for _, a := range by {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Approach) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out, nil
}

// Approach is what is known about one approach; NotFound when nothing is.
func (l *Library) Approach(ctx context.Context, q database.Queryer, scope access.Scope, code string) (Approach, error) {
	all, err := l.Approaches(ctx, q, scope)
	if err != nil {
		return Approach{}, err
	}
	for _, a := range all {
		if a.Code == code {
			return a, nil
		}
	}
	return Approach{}, fault.NoSuch()
}
