package linkrun

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake/profile"
)

// converter turns a file's rows into records. It keeps what it has worked out
// for values that come again.
type converter struct {
	plan   *plan
	source string
	births map[string]linkage.Birth
	sexes  map[string]linkage.Sex
	days   map[string]int32
	rules  profile.DateRules
	lines  []byte
	hasOf  map[role]bool
	addrs  [2]linkage.Address
	long   int // names with a word that is cut
}

func newConverter(p *plan, source string, order profile.Order, asAt time.Time) *converter {
	c := &converter{
		plan: p, source: source, births: map[string]linkage.Birth{}, sexes: map[string]linkage.Sex{}, days: map[string]int32{},
		rules: profile.DateRules{Birth: true, Order: order, AsAt: asAt}, hasOf: map[role]bool{},
	}
	for _, x := range p.columns {
		c.hasOf[x.role] = true
	}
	return c
}

// fill fills a record from a row.
func (c *converter) fill(r *linkage.Record, cells []string, number int) {
	r.Source = c.source
	r.ID = ""
	if c.plan.id >= 0 {
		r.ID = strings.TrimSpace(cells[c.plan.id])
	}
	if r.ID == "" {
		r.ID = strconv.Itoa(number)
	}
	r.Names, r.Identifiers, r.Addresses = r.Names[:0], r.Identifiers[:0], r.Addresses[:0]
	r.Birth, r.Sex, r.School = linkage.Birth{}, linkage.SexUnknown, ""
	var main, preferred, former linkage.Name
	var age string
	var now, old linkage.Address
	c.lines = c.lines[:0]
	for i := range c.plan.columns {
		col := &c.plan.columns[i]
		v := strings.TrimSpace(cells[col.at])
		if v == "" {
			continue
		}
		if len(v) > linkage.LongestWord && isName(col.role) && slices.ContainsFunc(strings.Fields(v), func(w string) bool { return utf8.RuneCountInString(w) > linkage.LongestWord }) {
			c.long++
		}
		switch col.role {
		case roleGiven:
			main.Given = joinSpace(main.Given, v)
		case roleMiddle:
			main.Middle = v
		case roleFamily:
			main.Family = v
		case roleFull:
			main.Full = v
		case rolePreferred:
			preferred.Given = v
		case rolePrefFamily:
			preferred.Family = v
		case roleFormer:
			former.Full = v
		case roleFormerFamily:
			former.Family = v
		case roleAlias:
			for _, a := range strings.FieldsFunc(v, func(r rune) bool { return r == ';' || r == '|' || r == '/' || r == '\n' || r == ',' }) {
				if a = strings.TrimSpace(a); a != "" {
					r.Names = append(r.Names, linkage.Name{Kind: linkage.AliasName, Full: a})
				}
			}
		case roleBirth:
			r.Birth = c.birth(v)
		case roleAge:
			age = v
		case roleSex:
			if r.Sex == linkage.SexUnknown {
				r.Sex = c.sex(v)
			}
		case roleHouse:
			c.lines = append(append(c.lines, v...), ' ')
		case roleAddress:
			c.lines = append(append(c.lines, v...), ", "...)
		case roleTown:
			if now.Town == "" {
				now.Town = v
			}
		case rolePostcode:
			now.Postcode = v
		case roleFrom:
			now.From = c.day(v)
		case roleTo:
			now.To = c.day(v)
		case roleOldAddress:
			old.Lines = v
		case roleOldPostcode:
			old.Postcode = v
		case roleSchool:
			r.School = v
		default:
			r.Identifiers = append(r.Identifiers, linkage.Identifier{Kind: string(col.role), Value: v})
		}
	}
	c.names(r, main, preferred, former)
	if r.Birth == (linkage.Birth{}) && age != "" {
		r.Birth = c.birthFromAge(age)
	}
	now.Lines = string(c.lines)
	if now != (linkage.Address{}) {
		r.Addresses = append(r.Addresses, now)
	}
	if old != (linkage.Address{}) {
		r.Addresses = append(r.Addresses, old)
	}
}

func joinSpace(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// names puts the record's names in order, the one it is filed under first. A
// preferred or former name that is only half of one takes the other half from
// the main name.
func (c *converter) names(r *linkage.Record, main, preferred, former linkage.Name) {
	aliases := len(r.Names)
	add := func(n linkage.Name) { r.Names = append(r.Names, n) }
	if main != (linkage.Name{}) {
		add(main)
	}
	if preferred != (linkage.Name{}) {
		p := linkage.Name{Kind: linkage.PreferredName, Given: preferred.Given, Family: preferred.Family}
		if p.Given == "" {
			p.Given = main.Given
		}
		if p.Family == "" && !strings.Contains(p.Given, " ") {
			p.Family = main.Family
		}
		if p.Family == "" {
			p = linkage.Name{Kind: linkage.PreferredName, Full: p.Given}
		}
		if p.Given != main.Given || p.Family != main.Family {
			add(p)
		}
	}
	switch {
	case former.Family != "":
		add(linkage.Name{Kind: linkage.FormerName, Given: main.Given, Family: former.Family})
	case former.Full != "" && !strings.Contains(former.Full, " ") && main.Given != "":
		add(linkage.Name{Kind: linkage.FormerName, Given: main.Given, Family: former.Full})
	case former.Full != "":
		add(linkage.Name{Kind: linkage.FormerName, Full: former.Full})
	}
	if aliases > 0 && len(r.Names) > aliases { // aliases last
		all := append(append([]linkage.Name{}, r.Names[aliases:]...), r.Names[:aliases]...)
		r.Names = append(r.Names[:0], all...)
	}
}

func (c *converter) sex(v string) linkage.Sex {
	if s, ok := c.sexes[v]; ok {
		return s
	}
	s := linkage.SexUnknown
	switch got, _ := profile.ParseSex(v); got {
	case profile.Female:
		s = linkage.Female
	case profile.Male:
		s = linkage.Male
	}
	c.sexes[strings.Clone(v)] = s
	return s
}

func (c *converter) birth(v string) linkage.Birth {
	if b, ok := c.births[v]; ok {
		return b
	}
	b := c.parseBirth(v)
	c.births[strings.Clone(v)] = b
	return b
}

func (c *converter) parseBirth(v string) linkage.Birth {
	estimated := strings.ContainsAny(v, "~?") || strings.Contains(strings.ToLower(v), "est") || strings.HasPrefix(strings.ToLower(v), "c")
	if len(v) == 8 && allDigits(v) && (v[:2] == "19" || v[:2] == "20") { // yyyymmdd, possible or not
		y, _ := strconv.Atoi(v[:4])
		m, _ := strconv.Atoi(v[4:6])
		d, _ := strconv.Atoi(v[6:])
		return linkage.Birth{Year: y, Month: m, Day: d}
	}
	d, _, err := profile.ParseDate(v, c.rules)
	if err != nil && !d.Known() {
		return impossible(v)
	}
	b := linkage.Birth{Year: d.Value.Year(), Month: int(d.Value.Month()), Day: d.Value.Day(), Estimated: estimated}
	switch d.Precision {
	case fact.Month:
		b.Day = 0
	case fact.Year:
		b.Month, b.Day = 0, 0
	case fact.Age:
		return linkage.Birth{Year: d.Value.AddDate(-d.Age, -6, 0).Year(), FromAge: true}
	case fact.Unknown:
		return linkage.Birth{}
	}
	return b
}

// impossible keeps the parts of a date that no calendar has, as 31/02/2008: a
// slip of the pen is still evidence.
func impossible(v string) linkage.Birth {
	parts := strings.FieldsFunc(v, func(r rune) bool { return r < '0' || r > '9' })
	if len(parts) != 3 || !allDigits(strings.Join(parts, "")) {
		return linkage.Birth{}
	}
	n := [3]int{}
	for i, p := range parts {
		n[i], _ = strconv.Atoi(p)
	}
	if len(parts[0]) == 4 {
		return linkage.Birth{Year: n[0], Month: n[1], Day: n[2]}
	}
	if len(parts[2]) == 4 {
		return linkage.Birth{Year: n[2], Month: n[1], Day: n[0]}
	}
	return linkage.Birth{}
}

func (c *converter) birthFromAge(v string) linkage.Birth {
	years, err := profile.ParseAge(v)
	if err != nil || c.rules.AsAt.IsZero() {
		return linkage.Birth{}
	}
	return linkage.Birth{Year: c.rules.AsAt.AddDate(-years, -6, 0).Year(), FromAge: true}
}

func (c *converter) day(v string) int32 {
	if d, ok := c.days[v]; ok {
		return d
	}
	rules := c.rules
	rules.Birth = false
	var out int32
	if d, _, err := profile.ParseDate(v, rules); err == nil && d.Known() {
		out = int32(d.Value.Unix() / 86400)
	}
	c.days[strings.Clone(v)] = out
	return out
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isName reports whether a column holds a name.
func isName(r role) bool {
	switch r {
	case roleFull, roleGiven, roleMiddle, roleFamily, rolePreferred, rolePrefFamily, roleFormer, roleFormerFamily, roleAlias:
		return true
	}
	return false
}
