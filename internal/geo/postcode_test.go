package geo

import (
	"slices"
	"strings"
	"testing"
)

func TestParsePostcode(t *testing.T) {
	for in, want := range map[string]struct {
		class PostcodeClass
		text  string
	}{
		// Every shape of outcode.
		"M1 1AE": {PostcodeFull, "M1 1AE"}, "B33 8TH": {PostcodeFull, "B33 8TH"}, "CR2 6XH": {PostcodeFull, "CR2 6XH"},
		"DN55 1PT": {PostcodeFull, "DN55 1PT"}, "W1A 1HQ": {PostcodeFull, "W1A 1HQ"}, "EC1A 1BB": {PostcodeFull, "EC1A 1BB"},
		// As people write them.
		"se58tr": {PostcodeFull, "SE5 8TR"}, " SE5  8TR ": {PostcodeFull, "SE5 8TR"}, "SE5-8TR.": {PostcodeFull, "SE5 8TR"},
		"SE5\u00a08TR": {PostcodeFull, "SE5 8TR"}, "E14AA": {PostcodeFull, "E1 4AA"}, "S E 5 8 T R": {PostcodeFull, "SE5 8TR"},
		"AB1  0AA": {PostcodeFull, "AB1 0AA"}, "BT1 1AA": {PostcodeFull, "BT1 1AA"}, "CF10 1EP": {PostcodeFull, "CF10 1EP"},
		// Half a postcode.
		"SE5": {PostcodeOutcode, "SE5"}, "sw1a": {PostcodeOutcode, "SW1A"}, "SE5 8": {PostcodeOutcode, "SE5"}, "NG7 1": {PostcodeOutcode, "NG7"}, "SE15": {PostcodeOutcode, "SE15"},
		// No fixed abode and other NHS codes.
		"ZZ99 3VZ": {PostcodeNoFixedAbode, "ZZ99 3VZ"}, "zz993vz": {PostcodeNoFixedAbode, "ZZ99 3VZ"}, "NFA": {PostcodeNoFixedAbode, ""},
		"No fixed abode": {PostcodeNoFixedAbode, ""}, "ZZ99 3WZ": {PostcodePseudo, "ZZ99 3WZ"}, "ZZ99 6ZZ": {PostcodePseudo, "ZZ99 6ZZ"}, "ZZ99": {PostcodePseudo, "ZZ99"},
		// No place.
		"BFPO 58": {PostcodeBFPO, ""}, "BF1 2AT": {PostcodeBFPO, "BF1 2AT"}, "BF1": {PostcodeBFPO, "BF1"}, "BFPO": {PostcodeBFPO, ""},
		"GIR 0AA": {PostcodeNonGeographic, "GIR 0AA"}, "BX1 1LT": {PostcodeNonGeographic, "BX1 1LT"},
		// Elsewhere.
		"JE2 3AB": {PostcodeOutsideUK, "JE2 3AB"}, "GY1 1WR": {PostcodeOutsideUK, "GY1 1WR"}, "IM1 1AA": {PostcodeOutsideUK, "IM1 1AA"},
		"GX11 1AA": {PostcodeOutsideUK, "GX11 1AA"}, "FIQQ 1ZZ": {PostcodeOutsideUK, "FIQQ 1ZZ"}, "D02 X285": {PostcodeOutsideUK, ""}, "D6W XK28": {PostcodeOutsideUK, ""},
		// Neither.
		"": {PostcodeEmpty, ""}, " - ": {PostcodeEmpty, ""}, "QQ1 1AA": {PostcodeMalformed, ""}, "SE5 8CR": {PostcodeMalformed, ""},
		"SE5 TR8": {PostcodeMalformed, ""}, "12345": {PostcodeMalformed, ""}, "unknown": {PostcodeMalformed, ""}, "AB1O 1AA": {PostcodeMalformed, ""},
		"SE58TRX": {PostcodeMalformed, ""}, "ＳＥ５ ８ＴＲ": {PostcodeEmpty, ""}, "SE05 8TR": {PostcodeMalformed, ""}, "BFPO X": {PostcodeMalformed, ""},
	} {
		got := ParsePostcode(in)
		if got.Class != want.class || got.String() != want.text {
			t.Errorf("ParsePostcode(%q) = %s %q (%s), want %s %q", in, got.Class, got, got.Reason, want.class, want.text)
		}
		if got.Class != PostcodeFull && got.Reason == "" {
			t.Errorf("ParsePostcode(%q) gives no reason for %s", in, got.Class)
		}
		if got.Placed() != (want.class == PostcodeFull || want.class == PostcodeOutcode) {
			t.Errorf("ParsePostcode(%q).Placed() = %v", in, got.Placed())
		}
	}
}

func TestPostcodeKey(t *testing.T) {
	if k := ParsePostcode("se5 8tr").Key(); k != "SE58TR" {
		t.Errorf("Key = %q, want SE58TR", k)
	}
	if k := ParsePostcode("SE5").Key(); k != "" {
		t.Errorf("Key of half a postcode = %q, want none", k)
	}
}

func TestPostcodeAreas(t *testing.T) {
	if n := len(postcodeAreas); n != 127 {
		t.Errorf("%d areas, want 124 and BF, BX, GX", n)
	}
}

func TestSuggestPostcodes(t *testing.T) {
	for in, want := range map[string][]string{
		"AB1O 1AA":  {"AB10 1AA"},
		"SE5 BTR":   nil, // B for 8 is not among the exchanges
		"NGI 5FT":   {"NG1 5FT"},
		"0X1 1AA":   {"OX1 1AA"},
		"N1 OAA":    {"N1 0AA"},
		"1P1 1AA":   {"IP1 1AA"},
		"S01 4AA":   {"SO1 4AA"},
		"SE5 8TR":   nil, // already well formed: nothing to change
		"LI 1AA":    {"L1 1AA"},
		"":          nil,
		"PO1O 1OO":  nil,
		"CAMBRIDGE": nil,
	} {
		if got := SuggestPostcodes(in); !slices.Equal(got, want) {
			t.Errorf("SuggestPostcodes(%q) = %q, want %q", in, got, want)
		}
	}
	if p := ParsePostcode("AB1O 1AA"); p.Outcode != "" || !slices.Equal(p.Suggestions, []string{"AB10 1AA"}) {
		t.Errorf("a suggestion was taken for the postcode: %+v", p)
	}
}

func FuzzParsePostcode(f *testing.F) {
	for _, s := range []string{"SE5 8TR", "ZZ99 3VZ", "BFPO 1", "GIR0AA", "AB1O 1AA", "SE5 8", "D6W XK28", "\xff\xfe", "NFA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := ParsePostcode(s)
		if p.Class == "" {
			t.Fatalf("ParsePostcode(%q) has no class", s)
		}
		if p.Incode != "" {
			again := ParsePostcode(p.String())
			if again.Class != p.Class || again.Outcode != p.Outcode || again.Incode != p.Incode || again.Reason != p.Reason {
				t.Fatalf("ParsePostcode(%q) = %+v, but of its own text %+v", s, p, again)
			}
		}
		for _, g := range p.Suggestions {
			if c := ParsePostcode(g).Class; c == PostcodeMalformed || c == PostcodeEmpty {
				t.Fatalf("suggestion %q for %q is %s", g, s, c)
			}
		}
		if strings.ContainsFunc(p.String(), func(r rune) bool { return r > 'Z' }) {
			t.Fatalf("ParsePostcode(%q) is written %q", s, p)
		}
	})
}
