package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	fontFace = regexp.MustCompile(`@font-face\s*\{[^}]*\}`)
	// A rule for the crest, the crown or the space kept for either.
	crestRule = regexp.MustCompile(`[^{}]*(?:copyright-logo|crest|crown)[^{}]*\{[^{}]*\}`)
	emptyRule = regexp.MustCompile(`@(?:supports|media)[^{}]*\{\s*\}`)
	picture   = regexp.MustCompile(`url\(/assets/images/([^)]+)\)`)
	sourceMap = regexp.MustCompile(`(?m)^?(?:/\*|//)#\s*sourceMappingURL=\S+(?:\s*\*/)?\s*$`)
)

// houseStyle makes a design-system sheet fit for a service that is not part of
// GOV.UK: the licensed font gives way to Arial, which is the systems' own
// fallback; the rules for the royal crest and crown go; pictures are
// found beside the sheet. It returns the pictures the sheet needs.
//
// It fails when something it should have dealt with is left, since that means
// a new release of the package is written in another way.
func houseStyle(css string) (out string, pictures []string, err error) {
	out = fontFace.ReplaceAllString(css, "")
	out = crestRule.ReplaceAllString(out, "")
	out = emptyRule.ReplaceAllString(out, "")
	out = strings.ReplaceAll(out, "GDS Transport,arial,sans-serif", "arial,sans-serif")
	for _, m := range picture.FindAllStringSubmatch(out, -1) {
		if !slices.Contains(pictures, m[1]) {
			pictures = append(pictures, m[1])
		}
	}
	out = picture.ReplaceAllString(out, "url(images/$1)")
	out = withoutSourceMap(out)
	for _, left := range []string{"GDS Transport", "@font-face", "crest", "crown", "url(/", "url(http", "@import"} {
		if strings.Contains(out, left) {
			return "", nil, fmt.Errorf("%q is still in the style sheet; the package has changed and css.go must follow", left)
		}
	}
	return out, pictures, nil
}

// withoutSourceMap drops the line that sends a browser's tools to a file we
// do not carry.
func withoutSourceMap(text string) string { return sourceMap.ReplaceAllString(text, "") }
