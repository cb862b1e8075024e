package identity

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"lantern.example/lantern/internal/analysis/linkage"
)

// Evidence is what the engine found of two records, comparison by comparison.
type Evidence struct {
	Terms       []Term  `json:"t"`
	Weight      float64 `json:"w"`           // bits, the prior odds included
	HeldBack    string  `json:"h,omitempty"` // why the weight is less than its parts, if it is
	WouldChange string  `json:"c,omitempty"` // what would change the verdict
}

// Term is one comparison's part: what was found, in words, and the bits it adds or takes.
type Term struct {
	Comparison string  `json:"k"`
	Words      string  `json:"s"`
	Bits       float64 `json:"b"`
}

// Known reports whether there is any: links of before the engine have a reason in words alone.
func (e Evidence) Known() bool { return len(e.Terms) > 0 }

// Words are the evidence in sentences, without any number of the engine's.
func (e Evidence) Words() string {
	var b strings.Builder
	for _, t := range e.Terms {
		b.WriteString(t.Words)
		b.WriteString(". ")
	}
	return strings.TrimSpace(b.String())
}

// Odds are the evidence as odds in words: "about 7,400 to 1 for".
func (e Evidence) Odds() string { return linkage.Odds(e.Weight) }

// Probability is the chance that the two are one person, as the model sees it.
func (e Evidence) Probability() float64 { return 1 / (1 + math.Exp2(-e.Weight)) }

// placeTerm is the comparison of addresses, which are a class of data of their own.
const placeTerm = "place"

// without leaves a comparison out: the reader may not read what it compares.
func (e Evidence) without(comparison string) Evidence {
	out := e
	out.Terms = nil
	for _, t := range e.Terms {
		if t.Comparison != comparison {
			out.Terms = append(out.Terms, t)
		}
	}
	if strings.Contains(e.WouldChange, " "+comparison+" ") {
		out.WouldChange = ""
	}
	return out
}

func encodeEvidence(x linkage.Explanation) (string, error) {
	e := Evidence{Weight: round(x.Weight), HeldBack: x.HeldBack, WouldChange: ownWords(x.WouldChange)}
	for _, t := range x.Terms {
		if t.Bits != 0 { // one side says nothing
			e.Terms = append(e.Terms, Term{ownWords(t.Comparison), ownWords(t.Words), round(t.Bits)})
		}
	}
	b, err := json.Marshal(e)
	return string(b), err
}

func round(x float64) float64 { return math.Round(x*100) / 100 }

func decodeEvidence(text string) (Evidence, error) {
	var e Evidence
	if text == "" {
		return e, nil
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return e, fmt.Errorf("identity: the evidence of a pair: %w", err)
	}
	return e, nil
}
