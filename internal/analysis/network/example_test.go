package network_test

import (
	"fmt"
	"math/rand/v2"

	"lantern.example/lantern/internal/analysis/network"
)

func ExampleDescribe() {
	edges := []network.Edge{
		{A: "station", B: "park"}, {A: "park", B: "arcade"}, {A: "arcade", B: "station"}, {A: "arcade", B: "flat"},
	}
	r, err := network.Describe(edges, network.Options{}, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range r.Nodes {
		fmt.Println(n.ID, n.Degree, n.Betweenness, n.Core)
	}
	fmt.Println("splits without:", r.Articulation)
	// Output:
	// arcade 3 2 2
	// flat 1 0 1
	// park 2 0 2
	// station 2 0 2
	// splits without: [arcade]
}
