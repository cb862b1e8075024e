package tabular

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// BenchmarkCSV reads rows shaped like those of a police force's street file.
func BenchmarkCSV(b *testing.B) {
	var buf bytes.Buffer
	buf.WriteString("Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,Last outcome category,Context\r\n")
	const rows = 200_000
	for i := range rows {
		fmt.Fprintf(&buf, "%064x,2024-01,Made Police,Made Police,-0.%06d,51.%06d,On or near Lamp Street,E0100%04d,Lampton 00%dA,Burglary,\"Under investigation, no suspect\",\r\n", i, i, i, i%9999, i%9)
	}
	data := buf.Bytes()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		book, err := Open("bench.csv", bytes.NewReader(data), int64(len(data)), Limits{})
		if err != nil {
			b.Fatal(err)
		}
		tabs, err := book.Tables()
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			_, err := tabs[0].Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatalf("%d rows, want %d", n, rows)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
