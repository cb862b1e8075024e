package trend_test

import (
	"fmt"

	"lantern.example/lantern/internal/analysis/trend"
)

// Twice the screenings found twice the referrals.
func ExampleAnalyse() {
	var series []trend.Observation
	for month := 1; month <= 24; month++ {
		effort, count := 20.0, 4.0
		if month > 12 {
			effort, count = 40, 8
		}
		series = append(series, trend.Observation{Month: month, Source: "schools", Effort: &effort, Count: count + float64(month%3) - 1})
	}
	r, err := trend.Analyse(series, trend.Options{CountName: "referrals", EffortName: "screenings"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*r.Verdict)
	fmt.Println(r.Yield.Reading)
	// Output:
	// growing_only_if_extra_looking_found_nothing
	// volume rose and yield held: more was looked for and as much found each time, which is growth or looking in the right places
}
