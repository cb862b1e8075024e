package gazetteer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/geo"
)

// Areas are the current boundaries of one level, indexed. They do not change: a load makes new ones.
type Areas struct {
	Level Level
	List  []Area
	Sets  []Set

	index *geo.Index
	codes map[string]int
	names map[string]int
	stamp string
}

// How a place was given to an area.
type How string

// The ways, surest first.
const (
	Inside  How = "inside"  // within its boundary
	Nearest How = "nearest" // in no area; this one is within 2 km
)

// Located is an area that a point was given to.
type Located struct {
	Area
	How    How
	Metres float64 // from the area, for Nearest
}

// Loaded reports whether any boundary of the level has been loaded.
func (a *Areas) Loaded() bool { return len(a.List) > 0 }

// Locate is the area a point lies in, or the nearest within 2 km.
func (a *Areas) Locate(p geo.Point) (Located, bool) {
	if len(a.List) == 0 {
		return Located{}, false
	}
	if i, ok := a.index.Find(p); ok {
		return Located{Area: a.List[i], How: Inside}, true
	}
	if i, metres, ok := a.index.Nearest(p, geo.ForeshoreReach); ok {
		return Located{Area: a.List[i], How: Nearest, Metres: metres}, true
	}
	return Located{}, false
}

// Code is the area with a code.
func (a *Areas) Code(code string) (Area, bool) {
	i, ok := a.codes[code]
	if !ok {
		return Area{}, false
	}
	return a.List[i], true
}

// Named is the area with a name, compared as schematic.Fold compares; none when two share it.
func (a *Areas) Named(name string) (Area, bool) {
	i, ok := a.names[schematic.Fold(name)]
	if !ok || i < 0 {
		return Area{}, false
	}
	return a.List[i], true
}

// In lists the areas whose boxes touch a box.
func (a *Areas) In(b geo.Box) []Area {
	if a.index == nil {
		return nil
	}
	var out []Area
	for _, i := range a.index.In(b) {
		out = append(out, a.List[i])
	}
	return out
}

// current chooses the sets that answer for a level: of each layer the latest vintage; layers with fewer areas
// first, and within a layer the latest load first.
func current(sets []Set) []Set {
	latest := map[string]string{}
	areas := map[string]int{}
	for _, s := range sets {
		latest[s.Layer] = max(latest[s.Layer], s.Vintage)
	}
	sets = slices.DeleteFunc(slices.Clone(sets), func(s Set) bool { return s.Vintage != latest[s.Layer] })
	for _, s := range sets {
		areas[s.Layer] += s.Areas
	}
	slices.SortFunc(sets, func(a, b Set) int {
		return cmp.Or(cmp.Compare(areas[a.Layer], areas[b.Layer]), cmp.Compare(a.Layer, b.Layer), cmp.Compare(b.LoadedAt, a.LoadedAt), cmp.Compare(b.ID, a.ID))
	})
	return sets
}

// Areas gives the current boundaries of a level. They are kept in memory and read again after a load, also one by
// another process.
func (s *Store) Areas(ctx context.Context, q database.Queryer, level Level) (*Areas, error) {
	sets, err := database.Collect(ctx, q, scanSet, "SELECT "+setColumns+" FROM boundary_set b WHERE b.level = $1 ORDER BY b.id", string(level))
	if err != nil {
		return nil, err
	}
	sets = current(sets)
	var stamp strings.Builder
	for _, x := range sets {
		stamp.WriteString(x.ID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cache[level]; c != nil && c.stamp == stamp.String() {
		return c, nil
	}
	a, err := read(ctx, q, level, sets)
	if err != nil {
		return nil, err
	}
	a.stamp = stamp.String()
	s.cache[level] = a
	return a, nil
}

func read(ctx context.Context, q database.Queryer, level Level, sets []Set) (*Areas, error) {
	a := &Areas{Level: level, Sets: sets, codes: map[string]int{}, names: map[string]int{}}
	taken := map[string]bool{} // layer and code
	for _, set := range sets {
		areas, err := areasOf(ctx, q, set)
		if err != nil {
			return nil, err
		}
		for _, x := range areas {
			if taken[set.Layer+" "+x.Code] {
				continue
			}
			taken[set.Layer+" "+x.Code] = true
			n := len(a.List)
			a.List = append(a.List, x)
			if _, twice := a.codes[x.Code]; !twice {
				a.codes[x.Code] = n
			}
			name := schematic.Fold(x.Name)
			if other, twice := a.names[name]; twice && (other < 0 || a.List[other].Code != x.Code) {
				a.names[name] = -1
			} else if !twice {
				a.names[name] = n
			}
		}
	}
	shapes := make([]geo.MultiPolygon, len(a.List))
	for i, x := range a.List {
		shapes[i] = x.Shape
	}
	a.index = geo.NewIndex(shapes)
	return a, nil
}

// areasOf reads one set's areas, by code.
func areasOf(ctx context.Context, q database.Queryer, set Set) ([]Area, error) {
	var areas []Area
	var doc bytes.Buffer
	doc.WriteString(`{"type":"FeatureCollection","features":[`)
	err := database.Each(ctx, q, func(r database.Scanner) error {
		x := Area{Level: set.Level, Layer: set.Layer, Vintage: set.Vintage}
		var shape string
		if err := r.Scan(&x.Code, &x.Name, &shape, &x.At.Lon, &x.At.Lat, &x.Bounds.Min.Lon, &x.Bounds.Min.Lat, &x.Bounds.Max.Lon, &x.Bounds.Max.Lat); err != nil {
			return err
		}
		if len(areas) > 0 {
			doc.WriteByte(',')
		}
		doc.WriteString(`{"type":"Feature","properties":{},"geometry":`)
		doc.WriteString(shape)
		doc.WriteByte('}')
		areas = append(areas, x)
		return nil
	}, "SELECT b.code, b.name, b.geometry, b.lon, b.lat, b.west, b.south, b.east, b.north FROM boundary b WHERE b.set_id = $1 ORDER BY b.code", set.ID)
	if err != nil {
		return nil, err
	}
	doc.WriteString("]}")
	features, err := geo.DecodeGeoJSON(&doc, geo.GeoJSONLimits{})
	if err != nil {
		return nil, fmt.Errorf("gazetteer: the boundaries of %s %s: %w", set.Layer, set.Vintage, err)
	}
	for i := range areas {
		areas[i].Shape = features[i].Area
	}
	return areas, nil
}

// Locate says in which areas a point is, of the levels asked for, in their order. A level without loaded
// boundaries gives none: the schematic is never used to place a point.
func (s *Store) Locate(ctx context.Context, q database.Queryer, p geo.Point, levels ...Level) ([]Located, error) {
	var out []Located
	for _, l := range levels {
		a, err := s.Areas(ctx, q, l)
		if err != nil {
			return nil, err
		}
		if x, ok := a.Locate(p); ok {
			out = append(out, x)
		}
	}
	return out, nil
}

// Find is the area that a piece of text names, by code or by name, at the first of the levels that has it: in the
// loaded boundaries first and in the schematic after. Text that names none is not an error.
func (s *Store) Find(ctx context.Context, q database.Queryer, text string, levels ...Level) (Area, bool, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Area{}, false, nil
	}
	for _, l := range levels {
		a, err := s.Areas(ctx, q, l)
		if err != nil {
			return Area{}, false, err
		}
		if x, ok := a.Code(strings.ToUpper(text)); ok {
			return x, true, nil
		}
		if x, ok := a.Named(text); ok {
			return x, true, nil
		}
		if m, err := schematic.Find(schematic.Level(l), "", text); err == nil {
			return s.loaded(a, m.Area), true, nil
		}
		if gss.MatchString(strings.ToUpper(text)) {
			if m, err := schematic.Find(schematic.Level(l), strings.ToUpper(text), ""); err == nil {
				return s.loaded(a, m.Area), true, nil
			}
		}
	}
	return Area{}, false, nil
}

// loaded is the loaded area of the same code, when there is one, else the schematic's.
func (s *Store) loaded(a *Areas, x schematic.Area) Area {
	if l, ok := a.Code(x.Code); ok {
		return l
	}
	return ofSchematic(x)
}

// Name is what an area is called; the code itself when nobody knows.
func (s *Store) Name(ctx context.Context, q database.Queryer, level Level, code string) (string, error) {
	a, err := s.Areas(ctx, q, level)
	if err != nil {
		return "", err
	}
	if x, ok := a.Code(code); ok {
		return x.Name, nil
	}
	if m, err := schematic.ByCode(code); err == nil {
		return m.Area.Name, nil
	}
	return code, nil
}

// Attribution is the licence lines that a page or file with these levels must show: of the loaded boundaries, or
// of the schematic where there are none, and of the postcode directory when one is loaded.
func (s *Store) Attribution(ctx context.Context, q database.Queryer, levels ...Level) ([]string, error) {
	var lines []string
	add := func(line string) {
		if line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for _, l := range levels {
		a, err := s.Areas(ctx, q, l)
		if err != nil {
			return nil, err
		}
		for _, set := range a.Sets {
			add(set.Licence)
		}
		if !a.Loaded() {
			add(schematic.Attribution)
			add(schematic.CoastCredit)
		}
	}
	releases, err := liveReleases(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(releases) > 0 {
		add(PostcodeAttribution)
	}
	return lines, nil
}

// Layer is the GeoJSON of a layer at a vintage, with code and name for each area, and a tag that changes with its
// bytes. It is open data; an unknown layer is fault.NoSuch.
func (s *Store) Layer(ctx context.Context, q database.Queryer, layer, vintage string, w io.Writer) error {
	sets, err := s.setsOf(ctx, q, layer, vintage)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	out := &jsonWriter{w: w}
	out.text(`{"type":"FeatureCollection","features":[`)
	first := true
	for _, set := range sets {
		err := database.Each(ctx, q, func(r database.Scanner) error {
			var code, name, shape string
			if err := r.Scan(&code, &name, &shape); err != nil {
				return err
			}
			if seen[code] {
				return nil
			}
			seen[code] = true
			if !first {
				out.text(",")
			}
			first = false
			out.text(`{"type":"Feature","id":`)
			out.value(code)
			out.text(`,"properties":{"id":`)
			out.value(code)
			out.text(`,"label":`)
			out.value(name)
			out.text(`},"geometry":`)
			out.text(shape)
			out.text("}")
			return out.err
		}, "SELECT b.code, b.name, b.geometry FROM boundary b WHERE b.set_id = $1 ORDER BY b.code", set.ID)
		if err != nil {
			return err
		}
	}
	out.text("]}")
	return out.err
}

// Tag identifies the bytes that Layer writes: it changes when a file is loaded into the layer at that vintage.
func (s *Store) Tag(ctx context.Context, q database.Queryer, layer, vintage string) (string, error) {
	sets, err := s.setsOf(ctx, q, layer, vintage)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, set := range sets {
		h.Write([]byte(set.ID))
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

func (s *Store) setsOf(ctx context.Context, q database.Queryer, layer, vintage string) ([]Set, error) {
	sets, err := database.Collect(ctx, q, scanSet, "SELECT "+setColumns+" FROM boundary_set b WHERE b.layer = $1 AND b.vintage = $2 ORDER BY b.loaded_at DESC, b.id DESC", layer, vintage)
	if err == nil && len(sets) == 0 {
		return nil, fault.NoSuch()
	}
	return sets, err
}

type jsonWriter struct {
	w   io.Writer
	err error
}

func (j *jsonWriter) text(s string) {
	if j.err == nil {
		_, j.err = io.WriteString(j.w, s)
	}
}

func (j *jsonWriter) value(v string) {
	b, err := json.Marshal(v)
	j.err = errors.Join(j.err, err)
	j.text(string(b))
}
