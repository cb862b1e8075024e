package structure

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var classAttribute = regexp.MustCompile(`class="([^"]*)"`)
var houseClass = regexp.MustCompile(`^lantern-[a-z_-]+$`)
var action = regexp.MustCompile(`\{\{[^}]*\}\}`)

// Every class of the house that a template uses is in the style sheet: a misspelt one looks like none.
func TestClassesHaveStyles(t *testing.T) {
	css, err := os.ReadFile(filepath.Join(root(t), "web/src/lantern.css"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range regexp.MustCompile(`\.(lantern-[a-z0-9_-]+)`).FindAllStringSubmatch(string(css), -1) {
		known[c[1]] = true
	}
	used := 0
	err = filepath.WalkDir(filepath.Join(root(t), "internal"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".html") || !strings.Contains(path, "/templates/") {
			return err
		}
		src, err := os.ReadFile(path) //nolint:gosec // our own file
		if err != nil {
			return err
		}
		for _, attribute := range classAttribute.FindAllStringSubmatch(string(src), -1) {
			for _, class := range strings.Fields(action.ReplaceAllString(attribute[1], " ")) {
				if !houseClass.MatchString(class) || strings.HasSuffix(class, "-") {
					continue
				}
				used++
				if !known[class] {
					t.Errorf("%s: the class %s has no style in web/src/lantern.css", strings.TrimPrefix(path, root(t)+"/"), class)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if used < 20 {
		t.Errorf("only %d uses of the house's classes were found: is the search right?", used)
	}
}
