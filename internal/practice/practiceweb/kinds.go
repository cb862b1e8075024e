package practiceweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/course"
	"lantern.example/lantern/internal/web"
)

// kind registers a kind of entry: its page and what is known about it here, and its writing with contentweb.
func (p *Pages) kind(rt *web.Router, k practice.Kind) {
	at := k.Path + "/{code}"
	if k.Code == practice.Course {
		rt.Get(at, web.Members, p.courseStart)
	} else {
		rt.Get(at, web.Members, func(w http.ResponseWriter, r *http.Request) error { return p.show(w, r, k) })
	}
	rt.Get(at+"/preview", keepers, func(w http.ResponseWriter, r *http.Request) error { return p.preview(w, r, k) })
	rt.Get(at+"/confirm", keepers, func(w http.ResponseWriter, r *http.Request) error { return p.confirmForm(w, r, k) })
	rt.Post(at+"/confirm", keepers, func(w http.ResponseWriter, r *http.Request) error { return p.confirm(w, r, k) })
	rt.Get(at+"/review", web.Members, func(w http.ResponseWriter, r *http.Request) error { return p.reviewForm(w, r, k) })
	rt.Post(at+"/review", web.Members, func(w http.ResponseWriter, r *http.Request) error { return p.reviewed(w, r, k) })
	rt.Get(at+"/keeper", keepers, func(w http.ResponseWriter, r *http.Request) error { return p.keeperForm(w, r, k) })
	rt.Post(at+"/keeper", keepers, func(w http.ResponseWriter, r *http.Request) error { return p.keeper(w, r, k) })
	p.ContentWeb.Add(rt, &contentweb.Kind{
		Code: k.Code, Path: k.Path, One: k.One, Many: k.Many, Title: web.Field{Label: "Title", Required: "Enter a title"},
		Fields: func(context.Context) ([]*web.Field, error) { return formFields(k), nil },
		Check:  func(f *web.Form) { check(k, f) },
		Write:  keepers, Drafts: true, Review: true,
		Crumbs: []web.Link{hub, lists[k.Code]}, Href: k.Href,
		Preview: func(code string, version int64) string {
			return k.Href(code) + "/preview?v=" + strconv.FormatInt(version, 10)
		},
		Lead:    "Everything in the hub is about nobody: no names, no case. It is saved as a draft with a preview, and shown when you publish it.",
		Readers: &web.Readers{By: "Every member of the partnership, once it is published. It can leave as a file.", NotBy: "Young people’s own sign-ins; the public."},
	})
}

func formFields(k practice.Kind) []*web.Field {
	out := make([]*web.Field, 0, len(k.Fields))
	for _, x := range k.Fields {
		f := &web.Field{Name: x.Name, Label: x.Label, Hint: x.Hint, Required: x.Required, Max: x.Max}
		for _, o := range x.Options {
			f.Options = append(f.Options, web.Option{Value: o.Value, Label: o.Label})
		}
		switch x.Shape {
		case practice.Line:
			f.Kind = web.TextInput
			if x.Max == 0 {
				f.Max = 300
			} else if x.Max <= 10 {
				f.Width = "10"
			}
		case practice.Choice:
			f.Kind = web.Select
			if x.Required != "" {
				f.Options = append([]web.Option{{Label: "Choose"}}, f.Options...)
			}
		case practice.Many:
			f.Kind = web.Checkboxes
		case practice.Day:
			f.Kind = web.DateInput
		default:
			f.Kind, f.Rows = web.TextArea, 4
			if x.Max == 0 {
				f.Max = 20000
			}
			if x.Shape != practice.Plain && x.Name != "origin" {
				f.Rows = 8
			}
			if f.Max >= 40000 {
				f.Rows = 24
			}
		}
		if x.Shape == practice.Prose && f.Hint == "" {
			f.Hint = "Markdown: **strong**, - lists, 1. numbers, ## headings, > set apart, [words](/hub)."
		}
		out = append(out, f)
	}
	return out
}

// check is what is wrong with an entry beyond each field's own rules.
func check(k practice.Kind, f *web.Form) {
	say := func(name string, err error) {
		if words, ok := fault.Words(err); ok {
			f.Fail(name, words)
		}
	}
	if v := f.Value("as_at"); v != "" && !practice.CheckAsAt(v) {
		f.Fail("as_at", "Enter a date as 2026, 2026-11 or 2026-11-28")
	}
	switch k.Code {
	case practice.Note:
		if f.Value("evidence") != "" && (strings.TrimSpace(f.Value("rated_by")) == "" || f.Value("rated_on") == "") {
			f.Fail("rated_by", "A rating needs who rated it and on which day")
		}
		if v := f.Value("approach"); v != "" && v != content.Slug(v) {
			f.Fail("approach", "Use small letters and hyphens, for example "+content.Slug(v))
		}
	case practice.Course:
		c := course.Course{}
		_, err := course.ReadPages(f.Value("pages"))
		say("pages", err)
		c.Quiz, err = course.ReadQuiz(f.Value("quiz"))
		say("quiz", err)
		whole(f, "minutes", 0, 1000)
		whole(f, "expires_months", 0, 120)
		whole(f, "pass_mark", 1, 100)
	case practice.LawChange:
		if !practice.CheckAsAt(f.Value("on")) {
			f.Fail("on", "Enter a date as 2026, 2026-04 or 2026-04-29")
		}
		references(f, "touches")
	case practice.Template:
		references(f, "law_refs")
	case practice.Toolkit:
		_, err := practice.ReadRatings(f.Value("ratings"))
		say("ratings", err)
	case practice.Synonyms:
		_, err := practice.ReadGroups(f.Value("groups"))
		say("groups", err)
	case practice.Settings:
		whole(f, "answer_days", 1, 100)
		whole(f, "escalate_days", 1, 100)
		for _, d := range strings.Fields(f.Value("holidays")) {
			if len(d) != 10 || !practice.CheckAsAt(d) {
				f.Fail("holidays", "“"+d+"” is no day: write each as 2026-12-25")
			}
		}
	}
}

func whole(f *web.Form, name string, least, most int) {
	v := f.Value(name)
	if v == "" && least == 0 {
		return
	}
	if n, err := strconv.Atoi(v); err != nil || n < least || n > most {
		f.Fail(name, "Enter a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
	}
}

func references(f *web.Form, name string) {
	v := f.Value(name)
	n := len(strings.FieldsFunc(v, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' }))
	if len(practice.Refs(v)) != n {
		f.Fail(name, "Write each as kind/code, with commas between them, for example duty/section-47")
	}
}
