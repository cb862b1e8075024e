package capture_test

import (
	"fmt"

	"lantern.example/lantern/internal/analysis/capture"
)

// Three sources of the 1995 hepatitis A outbreak in Taiwan. The true number, found later, was near 545.
func ExampleEstimate() {
	table, err := capture.NewTable([]string{"serum test", "hospital records", "questionnaires"}, []capture.History{
		{On: []bool{true, false, false}, Count: 69},
		{On: []bool{false, true, false}, Count: 55},
		{On: []bool{false, false, true}, Count: 63},
		{On: []bool{true, true, false}, Count: 21},
		{On: []bool{true, false, true}, Count: 17},
		{On: []bool{false, true, true}, Count: 18},
		{On: []bool{true, true, true}, Count: 28},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := capture.Estimate(table, capture.Options{Engines: []string{capture.EngineStepwise, capture.EngineBIC}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("stepwise %.0f, best BIC %.0f\n", answer.Engines.Stepwise.Estimate, answer.Engines.BIC.Estimate)
	fmt.Println(*answer.Headline)
	// Output:
	// stepwise 388, best BIC 1313
	// Between about 360 and 1,300 people in all. 271 were on at least one of the 3 lists, so between about 86 and 1,000 people who fit this definition were not recorded by any of these lists.
}
