package linkage

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
)

// Type is which pairs of records may be one person.
type Type uint8

// The types of linkage: within one source, between sources only, or both.
const (
	Both   Type = iota
	Link        // only records of different sources
	Dedupe      // only records of one source
)

// Options say how to link. The zero value is made usable by defaults.
type Options struct {
	Type       Type
	Threshold  float64 // probability from which a pair is linked; default 0.95
	ReviewFrom float64 // probability from which a person should look; default 0.5
	Workers    int     // goroutines; default 1. The answer does not depend on it
	Seed       uint64  // for drawing pairs to train on; default 1
	Decisions  []Decision
	OneToOne   []string     // sources in which nobody stands twice
	Stage      func(string) // called when a stage begins: for progress and timing
	Memory     int64        // bytes the run should keep to, 0 for no cap; the answer does not depend on it
	Spill      Spill        // where pairs go that do not fit; nil keeps them in memory
}

// Spill is where a run puts what does not fit its memory.
type Spill interface {
	Create() (SpillFile, error)
}

// SpillFile is written once from its beginning and then read; Close removes it.
type SpillFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// Bytes a record takes, about: at the most of a run that keeps to as little as
// it can; itself with its names, places and numbers; and in the lists of blocks.
// The first is measured: with 50 MB to use, 1,008,637 records of five agencies
// took 477 to 598 MB of resident memory at the most, by how the engine lays them
// out, and 101,120 of them 99 to 121 MB, of which about 50 MB are the program's own.
const (
	bytesLeast  = 600
	bytesHeld   = 400
	bytesListed = 120
)

// LeastMemory is about how many bytes a run of so many records needs however
// little it may use.
func LeastMemory(records int) int64 { return bytesLeast * int64(records) }

// plan says in how many parts candidates are gathered, and whether the lists of
// blocks go to the spill meanwhile.
func (o *Options) plan(records int) (parts int, spill Spill) {
	n := int64(records)
	left := max((o.Memory-bytesHeld*n)/4, o.Memory/16, 1)
	if o.Memory <= 0 || o.Spill == nil || bytesListed*n <= left {
		return 1, nil
	}
	return int(min(bytesListed*n/left+1, mostParts)), o.Spill
}

const mostParts = 64

// Verdict is what a person decided about two records.
type Verdict uint8

// The verdicts. Unsure keeps a pair from being linked or dropped by the engine.
const (
	Same Verdict = iota + 1
	Different
	Unsure
)

// Decision binds the engine: A and B are records by number. Of several about
// one pair the last in the list holds.
type Decision struct {
	A, B    int
	Verdict Verdict
}

// Edge is a pair of records with its weight in bits, prior included.
type Edge struct {
	A, B   uint32
	Weight float32
}

// Probability is the chance that the two are one person, as the model sees it.
func (e Edge) Probability() float64 { return 1 / (1 + math.Exp2(-float64(e.Weight))) }

// Doubt is a pair that a person should look at.
type Doubt struct {
	Edge
	Why      string
	Priority int // 1 is the most pressing, 5 the least
}

// RuleCount is what one blocking rule made.
type RuleCount struct {
	Rule  string
	Pairs int64 // pairs in its blocks; a pair that several rules make counts in each
	Left  int   // records left out because even the refined block was too large
}

// Result is the outcome of a run.
type Result struct {
	Person    []uint32 // by record: the number of the person's founding record
	People    int
	Links     []Edge // within persons, in order of the later record B, then A
	Review    []Doubt
	Blocking  []RuleCount
	Scored    int64 // pairs compared in full
	Conflicts []string
	Notes     []string
	Apart     []Edge // pairs at or above the review cut that are not within a person
	Bridges   []Edge // in a later run: strong pairs that were not joined because each side belongs to a person of the earlier run, or was decided to be somebody else
	Oversized int    // people who had more records than is usual and were taken apart
	Model     *Model
	eng       *engine
	aside     aside
}

func (o *Options) defaults() {
	if o.Threshold == 0 {
		o.Threshold = 0.95
	}
	if o.ReviewFrom == 0 {
		o.ReviewFrom = 0.5
	}
	if o.Workers < 1 {
		o.Workers = 1
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Stage == nil {
		o.Stage = func(string) {}
	}
}

func bitsOf(p float64) float32 { return float32(math.Log2(p / (1 - p))) }

// trainPairs is how many blocked pairs are drawn for training.
const trainPairs = 400_000

// Run trains a model on the dataset, scores its blocked pairs and gathers
// records into people.
func Run(d *Dataset, opt Options) (*Result, error) {
	if err := opt.check(d); err != nil {
		return nil, err
	}
	set, said := d.setAside()
	set.apply(d, 0)
	notes := append(d.Notes(), said...)
	opt.Stage("block")
	e := newEngine(d, opt)
	e.arrange()
	p := e.propose(0)
	var edges []Edge
	var scored int64
	err := p.err()
	if err == nil {
		opt.Stage("train")
		err = e.train(p)
	}
	if err == nil {
		opt.Stage("score")
		edges, scored, err = e.score(p)
	}
	if err := errors.Join(err, release(p.all)); err != nil {
		return nil, &SpillError{err}
	}
	opt.Stage("cluster")
	r := &Result{Scored: scored, Model: e.model, Notes: notes, eng: e, aside: set}
	r.count(p)
	e.cluster(edges, r)
	return r, nil
}

// SpillError is a fault of the place where a run puts pairs aside: a full disk.
type SpillError struct{ err error }

func (e *SpillError) Error() string { return e.err.Error() }
func (e *SpillError) Unwrap() error { return e.err }

// propose blocks the records, from first on against all.
func (e *engine) propose(first uint32) *proposals {
	parts, spill := e.opt.plan(len(e.d.rows))
	f := e.filing(first)
	return &proposals{d: e.work, all: f.buildAll(first, e.opt.Workers, spill), first: first, parts: parts, workers: e.opt.Workers}
}

// count takes over what the blocking rules made.
func (r *Result) count(p *proposals) {
	for _, b := range p.all {
		r.Blocking = append(r.Blocking, RuleCount{b.rule, b.pairs, b.left})
	}
}

func (o *Options) check(d *Dataset) error {
	o.defaults()
	if o.Threshold <= 0 || o.Threshold >= 1 || o.ReviewFrom <= 0 || o.ReviewFrom >= 1 {
		return fmt.Errorf("threshold %v and review-from %v: both must lie between 0 and 1", o.Threshold, o.ReviewFrom)
	}
	if o.ReviewFrom > o.Threshold {
		return fmt.Errorf("review-from %v is above the threshold %v: expected it at or below", o.ReviewFrom, o.Threshold)
	}
	for _, x := range o.Decisions {
		if x.A < 0 || x.B < 0 || x.A >= d.Len() || x.B >= d.Len() || x.A == x.B {
			return fmt.Errorf("a decision names records %d and %d: expected two different records below %d", x.A, x.B, d.Len())
		}
	}
	return nil
}

func newEngine(d *Dataset, opt Options) *engine {
	e := &engine{d: d, work: d, opt: opt}
	for _, k := range d.kinds {
		e.shared = append(e.shared, k == KindEmail || k == KindPhone)
	}
	return e
}

// train works out counts, u and m, first pooled and then by pair of sources,
// drawn to the pooled values where a pair of sources has few matches.
func (e *engine) train(p *proposals) error {
	e.adjustments()
	kinds := len(e.d.kinds)
	m, u := startTable(kinds, startM, startIdent), startTable(kinds, startU, startIdentU)
	e.ws = []weights{weightsOf(&m, &u)}
	e.bounds()
	if n := len(e.d.sources); n > 1 && n <= maxSources {
		e.pairs = n * (n + 1) / 2
		for range e.pairs {
			e.ws = append(e.ws, e.ws[0])
		}
	}
	rate, shape := e.levelRates(rand.New(rand.NewPCG(e.opt.Seed, 0x6c616e7465726e)))
	ps, share, err := e.sample(p, trainPairs)
	if err != nil {
		return err
	}
	e.learnKin(ps)
	in := &emInput{ps: ps, scale: 1 / share, rate: rate, shape: shape, pairs: e.totalPairs(), kinds: kinds, pseudoM: 40}
	for _, n := range in.pairs {
		in.total += n
	}
	in.total = max(in.total, 1)
	mm, uu, priors, n := e.em(in)
	e.model = &Model{Kin: e.kin, Kinds: e.d.kinds, Sources: e.d.sources, M: mm, U: uu, Records: len(e.d.rows), Iterations: n, SampledOf: share}
	for sp, q := range priors {
		e.model.Prior += q * in.pairs[sp] / in.total
	}
	for _, p := range ps {
		e.model.PairsSample += int(p.n)
	}
	if e.pairs > 0 {
		e.bySources(in, priors)
	}
	e.use(e.model)
	return nil
}

// shrink is how many expected matches weigh as much as the pooled m.
const shrink = 300

// bySources works out m, u and the share of matches of every pair of sources.
func (e *engine) bySources(in *emInput, priors []float64) {
	x := e.model
	x.MBySources, x.UBySources, x.Priors = make([]table, e.pairs), make([]table, e.pairs), priors
	parts := make([][]pattern, e.pairs)
	for _, p := range in.ps {
		parts[p.srcs] = append(parts[p.srcs], p)
	}
	parallel(e.pairs, e.opt.Workers, func(_, i int) {
		m := &x.MBySources[i]
		*m, x.UBySources[i] = x.M, shaped(&x.U, &in.shape[i])
		ws, sums := make([]weights, e.pairs), make([]float64, e.pairs)
		for range 3 {
			w := weightsOf(m, &x.UBySources[i])
			ws[i] = w.withPrior(priors[i])
			clear(sums)
			maximise(m, e.expect(parts[i], ws, in.scale, sums), &x.M, shrink)
			priors[i] = priorOf(sums[i], in.pairs[i], x.Prior)
		}
	})
}

// use sets the weights from a model.
func (e *engine) use(m *Model) {
	e.model, e.kin = m, m.Kin
	w := weightsOf(&m.M, &m.U)
	e.ws = []weights{w.withPrior(m.Prior)}
	e.pairs = len(m.MBySources)
	for i := range m.MBySources {
		u, prior := &m.U, m.Prior
		if i < len(m.UBySources) && i < len(m.Priors) { // a model of an earlier version has neither
			u, prior = &m.UBySources[i], m.Priors[i]
		}
		w := weightsOf(&m.MBySources[i], u)
		e.ws = append(e.ws, w.withPrior(prior))
	}
	e.bounds()
}

// score compares every proposed pair and keeps those at or above the review
// cut, in order. It returns as well how many were compared in full.
func (e *engine) score(p *proposals) ([]Edge, int64, error) {
	var found [][]Edge
	scorers := make([]scorer, e.opt.Workers)
	for i := range scorers {
		scorers[i].e, scorers[i].cut = e, bitsOf(e.opt.ReviewFrom)
	}
	err := p.each(func(c *candidates) {
		n := int(c.to - c.from)
		part := make([][]Edge, (n+stretch-1)/stretch)
		parallel(len(part), e.opt.Workers, func(w, i int) {
			for y := i * stretch; y < min((i+1)*stretch, n); y++ {
				part[i] = scorers[w].score(part[i], c, c.from+uint32(y))
			}
		})
		found = append(found, part...)
	})
	edges := slices.Concat(found...)
	sortEdges(edges, e.opt.Workers)
	n := int64(0)
	for i := range scorers {
		n += scorers[i].whole
	}
	return edges, n, err
}

// scorer compares one record after another with its candidates.
type scorer struct {
	e       *engine
	cut     float32
	finder  finder
	open    []halfway
	memo    memo
	whole   int64
	touched uint32
}

// halfway is a pair that the cheap comparisons did not rule out.
type halfway struct {
	a, names uint32
	sum      float32
	v        vector
}

// score appends the edges of record y to records before it. Memory is slower
// than all comparisons: what a step reads is touched for all candidates first,
// so that the cache fetches many lines at a time.
func (s *scorer) score(dst []Edge, c *candidates, y uint32) []Edge {
	e := s.e
	found := s.finder.of(c, y)
	for _, x := range found {
		s.touched += e.cells[x].dob
	}
	s.open = s.open[:0]
	h := halfway{v: vector{memo: &s.memo}}
	b := &e.cells[y]
	for _, x := range found {
		a := &e.cells[x]
		if !e.may(a, b) {
			continue
		}
		w := e.table(a.src, b.src)
		h.a, h.names, h.sum = x, a.names, e.compareCheap(a, b, w, &h.v)
		if h.sum+w.mostWith(a, b) >= s.cut {
			s.open = append(s.open, h)
			if a.mask&b.mask != 0 {
				s.touched += e.idents[a.ids].value
			}
		}
	}
	left := 0
	for i := range s.open {
		h := &s.open[i]
		a := &e.cells[h.a]
		if both := a.mask & b.mask; both != 0 {
			w := e.table(a.src, b.src)
			if h.sum = e.compareNumbers(a, b, both, w, &h.v, h.sum); h.sum+w.mostNames(a, b) < s.cut {
				continue
			}
		}
		s.touched += e.cards[h.names].bag
		s.open[left] = *h
		left++
	}
	for i := range s.open[:left] {
		h := &s.open[i]
		a := &e.cells[h.a]
		if w := e.compareLast(a, b, e.table(a.src, b.src), &h.v, h.sum); w >= s.cut {
			x, y := e.recordAt(h.a), e.recordAt(y)
			dst = append(dst, Edge{min(x, y), max(x, y), w})
		}
	}
	s.whole += int64(left)
	return dst
}

// sortEdges orders edges by A and then B: counted by A, of which few have many.
func sortEdges(es []Edge, workers int) {
	if len(es) < 1<<12 {
		slices.SortFunc(es, byRecords)
		return
	}
	most := uint32(0)
	for i := range es {
		most = max(most, es[i].A)
	}
	from := slices.Clone(es)
	for at, i := range ordered(uint32(len(es)), most+1, func(i uint32) uint32 { return from[i].A }) {
		es[at] = from[i]
	}
	ends := make([]int, workers) // of each worker's part, which no run of one A crosses
	for w := range ends {
		i := (w + 1) * len(es) / workers
		for i > 0 && i < len(es) && es[i].A == es[i-1].A {
			i++
		}
		ends[w] = i
	}
	parallel(workers, workers, func(_, w int) {
		i := 0
		if w > 0 {
			i = ends[w-1]
		}
		for i < ends[w] {
			j := i + 1
			for j < ends[w] && es[j].A == es[i].A {
				j++
			}
			if j-i > 1 {
				slices.SortFunc(es[i:j], byRecords)
			}
			i = j
		}
	})
}

func byRecords(x, y Edge) int {
	if x.A != y.A {
		return int(x.A) - int(y.A)
	}
	return int(x.B) - int(y.B)
}

// placeholderShare is the share of records above which one value says nothing,
// once there are enough records to tell.
const placeholderShare = 0.04

// aside is what setAside found: values that are no evidence.
type aside struct {
	bags []uint32   // names that are placeholders
	dobs []uint32   // dates of birth, by dobIndex, that look like defaults
	ids  [][]uint32 // by kind: values that are placeholders
}

// setAside finds values that stand in so many records that they cannot be about
// a person, and dates of birth that look like defaults, and says so.
func (d *Dataset) setAside() (out aside, notes []string) {
	n := len(d.rows)
	out.ids = make([][]uint32, len(d.kinds))
	if n < 50 {
		return out, nil
	}
	c := d.count()
	most := uint32(max(placeholderShare*float64(n), 12))
	say := func(what string, rows uint32) {
		notes = append(notes, fmt.Sprintf("%s stands in %d of %d records and was taken as a placeholder, not as evidence", what, rows, n))
	}
	for b := 1; b < len(c.bag); b++ {
		if c.bag[b] > most {
			out.bags = append(out.bags, uint32(b))
			say("one name", c.bag[b])
		}
	}
	years := map[int]uint32{}
	for i, k := range c.dob {
		years[i/(13*32)] += k
	}
	defaults, most1 := uint32(0), 0
	for i, k := range c.dob {
		first := i%32 == 1
		switch {
		case k > most && n >= 500:
			say("one date of birth", k)
			defaults -= k // said already
		case first && k >= 8 && float64(k) > 5*float64(years[i/(13*32)])/365:
		case i%(13*32) == 33 && k > 3 && n >= 500: // 1 January
		default:
			continue
		}
		out.dobs = append(out.dobs, uint32(i))
		if defaults += k; most1 == 0 || k > c.dob[most1] {
			most1 = i
		}
	}
	if defaults > 0 {
		notes = append(notes, fmt.Sprintf("dates of birth that are entered when nobody knows stand in %d of %d records, most often %04d-%02d-%02d: they count for little", defaults, n, firstYear+most1/(13*32), most1/32%13, most1%32))
	}
	for u, rows := range c.addr {
		if u > 0 && rows > most {
			say("one address", rows)
		}
	}
	for k := range d.kinds {
		for v, rows := range c.ids[k] {
			if v > 0 && rows > uint32(max(0.01*float64(n), 40)) {
				out.ids[k] = append(out.ids[k], uint32(v))
				say("one value of "+d.kinds[k], rows)
			}
		}
	}
	return out, notes
}

// apply blanks placeholders and marks defaults in the records from first on.
func (a *aside) apply(d *Dataset, first int) {
	bags, dobs := setOf(a.bags), setOf(a.dobs)
	ids := make([]map[uint32]bool, len(d.kinds))
	for k := range ids {
		if k < len(a.ids) {
			ids[k] = setOf(a.ids[k])
		}
	}
	for i := first; i < len(d.rows); i++ {
		r := &d.rows[i]
		if len(bags) > 0 && r.names != 0 && bags[d.bagsOf(r.names)[0]] {
			r.names = 0
		}
		if len(dobs) > 0 && r.dob != 0 && r.flags&flagEstimated == 0 && dobs[uint32(dobIndex(r.dob))] {
			r.flags |= flagDefault
		}
		d.dropIdents(r, ids)
	}
}

func setOf(v []uint32) map[uint32]bool {
	m := make(map[uint32]bool, len(v))
	for _, x := range v {
		m[x] = true
	}
	return m
}

func (d *Dataset) dropIdents(r *row, bad []map[uint32]bool) {
	for k := range d.kinds {
		if r.mask&(1<<k) == 0 || len(bad[k]) == 0 || !bad[k][d.idValue(r, k)] {
			continue
		}
		var keep [maxKinds]uint32
		n := 0
		for j := range d.kinds {
			if j != k && r.mask&(1<<j) != 0 {
				keep[n] = d.idValue(r, j)
				n++
			}
		}
		copy(d.idVals[r.ids:], keep[:n])
		r.mask &^= 1 << k
	}
}
