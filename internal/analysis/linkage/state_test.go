package linkage

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"
)

// FuzzReadState changes bytes of one part of a written state and sums it up again,
// as nothing but intent would: it is read or refused, and what is read can be
// written and asked.
func FuzzReadState(f *testing.F) {
	recs, _ := population(f, 22, 40)
	var buf bytes.Buffer
	if err := run(f, recs, Options{}).State(make([]uint32, len(recs))).Write(&buf); err != nil {
		f.Fatal(err)
	}
	good := buf.Bytes()
	x, err := newDecoder(bytes.NewReader(good))
	if err != nil {
		f.Fatal(err)
	}
	for i := range x.parts {
		f.Add(uint16(i), uint32(i*7), []byte{0xff, 0xff, 0xff, 0x7f})
		f.Add(uint16(i), uint32(4), []byte{1, 0, 0, 0, 9})
	}
	f.Fuzz(func(t *testing.T, part uint16, at uint32, bad []byte) {
		data := bytes.Clone(good)
		p := x.parts[int(part)%len(x.parts)]
		if p.size == 0 {
			return
		}
		body := data[p.at : p.at+p.size]
		copy(body[int64(at)%p.size:], bad)
		list := data[len(data)-footSize-listedSize*len(x.parts) : len(data)-footSize]
		binary.LittleEndian.PutUint32(list[int(part)%len(x.parts)*listedSize+8:], crc32.Checksum(body, castagnoli))
		binary.LittleEndian.PutUint32(data[len(data)-footSize+4:], crc32.Checksum(list, castagnoli))
		s, err := ReadState(bytes.NewReader(data), DefaultTables(), 1)
		if err != nil {
			return
		}
		if err := s.Write(io.Discard); err != nil {
			t.Fatal(err)
		}
		index, err := NewIndex(s, Options{})
		if err != nil {
			return
		}
		if _, err := index.Match(&recs[int(at)%len(recs)]); err != nil {
			t.Log(err)
		}
	})
}
