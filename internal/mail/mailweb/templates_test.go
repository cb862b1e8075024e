package mailweb_test

import (
	"testing"

	_ "lantern.example/lantern/internal/mail/mailweb" // its templates

	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/mail/mailweb/") }
