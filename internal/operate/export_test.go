package operate_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/seal"
)

func exportOptions(t *testing.T, db *database.DB, agency string) operate.ExportOptions {
	t.Helper()
	u := users(t, db)
	c := clock.At(now)
	keys, err := seal.Open(demo.dir) // each partnership here is a copy of that one
	if err != nil {
		t.Fatal(err)
	}
	return operate.ExportOptions{DB: db, Partnership: u.Partnership, Seals: keys, Files: file.NewStore(db, c, clock.NewIDs(c, nil)).Sealed(keys), Log: u.Log, Clock: c, Version: "test", Agency: agency, Out: filepath.Join(t.TempDir(), "out.zip")}
}

// counts of what an agency has that is live, by table and, for events, by kind and month.
func holdings(t *testing.T, db *database.DB, agency string) map[string]int {
	t.Helper()
	out := map[string]int{}
	const live = " t WHERE t.owner = $1 AND NOT t.restricted AND t.superseded_at IS NULL AND (t.load_id = '' OR t.load_id IN (SELECT id FROM load WHERE state = 'live'))"
	for name, from := range map[string]string{
		"records": "SELECT 'graded ' || t.grade FROM source_record" + live, "events": "SELECT t.kind || ' ' || t.month || ' ' || t.grade FROM event" + live, "statements": "SELECT t.voice || ' ' || t.basis || ' ' || t.confidence || ' ' || t.interview FROM statement" + live,
		"places": "SELECT t.kind || ' ' || t.status FROM place" + live, "flows": "SELECT t.origin || ' ' || t.destination FROM flow" + live, "answers": "SELECT t.theme || ' ' || t.question || ' ' || t.answer FROM theme_answer" + live,
		"roles": "SELECT t.role FROM event_role" + live,
		"names": "SELECT n.kind || ' ' || n.display FROM source_name n JOIN source_record" + strings.Replace(live, " t WHERE", " t ON t.id = n.record_id WHERE", 1),
	} {
		rows, err := database.Collect(context.Background(), db.Reader(), database.Value[string], from, agency)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out[name+": "+r]++
		}
	}
	return out
}

// What an agency takes out goes into another Lantern and is the same there, both ways: its originals, and the
// tables that Lantern wrote.
func TestAnAgencysThingsGoIntoAnotherLantern(t *testing.T) {
	ctx := context.Background()
	dir := partnership(t)
	db := open(t, dir)
	agencies, err := users(t, db).Partnership.Agencies(ctx, db.Reader())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, x := range agencies {
		agency := x.Code
		t.Run(agency, func(t *testing.T) {
			opt := exportOptions(t, db, agency)
			done, err := operate.Export(ctx, opt)
			if err != nil {
				t.Fatal(err)
			}
			zipped, err := zip.OpenReader(opt.Out)
			if err != nil {
				t.Fatal(err)
			}
			defer zipped.Close() //nolint:errcheck // only read
			want := holdings(t, db, agency)
			for k := range want {
				kind, _, _ := strings.Cut(k, ":")
				kinds[kind] = true
			}
			if d := difference(want, importedInto(t, &zipped.Reader, agency, "import/")); d != "" {
				t.Errorf("from the tables: %s", d)
			}
			checkManifest(t, &zipped.Reader, done)
		})
	}
	for _, kind := range []string{"records", "names", "roles", "events", "statements", "answers", "places", "flows"} {
		if !kinds[kind] {
			t.Errorf("no agency holds any %s: the test is of less than it says", kind)
		}
	}
}

func difference(want, got map[string]int) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	var out []string
	for k, n := range want {
		if got[k] != n {
			out = append(out, k+": "+itoa(n)+" before, "+itoa(got[k])+" after")
		}
	}
	for k, n := range got {
		if want[k] == 0 {
			out = append(out, k+": none before, "+itoa(n)+" after")
		}
	}
	return itoa(len(out)) + " differences: " + strings.Join(out[:min(8, len(out))], "; ")
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) } //nolint:errcheck // a number

// importedInto brings the files of a folder of the ZIP into a new partnership and counts what is there then.
func importedInto(t *testing.T, z *zip.Reader, agency, folder string) map[string]int {
	t.Helper()
	ctx := context.Background()
	a, err := app.Open(ctx, config.Config{Data: t.TempDir()}, app.Options{Clock: clock.At(now), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, folder) {
			continue
		}
		b := content(t, f)
		l, err := a.Intake.Load(ctx, access.Scope{Account: "test", Agency: agency, Purpose: access.Assessment}, intake.Input{Name: f.Name, File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: intake.OwnBasis, Identified: true})
		if err != nil {
			t.Errorf("%s is not taken: %v", f.Name, err)
			continue
		}
		if l.Refused > 0 {
			t.Errorf("%s: %d of %d rows refused", f.Name, l.Refused, l.Read)
		}
	}
	return holdings(t, a.DB, agency)
}

func content(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkManifest(t *testing.T, z *zip.Reader, done operate.Exported) {
	t.Helper()
	listed := map[string]operate.ExportedFile{}
	for _, f := range append(done.Files, done.Originals...) {
		listed[f.Name] = f
	}
	for _, f := range z.File {
		if f.Name == "README.txt" || f.Name == "manifest.json" {
			continue
		}
		sum := sha256.Sum256(content(t, f))
		if listed[f.Name].SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not as the manifest has it", f.Name)
		}
		delete(listed, f.Name)
	}
	for name := range listed {
		t.Errorf("%s is in the manifest and not in the ZIP", name)
	}
}

func TestAnExportHoldsOnlyTheAgencysOwn(t *testing.T) {
	databaseOf := map[database.Engine]func(t *testing.T, dir string) *database.DB{
		database.SQLite: func(t *testing.T, dir string) *database.DB { return open(t, dir) },
		database.PostgreSQL: func(t *testing.T, dir string) *database.DB {
			pg := empty(t, database.PostgreSQL)
			if _, err := operate.Copy(context.Background(), open(t, dir), pg, dir, clock.At(now), quiet); err != nil {
				t.Fatal(err)
			}
			return pg
		},
	}
	each(t, func(t *testing.T, engine database.Engine) {
		db := databaseOf[engine](t, partnership(t))
		exec(t, db, "UPDATE place SET notes = '=cmd|x' WHERE owner = (SELECT min(owner) FROM place)")
		opt := exportOptions(t, db, "WCSC")
		if _, err := operate.Export(context.Background(), opt); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(opt.Out); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("rights %v (%v), want owner only", info.Mode(), err)
		}
		z, err := zip.OpenReader(opt.Out)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close() //nolint:errcheck // only read
		others, err := database.Collect(context.Background(), db.Reader(), database.Value[string], "SELECT id FROM source_record WHERE owner <> 'WCSC'")
		if err != nil || len(others) == 0 {
			t.Fatalf("%d records of others (%v)", len(others), err)
		}
		for _, f := range z.File {
			if f.Name == "log.csv" { // names what was done, by id
				continue
			}
			b := content(t, f)
			for _, id := range others {
				if bytes.Contains(b, []byte(id)) {
					t.Fatalf("%s holds another agency's record %s", f.Name, id)
				}
			}
			if strings.HasSuffix(f.Name, ".csv") && !strings.HasPrefix(f.Name, "originals/") && (bytes.Contains(b, []byte(",=")) || bytes.Contains(b, []byte("\n="))) {
				t.Errorf("%s holds a cell that a spreadsheet would run", f.Name)
			}
		}
		lines, err := database.Collect(context.Background(), db.Reader(), database.Value[string], "SELECT words FROM audit_entry WHERE act = 'disclosure' AND subject_kind = 'agency' AND subject = 'WCSC'")
		if err != nil || len(lines) != 1 || !strings.Contains(lines[0], "original files") {
			t.Errorf("the log says %q (%v), want one line of the disclosure", lines, err)
		}
		_, err = operate.Export(context.Background(), opt)
		refused(t, err, fault.Invalid, "not written over")
		opt.Out, opt.Agency = filepath.Join(t.TempDir(), "x.zip"), "NOBODY"
		_, err = operate.Export(context.Background(), opt)
		refused(t, err, fault.Invalid, "expected one of")
		if left, err := os.ReadDir(filepath.Dir(opt.Out)); err != nil || len(left) != 0 {
			t.Errorf("a refused export left %v (%v)", left, err)
		}
	})
}

// A record that came with no row of a partner's, typed in, goes out and in again with its names and numbers.
func TestATypedRecordGoesOutAndIn(t *testing.T) {
	db := open(t, partnership(t))
	exec(t, db, `INSERT INTO source_record (id, owner, class, learnt_at, retention_class, review_on, reference, born, born_precision, sex)
		VALUES ('r1', 'OHS', 'identity', 1, 'identity', '2030-01-01', 'H-7', '2009-03-12', 'day', 'female')`)
	exec(t, db, "INSERT INTO source_name (record_id, n, class, kind, display, forenames, surname) VALUES ('r1', 0, 'identity', 'legal', 'Kim Ash', 'kim', 'ash'), ('r1', 1, 'identity', 'alias', 'Kimmy', 'kimmy', '')")
	exec(t, db, "INSERT INTO source_identifier (record_id, n, class, kind, value, checked) VALUES ('r1', 0, 'identity', 'la-child', 'C 881', 'none'), ('r1', 1, 'identity', 'nhs', '9434765919', 'verified')")
	exec(t, db, "INSERT INTO record_address (record_id, n, class, place, postcode) VALUES ('r1', 0, 'contact', '-1 Mill Lane', 'ZZ1 1AA')")
	opt := exportOptions(t, db, "OHS")
	sealed, err := opt.Seals.Seal(identity.EthnicityAt("r1"), []byte(`{"s":"Marshfolk","o":"IC4"}`))
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, "UPDATE source_record SET ethnicity = '"+sealed+"' WHERE id = 'r1'")
	if _, err := operate.Export(context.Background(), opt); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(opt.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close() //nolint:errcheck // only read
	got := importedInto(t, &z.Reader, "OHS", "import/people.csv")
	for _, want := range []string{"names: legal Kim Ash", "names: alias Kimmy", "records: graded "} {
		if got[want] != 1 {
			t.Errorf("%s: %d after, want 1; there is %v", want, got[want], got)
		}
	}
	for _, f := range z.File {
		if text := string(content(t, f)); f.Name == "tables/source_record.csv" && (strings.Contains(text, ",s1.") || !strings.Contains(text, `""s"":""Marshfolk""`)) {
			t.Errorf("the table of records has what is sealed as it is sealed: %s", text)
		}
		if f.Name != "import/people.csv" {
			continue
		}
		if text := string(content(t, f)); !strings.Contains(text, "Self-defined ethnicity,Officer-defined ethnicity") || !strings.Contains(text, "Marshfolk,IC4") {
			t.Errorf("people.csv does not take ethnicity along: %s", text)
		}
		if text := string(content(t, f)); !strings.Contains(text, "LA child ID") || !strings.Contains(text, "'-1 Mill Lane") || !strings.Contains(text, "9434765919") {
			t.Errorf("people.csv is %s", text)
		}
	}
}

// What was given under a handling condition goes into another Lantern with it: what it allows nobody to read here, nobody reads there.
func TestAHandlingConditionGoesWithWhatLeaves(t *testing.T) {
	db := open(t, partnership(t))
	for i, grade := range []string{"", "2B-P", "1A-C/A2/S2", "ungraded"} {
		n := itoa(i)
		exec(t, db, "INSERT INTO source_record (id, owner, class, learnt_at, retention_class, review_on, reference, born, born_precision, grade) VALUES ('r"+n+"', 'OHS', 'identity', 1, 'identity', '2030-01-01', 'H-"+n+"', '2009-03-12', 'day', '"+grade+"')")
		exec(t, db, "INSERT INTO source_name (record_id, n, class, kind, display, forenames, surname) VALUES ('r"+n+"', 0, 'identity', 'legal', 'Kim Ash"+n+"', 'kim', 'ash"+n+"')")
		exec(t, db, "INSERT INTO event (id, owner, class, learnt_at, retention_class, review_on, kind, words, reference, month, place_text, true_from, true_to, true_precision, grade) VALUES ('e"+n+"', 'OHS', 'intelligence', 1, 'intelligence', '2030-01-01', 'robbery', 'Robbery', 'R"+n+"', '2026-02', 'a park', 1769990400000000, 1770076800000000, 'day', '"+grade+"')")
	}
	opt := exportOptions(t, db, "OHS")
	if _, err := operate.Export(context.Background(), opt); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(opt.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close() //nolint:errcheck // only read
	before := holdings(t, db, "OHS")
	for table, kind := range map[string]string{"people": "records: graded ", "events": "events: robbery 2026-02 "} {
		got := importedInto(t, &z.Reader, "OHS", "import/"+table)
		for _, grade := range []string{"", "2B-P", "1A-C/A2/S2", "ungraded"} {
			if got[kind+grade] != before[kind+grade] || got[kind+grade] == 0 {
				t.Errorf("%s%s: %d after, want %d", kind, grade, got[kind+grade], before[kind+grade])
			}
		}
	}
}
