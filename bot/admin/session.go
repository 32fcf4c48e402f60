package admin

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	sessionCookie = "weizhangbot_admin"
	// sessionFor is how long one stays signed in: a working day.
	sessionFor = 12 * time.Hour
	// mostSessions bounds them; the one that ends first makes room.
	mostSessions = 100
	// mostWrong is how many wrong tokens a minute are looked at, whoever sends
	// them; then nobody signs in until it is over. A token is long: this keeps
	// the log readable rather than guessers out.
	mostWrong = 10
)

// sessions are who has signed in. They end with the process.
type sessions struct {
	mu    sync.Mutex
	all   map[string]session
	wrong int
	since time.Time // of wrong
}

type session struct {
	csrf string
	ends time.Time
}

func drawn() string { return rand.Text() }

// begin makes a session and returns its cookie.
func (s *sessions) begin(now time.Time, secure bool) *http.Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]session{}
	}
	first := ""
	for id, one := range s.all {
		if !one.ends.After(now) {
			delete(s.all, id)
		} else if first == "" || one.ends.Before(s.all[first].ends) {
			first = id
		}
	}
	if len(s.all) >= mostSessions {
		delete(s.all, first)
	}
	id := drawn()
	s.all[id] = session{csrf: drawn(), ends: now.Add(sessionFor)}
	return cookie(id, int(sessionFor/time.Second), secure)
}

// cookie carries a session to a browser. It is for TLS only where there is TLS:
// through a tunnel there is none, and none is needed.
func cookie(id string, age int, secure bool) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // G124: see above
		Name: sessionCookie, Value: id, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode,
	}
}

// find is the session of a request.
func (s *sessions) find(r *http.Request, now time.Time) (csrf string, ok bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.all[c.Value]
	if !ok || !one.ends.After(now) {
		return "", false
	}
	return one.csrf, true
}

func (s *sessions) end(r *http.Request) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, c.Value)
	}
}

// guess tells whether another token is looked at; right tells it was.
func (s *sessions) guess(now time.Time, check func() bool) (right, looked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := now.Sub(s.since); age >= time.Minute || age < 0 {
		s.wrong, s.since = 0, now
	}
	if s.wrong >= mostWrong {
		return false, false
	}
	if right = check(); !right {
		s.wrong++
	}
	return right, true
}

// secure tells whether the browser came by TLS, which a proxy in front says.
func secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

func (o *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	if _, in := o.who(r); in {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	o.show(w, http.StatusOK, "login", "")
}

func (o *Console) login(w http.ResponseWriter, r *http.Request) {
	now := o.c.Panel.now()
	right, looked := o.sessions.guess(now, func() bool { return o.c.Token != "" && same(r.PostFormValue("token"), o.c.Token) })
	log := o.c.Log.WithField("event", "login")
	switch {
	case !looked:
		w.Header().Set("Retry-After", "60")
		o.show(w, http.StatusTooManyRequests, "login", "试错太多次了，请一分钟后再试。")
	case !right:
		log.Warn("somebody tries to sign in with a wrong token")
		o.show(w, http.StatusForbidden, "login", "口令不对。它是配置里的 server.admin_token。")
	default:
		log.Info("an operator signs in")
		http.SetCookie(w, o.sessions.begin(now, secure(r)))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (o *Console) logout(w http.ResponseWriter, r *http.Request) {
	o.sessions.end(r)
	http.SetCookie(w, cookie("", -1, secure(r)))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
