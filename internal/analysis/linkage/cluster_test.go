package linkage

import "testing"

// Agencies give a person's father's name or her grandfather's: only the record with both fits each of the others. It
// joins them; a record that the rest contradict plainly is joined by a sure edge alone.
func TestARecordWithAllNamesJoinsThoseWithSome(t *testing.T) {
	short := person("1", "Zamzam", "Ali", 2004, 8, 17, "49 Forest Place", "QX2 8TD")
	again := person("2", "Zamzam", "Cali", 2004, 8, 17, "49 Forest Place", "QX2 8TD")
	third := person("3", "Zamzam", "Ali", 2004, 8, 17, "49 Forest Place", "QX2 8TD")
	whole := person("4", "Zamzam", "Ali", 2004, 8, 17, "49 Forest Place", "QX2 8TD")
	whole.Names[0].Middle = "Bile"
	other := person("5", "Zamzm", "Bile", 2004, 8, 17, "", "QX6 1AA")
	r, n := verdicts(t, short, again, third, whole, other)
	for i := 1; i < 5; i++ {
		if r.Person[n+i] != r.Person[n] {
			t.Errorf("record %d is person %d, want that of the first, %d", i+1, r.Person[n+i], r.Person[n])
		}
	}
}

func TestContradicts(t *testing.T) {
	g := &grouping{cut: 4}
	for _, c := range []struct {
		name           string
		na, nb, strong int
		weight         float32
		want           float32
	}{
		{"one strong edge between two groups", 2, 3, 1, 20, 0},
		{"two near things between two groups", 2, 3, 2, 9, 0},
		{"two edges between two groups, one of them sure", 2, 3, 2, 10, hardly},
		{"one record, a near thing", 1, 4, 1, 5, hardly},
		{"one record, a sure edge", 1, 4, 1, 10, plainly},
		{"the other side alone", 4, 1, 1, 10, plainly},
	} {
		if got := g.contradicts(c.na, c.nb, c.strong, c.weight); got != c.want {
			t.Errorf("%s: refused at a mean of %v bits, want %v", c.name, got, c.want)
		}
	}
}
