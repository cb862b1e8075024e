package linkrun

import (
	"fmt"
	"slices"
	"strings"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/intake/profile"
)

// role is what a column is used for in linkage.
type role string

// The roles a specification may name. Kinds of identifier are roles too.
const (
	roleID           role = "record_id"
	roleFull         role = "full_name"
	roleGiven        role = "given_name"
	roleMiddle       role = "middle_name"
	roleFamily       role = "family_name"
	rolePreferred    role = "preferred_name"
	rolePrefFamily   role = "preferred_family_name"
	roleFormer       role = "former_name"
	roleFormerFamily role = "former_family_name"
	roleAlias        role = "alias"
	roleBirth        role = "birth_date"
	roleAge          role = "age"
	roleSex          role = "sex"
	roleHouse        role = "house_number"
	roleAddress      role = "address"
	roleTown         role = "town"
	rolePostcode     role = "postcode"
	roleFrom         role = "address_from"
	roleTo           role = "address_to"
	roleOldAddress   role = "previous_address"
	roleOldPostcode  role = "previous_postcode"
	roleSchool       role = "school"
	roleIgnore       role = "ignore"
)

var roles = []role{
	roleID, roleFull, roleGiven, roleMiddle, roleFamily, rolePreferred, rolePrefFamily, roleFormer, roleFormerFamily, roleAlias, roleBirth, roleAge,
	roleSex, roleHouse, roleAddress, roleTown, rolePostcode, roleFrom, roleTo, roleOldAddress, roleOldPostcode, roleSchool, roleIgnore,
	linkage.KindNHS, linkage.KindUPN, linkage.KindPNC, linkage.KindEmail, linkage.KindPhone,
	"cro_number", "uln", "nino", "prison_number", "la_child_id", "yjb_id", "police_id", "social_security_number", "identifier",
}

func isIdentifier(r role) bool {
	i := slices.Index(roles, r)
	return i >= slices.Index(roles, role(linkage.KindNHS))
}

// own are column names that linkage reads otherwise than intake does, or that
// intake has no use for; folded to small letters and digits.
var own = map[string]role{
	"town": roleTown, "city": roleTown, "posttown": roleTown, "village": roleTown, "locality": roleTown, "suburb": roleTown, "towncity": roleTown,
	"housenumber": roleHouse, "houseno": roleHouse, "streetnumber": roleHouse, "streetno": roleHouse, "flat": roleHouse, "flatno": roleHouse,
	"county": roleIgnore, "state": roleIgnore, "area": roleIgnore, "residence": roleIgnore, "address2": roleAddress, "addressline2": roleAddress,
	"address3": roleAddress, "addressline3": roleAddress, "street": roleAddress, "road": roleAddress,
	"preferredsurname": rolePrefFamily, "preferredlastname": rolePrefFamily, "preferredfamilyname": rolePrefFamily,
	"formersurname": roleFormerFamily, "previoussurname": roleFormerFamily, "maidenname": roleFormerFamily, "birthsurname": roleFormerFamily,
	"othersurname": roleFormerFamily, "othersurnames": roleFormerFamily, "previousfamilyname": roleFormerFamily,
	"socsecid": "social_security_number", "ssn": "social_security_number", "socialsecuritynumber": "social_security_number",
	"gender": roleSex, "previousaddress": roleOldAddress, "oldaddress": roleOldAddress, "formeraddress": roleOldAddress, "lastaddress": roleOldAddress,
	"previouspostcode": roleOldPostcode, "oldpostcode": roleOldPostcode, "formerpostcode": roleOldPostcode, "lastpostcode": roleOldPostcode,
	"cluster": roleIgnore, "clusterid": roleIgnore, "trueid": roleIgnore, "truth": roleIgnore, "entityid": roleIgnore, "truepersonid": roleIgnore,
	"yearofbirth": roleBirth, "dobyear": roleBirth, "yob": roleBirth,
	"guardian": roleIgnore,
}

// ofField is how linkage uses what intake recognises.
var ofField = map[string]role{
	"record_id": roleID, "full_name": roleFull, "forename": roleGiven, "middle_name": roleMiddle, "surname": roleFamily,
	"former_name": roleFormer, "preferred_name": rolePreferred, "alias": roleAlias, "street_name": roleAlias, "birth_date": roleBirth, "age": roleAge,
	"sex": roleSex, "gender": roleSex, "address": roleAddress, "postcode": rolePostcode, "address_from": roleFrom, "address_to": roleTo,
	"nhs_number": linkage.KindNHS, "upn": linkage.KindUPN, "pnc_id": linkage.KindPNC, "cro_number": "cro_number", "uln": "uln", "nino": "nino",
	"prison_number": "prison_number", "la_child_id": "la_child_id", "yjb_id": "yjb_id", "police_id": "police_id", "urn": "police_id",
	"pupil_id": roleIgnore, "case_reference": roleIgnore, "other_id": roleIgnore,
	"school": roleSchool, "phone": linkage.KindPhone, "email": linkage.KindEmail,
}

// named is every column name known, with its role.
var named = func() map[string]role {
	m := map[string]role{}
	if p, ok := profile.Find(profile.People); ok {
		for _, c := range p.Columns() {
			r, used := ofField[c.Field]
			if !used {
				continue
			}
			for _, n := range c.Names {
				m[n] = r
			}
		}
	}
	for n, r := range own {
		m[n] = r
	}
	return m
}()

// before are words that systems put before the name of a field.
var before = []string{"nominal", "person", "persons", "child", "childs", "client", "clients", "pupil", "pupils", "student", "students", "subject",
	"youngperson", "youngpersons", "yp", "serviceuser", "su", "member", "participant", "patient", "resident", "tenant", "legal", "current", "primary", "main", "home", "victim", "suspect", "individual", "detainee", "learner", "contact"}

// ownReferences are column names that hold a record's own number when nothing
// plainer does.
var ownReferences = map[string]bool{
	"ref": true, "reference": true, "refno": true, "referenceno": true, "referencenumber": true, "caseref": true, "caseid": true, "caseno": true,
	"casenumber": true, "casereference": true, "pupilid": true, "pupilno": true, "studentid": true, "admissionno": true, "admissionnumber": true,
	"ourref": true, "rowid": true, "custodyno": true, "custodyref": true, "participant": true, "participantno": true, "tenancyref": true, "tenancyreference": true, "index": true,
}

// foldHeader keeps the small letters and digits of a column name, without what
// stands in brackets.
func foldHeader(h string) string {
	if i := strings.IndexByte(h, '('); i > 0 {
		h = h[:i]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, h)
}

func roleOf(header string) (role, bool) {
	key := foldHeader(header)
	if r, ok := named[key]; ok {
		return r, true
	}
	for _, p := range before {
		if rest, ok := strings.CutPrefix(key, p); ok && rest != "" {
			if r, ok := named[rest]; ok {
				return r, true
			}
		}
	}
	return "", false
}

// column is one column that is used.
type column struct {
	at   int
	name string
	role role
}

// plan is how one file is read.
type plan struct {
	id      int // column of the record's id, or -1
	columns []column
	unread  []string
}

// fewRepeats is the share of rows with a repeated id below which the id is the
// row's own.
const fewRepeats = 0.02

// settleOwn decides whether the record's own number is evidence. A number that
// differs from row to row, whoever the rows are about, is none, unless another
// file holds numbers of that register too. A number that comes back is about
// people: rows that share it are one person in that agency's eyes.
func (p *plan) settleOwn(source string, shared map[role]int, ids []string) {
	if p.id < 0 {
		return
	}
	seen := make(map[string]bool, len(ids))
	repeated := 0
	for _, id := range ids {
		if id != "" && seen[id] {
			repeated++
		}
		seen[id] = true
	}
	about := float64(repeated) > fewRepeats*float64(len(ids))
	own := slices.IndexFunc(p.columns, func(c column) bool { return c.at == p.id })
	switch {
	case own >= 0 && shared[p.columns[own].role] < 2 && !about:
		p.columns = slices.Delete(p.columns, own, own+1)
	case own < 0 && about:
		p.columns = append(p.columns, column{p.id, "", role("person number of " + source)})
	}
}

// repeatable are the roles that several columns of one file may have.
var repeatable = []role{roleAddress, roleHouse, roleAlias, roleTown, linkage.KindPhone, roleFormer, roleGiven}

// recognise makes the plan for a header. spec names columns whose use a person
// has said; idColumn, when not empty, is the column of the record's id; hidden
// columns are not used, whatever they are called.
func recognise(header []string, spec map[string]role, idColumn string, hidden []string) (*plan, error) {
	p := &plan{id: -1}
	used := map[role]bool{}
	for name := range spec {
		if indexFold(header, name) < 0 {
			return nil, fmt.Errorf("the specification names a column %q that is not there; the columns are %s", name, quoteList(header))
		}
	}
	byWords := rolesByWords(header, spec)
	for i, h := range header {
		if slices.ContainsFunc(hidden, func(x string) bool { return strings.EqualFold(x, h) }) {
			continue
		}
		r, ok := roleFromSpec(spec, h)
		if !ok {
			r, ok = roleOf(h)
		}
		if !ok {
			r, ok = byWords[i]
		}
		if !ok || r == roleIgnore {
			p.unread = append(p.unread, h)
			continue
		}
		if r == roleID {
			if p.id < 0 {
				p.id = i
			} else {
				p.unread = append(p.unread, h)
			}
			continue
		}
		if used[r] && !slices.Contains(repeatable, r) {
			p.unread = append(p.unread, h)
			continue
		}
		used[r] = true
		p.columns = append(p.columns, column{i, h, r})
	}
	if idColumn != "" {
		i := indexFold(header, idColumn)
		if i < 0 {
			return nil, fmt.Errorf("there is no column %q for the record's id; the columns are %s", idColumn, quoteList(header))
		}
		p.id = i
		p.columns = slices.DeleteFunc(p.columns, func(c column) bool { return c.at == i })
	}
	if p.id < 0 { // a register's own number serves when there is no plainer id
		for _, c := range p.columns {
			if slices.Contains([]role{"police_id", "la_child_id", "yjb_id"}, c.role) {
				p.id = c.at
				break
			}
		}
	}
	if p.id < 0 {
		for i, h := range header {
			if ownReferences[foldHeader(h)] && slices.Contains(p.unread, h) {
				p.id = i
				p.unread = slices.DeleteFunc(p.unread, func(u string) bool { return u == h })
				break
			}
		}
	}
	if !used[roleFull] && !used[roleGiven] && !used[roleFamily] && !used[roleAlias] && !used[rolePreferred] {
		return nil, fmt.Errorf("no column of names was recognised among %s; expected one such as Forename, Surname or Name, or a specification that says which it is", quoteList(header))
	}
	return p, nil
}

func roleFromSpec(spec map[string]role, header string) (role, bool) {
	for name, r := range spec {
		if strings.EqualFold(strings.TrimSpace(name), strings.TrimSpace(header)) {
			return r, true
		}
	}
	return "", false
}

func indexFold(header []string, name string) int {
	return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), strings.TrimSpace(name)) })
}

func quoteList(names []string) string {
	q := make([]string, 0, len(names))
	for i, n := range names {
		if i == 30 {
			q = append(q, "…")
			break
		}
		q = append(q, "“"+n+"”")
	}
	return strings.Join(q, ", ")
}
