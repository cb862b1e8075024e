package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/linkrun"
)

// linkCommand finds out which records of several extracts are about one person. It touches no database.
type linkCommand struct {
	File           []string `arg:"" name:"file" help:"One agency's extract in its own layout: CSV or XLSX, plain or .gz; - is standard input."`
	Out            string   `help:"Folder for clusters.csv, links.csv, review.csv, model.json, index.bin and summary.json." required:"" placeholder:"DIR"`
	Spec           string   `help:"What the columns are: Lantern's own JSON, or a Splink settings or model JSON. Recognised by name without it." placeholder:"FILE"`
	ID             string   `help:"Column of the record's own id." placeholder:"COLUMN" name:"id"`
	Type           string   `help:"dedupe (within files), link (between files) or both. Default: dedupe for one file, both for several." enum:",dedupe,link,both" default:""`
	Threshold      float64  `help:"Probability from which two records are linked." default:"0.95"`
	ReviewFrom     *float64 `help:"Probability from which a person should look (default 0.5, or the threshold if that is lower)."`
	Seed           uint64   `help:"Seed for drawing pairs to learn from." default:"1"`
	Threads        int      `help:"Threads; the answer does not depend on it (default: one a core)." default:"0"`
	Memory         string   `help:"Memory to keep to, such as 800MB: pairs that do not fit are put aside in files. Records that need more are still read, with a warning." default:"1GB" placeholder:"SIZE"`
	Evaluate       string   `help:"Column that holds the truth: kept out of the linkage, compared with its answer." placeholder:"COLUMN"`
	Decisions      string   `help:"CSV of what people decided: source_l, record_id_l, source_r, record_id_r, decision (same, different, unsure), by, at, reason." placeholder:"FILE"`
	Previous       string   `help:"Folder of an earlier run: the files hold only new rows, which are compared with it." placeholder:"DIR"`
	SplinkDialect  string   `help:"Dialect of model.json: duckdb or spark." enum:"duckdb,spark" default:"duckdb"`
	NoExplanations bool     `help:"Leave out the explanations, which are the only place where outputs hold names."`
	JSON           bool     `help:"Print summary.json." name:"json"`
}

func (c *linkCommand) Run(context.Context) (err error) {
	opt, err := c.options()
	if err != nil {
		return err
	}
	sources, err := openSources(c.File)
	defer func() {
		for _, s := range sources {
			err = errors.Join(err, s.done())
		}
	}()
	if err != nil {
		return err
	}
	inputs := make([]linkrun.Input, len(sources))
	for i, s := range sources {
		inputs[i] = linkrun.Input{Name: s.name, Data: s.file, Size: s.size}
	}
	if c.Decisions != "" {
		d, err := openSource(c.Decisions)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, d.done()) }()
		opt.Decisions = d.file
	}
	stages := newStages(os.Stderr)
	opt.Progress = stages.begin
	sum, err := linkrun.Run(inputs, opt)
	stages.end()
	var bad *linkrun.InputError
	switch {
	case errors.As(err, &bad):
		return fault.Wrap(fault.Invalid, err, "%s. Nothing was changed.", strings.TrimSuffix(bad.Error(), "."))
	case err != nil:
		return err
	}
	for _, w := range append(sum.Warnings, sum.Conflicts...) {
		fmt.Fprintln(os.Stderr, "•", w)
	}
	if c.JSON {
		b, err := os.ReadFile(filepath.Join(c.Out, "summary.json")) //nolint:gosec // the folder just written
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(b)
		return err
	}
	printLink(os.Stdout, sum, c.Out)
	return nil
}

// options turns the flags into what the run needs, or says which flag is wrong.
func (c *linkCommand) options() (linkrun.Options, error) {
	o := linkrun.Options{ID: c.ID, Type: c.Type, Threshold: c.Threshold, Seed: c.Seed, Threads: c.Threads, Evaluate: c.Evaluate,
		Previous: c.Previous, Dialect: c.SplinkDialect, NoExplain: c.NoExplanations, Out: c.Out, Now: clock.System{}.Now}
	o.ReviewFrom = min(0.5, c.Threshold)
	if c.ReviewFrom != nil {
		o.ReviewFrom = *c.ReviewFrom
	}
	for _, p := range []struct {
		flag  string
		value float64
	}{{"--threshold", o.Threshold}, {"--review-from", o.ReviewFrom}} {
		if !(p.value > 0 && p.value < 1) {
			return o, fault.New(fault.Invalid, "%s is %v; expected a probability between 0 and 1.", p.flag, p.value)
		}
	}
	if c.Threads < 0 {
		return o, fault.New(fault.Invalid, "--threads is %d; expected 1 or more.", c.Threads)
	}
	made, err := app.Made(os.Getenv("SOURCE_DATE_EPOCH"), clock.System{}.Now())
	if err != nil {
		return o, err
	}
	o.AsAt = made
	if c.Memory != "" {
		if o.Memory, err = bytesOf(c.Memory); err != nil {
			return o, err
		}
	}
	if c.Spec != "" {
		if o.Spec, err = os.ReadFile(c.Spec); err != nil { //nolint:gosec // the operator's own file
			return o, fault.Wrap(fault.Invalid, err, "The specification %s cannot be read: %v.", c.Spec, plainCause(err))
		}
		if len(bytes.TrimSpace(o.Spec)) == 0 {
			return o, fault.New(fault.Invalid, "The specification %s is empty; expected Lantern's own or a Splink settings JSON.", c.Spec)
		}
	}
	return o, nil
}

// bytesOf reads a size such as 800MB, 1GB or 1.5GB; units are powers of 1,024.
func bytesOf(s string) (int64, error) {
	t := strings.ToUpper(strings.ReplaceAll(s, " ", ""))
	unit := int64(1)
	for _, u := range []struct {
		name string
		size int64
	}{{"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(t, u.name); ok {
			t, unit = rest, u.size
			break
		}
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil || !(n > 0) || n*float64(unit) > 1<<50 {
		return 0, fault.New(fault.Invalid, "--memory is %q; expected a size such as 800MB or 1GB.", s)
	}
	return int64(n * float64(unit)), nil
}

func printLink(w io.Writer, s *linkrun.Summary, out string) {
	say := func(format string, args ...any) {
		fmt.Fprintf(w, format+"\n", args...) //nolint:errcheck // standard output
	}
	many := figure.Many
	say("%s of %s %s about %s.", many(s.Records, "record", "records"), many(len(s.Sources), "source", "sources"), isAre(s.Records), many(s.People, "person", "people"))
	say("%s of records %s linked; %s for a person in %s. The largest person has %s.", many(s.Links, "pair", "pairs"), isAre(s.Links), many(s.ForReview, "waits", "wait"), filepath.Join(out, "review.csv"), many(s.LargestPerson, "record", "records"))
	if e := s.Evaluation; e != nil {
		say("Against the truth: precision %.4f, recall %.4f, F1 %.4f, B-cubed F1 %.4f.", e.Precision, e.Recall, e.F1, e.BCubedF1)
	}
	say("%s considered, %s compared in full, %.1f s, %d MB at most.", many(int(s.PairsConsidered), "pair", "pairs"), figure.Group(int(s.PairsScored)), s.Seconds["total"], s.PeakRSS>>20)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// stages tells on standard error which part of a linkage is being done: a bar on a terminal, a line a stage otherwise.
type stages struct {
	out *os.File
	bar *progressbar.ProgressBar
}

var stageWords = map[string]string{
	"load": "reading the files", "block": "finding pairs worth comparing", "train": "learning the weights", "score": "comparing pairs",
	"cluster": "gathering people", "write": "writing",
}

func newStages(out *os.File) *stages {
	s := &stages{out: out}
	if term.IsTerminal(int(out.Fd())) { //nolint:gosec // a file's number is small
		s.bar = progressbar.NewOptions(len(stageWords), progressbar.OptionSetWriter(out), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(50*time.Millisecond))
	}
	return s
}

func (s *stages) begin(stage string) {
	words, ok := stageWords[stage]
	if !ok {
		words = stage
	}
	if s.bar != nil {
		s.bar.Describe(words)
		_ = s.bar.Add(1) //nolint:errcheck // a bar that cannot be drawn stops nothing
		return
	}
	fmt.Fprintln(s.out, words, "…") //nolint:errcheck // standard error
}

func (s *stages) end() {
	if s.bar != nil {
		_ = s.bar.Finish() //nolint:errcheck // a bar that cannot be drawn stops nothing
	}
}
