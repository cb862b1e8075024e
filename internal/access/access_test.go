package access_test

import (
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/fact"
)

// What flows without a condition is what package fact writes with handling code P, and what is not graded and no intelligence.
func TestUnconditionalIsHandlingCodeP(t *testing.T) {
	for _, source := range []int{1, 2, 3} {
		for _, information := range "ABCDE" {
			for _, handling := range []string{"P", "C"} {
				text := fact.Grade{Source: source, Information: string(information), Handling: handling}.String()
				if got := access.Unconditional(text, access.Intelligence); got != (handling == "P") {
					t.Errorf("%s flows: %v", text, got)
				}
			}
		}
	}
	for _, text := range []string{"2B-C/A2/S2", "2BP", "2b-p", "9Z-P", "B21", "2B", " 2B-P", "P"} {
		if access.Unconditional(text, access.Offending) {
			t.Errorf("%q flows", text)
		}
	}
	if access.Unconditional("", access.Intelligence) || !access.Unconditional("", access.Offending) {
		t.Error("what nobody graded: intelligence must wait, and nothing else")
	}
}
