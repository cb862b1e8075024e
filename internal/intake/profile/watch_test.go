package profile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/intake/tabular"
)

func TestWhatNoSingleRowShows(t *testing.T) {
	const header = "Record ID,Surname,Forename,DOB,Address,Postcode"
	own := func(i int) []string {
		return []string{fmt.Sprint(i), fmt.Sprintf("Family%c%c", 'a'+i%26, 'a'+i/26), "Kim", fmt.Sprintf("%02d/%02d/20%02d", 1+i%28, 1+i%12, i%15), fmt.Sprint(i, " Made Up Street"), fmt.Sprintf("ZZ%d %dAA", 1+i%9, i%7)}
	}
	for name, c := range map[string]struct {
		rows   int
		change func(i int, row []string)
		want   []string // a part of each note
	}{
		"nothing":                      {100, func(int, []string) {}, nil},
		"no rows":                      {0, func(int, []string) {}, nil},
		"a column empty in every row":  {100, func(_ int, r []string) { r[3] = "" }, []string{`Empty in every row: "DOB"`}},
		"columns empty in every row":   {100, func(_ int, r []string) { r[3], r[4] = "N/A", " " }, []string{`Empty in every row: "DOB" and "Address"`}},
		"one id twice":                 {100, func(i int, r []string) { r[0] = fmt.Sprint(max(i, 1)) }, []string{"1 row has a record id that an earlier row has;"}},
		"ids of three rows":            {100, func(i int, r []string) { r[0] = fmt.Sprint(max(i, 3)) }, []string{"3 rows have a record id that an earlier row has;"}},
		"ids with leading zeros":       {3, func(i int, r []string) { r[0] = strings.Repeat("0", i) + "7" }, nil},
		"one date of birth":            {100, func(i int, r []string) { r[3] = map[bool]string{true: "01/01/2010", false: r[3]}[i%2 == 0] }, []string{"One date of birth stands in about"}},
		"one name":                     {100, func(i int, r []string) { r[1] = map[bool]string{true: "Ash", false: r[1]}[i%2 == 0] }, []string{"One name stands in about"}},
		"one hostel":                   {100, func(i int, r []string) { r[4], r[5] = "1 Hostel Yard", "ZZ1 1AA" }, []string{"One address stands in about 100 of 100 rows"}},
		"a third of the rows":          {100, func(i int, r []string) { r[3] = map[bool]string{true: "01/01/2010", false: r[3]}[i%3 == 0] }, nil},
		"few rows":                     {10, func(_ int, r []string) { r[3] = "01/01/2010" }, nil},
		"a name that is none":          {100, func(i int, r []string) { r[1] += strings.Repeat("x", 300*(1-min(i, 1))) }, []string{"1 row has a name with a word of more than 60 letters"}},
		"letters that are many bytes":  {100, func(_ int, r []string) { r[1] += strings.Repeat("Ж", 40) }, nil},
		"everything at once, in order": {100, func(_ int, r []string) { r[0], r[3], r[4] = "7", "", "1 Hostel Yard"; r[5] = "ZZ1 1AA" }, []string{"Empty in every row", "99 rows have a record id", "One address"}},
	} {
		p, _ := Find(People)
		r, err := p.Reader(strings.Split(header, ","), nil, Options{AsAt: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), Agency: "care"})
		if err != nil {
			t.Fatal(err)
		}
		w := r.Watch()
		for i := range c.rows {
			row := own(i)
			c.change(i, row)
			rec, _ := r.Read(tabular.Row{Number: i + 2, Cells: row})
			w.Add(row, rec)
		}
		got := w.Notes()
		if len(got) != len(c.want) || !slices.EqualFunc(got, c.want, strings.Contains) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for _, n := range got {
			if strings.Contains(n, "Hostel") || strings.Contains(n, "2010") || strings.Contains(n, "Ash") {
				t.Errorf("%s: a note tells a value: %s", name, n)
			}
		}
	}
}

// A list of who had a part in what names a person as often as they occur: that is no repeated id.
func TestPeopleByEventRepeatThemselves(t *testing.T) {
	p, _ := Find(People)
	r, err := p.Reader(strings.Split("Record ID,Surname,Forename,DOB,Role,Offence,Offence Date", ","), nil, Options{Agency: "police"})
	if err != nil {
		t.Fatal(err)
	}
	w := r.Watch()
	for i := range 30 {
		row := []string{"7", fmt.Sprint("Ash", string(rune('a'+i%26))), "Kim", "", "Suspect", "Robbery", fmt.Sprintf("%02d/03/2026", 1+i%28)}
		rec, _ := r.Read(tabular.Row{Number: i + 2, Cells: row})
		w.Add(row, rec)
	}
	if got := w.Notes(); slices.ContainsFunc(got, func(n string) bool { return strings.Contains(n, "record id") }) {
		t.Errorf("%q", got)
	}
}

// The commonest value is found in bounded memory, and its number is never said too high.
func TestMajority(t *testing.T) {
	var m majority
	for i := range uint64(100_000) {
		v := i + 10
		if i%2 == 1 {
			v = 1
		}
		m.add(v)
		if len(m.of) > held {
			t.Fatalf("%d counters, want at most %d", len(m.of), held)
		}
	}
	if n := m.least(); n > 50_000 || n < 50_000-100_000/(held+1) {
		t.Errorf("%d, want 50,000 less at most a %dth of all", n, held+1)
	}
}
