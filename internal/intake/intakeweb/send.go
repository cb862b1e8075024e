package intakeweb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/web"
)

type listView struct {
	web.Page
	Waiting *web.Table
	Table   *web.Table
}

var listPage = web.NewTemplate[listView](files, "list.html")

func stateTag(state string) *web.Tag {
	switch state {
	case "live":
		return &web.Tag{Text: "Loaded", Colour: "green"}
	case "failed":
		return &web.Tag{Text: "Not loaded", Colour: "red"}
	case "undone":
		return &web.Tag{Text: "Undone", Colour: "grey"}
	}
	return &web.Tag{Text: "Loading", Colour: "blue"}
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, by, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	l := web.ReadList(r, nil, "", false)
	loads, total, err := p.Intake.List(ctx, q, by, l.Size, l.Offset())
	if err != nil {
		return err
	}
	waiting, err := p.Intake.Waiting(ctx, q, by)
	if err != nil {
		return err
	}
	now := p.Site.Clock.Now().In(clock.London())
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, clock.London())
	n, refused, err := p.Intake.Since(ctx, q, by, clock.Micros(month))
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Wide = "Files", true
	switch {
	case total == 0 && len(waiting) == 0:
		v.Lead = "No file has been loaded for your agency yet."
	case n == 0:
		v.Lead = "No file has been loaded this month."
	case refused == 0:
		v.Lead = fmt.Sprintf("%s this month; every row was taken.", count(n, "file", "files"))
	default:
		v.Lead = fmt.Sprintf("%s this month; %s sent back.", count(n, "file", "files"), count(refused, "row was", "rows were"))
	}
	v.Table = &web.Table{Caption: "Files loaded, newest first", Empty: "Files appear here once they are loaded.", Pages: l.Paged(total), Columns: []web.Column{
		{Label: "File"}, {Label: "What it is"}, {Label: "Loaded"}, {Label: "Rows", Numeric: true}, {Label: "Taken", Numeric: true}, {Label: "Sent back", Numeric: true}, {Label: "State"}}}
	for _, x := range loads {
		whose := ""
		if x.Agency != by.Agency {
			whose = p.AgencyName(ctx, x.Agency)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.FileName, Href: "/loads/" + x.ID, Sub: whose}, {Text: shortTitles(x.Profile)}, {Text: web.ShowDate(x.BegunAt)},
			{Text: web.ShowNumber(x.Read)}, {Text: web.ShowNumber(x.Taken)}, {Text: web.ShowNumber(x.Refused)}, {Tag: stateTag(x.State)}}})
	}
	if len(waiting) > 0 {
		v.Waiting = &web.Table{Caption: "Waiting for an answer", Base: fmt.Sprintf("A file that nobody finishes is removed after %d days.", intake.UploadDays), Columns: []web.Column{{Label: "File"}, {Label: "Sent in"}, {Label: "State"}}}
		for _, u := range waiting {
			to, err := p.next(ctx, by, u)
			if err != nil {
				return err
			}
			v.Waiting.Rows = append(v.Waiting.Rows, web.Row{Cells: []web.Cell{{Text: u.Name, Href: to}, {Text: web.ShowDate(u.At)}, {Tag: &web.Tag{Text: "Not finished", Colour: "yellow"}}}})
		}
	}
	return web.Show(p.Site, w, r, listPage, v, web.Read{Kind: "load", Owners: []string{by.Agency}, Words: fmt.Sprintf("list of %d loads", len(loads))})
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

type sendView struct {
	web.Page
	Form  *web.Form
	Limit string
}

var sendPage = web.NewTemplate[sendView](files, "send.html")

func (p *Pages) newSend() (*web.Form, *sendView) {
	limit := fmt.Sprintf("%d MB", p.Limit>>20)
	f := p.Site.NewForm("/loads/new", "Send in", &web.Field{Name: "file", Label: "Choose the file", Kind: web.FileInput, Hint: "CSV or Excel (.xlsx), also as .gz. At most " + limit + "."})
	f.Multipart, f.Cancel = true, "/loads"
	v := &sendView{Form: f, Limit: limit}
	v.Title, v.Crumbs = "Send in a file", crumbs
	v.Lead = "Send the file as your system prints it: Lantern finds the columns, and shows what it understood before anything is kept."
	return f, v
}

func (p *Pages) sendForm(w http.ResponseWriter, r *http.Request) error {
	_, v := p.newSend()
	return web.Render(p.Site, w, r, sendPage, v)
}

// formBytes is what a form may hold beside its file.
const formBytes = 64 << 10

func (p *Pages) tooLarge(cause error) error {
	return fault.Wrap(fault.TooLarge, cause, "The file is larger than %d MB, the most that is taken. Nothing was kept. Send it in parts, for example one a month.", p.Limit>>20)
}

// receive keeps a file as it comes, a mebibyte at a time, and says what it is. The form is never read whole.
func (p *Pages) receive(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength > p.Limit+formBytes {
		return p.tooLarge(nil)
	}
	p.removeAbandoned(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, p.Limit+formBytes)
	f, v := p.newSend()
	o, err := p.readParts(r, f)
	if err != nil {
		return err
	}
	kept := false
	defer func() {
		if !kept && o.ID != "" {
			if err := p.Files.Remove(context.WithoutCancel(r.Context()), o.ID); err != nil {
				p.Site.Log.Error("a file that was not wanted could not be removed", "error", err.Error())
			}
		}
	}()
	if o.ID == "" {
		f.Fail("file", "Choose a file")
	}
	var u intake.Upload
	if f.Valid() {
		if u, err = p.recognise(r, o); err != nil {
			words, ok := fault.Words(err)
			if !ok || !fault.Is(err, fault.Invalid) {
				return err
			}
			f.Fail("file", words)
		}
	}
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, sendPage, v)
	}
	return p.Site.Act(w, r, "", func(tx *database.Tx) (string, error) {
		made, err := p.Intake.AddUpload(r.Context(), tx, web.ScopeOf(r), u)
		if err != nil {
			return "", err
		}
		tx.AfterCommit(func() { kept = true }) // a form sent twice keeps its first file
		return p.next(r.Context(), web.ScopeOf(r), made)
	})
}

// readParts takes the form part by part: its key, then the file, which goes straight into the store.
func (p *Pages) readParts(r *http.Request, f *web.Form) (o Original, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return o, fault.Wrap(fault.Invalid, err, "This form is not complete: open the page again and send it from there.")
	}
	defer func() {
		if err != nil && o.ID != "" {
			err = errors.Join(err, p.Files.Remove(context.WithoutCancel(r.Context()), o.ID))
		}
	}()
	r.PostForm = url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			f.Key = r.PostForm.Get("form_key")
			return o, nil
		}
		if err != nil {
			return o, p.broken(err)
		}
		switch part.FormName() {
		case "form_key":
			if err := readKey(r, part); err != nil {
				return o, p.broken(err)
			}
		case "file":
			if part.FileName() == "" {
				continue
			}
			if o.ID != "" {
				return o, fault.New(fault.Invalid, "The form holds a field twice. Nothing was changed.")
			}
			if len(r.PostForm.Get("form_key")) != 36 {
				return o, fault.New(fault.Invalid, "This form is not complete: open the page again and send it from there.")
			}
			if o, err = p.Files.Save(r.Context(), web.ScopeOf(r), part.FileName(), part); err != nil {
				return Original{}, p.broken(err)
			}
		default:
			return o, fault.New(fault.Invalid, "The form holds a field that this page does not have. Nothing was changed.")
		}
	}
}

func readKey(r *http.Request, part *multipart.Part) error {
	b, err := io.ReadAll(io.LimitReader(part, 64))
	if err == nil && r.PostForm.Has("form_key") {
		err = errors.New("the key stands twice")
	}
	r.PostForm.Add("form_key", string(b))
	return err
}

// broken says why a form could not be read to its end.
func (p *Pages) broken(err error) error {
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return p.tooLarge(err)
	case fault.KindOf(err) != fault.Internal:
		return err
	}
	return fault.Wrap(fault.Invalid, err, "The file broke off while it was sent. Nothing was kept: send it again.")
}

// removeAbandoned takes away files that waited too long. That it fails is no reason to refuse a new one.
func (p *Pages) removeAbandoned(ctx context.Context) {
	var old []string
	err := p.Site.DB.Write(ctx, func(tx *database.Tx) (err error) {
		old, err = p.Intake.Abandoned(ctx, tx)
		return err
	})
	for _, id := range old {
		err = errors.Join(err, p.Files.Remove(ctx, id))
	}
	if err != nil {
		p.Site.Log.Error("abandoned files could not be removed", "error", err.Error())
	}
}

// recognise begins an upload. A file with the columns of a mapping that the agency has saved is settled by it.
func (p *Pages) recognise(r *http.Request, o Original) (intake.Upload, error) {
	by := web.ScopeOf(r)
	u := intake.Upload{FileID: o.ID, Name: o.Name, SHA256: o.SHA256, Size: o.Size, Agency: by.Agency}
	in, err := p.inspect(r.Context(), u)
	if err != nil {
		return u, err
	}
	for _, t := range in.Tables {
		same, _, _, err := p.Intake.MappingFor(r.Context(), p.Site.DB.Reader(), by, t.Header)
		if err != nil {
			return u, err
		}
		if same != nil {
			u.Answers.Mapping, u.Answers.SavedAs, u.Answers.Sheet = same.Mapping, same.Name, t.Sheet
			u.Answers.Profiles, u.Answers.Confirmed = same.Mapping.Profile, true
			if same.Mapping.Agency != "" {
				settleOwner(&u, same.Mapping.Agency)
			}
			break
		}
	}
	return u, nil
}

func (p *Pages) inspect(ctx context.Context, u intake.Upload) (intake.Inspection, error) {
	file, size, err := p.Files.Read(ctx, u.FileID)
	if err != nil {
		return intake.Inspection{}, err
	}
	return intake.Inspect(u.Name, file, size, u.Answers.Choices)
}

// best is the profile a table would be read as without a mapping.
func best(t intake.Table) (profile.Match, error) { return profile.Best(t.Matches) }

var encodings = []web.Option{{Value: "", Label: "Find out"}, {Value: tabular.UTF8, Label: "UTF-8"}, {Value: tabular.Windows1252, Label: "Windows-1252"}, {Value: tabular.UTF16LE, Label: "UTF-16, little endian"}, {Value: tabular.UTF16BE, Label: "UTF-16, big endian"}}

var delimiters = []web.Option{{Value: "", Label: "Find out"}, {Value: "comma", Label: "Comma"}, {Value: "semicolon", Label: "Semicolon"}, {Value: "tab", Label: "Tab"}}
