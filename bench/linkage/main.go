// Command linkage is the side-by-side benchmark of record linkage: it writes the extracts of five invented agencies, links
// them with lantern and with Splink on DuckDB, in turns and on the same files, and prints medians, ratios and F1.
//
//	make bench-linkage                       (a million records, three rounds, Splink 4 and 5 from PyPI)
//	make bench-linkage PEOPLE=40000 ROUNDS=1
//	go run ./bench/linkage -people 400000 -only-files -work DIR
//
// Every file ends with the truth, which both sides leave out of the linkage. The same seed and size give the same bytes.
// One evaluator scores every side. Then new rows are linked against the rest, and single records are asked for one by one.
// The exit status is 1 when lantern is not ten times faster on half a million
// records or more, or its F1 is lower.
package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/analysis/linkage/invented"
	"lantern.example/lantern/internal/linkrun"
)

// leastRatio is how many times faster lantern has to be, from fullSize records on: below that both mostly start up.
const (
	leastRatio = 10
	fullSize   = 500_000
)

// moreThresholds are those Splink is scored at besides 0.95: more than its user would know to choose.
var moreThresholds = []string{"0.5", "0.8", "0.99", "0.999", "0.9999"}

type config struct {
	people, rounds, later int
	seed                  uint64
	work, lantern, script string
	pythons               []string
	onlyFiles             bool
}

func main() {
	var c config
	flag.IntVar(&c.people, "people", 400_000, "how many people; there are about 2.5 records to one")
	flag.Uint64Var(&c.seed, "seed", 7, "seed")
	flag.IntVar(&c.rounds, "rounds", 3, "rounds; medians are printed")
	flag.IntVar(&c.later, "later", 10_000, "rows held back for the incremental run")
	flag.StringVar(&c.work, "work", "bench/out/linkage", "folder for the files and the answers")
	flag.StringVar(&c.lantern, "lantern", "bin/lantern", "the program")
	flag.StringVar(&c.script, "script", "bench/linkage/splink_side.py", "Splink's side")
	flag.BoolVar(&c.onlyFiles, "only-files", false, "write the extracts and stop")
	flag.Func("python", "a Python with splink; may be given more than once", func(s string) error {
		c.pythons = append(c.pythons, s)
		return nil
	})
	flag.Parse()
	if err := run(&c, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "linkage:", err)
		os.Exit(1)
	}
}

// timing is what one run took.
type timing struct {
	Wall float64 `json:"wall_seconds"`
	CPU  float64 `json:"cpu_seconds"`
	RSS  int64   `json:"peak_rss_bytes"`
}

// side is one program's results.
type side struct {
	Name   string                         `json:"name"`
	Rounds []timing                       `json:"rounds"`
	At     map[string]*linkrun.Evaluation `json:"at_threshold"`
	Worst  map[string]float64             `json:"recall_by_tradition"`
	Said   json.RawMessage                `json:"said,omitempty"`
	best   string                         // the threshold of the best F1
}

func run(c *config, out io.Writer) error {
	files := filepath.Join(c.work, "files")
	rows, err := write(files, c.seed, c.people)
	if err != nil || c.onlyFiles {
		return err
	}
	t, err := readTruth(files)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d records of %d people in five layouts, seed %d; %d cores (%s), load %s\n", rows, c.people, c.seed, runtime.NumCPU(), cpuName(), load())
	ours := &side{Name: "lantern"}
	sides := []*side{ours}
	for range c.pythons {
		sides = append(sides, &side{})
	}
	for round := range c.rounds {
		for i, s := range sides {
			if i == 0 {
				err = c.oneLantern(s, t, files)
			} else {
				err = c.oneSplink(s, t, files, c.pythons[i-1], round == 0)
			}
			if err != nil {
				return err
			}
			last := s.Rounds[len(s.Rounds)-1]
			fmt.Fprintf(out, "round %d: %-16s %7.1f s, %7.1f s of CPU, %5d MB (load %s)\n", round+1, s.Name, last.Wall, last.CPU, last.RSS>>20, load())
		}
	}
	report(out, sides)
	later, err := c.incremental(files)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d new rows against the rest: %s\n", c.later, later)
	one, err := oneRecord(filepath.Join(c.work, "base"), filepath.Join(c.work, "rest"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "one record against the rest: %s\n", one)
	data, err := json.MarshalIndent(map[string]any{"records": rows, "people": c.people, "seed": c.seed, "cores": runtime.NumCPU(), "cpu": cpuName(), "sides": sides}, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(c.work, "result.json"), append(data, '\n'), 0o600)
	}
	return errors.Join(err, verdict(sides, rows))
}

// verdict says what is missed.
func verdict(sides []*side, rows int) error {
	var bad error
	ours := sides[0]
	for _, s := range sides[1:] {
		if r := median(s, wall) / median(ours, wall); r < leastRatio && rows >= fullSize {
			bad = errors.Join(bad, fmt.Errorf("lantern is %.1f times faster than %s; at least %d was expected", r, s.Name, leastRatio))
		}
		if a, b := ours.At[ours.best].F1, s.At[s.best].F1; a < b {
			bad = errors.Join(bad, fmt.Errorf("lantern's F1 is %.4f, below the %.4f of %s at its best threshold", a, b, s.Name))
		}
	}
	return bad
}

func wall(t timing) float64 { return t.Wall }
func cpu(t timing) float64  { return t.CPU }
func rss(t timing) float64  { return float64(t.RSS) }

func median(s *side, of func(timing) float64) float64 {
	v := make([]float64, len(s.Rounds))
	for i, t := range s.Rounds {
		v[i] = of(t)
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func report(out io.Writer, sides []*side) {
	ours := sides[0]
	fmt.Fprintf(out, "\n%-16s %9s %9s %8s %7s %7s %9s %9s %7s %7s %8s\n", "median", "wall s", "CPU s", "RSS MB", "×wall", "×CPU", "precision", "recall", "F1", "B³ F1", "mixed")
	for _, s := range sides {
		e := s.At[s.best]
		fmt.Fprintf(out, "%-16s %9.1f %9.1f %8.0f %7.1f %7.1f %9.4f %9.4f %7.4f %7.4f %7.2f%%  (threshold %s)\n", s.Name, median(s, wall), median(s, cpu), median(s, rss)/(1<<20),
			median(s, wall)/median(ours, wall), median(s, cpu)/median(ours, cpu), e.Precision, e.Recall, e.F1, e.BCubedF1, 100*e.MixedShare, s.best)
	}
	fmt.Fprintf(out, "\n%-26s", "recall by naming tradition")
	for _, s := range sides {
		fmt.Fprintf(out, " %16s", s.Name)
	}
	fmt.Fprintln(out)
	for _, name := range sortedKeys(ours.Worst) {
		fmt.Fprintf(out, "%-26s", name)
		for _, s := range sides {
			fmt.Fprintf(out, " %16.4f", s.Worst[name])
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out)
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// timed runs a command and measures it with its children.
func timed(name string, args ...string) (timing, []byte, error) {
	cmd := exec.Command(name, args...) //nolint:gosec // the developer's own programs
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	err := cmd.Run()
	t := timing{Wall: time.Since(begin).Seconds()}
	if err != nil {
		said := stderr.Bytes()
		return t, nil, fmt.Errorf("%s: %w\n%s", name, err, said[max(0, len(said)-2000):])
	}
	t.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		t.RSS = int64(u.Maxrss) * 1024 // kilobytes on Linux
	}
	return t, stdout.Bytes(), nil
}

func extractsIn(dir string) (out []string) {
	for _, a := range invented.Agencies {
		out = append(out, filepath.Join(dir, a+".csv"))
	}
	return out
}

func (c *config) oneLantern(s *side, t *truth, files string) error {
	dir := filepath.Join(c.work, "lantern")
	took, _, err := timed(c.lantern, append([]string{"link", "--out", dir}, extractsIn(files)...)...)
	if err != nil {
		return err
	}
	s.Rounds = append(s.Rounds, took)
	s.At, s.best = map[string]*linkrun.Evaluation{}, "0.95"
	people, err := t.people(filepath.Join(dir, "clusters.csv"), func(row []string) (string, string) { return "", row[2] })
	if err != nil {
		return err
	}
	s.At[s.best], s.Worst = linkrun.Evaluate(t.person, people), t.byTradition(people)
	s.Said, err = os.ReadFile(filepath.Join(dir, "summary.json")) //nolint:gosec // just written
	return err
}

func (c *config) oneSplink(s *side, t *truth, files, python string, thresholds bool) error {
	dir := filepath.Join(c.work, filepath.Base(filepath.Dir(filepath.Dir(python))))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	took, said, err := timed(python, c.script, files, dir)
	if err != nil {
		return err
	}
	s.Rounds = append(s.Rounds, took)
	var v struct {
		Version string `json:"version"`
	}
	line := bytes.TrimSpace(said)
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	if err := json.Unmarshal(line, &v); err != nil {
		return fmt.Errorf("Splink's side said %q: %w", line, err)
	}
	s.Name, s.Said = "splink "+v.Version, bytes.Clone(line)
	if !thresholds {
		return nil
	}
	// The best of several thresholds, worked out in a run that is not timed.
	if _, _, err := timed(python, c.script, files, dir, strings.Join(moreThresholds, ",")); err != nil {
		return err
	}
	s.At = map[string]*linkrun.Evaluation{}
	for _, at := range append([]string{"0.95"}, moreThresholds...) {
		people, err := t.people(filepath.Join(dir, "clusters-"+at+".csv"), func(row []string) (string, string) { return row[0], row[1] })
		if err != nil {
			return err
		}
		s.At[at] = linkrun.Evaluate(t.person, people)
		if s.best == "" || s.At[at].F1 > s.At[s.best].F1 {
			s.best, s.Worst = at, t.byTradition(people)
		}
	}
	return nil
}

// incremental links all but the last rows, then the rest against that.
func (c *config) incremental(files string) (string, error) {
	first, rest := filepath.Join(c.work, "first"), filepath.Join(c.work, "rest")
	if err := split(files, first, rest, c.later); err != nil {
		return "", err
	}
	base := filepath.Join(c.work, "base")
	if _, _, err := timed(c.lantern, append([]string{"link", "--out", base}, extractsIn(first)...)...); err != nil {
		return "", err
	}
	var took, used []float64
	for range c.rounds {
		t, _, err := timed(c.lantern, append([]string{"link", "--out", filepath.Join(c.work, "extended"), "--previous", base}, extractsIn(rest)...)...)
		if err != nil {
			return "", err
		}
		took, used = append(took, t.Wall), append(used, t.CPU)
	}
	slices.Sort(took)
	slices.Sort(used)
	return fmt.Sprintf("%.2f s, %.2f s of CPU (medians of %d, reading the earlier run and writing every file included; load %s)", took[len(took)/2], used[len(used)/2], len(took), load()), nil
}

// mostAsked is how many single records are asked for.
const mostAsked = 500

// oneRecord asks a kept run, held in memory, for the police's new rows one by one.
func oneRecord(base, rest string) (string, error) {
	f, err := os.Open(filepath.Join(base, "index.bin")) //nolint:gosec // just written
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	begin := time.Now()
	s, err := linkage.ReadState(f, linkage.DefaultTables(), runtime.NumCPU())
	if err != nil {
		return "", err
	}
	x, err := linkage.NewIndex(s, linkage.Options{Workers: runtime.NumCPU()})
	if err != nil {
		return "", err
	}
	ready := time.Since(begin).Seconds()
	var took []float64
	found := 0
	err = eachRow(filepath.Join(rest, "police.csv"), func(row []string) error {
		if len(took) == mostAsked {
			return nil
		}
		r := policeRecord(row)
		begin := time.Now()
		got, err := x.Match(&r)
		took = append(took, 1000*time.Since(begin).Seconds())
		if len(got) > 0 {
			found++
		}
		return err
	})
	if err != nil || len(took) == 0 {
		return "", errors.Join(err, errors.New("no record was asked for"))
	}
	slices.Sort(took)
	return fmt.Sprintf("%.2f ms (median of %d; 99 in 100 within %.2f, the slowest %.2f; %d had somebody to show; the index was read and ready after %.1f s; load %s)",
		took[len(took)/2], len(took), took[len(took)*99/100], took[len(took)-1], found, ready, load()), nil
}

// policeRecord is a row of the police's layout: reference, PNC id, surname, two forenames, date of birth, sex, address, postcode, alias.
func policeRecord(row []string) linkage.Record {
	r := linkage.Record{Source: "police", ID: row[0], Names: []linkage.Name{{Given: row[3], Middle: row[4], Family: row[2]}}, Addresses: []linkage.Address{{Lines: row[7], Postcode: row[8]}}}
	if row[1] != "" {
		r.Identifiers = []linkage.Identifier{{Kind: linkage.KindPNC, Value: row[1]}}
	}
	if row[9] != "" {
		r.Names = append(r.Names, linkage.Name{Kind: linkage.AliasName, Full: row[9]})
	}
	switch row[6] {
	case "F":
		r.Sex = linkage.Female
	case "M":
		r.Sex = linkage.Male
	}
	if t, err := time.Parse("02/01/2006", row[5]); err == nil {
		r.Birth = linkage.Birth{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	}
	return r
}

// split puts the last rows of every file, later in all, into rest, and the others into first.
func split(files, first, rest string, later int) error {
	for _, d := range []string{first, rest} {
		if err := os.MkdirAll(d, 0o750); err != nil {
			return err
		}
	}
	for _, a := range invented.Agencies {
		data, err := os.ReadFile(filepath.Join(files, a+".csv")) //nolint:gosec // just written
		if err != nil {
			return err
		}
		lines := bytes.SplitAfter(data, []byte{'\n'})
		if len(lines[len(lines)-1]) == 0 {
			lines = lines[:len(lines)-1]
		}
		cut := max(1, len(lines)-later/len(invented.Agencies))
		if err := os.WriteFile(filepath.Join(first, a+".csv"), bytes.Join(lines[:cut], nil), 0o600); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(rest, a+".csv"), append(slices.Clone(lines[0]), bytes.Join(lines[cut:], nil)...), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// truth is who every row is about, in the order of the files.
type truth struct {
	person    []string
	tradition []string
	start     map[string]int // by agency, its first row
}

func readTruth(dir string) (*truth, error) {
	t := &truth{start: map[string]int{}}
	for _, a := range invented.Agencies {
		t.start[a] = len(t.person)
		err := eachRow(filepath.Join(dir, a+".csv"), func(row []string) error {
			t.person = append(t.person, strings.Clone(row[len(row)-2]))
			t.tradition = append(t.tradition, strings.Clone(row[len(row)-1]))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// people reads groups: by row for the key "agency-number" that read gives, or in the order of the files for an empty key.
func (t *truth) people(name string, read func(row []string) (key, group string)) ([]uint32, error) {
	out := make([]uint32, len(t.person))
	number := map[string]uint32{}
	n := 0
	err := eachRow(name, func(row []string) error {
		key, group := read(row)
		at := n
		if key != "" {
			i := strings.LastIndexByte(key, '-')
			k, err := strconv.Atoi(key[i+1:])
			start, ok := t.start[key[:max(i, 0)]]
			if err != nil || !ok {
				return fmt.Errorf("the record %q is in no file", key)
			}
			at = start + k - 1
		}
		g, ok := number[group]
		if !ok {
			g = uint32(len(number)) + 1 //nolint:gosec // fewer people than records
			number[strings.Clone(group)] = g
		}
		if at >= len(out) {
			return fmt.Errorf("row %d: more records than were given", n+1)
		}
		out[at] = g
		n++
		return nil
	})
	if err == nil && n != len(out) {
		err = fmt.Errorf("%s: %d records, %d were given", name, n, len(out))
	}
	return out, err
}

// byTradition is the share of true pairs found, by the naming tradition of the person.
func (t *truth) byTradition(people []uint32) map[string]float64 {
	type cell struct {
		person string
		group  uint32
	}
	all, both := map[string]int{}, map[cell]int{}
	of := map[string]string{}
	for i, p := range t.person {
		all[p]++
		both[cell{p, people[i]}]++
		of[p] = t.tradition[i]
	}
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	want, got := map[string]float64{}, map[string]float64{}
	for p, n := range all {
		want[of[p]] += pairs(n)
	}
	for c, n := range both {
		got[of[c.person]] += pairs(n)
	}
	out := map[string]float64{}
	for g, w := range want {
		out[g] = got[g] / max(w, 1)
	}
	return out
}

func eachRow(name string, f func(row []string) error) error {
	file, err := os.Open(name) //nolint:gosec // a file this program had made
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	r := csv.NewReader(file)
	r.ReuseRecord = true
	if _, err := r.Read(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func cpuName() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(data)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return runtime.GOARCH
}

// load is the load of the machine in the last minute: what else ran beside the measurement.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(data), " ")
	return one
}

func write(dir string, seed uint64, people int) (rows int, err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return 0, err
	}
	var files []*os.File
	var bad error
	rows, err = invented.Generate(invented.Options{Seed: seed, People: people}, func(agency string) io.Writer {
		f, err := os.Create(filepath.Join(dir, agency+".csv")) //nolint:gosec // the folder the developer named
		if err != nil {
			bad = errors.Join(bad, err)
			return io.Discard
		}
		files = append(files, f)
		return f
	})
	for _, f := range files {
		err = errors.Join(err, f.Close())
	}
	return rows, errors.Join(err, bad)
}
