package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/operate"
)

// What a small, invented town might put into a folder.
const (
	townStatements = "Date,Slot,Agency,Role,Theme,Statement,Basis,Confidence,Known to leaders,In the strategy\n" +
		"02/03/2026,1,Town school,teacher,T1,Older boys wait at the gate on Fridays,seen,high,no,no\n" +
		"02/03/2026,2,Youth service,youth worker,T1,The gate again; the same car,seen,high,,\n" +
		"03/03/2026,1,Housing,warden,T2,A flat with new visitors every night,told,medium,yes,no\n" +
		"03/03/2026,2,Town school,attendance officer,T2,Two pupils sleep there,told,low,,\n"
	townFlows = "origin,destination,people,confirmed,suspected,period,source\nHarbour,Northmoor,24,10,14,2025,team\nHarbour,Saltby,2,,,2025,team\nOld Town,Saltby,9,,,2025,team\n"
)

func townEvents() string {
	var b strings.Builder
	b.WriteString("Reference,Date,Type,Place,Easting,Northing\n")
	kinds := []string{"Robbery", "Violence", "Possession of a weapon", "Criminal damage"}
	for i := range 160 {
		e, n := 400_000+(i*i*37)%4000, 300_000+(i*91)%4000
		if i%3 == 0 { // a corner where most of it happens
			e, n = 401_000+i%5*20, 301_000+i%7*20
		}
		d := time.Date(2025, time.Month(1+i%14), 1+i%27, 0, 0, 0, 0, time.UTC)
		b.WriteString(strings.Join([]string{"E" + strings.Repeat("0", i%3) + d.Format("0601") + string(rune('a'+i%26)), d.Format("02/01/2006"), kinds[i%len(kinds)], "Mill Lane", itoa(e), itoa(n)}, ",") + "\n")
	}
	b.WriteString("X1,99/99/2025,Robbery,Mill Lane,,\n")
	return b.String()
}

func itoa(n int) string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func schemaFile(name string) string { return filepath.Join("..", "..", "docs", "schema", name) }

// example reads an example and checks it.
func example(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(schemaFile(name + ".example.json"))
	if err != nil {
		t.Fatal(err)
	}
	follows(t, name+".schema.json", string(b))
	return string(b)
}

// keep writes an example anew when that was asked for.
func keep(t *testing.T, name string, v any) {
	t.Helper()
	if !*updateExamples {
		return
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(schemaFile(name+".example.json"), append(b, '\n'), 0o644); err != nil { //nolint:gosec // documentation
		t.Fatal(err)
	}
}

// refuses says that a document does not follow a schema.
func refuses(t *testing.T, schema, doc string) {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile(schema))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	if s.Validate(v) == nil {
		t.Errorf("%s accepts %s", schema, doc)
	}
}

func TestPictureDocument(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1795339800") // 22 November 2026
	for name, files := range map[string]map[string]string{
		"everything":              {"statements.csv": townStatements, "police/events.csv": townEvents(), "flows.csv": townFlows, "school/people.csv": somePeople, "odd.csv": "a,b\n1,2\n"},
		"events alone":            {"events.csv": someEvents},
		"lists of people, agreed": {"school/people.csv": somePeople, "care/people.csv": somePeople},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for path, content := range files {
				if err := os.MkdirAll(filepath.Join(dir, "in", filepath.Dir(path)), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, "in"), path, content)
			}
			args := []string{"assess", filepath.Join(dir, "in"), "--out", filepath.Join(dir, "out"), "--json"}
			if strings.HasSuffix(name, "agreed") {
				args = append(args, "--agreement=ISA-1")
			}
			code, out, errs := call(t, "", args...)
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			follows(t, "picture.schema.json", out)
			b, err := os.ReadFile(filepath.Join(dir, "out", "picture.json"))
			if err != nil || string(b) != out {
				t.Errorf("picture.json is not what was printed (%v)", err)
			}
			if name == "everything" {
				keep(t, "picture", json.RawMessage(out))
			}
		})
	}
	example(t, "picture")
	refuses(t, "picture.schema.json", "{}")
}

func TestDemoDocument(t *testing.T) {
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out")) //nolint:gosec // the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = out
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- (&demoCommand{Addr: "127.0.0.1:0", Data: filepath.Join(dir, "demo"), People: 200, Seed: 1, JSON: true}).Run(ctx)
	}()
	var b []byte
	for range 1200 {
		if b, err = os.ReadFile(out.Name()); err != nil || strings.HasSuffix(string(b), "\n") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	os.Stdout = old
	if rerr := <-done; rerr != nil || err != nil {
		t.Fatal(rerr, err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(b), "\n") != 1 {
		t.Errorf("%d lines were printed, want one", strings.Count(string(b), "\n"))
	}
	follows(t, "demo.schema.json", string(b))
	var doc struct {
		URL      string           `json:"url"`
		Accounts []map[string]any `json:"accounts"`
		Probes   []map[string]any `json:"probes"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Accounts) < 8 || len(doc.Probes) == 0 {
		t.Errorf("%d accounts and %d probes", len(doc.Accounts), len(doc.Probes))
	}
	doc.URL, doc.Accounts, doc.Probes = "http://127.0.0.1:8080", doc.Accounts[:min(3, len(doc.Accounts))], doc.Probes[:min(1, len(doc.Probes))]
	keep(t, "demo", doc)
	example(t, "demo")
	refuses(t, "demo.schema.json", `{"url":"http://127.0.0.1:1","accounts":[],"probes":[]}`)
}

func TestAuditVerifyDocument(t *testing.T) {
	dir := t.TempDir()
	data := "--data=" + filepath.Join(dir, "data")
	if code, _, errs := call(t, "", "audit", "verify", data); code != 2 || !strings.Contains(errs, "There is no partnership") {
		t.Errorf("of nothing: exit %d, %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Error("proving made a folder")
	}
	if code, _, errs := call(t, "", "import", write(t, dir, "events.csv", someEvents), data, "--agency=police"); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	verify := func(args ...string) (int, auditDocument, string) {
		code, out, _ := call(t, "", append([]string{"audit", "verify", data, "--json"}, args...)...)
		follows(t, "audit-verify.schema.json", out)
		var d auditDocument
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatal(err)
		}
		return code, d, out
	}
	code, d, _ := verify()
	if code != 0 || !d.Whole || d.Leaves == 0 {
		t.Errorf("left alone: exit %d, %+v", code, d)
	}
	d.Lantern, d.Seconds, d.MadeAt = "lantern 1.0.0", 0.0126, "2026-11-22T09:30:00Z"
	keep(t, "audit-verify", d)
	example(t, "audit-verify")
	if code, _, _ := verify("--checkpoint", write(t, dir, "held.txt", "not a checkpoint")); code != 1 {
		t.Errorf("with a checkpoint that is none: exit %d, want 1", code)
	}
	tamper(t, filepath.Join(dir, "data"), "UPDATE audit_entry SET account = 'somebody else' WHERE id = (SELECT min(entry_id) FROM audit_leaf)")
	if code, d, _ := verify(); code != 1 || d.Whole || len(d.Problems) == 0 {
		t.Errorf("tampered with: exit %d, %+v", code, d)
	}
	if code, out, errs := call(t, "", "audit", "verify", data); code != 1 || !strings.Contains(out, "changed after it was written") || !strings.Contains(errs, "not whole") {
		t.Errorf("in words: exit %d, %s%s", code, out, errs)
	}
}

func tamper(t *testing.T, dir, statement string) {
	t.Helper()
	ctx := context.Background()
	db, err := operate.Open(ctx, &config.Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, statement) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// The schema of a mapping and the program say the same of one.
func TestMappingDocument(t *testing.T) {
	if _, err := profile.ParseMapping([]byte(example(t, "mapping"))); err != nil {
		t.Errorf("the example: %v", err)
	}
	m, err := profile.NewMapping("people", []string{"Surname", "Forename", "DOB"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	follows(t, "mapping.schema.json", string(b))
	follows(t, "mapping.schema.json", `{"list.csv": `+string(b)+`}`)
	for _, bad := range []string{`{"version":2,"profile":"events","columns":{"a":"date"}}`, `{"version":1,"profile":"events","columns":{}}`, `{"version":1,"profile":"events","columns":{"a":"date"},"dates":"dmy"}`, `{"version":1,"profile":"events","columns":{"a":"date"},"date_order":"dym"}`} {
		if _, err := profile.ParseMapping([]byte(bad)); err == nil {
			t.Errorf("the program takes %s", bad)
		}
		refuses(t, "mapping.schema.json", bad)
	}
}
