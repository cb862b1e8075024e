package operate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/mail"
	"lantern.example/lantern/internal/seal"
)

// State is how a check came out.
type State string

// The states. Look is worth a look; Wrong needs mending.
const (
	Good  State = "good"
	Look  State = "look"
	Wrong State = "wrong"
)

// Check is one thing doctor looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Says  string `json:"says"`
	Mend  string `json:"mend"` // what to do; "" when nothing
}

// Diagnosis is everything doctor found, and everything this Lantern touches.
type Diagnosis struct {
	Lantern string   `json:"lantern"`
	Checks  []Check  `json:"checks"`
	Ports   []string `json:"ports"`
	Folders []string `json:"folders"`
	Outside []string `json:"outside_calls"`
}

// Wrong reports whether anything needs mending.
func (d Diagnosis) Wrong() bool {
	for _, c := range d.Checks {
		if c.State == Wrong {
			return true
		}
	}
	return false
}

func (d *Diagnosis) add(state State, name, says, mend string) {
	d.Checks = append(d.Checks, Check{name, state, says, mend})
}

// judge adds a check that is good when wrong is "".
func (d *Diagnosis) judge(state State, name, good, wrong, mend string) {
	if wrong == "" {
		d.add(Good, name, good, "")
		return
	}
	d.add(state, name, wrong, mend)
}

// failed adds a check that could not be made.
func (d *Diagnosis) failed(name string, err error, mend string) {
	words, ok := fault.Words(err)
	if !ok {
		words = "This could not be looked at: " + err.Error() + "."
	}
	d.add(Wrong, name, words, mend)
}

// Examine looks at a partnership and says what is wrong and how to mend it. It changes nothing.
func Examine(ctx context.Context, cfg config.Config, version string, c clock.Clock) Diagnosis {
	d := Diagnosis{Lantern: version, Checks: []Check{}, Ports: []string{}, Folders: []string{}, Outside: []string{}}
	if err := cfg.Check(); err != nil {
		d.failed("settings", err, "Change the flag that is named.")
		return d
	}
	d.reach(cfg, c)
	d.signIn(cfg)
	d.folders(cfg)
	d.room(cfg)
	d.disk(cfg)
	db, err := Open(ctx, &cfg)
	if err != nil {
		d.failed("database", err, "Start Lantern once with lantern serve, name another folder with --data, or see docs/runbooks/something-is-wrong.md.")
		return d
	}
	d.database(ctx, cfg, db, c)
	if err := db.Close(); err != nil {
		d.failed("database", err, "Run doctor again.")
	}
	return d
}

// reach is who can reach this Lantern, and how.
func (d *Diagnosis) reach(cfg config.Config, c clock.Clock) {
	d.Ports = append(d.Ports, cfg.Addr+" (pages)")
	switch {
	case cfg.CertFile != "":
		d.certificate(cfg, c)
	case cfg.Origin != "":
		d.add(Good, "reach", "People reach it at "+cfg.Origin+", through a proxy that has the certificate; Lantern itself listens on "+cfg.Addr+".", "")
	default:
		d.add(Good, "reach", "It listens on "+cfg.Addr+", for this machine only, without https.", "")
	}
}

// signIn is how people sign in, as far as it is set up here: the provider is the one call to the outside.
func (d *Diagnosis) signIn(cfg config.Config) {
	if cfg.Provider.Issuer != "" {
		d.Outside = append(d.Outside, cfg.Provider.Issuer+" and the addresses it names (signing in through "+cfg.Provider.Name+", when somebody does)")
		if cfg.Provider.Inside {
			d.add(Look, "sign-in provider", "The provider may be at any private address (--oidc-inside).", "Leave --oidc-inside out if the provider is on the public internet.")
		}
	}
	if cfg.Mail.Server != "" {
		d.Outside = append(d.Outside, cfg.Mail.Server+" (checkpoints of the audit log by mail, to "+figure.Group(len(cfg.Mail.To))+", every "+cfg.Mail.Every.String()+")")
	}
	if cfg.Breached != "" {
		if _, err := account.OpenBreached(cfg.Breached); err != nil {
			d.failed("breached passwords", err, "Give the list again with --breached-passwords, or leave it out.")
		} else {
			d.add(Good, "breached passwords", "New passwords are looked up in "+cfg.Breached+".", "")
		}
	}
}

const certificateWarning = 21 * 24 * time.Hour

func (d *Diagnosis) certificate(cfg config.Config, c clock.Clock) {
	pair, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
	if err != nil {
		d.failed("certificate", fault.Wrap(fault.Invalid, err, "The certificate %s and key %s cannot be used together: %v.", cfg.CertFile, cfg.KeyFile, err), "Give the certificate (with its chain) and the key that belongs to it, both as PEM.")
		return
	}
	cert, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		d.failed("certificate", err, "Ask for a new certificate.")
		return
	}
	until := cert.NotAfter.UTC().Format("2 January 2006")
	switch left := cert.NotAfter.Sub(c.Now()); {
	case left <= 0:
		d.add(Wrong, "certificate", "The certificate ended on "+until+".", "Renew it and start Lantern again.")
	case left < certificateWarning:
		d.add(Look, "certificate", "The certificate ends on "+until+".", "Renew it before then and start Lantern again.")
	default:
		d.add(Good, "certificate", "It answers over https on "+cfg.Addr+"; the certificate lasts until "+until+".", "")
	}
}

// folders are the rights on what only this program's user should read.
func (d *Diagnosis) folders(cfg config.Config) {
	d.Folders = append(d.Folders, cfg.Data+" (database, jobs, keys, checkpoints)")
	if path, ok := strings.CutPrefix(cfg.DB, "sqlite:"); ok && filepath.Dir(path) != filepath.Clean(cfg.Data) {
		d.Folders = append(d.Folders, filepath.Dir(path)+" (database)")
	}
	if runtime.GOOS == "windows" {
		d.add(Look, "rights", "Rights on files are not read on Windows.", "See that only the user who runs Lantern may open "+cfg.Data+".")
		return
	}
	// A closed folder closes what is in it; the key is looked at all the same, since it may be copied as it is.
	var open []string
	for _, name := range []string{"", "keys/audit.key", "keys/seal.key"} {
		path := filepath.Join(cfg.Data, filepath.FromSlash(name))
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			d.failed("rights", err, "Run doctor as the user who runs Lantern.")
			return
		}
		if info.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
	}
	wrong := ""
	if len(open) > 0 {
		wrong = "Other users of this machine can read " + strings.Join(open, ", ") + "."
	}
	d.judge(Wrong, "rights", "Only the user who runs Lantern can read its files.", wrong, "chmod -R go-rwx "+cfg.Data)
}

const (
	littleRoom = 2 << 30
	noRoom     = 256 << 20
)

func (d *Diagnosis) room(cfg config.Config) {
	free, err := freeSpace(existing(cfg.Data))
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return
	case err != nil:
		d.failed("room", err, "Run doctor as the user who runs Lantern.")
	case free < noRoom:
		d.add(Wrong, "room", "There are only "+megabytes(free)+" free where the data are.", "Free some: old backups and before-schema-….db files come first. Lantern refuses to write when the disk is full, and loses nothing.")
	case free < littleRoom:
		d.add(Look, "room", "There are "+megabytes(free)+" free where the data are.", "Free some, or move the folder to a larger disk.")
	default:
		d.add(Good, "room", "There are "+megabytes(free)+" free where the data are.", "")
	}
}

// existing is the folder itself or the nearest one above it that is there.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func megabytes(n uint64) string { return figure.Group(int(n>>20)) + " MB" } //nolint:gosec // a disk's size

// disk says what can be known of encryption underneath.
func (d *Diagnosis) disk(cfg config.Config) {
	v := volumeOf(existing(cfg.Data))
	on := v.Mount
	if v.Device != "" {
		on = v.Mount + " (" + v.Device + ", " + v.Kind + ")"
	}
	const mend = "See that it is: LUKS, BitLocker, FileVault, or the host's encrypted volumes. Whoever takes an unencrypted disk can read everything but the sealed fields and the backups."
	switch {
	case v.Crypt:
		d.add(Good, "disk encryption", "The data lie on an encrypted volume (dm-crypt), mounted at "+on+".", "")
	case v.Unknown != "":
		d.add(Look, "disk encryption", strings.TrimSpace("Whether the disk is encrypted cannot be told from here: "+v.Unknown+"."), mend)
	default:
		d.add(Look, "disk encryption", "The data lie on "+on+", and the kernel shows no encryption (dm-crypt) on it or under it. A disk that encrypts by itself, or a host's, would not show.", mend)
	}
	if strings.HasPrefix(cfg.DB, "postgres") {
		d.add(Look, "database's disk", "The database lies on its server's disk, which cannot be looked at from here.", "See that the server's disk is encrypted too, and its backups.")
	}
}

func (d *Diagnosis) database(ctx context.Context, cfg config.Config, db *database.DB, c clock.Clock) {
	about, err := db.About(ctx)
	if err != nil {
		d.failed("database", err, "See that the database server runs and answers.")
		return
	}
	if db.Engine == database.PostgreSQL {
		d.Ports = append(d.Ports, "none of its own for "+db.URL+": Lantern connects to it")
	}
	d.add(Good, "database", db.URL+" answers: "+about+".", "")
	if !d.schema(ctx, db) {
		return
	}
	problem, err := db.Durable(ctx)
	if err != nil {
		d.failed("durability", err, "See the database server's log.")
	} else {
		if problem != "" {
			problem = "Committed writes can be lost when the power goes: " + problem + "."
		}
		d.judge(Wrong, "durability", "What is committed is on the disk.", problem, "Set it on in postgresql.conf and restart the server.")
	}
	d.sound(ctx, db)
	d.log(ctx, cfg, db, c)
	d.backups(ctx, db, c)
	d.leftovers(cfg, c)
	d.accounts(ctx, db)
	d.sealed(ctx, cfg, db)
}

// sealed looks whether every sealed value's key is there.
func (d *Diagnosis) sealed(ctx context.Context, cfg config.Config, db *database.DB) {
	const mend = "Restore keys/seal.key from a backup: without it those fields can never be read. Second steps that are lost are chosen anew after lantern user reset --factors."
	under, err := sealedUnder(ctx, db)
	if err != nil {
		d.failed("sealed fields", err, "Run doctor again.")
		return
	}
	if _, err := os.Stat(seal.File(cfg.Data)); errors.Is(err, fs.ErrNotExist) {
		wrong := ""
		if len(under) > 0 {
			wrong = "The keys of sealed fields are not there, and there are such fields."
		}
		d.judge(Wrong, "sealed fields", "Nothing is sealed yet.", wrong, mend)
		return
	}
	keys, err := seal.Open(cfg.Data)
	if err != nil {
		d.failed("sealed fields", err, mend)
		return
	}
	n, missing, stale := 0, 0, 0
	for id, count := range under {
		n += count
		switch {
		case !keys.Has(id):
			missing += count
		case id != keys.Newest():
			stale += count
		}
	}
	switch {
	case missing > 0:
		d.add(Wrong, "sealed fields", fmt.Sprintf("%s sealed values are under a key that is not in keys/seal.key.", figure.Group(missing)), mend)
	case stale > 0:
		d.add(Look, "sealed fields", fmt.Sprintf("%s sealed values are under an earlier key.", figure.Group(stale)), "Run lantern keys rotate again: it was stopped on its way.")
	default:
		d.add(Good, "sealed fields", fmt.Sprintf("The key of all %s sealed values is there.", figure.Group(n)), "")
	}
}

func (d *Diagnosis) schema(ctx context.Context, db *database.DB) bool {
	have, steps, err := Pending(ctx, db)
	if err != nil {
		d.failed("schema", err, "Use the Lantern that wrote it last, or a newer one.")
		return false
	}
	if err := Whole(ctx, db); err != nil {
		d.failed("schema", err, "Run lantern db copy to it again, or use the database it was made from.")
		return false
	}
	if len(steps) > 0 {
		d.add(Look, "schema", fmt.Sprintf("The schema is %d; %d steps are to come.", have, len(steps)), "Take a backup and run lantern migrate, or start lantern serve, which does it.")
		return false
	}
	d.add(Good, "schema", fmt.Sprintf("The schema is %d, this build's own.", have), "")
	return true
}

func (d *Diagnosis) sound(ctx context.Context, db *database.DB) {
	if db.Engine != database.SQLite {
		return
	}
	problems, err := db.Sound(ctx, true)
	if err != nil {
		problems = []string{err.Error()}
	}
	wrong := ""
	if len(problems) > 0 {
		wrong = "The database file is damaged: " + strings.Join(problems[:min(3, len(problems))], "; ") + "."
	}
	d.judge(Wrong, "soundness", "The database file has no damage that a quick check finds.", wrong, "Stop Lantern, keep the file as it is, and restore the last backup: docs/runbooks/restore.md.")
}

const checkpointLate = 10 * time.Minute

func (d *Diagnosis) log(ctx context.Context, cfg config.Config, db *database.DB, c clock.Clock) {
	v, err := audit.OpenVerifiers(cfg.Data)
	if err != nil {
		d.failed("audit keys", err, "Name the partnership's folder with --data. If the keys are lost, restore keys/ from a backup; Lantern makes new ones at its next start, and says so.")
		return
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "keys", "audit.key")); err != nil {
		d.add(Look, "audit keys", "The public audit key is there, the signing key is not.", "Lantern makes a new one at its next start and keeps the old public key. Give the new keys/audit.pub to partners.")
	} else {
		d.add(Good, "audit keys", "The audit log's keys are there.", "")
	}
	h, err := audit.Quick(ctx, db, v, cfg.Data, c)
	if err != nil {
		d.failed("audit log", err, "Run lantern audit verify.")
		return
	}
	wrong := ""
	if len(h.Problems) > 0 {
		wrong = "The audit log is not as it was signed: " + strings.Join(h.Problems[:min(3, len(h.Problems))], "; ") + "."
	}
	d.judge(Wrong, "audit log", fmt.Sprintf("The newest checkpoint and the last lines of the audit log's %s fit.", figure.Group(int(h.Leaves))), wrong,
		"Run lantern audit verify, stop Lantern, keep everything as it is, and tell the information officers of all partners: docs/runbooks/something-is-wrong.md.")
	switch {
	case h.Signed == 0 && h.Leaves > 0:
		d.add(Look, "checkpoints", "Nothing of the audit log has been signed yet.", "Start lantern serve: it signs every minute.")
	case h.Leaves > h.Signed && c.Now().Sub(h.SignedAt) > checkpointLate:
		d.add(Look, "checkpoints", fmt.Sprintf("The newest checkpoint is of %s; %s lines came after it.", h.SignedAt.Format("2 January 2006 15:04"), figure.Group(int(h.Leaves-h.Signed))), "Start lantern serve: it signs every minute. If it is running, look for its errors.")
	default:
		if d.posted(ctx, db, c) {
			return
		}
		d.add(Good, "checkpoints", "The audit log is signed. Send the newest file of checkpoints/ to a partner now and then, or have Lantern send it (--checkpoint-to, --checkpoint-mail): only a checkpoint held outside shows a log that was written anew.", "")
	}
}

// posted says whether checkpoints that are sent by mail go; it reports false where there were never any. A recipient is not named: who runs doctor may
// send its answer to somebody.
func (d *Diagnosis) posted(ctx context.Context, db *database.DB, c clock.Clock) bool {
	list, err := mail.States(ctx, db.Reader())
	if err != nil {
		d.failed("checkpoint mail", err, "Run doctor again.")
		return true
	}
	if len(list) == 0 {
		return false
	}
	failing, problem, since, sent := 0, "", int64(0), int64(0)
	for _, x := range list {
		sent = max(sent, x.Sent)
		if x.Failing() {
			failing, problem = failing+1, x.Problem
			since = max(since, x.Waiting)
		}
	}
	mend := "Look at the mail server and at --smtp, --smtp-user and --smtp-password-file. It is tried again by itself; Governance, The log held outside, shows each address."
	switch {
	case failing > 0 && c.Now().Sub(clock.FromMicros(since)) > mailLate:
		d.add(Wrong, "checkpoint mail", fmt.Sprintf("Checkpoints of the log do not go to %d of %d addresses, since %s. %s", failing, len(list), clock.FromMicros(since).Format("2 January 2006 15:04"), problem), mend)
	case failing > 0:
		d.add(Look, "checkpoint mail", fmt.Sprintf("A checkpoint of the log did not go to %d of %d addresses yet. %s", failing, len(list), problem), mend)
	case sent == 0:
		d.add(Look, "checkpoint mail", "A checkpoint of the log waits to be sent by mail.", "Start lantern serve: it sends them.")
	default:
		d.add(Good, "checkpoint mail", "Checkpoints of the log go out by mail, the last on "+clock.FromMicros(sent).Format("2 January 2006 15:04")+".", "")
	}
	return true
}

// mailLate is after how long a mail that does not go is more than a mail server's bad day.
const mailLate = 12 * time.Hour

const backupLate = 26 * time.Hour

func (d *Diagnosis) backups(ctx context.Context, db *database.DB, c clock.Clock) {
	kept, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT value FROM setting WHERE name = $1", lastBackup)
	if err != nil {
		d.failed("backups", err, "Run doctor again.")
		return
	}
	const mend = "Make one every night, with a timer: docs/runbooks/backup.md."
	if len(kept) == 0 {
		d.add(Look, "backups", "No backup was ever made of this partnership.", mend)
		return
	}
	var last LastBackup
	if err := json.Unmarshal([]byte(kept[0]), &last); err != nil {
		d.failed("backups", err, mend)
		return
	}
	at := clock.FromMicros(last.At)
	says := "The last backup, " + last.File + ", is of " + at.In(clock.London()).Format("2 January 2006 15:04") + "."
	if c.Now().Sub(at) > backupLate {
		d.add(Look, "backups", says, mend)
		return
	}
	d.add(Good, "backups", says, "")
}

const leftoverLate = 30 * 24 * time.Hour

// leftovers are copies of personal data that nobody needs any more.
func (d *Diagnosis) leftovers(cfg config.Config, c clock.Clock) {
	var old []string
	copies, err := Kept(cfg.Data)
	if err != nil {
		d.failed("leftovers", err, "Run doctor as the user who runs Lantern.")
		return
	}
	for _, f := range copies {
		if c.Now().Sub(f.ModTime()) > leftoverLate {
			old = append(old, filepath.Join(cfg.Data, f.Name()))
		}
	}
	for _, prefix := range []string{stagingPrefix, backupPrefix} {
		cut, err := filepath.Glob(filepath.Join(filepath.Dir(cfg.Data), prefix+"*"))
		if err == nil {
			old = append(old, cut...)
		}
	}
	wrong := ""
	if len(old) > 0 {
		wrong = "Copies of the partnership's data are left over: " + strings.Join(old, ", ") + "."
	}
	d.judge(Look, "leftovers", "No copies of the data are left over from upgrades or restores.", wrong, "Delete them when no restore or backup is running: they are readable copies of everything.")
}

func (d *Diagnosis) accounts(ctx context.Context, db *database.DB) {
	n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM account WHERE role = $1 AND NOT disabled", string(access.Administrator))
	if err != nil {
		d.failed("accounts", err, "Run doctor again.")
		return
	}
	if n > 0 {
		d.add(Good, "accounts", "There is an administrator who can sign in.", "")
		return
	}
	all, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM account")
	switch {
	case err != nil:
		d.failed("accounts", err, "Run doctor again.")
	case all == 0:
		d.add(Look, "accounts", "Nobody has an account yet.", "Start lantern serve and open the link it prints.")
	default:
		d.add(Wrong, "accounts", "No open account is an administrator's.", "lantern user add --role administrator …")
	}
}
