package hotspot

import (
	"fmt"
	"math"
	"slices"
)

// Defaults of [Options].
const (
	DefaultAlpha        = 0.05
	DefaultPermutations = 9999
	maxPermutations     = 10_000_000
	minAreas            = 4 // the randomisation variance of Moran's I needs four
)

// Options says how to look. The zero value is alpha 0.05, 9,999 permutations
// with seed 0, one thread.
type Options struct {
	Alpha        float64
	Permutations int // of local Moran; 0 means 9,999, negative none
	// WithoutReplacement draws an area's neighbours without replacement, as PySAL
	// does and as Anselin (1995) describes; see the package comment.
	WithoutReplacement bool
	// LeaveOut takes a neighbour list that names ids which are no areas, and
	// leaves those out. Without it such a list is refused.
	LeaveOut bool
	Seed     uint64
	Threads  int // 0 means 1; the answer is the same for any number
}

// Moran is Moran's I over the whole map.
type Moran struct {
	I        float64 `json:"i"`
	Expected float64 `json:"expected"`
	Variance float64 `json:"variance"` // under randomisation
	Z        float64 `json:"z"`
}

// Area is what is said of one area. Nil is what cannot be worked out, for
// instance for an area without neighbours.
type Area struct {
	ID             string   `json:"id"`
	Value          float64  `json:"value"`
	Neighbours     int      `json:"neighbours"`
	GiStarZ        *float64 `json:"gi_star_z"`
	GiZ            *float64 `json:"gi_z"`
	GiStarP        *float64 `json:"gi_star_p"`     // two-sided
	GiStarPFDR     *float64 `json:"gi_star_p_fdr"` // Benjamini-Hochberg over all areas
	LocalMoran     *float64 `json:"local_moran"`
	LocalMoranP    *float64 `json:"local_moran_p"` // two-sided, by permutation
	LocalMoranPFDR *float64 `json:"local_moran_p_fdr"`
	// Class is High-High, Low-Low, High-Low or Low-High: the area, then the mean
	// of its neighbours, against the mean of all. It says nothing of significance.
	Class       string `json:"class"`
	Significant bool   `json:"significant"` // GiStarPFDR below alpha
	Edge        bool   `json:"edge"`        // a grid cell at the edge of the map
}

// Result is the answer for one map.
type Result struct {
	N                 int      `json:"n"`
	Matched           int      `json:"matched"`
	Unmatched         int      `json:"unmatched"`
	UnknownIDs        []string `json:"unknown_ids"`
	WithoutNeighbours []string `json:"without_neighbours"`
	Moran             *Moran   `json:"moran"`
	Areas             []Area   `json:"areas"`
	High              []string `json:"high"` // significant and above expectation
	Low               []string `json:"low"`  // significant and below expectation
	Alpha             float64  `json:"alpha"`
	Permutations      int      `json:"permutations"`
	CellMetres        int      `json:"cell_m,omitempty"`
	Sentence          *string  `json:"sentence"`
	Refused           bool     `json:"refused"`
	Reasons           []string `json:"reasons"`
	Warnings          []string `json:"warnings"`
}

func (o Options) normalise() (Options, error) {
	if o.Alpha == 0 {
		o.Alpha = DefaultAlpha
	}
	switch {
	case o.Permutations == 0:
		o.Permutations = DefaultPermutations
	case o.Permutations < 0:
		o.Permutations = 0
	}
	o.Threads = max(1, o.Threads)
	if !(o.Alpha > 0 && o.Alpha < 1) {
		return o, fmt.Errorf("alpha is %v: expected a number between 0 and 1", o.Alpha)
	}
	if o.Permutations > maxPermutations {
		return o, fmt.Errorf("%d permutations: expected %d at most", o.Permutations, maxPermutations)
	}
	return o, nil
}

// Areas looks for areas that stand out. ids name the areas; match is what [Join]
// said, or nil. Values that are not numbers are errors; a neighbour list that
// names ids which are no areas (unless Options.LeaveOut), fewer than four areas,
// no neighbours at all and equal values everywhere are refused with reasons.
func Areas(ids []string, values []float64, w Weights, match *Match, opt Options) (Result, error) {
	opt, err := opt.normalise()
	if err != nil {
		return Result{}, err
	}
	n := len(values)
	if len(ids) != n || w.start == nil && n > 0 || w.start != nil && w.Len() != n {
		return Result{}, fmt.Errorf("there are %d ids, %d values and weights for %d areas: expected as many of each", len(ids), n, max(0, w.Len()))
	}
	for i, v := range values {
		if !finite(v) || math.Abs(v) > maxValue {
			return Result{}, fmt.Errorf("area %q has the value %v: expected a number", ids[i], v)
		}
	}
	res := Result{N: n, Matched: n, Alpha: opt.Alpha, Permutations: opt.Permutations, UnknownIDs: []string{}, WithoutNeighbours: []string{}, Reasons: []string{}, Warnings: []string{}}
	if match != nil {
		res.Matched, res.Unmatched, res.UnknownIDs = match.Matched, match.Unmatched, match.UnknownIDs
		res.Warnings = append(res.Warnings, match.Warnings...)
	}
	if match != nil && !opt.LeaveOut {
		if reason := match.unknown(); reason != "" {
			res.Refused, res.Reasons = true, []string{reason}
			return res, nil
		}
	}
	if reason := refusal(values, w); reason != "" {
		res.Refused, res.Reasons = true, []string{reason}
		return res, nil
	}
	m := newMoments(values)
	res.work(ids, values, w, m, opt)
	return res, nil
}

// maxValue keeps fourth powers finite.
const maxValue = 1e60

// refusal says why a map has no answer, or "".
func refusal(values []float64, w Weights) string {
	n := len(values)
	switch {
	case n < minAreas:
		return fmt.Sprintf("the map has %s: at least %d are needed to tell one from another", number(n, "area", "areas"), minAreas)
	case w.Links() == 0:
		return "no area has a neighbour: there is nothing to compare an area with"
	case slices.Min(values) == slices.Max(values):
		return fmt.Sprintf("all %d areas have the same value, %g: none can stand out", n, values[0])
	}
	return ""
}

// work fills in the result of a map that has an answer.
func (r *Result) work(ids []string, values []float64, w Weights, m moments, opt Options) {
	r.Areas = make([]Area, r.N)
	islands := 0
	for i := range r.Areas {
		r.Areas[i] = area(ids[i], values, w, m, i)
		if r.Areas[i].Neighbours == 0 {
			islands++
			r.WithoutNeighbours = append(r.WithoutNeighbours, ids[i])
		}
	}
	r.Moran = moranI(values, w, m, islands)
	if r.Moran == nil {
		r.Warnings = append(r.Warnings, "Moran's I cannot be worked out: fewer than four areas have neighbours")
	}
	if opt.Permutations > 0 {
		p := permute(values, w, opt)
		for i := range r.Areas {
			r.Areas[i].LocalMoranP = p[i]
		}
	}
	adjust(r.Areas, func(a *Area) **float64 { return &a.GiStarP }, func(a *Area) **float64 { return &a.GiStarPFDR })
	adjust(r.Areas, func(a *Area) **float64 { return &a.LocalMoranP }, func(a *Area) **float64 { return &a.LocalMoranPFDR })
	r.High, r.Low = []string{}, []string{}
	for i := range r.Areas {
		a := &r.Areas[i]
		if a.Significant = a.GiStarPFDR != nil && *a.GiStarPFDR < opt.Alpha; !a.Significant {
			continue
		}
		if *a.GiStarZ > 0 {
			r.High = append(r.High, a.ID)
		} else {
			r.Low = append(r.Low, a.ID)
		}
	}
	s := r.sentence()
	r.Sentence = &s
	r.caution(islands)
}

// sentence says what stands out, with its base.
func (r *Result) sentence() string {
	base := fmt.Sprintf("of %d areas (Gi*, false discovery rate %g)", r.N, r.Alpha)
	switch {
	case len(r.High) == 0 && len(r.Low) == 0:
		return fmt.Sprintf("No area stands out %s.", base)
	case len(r.Low) == 0:
		return fmt.Sprintf("%d %s stand out as high: %s.", len(r.High), base, some(r.High))
	case len(r.High) == 0:
		return fmt.Sprintf("%d %s stand out as low: %s; none as high.", len(r.Low), base, some(r.Low))
	}
	return fmt.Sprintf("%d %s stand out as high: %s; and %d as low: %s.", len(r.High), base, some(r.High), len(r.Low), some(r.Low))
}

// caution adds what a reader should know about this map.
func (r *Result) caution(islands int) {
	if islands > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%s no neighbours: Gi* rests on the own value alone, Gi and local Moran are not worked out", number(islands, "area has", "areas have")))
	}
	if r.N < 30 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d areas are few: the z-scores are rough below about 30", r.N))
	}
	if b := r.Permutations; b > 0 && 2/float64(b+1) > r.Alpha/float64(r.N) {
		r.Warnings = append(r.Warnings, fmt.Sprintf("with %d permutations one area alone among %d can never pass the false discovery rate for local Moran: use at least %d", b, r.N, int(math.Ceil(2*float64(r.N)/r.Alpha))))
	}
}

// moments are sums over all areas.
type moments struct {
	n, mean     float64
	sum, square float64 // of the values less their mean: sum is ~0
	m2, m4      float64 // second and fourth central moments
	z           []float64
}

func newMoments(values []float64) moments {
	m := moments{n: float64(len(values)), z: make([]float64, len(values))}
	for _, v := range values {
		m.mean += v / m.n
	}
	for i, v := range values {
		z := v - m.mean
		m.z[i] = z
		m.sum += z
		m.square += z * z
		m.m4 += z * z * z * z / m.n
	}
	m.m2 = m.square / m.n
	return m
}

// area works out everything about area i that needs no permutation.
func area(id string, values []float64, w Weights, m moments, i int) Area {
	near := w.Of(i)
	a := Area{ID: id, Value: values[i], Neighbours: len(near)}
	lag := 0.0 // of deviations from the mean
	for _, j := range near {
		lag += m.z[j]
	}
	k := float64(len(near))
	a.GiStarZ = giZ(lag+m.z[i], k+1, m.n, m.sum, m.square, m.m2)
	a.GiStarP = twoSided(a.GiStarZ)
	if len(near) == 0 {
		a.Class = "No neighbours"
		return a
	}
	a.GiZ = giZ(lag, k, m.n-1, m.sum-m.z[i], m.square-m.z[i]*m.z[i], m.m2)
	local := m.z[i] / m.m2 * lag / k
	a.LocalMoran = &local
	a.Class = level(m.z[i]) + "-" + level(lag)
	return a
}

func level(z float64) string {
	if z > 0 {
		return "High"
	}
	return "Low"
}

// giZ is the z-score of a sum over k of n areas whose deviations add up to sum
// and whose squares add up to square; nil when it has no variance beyond
// rounding on the scale of the whole map's.
func giZ(lag, k, n, sum, square, scale float64) *float64 {
	mean := sum / n
	variance := square/n - mean*mean
	spread := variance * k * (n - k) / (n - 1)
	if !(variance > 1e-14*scale) || !(spread > 0) {
		return nil
	}
	z := (lag - k*mean) / math.Sqrt(spread)
	return &z
}

// twoSided is the normal p of a z-score.
func twoSided(z *float64) *float64 {
	if z == nil {
		return nil
	}
	p := math.Erfc(math.Abs(*z) / math.Sqrt2)
	return &p
}

// moranI is Moran's I over the areas that have neighbours, with row-standardised
// weights; nil with fewer than four.
func moranI(values []float64, w Weights, m moments, islands int) *Moran {
	n := m.n - float64(islands)
	if n < minAreas {
		return nil
	}
	s0, s1, cross := n, 0.0, 0.0
	column := make([]float64, len(values))
	for i := range values {
		near := w.Of(i)
		for _, j := range near {
			wij := 1 / float64(len(near))
			cross += wij * m.z[i] * m.z[j]
			column[j] += wij
		}
	}
	s2 := 0.0
	for i := range values {
		near := w.Of(i)
		row := 0.0
		for _, j := range near {
			wij := 1 / float64(len(near))
			row += wij
			if _, ok := slices.BinarySearch(w.Of(int(j)), int32(i)); ok {
				wji := 1 / float64(len(w.Of(int(j))))
				s1 += (wij + wji) * (wij + wji) / 2
			} else {
				s1 += wij * wij // counted from both sides
			}
		}
		s2 += (row + column[i]) * (row + column[i])
	}
	out := &Moran{I: n / s0 * cross / m.square, Expected: -1 / (n - 1)}
	kurtosis := m.m4 / (m.m2 * m.m2)
	a := n * ((n*n-3*n+3)*s1 - n*s2 + 3*s0*s0)
	b := kurtosis * ((n*n-n)*s1 - 2*n*s2 + 6*s0*s0)
	out.Variance = (a-b)/((n-1)*(n-2)*(n-3)*s0*s0) - out.Expected*out.Expected
	if !(out.Variance > 0) {
		return nil
	}
	out.Z = (out.I - out.Expected) / math.Sqrt(out.Variance)
	return out
}

// adjust writes Benjamini-Hochberg adjusted p-values over the areas that have
// one.
func adjust(areas []Area, from, to func(*Area) **float64) {
	var order []int
	for i := range areas {
		if *from(&areas[i]) != nil {
			order = append(order, i)
		}
	}
	p := make([]float64, len(order))
	for k, i := range order {
		p[k] = **from(&areas[i])
	}
	for k, q := range BenjaminiHochberg(p) {
		*to(&areas[order[k]]) = &q
	}
}

// BenjaminiHochberg returns p-values adjusted for the false discovery rate:
// q(k) = min over l >= k of p(l) n/l, with p sorted ascending, at most 1.
func BenjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if p[a] < p[b] {
			return -1
		} else if p[a] > p[b] {
			return 1
		}
		return 0
	})
	out := make([]float64, len(p))
	least := 1.0
	for k := len(order) - 1; k >= 0; k-- {
		least = min(least, p[order[k]]*float64(len(p))/float64(k+1))
		out[order[k]] = least
	}
	return out
}

// EmpiricalBayes returns rates of counts over populations, shrunk towards the
// overall rate by how uncertain each is (Marshall 1991): raw rates of small
// areas jump about and would stand out for no reason.
func EmpiricalBayes(counts, populations []float64) ([]float64, error) {
	if len(counts) != len(populations) || len(counts) == 0 {
		return nil, fmt.Errorf("there are %d counts and %d populations: expected as many, and at least one", len(counts), len(populations))
	}
	events, people := 0.0, 0.0
	for i := range counts {
		if !finite(counts[i]) || counts[i] < 0 || !finite(populations[i]) || populations[i] <= 0 {
			return nil, fmt.Errorf("area %d has count %v and population %v: expected a count and a positive population", i+1, counts[i], populations[i])
		}
		events += counts[i]
		people += populations[i]
	}
	mean := events / people
	spread := 0.0
	for i := range counts {
		d := counts[i]/populations[i] - mean
		spread += populations[i] * d * d / people
	}
	between := max(0, spread-mean/(people/float64(len(counts))))
	out := make([]float64, len(counts))
	for i := range counts {
		out[i] = mean
		if between > 0 {
			out[i] += between / (between + mean/populations[i]) * (counts[i]/populations[i] - mean)
		}
	}
	return out, nil
}
