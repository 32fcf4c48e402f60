package juhe_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  string
		opts []juhe.Option
		want string // in the error; empty: accepted
	}{
		{"defaults", "0123456789abcdef", nil, ""},
		{"key with blanks around", " 0123456789abcdef\n", nil, ""},
		{"no key", "", nil, "key is empty"},
		{"blank key", " \t\n", nil, "key is empty"},
		{"key with a blank inside", "0123 4567", nil, "white space"},
		{"https", "k", []juhe.Option{juhe.WithBaseURL("https://example.com/sweizhang/")}, ""},
		{"plain http", "k", []juhe.Option{juhe.WithBaseURL("http://v.juhe.cn/sweizhang")}, "plain http"},
		{"plain http, allowed", "k", []juhe.Option{juhe.WithBaseURL("http://v.juhe.cn/sweizhang"), juhe.AllowHTTP()}, ""},
		{"plain http, 127.0.0.1", "k", []juhe.Option{juhe.WithBaseURL("http://127.0.0.1:8900/sweizhang")}, ""},
		{"plain http, ::1", "k", []juhe.Option{juhe.WithBaseURL("http://[::1]:8900")}, ""},
		{"plain http, localhost", "k", []juhe.Option{juhe.WithBaseURL("http://localhost:8900")}, ""},
		{"plain http, looks like loopback", "k", []juhe.Option{juhe.WithBaseURL("http://127.0.0.1.example.com")}, "plain http"},
		{"no host", "k", []juhe.Option{juhe.WithBaseURL("https:///sweizhang")}, "want https://host/path"},
		{"other scheme", "k", []juhe.Option{juhe.WithBaseURL("ftp://v.juhe.cn")}, "want https://host/path"},
		{"password", "k", []juhe.Option{juhe.WithBaseURL("https://me:secret@v.juhe.cn")}, "scheme, host and path only"},
		{"key in the URL", "k", []juhe.Option{juhe.WithBaseURL("https://v.juhe.cn/?key=secret")}, "scheme, host and path only"},
		{"no URL", "k", []juhe.Option{juhe.WithBaseURL("https://secret\x7f")}, "not a URL"},
		{"no time", "k", []juhe.Option{juhe.WithTimeout(0, time.Second)}, "timeouts must be positive"},
		{"user agent", "k", []juhe.Option{juhe.WithUserAgent("a\r\nX-Evil: 1")}, "line break"},
		{"two faults at once", "", []juhe.Option{juhe.WithTimeout(-1, 1)}, "timeouts must be positive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := juhe.New(tt.key, tt.opts...)
			switch {
			case tt.want == "" && (err != nil || c == nil):
				t.Fatalf("got error %v", err)
			case tt.want == "":
				return
			case err == nil || !strings.Contains(err.Error(), tt.want):
				t.Fatalf("got error %v, want %q", err, tt.want)
			case strings.Contains(err.Error(), "secret"):
				t.Errorf("secret in %v", err)
			}
		})
	}
	if _, err := juhe.New("", juhe.WithTimeout(0, 0)); !strings.Contains(err.Error(), "key is empty") || !strings.Contains(err.Error(), "timeouts") {
		t.Errorf("want both faults, got %v", err)
	}
}

// start serves h and returns a client for it.
func start(t *testing.T, h http.Handler, opts ...juhe.Option) *juhe.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := juhe.New("demo-key", append([]juhe.Option{juhe.WithBaseURL(srv.URL + "/sweizhang")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func suzhou() juhe.Query {
	return juhe.Query{City: "JS_SZ", Plate: "苏E12345", PlateType: juhe.TypeSmall, Engine: "123456", VIN: "654321"}
}

func TestWhatGoesOverTheWire(t *testing.T) {
	fake := juhetest.New()
	c := start(t, fake, juhe.WithUserAgent("test/1"))
	ctx := t.Context()

	if _, err := c.Cities(ctx, "ZJ"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Prefix(ctx, "沪C", false); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Prefix(ctx, "粤B", true); err != nil {
		t.Fatal(err)
	}
	q := suzhou()
	q.Engine = " 123456 "
	if _, err := c.Query(ctx, q); err != nil {
		t.Fatal(err)
	}
	q = juhe.Query{City: "SH", Plate: "沪C12345", XML: true}
	_, _ = c.Query(ctx, q) // refused by the fake: the digits are missing

	const contentType = "application/x-www-form-urlencoded"
	want := []juhetest.Request{
		{Method: "POST", Path: "/sweizhang/citys", Endpoint: "citys", Form: url.Values{"key": {"demo-key"}, "dtype": {"json"}, "province": {"ZJ"}}},
		{Method: "GET", Path: "/sweizhang/carPre", Endpoint: "carPre", URL: url.Values{"key": {"demo-key"}, "hphm": {"沪C"}, "isNer": {"0"}}},
		{Method: "GET", Path: "/sweizhang/carPre", Endpoint: "carPre", URL: url.Values{"key": {"demo-key"}, "hphm": {"粤B"}, "isNer": {"1"}}},
		{Method: "POST", Path: "/sweizhang/query", Endpoint: "query", Form: url.Values{
			"key": {"demo-key"}, "dtype": {"json"}, "city": {"JS_SZ"}, "hphm": {"苏E12345"}, "hpzl": {"02"}, "engineno": {"123456"}, "classno": {"654321"}}},
		{Method: "POST", Path: "/sweizhang/query", Endpoint: "query", Form: url.Values{
			"key": {"demo-key"}, "dtype": {"xml"}, "city": {"SH"}, "hphm": {"沪C12345"}, "hpzl": {"02"}}},
	}
	got := fake.Requests()
	if len(got) != len(want) {
		t.Fatalf("%d requests, want %d", len(got), len(want))
	}
	for i, w := range want {
		w.ContentType, w.UserAgent = contentType, "test/1"
		if a, b := fmt.Sprintf("%v", got[i]), fmt.Sprintf("%v", orEmpty(w)); a != b {
			t.Errorf("request %d:\n got %s\nwant %s", i, a, b)
		}
	}
}

func orEmpty(r juhetest.Request) juhetest.Request {
	if r.URL == nil {
		r.URL = url.Values{}
	}
	if r.Form == nil {
		r.Form = url.Values{}
	}
	return r
}

func TestNothingIsSentThatCannotBeRight(t *testing.T) {
	fake := juhetest.New()
	c := start(t, fake)
	change := func(f func(*juhe.Query)) juhe.Query { q := suzhou(); f(&q); return q }
	for name, q := range map[string]juhe.Query{
		"empty":                         {},
		"no city":                       change(func(q *juhe.Query) { q.City = " " }),
		"no plate":                      change(func(q *juhe.Query) { q.Plate = "" }),
		"short plate":                   change(func(q *juhe.Query) { q.Plate = "苏E1234" }),
		"long plate":                    change(func(q *juhe.Query) { q.Plate = "苏E1234567" }),
		"no province":                   change(func(q *juhe.Query) { q.Plate = "SE12345" }),
		"small letters":                 change(func(q *juhe.Query) { q.Plate = "苏e12345" }),
		"separator":                     change(func(q *juhe.Query) { q.Plate = "苏E·12345" }),
		"trailer":                       change(func(q *juhe.Query) { q.Plate = "苏E1234挂" }),
		"masked":                        change(func(q *juhe.Query) { q.Plate = "苏E1**45" }),
		"octal type":                    change(func(q *juhe.Query) { q.PlateType = "2" }),
		"unsupported type":              change(func(q *juhe.Query) { q.PlateType = "15" }),
		"new-energy type, 7 characters": change(func(q *juhe.Query) { q.PlateType = "52" }),
		"ordinary type, 8 characters":   change(func(q *juhe.Query) { q.Plate = "苏ED12345" }),
		"no type, 8 characters":         change(func(q *juhe.Query) { q.Plate, q.PlateType = "苏ED12345", "" }),
		"blank inside the engine":       change(func(q *juhe.Query) { q.Engine = "123 456" }),
		"line break in the VIN":         change(func(q *juhe.Query) { q.VIN = "654\n321" }),
		"endless VIN":                   change(func(q *juhe.Query) { q.VIN = strings.Repeat("1", 41) }),
	} {
		if _, err := c.Query(t.Context(), q); !errors.Is(err, juhe.ErrInvalid) || juhe.ChargeOf(err) != juhe.Free {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, prefix := range []string{"", "沪", "C", "沪c", "沪C1", "沪C12345", "SC", "沪沪", "沪 "} {
		if _, err := c.Prefix(t.Context(), prefix, false); !errors.Is(err, juhe.ErrInvalid) {
			t.Errorf("prefix %q: got %v", prefix, err)
		}
	}
	if n := len(fake.Requests()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestCallersClientIsCopied(t *testing.T) {
	fake := juhetest.New()
	transport := &http.Transport{}
	mine := &http.Client{Transport: transport, Timeout: time.Nanosecond}
	c := start(t, fake, juhe.WithHTTPClient(mine))
	if _, err := c.Query(t.Context(), suzhou()); err != nil {
		t.Errorf("a client's own short Timeout must not cut a paid query: %v", err)
	}
	if mine.CheckRedirect != nil || transport.DisableKeepAlives || mine.Timeout != time.Nanosecond {
		t.Error("the caller's client was changed")
	}
}
