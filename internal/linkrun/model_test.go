package linkrun

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/analysis/linkage/splink"
)

// modelOf links extracts and returns the folder that holds model.json, with the plain tables it speaks of beside it.
func modelOf(t *testing.T, inputs []Input, opt Options) (dir string, tables []string) {
	t.Helper()
	opt.Out, opt.Threads = t.TempDir(), 2
	if _, err := Run(inputs, opt); err != nil {
		t.Fatal(err)
	}
	spec, err := parseSpec(nil)
	if err != nil {
		t.Fatal(err)
	}
	in, err := load(inputs, spec, &opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string][][]string{}
	header := append(slices.Clone(linkage.PlainColumns), in.data.Kinds()...)
	for i := range in.data.Len() {
		row := in.data.Plain(i)
		by[row[0]] = append(by[row[0]], row)
	}
	for _, s := range in.data.Sources() {
		name := filepath.Join(opt.Out, s+".csv")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := csv.NewWriter(f).WriteAll(append([][]string{header}, by[s]...)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	return opt.Out, tables
}

// splinkPythons are the Pythons that have Splink: those that "make bench-linkage" installs, and one that
// LANTERN_SPLINK_PYTHON names (several with colons between them).
func splinkPythons() (out []string) {
	for _, p := range filepath.SplitList(os.Getenv("LANTERN_SPLINK_PYTHON")) {
		out = append(out, p)
	}
	for _, v := range []string{"splink4", "splink5"} {
		if p := filepath.Join("..", "..", "bench", "out", v, "bin", "python"); exists(p) {
			out = append(out, p)
		}
	}
	return out
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// What lantern link writes as model.json opens in Splink, which finds the same pairs with the same weights as this program does with it.
func TestModelOpensInSplink(t *testing.T) {
	pythons := splinkPythons()
	if len(pythons) == 0 {
		t.Skip("no Python with splink: make bench-linkage installs it, or LANTERN_SPLINK_PYTHON names one")
	}
	all := extracts(t, 41, 500)
	for _, c := range []struct {
		name   string
		inputs []Input
		typ    string
	}{{"one source", all[:1], ""}, {"several sources", all, ""}, {"between sources only", all, "link"}} {
		dir, tables := modelOf(t, c.inputs, Options{Type: c.typ})
		ours := weightsWith(t, filepath.Join(dir, "model.json"), tables)
		for _, python := range pythons {
			t.Run(c.name+" "+filepath.Base(filepath.Dir(filepath.Dir(python))), func(t *testing.T) {
				found := filepath.Join(t.TempDir(), "pairs.csv")
				args := append([]string{filepath.Join("testdata", "predict.py"), filepath.Join(dir, "model.json"), found}, tables...)
				if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
					t.Fatalf("splink failed: %v\n%s", err, out)
				}
				f, err := os.Open(found)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close() //nolint:errcheck // only read
				rows, err := csv.NewReader(f).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				if len(rows) != len(ours) || len(rows) == 0 {
					t.Errorf("Splink finds %d pairs, lantern %d", len(rows), len(ours))
				}
				for _, r := range rows {
					w, err := strconv.ParseFloat(r[4], 64)
					if err != nil {
						t.Fatal(err)
					}
					got, ok := ours[pairOf(r[0], r[1], r[2], r[3])]
					if !ok || math.Abs(got-w) > 1e-6 {
						t.Fatalf("%v: lantern weighs it %v (there: %v)", r, got, ok)
					}
				}
			})
		}
	}
}

func pairOf(sl, l, sr, r string) string {
	a, b := sl+"/"+l, sr+"/"+r
	return min(a, b) + " " + max(a, b)
}

// weightsWith is what this program makes of plain tables with a Splink model.
func weightsWith(t *testing.T, model string, tables []string) map[string]float64 {
	t.Helper()
	data, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	m, err := splink.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var tab *splink.Table
	for _, name := range tables {
		rows := readRows(t, filepath.Dir(name), filepath.Base(name))
		if tab == nil {
			tab = splink.NewTable(rows[0])
		}
		for _, r := range rows[1:] {
			tab.Add(r)
		}
	}
	e, err := splink.Prepare(m, tab, 2)
	if err != nil {
		t.Fatal(err)
	}
	ps, err := e.Block()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Score(ps); err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, p := range ps {
		out[pairOf(tab.Cell(int(p.L), "source_dataset"), tab.Cell(int(p.L), "unique_id"), tab.Cell(int(p.R), "source_dataset"), tab.Cell(int(p.R), "unique_id"))] = p.Weight
	}
	return out
}

// The shape of model.json is what Splink 4 reads as settings: it refuses keys it does not know, and needs those it does.
func TestModelHasTheShapeOfSplinkSettings(t *testing.T) {
	all := extracts(t, 42, 300)
	for _, c := range []struct{ typ, dialect, link string }{{"", "duckdb", "link_and_dedupe"}, {"link", "spark", "link_only"}} {
		dir, tables := modelOf(t, all, Options{Type: c.typ, Dialect: c.dialect})
		data, err := os.ReadFile(filepath.Join(dir, "model.json"))
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		known(t, "settings", m, []string{"link_type", "probability_two_random_records_match", "blocking_rules_to_generate_predictions", "comparisons", "unique_id_column_name", "sql_dialect"},
			[]string{"source_dataset_column_name", "retain_matching_columns", "retain_intermediate_calculation_columns", "additional_columns_to_retain", "linker_uid", "em_convergence",
				"max_iterations", "bayes_factor_column_prefix", "match_weight_column_prefix", "term_frequency_adjustment_column_prefix", "comparison_vector_value_column_prefix"})
		if m["link_type"] != c.link || m["sql_dialect"] != c.dialect {
			t.Errorf("the model is of type %v in %v, want %s in %s", m["link_type"], m["sql_dialect"], c.link, c.dialect)
		}
		if p, _ := m["probability_two_random_records_match"].(float64); p <= 0 || p >= 1 {
			t.Errorf("the prior is %v", m["probability_two_random_records_match"])
		}
		for i, r := range m["blocking_rules_to_generate_predictions"].([]any) {
			rule := r.(map[string]any)
			known(t, fmt.Sprintf("blocking rule %d", i), rule, []string{"blocking_rule", "sql_dialect"}, []string{"salting_partitions", "arrays_to_explode"})
		}
		header := readRows(t, dir, filepath.Base(tables[0]))[0]
		for _, x := range m["comparisons"].([]any) {
			comparison := x.(map[string]any)
			name := fmt.Sprint("comparison ", comparison["output_column_name"])
			known(t, name, comparison, []string{"output_column_name", "comparison_levels"}, []string{"comparison_description"})
			if !slices.Contains(header, fmt.Sprint(comparison["output_column_name"])) {
				t.Errorf("%s is of no plain column: %v", name, header)
			}
			shape(t, name, comparison["comparison_levels"].([]any))
		}
	}
}

// known reports keys that are missing or that Splink does not know.
func known(t *testing.T, what string, m map[string]any, need, may []string) {
	t.Helper()
	for _, k := range need {
		if _, ok := m[k]; !ok {
			t.Errorf("%s: there is no %q", what, k)
		}
	}
	for k := range m {
		if !slices.Contains(need, k) && !slices.Contains(may, k) {
			t.Errorf("%s: Splink does not know %q", what, k)
		}
	}
}

// shape checks the levels of one comparison: a null level without probabilities first, ELSE last, the rest with probabilities that are a distribution.
func shape(t *testing.T, name string, levels []any) {
	t.Helper()
	var m, u float64
	for i, x := range levels {
		l := x.(map[string]any)
		known(t, fmt.Sprintf("%s, level %d", name, i), l, []string{"sql_condition"}, []string{"label_for_charts", "m_probability", "u_probability", "is_null_level", "tf_adjustment_column",
			"tf_adjustment_weight", "tf_minimum_u_value", "fix_m_probability", "fix_u_probability", "disable_tf_exact_match_detection"})
		sql := fmt.Sprint(l["sql_condition"])
		if null, _ := l["is_null_level"].(bool); null != (i == 0) {
			t.Errorf("%s, level %d: is_null_level is %v", name, i, null)
		} else if null {
			continue
		}
		if last := i == len(levels)-1; last != (strings.TrimSpace(sql) == "ELSE") {
			t.Errorf("%s, level %d of %d: %q", name, i, len(levels), sql)
		}
		pm, okM := l["m_probability"].(float64)
		pu, okU := l["u_probability"].(float64)
		if !okM || !okU || pm <= 0 || pu <= 0 || pm > 1 || pu > 1 {
			t.Errorf("%s, level %d: m %v, u %v", name, i, l["m_probability"], l["u_probability"])
		}
		m, u = m+pm, u+pu
	}
	if math.Abs(m-1) > 0.01 || math.Abs(u-1) > 0.01 {
		t.Errorf("%s: m adds up to %.4f and u to %.4f", name, m, u)
	}
}
