package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Tag is a word in a box. The colour is one of GOV.UK's and stands for a tone: "green" for good, "red"
// for what is wrong or late, "yellow" for doubt, "grey" for what is over, "purple" for restricted, "blue"
// or none for plain; the word carries the meaning.
type Tag struct{ Text, Colour string }

// Class is the ending of the tag's style class; "" for a plain one.
func (t Tag) Class() string {
	switch t.Colour {
	case "green":
		return "good"
	case "red":
		return "bad"
	case "yellow", "orange":
		return "doubt"
	case "grey":
		return "quiet"
	case "purple":
		return "restricted"
	}
	return ""
}

// Cell is one cell of a table.
type Cell struct {
	Text   string
	Href   string
	Hidden string // read out after the text, not shown: which row a "View" belongs to
	Sub    string // a second, quieter line
	Tag    *Tag
	// Unnumbered says that Text stands where a number would: "fewer than 5", "not known".
	Unnumbered bool
}

// Column is one column of a table.
type Column struct {
	Key     string // name used in ?sort=; "" when it cannot be sorted
	Label   string
	Numeric bool

	SortHref string // filled in by Table.Sortable
	Sorted   string // "ascending", "descending" or ""
}

// Row is one row. ID, when set, becomes the row's id, for a link to lead to it; Feature is the row's
// feature on the live map above the table.
type Row struct {
	ID      string
	Feature string
	Cells   []Cell
}

// Table is a table with its caption, its base and, when the list is long, its pages.
type Table struct {
	ID      string
	Caption string
	Columns []Column
	Rows    []Row
	Empty   string // what to say when there are no rows
	Base    string // what the figures rest on, under the table
	Pages   *Pages
	// Grid keeps rows and columns on a phone, in a region that scrolls, where each row would otherwise
	// become a block of its own. Tables made mostly of numbers are kept so without it.
	Grid bool
}

// Stacks reports whether each row becomes a block on a phone.
func (t Table) Stacks() bool {
	numeric := 0
	for _, c := range t.Columns {
		if c.Numeric {
			numeric++
		}
	}
	return !t.Grid && len(t.Columns) > 2 && 2*numeric < len(t.Columns)
}

// List is how a list was asked for: by the query string, checked against what the page offers.
type List struct {
	Sort    string
	Desc    bool
	Page    int // from 1
	Size    int
	Filters map[string]string
	path    string
	query   url.Values
}

// Offset is how many rows to skip.
func (l List) Offset() int { return (l.Page - 1) * l.Size }

const defaultPageSize = 50

// ReadList reads sort, dir, page and the named filters from the query string. A sort key that is not
// offered is ignored.
func ReadList(r *http.Request, sorts []string, byDefault string, desc bool, filters ...string) List {
	q := r.URL.Query()
	l := List{Sort: byDefault, Desc: desc, Page: 1, Size: defaultPageSize, Filters: map[string]string{}, path: r.URL.Path, query: url.Values{}}
	if s := q.Get("sort"); slices.Contains(sorts, s) {
		l.Sort, l.Desc = s, q.Get("dir") == "desc"
		l.query.Set("sort", s)
		if l.Desc {
			l.query.Set("dir", "desc")
		}
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n < 1_000_000 {
		l.Page = n
	}
	for _, f := range filters {
		v := clean(q.Get(f), false)
		if len([]rune(v)) > 200 {
			v = string([]rune(v)[:200])
		}
		l.Filters[f] = v
		if v != "" {
			l.query.Set(f, v)
		}
	}
	return l
}

// Order is the ORDER BY of the list's sort: columns maps each offered key to its SQL; every order ends
// with the tie-breaker so that pages do not overlap.
func (l List) Order(columns map[string]string, tie string) string {
	dir := " ASC NULLS LAST"
	if l.Desc {
		dir = " DESC NULLS LAST"
	}
	if c, ok := columns[l.Sort]; ok {
		return c + dir + ", " + tie
	}
	return tie
}

func (l List) href(change map[string]string) string {
	q := url.Values{}
	for k, v := range l.query {
		q[k] = v
	}
	for k, v := range change {
		if v == "" {
			q.Del(k)
		} else {
			q.Set(k, v)
		}
	}
	if len(q) == 0 {
		return l.path
	}
	return l.path + "?" + q.Encode()
}

// Sortable fills in the headings' links.
func (t *Table) Sortable(l List) {
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Key == "" {
			continue
		}
		dir := ""
		if l.Sort == c.Key {
			c.Sorted = "ascending"
			if l.Desc {
				c.Sorted = "descending"
			} else {
				dir = "desc"
			}
		}
		c.SortHref = l.href(map[string]string{"sort": c.Key, "dir": dir, "page": ""})
	}
}

// Pages are the pages of a long list.
type Pages struct {
	From, To, Total int
	Previous, Next  string
	Numbers         []PageNumber
}

// PageNumber is one page; Gap stands for those left out.
type PageNumber struct {
	Number  int
	Href    string
	Current bool
	Gap     bool
}

// Paged works out the pages of total rows; nil when they fit on one.
func (l List) Paged(total int) *Pages {
	last := max(1, (total+l.Size-1)/l.Size)
	if last == 1 {
		return nil
	}
	at := min(l.Page, last)
	to := func(n int) string {
		if n == 1 {
			return l.href(map[string]string{"page": ""})
		}
		return l.href(map[string]string{"page": strconv.Itoa(n)})
	}
	p := &Pages{From: (at-1)*l.Size + 1, To: min(at*l.Size, total), Total: total}
	if at > 1 {
		p.Previous = to(at - 1)
	}
	if at < last {
		p.Next = to(at + 1)
	}
	for n := 1; n <= last; n++ {
		if n == 1 || n == last || n >= at-1 && n <= at+1 {
			p.Numbers = append(p.Numbers, PageNumber{Number: n, Href: to(n), Current: n == at})
		} else if !p.Numbers[len(p.Numbers)-1].Gap {
			p.Numbers = append(p.Numbers, PageNumber{Gap: true})
		}
	}
	return p
}

// Filter is the form above a list that narrows it. It is a GET form: the address is the filter.
type Filter struct {
	Action string
	Fields []*Field
	Clear  string // the list without filters; "" when none is set
}

// NewFilter makes the filter form and fills it from what was asked.
func (l List) NewFilter(fields ...*Field) *Filter {
	f := &Filter{Action: l.path, Fields: fields}
	for _, x := range fields {
		x.Value = l.Filters[x.Name]
		if x.Value != "" {
			f.Clear = l.path
		}
	}
	return f
}

// SummaryRow is one row of a summary list: a key and its value.
type SummaryRow struct {
	Key, Value string
	Lines      []string // instead of Value, when there are several
	Href       string   // the value is a link
	Change     string   // where "Change" leads
	Tag        *Tag
	// Source says where it came from, opened by whoever asks "how do you know?".
	Source string
}

// TimelineItem is one dated thing that happened.
type TimelineItem struct {
	Title, When, By, Text, Href string
	Tag                         *Tag
	Source                      string
	// Superseded is set when it was corrected since: it is shown struck through, and said.
	Superseded bool
}

// timelineDay is what happened under one date, as the date is written.
type timelineDay struct {
	When  string
	Items []TimelineItem
}

// days puts neighbours with the same date together; the order is the caller's.
func days(items []TimelineItem) []timelineDay {
	var out []timelineDay
	for _, x := range items {
		if len(out) == 0 || out[len(out)-1].When != x.When {
			out = append(out, timelineDay{When: x.When})
		}
		last := &out[len(out)-1]
		last.Items = append(last.Items, x)
	}
	return out
}
