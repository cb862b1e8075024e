package operate

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/jobs"
)

// Manifest is the first thing in a backup: what it holds and what each part must be.
//
// A backup is a tar, gzipped, encrypted with age (age-encryption.org/v1). After the manifest come the public
// audit keys and signed checkpoints, a checkpoint signed of the very state that was backed up, and the database:
// lantern.db as SQLite keeps it, or tables.jsonl in the portable form. The signing key is there when asked for.
type Manifest struct {
	Lantern string     `json:"lantern"`
	Format  int        `json:"format"`
	MadeAt  string     `json:"made_at"`
	Engine  string     `json:"engine"`
	Schema  int64      `json:"schema"`
	Audit   HeadOfLog  `json:"audit"`
	Signing bool       `json:"signing_key"`
	Jobs    []string   `json:"unfinished_jobs"` // outbox rows to hand over anew
	Files   []Enclosed `json:"files"`
}

// HeadOfLog is the audit log's size and root.
type HeadOfLog struct {
	Lines int64  `json:"lines"`
	Root  string `json:"root"`
}

// Enclosed is one file in a backup.
type Enclosed struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	path   string
}

const (
	backupFormat  = 1
	manifestName  = "manifest.json"
	databaseName  = "lantern.db"
	tablesName    = "tables.jsonl"
	headName      = "checkpoint.txt"
	lastBackup    = "last-backup"
	stagingPrefix = ".lantern-restoring-"
	backupPrefix  = ".lantern-backing-up-"
)

// BackupOptions say what goes into a backup and who may open it.
type BackupOptions struct {
	Data       string // folder of keys and checkpoints
	File       string // must not exist
	Recipients []age.Recipient
	WithKeys   bool // the audit log's signing key too
	Version    string
	Clock      clock.Clock
	Say        func(string)
}

// LastBackup is what the database remembers of its last backup.
type LastBackup struct {
	At         int64  `json:"at"` // UTC microseconds
	File       string `json:"file"`
	Recipients int    `json:"recipients"`
	WithKeys   bool   `json:"with_keys"`
}

// Recipients reads recipients: each is one (age1…) or a file of them.
func Recipients(named []string) ([]age.Recipient, error) {
	var out []age.Recipient
	for _, n := range named {
		text := n
		if !strings.HasPrefix(n, "age1") {
			b, err := os.ReadFile(n) //nolint:gosec // the operator's own file
			if err != nil {
				return nil, fault.Wrap(fault.Invalid, err, "%q is neither a recipient, which begins with age1, nor a file of them that can be read.", n)
			}
			text = string(b)
		}
		got, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "%q holds no recipient that is understood: expected age1… as age-keygen prints it.", n)
		}
		out = append(out, got...)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "A backup needs a recipient: --to age1…, or --new-identity FILE to make a key for it.")
	}
	return out, nil
}

// Identities reads the secret keys that open a backup.
func Identities(files []string) ([]age.Identity, error) {
	var out []age.Identity
	for _, n := range files {
		f, err := os.Open(n) //nolint:gosec // the operator's own file
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The identity file %s cannot be read.", n)
		}
		got, err := age.ParseIdentities(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "The file %s holds no identity that is understood: expected AGE-SECRET-KEY-1… as age-keygen writes it.", n)
		}
		out = append(out, got...)
	}
	return out, nil
}

// NewIdentity makes a key pair: the secret half goes to a file with owner-only rights that must not exist, and
// the public half is returned.
func NewIdentity(file string, c clock.Clock) (age.Recipient, string, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, "", err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own file
	if errors.Is(err, fs.ErrExist) {
		return nil, "", fault.New(fault.Invalid, "The file %s exists already, and a key is not written over. Give its public half with --to.", file)
	}
	if err != nil {
		return nil, "", fault.Wrap(fault.Invalid, err, "The file %s cannot be made.", file)
	}
	_, err = fmt.Fprintf(f, "# created: %s\n# public key: %s\n%s\n", c.Now().UTC().Format(time.RFC3339), id.Recipient(), id)
	return id.Recipient(), id.Recipient().String(), errors.Join(err, f.Sync(), f.Close())
}

// Backup writes a backup of the state at one moment, while Lantern goes on working. The file has its name only
// once it is complete.
func Backup(ctx context.Context, db *database.DB, opt BackupOptions) (m Manifest, err error) {
	if _, err := os.Lstat(opt.File); err == nil {
		return m, fault.New(fault.Invalid, "The file %s exists already, and a backup is not written over. Choose another name.", opt.File)
	}
	if have, _, err := Pending(ctx, db); err != nil {
		return m, err
	} else if have == 0 {
		return m, fault.New(fault.Invalid, "The database %s holds no partnership yet, so there is nothing to back up.", db.URL)
	}
	if err := Whole(ctx, db); err != nil {
		return m, err
	}
	log := audit.NewLog(opt.Clock, clock.NewIDs(opt.Clock, nil))
	if err := sequence(ctx, log, db); err != nil {
		return m, err
	}
	work, err := os.MkdirTemp(filepath.Dir(opt.File), backupPrefix)
	if err != nil {
		return m, fault.Wrap(fault.Unavailable, err, "The folder of %s cannot be written to.", opt.File)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if m, err = gather(ctx, db, work, opt); err != nil {
		return m, err
	}
	opt.Say("Encrypting")
	if err := encryptTo(m, filepath.Join(work, "sealed"), opt.Recipients); err != nil {
		return m, err
	}
	if err := os.Link(filepath.Join(work, "sealed"), opt.File); err != nil { // unlike a rename, never over another
		return m, fault.Wrap(fault.Unavailable, err, "The backup cannot be given its name %s.", opt.File)
	}
	return m, remember(ctx, db, log, opt)
}

// remember keeps that a backup was made: for doctor, and in the log.
func remember(ctx context.Context, db *database.DB, log *audit.Log, opt BackupOptions) error {
	at := clock.Micros(opt.Clock.Now())
	b, err := json.Marshal(LastBackup{at, filepath.Base(opt.File), len(opt.Recipients), opt.WithKeys})
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *database.Tx) error {
		err := tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ($1,$2,$3) ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at", lastBackup, string(b), at)
		if err != nil {
			return err
		}
		words := fmt.Sprintf("backup made, encrypted to %d recipients", len(opt.Recipients))
		if opt.WithKeys {
			words += ", the audit log's signing key in it"
		}
		return log.Record(ctx, tx, CommandLine(""), audit.Line{Act: audit.Disclosure, SubjectKind: "database", Words: words})
	})
}

// gather puts everything that goes into a backup where it can be read, and describes it.
func gather(ctx context.Context, db *database.DB, work string, opt BackupOptions) (Manifest, error) {
	m := Manifest{Lantern: opt.Version, Format: backupFormat, MadeAt: opt.Clock.Now().UTC().Format(time.RFC3339), Engine: string(db.Engine), Signing: opt.WithKeys}
	var err error
	// Before the database, so that no job can be finished in the one and unfinished in the other.
	if m.Jobs, err = jobs.Unfinished(ctx, db, opt.Data); err != nil {
		return m, err
	}
	if m.Jobs == nil {
		m.Jobs = []string{}
	}
	if m.Schema, _, err = db.Versions(ctx); err != nil {
		return m, err
	}
	parts, err := keysAndCheckpoints(opt)
	if err != nil {
		return m, err
	}
	opt.Say("Copying the database")
	part, head, err := copyOut(ctx, db, work)
	if err != nil {
		return m, err
	}
	m.Audit = HeadOfLog{head.N, head.Hash.String()}
	if head.N > 0 {
		keys, err := audit.OpenKeys(opt.Data)
		if err != nil {
			return m, err
		}
		signed, err := audit.Sign(keys, head, opt.Clock)
		if err != nil {
			return m, err
		}
		path := filepath.Join(work, headName)
		if err := os.WriteFile(path, signed, 0o600); err != nil {
			return m, err
		}
		parts = append(parts, Enclosed{Name: headName, path: path})
	}
	parts = append(parts, part)
	for i := range parts {
		if parts[i].Size, parts[i].SHA256, err = digest(parts[i].path); err != nil {
			return m, err
		}
	}
	m.Files = parts
	return m, nil
}

func keysAndCheckpoints(opt BackupOptions) (parts []Enclosed, err error) {
	// The keys of sealed fields go with them: a backup without them could never give back a safe address, and the
	// backup itself is encrypted.
	patterns := []string{"keys/audit.pub", "keys/audit-earlier-*.pub", "keys/seal.key", "checkpoints/*.txt"}
	if opt.WithKeys {
		patterns = append(patterns, "keys/audit.key")
	}
	for _, p := range patterns {
		names, err := filepath.Glob(filepath.Join(opt.Data, filepath.FromSlash(p)))
		if err != nil {
			return nil, err
		}
		if len(names) == 0 && strings.HasPrefix(p, "keys/audit.") {
			return nil, fault.New(fault.Invalid, "The audit key %s is not there. Name the partnership's folder with --data.", filepath.Join(opt.Data, filepath.FromSlash(p)))
		}
		slices.Sort(names)
		for _, n := range names {
			parts = append(parts, Enclosed{Name: p[:strings.IndexByte(p, '/')+1] + filepath.Base(n), path: n})
		}
	}
	return parts, nil
}

// copyOut copies the database to a file and says what its audit log's head is there.
func copyOut(ctx context.Context, db *database.DB, work string) (Enclosed, tlog.Tree, error) {
	if db.Engine == database.PostgreSQL {
		part := Enclosed{Name: tablesName, path: filepath.Join(work, tablesName)}
		f, err := os.OpenFile(part.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return part, tlog.Tree{}, err
		}
		var head tlog.Tree
		err = dump(ctx, db, f, func(q database.Queryer) (err error) {
			head, err = audit.Head(ctx, q)
			return err
		})
		return part, head, errors.Join(err, f.Close())
	}
	part := Enclosed{Name: databaseName, path: filepath.Join(work, databaseName)}
	if err := db.Snapshot(ctx, part.path); err != nil {
		return part, tlog.Tree{}, err
	}
	head, err := inspect(ctx, part.path)
	return part, head, err
}

// inspect looks through a copied SQLite file for damage.
func inspect(ctx context.Context, path string) (head tlog.Tree, err error) {
	copied, err := database.Open(ctx, "sqlite:"+path, database.Options{Readers: 1})
	if err != nil {
		return head, err
	}
	defer func() { err = errors.Join(err, copied.Close()) }()
	problems, err := copied.Sound(ctx, false)
	if err != nil {
		return head, err
	}
	if len(problems) > 0 {
		return head, fault.New(fault.Unavailable, "The database is damaged, so no backup was made of it: %s. Restore an earlier backup.", strings.Join(problems[:min(3, len(problems))], "; "))
	}
	return audit.Head(ctx, copied.Reader())
}

func digest(path string) (size int64, sum string, err error) {
	f, err := os.Open(path) //nolint:gosec // a file just written
	if err != nil {
		return 0, "", err
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// encryptTo writes manifest and files, packed and encrypted.
func encryptTo(m Manifest, path string, to []age.Recipient) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own folder
	if err != nil {
		return err
	}
	err = func() error {
		secret, err := age.Encrypt(f, to...)
		if err != nil {
			return err
		}
		small := gzip.NewWriter(secret)
		pack := tar.NewWriter(small)
		b, err := json.MarshalIndent(m, "", " ")
		if err != nil {
			return err
		}
		if err := enclose(pack, manifestName, int64(len(b)), strings.NewReader(string(b))); err != nil {
			return err
		}
		for _, e := range m.Files {
			if err := encloseFile(pack, e); err != nil {
				return err
			}
		}
		return errors.Join(pack.Close(), small.Close(), secret.Close(), f.Sync())
	}()
	if err = errors.Join(err, f.Close()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The backup cannot be written: is the disk full?")
	}
	return nil
}

func encloseFile(pack *tar.Writer, e Enclosed) error {
	f, err := os.Open(e.path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	return enclose(pack, e.Name, e.Size, f)
}

func enclose(pack *tar.Writer, name string, size int64, r io.Reader) error {
	if err := pack.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	n, err := io.Copy(pack, r)
	if err == nil && n != size {
		err = fmt.Errorf("operate: %s changed while it was backed up", name)
	}
	return err
}
