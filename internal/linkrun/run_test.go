package linkrun

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/linkage/invented"
)

func input(name, text string) Input {
	return Input{name, strings.NewReader(text), int64(len(text))}
}

// extracts are the invented agencies' files.
func extracts(t testing.TB, seed uint64, people int) []Input {
	t.Helper()
	bufs := map[string]*bytes.Buffer{}
	if _, err := invented.Generate(invented.Options{Seed: seed, People: people}, func(a string) io.Writer {
		bufs[a] = &bytes.Buffer{}
		return bufs[a]
	}); err != nil {
		t.Fatal(err)
	}
	var out []Input
	for _, a := range invented.Agencies {
		out = append(out, Input{a + ".csv", bytes.NewReader(bufs[a].Bytes()), int64(bufs[a].Len())})
	}
	return out
}

func readRows(t testing.TB, dir, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAgenciesInTheirOwnLayouts(t *testing.T) {
	dir := t.TempDir()
	s, err := Run(extracts(t, 31, 4000), Options{Out: dir, Evaluate: invented.TruthColumn, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	e := s.Evaluation
	t.Logf("%d records: %+v, %d for review", s.Records, *e, s.ForReview)
	if e.F1 < 0.95 || e.Precision < 0.98 || e.MixedShare > 0.01 {
		t.Errorf("F1 %.4f, precision %.4f, mixed %.4f; want at least 0.95, 0.98 and at most 0.01", e.F1, e.Precision, e.MixedShare)
	}
	clusters := readRows(t, dir, "clusters.csv")
	if len(clusters) != s.Records+1 {
		t.Errorf("clusters.csv holds %d rows, want one for each of %d records", len(clusters)-1, s.Records)
	}
	if got := len(readRows(t, dir, "links.csv")) - 1; got != s.Links {
		t.Errorf("links.csv holds %d links, the summary says %d", got, s.Links)
	}
	if got := len(readRows(t, dir, "review.csv")) - 1; got != s.ForReview {
		t.Errorf("review.csv holds %d pairs, the summary says %d", got, s.ForReview)
	}
	data, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"records", "sources", "people", "links", "for_review", "pairs_considered", "pairs_scored", "largest_person", "blocking", "seconds", "peak_rss_bytes", "threads", "evaluation"} {
		if _, ok := back[k]; !ok {
			t.Errorf("summary.json has no %q", k)
		}
	}
}

func TestSameBytesForAnyThreads(t *testing.T) {
	read := func(threads int) map[string][]byte {
		dir := t.TempDir()
		if _, err := Run(extracts(t, 32, 600), Options{Out: dir, Threads: threads}); err != nil {
			t.Fatal(err)
		}
		out := map[string][]byte{}
		for _, n := range []string{"clusters.csv", "links.csv", "review.csv", "model.json", "index.bin"} {
			data, err := os.ReadFile(filepath.Join(dir, n))
			if err != nil {
				t.Fatal(err)
			}
			out[n] = data
		}
		return out
	}
	want := read(1)
	for _, threads := range []int{2, 7} {
		for n, data := range read(threads) {
			if !bytes.Equal(data, want[n]) {
				t.Errorf("%s differs between 1 and %d threads", n, threads)
			}
		}
	}
}

func TestPreviousKeepsPeople(t *testing.T) {
	all := extracts(t, 33, 1500)
	var first, rest []Input
	for _, in := range all {
		data := make([]byte, in.Size)
		if _, err := in.Data.ReadAt(data, 0); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(data), "\n")
		cut := len(lines) * 9 / 10
		first = append(first, input(in.Name, strings.Join(lines[:cut], "")))
		rest = append(rest, input(in.Name, lines[0]+strings.Join(lines[cut:], "")))
	}
	old, now := t.TempDir(), t.TempDir()
	s1, err := Run(first, Options{Out: old, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	s2, err := Run(rest, Options{Out: now, Previous: old, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	before, after := readRows(t, old, "clusters.csv"), readRows(t, now, "clusters.csv")
	if len(after)-1 != s2.Records || s2.Records <= s1.Records {
		t.Errorf("the later run holds %d rows of %d records, the earlier %d", len(after)-1, s2.Records, s1.Records)
	}
	for i, row := range before {
		if strings.Join(row, ",") != strings.Join(after[i], ",") {
			t.Fatalf("row %d was %v and is %v", i+1, row, after[i])
		}
	}
	l1, l2 := readRows(t, old, "links.csv"), readRows(t, now, "links.csv")
	for i, row := range l1 {
		if strings.Join(row, ",") != strings.Join(l2[i], ",") {
			t.Fatalf("link %d was %v and is %v", i+1, row, l2[i])
		}
	}
	if len(l2) <= len(l1) {
		t.Error("the new records made no link")
	}
	m1, err1 := os.ReadFile(filepath.Join(old, "model.json"))
	m2, err2 := os.ReadFile(filepath.Join(now, "model.json"))
	if err1 != nil || err2 != nil || !bytes.Equal(m1, m2) {
		t.Errorf("model.json differs though the weights are the earlier run's (%v, %v)", err1, err2)
	}
}

func TestDecisionsFile(t *testing.T) {
	people := "id,forename,surname,dob,postcode\n"
	for i := range 60 {
		people += fmt.Sprintf("%03d,Given%c,Family%c%c,%02d/03/2008,QX1 %dAB\n", i, 'a'+i%26, 'a'+i%20, 'a'+i%7, 1+i%28, i%10)
	}
	people += "100,Ottoline,Brackenbury,01/05/2009,QX9 9ZZ\n101,Ottoline,Brackenbury,01/05/2009,QX9 9ZZ\n"
	group := func(decisions string) (map[string]string, error) {
		dir := t.TempDir()
		opt := Options{Out: dir}
		if decisions != "" {
			opt.Decisions = strings.NewReader("source_l,record_id_l,source_r,record_id_r,decision,by,at,reason\n" + decisions)
		}
		if _, err := Run([]Input{input("school.csv", people)}, opt); err != nil {
			return nil, err
		}
		out := map[string]string{}
		for _, r := range readRows(t, dir, "clusters.csv")[1:] {
			out[r[1]] = r[2]
		}
		return out, nil
	}
	free, err := group("")
	if err != nil {
		t.Fatal(err)
	}
	if free["100"] != free["101"] {
		t.Fatal("two rows that are alike are not one person")
	}
	if free["000"] == "" {
		t.Error("an id lost its leading zeros")
	}
	apart, err := group("school,100,school,101,different,AB,2026-01-02,other mother\n")
	if err != nil {
		t.Fatal(err)
	}
	if apart["100"] == apart["101"] {
		t.Error("the decision did not hold")
	}
	later, err := group("school,100,school,101,same,AB,2026-01-03,met both\nschool,100,school,101,different,AB,2026-01-02,other mother\n")
	if err != nil {
		t.Fatal(err)
	}
	if later["100"] != later["101"] {
		t.Error("the later decision by date did not hold")
	}
	if _, err := group("school,100,school,101,maybe,AB,,\n"); err == nil || !strings.Contains(err.Error(), "row 2") {
		t.Errorf("a decision of another word: error %v, want one that names row 2", err)
	}
}

func TestRefusalsInWords(t *testing.T) {
	good := "id,forename,surname,dob\n1,Ann,Reed,01/02/2008\n2,Bob,Moss,03/04/2009\n"
	for _, c := range []struct {
		name  string
		in    []Input
		opt   Options
		words string
	}{
		{"no name column", []Input{input("a.csv", "ref,colour,size\n1,red,2\n2,blue,3\n")}, Options{}, "no column of names"},
		{"no file", nil, Options{}, "no file"},
		{"an empty file", []Input{input("a.csv", "")}, Options{}, "a.csv"},
		{"only a header", []Input{input("a.csv", "forename,surname,dob\n")}, Options{}, "a.csv: it holds column names and no rows"},
		{"one of two with only a header", []Input{input("a.csv", good), input("b.csv", "forename,surname,dob\n")}, Options{}, "b.csv: it holds column names and no rows"},
		{"all columns empty", []Input{input("a.csv", "id,forename,surname,dob\n1,,,\n2,,,\n")}, Options{}, "empty in every row"},
		{"two files of one name", []Input{input("x/a.csv", good), input("y/a.csv", good)}, Options{}, `source "a"`},
		{"an id column that is not there", []Input{input("a.csv", good)}, Options{ID: "nominal"}, `no column "nominal"`},
		{"a truth column that is not there", []Input{input("a.csv", good)}, Options{Evaluate: "truth"}, `no column "truth"`},
		{"a spec with a missing column", []Input{input("a.csv", good)}, Options{Spec: []byte(`{"lantern_link_spec": 1, "columns": {"a": {"Nickname": "alias"}}}`)}, `"Nickname"`},
		{"a spec of a source that is not there", []Input{input("a.csv", good)}, Options{Spec: []byte(`{"lantern_link_spec": 1, "columns": {"b": {"surname": "alias"}}}`)}, `source "b"`},
		{"a one-to-one source that is not there", []Input{input("a.csv", good)}, Options{Spec: []byte(`{"lantern_link_spec": 1, "one_to_one": ["scool"]}`)}, `source "scool"`},
		{"a spec with an unknown role", []Input{input("a.csv", good)}, Options{Spec: []byte(`{"lantern_link_spec": 1, "columns": {"*": {"surname": "clan"}}}`)}, `"clan"`},
		{"a spec of neither kind", []Input{input("a.csv", good)}, Options{Spec: []byte(`{"x": 1}`)}, "neither"},
		{"a Splink model beyond SQL we know", []Input{input("a.csv", good)}, Options{Spec: []byte(`{"link_type": "dedupe_only", "unique_id_column_name": "id", "blocking_rules_to_generate_predictions": ["l.surname = r.surname"],
			"comparisons": [{"output_column_name": "vec", "comparison_levels": [{"sql_condition": "array_cosine_similarity(forename_l, forename_r) > 0.5"}, {"sql_condition": "ELSE"}]}]}`)}, `comparison "vec"`},
		{"a threshold out of range", []Input{input("a.csv", good)}, Options{Threshold: 1.5}, "threshold"},
		{"no earlier run", []Input{input("a.csv", good)}, Options{Previous: "nowhere"}, "index.bin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opt.Out = t.TempDir()
			_, err := Run(c.in, c.opt)
			var ie *InputError
			if !errors.As(err, &ie) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("error %v, want an input error that says %q", err, c.words)
			}
		})
	}
}

func TestOddInputIsTaken(t *testing.T) {
	long := strings.Repeat("Ab ", 100)
	text := "id,forename,surname,dob,email,notes\n" +
		"007,李,小龙,01/02/2008,,x\n008," + long + "," + strings.Repeat("x", 300) + ",31/02/2009,,x\n" +
		"009,Иван,Петров,2007,,x\n009,Ivan,Petrov,01/01/2007,,x\n010,\"O\"\"Neil\",,,,\"a,b\"\n"
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	io.WriteString(w, text)
	w.Close()
	dir := t.TempDir()
	s, err := Run([]Input{{"odd.csv.gz", bytes.NewReader(gz.Bytes()), int64(gz.Len())}}, Options{Out: dir})
	if err != nil {
		t.Fatal(err)
	}
	rows := readRows(t, dir, "clusters.csv")
	if len(rows) != 6 || rows[1][0] != "odd" || rows[1][1] != "007" {
		t.Errorf("clusters.csv is %v", rows)
	}
	said := strings.Join(s.Warnings, "\n")
	for _, want := range []string{"2 of 5 rows share their id", "empty in every row", "odd.csv.gz: 1 name holds a word of more than 60 letters"} {
		if !strings.Contains(said, want) {
			t.Errorf("the warnings do not say %q:\n%s", want, said)
		}
	}
}

// One is said as one.
func TestOneIsSaidAsOne(t *testing.T) {
	head := "id,forename,surname,dob,postcode,person_id\n"
	text := head
	for i := range 60 {
		text += fmt.Sprintf("%d,Given%d,Family%d,%02d/03/20%02d,ZZ%d %dAA,%d\n", i, i, i, 1+i%28, i%15, i%9, i%7, i)
	}
	s, err := Run([]Input{input("a.csv", text+"7,Somebody,Else,01/02/2003,ZZ9 9ZZ,99\n60,unknown,unknown,02/02/2004,ZZ8 8ZZ,98\n")}, Options{Out: t.TempDir(), Memory: 1})
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(s.Warnings, "\n")
	for _, want := range []string{
		"a: 1 id stands on more than one row", "1 of 62 records has no name that says anything (empty, “unknown” and the like): it was compared by what else it holds", "not used: “person_id”", "62 records need about",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the warnings do not say %q:\n%s", want, said)
		}
	}
	if _, err := Run([]Input{input("a.csv", head+"1,Ann,Reed,01/02/2008,ZZ1 1AA,1\n")}, Options{Out: t.TempDir(), Decisions: strings.NewReader("source_l,record_id_l,source_r,record_id_r,decision,by,at,reason\nx\n")}); err == nil || !strings.Contains(err.Error(), "row 2: it has 1 cell; expected 8") {
		t.Errorf("a decision of one cell: %v", err)
	}
}

// Columns that say what somebody is seen as take no part: the answer is the same bytes with them and without.
func TestEthnicityTakesNoPart(t *testing.T) {
	out := map[string]string{}
	for name, more := range map[string]func(i int) string{
		"without": func(int) string { return "" },
		"with": func(i int) string {
			return "," + []string{"A2", "W1", "B1", "NS"}[i%4] + ",IC" + string(rune('1'+i%6)) + ",Sikh,British"
		},
	} {
		header := "id,forename,surname,dob,postcode"
		if more(0) != "" {
			header += ",Self Defined Ethnicity,Officer Defined Ethnicity,Religion,Nationality"
		}
		text := header + "\n"
		for i := range 60 {
			text += fmt.Sprintf("%d,Given%c,Family%c%c,%02d/03/20%02d,ZZ%d %dAA%s\n", i, 'a'+i%40%26, 'a'+i%40%26, 'a'+i%40/26, 1+i%40%28, i%40%15, i%40%9, i%40%7, more(i))
		}
		dir := t.TempDir()
		if _, err := Run([]Input{input("a.csv", text)}, Options{Out: dir}); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"clusters.csv", "links.csv", "review.csv", "model.json"} {
			b, err := os.ReadFile(filepath.Join(dir, f))
			if err != nil {
				t.Fatal(err)
			}
			out[name] += f + "\n" + string(b)
		}
	}
	if out["with"] != out["without"] {
		t.Errorf("with:\n%s\nwithout:\n%s", out["with"], out["without"])
	}
	if strings.Count(out["with"], "Same date of birth") < 10 {
		t.Errorf("nothing was linked: the test is of less than it says: %s", out["with"])
	}
}

// A later run with a file in which an agency has nothing new says so and goes on.
func TestNothingNewIsNoFault(t *testing.T) {
	text := "id,forename,surname,dob\n"
	for i := range 30 {
		text += fmt.Sprintf("%d,Given%d,Family%d,%02d/03/2005\n", i, i, i, 1+i%28)
	}
	old := t.TempDir()
	if _, err := Run([]Input{input("a.csv", text)}, Options{Out: old}); err != nil {
		t.Fatal(err)
	}
	s, err := Run([]Input{input("a.csv", "id,forename,surname,dob\n")}, Options{Out: t.TempDir(), Previous: old})
	if err != nil || s.Records != 30 || !strings.Contains(strings.Join(s.Warnings, "\n"), "a.csv: it holds column names and no rows") {
		t.Errorf("%+v (%v)", s, err)
	}
}

// What says nothing is said to say nothing, and joins nobody.
func TestPlaceholdersAreSaid(t *testing.T) {
	row := func(i int, given, family, born, address string) string {
		return fmt.Sprintf("%d,%s,%s,%s,%s\n", i, given, family, born, address)
	}
	own := func(i int) (given, family, born, address string) {
		return fmt.Sprint("Given", i), fmt.Sprint("Family", i), fmt.Sprintf("%02d/%02d/%d", 2+i%27, 1+i%12, 2000+i%15), fmt.Sprint(i, " Chapel Street")
	}
	for _, c := range []struct {
		name  string
		row   func(i int) string
		words string
	}{
		{"unknown unknown", func(i int) string { _, _, d, a := own(i); return row(i, "unknown", "Unknown", d, a) }, "300 of 600 records have no name that says anything"},
		{"1 January", func(i int) string { g, f, _, a := own(i); return row(i, g, f, "01/01/2005", a) }, "one date of birth stands in 300 of 600 records"},
		{"1 January now and then", func(i int) string {
			g, f, d, a := own(i)
			if i%32 == 1 {
				d = "01/01/2005"
			}
			return row(i, g, f, d, a)
		}, "dates of birth that are entered when nobody knows stand in 19 of 600 records, most often 2005-01-01"},
		{"one hostel", func(i int) string { g, f, d, _ := own(i); return row(i, g, f, d, "1 Hostel Yard") }, "one address stands in 300 of 600 records"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "id,forename,surname,dob,address\n"
			for i := range 600 {
				if i%2 == 0 {
					g, f, d, a := own(i)
					text += row(i, g, f, d, a)
				} else {
					text += c.row(i)
				}
			}
			s, err := Run([]Input{input("list.csv", text)}, Options{Out: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if said := strings.Join(s.Warnings, "\n"); !strings.Contains(said, c.words) {
				t.Errorf("the warnings do not say %q:\n%s", c.words, said)
			}
			if s.LargestPerson > 2 {
				t.Errorf("the largest person has %d records", s.LargestPerson)
			}
		})
	}
}

func TestColumnsOfAgencies(t *testing.T) {
	for _, c := range []struct {
		header string
		want   map[string]role
	}{
		{"Nominal Ref,SURNAME,FORENAME 1,FORENAME 2,DOB,PNC ID,Home Address,Post Code", map[string]role{"SURNAME": roleFamily, "FORENAME 1": roleGiven, "FORENAME 2": roleMiddle, "DOB": roleBirth, "PNC ID": "pnc_id", "Home Address": roleAddress, "Post Code": rolePostcode}},
		{"Child ID,Child Forename,Child Surname,Date of Birth (dd/mm/yyyy),Gender,NHS No", map[string]role{"Child Forename": roleGiven, "Child Surname": roleFamily, "Date of Birth (dd/mm/yyyy)": roleBirth, "Gender": roleSex, "NHS No": "nhs_number"}},
		{"UPN,Legal Surname,Legal Forename,Preferred Surname,Chosen Name,D.O.B", map[string]role{"UPN": "upn", "Legal Surname": roleFamily, "Legal Forename": roleGiven, "Preferred Surname": rolePrefFamily, "Chosen Name": rolePreferred, "D.O.B": roleBirth}},
		{"Participant,First Name,Approx. age,Postcode area,Mobile Phone,E-mail,Alias/Nickname,Mother's name,Mother's mobile,Incident postcode,School postcode,Team name", map[string]role{
			"First Name": roleGiven, "Approx. age": roleAge, "Postcode area": rolePostcode, "Mobile Phone": "phone", "E-mail": "email", "Alias/Nickname": roleAlias,
			"Mother's name": "", "Mother's mobile": "", "Incident postcode": "", "School postcode": "", "Team name": ""}},
		{"ClientFamilyName,ClientFirstName,ClientDateOfBirth,NHSNumberOfChild,PreviousPostCode,HomePostCode,PreviousAddress,Full name of young person,Age range", map[string]role{
			"ClientFamilyName": roleFamily, "ClientFirstName": roleGiven, "ClientDateOfBirth": roleBirth, "NHSNumberOfChild": "nhs_number", "PreviousPostCode": roleOldPostcode,
			"HomePostCode": rolePostcode, "PreviousAddress": roleOldAddress, "Full name of young person": roleFull, "Age range": ""}},
		{"ref,Name,Age,Mobile", map[string]role{"Name": roleFull, "Age": roleAge, "Mobile": "phone"}},
	} {
		p, err := recognise(strings.Split(c.header, ","), nil, "", nil)
		if err != nil {
			t.Errorf("%s: %v", c.header, err)
			continue
		}
		got := map[string]role{}
		for _, col := range p.columns {
			got[col.name] = col.role
		}
		for name, want := range c.want {
			if got[name] != want {
				t.Errorf("%s: column %s is read as %q, want %q", c.header, name, got[name], want)
			}
		}
	}
}

// The evaluator: people as they are score 1, one big person has full recall.
func TestEvaluator(t *testing.T) {
	truth := []string{"a", "a", "b", "b", "b"}
	if e := Evaluate(truth, []uint32{0, 0, 2, 2, 2}); e.F1 != 1 || e.BCubedF1 != 1 || e.MixedShare != 0 {
		t.Errorf("people as they are: %+v", e)
	}
	if e := Evaluate(truth, []uint32{0, 0, 0, 0, 0}); e.Recall != 1 || e.Precision != 0.4 || e.MixedShare != 1 {
		t.Errorf("one big person: %+v", e)
	}
	if e := Evaluate(truth, []uint32{0, 1, 2, 2, 4}); e.Precision != 1 || e.Recall != 0.25 || e.SplitShare != 1 {
		t.Errorf("people divided: %+v", e)
	}
}

// Outputs are the same bytes however little memory the run may use, and nothing
// that was put aside stays behind.
func TestSameBytesForAnyMemory(t *testing.T) {
	read := func(memory int64) (map[string][]byte, *Summary) {
		dir := t.TempDir()
		s, err := Run(extracts(t, 36, 700), Options{Out: dir, Threads: 2, Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]byte{}
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			out[f.Name()] = data
		}
		delete(out, "summary.json")
		return out, s
	}
	want, _ := read(0)
	got, s := read(300 << 10)
	if len(got) != len(want) {
		t.Errorf("%d files with little memory, %d without a cap", len(got), len(want))
	}
	for n, data := range want {
		if !bytes.Equal(got[n], data) {
			t.Errorf("%s differs", n)
		}
	}
	if said := strings.Join(s.Warnings, "\n"); !strings.Contains(said, "--memory") {
		t.Errorf("nothing was said of the memory that the records need:\n%s", said)
	}
}

// A truth column that was left in the file is no evidence: what it holds changes
// nothing, and the summary says that it was not used.
func TestATruthColumnLeftInIsNotUsed(t *testing.T) {
	const rows = 300
	make := func(header string, value func(i int) string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "id,forename,surname,dob,%s\n", header)
		for i := range rows {
			fmt.Fprintf(&b, "%d,Given%c%c,Family%c%c,%02d/%02d/2008,%s\n", i, 'a'+i%26, 'a'+i/7%26, 'a'+i%19, 'a'+i/19%17, 1+i%28, 1+i%12, value(i))
		}
		return b.String()
	}
	for _, header := range []string{"cluster", "true_person", "truth", "entity_id", "ground truth"} {
		t.Run(header, func(t *testing.T) {
			one, two := t.TempDir(), t.TempDir()
			if _, err := Run([]Input{input("a.csv", make(header, func(int) string { return "" }))}, Options{Out: one}); err != nil {
				t.Fatal(err)
			}
			s, err := Run([]Input{input("a.csv", make(header, func(i int) string { return fmt.Sprint("T", i/3) }))}, Options{Out: two})
			if err != nil {
				t.Fatal(err)
			}
			if a, b := fmt.Sprint(readRows(t, one, "clusters.csv")), fmt.Sprint(readRows(t, two, "clusters.csv")); a != b {
				t.Error("the people differ with the truth left in")
			}
			if !strings.Contains(strings.Join(s.Warnings, "\n"), header) {
				t.Errorf("nothing was said of the column: %v", s.Warnings)
			}
		})
	}
}

// An id that comes again with other details: both rows are kept, they are not
// one person by their id alone, and a person is asked.
func TestARepeatedIDWithOtherDetailsIsAsked(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,forename,surname,dob\n")
	for i := range 200 {
		fmt.Fprintf(&b, "%03d,Given%c%c,Family%c%c,%02d/%02d/2008\n", i, 'a'+i%26, 'a'+i/7%26, 'a'+i%19, 'a'+i/19%17, 1+i%28, 1+i%12)
	}
	b.WriteString("007,Ottoline,Brackenbury,30/11/1999\n")
	dir := t.TempDir()
	s, err := Run([]Input{input("a.csv", b.String())}, Options{Out: dir})
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]bool{}
	for _, r := range readRows(t, dir, "clusters.csv")[1:] {
		if r[1] == "007" {
			people[r[2]] = true
		}
	}
	if s.Records != 201 || len(people) != 2 {
		t.Errorf("%d records, the repeated id stands for %d people; want 201 and 2", s.Records, len(people))
	}
	asked := func(dir string) (n int) {
		for _, r := range readRows(t, dir, "review.csv")[1:] {
			if r[1] == "007" && r[3] == "007" {
				n++
			}
		}
		return n
	}
	later := t.TempDir() // a later run asks what is still open, once
	if _, err := Run([]Input{input("a.csv", "id,forename,surname,dob\n900,Zeno,Quill,03/04/2011\n")}, Options{Out: later, Previous: dir}); err != nil {
		t.Fatal(err)
	}
	if n := asked(later); n != 1 {
		t.Errorf("a later run asks %d times about the id that stands twice, want once", n)
	}
	if asked(dir) != 1 || !strings.Contains(strings.Join(s.Warnings, "\n"), "more than one row") {
		t.Errorf("in review: %d; warnings %v", asked(dir), s.Warnings)
	}
}

// Rows of a later file without ids are numbered from 1 again: their people are
// not those of the earlier file's rows.
func TestNumberedRowsOfALaterFileAreOtherPeople(t *testing.T) {
	file := func(seed int) string {
		var b strings.Builder
		b.WriteString("forename,surname,dob\n")
		for i := range 120 {
			fmt.Fprintf(&b, "Given%c%c%d,Family%c%c%d,%02d/%02d/2008\n", 'a'+i%26, 'a'+i/7%26, seed, 'a'+i%19, 'a'+i/19%17, seed, 1+i%28, 1+i%12)
		}
		return b.String()
	}
	old, now := t.TempDir(), t.TempDir()
	if _, err := Run([]Input{input("school.csv", file(1))}, Options{Out: old}); err != nil {
		t.Fatal(err)
	}
	s, err := Run([]Input{input("school.csv", file(2))}, Options{Out: now, Previous: old})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, r := range readRows(t, now, "clusters.csv")[1:] {
		ids[r[2]] = true
	}
	if len(ids) != s.People {
		t.Errorf("%d ids of people in clusters.csv, %d people", len(ids), s.People)
	}
}
