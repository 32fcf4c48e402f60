package bot_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// A mailbox is a platform that takes pushes, or fails as it is told.
type mailbox struct {
	mu    sync.Mutex
	fails []error // of the next tries
	got   []string
	ids   map[string]bool
	tried chan struct{}
}

func newMailbox(fails ...error) *mailbox {
	return &mailbox{fails: fails, ids: map[string]bool{}, tried: make(chan struct{}, 100)}
}

func (m *mailbox) Push(_ context.Context, _ bot.UserID, id string, replies []bot.Reply) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func() { m.tried <- struct{}{} }()
	m.ids[id] = true
	if len(m.fails) > 0 {
		err := m.fails[0]
		m.fails = m.fails[1:]
		if err != nil {
			return err
		}
	}
	m.got = append(m.got, text(bot.Answer{Replies: replies}))
	return nil
}

func (m *mailbox) wait(t *testing.T) {
	t.Helper()
	select {
	case <-m.tried:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was pushed")
	}
}

func (m *mailbox) letters() (got []string, ids int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.got...), len(m.ids)
}

// late is a world in which the answer to the message of key "1" comes when
// nobody waits for it any more.
func late(t *testing.T, box *mailbox) *world {
	t.Helper()
	w := newWorld(t)
	w.stop()
	w.push = box
	w.start(t)
	w.handle(t, message("a", "0", "苏E54321"))
	w.juhe.Set(juhetest.Faults{Endpoint: "query", Latency: 900 * time.Millisecond})
	if a := w.handleWithin(t, 300*time.Millisecond, message("a", "1", "发动机号123456 车架号654321")); !a.Pending {
		t.Fatalf("answered in time: %+v", a)
	}
	return w
}

// A late answer is pushed, once; who then writes, or sends the message again,
// does not read it a second time.
func TestLateAnswerIsPushed(t *testing.T) {
	box := newMailbox()
	w := late(t, box)
	box.wait(t)
	if got, _ := box.letters(); len(got) != 1 || !strings.Contains(got[0], "查询时间") {
		t.Fatalf("pushed %q", got)
	}
	for _, m := range []bot.Message{message("a", "1", "发动机号123456 车架号654321"), message("a", "2", "谢谢")} {
		if got := text(w.handle(t, m)); strings.Contains(got, "查询时间") {
			t.Errorf("%q brought it again: %q", m.Text, got)
		}
	}
}

// A failed push is tried again under the same id.
func TestPushIsTriedAgain(t *testing.T) {
	box := newMailbox(bot.RetryAfter(10*time.Millisecond), errors.New("connection reset"))
	late(t, box)
	for range 3 {
		box.wait(t)
	}
	if got, ids := box.letters(); len(got) != 1 || ids != 1 {
		t.Errorf("pushed %q under %d ids", got, ids)
	}
}

// A push that fails for a while keeps its replies, however much is said
// meanwhile.
func TestPushKeepsItsRepliesUntilItIsOver(t *testing.T) {
	box := newMailbox(bot.RetryAfter(300 * time.Millisecond))
	w := late(t, box)
	box.wait(t)
	for i := range 8 {
		w.handle(t, message("a", "talk"+strings.Repeat("+", i), "谢谢"))
	}
	box.wait(t)
	if got, _ := box.letters(); len(got) != 1 || !strings.Contains(got[0], "查询时间") {
		t.Errorf("pushed %q", got)
	}
}

// When nothing may reach the person, the answer waits for the next message.
func TestParkedAnswerComesWithTheNextMessage(t *testing.T) {
	box := newMailbox(bot.ErrParked)
	w := late(t, box)
	box.wait(t)
	var got string
	for i := 0; i < 200 && !strings.Contains(got, "查询时间"); i++ {
		got = text(w.handle(t, message("a", "result"+strings.Repeat("+", i), "结果")))
	}
	if !strings.Contains(got, "查询时间") || strings.Contains(got, "没有等待中的结果") {
		t.Errorf("the next message brought %q", got)
	}
	if got := text(w.handle(t, message("a", "again", "结果"))); !strings.Contains(got, "没有等待中的结果") {
		t.Errorf("asked again: %q", got)
	}
}

// Who waits until the end gets the answer himself: nothing is pushed.
func TestAnswerInTimeIsNotPushed(t *testing.T) {
	box := newMailbox()
	w := newWorld(t)
	w.stop()
	w.push = box
	w.start(t)
	if got := text(w.handle(t, message("a", "1", full))); !strings.Contains(got, "查询时间") {
		t.Fatalf("%q", got)
	}
	select {
	case <-box.tried:
		t.Error("pushed as well")
	case <-time.After(3 * time.Second):
	}
}

// A photo of a licence is confirmed before it is used, and shown masked; a
// message without words is answered, and the question asked again.
func TestMessagesWithoutWords(t *testing.T) {
	w := newWorld(t)
	licence := &bot.Licence{Plate: "苏E54321", Engine: "G4KD123456", VIN: "LZZDEM201JG481635"}
	got := text(w.handle(t, bot.Message{User: "test:a", Key: "1", Licence: licence}))
	if !strings.Contains(got, "苏E5**21") || strings.Contains(got, "苏E54321") || strings.Contains(got, "123456") || w.Paid() != 0 {
		t.Errorf("%d paid: %q", w.Paid(), got)
	}
	if got := text(w.handle(t, bot.Message{User: "test:a", Key: "2", Event: bot.Voice})); !strings.Contains(got, "听不了语音") || !strings.Contains(got, "从照片上读到") {
		t.Errorf("%q", got)
	}
	if got := text(w.handle(t, message("a", "3", "是"))); !strings.Contains(got, "查询时间") || w.Paid() != 1 {
		t.Errorf("%d paid: %q", w.Paid(), got)
	}
	if got := text(w.handle(t, bot.Message{User: "test:a", Key: "4", Licence: &bot.Licence{Plate: "读不清"}})); !strings.Contains(got, "看不了图片") {
		t.Errorf("%q", got)
	}
}
