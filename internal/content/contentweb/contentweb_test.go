package contentweb_test

import (
	"testing"

	_ "lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/content/contentweb/") }
