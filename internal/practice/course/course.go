// Package course is training: a course is ordered pages, a quiz that teaches and a certificate.
//
// The words of a course are content (package practice); Read makes a Course of them. Store keeps how far a
// member has come and what they have finished: by the quiz, in a room with a register, or brought from another
// training system as CSV. A course may be required by role, run out, and open a gate: Open refuses, in words,
// whoever has not finished what a gate needs, and rooms above ask it (no panel before the course on sharing).
//
// A certificate has a code that anybody may check. It answers with the course and its dates, never with a name:
// whoever holds the paper has the name already, and a code tried at random tells nothing about anybody.
package course

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice"
)

// Page is one page of a course.
type Page struct{ Title, Text string } // Text is Markdown

// Answer is one answer to a question of the quiz.
type Answer struct {
	Words string
	Right bool
	Why   string // said to whoever chooses it
}

// Question is one question of the quiz; exactly one of its answers is right.
type Question struct {
	Words   string
	Answers []Answer
}

// Right is the place of the right answer.
func (q Question) Right() int {
	return slices.IndexFunc(q.Answers, func(a Answer) bool { return a.Right })
}

// Course is a course as it is taken.
type Course struct {
	practice.Item
	Minutes  int
	Required []access.Role
	Months   int // how long it lasts; 0 is for good
	Gate     string
	PassMark int // per cent
	Pages    []Page
	Quiz     []Question
}

// RequiredOf reports whether a role must have done it.
func (c Course) RequiredOf(r access.Role) bool { return slices.Contains(c.Required, r) }

// Needed is how many right answers pass.
func (c Course) Needed() int { return (c.PassMark*len(c.Quiz) + 99) / 100 }

// The most that a course may hold.
const (
	maxPages     = 40
	maxQuestions = 40
	maxAnswers   = 8
)

// Read makes a course of its entry. What cannot be read is an error in words that say where.
func Read(i practice.Item) (Course, error) {
	c := Course{Item: i, Gate: i.Field("gate")}
	var err error
	number := func(name string, least, most int) int {
		s := strings.TrimSpace(i.Field(name))
		if s == "" && least == 0 {
			return 0
		}
		n, nerr := strconv.Atoi(s)
		if (nerr != nil || n < least || n > most) && err == nil {
			err = fault.New(fault.Invalid, "%q is no whole number from %d to %d.", s, least, most)
		}
		return n
	}
	c.Minutes, c.Months, c.PassMark = number("minutes", 0, 1000), number("expires_months", 0, 120), number("pass_mark", 1, 100)
	if err != nil {
		return c, err
	}
	for _, r := range strings.Fields(i.Field("required")) {
		if !slices.Contains(access.Roles, access.Role(r)) || access.Role(r) == access.Subject {
			return c, fault.New(fault.Invalid, "There is no role %q that a course can be required of.", r)
		}
		c.Required = append(c.Required, access.Role(r))
	}
	if c.Pages, err = ReadPages(i.Field("pages")); err != nil {
		return c, err
	}
	c.Quiz, err = ReadQuiz(i.Field("quiz"))
	return c, err
}

// ReadPages parts a course's text into its pages: each begins with a line "## Title".
func ReadPages(text string) ([]Page, error) {
	var out []Page
	for n, line := range strings.Split(text, "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			out = append(out, Page{Title: strings.TrimSpace(title)})
			continue
		}
		if len(out) == 0 {
			if strings.TrimSpace(line) != "" {
				return nil, fault.New(fault.Invalid, "Line %d of the pages stands before the first page: begin with “## ” and its title.", n+1)
			}
			continue
		}
		out[len(out)-1].Text += line + "\n"
	}
	if len(out) == 0 || len(out) > maxPages {
		return nil, fault.New(fault.Invalid, "A course has 1 to %d pages; this one has %d.", maxPages, len(out))
	}
	for i := range out {
		out[i].Text = strings.TrimSpace(out[i].Text)
		if out[i].Title == "" || out[i].Text == "" {
			return nil, fault.New(fault.Invalid, "Page %d has no title or no text.", i+1)
		}
		if utf8.RuneCountInString(out[i].Title) > 200 {
			return nil, fault.New(fault.Invalid, "The title of page %d is longer than 200 characters.", i+1)
		}
	}
	return out, nil
}

// ReadQuiz reads a quiz: "? " begins a question, "+ " its right answer and "- " another; what to say to whoever chooses it stands behind
// a "|". An empty text is no quiz.
func ReadQuiz(text string) ([]Question, error) {
	var out []Question
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		mark, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch {
		case rest == "" || !slices.Contains([]string{"?", "+", "-"}, mark):
			return nil, fault.New(fault.Invalid, "Line %d of the quiz must begin with “? ”, “+ ” or “- ” and go on with words.", n+1)
		case mark == "?":
			out = append(out, Question{Words: rest})
		case len(out) == 0:
			return nil, fault.New(fault.Invalid, "Line %d of the quiz is an answer before the first question.", n+1)
		default:
			words, why, _ := strings.Cut(rest, "|")
			a := Answer{Words: strings.TrimSpace(words), Why: strings.TrimSpace(why), Right: mark == "+"}
			if a.Words == "" {
				return nil, fault.New(fault.Invalid, "Line %d of the quiz has no answer before the “|”.", n+1)
			}
			q := &out[len(out)-1]
			q.Answers = append(q.Answers, a)
		}
	}
	if len(out) > maxQuestions {
		return nil, fault.New(fault.Invalid, "A quiz has at most %d questions; this one has %d.", maxQuestions, len(out))
	}
	for i, q := range out {
		right := 0
		for _, a := range q.Answers {
			if a.Right {
				right++
			}
		}
		if right != 1 || len(q.Answers) < 2 || len(q.Answers) > maxAnswers {
			return nil, fault.New(fault.Invalid, "Question %d needs 2 to %d answers, exactly one of them right.", i+1, maxAnswers)
		}
	}
	return out, nil
}

// Mark counts the right ones among the answers chosen: each the place of an answer, -1 for none.
func (c Course) Mark(chosen []int) (right int) {
	for i, q := range c.Quiz {
		if i < len(chosen) && chosen[i] >= 0 && chosen[i] < len(q.Answers) && q.Answers[chosen[i]].Right {
			right++
		}
	}
	return right
}
