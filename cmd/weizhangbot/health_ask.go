package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type healthCommand struct {
	Config  string        `help:"Configuration of the serve to ask; without it the environment and the defaults tell its address." placeholder:"FILE"`
	URL     string        `name:"url" help:"Ask this address instead: http://HOST:PORT/readyz, or /healthz." placeholder:"URL"`
	Timeout time.Duration `default:"5s" help:"How long the answer may take."`
}

// Help is the long description.
func (healthCommand) Help() string {
	return `Asks /readyz of a running serve on this machine: exit code 0 when it takes messages and can
store them, 1 when not, with the reason. For containers and scripts that have no curl.

Example:

  weizhangbot health --config config.yaml
  weizhangbot health --url http://127.0.0.1:8080/healthz --timeout 2s`
}

// Run asks once.
func (c healthCommand) Run(ctx context.Context, p *program) error {
	address, err := c.address(p.environ)
	if err != nil {
		return err
	}
	answer, err := c.ask(ctx, address, p.machine)
	if err != nil {
		return fmt.Errorf("health: %s: %w", address, err)
	}
	return p.print(showHidden(answer) + "\n")
}

// address is where to ask.
func (c healthCommand) address(environ []string) (string, error) {
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", usageError{fmt.Errorf("--url %s: no address, such as http://127.0.0.1:8080/readyz", redactedURL(c.URL))}
		}
		return c.URL, nil
	}
	config, err := load(c.Config, environ)
	if err != nil {
		// Whoever watches over containers knows 0 and 1 only.
		if usage := (usageError{}); errors.As(err, &usage) {
			err = usage.error
		}
		return "", err
	}
	if strings.HasSuffix(config.Server.Listen, ":0") {
		return "", errors.New("health: server.listen: any free port: give --url")
	}
	return reachable(config.Server.Listen) + readyPath, nil
}

// reachable is where a server that listens there is found on this machine.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return "http://" + net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + listen
}

// longestAnswer is more than any that is honest.
const longestAnswer = 1 << 10

// ask is the first line of the answer, or why it is not a good one.
func (c healthCommand) ask(ctx context.Context, address string, m machine) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	// No proxy, whatever the environment says: it is about this machine. Nor are
	// redirects followed: they are not serve's.
	transport := &http.Transport{Proxy: nil, DialContext: m.dial, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return "", c.inWords(err)
	}
	defer func() { _ = resp.Body.Close() }() // only read from
	b, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return "", c.inWords(err)
	}
	answer := firstLine(string(b))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%d %s", resp.StatusCode, answer)
	}
	return answer, nil
}

// inWords is a failure of the call without the address, which stands before it.
func (c healthCommand) inWords(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer in %v", c.Timeout)
	}
	if outer := new(url.Error); errors.As(err, &outer) {
		err = outer.Err
	}
	return err
}
