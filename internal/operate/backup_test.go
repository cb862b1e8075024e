package operate_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
	"lantern.example/lantern/internal/seal"
)

// kept is a backup of the invented partnership, made from an engine.
type kept struct {
	t      *testing.T
	file   string
	dir    string // the partnership's folder
	id     age.Identity
	before map[string]int
	m      operate.Manifest
}

func backUp(t *testing.T, engine database.Engine, change func(db *database.DB, opt *operate.BackupOptions)) *kept {
	t.Helper()
	ctx := context.Background()
	dir := partnership(t)
	db := open(t, dir)
	if engine == database.PostgreSQL {
		pg := empty(t, engine)
		if _, err := operate.Copy(ctx, db, pg, dir, clock.At(now), quiet); err != nil {
			t.Fatal(err)
		}
		db = pg
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	opt := operate.BackupOptions{Data: dir, File: filepath.Join(t.TempDir(), "partnership.age"), Recipients: []age.Recipient{id.Recipient()}, Version: "test", Clock: clock.At(now), Say: quiet}
	if change != nil {
		change(db, &opt)
	}
	k := &kept{t: t, file: opt.File, dir: dir, id: id, before: contents(t, db)}
	if k.m, err = operate.Backup(ctx, db, opt); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *kept) options(data string) operate.RestoreOptions {
	return operate.RestoreOptions{File: k.file, Identities: []age.Identity{k.id}, Config: config.Config{Data: data}, Clock: clock.At(now), Say: quiet}
}

// grown are the tables that making and restoring a backup add a row to.
var grown = append([]string{"setting"}, logTables...)

func TestABackupComesBack(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, engine database.Engine) {
		k := backUp(t, engine, nil)
		if k.m.Signing || k.m.Audit.Lines == 0 || k.m.Engine != string(engine) {
			t.Errorf("the manifest is %+v", k.m)
		}
		data := filepath.Join(t.TempDir(), "restored")
		got, err := operate.Restore(ctx, k.options(data))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Audit.Whole() || got.Audit.Leaves < k.m.Audit.Lines {
			t.Errorf("the audit proof is %+v", got.Audit)
		}
		db := open(t, data)
		if d := differences(k.before, contents(t, db), grown...); len(d) > 0 {
			t.Errorf("%d rows differ, the first: %s", len(d), d[0])
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(data), ".lantern-*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
		was, err := os.ReadFile(seal.File(k.dir))
		if err != nil {
			t.Fatal(err)
		}
		if is, err := os.ReadFile(seal.File(data)); err != nil || !bytes.Equal(was, is) {
			t.Errorf("the keys of sealed fields did not come back (%v)", err)
		}
		if _, err := os.Stat(filepath.Join(data, "keys", "audit.key")); err == nil {
			t.Error("the signing key was in a backup that was to be without")
		}
		// Lantern goes on with it: a new signing key, the old checkpoints still good.
		a, err := app.Open(ctx, config.Config{Data: data}, app.Options{Clock: clock.At(now)})
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		v, err := audit.OpenVerifiers(data)
		if err != nil {
			t.Fatal(err)
		}
		r, err := audit.Verify(ctx, open(t, data), v, data, nil, clock.At(now))
		if err != nil || !r.Whole() || r.Checkpoints < 2 {
			t.Errorf("after going on: %+v, %v; want a whole log under old and new checkpoints", r, err)
		}
	})
}

func TestABackupWithItsKeysAndIntoPostgreSQL(t *testing.T) {
	ctx := context.Background()
	k := backUp(t, database.SQLite, func(_ *database.DB, opt *operate.BackupOptions) { opt.WithKeys = true })
	opt := k.options(filepath.Join(t.TempDir(), "restored"))
	to := empty(t, database.PostgreSQL)
	opt.Config.DB = to.URL
	if _, err := operate.Restore(ctx, opt); err != nil {
		t.Fatal(err)
	}
	if d := differences(k.before, contents(t, to), grown...); len(d) > 0 {
		t.Errorf("%d rows differ, the first: %s", len(d), d[0])
	}
	was, err := os.ReadFile(filepath.Join(k.dir, "keys", "audit.key"))
	if err != nil {
		t.Fatal(err)
	}
	is, err := os.ReadFile(filepath.Join(opt.Config.Data, "keys", "audit.key"))
	if err != nil || !bytes.Equal(was, is) {
		t.Errorf("the signing key did not come back (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(opt.Config.Data, "lantern.db")); err == nil {
		t.Error("a SQLite file was left beside a restore into PostgreSQL")
	}
	opt.Config.Data = filepath.Join(t.TempDir(), "another")
	_, err = operate.Restore(ctx, opt)
	refused(t, err, fault.Invalid, "is not empty")
	if _, err := os.Stat(opt.Config.Data); err == nil {
		t.Error("a refused restore left its folder")
	}
}

func TestWhatIsNotRestored(t *testing.T) {
	ctx := context.Background()
	whole := backUp(t, database.SQLite, nil)
	bytesOf := func(k *kept) []byte {
		b, err := os.ReadFile(k.file)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	original := bytesOf(whole)
	changed := func(t *testing.T, f func(b []byte) []byte) operate.RestoreOptions {
		opt := whole.options(filepath.Join(t.TempDir(), "restored"))
		opt.File = filepath.Join(t.TempDir(), "changed.age")
		if err := os.WriteFile(opt.File, f(bytes.Clone(original)), 0o600); err != nil {
			t.Fatal(err)
		}
		return opt
	}
	flip := func(at int) func(b []byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
	}
	cut := func(to int) func(b []byte) []byte {
		return func(b []byte) []byte { return b[:(to+len(b))%len(b)] }
	}
	cases := []struct {
		name string
		opt  func(t *testing.T) operate.RestoreOptions
		want string
	}{
		{"a byte flipped in the first line", func(t *testing.T) operate.RestoreOptions { return changed(t, flip(3)) }, "does not begin as an age file"},
		{"a byte flipped in the recipients", func(t *testing.T) operate.RestoreOptions { return changed(t, flip(60)) }, ""},
		{"a byte flipped early", func(t *testing.T) operate.RestoreOptions { return changed(t, flip(400)) }, "bytes in it were changed"},
		{"a byte flipped in the middle", func(t *testing.T) operate.RestoreOptions { return changed(t, flip(len(original)/2)) }, "bytes in it were changed"},
		{"the last byte flipped", func(t *testing.T) operate.RestoreOptions { return changed(t, flip(-1)) }, "bytes in it were changed"},
		{"the last byte cut off", func(t *testing.T) operate.RestoreOptions { return changed(t, cut(-1)) }, "cut short"},
		{"half cut off", func(t *testing.T) operate.RestoreOptions { return changed(t, cut(len(original)/2)) }, "cut short"},
		{"cut at a chunk's end", func(t *testing.T) operate.RestoreOptions {
			head := bytes.Index(original, []byte("\n---")) // then the line's MAC and a nonce of 16 bytes
			end := head + 5 + bytes.IndexByte(original[head+5:], '\n') + 1 + 16 + 64<<10 + 16
			return changed(t, cut(end))
		}, "cut short"},
		{"bytes added at the end", func(t *testing.T) operate.RestoreOptions {
			return changed(t, func(b []byte) []byte { return append(b, "more"...) })
		}, "damaged"},
		{"nothing in it", func(t *testing.T) operate.RestoreOptions {
			return changed(t, func([]byte) []byte { return nil })
		}, "does not begin as an age file"},
		{"another's key", func(t *testing.T) operate.RestoreOptions {
			other, err := age.GenerateX25519Identity()
			if err != nil {
				t.Fatal(err)
			}
			opt := changed(t, func(b []byte) []byte { return b })
			opt.Identities = []age.Identity{other}
			return opt
		}, "was encrypted to other recipients"},
		{"a newer schema", func(t *testing.T) operate.RestoreOptions {
			return changed(t, func([]byte) []byte { return resealed(t, whole, func(m *operate.Manifest) { m.Schema = 99999 }) })
		}, "newer Lantern"},
		{"a newer format", func(t *testing.T) operate.RestoreOptions {
			return changed(t, func([]byte) []byte { return resealed(t, whole, func(m *operate.Manifest) { m.Format = 2 }) })
		}, "has format 2"},
		{"a part that is not as listed", func(t *testing.T) operate.RestoreOptions {
			return changed(t, func([]byte) []byte {
				return resealed(t, whole, func(m *operate.Manifest) { m.Files[0].SHA256 = strings.Repeat("0", 64) })
			})
		}, "is not what its manifest says"},
		{"a name that leads elsewhere", func(t *testing.T) operate.RestoreOptions {
			return changed(t, func([]byte) []byte {
				return resealed(t, whole, func(m *operate.Manifest) { m.Files[0].Name = "keys/../../audit.pub" })
			})
		}, "its manifest names"},
		{"a head that was not signed", func(t *testing.T) operate.RestoreOptions {
			return changed(t, func([]byte) []byte { return resealed(t, whole, func(m *operate.Manifest) { m.Audit.Lines++ }) })
		}, "its checkpoint is not the one"},
		{"a checkpoint from outside that says otherwise", func(t *testing.T) operate.RestoreOptions {
			opt := changed(t, func(b []byte) []byte { return b })
			opt.Outside = [][]byte{[]byte("not a checkpoint")}
			return opt
		}, "not a checkpoint signed by this partnership"},
		{"a folder that holds a partnership", func(t *testing.T) operate.RestoreOptions {
			opt := changed(t, func(b []byte) []byte { return b })
			opt.Config.Data = partnership(t)
			return opt
		}, "holds a partnership already"},
		{"a folder that holds something", func(t *testing.T) operate.RestoreOptions {
			opt := changed(t, func(b []byte) []byte { return b })
			opt.Config.Data = t.TempDir()
			if err := os.WriteFile(filepath.Join(opt.Config.Data, "notes.txt"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return opt
		}, "is not empty"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			opt := c.opt(t)
			before, err := os.ReadDir(filepath.Dir(opt.Config.Data))
			if err != nil {
				t.Fatal(err)
			}
			_, err = operate.Restore(ctx, opt)
			refused(t, err, fault.Invalid, c.want)
			after, err := os.ReadDir(filepath.Dir(opt.Config.Data))
			if err != nil || len(after) != len(before) {
				t.Errorf("the refused restore left something behind: %v (%v)", after, err)
			}
		})
	}
	t.Run("verified only", func(t *testing.T) {
		opt := whole.options(filepath.Join(t.TempDir(), "restored"))
		opt.VerifyOnly = true
		got, err := operate.Restore(ctx, opt)
		if err != nil || !got.Audit.Whole() {
			t.Errorf("%+v, %v; want a whole backup", got.Audit, err)
		}
		if left, err := os.ReadDir(filepath.Dir(opt.Config.Data)); err != nil || len(left) != 0 {
			t.Errorf("verifying left %v (%v)", left, err)
		}
	})
}

// A backup of a log that was tampered with is not restored, whatever its manifest says.
func TestABackupOfATamperedLogIsNotRestored(t *testing.T) {
	each(t, func(t *testing.T, engine database.Engine) {
		k := backUp(t, engine, func(db *database.DB, _ *operate.BackupOptions) {
			exec(t, db, "UPDATE audit_entry SET account = 'somebody-else' WHERE id = (SELECT entry_id FROM audit_leaf WHERE seq = 1)")
		})
		_, err := operate.Restore(context.Background(), k.options(filepath.Join(t.TempDir(), "restored")))
		refused(t, err, fault.Invalid, "changed after it was written")
	})
}

func TestWhatIsNotBackedUp(t *testing.T) {
	ctx := context.Background()
	dir := partnership(t)
	db := open(t, dir)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	opt := operate.BackupOptions{Data: dir, File: filepath.Join(t.TempDir(), "b.age"), Recipients: []age.Recipient{id.Recipient()}, Clock: clock.At(now), Say: quiet}
	t.Run("over another file", func(t *testing.T) {
		opt := opt
		opt.File = filepath.Join(dir, "keys", "audit.pub")
		_, err := operate.Backup(ctx, db, opt)
		refused(t, err, fault.Invalid, "not written over")
	})
	t.Run("into a folder that is not there", func(t *testing.T) {
		opt := opt
		opt.File = filepath.Join(dir, "no", "b.age")
		_, err := operate.Backup(ctx, db, opt)
		refused(t, err, fault.Unavailable, "cannot be written to")
	})
	t.Run("without the keys' folder", func(t *testing.T) {
		opt := opt
		opt.Data = t.TempDir()
		_, err := operate.Backup(ctx, db, opt)
		refused(t, err, fault.Invalid, "audit key")
	})
	t.Run("an unfinished copy", func(t *testing.T) {
		exec(t, db, "INSERT INTO setting (name, value, at) VALUES ('unfinished-copy', 'x', 1)")
		_, err := operate.Backup(ctx, db, opt)
		refused(t, err, fault.Unavailable, "never completed")
	})
	for name, to := range map[string][]string{"nobody": nil, "no such file": {"nowhere.txt"}, "no key": {"age1nonsense"}} {
		t.Run("to "+name, func(t *testing.T) {
			_, err := operate.Recipients(to)
			refused(t, err, fault.Invalid, "")
		})
	}
	if left, err := os.ReadDir(filepath.Dir(opt.File)); err != nil || len(left) != 0 {
		t.Errorf("refused backups left %v (%v)", left, err)
	}
}

func TestANewIdentityOpensWhatItIsFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "identity.txt")
	_, public, err := operate.NewIdentity(file, clock.At(now))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the identity's rights are %v (%v), want owner only", info.Mode(), err)
	}
	k := backUp(t, database.SQLite, func(_ *database.DB, opt *operate.BackupOptions) {
		if opt.Recipients, err = operate.Recipients([]string{public}); err != nil {
			t.Fatal(err)
		}
	})
	opt := k.options(filepath.Join(t.TempDir(), "restored"))
	if opt.Identities, err = operate.Identities([]string{file}); err != nil {
		t.Fatal(err)
	}
	opt.VerifyOnly = true
	if _, err := operate.Restore(context.Background(), opt); err != nil {
		t.Error(err)
	}
	_, _, err = operate.NewIdentity(file, clock.At(now))
	refused(t, err, fault.Invalid, "not written over")
	_, err = operate.Identities([]string{k.file})
	refused(t, err, fault.Invalid, "no identity")
}
