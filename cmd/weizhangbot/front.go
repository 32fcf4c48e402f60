package main

import (
	"io"
	"net/http"
	"sync/atomic"
)

// A front is the public face: /healthz, /readyz, the doors of the platforms,
// and nothing else. Paths are compared as they are: nothing is cleaned, and
// nothing is redirected.
type front struct {
	health *health
	doors  atomic.Pointer[map[string]http.Handler]
	// reserved are the paths of the doors, known before there is anything
	// behind them.
	reserved map[string]bool
}

func newFront(h *health, paths ...string) *front {
	f := &front{health: h, reserved: map[string]bool{}}
	for _, path := range paths {
		f.reserved[path] = true
	}
	return f
}

// open lets the platforms in.
func (f *front) open(doors map[string]http.Handler) { f.doors.Store(&doors) }

// close turns them away again: they come back when somebody is there.
func (f *front) close() { f.doors.Store(nil) }

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch path := r.URL.Path; {
	case path == healthPath:
		f.health.alive(w, r)
	case path == readyPath:
		f.health.ready(w, r)
	case !f.reserved[path]:
		respond(w, http.StatusNotFound, "not found")
	default:
		f.enter(w, r)
	}
}

func (f *front) enter(w http.ResponseWriter, r *http.Request) {
	if doors := f.doors.Load(); doors != nil {
		if door := (*doors)[r.URL.Path]; door != nil {
			door.ServeHTTP(w, traced(r))
			return
		}
	}
	w.Header().Set("Retry-After", "5") // WeChat asks again after that long anyway
	respond(w, http.StatusServiceUnavailable, "starting or stopping")
}

// respond answers with a word for people. The connection is all there would be
// to tell of a failure.
func respond(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}
