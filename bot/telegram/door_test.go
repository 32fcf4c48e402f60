package telegram

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
)

const hello = `{"update_id":7,"message":{"message_id":1,"date":1,"chat":{"id":42,"type":"private"},"from":{"id":42},"text":"你好"}}`

func TestWebhookDoor(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p, inMode(Webhook))
	r.says("在")
	const header = "X-Telegram-Bot-Api-Secret-Token"
	for _, tt := range []struct {
		name, method, secret, body string
		full                       error
		code                       int
		kept                       bool
	}{
		{"an update", "POST", "secret-1", hello, nil, 200, true},
		{"again", "POST", "secret-1", hello, nil, 200, false},
		{"no secret", "POST", "", strings.Replace(hello, "7", "8", 1), nil, 401, false},
		{"another secret", "POST", "secret-2", strings.Replace(hello, "7", "8", 1), nil, 401, false},
		{"a longer secret", "POST", "secret-11", strings.Replace(hello, "7", "8", 1), nil, 401, false},
		{"looking", "GET", "secret-1", "", nil, 405, false},
		{"replacing", "PUT", "secret-1", hello, nil, 405, false},
		{"too large", "POST", "secret-1", strings.Repeat(" ", maxPost) + hello, nil, 413, false},
		{"as large as may be", "POST", "secret-1", strings.Replace(hello, "7", "11", 1) + strings.Repeat(" ", maxPost-len(hello)-1), nil, 200, true},
		{"no JSON, which would come again for a day", "POST", "secret-1", "沪C12345", nil, 200, false},
		{"of another shape", "POST", "secret-1", `{"update_id":9,"message":"沪C12345"}`, nil, 200, false},
		{"deep", "POST", "secret-1", strings.Repeat("[", 20000), nil, 200, false},
		{"a full disk", "POST", "secret-1", strings.Replace(hello, "7", "10", 1), errors.New("full"), 503, false},
	} {
		r.moody.set(tt.full, nil)
		n := p.count()
		req := httptest.NewRequestWithContext(t.Context(), tt.method, "/telegram", strings.NewReader(tt.body))
		if tt.secret != "" {
			req.Header.Set(header, tt.secret)
		}
		w := httptest.NewRecorder()
		r.adapter.ServeHTTP(w, req)
		if w.Code != tt.code {
			t.Errorf("%s: %d, want %d", tt.name, w.Code, tt.code)
		}
		if after := w.Header().Get("Retry-After"); (after == "5") != (tt.code == 503) {
			t.Errorf("%s: Retry-After %q", tt.name, after)
		}
		r.moody.set(nil, nil)
		r.says("之后")
		if kept := p.count() > n+1; kept != tt.kept && tt.full == nil {
			t.Errorf("%s: reached the dialogue: %v", tt.name, kept)
		}
	}
	if log := r.log.String(); strings.Contains(log, "沪C") || !strings.Contains(log, "update=9") {
		t.Errorf("the log of skipped updates:\n%s", log)
	}
	polling := newRig(t, p)
	w := httptest.NewRecorder()
	polling.adapter.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/telegram", strings.NewReader(hello)))
	if w.Code != 404 {
		t.Errorf("in polling mode the door answers %d", w.Code)
	}
}

// More at a time than can be stored, and not yet or no longer running: Telegram
// is told to come again.
func TestWebhookDoorIsShut(t *testing.T) {
	r := newRig(t, &parrot{}, inMode(Webhook))
	r.says("在")
	hold := make(chan struct{})
	r.moody.set(nil, hold)
	post := func() int {
		req := httptest.NewRequestWithContext(t.Context(), "POST", "/telegram", strings.NewReader(hello))
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", "secret-1")
		w := httptest.NewRecorder()
		r.adapter.ServeHTTP(w, req)
		return w.Code
	}
	var all sync.WaitGroup
	for range maxPosts {
		all.Go(func() { post() })
	}
	for len(r.adapter.posts) < maxPosts {
		time.Sleep(time.Millisecond)
	}
	if code := post(); code != 503 {
		t.Errorf("full: %d", code)
	}
	close(hold)
	all.Wait()
	if code := post(); code != 200 {
		t.Errorf("with room again: %d", code)
	}
	r.stop()
	if code := post(); code != 503 || r.adapter.Ready() {
		t.Errorf("stopped: %d", code)
	}
	a, err := newAdapter(r.config, r.pace)
	if err != nil {
		t.Fatal(err)
	}
	r.adapter = a
	if code := post(); code != 503 || a.Ready() {
		t.Errorf("not started: %d", code)
	}
}

// Telegram is told what the webhook needs, and never to drop what waits.
func TestWebhookIsSet(t *testing.T) {
	r := newRig(t, &parrot{}, inMode(Webhook))
	r.says("你好")
	calls := r.tg.Calls("setWebhook")
	p := calls[len(calls)-1].Params
	if p["secret_token"] != "secret-1" || p["allowed_updates"] != `["message","callback_query","my_chat_member"]` ||
		p["drop_pending_updates"] != "" || !strings.HasSuffix(p["url"], "/telegram") {
		t.Errorf("setWebhook %v", p)
	}
}

// A webhook that is refused at first is tried again.
func TestWebhookIsRefused(t *testing.T) {
	r := newRig(t, &parrot{}, inMode(Webhook), func(r *rig) {
		r.tg.Fail(telegramtest.Fault{Method: "setWebhook", Code: 400, Description: "Bad Request: bad webhook: Failed to resolve host: Name or service not known", Times: 1})
	})
	if got := r.says("你好"); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	r.logs("the webhook is refused")
}

// What was said while nobody ran is answered at the start; the store's trouble
// costs nothing either.
func TestNothingIsLost(t *testing.T) {
	for _, mode := range []Mode{Polling, Webhook} {
		t.Run(string(mode), func(t *testing.T) {
			p := &parrot{}
			r := newRig(t, p, inMode(mode))
			r.says("一")
			r.stop()
			two := r.tg.Say(42, "二")
			r.start()
			r.settle(two)
			r.moody.set(errors.New("full"), nil)
			three := r.tg.Say(42, "三")
			r.logs("cannot be stored")
			if r.tg.Pending() != 1 {
				t.Errorf("%d updates wait at Telegram, want 1", r.tg.Pending())
			}
			r.moody.set(nil, nil)
			r.settle(three)
			if p.count() != 3 || r.last().Text != "答 三" {
				t.Errorf("heard %d, the person reads %q", p.count(), r.last().Text)
			}
		})
	}
}

// Telegram's bad days while polling: each is told, and over when it is over.
func TestPollingThroughFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault telegramtest.Fault
		log   string
	}{
		{"another poller", telegramtest.Fault{Code: 409, Description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", Times: 2}, "somebody else polls with this token"},
		{"a webhook elsewhere", telegramtest.Fault{Code: 409, Description: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook", Times: 2}, "a webhook is set for this bot"},
		{"told to poll less", telegramtest.Fault{Code: 429, RetryAfter: 1, Times: 1}, "told to poll less"},
		{"the server's fault", telegramtest.Fault{Code: 500, Times: 2}, "no updates"},
		{"a gateway's page", telegramtest.Fault{HTML: true, Times: 2}, "no updates"},
		{"broken answers", telegramtest.Fault{Nonsense: true, Times: 2}, "no updates"},
		{"dropped", telegramtest.Fault{DropBefore: true, Times: 2}, "cannot be reached"},
		{"dropped behind the answer", telegramtest.Fault{DropAfter: true, Times: 2}, "cannot be reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &parrot{}
			r := newRig(t, p)
			r.says("一")
			tt.fault.Method = "getUpdates"
			r.tg.Fail(tt.fault)
			for _, text := range []string{"二", "三", "四"} {
				r.settle(r.tg.Say(42, text))
			}
			if p.count() != 4 {
				t.Errorf("the dialogue heard %d messages", p.count())
			}
			r.logs(tt.log)
		})
	}
}

// A poison update is told and left behind, whatever is wrong with it.
func TestPollingPastPoison(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p)
	r.says("一")
	r.tg.Inject(42, `{"update_id":%d,"message":"沪C12345"}`)
	r.tg.Inject(42, `{"update_id":%d,"callback_query":[1]}`)
	if got := r.says("二"); len(got) != 1 {
		t.Errorf("behind poison: %+v", got)
	}
	r.tg.Inject(42, `{"update":"without a number, 沪C12345"}`)
	if got := r.says("三"); len(got) != 1 {
		t.Errorf("behind one without a number: %+v", got)
	}
	if log := r.log.String(); strings.Count(log, "update skipped") < 3 || strings.Contains(log, "沪C") {
		t.Errorf("log:\n%s", log)
	}
}

// Starting: Telegram is waited for; a token it refuses is said at once.
func TestStarting(t *testing.T) {
	t.Run("out of reach at first", func(t *testing.T) {
		r := newRig(t, &parrot{}, func(r *rig) {
			r.tg.Fail(telegramtest.Fault{Method: "getMe", DropBefore: true, Times: 2})
			r.tg.Fail(telegramtest.Fault{Method: "deleteWebhook", Code: 500, Times: 1})
			r.tg.Fail(telegramtest.Fault{Method: "setMyCommands", Code: 400, Description: "Bad Request: no", Times: 1})
		})
		if got := r.says("你好"); len(got) != 1 || !r.adapter.Ready() {
			t.Errorf("%+v", got)
		}
	})
	t.Run("refused", func(t *testing.T) {
		for _, code := range []int{401, 404} {
			r := newBareRig(t)
			r.config.Bot, r.config.Inbox = &parrot{}, bot.NewInbox(nil, Channel)
			r.tg.Fail(telegramtest.Fault{Method: "getMe", Code: code, Description: http.StatusText(code)})
			a, err := newAdapter(r.config, r.pace)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Run(t.Context()); !errors.Is(err, ErrRefused) {
				t.Errorf("%d: %v", code, err)
			}
			a.wire.client.CloseIdleConnections()
		}
	})
	t.Run("stopped while waiting", func(t *testing.T) {
		r := newRig(t, &parrot{}, func(r *rig) { r.tg.Fail(telegramtest.Fault{Method: "getMe", HTML: true, Code: 404}) })
		r.tg.Wait(30*time.Second, func() bool { return len(r.tg.Calls("getMe")) > 1 })
		r.stop() // returns nil, which start checks
	})
}

// Nothing on the way out waits for Telegram's long poll, and what runs ends.
func TestStopping(t *testing.T) {
	p := &parrot{script: map[string]func(context.Context, bot.Message) (bot.Answer, error){
		"慢": func(context.Context, bot.Message) (bot.Answer, error) {
			time.Sleep(100 * time.Millisecond)
			return replies("完"), nil
		},
	}}
	r := newRig(t, p)
	r.says("你好")
	r.tg.Say(42, "慢")
	r.tg.Wait(30*time.Second, func() bool { return p.count() == 2 })
	for p.count() < 2 {
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	r.stop()
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("stopping took %s", d)
	}
	if r.last().Text != "完" {
		t.Errorf("what ran was not finished: %q", r.last().Text)
	}
}

func photo(content map[string]any) map[string]any {
	content["photo"] = []any{map[string]any{"file_id": "small", "file_size": 100}, map[string]any{"file_id": "large", "file_size": 200}}
	return content
}

// reader is an OCR.
type reader func(image []byte) (bot.Licence, error)

func (r reader) Read(_ context.Context, image []byte) (bot.Licence, error) { return r(image) }

func TestPhotos(t *testing.T) {
	licence := bot.Licence{Plate: "沪C12345", Engine: "123456", VIN: "LSVAA4182E2123456"}
	good := reader(func(image []byte) (bot.Licence, error) {
		if string(image) != "the large one" && string(image) != "the original" {
			return bot.Licence{}, errors.New("another image")
		}
		return licence, nil
	})
	document := func(size int) map[string]any {
		return map[string]any{"document": map[string]any{"file_id": "original", "mime_type": "image/jpeg", "file_size": size}}
	}
	for _, tt := range []struct {
		name    string
		ocr     OCR
		content map[string]any
		fault   telegramtest.Fault
		read    bool
	}{
		{"nobody reads", nil, photo(map[string]any{}), telegramtest.Fault{}, false},
		{"read", good, photo(map[string]any{}), telegramtest.Fault{}, true},
		{"read off a file", good, document(12), telegramtest.Fault{}, true},
		{"too large to download", good, document(maxFile + 1), telegramtest.Fault{}, false},
		{"nothing stands there", reader(func([]byte) (bot.Licence, error) { return bot.Licence{}, nil }), photo(map[string]any{}), telegramtest.Fault{}, false},
		{"unreadable", reader(func([]byte) (bot.Licence, error) { return bot.Licence{}, errors.New("dark") }), photo(map[string]any{}), telegramtest.Fault{}, false},
		{"no file", good, photo(map[string]any{}), telegramtest.Fault{Method: "getFile", Code: 400, Description: "Bad Request: file is too big"}, false},
		{"words count more", good, photo(map[string]any{"caption": "沪C12345"}), telegramtest.Fault{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := &parrot{}
			r := newRig(t, p, func(r *rig) { r.config.OCR = tt.ocr })
			r.tg.Upload("large", []byte("the large one"))
			r.tg.Upload("original", []byte("the original"))
			if tt.fault.Code != 0 {
				r.tg.Fail(tt.fault)
			}
			r.settle(r.tg.Send(42, "zh", tt.content))
			m := p.last()
			switch {
			case tt.read && (m.Licence == nil || *m.Licence != licence || m.Event != ""):
				t.Errorf("heard %+v", m)
			case !tt.read && (m.Licence != nil || m.Text == "" && m.Event != bot.Picture):
				t.Errorf("heard %+v", m)
			}
			if log := r.log.String(); strings.Contains(log, "AAF-invented") || strings.Contains(log, "123456\"") {
				t.Errorf("log:\n%s", log)
			}
		})
	}
}

// Whose messages are not read has nobody look at their photos.
func TestPhotosOfTheBlocked(t *testing.T) {
	read := 0
	p := &parrot{}
	r := newRig(t, p, func(r *rig) {
		r.config.OCR = reader(func([]byte) (bot.Licence, error) { read++; return bot.Licence{Plate: "沪C12345"}, nil })
		r.config.Refuses = func(_ context.Context, u bot.UserID) bool { return u == "telegram:42" }
	})
	r.tg.Upload("large", []byte("the large one"))
	r.settle(r.tg.Send(42, "zh", photo(map[string]any{})))
	if m := p.last(); read != 0 || m.Licence != nil || m.Event != bot.Picture {
		t.Errorf("read %d times: %+v", read, m)
	}
	r.settle(r.tg.Send(43, "zh", photo(map[string]any{})))
	if m := p.last(); read != 1 || m.Licence == nil {
		t.Errorf("of another: read %d times: %+v", read, m)
	}
}

// An album is many messages, and one answer.
func TestAlbum(t *testing.T) {
	p := &parrot{}
	r := newRig(t, p)
	for range 3 {
		r.settle(r.tg.Send(42, "zh", photo(map[string]any{"media_group_id": "7"})))
	}
	r.settle(r.tg.Send(42, "zh", photo(map[string]any{"media_group_id": "8"})))
	if n := len(r.tg.Messages(42)); n != 2 {
		t.Errorf("%d answers to two albums", n)
	}
}

func TestHTTPOCR(t *testing.T) {
	png := "\x89PNG\r\n\x1a\nimage"
	for _, tt := range []struct {
		name, answer string
		code         int
		want         bot.Licence
		err          string
	}{
		{"ours", `{"plate":"沪C12345","engine":"123456","vin":"L1","more":1}`, 200, bot.Licence{Plate: "沪C12345", Engine: "123456", VIN: "L1"}, ""},
		{"the licence's own names", `{"号牌号码":"沪C12345","发动机号码":"123456","车辆识别代号":"L1"}`, 200, bot.Licence{Plate: "沪C12345", Engine: "123456", VIN: "L1"}, ""},
		{"a part", `{"plate":"沪C12345","engine":null,"vin":7}`, 200, bot.Licence{Plate: "沪C12345"}, ""},
		{"nothing", `{}`, 200, bot.Licence{}, ""},
		{"no object", `["沪C12345"]`, 200, bot.Licence{}, "no JSON object"},
		{"too much", `{"x":"` + strings.Repeat("沪", maxReading), 200, bot.Licence{}, "no JSON object"},
		{"a fault", `沪C12345`, 500, bot.Licence{}, "answer 500"},
		{"a redirect", ``, 302, bot.Licence{}, "answer 302"},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if string(body) != png || r.Header.Get("Content-Type") != "image/png" || r.Header.Get("Authorization") != "Bearer ocr-secret" {
				t.Errorf("%s: asked with %q %v", tt.name, body, r.Header)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(tt.code)
			_, _ = io.WriteString(w, tt.answer)
		}))
		o, err := NewHTTPOCR(srv.URL+"/read?k=ocr-key", "ocr-secret", srv.Client())
		if err != nil {
			t.Fatal(err)
		}
		got, err := o.Read(t.Context(), []byte(png))
		if got != tt.want || (err != nil) != (tt.err != "") {
			t.Errorf("%s: %s, %v", tt.name, got, err)
		}
		if err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "沪C")) {
			t.Errorf("%s: %v", tt.name, err)
		}
		srv.Close()
		if _, err := o.Read(t.Context(), []byte(png)); err == nil || strings.Contains(err.Error(), "ocr-") {
			t.Errorf("%s: nobody there: %v", tt.name, err)
		}
	}
	for _, bad := range []string{"", "ocr", "ftp://a.example", "http://%zz"} {
		if _, err := NewHTTPOCR(bad, "", nil); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
	if o, err := NewHTTPOCR("https://ocr.example/read", "", nil); err != nil || o.client.Timeout == 0 {
		t.Errorf("without a client: %v", err)
	}
}
