package world

import (
	"fmt"
	"testing"
)

func BenchmarkGenerate(b *testing.B) {
	for _, people := range []int{DefaultPeople, 20_000, MaxPeople} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			for b.Loop() {
				generate(b, Options{Seed: 1, People: people})
			}
		})
	}
}
