package disclosure

import (
	"errors"
	"fmt"
)

// The threshold below which a count is small, when none is given, and the least
// that may be asked for: with 2, only ones would be hidden.
const (
	DefaultThreshold = 5
	MinThreshold     = 3
)

// ZeroPolicy says what happens to zeros.
type ZeroPolicy int

const (
	// ZerosAsCover prints a zero as 0, but may hide one to protect other numbers
	// when that spares a total or several cells. A hidden number may then be 0.
	ZerosAsCover ZeroPolicy = iota
	// ZerosShown never hides a zero. Use it where everybody knows the zeros, as
	// in a list of flows, in which a pair is listed or not.
	ZerosShown
	// ZerosHidden hides zeros like any other number below the threshold.
	ZerosHidden
)

// String is the policy as results name it.
func (z ZeroPolicy) String() string {
	return [...]string{"shown, or hidden to protect others", "always shown", "hidden"}[z]
}

// Options says how to protect. The zero value is threshold 5, zeros shown unless
// needed as cover, no rounding, nothing published before.
type Options struct {
	Threshold int        // counts from 1 to Threshold-1 are hidden; 0 means 5
	Zeros     ZeroPolicy // what happens to zeros
	Round     int        // round what is published to this base; 0 or 1: do not round
	// RoundOnly hides nothing and relies on rounding alone. Round must then be
	// at least Threshold.
	RoundOnly bool
	// KeepTotals is for totals that are public already: they are never hidden,
	// and the table is refused when it cannot be protected without.
	KeepTotals bool
	Earlier    []Release // what has been published before
}

// Cell names one number of a table; a total is named by the totals' labels.
type Cell struct {
	Row    string `json:"row"`
	Column string `json:"column"`
}

// Range is what can be worked out about a hidden number.
type Range struct {
	Row    string `json:"row"`
	Column string `json:"column"`
	// Low and High bound the number given everything published and that counts
	// are not negative. High is nil when there is no upper limit.
	Low  int  `json:"low"`
	High *int `json:"high"`
	// InferredLow and InferredHigh also use, under ZerosShown, that a hidden
	// number is not zero; the protection rule is kept for this narrower interval.
	InferredLow  int  `json:"inferred_low"`
	InferredHigh *int `json:"inferred_high"`
}

// Result is a table fit to publish, and what was done to make it so. The lists
// of primary and secondary cells are for the person who prepares the table: to
// publish them would undo part of the protection.
type Result struct {
	Rows    []string `json:"rows"`    // with the label of the totals last
	Columns []string `json:"columns"` // with the label of the totals last
	// Table is the whole table with totals; nil is hidden.
	Table     [][]*int `json:"table"`
	Primary   []Cell   `json:"suppressed_primary"`
	Secondary []Cell   `json:"suppressed_secondary"`
	Ranges    []Range  `json:"ranges"`
	Threshold int      `json:"threshold"`
	Round     int      `json:"round"`
	Zeros     string   `json:"zeros"`
	Refused   bool     `json:"refused"`
	Reasons   []string `json:"reasons"`
	Warnings  []string `json:"warnings"`
}

// Hidden says whether row i, column j (totals last) is hidden.
func (r Result) Hidden(i, j int) bool { return r.Table[i][j] == nil }

// normalise fills in defaults and rejects what makes no sense.
func (o Options) normalise() (Options, error) {
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	if o.Round == 1 {
		o.Round = 0
	}
	switch {
	case o.Zeros < ZerosAsCover || o.Zeros > ZerosHidden:
		return o, fmt.Errorf("zero policy %d is not known", int(o.Zeros))
	case o.Threshold < MinThreshold:
		return o, fmt.Errorf("the threshold is %d: expected %d or more, because a lower one shows counts of two", o.Threshold, MinThreshold)
	case o.Threshold > maxCount:
		return o, fmt.Errorf("the threshold is %d: expected %d at most", o.Threshold, maxCount)
	case o.Round < 0 || o.Round > maxCount:
		return o, fmt.Errorf("the rounding base is %d: expected 0 (do not round) or a positive number", o.Round)
	case o.RoundOnly && o.Round < o.Threshold:
		return o, fmt.Errorf("rounding to %d alone does not protect counts below %d: the base must be at least the threshold", o.Round, o.Threshold)
	case o.RoundOnly && len(o.Earlier) > 0:
		return o, errors.New("rounding alone is not checked against earlier releases: leave RoundOnly off")
	}
	return o, nil
}

// Protect hides what must be hidden in a table with totals. Totals that do not
// add up, negative counts and repeated labels are errors. A table that cannot
// be protected under the options is refused, with reasons.
func Protect(t Table, opt Options) (Result, error) {
	opt, err := opt.normalise()
	if err != nil {
		return Result{}, err
	}
	if err := t.check(); err != nil {
		return Result{}, err
	}
	before, err := align(t, opt.Earlier)
	if err != nil {
		return Result{}, err
	}
	p := &problem{table: t, opt: opt, net: t.network(opt.Zeros), before: before}
	if !opt.RoundOnly {
		p.hide()
	}
	return p.result(), nil
}

// problem is one table on its way to being protected.
type problem struct {
	table   Table
	opt     Options
	net     *network
	before  []aligned
	reasons []string
	// For working out ranges once everything is decided.
	plain   *network
	unknown [][]step
}

// hide finds primary and secondary suppressions.
func (p *problem) hide() {
	p.fix()
	for i := range p.net.arcs {
		if p.small(p.net.arcs[i].value) {
			p.hidePrimary(i, "is too small to show")
		}
	}
	for changed := true; changed && len(p.reasons) == 0; {
		changed = false
		for _, i := range p.net.protect(p.opt.Threshold) {
			p.reasons = append(p.reasons, fmt.Sprintf("%s cannot be protected: with what must stay public, its value is known to within less than %d", p.table.arcName(i), p.opt.Threshold))
		}
		for _, b := range p.before {
			changed = p.difference(b) || changed
		}
	}
	if len(p.reasons) == 0 && len(p.before) == 0 {
		p.net.tidy(p.opt.Threshold)
	}
}

// small says whether a count must not be shown.
func (p *problem) small(v int) bool {
	if v == 0 {
		return p.opt.Zeros == ZerosHidden
	}
	return v < p.opt.Threshold
}

// fix marks what may not be hidden: kept totals, and numbers of the same count
// that are out already.
func (p *problem) fix() {
	w := p.table.width()
	for i := range p.net.arcs {
		isTotal := i%w == w-1 || i/w == len(p.table.Rows)
		if isTotal && p.opt.KeepTotals {
			p.net.arcs[i].fixed = true
		}
		for _, b := range p.before {
			if b.relation == SameCount && b.value[i] != nil {
				p.net.arcs[i].fixed = true
			}
		}
	}
}

// hidePrimary hides arc i, or notes why it may not be.
func (p *problem) hidePrimary(i int, why string) {
	a := &p.net.arcs[i]
	if a.fixed {
		p.reasons = append(p.reasons, fmt.Sprintf("%s %s (threshold %d) but may not be hidden: it is a total to be kept or is public already", p.table.arcName(i), why, p.opt.Threshold))
		return
	}
	a.hidden, a.primary = true, true
}

// result writes down what was decided.
func (p *problem) result() Result {
	t := p.table
	res := Result{Threshold: p.opt.Threshold, Round: p.opt.Round, Zeros: p.opt.Zeros.String(),
		Rows: append(append([]string{}, t.Rows...), t.columnTotalLabel()), Columns: append(append([]string{}, t.Columns...), t.rowTotalLabel()),
		Reasons: []string{}, Warnings: p.warnings()}
	if len(p.reasons) > 0 {
		res.Refused, res.Reasons = true, p.reasons
		return res
	}
	res.Primary, res.Secondary, res.Ranges = []Cell{}, []Cell{}, []Range{}
	shown := p.shown()
	p.plain, p.unknown = p.net.plainly(), p.net.hiddenSteps()
	w := t.width()
	for i := range len(t.Rows) + 1 {
		res.Table = append(res.Table, shown[i*w:(i+1)*w])
	}
	for i, a := range p.net.arcs {
		cell := Cell{t.rowLabel(i / w), t.columnLabel(i % w)}
		switch {
		case a.hidden && a.primary:
			res.Primary = append(res.Primary, cell)
		case a.hidden:
			res.Secondary = append(res.Secondary, cell)
		case !p.opt.RoundOnly || !p.small(a.value):
			continue
		}
		res.Ranges = append(res.Ranges, p.rangeOf(i, cell, shown[i]))
	}
	return res
}

// shown is the value printed for every arc; nil is hidden.
func (p *problem) shown() []*int {
	values := make([]int, len(p.net.arcs))
	for i, a := range p.net.arcs {
		values[i] = a.value
	}
	if p.opt.Round > 0 {
		values = p.net.round(p.opt.Round)
	}
	out := make([]*int, len(values))
	for i := range values {
		if !p.net.arcs[i].hidden {
			out[i] = &values[i]
		}
	}
	return out
}

// rangeOf works out what is left open about arc i.
func (p *problem) rangeOf(i int, cell Cell, shown *int) Range {
	r := Range{Row: cell.Row, Column: cell.Column}
	if shown != nil { // rounded, not hidden
		high := *shown + p.opt.Round - 1
		r.Low, r.High = max(0, *shown-p.opt.Round+1), &high
		r.InferredLow, r.InferredHigh = r.Low, &high
		return r
	}
	r.InferredLow, r.InferredHigh = p.net.interval(p.unknown, i)
	if r.Low, r.High = r.InferredLow, r.InferredHigh; p.opt.Zeros == ZerosShown {
		r.Low, r.High = p.plain.interval(p.unknown, i)
	}
	return r
}

// plainly is the network for an attacker who knows only that counts are not
// negative.
func (n *network) plainly() *network {
	plain := &network{nodes: n.nodes, arcs: append([]arc{}, n.arcs...)}
	for k := range plain.arcs {
		plain.arcs[k].lower = 0
	}
	return plain
}

// interval is the exact range of hidden arc e; high is nil without limit.
func (n *network) interval(unknown [][]step, e int) (low int, high *int) {
	up, down := n.slack(unknown, e, unbounded)
	low = n.arcs[e].value - down
	if up < unbounded {
		v := n.arcs[e].value + up
		high = &v
	}
	return low, high
}

// warnings points at what suppression does not mend.
func (p *problem) warnings() []string {
	out := []string{}
	if p.opt.Zeros == ZerosHidden {
		return out
	}
	t := p.table
	for i, row := range t.Cells {
		if at := only(row); at >= 0 && len(row) > 1 && t.RowTotals[i] >= p.opt.Threshold {
			out = append(out, fmt.Sprintf("everybody counted in row %q is in column %q: the zeros beside it say so; hide zeros if that is sensitive", t.Rows[i], t.Columns[at]))
		}
	}
	return out
}

// only returns the index of the one number that is not zero, or -1.
func only(row []int) int {
	at := -1
	for j, v := range row {
		if v != 0 {
			if at >= 0 {
				return -1
			}
			at = j
		}
	}
	return at
}
