package fact

import "time"

// Retention is the class a fact is kept under and the day somebody must look at it again. The periods are
// where a partnership starts; its own schedule, once adopted, replaces them (package sharing).
//
// They follow two rules of thumb of the field: what was done to or by a child is looked at within a year,
// and depersonalised counts within six.
func Retention(class string, learnt time.Time) (retentionClass, reviewOn string) {
	years := 1
	switch class {
	case "open", "partnership":
		years = 10
	case "depersonal":
		years = 6
	}
	return "default-" + class, learnt.AddDate(years, 0, 0).Format("2006-01-02")
}
