package operate

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"filippo.io/age"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// RestoreOptions say where a backup goes and what opens it.
type RestoreOptions struct {
	File       string
	Identities []age.Identity
	Config     config.Config // Data: folder to make; DB: an empty PostgreSQL database, or "" for SQLite in the folder
	VerifyOnly bool          // check everything and put nothing in place
	Outside    [][]byte      // checkpoints that were held outside
	Clock      clock.Clock
	Say        func(string)
}

// Restored is what was found in a backup, and where it went.
type Restored struct {
	Manifest Manifest     `json:"manifest"`
	Audit    audit.Report `json:"audit"`
	Data     string       `json:"data"` // "" when it was only verified
	Database string       `json:"database"`
}

// Restore checks a backup through and through and puts it in place: opened with the right key, every part
// whole and as its manifest says, made by this Lantern or an older one, the database sound, and the audit log
// proved, up to the very head that was signed when the backup was made. Only then does anything appear at the
// place it is to go to, which must not hold a partnership.
func Restore(ctx context.Context, opt RestoreOptions) (out Restored, err error) {
	if err := opt.Config.Check(); err != nil {
		return out, err
	}
	data := opt.Config.Data
	if !opt.VerifyOnly {
		if err := unoccupied(data); err != nil {
			return out, err
		}
		if path := filepath.Join(data, databaseName); strings.HasPrefix(opt.Config.DB, "sqlite:") && opt.Config.DB != "sqlite:"+path {
			return out, fault.New(fault.Invalid, "A restored SQLite database goes to %s: leave --db out, or name an empty PostgreSQL database with it.", path)
		}
	}
	if err := os.MkdirAll(filepath.Dir(data), 0o700); err != nil {
		return out, fault.Wrap(fault.Unavailable, err, "The folder %s cannot be made.", filepath.Dir(data))
	}
	staging, err := os.MkdirTemp(filepath.Dir(data), stagingPrefix)
	if err != nil {
		return out, fault.Wrap(fault.Unavailable, err, "Beside %s nothing can be written.", data)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	opt.Say("Decrypting, and comparing every part with the manifest")
	if out.Manifest, err = unpack(opt, staging); err != nil {
		return out, err
	}
	if err := out.check(ctx, opt, staging); err != nil || opt.VerifyOnly {
		return out, err
	}
	return out, out.install(ctx, opt, staging)
}

// unoccupied refuses a folder that holds anything.
func unoccupied(data string) error {
	there, err := os.ReadDir(data)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fault.Wrap(fault.Invalid, err, "The folder %s cannot be read.", data)
	case len(there) == 0:
		return nil
	case slices.ContainsFunc(there, func(e os.DirEntry) bool { return e.Name() == databaseName || e.Name() == "keys" }):
		return fault.New(fault.Invalid, "The folder %s holds a partnership already, and a restore writes over nothing. Name an empty folder with --data.", data)
	}
	return fault.New(fault.Invalid, "The folder %s is not empty, and a restore writes over nothing. Name an empty folder with --data.", data)
}

// maxManifest bounds the manifest: it lists every checkpoint.
const maxManifest = 256 << 20

// enclosedName is what a file in a backup may be called: nothing else is ever written.
var enclosedName = regexp.MustCompile(`^(keys/audit\.(pub|key)|keys/seal\.key|keys/audit-earlier-[0-9a-f]{8}\.pub|checkpoints/[0-9]{12}\.txt|checkpoint\.txt|lantern\.db|tables\.jsonl)$`)

// unpack decrypts a backup into a folder, comparing as it goes.
func unpack(opt RestoreOptions, staging string) (m Manifest, err error) {
	f, err := os.Open(opt.File) //nolint:gosec // the operator's own file
	if err != nil {
		return m, fault.Wrap(fault.Invalid, err, "The backup %s cannot be read.", opt.File)
	}
	defer f.Close() //nolint:errcheck // only read
	plain, err := age.Decrypt(f, opt.Identities...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return m, fault.Wrap(fault.Invalid, err, "This identity does not open %s: it was encrypted to other recipients. Nothing was changed.", opt.File)
	case err != nil:
		return m, damaged("%s does not begin as an age file does, or its head was changed", filepath.Base(opt.File))
	}
	small, err := gzip.NewReader(plain)
	if err != nil {
		return m, cutOrChanged(err)
	}
	pack := tar.NewReader(small)
	if m, err = readManifest(pack); err != nil {
		return m, err
	}
	for _, want := range m.Files {
		if err := takeOut(pack, want, staging); err != nil {
			return m, err
		}
	}
	if _, err := pack.Next(); !errors.Is(err, io.EOF) {
		return m, damaged("it holds more than its manifest names")
	}
	// The last bytes too: they say that nothing was cut off.
	if _, err := io.Copy(io.Discard, small); err != nil {
		return m, cutOrChanged(err)
	}
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return m, cutOrChanged(err)
	}
	return m, nil
}

// cutOrChanged says why reading a backup failed, unless the machine was to blame.
func cutOrChanged(err error) error {
	var disk *os.PathError
	if errors.As(err, &disk) {
		return fault.Wrap(fault.Unavailable, err, "Reading or writing failed: %v.", disk)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return damaged("it was cut short")
	}
	return damaged("bytes in it were changed, or it was cut short")
}

func readManifest(pack *tar.Reader) (m Manifest, err error) {
	h, err := pack.Next()
	if err != nil {
		return m, cutOrChanged(err)
	}
	if h.Name != manifestName || h.Size > maxManifest {
		return m, damaged("its first part is %q; expected %s", h.Name, manifestName)
	}
	b, err := io.ReadAll(pack)
	if err != nil {
		return m, cutOrChanged(err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, damaged("its manifest cannot be read")
	}
	if m.Format != backupFormat {
		return m, fault.New(fault.Invalid, "The backup has format %d, and this build reads format %d. It was made by %s: use that version.", m.Format, backupFormat, m.Lantern)
	}
	databases := 0
	for i, e := range m.Files {
		if !enclosedName.MatchString(e.Name) || slices.ContainsFunc(m.Files[:i], func(x Enclosed) bool { return x.Name == e.Name }) {
			return m, damaged("its manifest names %q", e.Name)
		}
		if e.Name == databaseName || e.Name == tablesName {
			databases++
		}
	}
	if databases != 1 {
		return m, damaged("its manifest names %d databases; expected one", databases)
	}
	return m, nil
}

func takeOut(pack *tar.Reader, want Enclosed, staging string) error {
	h, err := pack.Next()
	if err != nil {
		return cutOrChanged(err)
	}
	if h.Name != want.Name || h.Size != want.Size {
		return damaged("%s stands where its manifest has %s", h.Name, want.Name)
	}
	path := filepath.Join(staging, filepath.FromSlash(want.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the name is one of a few: enclosedName
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), pack) //nolint:gosec // as much as the manifest, which is authenticated, says
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return cutOrChanged(err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return damaged("%s is not what its manifest says", want.Name)
	}
	return nil
}

// check makes the database in the staging folder and proves it.
func (o *Restored) check(ctx context.Context, opt RestoreOptions, staging string) (err error) {
	db, err := o.stage(ctx, staging)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	opt.Say("Looking through the database for damage")
	problems, err := db.Sound(ctx, false)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return damaged("its database is not sound: %s", strings.Join(problems[:min(3, len(problems))], "; "))
	}
	have, _, err := db.Versions(ctx)
	if err != nil {
		return err
	}
	if have != o.Manifest.Schema {
		return damaged("its manifest has schema %d and its database %d", o.Manifest.Schema, have)
	}
	opt.Say("Proving the audit log")
	if err := o.prove(ctx, opt, db, staging); err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	log := audit.NewLog(opt.Clock, clock.NewIDs(opt.Clock, nil))
	err = db.Write(ctx, func(tx *database.Tx) error {
		if err := handAgain(ctx, tx, o.Manifest.Jobs); err != nil {
			return err
		}
		return log.Record(ctx, tx, CommandLine(""), audit.Line{Act: audit.Upkeep, SubjectKind: "database", Words: "restored from the backup made at " + o.Manifest.MadeAt})
	})
	return err
}

// stage opens the unpacked database; rows in the portable form are loaded into a SQLite file first.
func (o *Restored) stage(ctx context.Context, staging string) (db *database.DB, err error) {
	known, err := database.Newest()
	if err != nil {
		return nil, err
	}
	if o.Manifest.Schema > known {
		return nil, newer(o.Manifest.Schema, known)
	}
	path := filepath.Join(staging, databaseName)
	if db, err = database.Open(ctx, "sqlite:"+path, database.Options{Readers: 2}); err != nil {
		return nil, err
	}
	tables := filepath.Join(staging, tablesName)
	f, err := os.Open(tables)
	if errors.Is(err, os.ErrNotExist) {
		return db, nil
	}
	if err == nil {
		err = func() error {
			if err := db.MigrateTo(ctx, o.Manifest.Schema); err != nil {
				return err
			}
			return load(ctx, db, f)
		}()
		err = errors.Join(err, f.Close(), os.Remove(tables))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// prove proves the log against the checkpoint of the backup, those enclosed and those held outside.
func (o *Restored) prove(ctx context.Context, opt RestoreOptions, db *database.DB, staging string) error {
	log := audit.NewLog(opt.Clock, clock.NewIDs(opt.Clock, nil))
	if err := sequence(ctx, log, db); err != nil {
		return err
	}
	v, err := audit.OpenVerifiers(staging)
	if err != nil {
		return damaged("it holds no public audit key")
	}
	outside := slices.Clone(opt.Outside)
	if o.Manifest.Audit.Lines > 0 {
		head, err := os.ReadFile(filepath.Join(staging, headName))
		if err != nil {
			return damaged("it holds no checkpoint of its own")
		}
		t, err := audit.ReadCheckpoint(head, v)
		if err != nil || t.N != o.Manifest.Audit.Lines || t.Hash.String() != o.Manifest.Audit.Root {
			return damaged("its checkpoint is not the one its manifest names, or is not signed by its own key")
		}
		outside = append(outside, head)
	}
	if o.Audit, err = audit.Verify(ctx, db, v, staging, outside, opt.Clock); err != nil {
		return err
	}
	if !o.Audit.Whole() {
		return fault.New(fault.Invalid, "The audit log in the backup is not whole: %s. Nothing was restored.", strings.Join(o.Audit.Problems[:min(3, len(o.Audit.Problems))], "; "))
	}
	return nil
}

// install moves what was checked to its place.
func (o *Restored) install(ctx context.Context, opt RestoreOptions, staging string) error {
	if err := os.Remove(filepath.Join(staging, headName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	o.Data, o.Database = opt.Config.Data, opt.Config.DB
	if !strings.HasPrefix(opt.Config.DB, "sqlite:") {
		if err := o.intoPostgres(ctx, opt, staging); err != nil {
			return err
		}
	}
	if err := os.Chmod(staging, 0o700); err != nil { //nolint:gosec // a folder needs its x
		return err
	}
	// Empty or not there: unoccupied has looked.
	if err := os.Remove(opt.Config.Data); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.Wrap(fault.Invalid, err, "The folder %s is not empty any more. Nothing was restored.", opt.Config.Data)
	}
	if err := os.Rename(staging, opt.Config.Data); err != nil {
		return fault.Wrap(fault.Unavailable, err, "What was restored cannot be moved to %s.", opt.Config.Data)
	}
	return nil
}

func (o *Restored) intoPostgres(ctx context.Context, opt RestoreOptions, staging string) (err error) {
	to, err := database.Open(ctx, opt.Config.DB, database.Options{PasswordFile: opt.Config.PasswordFile})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	from, err := database.Open(ctx, "sqlite:"+filepath.Join(staging, databaseName), database.Options{Readers: 2})
	if err != nil {
		return err
	}
	_, err = Copy(ctx, from, to, staging, opt.Clock, opt.Say)
	if err = errors.Join(err, from.Close()); err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(staging, databaseName+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	o.Database = to.URL
	return nil
}

// ReadOutside reads checkpoints that were held outside.
func ReadOutside(files []string) ([][]byte, error) {
	var out [][]byte
	for _, n := range files {
		b, err := os.ReadFile(n) //nolint:gosec // the operator's own file
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The checkpoint %s cannot be read.", n)
		}
		if len(b) > 1<<20 {
			return nil, fault.New(fault.Invalid, "The file %s is too large for a checkpoint, which is a few lines of text.", n)
		}
		out = append(out, b)
	}
	return out, nil
}
