package agreement_test

import (
	"fmt"

	"lantern.example/lantern/internal/analysis/agreement"
)

func ExampleAnalyse() {
	codings := []agreement.Coding{
		{Unit: "paragraph 1", Coder: "Ana", Value: "yes"}, {Unit: "paragraph 1", Coder: "Ben", Value: "yes"},
		{Unit: "paragraph 2", Coder: "Ana", Value: "yes"}, {Unit: "paragraph 2", Coder: "Ben", Value: "no"},
		{Unit: "paragraph 3", Coder: "Ana", Value: "no"}, {Unit: "paragraph 3", Coder: "Ben", Value: "no"},
		{Unit: "paragraph 4", Coder: "Ana", Value: "no"}, {Unit: "paragraph 4", Coder: "Ben", Value: "no"},
	}
	r, err := agreement.Analyse(codings, agreement.Options{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("percent %.0f, positive %.2f, kappa %.2f, disagree on %s\n", *r.Percent, *r.Positive, *r.CohenKappa, r.Disagreements[0].Unit)
	// Output: percent 75, positive 0.67, kappa 0.50, disagree on paragraph 2
}
