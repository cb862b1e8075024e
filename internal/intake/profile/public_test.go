package profile

import (
	"path/filepath"
	"strings"
	"testing"
)

// Counts are those of the published files themselves (data.police.uk, January 2024), counted with other programs.
func TestPoliceUK(t *testing.T) {
	for _, tt := range []struct {
		file, profile             string
		rows, unlocated, withoutA int // without an identifier
	}{
		{"2024-01-essex-street.csv.gz", PoliceStreet, 13148, 155, -1},
		{"2024-01-kent-street.csv.gz", PoliceStreet, 14466, 136, -1},
		{"2024-01-city-of-london-street.csv.gz", PoliceStreet, 734, 77, -1},
		{"2024-01-dyfed-powys-street.csv.gz", PoliceStreet, 1187, 361, -1},
		{"2024-01-btp-street.csv.gz", PoliceStreet, 6190, 0, 6190},
		{"2024-01-metropolitan-stop-and-search.csv.gz", PoliceStopAndSearch, 9689, 1003, 9689},
	} {
		t.Run(tt.file, func(t *testing.T) {
			profile, _, records, issues := readAll(t, public("police", tt.file), Options{})
			if profile != tt.profile {
				t.Fatalf("recognised as %s; expected %s", profile, tt.profile)
			}
			unlocated, without := 0, 0
			for _, rec := range records {
				e := EventOf(rec)
				if !e.Location.Located() {
					unlocated++
				}
				if e.Reference == "" {
					without++
				}
				if !e.Kind.Known() || e.Kind == OtherEvent || e.Words == "" || !e.Date.Known() {
					t.Fatalf("an event without kind or date: %+v", e)
				}
			}
			if len(records) != tt.rows || len(issues) != 0 {
				t.Errorf("%d rows taken with %d issues; expected %d and none: %v", len(records), len(issues), tt.rows, issues[:min(3, len(issues))])
			}
			if unlocated != tt.unlocated || tt.withoutA >= 0 && without != tt.withoutA {
				t.Errorf("%d unlocated, %d without an identifier; expected %d and %d", unlocated, without, tt.unlocated, tt.withoutA)
			}
		})
	}
	profile, _, records, issues := readAll(t, public("police", "2024-01-metropolitan-outcomes-BURGLARY-ONLY.csv.gz"), Options{})
	if profile != PoliceOutcomes || len(records) == 0 || len(issues) != 0 {
		t.Errorf("outcomes: %s, %d taken, %v", profile, len(records), issues[:min(3, len(issues))])
	}
	if EventOf(records[0]) != nil {
		t.Error("an outcome is no event of its own")
	}
}

func TestStopAndSearchAges(t *testing.T) {
	_, _, records, _ := readAll(t, public("police", "2024-01-metropolitan-stop-and-search.csv.gz"), Options{})
	children, drugs := 0, 0
	for _, rec := range records {
		e := rec.(*EventRow)
		if e.AgeRange == "10-17" {
			children++
		}
		if e.Stop.Object == "Controlled drugs" {
			drugs++
		}
		if e.Location.HasPoint && (e.Location.Latitude < 50 || e.Location.Longitude > 2) {
			t.Fatalf("latitude and longitude are exchanged: %+v", e.Location)
		}
	}
	if children != 1469 || drugs != 5484 {
		t.Errorf("%d aged 10 to 17, %d for drugs; expected 1469 and 5484", children, drugs)
	}
}

func TestPublishedFlows(t *testing.T) {
	profile, _, records, issues := readAll(t, public("published", "rescue_response_y1_counties.csv"), Options{})
	if profile != Flows || len(records) != 9 || len(refusals(issues)) != 0 {
		t.Fatalf("%s, %d rows, %v", profile, len(records), issues)
	}
	total, unknown := 0, 0
	for _, rec := range records {
		f := rec.(*FlowRow)
		total += f.People.N
		if !f.People.Known {
			unknown++
		}
		if f.Origin != "London (all boroughs)" || f.DestinationType != "police force" || f.Period != "2018-01/2019-04" || f.Source == "" {
			t.Errorf("flow %+v", f)
		}
	}
	if total != 416+336+251+238+106+101+47 || unknown != 2 {
		t.Errorf("%d people and %d unknown; expected 1495 and 2", total, unknown)
	}
	if !says(issues, 3, "london_linked_individuals", "no number of people") {
		t.Errorf("a rank without a number: %v", issues)
	}
}

func TestLinkageFilesAreLists(t *testing.T) {
	for file, rows := range map[string]int{"fake_1000.csv": 1000, "febrl1.csv": 1000, "febrl2.csv": 5000, "febrl3.csv": 5000} {
		t.Run(file, func(t *testing.T) {
			profile, r, records, issues := readAll(t, public("linkage", file), Options{})
			if profile != People || len(records) != rows {
				t.Fatalf("%s, %d rows; expected people and %d: %v", profile, len(records), rows, refusals(issues))
			}
			for _, f := range []string{"record_id", "forename", "surname", "birth_date"} {
				if _, ok := r.Column(f); !ok {
					t.Errorf("no column for %s among %v", f, r.Columns())
				}
			}
			named := 0
			for _, rec := range records {
				if rec.(*PersonRow).Name().Known() {
					named++
				}
			}
			if named < rows*9/10 {
				t.Errorf("%d of %d have a name", named, rows)
			}
		})
	}
	s := openSheet(t, public("linkage", "fake_1000_labels.csv"))
	if m, err := Best(Recognise(s.header, s.sample())); err == nil {
		t.Errorf("pairs of labels are recognised as %s", m.Profile)
	}
}

func TestPostcodeSample(t *testing.T) {
	profile, _, records, issues := readAll(t, public("geo", "samples", "onspd_old_header_sample.csv"), Options{})
	if profile != ONSPD || len(records) != 3 || len(issues) != 0 {
		t.Fatalf("%s, %d rows, %v", profile, len(records), issues)
	}
	p := records[0].(*PostcodeRow)
	if p.Postcode != "AB10AA" || p.District != "S12000033" || p.Terminated.String() != "1996-06" || p.Location.Easting != 385386 || p.Location.Northing != 801193 || p.LSOA11 != "S01006514" {
		t.Errorf("got %+v", p)
	}
}

// Files that are none of the formats must not be taken for one.
func TestOtherPublicTablesAreNotRecords(t *testing.T) {
	for _, dir := range []string{"published", "mse", "trends", "networks"} {
		files, err := filepath.Glob(public(dir, "*.csv"))
		if err != nil || len(files) == 0 {
			t.Skip("the public data is not beside the repository")
		}
		for _, file := range files {
			s := openSheet(t, file)
			m, err := Best(Recognise(s.header, s.sample()))
			if err == nil && !strings.HasSuffix(file, "rescue_response_y1_counties.csv") {
				t.Errorf("%s is taken for %s: %s", filepath.Base(file), m.Profile, m.Why)
			}
		}
	}
}

func benchmarkRead(b *testing.B, file string) {
	s := openSheet(b, file)
	m, err := Best(Recognise(s.header, s.sample()))
	if err != nil {
		b.Fatal(err)
	}
	p, _ := Find(m.Profile)
	r, err := p.Reader(s.header, nil, Options{AsAt: asAt, Survey: s.survey()})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.Read(s.rows[i%len(s.rows)])
		i++
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkStreet(b *testing.B)       { benchmarkRead(b, public("police", "2024-01-essex-street.csv.gz")) }
func BenchmarkPeoplePolice(b *testing.B) { benchmarkRead(b, invented("police.csv")) }
func BenchmarkPeopleSchool(b *testing.B) { benchmarkRead(b, invented("school.csv")) }
func BenchmarkPeoplePlain(b *testing.B)  { benchmarkRead(b, public("linkage", "febrl3.csv")) }
