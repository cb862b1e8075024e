package assessment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake/profile"
)

// Theme is a subject of the assessment as this package needs it: how to say, in a sentence, that people
// speak of it, and which records would show it.
type Theme struct {
	Code, Name string
	// Claim completes "staff in 11 of 14 interviews say …".
	Claim string
	// Kinds of events in partners' data that would show it.
	Kinds []profile.Kind
	// Process says that the theme is about how the partnership works, not about what happens: it does not
	// explain anything by standing beside another.
	Process bool
}

// Themes are the twenty of the capture sheet with how a sentence says them. A partnership that changes its
// themes gets the plain form, "speak of NAME".
func Themes() []Theme {
	claims := map[string]Theme{
		"T1":  {Claim: "named groups are active and are known to young people", Kinds: []profile.Kind{profile.Violence, profile.Weapon}},
		"T2":  {Claim: "drugs are sold along lines that reach this area", Kinds: []profile.Kind{profile.Drugs}},
		"T3":  {Claim: "the drug market is larger than is recorded", Kinds: []profile.Kind{profile.Drugs}},
		"T4":  {Claim: "young people are being recruited and groomed", Kinds: []profile.Kind{profile.Exploitation}},
		"T5":  {Claim: "debt is used to control young people", Kinds: []profile.Kind{profile.Exploitation, profile.Robbery}},
		"T6":  {Claim: "girls and young women are harmed in and around groups", Kinds: []profile.Kind{profile.SexualOffence, profile.DomesticAbuse, profile.Exploitation}},
		"T7":  {Claim: "vulnerable adults' homes are being taken over", Kinds: []profile.Kind{profile.Cuckooing}},
		"T8":  {Claim: "children go missing in a pattern", Kinds: []profile.Kind{profile.MissingEpisode}},
		"T9":  {Claim: "pupils at a school or alternative provision are being targeted", Kinds: []profile.Kind{profile.Exclusion}},
		"T10": {Claim: "a children's home or placement is being targeted", Kinds: []profile.Kind{profile.MissingEpisode, profile.Exploitation}},
		"T11": {Claim: "housing is used by those who exploit", Kinds: []profile.Kind{profile.Cuckooing, profile.AntiSocial}},
		"T12": {Claim: "health and mental health needs go unmet", Kinds: []profile.Kind{profile.Injury}},
		"T13": {Claim: "stations and transport are used to move young people", Kinds: []profile.Kind{profile.StopAndSearch, profile.MissingEpisode}},
		"T14": {Claim: "young people are recruited and threatened online", Kinds: []profile.Kind{profile.Exploitation}},
		"T15": {Claim: "harm crosses the area's borders", Kinds: []profile.Kind{profile.MissingEpisode}},
		"T16": {Claim: "young people are being trafficked", Kinds: []profile.Kind{profile.Exploitation}},
		"T17": {Claim: "information does not reach those who need it", Process: true},
		"T18": {Claim: "referrals are turned away by thresholds", Process: true},
		"T19": {Claim: "some things are working", Process: true},
		"T20": {Claim: "there is something leaders must do", Process: true},
	}
	var out []Theme
	for _, t := range profile.Themes() {
		x := claims[t.Code]
		x.Code, x.Name = t.Code, t.Title
		out = append(out, x)
	}
	return out
}

// MinAgencies is how many agencies must speak of a theme before anything is said of it, and MinVoices how
// many voices a cell of a table needs.
const (
	MinAgencies = 2
	MinVoices   = 2
)

// Said is how much was said of something, in voices.
type Said struct {
	Voices, Agencies, Interviews int
}

// BlindSpot is a theme, or a pair of themes, as four sources have it.
type BlindSpot struct {
	Codes          []string
	Theme          string // in words
	Said           Said
	InData         profile.Answer
	DataAgencies   int // agencies whose records hold it
	InStrategy     profile.Answer
	KnownToLeaders profile.Answer
	Sentence       string
}

// Gap reports whether the front line says what the strategy or the leaders do not.
func (b BlindSpot) Gap() bool {
	return b.InStrategy == profile.No || b.KnownToLeaders == profile.No
}

// Result is what the statements say as a whole.
type Result struct {
	Statements, Interviews, Agencies, Voices int
	NotHeard                                 []string
	BlindSpots                               []BlindSpot // most voices first; gaps before the rest
	Pairs                                    []BlindSpot // themes said together in one interview
	OneAgency                                int         // themes that only one agency spoke of: not shown
	ByAgency                                 []AgencyRow // theme by agency, in voices
	From, To                                 string      // ISO dates of the first and last interview
}

// AgencyRow is one theme's voices by agency. A count of one is hidden (-1), and a theme only one agency speaks of is left out.
type AgencyRow struct {
	Code, Theme string
	Agencies    []string
	Voices      []int
}

// Hidden stands for a cell with one voice.
const Hidden = -1

// Expected are the groups an assessment should hear, with words by which an agency or role is one of them.
var Expected = []struct {
	Group string
	Words []string
}{
	{"police", []string{"police", "constable", "pc", "detective", "pcso"}},
	{"children's social care", []string{"social care", "social worker", "children's services", "mash", "looked after"}},
	{"youth justice", []string{"youth justice", "youth offending", "yot", "yjs", "yos"}},
	{"schools", []string{"school", "academy", "pupil referral", "pru", "teacher", "designated safeguarding lead", "head", "alternative provision"}},
	{"children's homes", []string{"children's home", "residential", "care home", "home manager"}},
	{"housing", []string{"housing", "landlord", "tenancy", "homeless"}},
	{"hospital or health", []string{"hospital", "nhs", "nurse", "health", "a&e", "emergency department", "gp", "camhs"}},
	{"ambulance", []string{"ambulance", "paramedic"}},
	{"drug treatment", []string{"drug treatment", "drug and alcohol", "substance", "recovery"}},
	{"youth work and charities", []string{"youth work", "youth worker", "charity", "mentor", "voluntary", "detached", "trust"}},
	{"probation", []string{"probation"}},
	{"transport", []string{"transport", "railway", "rail", "bus", "btp", "station"}},
	{"young people", []string{"young people", "young person", "youth council", "student"}},
	{"parents", []string{"parent", "carer", "mother", "father", "family member"}},
}

// Records tells in how many agencies' records kinds of events are held; without kinds, in how many any are.
type Records func(ctx context.Context, kinds []profile.Kind) (agencies int, err error)

// Analyse reads every statement the scope may read and says what they say as a whole.
func (s *Store) Analyse(ctx context.Context, q database.Queryer, scope access.Scope, themes []Theme, records Records) (Result, error) {
	statements, _, err := s.List(ctx, q, scope, Query{})
	if err != nil {
		return Result{}, err
	}
	answers, err := s.answers(ctx, q, scope)
	if err != nil {
		return Result{}, err
	}
	return analyse(ctx, statements, answers, themes, records)
}

func analyse(ctx context.Context, statements []Statement, answers map[string]map[string]profile.Answer, themes []Theme, records Records) (Result, error) {
	r := Result{Statements: len(statements)}
	all := newTally()
	for _, st := range statements {
		all.add(st)
		if d := st.True.Start(); st.True.Known() {
			day := d.Format("2006-01-02")
			if r.From == "" || day < r.From {
				r.From = day
			}
			if day > r.To {
				r.To = day
			}
		}
	}
	said := all.said()
	r.Interviews, r.Agencies, r.Voices = said.Interviews, said.Agencies, said.Voices
	r.NotHeard = notHeard(statements)
	byCode := map[string]Theme{}
	for _, t := range themes {
		byCode[t.Code] = t
	}
	tallies := map[string]*tally{}
	for _, st := range statements {
		for _, code := range st.Themes {
			if _, ok := byCode[code]; !ok {
				byCode[code] = Theme{Code: code, Name: code}
			}
			if tallies[code] == nil {
				tallies[code] = newTally()
			}
			tallies[code].add(st)
		}
	}
	for _, t := range sortedThemes(byCode, tallies) {
		n := tallies[t.Code].said()
		if n.Agencies < MinAgencies {
			r.OneAgency++
			continue
		}
		b := BlindSpot{Codes: []string{t.Code}, Theme: t.Name, Said: n, InStrategy: answers[t.Code]["strategy"], KnownToLeaders: answers[t.Code]["leaders"]}
		if err := b.lookInData(ctx, t, answers[t.Code]["data"], records); err != nil {
			return Result{}, err
		}
		b.Sentence = b.sentence(t, r.Interviews)
		r.BlindSpots = append(r.BlindSpots, b)
		r.ByAgency = append(r.ByAgency, tallies[t.Code].row(t))
	}
	slices.SortStableFunc(r.BlindSpots, loudest)
	r.Pairs = pairs(statements, byCode, answers, r.Interviews)
	return r, nil
}

func loudest(a, b BlindSpot) int {
	return cmp.Or(-compareBool(a.Gap(), b.Gap()), -cmp.Compare(a.Said.Interviews, b.Said.Interviews), -cmp.Compare(a.Said.Voices, b.Said.Voices), -cmp.Compare(a.Said.Agencies, b.Said.Agencies))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// lookInData says whether partners' records hold what is said: the sheet's own answer if it gives one, otherwise
// yes when three agencies or more hold such records, partly when one or two do, no when none does, and
// not known for a theme that no kind of record would show, or when there are no records of any kind to look in.
func (b *BlindSpot) lookInData(ctx context.Context, t Theme, given profile.Answer, records Records) error {
	if len(t.Kinds) > 0 && records != nil {
		n, err := records(ctx, t.Kinds)
		if err != nil {
			return err
		}
		b.DataAgencies = n
	}
	holders := b.DataAgencies // agencies with records of any kind, as far as it matters
	if given == "" && holders == 0 && len(t.Kinds) > 0 && records != nil {
		var err error
		if holders, err = records(ctx, nil); err != nil {
			return err
		}
	}
	switch {
	case given != "":
		b.InData = given
	case holders == 0:
		b.InData = profile.NotKnown
	case b.DataAgencies == 0:
		b.InData = profile.No
	case b.DataAgencies < 3:
		b.InData = profile.Partly
	default:
		b.InData = profile.Yes
	}
	return nil
}

func orNotAsked(a profile.Answer) string {
	if a == "" {
		return "not asked"
	}
	return string(a)
}

// sentence says a blind spot as DEMO's home page does.
func (b BlindSpot) sentence(t Theme, interviews int) string {
	claim := "speak of " + lower(t.Name)
	if t.Claim != "" {
		claim = "say " + t.Claim
	}
	return fmt.Sprintf("Staff in %d of %d interviews, from %d agencies, %s. In partners' data: %s. In the strategy: %s. Known to leaders: %s.",
		b.Said.Interviews, interviews, b.Said.Agencies, claim, b.InData, orNotAsked(b.InStrategy), orNotAsked(b.KnownToLeaders))
}

// tally counts distinct voices, agencies and interviews.
type tally struct {
	voices, agencies, interviews map[string]bool
	byAgency                     map[string]map[string]bool
	names                        map[string]string
}

func newTally() *tally {
	return &tally{voices: map[string]bool{}, agencies: map[string]bool{}, interviews: map[string]bool{}, byAgency: map[string]map[string]bool{}, names: map[string]string{}}
}

// add counts a statement. One without an agency counts for no voice: nobody can tell whether it is another one.
func (t *tally) add(s Statement) {
	v, a := Voice(s.Agency, s.Role), Fold(s.Agency)
	t.interviews[s.Interview] = true
	if a == "" {
		return
	}
	t.voices[v], t.agencies[a] = true, true
	if t.byAgency[a] == nil {
		t.byAgency[a] = map[string]bool{}
		t.names[a] = s.Agency
	}
	t.byAgency[a][v] = true
}

func (t *tally) said() Said {
	return Said{Voices: len(t.voices), Agencies: len(t.agencies), Interviews: len(t.interviews)}
}

func (t *tally) row(th Theme) AgencyRow {
	row := AgencyRow{Code: th.Code, Theme: th.Name}
	keys := make([]string, 0, len(t.byAgency))
	for a := range t.byAgency {
		keys = append(keys, a)
	}
	slices.Sort(keys)
	for _, a := range keys {
		n := len(t.byAgency[a])
		if n < MinVoices {
			n = Hidden
		}
		row.Agencies = append(row.Agencies, t.names[a])
		row.Voices = append(row.Voices, n)
	}
	return row
}

func sortedThemes(byCode map[string]Theme, tallies map[string]*tally) []Theme {
	var out []Theme
	for code := range tallies {
		out = append(out, byCode[code])
	}
	slices.SortFunc(out, func(a, b Theme) int { return compareCodes(a.Code, b.Code) })
	return out
}

// compareCodes puts T9 before T10.
func compareCodes(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// maxPairs bounds how many pairs are shown.
const maxPairs = 20

// pairs finds themes that were said in the same interview by at least two agencies, and in at least three
// interviews: fewer is chance.
func pairs(statements []Statement, themes map[string]Theme, answers map[string]map[string]profile.Answer, interviews int) []BlindSpot {
	in := map[string]map[string]bool{} // interview -> themes
	who := map[string]map[string]*tally{}
	for _, s := range statements {
		for _, code := range s.Themes {
			if in[s.Interview] == nil {
				in[s.Interview], who[s.Interview] = map[string]bool{}, map[string]*tally{}
			}
			if themes[code].Process {
				continue
			}
			in[s.Interview][code] = true
			if who[s.Interview][code] == nil {
				who[s.Interview][code] = newTally()
			}
			who[s.Interview][code].add(s)
		}
	}
	type key struct{ a, b string }
	found := map[key]*tally{}
	for interview, codes := range in {
		list := make([]string, 0, len(codes))
		for c := range codes {
			list = append(list, c)
		}
		slices.SortFunc(list, compareCodes)
		for i, a := range list {
			for _, b := range list[i+1:] {
				k := key{a, b}
				if found[k] == nil {
					found[k] = newTally()
				}
				for _, code := range []string{a, b} {
					for v := range who[interview][code].voices {
						agency, role, _ := strings.Cut(v, "|")
						found[k].add(Statement{Interview: interview, Agency: agency, Role: role})
					}
				}
			}
		}
	}
	var out []BlindSpot
	for k, t := range found {
		n := t.said()
		if n.Agencies < MinAgencies || n.Interviews < 3 {
			continue
		}
		b := BlindSpot{Codes: []string{k.a, k.b}, Theme: themes[k.a].Name + " with " + lower(themes[k.b].Name), Said: n,
			InStrategy: both(answers[k.a]["strategy"], answers[k.b]["strategy"]), KnownToLeaders: both(answers[k.a]["leaders"], answers[k.b]["leaders"]), InData: profile.NotKnown}
		b.Sentence = fmt.Sprintf("%s and %s were spoken of together in %d of %d interviews, by %d agencies.", upper(themes[k.a].Name), lower(themes[k.b].Name), n.Interviews, interviews, n.Agencies)
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b BlindSpot) int {
		return cmp.Or(-cmp.Compare(a.Said.Interviews, b.Said.Interviews), -cmp.Compare(a.Said.Voices, b.Said.Voices), compareCodes(a.Codes[0], b.Codes[0]), compareCodes(a.Codes[1], b.Codes[1]))
	})
	return out[:min(len(out), maxPairs)]
}

// both is what is known of two things together: no if either is no, not known if either is.
func both(a, b profile.Answer) profile.Answer {
	for _, worst := range []profile.Answer{profile.No, "", profile.NotKnown, profile.Partly} {
		if a == worst || b == worst {
			return worst
		}
	}
	return profile.Yes
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// lower begins a name in the middle of a sentence; what is written in capitals stays so.
func lower(s string) string {
	r := []rune(s)
	if len(r) < 2 || !unicode.IsLower(r[1]) {
		return s
	}
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

func notHeard(statements []Statement) []string {
	var voices []string
	seen := map[string]bool{}
	for _, s := range statements {
		v := " " + Fold(s.Agency+" "+s.Role) + " "
		if !seen[v] {
			seen[v] = true
			voices = append(voices, v)
		}
	}
	out := []string{}
	if len(statements) == 0 {
		return out
	}
	for _, e := range Expected {
		heard := slices.ContainsFunc(voices, func(v string) bool {
			return slices.ContainsFunc(e.Words, func(w string) bool { return mentions(v, w) })
		})
		if !heard {
			out = append(out, e.Group)
		}
	}
	return out
}

// mentions reports whether a folded voice holds a word, as a whole word or its plural.
func mentions(voice, word string) bool {
	word = strings.ReplaceAll(word, "’", "'")
	voice = strings.ReplaceAll(voice, "’", "'")
	for i := 0; ; {
		j := strings.Index(voice[i:], word)
		if j < 0 {
			return false
		}
		at := i + j
		end := at + len(word)
		before := at == 0 || !isLetter(voice[at-1])
		after := end >= len(voice) || !isLetter(voice[end]) || voice[end] == 's' && (end+1 >= len(voice) || !isLetter(voice[end+1]))
		if before && after {
			return true
		}
		i = at + 1
	}
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 0x80 }
