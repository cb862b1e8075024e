package web

// Side is one field of two texts set beside each other: as it is saved now, and as the reader wrote it. The
// template part "sides" shows them.
type Side struct {
	Label, Now, Yours string
	Differs           bool
}

// Sides sets two fillings of the same form beside each other, leaving out what is hidden and the reason.
func Sides(now, mine *Form) []Side {
	var out []Side
	for i, f := range now.Fields {
		if f.Kind == Hidden || f.Kind == FileInput || f.Name == "why" {
			continue
		}
		s := Side{Label: f.Label, Now: f.Shown(), Yours: mine.Fields[i].Shown()}
		s.Differs = s.Now != s.Yours
		out = append(out, s)
	}
	return out
}

// Shown is the answer in words: an option's label, a date as people write it.
func (f *Field) Shown() string {
	if f.Kind == Checkboxes {
		words := ""
		for _, o := range f.Options {
			if f.Chosen(o.Value) {
				if words != "" {
					words += ", "
				}
				words += o.Label
			}
		}
		return words
	}
	for _, o := range f.Options {
		if o.Value == f.Value {
			return o.Label
		}
	}
	if f.Kind == DateInput {
		return ShowDate(f.Value)
	}
	return f.Value
}
