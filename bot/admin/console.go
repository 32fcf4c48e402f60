package admin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/storage"
)

// ConsoleConfig is what a Console needs.
type ConsoleConfig struct {
	Panel *Panel
	// API answers every path that is not the console's own, and decides by
	// itself whom.
	API http.Handler
	// Token is as in Config: with one, people sign in with it, and programs bear
	// it; without one the listener must be on loopback, and a Host that is this
	// machine lets one look.
	Token string
	Log   logrus.FieldLogger
}

// A Console is the part of the operator's listener that is looked at.
//
//	GET  /              the dashboard; works without JavaScript
//	GET  /events        the same as server-sent events, when it changes
//	GET  /unread.jsonl  messages that were not understood, masked, as lines for tests and `parse`
//	POST /retry         has a dead letter run again
//	GET  /login         with a token: the way in; POST /login, POST /logout
//	GET  /metrics       for Prometheus
//	GET  /debug/pprof/
type Console struct {
	c        ConsoleConfig
	sessions sessions
	csrf     string // of who needs no session
	ended    chan struct{}
	end      func()
	streams  chan struct{}
	mux      *http.ServeMux
}

// mostStreams is how many pages are kept up to date at a time.
const mostStreams = 16

// NewConsole makes a Console.
func NewConsole(c ConsoleConfig) *Console {
	ctx, end := context.WithCancel(context.Background())
	o := &Console{c: c, csrf: drawn(), streams: make(chan struct{}, mostStreams), end: end, mux: http.NewServeMux()}
	o.ended = make(chan struct{})
	context.AfterFunc(ctx, func() { close(o.ended) })
	file := func(name, kind string) {
		o.mux.Handle("GET /"+name, o.near(func(w http.ResponseWriter, _ *http.Request) { serveFile(w, name, kind) }))
	}
	file("style.css", "text/css; charset=utf-8")
	file("live.js", "text/javascript; charset=utf-8")
	file("icon.svg", "image/svg+xml")
	o.mux.Handle("GET /{$}", o.people(o.page))
	o.mux.Handle("GET /events", o.people(o.events))
	o.mux.Handle("GET /unread.jsonl", o.people(o.download))
	o.mux.Handle("POST /retry", o.people(o.retry))
	o.mux.Handle("GET /login", o.near(o.loginPage))
	o.mux.Handle("POST /login", o.near(o.login))
	o.mux.Handle("POST /logout", o.people(o.logout))
	o.mux.Handle("GET /metrics", o.programs(c.Panel.handler().ServeHTTP))
	o.mux.Handle("GET /debug/pprof/", o.programs(pprof.Index))
	o.mux.Handle("GET /debug/pprof/cmdline", o.programs(http.NotFound)) // it is nobody's business
	o.mux.Handle("GET /debug/pprof/profile", o.programs(patiently(pprof.Profile)))
	o.mux.Handle("GET /debug/pprof/symbol", o.programs(pprof.Symbol))
	o.mux.Handle("GET /debug/pprof/trace", o.programs(patiently(pprof.Trace)))
	o.mux.Handle("/", c.API)
	return o
}

// Close ends the streams: they would outlast the listener.
func (o *Console) Close(context.Context) error {
	o.end()
	return nil
}

// policy lets the page load its own files and talk to its own server.
var policy = strings.Join([]string{
	"default-src 'none'", "style-src 'self'", "script-src 'self'", "img-src 'self'", "connect-src 'self'",
	"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
}, "; ")

// ServeHTTP implements http.Handler.
func (o *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // a form's Origin would be null with no-referrer
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	o.mux.ServeHTTP(w, r)
}

// near lets in whoever may be shown the way in: without a token, this machine by
// its own name, so that no page gets in by a name of its own that leads here.
func (o *Console) near(next http.HandlerFunc) http.Handler {
	guarded := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.c.Token == "" && !local(r.Host) {
			http.Error(w, "not for you", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		guarded.ServeHTTP(w, r)
	})
}

// people lets in who has signed in; where there is a token and nobody has, the
// way in is shown. What changes something must also come from our own page.
func (o *Console) people(next http.HandlerFunc) http.Handler {
	return o.near(func(w http.ResponseWriter, r *http.Request) {
		csrf, ok := o.who(r)
		switch {
		case !ok && r.Method == http.MethodGet && r.URL.Path == "/":
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case !ok:
			http.Error(w, "not for you", http.StatusUnauthorized)
		case r.Method != http.MethodGet && !same(r.PostFormValue("csrf"), csrf):
			http.Error(w, "页面已过期，请刷新后再试", http.StatusForbidden)
		default:
			next(w, r)
		}
	})
}

// programs lets in who bears the token, too.
func (o *Console) programs(next http.HandlerFunc) http.Handler {
	return o.near(func(w http.ResponseWriter, r *http.Request) {
		bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if o.c.Token != "" && !(ok && same(bearer, o.c.Token)) {
			if _, in := o.who(r); !in {
				w.Header().Set("WWW-Authenticate", `Bearer realm="weizhangbot"`)
				http.Error(w, "not for you", http.StatusUnauthorized)
				return
			}
		}
		next(w, r)
	})
}

// who tells whether a request's sender may look, and what their forms carry.
func (o *Console) who(r *http.Request) (csrf string, ok bool) {
	if o.c.Token == "" {
		return o.csrf, true
	}
	return o.sessions.find(r, o.c.Panel.now())
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// patiently lets a profile take as long as it was asked to, within reason.
func patiently(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// A recorder has no deadlines, and needs none.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(5 * time.Minute))
		next(w, r)
	}
}

func (o *Console) page(w http.ResponseWriter, r *http.Request) {
	csrf, _ := o.who(r)
	v := o.c.Panel.view()
	v.CSRF, v.Said, v.Leave = csrf, said[r.URL.Query().Get("said")], o.c.Token != ""
	o.show(w, http.StatusOK, "page", v)
}

// show renders before it answers: half a page is worse than none.
func (o *Console) show(w http.ResponseWriter, status int, name string, v any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		o.c.Log.WithError(err).WithField("event", "dashboard").Error("the page cannot be made")
		http.Error(w, "the page cannot be made; the log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // whoever asked has left
}

func (o *Console) download(w http.ResponseWriter, _ *http.Request) {
	_, unread := o.c.Panel.recent.shown()
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="unread.jsonl"`)
	_ = writeUnread(w, unread) // whoever asked has left
}

// said are the sentences that stand over the page after an action.
var said = map[string]string{
	"retried": "已重新排队，马上会再试。",
	"gone":    "这个任务已经不在了。",
	"failed":  "没有成功，原因在日志里。",
}

func (o *Console) retry(w http.ResponseWriter, r *http.Request) {
	what := "retried"
	revive := o.c.Panel.from().Revive
	if revive == nil {
		http.NotFound(w, r)
		return
	}
	switch err := revive(r.Context(), r.PostFormValue("ref")); {
	case errors.Is(err, storage.ErrNoLetter):
		what = "gone"
	case err != nil:
		what = "failed"
		o.c.Log.WithError(err).WithField("event", "retry").Error("a dead letter cannot be revived")
	default:
		o.c.Log.WithField("event", "retry").Info("an operator has a dead letter run again")
	}
	o.c.Panel.forget()
	http.Redirect(w, r, "/?said="+what, http.StatusSeeOther)
}
