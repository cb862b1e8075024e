package schematic_test

import (
	"fmt"

	"lantern.example/lantern/internal/gazetteer/schematic"
)

func ExampleFind() {
	m, err := schematic.Find(schematic.Force, "", "Devon & Cornwall Police")
	fmt.Println(m.Area.Code, m.Basis, err)
	m, err = schematic.Find(schematic.District, "E07000191", "West Somerset")
	fmt.Println(m.Area.Name, m.Basis, m.Former.Until, err)
	_, err = schematic.Find(schematic.Force, "N99999999", "")
	fmt.Println(err)
	// Output:
	// E23000035 name <nil>
	// Somerset former_code 2019 <nil>
	// code N99999999 means that no force applies
}

func ExampleWithin() {
	boroughs := schematic.LondonBoroughs()
	fmt.Println(len(boroughs), len(schematic.Within("E23000001", schematic.District)))
	// Output: 33 32
}
