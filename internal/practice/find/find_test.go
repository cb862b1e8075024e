package find_test

import (
	"fmt"
	"strings"
	"testing"

	"lantern.example/lantern/internal/practice/find"
)

var groups = []find.Group{
	{Terms: []string{"county lines", "county line", "going country", "cunch", "OT"}},
	{Terms: []string{"youth justice service", "YJS", "YOT", "youth offending team"}},
	{Terms: []string{"selling drugs", "shotting", "food?"}},
}

func small() *find.Index {
	x := find.New(groups)
	x.Set("a", []find.Doc{
		{Kind: "practice", ID: "a", Title: "Return interviews after going country", Body: "What a young person says on return."},
		{Kind: "duty", ID: "b", Title: "Serious violence", Summary: "Partners assess needs.", Body: "The youth justice service is a specified authority."},
		{Kind: "practice", ID: "c", Title: "School food", Body: "Breakfast clubs and exclusions."},
		{Kind: "course", ID: "d", Title: "Recognising exploitation", Body: "Children are exploited; exploiting is a choice adults make. Selling drugs."},
	})
	return x
}

func found(a find.Answer) string {
	var out []string
	for _, h := range a.Hits {
		out = append(out, h.ID)
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	x := small()
	for name, c := range map[string]struct{ q, kind, want string }{
		"a word":                     {"exclusion", "", "c"},
		"its other forms":            {"exploited", "", "d"},
		"the same thing's slang":     {"cunch", "", "a"},
		"its other name":             {"county lines", "", "a"},
		"an abbreviation":            {"YOT", "", "b"},
		"an ordinary word asked for": {"food", "", "c d"},
		"a letter wrong":             {"exlusion", "", "c"},
		"two letters exchanged":      {"voilence", "", "b"},
		"slang misspelt":             {"shoting", "", "d"},
		"a beginning":                {"explo", "", "d"},
		"a slip in a long word":      {"recognsing explotaton", "", "d"},
		"stop words alone":           {"what is the", "", ""},
		"nothing like it":            {"zzzz", "", ""},
		"most of the words":          {"return interviews Sheffield", "", "a"},
		"another kind":               {"county lines", "duty", ""},
		"all words first":            {"serious violence needs", "", "b"},
	} {
		if got := found(x.Search(find.Query{Text: c.q, Kind: c.kind})); got != c.want {
			t.Errorf("%s: %q found %q, want %q", name, c.q, got, c.want)
		}
	}
}

func TestTheAnswerSaysHowItRead(t *testing.T) {
	x := small()
	a := x.Search(find.Query{Text: "exlusion zzzz cunch"})
	if len(a.Nobody) != 1 || a.Nobody[0] != "zzzz" {
		t.Errorf("words nobody has: %q, want zzzz", a.Nobody)
	}
	if got, want := fmt.Sprint(a.Read), "[{exlusion [exclusions] false} {cunch [county lines county line going country OT] true}]"; got != want {
		t.Errorf("read as %s, want %s", got, want)
	}
	a = x.Search(find.Query{Text: "young drugs", Limit: 1, Offset: 1})
	if a.Total != 2 || len(a.Hits) != 1 || a.Kinds["practice"] != 1 || a.Kinds["course"] != 1 {
		t.Errorf("the second page of two is %+v", a)
	}
}

func TestSetChangesWhatChanged(t *testing.T) {
	x := small()
	x.Set("a", []find.Doc{{Kind: "duty", ID: "b", Ver: "2", Title: "Gang injunctions"}, {Kind: "practice", ID: "c", Title: "not read again"}})
	for q, want := range map[string]string{"violence": "", "injunction": "b", "exploitation": "", "exclusion": "c"} {
		if got := found(x.Search(find.Query{Text: q})); got != want {
			t.Errorf("%q found %q, want %q", q, got, want)
		}
	}
	// Enough is dropped for the index to be drawn together: what is left is found as before.
	var many []find.Doc
	for i := range 300 {
		many = append(many, find.Doc{Kind: "answer", ID: fmt.Sprint(i), Title: fmt.Sprintf("Answer number%d", i)})
	}
	x.Set("a", many)
	x.Set("a", many[:40])
	if x.Len() != 40 || found(x.Search(find.Query{Text: "number39"})) != "39" || found(x.Search(find.Query{Text: "number200"})) == "200" {
		t.Errorf("after dropping most, %d documents are left", x.Len())
	}
}

// FuzzSearch holds that any text may be a document and a query, and that a document is found by its own title.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"county lines", "a", "\xff\x00", "İstanbul’s", "ss ies ations", "1234 5"} {
		f.Add(s, "text")
	}
	f.Fuzz(func(t *testing.T, title, body string) {
		if len(title) > 200 || len(body) > 2000 {
			return
		}
		x := find.New(groups)
		x.Set("a", []find.Doc{{Kind: "k", ID: "1", Title: title, Body: body}, {Kind: "k", ID: "2", Title: "other words", Body: title}})
		a := x.Search(find.Query{Text: title})
		if len(a.Hits) > 0 && len(a.Nobody) == 0 && len(a.Read) == 0 && a.Hits[0].ID != "1" && title != "other words" && !strings.Contains(strings.ToLower(title), "other") && !strings.Contains(strings.ToLower(title), "word") {
			t.Fatalf("the title %q finds %v first", title, a.Hits)
		}
	})
}
