package linkrun

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/analysis/linkage/splink"
	"lantern.example/lantern/internal/intake/tabular"
)

// runSplink links the files by a Splink model: its columns are taken by their
// own names, and nothing but what the model says is compared.
func runSplink(inputs []Input, data []byte, opt *Options, c *clock) (*Summary, error) {
	if opt.Previous != "" {
		return nil, inputErrorf("a Splink model cannot extend an earlier run: run it on all files")
	}
	m, err := splink.Parse(data)
	if err != nil {
		return nil, inputErrorf("the Splink specification: %s", err)
	}
	in, t, err := loadPlain(inputs, m, opt)
	if err != nil {
		return nil, err
	}
	e, err := splink.Prepare(m, t, opt.Threads)
	if err != nil {
		return nil, inputErrorf("the Splink specification: %s", err)
	}
	c.start("block")
	ps, err := e.Block()
	if err != nil {
		return nil, inputErrorf("the Splink specification: %s", err)
	}
	c.start("train")
	if !m.Trained() {
		if err := e.Train(ps, rand.New(rand.NewPCG(max(opt.Seed, 1), 1))); err != nil {
			return nil, &InputError{err.Error()}
		}
	}
	c.start("score")
	if err := e.Score(ps); err != nil {
		return nil, &InputError{err.Error()}
	}
	c.start("cluster")
	var decided []splink.Decision
	if opt.Decisions != nil {
		ds, err := readDecisions(opt.Decisions, in)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			decided = append(decided, splink.Decision{A: d.A, B: d.B, Same: d.Verdict == linkage.Same, Different: d.Verdict == linkage.Different})
		}
	}
	threshold, from := opt.Threshold, opt.ReviewFrom
	if threshold == 0 {
		threshold = 0.95
	}
	if from == 0 {
		from = min(0.5, threshold)
	}
	g := e.Cluster(ps, threshold, from, decided)
	c.start("write")
	s := &Summary{
		Records: t.Len(), Sources: in.sources, People: g.People, Links: len(g.Links), ForReview: len(g.Review), PairsConsidered: int64(len(ps)), PairsScored: int64(len(ps)),
		Threads: opt.Threads, Blocking: []BlockCount{}, Conflicts: append([]string{}, g.Conflicts...), Warnings: in.warnings,
	}
	counts := make([]int64, len(m.Rules))
	for _, p := range ps {
		counts[p.Rule]++
	}
	for i, r := range m.Rules {
		s.Blocking = append(s.Blocking, BlockCount{r, counts[i]})
	}
	size := map[uint32]int{}
	for _, p := range g.Person {
		size[p]++
		s.LargestPerson = max(s.LargestPerson, size[p])
	}
	in.sayOversized(s, g, size)
	if in.truth != nil {
		s.Evaluation = Evaluate(in.truth, g.Person)
	}
	return s, writeSplink(in, m, e, g, opt)
}

// sayOversized warns of people with unusually many records, and puts the weakest
// link of each before a person. The model's own rule made them, so they stay.
func (in *loaded) sayOversized(s *Summary, g *splink.Grouped, size map[uint32]int) {
	limit := linkage.TooMany(slices.Collect(maps.Values(size)))
	weakest := map[uint32]splink.Pair{}
	for _, p := range g.Links {
		r := g.Person[p.L]
		if w, ok := weakest[r]; size[r] > limit && (!ok || p.Weight < w.Weight) {
			weakest[r] = p
		}
	}
	for _, r := range slices.Sorted(maps.Keys(size)) {
		if size[r] <= limit {
			continue
		}
		s.Oversized++
		source, id := in.key(int(r))
		s.Warnings = append(s.Warnings, fmt.Sprintf("the person around %s/%s has %d records, more than the %d that are usual here at most: the model made them one", source, id, size[r], limit))
		if p, ok := weakest[r]; ok {
			g.Review = append(g.Review, p)
			g.Why = append(g.Why, fmt.Sprintf("the weakest link of a person of %d records, when more than %d is unusual here", size[r], limit))
		}
	}
	s.ForReview = len(g.Review)
}

// loadPlain reads files as they are into one table with the model's id and
// source columns.
func loadPlain(inputs []Input, m *splink.Model, opt *Options) (*loaded, *splink.Table, error) {
	in := &loaded{numbered: map[string]bool{}}
	type file struct {
		table  *tabular.Table
		source string
		name   string
	}
	var files []file
	var books []*tabular.Book
	defer func() {
		for _, b := range books {
			b.Close()
		}
	}()
	names := []string{m.ID, m.Source}
	for i := range inputs {
		f := &inputs[i]
		b, err := tabular.Open(f.Name, f.Data, f.Size, tabular.Limits{FileBytes: 16 << 30, UnpackedBytes: 64 << 30})
		if err != nil {
			return nil, nil, asInput(err)
		}
		books = append(books, b)
		ts, err := b.Tables()
		if err != nil {
			return nil, nil, asInput(err)
		}
		if len(ts) != 1 {
			return nil, nil, inputErrorf("%s: it holds %d tables; with a Splink model one was expected", f.Name, len(ts))
		}
		for _, h := range ts[0].Header {
			if indexFold(names, h) < 0 && !strings.EqualFold(h, opt.Evaluate) {
				names = append(names, h)
			}
		}
		files = append(files, file{ts[0], sourceName(f.Name), f.Name})
		in.sources = append(in.sources, sourceName(f.Name))
	}
	t := splink.NewTable(names)
	for _, f := range files {
		if err := in.plainRows(t, f.table, f.source, f.name, names, m, opt); err != nil {
			return nil, nil, err
		}
	}
	if t.Len() == 0 {
		return nil, nil, inputErrorf("the files hold no rows")
	}
	return in, t, nil
}

func (in *loaded) plainRows(t *splink.Table, rows *tabular.Table, source, name string, names []string, m *splink.Model, opt *Options) error {
	at := make([]int, len(names))
	for i, n := range names {
		at[i] = indexFold(rows.Header, n)
	}
	truth := -1
	if opt.Evaluate != "" {
		if truth = indexFold(rows.Header, opt.Evaluate); truth < 0 {
			return inputErrorf("%s: there is no column %q to evaluate against; the columns are %s", name, opt.Evaluate, quoteList(rows.Header))
		}
	}
	id := at[0]
	if opt.ID != "" {
		if id = indexFold(rows.Header, opt.ID); id < 0 {
			return inputErrorf("%s: there is no column %q for the record's id; the columns are %s", name, opt.ID, quoteList(rows.Header))
		}
	}
	cells := make([]string, len(names))
	for n := 1; ; n++ {
		row, err := rows.Next()
		var re *tabular.RowError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &re):
			in.warn("%s: %s", name, re.Error())
			continue
		case err != nil:
			return asInput(err)
		}
		for i, a := range at {
			cells[i] = ""
			if a >= 0 {
				cells[i] = strings.TrimSpace(row.Cells[a])
			}
		}
		if id >= 0 {
			cells[0] = strings.TrimSpace(row.Cells[id])
		}
		if cells[0] == "" {
			cells[0] = strconv.Itoa(n)
		}
		if cells[1] == "" {
			cells[1] = source
		}
		in.keys = append(in.keys, [2]string{source, cells[0]})
		if truth >= 0 {
			in.truth = append(in.truth, row.Cells[truth])
		}
		t.Add(cells)
	}
}

func writeSplink(in *loaded, m *splink.Model, e *splink.Engine, g *splink.Grouped, opt *Options) error {
	if err := os.MkdirAll(opt.Out, 0o755); err != nil {
		return fmt.Errorf("making the folder %s: %w", opt.Out, err)
	}
	type origin struct {
		key   [2]string
		again int
	}
	founder := map[uint32]origin{}
	seen := map[[2]string]int{}
	for i, p := range g.Person {
		k := in.keys[i]
		if f, ok := founder[p]; !ok || k[0] < f.key[0] || k[0] == f.key[0] && k[1] < f.key[1] {
			founder[p] = origin{k, seen[k]}
		}
		seen[k]++
	}
	if err := create(opt.Out, "clusters.csv", func(w *bufio.Writer) error {
		w.WriteString("source,record_id,person_id\n")
		var line []byte
		for i, p := range g.Person {
			line = append(appendCell(line[:0], in.keys[i][0]), ',')
			line = append(appendCell(line, in.keys[i][1]), ',')
			line = append(append(line, personID(founder[p].key[0], founder[p].key[1], founder[p].again)...), '\n')
			w.Write(line)
		}
		return nil
	}); err != nil {
		return err
	}
	pairs := func(ps []splink.Pair, why []string) func(w *bufio.Writer) error {
		return func(w *bufio.Writer) error {
			w.WriteString("source_l,record_id_l,source_r,record_id_r,match_weight,match_probability")
			if !opt.NoExplain {
				w.WriteString(",explanation")
			}
			if why != nil {
				w.WriteString(",why_doubtful,priority")
			}
			w.WriteByte('\n')
			var line []byte
			for i, p := range ps {
				line = line[:0]
				for _, r := range [...]uint32{p.L, p.R} {
					line = append(appendCell(line, in.keys[r][0]), ',')
					line = append(appendCell(line, in.keys[r][1]), ',')
				}
				line = append(strconv.AppendFloat(line, p.Weight, 'g', -1, 64), ',')
				line = strconv.AppendFloat(line, p.Probability(), 'g', -1, 64)
				if !opt.NoExplain {
					line = appendCell(append(line, ','), explainSplink(m, e.Levels(p.L, p.R)))
				}
				if why != nil {
					line = append(appendCell(append(line, ','), why[i]), ",3"...)
				}
				w.Write(append(line, '\n'))
			}
			return nil
		}
	}
	if err := create(opt.Out, "links.csv", pairs(g.Links, nil)); err != nil {
		return err
	}
	if g.Why == nil {
		g.Why = []string{}
	}
	if err := create(opt.Out, "review.csv", pairs(g.Review, g.Why)); err != nil {
		return err
	}
	return create(opt.Out, modelName, func(w *bufio.Writer) error { return appendModel(w, m, opt) })
}

func appendModel(w io.Writer, m *splink.Model, opt *Options) error {
	data, err := m.JSON(opt.Dialect)
	if err != nil {
		return &InputError{err.Error()}
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// explainSplink names the level of each comparison, as the model labels it.
func explainSplink(m *splink.Model, levels []int) string {
	var parts []string
	for k, l := range levels {
		if l < 0 {
			continue
		}
		v := &m.Comparisons[k].Levels[l]
		if v.Null {
			continue
		}
		label := v.Label
		if label == "" {
			label = v.SQL
		}
		parts = append(parts, m.Comparisons[k].Name+": "+label)
	}
	return strings.Join(parts, ". ")
}

// writeModel writes the model: the earlier run's, since the weights are the earlier
// ones, unless it is missing or of another dialect.
func writeModel(w io.Writer, in *loaded, res *linkage.Result, e *earlier, opt *Options) error {
	if e != nil {
		dialect := opt.Dialect
		if dialect == "" {
			dialect = splink.DuckDB
		}
		data, err := e.read(modelName)
		if err != nil {
			return err
		}
		if m, err := splink.Parse(data); data != nil && err == nil && m.Dialect == dialect {
			_, err := w.Write(data)
			return err
		}
	}
	return exportModel(w, res, in.data, opt)
}

const (
	modelLinks   = 10_000 // links that the exported model learns m from
	modelRecords = 20_000 // records that it learns u from
)

// exportModel writes what SQL can say of the run as a Splink model: plain
// comparisons with m from the run's own links and u from records at random.
func exportModel(w io.Writer, res *linkage.Result, d *linkage.Dataset, opt *Options) error {
	kinds := d.Kinds()
	fields := []splink.Field{{Column: "given_name", Kind: "name"}, {Column: "family_name", Kind: "name"}, {Column: "date_of_birth", Kind: "date"},
		{Column: "postcode", Kind: "postcode"}, {Column: "sex", Kind: "flag"}}
	rules := []string{`l."given_name" = r."given_name" AND l."family_name" = r."family_name"`, `l."family_name" = r."family_name" AND l."date_of_birth" = r."date_of_birth"`,
		`l."given_name" = r."given_name" AND l."date_of_birth" = r."date_of_birth"`, `l."postcode" = r."postcode" AND l."given_name" = r."given_name"`}
	for _, k := range kinds {
		fields = append(fields, splink.Field{Column: k, Kind: "number"})
		rules = append(rules, `l."`+k+`" = r."`+k+`"`)
	}
	linkType := "link_and_dedupe"
	switch {
	case opt.Type == "link":
		linkType = "link_only"
	case len(d.Sources()) == 1:
		linkType = "dedupe_only"
	}
	m, err := splink.Simple(linkType, fields, rules, opt.Dialect)
	if err != nil {
		return &InputError{err.Error()}
	}
	t := splink.NewTable(append(slices.Clone(linkage.PlainColumns), kinds...))
	row := map[uint32]uint32{}
	take := func(i uint32) uint32 {
		r, ok := row[i]
		if !ok {
			r = uint32(t.Len())
			row[i] = r
			t.Add(d.Plain(int(i)))
		}
		return r
	}
	var matches [][2]uint32
	step := max(1, len(res.Links)/modelLinks)
	for i := 0; i < len(res.Links); i += step {
		matches = append(matches, [2]uint32{take(res.Links[i].A), take(res.Links[i].B)})
	}
	for i := 0; i < d.Len(); i += max(1, d.Len()/modelRecords) {
		take(uint32(i))
	}
	e, err := splink.Prepare(m, t, 1)
	if err != nil {
		return fmt.Errorf("writing model.json: %w", err)
	}
	e.Learn(matches, res.Model.Prior, rand.New(rand.NewPCG(1, 2)))
	return appendModel(w, m, opt)
}
