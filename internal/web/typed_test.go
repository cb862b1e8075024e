package web

import "testing"

func TestABaseOpensTheVersionItCites(t *testing.T) {
	for in, want := range map[string]string{
		"12 people; definition: county-lines v2; source: A & B": `12 people; definition: <a class="govuk-link" href="/definitions/county-lines/2">county-lines v2</a>; source: A &amp; B`,
		`definition: <b>x</b> v1`:                               `definition: &lt;b&gt;x&lt;/b&gt; v1`,
		"no definition":                                         "no definition",
	} {
		if got := string(cited(in)); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
