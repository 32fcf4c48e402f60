package admin

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

const (
	// liveEvery is how often a page that is open is looked at anew.
	liveEvery = stateAge
	// pulseEvery keeps proxies from hanging up on a page that does not change.
	pulseEvery = 25 * time.Second
	// writeTime is how long a browser may take for what is sent at once.
	writeTime = 20 * time.Second
)

// events sends the sections of the page when they change, as one event of HTML,
// until the browser leaves, the session ends or the listener closes. The page
// compares and keeps what is as it was.
func (o *Console) events(w http.ResponseWriter, r *http.Request) {
	select {
	case o.streams <- struct{}{}:
		defer func() { <-o.streams }()
	default:
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	s := stream{w: w, c: http.NewResponseController(w)}
	for {
		csrf, ok := o.who(r)
		if !ok || !s.send(o, csrf) {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-o.ended:
			return
		case <-tick.C:
		}
	}
}

// A stream is one browser that listens.
type stream struct {
	w    http.ResponseWriter
	c    *http.ResponseController
	last []byte
	at   time.Time
}

// send sends what is new; false: nobody listens any more.
func (s *stream) send(o *Console, csrf string) bool {
	v := o.c.Panel.view()
	v.CSRF = csrf
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "sections", v); err != nil {
		o.c.Log.WithError(err).WithField("event", "dashboard").Error("the page cannot be made")
		return false
	}
	message := []byte(": \n\n")
	switch now := time.Now(); {
	case !bytes.Equal(b.Bytes(), s.last):
		lines := bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte("\ndata: "))
		message = fmt.Appendf(nil, "event: sections\ndata: %s\n\n", lines)
		s.last, s.at = bytes.Clone(b.Bytes()), now
	case now.Sub(s.at) < pulseEvery:
		return true
	default:
		s.at = now
	}
	// A recorder has no deadlines, and needs none.
	_ = s.c.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err := s.w.Write(message); err != nil {
		return false
	}
	return s.c.Flush() == nil
}
