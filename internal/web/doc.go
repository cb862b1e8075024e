// Package web is what every page stands on: routes with who may reach them, strict headers, forms with
// their error summary and idempotency key, tables with sorting and paging on the server, figures with
// their base, the shell around a page, and the one place where an error becomes a page.
//
// A set of pages is a struct in a domain's …web package with its needs as fields and one Mount method.
// A page is one typed view model that embeds Page, one template, one handler that returns an error:
//
//	var listPage = web.NewTemplate[listView](files, "list.html")
//
//	func (p *Pages) Mount(rt *web.Router) {
//		rt.Get("/actions", web.Members, p.list)
//		rt.Post("/actions", web.Members, p.create)
//	}
//
// Handlers read through stores with the request's scope (ScopeOf), commit the consultation's audit line
// with Site.Show before anything leaves, and write through Site.Act, which gives every form one effect
// however often it is sent. A route that is not the viewer's answers exactly as one that does not exist.
//
// Every visible string goes through the catalogue: {{say "Actions"}} in templates. Words made in Go go
// through Say as well.
package web
