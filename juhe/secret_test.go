package juhe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// A key with characters that change in URLs, in JSON and in Go strings.
const secretKey = `s3cret/+"k&y=é`

// leaks fails if any way of printing v shows the key or a driver's data.
func leaks(t *testing.T, what string, v any) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		text := fmt.Sprintf(verb, v)
		for _, secret := range []string{
			secretKey, url.QueryEscape(secretKey), url.PathEscape(secretKey), fmt.Sprintf("%x", secretKey), "s3cret",
			"苏E12345", url.QueryEscape("苏E12345"), fmt.Sprintf("%x", "苏E12345"), "12345", "ENGINE99", "VIN654321",
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %s shows %q: %s", what, verb, secret, text)
			}
		}
	}
}

func secretQuery() juhe.Query {
	return juhe.Query{City: "JS_SZ", Plate: "苏E12345", Engine: "ENGINE99", VIN: "VIN654321"}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		_, _ = fmt.Fprintf(w, `{"error_code":225608,"reason":"%s %s %s: %s","result":%q}`,
			r.Form.Get("hphm"), r.Form.Get("engineno"), r.Form.Get("classno"), r.Form.Get("city"), r.Form.Get("key"))
	})
	reason := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"error_code":99,"reason":"bad key s3cret/+\"k&y=é","result":null}`))
	})
	reset := roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("cannot reach %s: %w", r.URL, context.DeadlineExceeded)
	})
	for name, c := range map[string]*juhe.Client{
		"echo":      secretClient(t, echo, nil),
		"reason":    secretClient(t, reason, nil),
		"cut":       secretClient(t, nonsense(juhetest.NonsenseCut), nil),
		"hang":      secretClient(t, nonsense(juhetest.NonsenseHang), nil),
		"redirect":  secretClient(t, http.RedirectHandler("/x?key="+url.QueryEscape(secretKey), http.StatusFound), nil),
		"transport": secretClient(t, echo, &http.Client{Transport: reset}),
	} {
		_, err1 := c.Query(t.Context(), secretQuery())
		_, err2 := c.Prefix(t.Context(), "沪C", false)
		_, err3 := c.Cities(t.Context(), "")
		for _, err := range []error{err1, err2, err3} {
			if err == nil {
				t.Errorf("%s: want an error", name)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				leaks(t, name, e)
			}
		}
		if name == "transport" && !errors.Is(err2, context.DeadlineExceeded) {
			t.Errorf("the cause is lost: %v", err2)
		}
		leaks(t, "client", c)
		leaks(t, "client by value", *c)
		leaks(t, "client inside something", struct{ c juhe.Client }{*c})
	}
}

func secretClient(t *testing.T, h http.Handler, hc *http.Client) *juhe.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := juhe.New(secretKey, juhe.WithBaseURL(srv.URL), juhe.WithHTTPClient(hc),
		juhe.WithTimeout(300*time.Millisecond, 300*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKeyEchoIsBlankedInRawAnswers(t *testing.T) {
	fake := juhetest.New(juhetest.WithKeys(secretKey))
	fake.Set(juhetest.Faults{ForceCode: 10012, ResultKeyEcho: true})
	raw, err := secretClient(t, fake, nil).QueryRaw(t.Context(), secretQuery())
	if err != nil || !strings.Contains(string(raw), `"result":"***"`) {
		t.Errorf("got %s, %v", raw, err)
	}
}

// Too short to be searched for in whole answers, but not in texts for people.
func TestShortKeyInReason(t *testing.T) {
	srv := httptest.NewServer(answering(200, `{"error_code":10001,"reason":"bad key 'hush'"}`))
	defer srv.Close()
	c, err := juhe.New("hush", juhe.WithBaseURL(srv.URL))
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []func() error{
		func() error { _, err := c.Cities(t.Context(), ""); return err },
		func() error { _, err := c.Prefix(t.Context(), "沪C", false); return err },
		func() error { _, err := c.Query(t.Context(), suzhou()); return err },
	} {
		var coded *juhe.Error
		if err := ask(); !errors.As(err, &coded) || coded.Reason != "bad key '***'" {
			t.Errorf("got %#v", err)
		}
	}
}

func TestQueryMasksItself(t *testing.T) {
	q := secretQuery()
	leaks(t, "query", q)
	leaks(t, "pointer", &q)
	leaks(t, "inside something", struct{ Q juhe.Query }{q})
	leaks(t, "slice", []juhe.Query{q})
	if got := q.String(); got != "{JS_SZ 苏E1**45  *** *** false}" {
		t.Errorf("got %s", got)
	}
	leaks(t, "half a plate", juhe.Query{Plate: "E12345"})
	if q != secretQuery() {
		t.Error("printing changed the query")
	}
}

func TestResultMasksItself(t *testing.T) {
	r := &juhe.Result{City: "JS_SZ", Plate: "苏E12345", PlateType: "02"}
	leaks(t, "result", r)
	leaks(t, "by value", *r)
	if got := r.String(); got != "{ JS_SZ 苏E1**45 02 []}" {
		t.Errorf("got %s", got)
	}
}

func TestLogsAreMasked(t *testing.T) {
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("asked", "query", secretQuery(), "result", juhe.Result{Plate: "苏E12345"})
		leaks(t, name, b.String())
		if !strings.Contains(b.String(), "JS_SZ") {
			t.Errorf("%s: nothing left: %s", name, b.String())
		}
	}
}
