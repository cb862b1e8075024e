package splink

import (
	"math/rand/v2"
	"sync"
)

// Field describes a column for Simple.
type Field struct {
	Column string
	Kind   string // name, date, postcode, number or flag
}

// Simple is the model SQL can say of plain columns: a comparison for each field
// with the levels usual in Splink's own library, untrained.
func Simple(linkType string, fields []Field, rules []string, dialect string) (*Model, error) {
	m := &Model{LinkType: linkType, Dialect: DuckDB, ID: "unique_id", Source: "source_dataset", Prior: 0.0001}
	for i, r := range rules {
		if err := m.addRule(i, []byte(quoted(r))); err != nil {
			return nil, err
		}
	}
	for i, f := range fields {
		l, r := `"`+f.Column+`_l"`, `"`+f.Column+`_r"`
		c := jsonComparison{Name: f.Column, Levels: []jsonLevel{
			{SQL: l + " IS NULL OR " + r + " IS NULL", Label: f.Column + " is missing", Null: true},
			{SQL: l + " = " + r, Label: "Exact match on " + f.Column},
		}}
		add := func(sql, label string) { c.Levels = append(c.Levels, jsonLevel{SQL: sql, Label: label}) }
		switch f.Kind {
		case "name":
			c.Levels[1].TF = f.Column
			add("jaro_winkler_similarity("+l+", "+r+") >= 0.92", "Jaro-Winkler of at least 0.92")
			add("jaro_winkler_similarity("+l+", "+r+") >= 0.8", "Jaro-Winkler of at least 0.8")
		case "date":
			c.Levels[0].SQL = "try_strptime(" + l + ", '%Y-%m-%d') IS NULL OR try_strptime(" + r + ", '%Y-%m-%d') IS NULL"
			add("damerau_levenshtein("+l+", "+r+") <= 1", "One slip")
			add("ABS(EPOCH(try_strptime("+l+", '%Y-%m-%d')) - EPOCH(try_strptime("+r+", '%Y-%m-%d'))) <= 31557600.0", "Within a year")
		case "postcode":
			c.Levels[1].TF = f.Column
			add("NULLIF(regexp_extract("+l+", '^[A-Za-z]{1,2}[0-9][A-Za-z0-9]?', 0), '') = NULLIF(regexp_extract("+r+", '^[A-Za-z]{1,2}[0-9][A-Za-z0-9]?', 0), '')", "Same district")
		case "number":
			add("damerau_levenshtein("+l+", "+r+") <= 1", "One slip")
		}
		add("ELSE", "All other comparisons")
		if err := m.addComparison(i, c); err != nil {
			return nil, err
		}
	}
	if dialect == "" || dialect == DuckDB {
		return m, nil
	}
	data, err := m.JSON(dialect)
	if err != nil {
		return nil, err
	}
	return Parse(data)
}

func quoted(s string) string {
	b, _ := marshal(s)
	return string(b)
}

// Learn sets m from pairs of rows known to be one person and u from rows drawn
// at random; levels that never occur get the share of half a pair.
func (e *Engine) Learn(matches [][2]uint32, prior float64, rng *rand.Rand) {
	e.m.Prior = prior
	m, u := make([][]float64, len(e.comps)), make([][]float64, len(e.comps))
	for k, c := range e.m.Comparisons {
		m[k], u[k] = make([]float64, len(c.Levels)), make([]float64, len(c.Levels))
	}
	count := func(into [][]float64, pairs [][2]uint32) {
		s := e.scorer()
		for _, x := range pairs {
			for k := range e.comps {
				if v := s.level(k, &pair{e.t, int(x[0]), int(x[1])}); v != noLevel {
					into[k][v]++
				}
			}
		}
	}
	var drawn [][2]uint32
	for range min(60_000, e.t.n*20) {
		if a, b := rng.IntN(e.t.n), rng.IntN(e.t.n); a != b {
			drawn = append(drawn, [2]uint32{uint32(a), uint32(b)})
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { count(m, matches) })
	count(u, drawn)
	wg.Wait()
	for k := range e.m.Comparisons {
		ls := e.m.Comparisons[k].Levels
		share(ls, m[k], func(l *Level, p float64) { l.M, l.HasM = p, true })
		share(ls, u[k], func(l *Level, p float64) { l.U, l.HasU = p, true })
	}
}

func share(ls []Level, counts []float64, set func(*Level, float64)) {
	sum := 0.0
	for i := range ls {
		if !ls[i].Null {
			sum += counts[i] + 0.5
		}
	}
	for i := range ls {
		if !ls[i].Null {
			set(&ls[i], (counts[i]+0.5)/sum)
		}
	}
}
