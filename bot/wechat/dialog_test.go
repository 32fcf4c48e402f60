package wechat_test

import (
	"encoding/hex"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/bottest"
	"github.com/weizhangbot/weizhangbot/bot/wechat"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// Every conversation of the bot, as it goes through WeChat.
func TestDialogs(t *testing.T) {
	files, err := filepath.Glob("../testdata/dialogs/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d dialogues, %v", len(files), err)
	}
	for _, mode := range []wechattest.Mode{wechattest.Plain, wechattest.Safe} {
		t.Run(string(mode), func(t *testing.T) {
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
					t.Parallel()
					bottest.Replay(t, file, &talk{newWorld(t, wechat.Service, mode), map[string]int{}}, false)
				})
			}
		})
	}
}

// A talk is a world in which people of a dialogue talk.
type talk struct {
	*world
	read map[string]int // customer messages that each has seen
}

var _ bottest.World = (*talk)(nil)

var pageMark = regexp.MustCompile(`^\(\d+/(\d+)\)\n`)

// Say implements bottest.World: it returns everything that the person sees,
// also what comes behind the answer.
func (w *talk) Say(t testing.TB, user, text string) []bot.Reply {
	t.Helper()
	openid := "o" + hex.EncodeToString([]byte(user))
	before := len(w.pushed(openid))
	o := w.says(openid, text)
	reads(t, o)
	texts := []string{o.Text}
	if strings.Contains(o.Text, bot.Sentence(bot.Chinese, bot.TextPending)) {
		w.await(t, openid, before+1)
	}
	if mark := pageMark.FindStringSubmatch(o.Text); mark != nil {
		w.await(t, openid, before+int(mark[1][0]-'0')-1)
	}
	for _, s := range w.api.Sent("text")[len(w.api.Sent("text"))-(len(w.pushed(openid))-before):] {
		texts = append(texts, s.Text)
	}
	w.read[openid] = len(w.pushed(openid))
	var replies []bot.Reply
	for _, text := range texts {
		bubble := wechattest.Show(pageMark.ReplaceAllString(text, ""))
		r := bot.Reply{Text: bubble.Text}
		for _, tap := range bubble.Taps {
			r.Options = append(r.Options, bot.Option{Label: tap.Label, Send: tap.Sends})
		}
		replies = append(replies, r)
	}
	return replies
}

// Pushed implements bottest.World.
func (w *talk) Pushed(t testing.TB, user string) (replies []bot.Reply) {
	t.Helper()
	openid := "o" + hex.EncodeToString([]byte(user))
	before := w.read[openid]
	w.await(t, openid, before+1)
	for _, text := range w.pushed(openid)[before:] {
		replies = append(replies, bot.Reply{Text: text})
	}
	w.read[openid] = before + len(replies)
	return replies
}

// await waits until so many messages were pushed.
func (w *talk) await(t testing.TB, openid string, n int) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		arrived := w.api.Arrived()
		if len(w.pushed(openid)) >= n {
			return
		}
		select {
		case <-arrived:
		case <-limit:
			t.Fatalf("%d of %d messages were pushed\n%s", len(w.pushed(openid)), n, w.logged)
		}
	}
}

// Paid implements bottest.World.
func (w *talk) Paid() int { return w.paid() }

// Do implements bottest.World.
func (w *talk) Do(t testing.TB, words []string) {
	t.Helper()
	words = append(words, "", "", "", "")
	switch words[0] {
	case "restart":
		w.restart()
	case "wait":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			t.Fatal(err)
		}
		w.added.Add(int64(d))
	case "fault":
		faults, err := juhetest.ParseFaults(strings.Fields(strings.Join(words[1:], " ")))
		if err != nil {
			t.Fatal(err)
		}
		w.juhe.Set(faults)
	case "car":
		w.juhe.AddCar(juhetest.Car{Plate: words[1], Type: words[2], Engine: words[3], VIN: words[4]})
	case "lang":
		t.Skip("WeChat does not tell the language of a client: its people read Chinese")
	default:
		t.Fatalf("unknown change %q", words)
	}
}
