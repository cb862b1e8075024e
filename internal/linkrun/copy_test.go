package linkrun

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var answers = []string{clustersName, linksName, reviewName, modelName, indexName}

// twoLoads are the invented extracts in two loads: the rows before a tenth of each
// file's end, and the rest.
func twoLoads(t *testing.T, seed uint64, people int) (first, rest func() []Input) {
	t.Helper()
	var texts [2][]string
	var names []string
	for _, in := range extracts(t, seed, people) {
		data := make([]byte, in.Size)
		if _, err := in.Data.ReadAt(data, 0); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(data), "\n")
		cut := len(lines) * 9 / 10
		texts[0] = append(texts[0], strings.Join(lines[:cut], ""))
		texts[1] = append(texts[1], lines[0]+strings.Join(lines[cut:], ""))
		names = append(names, in.Name)
	}
	load := func(k int) func() []Input {
		return func() (out []Input) {
			for i, n := range names {
				out = append(out, input(n, texts[k][i]))
			}
			return out
		}
	}
	return load(0), load(1)
}

func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, n := range answers {
		data, err := os.ReadFile(filepath.Join(dir, n))
		if err != nil {
			t.Fatal(err)
		}
		out[n] = data
	}
	return out
}

func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func differing(got, want map[string][]byte) (out []string) {
	for _, n := range answers {
		if !bytes.Equal(got[n], want[n]) {
			out = append(out, n)
		}
	}
	return out
}

// A later run's files are the same bytes whether the old lines are copied from the
// earlier run's files or made anew, and what was changed in those files is not
// copied: the summary says which.
func TestALaterRunCopiesWhatHolds(t *testing.T) {
	first, rest := twoLoads(t, 41, 350)
	old := t.TempDir()
	opt := Options{Out: old, Threads: 2, Threshold: 0.95, ReviewFrom: 0.5}
	if _, err := Run(first(), opt); err != nil {
		t.Fatal(err)
	}
	extend := func(previous, out string, change func(*Options)) (map[string][]byte, string) {
		o := opt
		o.Previous, o.Out = previous, out
		if change != nil {
			change(&o)
		}
		s, err := Run(rest(), o)
		if err != nil {
			t.Fatal(err)
		}
		return filesOf(t, out), strings.Join(s.Warnings, "\n")
	}
	want, said := extend(old, t.TempDir(), nil)
	if strings.Contains(said, "earlier run wrote it") {
		t.Errorf("nothing was changed, but it was said:\n%s", said)
	}
	for _, n := range []string{clustersName, linksName} {
		before, err := os.ReadFile(filepath.Join(old, n))
		if err != nil || !bytes.HasPrefix(want[n], before) || len(want[n]) == len(before) {
			t.Errorf("%s does not begin with the earlier run's and go on (%v)", n, err)
		}
	}
	cases := []struct {
		name   string
		change func(path string, data []byte) error
		said   bool
	}{
		{"with a letter changed", func(p string, data []byte) error {
			data[len(data)/2] ^= 1
			return os.WriteFile(p, data, 0o600)
		}, true},
		{"cut short", func(p string, data []byte) error { return os.WriteFile(p, data[:len(data)*2/3], 0o600) }, true},
		{"with a row more", func(p string, data []byte) error { return os.WriteFile(p, append(data, "a,1,b,2\n"...), 0o600) }, true},
		{"not there", func(p string, _ []byte) error { return os.Remove(p) }, false},
	}
	for _, n := range []string{clustersName, linksName, reviewName} {
		for _, c := range cases {
			dir := copyDir(t, old)
			data, err := os.ReadFile(filepath.Join(dir, n))
			if err == nil {
				err = c.change(filepath.Join(dir, n), data)
			}
			if err != nil {
				t.Fatal(err)
			}
			got, said := extend(dir, t.TempDir(), nil)
			if d := differing(got, want); len(d) > 0 {
				t.Errorf("%s %s: %v differ", n, c.name, d)
			}
			if told := strings.Contains(said, n+" is not as the earlier run wrote it"); told != c.said {
				t.Errorf("%s %s: said %v, want %v\n%s", n, c.name, told, c.said, said)
			}
		}
	}
	changed := copyDir(t, old)
	edited := bytes.Replace(want[modelName], []byte("0."), []byte("1."), 1)
	if err := os.WriteFile(filepath.Join(changed, modelName), edited, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, said := extend(changed, t.TempDir(), nil); !strings.Contains(said, modelName+" is not as") || bytes.Equal(got[modelName], edited) {
		t.Errorf("a model that was changed was taken over; said\n%s", said)
	}
	same := copyDir(t, old)
	if got, said := extend(same, same, nil); len(differing(got, want)) > 0 || strings.Contains(said, "earlier run wrote it") {
		t.Errorf("into the earlier run's own folder: %v differ; said\n%s", differing(got, want), said)
	}
	if left, _ := filepath.Glob(filepath.Join(same, "*"+unfinished)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for name, change := range map[string]func(*Options){
		"one thread": func(o *Options) { o.Threads = 1 }, "seven threads": func(o *Options) { o.Threads = 7 }, "little memory": func(o *Options) { o.Memory = 200 << 10 },
	} {
		if got, _ := extend(old, t.TempDir(), change); len(differing(got, want)) > 0 {
			t.Errorf("with %s %v differ", name, differing(got, want))
		}
	}
	// Other thresholds, no explanations, and decisions that open or join people of the
	// earlier run: as if the earlier lines were not there.
	link, doubt := readRows(t, old, linksName)[5], readRows(t, old, reviewName)[1]
	decided := "source_l,record_id_l,source_r,record_id_r,decision\n" + strings.Join(link[:4], ",") + ",different\n" + strings.Join(doubt[:4], ",") + ",same\n"
	for name, change := range map[string]func(*Options){
		"another threshold": func(o *Options) { o.Threshold = 0.6 },
		"no explanations":   func(o *Options) { o.NoExplain = true },
		"decisions":         func(o *Options) { o.Decisions = strings.NewReader(decided) },
	} {
		bare := copyDir(t, old)
		for _, n := range []string{linksName, reviewName, clustersName} {
			if err := os.Remove(filepath.Join(bare, n)); err != nil {
				t.Fatal(err)
			}
		}
		anew, _ := extend(bare, t.TempDir(), change)
		got, _ := extend(old, t.TempDir(), change)
		if d := differing(got, anew); len(d) > 0 {
			t.Errorf("with %s %v differ from what is made anew", name, d)
		}
		if d := differing(got, want); len(d) < 2 {
			t.Errorf("with %s only %v differ from a run without: the test shows nothing", name, d)
		}
	}
	// And a third load upon the second.
	second := t.TempDir()
	extend(old, second, nil)
	bare := copyDir(t, second)
	for _, n := range []string{linksName, reviewName, clustersName} {
		if err := os.Remove(filepath.Join(bare, n)); err != nil {
			t.Fatal(err)
		}
	}
	anew, _ := extend(bare, t.TempDir(), nil)
	if got, _ := extend(second, t.TempDir(), nil); len(differing(got, anew)) > 0 {
		t.Errorf("a third load: %v differ from what is made anew", differing(got, anew))
	}
}

// A run that was cut off left no index, or one that is not whole: it is refused.
func TestAHalfWrittenRunIsRefused(t *testing.T) {
	first, rest := twoLoads(t, 42, 100)
	old := t.TempDir()
	if _, err := Run(first(), Options{Out: old}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(old, indexName))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		index []byte
		words string
	}{
		"cut":                   {whole[:len(whole)/2], "its end is missing"},
		"empty":                 {nil, "not one this program wrote"},
		"changed":               {flipped, "damaged"},
		"of an earlier version": {append([]byte("LNTNLNK2"), whole[8:]...), "another version"},
	} {
		if err := os.WriteFile(filepath.Join(old, indexName), c.index, 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "out")
		_, err := Run(rest(), Options{Out: out, Previous: old})
		var in *InputError
		if !errors.As(err, &in) || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), indexName) {
			t.Errorf("an index that is %s: %v; want a refusal that says %q", name, err, c.words)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("an index that is %s: something was written", name)
		}
	}
}

// A later run that is refused when its copying has begun leaves nothing behind.
func TestARefusedLaterRunLeavesNothing(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,forename,surname,dob\n")
	for i := range 80 {
		fmt.Fprintf(&b, "%03d,Given%c%c,Family%c%c,%02d/%02d/2008\n", i, 'a'+i%26, 'a'+i/7%26, 'a'+i%19, 'a'+i/19%17, 1+i%28, 1+i%12)
	}
	old := t.TempDir()
	if _, err := Run([]Input{input("school.csv", b.String())}, Options{Out: old, Threads: 2}); err != nil {
		t.Fatal(err)
	}
	there, fresh := t.TempDir(), filepath.Join(t.TempDir(), "out")
	for _, out := range []string{there, fresh} {
		more := "id,forename,surname,dob,nhs_number\n1,Amina,Osman,03/04/2009,943 476 5919\n2,Joe,Reed,05/06/2008,943 476 5870\n"
		_, err := Run([]Input{input("clinic.csv", more), input("hospital.csv", more)}, Options{Out: out, Previous: old, Threads: 2})
		var in *InputError
		if !errors.As(err, &in) || !strings.Contains(err.Error(), "run again on all records") {
			t.Fatalf("a kind of reference number that the earlier run had not: %v", err)
		}
		if left, err := os.ReadDir(out); err == nil && (len(left) > 0 || out == fresh) {
			t.Errorf("left behind in %s: %v", out, left)
		}
	}
}
