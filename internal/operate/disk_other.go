//go:build !linux

package operate

import "errors"

// freeSpace is not asked for on this system.
func freeSpace(string) (uint64, error) { return 0, errors.ErrUnsupported }

// encrypted cannot be known on this system.
func encrypted(string) bool { return false }
