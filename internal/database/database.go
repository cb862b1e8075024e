// Package database is the one door to the two engines: SQLite, embedded, and PostgreSQL.
//
// One SQL text serves both: $1, $2 … placeholders, no clock, calendar, JSON or case folding in SQL
// (docs/house.md lists the rules). Reads go through Reader, a pool that cannot write. Writes go
// through Write, which runs a function in one transaction and retries it when the engine says busy
// or cannot serialise; so the function must not do anything it could not do twice. Write does not
// nest: every store write takes the *Tx of whoever began it, which is how an act, its audit line and
// the work it causes are kept together or not at all.
//
// On SQLite there is one writer connection that begins immediately, a separate read-only pool, WAL
// and synchronous=FULL; the pragmas are in the DSN, since a pragma sent through a pool reaches one
// connection only. Builds with an SQLite older than 3.51.3 are refused: earlier ones can lose
// committed writes when the WAL is reset.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the PostgreSQL driver
	"modernc.org/sqlite"               // the SQLite driver

	"lantern.example/lantern/internal/fault"
)

// Engine names which database is behind a DB.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// DB is an open partnership database.
type DB struct {
	Engine Engine
	URL    string // as given, without a password
	write  *sql.DB
	read   *sql.DB
	dsn    string

	version atomic.Int64 // SQLite's count of what other processes committed, as last seen
	polite  atomic.Int64 // turns for which GiveWay still pauses
}

// Queryer runs reads: a DB's Reader, or a Tx inside a write.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx is a write transaction. Store writes take it as an argument.
type Tx struct {
	tx     *sql.Tx
	Engine Engine
	after  []func()
}

// QueryContext runs a query inside the transaction.
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, query, args...)
}

// QueryRowContext runs a query for one row inside the transaction.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, query, args...)
}

// Exec runs a statement.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) error {
	_, err := t.tx.ExecContext(ctx, query, args...)
	return err
}

// ExecCount runs a statement and reports how many rows it changed.
func (t *Tx) ExecCount(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Prepare readies a statement for many executions within the transaction; it ends with it.
func (t *Tx) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	return t.tx.PrepareContext(ctx, query)
}

// AfterCommit has f called once the transaction has been committed, and never when it has not.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// OldestSQLite is the first SQLite whose WAL reset is sound.
const OldestSQLite = "3.51.3"

// Options for Open.
type Options struct {
	// PasswordFile holds the PostgreSQL password, read once; a password in the URL is refused.
	PasswordFile string
	// Readers is the size of the read pool; 0 means 8.
	Readers int
}

// Open opens sqlite:PATH or postgres://… and checks that it answers. It does not make the schema.
func Open(ctx context.Context, rawURL string, opt Options) (*DB, error) {
	if opt.Readers == 0 {
		opt.Readers = 8
	}
	switch {
	case strings.HasPrefix(rawURL, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(rawURL, "sqlite:"), opt)
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"):
		return openPostgres(ctx, rawURL, opt)
	}
	return nil, fault.New(fault.Invalid, "The database %q is not understood: expected sqlite:PATH or postgres://HOST/NAME.", redact(rawURL))
}

func redact(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			u.User = url.User(u.User.Username())
			return u.String()
		}
	}
	return raw
}

func openSQLite(ctx context.Context, path string, opt Options) (*DB, error) {
	if path == "" {
		return nil, fault.New(fault.Invalid, "The database address ends after \"sqlite:\": expected sqlite:PATH.")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The folder %s for the database cannot be made.", filepath.Dir(path))
	}
	// Made with owner-only rights before SQLite opens it, which would follow the umask.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the operator's own
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The database file %s cannot be opened.", path)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	dsn := func(busy string, extra ...string) string {
		q := url.Values{}
		for _, p := range append([]string{busy, "journal_mode(WAL)", "foreign_keys(1)", "synchronous(FULL)", "cache_size(-65536)", "temp_store(MEMORY)"}, extra...) {
			q.Add("_pragma", p)
		}
		q.Set("_txlock", "immediate")
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	// The writer does not wait inside SQLite, which looks again only ten times a second: begin does, more often.
	write, err := sql.Open("sqlite", dsn("busy_timeout(2)"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	db := &DB{Engine: SQLite, URL: "sqlite:" + path, write: write, dsn: dsn("busy_timeout(10000)")}
	var version string
	if err := write.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Unavailable, err, "The file %s cannot be used as a database.", path), write.Close())
	}
	if olderThan(version, OldestSQLite) {
		return nil, errors.Join(fault.New(fault.Unavailable, "This build carries SQLite %s; %s or newer is needed, since older ones can lose committed writes.", version, OldestSQLite), write.Close())
	}
	if db.read, err = sql.Open("sqlite", dsn("busy_timeout(10000)", "query_only(1)")); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	db.read.SetMaxOpenConns(opt.Readers)
	db.read.SetMaxIdleConns(opt.Readers)
	return db, nil
}

func olderThan(version, than string) bool {
	var a, b [3]int
	if n, err := fmt.Sscanf(version, "%d.%d.%d", &a[0], &a[1], &a[2]); err != nil && n < 2 {
		return true
	}
	if _, err := fmt.Sscanf(than, "%d.%d.%d", &b[0], &b[1], &b[2]); err != nil {
		return true
	}
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func openPostgres(ctx context.Context, raw string, opt Options) (*DB, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The database address cannot be read: expected postgres://USER@HOST:PORT/NAME.")
	}
	if _, has := u.User.Password(); has {
		return nil, fault.New(fault.Invalid, "The database address holds a password: put it in a file and name the file in LANTERN_DB_PASSWORD_FILE.")
	}
	shown := u.String()
	if opt.PasswordFile != "" {
		b, err := os.ReadFile(opt.PasswordFile)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The password file %s cannot be read.", opt.PasswordFile)
		}
		u.User = url.UserPassword(u.User.Username(), strings.TrimRight(string(b), "\r\n"))
	}
	pool, err := sql.Open("pgx", u.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(16)
	pool.SetMaxIdleConns(8)
	pool.SetConnMaxLifetime(30 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Unavailable, err, "The PostgreSQL server of %s does not answer.", shown), pool.Close())
	}
	return &DB{Engine: PostgreSQL, URL: shown, write: pool, read: pool, dsn: u.String()}, nil
}

// DSN is the driver's own connection string, password included: for the jobs library alone, which
// opens its own pool.
func (db *DB) DSN() string { return db.dsn }

// Pool is the write pool, for the schema and the jobs library.
func (db *DB) Pool() *sql.DB { return db.write }

// Close closes both pools.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(db.read.Close(), err)
	}
	return err
}

// Reader is where reads go. On SQLite it cannot write.
func (db *DB) Reader() Queryer { return db.read }

// ReadOnly runs f on one consistent snapshot: what several statements of a page or report see is of
// one moment.
func (db *DB) ReadOnly(ctx context.Context, f func(q Queryer) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.Engine == PostgreSQL {
		opts.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.read.BeginTx(ctx, opts)
	if err != nil {
		return busy(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return f(tx)
}

const attempts = 12

// Write runs f in one transaction and commits it. It is tried again, with a short random pause, when
// the engine was busy or could not serialise; f must therefore keep its effects inside tx (or in
// AfterCommit). Calling Write inside f deadlocks on SQLite's single writer and is cut off after ten
// seconds: pass tx on instead.
func (db *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	var err error
	for try := range attempts {
		if try > 0 {
			pause := time.Duration(rand.IntN(5<<min(try, 6))+1) * time.Millisecond //nolint:gosec // jitter
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
		}
		var after []func()
		after, err = db.writeOnce(ctx, f)
		if err == nil {
			for _, g := range after {
				g()
			}
			return nil
		}
		if !retryable(err) {
			return busy(err)
		}
	}
	return busy(err)
}

func (db *DB) writeOnce(ctx context.Context, f func(tx *Tx) error) (after []func(), err error) {
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// The connection is waited for with a limit of its own, so that the limit does not cut the work.
	conn, err := db.write.Conn(wait)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // back to the pool
	opts := &sql.TxOptions{}
	if db.Engine == PostgreSQL {
		opts.Isolation = sql.LevelSerializable
	}
	tx, err := db.begin(ctx, wait, conn, opts)
	if err != nil {
		return nil, err
	}
	done := false
	defer func() {
		if !done { // f failed or panicked
			err = errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}()
	t := &Tx{tx: tx, Engine: db.Engine}
	if err := f(t); err != nil {
		return nil, err
	}
	done = true
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	return t.after, nil
}

// begin begins a transaction on conn. While another process writes to a SQLite file it is tried again every
// millisecond until wait ends: whoever looks seldom is starved by one who writes chunk after chunk.
func (db *DB) begin(ctx, wait context.Context, conn *sql.Conn, opts *sql.TxOptions) (*sql.Tx, error) {
	for {
		tx, err := conn.BeginTx(ctx, opts)
		if err == nil {
			return tx, db.heed(ctx, tx)
		}
		if db.Engine != SQLite || !retryable(err) {
			return nil, err
		}
		select {
		case <-wait.Done():
			return nil, wait.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// heed notes when another process was the last to write to a SQLite file.
func (db *DB) heed(ctx context.Context, tx *sql.Tx) error {
	if db.Engine != SQLite {
		return nil
	}
	var version int64
	if err := tx.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if had := db.version.Swap(version); had != 0 && had != version {
		db.polite.Store(politeFor)
	}
	return nil
}

// politeFor is for how many turns a long writer gives way after another process was seen to write.
const politeFor = 100

// GiveWay is for whoever writes chunk after chunk: where another process uses the same SQLite file, it pauses for
// as long as the other needs to take its turn. Writers of one process take turns anyway.
func (db *DB) GiveWay(ctx context.Context) {
	if db.polite.Load() <= 0 {
		return
	}
	db.polite.Add(-1)
	select {
	case <-ctx.Done():
	case <-time.After(4 * time.Millisecond):
	}
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func retryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "55P03"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code() & 0xff
		return code == 5 || code == 6 // SQLITE_BUSY, SQLITE_LOCKED
	}
	return false
}

// busy turns an engine's "not now" into a fault the page can show; other errors pass.
func busy(err error) error {
	var lite *sqlite.Error
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case retryable(err), errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(fault.Unavailable, err, "Lantern is busy. Nothing was changed. Try again in a moment.")
	case errors.As(err, &lite) && lite.Code()&0xff == 13: // SQLITE_FULL
		return fault.Wrap(fault.Unavailable, err, "The disk is full. Nothing was changed. Tell whoever looks after this machine.")
	case errors.As(err, &pg) && strings.HasPrefix(pg.Code, "53"):
		return fault.Wrap(fault.Unavailable, err, "The database has run out of room or connections. Nothing was changed.")
	}
	return err
}

// IsUnique reports whether err says that a unique value exists already.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == 2067 || lite.Code() == 1555 // SQLITE_CONSTRAINT_UNIQUE, _PRIMARYKEY
	}
	return false
}
