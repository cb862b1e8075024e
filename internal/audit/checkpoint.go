package audit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Keys are the checkpoint signing key, kept outside the database in DIR/keys.
type Keys struct {
	Signer   note.Signer
	Verifier note.Verifier
	Public   string // the verifier's text, to hand to partners
}

// OpenKeys reads DIR/keys/audit.key, making it on first use with owner-only rights.
func OpenKeys(dir string) (Keys, error) {
	secretPath, publicPath := filepath.Join(dir, "keys", "audit.key"), filepath.Join(dir, "keys", "audit.pub")
	if _, err := os.Stat(secretPath); errors.Is(err, os.ErrNotExist) {
		secret, public, err := note.GenerateKey(rand.Reader, "lantern-audit")
		if err != nil {
			return Keys{}, err
		}
		if err := os.MkdirAll(filepath.Dir(secretPath), 0o700); err != nil {
			return Keys{}, fault.Wrap(fault.Unavailable, err, "The folder for keys, %s, cannot be made.", filepath.Dir(secretPath))
		}
		if err := writeWhole(secretPath, []byte(secret+"\n"), 0o600); err != nil {
			return Keys{}, err
		}
		if err := writeWhole(publicPath, []byte(public+"\n"), 0o644); err != nil {
			return Keys{}, err
		}
	}
	secret, err := os.ReadFile(secretPath) //nolint:gosec // the operator's own folder
	if err != nil {
		return Keys{}, fault.Wrap(fault.Unavailable, err, "The audit key %s cannot be read.", secretPath)
	}
	public, err := os.ReadFile(publicPath) //nolint:gosec // the operator's own folder
	if err != nil {
		return Keys{}, fault.Wrap(fault.Unavailable, err, "The audit key %s cannot be read.", publicPath)
	}
	k := Keys{Public: strings.TrimSpace(string(public))}
	if k.Signer, err = note.NewSigner(strings.TrimSpace(string(secret))); err != nil {
		return Keys{}, fault.Wrap(fault.Unavailable, err, "The audit key %s is damaged.", secretPath)
	}
	if k.Verifier, err = note.NewVerifier(k.Public); err != nil {
		return Keys{}, fault.Wrap(fault.Unavailable, err, "The audit key %s is damaged.", publicPath)
	}
	return k, nil
}

// writeWhole writes a file so that it is there whole or not at all, even if the machine stops.
func writeWhole(path string, b []byte, mode os.FileMode) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode) //nolint:gosec // the operator's own folder
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", path)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The file %s cannot be written.", path)
	}
	return os.Rename(tmp, path)
}

// Size is how many leaves the tree has.
func Size(ctx context.Context, q database.Queryer) (int64, error) {
	return database.One(ctx, q, database.Value[int64], "SELECT coalesce(max(seq) + 1, 0) FROM audit_leaf")
}

// Checkpoint signs the tree's head and keeps it in DIR/checkpoints, unless the newest one there is of
// the same size. It reports the size signed.
func Checkpoint(ctx context.Context, db *database.DB, k Keys, dir string, c clock.Clock) (int64, error) {
	var tree tlog.Tree
	err := db.ReadOnly(ctx, func(q database.Queryer) error {
		n, err := Size(ctx, q)
		if err != nil || n == 0 {
			return err
		}
		h, err := tlog.TreeHash(n, tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) { return readHashes(ctx, q, idx, nil) }))
		tree = tlog.Tree{N: n, Hash: h}
		return err
	})
	if err != nil || tree.N == 0 {
		return 0, err
	}
	folder := filepath.Join(dir, "checkpoints")
	path := filepath.Join(folder, fmt.Sprintf("%012d.txt", tree.N))
	if _, err := os.Stat(path); err == nil {
		return tree.N, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return 0, fault.Wrap(fault.Unavailable, err, "The folder for checkpoints, %s, cannot be made.", folder)
	}
	text := string(tlog.FormatTree(tree)) + c.Now().UTC().Format("2006-01-02T15:04:05Z") + "\n"
	signed, err := note.Sign(&note.Note{Text: text}, k.Signer)
	if err != nil {
		return 0, err
	}
	return tree.N, writeWhole(path, signed, 0o644)
}

// ReadCheckpoint opens a signed checkpoint.
func ReadCheckpoint(b []byte, v note.Verifier) (tlog.Tree, error) {
	n, err := note.Open(b, note.VerifierList(v))
	if err != nil {
		return tlog.Tree{}, fault.Wrap(fault.Invalid, err, "This is not a checkpoint signed by this partnership's key.")
	}
	lines := strings.SplitAfterN(n.Text, "\n", 4)
	if len(lines) < 4 {
		return tlog.Tree{}, fault.New(fault.Invalid, "The checkpoint's text is not complete.")
	}
	return tlog.ParseTree([]byte(lines[0] + lines[1] + lines[2]))
}

// Report is what Verify found.
type Report struct {
	Entries     int64    `json:"entries"`
	Leaves      int64    `json:"leaves"`
	Waiting     int64    `json:"waiting"` // entries without a leaf, all younger than a minute
	Checkpoints int      `json:"checkpoints"`
	LastSigned  int64    `json:"last_signed"`
	Root        string   `json:"root"`
	Problems    []string `json:"problems"`
}

// Whole reports whether nothing was found wrong.
func (r Report) Whole() bool { return len(r.Problems) == 0 }

const maxProblems = 100

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// grace is how long an entry may wait for its leaf.
const grace = 60 * 1_000_000

// Verify recomputes the whole tree from the entries and compares it with the leaves, the stored
// hashes, the checkpoints in DIR/checkpoints and any outside ones.
func Verify(ctx context.Context, db *database.DB, v note.Verifier, dir string, outside [][]byte, c clock.Clock) (Report, error) {
	r := Report{Problems: []string{}}
	trees, err := r.readCheckpoints(v, dir, outside)
	if err != nil {
		return r, err
	}
	err = db.ReadOnly(ctx, func(q database.Queryer) error {
		if r.Entries, err = database.One(ctx, q, database.Value[int64], "SELECT count(*) FROM audit_entry"); err != nil {
			return err
		}
		late, err := database.Collect(ctx, q, database.Value[string],
			`SELECT e.id FROM audit_entry e WHERE e.at < $1 AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id) ORDER BY e.id LIMIT 20`, clock.Micros(c.Now())-grace)
		if err != nil {
			return err
		}
		for _, id := range late {
			r.problem("entry %s has no place in the log, though it is older than a minute: it was put in afterwards, or its place was taken away", id)
		}
		if err := r.walk(ctx, q, trees); err != nil {
			return err
		}
		r.Waiting = r.Entries - r.Leaves
		return nil
	})
	return r, err
}

func (r *Report) readCheckpoints(v note.Verifier, dir string, outside [][]byte) (map[int64][]tlog.Tree, error) {
	trees := map[int64][]tlog.Tree{}
	names, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*.txt"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	add := func(name string, b []byte) {
		t, err := ReadCheckpoint(b, v)
		if err != nil {
			words, _ := fault.Words(err)
			r.problem("checkpoint %s: %s", name, words)
			return
		}
		r.Checkpoints++
		r.LastSigned = max(r.LastSigned, t.N)
		trees[t.N] = append(trees[t.N], t)
	}
	for _, name := range names {
		b, err := os.ReadFile(name) //nolint:gosec // the operator's own folder
		if err != nil {
			return nil, err
		}
		add(filepath.Base(name), b)
	}
	for i, b := range outside {
		add(fmt.Sprintf("held outside, number %d", i+1), b)
	}
	return trees, nil
}

// frontier is the roots of the complete subtrees of the leaves so far, largest first: enough to say
// the tree's head at any size without keeping every hash.
type frontier struct {
	n     int64
	roots []tlog.Hash
}

func (f *frontier) add(h tlog.Hash) {
	for n := f.n; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(f.roots[len(f.roots)-1], h)
		f.roots = f.roots[:len(f.roots)-1]
	}
	f.roots = append(f.roots, h)
	f.n++
}

func (f *frontier) head() tlog.Hash {
	h := f.roots[len(f.roots)-1]
	for i := len(f.roots) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.roots[i], h)
	}
	return h
}

func (r *Report) walk(ctx context.Context, q database.Queryer, trees map[int64][]tlog.Tree) error {
	var f frontier
	var expected int64
	err := database.Each(ctx, q, func(s database.Scanner) error {
		var seq int64
		var stored []byte
		var e Entry
		var id, act, account, agency, purpose, kind, subject, owners, basis, words *string
		var at *int64
		var leafEntry string
		if err := s.Scan(&seq, &leafEntry, &stored, &id, &at, &act, &account, &agency, &purpose, &kind, &subject, &owners, &basis, &words); err != nil {
			return err
		}
		if seq != expected {
			r.problem("between line %d and line %d of the log there is a gap: lines were deleted", expected-1, seq)
			expected = seq
		}
		expected++
		r.Leaves++
		if id == nil {
			r.problem("line %d of the log has lost its entry (%s): it was deleted", seq, leafEntry)
			var h tlog.Hash
			copy(h[:], stored)
			f.add(h)
			return nil
		}
		e = Entry{ID: *id, At: *at, Act: Act(*act), Account: *account, Agency: *agency, Purpose: *purpose, SubjectKind: *kind, Subject: *subject, Owners: strings.Fields(*owners), Basis: *basis, Words: *words}
		if e.Owners == nil {
			e.Owners = []string{}
		}
		h, err := leafHash(e)
		if err != nil {
			return err
		}
		if string(h[:]) != string(stored) {
			r.problem("line %d of the log (entry %s) was changed after it was written, or moved", seq, e.ID)
		}
		f.add(h)
		for _, t := range trees[f.n] {
			if t.Hash != f.head() {
				r.problem("the log up to line %d is not the one that was signed", f.n-1)
			}
		}
		delete(trees, f.n)
		return nil
	}, `SELECT l.seq, l.entry_id, l.hash, e.id, e.at, e.act, e.account, e.agency, e.purpose, e.subject_kind, e.subject, e.owners, e.basis, e.words
		FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id ORDER BY l.seq`)
	if err != nil {
		return err
	}
	for n := range trees {
		r.problem("a signed checkpoint says the log had %d lines; it has %d: lines were cut off its end", n, f.n)
	}
	if f.n > 0 {
		head := f.head()
		r.Root = head.String()
		stored, err := tlog.TreeHash(f.n, tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) { return readHashes(ctx, q, idx, nil) }))
		if err != nil || stored != head {
			r.problem("the stored tree does not fit the log's lines")
		}
	}
	return nil
}
