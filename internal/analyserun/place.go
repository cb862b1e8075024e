package analyserun

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/analysis/density"
	"lantern.example/lantern/internal/analysis/hotspot"
	"lantern.example/lantern/internal/analysis/nearrepeat"
	"lantern.example/lantern/internal/fault"
)

// HotspotOptions are those of the hotspots method: Cell for points, Value and Neighbours for areas.
type HotspotOptions struct {
	Cell         int // metres
	Value        string
	Neighbours   *Input
	Alpha        float64
	Permutations int
	Snapped      bool
	LeaveOut     bool // what the neighbour list names beyond the areas
}

// Hotspots looks for areas that stand out, among areas with a value or in cells of points.
func Hotspots(run Run, in Input, opt HotspotOptions) (Answer, error) {
	if !(opt.Alpha > 0 && opt.Alpha < 1) {
		return Answer{}, fault.New(fault.Invalid, "--alpha %v: expected a number between 0 and 1.", opt.Alpha)
	}
	if opt.Permutations < 99 || opt.Permutations > 10_000_000 {
		return Answer{}, fault.New(fault.Invalid, "--permutations %d: expected 99 to 10,000,000.", opt.Permutations)
	}
	how := hotspot.Options{Alpha: opt.Alpha, Permutations: opt.Permutations, LeaveOut: opt.LeaveOut, Seed: run.Seed, Threads: run.Threads}
	var s *sheet
	var res hotspot.Result
	var err error
	switch {
	case opt.Value != "" && opt.Neighbours != nil:
		s, res, err = hotAreas(in, opt, how)
	case opt.Value != "" || opt.Neighbours != nil:
		return Answer{}, fault.New(fault.Invalid, "Areas need both --value COLUMN and --neighbours FILE.")
	case opt.Cell > 0:
		s, res, err = hotCells(in, opt, how)
	default:
		return Answer{}, fault.New(fault.Invalid, "Points need --cell METRES; areas need --value COLUMN and --neighbours FILE.")
	}
	if err != nil {
		return Answer{}, err
	}
	return run.answer("hotspots", s.sha256, res, hotspotWords(res), "moran", "sentence", "high", "low")
}

func hotAreas(in Input, opt HotspotOptions, how hotspot.Options) (*sheet, hotspot.Result, error) {
	s, err := read(in, "id and "+opt.Value, having("id", opt.Value))
	if err != nil {
		return nil, hotspot.Result{}, err
	}
	id, value := s.column("id"), s.column(opt.Value)
	ids, values, seen := make([]string, len(s.rows)), make([]float64, len(s.rows)), map[string]int{}
	for i := range s.rows {
		if ids[i] = s.text(i, id); ids[i] == "" {
			return nil, hotspot.Result{}, s.bad(i, id, "the area's id")
		}
		if before, again := seen[ids[i]]; again {
			return nil, hotspot.Result{}, s.bad(i, id, fmt.Sprintf("each area once; it stands in row %d already", before))
		}
		seen[ids[i]] = s.numbers[i]
		if values[i], err = s.number(i, value, "a number"); err != nil {
			return nil, hotspot.Result{}, err
		}
	}
	n, err := read(*opt.Neighbours, "i, j", having("i", "j"))
	if err != nil {
		return nil, hotspot.Result{}, err
	}
	links := make([]hotspot.Link, len(n.rows))
	for k := range n.rows {
		links[k] = hotspot.Link{I: n.text(k, n.column("i")), J: n.text(k, n.column("j"))}
		for _, c := range []string{"i", "j"} {
			if n.text(k, n.column(c)) == "" {
				return nil, hotspot.Result{}, n.bad(k, n.column(c), "the id of an area")
			}
		}
	}
	weights, match, err := hotspot.Join(ids, links)
	if err != nil {
		return nil, hotspot.Result{}, n.blame(err)
	}
	res, err := hotspot.Areas(ids, values, weights, &match, how)
	if err != nil {
		return nil, res, s.blame(err)
	}
	return s, res, nil
}

func hotCells(in Input, opt HotspotOptions, how hotspot.Options) (*sheet, hotspot.Result, error) {
	s, err := read(in, "x, y or longitude, latitude", func(s *sheet) bool { return s.has("x", "y") || s.has("longitude", "latitude") })
	if err != nil {
		return nil, hotspot.Result{}, err
	}
	points := hotspot.Points{CellMetres: opt.Cell, Snapped: opt.Snapped}
	find, columns := hotspot.FromGrid, [2]int{s.column("x"), s.column("y")}
	if !s.has("x", "y") {
		find, columns = hotspot.FromLongitudeLatitude, [2]int{s.column("longitude"), s.column("latitude")}
	}
	x, y, err := s.points(columns)
	if err != nil {
		return nil, hotspot.Result{}, err
	}
	res, err := find(x, y, points, how)
	if err != nil {
		return nil, res, s.blame(err)
	}
	return s, res, nil
}

func (s *sheet) points(columns [2]int) (x, y []float64, err error) {
	x, y = make([]float64, len(s.rows)), make([]float64, len(s.rows))
	for i := range s.rows {
		if x[i], err = s.number(i, columns[0], "a number"); err != nil {
			return nil, nil, err
		}
		if y[i], err = s.number(i, columns[1], "a number"); err != nil {
			return nil, nil, err
		}
	}
	return x, y, nil
}

func hotspotWords(res hotspot.Result) string {
	finding := ""
	if res.Sentence != nil {
		finding = *res.Sentence
	}
	p := newPage(res.Refused, res.Reasons, finding)
	var rows [][]string
	for _, a := range res.Areas {
		if a.Significant {
			rows = append(rows, []string{a.ID, number(a.Value), maybeNumber(a.GiStarZ), maybeNumber(a.GiStarPFDR), a.Class})
		}
	}
	p.longTable("Areas that stand out", []string{"area", "value", "Gi* z", "p (adjusted)", "class"}, rows)
	if m := res.Moran; m != nil && !res.Refused {
		p.table("The whole map", []string{"Moran's I", "expected", "z"}, [][]string{{number(m.I), number(m.Expected), number(m.Z)}})
	}
	p.list("Read with care", res.Warnings)
	return p.String()
}

// NearRepeatOptions are those of the nearrepeat method.
type NearRepeatOptions struct {
	Distance     string // edges of the bands, metres
	Days         string
	Metric       string
	Permutations int
	Snapped      bool
}

// NearRepeat asks whether events near each other in space are also near each other in time.
func NearRepeat(run Run, in Input, opt NearRepeatOptions) (Answer, error) {
	how := nearrepeat.Options{Metric: nearrepeat.Metric(opt.Metric), Permutations: opt.Permutations, Seed: run.Seed, Threads: run.Threads, Snapped: opt.Snapped}
	if opt.Permutations < 1 || opt.Permutations > 10_000_000 {
		return Answer{}, fault.New(fault.Invalid, "--permutations %d: expected 1 to 10,000,000.", opt.Permutations)
	}
	var err error
	if how.Distance, err = nearrepeat.ParseEdges(opt.Distance); err != nil {
		return Answer{}, fault.Wrap(fault.Invalid, err, "--distance %s: %v.", opt.Distance, err)
	}
	if how.Days, err = nearrepeat.ParseEdges(opt.Days); err != nil {
		return Answer{}, fault.Wrap(fault.Invalid, err, "--days %s: %v.", opt.Days, err)
	}
	s, err := read(in, "x, y, date", having("x", "y", "date"))
	if err != nil {
		return Answer{}, err
	}
	x, y, err := s.points([2]int{s.column("x"), s.column("y")})
	if err != nil {
		return Answer{}, err
	}
	events := make([]nearrepeat.Event, len(s.rows))
	for i := range s.rows {
		day, monthOnly, ok := parseDay(s.text(i, s.column("date")))
		if !ok {
			return Answer{}, s.bad(i, s.column("date"), "a date such as 2024-01-31 or 31/01/2024")
		}
		how.MonthsOnly = how.MonthsOnly || monthOnly
		events[i] = nearrepeat.Event{X: x[i], Y: y[i], Date: day}
	}
	res, err := nearrepeat.Knox(events, how)
	if err != nil {
		return Answer{}, s.blame(err)
	}
	return run.answer("nearrepeat", s.sha256, res, nearRepeatWords(res), "sentence")
}

// parseDay reads a day, or a month, for which monthOnly is true. Days with slashes are read day first.
func parseDay(text string) (day time.Time, monthOnly, ok bool) {
	if day, err := time.Parse("2006-01", text); err == nil {
		return day, true, true
	}
	for _, form := range []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.RFC3339, "2/1/2006", "2/1/2006 15:04", "2/1/2006 15:04:05"} {
		if day, err := time.Parse(form, text); err == nil {
			return day, false, true
		}
	}
	return time.Time{}, false, false
}

func nearRepeatWords(res nearrepeat.Result) string {
	finding := ""
	if res.Sentence != nil {
		finding = *res.Sentence
	}
	p := newPage(res.Refused, res.Reasons, finding)
	band := func(b nearrepeat.Band, unit string) string {
		if b.To == nil {
			return number(b.From) + " " + unit + " or more"
		}
		return number(b.From) + " to under " + number(*b.To) + " " + unit
	}
	var rows [][]string
	for _, c := range res.Bands {
		rows = append(rows, []string{band(c.Distance, "m"), band(c.Days, "days"), number(float64(c.Observed)), number(c.Expected), maybeNumber(c.Ratio), number(c.P)})
	}
	p.longTable("Pairs of events", []string{"apart", "within", "observed", "expected", "ratio", "p"}, rows)
	p.list("Read with care", res.Warnings)
	return p.String()
}

// DensityOptions are those of the density method.
type DensityOptions struct {
	Bandwidth float64 // metres; 0 is worked out
	Window    string  // x0,x1,y0,y1
	Size      int
	AtPoints  bool
	// Uncorrected leaves out the edge correction.
	Uncorrected bool
}

// Density draws a smooth surface of events.
func Density(run Run, in Input, opt DensityOptions) (Answer, error) {
	how := density.Options{Bandwidth: opt.Bandwidth, Size: opt.Size, AtPoints: opt.AtPoints, Uncorrected: opt.Uncorrected, Threads: run.Threads}
	switch {
	case !(opt.Bandwidth >= 0 && opt.Bandwidth < 1e9):
		return Answer{}, fault.New(fault.Invalid, "--bandwidth %v: expected metres, above 0.", opt.Bandwidth)
	case opt.Size < 2 || opt.Size > 8192:
		return Answer{}, fault.New(fault.Invalid, "--size %d: expected 2 to 8192.", opt.Size)
	}
	if opt.Window != "" {
		w, err := parseWindow(opt.Window)
		if err != nil {
			return Answer{}, err
		}
		how.Window = w
	}
	s, err := read(in, "x, y", having("x", "y"))
	if err != nil {
		return Answer{}, err
	}
	x, y, err := s.points([2]int{s.column("x"), s.column("y")})
	if err != nil {
		return Answer{}, err
	}
	res, err := density.Estimate(x, y, how)
	if err != nil {
		return Answer{}, s.blame(err)
	}
	return run.answer("density", s.sha256, res, densityWords(res), "bandwidth_m", "grid", "at_points")
}

func parseWindow(text string) (*density.Window, error) {
	parts := strings.Split(text, ",")
	var v [4]float64
	for i, part := range parts {
		n, err := parseNumber(strings.TrimSpace(part))
		if err != nil || len(parts) != len(v) {
			return nil, fault.New(fault.Invalid, "--window %s: expected x0,x1,y0,y1.", text)
		}
		v[i] = n
	}
	if v[0] >= v[1] || v[2] >= v[3] {
		return nil, fault.New(fault.Invalid, "--window %s: expected x0 below x1 and y0 below y1.", text)
	}
	return &density.Window{X0: v[0], X1: v[1], Y0: v[2], Y1: v[3]}, nil
}

func densityWords(res density.Result) string {
	if res.Refused || res.Grid == nil || res.Bandwidth == nil {
		p := newPage(res.Refused, res.Reasons, "")
		p.list("Read with care", res.Warnings)
		return p.String()
	}
	g := res.Grid
	top := 0
	for i, v := range g.Values {
		if v > g.Values[top] {
			top = i
		}
	}
	const perHectare = 10_000
	p := newPage(false, nil, "Events are densest around "+number(round(g.X0+float64(top%g.NX)*g.Step))+" east, "+number(round(g.Y0+float64(top/g.NX)*g.Step))+
		" north: "+number(g.Values[top]*perHectare)+" events a hectare, smoothed over "+number(round(*res.Bandwidth))+" m.")
	p.table("What it rests on", []string{"events", "outside the window", "bandwidth", "cells", "edge corrected"},
		[][]string{{strconv.Itoa(res.Events), strconv.Itoa(res.Outside), number(*res.Bandwidth) + " m", strconv.Itoa(g.NX) + " by " + strconv.Itoa(g.NY), map[bool]string{true: "yes", false: "no"}[res.EdgeCorrected]}})
	p.list("Read with care", res.Warnings)
	return p.String()
}
