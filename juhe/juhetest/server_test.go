package juhetest_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

func newFake(opts ...juhetest.Option) *juhetest.Server {
	return juhetest.New(append([]juhetest.Option{juhetest.WithClock(func() time.Time { return noon })}, opts...)...)
}

// call sends one request to the handler; a POST sends its parameters as a form.
func call(h http.Handler, method, path, params string) *httptest.ResponseRecorder {
	var r *http.Request
	if method == http.MethodPost {
		r = httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(params))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r = httptest.NewRequestWithContext(context.Background(), method, path+"?"+params, nil)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func form(pairs ...string) string {
	v := url.Values{"key": {"demo-key"}}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// answer is read without types: the tests look at what stands on the wire.
type answer map[string]any

func read(t *testing.T, w *httptest.ResponseRecorder) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, w.Body)
	}
	return a
}

func (a answer) code() int              { n, _ := a["error_code"].(float64); return int(n) }
func (a answer) result() answer         { m, _ := a["result"].(map[string]any); return m }
func (a answer) list(name string) []any { l, _ := a[name].([]any); return l }

func TestEndpoints(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		params             string
		status, code       int
	}{
		{"citys by GET", "GET", "/sweizhang/citys", form(), 200, 0},
		{"citys by POST", "POST", "/sweizhang/citys", form(), 200, 0},
		{"without the prefix", "GET", "/citys", form(), 200, 0},
		{"carPre", "GET", "/sweizhang/carPre", form("hphm", "沪C"), 200, 0},
		{"carPre.php", "GET", "/sweizhang/carPre.php", form("hphm", "沪C"), 200, 0},
		{"carPre knows no form", "POST", "/sweizhang/carPre", form("hphm", "沪C"), 200, 10001},
		{"query by GET", "GET", "/sweizhang/query", form("city", "JS_SZ", "hphm", "苏E12345", "engineno", "123456", "classno", "654321"), 200, 0},
		{"query by POST", "POST", "/query", form("city", "JS_SZ", "hphm", "苏E12345", "engineno", "123456", "classno", "654321"), 200, 0},
		{"wrong key", "GET", "/sweizhang/citys", "key=nonsense", 200, 10001},
		{"no key", "GET", "/sweizhang/citys", "", 200, 10001},
		{"unknown path", "GET", "/sweizhang/status", form(), 404, 0},
		{"unknown method", "PUT", "/sweizhang/citys", form(), 405, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := call(newFake(), tt.method, tt.path, tt.params)
			if w.Code != tt.status {
				t.Fatalf("status %d, want %d", w.Code, tt.status)
			}
			if tt.status == 200 && read(t, w).code() != tt.code {
				t.Errorf("want error_code %d, got %s", tt.code, w.Body)
			}
		})
	}
}

func TestJSONBodyIsNoForm(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/sweizhang/citys", strings.NewReader(`{"key":"demo-key"}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	newFake().ServeHTTP(w, r)
	if got := read(t, w).code(); got != 10001 {
		t.Errorf("error_code %d, want 10001: the service reads forms only", got)
	}
}

func TestEnvelopes(t *testing.T) {
	fake := newFake()
	ok := read(t, call(fake, "POST", "/citys", form()))
	if ok["resultcode"] != "200" || ok["reason"] != "成功的返回" {
		t.Errorf("citys: resultcode %v, reason %v", ok["resultcode"], ok["reason"])
	}
	rule := read(t, call(fake, "GET", "/carPre", form("hphm", "苏E")))
	if _, has := rule["resultcode"]; has {
		t.Error("carPre must have no resultcode")
	}
	refused := call(fake, "POST", "/citys", "key=x").Body.String()
	if want := `{"resultcode":"101","reason":"错误的请求KEY","result":null,"error_code":10001}`; refused != want {
		t.Errorf("wrong key:\n got %s\nwant %s", refused, want)
	}
}

func TestXML(t *testing.T) {
	w := call(newFake(), "POST", "/query", form("dtype", "xml", "city", "SH", "hphm", "沪C12345", "engineno", "A<B&123", "classno", "654321"))
	var got struct {
		Code  int    `xml:"error_code"`
		Plate string `xml:"result>hphm"`
		Items []struct {
			Date string `xml:"date"`
		} `xml:"result>lists>item"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Plate != "沪C12345" || len(got.Items) != 3 || got.Items[0].Date == "" {
		t.Errorf("got %+v", got)
	}
}

func TestRequestsAreLoggedAsReceived(t *testing.T) {
	fake := newFake()
	call(fake, "GET", "/sweizhang/carPre.php", form("hphm", "沪C", "isNer", "0"))
	call(fake, "POST", "/query", form("city", "SH"))
	got := fake.Requests()
	if len(got) != 2 {
		t.Fatalf("%d requests, want 2", len(got))
	}
	if r := got[0]; r.Path != "/sweizhang/carPre.php" || r.Endpoint != "carPre" || r.URL.Get("isNer") != "0" || len(r.Form) != 0 {
		t.Errorf("GET: %+v", r)
	}
	if r := got[1]; r.Method != http.MethodPost || r.Form.Get("city") != "SH" || len(r.URL) != 0 || r.ContentType != "application/x-www-form-urlencoded" {
		t.Errorf("POST: %+v", r)
	}
	for range 1100 {
		call(fake, "GET", "/citys", "key=x")
	}
	if n := len(fake.Requests()); n != 1000 {
		t.Errorf("log holds %d requests, want the last 1000", n)
	}
}

func TestMeter(t *testing.T) {
	fake := newFake()
	call(fake, "GET", "/citys", form())
	call(fake, "GET", "/carPre", form("hphm", "沪C"))
	for _, engine := range []string{"123456", "000000", "12345"} { // fine, wrong, short
		call(fake, "POST", "/query", form("city", "JS_SZ", "hphm", "苏E12345", "engineno", engine, "classno", "654321"))
	}
	call(fake, "POST", "/query", form("city", "JS_SZ", "hphm", "苏E12404", "engineno", "123456", "classno", "654321"))
	m := fake.Meter()
	if m.Queries != 4 || m.Charged != 3 || m.Calls["citys"] != 1 || m.Calls["carPre"] != 1 || m.ByCode[225606] != 2 || m.ByCode[225607] != 1 {
		t.Errorf("got %+v", m)
	}
	m.Calls["citys"] = 99
	if fake.Meter().Calls["citys"] != 1 {
		t.Error("Meter must return a copy")
	}
}

func TestConcurrentUse(t *testing.T) {
	fake := newFake()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				call(fake, "POST", "/query", form("city", "SH", "hphm", "沪C12345", "engineno", "ABC1234", "classno", "654321"))
				fake.Set(juhetest.Faults{ReasonSuffix: "##"})
				fake.AddViolation("沪C12345", "02", juhetest.Violation{Date: "2026-05-20"})
				_, _, _ = fake.Meter(), fake.Requests(), fake.Faults()
			}
		})
	}
	wg.Wait()
	if m := fake.Meter(); m.Queries != 160 || m.Charged != 160 {
		t.Errorf("got %+v", m)
	}
}

func TestServedForReal(t *testing.T) {
	srv := httptest.NewServer(newFake())
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/sweizhang/citys?"+form("province", "ZJ"), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(b), "ZJ_HZ") || strings.Contains(string(b), "JS_SZ") {
		t.Errorf("err %v, body %.200s", err, b)
	}
}
