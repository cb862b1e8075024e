package gazetteer_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/geo"
	"lantern.example/lantern/internal/intake"
)

var (
	now    = clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	loader = access.System("test", access.Upkeep)
)

func newStore() *gazetteer.Store {
	ids := clock.NewIDs(now, nil)
	return gazetteer.NewStore(now, ids, audit.NewLog(now, ids))
}

// square is a GeoJSON feature: a square of half a degree with its south-west corner given.
func square(west, south float64, properties string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%[2]g,%[3]g],[%[4]g,%[3]g],[%[4]g,%[5]g],[%[2]g,%[5]g],[%[2]g,%[3]g]]]}}`,
		properties, west, south, west+0.5, south+0.5)
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func load(t *testing.T, s *gazetteer.Store, db *database.DB, in gazetteer.Input, text string) []gazetteer.Set {
	t.Helper()
	in.File = strings.NewReader(text)
	sets, err := s.Load(context.Background(), db, loader, in)
	if err != nil {
		t.Fatalf("loading %s: %v", in.Name, err)
	}
	return sets
}

func TestLayerLevelAndVintageAreRecognised(t *testing.T) {
	tests := []struct {
		name, file, layer, properties string
		want                          gazetteer.Set
		code, area                    string
	}{
		{"raw names of the ONS", "LAD_BGC.geojson", "", `"LAD24CD":"E07000066","LAD24NM":"Basildon","LAD24NMW":" ","BNG_E":571000`, gazetteer.Set{Layer: "lad", Level: gazetteer.District, Vintage: "2024"}, "E07000066", "Basildon"},
		{"small letters and a district's force beside it", "lad_uk.geojson", "", `"lad_code":"E07000066","lad_name":"Basildon","pfa_code":"E23000028","pfa_name":"Essex"`, gazetteer.Set{Layer: "lad", Level: gazetteer.District, Vintage: "2026-11"}, "E07000066", "Basildon"},
		{"forces", "PFA_December_2023.geojson", "", `"PFA23CD":"E23000028","PFA23NM":"Essex"`, gazetteer.Set{Layer: "pfa", Level: gazetteer.Force, Vintage: "2023"}, "E23000028", "Essex"},
		{"small areas with a district's code", "london_lsoa21.geojson", "", `"lsoa_code":"E01000001","lsoa_name":"City of London 001A","lad_code":"E09000001"`, gazetteer.Set{Layer: "lsoa", Level: gazetteer.SmallArea, Vintage: "2021"}, "E01000001", "City of London 001A"},
		{"code, name and level", "invented.geojson", "", `"code":"XD01","name":"Netherby","level":"district"`, gazetteer.Set{Layer: "lad", Level: gazetteer.District, Vintage: "2026-11"}, "XD01", "Netherby"},
		{"code without level, by its form", "2019/areas.geojson", "", `"code":"E23000028","name":"Essex"`, gazetteer.Set{Layer: "pfa", Level: gazetteer.Force, Vintage: "2026-11"}, "E23000028", "Essex"},
		{"code without level, told", "areas_2019.geojson", "ward", `"code":"X1","name":"Mill"`, gazetteer.Set{Layer: "wd", Level: gazetteer.Ward, Vintage: "2019"}, "X1", "Mill"},
		{"a layer of its own name", "boroughs.geojson", "boroughs", `"lad_code":"E09000022","lad_name":"Lambeth"`, gazetteer.Set{Layer: "boroughs", Level: gazetteer.District, Vintage: "2026-11"}, "E09000022", "Lambeth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, db := newStore(), databasetest.SQLite(t)
			got := load(t, s, db, gazetteer.Input{Name: tt.file, Layer: tt.layer}, collection(square(0, 52, tt.properties)))[0]
			if got.Layer != tt.want.Layer || got.Level != tt.want.Level || got.Vintage != tt.want.Vintage {
				t.Errorf("got %s, %s, %s; want %s, %s, %s", got.Layer, got.Level, got.Vintage, tt.want.Layer, tt.want.Level, tt.want.Vintage)
			}
			a, err := s.Areas(context.Background(), db.Reader(), tt.want.Level)
			if err != nil {
				t.Fatal(err)
			}
			if x, ok := a.Code(tt.code); !ok || x.Name != tt.area {
				t.Errorf("code %s gives %q, want %q", tt.code, x.Name, tt.area)
			}
		})
	}
}

func TestRefusedBoundaries(t *testing.T) {
	s, db := newStore(), databasetest.SQLite(t)
	tests := []struct{ name, layer, vintage, text, words string }{
		{"not GeoJSON", "", "", `{"type":"Topology"}`, "a.geojson"},
		{"no code", "", "", collection(square(0, 52, `"label":"Netherby"`)), "expected a property such as LAD24CD"},
		{"no level", "", "", collection(square(0, 52, `"code":"X1"`)), "does not say what it is"},
		{"the same area twice", "", "", collection(square(0, 52, `"code":"X1","level":"ward"`), square(1, 52, `"code":"X1","level":"ward"`)), "which feature 1 has too"},
		{"metres", "", "", strings.ReplaceAll(collection(square(0, 52, `"code":"X1","level":"ward"`)), "52", "521000"), "a.geojson"},
		{"points only", "", "", collection(`{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[0,52]}}`), "holds no area"},
		{"a layer with a space", "two words", "", collection(square(0, 52, `"code":"X1","level":"ward"`)), "small letters"},
		{"a vintage in words", "", "last year", collection(square(0, 52, `"code":"X1","level":"ward"`)), "expected a year"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.Load(context.Background(), db, loader, gazetteer.Input{Name: "a.geojson", Layer: tt.layer, Vintage: tt.vintage, File: strings.NewReader(tt.text)})
			words, ok := fault.Words(err)
			if !ok || !fault.Is(err, fault.Invalid) || !strings.Contains(words, tt.words) {
				t.Errorf("got %v; want the user told of %q", err, tt.words)
			}
		})
	}
	if sets, err := s.Sets(context.Background(), db.Reader()); err != nil || len(sets) != 0 {
		t.Errorf("%d sets were kept (%v); want none", len(sets), err)
	}
}

func TestVintagesAndLocate(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, s := context.Background(), newStore()
		load(t, s, db, gazetteer.Input{Name: "old.geojson", Vintage: "2022"}, collection(square(0, 52, `"code":"E07000001","name":"Old Half","level":"district"`), square(0.5, 52, `"code":"E07000002","name":"Other Half","level":"district"`)))
		load(t, s, db, gazetteer.Input{Name: "new.geojson", Vintage: "2024", Licence: "Licence line"}, collection(square(0, 52, `"code":"E06000001","name":"New Whole","level":"district"`)))
		load(t, s, db, gazetteer.Input{Name: "b.geojson", Layer: "boroughs"}, collection(square(0, 52, `"LAD24CD":"E09000099","LAD24NM":"Fine Borough"`)))
		again := load(t, s, db, gazetteer.Input{Name: "new.geojson", Vintage: "2024", Licence: "Licence line"}, collection(square(0, 52, `"code":"E06000001","name":"New Whole","level":"district"`)))
		if !again[0].Already {
			t.Error("the same bytes loaded twice are not recognised")
		}
		sets, err := s.Sets(ctx, db.Reader())
		if err != nil || len(sets) != 3 {
			t.Fatalf("%d sets (%v); want 3: old vintages are kept", len(sets), err)
		}
		load(t, s, db, gazetteer.Input{Name: "pfa.geojson"}, collection(square(0, 52, `"PFA23CD":"E23000099","PFA23NM":"Testshire"`)))
		places := []struct {
			name string
			at   geo.Point
			want []string
		}{
			{"inside; the current vintage of the layer with fewer areas is tied by name", geo.Point{Lon: 0.25, Lat: 52.25}, []string{"inside Fine Borough", "inside Testshire"}},
			{"on the foreshore, a kilometre out", geo.Point{Lon: 0.25, Lat: 51.991}, []string{"nearest Fine Borough", "nearest Testshire"}},
			{"where only the old vintage reached", geo.Point{Lon: 0.75, Lat: 52.25}, nil},
			{"far away", geo.Point{Lon: -3, Lat: 55}, nil},
		}
		for _, p := range places {
			found, err := s.Locate(ctx, db.Reader(), p.at, gazetteer.District, gazetteer.Force, gazetteer.SmallArea)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				got = append(got, string(f.How)+" "+f.Name)
			}
			if !slices.Equal(got, p.want) {
				t.Errorf("%s: got %q, want %q", p.name, got, p.want)
			}
		}
		lines, err := s.Attribution(ctx, db.Reader(), gazetteer.District, gazetteer.Region)
		if err != nil || !slices.Contains(lines, "Licence line") || !slices.Contains(lines, schematic.CoastCredit) {
			t.Errorf("attribution %q (%v); want the loaded licence, and the coast's for the level that has none", lines, err)
		}
		other := newStore() // another process, whose cache knows nothing
		if a, err := other.Areas(ctx, db.Reader(), gazetteer.District); err != nil || len(a.List) != 2 {
			t.Errorf("another process sees %d areas (%v), want 2", len(a.List), err)
		}
	})
}

func TestFindByName(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := newStore()
		load(t, s, db, gazetteer.Input{Name: "x.geojson"}, collection(square(1, 54, `"code":"XF01","name":"Wrenshire","level":"force"`), square(2, 54, `"code":"XD01","name":"Twin","level":"district"`), square(3, 54, `"code":"XD02","name":"Twin","level":"district"`)))
		for _, tt := range []struct {
			text   string
			levels []gazetteer.Level
			code   string
		}{
			{"Wrenshire", []gazetteer.Level{gazetteer.Force}, "XF01"},
			{"xf01", []gazetteer.Level{gazetteer.Force}, "XF01"},
			{"Twin", []gazetteer.Level{gazetteer.District}, ""}, // two have the name
			{"Essex", []gazetteer.Level{gazetteer.Force}, "E23000028"},
			{"Devon and Cornwall", []gazetteer.Level{gazetteer.Force}, "E23000035"},
			{"Lambeth", []gazetteer.Level{gazetteer.Force, gazetteer.District}, "E09000022"},
			{"E09000022", []gazetteer.Level{gazetteer.District}, "E09000022"},
			{"Nowhere at all", []gazetteer.Level{gazetteer.Force, gazetteer.District}, ""},
			{"", []gazetteer.Level{gazetteer.Force}, ""},
		} {
			a, ok, err := s.Find(context.Background(), db.Reader(), tt.text, tt.levels...)
			if err != nil || a.Code != tt.code || ok != (tt.code != "") {
				t.Errorf("Find(%q, %v) = %q, %v, %v; want %q", tt.text, tt.levels, a.Code, ok, err, tt.code)
			}
		}
	})
}

// intakeOf is the intake of a database with the gazetteer as its only sink.
func intakeOf(db *database.DB, s *gazetteer.Store) *intake.Store {
	return intake.NewStore(db, now, clock.NewIDs(now, nil), noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, s)
}

type noJobs struct{}

func (noJobs) Enqueue(context.Context, *database.Tx, string, any) error { return nil }

func bring(t testing.TB, in *intake.Store, name, text string) *intake.Load {
	t.Helper()
	l, err := in.Load(context.Background(), loader, intake.Input{Name: name, File: strings.NewReader(text), Size: int64(len(text)), Agency: "council", Basis: "open"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const directory = `pcd7,pcd8,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,oa21cd,cty25cd,ced25cd,lad26cd,wd25cd,ctry25cd,rgn25cd,lsoa21cd,msoa21cd,lat,long,pfa23cd
SE5 1AA,SE5  1AA,SE5 1AA,199001,,0,530000,180000,1,,,,E09000022,,E92000001,E12000007,E01003000,E02000600,51.500000,-0.120000,E23000001
SE5 1AB,SE5  1AB,SE5 1AB,199001,200506,0,530200,180000,1,,,,E09000022,,E92000001,E12000007,E01003000,E02000600,51.510000,-0.130000,E23000001
SE5 1AD,SE5  1AD,SE5 1AD,199001,,1,,,9,,,,E09000022,,E92000001,E12000007,E01003000,E02000600,99.999999,0.000000,E23000001
WX112AA,WX11 2AA,WX11 2AA,199001,,0,540000,190000,1,,,,E09000001,,E92000001,E12000007,E01003001,E02000600,51.600000,0.100000,E23000034
`

func TestPostcodes(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, s := context.Background(), newStore()
		if p, err := s.LookUp(ctx, db.Reader(), "SE5 1AA"); err != nil || p.Outcome != gazetteer.NoDirectory {
			t.Errorf("without a directory: %v, %v; want %v", p.Outcome, err, gazetteer.NoDirectory)
		}
		in := intakeOf(db, s)
		l := bring(t, in, "onspd.csv", directory)
		if l.Taken != 4 || l.Unlocated != 1 {
			t.Fatalf("%d taken, %d unlocated; want 4 and 1", l.Taken, l.Unlocated)
		}
		tests := []struct {
			text    string
			class   geo.PostcodeClass
			outcome gazetteer.Outcome
			lat     float64
			method  string
			more    string // district, terminated or reason
		}{
			{"se5 1aa", geo.PostcodeFull, gazetteer.LivePostcode, 51.5, "postcode", "E09000022"},
			{"SE51AB", geo.PostcodeFull, gazetteer.TerminatedPostcode, 51.51, "postcode", "2005-06"},
			{"SE5 1AD", geo.PostcodeFull, gazetteer.UnplacedPostcode, 0, "", "no position"},
			{"SE5 9XX", geo.PostcodeFull, gazetteer.UnknownPostcode, 0, "", "not in the directory"},
			{"SE5", geo.PostcodeOutcode, gazetteer.DistrictOnly, 51.505, "outcode mean", "middle of 2 postcodes"},
			{"ZZ99 3VZ", geo.PostcodeNoFixedAbode, gazetteer.NotPlaceable, 0, "", ""},
			{"wx11 2aa", geo.PostcodeFull, gazetteer.LivePostcode, 51.6, "postcode", "E09000001"}, // an area that does not exist, but the directory has it
			{"WX11 2AB", geo.PostcodeMalformed, gazetteer.NotPlaceable, 0, "", ""},
			{"over by the shops", geo.PostcodeMalformed, gazetteer.NotPlaceable, 0, "", ""},
			{"", geo.PostcodeEmpty, gazetteer.NotPlaceable, 0, "", ""},
		}
		for _, tt := range tests {
			p, err := s.LookUp(ctx, db.Reader(), tt.text)
			if err != nil {
				t.Fatal(err)
			}
			lat := 0.0
			if p.At != nil {
				lat = p.At.Lat
			}
			if p.Class != tt.class || p.Outcome != tt.outcome || lat-tt.lat > 1e-9 || tt.lat-lat > 1e-9 || p.Method != tt.method || !strings.Contains(p.District+" "+p.Terminated+" "+p.Reason, tt.more) {
				t.Errorf("%q: got %+v (latitude %v); want %s, %s, %v, %q, %q", tt.text, p, lat, tt.class, tt.outcome, tt.lat, tt.method, tt.more)
			}
			_, exact, err := s.Postcode(ctx, db.Reader(), tt.text)
			if err != nil || exact != (tt.method == "postcode") {
				t.Errorf("Postcode(%q) found = %v (%v), want %v: only a whole postcode is a place", tt.text, exact, err, tt.method == "postcode")
			}
		}
		// The later directory answers, and undone gives the word back to the earlier.
		second := bring(t, in, "onspd-2.csv", strings.ReplaceAll(directory, "51.500000", "51.700000"))
		if p, _ := s.LookUp(ctx, db.Reader(), "SE5 1AA"); p.At == nil || p.At.Lat != 51.7 || p.Dataset != "onspd-2.csv" {
			t.Errorf("the later directory does not answer: %+v", p)
		}
		err := db.Write(ctx, func(tx *database.Tx) error {
			return in.Undo(ctx, tx, access.Scope{Account: "a", Agency: "council"}, second.ID, "the wrong file")
		})
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := s.LookUp(ctx, db.Reader(), "SE5 1AA"); p.At == nil || p.At.Lat != 51.5 {
			t.Errorf("after undoing the later directory: %+v; want the earlier", p)
		}
		if err := in.Purge(ctx, second.ID); err != nil {
			t.Fatal(err)
		}
		if n, _ := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM postcode"); n != 4 {
			t.Errorf("%d postcodes after removing the second directory, want 4", n)
		}
	})
}

// shared opens a file of public data that developers may have beside the project.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../shared/data", name)) //nolint:gosec // a fixed place
	if err != nil {
		t.Skipf("the public file %s is not beside the project", name)
	}
	return b
}

func TestPublicBoundaries(t *testing.T) {
	ctx, s, db := context.Background(), newStore(), databasetest.SQLite(t)
	for _, f := range []struct {
		file  string
		layer string
		areas int
		level gazetteer.Level
	}{
		{"pfa_uk.geojson", "", 45, gazetteer.Force}, {"lad_uk.geojson", "", 361, gazetteer.District}, {"regions_uk.geojson", "", 12, gazetteer.Region},
		{"london_boroughs.geojson", "boroughs", 33, gazetteer.District}, {"london_msoa21.geojson", "", 1002, gazetteer.MiddleArea}, {"london_lsoa21.geojson", "", 4994, gazetteer.SmallArea},
	} {
		b := shared(t, "geo/"+f.file)
		began := time.Now()
		sets, err := s.Load(ctx, db, loader, gazetteer.Input{Name: f.file, Layer: f.layer, File: bytes.NewReader(b)})
		if err != nil {
			t.Fatal(err)
		}
		if len(sets) != 1 || sets[0].Areas != f.areas || sets[0].Level != f.level || sets[0].Licence != schematic.Attribution {
			t.Errorf("%s: got %+v; want %d areas of level %s under the licence of the ONS", f.file, sets, f.areas, f.level)
		}
		t.Logf("%s: %d areas in %v", f.file, f.areas, time.Since(began).Round(time.Millisecond))
	}
	for _, tt := range []struct {
		name string
		at   geo.Point
		want string
	}{
		{"Guildhall", geo.Point{Lon: -0.0921, Lat: 51.5155}, "E01032739 E02000001 E09000001 E23000034 E12000007"},
		{"Brixton", geo.Point{Lon: -0.1149, Lat: 51.4613}, "Lambeth E09000022 E23000001"},
		{"Colchester", geo.Point{Lon: 0.9, Lat: 51.889}, "E07000071 E23000028 E12000006"},
	} {
		found, err := s.Locate(ctx, db.Reader(), tt.at, gazetteer.SmallArea, gazetteer.MiddleArea, gazetteer.District, gazetteer.Force, gazetteer.Region)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range found {
			got += f.Code + " " + f.Name + " "
		}
		for _, w := range strings.Fields(tt.want) {
			if w != "E01032739" && !strings.Contains(got, w) {
				t.Errorf("%s: found %s; want %s", tt.name, got, w)
			}
		}
	}
}

func TestLayerIsGeoJSON(t *testing.T) {
	ctx, s, db := context.Background(), newStore(), databasetest.SQLite(t)
	load(t, s, db, gazetteer.Input{Name: "a.geojson", Vintage: "2024"}, collection(square(0, 52, `"code":"E07000001","name":"A \"quoted\" <name>","level":"district"`)))
	before, err := s.Tag(ctx, db.Reader(), "lad", "2024")
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, db, gazetteer.Input{Name: "b.geojson", Vintage: "2024"}, collection(square(1, 52, `"code":"E07000002","name":"B","level":"district"`)))
	after, err := s.Tag(ctx, db.Reader(), "lad", "2024")
	if err != nil || before == after {
		t.Errorf("the tag stays %s (%v) although the layer grew", after, err)
	}
	var b bytes.Buffer
	if err := s.Layer(ctx, db.Reader(), "lad", "2024", &b); err != nil {
		t.Fatal(err)
	}
	features, err := geo.DecodeGeoJSON(&b, geo.GeoJSONLimits{})
	if err != nil || len(features) != 2 || features[1].Property("label") != `A "quoted" <name>` {
		t.Errorf("the layer reads back as %d features (%v): %v", len(features), err, features)
	}
	if err := s.Layer(ctx, db.Reader(), "lad", "1999", &b); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown vintage gives %v, want not found", err)
	}
}

func BenchmarkPostcodeLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString(strings.SplitAfter(directory, "\n")[0])
	const letters = "ABDEFGHJLNPQRSTUWXYZ"
	for i := range 100_000 {
		pc := fmt.Sprintf("ZZ%d%d%c%c", 10+i/4000, i/400%10, letters[i/20%20], letters[i%20])
		fmt.Fprintf(&text, "%s,%s,%s %s,199001,,0,530000,180000,1,,,,E09000022,,E92000001,E12000007,E0100%04d,E02000600,51.5%05d,-0.12%04d,E23000001\n", pc, pc, pc[:len(pc)-3], pc[len(pc)-3:], i%5000, i, i%10000)
	}
	for b.Loop() {
		db := databasetest.SQLite(b)
		l := bring(b, intakeOf(db, newStore()), "onspd.csv", text.String())
		if l.Taken != 100_000 {
			b.Fatalf("%d taken", l.Taken)
		}
		size, err := database.One(context.Background(), db.Reader(), database.Value[int64], "SELECT page_count * (SELECT page_size FROM pragma_page_size) FROM pragma_page_count")
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size)/100_000, "bytes/postcode")
		b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "postcodes/s")
	}
}
