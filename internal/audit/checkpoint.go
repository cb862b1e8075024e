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
	// Earlier are the public halves of keys that signed before this one: a partnership restored from a backup
	// without its signing key goes on with a new one.
	Earlier []note.Verifier
}

// Verifiers are those of the key in use and of the earlier ones.
func (k Keys) Verifiers() note.Verifiers {
	return note.VerifierList(append([]note.Verifier{k.Verifier}, k.Earlier...)...)
}

func keyPaths(dir string) (secret, public string) {
	return filepath.Join(dir, "keys", "audit.key"), filepath.Join(dir, "keys", "audit.pub")
}

// earlierKeys reads the public halves DIR/keys/audit-earlier-….pub.
func earlierKeys(dir string) ([]note.Verifier, error) {
	names, err := filepath.Glob(filepath.Join(dir, "keys", "audit-earlier-*.pub"))
	if err != nil {
		return nil, err
	}
	var out []note.Verifier
	for _, n := range names {
		_, v, err := readPublic(n)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func readPublic(path string) (text string, v note.Verifier, err error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator's own folder
	if err != nil {
		return "", nil, fault.Wrap(fault.Unavailable, err, "The audit key %s cannot be read.", path)
	}
	text = strings.TrimSpace(string(b))
	if v, err = note.NewVerifier(text); err != nil {
		return "", nil, fault.Wrap(fault.Unavailable, err, "The audit key %s is damaged.", path)
	}
	return text, v, nil
}

// OpenVerifiers reads the public halves of the keys in DIR/keys and makes nothing: for proving a log, which
// needs no secret.
func OpenVerifiers(dir string) (note.Verifiers, error) {
	_, public := keyPaths(dir)
	_, v, err := readPublic(public)
	if err != nil {
		return nil, err
	}
	earlier, err := earlierKeys(dir)
	return note.VerifierList(append([]note.Verifier{v}, earlier...)...), err
}

// retire keeps a public key whose secret half is gone as an earlier one.
func retire(dir, public string) error {
	_, v, err := readPublic(public)
	if err != nil {
		return err
	}
	return os.Rename(public, filepath.Join(dir, "keys", fmt.Sprintf("audit-earlier-%08x.pub", v.KeyHash())))
}

// OpenKeys reads DIR/keys/audit.key, making it on first use with owner-only rights. Where only the public half
// is there, it is kept as an earlier key, and a new pair is made.
func OpenKeys(dir string) (Keys, error) {
	secretPath, publicPath := keyPaths(dir)
	if _, err := os.Stat(secretPath); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(publicPath); err == nil {
			if err := retire(dir, publicPath); err != nil {
				return Keys{}, err
			}
		}
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
	k := Keys{}
	if k.Signer, err = note.NewSigner(strings.TrimSpace(string(secret))); err != nil {
		return Keys{}, fault.Wrap(fault.Unavailable, err, "The audit key %s is damaged.", secretPath)
	}
	if k.Public, k.Verifier, err = readPublic(publicPath); err != nil {
		return Keys{}, err
	}
	k.Earlier, err = earlierKeys(dir)
	return k, err
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

// Head is the tree as the stored hashes have it: its size and root. An empty log has size 0.
func Head(ctx context.Context, q database.Queryer) (tlog.Tree, error) {
	n, err := Size(ctx, q)
	if err != nil || n == 0 {
		return tlog.Tree{}, err
	}
	h, err := treeHash(ctx, q, n)
	return tlog.Tree{N: n, Hash: h}, err
}

func treeHash(ctx context.Context, q database.Queryer, n int64) (tlog.Hash, error) {
	return tlog.TreeHash(n, tlog.HashReaderFunc(func(idx []int64) ([]tlog.Hash, error) { return readHashes(ctx, q, idx, nil) }))
}

// Sign makes the signed checkpoint of a tree.
func Sign(k Keys, tree tlog.Tree, c clock.Clock) ([]byte, error) {
	text := string(tlog.FormatTree(tree)) + c.Now().UTC().Format("2006-01-02T15:04:05Z") + "\n"
	return note.Sign(&note.Note{Text: text}, k.Signer)
}

// Checkpoint signs the tree's head and keeps it in DIR/checkpoints, unless the newest one there is of
// the same size. It reports the size signed.
func Checkpoint(ctx context.Context, db *database.DB, k Keys, dir string, c clock.Clock) (int64, error) {
	var tree tlog.Tree
	err := db.ReadOnly(ctx, func(q database.Queryer) (err error) {
		tree, err = Head(ctx, q)
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
	signed, err := Sign(k, tree, c)
	if err != nil {
		return 0, err
	}
	return tree.N, writeWhole(path, signed, 0o644)
}

// ReadCheckpoint opens a signed checkpoint.
func ReadCheckpoint(b []byte, v note.Verifiers) (tlog.Tree, error) {
	n, err := note.Open(b, v)
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
func Verify(ctx context.Context, db *database.DB, v note.Verifiers, dir string, outside [][]byte, c clock.Clock) (Report, error) {
	r := Report{Problems: []string{}}
	trees, err := r.readCheckpoints(v, dir, outside)
	if err != nil {
		return r, err
	}
	err = db.ReadOnly(ctx, func(q database.Queryer) error {
		if r.Entries, err = database.One(ctx, q, database.Value[int64], "SELECT count(*) FROM audit_entry"); err != nil {
			return err
		}
		w := walk{report: &r, trees: trees}
		if err := w.run(ctx, q); err != nil {
			return err
		}
		// Each leaf names another entry, so only where there are more entries than leaves found can any be without.
		if r.Waiting = r.Entries - w.entries; r.Waiting == 0 {
			return nil
		}
		late, err := database.Collect(ctx, q, database.Value[string],
			`SELECT e.id FROM audit_entry e WHERE e.at < $1 AND NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id) ORDER BY e.id LIMIT 20`, clock.Micros(c.Now())-grace)
		for _, id := range late {
			r.problem("entry %s has no place in the log, though it is older than a minute: it was put in afterwards, or its place was taken away", id)
		}
		return err
	})
	return r, err
}

func (r *Report) readCheckpoints(v note.Verifiers, dir string, outside [][]byte) (map[int64][]tlog.Tree, error) {
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

// line is a leaf with the entry it stands for.
type line struct {
	seq    int64
	leaf   string // the entry's id, as the leaf has it
	stored []byte // the leaf's hash, as it was kept
	entry  *Entry // nil when the entry is gone
}

// Of an entry that is gone every column is empty: plain values are read much faster than ones that may be NULL.
const lines = `SELECT l.seq, l.entry_id, l.hash, e.id, coalesce(e.at, 0), coalesce(e.act, ''), coalesce(e.account, ''), coalesce(e.agency, ''), coalesce(e.purpose, ''),
	coalesce(e.subject_kind, ''), coalesce(e.subject, ''), coalesce(e.owners, ''), coalesce(e.basis, ''), coalesce(e.words, '')
	FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id`

func scanLine(s database.Scanner) (line, error) {
	var l line
	var e Entry
	var id *string
	var owners string
	if err := s.Scan(&l.seq, &l.leaf, &l.stored, &id, &e.At, (*string)(&e.Act), &e.Account, &e.Agency, &e.Purpose, &e.SubjectKind, &e.Subject, &owners, &e.Basis, &e.Words); err != nil || id == nil {
		return l, err
	}
	e.ID, e.Owners = *id, strings.Fields(owners)
	if e.Owners == nil {
		e.Owners = []string{}
	}
	l.entry = &e
	return l, nil
}

// walk recomputes the tree, line by line.
type walk struct {
	report   *Report
	trees    map[int64][]tlog.Tree // signed heads by size, taken away as they are met
	tree     frontier
	expected int64
	entries  int64
}

const batchOfLines = 1000

// run reads the leaves in their order. Hashing goes on beside reading, a batch behind.
func (w *walk) run(ctx context.Context, q database.Queryer) error {
	batches, failed := make(chan []line, 4), make(chan error, 1)
	go func() {
		var err error
		for b := range batches {
			if err == nil {
				err = w.take(b)
			}
		}
		failed <- err
	}()
	var b []line
	err := database.Each(ctx, q, func(s database.Scanner) error {
		l, err := scanLine(s)
		if b = append(b, l); len(b) == batchOfLines {
			batches <- b
			b = make([]line, 0, batchOfLines)
		}
		return err
	}, lines+" ORDER BY l.seq")
	batches <- b
	close(batches)
	if err := errors.Join(err, <-failed); err != nil {
		return err
	}
	return w.end(ctx, q)
}

func (w *walk) take(batch []line) error {
	r := w.report
	for _, l := range batch {
		if l.seq != w.expected {
			r.problem("between line %d and line %d of the log there is a gap: lines were deleted", w.expected-1, l.seq)
		}
		w.expected = l.seq + 1
		r.Leaves++
		h, err := w.hash(l)
		if err != nil {
			return err
		}
		w.tree.add(h)
		for _, t := range w.trees[w.tree.n] {
			if t.Hash != w.tree.head() {
				r.problem("the log up to line %d is not the one that was signed", w.tree.n-1)
			}
		}
		delete(w.trees, w.tree.n)
	}
	return nil
}

// hash recomputes a line's leaf. Of a lost entry only the stored hash is left, which lets the rest be compared.
func (w *walk) hash(l line) (h tlog.Hash, err error) {
	if l.entry == nil {
		w.report.problem("line %d of the log has lost its entry (%s): it was deleted", l.seq, l.leaf)
		copy(h[:], l.stored)
		return h, nil
	}
	w.entries++
	if h, err = leafHash(*l.entry); err == nil && string(h[:]) != string(l.stored) {
		w.report.problem("line %d of the log (entry %s) was changed after it was written, or moved", l.seq, l.entry.ID)
	}
	return h, err
}

// end compares what is left over: checkpoints of more lines than there are, and the stored tree.
func (w *walk) end(ctx context.Context, q database.Queryer) error {
	r := w.report
	for n := range w.trees {
		r.problem("a signed checkpoint says the log had %d lines; it has %d: lines were cut off its end", n, w.tree.n)
	}
	if w.tree.n == 0 {
		return nil
	}
	head := w.tree.head()
	r.Root = head.String()
	stored, err := treeHash(ctx, q, w.tree.n)
	if err != nil || stored != head {
		r.problem("the stored tree does not fit the log's lines")
	}
	return nil
}
