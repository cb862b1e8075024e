package badrow

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorSaysWhereAndWhat(t *testing.T) {
	cases := []struct {
		name string
		err  *Error
		want string
	}{
		{"a value", New(4, "count", 2.5, "a whole number"), `record 5, column count: got "2.5"; expected a whole number`},
		{"an empty cell", New(0, "month", "", "a month such as 2024-03"), `record 1, column month: nothing there; expected a month such as 2024-03`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.err.Error(); got != c.want {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestErrorIsFoundThroughWrapping(t *testing.T) {
	err := fmt.Errorf("trend: %w", New(2, "effort", 0, "a number above 0"))
	var bad *Error
	if !errors.As(err, &bad) || bad.Record != 2 || bad.Column != "effort" {
		t.Errorf("errors.As found %+v, want record 2, column effort", bad)
	}
}
