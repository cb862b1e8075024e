package linkage

import (
	"fmt"
	"reflect"
	"testing"
)

func TestRepeats(t *testing.T) {
	d := NewDataset(DefaultTables())
	want := map[string][]int{}
	for i := range 40000 {
		r := Record{Source: fmt.Sprintf("s%d", i%3), ID: fmt.Sprint(i)}
		if i%17 == 0 {
			r.ID = fmt.Sprint(i % 34 * 7)
		}
		if err := d.Add(&r); err != nil {
			t.Fatal(err)
		}
		want[r.Source+"/"+r.ID] = append(want[r.Source+"/"+r.ID], i)
	}
	n, last := 0, -1
	for _, g := range want {
		if len(g) > 1 {
			n++
		}
	}
	got := d.Repeats(2)
	for _, g := range got {
		source, id := d.Key(g[0])
		if !reflect.DeepEqual(g, want[source+"/"+id]) || g[0] < last {
			t.Fatalf("a group %v of %s/%s after one that begins with %d; want %v", g[:min(len(g), 5)], source, id, last, want[source+"/"+id][:min(len(want[source+"/"+id]), 5)])
		}
		last = g[0]
	}
	if len(got) != n || n < 6 {
		t.Errorf("%d groups, want %d", len(got), n)
	}
}
