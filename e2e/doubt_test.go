package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestADoubtIsSettledByKeyboard finds the first pair that waits, on a phone, looks at its numbers, forgets the reason, decides, and takes the decision
// back, with no key but Tab, Enter, space and letters.
func TestADoubtIsSettledByKeyboard(t *testing.T) {
	l := start(t)
	a := l.practitioner(t)
	b := open(t, l.URL)
	b.as(l.signIn(t, a))
	b.do(chromedp.EmulateViewport(375, 812), chromedp.Navigate(l.URL+"/links"), chromedp.WaitVisible(chromedp.CSS("main table")))
	b.want("nothing is wider than the phone", `document.documentElement.scrollWidth <= 375`)
	before := ask[string](b, `document.querySelector("main .lantern-lead, main h1 ~ p").textContent`)
	b.reach(`main tbody tr:first-child a[href^="/links/"]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(`main input[name="verdict"]`)))
	b.want("nothing is wider than the phone", `document.documentElement.scrollWidth <= 375`)
	b.want("the evidence stands before the question", `(document.querySelector("main ul").compareDocumentPosition(document.querySelector('input[name="verdict"]')) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0`)
	b.want("the numbers are closed", `!document.querySelector("main details").open`)
	b.reach("main details summary")
	b.press(kb.Enter)
	b.want("Enter opens the numbers", `document.querySelector("main details").open`)
	b.reach(`main input[name="verdict"]`)
	b.press(kb.Tab, kb.Enter) // as somebody who forgets both
	b.reach(`main form[data-draft] button[type=submit]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".govuk-error-summary")))
	b.want("the error summary has the focus", `document.activeElement.classList.contains("govuk-error-summary")`)
	b.want("answer and reason are missing", `document.querySelectorAll(".govuk-error-summary a").length === 2`)
	b.reach(`main input[name="verdict"]`)
	b.press(kb.ArrowDown) // the second answer: different people
	b.want("the second answer is chosen", `document.querySelector('input[name="verdict"][value="different"]').checked`)
	b.reach("#why")
	b.press("Her key worker knows them both")
	b.reach(`main form[data-draft] button[type=submit]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".moj-alert--success")))
	b.want("one pair fewer waits", `document.querySelector("main .lantern-lead, main h1 ~ p").textContent !== `+quoted(before))

	b.reach(`main a[href="/links/decided"]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(`main a[href^="/links/decided/"]`)))
	b.reach(`main tbody tr:first-child a[href^="/links/decided/"]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS("#why")))
	b.reach("#why")
	b.press("It was her cousin")
	b.reach(`main form button[type=submit]`)
	b.press(kb.Enter)
	b.do(chromedp.WaitVisible(chromedp.CSS(".moj-alert--success")))
	b.do(chromedp.Navigate(l.URL + "/links"))
	b.want("the pair waits again", `document.querySelector("main .lantern-lead, main h1 ~ p").textContent === `+quoted(before))
	for _, c := range b.heard() {
		if !strings.Contains(c, "422") { // a form to mend
			t.Error(c)
		}
	}
}
