package prepost_test

import (
	"fmt"

	"lantern.example/lantern/internal/analysis/prepost"
)

func ExampleAnalyse() {
	var points []prepost.Point
	for month := 1; month <= 12; month++ {
		points = append(points, prepost.Point{Time: float64(month), Count: float64(20 + month%4)})
	}
	r, err := prepost.Analyse(points, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Refused, r.Reasons)
	// Output: true [there are 9 points before the change and 3 from it on; at least 8 on each side are needed, and 24 are better]
}
