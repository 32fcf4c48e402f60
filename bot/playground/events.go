package playground

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// getEvents streams the conversation. Events:
//
//	hello   the stream is open: {"ahead": seconds the page's clock runs ahead}
//	clock   the same, when it changed
//	reset   forget what you show: what follows is all there is
//	entry   one bubble; its id is what Last-Event-ID sends back
//	typing  {"busy": messages being worked on}
//	panel   meter, buttons and switches, when they changed
//	talks   the number of everybody's newest entry, when one changed
//	ready   everything that was said up to now has been sent
//
// A reconnection goes on after Last-Event-ID, or after ?last=, which a script
// can set; an id of another process or too old begins with reset.
func (p *Page) getEvents(w http.ResponseWriter, r *http.Request) {
	c := p.talks[r.FormValue("user")]
	if c == nil {
		refuse(w, http.StatusNotFound, "没有这位用户")
		return
	}
	wake, unwatch := c.watch()
	defer unwatch()
	s := p.openStream(w, r)
	p.greet(c)
	beat := time.NewTicker(p.pace.beat)
	defer beat.Stop()
	for {
		s.clock()
		s.conversation(c)
		s.panel(r)
		s.talks()
		if s.flush() != nil {
			return
		}
		select {
		case <-wake:
		case <-beat.C:
			s.printf(": %s\n\n", "still here")
		case <-r.Context().Done():
			return
		case <-p.gone:
			return
		}
	}
}

// A stream is one browser's view: what it was sent last, so that only changes
// are written. The first error stays, and everything after it is dropped.
type stream struct {
	page  *Page
	w     http.ResponseWriter
	ctl   *http.ResponseController
	seen  int64 // number of the newest entry sent
	busy  int
	shown string // the panel as sent
	ahead int64  // seconds
	told  map[string]int64
	ready bool
	err   error
}

func (p *Page) openStream(w http.ResponseWriter, r *http.Request) *stream {
	s := &stream{page: p, w: w, ctl: http.NewResponseController(w)}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.FormValue("last")
	}
	s.seen = p.numberOf(last)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold the events back
	s.printf("retry: 2000\n")
	s.ahead = p.aheadSeconds()
	s.event("hello", "", map[string]int64{"ahead": s.ahead})
	return s
}

func (p *Page) aheadSeconds() int64 { return int64(p.cfg.Ahead() / time.Second) }

// clock comes before the entries it dates.
func (s *stream) clock() {
	if ahead := s.page.aheadSeconds(); ahead != s.ahead {
		s.event("clock", "", map[string]int64{"ahead": ahead})
		s.ahead = ahead
	}
}

// talks lets the page mark the people to whom something was said meanwhile.
func (s *stream) talks() {
	newest := make(map[string]int64, len(s.page.talks))
	for id, c := range s.page.talks {
		newest[id] = c.newest()
	}
	if !maps.Equal(newest, s.told) {
		s.event("talks", "", newest)
		s.told = newest
	}
}

// numberOf reads an event id: epoch.number. 0 is a new reader; -1, smaller
// than any number, leads to a reset.
func (p *Page) numberOf(id string) int64 {
	if id == "" {
		return 0
	}
	epoch, number, _ := strings.Cut(id, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || epoch != p.epoch {
		return -1
	}
	return n
}

func (s *stream) conversation(c *conversation) {
	entries, gap, busy := c.since(s.seen)
	if gap {
		s.event("reset", "", struct{}{})
		s.seen = 0
	}
	for _, e := range entries {
		s.event("entry", fmt.Sprintf("%s.%d", s.page.epoch, e.Number), e)
		s.seen = e.Number
	}
	if busy != s.busy {
		s.event("typing", "", map[string]int{"busy": busy})
		s.busy = busy
	}
	if !s.ready {
		s.event("ready", "", struct{}{})
		s.ready = true
	}
}

func (s *stream) panel(r *http.Request) {
	if s.page.cfg.Panel == nil {
		return
	}
	view, err := s.page.panelView(r.Context())
	if err != nil {
		s.page.cfg.Log("meter", err)
		return
	}
	if shown := string(view); shown != s.shown {
		s.event("panel", "", view)
		s.shown = shown
	}
}

// event writes one event. JSON holds no line breaks, so a line of data is enough.
func (s *stream) event(name, id string, data any) {
	body, err := json.Marshal(data)
	if err != nil {
		s.page.cfg.Log("event", err)
		return
	}
	if id != "" {
		s.printf("id: %s\n", id)
	}
	s.printf("event: %s\ndata: %s\n\n", name, body)
}

func (s *stream) printf(format string, args ...any) {
	if s.err != nil {
		return
	}
	// A server without write deadlines has none to move: that is no fault.
	_ = s.ctl.SetWriteDeadline(time.Now().Add(s.page.pace.write))
	_, s.err = fmt.Fprintf(s.w, format, args...) // #nosec G705 -- an event stream, and nosniff: never read as markup
}

func (s *stream) flush() error {
	if s.err == nil {
		s.err = s.ctl.Flush()
	}
	return s.err
}
