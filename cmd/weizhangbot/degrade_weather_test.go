package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// A weather is a way for a party to be down, slow or lying.
type weather string

const (
	fine weather = ""

	// No connection comes about: nothing was sent.
	refused   weather = "connection refused"
	noName    weather = "no such host"
	badTLS    weather = "TLS failure"
	blackhole weather = "no answer to the connection"

	// The party has done what was asked, and does not say so.
	silent3  weather = "answers after 3 s"
	silent6  weather = "answers after 6 s"
	silent20 weather = "answers after 20 s"
	silent40 weather = "answers after 40 s"
	mute     weather = "accepts and says nothing"
	drip     weather = "a byte a second"
	cutBody  weather = "cut in the body"
	cutHead  weather = "cut before the answer"

	// It, or somebody on the way, says something else. Nothing was done.
	page500 weather = "500 and a page"
	page502 weather = "502 and a page"
	page403 weather = "403 and a page"
	page429 weather = "429 and a page"
	page200 weather = "200 and a page"
	shape   weather = "JSON of another shape"
	list    weather = "a JSON list"
	gbk     weather = "GBK"
	huge    weather = "17 MiB"
	picture weather = "a picture"
	nothing weather = "an empty body"
)

// delays of those that answer late.
var delays = map[weather]time.Duration{silent3: 3 * time.Second, silent6: 6 * time.Second, silent20: 20 * time.Second, silent40: 40 * time.Second}

// statuses of those that answer a page.
var statuses = map[weather]int{page500: 500, page502: 502, page403: 403, page429: 429, page200: 200}

// bodies of those that answer something else.
var bodies = map[weather]string{
	shape: `{"hello":"world","result":"7"}`, list: `[1,2,3]`, picture: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", nothing: "",
}

const gatewayPage = "<html><head><title>Gateway</title></head><body>" + "<h1>nginx</h1>" + "</body></html>"

// under puts a party under the weather of its address.
func (w *wire) under(addr string, party http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		k := w.weatherAt(addr)
		if status, ok := statuses[k]; ok {
			out.Header().Set("Content-Type", "text/html")
			out.WriteHeader(status)
			_, _ = io.WriteString(out, gatewayPage)
			return
		}
		if body, ok := bodies[k]; ok {
			_, _ = io.WriteString(out, body)
			return
		}
		if k == huge {
			_, _ = io.Copy(out, io.LimitReader(spaces{}, 17<<20))
			return
		}
		if k == fine { // as it is: a long poll sees its client leave
			party.ServeHTTP(out, in)
			return
		}
		late(out, in, party, k)
	})
}

// late does what was asked and does not say so, or not in time.
func late(out http.ResponseWriter, in *http.Request, party http.Handler, k weather) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return
	}
	in.Body = io.NopCloser(bytes.NewReader(body))
	got := httptest.NewRecorder()
	party.ServeHTTP(got, in)
	answer := got.Body.Bytes()
	left := in.Context().Done()
	switch k {
	case cutHead:
		panic(http.ErrAbortHandler)
	case cutBody:
		out.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = out.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(out).Flush()
		panic(http.ErrAbortHandler)
	case mute:
		<-left
		return
	case drip:
		for i := range answer {
			_, _ = out.Write(answer[i : i+1])
			_ = http.NewResponseController(out).Flush()
			select {
			case <-left:
				return
			case <-time.After(time.Second):
			}
		}
		return
	case gbk:
		if other, err := simplifiedchinese.GBK.NewEncoder().Bytes(answer); err == nil {
			answer = other
		}
	}
	select {
	case <-time.After(delays[k]):
		out.WriteHeader(got.Code)
		_, _ = out.Write(answer)
	case <-left:
	}
}

// spaces is a body without end.
type spaces struct{}

var blank = strings.Repeat(" ", 32<<10)

// Read implements io.Reader.
func (spaces) Read(p []byte) (int, error) { return copy(p, blank), nil }
