package proportion_test

import (
	"fmt"

	"lantern.example/lantern/internal/analysis/proportion"
)

func ExampleFromCounts() {
	followedUp, enrolled, worsened := 18, 29, 1
	result, err := proportion.FromCounts([]proportion.Count{{
		Measure: "feels safer", Improved: 14, FollowedUp: &followedUp, Enrolled: &enrolled, Worsened: &worsened,
	}}, proportion.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*result.Measures[0].Headline)
	// Output: Between 14 and 25 of the 29 enrolled improved (48% to 86%): 18 were followed up and 14 of them improved. 1 got worse. No comparison group.
}
