package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lantern.example/lantern/internal/linkrun"
)

// twoAgencies are a police and a school extract about the same 40 invented children and 20 more each, in layouts of
// their own: other column names, another order of names, dates written otherwise. The last column is the truth.
func twoAgencies() (police, school string) {
	given := []string{"Ottoline", "Barnaby", "Philippa", "Tobias", "Marigold", "Rufus", "Clementine", "Jasper", "Imogen", "Caspian", "Beatrix", "Lysander", "Rosalind", "Peregrine", "Saffron", "Thaddeus", "Winifred", "Ambrose", "Delphine", "Horatio"}
	family := []string{"Brackenbury", "Thistlewood", "Merriweather", "Longstaff", "Pemberton", "Quickfall", "Ravensworth", "Silverlock", "Underhay", "Vanstone", "Wetherby", "Yarborough", "Ashgrove"}
	var p, s strings.Builder
	p.WriteString("Nominal Ref,SURNAME,FORENAME 1,DOB,Sex,Post Code,who\n")
	s.WriteString("Pupil ID;Legal Forename;Legal Surname;Date of Birth;Gender;Postcode;who\n")
	for i := range 80 {
		g, f := given[(i*7)%len(given)], family[(i*5+i/20)%len(family)]
		d, m, y := 1+(i*11)%28, 1+(i*5)%12, 2004+i%9
		sex := "MF"[i%2 : i%2+1]
		code := fmt.Sprintf("QX%d %dAB", 1+i%9, i%10)
		if i < 60 {
			fmt.Fprintf(&p, "%04d,%s,%s,%02d/%02d/%d,%s,%s,t%d\n", i, strings.ToUpper(f), strings.ToUpper(g), d, m, y, sex, code, i)
		}
		if i >= 20 {
			fmt.Fprintf(&s, "S%d;%s;%s;%d-%02d-%02d;%s;%s;t%d\n", i, g, f, y, m, d, sex, code, i)
		}
	}
	return p.String(), s.String()
}

func rowsOf(t *testing.T, dir, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// peopleOf maps source and record id to the person.
func peopleOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range rowsOf(t, dir, "clusters.csv")[1:] {
		out[r[0]+"/"+r[1]] = r[2]
	}
	return out
}

func summaryOf(t *testing.T, stdout string) linkrun.Summary {
	t.Helper()
	var s linkrun.Summary
	d := json.NewDecoder(strings.NewReader(stdout))
	if err := d.Decode(&s); err != nil {
		t.Fatalf("standard output is no JSON: %v\n%s", err, stdout)
	}
	if d.More() {
		t.Error("standard output holds more than one document")
	}
	return s
}

func TestLinkTwoAgenciesInTheirOwnLayouts(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	p, s := write(t, dir, "police.csv", police), write(t, dir, "school.csv", school)
	out := filepath.Join(dir, "out")
	code, stdout, errs := call(t, "", "link", p, s, "--out", out, "--evaluate=who", "--threads=2", "--json")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	sum := summaryOf(t, stdout)
	if sum.Records != 120 || sum.People != 80 || sum.Threads != 2 || sum.Evaluation == nil || sum.Evaluation.F1 < 0.99 {
		t.Errorf("the summary is %+v, its evaluation %+v", sum, sum.Evaluation)
	}
	if b, err := os.ReadFile(filepath.Join(out, "summary.json")); err != nil || string(b) != stdout {
		t.Errorf("standard output is not summary.json: %v", err)
	}
	if !strings.Contains(errs, "comparing pairs") {
		t.Errorf("no progress on standard error: %s", errs)
	}
	people := peopleOf(t, out)
	if len(people) != 120 || people["police/0030"] == "" || people["police/0030"] != people["school/S30"] {
		t.Errorf("of %d records police/0030 is %s and school/S30 is %s", len(people), people["police/0030"], people["school/S30"])
	}
	if links := rowsOf(t, out, "links.csv"); links[0][6] != "explanation" || !strings.Contains(links[1][6], "Same date of birth") {
		t.Errorf("links.csv begins %v", links[:2])
	}
	for _, name := range []string{"model.json", "index.bin", "review.csv"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}

	// The truth column left in the files, but not named, changes nothing.
	plain := filepath.Join(dir, "plain")
	code, stdout, _ = call(t, "", "link", p, s, "--out", plain)
	if code != 0 || !strings.Contains(stdout, "120 records of 2 sources are about 80 people") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	if a, b := rowsOf(t, out, "clusters.csv"), rowsOf(t, plain, "clusters.csv"); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the truth column took part in the linkage")
	}
}

func TestLinkSaysOneAsOne(t *testing.T) {
	dir := t.TempDir()
	_, stdout, errs := call(t, "", "link", write(t, dir, "a.csv", "id,forename,surname,dob\n1,Ann,Reed,01/02/2008\n"), "--out", filepath.Join(dir, "out"))
	if !strings.Contains(stdout, "1 record of 1 source is about 1 person.") || !strings.Contains(stdout, "0 pairs of records are linked; 0 wait for") || !strings.Contains(stdout, "The largest person has 1 record.") {
		t.Errorf("it says %s%s", stdout, errs)
	}
	var b bytes.Buffer
	printLink(&b, &linkrun.Summary{Records: 1000, Sources: []string{"a", "b"}, People: 999, Links: 1, ForReview: 1, LargestPerson: 2, PairsConsidered: 1, PairsScored: 1}, "out")
	if want := "1,000 records of 2 sources are about 999 people.\n1 pair of records is linked; 1 waits for a person in out/review.csv. The largest person has 2 records.\n1 pair considered, 1 compared in full,"; !strings.HasPrefix(b.String(), want) {
		t.Errorf("it says %s, want %s", b.String(), want)
	}
}

func TestLinkNoNamesWithoutExplanations(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	out := filepath.Join(dir, "out")
	code, _, errs := call(t, "", "link", write(t, dir, "police.csv", police), write(t, dir, "school.csv", school), "--out", out, "--no-explanations", "--review-from=0.01")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	for _, name := range []string{"clusters.csv", "links.csv", "review.csv", "summary.json", "model.json"} {
		b, err := os.ReadFile(filepath.Join(out, name)) //nolint:gosec // the test's own folder
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"explanation,", "Brackenbury", "BRACKENBURY", "Ottoline"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s holds %q", name, word)
			}
		}
	}
}

func TestLinkDecisionsBind(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	p, s := write(t, dir, "police.csv", police), write(t, dir, "school.csv", school)
	head := "source_l,record_id_l,source_r,record_id_r,decision,by,at,reason\n"
	out := filepath.Join(dir, "out")
	code, _, errs := call(t, "", "link", p, s, "--out", out, "--decisions", write(t, dir, "d.csv", head+"police,0030,school,S30,different,AB,2026-01-02,met both\npolice,0000,school,S79,same,AB,2026-01-02,changed name\n"))
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	people := peopleOf(t, out)
	if people["police/0030"] == people["school/S30"] || people["police/0000"] != people["school/S79"] {
		t.Error("the decisions did not hold")
	}
	code, _, errs = call(t, "", "link", p, s, "--out", filepath.Join(dir, "bad"), "--decisions", write(t, dir, "bad.csv", head+"police,0030,school,S30,perhaps,AB,,\n"))
	if code != 2 || !strings.Contains(errs, "row 2") || !strings.Contains(errs, "perhaps") {
		t.Errorf("a decision of another word: exit %d, %s", code, errs)
	}
}

func TestLinkPreviousKeepsPeople(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	lines := strings.SplitAfter(school, "\n")
	p, first := write(t, dir, "police.csv", police), write(t, dir, "school.csv", strings.Join(lines[:51], ""))
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	if code, _, errs := call(t, "", "link", p, first, "--out", one); code != 0 {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	later := write(t, t.TempDir(), "school.csv", lines[0]+strings.Join(lines[51:], ""))
	code, stdout, errs := call(t, "", "link", later, "--previous", one, "--out", two, "--json")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	if sum := summaryOf(t, stdout); sum.Records != 120 || sum.People != 80 {
		t.Errorf("%d records, %d people", sum.Records, sum.People)
	}
	now := peopleOf(t, two)
	for rec, id := range peopleOf(t, one) {
		if now[rec] != id {
			t.Errorf("%s was %s and is %s", rec, id, now[rec])
		}
	}
}

func TestLinkStandardInputAndGzip(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	if _, err := w.Write([]byte(police)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	code, stdout, errs := call(t, school, "link", write(t, dir, "police.csv.gz", gz.String()), "-", "--out", out, "--json", "--type=link", "--splink-dialect=spark", "--memory=512MB", "--seed=7")
	if code != 0 {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	if sum := summaryOf(t, stdout); sum.People != 80 || strings.Join(sum.Sources, "|") != "police|standard input" {
		t.Errorf("%d people, sources %q", sum.People, sum.Sources)
	}
	if b, err := os.ReadFile(filepath.Join(out, "model.json")); err != nil || !bytes.Contains(b, []byte("spark")) { //nolint:gosec // the test's own folder
		t.Errorf("model.json is not for Spark: %v", err)
	}
}

func TestLinkTakesDoubtfulInputInWords(t *testing.T) {
	dir := t.TempDir()
	police, _ := twoAgencies()
	twice := police + "0005,OTHER,SOMEBODY,01/02/2003,M,QX9 9ZZ,t900\n"
	out := filepath.Join(dir, "out")
	code, stdout, errs := call(t, "", "link", write(t, dir, "police.csv", twice), "--out", out)
	if code != 0 || !strings.Contains(errs, "more than one row") {
		t.Fatalf("duplicate ids: exit %d, %s", code, errs)
	}
	if !strings.Contains(stdout, "61 records") || len(rowsOf(t, out, "clusters.csv")) != 62 {
		t.Errorf("not every row is in the answer: %s", stdout)
	}
	found := false
	for _, r := range rowsOf(t, out, "review.csv")[1:] {
		found = found || r[1] == "0005" && r[3] == "0005" && strings.Contains(r[7], "one id stands on both rows")
	}
	if !found {
		t.Error("the two rows of one id are not in review.csv")
	}
}

func TestLinkRefusesInWords(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	p, s := write(t, dir, "police.csv", police), write(t, dir, "school.csv", school)
	for _, tt := range []struct {
		name string
		args []string
		says []string
	}{
		{"no name column", []string{write(t, dir, "n.csv", "ref,colour\n1,red\n2,blue\n")}, []string{"n.csv", "no column of names", "colour"}},
		{"a spec with a missing column", []string{p, "--spec", write(t, dir, "a.json", `{"lantern_link_spec": 1, "columns": {"police": {"Nickname": "alias"}}}`)}, []string{"police.csv", `"Nickname"`}},
		{"a spec of another source", []string{p, "--spec", write(t, dir, "b.json", `{"lantern_link_spec": 1, "columns": {"school": {"SURNAME": "alias"}}}`)}, []string{`"school"`, "police"}},
		{"a spec that is not there", []string{p, "--spec", filepath.Join(dir, "none.json")}, []string{"none.json"}},
		{"an empty spec", []string{p, "--spec", write(t, dir, "e.json", "")}, []string{"e.json", "empty"}},
		{"no such file", []string{filepath.Join(dir, "none.csv")}, []string{"none.csv", "no such file"}},
		{"no file", nil, nil},
		{"an id column that is not there", []string{p, s, "--id=Nominal Ref"}, []string{"school.csv", "Nominal Ref"}},
		{"a truth column that is not there", []string{p, "--evaluate=truth"}, []string{"police.csv", `"truth"`}},
		{"a threshold that is no probability", []string{p, "--threshold=1.5"}, []string{"--threshold", "1.5"}},
		{"a threshold that is no number", []string{p, "--threshold=NaN"}, []string{"--threshold", "NaN"}},
		{"review above the threshold", []string{p, "--threshold=0.6", "--review-from=0.9"}, []string{"0.9", "0.6"}},
		{"a size nobody can read", []string{p, "--memory=lots"}, []string{"--memory", "lots"}},
		{"another type", []string{p, "--type=merge"}, []string{"merge"}},
		{"no earlier run", []string{p, "--previous", filepath.Join(dir, "nowhere")}, []string{"nowhere", "index.bin"}},
		{"a file given twice", []string{p, p}, []string{`"police"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			code, stdout, errs := call(t, "", append(append([]string{"link"}, tt.args...), "--out", out, "--json")...)
			if code != 2 {
				t.Errorf("exit %d, want 2\n%s", code, errs)
			}
			for _, w := range tt.says {
				if !strings.Contains(errs, w) {
					t.Errorf("standard error does not say %q: %s", w, errs)
				}
			}
			if stdout != "" && tt.args != nil {
				t.Errorf("standard output holds %s", stdout)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("the output folder was made")
			}
		})
	}
	if code, _, errs := call(t, "", "link", p); code != 2 || !strings.Contains(errs, "--out") {
		t.Errorf("without --out: exit %d, %s", code, errs)
	}
}

// The same input gives the same bytes, whatever the number of threads.
func TestLinkSameBytes(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	p, s := write(t, dir, "police.csv", police), write(t, dir, "school.csv", school)
	read := func(threads string) (out [5][]byte) {
		o := filepath.Join(dir, "out"+threads)
		if code, _, errs := call(t, "", "link", p, s, "--out", o, "--threads", threads); code != 0 {
			t.Fatalf("exit %d\n%s", code, errs)
		}
		for i, name := range []string{"clusters.csv", "links.csv", "review.csv", "model.json", "index.bin"} {
			b, err := os.ReadFile(filepath.Join(o, name)) //nolint:gosec // the test's own folder
			if err != nil {
				t.Fatal(err)
			}
			out[i] = b
		}
		return out
	}
	if a, b := read("1"), read("3"); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("outputs differ between 1 and 3 threads")
	}
}
