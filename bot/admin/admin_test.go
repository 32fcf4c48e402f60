package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/admin"
)

// An office writes down what it is asked for.
type office struct {
	order bot.ImportOrder
	user  bot.UserID
	what  bot.Export
	days  int
	err   error
	asked []string // of what is done about people, a line each
}

func (o *office) Import(_ context.Context, order bot.ImportOrder) (bot.ImportReport, error) {
	o.order, o.user = order, order.User
	return bot.ImportReport{Cars: 1, Imported: 1}, o.err
}

func (o *office) Export(_ context.Context, u bot.UserID, what bot.Export, _ bot.Lang) (bot.File, error) {
	o.user, o.what = u, what
	return bot.File{Name: "x.csv", MIME: "text/csv", Data: []byte("a,b\r\n")}, o.err
}

func (o *office) Costs(_ context.Context, days int) (bot.CostReport, error) {
	o.days = days
	return bot.CostReport{Over: days}, o.err
}

// ask sends a request with headers that are written name=value.
func ask(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:9090"
	for _, header := range headers {
		name, value, _ := strings.Cut(header, "=")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	mine   = admin.Header + "=1"
	theirs = admin.UserHeader + "=telegram:123456"
)

func TestWhoMayEnter(t *testing.T) {
	for _, tt := range []struct {
		name, token string
		headers     []string
		want        int
	}{
		{"this machine, with the header", "", []string{mine}, http.StatusOK},
		{"localhost", "", []string{mine, "Host=localhost:9090"}, http.StatusOK},
		{"IPv6", "", []string{mine, "Host=[::1]:9090"}, http.StatusOK},
		{"a page's form", "", nil, http.StatusUnauthorized},
		{"a page that leads its own name here", "", []string{mine, "Host=evil.example:9090"}, http.StatusUnauthorized},
		{"a token that nobody asked for is no header", "", []string{"Authorization=Bearer x"}, http.StatusUnauthorized},
		{"the token", "s3cret", []string{"Authorization=Bearer s3cret"}, http.StatusOK},
		{"the token, from elsewhere", "s3cret", []string{"Authorization=Bearer s3cret", "Host=bot.example"}, http.StatusOK},
		{"another", "s3cret", []string{"Authorization=Bearer s3cret2"}, http.StatusUnauthorized},
		{"none", "s3cret", []string{mine}, http.StatusUnauthorized},
		{"an empty one", "s3cret", []string{"Authorization=Bearer "}, http.StatusUnauthorized},
		{"another scheme", "s3cret", []string{"Authorization=s3cret"}, http.StatusUnauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log, _ := test.NewNullLogger()
			o := &office{}
			res := ask(admin.New(admin.Config{Office: always(o), Token: tt.token, Log: log}), http.MethodGet, "/costs", "", tt.headers...)
			if res.Code != tt.want || (o.days != 0) != (tt.want == http.StatusOK) {
				t.Errorf("%d: %s", res.Code, res.Body)
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": ""} {
				if got := res.Header().Get(name); got != want {
					t.Errorf("%s: %q", name, got)
				}
			}
		})
	}
}

func TestRequests(t *testing.T) {
	for _, tt := range []struct {
		name, method, target, body string
		headers                    []string
		want                       int
		text                       string
		asked                      office
	}{
		{"an import", "POST", "/import", "plate\n", []string{theirs}, 200, `"imported":1`, office{user: "telegram:123456", order: bot.ImportOrder{User: "telegram:123456", Table: []byte("plate\n")}}},
		{"a dry run", "POST", "/import?dry_run=1&skip_faulty=1", "", []string{theirs, "Content-Type=text/csv"}, 200, `"cars":1`, office{user: "telegram:123456", order: bot.ImportOrder{User: "telegram:123456", Table: []byte{}, DryRun: true, SkipFaulty: true}}},
		{"an import for nobody", "POST", "/import", "x", nil, 400, "whose cars", office{}},
		{"for half a name", "POST", "/import", "x", []string{admin.UserHeader + "=telegram:"}, 400, "whose cars", office{}},
		{"an import by GET", "GET", "/import", "", []string{theirs}, 405, "", office{}},
		{"a table that is too large", "POST", "/import", strings.Repeat("x", bot.MaxRoster+1), []string{theirs}, 413, "too large", office{}},
		{"the cars", "GET", "/export", "", []string{theirs}, 200, "a,b\r\n", office{user: "telegram:123456", what: bot.ExportCars}},
		{"the violations", "GET", "/export?what=violations", "", []string{theirs}, 200, "a,b", office{user: "telegram:123456", what: bot.ExportViolations}},
		{"something else", "GET", "/export?what=secrets", "", []string{theirs}, 400, "cars or violations", office{}},
		{"the calendar", "GET", "/calendar", "", []string{theirs}, 200, "a,b", office{user: "telegram:123456", what: bot.ExportCalendar}},
		{"nobody's calendar", "GET", "/calendar", "", nil, 400, "whose cars", office{}},
		{"the costs", "GET", "/costs", "", nil, 200, `"over_days":30`, office{days: 30}},
		{"of a week", "GET", "/costs?days=7", "", nil, 200, `"over_days":7`, office{days: 7}},
		{"of no time", "GET", "/costs?days=0", "", nil, 400, "1 to 366", office{}},
		{"of all time", "GET", "/costs?days=99999999999999999999", "", nil, 400, "1 to 366", office{}},
		{"anything else", "GET", "/", "", nil, 404, "", office{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log, hook := test.NewNullLogger()
			log.SetLevel(logrus.TraceLevel)
			o := &office{}
			res := ask(admin.New(admin.Config{Office: always(o), Log: log}), tt.method, tt.target, tt.body, append(tt.headers, mine)...)
			if res.Code != tt.want || !strings.Contains(res.Body.String(), tt.text) {
				t.Errorf("%d: %.200s", res.Code, res.Body)
			}
			if o.user != tt.asked.user || o.what != tt.asked.what || o.days != tt.asked.days || string(o.order.Table) != string(tt.asked.order.Table) ||
				o.order.DryRun != tt.asked.order.DryRun || o.order.SkipFaulty != tt.asked.order.SkipFaulty {
				t.Errorf("asked %+v, want %+v", o, tt.asked)
			}
			for _, e := range hook.AllEntries() {
				if line, _ := e.String(); strings.Contains(line, "123456") {
					t.Errorf("the log names the person: %s", line)
				}
			}
		})
	}
}

func TestFailures(t *testing.T) {
	log, hook := test.NewNullLogger()
	h := admin.New(admin.Config{Office: always(&office{err: errors.New("the store is full")}), Log: log})
	for _, target := range []string{"/export", "/calendar", "/costs"} {
		if res := ask(h, http.MethodGet, target, "", mine, theirs); res.Code != http.StatusInternalServerError || !strings.Contains(res.Body.String(), "full") {
			t.Errorf("%s: %d %s", target, res.Code, res.Body)
		}
	}
	if res := ask(h, http.MethodPost, "/import", "x", mine, theirs); res.Code != http.StatusInternalServerError {
		t.Errorf("import: %d", res.Code)
	}
	if n := len(hook.AllEntries()); n != 4 {
		t.Errorf("%d lines in the log, want 4", n)
	}
}

// What the listener answers is what the command reads.
func TestReportsTravel(t *testing.T) {
	log, _ := test.NewNullLogger()
	res := ask(admin.New(admin.Config{Office: always(&office{}), Log: log}), http.MethodPost, "/import", "x", mine, theirs)
	var got bot.ImportReport
	if err := json.Unmarshal(res.Body.Bytes(), &got); err != nil || got.Cars != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A page of another origin writes nothing, even one that has the token and could
// send the header.
func TestPagesAreKeptOut(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		headers      []string
		want         int
	}{
		{"a program", "POST", nil, http.StatusOK},
		{"a page of another site", "POST", []string{"Sec-Fetch-Site=cross-site"}, http.StatusForbidden},
		{"a page of a sibling", "POST", []string{"Sec-Fetch-Site=same-site"}, http.StatusForbidden},
		{"an old browser", "POST", []string{"Origin=https://evil.example"}, http.StatusForbidden},
		{"a sandboxed frame", "POST", []string{"Origin=null"}, http.StatusForbidden},
		{"asking first", "OPTIONS", []string{"Origin=https://evil.example", "Access-Control-Request-Method=POST", "Access-Control-Request-Headers=" + admin.Header}, http.StatusMethodNotAllowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log, _ := test.NewNullLogger()
			o := &office{}
			res := ask(admin.New(admin.Config{Office: always(o), Log: log}), tt.method, "/import", "x", append(tt.headers, mine, theirs)...)
			if res.Code != tt.want || (o.user != "") != (tt.want == http.StatusOK) {
				t.Errorf("%d: %s", res.Code, res.Body)
			}
			for name := range res.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s", name, res.Header().Get(name))
				}
			}
		})
	}
}
