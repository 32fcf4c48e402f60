package telegramtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const token = "123456:test"

// A client is what a bot would be.
type client struct {
	t   *testing.T
	tg  *Server
	api string
}

func start(t *testing.T) *client {
	t.Helper()
	c := &client{t: t, tg: New(token).SpeedUp(1000)}
	srv := httptest.NewServer(c.tg)
	t.Cleanup(func() { c.tg.Close(); srv.Close() })
	c.api = srv.URL
	return c
}

// An answer is what a call brought.
type answer struct {
	OK          bool            `json:"ok"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Result      json.RawMessage `json:"result"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
	status int
}

func (c *client) call(method string, params map[string]any) answer {
	c.t.Helper()
	b, _ := json.Marshal(params)
	return c.send(method, "application/json", b)
}

func (c *client) send(method, kind string, body []byte) (a answer) {
	c.t.Helper()
	resp, err := http.Post(c.api+"/bot"+token+"/"+method, kind, bytes.NewReader(body))
	if err != nil {
		return answer{Description: "dropped"}
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	a.status = resp.StatusCode
	if err := json.Unmarshal(b, &a); err != nil {
		a.Description = fmt.Sprintf("%.40s", b)
	}
	return a
}

// ids are the updates of a getUpdates.
func (a answer) ids() (ids []int64) {
	var list []struct {
		ID int64 `json:"update_id"`
	}
	_ = json.Unmarshal(a.Result, &list)
	for _, u := range list {
		ids = append(ids, u.ID)
	}
	return ids
}

func TestEncodings(t *testing.T) {
	c := start(t)
	c.tg.Say(42, "你好")
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	_ = m.WriteField("chat_id", "42")
	_ = m.WriteField("text", "multipart")
	_ = m.Close()
	for name, a := range map[string]answer{
		"json":       c.call("sendMessage", map[string]any{"chat_id": 42, "text": "json"}),
		"multipart":  c.send("sendMessage", m.FormDataContentType(), form.Bytes()),
		"urlencoded": c.send("sendMessage", "application/x-www-form-urlencoded", []byte(url.Values{"chat_id": {"42"}, "text": {"urlencoded"}}.Encode())),
		"query":      c.send("sendMessage?chat_id=42&text=query", "", nil),
		"any case":   c.call("SENDMESSAGE", map[string]any{"chat_id": "42", "text": "any case"}),
	} {
		if !a.OK {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if got := len(c.tg.Messages(42)); got != 5 {
		t.Errorf("%d messages", got)
	}
	for kind, body := range map[string]string{"application/json": "{", "text/plain": "x", "multipart/form-data": "x"} {
		if a := c.send("getMe", kind, []byte(body)); a.Code != 400 {
			t.Errorf("%s: %+v", kind, a)
		}
	}
}

func TestPaths(t *testing.T) {
	c := start(t)
	for path, want := range map[string]int{
		"/bot" + token + "/getMe":             200,
		"/bot" + token + "/getYou":            404,
		"/bot999:other/getMe":                 401,
		"/getMe":                              404,
		"/file/bot" + token + "/photos/x.jpg": 404,
		"/file/bot999:other/photos/x.jpg":     401,
	} {
		resp, err := http.Get(c.api + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
}

// Updates stay until a higher offset is asked for.
func TestOffsets(t *testing.T) {
	c := start(t)
	var ids []int64
	for i := range 5 {
		ids = append(ids, c.tg.Say(42, fmt.Sprint(i)))
	}
	for _, tt := range []struct {
		name   string
		params map[string]any
		want   []int64
	}{
		{"all", map[string]any{}, ids},
		{"limited", map[string]any{"limit": 2, "offset": ids[0]}, ids[:2]},
		{"not confirmed by that", map[string]any{"offset": ids[0] - 1}, ids},
		{"confirmed", map[string]any{"offset": ids[2]}, ids[2:]},
		{"gone for good", map[string]any{"offset": 1}, ids[2:]},
		{"the last one, forgetting the others", map[string]any{"offset": -1}, ids[4:]},
		{"all confirmed", map[string]any{"offset": ids[4] + 1}, nil},
		{"and gone", map[string]any{"offset": 2}, nil},
	} {
		if got := c.call("getUpdates", tt.params).ids(); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if c.tg.Pending() != 0 {
		t.Error("something is left")
	}
}

func TestLongPoll(t *testing.T) {
	c := start(t)
	waited := make(chan answer)
	go func() { waited <- c.call("getUpdates", map[string]any{"timeout": 50}) }()
	select {
	case a := <-waited:
		t.Fatalf("did not wait: %+v", a)
	case <-time.After(50 * time.Millisecond):
	}
	id := c.tg.Say(42, "你好")
	if got := (<-waited).ids(); len(got) != 1 || got[0] != id {
		t.Errorf("%v", got)
	}
	// A second poller takes over, and the first is told.
	go func() { waited <- c.call("getUpdates", map[string]any{"timeout": 50, "offset": id + 1}) }()
	for c.tg.Pending() != 0 { // nothing wakes who waits for a poll to begin
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	go c.call("getUpdates", map[string]any{"timeout": 1, "offset": id + 1})
	if a := <-waited; a.Code != 409 || !strings.Contains(a.Description, "terminated by other getUpdates") {
		t.Errorf("the first poller got %+v", a)
	}
}

func TestAllowedUpdates(t *testing.T) {
	c := start(t)
	c.call("getUpdates", map[string]any{"allowed_updates": []string{"message"}})
	c.tg.Unblock(42)
	id := c.tg.Say(42, "你好")
	if got := c.call("getUpdates", map[string]any{}).ids(); len(got) != 1 || got[0] != id {
		t.Errorf("%v: the last setting stays when it is left out", got)
	}
}

func TestRefusals(t *testing.T) {
	c := start(t)
	c.tg.Say(42, "你好")
	c.tg.Say(43, "你好")
	c.tg.Block(43)
	key := func(data string) string {
		return fmt.Sprintf(`{"inline_keyboard":[[{"text":"是","callback_data":%q}]]}`, data)
	}
	for _, tt := range []struct {
		name, method string
		params       map[string]any
		want         string // "" is fine
	}{
		{"a message", "sendMessage", map[string]any{"text": "您好"}, ""},
		{"as long as may be", "sendMessage", map[string]any{"text": strings.Repeat("\U0001f600", 4096)}, ""},
		{"longer", "sendMessage", map[string]any{"text": strings.Repeat("\U0001f600", 4097)}, "message is too long"},
		{"longer only before parsing", "sendMessage", map[string]any{"text": strings.Repeat("&amp;", 4096), "parse_mode": "HTML"}, ""},
		{"too many bytes", "sendMessage", map[string]any{"text": strings.Repeat("&amp;", 7000), "parse_mode": "HTML"}, "Text is too long"},
		{"empty", "sendMessage", map[string]any{"text": ""}, "message text is empty"},
		{"empty once parsed", "sendMessage", map[string]any{"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"},
		{"folded", "sendMessage", map[string]any{"text": "<blockquote expandable>x</blockquote>", "parse_mode": "HTML"}, ""},
		{"a tag that is none", "sendMessage", map[string]any{"text": "<br>", "parse_mode": "HTML"}, "can't parse entities"},
		{"a tag left open", "sendMessage", map[string]any{"text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"},
		{"tags crossed", "sendMessage", map[string]any{"text": "<b><i>x</b></i>", "parse_mode": "HTML"}, "can't parse entities"},
		{"another markup", "sendMessage", map[string]any{"text": "x", "parse_mode": "Wiki"}, "unsupported parse_mode"},
		{"a stranger", "sendMessage", map[string]any{"chat_id": 99, "text": "x"}, "chat not found"},
		{"who blocked", "sendMessage", map[string]any{"chat_id": 43, "text": "x"}, "Forbidden: bot was blocked by the user"},
		{"callback data", "sendMessage", map[string]any{"text": "x", "reply_markup": key(strings.Repeat("x", 64))}, ""},
		{"too much of it", "sendMessage", map[string]any{"text": "x", "reply_markup": key(strings.Repeat("x", 65))}, "BUTTON_DATA_INVALID"},
		{"none", "sendMessage", map[string]any{"text": "x", "reply_markup": key("")}, "BUTTON_DATA_INVALID"},
		{"a keyboard of another shape", "sendMessage", map[string]any{"text": "x", "reply_markup": "[]"}, "can't parse"},
		{"an edit", "editMessageText", map[string]any{"message_id": 2, "text": "再见"}, ""},
		{"the same again", "editMessageText", map[string]any{"message_id": 2, "text": "再见"}, "message is not modified"},
		{"an edit of nothing", "editMessageText", map[string]any{"message_id": 99, "text": "再见"}, "message to edit not found"},
		{"deleting", "deleteMessage", map[string]any{"message_id": 2}, ""},
		{"twice", "deleteMessage", map[string]any{"message_id": 2}, "message to delete not found"},
		{"a tap nobody made", "answerCallbackQuery", map[string]any{"callback_query_id": "tap9"}, "query is too old"},
		{"typing to a stranger", "sendChatAction", map[string]any{"chat_id": 99}, "chat not found"},
		{"a file nobody sent", "getFile", map[string]any{"file_id": "x"}, "invalid file_id"},
		{"a webhook without TLS", "setWebhook", map[string]any{"url": "http://a.example"}, "An HTTPS URL must be provided"},
		{"a secret with blanks", "setWebhook", map[string]any{"url": "https://a.example", "secret_token": "a b"}, "unallowed characters"},
	} {
		if tt.params["chat_id"] == nil {
			tt.params["chat_id"] = 42
		}
		a := c.call(tt.method, tt.params)
		if a.OK != (tt.want == "") || !strings.Contains(a.Description, tt.want) {
			t.Errorf("%s: %+v", tt.name, a)
		}
	}
}

func TestHTML(t *testing.T) {
	for in, want := range map[string]string{
		"a &lt;b&gt; &amp; &quot;c&quot; &#34; &#x4e2d;": `a <b> & "c" " 中`,
		"<b>粗</b> & <code>x</code>":                      "粗 & x",
		`<a href="https://a.example">x</a>`:              "x",
	} {
		if got, err := parseHTML(in); err != nil || got != want {
			t.Errorf("%q shows %q, %v", in, got, err)
		}
	}
}

func TestFaults(t *testing.T) {
	c := start(t)
	c.tg.Say(42, "你好")
	send := func() answer { return c.call("sendMessage", map[string]any{"chat_id": 42, "text": "x"}) }
	for _, tt := range []struct {
		name   string
		fault  Fault
		check  func(answer) bool
		done   int
		passes bool
	}{
		{"told to wait", Fault{Code: 429, RetryAfter: 7, Times: 1}, func(a answer) bool { return a.Code == 429 && a.Parameters.RetryAfter == 7 }, 0, true},
		{"moved", Fault{Code: 400, MigrateTo: -5, Times: 1}, func(a answer) bool { return a.Parameters.MigrateTo == -5 }, 0, true},
		{"dropped before", Fault{DropBefore: true, Times: 1}, func(a answer) bool { return a.Description == "dropped" }, 0, true},
		{"dropped after", Fault{DropAfter: true, Times: 1}, func(a answer) bool { return a.Description == "dropped" }, 1, true},
		{"HTML", Fault{HTML: true, Times: 1}, func(a answer) bool { return a.status == 502 && strings.HasPrefix(a.Description, "<html>") }, 0, true},
		{"nonsense", Fault{Nonsense: true, Times: 1}, func(a answer) bool { return a.status == 200 && !a.OK }, 0, true},
		{"late", Fault{Delay: 30 * time.Millisecond, Times: 1}, func(a answer) bool { return a.OK }, 1, true},
		{"of another chat", Fault{Chat: 43, Code: 500}, func(a answer) bool { return a.OK }, 1, true},
		{"of another method", Fault{Method: "getMe", Code: 500}, func(a answer) bool { return a.OK }, 1, true},
		{"twice", Fault{Code: 500, Times: 2}, func(a answer) bool { return a.Code == 500 }, 0, false},
		{"until healed", Fault{Code: 500}, func(a answer) bool { return a.Code == 500 }, 0, false},
	} {
		before := len(c.tg.Messages(42))
		c.tg.Fail(tt.fault)
		if a := send(); !tt.check(a) {
			t.Errorf("%s: %+v", tt.name, a)
		}
		if got := len(c.tg.Messages(42)) - before; got != tt.done {
			t.Errorf("%s: done %d times", tt.name, got)
		}
		if a := send(); a.OK != tt.passes {
			t.Errorf("%s: the next call: %+v", tt.name, a)
		}
		c.tg.Heal()
	}
	calls := c.tg.Calls("sendMessage")
	if len(calls) != 22 || calls[0].Status != 429 || calls[4].Status != 0 || len(c.tg.Calls("")) != 22 {
		t.Errorf("%d calls", len(calls))
	}
}

// A webhook gets each queue's updates one at a time, again until they are taken.
func TestWebhook(t *testing.T) {
	c := start(t)
	var (
		mu   sync.Mutex
		got  []string
		fail = 3
	)
	hook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		var u struct{ Message struct{ Text string } }
		_ = json.Unmarshal(b, &u)
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s" {
			t.Error("no secret")
		}
		if fail--; fail >= 0 {
			w.Header().Set("Retry-After", fmt.Sprint(fail))
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got = append(got, u.Message.Text)
	}))
	defer hook.Close()
	c.tg.Say(42, "一")
	if a := c.call("setWebhook", map[string]any{"url": hook.URL, "secret_token": "s"}); !a.OK {
		t.Fatal(a)
	}
	for _, s := range []string{"二", "三"} {
		c.tg.Say(42, s)
	}
	if !c.tg.Wait(30*time.Second, func() bool { return c.tg.Pending() == 0 }) {
		t.Fatalf("%d updates wait", c.tg.Pending())
	}
	if a := c.call("getUpdates", nil); a.Code != 409 || !strings.Contains(a.Description, "webhook is active") {
		t.Errorf("polling beside a webhook: %+v", a)
	}
	if a := c.call("getWebhookInfo", nil); !strings.Contains(string(a.Result), hook.URL) || !strings.Contains(string(a.Result), "Wrong response from the webhook: 503 Service Unavailable") {
		t.Errorf("%s", a.Result)
	}
	c.call("deleteWebhook", nil)
	c.tg.Say(42, "四")
	mu.Lock()
	defer mu.Unlock()
	if fmt.Sprint(got) != "[一 二 三]" || c.tg.Pending() != 1 {
		t.Errorf("posted %q, %d wait", got, c.tg.Pending())
	}
}

// People write, tap, and send files; the bot's side of that.
func TestPeople(t *testing.T) {
	c := start(t)
	c.tg.Say(42, "😀 /query@weizhang_bot 沪C12345 @weizhang_bot a/b")
	a := c.call("getUpdates", map[string]any{})
	var list []struct {
		Message struct {
			Entities []struct {
				Type           string
				Offset, Length int
			}
		}
	}
	_ = json.Unmarshal(a.Result, &list)
	if got := fmt.Sprint(list[0].Message.Entities); got != "[{bot_command 3 19} {mention 31 13}]" {
		t.Errorf("entities %s", got)
	}
	c.call("sendMessage", map[string]any{"chat_id": 42, "text": "吗？", "reply_markup": `{"inline_keyboard":[[{"text":"是","callback_data":"d"}]]}`})
	m := c.tg.Messages(42)[0]
	if _, err := c.tg.Tap(42, m.ID, "不是"); err == nil {
		t.Error("tapped a button that is not there")
	}
	if _, err := c.tg.Tap(42, 99, "是"); err == nil {
		t.Error("tapped under a message that is not there")
	}
	if _, err := c.tg.Tap(42, m.ID, "是"); err != nil {
		t.Error(err)
	}
	if a := c.call("answerCallbackQuery", map[string]any{"callback_query_id": "tap1", "text": strings.Repeat("x", 201)}); a.OK {
		t.Error("a long answer to a tap")
	}
	c.call("answerCallbackQuery", map[string]any{"callback_query_id": "tap1", "text": "好"})
	if taps := c.tg.Taps(); len(taps) != 1 || taps[0].Times != 1 || taps[0].Text != "好" {
		t.Errorf("%+v", taps)
	}
	c.tg.Upload("f", []byte("image"))
	if a := c.call("getFile", map[string]any{"file_id": "f"}); !strings.Contains(string(a.Result), `"file_path":"photos/f.jpg"`) {
		t.Errorf("%s", a.Result)
	}
	resp, err := http.Get(c.api + "/file/bot" + token + "/photos/f.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "image" {
		t.Errorf("%s", b)
	}
	c.call("setMyCommands", map[string]any{"language_code": "zh", "commands": []map[string]string{{"command": "query", "description": "查违章"}}})
	if c.tg.Commands("zh")["query"] != "查违章" || len(c.tg.Menus()) != 1 || len(c.tg.Commands("en")) != 0 {
		t.Errorf("%v", c.tg.Commands("zh"))
	}
	if a := c.call("getMyCommands", map[string]any{}); string(a.Result) != "[]" {
		t.Errorf("%s", a.Result)
	}
}
