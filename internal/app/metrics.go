package app

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics answers /metrics for monitoring, on a listener of its own: how many answers each route gave, with which
// status and how soon, how much of the log and of the work is waiting, and the program's own memory. Routes are
// patterns ("/people/{id}"): no name, address or id of anything is in them.
func (a *App) Metrics() http.Handler {
	registry := prometheus.NewRegistry()
	answers := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "lantern_answer_seconds", Help: "How soon pages were answered, by route.",
		Buckets: []float64{.005, .01, .025, .05, .1, .2, .3, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})
	a.Site.Answered = func(method, pattern string, status int, took time.Duration) {
		answers.WithLabelValues(method, pattern, strconv.Itoa(status)).Observe(took.Seconds())
	}
	registry.MustRegister(answers, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		a.waiting("lantern_audit_pending", "Entries of the audit log that have no place in its order yet.", "SELECT count(*) FROM audit_pending"),
		a.waiting("lantern_outbox_waiting", "Work that was asked for and not yet given to a worker.", "SELECT count(*) FROM outbox WHERE sent_at IS NULL"))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

func (a *App) waiting(name, help, query string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		var n float64
		if err := a.DB.Reader().QueryRowContext(ctx, query).Scan(&n); err != nil {
			return -1 // the database did not answer: an alarm of its own
		}
		return n
	})
}
