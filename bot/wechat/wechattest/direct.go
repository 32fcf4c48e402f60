package wechattest

import (
	"io"
	"net/http"
	"net/http/httptest"
)

// Direct lets a client talk to a handler without a network, so that the clock
// of a testing/synctest bubble can run. Like a server it ends the handler's
// context when the client hangs up, and like a client it does not wait for it.
func Direct(h http.Handler) *http.Client { return &http.Client{Transport: direct{h}} }

type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "192.0.2.1:1234"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	done := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		defer func() {
			if recover() != nil { // net/http cuts the connection
				done <- nil
				return
			}
			done <- w.Result()
		}()
		d.handler.ServeHTTP(w, in)
	}()
	select {
	case resp := <-done:
		if resp == nil {
			return nil, io.ErrUnexpectedEOF
		}
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
