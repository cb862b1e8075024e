package strsim

// Soundex is the American Soundex code of an ASCII name (letter and three
// digits), as the United States National Archives describe it; "" when the
// name holds no letter A to Z.
func Soundex(name string) string {
	const codes = "01230120022455012623010202" // a to z; 0 is a vowel, h, w or y
	var out [4]byte
	n := 0
	last := byte('0')
	for i := 0; i < len(name) && n < 4; i++ {
		c := name[i] | 0x20
		if c < 'a' || c > 'z' {
			continue
		}
		code := codes[c-'a']
		if n == 0 {
			out[0], n, last = c-0x20, 1, code
			continue
		}
		switch {
		case code == '0':
			if c != 'h' && c != 'w' {
				last = '0'
			}
		case code != last:
			out[n] = code
			n++
			last = code
		}
	}
	if n == 0 {
		return ""
	}
	for ; n < 4; n++ {
		out[n] = '0'
	}
	return string(out[:])
}
