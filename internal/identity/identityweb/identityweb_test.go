package identityweb

import (
	"testing"

	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/identity/identityweb/") }
