package assessment

import (
	"cmp"
	"context"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// RoundGap is how many days without an interview end one assessment: what is said later belongs to the next.
const RoundGap = 45

// Round is one assessment: the interviews held without a gap of more than RoundGap days.
type Round struct {
	From, To   string // ISO dates of its first and last interview
	Statements []Statement
}

// Rounds puts statements into assessments by the day they were made on, oldest first. Statements whose day is not
// known belong to none.
func Rounds(all []Statement) []Round {
	dated := slices.DeleteFunc(slices.Clone(all), func(s Statement) bool { return !s.True.Known() })
	slices.SortStableFunc(dated, func(a, b Statement) int { return cmp.Compare(*a.True.From, *b.True.From) })
	var out []Round
	var last time.Time
	for _, s := range dated {
		day := s.True.Start()
		if len(out) == 0 || day.Sub(last) > RoundGap*24*time.Hour {
			out = append(out, Round{From: day.Format(clock.ISODate)})
		}
		r := &out[len(out)-1]
		r.Statements, r.To, last = append(r.Statements, s), day.Format(clock.ISODate), day
	}
	return out
}

// Comparison is the last assessment beside the one before it.
type Comparison struct {
	Before, Now         Result
	BeforeFrom, NowFrom string
	Rounds              int
	Rows                []CompareRow
}

// CompareRow is a theme in both. A count of which fewer than two agencies spoke is zero and not shown.
type CompareRow struct {
	Code, Theme string
	Before, Now Said
}

// Compare sets the last assessment beside the one before it; with fewer than two, Rounds says so and nothing is compared.
func (s *Store) Compare(ctx context.Context, q database.Queryer, scope access.Scope, themes []Theme) (Comparison, error) {
	all, _, err := s.List(ctx, q, scope, Query{})
	if err != nil {
		return Comparison{}, err
	}
	rounds := Rounds(all)
	c := Comparison{Rounds: len(rounds)}
	if len(rounds) > 0 {
		c.NowFrom = rounds[len(rounds)-1].From
	}
	if len(rounds) < 2 {
		return c, nil
	}
	before, now := rounds[len(rounds)-2], rounds[len(rounds)-1]
	c.BeforeFrom = before.From
	if c.Before, err = analyse(ctx, before.Statements, nil, themes, nil); err != nil {
		return c, err
	}
	if c.Now, err = analyse(ctx, now.Statements, nil, themes, nil); err != nil {
		return c, err
	}
	at := map[string]int{}
	for i, spots := range [][]BlindSpot{c.Now.BlindSpots, c.Before.BlindSpots} {
		for _, b := range spots {
			n, ok := at[b.Codes[0]]
			if !ok {
				n = len(c.Rows)
				at[b.Codes[0]] = n
				c.Rows = append(c.Rows, CompareRow{Code: b.Codes[0], Theme: b.Theme})
			}
			if i == 0 {
				c.Rows[n].Now = b.Said
			} else {
				c.Rows[n].Before = b.Said
			}
		}
	}
	return c, nil
}

// Sheet is the working sheet of one day: topics down, interviews across, how many statements in each cell. An empty
// cell is what nobody has written down from that interview yet.
type Sheet struct {
	Day        string // ISO, or as exactly as it is known; "" when it is not
	Interviews []SheetInterview
	Rows       []SheetRow
}

// SheetInterview is one interview: its slot and who sat in it.
type SheetInterview struct {
	Interview, Slot string
	Who             []string // agency and role
	Statements      int
}

// SheetRow is a topic and how many statements each interview gave on it.
type SheetRow struct {
	Code, Theme string
	Cells       []int
	Asked       int // interviews with at least one
}

// Sheets lays out the statements an agency holds, newest day first. It names who sat in which interview and is for
// whoever holds it: give it nobody else's.
func Sheets(held []Statement, themes []Theme) []Sheet {
	byDay := map[string][]Statement{}
	var days []string
	for _, s := range held {
		d := s.Day()
		if byDay[d] == nil {
			days = append(days, d)
		}
		byDay[d] = append(byDay[d], s)
	}
	slices.SortFunc(days, func(a, b string) int { return cmp.Compare(b, a) })
	var out []Sheet
	for _, d := range days {
		out = append(out, sheetOf(d, byDay[d], themes))
	}
	return out
}

func sheetOf(day string, statements []Statement, themes []Theme) Sheet {
	sh := Sheet{Day: day}
	at := map[string]int{}
	for _, s := range statements {
		if _, ok := at[s.Interview]; !ok {
			at[s.Interview] = 0
			sh.Interviews = append(sh.Interviews, SheetInterview{Interview: s.Interview, Slot: s.Slot()})
		}
	}
	slices.SortFunc(sh.Interviews, func(a, b SheetInterview) int { return compareCodes(a.Slot, b.Slot) })
	for i, x := range sh.Interviews {
		at[x.Interview] = i
	}
	rows := slices.Clone(themes)
	for _, s := range statements {
		x := &sh.Interviews[at[s.Interview]]
		x.Statements++
		if who := s.Agency + ", " + s.Role; !slices.Contains(x.Who, who) {
			x.Who = append(x.Who, who)
		}
		for _, code := range s.Themes {
			if t, known := ThemeOf(rows, code); !known {
				rows = append(rows, t)
			}
		}
	}
	for _, t := range rows {
		row := SheetRow{Code: t.Code, Theme: t.Name, Cells: make([]int, len(sh.Interviews))}
		for _, s := range statements {
			if slices.Contains(s.Themes, t.Code) {
				row.Cells[at[s.Interview]]++
			}
		}
		for _, n := range row.Cells {
			if n > 0 {
				row.Asked++
			}
		}
		sh.Rows = append(sh.Rows, row)
	}
	return sh
}
