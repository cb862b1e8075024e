// Command methods times the methods of internal/analysis beside the programs an analyst would otherwise use, on the same
// inputs in one run, and compares the answers.
//
//	make bench-methods
//
// The peers run in processes of their own: peers.py (esda, igraph, networkx, numpy) and peers.R (spdep, spatstat). They
// time the calculation only, as we do: neither side's reading of files is counted. A peer that is not installed is left
// out and said to be; a peer that is on CRAN only is
// quoted: R 4.2.2 on two cores under load, ±40 %, measured when the reference values of the tests were made.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	shared := flag.String("shared", "../shared/data", "folder with mse and networks, the public tables")
	out := flag.String("out", "bench/out/methods", "folder to write inputs and results to")
	python := flag.String("python", "", "the Python that has the packages of requirements.txt; empty leaves those peers out")
	rscript := flag.String("rscript", "Rscript", "R with spdep and spatstat.explore; empty leaves those peers out")
	runs := flag.Int("runs", 5, "how often each workload of ours runs; the median counts")
	threads := flag.Int("threads", runtime.NumCPU(), "threads of ours, and of a peer that can use several")
	flag.Parse()
	if err := bench(*shared, *out, *python, *rscript, *runs, *threads); err != nil {
		fmt.Fprintln(os.Stderr, "methods:", err)
		os.Exit(1)
	}
}

func bench(shared, out, python, rscript string, runs, threads int) error {
	if err := os.MkdirAll(out, 0o755); err != nil { //nolint:gosec // a developer's results
		return err
	}
	all, err := workloads(shared, out, threads)
	if err != nil {
		return err
	}
	load := loadAverage()
	results := make([]result, len(all))
	for i, w := range all {
		if results[i], err = w.measure(runs); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", w.name, duration(results[i].seconds))
	}
	peers := map[string]peer{}
	here, err := filepath.Abs("bench/methods")
	if err != nil {
		return err
	}
	for _, side := range []struct{ program, script string }{{python, "peers.py"}, {rscript, "peers.R"}} {
		if err := runPeers(side.program, filepath.Join(here, side.script), out, threads, peers); err != nil {
			fmt.Fprintf(os.Stderr, "methods: %s is left out: %v\n", side.script, err)
		}
	}
	text := report(all, results, peers, machine(load, runs, threads))
	fmt.Print(text)
	raw, err := json.MarshalIndent(map[string]any{"ours": named(all, results), "peers": peers}, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "results.json"), raw, 0o644); err != nil { //nolint:gosec // a developer's results
		return err
	}
	return os.WriteFile(filepath.Join(out, "results.md"), []byte(text), 0o644) //nolint:gosec // a developer's results
}

// workload is one line of the table.
type workload struct {
	name    string
	run     func() (values map[string]float64, err error)
	limit   float64 // seconds at most; 0 for none
	against []string
	quoted  *quote
	ratio   float64 // times the peer's speed at least; 0 for none
}

// quote is a peer's time that was not measured in this run.
type quote struct {
	peer    string
	seconds float64
}

type result struct {
	seconds float64 // median
	values  map[string]float64
}

// peer is what a peer's script says of one workload.
type peer struct {
	Name    string             `json:"name"`
	Seconds float64            `json:"seconds"`
	Values  map[string]float64 `json:"values"`
}

func (w workload) measure(runs int) (result, error) {
	var r result
	var times []float64
	for range max(1, runs) {
		runtime.GC()
		began := time.Now()
		values, err := w.run()
		if err != nil {
			return r, err
		}
		times = append(times, time.Since(began).Seconds())
		r.values = values
	}
	slices.Sort(times)
	r.seconds = times[len(times)/2]
	return r, nil
}

func runPeers(program, script, dir string, threads int, into map[string]peer) error {
	if program == "" {
		return fmt.Errorf("no program was named")
	}
	cmd := exec.Command(program, script, dir, fmt.Sprint(threads)) //nolint:gosec // the developer's own programs
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	var said map[string]peer
	if err := json.Unmarshal(stdout.Bytes(), &said); err != nil {
		return fmt.Errorf("it did not print one JSON document: %w", err)
	}
	for k, p := range said {
		into[k] = p
	}
	return nil
}

func report(all []workload, results []result, peers map[string]peer, machine string) string {
	var b strings.Builder
	b.WriteString(machine + "\n\n| workload | Lantern | at most | peer | peer's time | ratio | answers |\n|---|---|---|---|---|---|---|\n")
	for i, w := range all {
		line := func(name, seconds, ratio, agree string) {
			limit := ""
			if w.limit > 0 {
				limit = duration(w.limit)
				if results[i].seconds > w.limit {
					limit += " **missed**"
				}
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", w.name, duration(results[i].seconds), limit, name, seconds, ratio, agree)
		}
		said := false
		for _, key := range w.against {
			if p, ok := peers[key]; ok {
				line(p.Name, duration(p.Seconds), times(p.Seconds/results[i].seconds), agreement(results[i].values, p.Values))
				said = true
			}
		}
		if q := w.quoted; q != nil {
			ratio := times(q.seconds / results[i].seconds)
			if w.ratio > 0 && q.seconds/results[i].seconds < w.ratio {
				ratio += " **missed**"
			}
			line(q.peer+" (quoted)", duration(q.seconds), ratio, "")
			said = true
		}
		if !said {
			line("not installed", "", "", "")
		}
	}
	return b.String()
}

// agreement says how far the same figures of both sides lie apart, relative to the peer's.
func agreement(ours, theirs map[string]float64) string {
	var names []string
	for name := range theirs {
		if _, both := ours[name]; both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		apart := math.Abs(ours[name] - theirs[name])
		if theirs[name] != 0 {
			apart /= math.Abs(theirs[name])
		}
		names[i] = fmt.Sprintf("%s %.0e apart", name, apart)
	}
	return strings.Join(names, "; ")
}

func named(all []workload, results []result) map[string]any {
	out := map[string]any{}
	for i, w := range all {
		out[w.name] = map[string]any{"seconds": results[i].seconds, "values": results[i].values}
	}
	return out
}

func times(ratio float64) string {
	if ratio >= 10 {
		return fmt.Sprintf("%.0f×", ratio)
	}
	return fmt.Sprintf("%.1f×", ratio)
}

func duration(seconds float64) string {
	switch {
	case seconds < 0.001:
		return fmt.Sprintf("%.2f ms", 1000*seconds)
	case seconds < 0.1:
		return fmt.Sprintf("%.0f ms", 1000*seconds)
	case seconds < 10:
		return fmt.Sprintf("%.2f s", seconds)
	}
	return fmt.Sprintf("%.0f s", seconds)
}

func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	first, _, _ := strings.Cut(string(raw), " ")
	return first
}

// machine says what the times were taken on.
func machine(load string, runs, threads int) string {
	model := runtime.GOARCH
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores (%d threads used), %s, %s; load when it began %s; median of %d runs of ours, peers as their scripts say.",
		model, runtime.NumCPU(), threads, runtime.GOOS, runtime.Version(), load, runs)
}
