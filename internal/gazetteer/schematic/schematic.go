// Package schematic is the table of areas that Lantern knows before any boundary has been loaded: the countries and
// regions, the counties that still have district councils, the 43 territorial police forces of England and Wales with
// Police Scotland and the PSNI, and the 361 local authority districts, 33 of them the London boroughs and the City. For
// each it has the code, the name, further names, what it belongs to and a point inside it, and under it all the outline of
// the islands. That is enough to read partners' files and to draw a map of flows between areas. It says nothing of where a
// border runs: an installation that needs to know loads official boundaries.
//
// An area is found by its code first. A name is used only where no code is given, matches whole after simple folding, and
// is looked for at one level, because names repeat across levels: Wiltshire is a district and a force, and London is a
// region and what people call the Metropolitan Police's area. The City of London is a district and has a force of its own,
// so one of the 33 does not belong to the Met.
//
// Codes and names of former districts lead to their successors. The codes by which the Office for National Statistics says
// "not applicable", such as E99999999, are never an area.
package schematic

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lantern.example/lantern/internal/geo"
)

// AsAt is the date, ISO 8601, for which the codes and names of districts hold. Reorganisation of two-tier areas will
// change them; stored records keep the code they were made with.
const AsAt = "2025-04-01"

// Source says where the table's facts come from.
const Source = "Codes, names and lookups: Office for National Statistics, April 2025. Points: computed from ONS boundaries of December 2021, merged to current districts, and rounded to a thousandth of a degree."

// Attribution is shown on every page, map and file that uses the table.
const Attribution = "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. Contains OS data © Crown copyright and database right 2021-2026. Contains LPS (Northern Ireland) data © Crown copyright."

// Portal is where the Office for National Statistics publishes official boundaries, free, under the Open Government
// Licence; [Level.OfficialLayer] names what to look for.
const Portal = "https://geoportal.statistics.gov.uk"

// Level is a kind of area.
type Level string

// The levels in the table, largest first. Counties are only those with district councils beneath them.
const (
	Country  Level = "country"
	Region   Level = "region"
	County   Level = "county"
	Force    Level = "force"
	District Level = "district"
)

// Levels lists them.
func Levels() []Level { return []Level{Country, Region, County, Force, District} }

// OfficialLayer names the boundary set at [Portal] for the level, generalised to 20 m and clipped to the coast (BGC).
func (l Level) OfficialLayer() string {
	switch l {
	case Country:
		return "Countries (CTRY) BGC"
	case Region:
		return "Regions (RGN) BGC"
	case County:
		return "Counties (CTY) BGC"
	case Force:
		return "Police Force Areas (PFA) BGC"
	case District:
		return "Local Authority Districts (LAD) BGC"
	}
	return ""
}

// Area is one area. Codes of what it belongs to are empty where there is none: a force in Wales has no region and a London
// borough no county.
type Area struct {
	Level    Level
	Code     string // GSS code, nine characters
	Name     string // as the Office for National Statistics writes it
	FullName string // of a force: what it calls itself
	Slug     string // of a force: its id in the files of data.police.uk; Police Scotland has none
	Force    string // code, for a district
	County   string // code, for a district of a county
	Region   string // code; in England only
	Country  string // code
	Inner    geo.Point
	Aliases  []string // further names, apart from those the rules of folding find
}

// IsLondonBorough reports whether the area is one of the 32 London boroughs or the City of London.
func (a Area) IsLondonBorough() bool { return strings.HasPrefix(a.Code, "E09") }

// Former is a district that was abolished or given a new code.
type Former struct {
	Code    string
	Name    string
	Current string // code of the district that has it now
	Until   int    // year in which it ended, on 1 April
}

//go:embed wider.csv forces.csv districts.csv former.csv
var files embed.FS

// table is the data in memory. It is read only once it has been made.
type table struct {
	areas      map[Level][]Area
	byCode     map[string]Area
	byName     map[Level]map[string]string // folded name to code
	former     []Former
	formerCode map[string]Former
	formerName map[string]Former
}

var loaded = sync.OnceValue(func() *table {
	t, err := load()
	if err != nil {
		panic("schematic: " + err.Error()) // the files are part of the program
	}
	return t
})

func load() (*table, error) {
	t := &table{
		areas:      map[Level][]Area{},
		byCode:     map[string]Area{},
		byName:     map[Level]map[string]string{},
		formerCode: map[string]Former{},
		formerName: map[string]Former{},
	}
	for _, f := range []struct {
		name  string
		level Level // "" when a column says
	}{{"wider.csv", ""}, {"forces.csv", Force}, {"districts.csv", District}} {
		rows, err := readCSV(f.name)
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			a, err := row.area(f.level)
			if err == nil {
				err = t.add(a)
			}
			if err != nil {
				return nil, fmt.Errorf("%s, row %d: %w", f.name, i+2, err)
			}
		}
	}
	return t, t.loadFormer()
}

func (t *table) loadFormer() error {
	rows, err := readCSV("former.csv")
	if err != nil {
		return err
	}
	for i, row := range rows {
		until, err := strconv.Atoi(row["until"])
		if err != nil {
			return fmt.Errorf("former.csv, row %d: %w", i+2, err)
		}
		f := Former{Code: row["code"], Name: row["name"], Current: row["current"], Until: until}
		if _, ok := t.byCode[f.Current]; !ok {
			return fmt.Errorf("former.csv, row %d: successor %s is not in the table", i+2, f.Current)
		}
		t.former = append(t.former, f)
		t.formerCode[f.Code] = f
		for _, key := range keys(District, f.Name) {
			t.formerName[key] = f
		}
	}
	return nil
}

func (t *table) add(a Area) error {
	if _, ok := t.byCode[a.Code]; ok {
		return fmt.Errorf("code %s appears twice", a.Code)
	}
	t.byCode[a.Code] = a
	t.areas[a.Level] = append(t.areas[a.Level], a)
	names := t.byName[a.Level]
	if names == nil {
		names = map[string]string{}
		t.byName[a.Level] = names
	}
	for _, name := range append([]string{a.Name, a.FullName, a.Slug}, a.Aliases...) {
		for _, key := range keys(a.Level, name) {
			if other, ok := names[key]; ok && other != a.Code {
				return fmt.Errorf("the name %q belongs to %s and %s", key, other, a.Code)
			}
			names[key] = a.Code
		}
	}
	return nil
}

// csvRow is a row by the names of its columns.
type csvRow map[string]string

func (r csvRow) area(level Level) (Area, error) {
	if level == "" {
		level = Level(r["level"])
	}
	if !slices.Contains(Levels(), level) {
		return Area{}, fmt.Errorf("level %q is not known", level)
	}
	lat, err := strconv.ParseFloat(r["lat"], 64)
	if err != nil {
		return Area{}, err
	}
	lon, err := strconv.ParseFloat(r["lon"], 64)
	if err != nil {
		return Area{}, err
	}
	inner, err := geo.CheckLatLon(lat, lon)
	if err != nil {
		return Area{}, err
	}
	a := Area{
		Level: level, Code: r["code"], Name: r["name"], FullName: r["full_name"], Slug: r["slug"],
		Force: r["force"], County: r["county"], Region: r["region"], Country: r["country"], Inner: inner,
	}
	if r["aliases"] != "" {
		a.Aliases = strings.Split(r["aliases"], ";")
	}
	return a, nil
}

func readCSV(name string) ([]csvRow, error) {
	raw, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	records, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	rows := make([]csvRow, 0, len(records)-1)
	for _, rec := range records[1:] {
		row := csvRow{}
		for i, column := range records[0] {
			row[column] = rec[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Areas returns all areas of a level in the order of their codes.
func Areas(level Level) []Area { return slices.Clone(loaded().areas[level]) }

// LondonBoroughs returns the 32 boroughs and the City of London, by code.
func LondonBoroughs() []Area {
	return slices.DeleteFunc(Areas(District), func(a Area) bool { return !a.IsLondonBorough() })
}

// Within returns the areas of a level that belong to the country, region, county or force with the given code, by code.
func Within(code string, level Level) []Area {
	return slices.DeleteFunc(Areas(level), func(a Area) bool {
		return code == "" || a.Country != code && a.Region != code && a.County != code && a.Force != code
	})
}

// FormerDistricts returns the districts abolished or recoded since 2011, with their successors.
func FormerDistricts() []Former { return slices.Clone(loaded().former) }

// InnerPoint returns a point inside the area with the given code, current or former: the middle of its surface, for the
// end of an arrow or a label. It is not where people live and must not be used for distances.
func InnerPoint(code string) (geo.Point, bool) {
	m, err := ByCode(code)
	return m.Area.Inner, err == nil
}
