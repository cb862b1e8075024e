package geo

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Feature is one thing on a map with its attributes. At most one of At and Area is set; neither is for a feature whose
// geometry is null, such as an area listed without a boundary.
type Feature struct {
	ID         string // the feature's own id, if it has one
	Properties map[string]any
	At         *Point
	Area       MultiPolygon
}

// Property returns a property as text: a string as it is, a number as it was written, anything else as "".
func (f Feature) Property(name string) string {
	switch v := f.Properties[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// GeoJSONLimits bound what [DecodeGeoJSON] will take in. A zero means the value of [DefaultGeoJSONLimits].
type GeoJSONLimits struct {
	Bytes    int64
	Features int
	Vertices int // of all features together
}

// DefaultGeoJSONLimits hold every English LSOA at ONS's generalised detail several times over.
var DefaultGeoJSONLimits = GeoJSONLimits{Bytes: 512 << 20, Features: 500_000, Vertices: 20_000_000}

// errTooBig is returned by the reader that guards the byte limit.
var errTooBig = errors.New("file is larger than allowed")

type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooBig
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

// DecodeGeoJSON reads a FeatureCollection (RFC 7946) of polygons, multipolygons, points and null geometries in degrees,
// one feature at a time. Heights are dropped. It refuses, naming the feature by its number from 1: other geometries, open
// or short rings, coordinates that look projected or swapped, and anything beyond the limits.
func DecodeGeoJSON(r io.Reader, limits GeoJSONLimits) ([]Feature, error) {
	d := &geojsonDecoder{limits: limits}
	if d.limits.Bytes <= 0 {
		d.limits.Bytes = DefaultGeoJSONLimits.Bytes
	}
	if d.limits.Features <= 0 {
		d.limits.Features = DefaultGeoJSONLimits.Features
	}
	if d.limits.Vertices <= 0 {
		d.limits.Vertices = DefaultGeoJSONLimits.Vertices
	}
	// One byte more than allowed, so that a file of exactly the limit is taken.
	buffered := bufio.NewReader(&boundedReader{r: r, left: d.limits.Bytes + 1})
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		buffered.Discard(3)
	}
	d.json = json.NewDecoder(buffered)
	d.json.UseNumber()
	err := d.collection()
	switch {
	case err == nil:
		return d.features, nil
	case errors.Is(err, errTooBig):
		return nil, fmt.Errorf("GeoJSON: the file is larger than %d bytes", d.limits.Bytes)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return nil, fmt.Errorf("GeoJSON: the file ends after %d whole features, before the end of the collection", len(d.features))
	}
	return nil, fmt.Errorf("GeoJSON: %w", err)
}

type geojsonDecoder struct {
	limits   GeoJSONLimits
	json     *json.Decoder
	features []Feature
	vertices int
}

func (d *geojsonDecoder) collection() error {
	if err := d.expect('{', "a FeatureCollection"); err != nil {
		return err
	}
	kind, sawFeatures := "", false
	for d.json.More() {
		key, err := d.json.Token()
		if err != nil {
			return err
		}
		switch key {
		case "type":
			if err := d.json.Decode(&kind); err != nil {
				return fmt.Errorf(`"type": %w`, err)
			}
		case "crs":
			if err := d.crs(); err != nil {
				return err
			}
		case "features":
			if sawFeatures {
				return errors.New(`"features" appears twice`)
			}
			sawFeatures = true
			if err := d.featureList(); err != nil {
				return err
			}
		default:
			var skip json.RawMessage
			if err := d.json.Decode(&skip); err != nil {
				return err
			}
		}
	}
	if _, err := d.json.Token(); err != nil {
		return err
	}
	if _, err := d.json.Token(); err != io.EOF {
		if errors.Is(err, errTooBig) {
			return err
		}
		return errors.New("there is more text after the collection")
	}
	switch {
	case kind != "FeatureCollection":
		return fmt.Errorf("the type is %q, expected FeatureCollection", clip(kind))
	case !sawFeatures:
		return errors.New(`no "features" were found`)
	}
	return nil
}

func (d *geojsonDecoder) expect(want json.Delim, what string) error {
	t, err := d.json.Token()
	if err == io.EOF {
		return fmt.Errorf("the file is empty, expected %s", what)
	}
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("found %v, expected %s beginning with %q", t, what, want.String())
	}
	return nil
}

// crs accepts the names of WGS84 and refuses others: old files carry the member although RFC 7946 dropped it.
func (d *geojsonDecoder) crs() error {
	var raw json.RawMessage
	if err := d.json.Decode(&raw); err != nil {
		return fmt.Errorf(`"crs": %w`, err)
	}
	var named struct {
		Properties struct{ Name string }
	}
	if err := json.Unmarshal(raw, &named); err != nil || named.Properties.Name == "" {
		return nil // null, or a form that names nothing: the coordinates themselves are checked
	}
	name := named.Properties.Name
	if strings.HasSuffix(name, "CRS84") || strings.HasSuffix(name, "4326") {
		return nil
	}
	return fmt.Errorf("the coordinate system is %q, expected longitude and latitude (WGS84, EPSG:4326); reproject the file first", clip(name))
}

func (d *geojsonDecoder) featureList() error {
	if err := d.expect('[', "a list of features"); err != nil {
		return err
	}
	for d.json.More() {
		number := len(d.features) + 1
		if number > d.limits.Features {
			return fmt.Errorf("more than %d features", d.limits.Features)
		}
		f, err := d.feature()
		if err != nil {
			return fmt.Errorf("feature %d: %w", number, err)
		}
		d.features = append(d.features, f)
	}
	_, err := d.json.Token()
	return err
}

func (d *geojsonDecoder) feature() (Feature, error) {
	var raw struct {
		Type       string
		ID         any
		Properties map[string]any
		Geometry   *struct {
			Type        string
			Coordinates json.RawMessage
		}
	}
	if err := d.json.Decode(&raw); err != nil {
		return Feature{}, err
	}
	if raw.Type != "Feature" {
		return Feature{}, fmt.Errorf("the type is %q, expected Feature", clip(raw.Type))
	}
	f := Feature{Properties: raw.Properties}
	switch id := raw.ID.(type) {
	case string:
		f.ID = id
	case json.Number:
		f.ID = id.String()
	}
	if raw.Geometry == nil {
		return f, nil
	}
	var err error
	switch c := raw.Geometry.Coordinates; raw.Geometry.Type {
	case "Point":
		var p Point
		p, err = d.point(c)
		f.At = &p
	case "Polygon":
		var polygon Polygon
		polygon, err = d.polygon(c)
		f.Area = MultiPolygon{polygon}
	case "MultiPolygon":
		f.Area, err = d.multiPolygon(c)
	default:
		err = fmt.Errorf("the geometry is a %q, expected Point, Polygon or MultiPolygon", clip(raw.Geometry.Type))
	}
	if err != nil {
		return Feature{}, err
	}
	return f, nil
}

func (d *geojsonDecoder) point(raw json.RawMessage) (Point, error) {
	var position []float64
	if err := json.Unmarshal(raw, &position); err != nil {
		return Point{}, errors.New("the coordinates of a Point are not a list of numbers")
	}
	if err := d.count(1); err != nil {
		return Point{}, err
	}
	return checkPosition(position)
}

func (d *geojsonDecoder) polygon(raw json.RawMessage) (Polygon, error) {
	var rings [][][]float64
	if err := json.Unmarshal(raw, &rings); err != nil {
		return nil, errors.New("the coordinates of a Polygon are not a list of rings")
	}
	return d.rings(rings)
}

func (d *geojsonDecoder) multiPolygon(raw json.RawMessage) (MultiPolygon, error) {
	var parts [][][][]float64
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, errors.New("the coordinates of a MultiPolygon are not a list of polygons")
	}
	var mp MultiPolygon
	for i, part := range parts {
		polygon, err := d.rings(part)
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		mp = append(mp, polygon)
	}
	return mp, nil
}

func (d *geojsonDecoder) rings(rings [][][]float64) (Polygon, error) {
	if len(rings) == 0 {
		return nil, errors.New("a polygon without a ring")
	}
	polygon := make(Polygon, len(rings))
	for i, positions := range rings {
		if err := d.count(len(positions)); err != nil {
			return nil, err
		}
		if len(positions) < 4 {
			return nil, fmt.Errorf("ring %d has %d points, expected 4 or more", i+1, len(positions))
		}
		ring := make(Ring, len(positions))
		for j, position := range positions {
			p, err := checkPosition(position)
			if err != nil {
				return nil, fmt.Errorf("ring %d, point %d: %w", i+1, j+1, err)
			}
			ring[j] = p
		}
		if ring[0] != ring[len(ring)-1] {
			return nil, fmt.Errorf("ring %d is not closed: its last point must repeat its first", i+1)
		}
		polygon[i] = ring
	}
	return polygon, nil
}

func (d *geojsonDecoder) count(vertices int) error {
	if d.vertices += vertices; d.vertices > d.limits.Vertices {
		return fmt.Errorf("more than %d points in all; simplify the boundaries", d.limits.Vertices)
	}
	return nil
}

func checkPosition(position []float64) (Point, error) {
	if len(position) < 2 {
		return Point{}, fmt.Errorf("%d numbers, expected longitude and latitude", len(position))
	}
	lon, lat := position[0], position[1]
	switch {
	case math.Abs(lon) > 180 || math.Abs(lat) > 180:
		return Point{}, coordError(Projected, "(%g, %g) looks like metres, expected longitude and latitude (WGS84); reproject the file first", lon, lat)
	case math.Abs(lat) > 90 || lon >= ukMinLat && lon <= ukMaxLat && lat >= ukMinLon && lat <= ukMaxLon:
		return Point{}, coordError(Swapped, "(%g, %g) looks like latitude before longitude, expected longitude first", lon, lat)
	}
	return Point{Lon: lon, Lat: lat}, nil
}

// AppendGeoJSON appends the area as a GeoJSON MultiPolygon geometry, coordinates rounded to the given decimals (5 is
// about a metre) and neighbours that become equal written once.
func (mp MultiPolygon) AppendGeoJSON(b []byte, decimals int) []byte {
	b = append(b, `{"type":"MultiPolygon","coordinates":[`...)
	for i, polygon := range mp {
		b = comma(b, i)
		b = append(b, '[')
		for j, ring := range polygon {
			b = comma(b, j)
			b = ring.appendGeoJSON(b, decimals)
		}
		b = append(b, ']')
	}
	return append(b, "]}"...)
}

func (r Ring) appendGeoJSON(b []byte, decimals int) []byte {
	b = append(b, '[')
	var last []byte
	written := 0
	for i, p := range r {
		start := len(b)
		b = comma(b, written)
		from := len(b)
		b = append(b, '[')
		b = appendDegree(b, p.Lon, decimals)
		b = append(b, ',')
		b = appendDegree(b, p.Lat, decimals)
		b = append(b, ']')
		// A ring keeps at least four positions, even if it has shrunk to a dot.
		if bytes.Equal(b[from:], last) && written+len(r)-1-i >= 4 {
			b = b[:start]
			continue
		}
		last = append(last[:0], b[from:]...)
		written++
	}
	return append(b, ']')
}

// appendDegree writes v with at most the given decimals, without trailing zeros.
func appendDegree(b []byte, v float64, decimals int) []byte {
	scale := math.Pow10(decimals)
	v = math.Round(v*scale) / scale
	if v == 0 {
		v = 0 // not minus zero
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}
