package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// replaced is a text with one piece of it changed; the piece must be there.
func replaced(t *testing.T, text, old, with string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not in the input", old)
	}
	return strings.Replace(text, old, with, 1)
}

// oneSource is 36 months of one source; change gives a month's row, or "" to leave it out.
func oneSource(change func(month int, row string) string) string {
	var b strings.Builder
	b.WriteString("month,source,effort,count\n")
	for m := 1; m <= 36; m++ {
		if row := change(m, fmt.Sprintf("%d,ward,%d,%d", m, 100+m, 10+m*7%5)); row != "" {
			b.WriteString(row + "\n")
		}
	}
	return b.String()
}

// monthTen replaces the row of month 10.
func monthTen(with string) string {
	return oneSource(func(m int, row string) string {
		if m == 10 {
			return with
		}
		return row
	})
}

// allRows is a header and n rows.
func allRows(header string, n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

// absurd finds a number of a size that nothing in a partnership has, such as the 13,917,726,213,834 people that some
// programs answer to overlaps which do not limit the number. (JSON itself has no NaN.)
func absurd(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, v > 1e12 || v < -1e12
	case []any:
		for _, x := range v {
			if found, ok := absurd(x); ok {
				return found, true
			}
		}
	case map[string]any:
		for _, x := range v {
			if found, ok := absurd(x); ok {
				return found, true
			}
		}
	}
	return 0, false
}

// Whatever is wrong with what was brought, the answer is words: exit 2 when the input is wrong (no document), exit 3 when
// it is sound and cannot support an answer (a document whose headlines are null).
func TestBadInputIsRefusedInWords(t *testing.T) {
	dir := t.TempDir()
	areas, near := someAreas()
	neighbours := func(text string) string { return write(t, t.TempDir(), "near.csv", text) }
	hot := func(text string, more ...string) []string {
		return append([]string{"--value=rate", "--permutations=99", "--neighbours=" + neighbours(text)}, more...)
	}
	const spend = "quantity,low,high,shape,source,year\n"
	series := allRows("time,count,effort,control", 30, func(i int) string { return fmt.Sprintf("%d,%d,%d,%d", i+1, 20+i%4, 9+i%3, 18+i%5) })
	for _, c := range []struct {
		name, method, input string
		more                []string
		exit                int
		says                []string
		null                []string
	}{
		// Counts that are no counts.
		{"capture, half a person", "capture", replaced(t, threeLists, "69", "69.5"), nil, 2, []string{"row 2", "column count", `"69.5"`}, nil},
		{"capture, a negative count", "capture", replaced(t, threeLists, "69", "-69"), nil, 2, []string{"row 2", `"-69"`}, nil},
		{"capture, NaN", "capture", replaced(t, threeLists, "69", "NaN"), nil, 2, []string{`"NaN"`}, nil},
		{"trend, half a count", "trend", monthTen("10,ward,5,1.5"), nil, 2, []string{"row 11", "column count"}, nil},
		{"trend, a negative count", "trend", monthTen("10,ward,5,-2"), nil, 2, []string{"row 11", "column count"}, nil},
		{"trend, NaN", "trend", monthTen("10,ward,NaN,2"), nil, 2, []string{"row 11", "column effort"}, nil},
		{"trend, half a delayed report", "trend", someMonths(), []string{"--delays=" + write(t, dir, "half.csv", replaced(t, someDelays(), "1,0,11", "1,0,11.5"))}, 2, []string{"half.csv", "row 2"}, nil},
		{"flows, a negative number", "flows", "origin,destination,people\nA,B,-3\n", nil, 2, []string{"row 2", `"-3"`}, nil},
		{"flows, half a person", "flows", "origin,destination,people\nA,B,3.5\n", nil, 2, []string{"row 2", `"3.5"`}, nil},
		{"flows, NaN", "flows", "origin,destination,people\nA,B,NaN\n", nil, 2, []string{"row 2", "column people", `"NaN"`}, nil},
		{"flows, infinity", "flows", "origin,destination,people,supply\nA,B,9,inf\n", nil, 2, []string{"row 2", "column supply"}, nil},
		{"outcomes, half a person", "outcomes", replaced(t, someOutcomes, "89,", "89.5,"), nil, 2, []string{"row 2", "column improved"}, nil},
		{"outcomes, a negative number", "outcomes", replaced(t, someOutcomes, "89,", "-89,"), nil, 2, []string{"row 2", "column improved"}, nil},
		{"outcomes, NaN", "outcomes", replaced(t, someAnswers, "10,14", "NaN,14"), nil, 2, []string{"row 2", "column baseline"}, nil},
		{"outcomes, nobody enrolled", "outcomes", "measure,improved,followed_up,enrolled\nsafe,0,0,0\n", nil, 2, []string{"row 2", "column enrolled"}, nil},
		{"outcomes, nobody followed up", "outcomes", "measure,improved,followed_up,enrolled\nsafe,0,0,30\n", nil, 3, []string{"nobody was followed up"}, nil},
		{"prepost, half a count", "prepost", replaced(t, series, "\n10,21,", "\n10,21.5,"), []string{"--at=15"}, 2, []string{"row 11", "column count"}, nil},
		{"prepost, a negative control", "prepost", replaced(t, series, "\n10,21,9,22", "\n10,21,9,-22"), []string{"--at=15"}, 2, []string{"row 11", "column control"}, nil},
		{"prepost, NaN", "prepost", replaced(t, series, "\n10,21,", "\n10,NaN,"), []string{"--at=15"}, 2, []string{"row 11", "column count"}, nil},
		{"disclosure, half a count", "disclosure", replaced(t, someCounts, "North,3,20,23", "North,3.5,20,23.5"), nil, 2, []string{"row 2"}, nil},
		{"disclosure, a negative count", "disclosure", replaced(t, someCounts, "North,3,", "North,-3,"), nil, 2, []string{"row 2", `"-3"`}, nil},
		{"disclosure, NaN", "disclosure", replaced(t, someCounts, "North,3,", "North,NaN,"), nil, 2, []string{"row 2", `"NaN"`}, nil},
		{"market, NaN", "market", spend + "users,NaN,10,lognormal,x,2024\n", nil, 2, []string{"row 2", "column low"}, nil},
		{"market, below nought", "market", spend + "users,-5,10,lognormal,x,2024\n", nil, 2, []string{"row 2", "column low"}, nil},
		{"market, a range from nought", "market", spend + "users,0,10,lognormal,x,2024\n", nil, 2, []string{"row 2", "column low"}, nil},
		{"market, beyond belief", "market", spend + "users,1,1e300,lognormal,x,2024\n", nil, 2, []string{"row 2", "column high"}, nil},
		{"hotspots, NaN", "hotspots", "x,y\n1,2\nNaN,3\n", []string{"--cell=500"}, 2, []string{"row 3", "column x"}, nil},
		{"hotspots, an area's NaN", "hotspots", replaced(t, areas, "\n3,", "\n3,NaN"), hot(near), 2, []string{"row 4", "column rate"}, nil},
		{"nearrepeat, NaN", "nearrepeat", somePoints() + "NaN,1,2024-01-01\n", nil, 2, []string{"column x", `"NaN"`}, nil},
		{"density, NaN", "density", "x,y\n1,2\n3,NaN\n", []string{"--bandwidth=100"}, 2, []string{"row 3", "column y"}, nil},
		{"density, a bandwidth that is none", "density", "x,y\n1,2\n3,4\n", []string{"--bandwidth=NaN"}, 2, []string{"--bandwidth"}, nil},
		{"agreement, NaN", "agreement", replaced(t, someCodings, "1,ana,yes", "1,ana,NaN"), nil, 2, []string{"row 2", "column value", `"NaN"`}, nil},

		// Capture tables.
		{"a history twice", "capture", threeLists + "1,0,0,4\n", nil, 2, []string{"row 9", "row 2"}, nil},
		{"people on no list", "capture", threeLists + "0,0,0,4\n", nil, 2, []string{"row 9", "at least one list"}, nil},
		{"one list", "capture", "A,count\n1,500\n", nil, 3, []string{"at least 3 lists"}, []string{"headline", "range95"}},
		{"two lists", "capture", "A,B,count\n1,0,50\n0,1,60\n1,1,20\n", nil, 3, []string{"at least 3 lists"}, []string{"headline", "range95"}},
		{"no rows", "capture", "A,B,C,count\n", nil, 3, []string{"at least 50"}, []string{"headline", "range95"}},
		{"an empty list", "capture", "A,B,C,D,count\n1,0,0,0,40\n0,1,0,0,30\n0,0,1,0,20\n1,1,0,0,6\n1,0,1,0,5\n0,1,1,0,6\n", nil, 3, []string{"Nobody is on the list D"}, []string{"headline", "range95"}},
		{"a list that shares nobody", "capture", noOverlap, nil, 3, []string{"Nobody on the list C"}, []string{"headline", "range95"}},
		{"lists that share nobody at all", "capture", "A,B,C,count\n1,0,0,40\n0,1,0,30\n0,0,1,20\n", nil, 3, []string{"no estimate"}, []string{"headline", "range95"}},
		{"everybody on every list", "capture", "A,B,C,count\n1,1,1,100\n", nil, 3, []string{"no estimate"}, []string{"headline", "range95"}},
		{"an empty file", "capture", "", nil, 2, []string{"empty"}, nil},
		{"two lists of one name", "capture", "A,A,C,count\n1,0,0,40\n", nil, 2, []string{`two columns are called "A"`}, nil},
		{"a list without a name", "capture", "A,,C,count\n1,0,0,40\n", nil, 2, []string{"no name"}, nil},

		// Months and effort.
		{"a month missing", "trend", monthTen(""), nil, 3, []string{"no source reported in every month"}, []string{"bounds", "verdict", "sentence"}},
		{"no effort in a month", "trend", monthTen("10,ward,0,12"), nil, 2, []string{"row 11", "column effort", `"0"`}, nil},
		{"no effort and nothing found", "trend", monthTen("10,ward,0,0"), nil, 2, []string{"row 11", "column effort"}, nil},
		{"no effort at all", "trend", oneSource(func(_ int, row string) string {
			return regexp.MustCompile(`ward,[0-9]+,`).ReplaceAllString(row, "ward,,")
		}), nil, 3, []string{"no effort is given"}, []string{"bounds", "verdict", "sentence"}},
		{"nothing found", "trend", oneSource(func(m int, _ string) string { return fmt.Sprintf("%d,ward,10,0", m) }), nil, 3, []string{"every count is zero"}, []string{"bounds", "verdict", "sentence"}},
		{"a month twice", "trend", monthTen("9,ward,5,5"), nil, 2, []string{"row 11", "column month"}, nil},
		{"no rows of a series", "trend", "month,source,effort,count\n", nil, 2, []string{"no observations"}, nil},
		{"a time missing", "prepost", replaced(t, series, "\n10,21,9,22", ""), []string{"--at=15"}, 3, []string{"missing", "after point 9"}, []string{"level_change", "slope_change"}},
		{"effort of nought", "prepost", replaced(t, series, "\n10,21,9,", "\n10,21,0,"), []string{"--at=15"}, 2, []string{"row 11", "column effort"}, nil},
		{"no counts after", "prepost", allRows("time,count", 30, func(i int) string { return fmt.Sprintf("%d,%d", i+1, max(0, 14-i)) }), []string{"--at=16"}, 3, []string{"does not exist"}, []string{"level_change", "slope_change"}},

		// Neighbours.
		{"neighbours nobody knows", "hotspots", areas, hot(near + "25,99\n98,97\n"), 3, []string{"25 areas match, 3 do not", "99, 98, 97"}, []string{"moran", "sentence"}},
		{"no neighbour known", "hotspots", areas, hot("i,j\nx,y\n"), 2, []string{"0 areas match, 27 do not", `"x"`}, nil},
		{"an area beside itself", "hotspots", areas, hot(near + "3,3\n"), 2, []string{"near.csv", "column j", `"3"`}, nil},
		{"a neighbour without a name", "hotspots", areas, hot(near + "3,\n"), 2, []string{"near.csv", "column j"}, nil},
		{"an area twice", "hotspots", areas + "3,4\n", hot(near), 2, []string{"row 27", "column id", "row 4"}, nil},
		{"one value everywhere", "hotspots", allRows("id,rate", 25, func(i int) string { return fmt.Sprintf("%d,5", i+1) }), hot(near), 3, []string{"the same value"}, []string{"moran", "sentence"}},

		// Points.
		{"one point, hotspots", "hotspots", "x,y\n400000,300000\n", []string{"--cell=500"}, 3, []string{"1 area"}, []string{"moran", "sentence"}},
		{"one point, nearrepeat", "nearrepeat", "x,y,date\n1,1,2024-01-01\n", nil, 3, []string{"one event"}, []string{"sentence"}},
		{"one point, density", "density", "x,y\n1,1\n", []string{"--bandwidth=100"}, 3, []string{"one event"}, []string{"grid", "bandwidth_m"}},
		{"equal points, hotspots", "hotspots", "x,y\n" + strings.Repeat("400000,300000\n", 40), []string{"--cell=500"}, 3, []string{"1 area"}, []string{"moran", "sentence"}},
		{"equal points, nearrepeat", "nearrepeat", allRows("x,y,date", 28, func(i int) string { return fmt.Sprintf("1,1,2024-01-%02d", i+1) }), nil, 3, []string{"same place"}, []string{"sentence"}},
		{"equal points, density", "density", "x,y\n" + strings.Repeat("1,1\n", 40), []string{"--bandwidth=100"}, 3, []string{"same place"}, []string{"grid", "bandwidth_m"}},
		{"points on one line", "density", "x,y\n1,1\n1,2\n1,3\n", []string{"--bandwidth=100"}, 3, []string{"one line"}, []string{"grid", "bandwidth_m"}},
		{"one day", "nearrepeat", allRows("x,y,date", 28, func(i int) string { return fmt.Sprintf("%d,1,2024-01-01", 40*i) }), nil, 3, []string{"same day"}, []string{"sentence"}},
		{"snapped points in small cells", "hotspots", somePoints(), []string{"--cell=250", "--snapped"}, 3, []string{"500 m"}, []string{"moran", "sentence"}},
		{"snapped points in time", "nearrepeat", somePoints(), []string{"--snapped"}, 3, []string{"moved position"}, []string{"sentence"}},

		// Networks, codings and tables.
		{"a self-loop", "network", someEdges + "mill,mill,,\n", nil, 2, []string{"row 6", `"mill"`}, nil},
		{"no edges", "network", "a,b\n", nil, 2, []string{"no edges"}, nil},
		{"half an edge", "network", "a,b\nmill,\n", nil, 2, []string{"row 2", "column b"}, nil},
		{"one coder", "agreement", "unit,coder,value\n1,ana,yes\n2,ana,no\n", nil, 3, []string{"no unit was coded by two"}, []string{"percent", "cohen_kappa"}},
		{"a coder twice", "agreement", someCodings + "1,ana,no\n", nil, 2, []string{"column coder", `"ana"`}, nil},
		{"rows that do not add up", "disclosure", replaced(t, someCounts, "3,20,23", "3,20,24"), nil, 2, []string{`row "North" adds up to 23`, "24"}, nil},
		{"columns that do not add up", "disclosure", replaced(t, someCounts, "Total,24,61,85", "Total,25,60,85"), nil, 2, []string{"adds up to 24", "25"}, nil},
		{"a grand total that does not add up", "disclosure", replaced(t, someCounts, "61,85", "61,86"), nil, 2, []string{"86"}, nil},
		{"correlations that contradict", "market", spend + "a,1,9,lognormal,x,2024\nb,1,9,lognormal,x,2024\nc,1,9,lognormal,x,2024\n", []string{"--correlation=a:b:0.99", "--correlation=b:c:0.99", "--correlation=a:c:-0.99"}, 2, []string{"contradict"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"analyse", c.method, "-"}, c.more...)
			if c.method == "capture" {
				args = append(args, "--bootstrap=20", "--engines=stepwise,bic,dga")
			}
			code, out, errs := call(t, c.input, append(args, "--json")...)
			if code != c.exit {
				t.Fatalf("exit %d, want %d: %.300s%s", code, c.exit, out, errs)
			}
			for _, w := range c.says {
				if !strings.Contains(errs, w) {
					t.Errorf("standard error does not say %q: %s", w, errs)
				}
			}
			if c.exit == 2 {
				if out != "" {
					t.Errorf("a document came with bad input: %.300s", out)
				}
				return
			}
			follows(t, "analyse-"+c.method+".schema.json", out)
			var doc map[string]any
			if err := json.Unmarshal([]byte(out), &doc); err != nil {
				t.Fatal(err)
			}
			if found, ok := absurd(doc); ok {
				t.Errorf("the document holds %g: %.600s", found, out)
			}
			if reasons, _ := doc["reasons"].([]any); doc["refused"] != true || len(reasons) == 0 {
				t.Errorf("refused %v with the reasons %v", doc["refused"], doc["reasons"])
			}
			for _, field := range c.null {
				if v, there := doc[field]; !there || v != nil {
					t.Errorf("%s is %v, want null", field, v)
				}
			}
		})
	}
}
