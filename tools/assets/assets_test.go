package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestHouseStyle(t *testing.T) {
	const sheet = `@charset "UTF-8";@font-face{font-family:GDS Transport;src:url(/assets/fonts/light.woff2) format("woff2")}` +
		`.govuk-body{font-family:GDS Transport,arial,sans-serif}` +
		`.govuk-footer__copyright-logo:before{background-image:url(/assets/images/govuk-crest.svg)}` +
		`@supports (mask-position:initial){.govuk-footer__copyright-logo:before{mask-image:url(/assets/images/govuk-crest.svg)}}` +
		`.govuk-footer__crown{margin-bottom:25px}` +
		`.a{background:url(/assets/images/icon-document.svg)}.b{background:url(/assets/images/icon-document.svg)}` +
		"\n/*# sourceMappingURL=x.min.css.map */"
	const want = `@charset "UTF-8";.govuk-body{font-family:arial,sans-serif}` +
		`.a{background:url(images/icon-document.svg)}.b{background:url(images/icon-document.svg)}`
	got, pictures, err := houseStyle(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !reflect.DeepEqual(pictures, []string{"icon-document.svg"}) {
		t.Errorf("pictures are %v", pictures)
	}
}

func TestHouseStyleRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, sheet := range map[string]string{
		"a new way to name the font": `.a{font-family:"GDS Transport",arial}`,
		"another crest":              `.header{background:url(images/crest.png)}`,
		"another host":               `.a{background:url(https://example.org/a.png)}`,
		"an import":                  `@import "other.css";`,
	} {
		if _, _, err := houseStyle(sheet); err == nil {
			t.Errorf("%s: no error for %s", name, sheet)
		}
	}
}

func TestWithoutSourceMap(t *testing.T) {
	for in, want := range map[string]string{
		"export{a};//# sourceMappingURL=a.js.map":           "export{a};",
		"a{}\n/*# sourceMappingURL=a.css.map */\n":          "a{}\n",
		"const s='sourceMapping';":                          "const s='sourceMapping';",
		"export {};\n//# sourceMappingURL=maplibre.mjs.map": "export {};\n",
	} {
		if got := withoutSourceMap(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// A square of two arcs, the second run backwards, as TopoJSON writes it.
func TestRing(t *testing.T) {
	var top topology
	top.Transform.Scale = [2]float64{0.5, 0.5}
	top.Transform.Translate = [2]float64{-1, 50}
	top.Arcs = [][][2]int{{{0, 0}, {2, 0}, {0, 2}}, {{0, 0}, {0, 2}, {2, 0}}}
	got, err := top.ring([]int{0, -2})
	if err != nil {
		t.Fatal(err)
	}
	want := ring{{-1, 50}, {0, 50}, {0, 51}, {-1, 51}, {-1, 50}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := top.ring([]int{7}); err == nil {
		t.Error("no error for an arc that does not exist")
	}
}
