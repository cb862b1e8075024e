package geo

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"
)

func TestSnapSupports(t *testing.T) {
	for _, c := range []struct {
		use  Use
		cell int
		want bool
	}{
		{UseGridCells, 499, false}, {UseGridCells, 500, true}, {UseGridCells, 250, false}, {UseSmallAreas, 0, true},
		{UsePlaceTypes, 0, true}, {UseNearRepeat, 1000, false}, {UseAddress, 0, false}, {UseDistance, 0, false}, {"divination", 0, false},
	} {
		if r := SnapSupports(c.use, c.cell); r.OK != c.want || r.Reason == "" {
			t.Errorf("SnapSupports(%s, %d) = %+v, want %v with a reason", c.use, c.cell, r, c.want)
		}
	}
}

func TestSinkPoints(t *testing.T) {
	var events []Point
	for i := range 196 {
		events = append(events, Point{float64(i) / 100, 51})
	}
	hospital := Point{0.5, 51.00000004} // within a tenth of a metre of one of the others
	events = append(events, hospital, hospital, Point{1, 51}, Point{1.2, 51})
	r := SinkPoints(events, 2)
	if r.Events != 200 || r.Points != 196 {
		t.Errorf("%d events on %d points, want 200 on 196", r.Events, r.Points)
	}
	want := []PointCount{{Point{0.5, 51}, 3}, {Point{1, 51}, 2}}
	if !slices.Equal(r.Top, want) || r.TopEvents != 5 || r.TopShare() != 0.025 {
		t.Errorf("top = %v with %d events, share %g; want %v", r.Top, r.TopEvents, r.TopShare(), want)
	}
	if !slices.Equal(r.Heavy, want[:1]) { // 2 of 200 is 1 %, not more
		t.Errorf("heavy = %v, want %v", r.Heavy, want[:1])
	}
	if r.TopCentile != 2 || r.TopCentileN != 5 {
		t.Errorf("the first centile is %d points with %d events, want 2 with 5", r.TopCentile, r.TopCentileN)
	}
	if r := SinkPoints(nil, 5); r.Events != 0 || r.TopShare() != 0 || r.TopCentileShare() != 0 || len(r.Heavy) != 0 {
		t.Errorf("no events: %+v", r)
	}
	if r := SinkPoints([]Point{{0, 51}}, -1); len(r.Top) != 0 || len(r.Heavy) != 0 {
		t.Errorf("one event, none asked: %+v", r)
	}
}

// Essex, January to March 2024: 39,962 rows on 11,510 points, and the top 1 % of points hold 13.4 % of crime (counted on
// the same files independently).
func TestSinkPointsEssex(t *testing.T) {
	var events []Point
	rows := 0
	for _, month := range []string{"2024-01", "2024-02", "2024-03"} {
		f, err := os.Open("../../../shared/data/police/" + month + "-essex-street.csv.gz")
		if err != nil {
			t.Skip("the police.uk files of Essex are not at hand")
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(z)
		for first := true; ; first = false {
			rec, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if first {
				continue
			}
			rows++
			lon, err1 := strconv.ParseFloat(rec[4], 64)
			lat, err2 := strconv.ParseFloat(rec[5], 64)
			if err1 == nil && err2 == nil {
				events = append(events, Point{lon, lat})
			}
		}
	}
	got := SinkPoints(events, 10)
	if rows != 39962 || got.Points != 11510 || math.Abs(got.TopCentileShare()-0.134) > 0.0006 {
		t.Errorf("%d rows, %d points, first centile holds %.4f; want 39962, 11510, 0.134", rows, got.Points, got.TopCentileShare())
	}
}
