package world

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
)

func TestWhatWasAgreedNamesPeopleWhoExist(t *testing.T) {
	w := generate(t, Options{Seed: 1})
	accounts, agencies, places := map[string]Account{}, map[string]bool{}, map[string]bool{}
	roles := map[access.Role]bool{}
	for _, a := range w.Agencies {
		agencies[a.Code] = true
	}
	for _, a := range w.Accounts {
		if _, twice := accounts[a.Email]; twice {
			t.Errorf("%s stands for two accounts", a.Email)
		}
		if !agencies[a.Agency] || a.Title == "" || !slices.Contains(access.Roles, a.Role) {
			t.Errorf("account %+v", a)
		}
		if a.Cast {
			roles[a.Role] = true
		}
		accounts[a.Email] = a
	}
	if len(roles) != len(access.Roles) {
		t.Errorf("the cast have %d of %d roles", len(roles), len(access.Roles))
	}
	for _, p := range w.Geography.Places {
		places[p.Code] = true
	}
	for _, l := range w.Leads {
		if l.Account != "" && accounts[l.Account].Name == "" {
			t.Errorf("%s is led by %s, who has no account", l.Theme, l.Account)
		}
	}
	open := 0
	for _, a := range w.Actions {
		if accounts[a.Owner].Name == "" || a.Due.IsZero() || a.Text == "" {
			t.Errorf("action %+v has not one owner and one date", a)
		}
		if !a.Done {
			open++
		}
	}
	if open < 4 {
		t.Errorf("%d open actions, want at least four", open)
	}
	for _, a := range w.Agreements {
		for _, code := range a.Parties {
			if !agencies[code] {
				t.Errorf("%s has party %s", a.Code, code)
			}
		}
		for code := range a.Signed {
			if !slices.Contains(a.Parties, code) {
				t.Errorf("%s is signed by %s, which is no party", a.Code, code)
			}
		}
		for _, c := range a.Classes {
			if !slices.Contains(access.Classes, c) {
				t.Errorf("%s shares %s", a.Code, c)
			}
			if c.Personal() != a.PersonalData {
				t.Errorf("%s says of personal data: %v, and shares %s", a.Code, a.PersonalData, c)
			}
		}
	}
	halves := 0
	for _, d := range w.Definitions {
		if len(d.NotAdopted) == 2 {
			halves++
		}
		if len(d.Adopted)+len(d.NotAdopted) != len(w.Agencies) {
			t.Errorf("%s: %d agencies adopted, %d did not, of %d", d.Term, len(d.Adopted), len(d.NotAdopted), len(w.Agencies))
		}
	}
	if halves != 1 {
		t.Errorf("%d definitions that two agencies have not adopted, want 1", halves)
	}
	for _, r := range w.Reviews {
		if !places[r.Place] || accounts[r.Reviewer].Name == "" || !r.Next.After(w.Options.Today) {
			t.Errorf("review %+v", r)
		}
	}
}

func TestKaiIsKnownToHisSchoolHisWorkerAndSocialCareAlone(t *testing.T) {
	w := generate(t, Options{Seed: 31})
	var files []string
	for _, f := range w.Files {
		if strings.Contains(strings.ToLower(string(f.Bytes)), "merrow") {
			files = append(files, f.Agency)
		}
	}
	sort.Strings(files)
	if got := strings.Join(files, " "); got != "RYW TQC WCSC" {
		t.Errorf("Kai is in the files of %q, want RYW TQC WCSC", got)
	}
	if p := w.Truth.People[0]; p.ID != Kai || p.age != 15 || p.school != "TQC" {
		t.Errorf("the first person is %s, aged %d, at %s", p.ID, p.age, p.school)
	}
}

// The home's judgement of harm is to come out of its own record: days of harm within 200 m in the last ninety days, beside
// the median of two years, lie between once and one and a half times. Days by the weights of the field's reference.
func TestHarmRoundTheHomeIsUpButMostlyMinor(t *testing.T) {
	days := map[string]float64{"Robbery of personal property": 365, "Possession of bladed article": 273.75, "Arson": 185, "Common assault and battery": 1,
		"Criminal damage": 2, "Harassment": 10, "Assault occasioning actual bodily harm": 10}
	worlds(t, func(t *testing.T, w *World) {
		tab := read(t, w, "police/occurrences.csv", 4)
		var harm [8]float64
		for _, r := range tab.rows {
			one := table{columns: tab.columns, rows: []tableRow{r}}
			for q, n := range within(t, w, one, "Date/Time Occurred", "02/01/2006 15:04", w.Story.Home) {
				harm[q] += float64(n) * days[tab.cell(r, "Offence")]
			}
		}
		sorted := slices.Clone(harm[:])
		slices.Sort(sorted)
		median := (sorted[3] + sorted[4]) / 2
		if harm[0] <= median || harm[0] > 1.5*median {
			t.Errorf("%.0f days of harm beside a median of %.0f; want more, and at most half as much again", harm[0], median)
		}
	})
}

// Statements name nobody and blame no child.
func TestStatementsAreFitToBePrinted(t *testing.T) {
	w := generate(t, Options{Seed: 1})
	tab := read(t, w, "interviews/statements.csv", 1)
	if len(tab.rows) < 115 {
		t.Errorf("%d statements, want about 120", len(tab.rows))
	}
	seen := map[string]bool{}
	for _, r := range tab.rows {
		said := tab.cell(r, "Statement")
		if seen[said] {
			t.Errorf("row %d says what another says", r.number)
		}
		seen[said] = true
		for _, blame := range []string{"put himself", "put herself", "puts himself", "puts herself", "themselves at risk", "lifestyle choice", "promiscuous", "gang affiliated", "gang member", "nominal", "chose to"} {
			if strings.Contains(strings.ToLower(said), blame) {
				t.Errorf("row %d says %q", r.number, blame)
			}
		}
		for _, a := range w.Accounts {
			if strings.Contains(said, a.Name) {
				t.Errorf("row %d names %s", r.number, a.Name)
			}
		}
	}
}

func TestWriteToWritesEveryFile(t *testing.T) {
	w := generate(t, Options{Seed: 1, People: 200})
	dir := t.TempDir()
	if err := w.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range w.Files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil || !bytes.Equal(got, f.Bytes) {
			t.Errorf("%s: %v, %d bytes of %d", f.Path, err, len(got), len(f.Bytes))
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "geography", "wrenshire.geojson")); err != nil {
		t.Error(err)
	}
	var truth bytes.Buffer
	if err := w.Truth.WriteCSV(&truth); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, f := range w.Files {
		rows += w.Truth.Rows(f.Path)
	}
	if lines := bytes.Count(truth.Bytes(), []byte("\n")); lines != rows+1 {
		t.Errorf("the truth has %d lines for %d rows", lines, rows)
	}
	if err := w.WriteTo(filepath.Join(dir, "interviews", "statements.csv")); err == nil {
		t.Error("writing a folder where a file stands gave no error")
	}
}

func TestSizesThatCannotBeDrawn(t *testing.T) {
	for name, opt := range map[string]Options{
		"too few":  {People: MinPeople - 1, Today: someDay},
		"too many": {People: MaxPeople + 1, Today: someDay},
		"no date":  {},
	} {
		if _, err := Generate(opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if w, err := Generate(Options{Today: time.Date(2026, 11, 22, 17, 45, 0, 0, time.UTC)}); err != nil || len(w.Truth.People) != DefaultPeople {
		t.Errorf("the default: %v", err)
	}
}
