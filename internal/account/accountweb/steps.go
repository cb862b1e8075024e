package accountweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"

	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

type tx = database.Tx

// subject is whose second steps a request changes: those of whoever is signed in, or of somebody whose first sign-in
// is led to them.
type subject struct {
	account.Account
	base string
	half *account.Half
}

// back is where the subject's steps are listed.
func (s subject) back() string {
	if s.half != nil {
		return "/sign-in/steps"
	}
	return "/account"
}

// subject answers itself, and says so in done, where there is none: who is signed in must have proved a short time ago
// who they are; who is signing in must have no second step yet, or the password alone could make one.
func (p *Pages) subject(w http.ResponseWriter, r *http.Request) (s subject, done bool, err error) {
	if strings.HasPrefix(r.URL.Path, "/account") {
		if err := p.Site.Recent(r); err != nil {
			return s, false, err
		}
		a, _, ok, err := p.Sessions.Who(r.Context())
		if err == nil && !ok {
			err = fault.NoSuch()
		}
		return subject{Account: a, base: "/account"}, false, err
	}
	h, done, err := p.half(w, r, "/sign-in/steps")
	return subject{Account: h.Account, base: "/sign-in", half: &h}, done, err
}

type stepsView struct {
	web.Page
	App      *web.Form
	Passkeys bool
}

var stepsPage = web.NewTemplate[stepsView](files, "steps.html")

func (p *Pages) newBeginAppForm(s subject) *web.Form {
	return p.Site.NewForm(s.base+"/app", "Set up an authenticator app")
}

// steps is where a first sign-in chooses its second step.
func (p *Pages) steps(w http.ResponseWriter, r *http.Request) error {
	h, done, err := p.half(w, r, "/sign-in/steps")
	if err != nil || done {
		return err
	}
	v := &stepsView{App: p.newBeginAppForm(subject{Account: h.Account, base: "/sign-in"}), Passkeys: p.Accounts.Passkeys()}
	v.Title = "Choose your second step"
	v.Lead = "A password can be seen or guessed, so everybody here also shows something they have. You need it each time you sign in."
	return web.Render(p.Site, w, r, stepsPage, v)
}

// beginApp makes a key for an app; its page shows it.
func (p *Pages) beginApp(w http.ResponseWriter, r *http.Request) error {
	s, done, err := p.subject(w, r)
	if err != nil || done {
		return err
	}
	if err := p.newBeginAppForm(s).Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "", func(tx *tx) (string, error) {
		id, err := p.Accounts.BeginApp(r.Context(), tx, s.Account)
		return s.base + "/app/" + id, err
	})
}

type appView struct {
	web.Page
	Form *web.Form
	Key  string
	QR   picture
	Back string
}

// picture is a QR code as the outline of an SVG.
type picture struct {
	Size int
	Path string
}

var appPage = web.NewTemplate[appView](files, "app.html")

// quiet is the margin that a QR code needs about it, in modules (ISO/IEC 18004).
const quiet = 4

// draw is a QR code of text.
func draw(text string) (picture, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return picture{}, err
	}
	n := code.Bounds().Dx()
	var b strings.Builder
	for y := range n {
		for x := 0; x < n; x++ {
			begin := x
			for x < n && dark(code.At(x, y).RGBA()) {
				x++
			}
			if x > begin {
				b.WriteString("M" + strconv.Itoa(begin+quiet) + " " + strconv.Itoa(y+quiet) + "h" + strconv.Itoa(x-begin) + "v1h-" + strconv.Itoa(x-begin) + "z")
			}
		}
	}
	return picture{n + 2*quiet, b.String()}, nil
}

func dark(r, _, _, _ uint32) bool { return r < 0x8000 }

func (p *Pages) newAppForm(s subject, id string) *web.Form {
	return p.Site.NewForm(s.base+"/app/"+id, "Continue",
		&web.Field{Name: "code", Label: "The code that the app shows now", Hint: "Six digits", Required: "Enter the six digits that the app shows", Autocomplete: "one-time-code", Max: 20, Width: "10"},
		&web.Field{Name: "name", Label: "What do you call it? (optional)", Hint: "For example: my telephone", Max: 60, Width: "20", Autocomplete: "off"})
}

func (p *Pages) appView(r *http.Request, s subject, f *web.Form) (*appView, error) {
	key, err := p.Accounts.AppKey(r.Context(), p.Site.DB.Reader(), s.Account, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v := &appView{Form: f, Key: key.Text, Back: s.back()}
	v.Title, v.HasErrors = "Set up an authenticator app", !f.Valid()
	v.Lead = "Scan the square with the app, or type the key into it. Then type the code that it shows."
	v.QR, err = draw(key.URL)
	return v, err
}

func (p *Pages) appForm(w http.ResponseWriter, r *http.Request) error {
	s, done, err := p.subject(w, r)
	if err != nil || done {
		return err
	}
	v, err := p.appView(r, s, p.newAppForm(s, r.PathValue("id")))
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, appPage, v)
}

func (p *Pages) confirmApp(w http.ResponseWriter, r *http.Request) error {
	s, done, err := p.subject(w, r)
	if err != nil || done {
		return err
	}
	id := r.PathValue("id")
	f := p.newAppForm(s, id)
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		err := p.added(w, r, s, "authenticator app", func(tx *tx) error {
			return p.Accounts.ConfirmApp(r.Context(), tx, s.Account, id, f.Value("name"), f.Value("code"))
		})
		if !fault.Is(err, fault.Unauthenticated) {
			return err
		}
		words, _ := fault.Words(err)
		f.Fail("code", words)
	}
	f.Field("code").Value = ""
	v, err := p.appView(r, s, f)
	if err != nil {
		return err
	}
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, appPage, v)
}

type codesView struct {
	web.Page
	Codes []string
	Next  string
}

var codesPage = web.NewTemplate[codesView](files, "codes.html")

func (p *Pages) showCodes(w http.ResponseWriter, r *http.Request, codes []string, next string) error {
	v := &codesView{Codes: codes, Next: next}
	v.Title = "Keep your recovery codes"
	v.Lead = "Each of these ten codes lets you in once without your second step. They are shown now and never again."
	return web.Render(p.Site, w, r, codesPage, v)
}

// added does what adds a second step, with recovery codes where there are none left, and goes on: whoever was signing
// in is now in.
func (p *Pages) added(w http.ResponseWriter, r *http.Request, s subject, what string, add func(tx *tx) error) error {
	ctx := r.Context()
	var codes []string
	err := p.Site.DB.Write(ctx, func(tx *tx) (err error) {
		codes = nil
		if err := add(tx); err != nil {
			return err
		}
		left, err := p.Accounts.RecoveryLeft(ctx, tx, s.ID)
		if err != nil {
			return err
		}
		if left == 0 {
			if codes, err = p.Accounts.NewRecoveryCodes(ctx, tx, s.ID); err != nil {
				return err
			}
		}
		return p.record(ctx, tx, s.Account, "second step added: "+what)
	})
	if err != nil {
		return err
	}
	next := "/account"
	if s.half != nil {
		next = s.half.Next
		h := *s.half
		h.Second, h.Stale, h.How = true, false, h.How+", "+what+" just added"
		if err := p.enter(w, r, h); err != nil {
			return err
		}
	}
	if len(codes) > 0 {
		return p.showCodes(w, r, codes, next)
	}
	p.Site.Say(w, "The second step was added.")
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}
