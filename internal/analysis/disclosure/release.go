package disclosure

import "fmt"

// Relation says how an earlier release relates to the table at hand.
type Relation int

const (
	// SameCount: the same people in the same window, published again. What is
	// out cannot be hidden any more.
	SameCount Relation = iota
	// Cumulative: everybody counted then is counted again now (a longer window,
	// a wider area, a count since the start). The difference is a count of the
	// people added, and is protected like a table.
	Cumulative
)

// Release is a table published before: labels and numbers as they were
// published, totals last, nil where a number was hidden. A row or column that
// it lacks counts as published zero; one that is missing now is an error.
type Release struct {
	Name          string // for messages, e.g. "quarter 1"
	Relation      Relation
	Rows, Columns []string // without the totals
	Table         [][]*int // one row and one column more than the labels
	// Rounded is the base it was rounded to. Rounded numbers cannot be
	// subtracted to learn a small count exactly, so they are not compared.
	Rounded int
}

// aligned is an earlier release laid over the arcs of the present table.
type aligned struct {
	name     string
	relation Relation
	value    []*int
}

// align matches earlier releases to the table by label and checks them.
func align(t Table, earlier []Release) ([]aligned, error) {
	var out []aligned
	for k, rel := range earlier {
		if rel.Name == "" {
			rel.Name = fmt.Sprintf("earlier release %d", k+1)
		}
		if rel.Rounded > 1 {
			continue
		}
		if err := rel.check(t); err != nil {
			return nil, err
		}
		a := aligned{name: rel.Name, relation: rel.Relation}
		rows, columns := index(rel.Rows), index(rel.Columns)
		for i := range len(t.Rows) + 1 {
			for j := range t.width() {
				v := rel.find(rows, columns, i, j, t)
				if err := rel.compare(v, t, i, j); err != nil {
					return nil, err
				}
				a.value = append(a.value, v)
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// check looks at shape and labels.
func (rel Release) check(t Table) error {
	if len(rel.Table) != len(rel.Rows)+1 {
		return fmt.Errorf("%s has %d rows of numbers, expected %d (its rows and the totals)", rel.Name, len(rel.Table), len(rel.Rows)+1)
	}
	for i, row := range rel.Table {
		if len(row) != len(rel.Columns)+1 {
			return fmt.Errorf("%s, row %d has %d numbers, expected %d (its columns and the total)", rel.Name, i+1, len(row), len(rel.Columns)+1)
		}
	}
	if err := unique("row", rel.Rows); err != nil {
		return fmt.Errorf("%s: %w", rel.Name, err)
	}
	if err := unique("column", rel.Columns); err != nil {
		return fmt.Errorf("%s: %w", rel.Name, err)
	}
	now, nowColumns := index(t.Rows), index(t.Columns)
	for _, l := range rel.Rows {
		if _, ok := now[l]; !ok {
			return fmt.Errorf("%s has a row %q that this table lacks, so they cannot be compared", rel.Name, l)
		}
	}
	for _, l := range rel.Columns {
		if _, ok := nowColumns[l]; !ok {
			return fmt.Errorf("%s has a column %q that this table lacks, so they cannot be compared", rel.Name, l)
		}
	}
	return nil
}

// index maps labels to positions.
func index(labels []string) map[string]int {
	m := make(map[string]int, len(labels))
	for i, l := range labels {
		m[l] = i
	}
	return m
}

// find returns what was published where the table has row i, column j.
func (rel Release) find(rows, columns map[string]int, i, j int, t Table) *int {
	ri, ci, zero := len(rel.Rows), len(rel.Columns), 0
	if i < len(t.Rows) {
		k, ok := rows[t.Rows[i]]
		if !ok {
			return &zero
		}
		ri = k
	}
	if j < len(t.Columns) {
		k, ok := columns[t.Columns[j]]
		if !ok {
			return &zero
		}
		ci = k
	}
	return rel.Table[ri][ci]
}

// compare rejects an earlier number that contradicts the stated relation.
func (rel Release) compare(v *int, t Table, i, j int) error {
	switch now := t.at(i, j); {
	case v == nil:
		return nil
	case *v < 0:
		return fmt.Errorf("%s says %d in row %q, column %q: expected a count", rel.Name, *v, t.rowLabel(i), t.columnLabel(j))
	case rel.Relation == SameCount && *v != now:
		return fmt.Errorf("%s says %d in row %q, column %q and this table %d: it is not the same count", rel.Name, *v, t.rowLabel(i), t.columnLabel(j), now)
	case rel.Relation == Cumulative && *v > now:
		return fmt.Errorf("%s says %d in row %q, column %q and this table only %d: it does not include everybody counted then", rel.Name, *v, t.rowLabel(i), t.columnLabel(j), now)
	}
	return nil
}

// difference protects this table minus an earlier, smaller one. What was hidden
// then stays hidden, so that nothing published now says more about it; and the
// people added since are a table of their own, whose small counts are protected
// like any others. It reports whether more had to be hidden.
func (p *problem) difference(b aligned) bool {
	if b.relation != Cumulative {
		return false
	}
	changed := false
	hide := func(i int, why string) {
		if !p.net.arcs[i].hidden && len(p.reasons) == 0 {
			p.hidePrimary(i, why+" "+b.name)
			changed = p.net.arcs[i].hidden
		}
	}
	for i, a := range p.net.arcs {
		switch v := b.value[i]; {
		case v == nil && (a.value > 0 || p.opt.Zeros != ZerosShown):
			hide(i, "was hidden in")
		case v != nil && a.value-*v > 0 && a.value-*v < p.opt.Threshold:
			hide(i, "differs by too few from")
		}
	}
	d, err := p.added(b)
	if err != nil {
		p.reasons = append(p.reasons, err.Error())
	}
	if changed || len(p.reasons) > 0 {
		return changed
	}
	for _, i := range d.protect(p.opt.Threshold) {
		p.reasons = append(p.reasons, fmt.Sprintf("%s: the number added since %s cannot be protected", p.table.arcName(i), b.name))
	}
	for i := range d.arcs {
		if d.arcs[i].hidden && !p.net.arcs[i].hidden {
			p.net.arcs[i].hidden, changed = true, true
		}
	}
	return changed
}

// added is the network of the people added since an earlier release. Numbers
// hidden then are filled in with any that fit, because what an attacker can
// work out depends on what was published and not on the truth.
func (p *problem) added(b aligned) (*network, error) {
	then, err := p.fill(b)
	if err != nil {
		return nil, err
	}
	d := &network{nodes: p.net.nodes, arcs: append([]arc{}, p.net.arcs...)}
	for i := range d.arcs {
		a := &d.arcs[i]
		a.value -= then[i]
		a.lower = 0
		if v := b.value[i]; v != nil && *v == 0 && p.opt.Zeros == ZerosShown {
			a.lower = min(1, a.value) // hidden now, so not zero now
		}
		a.free = b.value[i] == nil || a.value == 0 || a.value >= p.opt.Threshold
	}
	unknown := d.hiddenSteps()
	for i := range d.arcs {
		if a := &d.arcs[i]; a.hidden && b.value[i] == nil {
			low, high := d.interval(unknown, i)
			a.free = low == 0 || high == nil || *high >= p.opt.Threshold
		}
	}
	return d, nil
}

// fill completes an earlier release: what was hidden gets values between zero
// and the present ones that make its rows and columns add up.
func (p *problem) fill(b aligned) ([]int, error) {
	then := make([]int, len(p.net.arcs))
	var lanes []lane
	var at []int
	for i, a := range p.net.arcs {
		if b.value[i] != nil {
			then[i] = *b.value[i]
		} else {
			lanes = append(lanes, lane{from: a.from, to: a.to, room: a.value})
			at = append(at, i)
		}
	}
	sent, ok := balance(p.net.nodes, lanes, p.net.surplus(then))
	if !ok {
		return nil, fmt.Errorf("%s does not fit inside this table: its rows and columns cannot be completed with numbers up to the present ones", b.name)
	}
	for k, i := range at {
		then[i] = sent[k]
	}
	return then, nil
}
