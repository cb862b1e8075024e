package operate_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"filippo.io/age"

	"lantern.example/lantern/internal/operate"
)

// resealed opens a backup, changes its manifest, and seals it again to the same key: what somebody could make
// who has the recipient's public half.
func resealed(t *testing.T, k *kept, change func(m *operate.Manifest)) []byte {
	t.Helper()
	f, err := os.Open(k.file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	plain, err := age.Decrypt(f, k.id)
	if err != nil {
		t.Fatal(err)
	}
	small, err := gzip.NewReader(plain)
	if err != nil {
		t.Fatal(err)
	}
	in := tar.NewReader(small)
	id, ok := k.id.(*age.X25519Identity)
	if !ok {
		t.Fatal("not the identity that was made")
	}
	var out bytes.Buffer
	secret, err := age.Encrypt(&out, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(secret)
	pack := tar.NewWriter(packed)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if h.Name == "manifest.json" {
			var m operate.Manifest
			if err := json.Unmarshal(b, &m); err != nil {
				t.Fatal(err)
			}
			change(&m)
			if b, err = json.Marshal(m); err != nil {
				t.Fatal(err)
			}
		}
		if err := pack.WriteHeader(&tar.Header{Name: h.Name, Mode: 0o600, Size: int64(len(b))}); err != nil {
			t.Fatal(err)
		}
		if _, err := pack.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(pack.Close(), packed.Close(), secret.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
