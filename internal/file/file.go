// Package file keeps files in the database: partners' originals, evidence, exports.
//
// A file is chunks of a mebibyte in rows, addressed by its SHA-256, with an owner, a class and a review
// date like any fact. It is written in small transactions, so that a large upload does not stop others
// from writing, and is there only once it is complete. Reading is by position, so that a workbook can be
// opened without copying it anywhere.
package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

// MaxBytes is the largest file kept.
const MaxBytes = 512 << 20

const chunkBytes = 1 << 20

// File is what is known of a stored file.
type File struct {
	ID, Owner  string
	Class      access.Class
	Restricted bool
	Name       string
	MediaType  string
	Size       int64
	SHA256     string
	By         string
	At         int64
	Retention  string
	ReviewOn   string
}

// Store keeps files.
type Store struct {
	db    *database.DB
	clock clock.Clock
	ids   *clock.IDs
	seals *seal.Keys
}

// Sealed is the store, which keeps what comes in from now on sealed with these keys. Without keys files are kept as they are.
func (s *Store) Sealed(keys *seal.Keys) *Store {
	s.seals = keys
	return s
}

func chunkAt(id string, n int64) seal.Place {
	return seal.Place{Table: "stored_file_chunk", Column: "bytes", ID: id + "/" + strconv.FormatInt(n, 10)}
}

// NewStore returns the files of a database.
func NewStore(db *database.DB, c clock.Clock, ids *clock.IDs) *Store {
	return &Store{db: db, clock: c, ids: ids}
}

// New is what is said of a file when it comes in.
type New struct {
	Owner      string
	Class      access.Class
	Restricted bool
	Name       string // as the sender called it; only its last part is kept
	MediaType  string
	Retention  string
	ReviewOn   string
}

// SafeName is the last part of a sender's file name, without what could break a header or a path.
func SafeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || strings.ContainsRune(`"<>|:*?/\`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	for len(name) > 200 {
		_, n := utf8.DecodeLastRuneInString(name[:200])
		name = name[:200-n]
	}
	if name == "" {
		return "file"
	}
	return name
}

// Save keeps what r gives. More than MaxBytes is refused and nothing is kept.
func (s *Store) Save(ctx context.Context, by access.Scope, in New, r io.Reader) (f File, err error) {
	f = File{ID: s.ids.New(), Owner: in.Owner, Class: in.Class, Restricted: in.Restricted, Name: SafeName(in.Name), MediaType: in.MediaType, By: by.Account, At: clock.Micros(s.clock.Now()), Retention: in.Retention, ReviewOn: in.ReviewOn}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, `INSERT INTO stored_file (id, owner, class, restricted, name, media_type, size, sha256, by_account, at, retention_class, review_on, complete, sealed)
			VALUES ($1,$2,$3,$4,$5,$6,0,'',$7,$8,$9,$10,FALSE,$11)`, f.ID, f.Owner, string(f.Class), f.Restricted, f.Name, f.MediaType, f.By, f.At, f.Retention, f.ReviewOn, s.seals != nil)
	})
	if err != nil {
		return File{}, err
	}
	defer func(id string) {
		if err != nil {
			err = errors.Join(err, s.Remove(context.WithoutCancel(ctx), id))
		}
	}(f.ID)
	sum := sha256.New()
	buf := make([]byte, chunkBytes)
	for n := int64(0); ; n++ {
		got, rerr := io.ReadFull(r, buf)
		if got > 0 {
			f.Size += int64(got)
			if f.Size > MaxBytes {
				return File{}, fault.New(fault.TooLarge, "The file %s is larger than %d MB, the most that is taken. Send it in parts, for example one a month.", f.Name, MaxBytes>>20)
			}
			sum.Write(buf[:got]) //nolint:errcheck // a hash never fails
			chunk := buf[:got]
			if s.seals != nil {
				if chunk, err = s.seals.SealBytes(chunkAt(f.ID, n), chunk); err != nil {
					return File{}, err
				}
			}
			if err := s.db.Write(ctx, func(tx *database.Tx) error {
				return tx.Exec(ctx, "INSERT INTO stored_file_chunk (file_id, n, bytes) VALUES ($1,$2,$3)", f.ID, n, chunk)
			}); err != nil {
				return File{}, err
			}
		}
		if errors.Is(rerr, io.EOF) || errors.Is(rerr, io.ErrUnexpectedEOF) {
			break
		}
		if rerr != nil {
			return File{}, fault.Wrap(fault.Invalid, rerr, "The file %s broke off while it was sent. Nothing was kept.", f.Name)
		}
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "UPDATE stored_file SET size = $1, sha256 = $2, complete = TRUE WHERE id = $3", f.Size, f.SHA256, f.ID)
	})
	return f, err
}

// Get is what is known of a file the scope may read.
func (s *Store) Get(ctx context.Context, scope access.Scope, id string) (File, error) {
	where, args := scope.Where("f", 2)
	return database.One(ctx, s.db.Reader(), func(r database.Scanner) (File, error) {
		var f File
		return f, r.Scan(&f.ID, &f.Owner, (*string)(&f.Class), &f.Restricted, &f.Name, &f.MediaType, &f.Size, &f.SHA256, &f.By, &f.At, &f.Retention, &f.ReviewOn)
	}, `SELECT f.id, f.owner, f.class, f.restricted, f.name, f.media_type, f.size, f.sha256, f.by_account, f.at, f.retention_class, f.review_on
		FROM (SELECT x.*, '' AS area FROM stored_file x WHERE x.complete) f WHERE f.id = $1 AND `+where, append([]any{id}, args...)...)
}

// Open reads a file the scope may read. The reader is for one goroutine.
func (s *Store) Open(ctx context.Context, scope access.Scope, id string) (*Reader, File, error) {
	f, err := s.Get(ctx, scope, id)
	if err != nil {
		return nil, File{}, err
	}
	r := &Reader{ctx: ctx, db: s.db, id: f.ID, size: f.Size, at: -1}
	sealed, err := database.One(ctx, s.db.Reader(), database.Value[bool], "SELECT sealed FROM stored_file WHERE id = $1", f.ID)
	if err == nil && sealed {
		if r.seals = s.seals; r.seals == nil {
			err = fault.New(fault.Unavailable, "The file %s is kept encrypted, and the keys that open it are not there.", f.Name)
		}
	}
	return r, f, err
}

// Hand gives a file to its owner, when it came in through another's hands, under the class and review that fit it.
func (s *Store) Hand(ctx context.Context, tx *database.Tx, id, owner string, class access.Class, retention, reviewOn string) error {
	n, err := tx.ExecCount(ctx, "UPDATE stored_file SET owner = $1, class = $2, retention_class = $3, review_on = $4 WHERE id = $5 AND complete", owner, string(class), retention, reviewOn, id)
	if err == nil && n == 0 {
		err = fault.NoSuch()
	}
	return err
}

// Remove takes a file away. Chunks go first, a few at a time, so that no transaction is long.
func (s *Store) Remove(ctx context.Context, id string) error {
	for {
		var n int64
		err := s.db.Write(ctx, func(tx *database.Tx) (err error) {
			n, err = tx.ExecCount(ctx, "DELETE FROM stored_file_chunk WHERE file_id = $1 AND n IN (SELECT n FROM stored_file_chunk WHERE file_id = $2 ORDER BY n LIMIT 16)", id, id)
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return s.db.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "DELETE FROM stored_file WHERE id = $1", id) })
}

// Reader reads a stored file by position, a chunk at a time.
type Reader struct {
	ctx   context.Context //nolint:containedctx // io.ReaderAt has no place for one
	db    *database.DB
	id    string
	size  int64
	at    int64 // number of the chunk held
	chunk []byte
	pos   int64
	seals *seal.Keys // nil when the file is kept as it is
}

// Size is how many bytes there are.
func (r *Reader) Size() int64 { return r.size }

// ReadAt reads at an offset.
func (r *Reader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off >= r.size {
			return n, io.EOF
		}
		want := off / chunkBytes
		if want != r.at {
			b, err := database.One(r.ctx, r.db.Reader(), database.Value[[]byte], "SELECT bytes FROM stored_file_chunk WHERE file_id = $1 AND n = $2", r.id, want)
			if err == nil && r.seals != nil {
				b, err = r.seals.OpenBytes(chunkAt(r.id, want), b)
			}
			if err != nil {
				return n, err
			}
			r.at, r.chunk = want, b
		}
		within := int(off % chunkBytes)
		if within >= len(r.chunk) {
			return n, io.ErrUnexpectedEOF
		}
		c := copy(p[n:], r.chunk[within:])
		n += c
		off += int64(c)
	}
	return n, nil
}

// Read reads on from where the last Read ended.
func (r *Reader) Read(p []byte) (int, error) {
	if r.pos >= r.size {
		return 0, io.EOF
	}
	if rest := r.size - r.pos; int64(len(p)) > rest {
		p = p[:rest]
	}
	n, err := r.ReadAt(p, r.pos)
	r.pos += int64(n)
	return n, err
}

// SealEarlier seals the files that a version of Lantern before sealing kept as they came, each in one transaction, and says how many.
func (s *Store) SealEarlier(ctx context.Context) (n int, err error) {
	if s.seals == nil {
		return 0, nil
	}
	ids, err := database.Collect(ctx, s.db.Reader(), database.Value[string], "SELECT id FROM stored_file WHERE complete AND NOT sealed ORDER BY id")
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := s.db.Write(ctx, func(tx *database.Tx) error {
			chunks, err := database.Collect(ctx, tx, database.Value[int64], "SELECT n FROM stored_file_chunk WHERE file_id = $1 ORDER BY n", id)
			if err != nil {
				return err
			}
			for _, c := range chunks {
				plain, err := database.One(ctx, tx, database.Value[[]byte], "SELECT bytes FROM stored_file_chunk WHERE file_id = $1 AND n = $2", id, c)
				if err != nil {
					return err
				}
				sealed, err := s.seals.SealBytes(chunkAt(id, c), plain)
				if err != nil {
					return err
				}
				if err := tx.Exec(ctx, "UPDATE stored_file_chunk SET bytes = $1 WHERE file_id = $2 AND n = $3", sealed, id, c); err != nil {
					return err
				}
			}
			return tx.Exec(ctx, "UPDATE stored_file SET sealed = TRUE WHERE id = $1", id)
		}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
