package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// call runs a command line with in as its standard input and gives what it answered.
func call(t *testing.T, in string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	oldIn, oldOut, oldErr := os.Stdin, os.Stdout, os.Stderr
	defer func() { os.Stdin, os.Stdout, os.Stderr = oldIn, oldOut, oldErr }()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name)) //nolint:gosec // the test's own folder
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	stdin, out, errs := open("in"), open("out"), open("err")
	if _, err := stdin.WriteString(in); err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	os.Stdin, os.Stdout, os.Stderr = stdin, out, errs
	code = run(args)
	read := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	stdout, stderr = read(out), read(errs)
	for _, f := range []*os.File{stdin, out, errs} {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return code, stdout, stderr
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	someEvents = "Date,Type,Place\n13/02/2026,Robbery,Mill Lane\n99/99/2026,Robbery,High Road\n"
	somePeople = "Surname,Forename,DOB\nAsh,Kim,13/02/2010\n,,14/02/2010\n"
)

func document(t *testing.T, stdout string) importDocument {
	t.Helper()
	var doc importDocument
	d := json.NewDecoder(strings.NewReader(stdout))
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("standard output is no JSON: %v\n%s", err, stdout)
	}
	if d.More() {
		t.Error("standard output holds more than one document")
	}
	return doc
}

func TestImport(t *testing.T) {
	dir := t.TempDir()
	data := "--data=" + filepath.Join(dir, "data")
	events, people := write(t, dir, "events.csv", someEvents), write(t, dir, "people.csv", somePeople)

	code, out, errs := call(t, "", "import", events, data, "--dry-run", "--json")
	if doc := document(t, out); code != 0 || !doc.DryRun || doc.Files[0].Load != nil || doc.Files[0].Taken != 1 || doc.Files[0].Unlocated != nil {
		t.Errorf("a dry run: exit %d, %+v\n%s", code, doc, errs)
	}
	code, out, errs = call(t, "", "import", events, people, data, "--agency=police", "--json")
	doc := document(t, out)
	if code != 0 || len(doc.Files) != 2 || doc.Refusals.Total != 2 || len(doc.Refusals.First) != 2 {
		t.Fatalf("exit %d, %+v\n%s", code, doc, errs)
	}
	for i, want := range []importedFile{{Name: "events.csv", Profile: "events", Basis: "own", Identified: true}, {Name: "people.csv", Profile: "people", Basis: "counts only"}} {
		f := doc.Files[i]
		if f.Name != want.Name || f.Profile != want.Profile || f.Agency != "police" || f.Basis != want.Basis || f.Identified != want.Identified || f.Load == nil || f.Rows != 2 || f.Taken != 1 || f.Refused != 1 {
			t.Errorf("file %d: %+v", i, f)
		}
	}
	if r := doc.Refusals.First[0]; r != (importRefusal{"events.csv", "", 3, "Date", "99/99/9999", "there is no such day; expected a day, month and year of the calendar"}) {
		t.Errorf("the first refusal is %+v", r)
	}
	if !strings.Contains(errs, "no name is kept") {
		t.Errorf("standard error does not say that names were not kept: %s", errs)
	}
	if strings.Contains(out, "Ash") {
		t.Error("the document holds a name")
	}

	code, out, _ = call(t, somePeople, "import", "-", data, "--agency=police", "--own=safeguarding", "--json")
	if doc := document(t, out); code != 0 || doc.Files[0].Name != "standard input" || !doc.Files[0].Identified {
		t.Errorf("standard input: exit %d, %+v", code, doc)
	}

	load := *doc.Files[0].Load
	if code, out, errs := call(t, "", "import", "undo", load, data, "--why=wrong month"); code != 0 || !strings.Contains(out, load) {
		t.Errorf("undo: exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs := call(t, "", "import", "undo", load, data, "--why=again"); code != 2 || !strings.Contains(errs, "undone already") {
		t.Errorf("undo again: exit %d\n%s", code, errs)
	}
}

// A file of column names alone brings nothing, and that is said.
func TestImportOfColumnNamesAlone(t *testing.T) {
	dir := t.TempDir()
	code, out, errs := call(t, "", "import", "files", write(t, dir, "a.csv", "Date,Type,Place\n"), "--data="+filepath.Join(dir, "data"), "--agency=police")
	if said := out + errs; code != 0 || !strings.Contains(said, "column names and no rows under them") {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestImportRefusesInWords(t *testing.T) {
	dir := t.TempDir()
	data := "--data=" + filepath.Join(dir, "data")
	events := write(t, dir, "events.csv", someEvents)
	people := write(t, dir, "people.csv", somePeople)
	for _, tt := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"no such file", []string{filepath.Join(dir, "none.csv")}, 2, []string{"none.csv", "no such file"}},
		{"a folder", []string{dir}, 2, []string{dir, "a folder"}},
		{"a binary after a good file", []string{events, write(t, dir, "b.csv", "\x01\x02\x00\x03\xc8\x07")}, 2, []string{"b.csv", "binary"}},
		{"an empty file", []string{write(t, dir, "empty.csv", "")}, 2, []string{"empty.csv", "empty"}},
		{"columns nobody knows", []string{write(t, dir, "x.csv", "a,b\n1,2\n")}, 2, []string{"x.csv", "lantern profiles"}},
		{"nothing to take", []string{write(t, dir, "n.csv", "Date,Type,Place\nnever,Robbery,Mill Lane\n")}, 2, []string{"n.csv", "row 2", "column Date", "(AAAAA)", "expected", "nothing was changed"}},
		{"a profile that does not exist", []string{events, "--profile=nonsense"}, 2, []string{"nonsense", "lantern profiles"}},
		{"a mapping that is not there", []string{events, "--mapping=" + filepath.Join(dir, "m.json")}, 2, []string{"m.json"}},
		{"a mapping of another header", []string{events, "--mapping=" + write(t, dir, "old.json", `{"version":1,"profile":"events","header":["Day","Type","Place"],"columns":{"Day":"date","Type":"kind","Place":"location"}}`)}, 2, []string{"events.csv: row 1", `"Day"`, `"Date"`}},
		{"an agreement that is not live", []string{people, "--agreement=ISA-9"}, 1, []string{"ISA-9", "live"}},
		{"an agreement and a reason", []string{people, "--agreement=ISA-9", "--one-off=why"}, 2, nil},
		{"a purpose that is none", []string{people, "--own=housing"}, 2, []string{"housing", "safeguarding"}},
		{"no file", nil, 2, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := call(t, "", append(append([]string{"import"}, tt.args...), data, "--agency=police")...)
			if code != tt.code {
				t.Errorf("exit %d, want %d\n%s", code, tt.code, errs)
			}
			for _, w := range tt.says {
				if !strings.Contains(errs, w) {
					t.Errorf("standard error does not say %q: %s", w, errs)
				}
			}
			if strings.Contains(out, "lantern import undo") {
				t.Errorf("something was loaded: %s", out)
			}
		})
	}
	if code, _, errs := call(t, "", "import", "undo", "no-such-load", data, "--why=x"); code != 2 || !strings.Contains(errs, "no-such-load") {
		t.Errorf("undo of no load: exit %d, %s", code, errs)
	}
}

// follows checks a document against a schema of docs/schema.
func follows(t *testing.T, schema, doc string) {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "docs", "schema", schema))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s: %v", schema, err)
	}
}

func TestImportDocuments(t *testing.T) {
	dir := t.TempDir()
	_, out, _ := call(t, "", "import", write(t, dir, "events.csv", someEvents), "--data="+filepath.Join(dir, "data"), "--agency=police", "--json")
	follows(t, "import.schema.json", out)
	_, out, _ = call(t, "", "import", write(t, dir, "events.csv", someEvents), "--data="+filepath.Join(dir, "data"), "--dry-run", "--json")
	follows(t, "import.schema.json", out)
	code, out, _ := call(t, "", "profiles", "--json")
	follows(t, "profiles.schema.json", out)
	if _, plain, _ := call(t, "", "profiles"); code != 0 || !strings.Contains(plain, "police-uk-street") {
		t.Errorf("exit %d: %s", code, plain)
	}
	for _, name := range []string{"import", "profiles"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", name+".example.json"))
		if err != nil {
			t.Fatal(err)
		}
		follows(t, name+".schema.json", string(b))
	}
}
