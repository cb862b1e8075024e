package operate

import (
	"bufio"
	"fmt"
	"io"
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

// volume is what can be known of the volume that a folder lies on.
type volume struct {
	Device, Mount, Kind string // as /proc/self/mountinfo has them
	Crypt               bool   // it, or one under it, is dm-crypt's
	Unknown             string // why it cannot be told from here; "" when it can
}

// volumeOf looks at the mounts and at the kernel's own account of the device (sysfs).
func volumeOf(dir string) volume {
	v := mountOf(dir)
	var s syscall.Stat_t
	if err := syscall.Stat(dir, &s); err != nil {
		v.Unknown = "the folder cannot be looked at"
		return v
	}
	major, minor := (s.Dev>>8)&0xfff|(s.Dev>>32)&^0xfff, s.Dev&0xff|(s.Dev>>12)&^0xff
	block := fmt.Sprintf("/sys/dev/block/%d:%d", major, minor)
	v.Crypt = crypt(block, 0)
	_, err := os.Stat(block)
	switch {
	case v.Crypt:
	case v.Kind == "overlay":
		v.Unknown = "Lantern runs in a container: the disk is the host's"
	case v.Kind == "tmpfs" || v.Kind == "ramfs":
		v.Unknown = "it is memory and not a disk; what is swapped out lies on the swap's disk"
	case strings.HasPrefix(v.Kind, "nfs") || v.Kind == "cifs" || v.Kind == "smb3" || strings.HasPrefix(v.Kind, "fuse") || v.Kind == "9p" || v.Kind == "virtiofs":
		v.Unknown = "it lies on another machine, or the host's, by " + v.Kind
	case v.Kind == "zfs" || v.Kind == "btrfs" || v.Kind == "ecryptfs" || v.Kind == "fscrypt":
		v.Unknown = v.Kind + " may encrypt by itself, which the kernel does not show here"
	case err != nil:
		v.Unknown = "the kernel shows no disk under it"
	}
	return v
}

// mountOf is the mount that a folder lies on: the one with the longest path above it.
func mountOf(dir string) volume {
	var v volume
	abs, err := filepath.Abs(dir)
	if err != nil {
		return v
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return v
	}
	defer f.Close() //nolint:errcheck // only read
	return mountIn(f, abs)
}

// mountIn reads mountinfo: "36 35 98:0 /root /mount options - kind device options".
func mountIn(r io.Reader, abs string) volume {
	var v volume
	line := bufio.NewScanner(r)
	for line.Scan() {
		left, right, ok := strings.Cut(line.Text(), " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 5 || len(r) < 2 {
			continue
		}
		at := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(l[4])
		if (abs == at || strings.HasPrefix(abs, strings.TrimSuffix(at, "/")+"/")) && len(at) >= len(v.Mount) {
			v.Mount, v.Kind, v.Device = at, r[0], r[1]
		}
	}
	return v
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
