package sharingweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
)

func TestVaryingAnAgreementOnThePages(t *testing.T) {
	l := apptest.New(t)
	care, school := l.SignIn(access.InfoOfficer, "care"), l.SignIn(access.Manager, "school")
	care.Submit("/agreements/new", "/agreements", drafted()).Want(http.StatusSeeOther)
	for _, c := range []*apptest.Client{care, school} {
		c.Submit("/agreements/ISA-1/sign", "/agreements/ISA-1/sign", url.Values{"confirm": {"yes"}}).Want(http.StatusSeeOther)
	}
	l.SignIn(access.InfoOfficer, "police").Get("/agreements/ISA-1/vary").Want(http.StatusNotFound)
	care.Get("/agreements/ISA-1/variation").Want(http.StatusNotFound)
	care.Submit("/agreements/ISA-1/vary", "/agreements/ISA-1/vary", url.Values{"why": {"No change."}}).Want(http.StatusUnprocessableEntity).Has("Nothing would change")
	care.Submit("/agreements/ISA-1/vary", "/agreements/ISA-1/vary", url.Values{"classes": {"identity"}, "why": {"School records are asked for one by one now."}}).Want(http.StatusSeeOther)
	care.Get("/agreements/ISA-1").Want(http.StatusOK).Has("A variation that waits for signatures").Has("It waits for Test school").Has("names and dates of birth and school records from Test school")
	school.Get("/agreements/ISA-1/variation").Want(http.StatusOK).Has("School records are asked for one by one now.")
	school.Submit("/agreements/ISA-1/variation", "/agreements/ISA-1/variation", nil).Want(http.StatusUnprocessableEntity)
	school.Submit("/agreements/ISA-1/variation", "/agreements/ISA-1/variation", url.Values{"confirm": {"yes"}, "variation": {"01900000-0000-7000-8000-000000000000"}}).Want(http.StatusConflict).Has("Nothing was signed")
	school.Submit("/agreements/ISA-1/variation", "/agreements/ISA-1/variation", url.Values{"confirm": {"yes"}}).Want(http.StatusSeeOther)
	if now := care.Get("/agreements/ISA-1").Want(http.StatusOK).Has("Varied"); strings.Contains(now.Text("main ul"), "school records from") {
		t.Error("signed by all, the old terms are said to flow")
	}
	school.Submit("/agreements/ISA-1/vary", "/agreements/ISA-1/vary", url.Values{"classes": {"identity", "health"}, "why": {"The nurse asks."}}).Want(http.StatusSeeOther)
	care.Submit("/agreements/ISA-1/drop", "/agreements/ISA-1/drop", url.Values{"why": {"Not health."}}).Want(http.StatusSeeOther)
	care.Get("/agreements/ISA-1").Has("Variation dropped").Has("Not health.")
}

func TestDocumentsAreProducedFromWhatIsLive(t *testing.T) {
	l := apptest.New(t)
	care, school := l.SignIn(access.InfoOfficer, "care"), l.SignIn(access.Manager, "school")
	care.Get("/governance/documents").Want(http.StatusOK).Has("3 documents wait for a signature.")
	care.Get("/governance/documents/no-such").Want(http.StatusNotFound)
	care.Get("/governance/ladder").Want(http.StatusOK).Has("We work at step 0, and everything it needs is there.").Has("Lacking")
	impact := "/governance/documents/impact"
	care.Submit(impact, impact, nil).Want(http.StatusUnprocessableEntity)
	read := care.Get(impact).Want(http.StatusOK)
	digest := read.Doc.Find("input[name=digest]").AttrOr("value", "")
	care.Submit(impact, impact, url.Values{"confirm": {"yes"}}).Want(http.StatusSeeOther)
	care.Get(impact).Want(http.StatusOK).Has("Signed as it stands").Has("Signed by Test information-officer for Test care")
	if l.SignIn(access.Practitioner, "care").Get(impact).Want(http.StatusOK).Doc.Find("main form").Length() > 0 {
		t.Error("a practitioner is asked to sign")
	}
	file := school.Get(impact + "/file").Want(http.StatusOK)
	if file.Header.Get("Content-Disposition") == "" || !strings.Contains(file.Body, "Signed by Test information-officer") || strings.Contains(file.Body, "<script") {
		t.Error("the file is not the signed document")
	}
	// An agreement that begins to hold opens it again, and what was read before cannot be signed.
	care.Submit("/agreements/new", "/agreements", drafted()).Want(http.StatusSeeOther)
	for _, c := range []*apptest.Client{care, school} {
		c.Submit("/agreements/ISA-1/sign", "/agreements/ISA-1/sign", url.Values{"confirm": {"yes"}}).Want(http.StatusSeeOther)
	}
	care.Get(impact).Want(http.StatusOK).Has("Changed since it was signed").Has("names and dates of birth; school records")
	care.Get("/governance").Want(http.StatusOK).Has("What is live has changed since 1 document was signed: read and sign again.")
	care.Submit(impact, impact, url.Values{"confirm": {"yes"}, "digest": {digest}}).Want(http.StatusUnprocessableEntity).Has("What is live has changed since you read this.")
	for key, words := range map[string]string{"register": "ISA-1: Children at risk", "processing": "Children Act 2004, section 11", "policy": "Article 6(1)(e) public task", "controllers": "Test care"} {
		care.Get("/governance/documents/" + key).Want(http.StatusOK).Has(words)
		care.Get("/governance/documents/" + key + "/file").Want(http.StatusOK)
	}
}
