package capture

// chaoLower is Chao's lower bound: people seen, and (L-1)/L f1^2 / (2 f2) more, with f1 people seen on exactly one
// list and f2 on exactly two. It is a lower bound when people differ in how easily they are seen and lists are
// otherwise unrelated; lists that avoid each other's people break it. The factor (L-1)/L is that of a fixed number
// of lists; with it the bound is exact when all people and lists are alike (Chao 1987, 1989). With nobody on two lists
// there is no bound.
func chaoLower(t Table) *float64 {
	f1, f2, l := float64(t.frequency(1)), float64(t.frequency(2)), float64(len(t.Lists))
	if f2 == 0 {
		return nil
	}
	bound := float64(t.Observed()) + (l-1)/l*f1*f1/(2*f2)
	return &bound
}

// chapman is the estimate from two lists, corrected for bias (Chapman 1951). It assumes that the lists are unrelated,
// which two lists cannot show.
func chapman(t Table) *float64 {
	a, b, both := float64(t.on(1)), float64(t.on(2)), float64(t.on(3))
	total := (a+1)*(b+1)/(both+1) - 1
	return &total
}
