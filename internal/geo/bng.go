package geo

import "math"

// Constants of the National Grid and of the Helmert transformation are those of Ordnance Survey, "A guide to coordinate
// systems in Great Britain": annexe A (ellipsoids, National Grid projection), section 6.6 (ETRS89 to OSGB36 Helmert
// parameters), annexe B and C (formulae).

type ellipsoid struct{ a, b float64 }

func (el ellipsoid) e2() float64 { return 1 - (el.b*el.b)/(el.a*el.a) }

var (
	wgs84 = ellipsoid{a: 6378137, b: 6356752.3141}
	airy  = ellipsoid{a: 6377563.396, b: 6356256.909}
)

const (
	gridF0 = 0.9996012717 // scale on the central meridian
	gridE0 = 400000.0     // easting of the true origin, m
	gridN0 = -100000.0    // northing of the true origin, m
)

var (
	gridLat0 = radians(49)
	gridLon0 = radians(-2)
)

type cartesian struct{ x, y, z float64 }

// Helmert parameters from WGS84 to OSGB36: metres, radians, and scale as a fraction.
var (
	helmertT     = cartesian{-446.448, 125.157, -542.060}
	helmertR     = cartesian{radians(-0.1502 / 3600), radians(-0.2470 / 3600), radians(-0.8421 / 3600)}
	helmertScale = 20.4894e-6
)

// drift is what the transformation adds to a vector: helmert(v) = v + drift(v).
func drift(v cartesian) cartesian {
	r, s := helmertR, helmertScale
	return cartesian{
		helmertT.x + s*v.x - r.z*v.y + r.y*v.z,
		helmertT.y + r.z*v.x + s*v.y - r.x*v.z,
		helmertT.z - r.y*v.x + r.x*v.y + s*v.z,
	}
}

func toOSGB36(v cartesian) cartesian {
	d := drift(v)
	return cartesian{v.x + d.x, v.y + d.y, v.z + d.z}
}

// fromOSGB36 inverts toOSGB36 exactly instead of negating the parameters, which would leave errors of centimetres in a
// round trip. The drift changes by 2e-5 of a step, so five steps reach the precision of the machine.
func fromOSGB36(w cartesian) cartesian {
	v := w
	for range 5 {
		d := drift(v)
		v = cartesian{w.x - d.x, w.y - d.y, w.z - d.z}
	}
	return v
}

func (el ellipsoid) cartesian(lat, lon float64) cartesian {
	sin, cos := math.Sincos(lat)
	nu := el.a / math.Sqrt(1-el.e2()*sin*sin)
	return cartesian{nu * cos * math.Cos(lon), nu * cos * math.Sin(lon), nu * (1 - el.e2()) * sin}
}

func (el ellipsoid) geodetic(v cartesian) (lat, lon float64) {
	p := math.Hypot(v.x, v.y)
	e2 := el.e2()
	lat = math.Atan2(v.z, p*(1-e2))
	for range 10 {
		sin := math.Sin(lat)
		nu := el.a / math.Sqrt(1-e2*sin*sin)
		lat = math.Atan2(v.z+e2*nu*sin, p)
	}
	return lat, math.Atan2(v.y, v.x)
}

// ToGrid converts degrees to the British National Grid, by Helmert: within about 5 m of OSTN15 in Great Britain (mean
// 2 m). The grid also covers Northern Ireland on paper, good enough for cells and drawing; partners there use the Irish
// Grid. The error is a *[CoordError] of kind [OutOfRange] off the grid.
func ToGrid(p Point) (Grid, error) {
	if !finite(p.Lat) || !finite(p.Lon) {
		return Grid{}, coordError(NotFinite, "longitude %v, latitude %v: expected two numbers", p.Lon, p.Lat)
	}
	if p.Lat < ukMinLat || p.Lat > ukMaxLat || p.Lon < ukMinLon || p.Lon > ukMaxLon {
		return Grid{}, coordError(OutOfRange, "longitude %g, latitude %g is off the British National Grid", p.Lon, p.Lat)
	}
	g := project(airy.geodetic(toOSGB36(wgs84.cartesian(radians(p.Lat), radians(p.Lon)))))
	if g.E < 0 || g.E > MaxEasting || g.N < 0 || g.N > MaxNorthing {
		return Grid{}, coordError(OutOfRange, "longitude %g, latitude %g is off the British National Grid", p.Lon, p.Lat)
	}
	return g, nil
}

// ToPoint converts from the British National Grid to degrees, the inverse of [ToGrid] to well within a centimetre.
// Prefer a latitude and longitude the source gives: ONS computes its own with OSTN15.
func ToPoint(g Grid) (Point, error) {
	if !finite(g.E) || !finite(g.N) || g.E < 0 || g.E > MaxEasting || g.N < 0 || g.N > MaxNorthing {
		return Point{}, coordError(OutOfRange, "easting %g, northing %g is off the British National Grid (0 to %.0f, 0 to %.0f)", g.E, g.N, MaxEasting, MaxNorthing)
	}
	lat, lon := wgs84.geodetic(fromOSGB36(airy.cartesian(unproject(g))))
	return Point{Lon: degrees(lon), Lat: degrees(lat)}, nil
}

// meridianArc is the developed arc of the meridian from the true origin to lat, in metres.
func meridianArc(lat float64) float64 {
	n := (airy.a - airy.b) / (airy.a + airy.b)
	n2, n3 := n*n, n*n*n
	d, s := lat-gridLat0, lat+gridLat0
	return airy.b * gridF0 * ((1+n+5./4*n2+5./4*n3)*d -
		(3*n+3*n2+21./8*n3)*math.Sin(d)*math.Cos(s) +
		(15./8*n2+15./8*n3)*math.Sin(2*d)*math.Cos(2*s) -
		35./24*n3*math.Sin(3*d)*math.Cos(3*s))
}

// radii returns the transverse and meridional radii of curvature times the scale, and eta squared.
func radii(lat float64) (nu, rho, eta2 float64) {
	sin := math.Sin(lat)
	e2 := airy.e2()
	w := 1 - e2*sin*sin
	nu = airy.a * gridF0 / math.Sqrt(w)
	rho = airy.a * gridF0 * (1 - e2) / (w * math.Sqrt(w))
	return nu, rho, nu/rho - 1
}

// project takes OSGB36 latitude and longitude in radians to the grid (transverse Mercator, OS annexe C.1).
func project(lat, lon float64) Grid {
	nu, rho, eta2 := radii(lat)
	sin, cos := math.Sincos(lat)
	t2 := (sin / cos) * (sin / cos)
	c3, c5 := cos*cos*cos, cos*cos*cos*cos*cos
	i := meridianArc(lat) + gridN0
	ii := nu / 2 * sin * cos
	iii := nu / 24 * sin * c3 * (5 - t2 + 9*eta2)
	iiia := nu / 720 * sin * c5 * (61 - 58*t2 + t2*t2)
	iv := nu * cos
	v := nu / 6 * c3 * (nu/rho - t2)
	vi := nu / 120 * c5 * (5 - 18*t2 + t2*t2 + 14*eta2 - 58*t2*eta2)
	d := lon - gridLon0
	d2 := d * d
	return Grid{
		E: gridE0 + d*(iv+d2*(v+d2*vi)),
		N: i + d2*(ii+d2*(iii+d2*iiia)),
	}
}

// unproject takes the grid to OSGB36 latitude and longitude in radians. The series of annexe C.2 is a centimetre out in the
// far corners of the grid, so one step of correction makes it the inverse of project everywhere.
func unproject(g Grid) (lat, lon float64) {
	lat, lon = unprojectSeries(g)
	off := project(lat, lon)
	nu, rho, _ := radii(lat)
	return lat + (g.N-off.N)/rho, lon + (g.E-off.E)/(nu*math.Cos(lat))
}

func unprojectSeries(g Grid) (lat, lon float64) {
	lat = gridLat0
	for range 20 {
		rest := g.N - gridN0 - meridianArc(lat)
		lat += rest / (airy.a * gridF0)
		if math.Abs(rest) < 1e-6 {
			break
		}
	}
	nu, rho, eta2 := radii(lat)
	t := math.Tan(lat)
	t2, t4, t6 := t*t, t*t*t*t, t*t*t*t*t*t
	sec := 1 / math.Cos(lat)
	nu3, nu5, nu7 := nu*nu*nu, math.Pow(nu, 5), math.Pow(nu, 7)
	vii := t / (2 * rho * nu)
	viii := t / (24 * rho * nu3) * (5 + 3*t2 + eta2 - 9*t2*eta2)
	ix := t / (720 * rho * nu5) * (61 + 90*t2 + 45*t4)
	x := sec / nu
	xi := sec / (6 * nu3) * (nu/rho + 2*t2)
	xii := sec / (120 * nu5) * (5 + 28*t2 + 24*t4)
	xiia := sec / (5040 * nu7) * (61 + 662*t2 + 1320*t4 + 720*t6)
	d := g.E - gridE0
	d2 := d * d
	return lat - d2*(vii-d2*(viii-d2*ix)), gridLon0 + d*(x-d2*(xi-d2*(xii-d2*xiia)))
}
