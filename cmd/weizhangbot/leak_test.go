package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
)

// What must not be found outside of the chats. Plates are looked for without
// their province, so that they are found however that is written.
const (
	leakPlate    = "C7QM94"
	leakSecond   = "C8WK3" // and a digit
	leakEngine   = "LFVX884261"
	leakVIN      = "W97Z31"
	leakPerson   = 77442200115
	leakToken    = "canary-operator-token-0123456789"
	leakNickname = "canary老王的车"
)

func leakCanaries() []string {
	return []string{
		leakPlate, leakSecond, leakEngine, leakVIN, "77442200115", aDriver[:len(aDriver)-1], leakToken, leakNickname,
		juheKey, wxSecret, wxToken, wxAESKey, tgToken, "待交罚款",
	}
}

// spellings are the forms that a text takes on its way through a program.
func spellings(text string) []string {
	b := []byte(text)
	quoted, _ := json.Marshal(text)
	ascii := new(strings.Builder)
	for _, r := range text {
		if r < 0x80 {
			ascii.WriteRune(r)
		} else {
			ascii.WriteString("\\u" + hex.EncodeToString([]byte{byte(r >> 8), byte(r)}))
		}
	}
	all := []string{
		text, url.QueryEscape(text), url.PathEscape(text), strings.Trim(string(quoted), `"`), ascii.String(),
		hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), strings.ToLower(text),
	}
	for shift := range 3 { // wherever it stands in what was encoded
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			coded := e.EncodeToString(append(make([]byte, shift), b...))
			// The characters that hold a neighbour's bits are left out.
			if whole := coded[(shift*8+5)/6 : (shift+len(b))*8/6]; len(whole) >= 6 {
				all = append(all, whole)
			}
		}
	}
	return all
}

// leaks are the canaries that a place holds, in any form.
func leaks(place []byte) (found []string) {
	for _, canary := range leakCanaries() {
		for _, s := range spellings(canary) {
			if i := bytes.Index(place, []byte(s)); i >= 0 {
				found = append(found, canary+" as "+s+" in …"+string(place[max(0, i-60):min(len(place), i+60)])+"…")
				break
			}
		}
	}
	return found
}

// A search that finds nothing must be one that would find it.
func TestLeaksAreFound(t *testing.T) {
	for _, canary := range leakCanaries() {
		for name, text := range map[string]string{
			"raw":         "a line with " + canary + " in it",
			"in a URL":    "https://x.example/?q=" + url.QueryEscape("a b "+canary) + "&r=1",
			"in base64":   "x " + base64.StdEncoding.EncodeToString([]byte("one "+canary+" more")),
			"in base64 1": base64.StdEncoding.EncodeToString([]byte("on " + canary + " more")),
			"in base64 2": base64.URLEncoding.EncodeToString([]byte("o " + canary + " more")),
			"in JSON":     `{"text":"` + strings.Trim(spellings(canary)[4], `"`) + `"}`,
			"in hex":      hex.EncodeToString([]byte("x" + canary)),
		} {
			if len(leaks([]byte(text))) == 0 {
				t.Errorf("%s %s is not found in %q", canary, name, text)
			}
		}
	}
	if got := leaks([]byte("沪C7**94 telegram:77*** nothing to see")); len(got) > 0 {
		t.Errorf("found %q where nothing is", got)
	}
}

// Whole conversations, an import, failures, somebody who is forgotten, somebody
// who leaves: nothing of any person, and no secret, is in the store's files with
// their free pages, in the log at its most talkative, in the spans, in what the operators'
// listener says without being told about whom, or in a fault.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	spans := newCollector(t, nil)
	r := o.serveWith(spans.to("WEIZHANG_SERVER_ADMIN_TOKEN="+leakToken, "OTEL_EXPORTER_OTLP_HEADERS=authorization="+leakToken), withSafe, withTelegram, "admins: ['telegram:77442200115']\n")
	at := []string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r), "WEIZHANG_SERVER_ADMIN_TOKEN=" + leakToken}
	p := o.platform(r, wechattest.Safe)
	wechat := func(who, text string) string {
		got, err := p.Deliver(t.Context(), who, wechattest.Text(text))
		if err != nil || got.Banner != "" {
			t.Errorf("%+v, %v", got, err)
		}
		return got.Text
	}
	full := "查违章 沪" + leakPlate + " 发动机号" + leakEngine + " 车架号" + leakVIN

	// It goes well, it goes wrong, and it is kept.
	if got := wechat(aDriver, full); !strings.Contains(got, leakPlate) {
		t.Errorf("they read %q", got)
	}
	for _, says := range []string{"订阅", "第1辆改名叫" + leakNickname, "邀请", "检验有效期至 2027年2月", "我的数据", "隐私"} {
		wechat(aDriver, says)
	}

	// In Telegram, whose sends fail with the chat in their mouth.
	o.telegram.Say(leakPerson, "/start")
	o.telegram.Say(leakPerson, full)
	o.hears(leakPerson, leakPlate)
	o.telegram.Fail(telegramtest.Fault{Method: "sendMessage", Times: 2, Code: http.StatusBadRequest, Description: "Bad Request: chat 77442200115 of " + tgToken + " not found"})
	o.telegram.Say(leakPerson, "帮助")
	o.telegram.Inject(leakPerson, `{"update_id":%d,"message":{"message_id":1,"chat":{"id":77442200115,"type":"private"},"text":"沪`+leakPlate+`"}}`)
	if code, out, errs := o.admin(at, "车牌号,发动机号,车架号\n沪"+leakSecond+"9,"+leakEngine+","+leakVIN+"\n护C1,"+leakEngine+",1\n", "import", "-", "--user", "telegram:77442200115", "--skip-faulty"); code != exitFine {
		t.Errorf("import: %d\n%s%s", code, out, errs)
	}
	o.admin(at, "", "export", "--user", "telegram:77442200115")
	until(t, "the failures are through", func() bool { return o.telegram.Pending() == 0 })
	o.telegram.Say(leakPerson, "忘记我")
	o.hears(leakPerson, "确认请完整回复")
	o.telegram.Say(leakPerson, "确认删除")
	o.hears(leakPerson, "已经全部删除")
	for i, f := range []juhetest.Faults{
		{WrongDigits: true}, {Latency: 6 * time.Second, Endpoint: "query"}, {ForceCode: 225603},
		{Nonsense: juhetest.NonsenseHTML}, {Maintenance: true}, {ForceCode: 10001, ResultKeyEcho: true},
	} {
		o.juhe.Set(f)
		wechat(aDriver[:len(aDriver)-1]+strconv.Itoa(i+2), "查违章 沪"+leakSecond+strconv.Itoa(i)+" 发动机号"+leakEngine+" 车架号"+leakVIN)
	}
	o.juhe.Set(juhetest.Faults{})
	if got, err := p.Deliver(t.Context(), aDriver, wechattest.Unsubscribe()); err != nil {
		t.Errorf("%+v, %v", got, err)
	}

	places := map[string][]byte{}
	for _, path := range []string{"/", "/costs", "/stats", "/alerts", "/broadcast", "/metrics", "/export", "/calendar", "/backup", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap"} {
		places["the operators' "+path] = operators(t, "http://"+adminAt(t, r)+path)
	}
	for _, path := range []string{"/healthz", "/readyz", "/", "/wechat?signature=" + wxToken} {
		_, body := get(t, r.url+path)
		places["the public "+path] = []byte(body)
	}
	until(t, "the spans say enough to prove something", func() bool {
		return len(spans.named("turn")) >= 10 && len(spans.named("juhe")) >= 5 && len(spans.named("send")) > 0
	})
	r.stop()
	<-r.ended
	if r.code != exitFine {
		t.Errorf("exit code %d", r.code)
	}
	log := r.log.String()
	places["the log"] = []byte(log)
	places["the spans"] = spans.wire()
	for _, name := range []string{"bot.db", "bot.db.people", "bot.db.key"} {
		places[name] = []byte(contentOf(t, filepath.Join(o.dir, name)))
	}
	var faults bytes.Buffer
	run(t.Context(), []string{"serve", "--config", o.config(withSafe, "nonsense: "+leakToken+"\n")}, at, strings.NewReader(""), &faults, &faults)
	places["a fault of the configuration"] = faults.Bytes()
	for name, place := range places {
		if len(place) == 0 && !strings.Contains(name, "the public") {
			t.Errorf("%s is empty: the test looks in the wrong place", name)
		}
		for _, found := range leaks(place) {
			t.Errorf("%s: %s", name, found)
		}
	}
	if strings.Count(log, "\n") < 10 || strings.Count(log, `"event":"fault"`) < 5 || !strings.Contains(log, "not sent again") {
		t.Errorf("the log says too little to prove anything:\n%s", log)
	}
}

// operators asks the listener as an operator does who does not say about whom.
func operators(t *testing.T, address string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+leakToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return body
}

// A defect that takes a job, or the program, down says nothing of what it was
// about.
func TestNothingLeaksInACrash(t *testing.T) {
	boom := "panic about 沪" + leakPlate + " of telegram:77442200115, " + leakVIN
	var out bytes.Buffer
	if code := run(t.Context(), []string{"plate"}, nil, strings.NewReader("沪"+leakPlate+"\n"), panicking(boom), &out); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(out.String(), "internal error: panic about") {
		t.Errorf("%q", out.String())
	}
	for _, found := range leaks(out.Bytes()) {
		t.Errorf("a crash: %s", found)
	}

	log := &journal{}
	logger := newLogger(log, Log{Level: "debug", Format: "json"})
	c := defaults()
	maskSecrets(logger, &c)
	s, err := openStore(t.Context(), Storage{Driver: "bbolt", Path: filepath.Join(t.TempDir(), "bot.db")}, logger)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), nil, func(tx storage.Tx) error {
		_, err := tx.Enqueue(storage.Job{ID: "1", Queue: "boom"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Work(ctx, "boom", 1, func(context.Context, storage.Job, storage.Done) error {
		cancel()
		panic(boom)
	})
	err = errors.Join(err, s.Update(t.Context(), nil, func(storage.Tx) error { panic(boom) }))
	logger.WithError(err).Error("a defect")
	if err == nil || !strings.Contains(log.String(), "a defect") {
		t.Errorf("%v: %s", err, log)
	}
	for _, found := range leaks([]byte(log.String())) {
		t.Errorf("the log: %s", found)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// panicking panics when it is written to.
type panicking string

func (p panicking) Write([]byte) (int, error) { panic(string(p)) }
