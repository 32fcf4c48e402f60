//go:build crashpoints

package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe"
)

// A crashTransport has the points of a query on its way to Juhe.
type crashTransport struct{ http.RoundTripper }

// juheSeam makes a client that, like the usual one, uses no connection twice.
func juheSeam() []juhe.Option {
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	return []juhe.Option{juhe.WithHTTPClient(&http.Client{Transport: crashTransport{&http.Transport{
		DialContext: dialer.DialContext, DisableKeepAlives: true,
	}}})}
}

// RoundTrip implements http.RoundTripper.
func (t crashTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/query") {
		return t.RoundTripper.RoundTrip(r)
	}
	pass("Q2")
	trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { pass("Q3") }}
	resp, err := t.RoundTripper.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err == nil {
		resp.Body = crashBody{resp.Body}
	}
	return resp, err
}

type crashBody struct{ io.ReadCloser }

func (b crashBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF { //nolint:errorlint // io.Reader's own rule
		pass("Q4")
	}
	return n, err
}

// doorSeam has the points of a platform's request.
func doorSeam(h http.Handler) http.Handler {
	if h == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pass("W0")
		h.ServeHTTP(&crashAnswer{ResponseWriter: w}, r)
		pass("W3a") // an answer of which nothing was written yet
	})
}

// A crashAnswer is an answer on its way.
type crashAnswer struct{ http.ResponseWriter }

// Unwrap is for http.ResponseController.
func (a *crashAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *crashAnswer) Write(b []byte) (int, error) {
	pass("W3a")
	if fate.point != "W4" || len(b) < 2 {
		return a.ResponseWriter.Write(b)
	}
	half := len(b) / 2
	n, err := a.ResponseWriter.Write(b[:half])
	if err != nil {
		return n, err
	}
	_ = http.NewResponseController(a.ResponseWriter).Flush()
	pass("W4")
	rest, err := a.ResponseWriter.Write(b[half:])
	return n + rest, err
}
