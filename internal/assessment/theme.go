package assessment

import (
	"context"
	"slices"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership"
)

// ThemesIn are the partnership's own themes, in its order and under its names. A theme keeps the claim, the kinds of
// records and whether it is about process for as long as its name is the one it came with; one that was renamed or added gets the plain form.
func ThemesIn(ctx context.Context, q database.Queryer, content *partnership.Store) ([]Theme, error) {
	shipped := map[string]Theme{}
	for _, t := range Themes() {
		shipped[t.Code] = t
	}
	list, err := content.Themes(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []Theme
	for _, t := range list {
		x := Theme{Code: t.Code, Name: t.Name}
		first := t
		if t.Version > 1 {
			history, err := content.ThemeHistory(ctx, q, t.Code)
			if err != nil {
				return nil, err
			}
			first = history[len(history)-1]
		}
		if s, ok := shipped[t.Code]; ok && Fold(first.Name) == Fold(t.Name) {
			x.Claim, x.Kinds, x.Process = s.Claim, s.Kinds, s.Process
		}
		out = append(out, x)
	}
	return out, nil
}

// ThemeOf is the theme of a code among themes; one that is not there is named by its code.
func ThemeOf(themes []Theme, code string) (t Theme, known bool) {
	if i := slices.IndexFunc(themes, func(t Theme) bool { return t.Code == code }); i >= 0 {
		return themes[i], true
	}
	return Theme{Code: code, Name: code}, false
}
