//go:build !linux

package operate

import (
	"errors"
	"runtime"
)

// freeSpace is not asked for on this system.
func freeSpace(string) (uint64, error) { return 0, errors.ErrUnsupported }

// volume is what can be known of the volume that a folder lies on: here, nothing.
type volume struct {
	Device, Mount, Kind string
	Crypt               bool
	Unknown             string
}

// volumeOf cannot look on this system.
func volumeOf(string) volume {
	return volume{Unknown: "Lantern does not look at disks on " + runtime.GOOS}
}
