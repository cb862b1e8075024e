package identity

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"lantern.example/lantern/internal/intake/profile"
)

// Verdict is what a person decided of two records.
type Verdict string

// The verdicts. Unsure keeps two records apart until somebody knows more; Withdrawn takes an earlier verdict back.
const (
	Same      Verdict = "same"
	Different Verdict = "different"
	Unsure    Verdict = "unsure"
	Withdrawn Verdict = "withdrawn"
)

// identifier is a number with its kind.
type identifier struct{ kind, value string }

// facts are what placing a record needs to know of it.
type facts struct {
	id       string
	load     string
	born     string       // ISO date of a full day, else ""
	names    [][2]string  // folded forenames and surname of full names
	verified []identifier // NHS, UPN and PNC whose check agrees
	numbers  []string     // every identifier's value, for search
	codes    []string     // postcodes
}

// linking are the kinds of identifier that say who somebody is, in the order they are tried.
var linking = []struct {
	kind  profile.IDKind
	words string
}{
	{profile.NHSNumber, "The NHS number is the same, and its check digit agrees."},
	{profile.UPN, "The unique pupil number is the same, and its check letter agrees."},
	{profile.PNCID, "The PNC id is the same, and its check letter agrees."},
}

// The words of links by name.
const (
	byName     = "The full name and the date of birth are exactly the same."
	byNamePost = "The full name, the date of birth (a first of January) and a postcode are exactly the same."
)

// link is evidence that two records are of one person, and what speaks against it.
type link struct{ kind, words, against string }

// evidence says what, if anything, makes two records one person's.
func evidence(a, b *facts) (link, bool) {
	for _, l := range linking {
		for _, x := range a.verified {
			if x.kind == string(l.kind) && slices.Contains(b.verified, x) {
				return link{x.kind, l.words, unlike(a, b)}, true
			}
		}
	}
	if a.born == "" || a.born != b.born {
		return link{}, false
	}
	for _, n := range a.names {
		if !slices.Contains(b.names, n) {
			continue
		}
		if !strings.HasSuffix(a.born, "-01-01") {
			return link{"name and date of birth", byName, ""}, true
		}
		if slices.ContainsFunc(a.codes, func(c string) bool { return slices.Contains(b.codes, c) }) {
			return link{"name, date of birth and postcode", byNamePost, ""}, true
		}
	}
	return link{}, false
}

// unlike says when nothing else about two records with one number is alike: neither initial of their full names, nor the date
// of birth. Then the number may have been copied to the wrong row. What a record does not say is never held against it.
func unlike(a, b *facts) string {
	if len(a.names) == 0 || len(b.names) == 0 || a.born != "" && a.born == b.born {
		return ""
	}
	for _, x := range a.names {
		for _, y := range b.names {
			for i := range 2 {
				for j := range 2 {
					if x[i][0] == y[j][0] {
						return ""
					}
				}
			}
		}
	}
	return " But neither the names nor the dates of birth are alike."
}

// keys are the hashes under which records that could be of one person meet.
func (f *facts) keys() []key {
	var out []key
	for _, v := range f.verified {
		out = append(out, key{"v", hash("v", v.kind, v.value)})
	}
	if f.born != "" {
		for _, n := range f.names {
			out = append(out, key{"n", hash("n", n[0], n[1], f.born)})
		}
	}
	return out
}

type key struct {
	kind  string
	value int64
}

func hash(parts ...string) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))    //nolint:errcheck,gosec // never fails
		h.Write([]byte{0x1f}) //nolint:errcheck,gosec // never fails
	}
	return int64(h.Sum64()) //nolint:gosec // the bits are what matters
}

// personID is the id of the person that a record starts. The same record always starts the same person, so that
// making everything again gives the same ids.
func personID(record string) string {
	sum := sha256.Sum256([]byte("person " + record))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // UUID version 8, RFC 9562
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// judged is a decision as one of its two records sees it.
type judged struct {
	other   string
	verdict Verdict
	id      string
}

// placer puts records with persons, one at a time in the order they came. It holds as much of the partnership as the
// records in hand can touch.
type placer struct {
	facts     map[string]*facts
	person    map[string]string // record -> person
	members   map[string][]string
	byKey     map[int64][]string
	decisions map[string][]judged
	waiting   map[string][]string // record -> records of others that it also fits
}

func newPlacer() *placer {
	return &placer{facts: map[string]*facts{}, person: map[string]string{}, members: map[string][]string{}, byKey: map[int64][]string{}, decisions: map[string][]judged{}, waiting: map[string][]string{}}
}

// know takes in a record that has its place.
func (p *placer) know(f *facts, person string) {
	p.facts[f.id] = f
	p.put(f.id, person)
	for _, k := range f.keys() {
		if !slices.Contains(p.byKey[k.value], f.id) {
			p.byKey[k.value] = append(p.byKey[k.value], f.id)
		}
	}
}

func (p *placer) put(record, person string) {
	if old, ok := p.person[record]; ok {
		p.members[old] = slices.DeleteFunc(p.members[old], func(r string) bool { return r == record })
	}
	p.person[record] = person
	p.members[person] = append(p.members[person], record)
}

// found is one edge.
type found struct {
	l, r string
	link link
}

// doubt is something for a person to look at: l fits r's person too.
type doubt struct {
	kind, l, r, words string
}

// placed is what became of a record.
type placed struct {
	person  string
	started bool
	cause   string // "start", "edge" or "decision"
	because string // decision id
	edges   []found
	doubts  []doubt
}

// conflict reports a verified identifier of the record that a person has with another value.
func (p *placer) conflict(f *facts, person string) (string, bool) {
	for _, v := range f.verified {
		other, same := false, false
		for _, m := range p.members[person] {
			for _, w := range p.facts[m].verified {
				if w.kind == v.kind {
					same = same || w.value == v.value
					other = other || w.value != v.value
				}
			}
		}
		if other && !same {
			return v.kind, true
		}
	}
	return "", false
}

// between is what people decided of a record and a person: of the verdicts on its records, different before same before
// unsure.
func (p *placer) between(record, person string) (judged, bool) {
	rank := map[Verdict]int{Different: 3, Same: 2, Unsure: 1}
	var best judged
	for _, j := range p.decisions[record] {
		if p.person[j.other] == person && rank[j.verdict] > rank[best.verdict] {
			best = j
		}
	}
	return best, best.id != ""
}

// option is a person that a record may join.
type option struct {
	person string
	record string // the record the evidence is with
	link   link
}

// options lists the persons that evidence speaks for, oldest record first within a kind of evidence.
func (p *placer) options(f *facts) []option {
	var out []option
	for _, k := range f.keys() {
		for _, r := range p.byKey[k.value] {
			if r == f.id || p.person[r] == "" || slices.ContainsFunc(out, func(o option) bool { return o.person == p.person[r] }) {
				continue
			}
			if l, ok := evidence(f, p.facts[r]); ok {
				out = append(out, option{p.person[r], r, l})
			}
		}
	}
	return out
}

// place finds a record its person.
func (p *placer) place(f *facts) placed {
	var must []judged
	for _, j := range p.decisions[f.id] {
		if j.verdict == Same && p.person[j.other] != "" {
			must = append(must, j)
		}
	}
	var fits []option
	out := placed{cause: "start"}
	for _, o := range p.options(f) {
		if _, decided := p.between(f.id, o.person); decided {
			continue // people's word, whatever it is, goes before the evidence
		}
		if kind, bad := p.conflict(f, o.person); bad {
			out.doubts = append(out.doubts, doubt{"conflict", f.id, o.record, conflictWords(kind, o.link)})
			continue
		}
		if o.link.against != "" {
			out.doubts = append(out.doubts, doubt{"conflict", f.id, o.record, o.link.words + o.link.against})
			continue
		}
		fits = append(fits, o)
	}
	if len(must) == 0 && len(fits) > 1 {
		if same, ok := p.alike(fits); ok { // the same row again, of somebody who waits already
			fits = []option{same}
		} else {
			fits = p.settled(fits)
		}
	}
	switch {
	case len(must) > 0:
		out.cause, out.because = "decision", must[0].id
		persons := make([]string, 0, len(must)+len(fits))
		for _, j := range must {
			persons = append(persons, p.person[j.other])
		}
		// Whoever decided had this record before them as the evidence places it, so what it fits goes with it.
		for _, o := range fits {
			persons = append(persons, p.person[o.record])
			out.edges = append(out.edges, edgeOf(f.id, o))
		}
		out.person = p.oldest(persons)
		for _, other := range persons {
			p.join(other, out.person)
		}
	case len(fits) == 1:
		out.person, out.cause = fits[0].person, "edge"
		out.edges = append(out.edges, edgeOf(f.id, fits[0]))
	case len(fits) > 1:
		for _, o := range fits {
			out.doubts = append(out.doubts, doubt{"bridge", f.id, o.record, o.link.words})
			p.waiting[f.id] = append(p.waiting[f.id], o.record)
		}
	}
	if out.person == "" {
		out.person, out.started = personID(f.id), true
	}
	p.know(f, out.person)
	if out.cause == "decision" {
		out.edges = append(out.edges, p.settle()...)
	}
	return out
}

// join makes two persons one under the second's id.
func (p *placer) join(gone, kept string) {
	if gone != kept {
		for _, m := range slices.Clone(p.members[gone]) {
			p.put(m, kept)
		}
	}
}

// settle looks again at records that waited between persons who have become one: what fits one person only joins it.
func (p *placer) settle() []found {
	var out []found
	for _, record := range slices.Sorted(maps.Keys(p.waiting)) {
		own, to := p.person[record], ""
		one := true
		for _, r := range p.waiting[record] {
			one = one && (to == "" || to == p.person[r])
			to = p.person[r]
		}
		if !one || to == "" || to == own {
			continue
		}
		f := p.facts[record]
		if _, bad := p.conflict(f, to); bad {
			continue
		}
		for _, r := range p.waiting[record] {
			if l, ok := evidence(f, p.facts[r]); ok && l.against == "" {
				out = append(out, edgeOf(record, option{to, r, l}))
				break
			}
		}
		kept := p.oldest([]string{own, to})
		p.join(own, kept)
		p.join(to, kept)
		delete(p.waiting, record)
	}
	return out
}

// awaits lists the persons that a person's records wait for.
func (p *placer) awaits(person string) []string {
	var out []string
	for _, m := range p.members[person] {
		for _, r := range p.waiting[m] {
			if o := p.person[r]; o != person && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

// alike finds, among several persons that fit, one that itself waits for exactly the others.
func (p *placer) alike(fits []option) (option, bool) {
	for _, o := range fits {
		awaited := p.awaits(o.person)
		if len(awaited) == len(fits)-1 && !slices.ContainsFunc(fits, func(x option) bool { return x.person != o.person && !slices.Contains(awaited, x.person) }) {
			return o, true
		}
	}
	return option{}, false
}

// settled leaves out persons who wait for another one that fits: a record whose own place is not decided does not keep the
// next from finding its own.
func (p *placer) settled(fits []option) []option {
	var out []option
	for _, o := range fits {
		awaited := p.awaits(o.person)
		if !slices.ContainsFunc(fits, func(x option) bool { return slices.Contains(awaited, x.person) }) {
			out = append(out, o)
		}
	}
	return out
}

// oldest is, of several persons, the one with the oldest record.
func (p *placer) oldest(persons []string) string {
	return slices.MinFunc(persons, func(a, b string) int { return cmp.Compare(slices.Min(p.members[a]), slices.Min(p.members[b])) })
}

func edgeOf(record string, o option) found {
	if record < o.record {
		return found{record, o.record, o.link}
	}
	return found{o.record, record, o.link}
}

// kindWords are identifiers in the words of people who use them.
var kindWords = map[string]string{
	string(profile.NHSNumber): "NHS number", string(profile.UPN): "unique pupil number", string(profile.PNCID): "PNC id",
	string(profile.FormerUPN): "former unique pupil number", string(profile.CRONumber): "CRO number", string(profile.ULN): "unique learner number",
	string(profile.NINumber): "National Insurance number", string(profile.PrisonNumber): "prison number", string(profile.RecordID): "number in its own system",
	string(profile.LAChildID): "council's child id", string(profile.YJBID): "youth justice id", string(profile.PoliceID): "police number",
	string(profile.PupilID): "school's pupil number", string(profile.CaseReference): "case reference", string(profile.OtherID): "reference",
}

// KindWords is a kind of identifier in words.
func KindWords(kind string) string {
	if w := kindWords[kind]; w != "" {
		return w
	}
	return kind
}

func conflictWords(kind string, l link) string {
	return l.words + " But each has a verified " + KindWords(kind) + ", and they differ."
}
