package glm_test

import (
	"fmt"

	"lantern.example/lantern/internal/analysis/glm"
)

// Two groups with means 4 and 8: the second coefficient is the logarithm of
// their ratio.
func ExamplePoisson() {
	fit, err := glm.Poisson(glm.Data{
		Y:       []float64{3, 5, 7, 9},
		Columns: []string{"level", "second group"},
		X:       []float64{1, 0, 1, 0, 1, 1, 1, 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ratio, se, _ := fit.Term("second group")
	fmt.Printf("%.4f (%.4f)\n", ratio, se)
	// Output: 0.6931 (0.4330)
}
