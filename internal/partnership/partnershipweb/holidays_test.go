package partnershipweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
)

func TestBankHolidaysAreContent(t *testing.T) {
	l := apptest.New(t)
	officer := l.SignIn(access.InfoOfficer, "care")
	officer.Get("/governance/holidays").Want(http.StatusOK).Has("24 bank holidays are written down, the last on 26 December 2028.").Has("Good Friday")
	reader := l.SignIn(access.Practitioner, "care")
	if reader.Get("/governance/holidays").Want(http.StatusOK).Doc.Find("main table a").Length() > 0 {
		t.Error("a practitioner is offered to take a day out")
	}
	reader.Get("/governance/holidays/new").Want(http.StatusNotFound)
	reader.Post("/governance/holidays/2026-12-25", nil).Want(http.StatusNotFound)
	officer.Submit("/governance/holidays/new", "/governance/holidays", url.Values{"name": {"x"}}).Want(http.StatusUnprocessableEntity)
	officer.Submit("/governance/holidays/new", "/governance/holidays", url.Values{"day-day": {"23"}, "day-month": {"11"}, "day-year": {"2026"}, "name": {"Founders’ day"}}).Want(http.StatusSeeOther)
	days := func() int {
		t.Helper()
		h, err := l.Partnership.Holidays(context.Background(), l.DB.Reader())
		if err != nil {
			t.Fatal(err)
		}
		if !h["2026-11-23"] && strings.Contains(officer.Get("/governance/holidays").Text("main"), "Founders") {
			t.Error("the page shows a day that does not count")
		}
		return len(h)
	}
	if n := days(); n != 25 {
		t.Errorf("%d days, want 25", n)
	}
	officer.Get("/governance/holidays/2026-11-24").Want(http.StatusNotFound)
	officer.Submit("/governance/holidays/2026-11-23", "/governance/holidays/2026-11-23", nil).Want(http.StatusSeeOther)
	officer.Get("/governance/holidays/2026-11-23").Want(http.StatusNotFound)
	if n := days(); n != 24 {
		t.Errorf("taken out, %d days", n)
	}
	// What was taken out stays out when the program starts again and brings what it ships with.
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		return l.Partnership.Seed(context.Background(), tx, access.System("seed", access.Upkeep))
	}); err != nil {
		t.Fatal(err)
	}
	if n := days(); n != 24 {
		t.Errorf("seeded again, %d days", n)
	}
}
