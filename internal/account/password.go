package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// MinPassword and MaxPassword bound a password's length in characters. Eight would do beside a second step (NIST SP
// 800-63B-4), but a password alone still reaches the page that asks for the step, and recovery codes get written down.
const (
	MinPassword = 12
	MaxPassword = 128
)

// TemporaryFor is how long a password given by somebody else is good.
const TemporaryFor = 7 * 24 * time.Hour

// CheckPassword says what is wrong with a new password, "" when nothing is. A password is judged by its
// length and by not being one that everybody guesses first; no rule asks for a digit or a sign.
func CheckPassword(p, email, name string) string {
	n := utf8.RuneCountInString(p)
	low := strings.ToLower(p)
	switch {
	case !utf8.ValidString(p) || strings.ContainsRune(p, 0):
		return "Use letters, digits, signs and spaces only"
	case n < MinPassword:
		return fmt.Sprintf("Use at least %d characters: three or four unconnected words are easy to remember", MinPassword)
	case n > MaxPassword:
		return fmt.Sprintf("Use at most %d characters", MaxPassword)
	case common(low):
		return "This password is on every list of guesses: choose another"
	case holds(low, strings.SplitN(email, "@", 2)[0]), holds(low, name):
		return "Leave your own name and e-mail address out of your password"
	}
	return ""
}

// CheckPassword says what is wrong with a new password, as the function does, and whether it is known from a breach.
func (s *Store) CheckPassword(p, email, name string) (string, error) {
	if words := CheckPassword(p, email, name); words != "" || s.set.Breached == nil {
		return words, nil
	}
	known, err := s.set.Breached.Has(p)
	if known {
		return "This password is known from a breach of another site: choose another", err
	}
	return "", err
}

func (s *Store) checkNew(p, email, name string) error {
	words, err := s.CheckPassword(p, email, name)
	if err == nil && words != "" {
		return fault.New(fault.Invalid, "%s.", words)
	}
	return err
}

// holds reports whether a password has a name in it. Names of three letters and less stand in many a password by chance.
func holds(low, name string) bool {
	return utf8.RuneCountInString(name) > 3 && strings.Contains(low, strings.ToLower(name))
}

// commonText lists what people choose most, one a line: whole passwords of every length and the words they are made
// of. Such lists are published again and again (SecLists' 10-million-password list, the NCSC's and Have I Been
// Pwned's hundred thousand); this is a short one, and its words are also refused with digits and signs about them.
//
//go:embed common.txt
var commonText string

var commonWords = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, line := range strings.Split(commonText, "\n") {
		if w := strings.TrimSpace(line); w != "" && !strings.HasPrefix(w, "# ") {
			out[w] = true
		}
	}
	return out
})

// looks are the signs people write for letters.
var looks = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "i", "€", "e", "£", "l")

// common reports whether a password is made of what guessers try first: one repeated group, a run of
// the keyboard or alphabet, or a word or two of the list with digits and signs about it.
func common(low string) bool {
	for w := 1; w <= len(low)/2; w++ {
		if len(low)%w == 0 && strings.Repeat(low[:w], len(low)/w) == low {
			return true
		}
	}
	for _, run := range []string{"abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "01234567890123456789", "98765432109876543210", "qwertyuiopasdfghjklzxcvbnm", "qwerty123456789", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "zaq12wsxcde34rfvbgt56yhn"} {
		if strings.Contains(run, low) {
			return true
		}
	}
	decoration := func(r rune) bool { return !unicode.IsLetter(r) }
	for _, x := range []string{low, strings.TrimFunc(low, decoration), looks.Replace(low), strings.TrimFunc(looks.Replace(low), decoration), looks.Replace(strings.TrimFunc(low, decoration)), looks.Replace(strings.TrimRightFunc(low, decoration))} {
		if stock(strings.Join(strings.FieldsFunc(x, func(r rune) bool { return unicode.IsSpace(r) || r == '-' || r == '_' || r == '.' }), "")) {
			return true
		}
	}
	return false
}

// stock reports whether letters are one word of the list, or two of them, or one over and over.
func stock(x string) bool {
	words := commonWords()
	if words[x] {
		return true
	}
	for i := 3; i <= len(x)-3; i++ {
		if words[x[:i]] && words[x[i:]] || words[x[:i]] && strings.Repeat(x[:i], len(x)/i) == x {
			return true
		}
	}
	return false
}

// SetPassword gives an account a new password and ends its web sessions, but the one named, which its owner is in.
// A temporary one is somebody else's choice: see New.
func (s *Store) SetPassword(ctx context.Context, tx *database.Tx, a Account, password string, temporary bool, but Current) error {
	if err := s.checkNew(password, a.Email, a.Name); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := tx.Exec(ctx, "UPDATE account SET password_hash = $1, password_temporary = $2, password_set_at = $3, ver = ver + 1 WHERE id = $4",
		hash, temporary, clock.Micros(s.clock.Now()), a.ID); err != nil {
		return err
	}
	return s.endSessions(ctx, tx, a.ID, but)
}

// wrong is what every failed sign-in says, whichever half was wrong.
func wrong() error {
	return fault.New(fault.Unauthenticated, "The e-mail address and password do not go together, or there were too many tries in a short time. Check both and try again; after many tries, wait a quarter of an hour.")
}

// SignIn answers for an address and a password. Wrong address, wrong password, disabled account, a temporary password
// that is too old and too many tries all get the same words, after the same work.
func (s *Store) SignIn(ctx context.Context, email, password string, from From) (Account, error) {
	folded := fold(email)
	if utf8.RuneCountInString(folded) > 320 || len(password) > 4*MaxPassword {
		return Account{}, wrong()
	}
	found, err := database.Collect(ctx, s.db.Reader(), scan, "SELECT "+columns+" FROM account WHERE email_folded = $1", folded)
	if err != nil {
		return Account{}, err
	}
	id := ""
	if len(found) == 1 {
		id = found[0].ID
	}
	try, err := s.begin(ctx, folded, id, from)
	if err != nil {
		return Account{}, err
	}
	against := nobody
	if len(found) == 1 && found[0].HasPassword() {
		against = found[0].hash
	}
	ok, old, err := s.matches(ctx, password, against)
	if err != nil {
		return Account{}, err
	}
	var a Account
	if len(found) == 1 {
		a = found[0]
	}
	if !ok || !a.HasPassword() || a.Disabled || try == "" || s.tooOld(a) {
		return Account{}, firstOf(s.refused(ctx, try, a, "password"), wrong())
	}
	if old {
		if a.hash, err = s.hash(ctx, password); err != nil {
			return Account{}, err
		}
	}
	return a, s.db.Write(ctx, func(tx *database.Tx) error {
		if old {
			if err := tx.Exec(ctx, "UPDATE account SET password_hash = $1 WHERE id = $2", a.hash, a.ID); err != nil {
				return err
			}
		}
		return s.succeeded(ctx, tx, try)
	})
}

func (s *Store) tooOld(a Account) bool {
	return a.Temporary && s.clock.Now().Sub(clock.FromMicros(a.setAt)) > TemporaryFor
}

// Argon2id parameters: memory in KiB, passes, lanes, bytes.
const (
	memory, passes, lanes = 19 * 1024, 2, 1
	keyBytes, saltBytes   = 32, 16
)

// nobody is compared with when there is no such account, so that both cases take the same time.
var nobody = encode(make([]byte, saltBytes), make([]byte, keyBytes))

func encode(salt, key []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, e.EncodeToString(salt), e.EncodeToString(key))
}

func (s *Store) derive(ctx context.Context, password string, salt []byte, m, t uint32, p uint8, n uint32) ([]byte, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		s.hashed.Add(1)
		// One password, one text: what a telephone types as one sign and a keyboard as two is the same.
		return argon2.IDKey([]byte(norm.NFC.String(password)), salt, t, m, p, n), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *Store) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key, err := s.derive(ctx, password, salt, memory, passes, lanes, keyBytes)
	if err != nil {
		return "", err
	}
	return encode(salt, key), nil
}

// matches compares a password with a stored one; old says that the stored one was made with other parameters than
// today's and should be made anew.
func (s *Store) matches(ctx context.Context, password, encoded string) (ok, old bool, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false, fmt.Errorf("account: a stored password is not Argon2id")
	}
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil {
		return false, false, fmt.Errorf("account: stored password parameters: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, false, err
	}
	got, err := s.derive(ctx, password, salt, m, t, p, uint32(len(want))) //nolint:gosec // 32 bytes
	if err != nil {
		return false, false, err
	}
	old = m != memory || t != passes || p != lanes
	return subtle.ConstantTimeCompare(got, want) == 1, old, nil
}

// Same reports whether a password is the one an account has now, without counting as a try to sign in: for an owner
// who chooses a new one.
func (s *Store) Same(ctx context.Context, a Account, password string) (bool, error) {
	if !a.HasPassword() {
		return false, nil
	}
	ok, _, err := s.matches(ctx, password, a.hash)
	return ok, err
}
