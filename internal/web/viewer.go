package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
)

// Viewer is who is looking: the request's scope and the words the header shows.
type Viewer struct {
	Scope       access.Scope
	Name        string
	AgencyName  string
	RoleName    string
	PurposeName string
	// Proved is when they last proved who they are in this web session: by signing in, or when asked again.
	Proved time.Time
}

type viewerKey struct{}

// WithViewer puts the viewer into the request's context; the account package's middleware calls it.
func WithViewer(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerOf is who is looking, nil when nobody has signed in.
func ViewerOf(r *http.Request) *Viewer {
	v, _ := r.Context().Value(viewerKey{}).(*Viewer)
	return v
}

// ScopeIn is the scope of whoever is looking, from the request's context alone; the zero scope when nobody signed in.
func ScopeIn(ctx context.Context) access.Scope {
	if v, ok := ctx.Value(viewerKey{}).(*Viewer); ok && v != nil {
		return v.Scope
	}
	return access.Scope{}
}

// ScopeOf is the request's scope; the zero scope, which reads open data only, when nobody has signed in.
func ScopeOf(r *http.Request) access.Scope {
	if v := ViewerOf(r); v != nil {
		return v.Scope
	}
	return access.Scope{}
}

// Need says who may reach a route.
type Need struct {
	// Public routes need no sign-in.
	Public bool
	// Roles that may reach it; empty means every signed-in account.
	Roles []access.Role
}

// The usual needs.
var (
	// Public is for everybody, signed in or not.
	Public = Need{Public: true}
	// Everyone is for every signed-in account.
	Everyone = Need{}
	// Members is for every member of an agency: all roles but Subject.
	Members = Only(access.Manager, access.Analyst, access.Chair, access.Practitioner, access.SchoolLead, access.InfoOfficer, access.Administrator)
	// Casework is for the roles that may read about people.
	Casework = Only(access.Manager, access.Analyst, access.Chair, access.Practitioner, access.SchoolLead)
)

// Only is for the given roles.
func Only(roles ...access.Role) Need { return Need{Roles: roles} }

// Met reports whether a viewer may reach a route with this need.
func (n Need) Met(v *Viewer) bool {
	if n.Public {
		return true
	}
	return v != nil && (len(n.Roles) == 0 || slices.Contains(n.Roles, v.Scope.Role))
}
