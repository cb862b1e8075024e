package geo_test

import (
	"fmt"
	"strings"

	"lantern.example/lantern/internal/geo"
)

func ExampleToGrid() {
	p, err := geo.CheckLatLon(51.4894, -0.1199) // the order in which people write them
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := geo.ToGrid(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	ref, err := geo.GridRef(g, 3)
	fmt.Println(ref, err)
	// Output: TQ 306 783 <nil>
}

func ExampleCheckLatLon_swapped() {
	_, err := geo.CheckLatLon(-0.1199, 51.4894)
	fmt.Println(err)
	// Output: latitude -0.1199, longitude 51.4894: the two look swapped; latitudes in the United Kingdom run from 49 to 61
}

func ExampleParsePostcode() {
	for _, s := range []string{"se58tr", "SE5", "AB1O 1AA", "ZZ99 3VZ", "GIR 0AA"} {
		p := geo.ParsePostcode(s)
		fmt.Println(p.Class, p, p.Suggestions)
	}
	// Output:
	// full SE5 8TR []
	// outcode SE5 []
	// malformed  [AB10 1AA]
	// no_fixed_abode ZZ99 3VZ []
	// non_geographic GIR 0AA []
}

func ExampleIndex_Nearest() {
	features, err := geo.DecodeGeoJSON(strings.NewReader(`{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"name":"Northshore"},
		 "geometry":{"type":"Polygon","coordinates":[[[1,52],[1.2,52],[1.2,52.1],[1,52.1],[1,52]]]}}]}`), geo.GeoJSONLimits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ix := geo.NewIndex([]geo.MultiPolygon{features[0].Area})
	pier := geo.Point{Lon: 1.1, Lat: 51.997}
	_, inside := ix.Find(pier)
	area, metres, ok := ix.Nearest(pier, geo.ForeshoreReach)
	fmt.Printf("inside %v; nearest %s at %.0f m, %v\n", inside, features[area].Property("name"), metres, ok)
	// Output: inside false; nearest Northshore at 334 m, true
}

func ExampleCellOf() {
	c := geo.CellOf(geo.Grid{E: 530625, N: 178388}, geo.DefaultCell)
	fmt.Println(c.ID(), c.Centre())
	// Output: 250:2122:713 {530625 178375}
}

func ExampleBlur() {
	home := geo.Grid{E: 530512, N: 178266}
	fmt.Println(geo.Blur(home), geo.Blur(home)) // the same every time
	// Output: {530625 178375} {530625 178375}
}

func ExampleSnapSupports() {
	fmt.Println(geo.SnapSupports(geo.UseGridCells, 500).OK, geo.SnapSupports(geo.UseGridCells, 250).OK, geo.SnapSupports(geo.UseNearRepeat, 0).OK)
	// Output: true false false
}
