package linkrun

import (
	"bytes"
	"os"
	"slices"
	"sort"
	"strconv"
)

func sortStable[T any](s []T, less func(a, b T) bool) {
	sort.SliceStable(s, func(i, j int) bool { return less(s[i], s[j]) })
}

// Evaluate compares the people found with the truth.
func Evaluate(truth []string, person []uint32) *Evaluation {
	number := map[string]uint32{}
	cells := make([]uint64, len(truth)) // true and found person of a record
	var byTruth, byPerson []float64
	for i, t := range truth {
		n, ok := number[t]
		if !ok {
			n = uint32(len(number)) //nolint:gosec // at most one a record
			number[t] = n
			byTruth = append(byTruth, 0)
		}
		byTruth[n]++
		for int(person[i]) >= len(byPerson) {
			byPerson = append(byPerson, 0)
		}
		byPerson[person[i]]++
		cells[i] = uint64(n)<<32 | uint64(person[i])
	}
	slices.Sort(cells)
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	var tp, trueP, foundP, bp, br float64
	parts, mixes := make([]int, len(byTruth)), make([]int, len(byPerson))
	for i := 0; i < len(cells); {
		j := i + 1
		for j < len(cells) && cells[j] == cells[i] {
			j++
		}
		t, p, n := cells[i]>>32, uint32(cells[i]), float64(j-i) //nolint:gosec // the lower half
		tp += pairs(n)
		bp += n * n / byPerson[p]
		br += n * n / byTruth[t]
		parts[t]++
		mixes[p]++
		i = j
	}
	people := 0
	for _, n := range byTruth {
		trueP += pairs(n)
	}
	for _, n := range byPerson {
		foundP += pairs(n)
		if n > 0 {
			people++
		}
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
	e.MixedShare /= float64(people)
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
