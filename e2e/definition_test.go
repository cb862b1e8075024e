package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// manager keeps the register of definitions.
func (l *lantern) manager(t *testing.T) account {
	t.Helper()
	for _, a := range l.Accounts {
		if a.Role == "community-safety-manager" {
			return a
		}
	}
	t.Fatal("lantern demo --json names no manager")
	return account{}
}

// TestAdoptionByKeyboard records that an agency adopts a wording, its name forgotten at first, and takes that back, so
// that the demonstration is left as it was. The mouse is not touched.
func TestAdoptionByKeyboard(t *testing.T) {
	l := start(t)
	b := open(t, l.URL)
	b.as(l.signIn(t, l.manager(t)))
	b.do(chromedp.EmulateViewport(375, 812), chromedp.Navigate(l.URL+"/definitions/gang"))
	b.reach(`main a[href$="/adopt?agency=TMA"]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("#by")))
	b.want("the agency is chosen already", `document.getElementById("agency").value === "TMA"`)
	b.reach("#by")
	b.press(kb.Backspace, kb.Enter) // what a field holds is selected when Tab leads to it
	b.do(chromedp.WaitVisible(chromedp.CSS(".govuk-error-summary")))
	b.want("the name alone is asked for", `[...document.querySelectorAll(".govuk-error-summary a")].map(a => a.hash).join() === "#by"`)
	b.reach(".govuk-error-summary a")
	b.press(kb.Enter)
	b.want("the summary leads to the name", `document.activeElement.id === "by"`)
	b.press("P. Quill, head of service", kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".moj-alert--success")))
	b.want("it stands under its name", `document.querySelector("main").textContent.includes("P. Quill, head of service")`)

	b.reach(`main a[href$="/end?agency=TMA"]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(`main form[action$="/end"]`)))
	b.reach(`main form[action$="/end"] textarea, main form[action$="/end"] input[type=text]`)
	b.press("It was recorded by mistake")
	b.reach(`main form[action$="/end"] button[type=submit]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".moj-alert--success")))
	b.want("it can be adopted again", `document.querySelector('main a[href$="/adopt?agency=TMA"]') !== null`)
	for _, c := range b.heard() {
		if !strings.Contains(c, "422") { // a form to mend
			t.Error(c)
		}
	}
}

// TestMeaningWhileTyping types one of the partnership's words: its meaning appears beneath the field, and goes with the
// word. The browser complains of nothing, so the content policy lets the script do it.
func TestMeaningWhileTyping(t *testing.T) {
	l := start(t)
	b := open(t, l.URL)
	b.as(l.signIn(t, l.practitioner(t)))
	b.do(chromedp.EmulateViewport(375, 812), chromedp.Navigate(l.URL+"/actions/new"), chromedp.WaitVisible(chromedp.CSS("#title")))
	b.reach("#title")
	b.press("Ask about the Gang member")
	b.do(chromedp.WaitVisible(chromedp.CSS("#title + .lantern-typed")))
	b.want("the word is named and its meaning quoted", `(() => {
		const box = document.querySelector("#title + .lantern-typed");
		return box.getAttribute("role") === "status" && box.querySelector(".lantern-typed__word").textContent.toLowerCase().includes("gang member") && box.querySelector("blockquote").textContent.length > 40;
	})()`)
	b.want("the version that it quotes opens", `fetch(document.querySelector("#title + .lantern-typed a").href).then(r => r.ok)`)
	b.want("nothing is wider than a phone", `document.documentElement.scrollWidth <= innerWidth`)
	for _, c := range b.axe() {
		t.Error(c)
	}
	for range len("Gang member") { // "gang" alone has a meaning too
		b.press(kb.Backspace)
	}
	b.press("gate")
	b.do(chromedp.WaitNotVisible(chromedp.CSS("#title + .lantern-typed")))
	for _, c := range b.heard() {
		t.Error(c)
	}
}
