package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/picture"
)

func assess(t *testing.T, folder string, change func(*app.Assessment)) (*picture.Picture, string) {
	t.Helper()
	out := t.TempDir()
	a, err := app.Open(context.Background(), config.Config{Data: out}, app.Options{Clock: clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	in := app.Assessment{Folder: folder, Out: out, Version: "lantern test"}
	if change != nil {
		change(&in)
	}
	p, err := a.Assess(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return p, out
}

func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, body := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The counts of picture.json against a plain reading of the same files, with nothing of ours.
func TestAssessCountsAsAPlainReadingDoes(t *testing.T) {
	var files []string
	for _, force := range []string{"city-of-london", "essex", "kent"} {
		found, err := filepath.Glob("../../../shared/data/police/2024-0[123]-" + force + "-street.csv.gz")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) != 9 {
		t.Skip("the public police.uk files are not beside the project: nothing to count")
	}
	if testing.Short() {
		files = files[:3]
	}
	folder := t.TempDir()
	byType, byMonth, byArea := map[string]int{}, map[string]map[string]int{}, map[string]int{}
	total, unlocated, repeated := 0, 0, 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(f)), b, 0o600); err != nil {
			t.Fatal(err)
		}
		zr, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(zr).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, r := range rows[1:] {
			total++
			byType[r[9]]++
			if byMonth[r[1]] == nil {
				byMonth[r[1]] = map[string]int{}
			}
			byMonth[r[1]][r[9]]++
			if r[7] != "" {
				byArea[r[7]]++
			}
			if r[4] == "" {
				unlocated++
			}
			if r[0] != "" && ids[r[0]] {
				repeated++
			}
			ids[r[0]] = true
		}
	}
	p, out := assess(t, folder, nil)
	e := p.Events
	if e.Total != total || e.Unlocated != unlocated || e.RepeatedIDs != repeated {
		t.Errorf("total %d, unlocated %d, repeated %d; a plain reading has %d, %d, %d", e.Total, e.Unlocated, e.RepeatedIDs, total, unlocated, repeated)
	}
	kindOf := map[string]string{} // the partner's words to Lantern's kind
	for _, k := range e.Kinds {
		for _, w := range k.Words {
			kindOf[w.Words] = k.Kind
			if *w.Count != byType[w.Words] {
				t.Errorf("%q: %d, want %d", w.Words, *w.Count, byType[w.Words])
			}
		}
	}
	if len(kindOf) != len(byType) {
		t.Errorf("%d crime types, want %d", len(kindOf), len(byType))
	}
	for month, types := range byMonth {
		for word, n := range types {
			if got := e.ByMonth[month][kindOf[word]]; got == nil || *got != n {
				t.Errorf("%s, %s: %v, want %d", month, word, got, n)
			}
		}
	}
	areas := 0
	for _, a := range e.ByArea {
		if a.Level != "lsoa" {
			continue
		}
		areas++
		if a.Suppressed || a.Count == nil || *a.Count != byArea[a.Code] {
			t.Errorf("%s: %v (suppressed %v), want %d: published counts are shown as they are", a.Code, a.Count, a.Suppressed, byArea[a.Code])
		}
	}
	if areas != len(byArea) {
		t.Errorf("%d small areas, want %d", areas, len(byArea))
	}
	if e.OutsideArea == 0 {
		t.Error("no event lies outside its force's area; the City of London's files have some each month")
	}
	for _, f := range p.Files {
		if f.Taken+f.Refused != f.Rows || f.Profile == nil || *f.Profile != "police-uk-street" {
			t.Errorf("%s: %d taken and %d refused of %d, read as %v", f.Name, f.Taken, f.Refused, f.Rows, f.Profile)
		}
	}
	for _, name := range []string{"report.html", "tables.xlsx", "picture.json", "lantern.db"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	b, err := os.ReadFile(filepath.Join(out, "picture.json"))
	if err != nil {
		t.Fatal(err)
	}
	var again picture.Picture
	if err := json.Unmarshal(b, &again); err != nil || again.Events.Total != total {
		t.Errorf("picture.json: total %d (%v)", again.Events.Total, err)
	}
}

const listOfPeople = "Forename,Surname,Date of birth,NHS number\nZebedee,Quillfeather,03/04/2010,9434765919\nAmarantha,Quillfeather,05/06/2011,\n"

func TestListsOfPeopleNeedABasis(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, map[string]string{"care/list.csv": listOfPeople, "school/roll.csv": "Forename,Surname,Date of birth,NHS number\nZebedee,Quillfeather,03/04/2010,9434765919\n"})
	p, out := assess(t, folder, nil)
	if p.People == nil || p.People.Records != 3 || p.People.People != nil || len(p.Warnings) == 0 || !strings.Contains(p.Warnings[0], "without names") {
		t.Errorf("without a basis: %+v, warnings %q; want three records counted, nobody joined, and a warning", p.People, p.Warnings)
	}
	// Not a trace of a name anywhere, the database included.
	err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(bytes.ToLower(b), []byte("quillfeather")) {
			t.Errorf("%s holds a name", d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p, _ = assess(t, folder, func(a *app.Assessment) { a.OneOff = "threat to life, agreed with the information officer" })
	if p.People == nil || p.People.People == nil || *p.People.People != 2 || p.People.LinkedAcrossAgencies != nil {
		t.Errorf("with a reason: %+v, want two people, and how many are known to two agencies hidden", p.People)
	}
}

func findingOf(t *testing.T, p *picture.Picture, question string) figure.Finding {
	t.Helper()
	for _, f := range p.Findings {
		if f.Question == question {
			return f
		}
	}
	t.Fatalf("no finding for %q", question)
	return figure.Finding{}
}

func TestListsInOneFolderNeverSayThatNobodyIsKnownToTwoAgencies(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, map[string]string{"people/care.csv": listOfPeople, "people/school.csv": "Forename,Surname,Date of birth,NHS number\nZebedee,Quillfeather,03/04/2010,9434765919\n"})
	p, _ := assess(t, folder, func(a *app.Assessment) { a.OneOff = "threat to life, agreed with the information officer" })
	f := findingOf(t, p, "who-is-harmed")
	if strings.Contains(f.Sentence, "known to more than one agency") || !strings.Contains(f.Sentence, "all of them are one agency's") || strings.HasPrefix(f.Base, "0 of") {
		t.Errorf("one folder is one agency: %q (%s)", f.Sentence, f.Base)
	}
}

func TestWhatLeadersKnowInPartIsNotSaidToBeUnknown(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, map[string]string{"said.csv": `Interview date,Interview slot,Agency,Practitioner role,Theme,Statement,Basis,Known to leaders,In the strategy
03/11/2026,1,Youth service,detached worker,T10,A car waits by the home,seen,no,no
03/11/2026,2,Social care,team manager,T10,Boys go missing from the home,told,partly,no
03/11/2026,3,Social care,team manager,a thing of its own,Something else,told,partly,no
`})
	p, _ := assess(t, folder, nil)
	f := findingOf(t, p, "where-do-we-start")
	if !strings.HasPrefix(f.Sentence, "The front line knows something that leaders know only in part: staff in 2 of 3 interviews, from 2 agencies") {
		t.Errorf("the finding is %q", f.Sentence)
	}
	if !slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, "said.csv, row 4, Theme: not a theme of the list") }) {
		t.Errorf("warnings %q do not say that a theme was not known", p.Warnings)
	}
}

func TestAFolderWithNothingToTakeIsRefusedInWords(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"only unknown columns": {"x.csv": "a,b,c\n1,2,3\n"},
		"an empty file":        {"x.csv": ""},
		"a binary":             {"x.csv": "\x7fELF\x02\x01\x01\x00\x00\x00\x00"},
		"nothing":              {},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, folder, files)
			a, err := app.Open(context.Background(), config.Config{Data: t.TempDir()}, app.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close() //nolint:errcheck // nothing was written
			_, err = a.Assess(context.Background(), app.Assessment{Folder: folder, Out: t.TempDir()})
			if words, ok := fault.Words(err); !fault.Is(err, fault.Invalid) || !ok || words == "" {
				t.Errorf("got %v, want words about what was wrong", err)
			}
		})
	}
}

func TestAFolderAssessedTwiceIsCountedOnce(t *testing.T) {
	folder, out := t.TempDir(), t.TempDir()
	write(t, folder, map[string]string{"events.csv": "Date,Type,Place\n01/02/2026,Robbery,Mill Lane\n02/02/2026,Robbery,Mill Lane\n", "unknown.csv": "a,b\n1,2\n"})
	a, err := app.Open(context.Background(), config.Config{Data: out}, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close() //nolint:errcheck // a test
	for range 2 {
		p, err := a.Assess(context.Background(), app.Assessment{Folder: folder, Out: out})
		if err != nil || p.Events.Total != 2 {
			t.Fatalf("%+v (%v), want 2 events", p, err)
		}
		for _, f := range p.Files {
			if f.Name == "unknown.csv" && (f.Profile != nil || f.Words == "" || f.SHA256 == "") {
				t.Errorf("a file of no known format is listed as %+v", f)
			}
		}
	}
	x, err := excelize.OpenFile(filepath.Join(out, "tables.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // only read
	if rows, err := x.GetRows("Findings"); err != nil || len(rows) != 10 {
		t.Errorf("the workbook's findings have %d rows (%v), want a header and nine questions", len(rows), err)
	}
}

// A formula in a partner's cell comes out of the workbook as text.
func TestNoFormulaLeavesInTheWorkbook(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, map[string]string{"events.csv": "Date,Type,Place\n01/02/2026,\"=HYPERLINK(\"\"http://x\"\")\",Mill Lane\n01/02/2026,@SUM(A1),Mill Lane\n"})
	_, out := assess(t, folder, nil)
	x, err := excelize.OpenFile(filepath.Join(out, "tables.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // only read
	seen := false
	for _, sheet := range x.GetSheetList() {
		rows, err := x.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, v := range row {
				cell, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					t.Fatal(err)
				}
				if f, err := x.GetCellFormula(sheet, cell); err != nil || f != "" {
					t.Errorf("%s!%s is a formula: %s", sheet, cell, f)
				}
				if strings.HasPrefix(v, "=") || strings.HasPrefix(v, "@") {
					t.Errorf("%s!%s begins like a formula: %q", sheet, cell, v)
				}
				seen = seen || strings.Contains(v, "HYPERLINK")
			}
		}
	}
	if !seen {
		t.Error("the partner's words are nowhere in the workbook: this test proves nothing")
	}
}
