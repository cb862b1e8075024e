package assessment_test

import (
	"strings"
	"testing"

	"lantern.example/lantern/internal/assessment"
)

func TestWordsAreCheckedBeforeTheyAreKept(t *testing.T) {
	known := []string{"Larkfield House", "Gosling Sands", "Wrenshire Police", "Osierham High School", "Reedbank"}
	for _, c := range []struct {
		name, text, want string
	}{
		{"nothing", "The same two cars wait near the home around teatime.", ""},
		{"a name", "I saw Jordan Merrow at the gate.", "name: Jordan Merrow"},
		{"a name begins the sentence", "Jordan Merrow was at the gate.", "name: Jordan Merrow"},
		{"a name after a full stop", "They wait. Jordan Merrow went with them.", "name: Jordan Merrow"},
		{"a name with a hyphen and an accent", "It was told by Zoë Brook-Tyler.", "name: Zoë Brook-Tyler"},
		{"a first name and an initial", "He owes Kai M for the phone.", "name: Kai M"},
		{"a title", "Ask Mr Hollins who waits there.", "name: Mr Hollins"},
		{"a rank", "We told PC Brindle twice.", "name: PC Brindle"},
		{"one name alone is not seen", "Jordan was there.", ""},
		{"known place", "They wait outside Larkfield House and at Gosling Sands.", ""},
		{"known place, possessive", "Larkfield House's staff know.", ""},
		{"known agency", "Tell Wrenshire Police first.", ""},
		{"part of a known agency", "Pupils of Osierham High ride the branch line.", ""},
		{"a place word", "They meet in Fenny Road and at Marlow Park.", ""},
		{"an ordinary word begins the sentence", "When Reedbank opens, they come.", ""},
		{"ordinary word then a name alone", "The Quay is quiet.", ""},
		{"a service", "Children's Services closed it.", ""},
		{"weekday", "On Friday November the first they came.", ""},
		{"a mobile number", "Ring me on 07700 900123 after six.", "telephone: 07700 900123"},
		{"a number with a country code", "It was +44 7700 900 123.", "telephone: +44 7700 900 123"},
		{"a date is not a number", "On 03/11/2026 at 14:20 there were 12.", ""},
		{"a long count is not a number", "They took 1200000 pounds.", ""},
		{"blame", "She put herself at risk again.", "blame: put herself at risk"},
		{"blame, going on", "He puts himself at risk.", "blame: puts himself at risk"},
		{"blame in capitals", "A LIFESTYLE choice, they said.", "blame: LIFESTYLE choice"},
		{"blame with a curly apostrophe", "He won’t engage.", "blame: won't engage"},
		{"blame inside a word is not blame", "The nonpromiscuousness of it.", ""},
		{"all three", "Ask Jordan Merrow, 07700900123, who absconded.", "name: Jordan Merrow; telephone: 07700900123; blame: absconded"},
		{"words of two lines are not one name", "They went to Reedbank with Jordan\nForm tutor", ""},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, w := range assessment.Check(c.text, known) {
				got = append(got, w.Kind+": "+w.Words)
				if (w.Kind == assessment.Blames) != (w.Instead != "") {
					t.Errorf("%q: what to say instead is %q", w.Words, w.Instead)
				}
			}
			if s := strings.Join(got, "; "); s != c.want {
				t.Errorf("in %q found %q, want %q", c.text, s, c.want)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"Jordan Merrow 07700 900123", "put herself at risk", "O'’-Neil ’ X Y", "“Zoë” É É", "\xff\xfeA B"} {
		f.Add(s, "Larkfield House")
	}
	f.Fuzz(func(t *testing.T, text, known string) {
		for _, w := range assessment.Check(text, []string{known}) {
			if w.Words == "" || !strings.Contains(strings.ReplaceAll(text, "’", "'"), strings.ReplaceAll(w.Words, "’", "'")) {
				t.Errorf("%q is not in %q", w.Words, text)
			}
		}
	})
}
