package wechat

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// maxBody bounds what is read of a request. WeChat's longest message, 2,048
// bytes of text in compatible mode, is below 10 KiB.
const maxBody = 64 << 10

// echoShape is what WeChat sends for echoing: nothing else is sent back.
var echoShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

var (
	errUnsigned = errors.New("signature missing or wrong")
	errStale    = errors.New("timestamp too far from our clock")
	errPlain    = errors.New("not encrypted, and the account is in safe mode")
	errNoKey    = errors.New("encrypted, and no aes_key is configured")
	errSealed   = errors.New("cannot be decrypted: wrong aes_key or app_id, or tampered with")
	errMalform  = errors.New("not WeChat's XML")
)

// ServeHTTP is the door: GET verifies the URL, POST carries a message.
//
// Answers: 200 with XML, with "success" (nothing to say), 403 for what is not
// WeChat's, 413 over 64 KiB, 400 for what cannot be read, 405 for other
// methods, 503 while closing, and 500 on purpose where WeChat shall ask again.
func (a *Adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Content-Type"], h["X-Content-Type-Options"] = plainType, noSniff
	if !a.enter() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "closing", http.StatusServiceUnavailable)
		return
	}
	defer a.work.Done()
	q := query(r.URL.RawQuery)
	switch r.Method {
	case http.MethodGet:
		a.verifyURL(w, r, q)
	case http.MethodPost:
		a.receive(w, r, q)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// verifyURL proves to WeChat that the server knows the token.
func (a *Adapter) verifyURL(w http.ResponseWriter, r *http.Request, q query) {
	_, err := a.authenticate(r.Context(), q)
	echo := q.get("echostr")
	if err != nil || !echoShape.MatchString(echo) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	_, _ = io.WriteString(w, echo) //nolint:gosec // letters and digits, as plain text
}

func (a *Adapter) receive(w http.ResponseWriter, r *http.Request, q query) {
	sent, err := a.authenticate(r.Context(), q)
	if err != nil {
		a.refuse(w, r, http.StatusForbidden, err)
		return
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		a.refuse(w, r, http.StatusRequestEntityTooLarge, tooLong)
		return
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	in, sealed, err := a.open(body, q)
	switch {
	case errors.Is(err, errMalform):
		a.refuse(w, r, http.StatusBadRequest, err)
	case err != nil:
		a.refuse(w, r, http.StatusForbidden, err)
	default:
		a.answer(w, r, &delivery{inbound: in, sent: sent, sealed: sealed})
	}
}

// readAll is io.ReadAll for a body of which the sender says how long it is.
func readAll(r io.Reader, length int64) ([]byte, error) {
	body := make([]byte, 0, min(max(length, 511), maxBody)+1) // and the end is seen without more room
	for {
		n, err := r.Read(body[len(body):cap(body)])
		switch body = body[:len(body)+n]; {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		case len(body) == cap(body):
			body = slices.Grow(body, len(body))
		}
	}
}

// authenticate checks signature and age, and returns when WeChat first sent
// the request: redeliveries carry the same URL. The signature does not cover
// the body; that of safe mode does, see open.
func (a *Adapter) authenticate(ctx context.Context, q query) (sent time.Time, err error) {
	stamp := q.get("timestamp")
	if !sign(a.cfg.Token, stamp, q.get("nonce")).is(q.get("signature")) {
		return sent, errUnsigned
	}
	n, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return sent, errStale
	}
	if sent = time.Unix(n, 0); len(stamp) >= 13 {
		sent = time.UnixMilli(n) // some senders count milliseconds
	}
	if age := a.cfg.Now().Sub(sent); age.Abs() > a.cfg.MaxClockSkew {
		a.stale(ctx, age)
		return sent, errStale
	}
	return sent, nil
}

// stale tells the operator why nobody is answered when it is the clock: what is
// signed right and out of time is a replay at best, and every message when this
// machine's clock is wrong. Once a minute is enough.
func (a *Adapter) stale(ctx context.Context, age time.Duration) {
	now := time.Now().Unix()
	if last := a.outOfTime.Load(); now-last < 60 || !a.outOfTime.CompareAndSwap(last, now) {
		return
	}
	a.log(ctx).WithField("age", age.Round(time.Second).String()).
		Error("wechat: signed messages are out of time: see whether this machine's clock is right (NTP); drivers read that the account is out of order")
}

// open reads the message out of a body. The mode is the configuration's, never
// the request's: with a key only what is sealed counts, also in compatible
// mode, where the same message stands beside it in the clear.
func (a *Adapter) open(body []byte, q query) (in inbound, sealed bool, err error) {
	in, err = scan(body)
	if a.seal == nil {
		switch {
		case err != nil:
			return in, false, err
		case in.FromUserName == "" && in.Encrypt != "":
			return in, false, errNoKey
		}
		return in, false, in.check()
	}
	switch {
	case q.get("encrypt_type") != "aes":
		return in, false, errPlain
	case err != nil:
		return in, false, err
	case in.Encrypt == "":
		return in, false, errPlain
	case !sign(a.cfg.Token, q.get("timestamp"), q.get("nonce"), in.Encrypt).is(q.get("msg_signature")):
		return in, false, errUnsigned
	}
	raw, ok := a.seal.open(in.Encrypt)
	if !ok {
		return in, false, errSealed
	}
	if in, err = scan(raw); err != nil {
		return in, true, err
	}
	return in, true, in.check()
}
