package splink

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Pair is two rows, in Splink's order, with the weight in bits.
type Pair struct {
	L, R   uint32
	Weight float64
	Rule   int // the blocking rule that made it
}

// Probability is the chance that the two are one person, as the model sees it.
func (p Pair) Probability() float64 { return 1 / (1 + math.Exp2(-p.Weight)) }

// Engine is a model made ready for a table.
type Engine struct {
	m       *Model
	t       *Table
	workers int
	rules   []readyRule
	comps   []readyComparison
	order   []uint32 // by row: its place in the order that says which side is left
	source  *column
}

type readyRule struct {
	left, right []code // equalities to join on
	all         code
}

type readyComparison struct {
	levels []code // nil for ELSE
	on     *column
	adjust []adjustment
}

// adjustment is a level's term frequency adjustment.
type adjustment struct {
	col   *column
	total float64
	exact int // level whose u it starts from
}

// Prepare makes a model ready for a table; the error names the comparison or
// rule that does not fit it. workers is how many goroutines may be used; the
// answer does not depend on it.
func Prepare(m *Model, t *Table, workers int) (*Engine, error) {
	e := &Engine{m: m, t: t, workers: max(1, workers)}
	c := &compiler{t: t}
	if err := e.setOrder(); err != nil {
		return nil, err
	}
	for i, r := range m.rules {
		rr, err := c.rule(r)
		if err != nil {
			return nil, fmt.Errorf("blocking rule %d (%s): %w", i+1, m.Rules[i], err)
		}
		e.rules = append(e.rules, rr)
	}
	for i := range m.Comparisons {
		rc, err := c.comparison(&m.Comparisons[i])
		if err != nil {
			return nil, err
		}
		e.comps = append(e.comps, rc)
	}
	return e, nil
}

// setOrder numbers rows by source and id: numbers by value where all ids are
// numbers, otherwise as text.
func (e *Engine) setOrder() error {
	id := e.t.column(e.m.ID)
	if id == nil {
		return fmt.Errorf("there is no column %q, which the model names as the unique id; the columns are %s", e.m.ID, strings.Join(e.t.names, ", "))
	}
	e.source = e.t.column(e.m.Source)
	if e.m.LinkType != "dedupe_only" && e.source == nil {
		return fmt.Errorf("there is no column %q, which tells the datasets apart", e.m.Source)
	}
	numeric := true
	nums := make([]float64, len(id.values))
	for i, v := range id.values[1:] {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			numeric = false
			break
		}
		nums[i+1] = n
	}
	key := func(r uint32) string {
		k := id.values[id.ids[r]]
		if e.m.LinkType != "dedupe_only" {
			k = e.source.values[e.source.ids[r]] + "-__-" + k
		}
		return k
	}
	rows := make([]uint32, e.t.n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	byNumber := numeric && e.m.LinkType == "dedupe_only"
	slices.SortStableFunc(rows, func(a, b uint32) int {
		if byNumber {
			switch x, y := nums[id.ids[a]], nums[id.ids[b]]; {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
		return strings.Compare(key(a), key(b))
	})
	e.order = make([]uint32, e.t.n)
	for i, r := range rows {
		e.order[r] = uint32(i)
	}
	return nil
}

func (c *compiler) rule(r *expr) (out readyRule, err error) {
	for _, x := range r.conjuncts() {
		if x.op != "=" {
			continue
		}
		a, b := x.args[0], x.args[1]
		if l, _ := a.sides(); !l {
			a, b = b, a
		}
		al, ar := a.sides()
		bl, br := b.sides()
		if !al || ar || bl || !br {
			continue
		}
		fa, err := c.compile(a)
		if err != nil {
			return out, err
		}
		fb, err := c.compile(b)
		if err != nil {
			return out, err
		}
		out.left, out.right = append(out.left, fa), append(out.right, fb)
	}
	if len(out.left) == 0 {
		return out, errors.New("no part of it says that something of l equals something of r, so every pair of records would have to be tried")
	}
	out.all, err = c.compile(r)
	return out, err
}

func (c *compiler) comparison(k *Comparison) (out readyComparison, err error) {
	names := map[string]bool{}
	for i := range k.Levels {
		l := &k.Levels[i]
		var f code
		if !l.Else {
			if f, err = c.compile(l.expr); err != nil {
				return out, fmt.Errorf("comparison %q, level %d (%s): %w", k.Name, i+1, shorten(l.SQL), err)
			}
			l.expr.columns(func(e *expr) { names[strings.ToLower(e.name)] = true })
		}
		out.levels = append(out.levels, f)
		a := adjustment{exact: -1}
		if l.TF != "" && !l.Null && !l.Else && l.TFWeight != 0 {
			if a.col = c.t.column(l.TF); a.col == nil {
				return out, fmt.Errorf("comparison %q, level %d: there is no column %q for its term frequencies", k.Name, i+1, l.TF)
			}
			for _, n := range a.col.counts[1:] {
				a.total += float64(n)
			}
			for j := range k.Levels {
				if x := k.Levels[j].expr; x != nil && x.exactColumn() == strings.ToLower(l.TF) {
					a.exact = j
					break
				}
			}
			if a.exact < 0 {
				return out, fmt.Errorf("comparison %q, level %d: a term frequency adjustment on %q needs a level where it is equal, and there is none", k.Name, i+1, l.TF)
			}
		}
		out.adjust = append(out.adjust, a)
	}
	if len(names) == 1 {
		for n := range names {
			out.on = c.t.column(n)
		}
	}
	return out, nil
}

// Block makes the pairs of the blocking rules, each under the first rule that
// makes it, in order of rule and of the pair.
func (e *Engine) Block() ([]Pair, error) {
	if len(e.rules) == 0 {
		return nil, errors.New("the model has no blocking rules")
	}
	found := make([][]Pair, len(e.rules))
	e.parallel(len(e.rules), func(i int) { found[i] = e.join(i) })
	out := slices.Concat(found...)
	if len(out) > 1<<31 {
		return nil, errors.New("the blocking rules make more than 2 billion pairs")
	}
	return out, nil
}

func (e *Engine) parallel(n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(e.workers, n) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func (e *Engine) join(n int) []Pair {
	r := &e.rules[n]
	right := map[string][]uint32{}
	var key []byte
	make1 := func(side []code, row int) bool {
		p := &pair{e.t, row, row}
		key = key[:0]
		for _, f := range side {
			v := f(p)
			if v.null() {
				return false
			}
			key = append(append(key, v.text()...), 0)
		}
		return true
	}
	for row := range e.t.n {
		if make1(r.right, row) {
			right[string(key)] = append(right[string(key)], uint32(row))
		}
	}
	var out []Pair
	for row := range e.t.n {
		if !make1(r.left, row) {
			continue
		}
		for _, other := range right[string(key)] {
			if e.takes(n, uint32(row), other) {
				out = append(out, Pair{L: uint32(row), R: other, Rule: n})
			}
		}
	}
	slices.SortFunc(out, func(x, y Pair) int {
		if x.L != y.L {
			return int(e.order[x.L]) - int(e.order[y.L])
		}
		return int(e.order[x.R]) - int(e.order[y.R])
	})
	return out
}

// takes reports whether rule n makes the pair and no earlier rule does.
func (e *Engine) takes(n int, l, r uint32) bool {
	if e.order[l] >= e.order[r] {
		return false
	}
	if e.m.LinkType == "link_only" && e.source.ids[l] == e.source.ids[r] {
		return false
	}
	p := &pair{e.t, int(l), int(r)}
	if !e.rules[n].all(p).true() {
		return false
	}
	for i := range n {
		if e.rules[i].all(p).true() {
			return false
		}
	}
	return true
}

// scorer remembers, for comparisons of one column, the level of value pairs.
type scorer struct {
	e    *Engine
	seen []map[uint64]uint8
}

func (e *Engine) scorer() *scorer {
	s := &scorer{e: e}
	for range e.comps {
		s.seen = append(s.seen, map[uint64]uint8{})
	}
	return s
}

const noLevel = 255

// level is the first level of comparison k that holds, noLevel if none does.
func (s *scorer) level(k int, p *pair) uint8 {
	c := &s.e.comps[k]
	var key uint64
	if c.on != nil {
		key = uint64(c.on.ids[p.l])<<32 | uint64(c.on.ids[p.r])
		if l, ok := s.seen[k][key]; ok {
			return l
		}
	}
	out := uint8(noLevel)
	for i, f := range c.levels {
		if f == nil || f(p).true() {
			out = uint8(i)
			break
		}
	}
	if c.on != nil {
		s.seen[k][key] = out
	}
	return out
}

// Levels gives the level of each comparison, -1 where none holds.
func (e *Engine) Levels(l, r uint32) []int {
	s := e.scorer()
	out := make([]int, len(e.comps))
	for k := range e.comps {
		out[k] = -1
		if v := s.level(k, &pair{e.t, int(l), int(r)}); v != noLevel {
			out[k] = int(v)
		}
	}
	return out
}

// Score fills in the weights.
func (e *Engine) Score(ps []Pair) error {
	if !e.m.Trained() {
		return errors.New("the model is not trained: levels lack m or u")
	}
	const part = 1 << 13
	e.parallel((len(ps)+part-1)/part, func(i int) {
		s := e.scorer()
		for j := i * part; j < min((i+1)*part, len(ps)); j++ {
			ps[j].Weight = s.weight(ps[j].L, ps[j].R)
		}
	})
	return nil
}

func (s *scorer) weight(l, r uint32) float64 {
	e := s.e
	w := math.Log2(e.m.Prior / (1 - e.m.Prior))
	p := &pair{e.t, int(l), int(r)}
	for k := range e.comps {
		i := s.level(k, p)
		if i == noLevel {
			continue
		}
		v := &e.m.Comparisons[k].Levels[i]
		if v.Null {
			continue
		}
		w += math.Log2(v.M / v.U)
		a := &e.comps[k].adjust[i]
		if a.col == nil {
			continue
		}
		x, y := a.col.ids[l], a.col.ids[r]
		if x == 0 && y == 0 {
			continue
		}
		f := max(frequency(a, x), frequency(a, y), v.TFFloor)
		w += v.TFWeight * math.Log2(e.m.Comparisons[k].Levels[a.exact].U/f)
	}
	return w
}

func frequency(a *adjustment, id uint32) float64 {
	if id == 0 {
		return 0
	}
	return float64(a.col.counts[id]) / a.total
}

// Train fills in the m and u a settings file lacks, and the prior: u from pairs
// drawn at random (all pairs, when there are few), less the matches among them;
// m and the prior by expectation and maximisation over counts of patterns. What
// the file fixes stays.
func (e *Engine) Train(ps []Pair, rng *rand.Rand) error {
	if len(ps) == 0 {
		return errors.New("the blocking rules make no pair, so there is nothing to train on")
	}
	t := newTrainer(e, ps, rng)
	// First with u as all pairs show it, which keeps the two classes from
	// changing places; then with the matches taken out of u.
	for round := range 3 {
		for range 20 {
			if t.step() < 1e-5 {
				break
			}
		}
		if round < 2 {
			t.setU(t.match)
		}
	}
	t.store()
	return nil
}

type trainer struct {
	e     *Engine
	ps    map[string]float64
	keys  []string
	rate  [][]float64
	m, u  [][]float64
	prior float64
	total float64
	match [][]float64 // expected matches by level, of the last step
}

func newTrainer(e *Engine, ps []Pair, rng *rand.Rand) *trainer {
	t := &trainer{e: e, ps: map[string]float64{}, prior: e.m.Prior}
	s := e.scorer()
	key := make([]byte, len(e.comps))
	read := func(l, r uint32) {
		for k := range e.comps {
			key[k] = s.level(k, &pair{e.t, int(l), int(r)})
		}
	}
	for _, p := range ps {
		read(p.L, p.R)
		t.ps[string(key)]++
	}
	for k := range t.ps {
		t.keys = append(t.keys, k)
	}
	slices.Sort(t.keys)
	n := e.t.n
	t.total = float64(n) * float64(n-1) / 2
	for k, c := range e.m.Comparisons {
		t.rate = append(t.rate, make([]float64, len(c.Levels)))
		t.m = append(t.m, startM(&e.m.Comparisons[k]))
		t.u = append(t.u, make([]float64, len(c.Levels)))
	}
	draws := 0.0
	count := func(a, b uint32) {
		if e.order[a] > e.order[b] {
			a, b = b, a
		}
		read(a, b)
		draws++
		for k, l := range key {
			if l != noLevel {
				t.rate[k][l]++
			}
		}
	}
	if t.total <= 1e6 {
		for a := range n {
			for b := a + 1; b < n; b++ {
				count(uint32(a), uint32(b))
			}
		}
	} else {
		for range 1_000_000 {
			a, b := rng.IntN(n), rng.IntN(n-1)
			if b >= a {
				b++
			}
			count(uint32(a), uint32(b))
		}
	}
	for k := range t.rate {
		for l := range t.rate[k] {
			t.rate[k][l] *= t.total / draws
		}
	}
	t.setU(nil)
	return t
}

// startM falls from the first level to the last.
func startM(c *Comparison) []float64 {
	out := make([]float64, len(c.Levels))
	left, n := 1.0, 0
	for _, l := range c.Levels {
		if !l.Null {
			n++
		}
	}
	for i, l := range c.Levels {
		if l.Null {
			continue
		}
		if n--; n == 0 {
			out[i] = left
			break
		}
		out[i] = left * 0.8
		left *= 0.2
	}
	for i, l := range c.Levels {
		if l.HasM {
			out[i] = l.M
		}
	}
	return out
}

func (t *trainer) setU(match [][]float64) {
	for k, c := range t.e.m.Comparisons {
		sum := 0.0
		for l := range c.Levels {
			if c.Levels[l].Null {
				continue
			}
			v := t.rate[k][l]
			if match != nil {
				v = max(v-match[k][l], 0.02*v)
			}
			t.u[k][l] = v + 1e-6*t.total
			sum += t.u[k][l]
		}
		for l, v := range c.Levels {
			t.u[k][l] /= sum
			if v.HasU {
				t.u[k][l] = v.U
			}
		}
	}
}

// step is one round of expectation and maximisation; it returns the largest change.
func (t *trainer) step() (change float64) {
	match := make([][]float64, len(t.m))
	for k := range match {
		match[k] = make([]float64, len(t.m[k]))
	}
	sum := 0.0
	for _, key := range t.keys {
		w := math.Log2(t.prior / (1 - t.prior))
		for k := range t.m {
			if l := key[k]; l != noLevel && !t.e.m.Comparisons[k].Levels[l].Null {
				w += math.Log2(t.m[k][l] / t.u[k][l])
			}
		}
		r := t.ps[key] / (1 + math.Exp2(-w))
		sum += r
		for k := range t.m {
			if l := key[k]; l != noLevel {
				match[k][l] += r
			}
		}
	}
	for k, c := range t.e.m.Comparisons {
		total := 0.0
		for l, v := range c.Levels {
			if !v.Null {
				total += match[k][l] + 0.1
			}
		}
		for l, v := range c.Levels {
			if v.Null || v.HasM {
				continue
			}
			next := (match[k][l] + 0.1) / total
			change = max(change, math.Abs(next-t.m[k][l]))
			t.m[k][l] = next
		}
	}
	t.match = match
	t.prior = max(1e-12, min(0.5, sum/t.total))
	return change
}

func (t *trainer) store() {
	t.e.m.Prior = t.prior
	for k := range t.e.m.Comparisons {
		for l := range t.e.m.Comparisons[k].Levels {
			v := &t.e.m.Comparisons[k].Levels[l]
			if !v.Null {
				v.M, v.U, v.HasM, v.HasU = t.m[k][l], t.u[k][l], true, true
			}
		}
	}
}
