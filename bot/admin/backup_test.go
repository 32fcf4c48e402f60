package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
)

// A copier writes pages until it has written enough; pages < 0: until it fails.
type copier struct {
	pages int
	err   error         // after the pages
	began chan struct{} // closed with the first page out; nil: nobody waits
	ended chan error    // what Backup returned
}

func (c *copier) Backup(ctx context.Context, w io.Writer) (err error) {
	if c.ended != nil {
		defer func() { c.ended <- err }()
	}
	for n := 0; n != c.pages; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := w.Write(make([]byte, 32<<10)); err != nil {
			return err
		}
		if n == 0 && c.began != nil {
			close(c.began)
		}
	}
	return c.err
}

// fetching is a listener with c, and a client.
func fetching(t *testing.T, config Config, change func(*backups)) (*Client, *httptest.Server) {
	t.Helper()
	config.Log, _ = test.NewNullLogger()
	b := newBackups(config)
	if change != nil {
		change(b)
	}
	s := httptest.NewUnstartedServer(b)
	s.Config.WriteTimeout = time.Minute
	s.Start()
	c := NewClient(s.URL, "")
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

func TestBackup(t *testing.T) {
	for _, tt := range []struct {
		name string
		from Copier
		want string // in the error
		size int
	}{
		{"all of it", &copier{pages: 40}, "", 40 * 32 << 10},
		{"none of it", &copier{err: errors.New("disk: on fire")}, "500: disk: on fire", 0},
		{"a part of it", &copier{pages: 40, err: errors.New("disk: on fire")}, "cut off", -1},
		{"nowhere", nil, "404", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := fetching(t, Config{Store: tt.from}, nil)
			var b bytes.Buffer
			err := c.Backup(t.Context(), &b)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if tt.size >= 0 && b.Len() != tt.size {
				t.Errorf("%d bytes, want %d", b.Len(), tt.size)
			}
		})
	}
}

// Through the whole door: with the header, and without the limits of answers.
func TestBackupBehindTheDoor(t *testing.T) {
	log, hook := test.NewNullLogger()
	s := httptest.NewServer(New(Config{Store: &copier{pages: 3}, Log: log}))
	defer s.Close()
	c := NewClient(s.URL, "")
	defer c.Close()
	var b bytes.Buffer
	if err := c.Backup(t.Context(), &b); err != nil || b.Len() != 3*32<<10 {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
	if e := hook.LastEntry(); e == nil || e.Data["event"] != "backup" || e.Data["bytes"] != int64(3*32<<10) {
		t.Errorf("%+v", e)
	}
	for site, want := range map[string]int{"": http.StatusOK, "none": http.StatusOK, "cross-site": http.StatusUnauthorized, "same-site": http.StatusUnauthorized} {
		if got := backupFrom(t, s, site); got != want {
			t.Errorf("without the header, from %q: %d, want %d", site, got, want)
		}
	}
	if w := headOf(New(Config{Store: &copier{pages: 3}, Log: log})); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", w.Code)
	}
	if err := c.Backup(t.Context(), failing{}); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("a full disk here: %v", err)
	}
}

// backupFrom fetches a backup as a browser on a page of that site would, or as
// curl does, which names none.
func backupFrom(t *testing.T, s *httptest.Server, site string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/backup", nil)
	if err != nil {
		t.Fatal(err)
	}
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

func headOf(h http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodHead, "/backup", nil)
	r.Host = "127.0.0.1:9090"
	r.Header.Set(Header, "1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no room") }

// Whoever fetches a copy and stalls, leaves, or takes too long does not keep the
// store from using its pages again; neither does anybody when the bot stops.
func TestBackupLetsGo(t *testing.T) {
	stopping, stop := context.WithCancel(context.Background())
	defer stop()
	for _, tt := range []struct {
		name   string
		config Config
		change func(*backups)
		do     func(net.Conn)
	}{
		{"stalls", Config{}, func(b *backups) { b.stall = 50 * time.Millisecond }, func(net.Conn) {}},
		{"leaves", Config{}, nil, func(c net.Conn) { _ = c.Close() }},
		{"takes too long", Config{}, func(b *backups) { b.total = 50 * time.Millisecond }, trickle},
		{"the bot stops", Config{Stopping: stopping}, nil, func(c net.Conn) { stop(); trickle(c) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			endless := &copier{pages: -1, began: make(chan struct{}), ended: make(chan error, 1)}
			tt.config.Store = endless
			c, s := fetching(t, tt.config, tt.change)
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, "GET /backup HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			<-endless.began
			if tt.name == "leaves" {
				if err := c.Backup(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "503: another backup is being made") {
					t.Errorf("a second one meanwhile: %v", err)
				}
			}
			tt.do(conn)
			if err := <-endless.ended; err == nil {
				t.Error("it ended by itself: this test shows nothing")
			}
		})
	}
}

// trickle takes everything, until it is cut off.
func trickle(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
