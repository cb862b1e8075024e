package operate

import (
	"os"
	"strings"
	"testing"
)

// The mount a folder lies on is the one with the longest path above it, spaces and all.
func TestWhichMountAFolderLiesOn(t *testing.T) {
	const mounts = `22 1 254:0 / / rw,relatime - ext4 /dev/mapper/root rw
30 22 0:25 / /run rw - tmpfs tmpfs rw
40 22 254:1 / /srv/lan rw - xfs /dev/sdb1 rw
41 22 254:2 / /srv/lantern\040data rw - ext4 /dev/mapper/crypt rw
nonsense
`
	for dir, want := range map[string]string{"/srv/lantern data/x": "/dev/mapper/crypt", "/srv/lantern": "/dev/mapper/root", "/srv/lan": "/dev/sdb1", "/srv/lan/deep/er": "/dev/sdb1", "/run/x": "tmpfs", "/": "/dev/mapper/root"} {
		if got := mountIn(strings.NewReader(mounts), dir); got.Device != want {
			t.Errorf("%s lies on %q, want %q", dir, got.Device, want)
		}
	}
	v := volumeOf(t.TempDir())
	if !v.Crypt && v.Unknown == "" && v.Device == "" {
		t.Errorf("of this machine's own temporary folder nothing is said: %+v", v)
	}
	if v := volumeOf("/proc"); v.Crypt {
		t.Errorf("/proc is said to be encrypted: %+v", v)
	}
	if _, err := os.Stat("/dev/shm"); err == nil {
		if v := volumeOf("/dev/shm"); v.Kind == "tmpfs" && !strings.Contains(v.Unknown, "memory") {
			t.Errorf("memory is taken for a disk: %+v", v)
		}
	}
}
