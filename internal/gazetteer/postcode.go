package gazetteer

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/geo"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

// PostcodeAttribution is shown with anything located by a postcode directory.
const PostcodeAttribution = "Contains OS data © Crown copyright and database right. Contains Royal Mail data © Royal Mail copyright and database right. Source: Office for National Statistics licensed under the Open Government Licence v.3.0."

// Outcome is what a piece of text in a postcode column turned out to be.
type Outcome string

// The outcomes. Every one is kept: no row is dropped for its postcode.
const (
	LivePostcode       Outcome = "live"
	TerminatedPostcode Outcome = "terminated"
	UnknownPostcode    Outcome = "unknown"      // well formed and not in the directory
	UnplacedPostcode   Outcome = "no_position"  // in the directory without a position
	DistrictOnly       Outcome = "outcode"      // the first half alone: the middle of its postcodes
	NotPlaceable       Outcome = "none"         // malformed, no fixed abode, outside the United Kingdom …: see Class
	NoDirectory        Outcome = "no_directory" // no directory has been loaded
)

// Postcode is what is known of the text of a postcode column.
type Postcode struct {
	Class      geo.PostcodeClass
	Outcome    Outcome
	Text       string // "SE5 8TR", or the first half, or ""
	At         *geo.Point
	Method     string // how At was found: "postcode", or "outcode mean", which is not an address
	Quality    int    // the directory's own code for its position
	LargeUser  bool   // one organisation's own postcode
	Terminated string // month it went out of use, 2006-01
	SmallArea  string // code
	District   string // code
	Force      string // code
	Dataset    string // the file it was found in
	Reason     string // why there is no place, or less of one
}

// Take keeps the postcodes among rows; it is a sink of package intake.
func (s *Store) Take(ctx context.Context, tx *database.Tx, l *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	var placing intake.Placing
	var out [][]any
	var release int64
	for _, t := range rows {
		p, ok := t.Record.(*profile.PostcodeRow)
		if !ok {
			continue
		}
		if release == 0 {
			var err error
			if release, err = releaseOf(ctx, tx, l); err != nil {
				return placing, err
			}
		}
		var lon, lat *int64
		if at, ok := position(p); ok {
			x, y := int64(math.Round(at.Lon*1e6)), int64(math.Round(at.Lat*1e6))
			lon, lat = &x, &y
		} else {
			placing.Unlocated++
		}
		small := p.LSOA21
		if small == "" {
			small = p.LSOA11
		}
		ended := int64(0)
		if p.Terminated.Known() {
			y, m, _ := p.Terminated.Value.Date()
			ended = int64(y*100 + int(m))
		}
		out = append(out, []any{release, p.Postcode, lon, lat, p.Quality, ended, p.LargeUser, pack(small), pack(p.District), pack(p.Force)})
	}
	if out == nil {
		return placing, nil
	}
	return placing, tx.Insert(ctx, "INSERT INTO postcode (release, postcode, lon, lat, quality, terminated, large_user, small_area, district, force)", 10, out, "ON CONFLICT (release, postcode) DO NOTHING")
}

func releaseOf(ctx context.Context, tx *database.Tx, l *intake.Load) (int64, error) {
	known, err := database.Collect(ctx, tx, database.Value[int64], "SELECT n FROM postcode_release WHERE load_id = $1", l.ID)
	if err != nil || len(known) == 1 {
		return first(known), err
	}
	n, err := database.One(ctx, tx, database.Value[int64], "SELECT coalesce(max(n), 0) + 1 FROM postcode_release")
	if err != nil {
		return 0, err
	}
	return n, tx.Exec(ctx, "INSERT INTO postcode_release (n, load_id, dataset) VALUES ($1, $2, $3)", n, l.ID, l.FileName)
}

func first(ns []int64) int64 {
	if len(ns) == 0 {
		return 0
	}
	return ns[0]
}

func position(p *profile.PostcodeRow) (geo.Point, bool) {
	l := p.Location
	if l.HasPoint { // ONS computes its own, better than we can
		return geo.Point{Lon: l.Longitude, Lat: l.Latitude}, true
	}
	if l.HasGrid && !p.IrishGrid {
		g, err := geo.CheckGrid(l.Easting, l.Northing)
		if err != nil {
			return geo.Point{}, false
		}
		at, err := geo.ToPoint(g)
		return at, err == nil
	}
	return geo.Point{}, false
}

// Purge removes postcodes of a load; it is a sink of package intake.
func (s *Store) Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error) {
	known, err := database.Collect(ctx, tx, database.Value[int64], "SELECT n FROM postcode_release WHERE load_id = $1", loadID)
	if err != nil || len(known) == 0 {
		return 0, err
	}
	n, err := tx.ExecCount(ctx, "DELETE FROM postcode WHERE release = $1 AND postcode IN (SELECT postcode FROM postcode WHERE release = $1 LIMIT $2)", known[0], limit)
	if err != nil || n > 0 {
		return n, err
	}
	return tx.ExecCount(ctx, "DELETE FROM postcode_release WHERE n = $1", known[0])
}

// Codes of areas are at most nine capitals and digits. Packed in base 37 they take six bytes.
const codeDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// pack puts a code into a number; what is not a code becomes 0, which unpacks to "".
func pack(code string) int64 {
	if len(code) > 9 {
		return 0
	}
	var n int64
	for i := range len(code) {
		d := strings.IndexByte(codeDigits, code[i])
		if d < 0 {
			return 0
		}
		n = n*37 + int64(d) + 1
	}
	return n
}

func unpack(n int64) string {
	var b [9]byte
	i := len(b)
	for ; n%37 > 0 && i > 0; n /= 37 {
		i--
		b[i] = codeDigits[n%37-1]
	}
	return string(b[i:])
}

type release struct {
	n       int64
	dataset string
}

// liveReleases are the directories of live loads, the latest first.
func liveReleases(ctx context.Context, q database.Queryer) ([]release, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (release, error) {
		var x release
		return x, r.Scan(&x.n, &x.dataset)
	}, "SELECT r.n, r.dataset FROM postcode_release r JOIN load l ON l.id = r.load_id WHERE l.state = 'live' ORDER BY r.n DESC")
}

type postcodeRow struct {
	release                    int64
	lon, lat                   *int64
	quality                    int
	terminated                 int64
	largeUser                  bool
	smallArea, district, force int64
}

func scanPostcode(r database.Scanner) (postcodeRow, error) {
	var x postcodeRow
	return x, r.Scan(&x.release, &x.lon, &x.lat, &x.quality, &x.terminated, &x.largeUser, &x.smallArea, &x.district, &x.force)
}

// LookUp says what a piece of text in a postcode column is and where.
func (s *Store) LookUp(ctx context.Context, q database.Queryer, text string) (Postcode, error) {
	parsed := geo.ParsePostcode(text)
	if parsed.Class == geo.PostcodeMalformed {
		return s.invented(ctx, q, text, parsed)
	}
	p := Postcode{Class: parsed.Class, Outcome: NotPlaceable, Text: parsed.String(), Reason: parsed.Reason}
	if parsed.Class != geo.PostcodeFull && parsed.Class != geo.PostcodeOutcode {
		return p, nil
	}
	releases, err := liveReleases(ctx, q)
	if err != nil {
		return p, err
	}
	if len(releases) == 0 {
		p.Outcome, p.Reason = NoDirectory, "no postcode directory has been loaded"
		return p, nil
	}
	if parsed.Class == geo.PostcodeOutcode {
		return p, outcode(ctx, q, &p, parsed.Outcode, releases[0])
	}
	if found, err := p.find(ctx, q, parsed.Key(), releases); err != nil || found {
		return p, err
	}
	p.Outcome, p.Reason = UnknownPostcode, "the postcode is well formed and not in the directory"
	return p, nil
}

// find looks a whole postcode up in the directories, the latest first.
func (p *Postcode) find(ctx context.Context, q database.Queryer, key string, releases []release) (bool, error) {
	for _, rel := range releases {
		rows, err := database.Collect(ctx, q, scanPostcode, "SELECT release, lon, lat, quality, terminated, large_user, small_area, district, force FROM postcode WHERE release = $1 AND postcode = $2", rel.n, key)
		if err != nil {
			return false, err
		}
		if len(rows) == 1 {
			p.fill(rows[0], rel.dataset)
			return true, nil
		}
	}
	return false, nil
}

var whole = regexp.MustCompile(`^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$`)

// invented looks for a postcode of an area that Royal Mail does not have: a directory that holds it, such as that of
// an invented county, knows better. Whatever no directory holds stays malformed.
func (s *Store) invented(ctx context.Context, q database.Queryer, text string, parsed geo.Postcode) (Postcode, error) {
	p := Postcode{Class: parsed.Class, Outcome: NotPlaceable, Reason: parsed.Reason}
	key := geo.NormalisePostcode(text)
	if !whole.MatchString(key) {
		return p, nil
	}
	releases, err := liveReleases(ctx, q)
	if err != nil {
		return p, err
	}
	found, err := p.find(ctx, q, key, releases)
	if found {
		p.Class, p.Text = geo.PostcodeFull, key[:len(key)-3]+" "+key[len(key)-3:]
	}
	return p, err
}

func (p *Postcode) fill(r postcodeRow, dataset string) {
	p.Outcome, p.Method, p.Dataset, p.Reason = LivePostcode, "postcode", dataset, ""
	p.Quality, p.LargeUser = r.quality, r.largeUser
	p.SmallArea, p.District, p.Force = unpack(r.smallArea), unpack(r.district), unpack(r.force)
	if r.lon != nil && r.lat != nil {
		p.At = &geo.Point{Lon: float64(*r.lon) / 1e6, Lat: float64(*r.lat) / 1e6}
	}
	if r.terminated > 0 {
		p.Outcome, p.Terminated = TerminatedPostcode, fmt.Sprintf("%04d-%02d", r.terminated/100, r.terminated%100)
		p.Reason = "the postcode went out of use in " + p.Terminated
	}
	if p.At == nil {
		p.Outcome, p.Method, p.Reason = UnplacedPostcode, "", "the directory has no position for the postcode"
	}
}

// outcode places the first half of a postcode at the mean of its postcodes.
func outcode(ctx context.Context, q database.Queryer, p *Postcode, code string, rel release) error {
	type mean struct {
		n        int
		lon, lat *float64
	}
	m, err := database.One(ctx, q, func(r database.Scanner) (mean, error) {
		var m mean
		return m, r.Scan(&m.n, &m.lon, &m.lat)
	}, "SELECT count(lon), avg(CAST(lon AS DOUBLE PRECISION)), avg(CAST(lat AS DOUBLE PRECISION)) FROM postcode WHERE release = $1 AND postcode >= $2 AND postcode <= $3 AND length(postcode) = $4",
		rel.n, code+"0", code+"9ZZ", len(code)+3)
	if err != nil {
		return err
	}
	p.Outcome, p.Dataset = DistrictOnly, rel.dataset
	if m.n == 0 || m.lon == nil || m.lat == nil {
		p.Outcome, p.Reason = UnknownPostcode, "no postcode of the directory begins with "+code
		return nil
	}
	p.At, p.Method = &geo.Point{Lon: *m.lon / 1e6, Lat: *m.lat / 1e6}, "outcode mean"
	p.Reason = fmt.Sprintf("only the first half was given: the middle of %d postcodes, not an address", m.n)
	return nil
}

// Postcode finds where a whole postcode is; ok is false for anything that has no position of its own. Terminated
// postcodes are found, since old records have them.
func (s *Store) Postcode(ctx context.Context, q database.Queryer, text string) (geo.Point, bool, error) {
	p, err := s.LookUp(ctx, q, text)
	if err != nil || p.At == nil || p.Method != "postcode" {
		return geo.Point{}, false, err
	}
	return *p.At, true, nil
}

// Directory reports whether any postcode directory answers, and whether a load brought one.
func (s *Store) Directory(ctx context.Context, q database.Queryer, loadID string) (loaded, brought bool, err error) {
	releases, err := liveReleases(ctx, q)
	if err != nil || len(releases) == 0 {
		return false, false, err
	}
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM postcode_release WHERE load_id = $1", loadID)
	return true, n > 0, err
}
