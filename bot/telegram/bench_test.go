package telegram

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

// A meter is the least Bot API that feeds a poller: batches of a hundred updates
// of a hundred people, and answers to everything. It counts messages.
type meter struct {
	total    int64
	batch    atomic.Int64
	messages atomic.Int64
	done     chan struct{}
}

func newMeter(total int) *meter { return &meter{total: int64(total), done: make(chan struct{})} }

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	switch method {
	case "getUpdates":
		first := (m.batch.Add(1) - 1) * 100
		if first >= m.total {
			select {
			case <-m.done:
			case <-r.Context().Done():
			}
			_, _ = io.WriteString(w, `{"ok":true,"result":[]}`)
			return
		}
		var b strings.Builder
		for i := first; i < min(first+100, m.total); i++ {
			fmt.Fprintf(&b, `,%s`, benchUpdate(i))
		}
		_, _ = io.WriteString(w, `{"ok":true,"result":[`+b.String()[1:]+`]}`)
	case "sendMessage":
		_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"x"}}`)
		if m.messages.Add(1) == m.total {
			close(m.done)
		}
	case "getMe":
		_, _ = io.WriteString(w, `{"ok":true,"result":{"id":123456,"is_bot":true,"first_name":"x","username":"weizhang_bot"}}`)
	default:
		_, _ = io.WriteString(w, `{"ok":true,"result":true}`)
	}
}

func benchUpdate(i int64) string {
	who := strconv.FormatInt(1+i%100, 10)
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"date":1,"chat":{"id":%s,"type":"private","first_name":"某人"},`+
		`"from":{"id":%s,"is_bot":false,"first_name":"某人","language_code":"zh-hans"},"text":"查违章 沪C12345"}}`, 1000+i, i, who, who)
}

// From update to answer: ours, which stores each update before it confirms it
// and keeps every chat's order, against the library's own loop and a handler
// that only answers. The pace of sending is lifted in both.
func BenchmarkUpdates(b *testing.B) {
	b.Run("library", func(b *testing.B) {
		m := newMeter(b.N)
		api := httptest.NewServer(m)
		defer api.Close()
		client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
		lib, err := tg.New(testToken, tg.WithServerURL(api.URL), tg.WithHTTPClient(time.Minute, client),
			tg.WithDefaultHandler(func(ctx context.Context, t *tg.Bot, u *models.Update) {
				_, _ = t.SendMessage(ctx, &tg.SendMessageParams{ChatID: u.Message.Chat.ID, Text: "答 " + u.Message.Text})
			}))
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		b.ResetTimer()
		ended := make(chan struct{})
		go func() { lib.Start(ctx); close(ended) }()
		<-m.done
		b.StopTimer()
		cancel()
		<-ended
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
		client.CloseIdleConnections()
	})
	b.Run("polling", func(b *testing.B) { benchAdapter(b, Polling) })
	b.Run("webhook", func(b *testing.B) { benchAdapter(b, Webhook) })
}

func benchAdapter(b *testing.B, mode Mode) {
	m := newMeter(b.N)
	api := httptest.NewServer(m)
	defer api.Close()
	store, err := boltstore.Open(filepath.Join(b.TempDir(), "db"), boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	pace := hasty()
	pace.typing = time.Hour // the library's handler shows none either
	a, err := newAdapter(Config{
		Token: testToken, APIBase: api.URL, Mode: mode, WebhookURL: "https://bot.example/telegram", WebhookSecret: "s",
		Bot: &echo{}, Inbox: bot.NewInbox(store, Channel), Workers: 64,
	}, pace)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ran := make(chan error, 1)
	b.ResetTimer()
	go func() { ran <- a.Run(ctx) }()
	if mode == Webhook {
		postAll(b, a)
	}
	<-m.done
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
	cancel()
	if err := <-ran; err != nil {
		b.Error(err)
	}
	a.wire.client.CloseIdleConnections()
	if err := store.Close(); err != nil {
		b.Error(err)
	}
}

// postAll posts like Telegram does: 40 connections.
func postAll(b *testing.B, a *Adapter) {
	for !a.Ready() {
		time.Sleep(time.Millisecond)
	}
	var next atomic.Int64
	for range maxConnections {
		go func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(b.N) {
					return
				}
				req := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/telegram", strings.NewReader(benchUpdate(i)))
				req.Header.Set("X-Telegram-Bot-Api-Secret-Token", "s")
				w := httptest.NewRecorder()
				if a.ServeHTTP(w, req); w.Code != http.StatusOK {
					b.Errorf("post %d: %d", i, w.Code)
				}
			}
		}()
	}
}

// echo repeats what it hears, and keeps nothing.
type echo struct{}

func (echo) Handle(_ context.Context, m bot.Message) (bot.Answer, error) {
	return replies("答 " + m.Text), nil
}
