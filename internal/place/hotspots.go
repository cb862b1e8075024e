package place

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/analysis/hotspot"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/geo"
)

// CellMetres is the side of a hot-spot cell: the smallest that points moved before publication support.
const CellMetres = geo.SnapMinCell

// Options says which events are looked at and what may be shown.
type Options struct {
	event.Query
	// TrueCounts shows small counts of partners' events. Open data is published already and always shown.
	TrueCounts bool
	Threshold  int     // 0 means 5
	Alpha      float64 // 0 means 0.05
	// Points chooses "exact" (partners' own) or "snapped" (moved before publication) when there are both; "" takes
	// whichever are more. They are never put together: the same crime would be counted twice.
	Points string
}

// Cell is one square that holds events or stands out.
type Cell struct {
	ID          string    `json:"id"`
	Count       *int      `json:"count"` // nil: hidden because small
	GiStarZ     *float64  `json:"gi_star_z"`
	GiStarPFDR  *float64  `json:"gi_star_p_fdr"`
	Significant bool      `json:"significant"`
	High        bool      `json:"high"` // significant, and above what chance would give
	Edge        bool      `json:"edge"` // lacks neighbours: read with care
	Centre      geo.Point `json:"-"`
	Ring        geo.Ring  `json:"-"`
	Area        string    `json:"area,omitempty"` // name of its ward or district, where boundaries are loaded
	Ref         string    `json:"grid_ref"`       // grid reference of its middle, to 100 m
}

// Hotspots is where events lie together more than chance would have it.
type Hotspots struct {
	Unit       string   `json:"unit"` // "cell"
	CellMetres int      `json:"cell_m"`
	Method     string   `json:"method"`
	Alpha      float64  `json:"alpha"`
	Areas      []Cell   `json:"areas"` // those with events, and those that stand out
	Cells      int      `json:"cells"` // all that were compared, also the empty ones
	High       int      `json:"high"`
	Events     int      `json:"events"` // on the map
	Snapped    bool     `json:"snapped"`
	Suppressed bool     `json:"suppressed"` // small counts are hidden
	Threshold  int      `json:"threshold"`
	Sentence   string   `json:"sentence"`
	Base       string   `json:"base"`
	Refused    bool     `json:"refused"`
	Reasons    []string `json:"reasons"`
	Warnings   []string `json:"warnings"`
	// SinkPoints is how many positions make up the most frequent 1 %, SinkEvents how many events lie on them.
	SinkPoints int `json:"sink_points"`
	SinkEvents int `json:"sink_events"`
}

// Hotspots looks for squares of 500 m on the National Grid that stand out, by Gi* with the false discovery rate
// held. Where force boundaries are loaded only squares in the forces that hold the events are compared, else the
// rectangle around them.
//
// Where small counts are hidden, so are all z and p: with them the hidden counts could be worked out.
func (s *Store) Hotspots(ctx context.Context, q database.Queryer, scope access.Scope, opt Options) (Hotspots, error) {
	if opt.Threshold == 0 {
		opt.Threshold = disclosure.DefaultThreshold
	}
	if opt.Alpha == 0 {
		opt.Alpha = hotspot.DefaultAlpha
	}
	h := Hotspots{Unit: "cell", CellMetres: CellMetres, Alpha: opt.Alpha, Threshold: opt.Threshold, Areas: []Cell{}, Reasons: []string{}, Warnings: []string{},
		Method: "Getis-Ord Gi* on counts in square cells of the British National Grid, p adjusted by Benjamini and Hochberg"}
	var exact, snapped []geo.Point
	err := s.events.Points(ctx, q, scope, opt.Query, func(p geo.Point, moved bool) {
		if moved {
			snapped = append(snapped, p)
		} else {
			exact = append(exact, p)
		}
	})
	if err != nil {
		return h, err
	}
	points := h.choose(exact, snapped, opt)
	h.Suppressed = !h.Snapped && !opt.TrueCounts
	g, err := h.grid(ctx, q, s.gazetteer, points)
	if err != nil || h.Refused {
		return h, err
	}
	res, err := hotspot.FromGrid(g.x, g.y, hotspot.Points{CellMetres: h.CellMetres, Snapped: h.Snapped, Within: g.within}, hotspot.Options{Alpha: opt.Alpha, Permutations: -1})
	if err != nil {
		return h, err
	}
	h.Warnings = append(h.Warnings, res.Warnings...)
	if res.Refused {
		h.refuse(res.Reasons...)
		return h, nil
	}
	h.Events, h.Cells = res.Matched, res.N
	if err := h.cells(res); err != nil {
		return h, err
	}
	h.sinks(points, opt.Threshold)
	if err := h.names(ctx, q, s.gazetteer); err != nil {
		return h, err
	}
	if err := h.hide(); err != nil {
		return h, err
	}
	h.say()
	return h, nil
}

// choose takes one sort of points.
func (h *Hotspots) choose(exact, snapped []geo.Point, opt Options) []geo.Point {
	h.Snapped = len(snapped) > len(exact)
	switch opt.Points {
	case "exact":
		h.Snapped = false
	case "snapped":
		h.Snapped = true
	}
	kept, left, which := exact, snapped, "points moved before publication"
	if h.Snapped {
		kept, left, which = snapped, exact, "exact points"
	}
	if len(kept) > 0 && len(left) > 0 {
		h.Warnings = append(h.Warnings, fmt.Sprintf("%s events with %s are left out: the same crime may be among both", figure.Group(len(left)), which))
	}
	return kept
}

func (h *Hotspots) refuse(reasons ...string) {
	h.Refused, h.Reasons = true, append(h.Reasons, reasons...)
	h.Sentence = "We cannot say where events gather: " + strings.Join(reasons, "; ") + "."
}

// plane is events on the National Grid, and the cells to compare.
type plane struct {
	x, y   []float64
	within func(geo.Grid) bool
}

const (
	mostCells  = 400_000 // beyond these the cells grow
	forceShare = 100     // a force counts when it holds at least one event in so many
)

func (h *Hotspots) grid(ctx context.Context, q database.Queryer, g *gazetteer.Store, points []geo.Point) (plane, error) {
	var out plane
	forces, err := g.Areas(ctx, q, gazetteer.Force)
	if err != nil {
		return out, err
	}
	held := map[string]int{}
	away := 0
	for _, p := range points {
		if forces.Loaded() {
			if f, ok := forces.Locate(p); ok {
				held[f.Code]++
			}
		}
		b, err := geo.ToGrid(p)
		if err != nil {
			away++
			continue
		}
		out.x, out.y = append(out.x, b.E), append(out.y, b.N)
	}
	if away > 0 {
		h.Warnings = append(h.Warnings, fmt.Sprintf("%s of %s events are not on the National Grid and are left out", figure.Group(away), figure.Group(len(points))))
	}
	if len(out.x) == 0 {
		h.refuse("no event that you may read has a place on the map")
		return out, nil
	}
	for code, n := range held {
		if n*forceShare < len(points) {
			delete(held, code)
		}
	}
	if len(held) > 0 {
		out.within = within(forces, held)
		out.keep(held, forces, h)
	}
	for _, size := range []int{CellMetres, 2 * CellMetres, 4 * CellMetres, 10 * CellMetres, 20 * CellMetres} {
		if h.CellMetres = size; rectangle(out.x, out.y, size) <= mostCells {
			break
		}
	}
	if out.within == nil {
		out.within = beside(out.x, out.y, h.CellMetres)
		h.Method += ", among squares with an event and those beside them"
		h.Warnings = append(h.Warnings, "no police force's boundary is loaded, so squares with an event and those beside them were compared, and not sea and empty country: load the boundaries to compare the whole area")
	}
	if h.CellMetres > CellMetres {
		h.Warnings = append(h.Warnings, fmt.Sprintf("the events cover so wide an area that cells of %d m are used instead of %d m", h.CellMetres, CellMetres))
	}
	return out, nil
}

// within says whether the middle of a cell lies in one of the forces.
func within(forces *gazetteer.Areas, held map[string]int) func(geo.Grid) bool {
	return func(c geo.Grid) bool {
		p, err := geo.ToPoint(c)
		if err != nil {
			return false
		}
		f, ok := forces.Locate(p)
		return ok && held[f.Code] > 0
	}
}

// beside says whether a cell has an event in it or touches one that has. Where no boundary says how far the area
// reaches, the rectangle around the events would be mostly sea and fields, beside which every town stands out.
func beside(x, y []float64, size int) func(geo.Grid) bool {
	type at struct{ column, row int }
	of := func(e, n float64) at {
		return at{int(math.Floor(e / float64(size))), int(math.Floor(n / float64(size)))}
	}
	near := map[at]bool{}
	for i := range x {
		c := of(x[i], y[i])
		for dc := -1; dc <= 1; dc++ {
			for dr := -1; dr <= 1; dr++ {
				near[at{c.column + dc, c.row + dr}] = true
			}
		}
	}
	return func(c geo.Grid) bool { return near[of(c.E, c.N)] }
}

// keep drops the events far from the forces, which would stretch the map.
func (p *plane) keep(held map[string]int, forces *gazetteer.Areas, h *Hotspots) {
	in := within(forces, held)
	n := 0
	for i := range p.x {
		if in(geo.Grid{E: p.x[i], N: p.y[i]}) {
			p.x[n], p.y[n] = p.x[i], p.y[i]
			n++
		}
	}
	if left := len(p.x) - n; left > 0 {
		h.Warnings = append(h.Warnings, fmt.Sprintf("%s events lie outside the %d forces that hold the others and are left out", figure.Group(left), len(held)))
	}
	p.x, p.y = p.x[:n], p.y[:n]
}

func rectangle(x, y []float64, size int) float64 {
	side := float64(size)
	columns := math.Floor(slices.Max(x)/side) - math.Floor(slices.Min(x)/side) + 1
	return columns * (math.Floor(slices.Max(y)/side) - math.Floor(slices.Min(y)/side) + 1)
}

// cells keeps those with events and those that stand out.
func (h *Hotspots) cells(res hotspot.Result) error {
	for _, a := range res.Areas {
		if a.Value == 0 && !a.Significant {
			continue
		}
		n := int(a.Value)
		cell, err := geo.ParseCellID(a.ID)
		if err != nil {
			return err
		}
		c := Cell{ID: a.ID, Count: &n, GiStarZ: a.GiStarZ, GiStarPFDR: a.GiStarPFDR, Significant: a.Significant, Edge: a.Edge}
		c.High = a.Significant && a.GiStarZ != nil && *a.GiStarZ > 0
		if c.Ring, err = cell.Ring(); err != nil {
			continue // beyond the grid, where nothing can be drawn
		}
		if c.Centre, err = geo.ToPoint(cell.Centre()); err != nil {
			continue
		}
		if c.Ref, err = geo.GridRef(cell.Centre(), 3); err != nil {
			continue
		}
		if c.High {
			h.High++
		}
		h.Areas = append(h.Areas, c)
	}
	slices.SortStableFunc(h.Areas, func(a, b Cell) int {
		if a.High != b.High {
			if a.High {
				return -1
			}
			return 1
		}
		return *b.Count - *a.Count
	})
	return nil
}

func (h *Hotspots) names(ctx context.Context, q database.Queryer, g *gazetteer.Store) error {
	for i := range h.Areas {
		in, err := g.Locate(ctx, q, h.Areas[i].Centre, gazetteer.Ward, gazetteer.District, gazetteer.County)
		if err != nil {
			return err
		}
		if len(in) > 0 {
			h.Areas[i].Area = in[0].Name
		}
	}
	return nil
}

// sinks counts the events on the most frequent points.
func (h *Hotspots) sinks(points []geo.Point, threshold int) {
	r := geo.SinkPoints(points, 1)
	if r.TopCentileN >= threshold {
		h.SinkPoints, h.SinkEvents = r.TopCentile, r.TopCentileN
	}
}

// hide takes out small counts, further counts by which these could be worked out, and everything computed from
// them; what is left is in an order that tells nothing.
func (h *Hotspots) hide() error {
	if !h.Suppressed {
		return nil
	}
	counts := make([]int, len(h.Areas))
	for i, a := range h.Areas {
		counts[i] = *a.Count
	}
	res, err := disclosure.List(counts, true, disclosure.Options{Threshold: h.Threshold})
	if err != nil {
		return err
	}
	if res.Refused {
		h.Areas, h.High = []Cell{}, 0
		h.refuse(res.Reasons...)
		return nil
	}
	for i := range h.Areas {
		h.Areas[i].Count, h.Areas[i].GiStarZ, h.Areas[i].GiStarPFDR = res.Counts[i], nil, nil
	}
	if res.Total == nil {
		h.Events = 0
	}
	slices.SortStableFunc(h.Areas, func(a, b Cell) int {
		switch {
		case a.High != b.High:
			if a.High {
				return -1
			}
			return 1
		case a.Count != nil && b.Count != nil && *a.Count != *b.Count:
			return *b.Count - *a.Count
		case (a.Count == nil) != (b.Count == nil):
			if b.Count == nil {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	h.Warnings = append(h.Warnings, fmt.Sprintf("counts under %d are hidden, and further ones by which these could be worked out; z and p are left out for the same reason", h.Threshold))
	return nil
}

func (h *Hotspots) say() {
	if h.Refused {
		return
	}
	size := fmt.Sprintf("%d m", h.CellMetres)
	switch {
	case h.High == 0:
		h.Sentence = fmt.Sprintf("No square of %s stands out: events lie no closer together than chance would have it.", size)
	default:
		h.Sentence = fmt.Sprintf("%s of %s squares of %s %s out", figure.Group(h.High), figure.Group(h.Cells), size, plural(h.High, "stands", "stand"))
		if held, ok := h.held(); ok {
			h.Sentence += fmt.Sprintf(" and %s %s of %s events", plural(h.High, "holds", "together hold"), figure.Group(held), figure.Group(h.Events))
		}
		h.Sentence += "."
		if top := h.Areas[0]; top.High && top.Area != "" && top.Count != nil {
			h.Sentence += fmt.Sprintf(" The busiest is in %s, with %s.", top.Area, figure.Group(*top.Count))
		}
	}
	if h.SinkEvents > 0 && h.Events > 0 {
		h.Sentence += fmt.Sprintf(" The most used %s %s of the events.", plural(h.SinkPoints, "point holds", figure.Group(h.SinkPoints)+" points hold"), figure.Group(h.SinkEvents))
	}
	points := "partners’ exact points"
	if h.Snapped {
		points = "points moved to a nearby spot before publication: " + geo.SnapSupports(geo.UseGridCells, h.CellMetres).Reason
	}
	h.Base = fmt.Sprintf("%s events; %s squares of %s compared, empty ones included; %s, false discovery rate %s; %s", figure.Group(h.Events), figure.Group(h.Cells), size, "Gi*", figure.Plain(h.Alpha), points)
}

// held is how many events lie in the cells that stand out, when none of their counts is hidden.
func (h *Hotspots) held() (int, bool) {
	n := 0
	for _, a := range h.Areas {
		if !a.High {
			continue
		}
		if a.Count == nil {
			return 0, false
		}
		n += *a.Count
	}
	return n, h.Events > 0
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
