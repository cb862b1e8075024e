package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press types into whatever has the focus.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		if k == kb.Enter {
			b.enter()
			continue
		}
		b.do(chromedp.KeyEvent(k))
	}
}

// enter presses Enter as a keyboard does: one event goes down, and the browser itself decides whether a
// character follows from it. (chromedp sends the character anyway, and so to wherever the focus went.)
func (b *tab) enter() {
	b.t.Helper()
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13, Text: "\r", UnmodifiedText: "\r"}
	call(b, input.DispatchKeyEvent, key)
	key.Type, key.Text, key.UnmodifiedText = input.DispatchKeyEventTypeKeyUp, "", ""
	call(b, input.DispatchKeyEvent, key)
}

// stop is where the focus is: in words, and whether it can be seen there.
type stop struct {
	What    string
	Seen    bool // it has a place inside the window
	Marked  bool // it looks different from when it has no focus
	Reached bool // it is what was looked for
}

// reach presses Tab until what the selector names has the focus. Every stop on the way must be seen, and
// be marked as having the focus.
func (b *tab) reach(selector string) {
	b.t.Helper()
	const most = 120
	var way []string
	for range most {
		b.press(kb.Tab)
		at := ask[stop](b, `(() => {
			const e = document.activeElement, r = e.getBoundingClientRect();
			const look = x => { const s = getComputedStyle(x); return s.outlineStyle + s.outlineColor + s.outlineWidth + s.boxShadow + s.backgroundColor + s.borderColor };
			const near = e.closest(".govuk-radios__item, .govuk-checkboxes__item");
			const focused = look(e) + (near ? getComputedStyle(near.querySelector("label"), "::before").boxShadow : "");
			e.blur();
			const plain = look(e) + (near ? getComputedStyle(near.querySelector("label"), "::before").boxShadow : "");
			e.focus({preventScroll: true, focusVisible: true});
			return {
				What: e.tagName.toLowerCase() + " " + (e.name || e.textContent.trim().slice(0, 40)),
				Seen: e === document.body || r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight,
				Marked: e === document.body || focused !== plain,
				Reached: e.matches(`+quoted(selector)+`),
			};
		})()`)
		way = append(way, at.What)
		if !at.Seen {
			b.t.Errorf("the focus is on %q, which cannot be seen", at.What)
		}
		if !at.Marked {
			b.t.Errorf("nothing shows that %q has the focus", at.What)
		}
		if at.Reached {
			return
		}
	}
	b.t.Fatalf("%d presses of Tab do not reach %s; they reach %s", most, selector, strings.Join(way, ", "))
}

func quoted(s string) string { return "`" + s + "`" }

// want fails the test when an expression does not hold in the page.
func (b *tab) want(what, expression string) {
	b.t.Helper()
	if !ask[bool](b, expression) {
		b.t.Errorf("it is not so that %s (%s); the page is %q", what, expression, ask[string](b, `document.title`))
	}
}

// practitioner is somebody who may add an action, as most members may.
func (l *lantern) practitioner(t *testing.T) account {
	t.Helper()
	for _, a := range l.Accounts {
		if a.Role == "practitioner" {
			return a
		}
	}
	t.Fatal("lantern demo --json names no practitioner")
	return account{}
}

// TestKeyboardJourney signs in, opens the navigation on a phone, and adds an action, having forgotten its
// date at first. No key but Tab, Enter and letters is pressed, and the mouse is not touched.
func TestKeyboardJourney(t *testing.T) {
	l := start(t)
	a := l.practitioner(t)
	b := open(t, l.URL)
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(l.URL+"/sign-in"))

	b.reach(".govuk-skip-link")
	b.press(kb.Enter)
	b.want("skipping leads to the page's main part", `document.activeElement.id === "main-content"`)

	if ask[bool](b, `document.querySelector("main details:not([open]) #email") !== null`) {
		b.reach("summary")
		b.press(kb.Enter)
	}
	b.reach("#email")
	b.press(a.Email, kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".govuk-error-summary")))
	b.want("the title says that there is an error", `document.title.startsWith("Error:")`)
	b.want("the error summary has the focus", `document.activeElement.classList.contains("govuk-error-summary")`)
	b.want("what was typed is still there", `document.getElementById("email").value === `+quoted(a.Email))
	b.reach(`.govuk-error-summary a[href="#password"]`)
	b.press(kb.Enter)
	b.want("the summary leads to the field", `document.activeElement.id === "password"`)
	b.press(a.Password, kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".lantern-purpose")))

	b.do(chromedp.EmulateViewport(375, 812), chromedp.Navigate(l.URL+"/work"))
	b.want("the navigation is closed on a phone", `document.getElementById("navigation").getBoundingClientRect().height === 0`)
	b.reach(".govuk-js-service-navigation-toggle")
	b.press(kb.Enter)
	b.want("the button opens it", `document.getElementById("navigation").getBoundingClientRect().height > 0 && document.activeElement.getAttribute("aria-expanded") === "true"`)
	b.reach(`#navigation a[href="/work"]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("main h1")))

	b.do(chromedp.Navigate(l.URL + "/actions/new"))
	b.reach("#title")
	b.press("Ask the school who waits at the gate")
	b.reach("#why")
	b.press("Three people said it")
	b.do(chromedp.WaitVisible(chromedp.CSS(`form[data-draft-state="saved"]`)))
	b.want("it is said that what was typed is kept", `/kept: \d\d:\d\d/.test(document.querySelector("[data-draft-status]").textContent)`)
	b.reach("main form[data-draft] button[type=submit]")
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".govuk-error-summary")))
	b.want("one thing is wrong", `document.querySelectorAll(".govuk-error-summary a").length === 1`)
	b.reach(".govuk-error-summary a")
	b.press(kb.Enter)
	b.want("the summary leads to the day", `document.activeElement.id === "due_on-day"`)
	for i, part := range []string{"4", "12", "2030"} {
		if i > 0 {
			b.press(kb.Tab)
		}
		b.press(part)
	}
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".moj-alert--success")))
	b.want("the action is there", `document.querySelector("main").textContent.includes("Ask the school who waits at the gate")`)

	for _, c := range b.heard() {
		// The browser calls every 4xx answer an error; a form to mend is one.
		if !strings.Contains(c, "422") {
			t.Error(c)
		}
	}
}

// TestWithoutScripts makes the same journey as far as a form to mend, with no script at all.
func TestWithoutScripts(t *testing.T) {
	l := start(t)
	a := l.practitioner(t)
	b := open(t, l.URL)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.do(chromedp.EmulateViewport(375, 812), chromedp.Navigate(l.URL+"/sign-in"))
	if ask[bool](b, `document.querySelector("main details:not([open]) #email") !== null`) {
		b.do(chromedp.Click(chromedp.CSS("main details summary")))
	}
	b.do(chromedp.SendKeys(chromedp.CSS("#email"), a.Email), chromedp.SendKeys(chromedp.CSS("#password"), a.Password+kb.Enter),
		chromedp.WaitVisible(chromedp.CSS(".lantern-purpose")))
	b.want("no script has run", `!document.body.classList.contains("js-enabled")`)
	b.want("the navigation is open", `document.getElementById("navigation").getBoundingClientRect().height > 0`)
	b.do(chromedp.Click(chromedp.CSS(`#navigation a[href="/work"]`)), chromedp.WaitVisible(chromedp.CSS(`#navigation a[href="/work"][aria-current]`)))

	b.do(chromedp.Navigate(l.URL+"/actions/new"), chromedp.SendKeys(chromedp.CSS("#title"), "Ask the school"), chromedp.Click(chromedp.CSS("main form[data-draft] button[type=submit]")),
		chromedp.WaitVisible(chromedp.CSS(".govuk-error-summary")))
	b.want("what was typed is still there", `document.getElementById("title").value === "Ask the school"`)
	b.want("what is missing is said at its field", `document.querySelector("#due_on-error") !== null`)
}
