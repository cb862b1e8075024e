// Package methods holds one page for each method: what it answers, what it assumes, how it is worked out, a worked
// example and its sources. They are embedded in the program, which shows them beside the numbers.
package methods

import (
	"embed"
	"regexp"
	"slices"
	"strings"
)

//go:embed *.md
var files embed.FS

// Names are the pages' names in alphabetical order, as lantern analyse names the methods: "capture", "trend".
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // an embedded folder can be read
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".md"))
	}
	return out
}

// between are links from one page to another, or to the rest of the documentation.
var between = regexp.MustCompile(`\]\(([a-z]+)\.md\)|\[([^\]]+)\]\(\.\./[^)]*\)`)

// Page is the Markdown of a page, its links to other methods made to lead to base and those to the rest of the
// documentation made words. It is false when there is no such page.
func Page(name, base string) (text string, ok bool) {
	if !slices.Contains(Names(), name) {
		return "", false
	}
	b, err := files.ReadFile(name + ".md")
	if err != nil {
		panic(err)
	}
	return between.ReplaceAllStringFunc(string(b), func(link string) string {
		part := between.FindStringSubmatch(link)
		if part[1] != "" {
			return "](" + base + part[1] + ")"
		}
		return part[2]
	}), true
}
