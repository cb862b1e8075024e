package intake

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
)

// RunJob is the kind of job that loads a file somebody has sent in and answered for; its argument is the upload's id.
const RunJob = "intake.run"

// UploadDays is how long a file that nobody finished loading is kept.
const UploadDays = 7

// Upload is a file that has come in and waits until somebody has said what it is. Started, it becomes the load of
// the same id.
type Upload struct {
	ID      string
	Agency  string // whose member sent it in
	By      string
	Purpose access.Purpose
	FileID  string
	Name    string
	SHA256  string
	Size    int64
	Started bool
	Answers Answers
	At      int64
}

// Answers are what somebody has said of an upload so far.
type Answers struct {
	Choices   tabular.Choices  `json:"choices"`
	Mapping   *profile.Mapping `json:"mapping,omitempty"`    // what the columns are; nil: as recognised
	SavedAs   string           `json:"saved_as,omitempty"`   // the name the mapping is kept under
	Draft     *profile.Mapping `json:"draft,omitempty"`      // a mapping being made
	Sheet     string           `json:"sheet,omitempty"`      // the sheet the mapping is made for
	Confirmed bool             `json:"confirmed,omitempty"`  // the file is what it was taken for
	Profiles  string           `json:"profiles,omitempty"`   // what it is, several joined by "+"
	Again     bool             `json:"again,omitempty"`      // it was loaded before and is to be loaded again
	Owner     string           `json:"owner,omitempty"`      // whose records they are
	Basis     string           `json:"basis,omitempty"`      // see Load.Basis
	Identify  bool             `json:"identified,omitempty"` // names are kept
}

// AddUpload keeps an upload; its id, agency, account, purpose and time are filled in.
func (s *Store) AddUpload(ctx context.Context, tx *database.Tx, by access.Scope, u Upload) (Upload, error) {
	u.ID, u.Agency, u.By, u.Purpose, u.At = s.ids.New(), by.Agency, by.Account, by.Purpose, clock.Micros(s.clock.Now())
	body, err := json.Marshal(u.Answers)
	if err != nil {
		return u, err
	}
	return u, tx.Exec(ctx, "INSERT INTO upload (id, agency, by_account, purpose, file_id, file_name, sha256, size, state, answers, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,'waiting',$9,$10)",
		u.ID, u.Agency, u.By, string(u.Purpose), u.FileID, u.Name, u.SHA256, u.Size, string(body), u.At)
}

const uploadColumns = "u.id, u.agency, u.by_account, u.purpose, u.file_id, u.file_name, u.sha256, u.size, u.state, u.answers, u.at"

func scanUpload(r database.Scanner) (Upload, error) {
	var u Upload
	var state, answers string
	if err := r.Scan(&u.ID, &u.Agency, &u.By, (*string)(&u.Purpose), &u.FileID, &u.Name, &u.SHA256, &u.Size, &state, &answers, &u.At); err != nil {
		return u, err
	}
	u.Started = state == "started"
	return u, json.Unmarshal([]byte(answers), &u.Answers)
}

// Upload is one upload of the scope's own agency.
func (s *Store) Upload(ctx context.Context, q database.Queryer, by access.Scope, id string) (Upload, error) {
	if by.IsSystem() {
		return database.One(ctx, q, scanUpload, "SELECT "+uploadColumns+" FROM upload u WHERE u.id = $1", id)
	}
	return database.One(ctx, q, scanUpload, "SELECT "+uploadColumns+" FROM upload u WHERE u.id = $1 AND u.agency = $2 AND u.agency <> ''", id, by.Agency)
}

// Waiting lists the uploads of the scope's own agency that nobody has finished, newest first.
func (s *Store) Waiting(ctx context.Context, q database.Queryer, by access.Scope) ([]Upload, error) {
	return database.Collect(ctx, q, scanUpload, "SELECT "+uploadColumns+" FROM upload u WHERE u.agency = $1 AND u.agency <> '' AND u.state = 'waiting' ORDER BY u.at DESC, u.id LIMIT 50", by.Agency)
}

// Answer keeps what was said of an upload that has not been started.
func (s *Store) Answer(ctx context.Context, tx *database.Tx, by access.Scope, id string, a Answers) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE upload SET answers = $1 WHERE id = $2 AND agency = $3 AND state = 'waiting'", string(body), id, by.Agency)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "This file is being loaded already, or was taken away.")
	}
	return err
}

// Start has the upload loaded by a job. expected is how many rows a check found in it, for the progress; 0 when that is
// not known.
func (s *Store) Start(ctx context.Context, tx *database.Tx, by access.Scope, id string, expected int64) error {
	n, err := tx.ExecCount(ctx, "UPDATE upload SET state = 'started' WHERE id = $1 AND agency = $2 AND state = 'waiting'", id, by.Agency)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "This file is being loaded already, or was taken away.")
	}
	err = tx.Exec(ctx, "INSERT INTO job_progress (id, kind, subject, state, total, at) VALUES ($1,$2,$3,'waiting',$4,$5)", id, RunJob, id, expected, clock.Micros(s.clock.Now()))
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, RunJob, id)
}

// Discard takes an upload away that is not to be loaded, and says which file it was.
func (s *Store) Discard(ctx context.Context, tx *database.Tx, by access.Scope, id string) (fileID string, err error) {
	u, err := s.Upload(ctx, tx, by, id)
	if err != nil {
		return "", err
	}
	n, err := tx.ExecCount(ctx, "DELETE FROM upload WHERE id = $1 AND state = 'waiting'", u.ID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "This file is being loaded already: undo the load instead.")
	}
	return u.FileID, err
}

// FileInUse reports whether a kept original belongs to an upload that waits or to a load that has not been undone.
func (s *Store) FileInUse(ctx context.Context, q database.Queryer, fileID string) (bool, error) {
	n, err := database.One(ctx, q, database.Value[int], `SELECT (SELECT count(*) FROM load l WHERE l.file_id = $1 AND l.state <> 'undone')
		+ (SELECT count(*) FROM upload u WHERE u.file_id = $2 AND NOT EXISTS (SELECT 1 FROM load x WHERE x.id = u.id))`, fileID, fileID)
	return n > 0, err
}

// Abandoned takes away the uploads that have waited longer than UploadDays and gives their files, for the caller to remove.
func (s *Store) Abandoned(ctx context.Context, tx *database.Tx) (fileIDs []string, err error) {
	before := clock.Micros(s.clock.Now().Add(-UploadDays * 24 * time.Hour))
	fileIDs, err = database.Collect(ctx, tx, database.Value[string], "SELECT u.file_id FROM upload u WHERE u.state = 'waiting' AND u.at < $1", before)
	if err != nil || len(fileIDs) == 0 {
		return nil, err
	}
	return fileIDs, tx.Exec(ctx, "DELETE FROM upload WHERE state = 'waiting' AND at < $1", before)
}

// Progress is how far a job has come.
type Progress struct {
	State       string // waiting, running, done or failed
	Done, Total int64  // rows; Total 0 when not known
	Words       string
}

// Progress is how far the load of an upload has come.
func (s *Store) Progress(ctx context.Context, q database.Queryer, id string) (Progress, error) {
	return database.One(ctx, q, func(r database.Scanner) (Progress, error) {
		var p Progress
		return p, r.Scan(&p.State, &p.Done, &p.Total, &p.Words)
	}, "SELECT p.state, p.done, p.total, p.words FROM job_progress p WHERE p.id = $1 AND p.kind = $2", id, RunJob)
}

func (s *Store) setProgress(ctx context.Context, id, state string, done int64, words string) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "UPDATE job_progress SET state = $1, done = $2, words = $3, at = $4 WHERE id = $5 AND kind = $6", state, done, words, clock.Micros(s.clock.Now()), id, RunJob)
	})
}

// Opener opens a kept file for one reader.
type Opener func(ctx context.Context, fileID string) (r io.ReaderAt, size int64, err error)

// progressRows is how often the rows read so far are written down: a page looks every few seconds.
const progressRows = 5 * chunkRows

// Run loads an upload. It is the handler of RunJob. It does not load twice: if a machine stopped half way, the load is
// failed by Recover and its page offers to load the file again, which a person decides.
func (s *Store) Run(ctx context.Context, id string, open Opener) error {
	u, err := s.Upload(ctx, s.db.Reader(), access.System(RunJob, access.Upkeep), id)
	if err != nil || !u.Started {
		return err
	}
	had, err := database.Collect(ctx, s.db.Reader(), database.Value[string], "SELECT l.state FROM load l WHERE l.id = $1", id)
	if err != nil {
		return err
	}
	if len(had) > 0 {
		return nil
	}
	r, size, err := open(ctx, u.FileID)
	if err != nil {
		return errors.Join(err, s.setProgress(context.WithoutCancel(ctx), id, "failed", 0, "The file could not be opened. Nothing of it was kept."))
	}
	if err := s.setProgress(ctx, id, "running", 0, ""); err != nil {
		return err
	}
	in := u.Input(r, size)
	var last int64
	in.Progress = func(rows int64) {
		if rows-last >= progressRows {
			last = rows
			// A progress that could not be written is no reason to stop: the next one will be.
			_ = s.setProgress(ctx, id, "running", rows, "") //nolint:errcheck // said above
		}
	}
	l, err := s.Load(ctx, access.Scope{Account: u.By, Agency: u.Agency, Purpose: u.Purpose}, in)
	after := context.WithoutCancel(ctx)
	if err != nil {
		words, ok := fault.Words(err)
		if !ok {
			words = "The load broke off. Nothing of it was kept."
		}
		perr := s.setProgress(after, id, "failed", last, words)
		if ok {
			return perr // it is the file's fault, and said: trying again would change nothing
		}
		return errors.Join(err, perr)
	}
	return s.setProgress(after, id, "done", l.Read, "")
}

// Input is what Load is given of an upload.
func (u Upload) Input(r io.ReaderAt, size int64) Input {
	a := u.Answers
	return Input{ID: u.ID, Name: u.Name, File: r, Size: size, FileID: u.FileID, Agency: a.Owner, Basis: a.Basis, Identified: a.Identify, Mapping: a.Mapping, Choices: a.Choices}
}
