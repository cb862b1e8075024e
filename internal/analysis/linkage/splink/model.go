package splink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Level is one level of a comparison, in the order they are tried.
type Level struct {
	SQL      string
	Label    string
	Null     bool
	Else     bool
	M, U     float64
	HasM     bool // m is given or trained
	HasU     bool
	FixM     bool
	FixU     bool
	TF       string // column whose term frequencies adjust the level, or ""
	TFWeight float64
	TFFloor  float64

	expr *expr
}

// Comparison is a list of levels; a pair takes the first that holds.
type Comparison struct {
	Name        string
	Description string
	Levels      []Level
}

// Model is a Splink settings or model file.
type Model struct {
	LinkType    string // dedupe_only, link_only or link_and_dedupe
	Dialect     string
	ID          string // column of the unique id
	Source      string // column of the source dataset
	Prior       float64
	Rules       []string
	Comparisons []Comparison

	rules []*expr
}

type jsonLevel struct {
	SQL      string   `json:"sql_condition"`
	Label    string   `json:"label_for_charts,omitempty"`
	M        *float64 `json:"m_probability,omitempty"`
	U        *float64 `json:"u_probability,omitempty"`
	FixM     bool     `json:"fix_m_probability,omitempty"`
	FixU     bool     `json:"fix_u_probability,omitempty"`
	Null     bool     `json:"is_null_level,omitempty"`
	TF       string   `json:"tf_adjustment_column,omitempty"`
	TFWeight *float64 `json:"tf_adjustment_weight,omitempty"`
	TFFloor  *float64 `json:"tf_minimum_u_value,omitempty"`
}

type jsonComparison struct {
	Name        string      `json:"output_column_name"`
	Description string      `json:"comparison_description"`
	Levels      []jsonLevel `json:"comparison_levels"`
}

type jsonRule struct {
	Rule    string          `json:"blocking_rule"`
	Dialect string          `json:"sql_dialect"`
	Explode json.RawMessage `json:"arrays_to_explode,omitempty"`
}

type jsonModel struct {
	LinkType    string            `json:"link_type"`
	Prior       *float64          `json:"probability_two_random_records_match"`
	Matching    bool              `json:"retain_matching_columns"`
	Intermed    bool              `json:"retain_intermediate_calculation_columns"`
	Retain      []string          `json:"additional_columns_to_retain"`
	Dialect     string            `json:"sql_dialect"`
	Convergence float64           `json:"em_convergence"`
	Iterations  int               `json:"max_iterations"`
	ID          string            `json:"unique_id_column_name"`
	Source      string            `json:"source_dataset_column_name"`
	Rules       []json.RawMessage `json:"blocking_rules_to_generate_predictions"`
	Comparisons []jsonComparison  `json:"comparisons"`
}

// Parse reads a settings or model file. The error names the comparison or rule
// that cannot be expressed, and why.
func Parse(data []byte) (*Model, error) {
	var j jsonModel
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, fmt.Errorf("not a Splink model: %w", err)
	}
	m := &Model{LinkType: j.LinkType, Dialect: strings.ToLower(j.Dialect), ID: j.ID, Source: j.Source, Prior: 0.0001}
	if m.ID == "" {
		m.ID = "unique_id"
	}
	if m.Source == "" {
		m.Source = "source_dataset"
	}
	if m.Dialect == "" {
		m.Dialect = DuckDB
	}
	if m.Dialect != DuckDB && m.Dialect != Spark {
		return nil, fmt.Errorf("the model is written for %q; expected duckdb or spark", j.Dialect)
	}
	switch m.LinkType {
	case "dedupe_only", "link_only", "link_and_dedupe":
	default:
		return nil, fmt.Errorf("link_type is %q; expected dedupe_only, link_only or link_and_dedupe", j.LinkType)
	}
	if j.Prior != nil {
		m.Prior = *j.Prior
	}
	if m.Prior <= 0 || m.Prior >= 1 {
		return nil, fmt.Errorf("probability_two_random_records_match is %v; expected between 0 and 1", m.Prior)
	}
	if len(j.Comparisons) == 0 {
		return nil, errors.New("the model has no comparisons")
	}
	for i, raw := range j.Rules {
		if err := m.addRule(i, raw); err != nil {
			return nil, err
		}
	}
	for i, c := range j.Comparisons {
		if err := m.addComparison(i, c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Model) addRule(i int, raw json.RawMessage) error {
	var r jsonRule
	if len(raw) > 0 && raw[0] == '"' {
		if err := json.Unmarshal(raw, &r.Rule); err != nil {
			return fmt.Errorf("blocking rule %d: %w", i+1, err)
		}
	} else if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("blocking rule %d: %w", i+1, err)
	}
	if len(r.Explode) > 0 && string(r.Explode) != "null" && string(r.Explode) != "[]" {
		return fmt.Errorf("blocking rule %d (%s): exploding arrays is not worked out here", i+1, r.Rule)
	}
	e, err := parse(r.Rule)
	if err != nil {
		return fmt.Errorf("blocking rule %d (%s): %w", i+1, r.Rule, err)
	}
	m.Rules = append(m.Rules, r.Rule)
	m.rules = append(m.rules, e)
	return nil
}

func (m *Model) addComparison(i int, j jsonComparison) error {
	c := Comparison{Name: j.Name, Description: j.Description}
	if c.Name == "" {
		c.Name = fmt.Sprintf("comparison %d", i+1)
	}
	for n, l := range j.Levels {
		v := Level{SQL: strings.TrimSpace(l.SQL), Label: l.Label, Null: l.Null, FixM: l.FixM, FixU: l.FixU, TF: l.TF, TFWeight: 1}
		v.Else = strings.EqualFold(v.SQL, "ELSE")
		if l.M != nil {
			v.M, v.HasM = *l.M, true
		}
		if l.U != nil {
			v.U, v.HasU = *l.U, true
		}
		if l.TFWeight != nil {
			v.TFWeight = *l.TFWeight
		}
		if l.TFFloor != nil {
			v.TFFloor = *l.TFFloor
		}
		if !v.Else {
			e, err := parse(v.SQL)
			if err != nil {
				return fmt.Errorf("comparison %q, level %d (%s): %w", c.Name, n+1, shorten(v.SQL), err)
			}
			v.expr = e
		}
		c.Levels = append(c.Levels, v)
	}
	if len(c.Levels) < 2 {
		return fmt.Errorf("comparison %q has %d levels; expected at least two", c.Name, len(c.Levels))
	}
	m.Comparisons = append(m.Comparisons, c)
	return nil
}

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 120 {
		return s[:120] + "…"
	}
	return s
}

// Trained reports whether every level has the probabilities it needs.
func (m *Model) Trained() bool {
	for _, c := range m.Comparisons {
		for _, l := range c.Levels {
			if !l.Null && (!l.HasM || !l.HasU) {
				return false
			}
		}
	}
	return true
}

// JSON writes the model for a dialect, so that Splink 4 and 5 open it.
func (m *Model) JSON(dialect string) ([]byte, error) {
	if dialect == "" {
		dialect = m.Dialect
	}
	if dialect != DuckDB && dialect != Spark {
		return nil, fmt.Errorf("the dialect is %q; expected duckdb or spark", dialect)
	}
	out := jsonModel{
		LinkType: m.LinkType, Prior: &m.Prior, Retain: []string{}, Dialect: dialect, Convergence: 0.0001, Iterations: 25, ID: m.ID, Source: m.Source,
		Rules: []json.RawMessage{}, Comparisons: []jsonComparison{},
	}
	for i, r := range m.Rules {
		if dialect != m.Dialect {
			r = m.rules[i].sql(dialect, false)
		}
		raw, err := marshal(jsonRule{Rule: r, Dialect: dialect})
		if err != nil {
			return nil, err
		}
		out.Rules = append(out.Rules, raw)
	}
	for _, c := range m.Comparisons {
		jc := jsonComparison{Name: c.Name, Description: c.Description}
		for _, l := range c.Levels {
			jl := jsonLevel{SQL: l.SQL, Label: l.Label, Null: l.Null, FixM: l.FixM, FixU: l.FixU, TF: l.TF}
			if !l.Else && dialect != m.Dialect {
				jl.SQL = l.expr.sql(dialect, true)
			}
			if l.HasM && !l.Null {
				jl.M = &l.M
			}
			if l.HasU && !l.Null {
				jl.U = &l.U
			}
			if l.TF != "" {
				jl.TFWeight = &l.TFWeight
				if l.TFFloor != 0 {
					jl.TFFloor = &l.TFFloor
				}
			}
			jc.Levels = append(jc.Levels, jl)
		}
		out.Comparisons = append(out.Comparisons, jc)
	}
	data, err := marshal(out)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// marshal keeps <, > and & as they are: the text is SQL.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
