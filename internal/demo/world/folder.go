package world

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteTo writes the world as a folder that can be assessed: partners' files under their own paths, and the county under
// geography. The truth is not in it; see Truth.WriteCSV.
func (w *World) WriteTo(dir string) error {
	files := append([]File{
		{Path: "geography/wrenshire.geojson", Bytes: w.Geography.Boundaries},
		{Path: "geography/features.geojson", Bytes: w.Geography.Features},
		{Path: "geography/postcodes.csv", Bytes: w.Geography.Postcodes},
	}, w.Files...)
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("making a folder for %s: %w", f.Path, err)
		}
		if err := os.WriteFile(path, f.Bytes, 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", f.Path, err)
		}
	}
	return nil
}
