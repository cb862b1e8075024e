package gazetteer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/geo"
)

// Set is one set of boundaries: a layer at a vintage, from one file.
type Set struct {
	ID       string
	Layer    string // "lad"; names the set in addresses
	Level    Level
	Vintage  string // "2024" or "2026-11"
	File     string
	SHA256   string
	Licence  string // the line shown wherever the boundaries are
	Areas    int
	LoadedAt int64
	By       string
	Already  bool // it was loaded before; nothing was changed
}

// Input is a file of boundaries. Layer, Vintage and Licence are worked out from the file when empty.
type Input struct {
	Name    string
	File    io.Reader
	Layer   string
	Vintage string
	Licence string
}

// NoLicence stands where nobody gave a licence line.
const NoLicence = "Licence not recorded: ask whoever loaded these boundaries before publishing a map of them."

var (
	layerName  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	vintageStr = regexp.MustCompile(`^[12][0-9]{3}(-[0-9]{2}){0,2}$`)
	fileYear   = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})(?:[^0-9]|$)`)
	fileTwo    = regexp.MustCompile(`(?i)(?:lsoa|msoa|wd|lad|ltla|pfa|csp|cty|rgn|ctry)([0-9]{2})(?:[^0-9]|$)`)
)

// found is one area of a file.
type found struct {
	code, name, vintage string
	properties          map[string]any
	shape               geo.MultiPolygon
}

// Load reads a GeoJSON file and keeps its areas, one set for each level in it. Features without surface (the
// points and lines of a wider file) are left out. Loading the same bytes again changes nothing.
func (s *Store) Load(ctx context.Context, db *database.DB, by access.Scope, in Input) ([]Set, error) {
	b, err := io.ReadAll(io.LimitReader(in.File, geo.DefaultGeoJSONLimits.Bytes+1))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s cannot be read: %v.", in.Name, err)
	}
	sum := sha256.Sum256(b)
	features, err := geo.DecodeGeoJSON(bytes.NewReader(b), geo.GeoJSONLimits{})
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%s: %v.", in.Name, err)
	}
	byLevel, err := sortOut(in, features)
	if err != nil {
		return nil, err
	}
	if in.Vintage != "" && !vintageStr.MatchString(in.Vintage) {
		return nil, fault.New(fault.Invalid, "The vintage %q is not understood: expected a year such as 2024, or a date such as 2024-12-31.", in.Vintage)
	}
	var sets []Set
	var names []Level
	for l := range byLevel {
		names = append(names, l)
	}
	slices.Sort(names)
	if in.Layer != "" && len(names) > 1 {
		if l, ok := ParseLevel(in.Layer); ok {
			names = slices.DeleteFunc(names, func(x Level) bool { return x != l })
		} else {
			return nil, fault.New(fault.Invalid, "%s holds several levels (%s); leave --layer out, or name one of them.", in.Name, join(names))
		}
		if len(names) == 0 {
			return nil, fault.New(fault.Invalid, "%s holds no area of the layer %q.", in.Name, in.Layer)
		}
	}
	for _, l := range names {
		set := Set{ID: s.ids.New(), Level: l, Layer: layerOf(l), File: filepath.Base(in.Name), SHA256: hex.EncodeToString(sum[:]), Areas: len(byLevel[l]),
			LoadedAt: clock.Micros(s.clock.Now()), By: by.Account, Licence: licence(in, features, byLevel[l])}
		if _, known := ParseLevel(in.Layer); in.Layer != "" && !known {
			set.Layer = strings.ToLower(in.Layer)
		}
		if !layerName.MatchString(set.Layer) {
			return nil, fault.New(fault.Invalid, "The layer %q is not understood: expected small letters, digits, - and _, such as lad or boroughs.", set.Layer)
		}
		set.Vintage = cmp.Or(in.Vintage, byLevel[l][0].vintage, yearIn(in.Name), clock.Today(s.clock).Format("2006-01"))
		sets = append(sets, set)
	}
	err = db.Write(ctx, func(tx *database.Tx) error {
		for i := range sets {
			if err := s.keep(ctx, tx, by, &sets[i], byLevel[sets[i].Level]); err != nil {
				return err
			}
		}
		return nil
	})
	return sets, err
}

func join(ls []Level) string {
	out := make([]string, len(ls))
	for i, l := range ls {
		out[i] = string(l)
	}
	return strings.Join(out, ", ")
}

func (s *Store) keep(ctx context.Context, tx *database.Tx, by access.Scope, set *Set, areas []found) error {
	same, err := database.Collect(ctx, tx, scanSet, "SELECT "+setColumns+" FROM boundary_set b WHERE b.sha256 = $1 AND b.level = $2 AND b.layer = $3 AND b.vintage = $4 ORDER BY b.loaded_at LIMIT 1",
		set.SHA256, string(set.Level), set.Layer, set.Vintage)
	if err != nil {
		return err
	}
	if len(same) == 1 {
		*set = same[0]
		set.Already = true
		return nil
	}
	err = tx.Exec(ctx, "INSERT INTO boundary_set (id, layer, level, vintage, file_name, sha256, licence, areas, loaded_at, by_account) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
		set.ID, set.Layer, string(set.Level), set.Vintage, set.File, set.SHA256, set.Licence, set.Areas, set.LoadedAt, set.By)
	if err != nil {
		return err
	}
	rows := make([][]any, 0, len(areas))
	for _, a := range areas {
		properties, err := json.Marshal(a.properties)
		if err != nil {
			return err
		}
		at, ok := a.shape.InnerPoint()
		if !ok {
			return fault.New(fault.Invalid, "%s: the area %s %s has no surface.", set.File, a.code, a.name)
		}
		box := a.shape.Bounds()
		rows = append(rows, []any{set.ID, a.code, a.name, string(properties), string(a.shape.AppendGeoJSON(nil, 6)), at.Lon, at.Lat, box.Min.Lon, box.Min.Lat, box.Max.Lon, box.Max.Lat})
	}
	if err := tx.Insert(ctx, "INSERT INTO boundary (set_id, code, name, properties, geometry, lon, lat, west, south, east, north)", 11, rows, ""); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "boundaries", Subject: set.ID, Words: fmt.Sprintf("%s %s: %d areas", set.Layer, set.Vintage, set.Areas)})
}

func yearIn(name string) string {
	base := filepath.Base(name)
	if m := fileTwo.FindStringSubmatch(base); m != nil {
		return "20" + m[1]
	}
	if m := fileYear.FindStringSubmatch(base); m != nil {
		return m[1]
	}
	return ""
}

func licence(in Input, features []geo.Feature, areas []found) string {
	if in.Licence != "" {
		return in.Licence
	}
	for _, f := range features {
		for _, k := range []string{"licence", "license", "attribution"} {
			if v := f.Property(k); v != "" {
				return v
			}
		}
	}
	if gss.MatchString(areas[0].code) {
		return schematic.Attribution
	}
	return NoLicence
}

// key is what one property of a feature is: the code or name of a level, with its vintage.
type key struct {
	level Level
	code  bool
	year  string
}

var (
	onsKey   = regexp.MustCompile(`^([a-z]+?)([0-9]{2})?_?(cd|code|nm|name)$`)
	keyLevel = func() map[string]Level {
		m := map[string]Level{}
		for _, l := range levels {
			for _, p := range l.prefixes {
				m[p] = l.level
			}
		}
		return m
	}()
)

func keyOf(property string) (key, bool) {
	m := onsKey.FindStringSubmatch(strings.ToLower(property))
	if m == nil {
		return key{}, false
	}
	l, ok := keyLevel[m[1]]
	if !ok {
		return key{}, false
	}
	k := key{level: l, code: m[3] == "cd" || m[3] == "code"}
	if m[2] != "" {
		k.year = "20" + m[2]
	}
	return k, true
}

// sortOut finds the code, name and level of every feature that has a surface.
func sortOut(in Input, features []geo.Feature) (map[Level][]found, error) {
	asked, _ := ParseLevel(in.Layer)
	out := map[Level][]found{}
	seen := map[string]int{}
	for i, f := range features {
		if len(f.Area) == 0 {
			continue
		}
		a, level, err := identify(f, asked)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%s: feature %d: %v.", in.Name, i+1, err)
		}
		k := string(level) + " " + a.code
		if first, twice := seen[k]; twice {
			return nil, fault.New(fault.Invalid, "%s: feature %d has the code %s, which feature %d has too; expected each area once.", in.Name, i+1, a.code, first)
		}
		seen[k] = i + 1
		out[level] = append(out[level], a)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "%s holds no area: expected a GeoJSON FeatureCollection of polygons.", in.Name)
	}
	return out, nil
}

func identify(f geo.Feature, asked Level) (found, Level, error) {
	a := found{properties: f.Properties, shape: f.Area}
	if a.code = f.Property("code"); a.code != "" {
		a.name = cmp.Or(f.Property("name"), a.code)
		level := Level(strings.ToLower(f.Property("level")))
		if l, ok := ParseLevel(string(level)); ok {
			level = l
		}
		if level == "" && asked != "" {
			level = asked
		}
		if level == "" && gss.MatchString(a.code) {
			level = codeLevels[a.code[:3]]
		}
		if level == "" {
			return a, "", fmt.Errorf("the area %s does not say what it is; add the property level, or say --layer lad (pfa, lsoa, …)", a.code)
		}
		return a, level, nil
	}
	codes, names, years := map[Level]string{}, map[Level]string{}, map[Level]string{}
	for p := range f.Properties {
		k, ok := keyOf(p)
		v := f.Property(p)
		if !ok || v == "" || strings.HasSuffix(strings.ToLower(p), "nmw") {
			continue
		}
		if k.code {
			codes[k.level] = v
			years[k.level] = max(years[k.level], k.year)
		} else {
			names[k.level] = v
		}
	}
	for _, l := range levels {
		if codes[l.level] == "" || asked != "" && asked != l.level {
			continue
		}
		a.code, a.name, a.vintage = codes[l.level], cmp.Or(names[l.level], codes[l.level]), years[l.level]
		return a, l.level, nil
	}
	if asked != "" {
		return a, "", fmt.Errorf("it has no code of the layer asked for; its properties are %s", propertyNames(f))
	}
	return a, "", fmt.Errorf("it has no code; expected a property such as LAD24CD, lad_code or code, found %s", propertyNames(f))
}

func propertyNames(f geo.Feature) string {
	var names []string
	for k := range f.Properties {
		names = append(names, k)
	}
	slices.Sort(names)
	if len(names) > 12 {
		names = append(names[:12], "…")
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

const setColumns = "b.id, b.layer, b.level, b.vintage, b.file_name, b.sha256, b.licence, b.areas, b.loaded_at, b.by_account"

func scanSet(r database.Scanner) (Set, error) {
	var s Set
	return s, r.Scan(&s.ID, &s.Layer, (*string)(&s.Level), &s.Vintage, &s.File, &s.SHA256, &s.Licence, &s.Areas, &s.LoadedAt, &s.By)
}

// Sets lists every set, by layer, the latest vintage first.
func (s *Store) Sets(ctx context.Context, q database.Queryer) ([]Set, error) {
	return database.Collect(ctx, q, scanSet, "SELECT "+setColumns+" FROM boundary_set b ORDER BY b.layer, b.vintage DESC, b.loaded_at DESC, b.id DESC")
}
