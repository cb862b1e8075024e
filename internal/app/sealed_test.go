package app_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/seal"
)

// Whoever takes the database finds nobody's door in it: not in partners' records, in their rows and files, in rows that were refused, in what was
// put right, nor in what linking and looking left behind; after the keys were changed too. Whoever may read an address reads it.
func TestWhoTakesTheDatabaseFindsNobodysDoor(t *testing.T) {
	const street, postcode, right, moved = "77 Hidden Court", "ZZ9 9ZY", "78 Hidden Court", "12 Farther Wharf"
	for engine, start := range map[string]func(t *testing.T) *apptest.Lantern{
		"sqlite":   func(t *testing.T) *apptest.Lantern { return apptest.New(t) },
		"postgres": func(t *testing.T) *apptest.Lantern { return apptest.On(t, databasetest.PostgreSQLAddress(t)) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx, l := context.Background(), start(t)
			b := []byte("Child ID,NHS number,Surname,Forename,Date of birth,Gender,Address,Postcode,Ethnicity\n" +
				"R1,9434765919,Okoro,Ade,01/02/2009,M," + street + "," + postcode + ",Marshfolk\n" +
				"R2,,Okoro,Ade,01/02/2009,M," + street + "," + postcode + ",\n" +
				",,,,,,\"" + street + "\"," + postcode + ",Marshfolk\n")
			loader := access.Scope{Account: "loader", Agency: "care", Purpose: access.Safeguarding}
			f, err := l.Files.Save(ctx, loader, file.New{Owner: "care", Class: access.Identity, Name: "people.csv", MediaType: "text/csv", Retention: "x", ReviewOn: "2027-01-01"}, bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			x, err := l.Intake.Load(ctx, loader, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), FileID: f.ID, Agency: "care", Basis: "own", Identified: true, Profile: "people"})
			if err != nil || x.Taken != 2 || x.Refused != 1 {
				t.Fatalf("taken %d, refused %d (%v)", x.Taken, x.Refused, err)
			}
			if _, err := l.Identity.Link(ctx, x.ID); err != nil {
				t.Fatal(err)
			}
			record, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = 'R1'")
			if err != nil {
				t.Fatal(err)
			}
			person, err := l.Identity.PersonOf(ctx, l.DB.Reader(), record)
			if err != nil {
				t.Fatal(err)
			}
			care := l.SignIn(access.Practitioner, "care")
			read := func(when string) {
				t.Helper()
				care.Get("/people/" + person).Want(http.StatusOK).Has(street).Has(postcode)
				scope, err := l.Accounts.Scope(ctx, l.Cast[apptest.Address(access.Practitioner, "care")], access.Safeguarding)
				if err != nil {
					t.Fatal(err)
				}
				refused, err := l.Intake.Refusals(ctx, l.DB.Reader(), scope, x.ID, false, 10, 0)
				if err != nil || len(refused) != 1 || !strings.Contains(strings.Join(refused[0].Cells, " "), street) {
					t.Errorf("%s: the refused row is read as %+v (%v)", when, refused, err)
				}
				r, _, err := l.Files.Open(ctx, scope, f.ID)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, b) {
					t.Errorf("%s: the file is read as %q (%v)", when, got, err)
				}
			}
			found := func(when string, words ...string) {
				t.Helper()
				all := bytes.ToLower(databasetest.Everything(t, l.DB))
				for _, w := range words {
					for _, as := range []string{w, strings.ReplaceAll(w, " ", ""), strings.ReplaceAll(w, " ", "+")} {
						if i := bytes.Index(all, bytes.ToLower([]byte(as))); i >= 0 {
							t.Errorf("%s: the database says %q: …%q…", when, as, all[max(0, i-80):min(len(all), i+80)])
						}
					}
				}
			}
			read("at first")
			care.Get("/people/" + person + "/records").Want(http.StatusOK)
			care.Submit("/search", "/search", url.Values{"q": {"Okoro"}}).Want(http.StatusOK)
			care.Get("/links").Want(http.StatusOK)
			found("after a load", street, postcode, "Marshfolk")

			scope, err := l.Accounts.Scope(ctx, l.Cast[apptest.Address(access.Practitioner, "care")], access.Safeguarding)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.DB.Write(ctx, func(tx *database.Tx) error {
				record, _, _, err = l.Identity.Correct(ctx, tx, scope, record, 1, map[string]string{"address-0-place": right, "ethnicity-self": "Fenfolk"}, "His mother said so.")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			care.Get("/people/" + person).Want(http.StatusOK).Has(right)
			found("after a correction", street, postcode, right, "Marshfolk", "Fenfolk")

			keys, err := seal.Rotate(l.Config.Data)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := operate.Reseal(ctx, l.DB, keys, l.Audit); err != nil || n < 8 { // two addresses, two rows, an ethnicity before and after, a refused row, a file
				t.Errorf("%d values sealed anew (%v), want at least 8", n, err)
			}
			read("under the new key")
			if e, err := l.Identity.EthnicityOf(ctx, l.DB.Reader(), scope, []string{record}); err != nil || e[record].Self != "Fenfolk" {
				t.Errorf("under the new key: %+v (%v)", e, err)
			}

			// What an earlier version kept in plain is sealed when the program starts.
			if err := l.DB.Write(ctx, func(tx *database.Tx) error {
				if err := tx.Exec(ctx, "UPDATE record_address SET sealed = '', place = $1, postcode = $2 WHERE record_id = $3", moved, postcode, record); err != nil {
					return err
				}
				if err := tx.Exec(ctx, `UPDATE load_refusal SET cells = '["12 Farther Wharf"]' WHERE load_id = $1`, x.ID); err != nil {
					return err
				}
				return tx.Exec(ctx, `UPDATE source_record SET cells = '["12 Farther Wharf"]' WHERE id = $1`, record)
			}); err != nil {
				t.Fatal(err)
			}
			for _, room := range []interface {
				SealEarlier(ctx context.Context) (int, error)
			}{l.Identity, l.Intake, l.Files} {
				if _, err := room.SealEarlier(ctx); err != nil {
					t.Fatal(err)
				}
			}
			care.Get("/people/" + person).Want(http.StatusOK).Has(moved)
			for _, q := range []string{"SELECT count(*) FROM record_address WHERE place <> '' OR postcode <> ''", "SELECT count(*) FROM load_refusal WHERE cells LIKE '[%'", "SELECT count(*) FROM source_record WHERE cells LIKE '[%'", "SELECT count(*) FROM stored_file WHERE NOT sealed"} {
				if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], q); err != nil || n != 0 {
					t.Errorf("%s: %d (%v)", q, n, err)
				}
			}
		})
	}
}
