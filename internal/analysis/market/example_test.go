package market_test

import (
	"fmt"
	"math/rand/v2"

	"lantern.example/lantern/internal/analysis/market"
)

func ExampleEstimate() {
	inputs := []market.Input{
		{Quantity: "users", Low: 1000, High: 1450, Source: "prevalence estimate", Year: 2024},
		{Quantity: "days a year", Low: 180, High: 330, Source: "treatment survey", Year: 2024},
		{Quantity: "spend a day", Low: 15, High: 45, Source: "treatment survey", Year: 2024},
	}
	r, err := market.Estimate(inputs, market.Options{Unit: "£"}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Sentence)
	fmt.Println(*r.FindOutNext)
	// Output:
	// Between about £4 million and £15 million, most likely near £7.6 million (users × days a year × spend a day).
	// Find out spend a day next: 70% of the uncertainty comes from it (now 15 to 45, from treatment survey).
}
