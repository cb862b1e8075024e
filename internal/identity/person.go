package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"strings"

	"lantern.example/lantern/internal/intake/profile"
)

// Verdict is what a person decided of two records.
type Verdict string

// The verdicts. Unsure keeps two records apart until somebody knows more; Withdrawn takes an earlier verdict back.
const (
	Same      Verdict = "same"
	Different Verdict = "different"
	Unsure    Verdict = "unsure"
	Withdrawn Verdict = "withdrawn"
)

// personID is the id of the person that a record starts. The same record always starts the same person, so that
// making everything again gives the same ids.
func personID(record string) string {
	sum := sha256.Sum256([]byte("person " + record))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // UUID version 8, RFC 9562
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// numberKey is the hash of an identifier as people type it: capitals and digits alone.
func numberKey(n string) int64 {
	return hash("i", strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(n)))
}

func hash(parts ...string) int64 {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))    //nolint:errcheck,gosec // never fails
		h.Write([]byte{0x1f}) //nolint:errcheck,gosec // never fails
	}
	return int64(h.Sum64()) //nolint:gosec // the bits are what matters
}

// kindWords are identifiers in the words of people who use them.
var kindWords = map[string]string{
	string(profile.NHSNumber): "NHS number", string(profile.UPN): "unique pupil number", string(profile.PNCID): "PNC id",
	string(profile.FormerUPN): "former unique pupil number", string(profile.CRONumber): "CRO number", string(profile.ULN): "unique learner number",
	string(profile.NINumber): "National Insurance number", string(profile.PrisonNumber): "prison number", string(profile.RecordID): "number in its own system",
	string(profile.LAChildID): "council's child id", string(profile.YJBID): "youth justice id", string(profile.PoliceID): "police number",
	string(profile.PupilID): "school's pupil number", string(profile.CaseReference): "case reference", string(profile.OtherID): "reference",
}

// KindWords is a kind of identifier in words.
func KindWords(kind string) string {
	if w := kindWords[kind]; w != "" {
		return w
	}
	return kind
}
