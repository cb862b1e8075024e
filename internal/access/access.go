// Package access decides who may read which record.
//
// A Scope says who asks, for which agency, for which purpose and under which live agreements; it is
// computed once a request and cannot be widened afterwards. Decide answers for one record, Where
// writes the same answer as a condition for a list, count, search, map, export or job. The two are
// the same rules on two faces: a property test holds them against each other and against a third,
// independent statement of the rules, on both engines.
//
// The rules. A record may be read when any of these permits it:
//
//   - its class is Open or Partnership: published, or held in common and about nobody;
//   - it belongs to the reader's own agency;
//   - a live agreement lets its owner's records of its class be read by the reader's agency for the
//     reader's purpose, and it was given without a condition (Unconditional);
//   - a live one-off disclosure gives exactly this record, of exactly this class, to the reader's agency or to
//     the reader by name, for the reader's purpose;
//   - the reader has broken the glass, it has not run out, the class is among those that opens, and it was
//     given without a condition;
//   - the reader is a job of Lantern's own (System);
//
// and none of these forbids it: it is restricted and the reader is on none of its panels; its class is
// closed to the reader's role; it lies outside the areas the reader is limited to. A one-off disclosure made to
// the reader by name lifts the last two for its records, former and refuge names aside; broken glass lifts the
// areas. Nothing lifts a restriction. Whatever is missing counts as not permitting in a permit and as forbidding
// in a forbid.
package access

import (
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/fact"
)

// Class is a data class: what agreements, retention and masking speak of.
type Class string

// The classes. Open and Partnership hold nothing about a person.
const (
	Open          Class = "open"          // published by somebody, or meant to be
	Partnership   Class = "partnership"   // held in common: statements, definitions, leads, actions
	Depersonal    Class = "depersonal"    // rows about events with nobody named (CDA 1998 s17A)
	Identity      Class = "identity"      // names, dates of birth, identifiers
	Contact       Class = "contact"       // addresses, telephone numbers
	Offending     Class = "offending"     // suspected or proved to have done
	Victimisation Class = "victimisation" // harmed
	Missing       Class = "missing"       // missing episodes and return interviews
	Education     Class = "education"     // school, attendance, exclusion
	SocialCare    Class = "social-care"   // children's and adults' social care
	YouthJustice  Class = "youth-justice" // youth justice service
	Health        Class = "health"        // NHS, ambulance
	Housing       Class = "housing"       // tenancies, homelessness
	Support       Class = "support"       // youth work and charity notes
	Intelligence  Class = "intelligence"  // graded items
	FormerName    Class = "former-name"   // refuge, foster and former names
)

// Classes lists every class in the order pages show them.
var Classes = []Class{Open, Partnership, Depersonal, Identity, Contact, Offending, Victimisation, Missing, Education, SocialCare, YouthJustice, Health, Housing, Support, Intelligence, FormerName}

// Personal reports whether records of the class are about a person.
func (c Class) Personal() bool { return c != Open && c != Partnership && c != Depersonal }

// Unconditional reports whether what has this 3x5x2 grade (package fact) flows wherever an agreement lets its class
// flow. Handling code C is "lawful sharing permitted with conditions": whether they are met is for a person who asks
// the originator to say, of one item, in a one-off disclosure; no agreement about a whole class can have asked. The
// same holds for intelligence that nobody has graded yet, and for a grade that cannot be read. (College of Policing,
// Authorised Professional Practice: intelligence report, handling codes.)
func Unconditional(grade string, c Class) bool {
	if grade == "" {
		return c != Intelligence
	}
	return slices.Contains(unconditional, grade)
}

// UnconditionalIn is Unconditional as a condition on a table with the columns class and grade.
func UnconditionalIn(alias string) string {
	if alias != "" {
		alias += "."
	}
	return "(" + alias + "grade = '' AND " + alias + "class <> '" + string(Intelligence) + "' OR " + alias + "grade IN ('" + strings.Join(unconditional, "','") + "'))"
}

// unconditional are the grades with handling code P.
var unconditional = func() (out []string) {
	for _, source := range "123" {
		for _, information := range "ABCDE" {
			out = append(out, string(source)+string(information)+"-P")
		}
	}
	return out
}()

// Purpose is what data are read for. It is chosen at sign-in, shown in the header and kept with every
// line of the audit log. Housing, benefits, immigration and school-admission decisions are not here
// and cannot be: they are never purposes.
type Purpose string

// The purposes.
const (
	Safeguarding    Purpose = "safeguarding"     // protecting a child or adult at risk
	CommunitySafety Purpose = "community-safety" // preventing crime and disorder, serious violence
	YouthOffending  Purpose = "youth-justice"    // youth justice services' work
	Assessment      Purpose = "assessment"       // understanding an area; no decision about a person
	Governance      Purpose = "governance"       // agreements, rights, audit
	OwnRecord       Purpose = "own-record"       // a person reading what is held about them
	Upkeep          Purpose = "upkeep"           // Lantern's own jobs
)

// Role is what a member does in the partnership; navigation and closed classes follow from it.
type Role string

// The roles.
const (
	Administrator Role = "administrator"
	Manager       Role = "community-safety-manager"
	Analyst       Role = "analyst"
	Chair         Role = "panel-chair"
	Practitioner  Role = "practitioner"
	SchoolLead    Role = "school-lead"
	InfoOfficer   Role = "information-officer"
	Subject       Role = "subject" // a young person reading their own record
)

// Roles lists every role in the order pages show them.
var Roles = []Role{Manager, Analyst, Chair, Practitioner, SchoolLead, InfoOfficer, Administrator, Subject}

// ClosedTo lists the classes closed to a role whoever owns them. A school lead does not read
// intelligence; whoever administers the program or its agreements reads nobody's casework.
func ClosedTo(r Role) []Class {
	switch r {
	case Manager, Chair:
		return []Class{FormerName}
	case Practitioner:
		return []Class{FormerName}
	case Analyst:
		return []Class{FormerName, Support}
	case SchoolLead:
		return []Class{Intelligence, Health, Offending, FormerName}
	default: // administrator, information officer, subject, and any role not known here
		return []Class{Identity, Contact, Offending, Victimisation, Missing, Education, SocialCare, YouthJustice, Health, Housing, Support, Intelligence, FormerName}
	}
}

// Permit is one live agreement as it bears on one reader: whose records, of which classes.
type Permit struct {
	Agreement string // its code, the reason shown and logged
	Owners    []string
	Classes   []Class
}

// Item is one part of one record: the record's id and the class of the part. A person's record holds names
// (identity), addresses (contact) and more, and a disclosure can give the one without the other.
type Item struct {
	Record string
	Class  Class
}

// Grant is one live one-off disclosure as it bears on one reader: exactly which parts of which records. Its
// items never change, so that the rows a list reads by its id are the ones decided on here.
type Grant struct {
	ID, Code string
	Named    bool // made to the reader by name, and not to their agency at large
	Items    map[Item]bool
}

// Glass is a glass that the reader broke, and what it opens until when.
type Glass struct {
	ID      string
	Until   int64 // UTC microseconds
	Classes []Class
}

// GlassClasses is what broken glass opens: every class about a person but intelligence, whose sources a hurried
// look could cost their lives, and former and refuge names, which somebody is hiding behind.
func GlassClasses() []Class {
	return slices.DeleteFunc(slices.Clone(Classes), func(c Class) bool { return !c.Personal() || c == Intelligence || c == FormerName })
}

// MayBreakGlass reports whether the role may: whoever works with a child when it cannot wait.
func MayBreakGlass(r Role) bool { return r == Practitioner || r == Chair }

// Scope is who asks, for what, and what the live agreements permit. The zero Scope may read open and
// partnership records only. Make one with the account and sharing packages or with System.
type Scope struct {
	Account string
	Name    string // of the account, for pages
	Agency  string
	Role    Role
	Purpose Purpose
	Areas   []string // empty: not limited to areas
	Panels  []string // panels the member sits on
	Permits []Permit
	Grants  []Grant
	Glass   *Glass // nil unless the reader has broken it and it has not run out
	Closed  []Class
	Person  string // for a Subject: the person they are
	system  string // name of the job
}

// System is the scope of one of Lantern's own jobs, and of nothing else.
func System(job string, p Purpose) Scope {
	return Scope{Account: "system:" + job, Name: job, Purpose: p, system: job}
}

// IsSystem reports whether the scope is a job's.
func (s Scope) IsSystem() bool { return s.system != "" }

// ForOwnRecord is the scope in which a young person reads what is held about themselves, and nothing else makes one: it opens the records
// of the given owners but intelligence, former and refuge names and what an owner has restricted, whose telling a person must decide.
// It says nothing of whose records they are, so it is only ever used on the ids of the one person's own records (package person, Own).
// ok is false for whoever is not a Subject acting for that purpose, with a person they are.
func ForOwnRecord(s Scope, owners []string) (_ Scope, ok bool) {
	if s.Role != Subject || s.Purpose != OwnRecord || s.Person == "" || s.Agency == "" || s.IsSystem() {
		return Scope{}, false
	}
	s.Panels, s.Areas, s.Grants, s.Glass, s.Closed = nil, nil, nil, nil, []Class{Intelligence, FormerName}
	var open []Class
	for _, c := range Classes {
		if c.Personal() && !slices.Contains(s.Closed, c) {
			open = append(open, c)
		}
	}
	s.Permits = []Permit{{Agreement: "own record", Owners: slices.Clone(owners), Classes: open}}
	return s, true
}

// Record is what a decision needs to know of a record.
type Record struct {
	ID         string // of the record whose part it is; "" can be in no one-off disclosure
	Owner      string
	Class      Class
	Restricted bool
	Area       string
	Grade      string // 3x5x2, as package fact writes it; "" when not graded
	Panels     []string
}

// Of is what a decision needs to know of a fact; Panels it does not know.
func Of(f fact.Fact) Record {
	return Record{ID: f.ID, Owner: f.Owner, Class: Class(f.Class), Restricted: f.Restricted, Area: f.Area, Grade: f.Grade}
}

// Decision is the answer, and which rule gave it.
type Decision struct {
	Allowed   bool
	Rule      string // "open", "partnership", "own", "agreement", "one-off", "break-glass", "system"; when refused: "restricted", "closed", "area", "handling", "none"
	Agreement string // the code, when Rule is "agreement" or "one-off"; the glass's id when it is "break-glass"
}

// Decide answers for one record.
func Decide(s Scope, r Record) Decision {
	if s.IsSystem() {
		return Decision{Allowed: true, Rule: "system"}
	}
	d := permit(s, r)
	if !d.Allowed {
		return d
	}
	switch {
	case r.Restricted && !shares(s.Panels, r.Panels):
		return Decision{Rule: "restricted"}
	case slices.Contains(s.Closed, r.Class) && (r.Class == FormerName || !s.named(r)):
		return Decision{Rule: "closed"}
	case len(s.Areas) > 0 && r.Class.Personal() && !slices.Contains(s.Areas, r.Area) && !s.named(r) && !s.broken(r):
		return Decision{Rule: "area"}
	}
	return d
}

// acts reports whether the scope acts for an agency and a purpose: without them nothing but open data permits.
func (s Scope) acts() bool { return s.Agency != "" && s.Purpose != "" }

// named reports whether a one-off disclosure gives the record's part to the reader by name.
func (s Scope) named(r Record) bool {
	return r.ID != "" && s.acts() && slices.ContainsFunc(s.Grants, func(g Grant) bool { return g.Named && g.Items[Item{r.ID, r.Class}] })
}

// broken reports whether the reader's broken glass opens the record.
func (s Scope) broken(r Record) bool {
	return s.Glass != nil && s.acts() && r.Owner != "" && slices.Contains(s.Glass.Classes, r.Class) && Unconditional(r.Grade, r.Class)
}

func permit(s Scope, r Record) Decision {
	switch {
	case r.Class == Open:
		return Decision{Allowed: true, Rule: "open"}
	case r.Class == Partnership && s.Agency != "":
		return Decision{Allowed: true, Rule: "partnership"}
	case s.Agency != "" && s.Purpose != "" && r.Owner == s.Agency:
		return Decision{Allowed: true, Rule: "own"}
	case s.Agency == "" || s.Purpose == "":
		return Decision{Rule: "none"}
	}
	refused := Decision{Rule: "none"}
	for _, p := range s.Permits {
		if r.Owner != "" && slices.Contains(p.Owners, r.Owner) && slices.Contains(p.Classes, r.Class) {
			if Unconditional(r.Grade, r.Class) {
				return Decision{Allowed: true, Rule: "agreement", Agreement: p.Agreement}
			}
			refused.Rule = "handling"
		}
	}
	for _, g := range s.Grants {
		if r.ID != "" && g.Items[Item{r.ID, r.Class}] {
			return Decision{Allowed: true, Rule: "one-off", Agreement: g.Code}
		}
	}
	if s.broken(r) {
		return Decision{Allowed: true, Rule: "break-glass", Agreement: s.Glass.ID}
	}
	return refused
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// Where is the rules as a condition on a table whose alias is given and which has the columns id,
// owner, class, restricted, area and grade. Its placeholders begin at $from; args are their values, and the
// next free placeholder is from+len(args). The condition stands in brackets.
func (s Scope) Where(alias string, from int) (cond string, args []any) {
	if s.IsSystem() {
		return "(1=1)", nil
	}
	col := func(name string) string {
		if alias == "" {
			return name
		}
		return alias + "." + name
	}
	bind := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(from+len(args)-1)
	}
	list := func(vs []string) string {
		marks := make([]string, len(vs))
		for i, v := range vs {
			marks[i] = bind(v)
		}
		return "(" + strings.Join(marks, ",") + ")"
	}
	// given is the condition that one of these disclosures gives the row: the same rows as Grant.Items.
	given := func(grants []string) string {
		return "EXISTS (SELECT 1 FROM disclosure_item di WHERE di.item = " + col("id") + " AND di.item_class = " + col("class") + " AND di.disclosure_id IN " + list(grants) + ")"
	}
	free := UnconditionalIn(alias)
	var grants, named []string
	if s.acts() {
		for _, g := range s.Grants {
			grants = append(grants, g.ID)
			if g.Named {
				named = append(named, g.ID)
			}
		}
	}
	glass := s.Glass != nil && s.acts() && len(s.Glass.Classes) > 0
	permits := []string{col("class") + " = " + bind(string(Open))}
	if s.Agency != "" {
		permits = append(permits, col("class")+" = "+bind(string(Partnership)))
	}
	if s.acts() {
		permits = append(permits, col("owner")+" = "+bind(s.Agency))
		var agreed []string
		for _, p := range s.Permits {
			owners := slices.DeleteFunc(slices.Clone(p.Owners), func(o string) bool { return o == "" })
			if len(owners) == 0 || len(p.Classes) == 0 {
				continue
			}
			agreed = append(agreed, "("+col("owner")+" IN "+list(owners)+" AND "+col("class")+" IN "+list(texts(p.Classes))+")")
		}
		if len(agreed) > 0 {
			permits = append(permits, "(("+strings.Join(agreed, " OR ")+") AND "+free+")")
		}
	}
	if len(grants) > 0 {
		permits = append(permits, given(grants))
	}
	if glass {
		permits = append(permits, "("+col("owner")+" <> '' AND "+col("class")+" IN "+list(texts(s.Glass.Classes))+" AND "+free+")")
	}
	all := []string{"(" + strings.Join(permits, " OR ") + ")"}
	if len(s.Panels) == 0 {
		all = append(all, "NOT "+col("restricted"))
	} else {
		all = append(all, "(NOT "+col("restricted")+" OR EXISTS (SELECT 1 FROM record_panel rp WHERE rp.record_id = "+col("id")+" AND rp.panel IN "+list(s.Panels)+"))")
	}
	if len(s.Closed) > 0 {
		open := col("class") + " NOT IN " + list(texts(s.Closed))
		if len(named) > 0 {
			open = "(" + open + " OR (" + col("class") + " <> " + bind(string(FormerName)) + " AND " + given(named) + "))"
		}
		all = append(all, open)
	}
	if len(s.Areas) > 0 {
		within := col("class") + " IN " + list(texts([]Class{Open, Partnership, Depersonal})) + " OR " + col("area") + " IN " + list(s.Areas)
		if len(named) > 0 {
			within += " OR " + given(named)
		}
		if glass {
			within += " OR (" + col("owner") + " <> '' AND " + col("class") + " IN " + list(texts(s.Glass.Classes)) + " AND " + free + ")"
		}
		all = append(all, "("+within+")")
	}
	return "(" + strings.Join(all, " AND ") + ")", args
}

func texts(cs []Class) []string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = string(c)
	}
	return out
}

// Basis says in a few words what the scope rests on, for the audit line: own records, and the codes of
// the live agreements and one-off disclosures, and the broken glass.
func (s Scope) Basis() string {
	if s.IsSystem() {
		return "job " + s.system
	}
	codes := []string{"own records"}
	for _, p := range s.Permits {
		codes = append(codes, p.Agreement)
	}
	for _, g := range s.Grants {
		codes = append(codes, g.Code)
	}
	if s.Glass != nil {
		codes = append(codes, "break-glass "+s.Glass.ID)
	}
	return strings.Join(codes, ", ")
}
