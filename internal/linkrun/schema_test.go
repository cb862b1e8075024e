package linkrun

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The roles that docs/schema names are those a specification may give.
func TestSchemaNamesTheRoles(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", "link-spec.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs struct {
			Role struct {
				Enum []role `json:"enum"`
			} `json:"role"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(doc.Defs.Role.Enum, roles) {
		t.Errorf("the schema names %q, the program takes %q", doc.Defs.Role.Enum, roles)
	}
}
