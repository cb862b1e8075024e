package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var schemas = filepath.Join("..", "..", "docs", "schema")

func docOf(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(schemas, name)) //nolint:gosec // the project's own folder
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// followsTable checks a CSV text against one table of link-tables.schema.json: its columns in order, and each row.
func followsTable(t *testing.T, table, text string, without ...string) {
	t.Helper()
	var doc struct {
		Defs map[string]struct {
			Required []string `json:"required"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(docOf(t, "link-tables.schema.json")), &doc); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(slices.Clone(doc.Defs[table].Required), func(c string) bool { return slices.Contains(without, c) })
	if !slices.Equal(rows[0], want) {
		t.Errorf("%s: the columns are %q, want %q", table, rows[0], want)
	}
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(schemas, "link-tables.schema.json") + "#/$defs/" + table)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows[1:] {
		row := map[string]any{}
		for _, c := range without {
			row[c] = ""
		}
		for k, h := range rows[0] {
			row[h] = r[k]
		}
		if err := s.Validate(row); err != nil {
			t.Errorf("%s, row %d: %v", table, i+2, err)
		}
	}
}

func TestLinkDocuments(t *testing.T) {
	dir := t.TempDir()
	police, school := twoAgencies()
	p, s := write(t, dir, "police.csv", police), write(t, dir, "school.csv", school)
	decisions := write(t, dir, "d.csv", "source_l,record_id_l,source_r,record_id_r,decision,by,at,reason\npolice,0030,school,S30,unsure,AB,2026-01-02,a photograph is needed\n")
	for _, c := range []struct {
		name    string
		args    []string
		without []string
	}{
		{"plain", []string{"--decisions", decisions}, nil},
		{"evaluated", []string{"--evaluate=who"}, nil},
		{"no explanations", []string{"--no-explanations", "--decisions", decisions}, []string{"explanation"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			code, doc, errs := call(t, "", append([]string{"link", p, s, "--out", out, "--json"}, c.args...)...)
			if code != 0 {
				t.Fatalf("exit %d\n%s", code, errs)
			}
			follows(t, "link-summary.schema.json", doc)
			sum := summaryOf(t, doc)
			for table, n := range map[string]int{"clusters": sum.Records, "links": sum.Links, "review": sum.ForReview} {
				b, err := os.ReadFile(filepath.Join(out, table+".csv")) //nolint:gosec // the test's own folder
				if err != nil {
					t.Fatal(err)
				}
				without := c.without
				if table == "clusters" {
					without = nil
				}
				followsTable(t, table, string(b), without...)
				if got := strings.Count(string(b), "\n") - 1; got != n {
					t.Errorf("%s.csv holds %d rows, the summary says %d", table, got, n)
				}
			}
		})
	}
}

func TestLinkExamples(t *testing.T) {
	follows(t, "link-summary.schema.json", docOf(t, "link-summary.example.json"))
	follows(t, "link-spec.schema.json", docOf(t, "link-spec.example.json"))
	for _, table := range []string{"clusters", "links", "review", "decisions"} {
		followsTable(t, table, docOf(t, "link-"+table+".example.csv"))
	}
	// The example specification is one that the command takes.
	dir := t.TempDir()
	police, school := twoAgencies()
	p := write(t, dir, "police.csv", strings.ReplaceAll(strings.Replace(police, ",who\n", ",Beat\n", 1), ",t", ",beat "))
	code, _, errs := call(t, "", "link", p, write(t, dir, "school.csv", school), "--out", filepath.Join(dir, "out"), "--spec", filepath.Join(schemas, "link-spec.example.json"))
	if code != 0 {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

// What the schema of the specification refuses, the command refuses.
func TestLinkSpecSchemaRefusesWhatTheCommandRefuses(t *testing.T) {
	s, err := jsonschema.NewCompiler().Compile(filepath.Join(schemas, "link-spec.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	police, _ := twoAgencies()
	p := write(t, dir, "police.csv", police)
	for _, doc := range []string{
		`{"lantern_link_spec": 2}`, `{"lantern_link_spec": 1, "colums": {}}`, `{"lantern_link_spec": 1, "columns": {"police": {"SURNAME": "clan"}}}`, `{"columns": {}}`,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(v) == nil {
			t.Errorf("the schema takes %s", doc)
		}
		if code, _, _ := call(t, "", "link", p, "--out", filepath.Join(dir, "out"), "--spec", write(t, dir, "spec.json", doc)); code != 2 {
			t.Errorf("%s: exit %d, want 2", doc, code)
		}
	}
}
