package app

import (
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/work"
	"lantern.example/lantern/internal/work/workweb"
)

// wireBoards makes boards and their meetings. It comes after the files, which papers are kept in.
func (a *App) wireBoards() {
	a.Boards = work.NewBoards(a.Clock, a.IDs, a.Audit, a.Content, a.Work)
	a.BoardPages = &workweb.BoardPages{Pages: a.WorkPages, Boards: a.Boards, Content: a.Content, Files: a.Files}
	a.BoardPages.Mount(a.Router)
	a.ContentPages.Add(a.Router, a.BoardPages.Kind())
	a.WorkPages.Boards = a.Boards
	a.WorkPages.Sources = append(a.WorkPages.Sources, a.Boards)
	a.WorkPages.Rooms[work.MeetingRef] = workweb.Room{Name: "Meeting", Href: func(id string) string { return "/meetings/" + id }}
	a.Governance.Boards = a.BoardPages.Options
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Boards and calendar", Href: "/boards", Finding: a.BoardPages.Finding})
}
