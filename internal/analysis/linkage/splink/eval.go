package splink

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/analysis/strsim"
)

// value is what an expression comes to.
type value struct {
	kind byte // 0 null, 's' string, 'n' number, 'b' true or false, 'd' date as seconds
	s    string
	n    float64
}

func str(s string) value   { return value{kind: 's', s: s} }
func num(n float64) value  { return value{kind: 'n', n: n} }
func truth(b bool) value   { return value{kind: 'b', n: oneIf(b)} }
func (v value) null() bool { return v.kind == 0 }
func (v value) true() bool { return v.kind != 0 && v.n != 0 && v.kind != 's' }

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// number reads a value as a number.
func (v value) number() (float64, bool) {
	switch v.kind {
	case 'n', 'b', 'd':
		return v.n, true
	case 's':
		n, err := strconv.ParseFloat(strings.TrimSpace(v.s), 64)
		return n, err == nil
	}
	return 0, false
}

func (v value) text() string {
	switch v.kind {
	case 's':
		return v.s
	case 'd':
		return time.Unix(int64(v.n), 0).UTC().Format("2006-01-02")
	}
	return strconv.FormatFloat(v.n, 'g', -1, 64)
}

// pair is two rows of a table.
type pair struct {
	t    *Table
	l, r int
}

type code func(p *pair) value

// compiler turns expressions into functions over a table's columns.
//
// Strings are measured in characters, as Spark does and DuckDB from 2.0.1 on; up
// to 2.0.0 it counted bytes, so that José and Jose were two edits apart.
type compiler struct{ t *Table }

func (c *compiler) compile(e *expr) (code, error) {
	args := make([]code, len(e.args))
	for i, a := range e.args {
		f, err := c.compile(a)
		if err != nil {
			return nil, err
		}
		args[i] = f
	}
	switch e.op {
	case "column":
		return c.column(e)
	case "string":
		v := str(e.text)
		return func(*pair) value { return v }, nil
	case "number":
		v := num(e.num)
		return func(*pair) value { return v }, nil
	case "bool":
		v := truth(e.num == 1)
		return func(*pair) value { return v }, nil
	case "null":
		return func(*pair) value { return value{} }, nil
	case "and":
		return func(p *pair) value {
			a := args[0](p)
			if !a.null() && !a.true() {
				return truth(false)
			}
			b := args[1](p)
			if !b.null() && !b.true() {
				return truth(false)
			}
			if a.null() || b.null() {
				return value{}
			}
			return truth(true)
		}, nil
	case "or":
		return func(p *pair) value {
			a := args[0](p)
			if a.true() {
				return a
			}
			b := args[1](p)
			if b.true() {
				return b
			}
			if a.null() || b.null() {
				return value{}
			}
			return truth(false)
		}, nil
	case "not":
		return func(p *pair) value {
			a := args[0](p)
			if a.null() {
				return a
			}
			return truth(!a.true())
		}, nil
	case "isnull":
		return func(p *pair) value { return truth(args[0](p).null()) }, nil
	case "notnull":
		return func(p *pair) value { return truth(!args[0](p).null()) }, nil
	case "neg":
		return func(p *pair) value {
			if n, ok := args[0](p).number(); ok {
				return num(-n)
			}
			return value{}
		}, nil
	case "case":
		return func(p *pair) value {
			for i := 0; i+1 < len(args); i += 2 {
				if args[i](p).true() {
					return args[i+1](p)
				}
			}
			return args[len(args)-1](p)
		}, nil
	case "in":
		return func(p *pair) value {
			a := args[0](p)
			if a.null() {
				return a
			}
			for _, f := range args[1:] {
				if equal(a, f(p)).true() {
					return truth(true)
				}
			}
			return truth(false)
		}, nil
	case "cast":
		return castTo(e.name, args[0])
	case "call":
		return c.call(e, args)
	}
	return binary(e.op, args[0], args[1])
}

func (c *compiler) column(e *expr) (code, error) {
	col := c.t.column(e.name)
	if col == nil {
		return nil, fmt.Errorf("there is no column %q; the columns are %s", e.name, strings.Join(c.t.Names(), ", "))
	}
	switch e.side {
	case 'l':
		return func(p *pair) value { return col.value(p.l) }, nil
	case 'r':
		return func(p *pair) value { return col.value(p.r) }, nil
	}
	return nil, fmt.Errorf("the column %q names neither side; expected %s_l or %s_r, or l.%s or r.%s", e.name, e.name, e.name, e.name, e.name)
}

func castTo(name string, a code) (code, error) {
	switch {
	case strings.Contains(name, "char") || name == "string" || name == "text":
		return func(p *pair) value {
			v := a(p)
			if v.null() {
				return v
			}
			return str(v.text())
		}, nil
	case strings.Contains(name, "int") || name == "long":
		return func(p *pair) value {
			if n, ok := a(p).number(); ok {
				return num(math.Round(n))
			}
			return value{}
		}, nil
	case strings.HasPrefix(name, "float") || name == "double" || name == "real" || strings.HasPrefix(name, "dec") || strings.HasPrefix(name, "num"):
		return func(p *pair) value {
			if n, ok := a(p).number(); ok {
				return num(n)
			}
			return value{}
		}, nil
	case name == "date" || name == "timestamp":
		return func(p *pair) value { return toDate(a(p)) }, nil
	}
	return nil, fmt.Errorf("a cast to %s is not worked out here", name)
}

func toDate(v value) value {
	if v.kind == 'd' || v.null() {
		return v
	}
	return parseDate(v.text(), "%Y-%m-%d")
}

var (
	dateLayout  = strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02")
	looseLayout = strings.NewReplacer("%Y", "2006", "%m", "1", "%d", "2")
)

func parseDate(s, format string) value {
	layout := dateLayout.Replace(format)
	t, err := time.Parse(layout, s)
	if err != nil {
		if t, err = time.Parse(looseLayout.Replace(format), s); err != nil {
			return value{}
		}
	}
	return value{kind: 'd', n: float64(t.Unix())}
}

func equal(a, b value) value {
	if a.null() || b.null() {
		return value{}
	}
	if a.kind == 's' && b.kind == 's' {
		return truth(a.s == b.s)
	}
	x, ok := a.number()
	y, ok2 := b.number()
	if ok && ok2 {
		return truth(x == y)
	}
	return truth(a.text() == b.text())
}

func binary(op string, a, b code) (code, error) {
	switch op {
	case "=":
		return func(p *pair) value { return equal(a(p), b(p)) }, nil
	case "<>":
		return func(p *pair) value {
			v := equal(a(p), b(p))
			if v.null() {
				return v
			}
			return truth(!v.true())
		}, nil
	case "||":
		return func(p *pair) value {
			x, y := a(p), b(p)
			if x.null() || y.null() {
				return value{}
			}
			return str(x.text() + y.text())
		}, nil
	}
	var f func(x, y float64) value
	switch op {
	case "<":
		f = func(x, y float64) value { return truth(x < y) }
	case "<=":
		f = func(x, y float64) value { return truth(x <= y) }
	case ">":
		f = func(x, y float64) value { return truth(x > y) }
	case ">=":
		f = func(x, y float64) value { return truth(x >= y) }
	case "+":
		f = func(x, y float64) value { return num(x + y) }
	case "-":
		f = func(x, y float64) value { return num(x - y) }
	case "*":
		f = func(x, y float64) value { return num(x * y) }
	case "/":
		f = func(x, y float64) value {
			if y == 0 {
				return value{}
			}
			return num(x / y)
		}
	case "%":
		f = func(x, y float64) value {
			if y == 0 {
				return value{}
			}
			return num(math.Mod(x, y))
		}
	default:
		return nil, fmt.Errorf("the operator %q is not worked out here", op)
	}
	order := op[0] == '<' || op[0] == '>'
	return func(p *pair) value {
		u, v := a(p), b(p)
		if u.null() || v.null() {
			return value{}
		}
		if order && u.kind == 's' && v.kind == 's' {
			return f(float64(strings.Compare(u.s, v.s)), 0)
		}
		x, ok := u.number()
		y, ok2 := v.number()
		if !ok || !ok2 {
			return value{}
		}
		return f(x, y)
	}, nil
}

func (c *compiler) call(e *expr, args []code) (code, error) {
	text := func(f func(a, b string) value) code {
		return func(p *pair) value {
			x, y := args[0](p), args[1](p)
			if x.null() || y.null() {
				return value{}
			}
			return f(x.text(), y.text())
		}
	}
	measure := func(f func(a, b string) float64) code {
		return text(func(a, b string) value { return num(f(a, b)) })
	}
	whole := func(f func(a, b string) int) func(a, b string) float64 {
		return func(a, b string) float64 { return float64(f(a, b)) }
	}
	empty := func(f func(a, b string) float64) func(a, b string) float64 { // both engines give 0 for two empty strings
		return func(a, b string) float64 {
			if a == "" && b == "" {
				return 0
			}
			return f(a, b)
		}
	}
	switch e.name {
	case "jaro_winkler":
		return measure(empty(strsim.JaroWinkler)), nil
	case "jaro":
		return measure(empty(strsim.Jaro)), nil
	case "levenshtein":
		return measure(whole(strsim.Levenshtein)), nil
	case "damerau_levenshtein":
		return measure(whole(strsim.DamerauLevenshtein)), nil
	case "jaccard":
		return measure(strsim.Jaccard), nil
	case "regexp_extract", "regexp_replace":
		return regex(e, args)
	case "parse_date":
		format := e.args[1].text
		return func(p *pair) value {
			v := args[0](p)
			if v.null() || v.kind == 'd' {
				return v
			}
			return parseDate(v.text(), format)
		}, nil
	case "datediff":
		return dateDiff(e, args)
	case "coalesce":
		return func(p *pair) value {
			for _, a := range args {
				if v := a(p); !v.null() {
					return v
				}
			}
			return value{}
		}, nil
	case "nullif":
		return func(p *pair) value {
			v := args[0](p)
			if equal(v, args[1](p)).true() {
				return value{}
			}
			return v
		}, nil
	case "greatest", "least":
		return extreme(e.name == "greatest", args), nil
	case "concat":
		return func(p *pair) value {
			var b strings.Builder
			for _, a := range args {
				if v := a(p); !v.null() {
					b.WriteString(v.text())
				}
			}
			return str(b.String())
		}, nil
	}
	if f, ok := numeric[e.name]; ok {
		return func(p *pair) value {
			if n, ok := args[0](p).number(); ok {
				if r := f(n); !math.IsNaN(r) && !math.IsInf(r, 0) {
					return num(r)
				}
			}
			return value{}
		}, nil
	}
	return c.textual(e, args)
}

var numeric = map[string]func(float64) float64{
	"abs": math.Abs, "floor": math.Floor, "ceil": math.Ceil, "sqrt": math.Sqrt, "ln": math.Log, "log2": math.Log2, "exp": math.Exp,
	"sin": math.Sin, "cos": math.Cos, "acos": math.Acos, "asin": math.Asin, "radians": func(x float64) float64 { return x * math.Pi / 180 },
}

func extreme(most bool, args []code) code {
	return func(p *pair) value {
		var best value
		for _, a := range args {
			v := a(p)
			n, ok := v.number()
			if !ok {
				continue
			}
			if m, _ := best.number(); best.null() || most && n > m || !most && n < m {
				best = v
			}
		}
		return best
	}
}

func dateDiff(e *expr, args []code) (code, error) {
	if len(args) == 3 {
		if e.args[0].op != "string" || e.args[0].text != "day" {
			return nil, fmt.Errorf("a difference of dates in anything but days is not worked out here")
		}
		args = []code{args[2], args[1]}
	}
	return func(p *pair) value {
		x, y := toDate(args[0](p)), toDate(args[1](p))
		if x.null() || y.null() {
			return value{}
		}
		return num(math.Floor(x.n/86400) - math.Floor(y.n/86400))
	}, nil
}

func regex(e *expr, args []code) (code, error) {
	if e.args[1].op != "string" {
		return nil, fmt.Errorf("a pattern that is not plain text is not worked out here")
	}
	re, err := regexp.Compile(e.args[1].text)
	if err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", e.args[1].text, err)
	}
	if e.name == "regexp_replace" {
		return func(p *pair) value {
			v, w := args[0](p), args[2](p)
			if v.null() || w.null() {
				return value{}
			}
			s := v.text()
			if len(args) == 4 && strings.Contains(args[3](p).text(), "g") {
				return str(re.ReplaceAllString(s, w.text()))
			}
			if loc := re.FindStringIndex(s); loc != nil {
				return str(s[:loc[0]] + re.ReplaceAllString(s[loc[0]:loc[1]], w.text()) + s[loc[1]:])
			}
			return v
		}, nil
	}
	return func(p *pair) value {
		v := args[0](p)
		if v.null() {
			return v
		}
		group := 0
		if len(args) == 3 {
			n, _ := args[2](p).number()
			group = int(n)
		}
		m := re.FindStringSubmatch(v.text())
		if group < 0 || group >= len(m) {
			return str("")
		}
		return str(m[group])
	}, nil
}

// textual are the functions on one string.
func (c *compiler) textual(e *expr, args []code) (code, error) {
	on := func(f func(s string, p *pair) value) code {
		return func(p *pair) value {
			v := args[0](p)
			if v.null() {
				return v
			}
			return f(v.text(), p)
		}
	}
	at := func(i int, p *pair) int {
		n, _ := args[i](p).number()
		return int(n)
	}
	switch e.name {
	case "lower":
		return on(func(s string, _ *pair) value { return str(strings.ToLower(s)) }), nil
	case "upper":
		return on(func(s string, _ *pair) value { return str(strings.ToUpper(s)) }), nil
	case "trim":
		return on(func(s string, _ *pair) value { return str(strings.TrimSpace(s)) }), nil
	case "length":
		return on(func(s string, _ *pair) value { return num(float64(utf8.RuneCountInString(s))) }), nil
	case "reverse":
		return on(func(s string, _ *pair) value {
			r := []rune(s)
			for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
				r[i], r[j] = r[j], r[i]
			}
			return str(string(r))
		}), nil
	case "soundex":
		return on(func(s string, _ *pair) value { return str(strsim.Soundex(s)) }), nil
	case "substr":
		return on(func(s string, p *pair) value {
			n := -1
			if len(args) == 3 {
				n = at(2, p)
			}
			return str(substr(s, at(1, p), n))
		}), nil
	case "left":
		return on(func(s string, p *pair) value { return str(substr(s, 1, at(1, p))) }), nil
	case "right":
		return on(func(s string, p *pair) value {
			r := []rune(s)
			return str(string(r[max(0, len(r)-max(0, at(1, p))):]))
		}), nil
	case "replace":
		return on(func(s string, p *pair) value {
			return str(strings.ReplaceAll(s, args[1](p).text(), args[2](p).text()))
		}), nil
	case "split_part":
		return on(func(s string, p *pair) value {
			parts := strings.Split(s, args[1](p).text())
			if n := at(2, p); n >= 1 && n <= len(parts) {
				return str(parts[n-1])
			}
			return str("")
		}), nil
	case "round":
		return func(p *pair) value {
			x, ok := args[0](p).number()
			if !ok {
				return value{}
			}
			scale := 1.0
			if len(args) == 2 {
				scale = math.Pow(10, float64(at(1, p)))
			}
			return num(math.Round(x*scale) / scale)
		}, nil
	case "power":
		return func(p *pair) value {
			x, ok := args[0](p).number()
			y, ok2 := args[1](p).number()
			if !ok || !ok2 {
				return value{}
			}
			return num(math.Pow(x, y))
		}, nil
	case "epoch", "date":
		return func(p *pair) value {
			v := toDate(args[0](p))
			if v.null() || e.name == "date" {
				return v
			}
			return num(v.n)
		}, nil
	case "year", "month", "day":
		return func(p *pair) value {
			v := toDate(args[0](p))
			if v.null() {
				return v
			}
			t := time.Unix(int64(v.n), 0).UTC()
			return num(float64(map[string]int{"year": t.Year(), "month": int(t.Month()), "day": t.Day()}[e.name]))
		}, nil
	}
	return nil, fmt.Errorf("the function %s is not worked out here", e.name)
}

// substr counts characters from 1; n < 0 takes all that is left.
func substr(s string, from, n int) string {
	r := []rune(s)
	start := from - 1
	if from < 0 {
		start = len(r) + from
	}
	end := len(r)
	if n >= 0 {
		end = min(end, start+n)
	}
	start = max(start, 0)
	if start >= end {
		return ""
	}
	return string(r[start:end])
}
