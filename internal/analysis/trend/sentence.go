package trend

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sentence says what happened to counts and effort in the constant panel and
// what may be concluded.
func sentence(panel *series, b Bounds, verdict string, opt Options) string {
	window := 12
	if panel.months() < 2*window {
		window = panel.months() / 2
	}
	count0, effort0 := panel.between(panel.first, panel.first+window-1)
	count1, effort1 := panel.between(panel.last-window+1, panel.last)
	period := fmt.Sprintf(" (first and last %d months of the %s)", window, sourcesWords(len(panel.sources)))
	text := capital(word(opt.CountName, "counts")) + " " + movement(count0, count1) + " while " +
		word(opt.EffortName, "effort") + " " + movement(effort0, effort1) + period + ": " + conclusion(verdict)
	return text + fmt.Sprintf(" The yearly change lies between %s and %s, whatever the extra looking found.", yearly(b.Low), yearly(b.High))
}

func conclusion(verdict string) string {
	switch verdict {
	case Growing:
		return "this is growing, whatever we assume about looking."
	case Falling:
		return "this is falling, whatever we assume about looking."
	case GrowingIfNothing:
		return "we cannot say it is growing; it is only if the extra looking found nothing."
	}
	return "there is no evidence of change."
}

func movement(from, to float64) string {
	switch {
	case to > from:
		return "rose from " + number(from) + " to " + number(to)
	case to < from:
		return "fell from " + number(from) + " to " + number(to)
	}
	return "stayed at " + number(from)
}

// number writes a total without needless digits.
func number(v float64) string {
	if v >= 100 || v == math.Trunc(v) {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// yearly turns a change of the logarithm into a percentage in words.
func yearly(slope float64) string {
	change := math.Round(100 * math.Expm1(slope))
	switch {
	case change > 1000:
		return "more than +1000%"
	case change == 0:
		return "0%"
	}
	return fmt.Sprintf("%+.0f%%", change)
}

func sourcesWords(n int) string {
	if n == 1 {
		return "one source that reported throughout"
	}
	return fmt.Sprintf("%d sources that reported throughout", n)
}

func word(given, otherwise string) string {
	if given == "" {
		return otherwise
	}
	return given
}

func capital(s string) string {
	if s == "" {
		return s
	}
	first := []rune(s)[0]
	return strings.ToUpper(string(first)) + s[len(string(first)):]
}
