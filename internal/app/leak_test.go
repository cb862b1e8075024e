package app_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake"
)

// heard is a log that can be read while it is written.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) { h.mu.Lock(); defer h.mu.Unlock(); return h.b.Write(b) }
func (h *heard) String() string              { h.mu.Lock(); defer h.mu.Unlock(); return h.b.String() }

// A thousand names are brought in and the product is used, also where it fails: none of them stands in a log line, an address, a header that a
// proxy keeps, a line of the audit log, or a mail: signed checkpoints of the log are the one thing it sends.
func TestAThousandNamesLeaveNoTraceOutsideTheRecords(t *testing.T) {
	office := postOffice(t)
	l := apptest.With(t, config.Config{Mail: config.Mail{Server: office.addr, From: "log@lantern.example.org", To: []string{"holder@police.example"}}})
	ctx := context.Background()
	log := &heard{}
	l.Log = slog.New(app.Quiet(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	l.Site.Log = l.Log
	addresses := &heard{}
	inner := l.Server.Config.Handler
	l.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(addresses, r.RequestURI, r.Referer()) //nolint:errcheck // a buffer
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		fmt.Fprintln(addresses, rec.Header()) //nolint:errcheck // a buffer
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes()) //nolint:errcheck // the reader went away
	})
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := []byte{"BCDFGJKLMNPQVXZ"[random.IntN(15)]}
		for range 3 {
			b = append(b, "aeiouy"[random.IntN(6)], "zxqvkj"[random.IntN(6)])
		}
		return string(b)
	}
	var seeded []string
	var rows strings.Builder
	rows.WriteString("Child ID,Surname,Forename,Date of birth,Gender,Address,Postcode\n")
	for i := range 1000 {
		fore, sur := word(), word()
		seeded = append(seeded, fore+" "+sur, sur)
		fmt.Fprintf(&rows, "K%05d,%s,%s,%02d/%02d/2010,M,%d %s Street,ZZ1 1AA\n", i, sur, fore, 1+i%28, 1+i%12, i, sur)
	}
	rows.WriteString("K99999,Badday," + seeded[0] + ",99/99/2010,?,,\n") // a row that is refused, or warned of
	b := []byte(rows.String())
	x, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "care", Purpose: access.Safeguarding}, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "care", Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	worker, officer := l.SignIn(access.Practitioner, "care"), l.SignIn(access.InfoOfficer, "care")
	persons, err := database.Collect(ctx, l.DB.Reader(), database.Value[string], "SELECT person_id FROM person_record ORDER BY record_id LIMIT 5")
	if err != nil {
		t.Fatal(err)
	}
	l.SignIn(access.Manager, "care").Get("/loads/" + x.ID)
	for i, p := range persons {
		if got := worker.Submit("/search", "/search", url.Values{"q": {seeded[2*i]}}); !strings.Contains(got.Body, p) && got.Status != http.StatusOK {
			t.Errorf("searching: status %d", got.Status)
		}
		worker.Get("/people/" + p).Want(http.StatusOK)
		worker.Get("/people/" + p + "/records").Want(http.StatusOK)
		worker.Submit("/people/"+p+"/wish", "/people/"+p+"/wish", url.Values{"words": {seeded[2*i] + " wants to go home."}})
	}
	at := officer.Submit("/rights/new", "/rights/new", url.Values{"kind": {"on"}, "words": {seeded[0] + " asks"}, "asker": {seeded[0]}, "channel": {"letter"}, "received-day": {"20"}, "received-month": {"11"}, "received-year": {"2026"}, "known": {"yes"}, "known_by": {seeded[2]}}).Want(http.StatusSeeOther).Location
	officer.Submit(at+"/find", at+"/find", url.Values{"q": {seeded[0]}}).Want(http.StatusOK)
	correct, ok := worker.Get("/people/" + persons[0] + "/records").Doc.Find(`a[href$="/correct"]`).Attr("href")
	if !ok {
		t.Fatal("there is no correction to make")
	}
	worker.Submit(correct, correct, url.Values{"name-0-surname": {seeded[3]}, "why": {seeded[3] + " said so"}}).Want(http.StatusSeeOther)
	worker.Get("/search?q=" + url.QueryEscape("nobody")).Want(http.StatusOK) // words in an address are not asked for by any form
	if err := l.Start(ctx); err != nil {                                     // what goes on in the background, mails among it
		t.Fatal(err)
	}
	sent := office.next(t)
	// And where it breaks: tables that are gone, values that a database quotes.
	for _, table := range []string{"person_wish_reader", "person_told", "search_name"} {
		if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "DROP TABLE "+table) }); err != nil {
			t.Fatal(err)
		}
	}
	if r := worker.Submit("/search", "/search", url.Values{"q": {seeded[4]}}); r.Status != http.StatusInternalServerError {
		t.Errorf("a search without its table: status %d, want 500", r.Status)
	}
	worker.Get("/people/" + persons[1])
	l.Log.Error("as a database says it", "error", fmt.Errorf(`ERROR: duplicate key value violates unique constraint "x" (SQLSTATE 23505) Key (name)=(%s) already exists; got '%s', "%s" of %s@school.example, born 2010-03-04, 943 476 5919, ZZ1 1AA`, seeded[0], seeded[2], seeded[4], seeded[1]))
	if log.String() == "" || !strings.Contains(log.String(), "request failed") || !strings.Contains(log.String(), "23505") {
		t.Fatalf("the log is not heard, or says nothing of use: %s", log.String())
	}
	said := strings.ToLower(log.String())
	for _, never := range []string{"943 476 5919", "zz1 1aa", "2010-03-04"} {
		if strings.Contains(said, never) {
			t.Errorf("the log says %q", never)
		}
	}
	audited, err := database.Collect(ctx, l.DB.Reader(), database.Value[string], "SELECT subject || ' ' || words || ' ' || basis FROM audit_entry")
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{"the log": said, "addresses and headers": strings.ToLower(addresses.String()), "the audit log": strings.ToLower(strings.Join(audited, "\n")), "a mail": strings.ToLower(sent.String())}
	hits := 0
	for place, text := range places {
		for _, s := range seeded {
			if strings.Contains(text, strings.ToLower(s)) || strings.Contains(text, strings.ToLower(url.QueryEscape(s))) {
				if hits++; hits < 10 {
					t.Errorf("%s stands in %s", s, place)
				}
			}
		}
	}
	t.Logf("%d names looked for in %d bytes of log, %d of addresses and headers and %d audit lines: %d hits", len(seeded), len(said), len(addresses.String()), len(audited), hits)
}
