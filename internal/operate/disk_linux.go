package operate

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// freeSpace is how many bytes this user can still write in a folder.
func freeSpace(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil //nolint:gosec // a block's size is positive
}

// encrypted reports whether a folder's volume, or one under it, is dm-crypt's. False means "not known to be".
func encrypted(dir string) bool {
	var s syscall.Stat_t
	if err := syscall.Stat(dir, &s); err != nil {
		return false
	}
	major, minor := (s.Dev>>8)&0xfff|(s.Dev>>32)&^0xfff, s.Dev&0xff|(s.Dev>>12)&^0xff
	return crypt(fmt.Sprintf("/sys/dev/block/%d:%d", major, minor), 0)
}

const deepest = 8 // volumes on volumes

func crypt(block string, depth int) bool {
	if depth > deepest {
		return false
	}
	if f, err := os.Open(filepath.Join(block, "dm", "uuid")); err == nil { //nolint:gosec // the kernel's own
		line := bufio.NewScanner(f)
		found := line.Scan() && strings.HasPrefix(line.Text(), "CRYPT-")
		_ = f.Close() //nolint:errcheck // only read
		if found {
			return true
		}
	}
	under, err := filepath.Glob(filepath.Join(block, "slaves", "*"))
	if err != nil {
		return false
	}
	for _, u := range under {
		if crypt(u, depth+1) {
			return true
		}
	}
	return false
}
