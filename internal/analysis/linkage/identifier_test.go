package linkage

import "testing"

func TestCheckDigits(t *testing.T) {
	for _, c := range []struct {
		name  string
		check func(string) bool
		value string
		want  bool
	}{
		{"NHS from the test range", CheckNHS, "999 000 0018", true},
		{"NHS wrong digit", CheckNHS, "9990000019", false},
		{"NHS short", CheckNHS, "999000001", false},
		{"UPN (python-stdnum)", CheckUPN, "B801200005001", true},
		{"UPN wrong letter (python-stdnum)", CheckUPN, "A801200005001", false},
		{"PNC long (HMPPS)", func(s string) bool { _, ok := CanonicalPNC(s); return ok }, "2003/0062845E", true},
		{"PNC short", func(s string) bool { _, ok := CanonicalPNC(s); return ok }, "03/62845E", true},
		{"PNC wrong letter", func(s string) bool { _, ok := CanonicalPNC(s); return ok }, "2003/0062845F", false},
		{"PNC nonsense", func(s string) bool { _, ok := CanonicalPNC(s); return ok }, "n/k", false},
	} {
		if got := c.check(c.value); got != c.want {
			t.Errorf("%s: %q gives %v, want %v", c.name, c.value, got, c.want)
		}
	}
	if got, _ := CanonicalPNC("03/62845e"); got != "2003/0062845E" {
		t.Errorf("CanonicalPNC of the short form = %q", got)
	}
}
