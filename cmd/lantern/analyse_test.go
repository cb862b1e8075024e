package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var updateExamples = flag.Bool("update-examples", false, "write docs/schema/analyse-*.example.json anew")

// Invented inputs, but for the capture table: the hepatitis A outbreak of 1995 in Taiwan (Chao et al. 2001).
const (
	threeLists = "P,Q,E,count\n1,0,0,69\n0,1,0,55\n0,0,1,63\n1,1,0,21\n1,0,1,17\n0,1,1,18\n1,1,1,28\n"
	noOverlap  = "A,B,C,count\n1,0,0,40\n0,1,0,30\n0,0,1,20\n1,1,0,6\n"

	someFlows = "origin,destination,people,confirmed,suspected,supply,violence,period,source\nHarbour,Northmoor,24,10,14,,,2024,team\nHarbour,Saltby,2,,,,,2024,team\nHarbour,Westmark,30,20,10,,,2024,team\n" +
		"Old Town,Northmoor,11,,,,,2024,team\nOld Town,Saltby,9,,,,,2024,team\n"
	someMarket   = "quantity,low,high,shape,source,year\nusers,1000,1450,lognormal,prevalence estimate,2020\ndays a year,180,330,lognormal,drug team,2024\nspend a day,15,45,lognormal,interviews,2024\n"
	someOutcomes = "measure,improved,followed_up,enrolled,worsened\nfeels safe,89,100,150,3\nback in school,8,9,12,1\n"
	someAnswers  = "person,measure,baseline,followup,improved,group\n1,wellbeing,10,14,yes,girls\n2,wellbeing,12,11,worse,boys\n3,wellbeing,9,,,girls\n4,wellbeing,10,15,yes,boys\n"
	someEdges    = "a,b,date,event\nmill,quay,2024-01-02,e1\nquay,park,2024-01-05,e2\nmill,park,2024-02-01,e3\npark,depot,2024-02-09,e4\n"
	someCodings  = "unit,coder,value\n1,ana,yes\n1,ben,yes\n2,ana,no\n2,ben,yes\n3,ana,no\n3,ben,no\n4,ana,yes\n4,ben,yes\n5,ana,no\n5,ben,no\n"
	someCounts   = "area,under 16,16 to 17,Total\nNorth,3,20,23\nSouth,12,30,42\nWest,9,11,20\nTotal,24,61,85\n"
)

// someMonths is a series of two sources whose effort grows by half in three years and whose counts keep to it.
func someMonths() string {
	var b strings.Builder
	b.WriteString("month,source,effort,count\n")
	for m := range 36 {
		for s, name := range []string{"school", "ward"} {
			effort := 100 + 50*m/36 + 3*((m*7+s)%5)
			fmt.Fprintf(&b, "%d-%02d,%s,%d,%d\n", 2022+m/12, m%12+1, name, effort, effort/10+(m*5+s*3)%4)
		}
	}
	return b.String()
}

func someDelays() string {
	var b strings.Builder
	b.WriteString("event_week,delay,count\n")
	for w := 1; w <= 8; w++ {
		for d := 0; d <= min(3, 8-w); d++ {
			fmt.Fprintf(&b, "%d,%d,%d\n", w, d, []int{10, 6, 3, 1}[d]+w%3)
		}
	}
	return b.String()
}

func somePoints() string {
	var b strings.Builder
	b.WriteString("x,y,date\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%d,%d,2024-%02d-%02d\n", 400_000+(i*i*37)%1900, 300_000+(i*i*91+i)%1700, i%9+1, i%27+1)
	}
	for i := range 12 {
		fmt.Fprintf(&b, "%d,%d,2024-03-%02d\n", 400_950+i%3, 300_950, 10+i%4)
	}
	return b.String()
}

func someSeries() string {
	var b strings.Builder
	b.WriteString("time,count,control\n")
	for m := range 30 {
		fmt.Fprintf(&b, "%d-%02d,%d,%d\n", 2022+m/12, m%12+1, 40-m/15*12+(m*7)%9, 38+(m*5)%8)
	}
	return b.String()
}

func someAreas() (areas, neighbours string) {
	areas, neighbours = "id,rate\n", "i,j\n"
	for i := range 25 {
		high := 0
		if i%5 < 2 && i < 10 {
			high = 40
		}
		areas += fmt.Sprintf("%d,%d.5\n", i+1, 10+high+(i*7)%5)
		if i%5 < 4 {
			neighbours += fmt.Sprintf("%d,%d\n", i+1, i+2)
		}
		if i < 20 {
			neighbours += fmt.Sprintf("%d,%d\n", i+1, i+6)
		}
	}
	return areas, neighbours
}

// methods are runs that answer: the method, its input and further words; example marks those kept in docs/schema.
func methods(t *testing.T, dir string) []struct {
	name, method, input string
	more                []string
	example             bool
	says                string
} {
	areas, neighbours := someAreas()
	near := write(t, dir, "neighbours.csv", neighbours)
	delays := write(t, dir, "delays.csv", someDelays())
	scales := write(t, dir, "scales.csv", "measure,direction,sd,reliability,population_mean,source\nwellbeing,higher,6.5,0.8,20,the manual\n")
	return []struct {
		name, method, input string
		more                []string
		example             bool
		says                string
	}{
		{"capture", "capture", threeLists, []string{"--bootstrap=200"}, true, "were not recorded by any of these lists"},
		{"capture, some engines", "capture", threeLists, []string{"--bootstrap=0", "--engines=stepwise,bic"}, false, "Chao's lower bound"},
		{"trend", "trend", someMonths(), []string{"--break=2023-06:new form, new team", "--delays=" + delays}, true, "effort"},
		{"hotspots of areas", "hotspots", areas, []string{"--value=rate", "--neighbours=" + near, "--permutations=999"}, true, "stand out"},
		{"hotspots of points", "hotspots", somePoints(), []string{"--cell=500", "--permutations=999"}, false, "Gi*"},
		{"nearrepeat", "nearrepeat", somePoints(), []string{"--permutations=199"}, true, "Pairs of events"},
		{"density", "density", somePoints(), []string{"--bandwidth=400", "--size=16", "--at-points"}, true, "densest"},
		{"flows", "flows", someFlows, nil, true, "Harbour to Westmark"},
		{"market", "market", someMarket, []string{"--draws=100000", "--correlation=days a year:spend a day:0.3"}, true, "£"},
		{"outcomes from counts", "outcomes", someOutcomes, nil, true, "of the 150 enrolled"},
		{"outcomes from people", "outcomes", someAnswers, []string{"--scales=" + scales}, false, "No comparison group"},
		{"prepost", "prepost", someSeries(), []string{"--at=2023-04"}, true, "level moved"},
		{"network", "network", someEdges, nil, true, "holds parts together: park"},
		{"agreement", "agreement", someCodings, []string{"--bootstrap=200"}, true, "2 coders"},
		{"disclosure", "disclosure", someCounts, nil, true, "hidden"},
	}
}

func TestAnalyseAnswers(t *testing.T) {
	dir := t.TempDir()
	for _, m := range methods(t, dir) {
		t.Run(m.name, func(t *testing.T) {
			input := write(t, t.TempDir(), "input.csv", m.input)
			args := append([]string{"analyse", m.method, input, "--seed=3"}, m.more...)
			code, out, errs := call(t, "", append(args, "--json", "--threads=1")...)
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			follows(t, "analyse-"+m.method+".schema.json", out)
			if strings.Count(out, "\n") != 1 {
				t.Errorf("%d lines on standard output, want one document", strings.Count(out, "\n"))
			}
			if _, again, _ := call(t, "", append(args, "--json", "--threads=3")...); again != out {
				t.Error("three threads give another document than one")
			}
			if code, piped, errs := call(t, m.input, append([]string{"analyse", m.method, "-", "--seed=3", "--json"}, m.more...)...); piped != out {
				t.Errorf("standard input gives another document than the file: exit %d, %s", code, errs)
			}
			code, plain, errs := call(t, "", args...)
			if code != 0 || !strings.Contains(plain, m.says) || strings.Contains(plain, "NaN") {
				t.Errorf("exit %d, want words with %q: %s%s", code, m.says, plain, errs)
			}
			if m.example && *updateExamples {
				var pretty strings.Builder
				e := json.NewEncoder(&pretty)
				e.SetEscapeHTML(false)
				e.SetIndent("", " ")
				if err := e.Encode(json.RawMessage(out)); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join("..", "..", "docs", "schema", "analyse-"+m.method+".example.json"), []byte(pretty.String()), 0o644); err != nil { //nolint:gosec // documentation
					t.Fatal(err)
				}
			}
		})
	}
	for _, m := range methods(t, dir) {
		if !m.example {
			continue
		}
		b, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", "analyse-"+m.method+".example.json"))
		if err != nil {
			t.Fatal(err)
		}
		follows(t, "analyse-"+m.method+".schema.json", string(b))
	}
}

func TestAnalyseRefuses(t *testing.T) {
	for _, m := range []struct {
		name, method, input string
		more, null          []string
		reason              string
	}{
		{"a list that shares nobody", "capture", noOverlap, []string{"--bootstrap=50", "--engines=stepwise,bic,dga"}, []string{"headline", "range95"}, "list C"},
		{"two lists", "capture", "A,B,count\n1,0,50\n0,1,60\n1,1,20\n", nil, []string{"headline", "range95"}, "at least 3 lists"},
		{"one list", "capture", "A,count\n1,50\n", nil, []string{"headline", "range95"}, "at least 3 lists"},
		{"an empty table", "capture", "A,B,C,count\n", nil, []string{"headline", "range95"}, "at least 50"},
		{"six months", "trend", "month,source,effort,count\n1,a,10,3\n2,a,10,3\n3,a,10,4\n4,a,10,3\n5,a,11,2\n6,a,12,4\n", nil, []string{"bounds", "verdict", "sentence"}, "months"},
		{"equal values", "hotspots", "x,y\n400000,300000\n", []string{"--cell=500"}, []string{"moran", "sentence"}, ""},
		{"months only", "nearrepeat", "x,y,date\n1,1,2024-01\n2,2,2024-02\n", nil, []string{"sentence"}, "month"},
		{"one place", "density", "x,y\n1,1\n1,1\n", []string{"--bandwidth=10"}, []string{"bandwidth_m", "grid", "at_points"}, ""},
		{"few points", "prepost", "time,count\n1,3\n2,4\n3,5\n4,4\n", []string{"--at=3"}, []string{"level_change", "slope_change"}, ""},
		{"one coder", "agreement", "unit,coder,value\n1,a,yes\n2,a,no\n", nil, []string{"percent", "cohen_kappa"}, ""},
		{"no flows", "flows", "origin,destination,people\n", nil, []string{"finding"}, ""},
	} {
		t.Run(m.name, func(t *testing.T) {
			args := append([]string{"analyse", m.method, "-"}, m.more...)
			code, out, errs := call(t, m.input, append(args, "--json")...)
			if code != 3 {
				t.Fatalf("exit %d, want 3: %s%s", code, out, errs)
			}
			follows(t, "analyse-"+m.method+".schema.json", out)
			var doc map[string]any
			if err := json.Unmarshal([]byte(out), &doc); err != nil {
				t.Fatal(err)
			}
			reasons, _ := doc["reasons"].([]any)
			if doc["refused"] != true || len(reasons) == 0 || !strings.Contains(fmt.Sprint(reasons), m.reason) {
				t.Errorf("refused %v, reasons %v; want a refusal that says %q", doc["refused"], reasons, m.reason)
			}
			for _, field := range m.null {
				if v, there := doc[field]; !there || v != nil {
					t.Errorf("%s is %v, want null", field, v)
				}
			}
			code, plain, _ := call(t, m.input, args...)
			if code != 3 || !strings.HasPrefix(plain, "No answer") {
				t.Errorf("in words: exit %d, %s", code, plain)
			}
		})
	}
}

// A refusal in words gives no figure for anybody to use.
func TestRefusedCaptureShowsNoEstimateInWords(t *testing.T) {
	_, plain, _ := call(t, noOverlap, "analyse", "capture", "-", "--bootstrap=50", "--engines=stepwise,bic,dga")
	for _, estimate := range []string{"539", "319", "260", "People in all"} {
		if strings.Contains(plain, estimate) {
			t.Errorf("the refusal shows %q:\n%s", estimate, plain)
		}
	}
}

func TestAnalyseNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	for _, m := range []struct {
		name string
		args []string
		in   string
		says []string
	}{
		{"no method", nil, "", nil},
		{"a method nobody knows", []string{"magic", "-"}, "", nil},
		{"no file", []string{"capture"}, "", nil},
		{"a file that is not there", []string{"capture", filepath.Join(dir, "none.csv")}, "", []string{"none.csv"}},
		{"a negative count", []string{"capture", "-"}, "A,B,C,count\n1,0,0,40\n0,1,0,-3\n", []string{"row 3", "column count", `"-3"`, "expected a whole number"}},
		{"half a person", []string{"capture", "-"}, "A,B,C,count\n1,0,0,40.5\n", []string{"row 2", "column count", `"40.5"`}},
		{"not a number", []string{"capture", "-"}, "A,B,C,count\n1,0,0,NaN\n", []string{"row 2", "column count", `"NaN"`}},
		{"neither 0 nor 1", []string{"capture", "-"}, "A,B,C,count\n1,0,2,40\n", []string{"row 2", "column C", `"2"`, "expected 1"}},
		{"a history twice", []string{"capture", "-"}, "A,B,C,count\n1,0,0,40\n0,1,0,3\n\n1,0,0,7\n", []string{"row 5", "row 2"}},
		{"people on no list", []string{"capture", "-"}, "A,B,C,count\n1,0,0,40\n0,0,0,7\n", []string{"row 3", "at least one list"}},
		{"no count", []string{"capture", "-"}, "A,B,C\n1,0,0\n", []string{"A, B, C", "count"}},
		{"an engine nobody knows", []string{"capture", "-", "--engines=magic"}, threeLists, []string{"magic", "latent_class"}},
		{"a p that is none", []string{"capture", "-", "--p-enter=2"}, threeLists, []string{"between 0 and 1"}},
		{"an unknown flag", []string{"capture", "-", "--sixpence"}, threeLists, nil},
		{"a month that is none", []string{"trend", "-"}, "month,source,effort,count\n2024-13,a,1,1\n", []string{"row 2", "column month", "2024-13"}},
		{"months of two kinds", []string{"trend", "-"}, "month,source,effort,count\n2024-12,a,1,1\n3,a,1,1\n", []string{"row 3", "column month", "same form"}},
		{"a break without words", []string{"trend", "-", "--break=2024-01"}, someMonths(), []string{"MONTH:LABEL"}},
		{"areas without neighbours", []string{"hotspots", "-", "--value=rate"}, "id,rate\n1,2\n", []string{"--neighbours"}},
		{"points without a cell", []string{"hotspots", "-"}, "x,y\n1,2\n", []string{"--cell"}},
		{"a place that is none", []string{"hotspots", "-", "--cell=500"}, "x,y\n1,2\n1,somewhere\n", []string{"row 3", "column y", "somewhere"}},
		{"a date that is none", []string{"nearrepeat", "-"}, "x,y,date\n1,2,yesterday\n", []string{"row 2", "column date", "yesterday"}},
		{"bands that fall", []string{"nearrepeat", "-", "--days=9,3"}, somePoints(), []string{"9"}},
		{"a window turned round", []string{"density", "-", "--window=5,1,0,9"}, "x,y\n1,2\n", []string{"x0 below x1"}},
		{"more confirmed than people", []string{"flows", "-"}, "origin,destination,people,confirmed\nA,B,3,5\n", []string{"row 2", "confirmed"}},
		{"a range turned round", []string{"market", "-"}, "quantity,low,high,shape,source,year\nusers,10,2,lognormal,x,2024\n", []string{"row 2"}},
		{"no source", []string{"market", "-"}, "quantity,low,high,shape,source,year\nusers,1,2,lognormal,,2024\n", []string{"row 2", "column source"}},
		{"more improved than asked", []string{"outcomes", "-"}, "measure,improved,followed_up,enrolled\nsafe,9,5,10\n", []string{"row 2"}},
		{"no measures", []string{"outcomes", "-"}, "measure,improved,followed_up,enrolled\n", []string{"no measures"}},
		{"no date", []string{"prepost", "-"}, "time,count\n1,2\n", []string{"--at"}},
		{"an edge to itself", []string{"network", "-"}, "a,b\nx,x\n", []string{"row 2"}},
		{"sampled by words", []string{"network", "-", "--betweenness=sampled:many"}, someEdges, []string{"sampled:K"}},
		{"totals that do not add up", []string{"disclosure", "-"}, "area,a,b,Total\nN,1,2,3\nS,4,5,9\nTotal,5,7,13\n", []string{"Total"}},
		{"a threshold of one", []string{"disclosure", "-", "--threshold=1"}, someCounts, []string{"threshold"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			code, out, errs := call(t, m.in, append([]string{"analyse"}, m.args...)...)
			if code != 2 {
				t.Errorf("exit %d, want 2: %s", code, errs)
			}
			if strings.HasPrefix(out, "{") {
				t.Errorf("a document was printed: %s", out)
			}
			for _, w := range m.says {
				if !strings.Contains(errs, w) {
					t.Errorf("standard error does not say %q: %s", w, errs)
				}
			}
		})
	}
}

func TestFlowsPageStandsAlone(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1764547200")
	page := filepath.Join(t.TempDir(), "flows.html")
	const in = "origin,destination,people\nMetropolitan Police,Norfolk,240\nEssex,Norfolk,120\nKent,Norfolk,45\nAtlantis,Kent,60\nEssex,Kent,20\n"
	args := []string{"analyse", "flows", "-", "--out=" + page}
	if code, _, errs := call(t, in, args...); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	first, err := os.ReadFile(page) //nolint:gosec // the test's own file
	if err != nil {
		t.Fatal(err)
	}
	text := string(first)
	for _, want := range []string{"<svg", "Metropolitan", "no area has exactly this name: Atlantis", "hidden", "Office for National Statistics"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, never := range []string{"<script src", "<link", "@import", "src=\"http"} {
		if strings.Contains(text, never) {
			t.Errorf("the page asks for something outside: %q", never)
		}
	}
	if code, _, errs := call(t, in, args...); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if again, err := os.ReadFile(page); err != nil || string(again) != text { //nolint:gosec // the test's own file
		t.Errorf("the same input gives another page (%v)", err)
	}
	if code, _, errs := call(t, in, "analyse", "flows", "-", "--out="+filepath.Join(page, "x")); code != 1 || !strings.Contains(errs, "--out") {
		t.Errorf("a page that cannot be written: exit %d, %s", code, errs)
	}
}
