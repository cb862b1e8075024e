package access_test

import (
	"fmt"
	"testing"

	"lantern.example/lantern/internal/access"
)

// busy is a reader with more of everything than a large partnership has: 30 agreements of 12 owners, 20 one-off disclosures of 50 parts, glass.
func busy() access.Scope {
	s := access.Scope{Account: "a", Agency: "police", Role: access.Practitioner, Purpose: access.Safeguarding, Areas: []string{"north", "south"}, Panels: []string{"p1", "p2"}, Closed: access.ClosedTo(access.Practitioner)}
	for i := range 30 {
		p := access.Permit{Agreement: fmt.Sprintf("ISA-%d", i), Classes: access.Classes[3:14]}
		for o := range 12 {
			p.Owners = append(p.Owners, fmt.Sprintf("agency-%d-%d", i, o))
		}
		s.Permits = append(s.Permits, p)
	}
	for i := range 20 {
		g := access.Grant{ID: fmt.Sprintf("id-%d", i), Code: fmt.Sprintf("OD-%d", i), Named: i%2 == 0, Items: map[access.Item]bool{}}
		for r := range 50 {
			g.Items[access.Item{Record: fmt.Sprintf("record-%d-%d", i, r), Class: access.Identity}] = true
		}
		s.Grants = append(s.Grants, g)
	}
	s.Glass = &access.Glass{ID: "glass", Classes: access.GlassClasses()}
	return s
}

// The worst case looks through every permit and disclosure and finds nothing.
func BenchmarkDecide(b *testing.B) {
	s := busy()
	for name, r := range map[string]access.Record{
		"own":       {ID: "x", Owner: "police", Class: access.Identity, Area: "north"},
		"agreement": {ID: "x", Owner: "agency-29-11", Class: access.Identity, Area: "north"},
		"one-off":   {ID: "record-19-49", Owner: "other", Class: access.Identity, Area: "north"},
		"nothing":   {ID: "x", Owner: "other", Class: access.Intelligence, Area: "east"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				access.Decide(s, r)
			}
		})
	}
}
