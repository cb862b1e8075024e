package tabular

// Limits bounds what a file may ask of the machine. A zero field takes its value from DefaultLimits.
type Limits struct {
	FileBytes     int64 // size of the file as it was sent
	UnpackedBytes int64 // size of all its contents once decompressed
	Entries       int   // parts in a workbook's ZIP container
	// Ratio is how many times larger the contents may be than the file; it is looked at once RatioFrom bytes have
	// been unpacked, so that small repetitive files pass. Real exports stay far below 100, deflate ends at about 1,030.
	Ratio     int64
	RatioFrom int64
	RowBytes  int // one row of a CSV file
	CellBytes int // one cell
	Columns   int // cells in one row
}

// DefaultLimits are 512 MB a file, 4 GB unpacked and 10,000 parts, and Excel's own 16,384 columns.
func DefaultLimits() Limits {
	return Limits{
		FileBytes: 512 << 20, UnpackedBytes: 4 << 30, Entries: 10_000,
		Ratio: 200, RatioFrom: 16 << 20,
		RowBytes: 16 << 20, CellBytes: 1 << 20, Columns: 16_384,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	orDefault(&l.FileBytes, d.FileBytes)
	orDefault(&l.UnpackedBytes, d.UnpackedBytes)
	orDefault(&l.Entries, d.Entries)
	orDefault(&l.Ratio, d.Ratio)
	orDefault(&l.RatioFrom, d.RatioFrom)
	orDefault(&l.RowBytes, d.RowBytes)
	orDefault(&l.CellBytes, d.CellBytes)
	orDefault(&l.Columns, d.Columns)
	return l
}

func orDefault[T int | int64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// isBomb says whether unpacked bytes out of packed bytes are more than an honest file would hold.
func (l Limits) isBomb(packed, unpacked int64) bool {
	return unpacked > l.RatioFrom && unpacked > packed*l.Ratio
}
