package linkrun

import (
	"slices"
	"strings"
	"unicode"

	"lantern.example/lantern/internal/analysis/linkage"
)

// headerWords splits a column name into its words in small letters: at spaces
// and signs, and where a small letter is followed by a capital. What stands in
// brackets is left out.
func headerWords(h string) []string {
	if i := strings.IndexByte(h, '('); i > 0 {
		h = h[:i]
	}
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	rs := []rune(h)
	for i, r := range rs {
		switch {
		case r == '.' || r == '\'' || r == '’': // D.O.B., child's
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) || unicode.IsUpper(rs[i-1]) && i+1 < len(rs) && unicode.IsLower(rs[i+1])):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return out
}

// Words that make a column about somebody or something else than the person.
var (
	ofOthers = strings.Fields("mother mothers father fathers parent parents carer carers guardian guardians worker workers officer officers gp doctor sibling siblings brother sister kin " +
		"referrer teacher keyworker manager mentor emergency allocated oic lead supervisor author reporting informant employer landlord foster partner associate associates friend friends gang team agency organisation service ward")
	ofEvents = strings.Fields("incident offence crime event location venue arrest stop scene occurrence place certificate country placement")
	ofPerson = strings.Fields("full complete name names client clients child childs children young person persons people pupil pupils student students subject subjects yp service user users su individual " +
		"victim suspect offender detainee learner member participant patient resident tenant nominal beneficiary attendee attender of the s")
	ofBefore = strings.Fields("previous prev former formerly old prior past maiden")
	ofChoice = strings.Fields("preferred chosen likes usual usually")
)

// rolesByWords gives roles to columns whose whole name is not known, by the
// words in it. A role that a known name already has goes to no other column,
// unless several may have it.
func rolesByWords(header []string, spec map[string]role) map[int]role {
	have := map[role]bool{}
	for _, h := range header {
		if r, ok := roleFromSpec(spec, h); ok {
			have[r] = true
		} else if r, ok := roleOf(h); ok {
			have[r] = true
		}
	}
	out := map[int]role{}
	for i, h := range header {
		if _, ok := roleFromSpec(spec, h); ok {
			continue
		}
		if _, ok := roleOf(h); ok {
			continue
		}
		if r, ok := roleOfWords(headerWords(h)); ok && (!have[r] || slices.Contains(repeatable, r)) {
			out[i], have[r] = r, true
		}
	}
	return out
}

// roleOfWords reads a column's use from the words of its name; false when they
// say nothing certain, or when it is about somebody else.
func roleOfWords(words []string) (role, bool) {
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return slices.Contains(words, w) })
	}
	joined := strings.Join(words, " ")
	former, chosen := has(ofBefore...), has(ofChoice...) || strings.Contains(joined, "known as")
	school := has("school", "establishment", "college", "academy")
	if strings.Contains(joined, "service user") {
		words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "service" })
	}
	if has(ofOthers...) || has(ofEvents...) {
		return "", false
	}
	name := has("name", "names")
	either := func(is bool, then, otherwise role) (role, bool) {
		if is {
			return then, true
		}
		return otherwise, true
	}
	switch {
	case has("dob") || has("birth") && has("date", "dt", "day", "year"):
		return roleBirth, true
	case has("postcode", "outcode", "pcode", "postal") || has("post") && has("code"):
		if school {
			return "", false
		}
		return either(former, roleOldPostcode, rolePostcode)
	case has("email") || strings.Contains(joined, "e mail"):
		return linkage.KindEmail, !school
	case has("phone", "mobile", "mob", "telephone", "tel", "landline"):
		return linkage.KindPhone, !school
	case has("nhs"):
		return linkage.KindNHS, !former
	case has("upn"):
		return linkage.KindUPN, !former
	case has("pnc"):
		return linkage.KindPNC, !former
	case has("alias", "aliases", "aka", "nickname", "nicknames", "nick", "moniker") || has("street") && name:
		return roleAlias, true
	case has("surname", "surnames") || has("last", "family") && name:
		if former || has("birth", "other") {
			return roleFormerFamily, true
		}
		return either(chosen, rolePrefFamily, roleFamily)
	case has("middle") || has("second", "other") && (name || has("forename", "forenames")):
		return roleMiddle, true
	case has("forename", "forenames") || has("first", "given", "christian") && name:
		if former {
			return "", false
		}
		return either(chosen, rolePreferred, roleGiven)
	case chosen && (name || has("known")):
		return rolePreferred, true
	case former && name:
		return roleFormer, true
	case has("address", "addr"):
		if school || has("ip", "web", "from", "to", "start", "end", "since", "until", "type", "date") {
			return "", false
		}
		return either(former, roleOldAddress, roleAddress)
	case has("town", "city"):
		return roleTown, !school && !former && !has("birth")
	case has("gender", "sex"):
		return roleSex, !has("identity", "offender", "orientation", "birth")
	case has("age"):
		return roleAge, !has("group", "band", "range", "mental", "reading")
	case school:
		return roleSchool, !former && (name || len(words) == 1 || has("current"))
	case name:
		return roleFull, !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(ofPerson, w) })
	}
	return "", false
}
