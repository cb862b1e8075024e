package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// builder writes files and keeps the first error, after which it does nothing.
type builder struct {
	modules, source, out string

	files, bytes int
	err          error
}

// clear empties the folder but for the placeholder that version control keeps.
func (b *builder) clear() {
	entries, err := os.ReadDir(b.out)
	if err != nil {
		b.err = err
		return
	}
	for _, e := range entries {
		if e.Name() == "placeholder.txt" || b.err != nil {
			continue
		}
		b.err = os.RemoveAll(filepath.Join(b.out, e.Name()))
	}
}

func (b *builder) read(elements ...string) []byte {
	if b.err != nil {
		return nil
	}
	content, err := os.ReadFile(filepath.Join(elements...))
	b.err = err
	return content
}

func (b *builder) write(name string, content []byte) {
	if b.err != nil {
		return
	}
	file := filepath.Join(b.out, filepath.FromSlash(name))
	if b.err = os.MkdirAll(filepath.Dir(file), 0o755); b.err != nil {
		return
	}
	b.err = os.WriteFile(file, content, 0o644)
	b.files++
	b.bytes += len(content)
}

// designSystems takes the ready-made style sheets and the pictures they name.
// Scripts come in through our own bundle.
func (b *builder) designSystems() {
	sheets := map[string]string{
		"govuk-frontend.min.css": filepath.Join(b.modules, "govuk-frontend", "dist", "govuk"),
		"moj-frontend.min.css":   filepath.Join(b.modules, "@ministryofjustice", "frontend", "moj"),
	}
	for name, folder := range sheets {
		css, pictures, err := houseStyle(string(b.read(folder, name)))
		if err != nil && b.err == nil {
			b.err = fmt.Errorf("%s: %w", name, err)
		}
		b.write(name, []byte(css))
		for _, picture := range pictures {
			b.write("images/"+picture, b.read(folder, "assets", "images", picture))
		}
	}
}

// maplibre copies the map library as it is shipped: bundled, it would no
// longer find its worker.
func (b *builder) maplibre() {
	dist := filepath.Join(b.modules, "maplibre-gl", "dist")
	for _, name := range []string{"maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl-shared.mjs", "maplibre-gl.css"} {
		b.write(name, []byte(withoutSourceMap(string(b.read(dist, name)))))
	}
}

// own bundles the scripts and styles of web/src and copies its pictures.
func (b *builder) own() {
	if b.err != nil {
		return
	}
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{
			filepath.Join(b.source, "lantern.js"),
			filepath.Join(b.source, "js-enabled.js"),
			filepath.Join(b.source, "map.js"),
			filepath.Join(b.source, "lantern.css"),
		},
		NodePaths: []string{b.modules},
		Outdir:    b.out,
		Bundle:    true,
		// The map and its library are loaded beside the bundle, when a page has one.
		External:          []string{"./map.js", "./maplibre-gl.mjs", "*.svg"},
		Format:            api.FormatESModule,
		Target:            api.ES2020,
		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,
		LegalComments:     api.LegalCommentsInline,
		Charset:           api.CharsetUTF8,
		LogLevel:          api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		lines := api.FormatMessages(result.Errors, api.FormatMessagesOptions{})
		b.err = errors.New(strings.TrimSpace(strings.Join(lines, "")))
		return
	}
	for _, f := range result.OutputFiles {
		b.write(filepath.Base(f.Path), f.Contents)
	}
	pictures, err := os.ReadDir(filepath.Join(b.source, "images"))
	if err != nil {
		b.err = err
	}
	for _, p := range pictures {
		b.write("images/"+p.Name(), b.read(b.source, "images", p.Name()))
	}
}
