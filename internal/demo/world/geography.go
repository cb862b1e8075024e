package world

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
)

// Licence is the line shown on every map and export of the invented county.
const Licence = "Invented; no real place"

// A Geography is the county, its neighbours and the city beyond, in WGS84.
type Geography struct {
	Boundaries []byte // GeoJSON polygons; properties code, name, level (county, ward, lsoa, force, district), parent
	Features   []byte // GeoJSON lines and points; properties code, name, level (river, road, railway, school, home, station …)
	Postcodes  []byte // CSV with the columns of an ONS postcode directory
	Licence    string
	Version    string
	Areas      []Area
	Places     []Place
}

// An Area is one boundary's code, name and level, with a point inside it.
type Area struct {
	Code, Name, Level, Parent string
	Easting, Northing         float64
}

// A Place is a point of interest on the British National Grid.
type Place struct {
	Code, Name, Kind, Ward, Postcode string
	Easting, Northing                int
}

// county is the geography while it is being drawn.
type county struct {
	vertices  map[[2]int]point
	edges     map[[4]int][]point
	wards     []Area
	lsoas     [wardColumns * wardRows][4][]point
	places    []Place
	byCode    map[string]Place
	postcodes []postcode
}

// A postcode is a delivery point with its street.
type postcode struct {
	text, street, town string
	ward               int
	at                 point
}

// The grid: cells of three kilometres, the county's corner, and how large the parts are in cells.
const (
	cellSize               = 3000.0
	gridE, gridN           = 600000.0, 395000.0
	gridColumns, gridRows  = 26, 18
	countyColumn           = 6
	countyRow              = 6
	wardColumns, wardRows  = 6, 3
	cityColumn, cityRow    = 20, 6
	cityColumns, cityRows  = 3, 3
	quiet                  = 320.0 // metres round the story's places in which nothing happens by chance
	edgeSteps, edgeWobble  = 3, 0.09
	vertexWobble           = 330.0
	spreadOfTown           = 620.0
	furthestFromWardCentre = 2200.0
)

var wardNames = []string{
	"Wrenford Central", "Wrenford Quay", "Tidemill", "Ashlarby", "Cotterstow", "Dunnockfield",
	"Fenholme", "Gosling Sands", "Harrowmere", "Ivelstow", "Kittiwake Bay", "Linnetby",
	"Marsh Drove", "Netherwren", "Osierham", "Plovercote", "Redshank Cross", "Saltlarch",
}

var cityDistricts = []string{
	"Anchor Reach", "Brickfields", "Canalside", "Docksmere", "Eastmoor", "Foundry Bank", "Glasshouse", "Highfold", "Tannery",
}

// Forces: the county's own, three neighbours, and the city's.
var forces = []struct{ code, name string }{
	{"XF01", "Wrenshire"}, {"XF02", "Marlwick"}, {"XF03", "Dunmere"}, {"XF04", "Carrowfen"}, {"XF05", "Aldersea City"},
}

// drawCounty draws boundaries, lines, places and postcodes.
func (g *generator) drawCounty() {
	c := &county{vertices: map[[2]int]point{}, edges: map[[4]int][]point{}, byCode: map[string]Place{}}
	g.geo = c
	c.drawGrid(g.stream("grid"))
	out := &g.world.Geography
	out.Licence, out.Version = Licence, "1"
	out.Boundaries, out.Areas = c.boundaries()
	c.drawPlaces(g.stream("places"))
	c.drawPostcodes(g.stream("postcodes"), g.opt.People)
	out.Places = c.places
	out.Features = c.features(g.stream("lines"))
	out.Postcodes = c.postcodeDirectory()
}

// drawGrid fixes the wobbling corners and edges that neighbouring cells share, so that no sliver lies between them.
func (c *county) drawGrid(r *rand.Rand) {
	for i := 0; i <= gridColumns; i++ {
		for j := 0; j <= gridRows; j++ {
			c.vertices[[2]int{i, j}] = point{
				gridE + float64(i)*cellSize + (r.Float64()*2-1)*vertexWobble,
				gridN + float64(j)*cellSize + (r.Float64()*2-1)*vertexWobble,
			}
		}
	}
	for i := 0; i <= gridColumns; i++ {
		for j := 0; j <= gridRows; j++ {
			for _, d := range [][2]int{{1, 0}, {0, 1}} {
				if i+d[0] > gridColumns || j+d[1] > gridRows {
					continue
				}
				a, b := c.vertices[[2]int{i, j}], c.vertices[[2]int{i + d[0], j + d[1]}]
				c.edges[[4]int{i, j, i + d[0], j + d[1]}] = wobble(r, a, b, edgeSteps, edgeWobble)
			}
		}
	}
}

// wobble draws a line from a to b by displacing midpoints; it returns both ends.
func wobble(r *rand.Rand, a, b point, steps int, share float64) []point {
	if steps == 0 {
		return []point{a, b}
	}
	shift := (r.Float64()*2 - 1) * share
	mid := point{(a.e+b.e)/2 - (b.n-a.n)*shift, (a.n+b.n)/2 + (b.e-a.e)*shift}
	left, right := wobble(r, a, mid, steps-1, share), wobble(r, mid, b, steps-1, share)
	return append(left, right[1:]...)
}

// edge returns the points of the edge from one corner to the next, in that direction.
func (c *county) edge(from, to [2]int) []point {
	if line, ok := c.edges[[4]int{from[0], from[1], to[0], to[1]}]; ok {
		return line
	}
	line := c.edges[[4]int{to[0], to[1], from[0], from[1]}]
	back := make([]point, len(line))
	for i, p := range line {
		back[len(line)-1-i] = p
	}
	return back
}

// outline is the outer ring, anticlockwise, of a connected set of cells without holes.
func (c *county) outline(cells [][2]int) []point {
	type step struct{ from, to [2]int }
	sides := map[step]bool{}
	for _, cell := range cells {
		i, j := cell[0], cell[1]
		ring := [][2]int{{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}, {i, j}}
		for k := 0; k < 4; k++ {
			if back := (step{ring[k+1], ring[k]}); sides[back] {
				delete(sides, back)
				continue
			}
			sides[step{ring[k], ring[k+1]}] = true
		}
	}
	next := map[[2]int][2]int{}
	first := [2]int{math.MaxInt, math.MaxInt}
	for s := range sides {
		next[s.from] = s.to
		if s.from[0] < first[0] || s.from[0] == first[0] && s.from[1] < first[1] {
			first = s.from
		}
	}
	ring := []point{c.vertices[first]}
	for at := first; ; {
		to := next[at]
		ring = append(ring, c.edge(at, to)[1:]...)
		if at = to; at == first {
			return ring
		}
	}
}

// block lists the cells of a rectangle.
func block(column, row, columns, rows int) [][2]int {
	var cells [][2]int
	for i := column; i < column+columns; i++ {
		for j := row; j < row+rows; j++ {
			cells = append(cells, [2]int{i, j})
		}
	}
	return cells
}

// boundaries draws every polygon: the county, its wards and LSOAs, the forces and the city's districts.
func (c *county) boundaries() ([]byte, []Area) {
	var areas []Area
	var shapes []feature
	add := func(code, name, level, parent string, cells [][2]int) Area {
		ring := c.outline(cells)
		inside := c.centre(cells)
		a := Area{code, name, level, parent, inside.e, inside.n}
		areas = append(areas, a)
		shapes = append(shapes, feature{"Feature", properties{code, name, level, parent, Licence, 0, 0}, geometry{"Polygon", [][][2]float64{lonLat(ring)}}})
		return a
	}
	add("XC01", "Wrenshire", "county", "", block(countyColumn, countyRow, 2*wardColumns, 2*wardRows))
	for row := range wardRows {
		for column := range wardColumns {
			k := row*wardColumns + column
			code := fmt.Sprintf("XW%02d", k+1)
			cells := block(countyColumn+2*column, countyRow+2*row, 2, 2)
			c.wards = append(c.wards, add(code, wardNames[k], "ward", "XC01", cells))
			for l, cell := range cells {
				add(fmt.Sprintf("XL%02d%d", k+1, l+1), fmt.Sprintf("Wrenshire %03d%c", k+1, "ABCD"[l]), "lsoa", code, [][2]int{cell})
				c.lsoas[k][l] = c.outline([][2]int{cell})
			}
		}
	}
	for i, f := range forces {
		add(f.code, f.name, "force", "", forceCells(i))
	}
	for i, name := range cityDistricts {
		add(fmt.Sprintf("XD%02d", i+1), name, "district", "XF05",
			block(cityColumn+2*(i%cityColumns), cityRow+2*(i/cityColumns), 2, 2))
	}
	return encode(shapes), areas
}

// forceCells lists the cells of a force: the county in the middle, neighbours west, north and south-east, the city east.
func forceCells(i int) [][2]int {
	switch i {
	case 0:
		return block(countyColumn, countyRow, 2*wardColumns, 2*wardRows)
	case 1:
		return block(0, 0, countyColumn, gridRows)
	case 2:
		return block(countyColumn, countyRow+2*wardRows, 2*wardColumns, gridRows-countyRow-2*wardRows)
	case 3:
		south := block(countyColumn, 0, 2*wardColumns, countyRow)
		return append(south, block(countyColumn+2*wardColumns, 0, 2, gridRows)...)
	default:
		return block(cityColumn, cityRow, 2*cityColumns, 2*cityRows)
	}
}

// centre is a point well inside a set of cells: the middle of the cell nearest to their mean.
func (c *county) centre(cells [][2]int) point {
	var mean point
	for _, cell := range cells {
		mean.e += (float64(cell[0]) + 0.5) / float64(len(cells))
		mean.n += (float64(cell[1]) + 0.5) / float64(len(cells))
	}
	if len(cells) == 4 || len(cells) == 2*wardColumns*2*wardRows { // rectangles: their middle is inside
		return point{gridE + mean.e*cellSize, gridN + mean.n*cellSize}
	}
	best, bestAway := cells[0], math.Inf(1)
	for _, cell := range cells {
		if away := math.Hypot(float64(cell[0])+0.5-mean.e, float64(cell[1])+0.5-mean.n); away < bestAway {
			best, bestAway = cell, away
		}
	}
	return point{gridE + (float64(best[0])+0.5)*cellSize, gridN + (float64(best[1])+0.5)*cellSize}
}

// wardCentre is the middle of ward k.
func (c *county) wardCentre(k int) point { return point{c.wards[k].Easting, c.wards[k].Northing} }

// wardOf is the index of the ward a point was put in. Points lie well inside their ward, so the straight grid decides.
func (c *county) wardOf(p point) int {
	column := int((p.e - gridE - countyColumn*cellSize) / (2 * cellSize))
	row := int((p.n - gridN - countyRow*cellSize) / (2 * cellSize))
	return row*wardColumns + column
}

// lsoaOf is the code and name of the LSOA a point lies in: the one of its ward's four whose outline surrounds it.
func (c *county) lsoaOf(p point) (code, name string) {
	k := c.wardOf(p)
	for l, ring := range c.lsoas[k] {
		if surrounds(ring, p) {
			return fmt.Sprintf("XL%02d%d", k+1, l+1), fmt.Sprintf("Wrenshire %03d%c", k+1, "ABCD"[l])
		}
	}
	panic("world: a point of a town lies in none of its ward's LSOAs")
}

// surrounds tells by the even-odd rule whether a ring surrounds a point.
func surrounds(ring []point, p point) bool {
	inside := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a.n > p.n) != (b.n > p.n) && p.e < (b.e-a.e)*(p.n-a.n)/(b.n-a.n)+a.e {
			inside = !inside
		}
	}
	return inside
}

// near is a random point of a town: close to the ward's centre more often than far from it, and never within quiet
// metres of a place whose surroundings the story counts.
func (c *county) near(r *rand.Rand, ward int) point {
	mid := c.wardCentre(ward)
	for {
		p := point{mid.e + r.NormFloat64()*spreadOfTown, mid.n + r.NormFloat64()*spreadOfTown}
		if math.Abs(p.e-mid.e) > furthestFromWardCentre || math.Abs(p.n-mid.n) > furthestFromWardCentre || c.isQuiet(p) {
			continue
		}
		return p
	}
}

func (c *county) isQuiet(p point) bool {
	for _, place := range c.places {
		if quietPlaces[place.Code] && p.distance(place.point()) < quiet {
			return true
		}
	}
	return false
}

func (p Place) point() point { return point{float64(p.Easting), float64(p.Northing)} }

// quietPlaces are the places whose surroundings the story counts.
var quietPlaces = map[string]bool{"XH01": true, "XH02": true, "XH03": true, "XS03": true}

// drawPlaces puts schools, homes, stations and the rest into their wards.
func (c *county) drawPlaces(r *rand.Rand) {
	for _, p := range []struct {
		code, name, kind string
		ward             int
		east, north      float64 // metres from the ward's centre
	}{
		{"XH01", "Larkfield House", "home", 7, -900, 700},
		{"XH02", "Teal Lodge", "home", 15, 800, -900},
		{"XH03", "Stonechat House", "home", 3, 900, 800},
		{"XH04", "Sandpiper View", "home", 12, -700, -800},
		{"XS01", "Tidemill Academy", "school", 2, 500, 600},
		{"XS02", "Osierham High School", "school", 14, -600, 500},
		{"XS03", "The Quay Centre", "pupil referral unit", 1, -800, -700},
		{"XS04", "Linnetby Primary School", "school", 11, 400, -500},
		{"XS05", "Fenholme Primary School", "school", 6, -500, 400},
		{"XS06", "Wrenford College", "college", 0, 700, -600},
		{"XT01", "Wrenford Central station", "station", 0, -350, 300},
		{"XT02", "Osierham station", "station", 14, 700, -300},
		{"XT03", "Kittiwake Bay station", "station", 10, -400, -600},
		{"XT04", "Wrenford bus station", "transport hub", 0, -150, 450},
		{"XN01", "Wrenford Royal Hospital", "hospital", 0, 1200, 900},
		{"XN02", "Osierham Infirmary", "hospital", 14, -1100, -800},
		{"XP01", "Wrenford police station", "police station", 0, 300, 200},
		{"XR01", "Quayside Retail Park", "shops", 1, 600, 500},
		{"XR02", "Tidemill Recreation Ground", "park", 2, -700, -400},
		{"XR03", "Gosling Sands arcade", "shops", 7, 500, -500},
		{"XR04", "Dabchick Court", "hostel", 0, -900, -700},
		{"XR05", "Curlew House", "hostel", 1, 900, -900},
	} {
		mid := c.wardCentre(p.ward)
		place := Place{p.code, p.name, p.kind, c.wards[p.ward].Code, fmt.Sprintf("WX%d 9%s", p.ward+1, unit(len(c.places))),
			int(mid.e + p.east + float64(between(r, -60, 60))), int(mid.n + p.north + float64(between(r, -60, 60)))}
		c.places = append(c.places, place)
		c.byCode[place.Code] = place
	}
}

// unitLetters are the letters a postcode's last two places may hold.
const unitLetters = "ABDEFGHJLNPQRSTUWXYZ"

// unit is the n-th pair of unit letters of a postcode sector.
func unit(n int) string {
	return string([]byte{unitLetters[n/len(unitLetters)%len(unitLetters)], unitLetters[n%len(unitLetters)]})
}

// drawPostcodes lays out enough streets for the people: sectors 1 to 8 of each ward's district. Sector 9 is for places.
func (c *county) drawPostcodes(r *rand.Rand, people int) {
	each := min(max(30, people/(len(wardNames)*7)), 8*len(unitLetters)*len(unitLetters))
	for k := range c.wards {
		for n := range each {
			c.postcodes = append(c.postcodes, postcode{
				text:   fmt.Sprintf("WX%d %d%s", k+1, n%8+1, unit(n/8)),
				street: pick(r, streetFirst) + " " + pick(r, streetSecond),
				town:   c.wards[k].Name,
				ward:   k,
				at:     c.near(r, k),
			})
		}
	}
}

var (
	streetFirst = []string{"Avocet", "Barnacle", "Bittern", "Cormorant", "Dunlin", "Eider", "Fulmar", "Gannet", "Grebe", "Guillemot",
		"Knot", "Lapwing", "Mallard", "Merganser", "Moorhen", "Oystercatcher", "Petrel", "Pintail", "Pochard", "Puffin", "Razorbill",
		"Ruff", "Shelduck", "Shoveler", "Skua", "Snipe", "Spoonbill", "Tern", "Turnstone", "Whimbrel", "Wigeon", "Yellowhammer"}
	streetSecond = []string{"Avenue", "Close", "Court", "Drive", "Gardens", "Lane", "Place", "Road", "Street", "Terrace", "Way", "Rise"}
)

// features draws the river, roads, railway and places.
func (c *county) features(r *rand.Rand) []byte {
	var out []feature
	line := func(code, name, kind string, share float64, through ...point) {
		path := []point{through[0]}
		for i := 1; i < len(through); i++ {
			path = append(path, wobble(r, through[i-1], through[i], 4, share)[1:]...)
		}
		out = append(out, feature{"Feature", properties{code, name, kind, "", Licence, 0, 0}, geometry{"LineString", lonLat(path)}})
	}
	at := func(ward int, e, n float64) point {
		mid := c.wardCentre(ward)
		return point{mid.e + e, mid.n + n}
	}
	city := point{gridE + (cityColumn+3)*cellSize, gridN + (cityRow+3)*cellSize}
	line("XV01", "River Wren", "river", 0.14, at(12, -1500, 9000), at(12, 1200, 0), at(7, -2000, 900), at(0, 1900, -400), at(0, -800, -9000))
	line("XA01", "A9901", "road", 0.03, at(6, -9000, 200), at(6, 0, 250), at(0, 0, 350), at(2, 100, 300), at(5, 0, 100), city)
	line("XA02", "A9902", "road", 0.03, at(13, 0, 9000), at(13, 0, 0), at(7, 300, 100), at(1, 0, 0), at(1, 0, -9000))
	line("XA03", "A9903", "road", 0.03, at(12, -9000, 0), at(12, 0, 0), at(14, 0, -100), at(17, 0, 0), city)
	line("XY01", "Wrenshire line", "railway", 0.02, at(6, -9000, -300), c.byCode["XT01"].point(), c.byCode["XT03"].point(), city)
	line("XY02", "Osierham branch", "railway", 0.02, c.byCode["XT01"].point(), at(8, 0, 0), c.byCode["XT02"].point(), at(14, 900, 9000))
	for _, p := range c.places {
		lon, lat := p.point().wgs84()
		out = append(out, feature{"Feature", properties{p.Code, p.Name, p.Kind, p.Ward, Licence, p.Easting, p.Northing}, geometry{"Point", [2]float64{round6(lon), round6(lat)}}})
	}
	return encode(out)
}

// postcodeDirectory writes the postcodes with the columns of an ONS Postcode Directory of 2025.
func (c *county) postcodeDirectory() []byte {
	var b strings.Builder
	b.WriteString("pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,lad25cd,wd25cd,lsoa21cd,lat,long,pfa23cd\r\n")
	row := func(text string, p point, ward string, user string) {
		lon, lat := p.wgs84()
		lsoa, _ := c.lsoaOf(p)
		out, in, _ := strings.Cut(text, " ")
		fmt.Fprintf(&b, "%-4s%s,%-4s %s,%s,199901,,%s,%.0f,%07.0f,1,XC01,%s,%s,%.6f,%.6f,XF01\r\n",
			out, in, out, in, text, user, p.e, p.n, ward, lsoa, lat, lon)
	}
	for _, p := range c.postcodes {
		row(p.text, p.at, c.wards[p.ward].Code, "0")
	}
	for _, p := range c.places {
		row(p.Postcode, p.point(), p.Ward, "1")
	}
	return []byte(b.String())
}

// The parts of a GeoJSON document that are needed here.
type (
	feature struct {
		Type       string     `json:"type"`
		Properties properties `json:"properties"`
		Geometry   geometry   `json:"geometry"`
	}
	properties struct {
		Code     string `json:"code"`
		Name     string `json:"name"`
		Level    string `json:"level"`
		Parent   string `json:"parent,omitempty"`
		Licence  string `json:"licence"`
		Easting  int    `json:"easting,omitempty"`
		Northing int    `json:"northing,omitempty"`
	}
	geometry struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates"`
	}
)

func encode(features []feature) []byte {
	doc := struct {
		Type     string    `json:"type"`
		Name     string    `json:"name"`
		Licence  string    `json:"licence"`
		Features []feature `json:"features"`
	}{"FeatureCollection", "Wrenshire", Licence, features}
	out, err := json.Marshal(doc)
	if err != nil {
		panic("world: a GeoJSON document of plain values cannot be written: " + err.Error())
	}
	return append(out, '\n')
}

func lonLat(line []point) [][2]float64 {
	out := make([][2]float64, len(line))
	for i, p := range line {
		lon, lat := p.wgs84()
		out[i] = [2]float64{round6(lon), round6(lat)}
	}
	return out
}

func round6(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// metres prints a grid coordinate as partners do: whole metres.
func metres(x float64) string { return strconv.Itoa(int(math.Round(x))) }

// sortedKeys returns a map's keys in order, so that nothing depends on the order of a map.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
