package linkage

import (
	"bytes"
	"maps"
	"slices"
	"testing"
)

// The blocks of a later run are, of all blocks, those that hold a new record: the
// same records, pairs and counts of what was left out.
func TestNewBlocksAreTheBlocksWithNewRecords(t *testing.T) {
	recs, _ := population(t, 51, 3000)
	for i := range recs { // names so common that their blocks are divided, and some parts left out
		if i%3 == 0 {
			recs[i].Names = []Name{{Given: "Mohammed", Family: "Khan"}}
			recs[i].Birth = Birth{Year: 2008, Month: 5, Day: 2 + i%27}
		}
		if i%7 == 0 {
			recs[i].Birth.Month, recs[i].Birth.Day = 0, 0
		}
	}
	d := dataset(t, recs)
	n := uint32(len(d.rows))
	divided, left := 0, 0
	for _, first := range []uint32{1, n / 2, n - 300, n - 1} {
		whole, part := d.newFiling(), d.filingFor(first, 2)
		all, some := whole.rules(), part.rules()
		for i := range all {
			all[i].limit, some[i].limit = 8, 8
		}
		fresh := part.buildNew(some, first, 2)
		alone := part.buildNew(some, first, 1)
		for i, b := range whole.build(all, 2) {
			want, got := blocksWith(b, first), blocksWith(fresh[i], first)
			if !maps.Equal(want, got) {
				t.Errorf("rule %q from record %d: %d blocks with new records, want %d", b.rule, first, len(got), len(want))
			}
			if have := blocksWith(fresh[i], 0); len(have) != len(got) {
				t.Errorf("rule %q from record %d: %d blocks hold no new record", b.rule, first, len(have)-len(got))
			}
			if pairs := pairsWith(d, b, first); pairs != fresh[i].pairs {
				t.Errorf("rule %q from record %d: %d pairs, want %d", b.rule, first, fresh[i].pairs, pairs)
			}
			if !slices.Equal(alone[i].recs, fresh[i].recs) || !slices.Equal(alone[i].starts, fresh[i].starts) {
				t.Errorf("rule %q from record %d: one worker makes other blocks than two", b.rule, first)
			}
			if first == 1 && fresh[i].left != b.left {
				t.Errorf("rule %q: %d entries left out, want %d", b.rule, fresh[i].left, b.left)
			}
			left += fresh[i].left
			for records := range got {
				if len(records)/4-1 > 8 {
					divided++
				}
			}
		}
	}
	if divided == 0 || left == 0 {
		t.Errorf("%d blocks over the limit, %d entries left out: the test shows nothing", divided, left)
	}
}

// blocksWith counts the blocks that hold a record from first on, by their records.
func blocksWith(b *blocks, first uint32) map[string]int {
	out := map[string]int{}
	b.each(func(recs []uint32, flag uint32) { //nolint:errcheck // in memory
		if slices.Max(recs) >= first {
			out[string(asBytes(append(slices.Clone(recs), flag)))]++
		}
	})
	return out
}

// pairsWith counts the pairs of the blocks with a record from first on, one by one.
func pairsWith(d *Dataset, b *blocks, first uint32) (n int64) {
	b.each(func(recs []uint32, flag uint32) { //nolint:errcheck // in memory
		for y := range recs {
			for x := range y {
				if max(recs[x], recs[y]) >= first && (flag == 0 || d.rows[recs[x]].flags == 0 && d.rows[recs[y]].flags != 0) {
					n++
				}
			}
		}
	})
	return n
}

func TestJoined(t *testing.T) {
	got := joined([]lists{{start: []uint32{2, 2}, all: []uint32{7, 8}}, {}, {start: []uint32{1}, all: []uint32{9}}})
	if !slices.Equal(got.start, []uint32{0, 2, 2, 3}) || !slices.Equal(got.all, []uint32{7, 8, 9}) || got.count() != 3 {
		t.Errorf("lists joined are %v", got)
	}
	if !bytes.Equal(asBytes([]uint32{}), nil) {
		t.Error("no numbers have bytes")
	}
}
