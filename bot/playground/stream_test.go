package playground

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// site is a page behind a real server.
type site struct {
	t    *testing.T
	page *Page
	url  string
	http *http.Client
}

func serve(t *testing.T, p *Page) *site {
	t.Helper()
	srv := httptest.NewServer(p)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = p.Close(ctx) // ends the streams, for which the server waits
		srv.Close()
	})
	return &site{t: t, page: p, url: srv.URL, http: srv.Client()}
}

// post sends a JSON body and returns the status and the text of the answer.
func (s *site) post(path string, body any, header ...string) (int, string) {
	s.t.Helper()
	raw, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		raw = string(b)
	}
	return s.do(http.MethodPost, path, raw, append([]string{"Content-Type", "application/json"}, header...)...)
}

func (s *site) do(method, path, body string, header ...string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(text))
}

// say posts a message of user li that must be taken in.
func (s *site) say(key, text string) {
	s.t.Helper()
	if code, why := s.post("/say", saying{User: "li", Key: key, Text: text}); code != http.StatusAccepted {
		s.t.Fatalf("say %q: %d %s", text, code, why)
	}
}

// event is what a browser's EventSource hands over.
type event struct{ id, name, data string }

// tab is an open event stream.
type tab struct {
	t      *testing.T
	events chan event
	close  context.CancelFunc
}

func (s *site) open(user, last string) *tab {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/events?user="+user, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	tb := &tab{t: s.t, events: make(chan event, 2000), close: cancel}
	opened := make(chan error)
	go tb.follow(s.http, r, opened)
	if err := <-opened; err != nil {
		s.t.Fatal(err)
	}
	return tb
}

// follow tells opened how the stream began, and then reads it to its end.
func (tb *tab) follow(client *http.Client, r *http.Request, opened chan<- error) {
	defer close(tb.events)
	resp, err := client.Do(r)
	if err != nil {
		opened <- err
		return
	}
	defer func() { _ = resp.Body.Close() }()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream; charset=utf-8" {
		err = fmt.Errorf("events: %s, %s", resp.Status, kind)
	}
	opened <- err
	var e event
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if value != "" { // a comment
				tb.events <- event{name: ":"}
			} else if e.name != "" {
				tb.events <- e
			}
			e = event{}
		}
	}
}

// until returns the events up to the first of this name, that one last.
func (tb *tab) until(name string) []event {
	tb.t.Helper()
	var got []event
	for e := range tb.events {
		got = append(got, e)
		if e.name == name {
			return got
		}
	}
	tb.t.Fatalf("the stream ended before %q, after %v", name, got)
	return nil
}

// entries reads n bubbles and returns them as lines: "number from: text".
func (tb *tab) entries(n int) (lines []string, last string) {
	tb.t.Helper()
	for range n {
		got := tb.until("entry")
		e := got[len(got)-1]
		var b entry
		if err := json.Unmarshal([]byte(e.data), &b); err != nil {
			tb.t.Fatal(err)
		}
		first, _, _ := strings.Cut(b.Text, "\n")
		lines = append(lines, fmt.Sprintf("%d %s: %s", b.Number, b.From, first))
		last = e.id
	}
	return lines, last
}

func names(events []event) string {
	var n []string
	for _, e := range events {
		n = append(n, e.name)
	}
	return strings.Join(n, " ")
}
