package pictureweb_test

import (
	"testing"

	_ "lantern.example/lantern/internal/picture/pictureweb" // its templates
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/picture/pictureweb/") }
