package app_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
)

// A person's own record as a file says what is held of them and nobody else, follows its schema, and is written with its line in the log.
func TestAPersonsOwnRecordAsAFile(t *testing.T) {
	l := apptest.New(t)
	ctx := context.Background()
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode,Ethnicity,Officer defined ethnicity\nC1,9434765919,Quillfeather,Kestrel,Refugename,01/02/2011,M,1 Made Up Street,ZZ1 1AA,Marshfolk,IC4\nC2,,Hollow,Jay,,03/04/2009,M,9 Other Street,ZZ9 9ZZ,Fenfolk,IC6\n")
	x, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "care", Purpose: access.Safeguarding}, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "care", Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	person, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT p.person_id FROM person_record p JOIN source_identifier i ON i.record_id = p.record_id WHERE i.value = 'C1'")
	if err != nil {
		t.Fatal(err)
	}
	l.SignIn(access.Practitioner, "care").Get("/people/" + person).Want(http.StatusOK)
	// The police hold intelligence under a condition on the same person, and look at it: the file must not tell.
	graded := []byte("Nominal number,NHS number,Surname,Forename,Date of birth,Gender,Intelligence grade\nN1,9434765919,Quillfeather,Kestrel,01/02/2011,M,1A-C/A1/S2\n")
	x, err = l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "police", Purpose: access.CommunitySafety}, intake.Input{Name: "intelligence.csv", File: bytes.NewReader(graded), Size: int64(len(graded)), Agency: "police", Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	police := l.SignIn(access.Practitioner, "police")
	police.Get("/people/" + person).Want(http.StatusOK).Has("Quillfeather")
	officer := l.SignIn(access.InfoOfficer, "care")
	at := officer.Submit("/rights/new", "/rights/new", url.Values{"kind": {"copy"}, "words": {"All of it, please."}, "asker": {"K."}, "channel": {"letter"}, "received-day": {"20"}, "received-month": {"11"}, "received-year": {"2026"}, "known": {"yes"}, "known_by": {"us"}}).Want(http.StatusSeeOther).Location
	officer.Post(at+"/found", url.Values{"form_key": {l.IDs.New()}, "person": {person}}).Want(http.StatusSeeOther)
	on, err := l.OnIt(ctx, "Kestrel Quillfeather")
	if err != nil || len(on) != 1 || on[0].Person != person || strings.Join(on[0].Agencies, " ") != "care" {
		t.Fatalf("on it: %+v, %v", on, err)
	}
	out := filepath.Join(t.TempDir(), "copy.json")
	if _, err := l.CopyRights(ctx, person, out, l.Now.Now()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Kestrel Quillfeather", "1 February 2011", "1 Made Up Street", `"Marshfolk"`, `"IC4 (Asian) (as an officer saw you)"`, "All of it, please.", `"safeguarding"`, "practitioner"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the file does not say %q", want)
		}
	}
	for _, never := range []string{"Refugename", "Hollow", "Other Street", "Fenfolk", "IC6", "Test practitioner", "police", "N1"} {
		if strings.Contains(string(text), never) {
			t.Errorf("the file says %q", never)
		}
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its rights are %v (%v), want its owner's alone", info.Mode(), err)
	}
	s, err := jsonschema.NewCompiler().Compile("../../docs/schema/rights-copy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{out, "../../docs/schema/rights-copy.example.json"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'disclosure' AND subject = $1 AND words LIKE '%to a file'", person); err != nil || n != 1 {
		t.Errorf("%d lines of it in the log (%v)", n, err)
	}
	if _, err := l.CopyRights(ctx, person, out, l.Now.Now()); !fault.Is(err, fault.Invalid) {
		t.Errorf("written over: %v", err)
	}
	missing := filepath.Join(t.TempDir(), "none.json")
	if _, err := l.CopyRights(ctx, "019aaaaa-0000-7000-8000-000000000000", missing, l.Now.Now()); !fault.Is(err, fault.Invalid) {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("of nobody a file was written")
	}
}
