// Package gazetteer keeps what an installation has loaded of the country: boundaries with their vintage and
// licence, and a postcode directory. It answers "which areas is this point in", "where is this postcode" and
// "which area is called that".
//
// Official boundaries are loaded by whoever runs Lantern (lantern geography load); what is built in is the
// schematic of package schematic: codes, names and one inner point for each area, enough to read partners'
// files and to draw flows, and never used to decide where a point is.
//
// Boundaries are dated. A set is a layer ("lad") at a vintage ("2024"), and old sets are kept, because a
// record made in 2022 carries a code of 2022. The current boundaries of a level are the latest vintage of each
// of its layers; where two layers hold a point (London boroughs within all districts), the layer with fewer
// areas, the local and finer one, is asked first. A point in no area is given to the nearest within 2 km, since
// coasts are clipped to high water, and the answer says so.
//
// A postcode's district, small area and force are the directory's own. Postcodes that are no longer in use
// are kept, since old records have them. What a piece of text in a postcode column is worth (live, terminated,
// not in the directory, first half only, no fixed abode …) is a Postcode with its outcome and reason.
package gazetteer

import (
	"regexp"
	"strings"
	"sync"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/geo"
)

// Level is a kind of area.
type Level string

// The levels that boundary files are recognised by, finest first. Others may be loaded under names of their own.
const (
	SmallArea  Level = "lsoa"
	MiddleArea Level = "msoa"
	Ward       Level = "ward"
	District   Level = "district"
	CSP        Level = "csp" // community safety partnership
	Force      Level = "force"
	County     Level = "county"
	Region     Level = "region"
	Country    Level = "country"
)

// levels gives each level the prefixes of the property names by which boundary files carry its codes (LAD24CD,
// lad_code, pfa23nm …), and the name of its layer when none is given. Finest first: a file of LSOAs has the
// codes of their districts as well.
var levels = []struct {
	level    Level
	layer    string
	prefixes []string
}{
	{SmallArea, "lsoa", []string{"lsoa", "dz"}},
	{MiddleArea, "msoa", []string{"msoa", "iz"}},
	{Ward, "wd", []string{"wd", "ward"}},
	{District, "lad", []string{"lad", "ltla", "lpa", "district"}},
	{CSP, "csp", []string{"csp"}},
	{Force, "pfa", []string{"pfa", "force"}},
	{County, "cty", []string{"cty", "ctyua", "utla", "county"}},
	{Region, "rgn", []string{"rgn", "region"}},
	{Country, "ctry", []string{"ctry", "country"}},
}

// ParseLevel reads the name of a level or of its usual layer.
func ParseLevel(s string) (Level, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, l := range levels {
		if s == string(l.level) || s == l.layer {
			return l.level, true
		}
	}
	return "", false
}

func layerOf(l Level) string {
	for _, x := range levels {
		if x.level == l {
			return x.layer
		}
	}
	return string(l)
}

// codeLevels are the letters and digits with which a GSS code begins.
var codeLevels = map[string]Level{
	"E01": SmallArea, "W01": SmallArea, "S01": SmallArea, "N20": SmallArea, "E02": MiddleArea, "W02": MiddleArea, "S02": MiddleArea, "N21": MiddleArea,
	"E05": Ward, "W05": Ward, "S13": Ward, "N08": Ward, "E06": District, "E07": District, "E08": District, "E09": District, "W06": District, "S12": District, "N09": District,
	"E22": CSP, "W14": CSP, "E23": Force, "W15": Force, "S23": Force, "N24": Force, "E10": County, "E11": County, "E12": Region, "E92": Country, "W92": Country, "S92": Country, "N92": Country,
}

var gss = regexp.MustCompile(`^[A-Z][0-9]{8}$`)

// Area is one area, of a loaded set or of the schematic.
type Area struct {
	Level   Level
	Layer   string
	Vintage string
	Code    string
	Name    string
	At      geo.Point        // inner point, for the end of an arrow or a label; not where people live
	Shape   geo.MultiPolygon // empty when only the schematic knows the area
	Bounds  geo.Box
}

// Store is the gazetteer of a database.
type Store struct {
	clock clock.Clock
	ids   *clock.IDs
	log   *audit.Log

	mu    sync.Mutex
	cache map[Level]*Areas
}

// NewStore returns the gazetteer.
func NewStore(c clock.Clock, ids *clock.IDs, log *audit.Log) *Store {
	return &Store{clock: c, ids: ids, log: log, cache: map[Level]*Areas{}}
}

// ofSchematic is an area of the schematic as this package has areas.
func ofSchematic(a schematic.Area) Area {
	return Area{Level: Level(a.Level), Layer: "schematic", Vintage: schematic.AsAt, Code: a.Code, Name: a.Name, At: a.Inner}
}
