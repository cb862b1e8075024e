package splink

import (
	"fmt"
	"strconv"
	"strings"
)

// expr is a node of a parsed SQL expression.
type expr struct {
	op   string // column, string, number, null, bool, call, and, or, not, isnull, notnull, case, cast, in, an operator
	name string // column or function name, cast type
	side byte   // of a column: 'l', 'r', or 0
	num  float64
	text string
	args []*expr
}

type token struct {
	kind byte // i identifier, q quoted identifier, s string, n number, o operator, e end
	text string
	at   int
}

func lex(src string) ([]token, error) {
	var out []token
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '\'':
			j, b := i+1, []byte{}
			for ; ; j++ {
				if j >= len(src) {
					return nil, fmt.Errorf("a string that begins at character %d does not end", i+1)
				}
				if src[j] == '\\' && j+1 < len(src) && src[j+1] == '\'' {
					j++
				} else if src[j] == '\'' {
					if j+1 >= len(src) || src[j+1] != '\'' {
						break
					}
					j++
				}
				b = append(b, src[j])
			}
			out = append(out, token{'s', string(b), i})
			i = j + 1
		case c == '"' || c == '`':
			j := strings.IndexByte(src[i+1:], c)
			if j < 0 {
				return nil, fmt.Errorf("a quoted name that begins at character %d does not end", i+1)
			}
			out = append(out, token{'q', src[i+1 : i+1+j], i})
			i += j + 2
		case c >= '0' && c <= '9' || c == '.' && i+1 < len(src) && src[i+1] >= '0' && src[i+1] <= '9':
			j := i
			for j < len(src) && (src[j] >= '0' && src[j] <= '9' || src[j] == '.' || src[j] == 'e' || src[j] == 'E' || (src[j] == '-' || src[j] == '+') && (src[j-1] == 'e' || src[j-1] == 'E')) {
				j++
			}
			out = append(out, token{'n', src[i:j], i})
			i = j
		case letter(c):
			j := i
			for j < len(src) && (letter(src[j]) || src[j] >= '0' && src[j] <= '9') {
				j++
			}
			out = append(out, token{'i', src[i:j], i})
			i = j
		default:
			op := string(c)
			if i+1 < len(src) {
				switch two := src[i : i+2]; two {
				case "<=", ">=", "<>", "!=", "==", "||", "::", "->":
					op = two
				}
			}
			if !strings.Contains("()[],.=<>+-*/%:", op[:1]) && op != "||" && op != "!=" {
				return nil, fmt.Errorf("the sign %q at character %d is not known", op, i+1)
			}
			out = append(out, token{'o', op, i})
			i += len(op)
		}
	}
	return append(out, token{'e', "", len(src)}), nil
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

type parser struct {
	toks []token
	i    int
	deep int
}

// deepest bounds nesting, so that a hostile text cannot exhaust the stack.
const deepest = 200

// parse reads an expression.
func parse(src string) (e *expr, err error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks}
	defer func() {
		if r := recover(); r != nil {
			pe, ok := r.(parseError)
			if !ok {
				panic(r)
			}
			e, err = nil, pe
		}
	}()
	e = p.or()
	if t := p.peek(); t.kind != 'e' {
		p.fail("%q at character %d was not expected", t.text, t.at+1)
	}
	return e, nil
}

type parseError struct{ error }

func (p *parser) fail(format string, args ...any) { panic(parseError{fmt.Errorf(format, args...)}) }
func (p *parser) peek() token                     { return p.toks[p.i] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != 'e' {
		p.i++
	}
	return t
}

func (p *parser) word(w string) bool {
	if t := p.peek(); t.kind == 'i' && strings.EqualFold(t.text, w) {
		p.i++
		return true
	}
	return false
}

func (p *parser) sign(s string) bool {
	if t := p.peek(); t.kind == 'o' && t.text == s {
		p.i++
		return true
	}
	return false
}

func (p *parser) need(s string) {
	if t := p.peek(); !p.sign(s) {
		p.fail("%q was expected at character %d, where %q stands", s, t.at+1, t.text)
	}
}

func (p *parser) or() *expr {
	if p.deep++; p.deep > deepest {
		p.fail("it is nested more than %d deep", deepest)
	}
	defer func() { p.deep-- }()
	e := p.and()
	for p.word("or") {
		e = &expr{op: "or", args: []*expr{e, p.and()}}
	}
	return e
}

func (p *parser) and() *expr {
	e := p.not()
	for p.word("and") {
		e = &expr{op: "and", args: []*expr{e, p.not()}}
	}
	return e
}

func (p *parser) not() *expr {
	if p.word("not") {
		if p.deep++; p.deep > deepest {
			p.fail("it is nested more than %d deep", deepest)
		}
		defer func() { p.deep-- }()
		return &expr{op: "not", args: []*expr{p.not()}}
	}
	return p.comparison()
}

func (p *parser) comparison() *expr {
	e := p.sum()
	for {
		t := p.peek()
		switch {
		case t.kind == 'o' && (t.text == "=" || t.text == "==" || t.text == "<>" || t.text == "!=" || t.text == "<" || t.text == "<=" || t.text == ">" || t.text == ">="):
			p.i++
			op := t.text
			switch op {
			case "==":
				op = "="
			case "!=":
				op = "<>"
			}
			e = &expr{op: op, args: []*expr{e, p.sum()}}
		case p.word("is"):
			not := p.word("not")
			if !p.word("null") {
				p.fail("IS is followed by something other than NULL at character %d", p.peek().at+1)
			}
			op := "isnull"
			if not {
				op = "notnull"
			}
			e = &expr{op: op, args: []*expr{e}}
		case p.word("between"):
			lo := p.sum()
			if !p.word("and") {
				p.fail("BETWEEN without AND")
			}
			hi := p.sum()
			e = &expr{op: "and", args: []*expr{{op: ">=", args: []*expr{e, lo}}, {op: "<=", args: []*expr{e, hi}}}}
		case p.word("in"):
			p.need("(")
			in := &expr{op: "in", args: []*expr{e}}
			for {
				in.args = append(in.args, p.sum())
				if !p.sign(",") {
					break
				}
			}
			p.need(")")
			e = in
		default:
			return e
		}
	}
}

func (p *parser) sum() *expr {
	e := p.product()
	for {
		t := p.peek()
		if t.kind != 'o' || t.text != "+" && t.text != "-" && t.text != "||" {
			return e
		}
		p.i++
		e = &expr{op: t.text, args: []*expr{e, p.product()}}
	}
}

func (p *parser) product() *expr {
	e := p.unary()
	for {
		t := p.peek()
		if t.kind != 'o' || t.text != "*" && t.text != "/" && t.text != "%" {
			return e
		}
		p.i++
		e = &expr{op: t.text, args: []*expr{e, p.unary()}}
	}
}

func (p *parser) unary() *expr {
	if p.deep++; p.deep > deepest {
		p.fail("it is nested more than %d deep", deepest)
	}
	defer func() { p.deep-- }()
	if p.sign("-") {
		return &expr{op: "neg", args: []*expr{p.unary()}}
	}
	if p.sign("+") {
		return p.unary()
	}
	e := p.primary()
	for p.sign("::") {
		e = &expr{op: "cast", name: p.typeName(), args: []*expr{e}}
	}
	if t := p.peek(); t.kind == 'o' && (t.text == "[" || t.text == "->") {
		p.fail("lists and the functions on them (%q at character %d) are not worked out here", t.text, t.at+1)
	}
	return e
}

func (p *parser) typeName() string {
	t := p.next()
	if t.kind != 'i' {
		p.fail("a type was expected at character %d", t.at+1)
	}
	name := strings.ToLower(t.text)
	if p.sign("(") {
		for !p.sign(")") {
			if p.next().kind == 'e' {
				p.fail("a type does not end")
			}
		}
	}
	return name
}

func (p *parser) primary() *expr {
	t := p.next()
	switch t.kind {
	case 's':
		return &expr{op: "string", text: t.text}
	case 'n':
		n, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			p.fail("%q is not a number", t.text)
		}
		return &expr{op: "number", num: n, text: t.text}
	case 'q':
		return p.column(t.text)
	case 'o':
		if t.text == "(" {
			e := p.or()
			p.need(")")
			return e
		}
		if t.text == "[" {
			p.fail("lists (\"[\" at character %d) are not worked out here", t.at+1)
		}
	case 'i':
		return p.named(t)
	}
	p.fail("%q at character %d was not expected", t.text, t.at+1)
	return nil
}

func (p *parser) named(t token) *expr {
	switch strings.ToLower(t.text) {
	case "null":
		return &expr{op: "null"}
	case "true":
		return &expr{op: "bool", num: 1}
	case "false":
		return &expr{op: "bool"}
	case "case":
		return p.caseOf()
	case "cast", "try_cast":
		p.need("(")
		e := p.or()
		if !p.word("as") {
			p.fail("CAST without AS")
		}
		c := &expr{op: "cast", name: p.typeName(), args: []*expr{e}}
		p.need(")")
		return c
	}
	if p.sign("(") {
		c := &expr{op: "call", name: strings.ToLower(t.text)}
		if p.sign(")") {
			return c
		}
		for {
			c.args = append(c.args, p.or())
			if !p.sign(",") {
				break
			}
		}
		p.need(")")
		return p.canonical(c)
	}
	return p.column(t.text)
}

func (p *parser) caseOf() *expr {
	c := &expr{op: "case"}
	for p.word("when") {
		cond := p.or()
		if !p.word("then") {
			p.fail("CASE: WHEN without THEN")
		}
		c.args = append(c.args, cond, p.or())
	}
	if len(c.args) == 0 {
		p.fail("CASE of a value is not worked out here; expected CASE WHEN")
	}
	if p.word("else") {
		c.args = append(c.args, p.or())
	} else {
		c.args = append(c.args, &expr{op: "null"})
	}
	if !p.word("end") {
		p.fail("CASE without END")
	}
	return c
}

// column reads l.name, r.name, or a name that ends in _l or _r.
func (p *parser) column(first string) *expr {
	if (strings.EqualFold(first, "l") || strings.EqualFold(first, "r")) && p.sign(".") {
		t := p.next()
		if t.kind != 'i' && t.kind != 'q' {
			p.fail("a column was expected after %q", first+".")
		}
		return &expr{op: "column", name: t.text, side: strings.ToLower(first)[0]}
	}
	if name, ok := strings.CutSuffix(first, "_l"); ok {
		return &expr{op: "column", name: name, side: 'l'}
	}
	if name, ok := strings.CutSuffix(first, "_r"); ok {
		return &expr{op: "column", name: name, side: 'r'}
	}
	return &expr{op: "column", name: first}
}

// functions are the calls that are worked out, by every name a dialect has for
// them, with the fewest and most arguments.
var functions = map[string]struct {
	name      string
	low, high int
}{
	"jaro_winkler_similarity": {"jaro_winkler", 2, 2}, "jaro_winkler": {"jaro_winkler", 2, 2}, "jarowinkler": {"jaro_winkler", 2, 2},
	"jaro_similarity": {"jaro", 2, 2}, "jaro_sim": {"jaro", 2, 2},
	"levenshtein": {"levenshtein", 2, 2}, "editdist3": {"levenshtein", 2, 2}, "damerau_levenshtein": {"damerau_levenshtein", 2, 2},
	"jaccard": {"jaccard", 2, 2}, "jaccard_sim": {"jaccard", 2, 2},
	"substr": {"substr", 2, 3}, "substring": {"substr", 2, 3}, "left": {"left", 2, 2}, "right": {"right", 2, 2},
	"lower": {"lower", 1, 1}, "lcase": {"lower", 1, 1}, "upper": {"upper", 1, 1}, "ucase": {"upper", 1, 1}, "trim": {"trim", 1, 1},
	"length": {"length", 1, 1}, "len": {"length", 1, 1}, "char_length": {"length", 1, 1}, "strlen": {"length", 1, 1},
	"abs": {"abs", 1, 1}, "floor": {"floor", 1, 1}, "ceil": {"ceil", 1, 1}, "round": {"round", 1, 2}, "sqrt": {"sqrt", 1, 1}, "power": {"power", 2, 2}, "pow": {"power", 2, 2},
	"ln": {"ln", 1, 1}, "log2": {"log2", 1, 1}, "exp": {"exp", 1, 1},
	"sin": {"sin", 1, 1}, "cos": {"cos", 1, 1}, "acos": {"acos", 1, 1}, "asin": {"asin", 1, 1}, "radians": {"radians", 1, 1},
	"coalesce": {"coalesce", 1, 20}, "ifnull": {"coalesce", 2, 2}, "nvl": {"coalesce", 2, 2}, "nullif": {"nullif", 2, 2},
	"greatest": {"greatest", 1, 20}, "least": {"least", 1, 20}, "concat": {"concat", 1, 20}, "replace": {"replace", 3, 3},
	"regexp_extract": {"regexp_extract", 2, 3}, "regexp_replace": {"regexp_replace", 3, 4}, "split_part": {"split_part", 3, 3}, "reverse": {"reverse", 1, 1},
	"try_strptime": {"parse_date", 2, 2}, "strptime": {"parse_date", 2, 2}, "try_to_timestamp": {"parse_date", 2, 2}, "to_timestamp": {"parse_date", 2, 2}, "to_date": {"parse_date", 2, 2},
	"epoch": {"epoch", 1, 1}, "unix_timestamp": {"epoch", 1, 1}, "date": {"date", 1, 1}, "year": {"year", 1, 1}, "month": {"month", 1, 1}, "day": {"day", 1, 1},
	"date_diff": {"datediff", 2, 3}, "datediff": {"datediff", 2, 3}, "soundex": {"soundex", 1, 1},
}

func (p *parser) canonical(c *expr) *expr {
	f, ok := functions[c.name]
	if !ok {
		p.fail("the function %s is not worked out here", c.name)
	}
	if len(c.args) < f.low || len(c.args) > f.high {
		p.fail("the function %s has %d arguments", c.name, len(c.args))
	}
	c.name = f.name
	if c.name == "date" && len(c.args) == 1 && c.args[0].op == "call" && c.args[0].name == "parse_date" {
		return c.args[0]
	}
	if c.name == "parse_date" {
		if c.args[1].op != "string" {
			p.fail("a date format that is not plain text is not worked out here")
		}
		layout := isoFormat(c.args[1].text)
		if layout == "" {
			p.fail("the date format %q is not worked out here", c.args[1].text)
		}
		c.args[1] = &expr{op: "string", text: layout}
	}
	return c
}

// isoFormat brings both dialects' date patterns to strptime's; "" when a part
// is not known.
func isoFormat(f string) string {
	if strings.Contains(f, "%") {
		f = strings.TrimSuffix(f, " %H:%M:%S")
		for _, d := range []string{"%Y", "%m", "%d"} {
			if !strings.Contains(f, d) {
				return ""
			}
		}
		return f
	}
	out := strings.NewReplacer("yyyy", "%Y", "MM", "%m", "dd", "%d").Replace(f)
	if strings.Count(out, "%") != 3 {
		return ""
	}
	return out
}

// columns calls f for every column of the expression.
func (e *expr) columns(f func(*expr)) {
	if e.op == "column" {
		f(e)
	}
	for _, a := range e.args {
		a.columns(f)
	}
}

// sides says which sides an expression reads.
func (e *expr) sides() (l, r bool) {
	e.columns(func(c *expr) {
		l, r = l || c.side == 'l', r || c.side == 'r'
	})
	return l, r
}

// conjuncts splits at AND.
func (e *expr) conjuncts() []*expr {
	if e.op == "and" {
		return append(e.args[0].conjuncts(), e.args[1].conjuncts()...)
	}
	return []*expr{e}
}

// exactColumn is the column of an expression of the form x_l = x_r, "" otherwise.
func (e *expr) exactColumn() string {
	if e.op == "=" && e.args[0].op == "column" && e.args[1].op == "column" && strings.EqualFold(e.args[0].name, e.args[1].name) && e.args[0].side != e.args[1].side {
		return strings.ToLower(e.args[0].name)
	}
	return ""
}

// Dialects that models are written in.
const (
	DuckDB = "duckdb"
	Spark  = "spark"
)

var written = map[string]map[string]string{
	DuckDB: {"jaro_winkler": "jaro_winkler_similarity", "jaro": "jaro_similarity", "parse_date": "try_strptime", "epoch": "EPOCH", "power": "pow", "datediff": "date_diff"},
	Spark:  {"jaro_winkler": "jaro_winkler", "jaro": "jaro_sim", "epoch": "UNIX_TIMESTAMP", "power": "pow", "datediff": "datediff"},
}

// sql writes the expression in a dialect. suffixed writes columns as name_l,
// as comparisons have them, otherwise as l.name, as blocking rules do.
func (e *expr) sql(dialect string, suffixed bool) string {
	q := `"`
	if dialect == Spark {
		q = "`"
	}
	arg := func(i int) string { return e.args[i].sql(dialect, suffixed) }
	list := func() string {
		s := make([]string, len(e.args))
		for i := range e.args {
			s[i] = arg(i)
		}
		return strings.Join(s, ", ")
	}
	switch e.op {
	case "column":
		switch {
		case e.side == 0:
			return q + e.name + q
		case suffixed:
			return q + e.name + "_" + string(e.side) + q
		}
		return string(e.side) + "." + q + e.name + q
	case "string":
		return "'" + strings.ReplaceAll(e.text, "'", "''") + "'"
	case "number":
		return e.text
	case "null":
		return "NULL"
	case "bool":
		if e.num == 1 {
			return "TRUE"
		}
		return "FALSE"
	case "and", "or":
		return "(" + arg(0) + ") " + strings.ToUpper(e.op) + " (" + arg(1) + ")"
	case "not":
		return "NOT (" + arg(0) + ")"
	case "neg":
		return "-(" + arg(0) + ")"
	case "isnull":
		return arg(0) + " IS NULL"
	case "notnull":
		return arg(0) + " IS NOT NULL"
	case "in":
		return arg(0) + " IN (" + strings.TrimPrefix(list(), arg(0)+", ") + ")"
	case "cast":
		return "CAST(" + arg(0) + " AS " + e.name + ")"
	case "case":
		var b strings.Builder
		b.WriteString("CASE")
		for i := 0; i+1 < len(e.args); i += 2 {
			b.WriteString(" WHEN " + arg(i) + " THEN " + arg(i+1))
		}
		return b.String() + " ELSE " + arg(len(e.args)-1) + " END"
	case "call":
		if e.name == "parse_date" && dialect == Spark {
			f := strings.NewReplacer("%Y", "yyyy", "%m", "MM", "%d", "dd").Replace(e.args[1].text)
			return "date(try_to_timestamp(" + arg(0) + ", '" + f + "'))"
		}
		name := e.name
		if n, ok := written[dialect][name]; ok {
			name = n
		}
		return name + "(" + list() + ")"
	}
	return "(" + arg(0) + ") " + e.op + " (" + arg(1) + ")"
}
