package intake_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

var now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// kept is a sink that keeps what it was given, by row: a transaction that is tried again changes nothing.
type kept struct {
	mu   sync.Mutex
	rows map[string]intake.Taken
	fail func(call int) error // what Take answers, by its number from 1
	call int
}

func (k *kept) Take(_ context.Context, _ *database.Tx, _ *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.call++
	if k.fail != nil {
		if err := k.fail(k.call); err != nil {
			return intake.Placing{}, err
		}
	}
	for _, r := range rows {
		k.rows[r.RecordID] = r
	}
	return intake.Placing{}, nil
}

func (k *kept) Purge(context.Context, *database.Tx, string, int) (int64, error) { return 0, nil }

type asked struct {
	mu    sync.Mutex
	kinds []string
}

func (a *asked) Enqueue(_ context.Context, tx *database.Tx, kind string, v any) error {
	tx.AfterCommit(func() { a.mu.Lock(); a.kinds = append(a.kinds, fmt.Sprint(kind, " ", v)); a.mu.Unlock() })
	return nil
}

// bench is a store on a database with events and a sink that keeps rows.
type bench struct {
	*intake.Store
	db   *database.DB
	sink *kept
	jobs *asked
}

func newBench(db *database.DB) *bench {
	c := clock.At(now)
	ids := clock.NewIDs(c, nil)
	b := &bench{db: db, sink: &kept{rows: map[string]intake.Taken{}}, jobs: &asked{}}
	record := func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }
	b.Store = intake.NewStore(db, c, ids, b.jobs, record, event.NewStore(c, ids, nil), b.sink)
	return b
}

var police = access.Scope{Account: "a", Agency: "police", Role: access.Analyst, Purpose: access.CommunitySafety, Closed: access.ClosedTo(access.Analyst)}

func (b *bench) load(name string, file []byte, change func(*intake.Input)) (*intake.Load, error) {
	in := intake.Input{Name: name, File: bytes.NewReader(file), Size: int64(len(file)), Agency: "police", Basis: intake.OwnBasis, Identified: true}
	if change != nil {
		change(&in)
	}
	return b.Load(context.Background(), police, in)
}

// events counts what readers of the agency see.
func (b *bench) events(t *testing.T) int {
	t.Helper()
	total, err := event.NewStore(clock.At(now), nil, nil).Total(context.Background(), b.db.Reader(), police, event.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return total.Events
}

func (b *bench) count(t *testing.T, table string) int {
	t.Helper()
	n, err := database.One(context.Background(), b.db.Reader(), database.Value[int], "SELECT count(*) FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func wide(s string, order binary.ByteOrder, mark bool) []byte {
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xFEFF}, units...)
	}
	out := make([]byte, 2*len(units))
	for i, u := range units {
		order.PutUint16(out[2*i:], u)
	}
	return out
}

func book(t *testing.T, rows [][]any, edit func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // in memory
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(f)
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func locked(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // in memory
	var buf bytes.Buffer
	if err := f.Write(&buf, excelize.Options{Password: "made up"}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// oldBook is what begins an Excel 97 workbook: a compound file whose directory names the stream Workbook.
func oldBook() []byte {
	b := make([]byte, 2048)
	copy(b, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	copy(b[1024:], wide("Workbook", binary.LittleEndian, false))
	return b
}

func gz(t *testing.T, write func(w io.Writer)) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	write(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// zipBomb is a workbook whose one sheet unpacks to 200 MB of a single repeated row.
func zipBomb(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	add := func(name string, write func(w io.Writer)) {
		w, err := zw.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		write(w)
	}
	add("[Content_Types].xml", func(w io.Writer) {
		io.WriteString(w, `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`) //nolint:errcheck // in memory
	})
	add("xl/workbook.xml", func(w io.Writer) { io.WriteString(w, "<workbook/>") }) //nolint:errcheck // in memory
	add("xl/worksheets/sheet1.xml", func(w io.Writer) {
		row := []byte(strings.Repeat(`<row r="1"><c r="A1"><v>1</v></c></row>`, 25_000))
		for range 200 {
			w.Write(row) //nolint:errcheck // in memory
		}
	})
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const plain = "Date,Type,Place\n01/02/2026,Robbery,Café Street\n15/02/2026,Robbery,Mill Lane\n"

// bad is one file of the kind that partners send and the effect it must have: taken of read rows, or the words in which it
// is refused.
type bad struct {
	name, file string
	data       []byte
	change     func(*intake.Input)
	read       int64
	taken      int64
	reasons    []string // of refusals and warnings, one each, that must be among those given
	notes      []string // that must be among those given
	refused    []string // words of the error, when the whole file is refused
	check      func(t *testing.T, b *bench, l *intake.Load)
}

func dates(b *bench) []string {
	var out []string
	for _, r := range b.sink.rows {
		if e := profile.EventOf(r.Record); e != nil {
			out = append(out, e.Date.String())
		}
	}
	slices.Sort(out)
	return out
}

func wantDates(want ...string) func(*testing.T, *bench, *intake.Load) {
	return func(t *testing.T, b *bench, _ *intake.Load) {
		t.Helper()
		if got := dates(b); !slices.Equal(got, want) {
			t.Errorf("dates %q, want %q", got, want)
		}
	}
}

func wantPlace(want string) func(*testing.T, *bench, *intake.Load) {
	return func(t *testing.T, b *bench, _ *intake.Load) {
		t.Helper()
		for _, r := range b.sink.rows {
			if profile.EventOf(r.Record).Location.Text == want {
				return
			}
		}
		t.Errorf("no row with the place %q", want)
	}
}

func nasty(t *testing.T) []bad {
	t.Helper()
	return []bad{
		{name: "UTF-16 with a mark", file: "a.csv", data: wide(plain, binary.LittleEndian, true), read: 2, taken: 2, check: wantPlace("Café Street")},
		{name: "UTF-16, the other way round, without a mark", file: "a.csv", data: wide(plain, binary.BigEndian, false), read: 2, taken: 2, check: wantPlace("Café Street")},
		{name: "Windows-1252", file: "a.csv", data: []byte(strings.ReplaceAll(plain, "é", "\xe9")), read: 2, taken: 2, notes: []string{"Windows-1252"}, check: wantPlace("Café Street")},
		{name: "semicolons", file: "a.csv", data: []byte(strings.ReplaceAll(plain, ",", ";")), read: 2, taken: 2, check: wantPlace("Mill Lane")},
		{name: "tabs and carriage returns", file: "a.txt", data: []byte(strings.NewReplacer(",", "\t", "\n", "\r\n").Replace(plain)), read: 2, taken: 2, check: wantPlace("Mill Lane")},
		{name: "gzip", file: "a.csv.gz", data: gz(t, func(w io.Writer) { io.WriteString(w, plain) }), read: 2, taken: 2, check: wantPlace("Café Street")}, //nolint:errcheck // in memory
		{name: "title rows above the header", file: "a.csv", data: []byte("Monthly extract,,\nOFFICIAL SENSITIVE,,\n\n" + plain), read: 2, taken: 2, check: func(t *testing.T, b *bench, _ *intake.Load) {
			for _, r := range b.sink.rows {
				if r.Row.Number < 5 {
					t.Errorf("a data row has number %d; the header is in row 4", r.Row.Number)
				}
			}
		}},
		{name: "merged headings", file: "a.xlsx", data: book(t, [][]any{{"Incident", nil, nil}, {"Date", "Type", "Place"}, {"01/02/2026", "Robbery", "Mill Lane"}, {"15/02/2026", "Robbery", "Mill Lane"}}, func(f *excelize.File) {
			if err := f.MergeCell("Sheet1", "A1", "B1"); err != nil {
				t.Fatal(err)
			}
		}), read: 2, taken: 2, check: wantDates("2026-02-01", "2026-02-15")},
		{name: "duplicate columns", file: "a.csv", data: []byte("Date,Type,Place,Place\n13/02/2026,Robbery,Mill Lane,High Road\n"), read: 1, taken: 1, check: wantDates("2026-02-13")},
		{name: "dates as Excel's serial numbers", file: "a.csv", data: []byte("Date,Type,Place\n46066,Robbery,Mill Lane\n46067,Robbery,Mill Lane\n"), read: 2, taken: 2, check: wantDates("2026-02-13", "2026-02-14")},
		{name: "dates typed by Excel", file: "a.xlsx", data: book(t, [][]any{{"Date", "Type", "Place"}, {time.Date(2026, 2, 13, 0, 0, 0, 0, time.UTC), "Robbery", "Mill Lane"}}, nil), read: 1, taken: 1, check: wantDates("2026-02-13")},
		{name: "days and months in mixed order", file: "a.csv", data: []byte("Date,Type,Place\n13/02/2026,Robbery,A\n02/14/2026,Robbery,B\n03/04/2026,Robbery,C\n"), read: 3, taken: 2,
			reasons: []string{"either way round"}, notes: []string{"mixed"}, check: wantDates("2026-02-13", "2026-02-14")},
		{name: "the date that settles the order stands in row 1,002", file: "a.csv", data: []byte("Date,Type,Place\n" + strings.Repeat("03/04/2026,Robbery,C\n", 1000) + "04/25/2026,Robbery,B\n"), read: 1001, taken: 1001,
			notes: []string{"month first"}, check: func(t *testing.T, b *bench, _ *intake.Load) {
				if got := dates(b); got[0] != "2026-03-04" || got[1000] != "2026-04-25" {
					t.Errorf("dates from %s to %s, want 2026-03-04 to 2026-04-25: a whole small file settles the order", got[0], got[1000])
				}
			}},
		{name: "31/12/1899 for no date", file: "a.csv", data: []byte("Date,Type,Place\n31/12/1899,Robbery,Mill Lane\n13/02/2026,Robbery,Mill Lane\n"), read: 2, taken: 1, reasons: []string{"systems write when there is none"}, check: wantDates("2026-02-13")},
		{name: "a date that does not exist", file: "a.csv", data: []byte("Date,Type,Place\n30/02/2026,Robbery,Mill Lane\n13/02/2026,Robbery,Mill Lane\n"), read: 2, taken: 1, reasons: []string{"no such day"}},
		{name: "lost leading zeros", file: "a.csv", data: []byte("Surname,Forename,DOB,UPN,Nominal number\nAsh,Kim,13/02/2010,B801200005001,00123\nElm,Jo,14/02/2010,B801200005001,123\n"), read: 2, taken: 2, check: func(t *testing.T, b *bench, _ *intake.Load) {
			var got []string
			for _, r := range b.sink.rows {
				got = append(got, profile.PersonOf(r.Record).Identifier(profile.PoliceID))
			}
			slices.Sort(got)
			if !slices.Equal(got, []string{"00123", "123"}) {
				t.Errorf("numbers %q, want 00123 and 123 apart: a zero that is there stays, one that was lost is not made up", got)
			}
		}},
		{name: "references in scientific notation", file: "a.csv", data: []byte("Surname,Forename,DOB,Nominal number\nAsh,Kim,13/02/2010,1.2E+09\nElm,Jo,14/02/2010,1200000001\n"), read: 2, taken: 2, reasons: []string{"scientific notation"}},
		{name: "a line break in a quoted cell", file: "a.csv", data: []byte("Date,Type,Place\n13/02/2026,Robbery,\"Mill\nLane\"\n99/99/9999,Robbery,Mill Lane\n"), read: 2, taken: 1, check: func(t *testing.T, b *bench, l *intake.Load) {
			r, err := b.Refusals(context.Background(), b.db.Reader(), police, l.ID, false, 10, 0)
			if err != nil || len(r) != 1 || r[0].Row != 3 || r[0].Column != "Date" || r[0].Shape != "99/99/9999" {
				t.Errorf("refusals %+v (%v), want row 3, column Date, as a spreadsheet counts", r, err)
			}
		}},
		{name: "NUL bytes", file: "a.csv", data: []byte("Date,Type,Place\n13/02/2026,Robbery,Mill\x00 Lane\n14/02/2026,Robbery,High Road\n"), read: 2, taken: 1, reasons: []string{"NUL"}},
		{name: "ragged rows", file: "a.csv", data: []byte("Date,Type,Place\n13/02/2026,Robbery\n14/02/2026,Robbery,Mill Lane,left over,more\n15/02/2026,Robbery,Mill Lane\n"), read: 3, taken: 2, check: wantDates("2026-02-13", "2026-02-15")},
		{name: "a total at the foot", file: "a.csv", data: []byte("Date,Type,Place,Count\n13/02/2026,Robbery,Mill Lane,1\n14/02/2026,Robbery,Mill Lane,1\nTotal,,,2\n"), read: 3, taken: 2, reasons: []string{"total"}},
		{name: "two tables on a sheet", file: "a.xlsx", data: book(t, [][]any{{"Date", "Type", "Place"}, {"13/02/2026", "Robbery", "Mill Lane"}, {"14/02/2026", "Robbery", "Mill Lane"}, {}, {}, {"Ward", "Total", "Rate"}, {"North", 3, 0.5}, {"South", 4, 0.7}}, nil),
			read: 5, taken: 2, reasons: []string{"expected"}},
		{name: "a formula is never worked out", file: "a.csv", data: []byte("Date,Type,Place\n13/02/2026,Robbery,\"=HYPERLINK(\"\"http://x\"\")\"\n"), read: 1, taken: 1, check: wantPlace(`=HYPERLINK("http://x")`)},
		{name: "people without names", file: "a.csv", data: []byte("Surname,Forename,DOB\nAsh,Kim,13/02/2010\n,,14/02/2010\n"), change: func(in *intake.Input) { in.Identified, in.Basis = false, intake.CountsBasis }, read: 2, taken: 1,
			check: func(t *testing.T, b *bench, l *intake.Load) {
				for _, r := range b.sink.rows {
					if p := profile.PersonOf(r.Record); p.Name().Known() || !p.DeIdentified {
						t.Error("a name was kept without a basis")
					}
				}
				r, err := b.Refusals(context.Background(), b.db.Reader(), police, l.ID, false, 10, 0)
				if err != nil || len(r) == 0 || r[0].Cells != nil {
					t.Errorf("refusals %+v (%v): want one, without its cells", r, err)
				}
			}},

		{name: "merged headings whose joined names nobody knows", file: "a.xlsx", data: book(t, [][]any{{"Nature", nil, "Whereabouts"}, {"Date", "Type", "Place"}, {"01/02/2026", "Robbery", "Mill Lane"}}, func(f *excelize.File) {
			if err := f.MergeCell("Sheet1", "A1", "B1"); err != nil {
				t.Fatal(err)
			}
		}), refused: []string{"a.xlsx", "a mapping"}},
		{name: "an old workbook under the name .xlsx", file: "old.xlsx", data: oldBook(), refused: []string{"old.xlsx", "old Excel workbook", "save it as .xlsx"}},
		{name: "a password", file: "locked.xlsx", data: locked(t), refused: []string{"locked.xlsx", "password"}},
		{name: "a zip bomb", file: "bomb.xlsx", data: zipBomb(t), refused: []string{"bomb.xlsx"}},
		{name: "a gzip bomb", file: "bomb.csv.gz", data: gz(t, func(w io.Writer) {
			row := bytes.Repeat([]byte("1,2,3\n"), 100_000)
			for range 400 {
				w.Write(row) //nolint:errcheck // in memory
			}
		}), refused: []string{"bomb.csv.gz"}},
		{name: "an empty file", file: "empty.csv", data: nil, refused: []string{"empty.csv", "empty file"}},
		{name: "a header and no more", file: "header.csv", data: []byte("Date,Type,Place\n"), read: 0, taken: 0, check: func(t *testing.T, _ *bench, l *intake.Load) {
			if !strings.Contains(l.Words, "column names and no rows under them") {
				t.Errorf("it says %q", l.Words)
			}
		}},
		{name: "one id twice", file: "a.csv", data: []byte("Record ID,Surname,Forename,DOB\n1,Ash,Kim,01/02/2010\n1,Ely,Jo,03/04/2011\n"), read: 2, taken: 2, notes: []string{"1 row has a record id that an earlier row has"}},
		{name: "a column that is empty in every row", file: "a.csv", data: []byte("Record ID,Surname,Forename,DOB\n1,Ash,Kim,\n2,Ely,Jo,\n"), read: 2, taken: 2, notes: []string{"Empty in every row: \"DOB\""}},
		{name: "a binary", file: "a.csv", data: bytes.Repeat([]byte{1, 2, 3, 0, 200, 7, 9}, 100), refused: []string{"a.csv", "binary"}},
		{name: "a PDF", file: "report.pdf", data: []byte("%PDF-1.7\nrest"), refused: []string{"report.pdf", "PDF"}},
		{name: "columns nobody knows", file: "x.csv", data: []byte("Foo,Bar\n1,2\n"), refused: []string{"x.csv"}},
		{name: "a profile it does not fit", file: "x.csv", data: []byte(plain), change: func(in *intake.Input) { in.Profile = profile.Flows }, refused: []string{"x.csv", "row 1", "flows"}},
		{name: "a profile that does not exist", file: "x.csv", data: []byte(plain), change: func(in *intake.Input) { in.Profile = "nonsense" }, refused: []string{"nonsense"}},
		{name: "nothing that can be taken", file: "x.csv", data: []byte("Date,Type,Place\nnot a date,Robbery,A\nneither,Robbery,B\n"), read: 2, taken: 0, check: func(t *testing.T, b *bench, l *intake.Load) {
			if l.State != "failed" || l.Words == "" {
				t.Errorf("state %q (%q), want failed with words: a load of nothing is none", l.State, l.Words)
			}
		}},
	}
}

func TestWhatPartnersSend(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for _, tt := range nasty(t) {
			t.Run(tt.name, func(t *testing.T) {
				b := newBench(db)
				before, rowsBefore, loadsBefore := b.events(t), b.count(t, "event"), b.count(t, "load")
				dry, dryErr := b.load(tt.file, tt.data, func(in *intake.Input) {
					if tt.change != nil {
						tt.change(in)
					}
					in.DryRun = true
				})
				if n := b.count(t, "event") + b.count(t, "load"); n != rowsBefore+loadsBefore || len(b.sink.rows) > 0 {
					t.Errorf("a dry run wrote %d rows", n-rowsBefore-loadsBefore)
				}
				l, err := b.load(tt.file, tt.data, tt.change)
				if len(tt.refused) > 0 {
					if err == nil {
						t.Fatalf("the file was taken: %+v", l)
					}
					words, ok := fault.Words(err)
					if !ok || fault.KindOf(err) != fault.Invalid {
						t.Fatalf("refused with %v, want words fit for whoever sent it", err)
					}
					for _, w := range tt.refused {
						if !strings.Contains(words, w) {
							t.Errorf("the words %q do not say %q", words, w)
						}
					}
					if dw, _ := fault.Words(dryErr); dw != words {
						t.Errorf("the dry run said %q, the load %q", dw, words)
					}
					if b.count(t, "event") != rowsBefore || b.count(t, "load") != loadsBefore || len(b.sink.rows) > 0 {
						t.Error("a file that was refused left something behind")
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if l.Taken+l.Refused != l.Read || l.Read != tt.read || l.Taken != tt.taken {
					t.Errorf("read %d, taken %d, refused %d; want %d, %d, %d", l.Read, l.Taken, l.Refused, tt.read, tt.taken, tt.read-tt.taken)
				}
				if dryErr != nil || dry.Read != l.Read || dry.Taken != l.Taken || dry.Warned != l.Warned || !slices.Equal(dry.Reasons, l.Reasons) {
					t.Errorf("the dry run said %+v (%v), the load %+v", dry, dryErr, l)
				}
				if int64(len(b.sink.rows)) != l.Taken {
					t.Errorf("%d rows were handed on, %d taken", len(b.sink.rows), l.Taken)
				}
				want := 0
				for _, r := range b.sink.rows {
					if profile.EventOf(r.Record) != nil {
						want++
					}
				}
				if got := b.events(t) - before; got != want {
					t.Errorf("%d events can be seen, want %d", got, want)
				}
				kept, err := b.Get(context.Background(), db.Reader(), police, l.ID)
				if err != nil || kept.Read != l.Read || kept.Taken != l.Taken || kept.Refused != l.Refused {
					t.Errorf("kept as %+v (%v), want the counts of %+v", kept, err, l)
				}
				stored, err := b.Reasons(context.Background(), db.Reader(), police, l.ID)
				if err != nil || !slices.Equal(stored, l.Reasons) {
					t.Errorf("kept reasons %+v (%v), want %+v", stored, err, l.Reasons)
				}
				for _, want := range tt.reasons {
					if !slices.ContainsFunc(l.Reasons, func(r intake.Reason) bool { return strings.Contains(r.Reason, want) }) {
						t.Errorf("no reason says %q: %+v", want, l.Reasons)
					}
				}
				for _, want := range tt.notes {
					if !slices.ContainsFunc(l.Notes, func(n string) bool { return strings.Contains(n, want) }) {
						t.Errorf("no note says %q: %q", want, l.Notes)
					}
				}
				if tt.check != nil {
					tt.check(t, b, l)
				}
			})
		}
	})
}

// rows is a CSV of n events, of which every tenth cannot be read.
func rows(n int) []byte {
	var b bytes.Buffer
	b.WriteString("Date,Type,Place\n")
	for i := range n {
		if i%10 == 9 {
			b.WriteString("nonsense,Robbery,Mill Lane\n")
		} else {
			fmt.Fprintf(&b, "%02d/02/2026,Robbery,Mill Lane\n", 13+i%15)
		}
	}
	return b.Bytes()
}

func TestALoadThatBreaksOffLeavesNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's
		for _, tt := range []struct {
			name string
			fail error
		}{{"with an error", errors.New("the disk is full")}, {"with a panic", nil}} {
			t.Run(tt.name, func(t *testing.T) {
				b := newBench(db)
				at := 1 + rnd.IntN(8) // of the nine chunks
				b.sink.fail = func(call int) error {
					if call < at {
						return nil
					}
					if tt.fail == nil {
						panic("a mistake of ours")
					}
					return tt.fail
				}
				before := b.count(t, "event")
				var id string
				l, err := b.load("a.csv", rows(4200), func(in *intake.Input) { id = "01900000-0000-7000-8000-00000000000" + fmt.Sprint(at); in.ID = id })
				if err == nil {
					t.Fatalf("chunk %d failed and the load went on: %+v", at, l)
				}
				if n := b.events(t); n != 0 {
					t.Errorf("after failing at chunk %d, %d events can be seen", at, n)
				}
				kept, gerr := b.Get(context.Background(), db.Reader(), police, id)
				if gerr != nil || kept.State != "failed" || kept.Words == "" {
					t.Errorf("kept as %+v (%v), want failed with words", kept, gerr)
				}
				if !slices.Contains(b.jobs.kinds, intake.PurgeJob+" "+id) {
					t.Errorf("jobs %q: nobody was asked to remove the rows", b.jobs.kinds)
				}
				if err := b.Purge(context.Background(), id); err != nil {
					t.Fatal(err)
				}
				if n := b.count(t, "event"); n != before {
					t.Errorf("after the purge %d rows are left", n-before)
				}
			})
		}
	})
}

func TestALoadGivenUpMeanwhileDoesNotGoLive(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		for _, at := range []int{2, 9} { // in the middle, and after the last chunk
			b := newBench(db)
			b.sink.fail = nil
			_, err := b.load("a.csv", rows(4200), func(in *intake.Input) {
				calls := 0
				in.Progress = func(int64) {
					if calls++; calls == at {
						if err := b.Recover(context.Background()); err != nil { // another machine starts
							t.Error(err)
						}
					}
				}
			})
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("given up after chunk %d: %v, want an error that says so", at, err)
			}
			if n := b.events(t); n != 0 {
				t.Errorf("given up after chunk %d, %d events can be seen", at, n)
			}
		}
	})
}

func TestAChangedHeaderStops(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := newBench(db)
		ctx := context.Background()
		m, err := profile.NewMapping(profile.Events, []string{"Date", "Type", "Place"})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return b.SaveMapping(ctx, tx, police, "monthly", m) }); err != nil {
			t.Fatal(err)
		}
		changed := []byte("Date,Type,Where it was\n13/02/2026,Robbery,Mill Lane\n")
		with := func(in *intake.Input) { in.Mapping = m }
		if _, err := b.load("may.csv", changed, with); err == nil || !strings.Contains(err.Error(), "may.csv: row 1") || !strings.Contains(err.Error(), `"Place"`) {
			t.Errorf("a changed header: %v, want a stop that names file, row and column", err)
		}
		two := book(t, [][]any{{"Date", "Type", "Place"}, {"13/02/2026", "Robbery", "Mill Lane"}}, func(f *excelize.File) {
			if _, err := f.NewSheet("April"); err != nil {
				t.Fatal(err)
			}
			for c, v := range map[string]string{"A1": "Date", "B1": "Type", "C1": "Location text", "A2": "13/03/2026", "B2": "Robbery", "C2": "Mill Lane"} {
				if err := f.SetCellValue("April", c, v); err != nil {
					t.Fatal(err)
				}
			}
		})
		if _, err := b.load("both.xlsx", two, with); err == nil || !strings.Contains(err.Error(), "April") {
			t.Errorf("one changed sheet of two: %v, want a stop that names the sheet", err)
		}
		for _, tt := range []struct {
			header     []string
			same, near bool
		}{
			{[]string{"Date", "Type", "Place"}, true, false}, {[]string{"PLACE", "Date", "Type"}, true, false},
			{[]string{"Date", "Type", "Place", "Error"}, true, false}, // refused rows that come back, mended
			{[]string{"Date", "Type", "Where it was"}, false, true}, {[]string{"Ward", "Rate"}, false, false},
		} {
			same, near, diff, err := b.MappingFor(ctx, db.Reader(), police, tt.header)
			if err != nil || (same != nil) != tt.same || (near != nil) != tt.near || tt.near != (len(diff) > 0) {
				t.Errorf("%q: same %v, near %v, difference %q (%v); want %v, %v", tt.header, same != nil, near != nil, diff, err, tt.same, tt.near)
			}
		}
		mended := []byte("Date,Type,Place,Error\n13/02/2026,Robbery,'=Mill Lane,row 7: there is no such day\n")
		if l, err := b.load("mended.csv", mended, with); err != nil || l.Taken != 1 {
			t.Errorf("mended rows: %+v, %v", l, err)
		}
		wantPlace("=Mill Lane")(t, b, nil)
	})
}

func TestOnlyTheFilesOwnSideSeesALoad(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := newBench(db)
		ctx := context.Background()
		people := []byte("Surname,Forename,DOB\nAsh,Kim,13/02/2010\n,,14/02/2010\n")
		own, err := b.load("own.csv", people, nil)
		if err != nil {
			t.Fatal(err)
		}
		forSchool, err := b.load("school.csv", people, func(in *intake.Input) { in.Agency, in.Basis = "school", "ISA-1" })
		if err != nil {
			t.Fatal(err)
		}
		graded, err := b.load("intelligence.csv", []byte("Surname,Forename,DOB,Intelligence grade\nAsh,Kim,13/02/2010,2B-P\n,,14/02/2010,1A-C\n"), func(in *intake.Input) { in.Agency, in.Basis = "school", "ISA-1" })
		if err != nil {
			t.Fatal(err)
		}
		agreed := police
		agreed.Permits = []access.Permit{{Agreement: "ISA-1", Owners: []string{"school"}, Classes: []access.Class{access.Identity}}}
		admin := access.Scope{Account: "b", Agency: "police", Role: access.Administrator, Purpose: access.Governance, Closed: access.ClosedTo(access.Administrator)}
		school := access.Scope{Account: "c", Agency: "school", Role: access.SchoolLead, Purpose: access.Safeguarding, Closed: access.ClosedTo(access.SchoolLead)}
		for _, tt := range []struct {
			name      string
			by        access.Scope
			load      *intake.Load
			see, read bool
		}{
			{"its own agency", police, own, true, true},
			{"its own administrator", admin, own, true, false},
			{"another agency", school, own, false, false},
			{"nobody's", access.Scope{Account: "d"}, own, false, false},
			{"the loader, once the agreement is over", police, forSchool, true, false},
			{"the loader, under the agreement", agreed, forSchool, true, true},
			{"the loader of graded rows, under the agreement", agreed, graded, true, false},
			{"the owner of graded rows", school, graded, true, true},
			{"the owner", school, forSchool, true, true},
			{"a third agency", access.Scope{Account: "e", Agency: "care", Purpose: access.Safeguarding}, forSchool, false, false},
		} {
			got, err := b.Get(ctx, db.Reader(), tt.by, tt.load.ID)
			if (err == nil) != tt.see || !tt.see && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: seen %v (%v), want %v", tt.name, err == nil, err, tt.see)
				continue
			}
			list, total, lerr := b.List(ctx, db.Reader(), tt.by, 10, 0)
			if listed := slices.ContainsFunc(list, func(l intake.Load) bool { return l.ID == tt.load.ID }); lerr != nil || listed != tt.see || total != len(list) {
				t.Errorf("%s: listed %v of %d (%v), want %v", tt.name, listed, total, lerr, tt.see)
			}
			if !tt.see {
				if _, err := b.Refusals(ctx, db.Reader(), tt.by, tt.load.ID, false, 10, 0); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: refusals %v, want no such load", tt.name, err)
				}
				continue
			}
			r, err := b.Refusals(ctx, db.Reader(), tt.by, tt.load.ID, false, 10, 0)
			if err != nil || len(r) == 0 || (r[0].Cells != nil) != tt.read || got.ReadableBy(tt.by) != tt.read {
				t.Errorf("%s: refusals %+v (%v), want the row itself: %v", tt.name, r, err, tt.read)
			}
		}
	})
}

// made is a CSV of n people, worked out at any offset: rows are all 41 bytes.
type made struct{ n int64 }

const madeHeader = "Surname,Forename,DOB,Nominal number     \n"

func (m made) size() int64 { return (m.n + 1) * int64(len(madeHeader)) }

func (m made) ReadAt(p []byte, off int64) (int, error) {
	width := int64(len(madeHeader))
	for n := 0; ; {
		if off >= m.size() {
			return n, io.EOF
		}
		line := madeHeader
		if i := off / width; i > 0 {
			line = fmt.Sprintf("Ash%08d,Kim,%02d/%02d/20%02d,%013d\n", i, 1+i%28, 1+i%12, 5+i%10, i)
			if int64(len(line)) != width {
				panic(fmt.Sprintf("a row of %d bytes, want %d", len(line), width))
			}
		}
		c := copy(p[n:], line[off%width:])
		n, off = n+c, off+int64(c)
		if n == len(p) {
			return n, nil
		}
	}
}
