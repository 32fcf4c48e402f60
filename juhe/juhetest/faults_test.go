package juhetest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func TestFaultsOfContent(t *testing.T) {
	wrong := ask("classno", "1")
	for _, tt := range []struct {
		name    string
		faults  juhetest.Faults
		params  string
		want    string
		charged int
	}{
		{"maintenance", juhetest.Faults{Maintenance: true}, ask(), `"error_code":225605`, 0},
		{"one city down", juhetest.Faults{DownCities: []string{"JS_SZ"}}, ask(), `"error_code":225605`, 0},
		{"wrong digits", juhetest.Faults{WrongDigits: true}, ask(), `"error_code":225606`, 1},
		{"wrong digits, free", juhetest.Faults{WrongDigits: true, WrongDigitsCode: 225607}, ask(), `"error_code":225607`, 0},
		{"code of what is wrong by itself", juhetest.Faults{WrongDigitsCode: 225607}, wrong, `"error_code":225607`, 0},
		{"forced", juhetest.Faults{ForceCode: 225603}, ask(), `"reason":"网络错误请重试"`, 0},
		{"forced and charged", juhetest.Faults{ForceCode: 225606}, ask(), `"resultcode":"206"`, 1},
		{"undocumented", juhetest.Faults{ForceCode: 225699}, ask(), `"reason":"未知错误"`, 0},
		{"quota", juhetest.Faults{ForceCode: 10012}, ask(), `"resultcode":"112"`, 0},
		{"code as string", juhetest.Faults{ErrorCodeAsString: true}, ask(), `"error_code":"0"`, 1},
		{"reason", juhetest.Faults{ReasonSuffix: "##"}, ask(), `"reason":"查询成功##"`, 1},
		{"error with []", juhetest.Faults{ForceCode: 10001, ErrorResult: "list"}, ask(), `"result":[]`, 0},
		{"error with a string", juhetest.Faults{ForceCode: 10001, ErrorResult: "string"}, ask(), `"result":""`, 0},
		{"key echo", juhetest.Faults{ForceCode: 10012, ResultKeyEcho: true}, ask(), `"result":"demo-key"`, 0},
		{"lists null", juhetest.Faults{EmptyLists: "null"}, ask(), `"lists":null`, 1},
		{"lists missing", juhetest.Faults{EmptyLists: "missing"}, ask(), `"hpzl":"02"}`, 1},
		{"BOM", juhetest.Faults{BOM: true}, ask(), "\xef\xbb\xbf{", 1},
		{"html", juhetest.Faults{Nonsense: juhetest.NonsenseHTML}, ask(), "<html>", 1},
		{"object", juhetest.Faults{Nonsense: juhetest.NonsenseObject}, ask(), `"result":"ok","error_code":0`, 1},
		{"other endpoint", juhetest.Faults{Endpoint: "citys", ForceCode: 10001}, ask(), `"error_code":0`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := newFake()
			fake.Set(tt.faults)
			got := call(fake, "POST", "/query", tt.params).Body.String()
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %s\nwant it to contain %s", got, tt.want)
			}
			if c := fake.Meter().Charged; c != tt.charged {
				t.Errorf("charged %d, want %d", c, tt.charged)
			}
		})
	}
}

func TestForceTimes(t *testing.T) {
	fake := newFake()
	fake.Set(juhetest.Faults{ForceCode: 225603, ForceTimes: 2})
	for i, want := range []int{225603, 225603, 0, 0} {
		if got := read(t, call(fake, "POST", "/query", ask())).code(); got != want {
			t.Errorf("call %d: error_code %d, want %d", i+1, got, want)
		}
	}
	if f := fake.Faults(); f.ForceCode != 0 || f.ForceTimes != 0 {
		t.Errorf("left over: %+v", f)
	}
}

func TestFaultsOfTheLine(t *testing.T) {
	fake := newFake()
	good := call(fake, "POST", "/query", ask()).Body.Len()
	for _, tt := range []struct {
		mode   juhetest.Nonsense
		status int
		bytes  func(n int) bool
	}{
		{juhetest.NonsenseTruncated, 200, func(n int) bool { return n == good/2 }},
		{juhetest.NonsenseEmpty, 200, func(n int) bool { return n == 0 }},
		{juhetest.NonsenseOversize, 200, func(n int) bool { return n > 2<<20 }},
		{juhetest.NonsenseStatus500, 500, func(n int) bool { return n > 0 }},
	} {
		fake.Set(juhetest.Faults{Nonsense: tt.mode})
		if w := call(fake, "POST", "/query", ask()); w.Code != tt.status || !tt.bytes(w.Body.Len()) {
			t.Errorf("%s: status %d, %d bytes", tt.mode, w.Code, w.Body.Len())
		}
	}
	if c := fake.Meter().Charged; c != 5 {
		t.Errorf("charged %d, want 5: the query itself was carried out", c)
	}
}

func TestCutConnection(t *testing.T) {
	fake := newFake()
	fake.Set(juhetest.Faults{Nonsense: juhetest.NonsenseCut})
	srv := httptest.NewServer(fake)
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/query", strings.NewReader(ask()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := srv.Client().Do(req)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatal("want an error")
	}
	if m := fake.Meter(); m.Charged != 1 {
		t.Errorf("got %+v: the money is gone although no answer came", m)
	}
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Error("where a connection cannot be taken over, the handler must abort")
		}
	}()
	call(fake, "POST", "/query", ask())
}

func TestSlowAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults juhetest.Faults
		leave  time.Duration // when the client gives up; 0 never
		took   time.Duration
		bytes  bool
	}{
		{"latency", juhetest.Faults{Latency: 9 * time.Second}, 0, 9 * time.Second, true},
		{"latency, client leaves", juhetest.Faults{Latency: 9 * time.Second}, 5 * time.Second, 5 * time.Second, false},
		{"hang", juhetest.Faults{Nonsense: juhetest.NonsenseHang}, time.Minute, time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.leave > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.leave)
					defer cancel()
				}
				fake := newFake()
				fake.Set(tt.faults)
				start, w := time.Now(), httptest.NewRecorder()
				fake.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/query?"+ask(), nil))
				if took := time.Since(start); took != tt.took || (w.Body.Len() > 0) != tt.bytes {
					t.Errorf("took %v, %d bytes", took, w.Body.Len())
				}
				if fake.Meter().Charged != 1 {
					t.Error("a slow query costs as much as a fast one")
				}
			})
		})
	}
}
