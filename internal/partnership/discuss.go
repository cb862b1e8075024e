package partnership

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Comment is what a partner says about a wording before it is adopted, or after.
type Comment struct {
	Version int64
	Agency  string
	By      string // account id
	At      int64
	Words   string
}

// Say adds a comment on a version. It stays: what was said in the discussion is part of why a wording is what it is.
func (s *Store) Say(ctx context.Context, tx *database.Tx, by access.Scope, code string, number int64, words string) error {
	v, err := s.version(ctx, tx, by, code, number)
	if err != nil {
		return err
	}
	if words = strings.TrimSpace(words); words == "" {
		return fault.New(fault.Invalid, "Write what you want to say about the wording.")
	}
	if err := tx.Exec(ctx, "INSERT INTO definition_comment (id, definition_id, version, agency, by_account, at, words) VALUES ($1,$2,$3,$4,$5,$6,$7)",
		s.ids.New(), v.DefinitionID, v.Number, by.Agency, by.Account, clock.Micros(s.clock.Now()), words); err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "definition", v.Cite(), "discussed")
}

// Comments lists what was said about a definition the scope may read, newest first.
func (s *Store) Comments(ctx context.Context, q database.Queryer, scope access.Scope, code string) ([]Comment, error) {
	cond, args := scope.Where("d", 2)
	return database.Collect(ctx, q, func(r database.Scanner) (Comment, error) {
		var c Comment
		return c, r.Scan(&c.Version, &c.Agency, &c.By, &c.At, &c.Words)
	}, "SELECT c.version, c.agency, c.by_account, c.at, c.words FROM definition_comment c JOIN definition d ON d.id = c.definition_id WHERE d.code = $1 AND "+cond+" ORDER BY c.at DESC, c.id DESC", append([]any{code}, args...)...)
}

// Variation is how one agency differs from a wording, and why: a local threshold, an age, a wider meaning.
type Variation struct {
	Version      int64
	Agency       string
	Wording, Why string
	By           string // account id
	At           int64
}

// Vary records how an agency differs from a version; what it said before is superseded. Empty wording ends the
// variation: the agency means what the wording says.
func (s *Store) Vary(ctx context.Context, tx *database.Tx, by access.Scope, code string, number int64, agency, wording, why string) error {
	v, err := s.version(ctx, tx, by, code, number)
	if err != nil {
		return err
	}
	if _, err := s.Agency(ctx, tx, agency); err != nil {
		return fault.New(fault.Invalid, "Choose an agency of the partnership.")
	}
	wording, why = strings.TrimSpace(wording), strings.TrimSpace(why)
	if wording != "" && why == "" {
		return fault.New(fault.Invalid, "Say why the agency means something else.")
	}
	at := clock.Micros(s.clock.Now())
	n, err := tx.ExecCount(ctx, "UPDATE definition_variation SET ended_at = $1, ended_by = $2 WHERE definition_id = $3 AND agency = $4 AND ended_at IS NULL", at, by.Account, v.DefinitionID, agency)
	if err != nil {
		return err
	}
	what := "local variation written"
	if wording == "" {
		if n == 0 {
			return fault.New(fault.Invalid, "Write how the agency’s meaning differs.")
		}
		what = "local variation ended"
	} else if err := tx.Exec(ctx, "INSERT INTO definition_variation (id, definition_id, version, agency, wording, why, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
		s.ids.New(), v.DefinitionID, v.Number, agency, wording, why, by.Account, at); err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "definition", v.Cite(), what)
}

// Variations lists how agencies differ from a definition the scope may read, by agency.
func (s *Store) Variations(ctx context.Context, q database.Queryer, scope access.Scope, code string) ([]Variation, error) {
	cond, args := scope.Where("d", 2)
	return database.Collect(ctx, q, func(r database.Scanner) (Variation, error) {
		var v Variation
		return v, r.Scan(&v.Version, &v.Agency, &v.Wording, &v.Why, &v.By, &v.At)
	}, "SELECT x.version, x.agency, x.wording, x.why, x.by_account, x.at FROM definition_variation x JOIN definition d ON d.id = x.definition_id WHERE d.code = $1 AND x.ended_at IS NULL AND "+cond+" ORDER BY x.agency", append([]any{code}, args...)...)
}

// WordsOf are the words that bring a definition up when somebody types them, and which version of the list that is
// (0 when nobody has written one).
func (s *Store) WordsOf(ctx context.Context, q database.Queryer, definition string) (words []string, version int64, err error) {
	type row struct {
		words   string
		version int64
	}
	x, ok, err := orNone(database.Collect(ctx, q, func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.words, &x.version)
	}, "SELECT words, version FROM definition_words WHERE definition_id = $1 AND superseded_at IS NULL", definition))
	if err != nil || !ok {
		return nil, 0, err
	}
	return Lines(x.words), x.version, nil
}

// SetWords writes the words that bring a definition up, over the version of the list that its writer saw.
func (s *Store) SetWords(ctx context.Context, tx *database.Tx, by access.Scope, code string, over int64, words []string) error {
	e, _, _, err := s.Definition(ctx, tx, by, code)
	if err != nil {
		return err
	}
	_, now, err := s.WordsOf(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	if now != over {
		return stale("the words that bring this definition up")
	}
	for _, w := range words {
		if n := len([]rune(w)); n < 3 || n > 60 {
			return fault.New(fault.Invalid, "%q cannot be one of the words: expected 3 to 60 characters.", w)
		}
	}
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE definition_words SET superseded_at = $1 WHERE definition_id = $2 AND superseded_at IS NULL", at, e.ID); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO definition_words (definition_id, version, words, by_account, at) VALUES ($1,$2,$3,$4,$5)", e.ID, now+1, strings.Join(words, "\n"), by.Account, at); err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "definition", code, "words that bring it up written")
}

// Meaning is what the partnership means by words that somebody typed.
type Meaning struct {
	Words   []string // that bring it up
	Current Version
}

// Meanings are the definitions that typed words bring up, with their current wording, for the scope.
func (s *Store) Meanings(ctx context.Context, q database.Queryer, scope access.Scope) ([]Meaning, error) {
	cond, args := scope.Where("d", 1)
	type row struct {
		id, words string
	}
	lists, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.words)
	}, "SELECT d.id, w.words FROM definition_words w JOIN definition d ON d.id = w.definition_id WHERE w.superseded_at IS NULL AND "+cond+" ORDER BY d.code", args...)
	if err != nil || len(lists) == 0 {
		return nil, err
	}
	register, err := s.Register(ctx, q, scope)
	if err != nil {
		return nil, err
	}
	var out []Meaning
	for _, x := range lists {
		i := slices.IndexFunc(register, func(e Entry) bool { return e.ID == x.id })
		if words := Lines(x.words); i >= 0 && register[i].Current != nil && len(words) > 0 {
			out = append(out, Meaning{Words: words, Current: *register[i].Current})
		}
	}
	return out, nil
}

// Typed is a word that somebody typed, as they typed it without its capitals, and what the partnership means by it.
type Typed struct {
	Word    string
	Meaning Meaning
}

// Find lists which meanings a text brings up, each once: whole words only, and a longer word before a shorter one
// that it holds, so that “gang member” does not bring up “gang” as well.
func Find(text string, all []Meaning) []Typed {
	padded := " " + plain(text) + " "
	type candidate struct {
		word, as string
		at       int
	}
	var words []candidate
	for i, m := range all {
		for _, w := range m.Words {
			if p := plain(w); p != "" {
				words = append(words, candidate{" " + p + " ", strings.ToLower(w), i})
			}
		}
	}
	slices.SortStableFunc(words, func(a, b candidate) int { return cmp.Compare(len(b.word), len(a.word)) })
	var out []Typed
	for _, w := range words {
		if !strings.Contains(padded, w.word) {
			continue
		}
		padded = strings.ReplaceAll(padded, w.word, " | ")
		if !slices.ContainsFunc(out, func(t Typed) bool { return t.Meaning.Current.Code == all[w.at].Current.Code }) {
			out = append(out, Typed{w.as, all[w.at]})
		}
	}
	slices.SortFunc(out, func(a, b Typed) int { return strings.Compare(a.Meaning.Current.Code, b.Meaning.Current.Code) })
	return out
}

// plain is a text's words folded, with one space between them.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(cases.Fold().String(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }), " ")
}

// seedWords are the words that bring up the definitions which come with the program.
var seedWords = map[string]string{
	"gang":                        "gang\ngangs\ngang related\ngang affiliated",
	"gang-nominal":                "gang member\ngang members\ngang nominal\ngang nominals\nnominal\nnominals",
	"county-lines":                "county line\ncounty lines\ngoing country\ncunch",
	"child-criminal-exploitation": "criminal exploitation\nchild criminal exploitation\nCCE",
	"child-sexual-exploitation":   "sexual exploitation\nchild sexual exploitation\nCSE",
	"cuckooing":                   "cuckooing\ncuckooed\ncuckoo",
	"debt-bondage":                "debt bondage\ndebt enslavement",
	"organised-crime-group":       "OCG\norganised crime group",
	"group-of-young-people":       "peer group\ngroup of young people",
	"disengaged-young-people":     "disengaged\nNEET",
	"serious-violence":            "serious violence",
}

// seedTyped writes the words for definitions that nobody has written any for.
func (s *Store) seedTyped(ctx context.Context, tx *database.Tx, at int64) (int, error) {
	type row struct{ id, code string }
	bare, err := database.Collect(ctx, tx, func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.code)
	}, "SELECT d.id, d.code FROM definition d WHERE NOT EXISTS (SELECT 1 FROM definition_words w WHERE w.definition_id = d.id) ORDER BY d.code")
	if err != nil {
		return 0, err
	}
	var rows [][]any
	for _, x := range bare {
		if w := seedWords[x.code]; w != "" {
			rows = append(rows, []any{x.id, 1, w, seededBy, at})
		}
	}
	return len(rows), tx.Insert(ctx, "INSERT INTO definition_words (definition_id, version, words, by_account, at)", 5, rows, "")
}
