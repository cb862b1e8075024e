package sharingweb_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/database"
)

func TestWhoLookedAtOurRecords(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	line := func(role access.Role, agency string, in audit.Line) {
		t.Helper()
		a := l.Cast[apptest.Address(role, agency)]
		s, err := l.App.Accounts.Scope(ctx, a, access.Safeguarding)
		if err != nil {
			t.Fatal(err)
		}
		if agency == "police" { // given to it by somebody else
			s.Grants = []access.Grant{{ID: "x", Code: "OD-9"}}
		}
		if err := l.DB.Write(ctx, func(tx *database.Tx) error { return l.Audit.Record(ctx, tx, s, in) }); err != nil {
			t.Fatal(err)
		}
	}
	line(access.Practitioner, "police", audit.Line{Act: audit.Consultation, SubjectKind: "person", Subject: "019aa0c1-7a3b-7c55-8a2e-5b1c7e0d9f42", Owners: []string{"care", "police"}, Words: "sections: names, health; 7 records"})
	line(access.Practitioner, "police", audit.Line{Act: audit.Consultation, SubjectKind: "person", Subject: "019aa0c1-7a3b-7c55-8a2e-5b1c7e0d0000", Owners: []string{"school"}, Words: "seen by the school alone"})
	line(access.Analyst, "council", audit.Line{Act: audit.Disclosure, SubjectKind: "export", Owners: []string{"care"}, Words: "downloaded, 12 rows"})
	care := l.SignIn(access.InfoOfficer, "care")
	p := care.Get("/governance/looked").Want(http.StatusOK)
	p.Has("In the last 28 days 1 person opened records of Test care on 1 page, 1 from other agencies; nobody read unusually much. 1 file or paper left.").Has("Safeguarding").Has("downloaded, 12 rows").Has("Too few days to say")
	if strings.Contains(p.Text("main"), "OD-9") {
		t.Error("a disclosure of another agency's is named")
	}
	if strings.Contains(p.Text("main"), "seen by the school alone") {
		t.Error("another agency's lines are shown")
	}
	if strings.Contains(p.Text("main"), "7 records") {
		t.Error("the line of another agency's look tells how many records it showed, a third's among them")
	}
	if p.Doc.Find(`a[href^="/people/"]`).Length() > 0 {
		t.Error("an information officer, who may open nobody's page, is led to one")
	}
	l.SignIn(access.Manager, "school").Get("/governance/looked").Want(http.StatusOK).Has("1 person opened records of Test school")
	for _, role := range []access.Role{access.Practitioner, access.Analyst, access.Administrator, access.SchoolLead, access.Chair, access.Subject} {
		l.SignIn(role, "care").Get("/governance/looked").Want(http.StatusNotFound)
	}
	lines, _, err := audit.Find(ctx, l.DB.Reader(), access.System("test", access.Upkeep), audit.Query{SubjectKind: "audit", Subject: "care"})
	if err != nil || len(lines) != 1 {
		t.Errorf("looking at the log left %d lines (%v), want 1", len(lines), err)
	}
}
