package workweb_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
)

// sendPaper sends the form of a paper with a file, as a browser does.
func sendPaper(t *testing.T, c *apptest.Client, at string, fields url.Values, name, body string) int {
	t.Helper()
	key := c.Get(at).Want(http.StatusOK).Doc.Find(`main [name=form_key]`).AttrOr("value", "")
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields.Set("form_key", key)
	for k, vs := range fields {
		if err := w.WriteField(k, vs[0]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write([]byte(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return c.PostBody(at, w.FormDataContentType(), b.Bytes()).Status
}

func TestABoardItsMeetingPapersDecisionsAndActions(t *testing.T) {
	l := apptest.New(t)
	c, worker := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "police")
	c.Get("/boards").Want(http.StatusOK).Has("No board has been entered yet.")
	board := c.Submit("/boards/new", "/boards", url.Values{"title": {"Partnership board"}, "about": {"Decides"}, "chair": {"Chief executive"}, "often": {"Every quarter"}}).Want(http.StatusSeeOther).Location
	c.Submit("/boards/new", "/boards", url.Values{"title": {"Violence board"}, "about": {"Violence"}}).Want(http.StatusSeeOther)
	c.Submit(board+"/meet", "", with(url.Values{"hour": {"25:00"}}, date("day", "4", "12", "2026"))).Want(http.StatusUnprocessableEntity).Has("Enter a time such as 14:00")
	meeting := c.Submit(board+"/meet", "", with(url.Values{"hour": {"14:00"}, "minutes": {"90"}, "place": {"Town hall"}}, date("day", "4", "12", "2026"))).Want(http.StatusSeeOther).Location
	worker.Get(meeting).Want(http.StatusOK).Has("It begins at 14:00 and lasts 90 minutes; 0 papers to read.")
	worker.Get("/calendar").Want(http.StatusOK).Has("1 meeting to come, 0 in the last year.").Has("4 December 2026, 14:00")

	// A calendar file holds the board's name and place, and nobody's.
	ics := worker.Get(meeting + "/meeting.ics").Want(http.StatusOK)
	for _, want := range []string{"SUMMARY:Meeting: Partnership board\r\n", "DTSTART:20261204T140000Z\r\n", "LOCATION:Town hall\r\n"} {
		if !strings.Contains(ics.Body, want) {
			t.Errorf("the calendar file lacks %q:\n%s", want, ics.Body)
		}
	}
	if strings.Contains(ics.Body, "Test ") || ics.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
		t.Errorf("the calendar file names somebody, or is %s:\n%s", ics.Header.Get("Content-Type"), ics.Body)
	}
	if all := worker.Get("/calendar/meetings.ics").Body; !strings.Contains(all, "BEGIN:VEVENT") {
		t.Errorf("the whole calendar holds %s", all)
	}

	at := meeting + "/paper"
	if got := sendPaper(t, c, at, url.Values{"title": {"Picture"}, "summary": {"Note it."}, "link": {""}}, "picture.exe", "x"); got != http.StatusUnprocessableEntity {
		t.Errorf("a program as a paper: status %d", got)
	}
	if got := sendPaper(t, c, at, url.Values{"title": {""}, "summary": {"Note it."}, "link": {""}}, "picture.pdf", "%PDF"); got != http.StatusUnprocessableEntity {
		t.Errorf("a paper without a title: status %d", got)
	}
	if got := sendPaper(t, c, at, url.Values{"title": {"Picture"}, "summary": {"Note it."}, "link": {""}}, "picture.pdf", "%PDF of the picture"); got != http.StatusSeeOther {
		t.Fatalf("a paper: status %d", got)
	}
	n, err := database.One(t.Context(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM stored_file")
	if err != nil || n != 1 {
		t.Errorf("%d files kept, %v; want the one that was taken", n, err)
	}
	p := worker.Get(meeting).Has("1 paper to read")
	href := p.Doc.Find("#papers a").First().AttrOr("href", "")
	if got := worker.Get(href).Want(http.StatusOK); got.Body != "%PDF of the picture" || got.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the paper is %q of %s", got.Body, got.Header.Get("Content-Type"))
	}
	worker.Get(at).Want(http.StatusNotFound)
	c.Submit(meeting+"/decide", "", url.Values{"words": {"Fund the club"}, "reason": {"It works."}}).Want(http.StatusSeeOther)
	c.Submit(meeting+"/decide", "", url.Values{"words": {"Fund the club"}}).Want(http.StatusUnprocessableEntity).Has("Say why it was decided")

	// An action of the meeting stands on the board's log; another board can watch it and anybody can ask after it.
	owner := id(l, access.Practitioner, "police")
	action := add(l, c, "Write the bid", owner, url.Values{"source": {"meeting"}, "source_id": {strings.TrimPrefix(meeting, "/meetings/")}})
	worker.Get(board).Has("Write the bid").Has("Fund the club").Has("0 of 1 open action from boards are overdue")
	c.Submit("/boards/violence-board/watch", "", url.Values{"action": {strings.TrimPrefix(action, "/actions/")}}).Want(http.StatusSeeOther)
	worker.Get("/boards/log").Has("1 action, each with one owner and one date; 1 is watched by more than one board.").Has("Partnership board, Violence board")
	c.Submit(action+"/chase", "", url.Values{"words": {"Is it written?"}}).Want(http.StatusSeeOther)
	c.Submit(action+"/chase", "", nil).Want(http.StatusUnprocessableEntity).Has("asked after it today already")
	worker.Get("/work").Has("Say how it stands: Write the bid").Has("Is it written?")
	worker.Get(action).Has("Asked after")
	c.Submit("/boards/violence-board", "/boards/violence-board/leave", nil).Want(http.StatusSeeOther)
	worker.Get("/boards/log").Has("0 are watched by more than one board.")

	paper := strings.TrimSuffix(href, "/")
	c.Submit(paper+"/withdraw", "", url.Values{"why": {"wrong figures"}}).Want(http.StatusSeeOther)
	worker.Get(href).Want(http.StatusNotFound)
	worker.Get(meeting).Has("wrong figures").Has("0 papers to read")

	// Two who change a meeting: the late one sees both.
	form := c.Get(meeting + "/edit")
	late := url.Values{}
	form.Doc.Find("main form[method=post]").Last().Find("input, textarea, select").Each(func(_ int, s *goqueryS) {
		name, ok := s.Attr("name")
		if _, checked := s.Attr("checked"); ok && (s.AttrOr("type", "") != "radio" || checked) {
			late.Set(name, s.AttrOr("value", s.Text()))
		}
	})
	late.Set("place", "Library")
	l.SignIn(access.Chair, "care").Submit(meeting+"/edit", "", url.Values{"place": {"Police station"}}).Want(http.StatusSeeOther)
	c.Post(meeting+"/edit", late).Want(http.StatusConflict).Has("Police station").Has("Library")
	if got := worker.Get(meeting + "/meeting.ics").Body; !strings.Contains(got, "SEQUENCE:2") {
		t.Errorf("a moved meeting keeps its sequence: %s", got)
	}
	l.SignIn(access.Subject, "care").Get(meeting).Want(http.StatusNotFound)
}
