package linkrun

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Spec is Lantern's own specification of a linkage.
type Spec struct {
	Version int `json:"lantern_link_spec"`
	// Columns says what columns hold, by source ("*" for all): column name to role.
	Columns map[string]map[string]role `json:"columns"`
	// OneToOne names sources in which nobody stands twice.
	OneToOne []string `json:"one_to_one"`

	splink []byte
}

func parseSpec(data []byte) (*Spec, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return &Spec{}, nil
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, inputErrorf("the specification is not JSON: %s", err)
	}
	if _, ok := keys["comparisons"]; ok {
		return &Spec{splink: data}, nil
	}
	if _, ok := keys["lantern_link_spec"]; !ok {
		return nil, inputErrorf("the specification is neither Lantern's (with lantern_link_spec) nor Splink's (with comparisons)")
	}
	var s Spec
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, inputErrorf("the specification: %s", err)
	}
	if s.Version != 1 {
		return nil, inputErrorf("the specification is of version %d; this program reads version 1", s.Version)
	}
	for source, cols := range s.Columns {
		for name, r := range cols {
			if !slices.Contains(roles, r) {
				return nil, inputErrorf("the specification gives column %q of %q the role %q; expected one of %s", name, source, r, roleList())
			}
		}
	}
	return &s, nil
}

func roleList() string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return strings.Join(out, ", ")
}

// forSource is what the specification says of a source's columns.
func (s *Spec) forSource(source string) map[string]role {
	if cols, ok := s.Columns[source]; ok {
		return cols
	}
	return s.Columns["*"]
}

// fits says which source the specification names that is neither a file's nor
// in the earlier run: a slip there would leave its words unused in silence.
func (s *Spec) fits(inputs []Input, earlier []string) error {
	have := slices.Clone(earlier)
	for i := range inputs {
		if n := sourceName(inputs[i].Name); !slices.Contains(have, n) {
			have = append(have, n)
		}
	}
	named := slices.Sorted(maps.Keys(s.Columns))
	for _, n := range append(named, s.OneToOne...) {
		if n != "*" && !slices.Contains(have, n) {
			return inputErrorf("the specification names the source %q; the sources are %s", n, quoteList(have))
		}
	}
	return nil
}
