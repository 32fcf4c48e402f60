package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// A webhook is where updates are posted to.
type webhook struct {
	url    string
	secret string
	busy   map[int64]bool // queues with an update in flight
	slots  chan struct{}  // max_connections

	failed time.Time // when an update was not taken, and why; zero: each was
	why    string
}

// webhookInfo is the answer of getWebhookInfo. The lock is held.
func (s *Server) webhookInfo() json.RawMessage {
	info := map[string]any{"url": "", "has_custom_certificate": false, "pending_update_count": len(s.pending)}
	if h := s.webhook; h != nil {
		info["url"], info["max_connections"], info["ip_address"] = h.url, cap(h.slots), "203.0.113.80"
		if !h.failed.IsZero() {
			info["last_error_date"], info["last_error_message"] = h.failed.Unix(), h.why
		}
	}
	text, _ := json.Marshal(info)
	return text
}

// fails notes why the webhook did not take an update.
func (s *Server) fails(h *webhook, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.failed, h.why = time.Now(), why
	s.change()
}

var secretShape = regexp.MustCompile(`^[A-Za-z0-9_-]{0,256}$`)

func (s *Server) setWebhook(p params) (json.RawMessage, error) {
	u, err := url.Parse(p["url"])
	switch {
	case p["url"] == "":
		s.webhook = nil
		return raw(`true`), nil
	case err != nil || u.Scheme != "https":
		return nil, bad("bad webhook: An HTTPS URL must be provided for webhook")
	case !secretShape.MatchString(p["secret_token"]):
		return nil, bad("secret token contains unallowed characters")
	}
	s.allow(p["allowed_updates"])
	n := p.int("max_connections")
	if n < 1 || n > 100 {
		n = 40
	}
	s.webhook = &webhook{url: p["url"], secret: p["secret_token"], busy: map[int64]bool{}, slots: make(chan struct{}, n)}
	for _, u := range s.pending {
		s.dispatch(u.queue)
	}
	return raw(`true`), nil
}

// dispatch sees that a queue is posted: one update at a time, again until it is
// taken. The lock is held.
func (s *Server) dispatch(queue int64) {
	h := s.webhook
	if h == nil || h.busy[queue] || s.closed {
		return
	}
	h.busy[queue] = true
	s.sending.Add(1)
	go func() {
		defer s.sending.Done()
		for try := 0; ; try++ {
			u := s.head(h, queue)
			if u == nil {
				return
			}
			pause, taken := s.post(h, u, try)
			if taken {
				s.taken(u)
				try = -1
				continue
			}
			if !s.pause(pause) {
				return
			}
		}
	}()
}

// head is the queue's first update; nil, and the queue at rest, when there is
// none or the webhook has changed.
func (s *Server) head(h *webhook, queue int64) *pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.webhook == h && !s.closed {
		for _, u := range s.pending {
			if u.queue == queue {
				return u
			}
		}
	}
	h.busy[queue] = false
	return nil
}

func (s *Server) taken(u *pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range s.pending {
		if p == u {
			s.pending = append(s.pending[:i:i], s.pending[i+1:]...)
			s.change()
			return
		}
	}
}

// post makes one try. Any 2xx takes the update; after anything else it comes
// again: at once, after 2 s, 4, 8, up to a minute, or when Retry-After says.
func (s *Server) post(h *webhook, u *pending, try int) (pause time.Duration, taken bool) {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, h.url, bytes.NewReader(u.raw))
	if err != nil {
		return time.Second, false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	if try > 0 {
		pause = min(time.Second<<min(try, 6), time.Minute)
	}
	resp, err := s.hook.Do(req)
	if err != nil {
		s.fails(h, "Connection refused")
		return pause, false
	}
	_ = resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		s.fails(h, "Wrong response from the webhook: "+resp.Status)
	}
	if after, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		pause = time.Duration(after) * time.Second
	}
	return pause, resp.StatusCode >= 200 && resp.StatusCode < 300
}

// pause waits in the platform's time; false: the server was closed.
func (s *Server) pause(d time.Duration) bool {
	s.mu.Lock()
	d /= s.speed
	s.mu.Unlock()
	return !s.Wait(max(d, time.Millisecond), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.closed
	})
}
