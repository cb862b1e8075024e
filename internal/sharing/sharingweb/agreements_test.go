package sharingweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/sharing/sharingweb/") }

func drafted() url.Values {
	return url.Values{"title": {"Children at risk"}, "gives": {"school"}, "receives": {"care"}, "classes": {"identity", "education"}, "purposes": {"safeguarding"},
		"lawful_basis": {"Article 6(1)(e) public task"}, "gateway": {"Children Act 2004, section 11"}, "conditions": {"One child at a time."},
		"starts-day": {"1"}, "starts-month": {"11"}, "starts-year": {"2026"}, "expires-day": {"7"}, "expires-month": {"12"}, "expires-year": {"2026"}, "review-day": {"1"}, "review-month": {"12"}, "review-year": {"2026"}}
}

func with(v url.Values, key string, values ...string) url.Values { v[key] = values; return v }

func permits(t *testing.T, l *apptest.Lantern) int {
	t.Helper()
	p, err := l.Sharing.Permits(context.Background(), "care", access.Safeguarding, l.Now.Now())
	if err != nil {
		t.Fatal(err)
	}
	return len(p)
}

func TestAnAgreementOnThePages(t *testing.T) {
	l := apptest.New(t)
	care, school, police := l.SignIn(access.InfoOfficer, "care"), l.SignIn(access.Manager, "school"), l.SignIn(access.InfoOfficer, "police")
	care.Get("/agreements").Want(http.StatusOK).Has("No agreement has been written yet")
	form := care.Get("/agreements/new").Want(http.StatusOK)
	for _, never := range []string{"housing-decision", "benefits", "immigration", "school-admission", "upkeep", "own-record", "governance"} {
		if form.Doc.Find(`input[name=purposes][value="`+never+`"]`).Length() > 0 {
			t.Errorf("%s can be chosen as a purpose", never)
		}
	}
	form.Has("There is no choice for housing, benefits, immigration or school-admission decisions")
	care.Submit("/agreements/new", "/agreements", with(drafted(), "purposes", "immigration")).Want(http.StatusUnprocessableEntity)
	police.Submit("/agreements/new", "/agreements", drafted()).Want(http.StatusUnprocessableEntity).Has("one of its parties")
	made := care.Submit("/agreements/new", "/agreements", drafted()).Want(http.StatusSeeOther)
	if made.Location != "/agreements/ISA-1" {
		t.Fatalf("the draft is at %q", made.Location)
	}
	p := police.Get("/agreements/ISA-1").Want(http.StatusOK).Has("it waits for the signature of").Has("Test care may read names and dates of birth and school records from Test school, when they work for safeguarding")
	if p.Doc.Find(`a[href$="/sign"]`).Length() > 0 {
		t.Error("an agency that is no party is offered to sign")
	}
	police.Get("/agreements/ISA-1/sign").Want(http.StatusNotFound)
	police.Get("/agreements/ISA-9").Want(http.StatusNotFound)
	l.SignIn(access.Practitioner, "care").Get("/agreements/ISA-1/sign").Want(http.StatusNotFound)
	l.SignIn(access.Subject, "care").Get("/agreements").Want(http.StatusNotFound)

	school.Get("/work").Want(http.StatusOK) // the manager of an agency with an information officer is not asked
	l.SignIn(access.InfoOfficer, "school").Get("/work").Want(http.StatusOK).Has("Sign ISA-1, or say why not")
	care.Submit("/agreements/ISA-1/sign", "/agreements/ISA-1/sign", nil).Want(http.StatusUnprocessableEntity).Has("Tick the box to sign")
	care.Submit("/agreements/ISA-1/sign", "/agreements/ISA-1/sign", url.Values{"confirm": {"yes"}}).Want(http.StatusSeeOther)
	care.Get("/agreements").Has("No agreement is live; ISA-1 waits for 1 signature.")
	if n := permits(t, l); n != 0 {
		t.Fatalf("with one signature it permits %d", n)
	}
	school.Submit("/agreements/ISA-1/sign", "/agreements/ISA-1/sign", url.Values{"confirm": {"yes"}}).Want(http.StatusSeeOther)
	if n := permits(t, l); n != 1 {
		t.Fatalf("signed by both it permits %d", n)
	}
	care.Get("/agreements").Has("1 agreement is live; ISA-1 ends in 15 days.")
	care.Get("/governance").Has("1 agreement is live; ISA-1 ends in 15 days.")
	care.Get("/work").Has("ISA-1 ends in 15 days")
	care.Get("/agreements/ISA-1").Has("ISA-1 is live and ends in 15 days").Has("Test community-safety-manager")

	ask := url.Values{"until-day": {"8"}, "until-month": {"3"}, "until-year": {"2027"}, "why": {"The new one is at the board."}}
	care.Submit("/agreements/ISA-1/extend", "/agreements/ISA-1/extend", ask).Want(http.StatusUnprocessableEntity).Has("not later than 2027-03-07")
	ask["until-day"] = []string{"7"}
	care.Submit("/agreements/ISA-1/extend", "/agreements/ISA-1/extend", ask).Want(http.StatusSeeOther)
	care.Get("/agreements/ISA-1").Has("an extension until 7 March 2027 waits for 1 signature")
	school.Submit("/agreements/ISA-1/extension", "/agreements/ISA-1/extension", url.Values{"confirm": {"yes"}}).Want(http.StatusSeeOther)
	if p, err := l.Sharing.Permits(context.Background(), "care", access.Safeguarding, l.Now.Now().AddDate(0, 0, 60)); err != nil || len(p) != 1 {
		t.Fatalf("within its extension it permits %d (%v)", len(p), err)
	}
	school.Submit("/agreements/ISA-1/withdraw", "/agreements/ISA-1/withdraw", url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity)
	school.Submit("/agreements/ISA-1/withdraw", "/agreements/ISA-1/withdraw", url.Values{"why": {"Nobody told the parents."}}).Want(http.StatusSeeOther)
	if n := permits(t, l); n != 0 {
		t.Fatalf("withdrawn it permits %d", n)
	}
	last := care.Get("/agreements/ISA-1").Want(http.StatusOK).Has("ISA-1 was withdrawn: nothing flows under it.").Has("Nobody told the parents.")
	if strings.Contains(last.Text("main"), "Sign for your agency") {
		t.Error("what is withdrawn can still be signed")
	}
	care.Submit("/agreements/ISA-1/sign", "/agreements/ISA-1/sign", url.Values{"confirm": {"yes"}}).Want(http.StatusUnprocessableEntity).Has("can no longer be signed")
}
