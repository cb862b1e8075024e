package capture

import (
	"fmt"
	"math/bits"
	"strings"

	"lantern.example/lantern/internal/analysis/badrow"
)

// MaxLists is the largest number of lists taken: with 10 there are 1,023 capture histories and 45 pairs.
const MaxLists = 10

// History is how many people were seen on exactly these lists and no others.
type History struct {
	On    []bool // one a list, in the order of the lists
	Count int
}

// Table holds the number of people with each capture history. A history is a bit mask: bit i says "seen on list
// i". History 0, seen on no list, is what is to be estimated and is never in the table.
type Table struct {
	Lists  []string
	counts []int // by history; counts[0] is 0
}

// NewTable makes a table. Histories that are not given stand for nobody. Errors of a row are *badrow.Error.
func NewTable(lists []string, rows []History) (Table, error) {
	if len(lists) == 0 {
		return Table{}, fmt.Errorf("there is no list: expected one 0/1 column a list, and a count")
	}
	if len(lists) > MaxLists {
		return Table{}, fmt.Errorf("there are %d lists: expected at most %d", len(lists), MaxLists)
	}
	seen := map[string]bool{}
	for _, name := range lists {
		if strings.TrimSpace(name) == "" || seen[name] {
			return Table{}, fmt.Errorf("the list name %q is empty or given twice", name)
		}
		seen[name] = true
	}
	t := Table{Lists: append([]string(nil), lists...), counts: make([]int, 1<<len(lists))}
	first := map[int]int{}
	for r, row := range rows {
		h, err := history(r, row, len(lists))
		if err != nil {
			return Table{}, err
		}
		if before, again := first[h]; again {
			return Table{}, badrow.New(r, lists[0], t.name(h), fmt.Sprintf("each history once; record %d has the same lists", before+1))
		}
		first[h], t.counts[h] = r, row.Count
	}
	return t, nil
}

// maxCount keeps sums exact and far from overflow; no population of people is larger.
const maxCount = 10_000_000_000

func history(r int, row History, lists int) (int, error) {
	if len(row.On) != lists {
		return 0, badrow.New(r, "count", fmt.Sprintf("%d columns", len(row.On)), fmt.Sprintf("one 0 or 1 for each of the %d lists", lists))
	}
	if row.Count < 0 || row.Count > maxCount {
		return 0, badrow.New(r, "count", row.Count, "a whole number of people, 0 or more")
	}
	h := 0
	for i, on := range row.On {
		if on {
			h |= 1 << i
		}
	}
	if h == 0 {
		return 0, badrow.New(r, "count", "0 on every list", "at least one list with a 1: people on no list cannot be counted")
	}
	return h, nil
}

// name is a set of lists in words: "A:B".
func (t Table) name(set int) string {
	var names []string
	for i, list := range t.Lists {
		if set>>i&1 == 1 {
			names = append(names, list)
		}
	}
	return strings.Join(names, ":")
}

// Observed is the number of people on at least one list.
func (t Table) Observed() int {
	n := 0
	for _, c := range t.counts {
		n += c
	}
	return n
}

// on is the number of people on every list of the set, whatever else they are on.
func (t Table) on(set int) int {
	n := 0
	for h, c := range t.counts {
		if h&set == set {
			n += c
		}
	}
	return n
}

// frequency is the number of people seen on exactly k lists.
func (t Table) frequency(k int) int {
	n := 0
	for h, c := range t.counts {
		if bits.OnesCount(uint(h)) == k {
			n += c
		}
	}
	return n
}

// overlaps is the number of people seen on two lists or more.
func (t Table) overlaps() int { return t.Observed() - t.frequency(1) }

// project keeps the lists in keep, in their order. People on none of them are lost.
func (t Table) project(keep int) Table {
	out := Table{counts: make([]int, 1<<bits.OnesCount(uint(keep)))}
	for i, name := range t.Lists {
		if keep>>i&1 == 1 {
			out.Lists = append(out.Lists, name)
		}
	}
	for h, c := range t.counts {
		out.counts[squeeze(h, keep)] += c
	}
	out.counts[0] = 0
	return out
}

// squeeze takes the bits of h that are set in keep and closes the gaps.
func squeeze(h, keep int) int {
	out, at := 0, 0
	for i := 0; keep>>i != 0; i++ {
		if keep>>i&1 == 1 {
			out |= (h >> i & 1) << at
			at++
		}
	}
	return out
}

// merge makes one list of two: whoever is on either is on it. It stands in the place of the first.
func (t Table) merge(a, b int) Table {
	joined := Table{Lists: append([]string(nil), t.Lists...), counts: make([]int, len(t.counts))}
	joined.Lists[a] = t.Lists[a] + "+" + t.Lists[b]
	for h, c := range t.counts {
		if h>>b&1 == 1 {
			h |= 1 << a
		}
		joined.counts[h] += c
	}
	return joined.project(len(t.counts) - 1 - 1<<b)
}

// within is the people on one list, by the other lists: the table, and how many of them are on no other.
func (t Table) within(list int) (Table, int) {
	keep := len(t.counts) - 1 - 1<<list
	only := Table{Lists: t.Lists, counts: make([]int, len(t.counts))}
	alone := 0
	for h, c := range t.counts {
		switch {
		case h>>list&1 == 0:
		case h == 1<<list:
			alone = c
		default:
			only.counts[h] = c
		}
	}
	return only.project(keep), alone
}

// filled drops the lists nobody is on.
func (t Table) filled() Table {
	keep := 0
	for i := range t.Lists {
		if t.on(1<<i) > 0 {
			keep |= 1 << i
		}
	}
	if keep == len(t.counts)-1 {
		return t
	}
	return t.project(keep)
}
