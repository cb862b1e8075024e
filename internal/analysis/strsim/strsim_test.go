package strsim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// Reference values from rapidfuzz 3 (runes) and DuckDB 2.0 (bytes); the
// MARTHA, DIXON and DWAYNE rows are Winkler's own examples.
var references = []struct {
	a, b              string
	lev, osa, dam     int
	jaro, jw          float64
	levBytes          int
	jaroBytes, jwByte float64
}{
	{"MARTHA", "MARHTA", 2, 1, 1, 0.9444444444444445, 0.9611111111111111, 2, 0.9444444444444445, 0.9611111111111111},
	{"DIXON", "DICKSONX", 4, 4, 4, 0.7666666666666666, 0.8133333333333332, 4, 0.7666666666666666, 0.8133333333333332},
	{"DWAYNE", "DUANE", 2, 2, 2, 0.8222222222222223, 0.84, 2, 0.8222222222222223, 0.84},
	{"José", "Jose", 1, 1, 1, 0.8333333333333334, 0.8833333333333334, 2, 0.7833333333333333, 0.8483333333333334},
	{"Müller", "Mueller", 2, 2, 2, 0.7825396825396825, 0.8042857142857143, 2, 0.8095238095238096, 0.8285714285714287},
	{"ćma", "cma", 1, 1, 1, 0.7777777777777777, 0.7777777777777777, 2, 0.7222222222222222, 0.7222222222222222},
	{"ca", "abc", 3, 3, 2, 0, 0, 3, 0, 0},
	{"ab", "ba", 2, 1, 1, 0, 0, 2, 0, 0},
	{"", "a", 1, 1, 1, 0, 0, 1, 0, 0},
	{
		strings.Repeat("a", 30) + strings.Repeat("bcdefghij", 6),
		strings.Repeat("a", 29) + strings.Repeat("cbdefgxij", 6) + "zz",
		20, 15, 15, 0.9148756472285884, 0.948925388337153, 20, 0.9148756472285884, 0.948925388337153,
	},
}

func TestReferenceVectors(t *testing.T) {
	for _, r := range references {
		t.Run(r.a+"/"+r.b, func(t *testing.T) {
			ints := []struct {
				name      string
				got, want int
			}{
				{"Levenshtein", Levenshtein(r.a, r.b), r.lev},
				{"OSA", OSA(r.a, r.b), r.osa},
				{"DamerauLevenshtein", DamerauLevenshtein(r.a, r.b), r.dam},
				{"LevenshteinBytes", LevenshteinBytes(r.a, r.b), r.levBytes},
			}
			for _, c := range ints {
				if c.got != c.want {
					t.Errorf("%s(%q, %q) = %d, want %d", c.name, r.a, r.b, c.got, c.want)
				}
			}
			floats := []struct {
				name      string
				got, want float64
			}{
				{"Jaro", Jaro(r.a, r.b), r.jaro},
				{"JaroWinkler", JaroWinkler(r.a, r.b), r.jw},
				{"JaroBytes", JaroBytes(r.a, r.b), r.jaroBytes},
				{"JaroWinklerBytes", JaroWinklerBytes(r.a, r.b), r.jwByte},
			}
			for _, c := range floats {
				if math.Abs(c.got-c.want) > 1e-12 {
					t.Errorf("%s(%q, %q) = %v, want %v", c.name, r.a, r.b, c.got, c.want)
				}
			}
		})
	}
}

// Values for scripts other than Latin, from rapidfuzz 3.
func TestOtherScripts(t *testing.T) {
	for _, c := range []struct {
		a, b string
		lev  int
		jw   float64
	}{
		{"Владимир", "Владмиир", 2, 0.975},
		{"محمد", "محمود", 1, 0.9533333333333333},
	} {
		if got := Levenshtein(c.a, c.b); got != c.lev {
			t.Errorf("Levenshtein(%q, %q) = %d, want %d", c.a, c.b, got, c.lev)
		}
		if got := JaroWinkler(c.a, c.b); math.Abs(got-c.jw) > 1e-12 {
			t.Errorf("JaroWinkler(%q, %q) = %v, want %v", c.a, c.b, got, c.jw)
		}
	}
}

func TestJaccard(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"", "", 1}, {"", "a", 0}, {"night", "nacht", 3.0 / 7}, {"ab", "ba", 1}} {
		if got := Jaccard(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("Jaccard(%q, %q) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// Codes published by the United States National Archives.
func TestSoundex(t *testing.T) {
	for name, want := range map[string]string{
		"Washington": "W252", "Lee": "L000", "Gutierrez": "G362", "Pfister": "P236", "Jackson": "J250",
		"Tymczak": "T522", "VanDeusen": "V532", "Ashcraft": "A261", "O'Brien": "O165", "": "", "12": "",
	} {
		if got := Soundex(name); got != want {
			t.Errorf("Soundex(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestNearIsOneEdit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		a, b := randomWord(r, "abc", 6), randomWord(r, "abc", 6)
		if got, want := Near(a, b), OSA(a, b) <= 1; got != want {
			t.Fatalf("Near(%q, %q) = %v, but their distance is %d", a, b, got, OSA(a, b))
		}
	}
}

func randomWord(r *rand.Rand, alphabet string, most int) string {
	b := make([]byte, r.IntN(most+1))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// The quick paths must equal the definitions, around 64 characters too.
func TestQuickPathsEqualDefinitions(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 30000 {
		most := 12
		switch {
		case i%10 == 0:
			most = 80
		case i%3 == 0: // around the lengths that fit one word and two
			most = 19
		}
		a, b := randomWord(r, "abcdef", most), randomWord(r, "abcdef", most)
		check(t, a, b)
	}
}

func check(t *testing.T, a, b string) {
	t.Helper()
	ra, rb := []rune(a), []rune(b)
	if got, want := Levenshtein(a, b), levenshtein(ra, rb); got != want {
		t.Fatalf("Levenshtein(%q, %q) = %d, want %d", a, b, got, want)
	}
	want := jaro(ra, rb)
	if string(ra) == string(rb) {
		want = 1
	}
	if got := Jaro(a, b); got != want {
		t.Fatalf("Jaro(%q, %q) = %v, want %v", a, b, got, want)
	}
	jw := JaroWinkler(a, b)
	for _, least := range []float64{0, 0.5, 0.8, 0.92, jw, 1} {
		if got := JaroWinklerAtLeast(a, b, least); got != (jw >= least) {
			t.Fatalf("JaroWinklerAtLeast(%q, %q, %v) = %v, and JaroWinkler is %v", a, b, least, got, jw)
		}
	}
	lev, o, dam := Levenshtein(a, b), OSA(a, b), DamerauLevenshtein(a, b)
	switch {
	case jw < 0 || jw > 1+1e-12 || math.IsNaN(jw):
		t.Fatalf("JaroWinkler(%q, %q) = %v, outside 0 to 1", a, b, jw)
	case math.Abs(jw-JaroWinkler(b, a)) > 1e-12 && math.Abs(Jaro(a, b)-Jaro(b, a)) < 1e-12:
		t.Fatalf("JaroWinkler(%q, %q) changes with the order though Jaro does not", a, b)
	case lev != Levenshtein(b, a), o != OSA(b, a), dam != DamerauLevenshtein(b, a):
		t.Fatalf("a distance between %q and %q changes with the order", a, b)
	case dam > o || o > lev:
		t.Fatalf("%q, %q: Damerau %d, OSA %d, Levenshtein %d should not fall", a, b, dam, o, lev)
	case lev > max(len(ra), len(rb)) || lev < max(len(ra)-len(rb), len(rb)-len(ra)):
		t.Fatalf("Levenshtein(%q, %q) = %d, out of bounds", a, b, lev)
	case (lev == 0) != (string(ra) == string(rb)):
		t.Fatalf("Levenshtein(%q, %q) = %d", a, b, lev)
	}
}

func FuzzAgainstDefinitions(f *testing.F) {
	for _, r := range references {
		f.Add(r.a, r.b)
	}
	f.Add("Ñandú", "nandu")
	f.Add(strings.Repeat("é", 70), strings.Repeat("e", 65))
	f.Add("\xff\xfe", "a\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 400 || len(b) > 400 {
			t.Skip("quadratic work")
		}
		check(t, strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?"))
		if got, want := LevenshteinBytes(a, b), levenshtein([]byte(a), []byte(b)); got != want {
			t.Fatalf("LevenshteinBytes(%q, %q) = %d, want %d", a, b, got, want)
		}
		JaroWinklerBytes(a, b)
		DamerauLevenshteinBytes(a, b)
		Soundex(a)
		Near(a, b)
	})
}

var surnames = strings.Fields(`smith jones williams taylor brown davies evans wilson thomas johnson roberts
robinson thompson wright walker white edwards hughes green hall lewis harris clarke patel jackson wood turner
martin cooper hill ward morris moore clark lee king baker harrison morgan allen james scott phillips watson
davis parker price bennett young griffiths mitchell kelly cook carter richardson bailey collins bell shaw
murphy miller cox richards khan marshall anderson simpson ellis adams singh begum wilkinson foster chapman
powell webb rogers gray mason ali hunt hussain campbell matthews owen palmer holmes mills barnes knight lloyd
butler russell barker fisher stevens jenkins murray dixon harvey`)

func BenchmarkJaroWinkler(b *testing.B) {
	n := len(surnames)
	for i := 0; i < b.N; i++ {
		JaroWinkler(surnames[i%n], surnames[(i*31+7)%n])
	}
}

func BenchmarkLevenshtein(b *testing.B) {
	n := len(surnames)
	for i := 0; i < b.N; i++ {
		Levenshtein(surnames[i%n], surnames[(i*31+7)%n])
	}
}

func ExampleJaroWinkler() {
	fmt.Printf("%.3f\n", JaroWinkler("martha", "marhta"))
	// Output: 0.961
}
