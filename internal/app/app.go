// Package app is the composition root: the only package that knows all the others. It opens the
// database, makes the stores, introduces panels to the pages that show them, mounts every set of pages
// and runs what goes on in the background.
//
// Each domain is wired in a file of its own, wire_….go, with what its pages and panels need; wire.go
// calls them in the order of the house's ranks.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/account/provider"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/mail"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/seal"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/web/assets"
)

// App is one running Lantern.
type App struct {
	Config config.Config
	DB     *database.DB
	Clock  clock.Clock
	IDs    *clock.IDs
	Log    *slog.Logger
	Audit  *audit.Log
	Keys   audit.Keys
	// Seals encrypt the few worst fields before they reach the database.
	Seals *seal.Keys
	// Version is the program's, for papers and the page about this Lantern.
	Version string

	Accounts *account.Store
	Sessions *account.Sessions
	Sharing  *sharing.Store

	Site     *web.Site
	Router   *web.Router
	Account  *accountweb.Pages
	Stores   // the domains' stores, in wire.go
	oneStep  bool
	provider *provider.Provider
	handler  http.Handler
	stop     context.CancelFunc
	running  sync.WaitGroup
	posted   *mail.Checkpoints // nil where none are sent by mail
	stopOnce sync.Once
}

// Options are what a test or the demonstration may set otherwise than a service does.
type Options struct {
	Clock clock.Clock
	Log   *slog.Logger
	// Rand is the source of ids; nil is the system's.
	Rand io.Reader
	// Version of the program.
	Version string
	// OneStep asks for no second step at sign-in: for tests of other rooms. The demonstration does it by itself.
	OneStep bool
}

// Open opens a partnership: database, schema, keys, stores and pages. Nothing runs in the background
// until Start.
func Open(ctx context.Context, cfg config.Config, opt Options) (_ *App, err error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if opt.Clock == nil {
		opt.Clock = clock.System{}
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	opt.Log = slog.New(Quiet(opt.Log.Handler()))
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The folder %s cannot be made.", cfg.Data)
	}
	a := &App{Config: cfg, Clock: opt.Clock, IDs: clock.NewIDs(opt.Clock, opt.Rand), Log: opt.Log, Version: opt.Version, oneStep: opt.OneStep || cfg.Demo}
	if a.DB, err = database.Open(ctx, cfg.DB, database.Options{PasswordFile: cfg.PasswordFile}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.DB.Close())
		}
	}()
	if err = operate.Whole(ctx, a.DB); err != nil {
		return nil, err
	}
	if _, err = operate.Migrate(ctx, a.DB, cfg.Data, a.Clock); err != nil {
		return nil, err
	}
	if a.Keys, err = audit.OpenKeys(cfg.Data); err != nil {
		return nil, err
	}
	if a.Seals, err = seal.Open(cfg.Data); err != nil {
		return nil, err
	}
	a.Audit = audit.NewLog(a.Clock, a.IDs)
	if a.Audit.Journal, err = audit.OpenJournal(cfg.Data); err != nil {
		return nil, err
	}
	a.Sharing = sharing.NewStore(a.DB, a.IDs)
	if a.Accounts, err = a.accounts(cfg); err != nil {
		return nil, err
	}
	if a.provider, err = newProvider(cfg, a.Clock); err != nil {
		return nil, err
	}
	a.Sessions = account.NewSessions(a.Accounts, cfg.Secure())
	a.Site = &web.Site{
		DB: a.DB, Clock: a.Clock, IDs: a.IDs, Log: a.Log, Demo: cfg.Demo, Secure: cfg.Secure(), SourceRoot: cfg.SourceRoot,
		Consulted: func(ctx context.Context, s access.Scope, r web.Read) error {
			return a.Audit.Consulted(ctx, a.DB, s, audit.Line{SubjectKind: r.Kind, Subject: r.Subject, Owners: r.Owners, Words: r.Words})
		},
		Refused: a.refused,
	}
	a.Router = web.NewRouter(a.Site)
	if err = a.wire(ctx); err != nil {
		return nil, err
	}
	a.Router.Raw("GET "+assets.Prefix, assets.Handler())
	a.Router.Raw("GET /healthz", http.HandlerFunc(a.health))
	a.handler = a.Router.Handler(a.Account.Middleware)
	return a, nil
}

// refused keeps a line of every attempt to read what is not the viewer's.
func (a *App) refused(ctx context.Context, s access.Scope, path string) {
	err := a.DB.Write(ctx, func(tx *database.Tx) error {
		return a.Audit.Record(ctx, tx, s, audit.Line{Act: audit.Refusal, SubjectKind: "page", Subject: path})
	})
	if err != nil {
		a.Log.Error("a refusal was not recorded", "error", err.Error())
	}
}

func (a *App) health(w http.ResponseWriter, r *http.Request) {
	if _, err := database.One(r.Context(), a.DB.Reader(), database.Value[int], "SELECT 1"); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n") //nolint:errcheck // the reader went away
}

// Handler answers requests.
func (a *App) Handler() http.Handler { return a.handler }

// Start begins what goes on in the background: the audit log's sequencer and checkpoints, and jobs.
func (a *App) Start(ctx context.Context) error {
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := a.startJobs(ctx); err != nil {
		return err
	}
	a.running.Add(4)
	go func() {
		defer a.running.Done()
		if _, err := a.Hub.Len(ctx, a.DB.Reader()); err != nil && ctx.Err() == nil {
			a.Log.Warn("the hub could not be read at start", "error", err.Error())
		}
		a.keepDesk(ctx)
	}()
	go func() {
		defer a.running.Done()
		a.keepLog(ctx)
	}()
	go func() {
		defer a.running.Done()
		a.keepRetention(ctx)
	}()
	go func() {
		defer a.running.Done()
		if err := a.Rooms.Recount(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("the picture could not be counted at start", "error", err.Error())
		}
	}()
	return nil
}

const (
	sequenceEvery   = 2 * time.Second
	checkpointEvery = time.Minute
	checkpointRows  = 1000
)

func (a *App) keepLog(ctx context.Context) {
	tick := time.NewTicker(sequenceEvery)
	defer tick.Stop()
	var last time.Time
	var signed int64
	for {
		if n, err := a.Glasses.Replay(ctx, a.DB); err == nil && n > 0 {
			a.Log.Warn("the sealed journal was written to the log", "lines", n)
		} else if err != nil && ctx.Err() == nil {
			a.Log.Error("the sealed journal could not be written to the log", "error", err.Error())
		}
		if err := a.sequence(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("the audit log could not be sequenced", "error", err.Error())
		}
		n, err := audit.Size(ctx, a.DB.Reader())
		if err == nil && n > signed && (a.Clock.Now().Sub(last) >= checkpointEvery || n-signed >= checkpointRows) {
			if signed, err = audit.Checkpoint(ctx, a.DB, a.Keys, a.Config.Data, a.Clock); err == nil {
				last = a.Clock.Now()
				err = errors.Join(audit.SendOutside(a.Config.Data, a.Config.Outside), a.postCheckpoint(ctx))
			}
		}
		if err != nil && ctx.Err() == nil {
			a.Log.Error("the audit log could not be signed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) sequence(ctx context.Context) error {
	for {
		n, err := a.Audit.Sequence(ctx, a.DB, 500)
		if err != nil || n < 500 {
			return err
		}
	}
}

// Close stops the background, signs the log's head and closes the database.
func (a *App) Close() (err error) {
	a.stopOnce.Do(func() {
		ctx := context.Background()
		if a.stop != nil {
			a.stop()
			a.running.Wait()
			err = a.stopJobs(ctx)
			err = errors.Join(err, a.sequence(ctx))
			_, cerr := audit.Checkpoint(ctx, a.DB, a.Keys, a.Config.Data, a.Clock)
			err = errors.Join(err, cerr, audit.SendOutside(a.Config.Data, a.Config.Outside))
		}
		err = errors.Join(err, a.DB.Close())
	})
	return err
}

// Empty reports whether the data folder has no partnership yet.
func Empty(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "lantern.db"))
	return errors.Is(err, os.ErrNotExist)
}
