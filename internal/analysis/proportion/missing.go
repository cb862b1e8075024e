package proportion

import "fmt"

// Bounds is the smallest and largest share of everybody enrolled who can have
// improved, whatever happened to those who were not asked again: improved over
// enrolled, and improved plus all the missing over enrolled.
func Bounds(improved, followedUp, enrolled int) (Interval, error) {
	switch {
	case enrolled < 1:
		return Interval{}, fmt.Errorf("bounds need at least 1 person enrolled, got %d", enrolled)
	case followedUp < 0 || followedUp > enrolled:
		return Interval{}, fmt.Errorf("followed up must lie between 0 and the %d enrolled, got %d", enrolled, followedUp)
	case improved < 0 || improved > followedUp:
		return Interval{}, fmt.Errorf("improved must lie between 0 and the %d followed up, got %d", followedUp, improved)
	}
	all := float64(enrolled)
	return Interval{float64(improved) / all, float64(improved+enrolled-followedUp) / all}, nil
}
