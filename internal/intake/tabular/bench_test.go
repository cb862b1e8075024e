package tabular

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
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

// BenchmarkXLSX reads a workbook of 200,000 rows in 12 columns, a fifth of them dates.
func BenchmarkXLSX(b *testing.B) {
	const rows = 200_000
	day := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)
	var buf bytes.Buffer
	err := WriteXLSX(&buf, day, []OutSheet{{Name: "Rows", Header: strings.Split("a,b,c,d,e,f,g,h,i,j,k,l", ","), Rows: func(yield func([]any, error) bool) {
		for i := range rows {
			if !yield([]any{i, fmt.Sprintf("ref %d", i), day, day, "Lamp Street", 51.5, -0.1, "Burglary", "Made Police", "E0100", true, nil}, nil) {
				return
			}
		}
	}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		book, err := Open("bench.xlsx", bytes.NewReader(buf.Bytes()), int64(buf.Len()), Limits{})
		if err != nil {
			b.Fatal(err)
		}
		tabs, err := book.Tables()
		if err != nil {
			b.Fatal(err)
		}
		n, most := 0, uint64(0)
		for {
			_, err := tabs[0].Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			if n++; n%20_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
		if n != rows {
			b.Fatalf("%d rows, want %d", n, rows)
		}
		b.ReportMetric(float64(most)/(1<<20), "MB-heap")
		if err := book.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
