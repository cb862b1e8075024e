package linkage

import "fmt"

// PlainColumns are the columns of Plain before the kinds of identifier.
var PlainColumns = []string{"source_dataset", "unique_id", "given_name", "family_name", "date_of_birth", "postcode", "sex"}

// Plain is a record as flat columns, for tools that know no more: PlainColumns,
// then one for each kind of identifier. The name is the first it is filed
// under; a date of birth that is not known in full is left out.
func (d *Dataset) Plain(i int) []string {
	r := &d.rows[i]
	source, id := d.Key(i)
	out := []string{source, id, "", "", "", "", ""}
	if r.names != 0 {
		if b := d.bagsOf(r.names)[0]; !d.book.bags[b].alias {
			for _, ref := range d.book.bagRefs(b) {
				at := 2
				switch refRole(ref) {
				case roleMiddle:
					continue
				case roleFamily:
					at = 3
				}
				if out[at] != "" {
					out[at] += " "
				}
				out[at] += string(d.book.words.text(ref & tokenMask))
			}
		}
	}
	if r.dob != 0 && r.flags&flagEstimated == 0 {
		out[4] = fmt.Sprintf("%04d-%02d-%02d", dobYear(r.dob), dobMonth(r.dob), dobDay(r.dob))
	}
	if r.nPlace > 0 {
		if u := d.places[r.place].unit; u != 0 {
			c := d.atlas.units.text(u)
			if ukUnit(c) {
				out[5] = string(c[:len(c)-3]) + " " + string(c[len(c)-3:])
			} else {
				out[5] = string(c)
			}
		}
	}
	out[6] = [...]string{"", "F", "M"}[r.sex]
	for k := range d.kinds {
		v := ""
		if r.mask&(1<<k) != 0 {
			v = string(d.vals[k].text(d.idValue(r, k)))
		}
		out = append(out, v)
	}
	return out
}

// LongestWord is how many bytes of one word of a name are compared; what stands after them is not.
const LongestWord = longestToken

// Nameless is how many records have no name that says anything.
func (d *Dataset) Nameless() int {
	n := 0
	for i := range d.rows {
		if d.rows[i].names == 0 {
			n++
		}
	}
	return n
}
