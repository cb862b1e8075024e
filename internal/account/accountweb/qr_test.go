package accountweb

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/boombuler/barcode/qr"
)

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// The outline is the code's own squares, no more and no fewer, with the margin that cameras need.
func TestDraw(t *testing.T) {
	for _, text := range []string{"otpauth://totp/Lantern:ada@police.example?secret=ABCDEFGH", "x", "otpauth://totp/Lantern%2C%20A%20very%20long%20name%20of%20a%20partnership%20indeed:somebody.with.a.long.name@council.example?algorithm=SHA1&digits=6&issuer=Lantern&period=30&secret=ABCDEFGHABCDEFGHABCDEFGHABCDEFGH"} {
		code, err := qr.Encode(text, qr.M, qr.Auto)
		if err != nil {
			t.Fatal(err)
		}
		p, err := draw(text)
		if err != nil {
			t.Fatal(err)
		}
		n := code.Bounds().Dx()
		if p.Size != n+8 {
			t.Errorf("%q: the picture is %d wide, want %d and four on each side", text, p.Size, n)
		}
		black := map[[2]int]bool{}
		length := 0
		for _, m := range run.FindAllStringSubmatch(p.Path, -1) {
			var x, y, w, back int
			if _, err := fmt.Sscan(m[1], &x); err != nil {
				t.Fatal(err)
			}
			_, _ = fmt.Sscan(m[2], &y)    //nolint:errcheck // digits
			_, _ = fmt.Sscan(m[3], &w)    //nolint:errcheck // digits
			_, _ = fmt.Sscan(m[4], &back) //nolint:errcheck // digits
			if w != back {
				t.Fatalf("%q: a run goes %d there and %d back", text, w, back)
			}
			for i := range w {
				black[[2]int{x + i - 4, y - 4}] = true
			}
			length += len(m[0])
		}
		if length != len(p.Path) {
			t.Errorf("%q: the outline holds something else than runs: %s", text, p.Path)
		}
		for y := range n {
			for x := range n {
				r, _, _, _ := code.At(x, y).RGBA()
				if (r == 0) != black[[2]int{x, y}] {
					t.Fatalf("%q: the square at %d, %d is drawn wrongly", text, x, y)
				}
			}
		}
	}
}
