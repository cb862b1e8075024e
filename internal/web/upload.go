package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"lantern.example/lantern/internal/fault"
)

// Sent is a small file that came with a form.
type Sent struct {
	Name  string // as the sender called it
	Bytes []byte // nil when no file was chosen
}

// Upload reads a multipart form whose file is at most most bytes: the file's field is name, every other part
// becomes a value of the form, so that Form.Read (with Multipart set) and Site.Act go on from there. What is
// larger is refused before it is read whole. Large files go to package intake's pages instead.
func Upload(w http.ResponseWriter, r *http.Request, name string, most int64) (Sent, error) {
	var out Sent
	r.Body = http.MaxBytesReader(w, r.Body, most+maxFormBytes)
	parts, err := r.MultipartReader()
	if err != nil {
		return out, fault.Wrap(fault.Invalid, err, "This form is not complete: open the page again and send it from there.")
	}
	r.PostForm = url.Values{}
	for left := int64(maxFormBytes); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, broken(err)
		}
		limit := left
		if part.FormName() == name {
			limit = most
		}
		b, err := io.ReadAll(io.LimitReader(part, limit+1))
		if err != nil {
			return out, broken(err)
		}
		if int64(len(b)) > limit {
			return out, fault.New(fault.TooLarge, "The file is larger than %d MB, the most that is taken here.", most>>20)
		}
		switch {
		case part.FormName() != name:
			left -= int64(len(b))
			r.PostForm.Add(part.FormName(), string(b))
		case out.Bytes != nil:
			return out, fault.New(fault.Invalid, "The form holds a field twice. Nothing was changed.")
		case part.FileName() != "":
			out = Sent{Name: part.FileName(), Bytes: b}
		}
	}
}

func broken(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fault.Wrap(fault.TooLarge, err, "What was sent is larger than this form takes.")
	}
	return fault.Wrap(fault.Invalid, err, "The form broke off while it was sent. Nothing was kept.")
}
