// Package jobs runs follow-up work: linking after a load, purging what was undone, reminders.
//
// Work is asked for inside the transaction of the act that causes it, as a row in the outbox: if the act
// is rolled back so is the work, and a crash loses neither. A relay hands rows to River (PostgreSQL: the
// same database; SQLite: a file jobs.db of its own beside it), which runs and retries them. A row may be
// handed over twice if the machine stops at the wrong moment; River drops the second by the row's id, and a
// handler must be fit to run again all the same.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Handler does one piece of work. args is what Enqueue was given, as JSON.
type Handler func(ctx context.Context, args []byte) error

// Runner relays and runs jobs.
type Runner struct {
	db       *database.DB
	dir      string
	clock    clock.Clock
	ids      *clock.IDs
	log      *slog.Logger
	handlers map[string]Handler
	kick     chan struct{}
	queue    queue
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// queue is what we need of a job library.
type queue interface {
	insert(ctx context.Context, a args) error
	start(ctx context.Context) error
	close(ctx context.Context) error
}

// NewRunner makes a runner whose own files, if any, are in dir.
func NewRunner(db *database.DB, dir string, c clock.Clock, ids *clock.IDs, log *slog.Logger) *Runner {
	return &Runner{db: db, dir: dir, clock: c, ids: ids, log: log, handlers: map[string]Handler{}, kick: make(chan struct{}, 1)}
}

// Handle names the handler of a kind of work. Call it before Start.
func (r *Runner) Handle(kind string, h Handler) { r.handlers[kind] = h }

// Enqueue asks for work within the caller's transaction.
func (r *Runner) Enqueue(ctx context.Context, tx *database.Tx, kind string, v any) error {
	if r.handlers[kind] == nil {
		return fmt.Errorf("jobs: nobody handles %q", kind)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	tx.AfterCommit(r.wake)
	return tx.Exec(ctx, "INSERT INTO outbox (id, kind, args, at) VALUES ($1,$2,$3,$4)", r.ids.New(), kind, string(b), clock.Micros(r.clock.Now()))
}

func (r *Runner) wake() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// args is the one kind of job River sees: the outbox row.
type args struct {
	ID   string          `json:"id" river:"unique"`
	Work string          `json:"work"`
	Args json.RawMessage `json:"args"`
}

// Kind is River's name for it.
func (args) Kind() string { return "lantern_outbox" }

type worker struct {
	river.WorkerDefaults[args]
	r *Runner
}

func (w *worker) Timeout(*river.Job[args]) time.Duration { return 6 * time.Hour }

func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	h := w.r.handlers[job.Args.Work]
	if h == nil {
		return river.JobCancel(fmt.Errorf("jobs: nobody handles %q", job.Args.Work))
	}
	err := h(ctx, job.Args.Args)
	if err != nil {
		w.r.log.Warn("a job failed and will be tried again", "kind", job.Args.Work, "attempt", job.Attempt, "error", err.Error())
	}
	return err
}

// Start begins relaying and working.
func (r *Runner) Start(ctx context.Context) error {
	var err error
	if r.queue, err = r.open(ctx); err != nil {
		return err
	}
	if err := r.queue.start(ctx); err != nil {
		return err
	}
	ctx, r.stop = context.WithCancel(ctx)
	r.done.Add(1)
	go func() {
		defer r.done.Done()
		r.relay(ctx)
	}()
	return nil
}

// Stop ends relaying, lets running work finish for a while, and closes what was opened.
func (r *Runner) Stop(ctx context.Context) error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	r.done.Wait()
	return r.queue.close(ctx)
}

const relayEvery = 2 * time.Second

func (r *Runner) relay(ctx context.Context) {
	tick := time.NewTicker(relayEvery)
	defer tick.Stop()
	for {
		if err := r.relayOnce(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("jobs could not be handed on", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-r.kick:
		case <-tick.C:
		}
	}
}

func (r *Runner) relayOnce(ctx context.Context) error {
	for {
		waiting, err := database.Collect(ctx, r.db.Reader(), func(s database.Scanner) (args, error) {
			var a args
			var b string
			err := s.Scan(&a.ID, &a.Work, &b)
			a.Args = json.RawMessage(b)
			return a, err
		}, "SELECT id, kind, args FROM outbox WHERE sent_at IS NULL ORDER BY at, id LIMIT 100")
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, a := range waiting {
			if err := r.queue.insert(ctx, a); err != nil {
				return err
			}
			if err := r.db.Write(ctx, func(tx *database.Tx) error {
				return tx.Exec(ctx, "UPDATE outbox SET sent_at = $1 WHERE id = $2", clock.Micros(r.clock.Now()), a.ID)
			}); err != nil {
				return err
			}
		}
	}
}

// riverQueue is River on either engine.
type riverQueue[T any] struct {
	client *river.Client[T]
	after  func() error
}

func (q *riverQueue[T]) insert(ctx context.Context, a args) error {
	_, err := q.client.Insert(ctx, a, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}})
	return err
}
func (q *riverQueue[T]) start(ctx context.Context) error { return q.client.Start(ctx) }
func (q *riverQueue[T]) close(ctx context.Context) error {
	soft, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := q.client.Stop(soft)
	if errors.Is(err, context.DeadlineExceeded) {
		hard, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err = q.client.StopAndCancel(hard)
	}
	return errors.Join(err, q.after())
}

func (r *Runner) config() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{r: r})
	return &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}}, Workers: workers, Logger: slog.New(quiet{r.log.Handler()}),
		JobTimeout: -1, RescueStuckJobsAfter: 7 * time.Hour, FetchPollInterval: time.Second,
	}
}

// quiet passes River's warnings and errors on and drops its chatter.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (r *Runner) open(ctx context.Context) (queue, error) {
	if r.db.Engine == database.PostgreSQL {
		pool, err := pgxpool.New(ctx, r.db.DSN())
		if err != nil {
			return nil, err
		}
		return openRiver(ctx, riverpgxv5.New(pool), r.config(), func() error { pool.Close(); return nil })
	}
	// A file of its own: River's many small writes would otherwise queue for the one writer.
	path := filepath.Join(r.dir, "jobs.db")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // for its owner's eyes; its journal takes its rights from it
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Close())
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", path)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return openRiver(ctx, riversqlite.New(db), r.config(), db.Close)
}

func openRiver[T any](ctx context.Context, driver riverdriver.Driver[T], cfg *river.Config, after func() error) (queue, error) {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(err, after())
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("jobs: schema: %w", err), after())
	}
	client, err := river.NewClient(driver, cfg)
	if err != nil {
		return nil, errors.Join(err, after())
	}
	return &riverQueue[T]{client: client, after: after}, nil
}
