package partnership

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
)

// The kinds of content that say whom to turn to. They are about members of staff at work, never about anybody
// whose safety is at stake.
const (
	TeamKind = "team-member"
	RingKind = "ring"
)

// TeamMember is one of the front line practitioners whom the partnership counts on.
type TeamMember struct {
	Code, Name, Role   string
	Agency             string // code
	Skills, Languages  []string
	Cases, Limit       int    // open cases, and how many they can carry; Limit 0 when nobody has said
	CasesKnown         bool   // somebody has said how many cases there are
	Cover              string // who stands in, by name
	Reach              string // how to reach them at work
	LastContact        string // ISO date
	Over, Alone, Stale bool   // more cases than the limit; nobody to stand in; not spoken to in time
	Version            content.Version
}

// Lines are the words of a field, one a line or behind a comma.
func Lines(s string) []string {
	var out []string
	for _, x := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == ',' }) {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

func count(s string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil && n >= 0
}

// tooLong reports whether a day lies more than days back, or is not known.
func tooLong(day string, today time.Time, days int) bool {
	d, err := time.Parse(clock.ISODate, day)
	return err != nil || int(today.Sub(d).Hours()/24) > days
}

// Team reads the practitioners' entries: those with too many cases or nobody to stand in first, then those
// nobody has spoken to for more than days, then by name.
func Team(list []content.Version, today time.Time, days int) []TeamMember {
	out := make([]TeamMember, 0, len(list))
	for _, v := range list {
		m := TeamMember{Code: v.Code, Name: v.Title, Role: v.Field("role"), Agency: v.Field("agency"), Skills: Lines(v.Field("skills")), Languages: Lines(v.Field("languages")),
			Cover: v.Field("cover"), Reach: v.Field("reach"), LastContact: v.Field("last_contact"), Version: v}
		m.Cases, m.CasesKnown = count(v.Field("cases"))
		m.Limit, _ = count(v.Field("limit"))
		m.Over, m.Alone, m.Stale = m.Limit > 0 && m.Cases > m.Limit, m.Cover == "", tooLong(m.LastContact, today, days)
		out = append(out, m)
	}
	rank := func(m TeamMember) int {
		switch {
		case m.Over:
			return 0
		case m.Alone:
			return 1
		case m.Stale:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(out, func(a, b TeamMember) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// Ring is one number to ring, and for what.
type Ring struct {
	Code, Desk, For, When, Phone string
	Else                         string // what to do when nobody answers
	Agency                       string // code
	Order                        int    // place on the sheet
	CheckedOn                    string // ISO date on which somebody last rang it to see
	Stale                        bool   // not checked in time
	Version                      content.Version
}

// Rings reads the entries of the sheet in their order.
func Rings(list []content.Version, today time.Time, days int) []Ring {
	out := make([]Ring, 0, len(list))
	for _, v := range list {
		r := Ring{Code: v.Code, Desk: v.Title, For: v.Field("for"), When: v.Field("when"), Phone: v.Field("phone"), Else: v.Field("else"), Agency: v.Field("agency"), CheckedOn: v.Field("checked_on"), Version: v}
		r.Order, _ = count(v.Field("order"))
		r.Stale = tooLong(r.CheckedOn, today, days)
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Ring) int { return cmp.Compare(a.Order, b.Order) })
	return out
}
