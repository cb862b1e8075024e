package main

import (
	"strings"
	"testing"
)

// A table that hides nothing by itself must hide what would tell how few were added since an earlier one.
func TestDisclosureLooksAtWhatWasPublishedBefore(t *testing.T) {
	const now = "area,a,b,Total\nN,22,41,63\nS,52,66,118\nTotal,74,107,181\n"
	dir := t.TempDir()
	first := write(t, dir, "quarter1.csv", "area,a,b,Total\nN,20,30,50\nS,40,50,90\nTotal,60,80,140\n")
	code, alone, errs := call(t, now, "analyse", "disclosure", "-", "--json")
	if code != 0 || strings.Contains(alone, "null,41") || !strings.Contains(alone, `"table":[[22,41,63],[52,66,118],[74,107,181]]`) {
		t.Fatalf("exit %d: %s%s", code, alone, errs)
	}
	code, beside, errs := call(t, now, "analyse", "disclosure", "-", "--earlier="+first, "--json")
	if code != 0 || !strings.Contains(beside, `"table":[[null,null,63],[null,null,118],[74,107,181]]`) {
		t.Errorf("two people were added in N, a: exit %d, %s%s", code, beside, errs)
	}
	follows(t, "analyse-disclosure.schema.json", beside)
	code, out, errs := call(t, someCounts, "analyse", "disclosure", "-", "--published="+write(t, dir, "small.csv", someCounts), "--json")
	if code != 3 || !strings.Contains(out, `"table":null`) {
		t.Errorf("a small number that is out already: exit %d, want a refusal: %s%s", code, out, errs)
	}
	for name, c := range map[string]struct {
		args []string
		exit int
		says string
	}{
		"counts that are not the same":     {[]string{"--published=" + first}, 2, "not the same count"},
		"counts that are not included":     {[]string{"--earlier=" + write(t, dir, "more.csv", "area,a,b,Total\nN,90,30,120\nS,40,50,90\nTotal,130,80,210\n")}, 2, "does not include everybody"},
		"a row that is no longer there":    {[]string{"--earlier=" + write(t, dir, "west.csv", "area,a,b,Total\nW,2,3,5\nTotal,2,3,5\n")}, 2, `"W"`},
		"half a person":                    {[]string{"--earlier=" + write(t, dir, "half.csv", "area,a,b,Total\nN,2.5,3,5.5\nTotal,2,3,5\n")}, 2, "row 2"},
		"no file":                          {[]string{"--earlier="}, 2, "without a name"},
		"the same counts again":            {[]string{"--published=" + write(t, dir, "out.csv", "area,a,b,Total\nN,22,41,63\nS,52,66,118\nTotal,74,107,181\n")}, 0, ""},
		"hidden numbers of before, as c":   {[]string{"--published=" + write(t, dir, "hidden.csv", "area,a,b,Total\nN,c,c,63\nS,c,*,118\nTotal,74,107,181\n")}, 0, ""},
		"two tables, the second too large": {[]string{"--earlier=" + first, "--earlier=" + write(t, dir, "last.csv", "area,a,b,Total\nN,20,99,119\nS,40,50,90\nTotal,60,149,209\n")}, 2, "last.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := call(t, now, append([]string{"analyse", "disclosure", "-", "--json"}, c.args...)...)
			if code != c.exit || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d, want %d with %q: %s%s", code, c.exit, c.says, out, errs)
			}
		})
	}
}
