package accountweb_test

import (
	"testing"

	_ "lantern.example/lantern/internal/account/accountweb" // its templates
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/account/accountweb/") }
