// Package e2e drives a whole Lantern with a real browser, as the people who use it do.
//
// It starts the demonstration (lantern demo --json), signs in as one account of each role, follows every
// link it finds and looks at each page once: no dead link, no error in the console, nothing refused by the
// content policy, no request to any other machine, no fault that axe finds, and no page wider than a small
// phone. New pages are covered as soon as something links to them. A few journeys are then made by keyboard
// alone, and without scripts.
//
//	go test ./e2e                                  one look at each page
//	go test ./e2e -run TestPages -shots ../shots   pictures of every page, every role, wide and narrow
//
// The tests need Chromium and the built assets, and skip with a message where there are none, unless
// LANTERN_TEST_BROWSER_REQUIRED is set. LANTERN_TEST_BINARY names a built lantern to use; without it one
// is built.
package e2e
