package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
)

// Monitoring sees routes and counts, and nothing of anybody.
func TestMetricsNameRoutesAndNobody(t *testing.T) {
	l := apptest.New(t)
	metrics := l.Metrics()
	c := l.SignIn(access.Manager, "council")
	c.Get("/actions").Want(http.StatusOK)
	c.Get("/people/quillfeather").Want(http.StatusNotFound)
	c.Get("/actions?name=quillfeather")
	w := httptest.NewRecorder()
	metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	said := w.Body.String()
	for _, want := range []string{
		`lantern_answer_seconds_count{method="GET",route="/actions",status="200"} 2`,
		`lantern_answer_seconds_count{method="GET",route="/people/{id}",status="404"} 1`,
		"lantern_outbox_waiting 0", "lantern_audit_pending 0", "go_goroutines",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the figures do not say %q", want)
		}
	}
	for _, never := range []string{"quillfeather", "example", "Test "} {
		if strings.Contains(said, never) {
			t.Errorf("the figures say %q", never)
		}
	}
	if r := c.Get("/metrics"); r.Status != http.StatusNotFound {
		t.Errorf("/metrics among the pages: status %d, want 404", r.Status)
	}
}
