// Command oidcpeer is a real OpenID Connect provider for tests: zitadel/oidc's own, with its example's storage and
// sign-in page. It is a module of its own, so that Lantern's graph stays small; the test of signing in through a
// provider builds it, starts it, and talks to it as it would to any other.
//
//	oidcpeer USERS.json < redirect
//
// It prints its issuer, reads the one address it may send people back to from standard input, and serves until it is
// stopped. The client is "lantern" with the secret "peer secret".
package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "oidcpeer:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: oidcpeer USERS.json")
	}
	users, err := storage.StoreFromFile(os.Args[1])
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "http://" + l.Addr().String()
	fmt.Println(issuer)
	redirect, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	storage.RegisterClients(storage.WebClient("lantern", "peer secret", strings.TrimSpace(redirect)))
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	server := &http.Server{Handler: exampleop.SetupServer(issuer, storage.NewStorage(users), log, false), ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}
