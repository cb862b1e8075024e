package schematic

import (
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/geo"
)

func TestCounts(t *testing.T) {
	for level, want := range map[Level]int{Country: 4, Region: 9, County: 21, Force: 45, District: 361} {
		if got := len(Areas(level)); got != want {
			t.Errorf("%d areas of level %s, want %d", got, level, want)
		}
		if level.OfficialLayer() == "" {
			t.Errorf("level %s names no official layer", level)
		}
	}
	if got := len(LondonBoroughs()); got != 33 {
		t.Errorf("%d London boroughs, want 33 with the City", got)
	}
	if got := len(FormerDistricts()); got != 54 {
		t.Errorf("%d former districts, want 54", got)
	}
	inEnglandAndWales := 0
	for _, f := range Areas(Force) {
		if f.Country == "E92000001" || f.Country == "W92000004" {
			inEnglandAndWales++
		}
	}
	if inEnglandAndWales != 43 {
		t.Errorf("%d forces in England and Wales, want 43", inEnglandAndWales)
	}
}

func TestReferencesHold(t *testing.T) {
	for _, level := range Levels() {
		for _, a := range Areas(level) {
			for what, ref := range map[Level]string{Force: a.Force, County: a.County, Region: a.Region, Country: a.Country} {
				if ref == "" {
					continue
				}
				m, err := ByCode(ref)
				if err != nil || m.Area.Level != what || m.Basis != ByCurrentCode {
					t.Errorf("%s %s refers to the %s %s: %v", a.Code, a.Name, what, ref, err)
				}
			}
			if level == District && (a.Force == "" || a.Country == "") {
				t.Errorf("%s %s has no force or country", a.Code, a.Name)
			}
			if english := strings.HasPrefix(a.Code, "E"); level == District && english != (a.Region != "") {
				t.Errorf("%s %s has the region %q", a.Code, a.Name, a.Region)
			}
		}
	}
	for _, f := range FormerDistricts() {
		if _, err := Find(District, f.Current, ""); err != nil {
			t.Errorf("former district %s: %v", f.Code, err)
		}
		if m, err := ByCode(f.Code); err != nil || m.Basis != ByFormerCode || m.Area.Code != f.Current || m.Former != f {
			t.Errorf("ByCode(%s) = %+v, %v", f.Code, m, err)
		}
	}
}

// Every name of every area, in every form it is stored under, leads back to that area alone.
func TestEveryNameResolvesToOneArea(t *testing.T) {
	for _, level := range Levels() {
		for _, a := range Areas(level) {
			for _, name := range append([]string{a.Name, a.FullName, a.Slug}, a.Aliases...) {
				if name == "" {
					continue
				}
				m, err := Find(level, "", name)
				if err != nil || m.Area.Code != a.Code || m.Basis != ByGivenName {
					t.Errorf("Find(%s, %q) = %s by %s, %v; want %s", level, name, m.Area.Code, m.Basis, err, a.Code)
				}
			}
		}
	}
	seen := map[string]string{}
	for _, f := range FormerDistricts() {
		key := keys(District, f.Name)
		if other, ok := seen[key[len(key)-1]]; ok {
			t.Errorf("former districts %s and %s have one name", f.Code, other)
		}
		seen[key[len(key)-1]] = f.Code
	}
}

func TestFindByName(t *testing.T) {
	for _, c := range []struct {
		level Level
		name  string
		want  string // "" for none
	}{
		{Force, "Devon & Cornwall Police", "E23000035"},
		{Force, "devon-and-cornwall", "E23000035"},
		{Force, "Hampshire Constabulary", "E23000030"},
		{Force, "Hampshire and Isle of Wight Constabulary", "E23000030"},
		{Force, "London", "E23000001"},
		{Force, "Metropolitan Police Service", "E23000001"},
		{Force, "The Met", "E23000001"},
		{Force, "City of London Police", "E23000034"},
		{Force, "London, City of", "E23000034"},
		{Force, "Avon & Somerset", "E23000036"},
		{Force, "Police Service of Northern Ireland", "N24000001"},
		{Force, "Heddlu Gogledd Cymru", "W15000001"},
		{Force, "Wiltshire", "E23000038"},
		{Force, "Yorkshire", ""},
		{Force, "Lambeth", ""},
		{District, "Bristol, City of", "E06000023"},
		{District, "Bristol", "E06000023"},
		{District, "City of Bristol", "E06000023"},
		{District, "Bristol City Council", "E06000023"},
		{District, "Kingston upon Hull, City of", "E06000010"},
		{District, "Hull", "E06000010"},
		{District, "Herefordshire", "E06000019"},
		{District, "City of London", "E09000001"},
		{District, "London", ""},
		{District, "London Borough", ""},
		{District, "London Borough of Lambeth", "E09000022"},
		{District, "LB Lambeth", "E09000022"},
		{District, "Royal Borough of Kensington & Chelsea", "E09000020"},
		{District, "City of Westminster", "E09000033"},
		{District, "Westminster City Council", "E09000033"},
		{District, "Durham County Council", "E06000047"},
		{District, "Essex County Council", ""},
		{County, "Essex County Council", "E10000012"},
		{District, "St. Helens", "E08000013"},
		{District, "King's Lynn & West Norfolk", "E07000146"},
		{District, "KINGS LYNN AND WEST NORFOLK", "E07000146"},
		{District, "Ynys Môn", "W06000001"},
		{District, "Ynys Mon", "W06000001"},
		{District, "City and County of Swansea", "W06000011"},
		{District, "Newcastle", ""},
		{District, "Kingston", ""},
		{District, "Wiltshire", "E06000054"},
		{District, "council", ""},
		{Region, "Yorkshire and the Humber", "E12000003"},
		{Region, "Yorkshire & The Humber", "E12000003"},
		{Country, "Wales", "W92000004"},
	} {
		m, err := Find(c.level, "", c.name)
		if (err == nil) != (c.want != "") || m.Area.Code != c.want {
			t.Errorf("Find(%s, %q) = %s %s, %v; want %q", c.level, c.name, m.Area.Code, m.Area.Name, err, c.want)
		}
	}
}

func TestCodeDecides(t *testing.T) {
	m, err := Find(District, " e09000022 ", "Lambeth")
	if err != nil || m.Area.Name != "Lambeth" || m.NameDiffers {
		t.Errorf("code and name that agree: %+v, %v", m, err)
	}
	m, err = Find(District, "E09000022", "Southwark")
	if err != nil || m.Area.Name != "Lambeth" || !m.NameDiffers {
		t.Errorf("code and name that differ: %+v, %v; the code must hold and the difference be told", m, err)
	}
	m, err = Find(District, "E07000191", "West Somerset")
	if err != nil || m.Area.Name != "Somerset" || m.Basis != ByFormerCode || m.Former.Until != 2019 || m.NameDiffers {
		t.Errorf("a former code with its own name: %+v, %v", m, err)
	}
	m, err = Find(District, "", "Taunton Deane")
	if err != nil || m.Area.Name != "Somerset" || m.Basis != ByFormerName {
		t.Errorf("a former name: %+v, %v", m, err)
	}
	m, err = Find(District, "", "Northumberland")
	if err != nil || m.Area.Code != "E06000057" || m.Basis != ByGivenName {
		t.Errorf("a name both former and current: %+v, %v", m, err)
	}
}

func TestMisses(t *testing.T) {
	for name, c := range map[string]struct {
		level      Level
		code, name string
		want       Miss
	}{
		"nothing":                 {Force, " ", " - ", MissEmpty},
		"pseudo code":             {Force, "N99999999", "", MissNotApplicable},
		"pseudo code with a name": {District, "E99999999", "Lambeth", MissNotApplicable},
		"Channel Islands":         {District, "l99999999", "", MissNotApplicable},
		"force code for district": {District, "E23000001", "Lambeth", MissOtherLevel},
		"code not rescued":        {District, "E09000099", "Lambeth", MissCode},
		"not a code":              {District, "Lambeth", "", MissCode},
		"unknown name":            {District, "", "Barchester", MissName},
		"national force":          {Force, "", "British Transport Police", MissNotTerritorial},
		"its id":                  {Force, "", "btp", MissNotTerritorial},
		"military":                {Force, "", "Ministry of Defence Police", MissNotTerritorial},
		"very long":               {District, "", strings.Repeat("x", 10_000), MissName},
	} {
		m, err := Find(c.level, c.code, c.name)
		var nf *NotFoundError
		if !errors.As(err, &nf) || nf.Miss != c.want {
			t.Errorf("%s: Find = %+v, %v; want a miss of kind %s", name, m, err, c.want)
		} else if len(err.Error()) > 200 || err.Error() == "" {
			t.Errorf("%s: the message is %q", name, err)
		}
	}
	if NotApplicable("E99999998") || NotApplicable("X99999999") || NotApplicable("") {
		t.Error("a code that is not a pseudo code was taken for one")
	}
}

func TestDistrictOfSmallArea(t *testing.T) {
	for name, want := range map[string]string{
		"Bristol 054A": "E06000023", "Bristol, City of 054A": "E06000023", "City of London 001A": "E09000001",
		"Lambeth 012": "E09000022", "Kingston upon Hull 029F": "E06000010", "Newham 033F": "E09000025",
		"Taunton Deane 004B": "E06000066", "Lambeth": "", "054A": "", "": "", "Barchester 001A": "",
	} {
		m, err := DistrictOfSmallArea(name)
		if (err == nil) != (want != "") || m.Area.Code != want {
			t.Errorf("DistrictOfSmallArea(%q) = %s, %v; want %q", name, m.Area.Code, err, want)
		}
	}
}

func TestWithin(t *testing.T) {
	met := Within("E23000001", District)
	if len(met) != 32 {
		t.Errorf("the Met has %d districts, want 32", len(met))
	}
	for _, d := range met {
		if d.Code == "E09000001" {
			t.Error("the City of London is in the Met's area")
		}
	}
	for _, c := range []struct {
		code  string
		level Level
		want  int
	}{
		{"E23000034", District, 1}, {"E10000012", District, 12}, {"E12000007", District, 33}, {"E12000007", Force, 2},
		{"W92000004", District, 22}, {"W92000004", Force, 4}, {"S92000003", District, 32}, {"N92000002", District, 11}, {"", District, 0},
	} {
		if got := len(Within(c.code, c.level)); got != c.want {
			t.Errorf("Within(%q, %s) has %d, want %d", c.code, c.level, got, c.want)
		}
	}
}

func TestAreasAreCopies(t *testing.T) {
	Areas(Country)[0].Name = "changed"
	if Areas(Country)[0].Name != "England" {
		t.Error("the table was changed through the slice it gave out")
	}
}

func TestInnerPoint(t *testing.T) {
	p, ok := InnerPoint("E09000022")
	if d := geo.Distance(p, geo.Point{Lon: -0.1163, Lat: 51.4607}); !ok || d > 3000 {
		t.Errorf("the inner point of Lambeth is %v, %.0f m from Brixton (%v)", p, d, ok)
	}
	if p, ok := InnerPoint("E99999999"); ok {
		t.Errorf("a pseudo code has the inner point %v", p)
	}
}

func TestCoast(t *testing.T) {
	shores := Coast()
	names := ""
	ground := make([]geo.MultiPolygon, len(shores))
	for i, s := range shores {
		names += s.ID + " " + s.Name + "; "
		ground[i] = s.Area
	}
	if want := "826 United Kingdom; 372 Ireland; 833 Isle of Man; 831 Guernsey; 832 Jersey; "; names != want {
		t.Errorf("shores are %q, want %q", names, want)
	}
	ix := geo.NewIndex(ground)
	for place, p := range map[string]geo.Point{
		"Birmingham": {Lon: -1.9, Lat: 52.48}, "Inverness": {Lon: -4.2, Lat: 57.45}, "Omagh": {Lon: -7.3, Lat: 54.6}, "Newport, Isle of Wight": {Lon: -1.3, Lat: 50.69},
	} {
		if i, ok := ix.Find(p); !ok || shores[i].ID != "826" {
			t.Errorf("%s is not in the United Kingdom but in %d, %v", place, i, ok)
		}
	}
	if i, ok := ix.Find(geo.Point{Lon: -7.5, Lat: 53.4}); !ok || shores[i].ID != "372" {
		t.Errorf("Athlone is not in Ireland but in %d, %v", i, ok)
	}
	if i, ok := ix.Find(geo.Point{Lon: -4.5, Lat: 52.5}); ok {
		t.Errorf("Cardigan Bay is in %s", shores[i].Name)
	}
	// Every area's point stands on or near the drawn ground. Scilly is too small to be drawn.
	for _, level := range Levels() {
		for _, a := range Areas(level) {
			if _, m, ok := ix.Nearest(a.Inner, 12_000); !ok && a.Name != "Isles of Scilly" {
				t.Errorf("%s %s is %.0f m from the coast's ground", a.Code, a.Name, m)
			}
		}
	}
}

// shared reads a table of the reference data by column name, and skips the test where the data are not at hand.
func shared(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := os.Open("../../../../shared/data/geo/" + name)
	if err != nil {
		t.Skipf("the reference table %s is not at hand", name)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, rec := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = rec[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func checkPoint(t *testing.T, a Area, row map[string]string) {
	t.Helper()
	lat, err1 := strconv.ParseFloat(row["lat"], 64)
	lon, err2 := strconv.ParseFloat(row["lon"], 64)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if d := geo.Distance(a.Inner, geo.Point{Lon: lon, Lat: lat}); d > 100 {
		t.Errorf("%s %s: inner point is %.0f m from the reference", a.Code, a.Name, d)
	}
}

func TestForcesAgreeWithReference(t *testing.T) {
	rows := shared(t, "forces.csv")
	if len(rows) != len(Areas(Force)) {
		t.Errorf("%d forces in the reference, %d in the table", len(rows), len(Areas(Force)))
	}
	for _, row := range rows {
		m, err := Find(Force, row["pfa_code"], row["pfa_name"])
		if err != nil || m.Area.Name != row["pfa_name"] || m.Area.Slug != row["policeuk_id"] || m.NameDiffers {
			t.Errorf("%s %s: %+v, %v", row["pfa_code"], row["pfa_name"], m, err)
			continue
		}
		checkPoint(t, m.Area, row)
		for _, name := range append(strings.Split(row["aliases"], ";"), row["force_name"]) {
			if name == "" {
				continue
			}
			if got, err := Find(Force, "", name); err != nil || got.Area.Code != row["pfa_code"] {
				t.Errorf("%q leads to %s, %v; want %s", name, got.Area.Code, err, row["pfa_code"])
			}
		}
		if n, _ := strconv.Atoi(row["lad_count"]); n != len(Within(m.Area.Code, District)) {
			t.Errorf("%s has %d districts, want %d", m.Area.Name, len(Within(m.Area.Code, District)), n)
		}
	}
}

func TestDistrictsAgreeWithReference(t *testing.T) {
	rows := shared(t, "lad_lookup.csv")
	if len(rows) != len(Areas(District)) {
		t.Errorf("%d districts in the reference, %d in the table", len(rows), len(Areas(District)))
	}
	total, unknown := 0, []string(nil)
	for _, row := range rows {
		m, err := Find(District, row["lad_code"], row["lad_name"])
		a := m.Area
		if err != nil || a.Name != row["lad_name"] || a.Force != row["pfa_code"] || a.Region != row["rgn_code"] || a.Country != row["ctry_code"] {
			t.Errorf("%s %s: %+v, %v", row["lad_code"], row["lad_name"], a, err)
			continue
		}
		if county := strings.HasPrefix(row["utla_code"], "E10"); county && a.County != row["utla_code"] || !county && a.County != "" {
			t.Errorf("%s: county %q, want %s", a.Name, a.County, row["utla_code"])
		}
		checkPoint(t, a, row)
		for _, name := range strings.Split(row["aliases"], ";") {
			if name == "" {
				continue
			}
			total++
			if got, err := Find(District, "", name); err != nil {
				unknown = append(unknown, name)
			} else if got.Area.Code != a.Code {
				t.Errorf("%q leads to %q; want %s %s", name, got.Area.Code, a.Code, a.Name)
			}
		}
	}
	// The reference lists slips of the pen and names that could be two places; refusing those is right.
	t.Logf("%d of %d names in the reference are not known: %q", len(unknown), total, unknown)
	if total == 0 || 25*len(unknown) > total {
		t.Errorf("%d of %d names in the reference are not known, want at most 1 in 25", len(unknown), total)
	}
}

func TestFormerAgreeWithReference(t *testing.T) {
	rows := shared(t, "lad_history.csv")
	if len(rows) != len(FormerDistricts()) {
		t.Errorf("%d former districts in the reference, %d in the table", len(rows), len(FormerDistricts()))
	}
	for _, row := range rows {
		m, err := Find(District, row["old_code"], row["old_name"])
		if err != nil || m.Area.Code != row["current_code"] || m.Area.Name != row["current_name"] || m.Former.Name != row["old_name"] || m.NameDiffers {
			t.Errorf("%s %s: %+v, %v", row["old_code"], row["old_name"], m, err)
		}
	}
}

// The points stand inside the official boundaries of their areas.
func TestInnerPointsAreInside(t *testing.T) {
	for file, column := range map[string]string{"pfa_uk.geojson": "pfa_code", "lad_uk.geojson": "lad_code"} {
		f, err := os.Open("../../../../shared/data/geo/" + file)
		if err != nil {
			t.Skipf("the boundaries %s are not at hand", file)
		}
		defer f.Close()
		features, err := geo.DecodeGeoJSON(f, geo.GeoJSONLimits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, feature := range features {
			p, ok := InnerPoint(feature.Property(column))
			if !ok || !feature.Area.Contains(p) {
				t.Errorf("%s: the point %v of %s is outside (%v)", file, p, feature.Property(column), ok)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"Bristol, City of", "London Borough of Lambeth", "Devon & Cornwall Police", "the the", "city of city", "\xff", "Ynys Môn", "orow LamPϔ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) < 50 && Fold(Fold(name)) != Fold(name) && !strings.HasPrefix(Fold(name), "the ") {
			t.Fatalf("folding %q twice gives %q, once %q", name, Fold(Fold(name)), Fold(name))
		}
		for _, level := range Levels() {
			m, err := Find(level, "", name)
			if (err == nil) != (m.Area.Code != "") {
				t.Fatalf("Find(%s, %q) = %+v, %v", level, name, m, err)
			}
		}
	})
}
