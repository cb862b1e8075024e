package app_test

import (
	"context"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
)

// Every table whose rows have a retention class and a day is told of, so that what is past its day can be removed with all that hangs on it.
// Whoever adds such a table adds a line to expiring in wire_retention.go: what a row is called, and which tables hang on it by which column.
func TestEveryRecordThatExpiresCanBeRemoved(t *testing.T) {
	l := apptest.New(t)
	all, err := l.Retention.Holdings(context.Background())
	if err != nil || len(all) < 20 {
		t.Fatalf("%d tables whose rows expire, %v", len(all), err)
	}
	tables, err := l.DB.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, x := range tables {
		for _, c := range x.Names() {
			has[x.Name+"."+c] = true
		}
	}
	for _, h := range all {
		if h.Kept != "" {
			t.Errorf("%s is not in expiring (internal/app/wire_retention.go): its rows are shown when they are due and never removed", h.Table)
		}
		for _, p := range h.Parts {
			if !has[p.Table+"."+p.Column] {
				t.Errorf("%s: there is no column %s.%s", h.Table, p.Table, p.Column)
			}
		}
	}
	rules, err := l.Retention.Rules(context.Background(), l.DB.Reader())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range access.Classes {
		if rules["default-"+string(c)].Months == 0 {
			t.Errorf("there is no rule for default-%s", c)
		}
	}
}
