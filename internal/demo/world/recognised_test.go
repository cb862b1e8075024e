package world

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
)

// opened reads a file as intake does.
func opened(t *testing.T, f File) (*tabular.Table, []tabular.Row) {
	t.Helper()
	book, err := tabular.Open(f.Path, bytes.NewReader(f.Bytes), int64(len(f.Bytes)), tabular.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	t.Cleanup(func() { book.Close() })
	tables, err := book.Tables()
	if err != nil || len(tables) != 1 {
		t.Fatalf("%s: %d tables, %v", f.Path, len(tables), err)
	}
	var rows []tabular.Row
	for {
		row, err := tables[0].Next()
		if errors.Is(err, io.EOF) {
			return tables[0], rows
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Path, err)
		}
		rows = append(rows, row)
	}
}

func sampleOf(rows []tabular.Row) [][]string {
	var out [][]string
	for _, r := range rows[:min(len(rows), 50)] {
		out = append(out, r.Cells)
	}
	return out
}

// Intake has to find the header under title rows and know the format of every file; the one that carries no
// profile is the attendance sheet, which no profile of intake reads.
func TestEveryFileIsRecognised(t *testing.T) {
	w := generate(t, Options{Seed: 21})
	series := 0
	for _, f := range w.Files {
		if f.Profile == profile.Series {
			series++
		}
		tab, rows := opened(t, f)
		best, err := profile.Best(profile.Recognise(tab.Header, sampleOf(rows)))
		if f.Profile == "" {
			if err == nil {
				t.Errorf("%s is taken for %s; want it left alone", f.Path, best.Profile)
			}
			continue
		}
		if err != nil || best.Profile != f.Profile {
			t.Errorf("%s is taken for %q (%v), want %s; columns %v", f.Path, best.Profile, err, f.Profile, tab.Header)
		}
		if slices.Contains([]string{"people", "missing-episodes"}, f.Profile) && len(best.Unread) > 3 {
			t.Errorf("%s: unread columns %v", f.Path, best.Unread)
		}
	}
	if series != 3 {
		t.Errorf("%d monthly series; want three: referrals, knife injuries, stop and search", series)
	}
}

// Intake refuses the rows that were planted, those alone, and for the column that was spoilt or the row as a whole.
func TestRefusedRowsAreThePlantedOnes(t *testing.T) {
	for _, seed := range []uint64{21, 22} {
		w := generate(t, Options{Seed: seed})
		refused, kinds, warned := map[string][]int{}, map[profile.Kind]int{}, map[string]int{}
		for _, f := range w.Files {
			if f.Profile == "" {
				continue
			}
			tab, rows := opened(t, f)
			survey := profile.NewSurvey()
			for _, r := range rows {
				survey.Add(r.Cells)
			}
			p, _ := profile.Find(f.Profile)
			reader, err := p.Reader(tab.Header, nil, profile.Options{AsAt: w.Options.Today, Agency: f.Agency, Survey: survey})
			if err != nil {
				t.Fatalf("%s: %v", f.Path, err)
			}
			for _, row := range rows {
				record, issues := reader.Read(row)
				if profile.Refused(issues) {
					refused[f.Path] = append(refused[f.Path], row.Number)
					continue
				}
				if e := profile.EventOf(record); e != nil {
					kinds[e.Kind]++
				}
				for _, i := range issues {
					warned[f.Path+" "+i.Column+": "+i.Reason]++
				}
			}
		}
		for _, p := range w.Planted {
			at := slices.Index(refused[p.File], p.Row)
			if at < 0 {
				t.Errorf("%s row %d is taken; %s", p.File, p.Row, p.Why)
				continue
			}
			refused[p.File] = slices.Delete(refused[p.File], at, at+1)
		}
		for _, path := range sortedKeys(refused) {
			if len(refused[path]) > 0 {
				t.Errorf("%s: rows %v are refused and were not planted", path, refused[path])
			}
		}
		for _, k := range []profile.Kind{profile.Violence, profile.Robbery, profile.Weapon, profile.Exploitation, profile.MissingEpisode, profile.Exclusion, profile.Injury, profile.Cuckooing, profile.StopAndSearch} {
			if kinds[k] == 0 {
				t.Errorf("no event is read as %s", k)
			}
		}
		for _, k := range sortedKeys(warned) {
			t.Logf("%4d %s", warned[k], k)
		}
	}
}
