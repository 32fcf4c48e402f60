package telegram

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// The adapter against somebody else's idea of the Bot API: the npm package
// telegram-test-api, https://www.npmjs.com/package/telegram-test-api. It reads
// neither multipart nor knows secrets, never waits in getUpdates, and answers
// 500 to half of the methods; what is needed around it is here.
func TestSmokeNode(t *testing.T) {
	dir := installNode(t)
	for _, mode := range []Mode{Polling, Webhook} {
		t.Run(string(mode), func(t *testing.T) { smokeNode(t, startNode(t, dir), mode) })
	}
}

const nodePackage = "telegram-test-api@4.2.1"

// nodeScript starts it on the port given and ends with its standard input. A
// webhook that answers anything but 2xx would end the process otherwise.
const nodeScript = `
process.on('unhandledRejection', (e) => console.error(String(e)));
const Server = require('telegram-test-api');
new Server({port: Number(process.argv[1]), host: '127.0.0.1'}).start().then(() => console.log('ready'));
process.stdin.on('end', () => process.exit(0)).resume();`

// installNode puts the package into a directory of its own.
func installNode(t *testing.T) string {
	t.Helper()
	lacks := func(what string, err error) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s: %v", what, err)
		}
		t.Skipf("%s: %v", what, err)
	}
	if testing.Short() {
		t.Skip("installs an npm package")
	}
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			lacks("no "+tool, err)
		}
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix", dir, nodePackage)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		lacks("npm install "+nodePackage, fmt.Errorf("%w: %.300s", err, out))
	}
	return dir
}

// startNode runs it until the test ends, and returns its address.
func startNode(t *testing.T, dir string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	c := exec.Command("node", "-e", nodeScript, strconv.Itoa(port))
	c.Dir = dir
	c.Stderr = os.Stderr
	// Its webhook client is to accept the test's own certificate.
	c.Env = append(os.Environ(), "NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_NO_WARNINGS=1")
	in, _ := c.StdinPipe()
	out, _ := c.StdoutPipe()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("node says %q, %v", line, err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}

func smokeNode(t *testing.T, api string, mode Mode) {
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	script := map[string]func(context.Context, bot.Message) (bot.Answer, error){
		"查违章 沪C12345": always(offering("沪C12345（上海）<需要>：发动机号后6位 & 车架号后6位", "取消", "怎么找号码")),
		"123456 654321": func(ctx context.Context, _ bot.Message) (bot.Answer, error) {
			select {
			case <-time.After(300 * time.Millisecond):
				return offering("共 2 条", "刷新"), nil
			case <-ctx.Done():
				return bot.Answer{Pending: true}, nil
			}
		},
	}
	var a *Adapter
	hook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", "s") // which this one does not send
		a.ServeHTTP(w, r)
	}))
	defer hook.Close()
	pace := hasty()
	pace.idle, pace.patience = 100*time.Millisecond, 100*time.Millisecond
	a, err = newAdapter(Config{
		Token: testToken, APIBase: api, Mode: mode, WebhookURL: hook.URL, WebhookSecret: "s",
		Bot: &parrot{script: script}, Inbox: bot.NewInbox(store, Channel),
	}, pace)
	if err != nil {
		t.Fatal(err)
	}
	a.wire.client.Transport = urlencoded{a.wire.client.Transport}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		a.wire.client.CloseIdleConnections()
		_ = store.Close()
	}()
	n := nodeChat{t: t, api: api, a: a}
	n.talk()
}

// A nodeChat is person 42 at the package's test interface.
type nodeChat struct {
	t   *testing.T
	api string
	a   *Adapter
}

func (n nodeChat) talk() {
	for i := 0; !n.a.Ready(); i++ {
		if i == 500 {
			n.t.Fatal("not ready")
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // until the webhook is set
	person := map[string]any{"id": 42, "is_bot": false, "first_name": "某人", "language_code": "zh-hans"}
	chat := map[string]any{"id": 42, "type": "private"}
	say := func(text string) {
		n.post("/sendMessage", map[string]any{
			"botToken": testToken, "text": text, "date": time.Now().Unix(), "from": person, "chat": chat,
		})
	}
	say("查违章 沪C12345")
	m := n.reads("&lt;需要&gt;：发动机号后6位 &amp; 车架号后6位")
	if m.Markup.Rows[0][0].Text != "取消" {
		n.t.Errorf("keyboard %+v", m.Markup)
	}
	n.post("/sendCallback", map[string]any{
		"botToken": testToken, "data": m.Markup.Rows[0][1].Data, "from": person,
		"message": map[string]any{"message_id": 1, "chat": chat, "date": 0},
	})
	n.reads("答 怎么找号码")
	n.post("/sendCommand", map[string]any{
		"botToken": testToken, "text": "/cars@weizhang_bot", "date": 0, "from": person, "chat": chat,
		"entities": []map[string]any{{"type": "bot_command", "offset": 0, "length": 5}},
	})
	n.reads("答 /cars@weizhang_bot")
	say("123456 654321")
	n.reads("正在查询")
	n.reads("共 2 条") // the same message, edited
	for _, m := range n.history() {
		if strings.Contains(m.Text, "正在查询") {
			n.t.Error("the placeholder was not edited")
		}
	}
}

// nodeMessage is what the package keeps of a message of the bot.
type nodeMessage struct {
	Text   string
	Markup struct {
		Rows [][]struct {
			Text string
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

func (n nodeChat) history() []nodeMessage {
	var h struct {
		Result []struct{ Message nodeMessage }
	}
	if err := json.Unmarshal(n.post("/getUpdatesHistory", map[string]any{"token": testToken}), &h); err != nil {
		n.t.Fatal(err)
	}
	var all []nodeMessage
	for _, r := range h.Result {
		all = append(all, r.Message)
	}
	return all
}

func (n nodeChat) reads(words string) nodeMessage {
	n.t.Helper()
	for range 500 {
		for _, m := range n.history() {
			if strings.Contains(m.Text, words) {
				return m
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	n.t.Fatalf("nobody reads %q among %d messages", words, len(n.history()))
	return nodeMessage{}
}

func (n nodeChat) post(path string, content any) []byte {
	n.t.Helper()
	b, _ := json.Marshal(content)
	resp, err := http.Post(n.api+path, "application/json", bytes.NewReader(b))
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ = io.ReadAll(resp.Body)
	return b
}

// urlencoded writes multipart requests anew, in the only encoding the package
// reads.
type urlencoded struct{ next http.RoundTripper }

func (u urlencoded) RoundTrip(r *http.Request) (*http.Response, error) {
	kind, args, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return u.next.RoundTrip(r)
	}
	form, err := multipart.NewReader(r.Body, args["boundary"]).ReadForm(1 << 20)
	if err != nil {
		return nil, err
	}
	delete(form.Value, "link_preview_options") // it would come back as a string
	body := url.Values(form.Value).Encode()
	r = r.Clone(r.Context())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader(body)), int64(len(body)), nil
	return u.next.RoundTrip(r)
}

func (u urlencoded) CloseIdleConnections() {
	if c, ok := u.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
