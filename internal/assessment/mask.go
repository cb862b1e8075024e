package assessment

import (
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/intake/profile"
)

// Masked is a statement as it may be shown to every member. Nobody's role stands beside their words: with an agency it
// is one person's as often as not. The agency stands there only when at least two of its voices spoke of each of the
// statement's themes, so that a list filtered and sorted any way gives no more than the table of themes by agency. The
// interview is shown only to the agency that holds the sheet, which knows it: a slot is one voice too.
type Masked struct {
	Statement
	// OneVoice says that the agency is left out.
	OneVoice bool
	// Held says that the statement is held by the reader's agency, which may correct it.
	Held bool
	// Lone says that only one agency spoke of each of its themes: it is counted, and shown only where it is held.
	Lone bool
}

// Mask makes statements fit to be shown. It needs all that the scope may read, not one page of them: what is hidden
// depends on what others said.
func Mask(all []Statement, scope access.Scope) []Masked {
	tallies := tallyThemes(all)
	out := make([]Masked, 0, len(all))
	for _, s := range all {
		m := Masked{Statement: s, Held: s.Owner == scope.Agency && scope.Agency != "", Lone: len(s.Themes) > 0, OneVoice: len(s.Themes) == 0 || Fold(s.Agency) == ""}
		for _, code := range s.Themes {
			t := tallies[code]
			m.Lone = m.Lone && len(t.agencies) < MinAgencies
			m.OneVoice = m.OneVoice || len(t.agencies) < MinAgencies || len(t.byAgency[Fold(s.Agency)]) < MinVoices
		}
		m.Role = ""
		if m.OneVoice {
			m.Agency = ""
		}
		if !m.Held {
			m.Interview, m.SourceRef, m.By = "", "", ""
		}
		out = append(out, m)
	}
	return out
}

func tallyThemes(all []Statement) map[string]*tally {
	tallies := map[string]*tally{}
	for _, s := range all {
		for _, code := range s.Themes {
			if tallies[code] == nil {
				tallies[code] = newTally()
			}
			tallies[code].add(s)
		}
	}
	return tallies
}

// Speaking is an agency of which at least two voices spoke of a theme, and who they were as a group.
type Speaking struct {
	Agency string
	Voices int
	Roles  []string
}

// SpeakingOf lists the agencies with at least two voices on a theme, most first. A theme that one agency alone speaks
// of has none.
func SpeakingOf(all []Statement, code string) []Speaking {
	t := tallyThemes(all)[code]
	if t == nil || len(t.agencies) < MinAgencies {
		return nil
	}
	var out []Speaking
	for a, voices := range t.byAgency {
		if len(voices) < MinVoices {
			continue
		}
		x := Speaking{Agency: t.names[a], Voices: len(voices)}
		seen := map[string]bool{}
		for _, s := range all {
			if Fold(s.Agency) == a && slices.Contains(s.Themes, code) && s.Role != "" && !seen[Fold(s.Role)] {
				seen[Fold(s.Role)] = true
				x.Roles = append(x.Roles, s.Role)
			}
		}
		slices.SortFunc(x.Roles, func(a, b string) int { return strings.Compare(Fold(a), Fold(b)) })
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Speaking) int {
		if a.Voices != b.Voices {
			return b.Voices - a.Voices
		}
		return strings.Compare(Fold(a.Agency), Fold(b.Agency))
	})
	return out
}

// Side is what some voices hold.
type Side struct {
	Words            string // "It was reported"
	Voices, Agencies int
}

// Difference is a question on which those who speak of a theme do not agree.
type Difference struct {
	Question string
	Sides    []Side
}

// Differences finds where those who speak of a theme differ, from what was recorded beside their words. It compares no
// meanings: whether two sentences contradict each other is for a reader to see. A side with one voice is counted with
// the rest and says no agency.
func Differences(all []Statement, code string) []Difference {
	questions := []struct {
		question string
		sides    []string
		side     func(s Statement) string
	}{
		{"Was it reported?", []string{"It was reported", "It was not reported"}, func(s Statement) string {
			switch s.Reported {
			case profile.Yes, profile.Partly:
				return "It was reported"
			case profile.No:
				return "It was not reported"
			case profile.NotKnown:
			}
			return ""
		}},
		{"Does anybody else know?", []string{"Somebody else knows", "Nobody else knows"}, func(s Statement) string {
			switch Fold(s.WhoElse) {
			case "":
				return ""
			case "nobody", "no one", "no-one", "none":
				return "Nobody else knows"
			}
			return "Somebody else knows"
		}},
		{"How sure are they?", []string{"Sure of it", "Not sure of it"}, func(s Statement) string {
			switch s.Confidence {
			case profile.High:
				return "Sure of it"
			case profile.Low:
				return "Not sure of it"
			case profile.Medium:
			}
			return ""
		}},
	}
	var out []Difference
	for _, q := range questions {
		d := Difference{Question: q.question}
		for _, words := range q.sides {
			t := newTally()
			for _, s := range all {
				if slices.Contains(s.Themes, code) && q.side(s) == words {
					t.add(s)
				}
			}
			if n := t.said(); n.Voices > 0 {
				d.Sides = append(d.Sides, Side{Words: words, Voices: n.Voices, Agencies: n.Agencies})
			}
		}
		if len(d.Sides) > 1 {
			out = append(out, d)
		}
	}
	return out
}
