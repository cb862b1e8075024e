package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/fault"
)

type serveCommand struct {
	place
	Addr         string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	Origin       string   `help:"The https address people use, when a proxy stands in front." placeholder:"https://…"`
	TrustedProxy []string `help:"Addresses of the proxy in front, as CIDR." placeholder:"CIDR"`
	TLSCert      string   `help:"Certificate file." placeholder:"FILE" name:"tls-cert"`
	TLSKey       string   `help:"Key file." placeholder:"FILE" name:"tls-key"`
	Metrics      string   `help:"Also answer monitoring (Prometheus) at /metrics on this address of this machine. Off unless given; no names, no addresses of pages, only routes and counts." placeholder:"127.0.0.1:9090"`
	CheckpointTo []string `help:"Folder outside this machine (a partner's share) into which each signed checkpoint of the audit log is copied; may be given several times." placeholder:"DIR" name:"checkpoint-to"`
	signInFlags
	mailFlags
	Dev string `help:"Read templates from this checkout on every request; for developers." placeholder:"DIR" hidden:""`
}

func (c *serveCommand) Run(ctx context.Context) error {
	a, err := app.Open(ctx, c.mailFlags.into(c.signInFlags.into(config.Config{Addr: c.Addr, Data: c.Data, DB: c.DB, PasswordFile: c.PasswordFile, Origin: c.Origin, TrustedProxies: c.TrustedProxy, CertFile: c.TLSCert, KeyFile: c.TLSKey, Metrics: c.Metrics, SourceRoot: c.Dev, Outside: c.CheckpointTo})), app.Options{Version: "lantern " + version})
	if err != nil {
		return err
	}
	return serve(ctx, a, func(address string) error {
		fmt.Fprintf(os.Stderr, "Lantern answers at %s. Press Ctrl-C to stop.\n", address)
		link, err := a.FirstLink(ctx)
		if err != nil || link == "" {
			return err
		}
		if _, port, err := net.SplitHostPort(c.Addr); err == nil && port != "0" {
			address = a.Config.Reached() // where passkeys work; the number we listen on is not such a place
		}
		// Standard output, not the log: whoever has the link becomes the administrator.
		fmt.Printf("Nobody has an account yet. The first administrator begins here, once, within 24 hours:\n%s%s\n", address, link)
		return nil
	})
}

// serve listens, calls ready with the address once it does, and answers until ctx ends.
func serve(ctx context.Context, a *app.App, ready func(address string) error) (err error) {
	defer func() { err = errors.Join(err, a.Close()) }()
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.Config.Addr)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "Lantern cannot listen on %s: %v. Choose another with --addr.", a.Config.Addr, err)
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, l.Close())
	}
	server := &http.Server{
		Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ReadTimeout: 30 * time.Minute, // the largest file over the slowest line; whoever drips longer is cut off
	}
	done := make(chan error, 2)
	if a.Config.Metrics != "" {
		m, err := lc.Listen(ctx, "tcp", a.Config.Metrics)
		if err != nil {
			return errors.Join(fault.Wrap(fault.Unavailable, err, "Metrics cannot be answered on %s: %v. Choose another with --metrics.", a.Config.Metrics, err), l.Close())
		}
		metrics := &http.Server{Handler: a.Metrics(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
		defer metrics.Close() //nolint:errcheck // nobody waits for its last answer
		go func() { done <- metrics.Serve(m) }()
	}
	go func() {
		if a.Config.CertFile != "" {
			done <- server.ServeTLS(l, a.Config.CertFile, a.Config.KeyFile)
			return
		}
		done <- server.Serve(l)
	}()
	scheme := "http"
	if a.Config.CertFile != "" {
		scheme = "https"
	}
	if err := ready(scheme + "://" + l.Addr().String()); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(stop)
}
