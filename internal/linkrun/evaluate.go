package linkrun

import (
	"bytes"
	"os"
	"sort"
	"strconv"
)

func sortStable[T any](s []T, less func(a, b T) bool) {
	sort.SliceStable(s, func(i, j int) bool { return less(s[i], s[j]) })
}

// Evaluate compares the people found with the truth.
func Evaluate(truth []string, person []uint32) *Evaluation {
	type cell struct {
		truth  string
		person uint32
	}
	both := map[cell]float64{}
	byTruth := map[string]float64{}
	byPerson := map[uint32]float64{}
	for i, t := range truth {
		both[cell{t, person[i]}]++
		byTruth[t]++
		byPerson[person[i]]++
	}
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	var tp, trueP, foundP, bp, br float64
	parts := map[string]int{}
	mixes := map[uint32]int{}
	for c, n := range both {
		tp += pairs(n)
		bp += n * n / byPerson[c.person]
		br += n * n / byTruth[c.truth]
		parts[c.truth]++
		mixes[c.person]++
	}
	for _, n := range byTruth {
		trueP += pairs(n)
	}
	for _, n := range byPerson {
		foundP += pairs(n)
	}
	share := func(a, b float64) float64 {
		if b == 0 {
			return 1
		}
		return a / b
	}
	e := &Evaluation{Precision: share(tp, foundP), Recall: share(tp, trueP)}
	e.F1 = harmonic(e.Precision, e.Recall)
	n := float64(len(truth))
	e.BCubedF1 = harmonic(bp/n, br/n)
	for _, k := range parts {
		if k > 1 {
			e.SplitShare++
		}
	}
	for _, k := range mixes {
		if k > 1 {
			e.MixedShare++
		}
	}
	e.SplitShare /= float64(len(parts))
	e.MixedShare /= float64(len(mixes))
	return e
}

func harmonic(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return 2 * a * b / (a + b)
}

// peakRSS is the most memory the process has held, in bytes, where the system
// says so; 0 elsewhere.
func peakRSS() int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			f := bytes.Fields(rest)
			if len(f) > 0 {
				kb, _ := strconv.ParseInt(string(f[0]), 10, 64)
				return kb * 1024
			}
		}
	}
	return 0
}
