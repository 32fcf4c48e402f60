package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
)

// crowd lets people come who are named by their number.
func (w *world) crowd(t *testing.T, n int) (names []string) {
	t.Helper()
	for i := range n {
		name := fmt.Sprintf("driver%02d", i)
		w.says(t, name, "你好")
		names = append(names, name)
	}
	return names
}

// report is how far the broadcast is.
func (w *world) report(t *testing.T) bot.BroadcastReport {
	t.Helper()
	r, err := w.office.BroadcastReport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// over waits until nothing of the broadcast is under way.
func (w *world) over(t *testing.T) bot.BroadcastReport {
	t.Helper()
	for range 60 {
		if r := w.report(t); r.Over() {
			return r
		}
		w.settle()
	}
	t.Fatalf("it does not end: %+v", w.report(t))
	return bot.BroadcastReport{}
}

// begin sends a text to everybody.
func (w *world) begin(t *testing.T, id, words string) bot.BroadcastReport {
	t.Helper()
	r, err := w.office.Broadcast(t.Context(), bot.BroadcastOrder{ID: id, Text: words})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// got is how many of the people were pushed the words.
func (w *world) got(words string, names []string) (once, more int) {
	w.settle()
	w.post.mu.Lock()
	defer w.post.mu.Unlock()
	for _, name := range names {
		switch n := strings.Count(text(bot.Answer{Replies: w.post.to[bot.UserID("test:"+name)]}), words); {
		case n == 1:
			once++
		case n > 1:
			more++
		}
	}
	return once, more
}

// In the chat: shown first, confirmed by the number that was shown, by who was
// shown it, in time; then everybody reads it once.
func TestBroadcastInTheChat(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.admins = append(w.admins, "test:other")
		w.Do(t, []string{"restart"})
		names := w.crowd(t, 5)
		preview := w.says(t, "admin", "/admin broadcast 今晚  22:00 维护\n\n\n<b>请</b>\u202e留意")
		for _, want := range []string{"还没有发送", "服务提供者的通知：\n今晚 22:00 维护\n\n<b>请</b>留意\n", "发给 6 人", "· test 6 人", "每秒最多 5 人", "/admin broadcast send 6"} {
			if !strings.Contains(preview, want) {
				t.Errorf("no %q in the preview\n%s", want, preview)
			}
		}
		for who, words := range map[string]string{"other": "/admin broadcast send 6", "admin": "/admin broadcast send 5"} {
			if got := w.says(t, who, words); strings.Contains(got, "开始发送") {
				t.Errorf("%s sends it by %q: %s", who, words, got)
			}
		}
		if once, more := w.got("留意", names); once+more != 0 {
			t.Fatalf("%d and %d have it before it was confirmed", once, more)
		}
		m := bot.Message{User: "test:admin", Key: "send", Text: "/admin 群发 发送 6"}
		if got := text(w.handle(t, m)); !strings.Contains(got, "开始发送") {
			t.Fatalf("not sent: %s", got)
		}
		w.handle(t, m)
		if got := w.says(t, "admin", "/admin broadcast send 6"); !strings.Contains(got, "没有等待确认") {
			t.Errorf("sent again: %s", got)
		}
		w.over(t)
		if once, more := w.got("<b>请</b>留意", append(names, "admin")); once != 6 || more != 0 {
			t.Errorf("%d have it once, %d more often", once, more)
		}
		if got := w.says(t, "admin", "/admin broadcast"); !strings.Contains(got, "已送达 7／7 人") { // the other admin came meanwhile
			t.Errorf("progress: %s", got)
		}
		w.says(t, "admin", "/admin broadcast 再说一次")
		w.clock.add(31 * time.Minute)
		if got := w.says(t, "admin", "/admin broadcast send 7"); !strings.Contains(got, "没有等待确认") {
			t.Errorf("sent too late: %s", got)
		}
	})
}

// However often the process ends in between, everybody reads it once, at the
// pace that was said.
func TestBroadcastSurvivesRestarts(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		names := w.crowd(t, 95)
		began := w.clock.now()
		w.begin(t, "one", "今晚维护")
		between := 0 // restarts with some on either side
		for range 8 {
			<-time.After(3 * time.Second)
			if r := w.report(t); r.Sent > 0 && r.Waiting > 0 {
				between++
			}
			w.Do(t, []string{"restart"})
			w.begin(t, "one", "今晚维护") // whoever asks again begins nothing
		}
		w.over(t)
		if between < 2 {
			t.Errorf("%d restarts in between: the test shows nothing", between)
		}
		if took := w.clock.now().Sub(began); took < 15*time.Second || took > 10*time.Minute {
			t.Errorf("took %v", took)
		}
		if once, more := w.got("今晚维护", names); once != 95 || more != 0 {
			t.Errorf("%d have it once, %d more often", once, more)
		}
		if r := w.report(t); r.Sent != 95 || r.People != 95 || r.State != bot.BroadcastSent {
			t.Errorf("%+v", r)
		}
		w.begin(t, "two", "明晚维护")
		w.over(t)
		if once, more := w.got("明晚维护", names); once != 95 || more != 0 {
			t.Errorf("of the next %d have it once, %d more often", once, more)
		}
	})
}

// Two machines on one store send it once.
func TestBroadcastByTwoMachines(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		names := w.crowd(t, 40)
		second := bot.New(bot.Config{Store: w.store, Mail: w.mail, Desk: w.office.Desk, Fleet: w.office, Now: w.clock.now})
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- second.Work(ctx, 4) }()
		w.begin(t, "one", "今晚维护")
		if _, err := w.office.Broadcast(t.Context(), bot.BroadcastOrder{ID: "two", Text: "另一个"}); !errors.Is(err, bot.ErrBroadcasting) {
			t.Errorf("another at once: %v", err)
		}
		w.over(t)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if once, more := w.got("今晚维护", names); once != 40 || more != 0 {
			t.Errorf("%d have it once, %d more often", once, more)
		}
	})
}

// Nobody is written for in quiet hours, and the plan knows.
func TestBroadcastAtNight(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.quiet = deliver.Quiet{From: 9 * time.Hour, To: 12 * time.Hour} // it is half past nine
		w.Do(t, []string{"restart"})
		names := w.crowd(t, 30)
		noon := time.Date(2026, 11, 23, 12, 0, 0, 0, bot.China)
		p, err := w.office.PlanBroadcast(t.Context(), "今晚维护")
		if err != nil || !p.Begins.Equal(noon) || p.Ends.Sub(noon) != 6*time.Second {
			t.Errorf("%+v, %v", p, err)
		}
		w.begin(t, "one", "今晚维护")
		w.pass(time.Hour)
		if once, more := w.got("今晚维护", names); once+more != 0 {
			t.Errorf("%d and %d have it", once, more)
		}
		if r := w.report(t); r.Over() || r.Waiting != 30 || !r.Awake.Equal(noon) || !strings.Contains(r.Summary(bot.Chinese), "11-23 12:00 以后继续") {
			t.Errorf("%+v", r)
		}
		w.clock.add(2 * time.Hour)
		w.over(t)
		if once, more := w.got("今晚维护", names); once != 30 || more != 0 {
			t.Errorf("%d have it once, %d more often", once, more)
		}
	})
}

// Who has left or is blocked is left out; who comes too late for the platform is
// counted before and after, and reads it with their next message, once, or in
// three days not any more.
func TestBroadcastReachesWhomItCan(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		box := &windowed{post: w.post, now: w.clock.now, closed: map[bot.UserID]bool{"test:early": true, "test:late": true}, left: "test:gone"}
		w.push, w.window = box, 48*time.Hour
		w.Do(t, []string{"restart"})
		w.says(t, "early", "你好")
		w.says(t, "late", "你好")
		for _, name := range []string{"early", "late", "gone", "barred"} {
			w.says(t, name, full, "订阅")
		}
		w.pass(50 * time.Hour)
		w.says(t, "here", "你好")
		w.notify(t, "gone", "沪A11111") // the platform says that they have left
		w.block(t, "test:barred", true)
		w.settle()
		p, err := w.office.PlanBroadcast(t.Context(), "今晚维护")
		if err != nil || p.People != 3 || p.Left != 1 || p.Blocked != 1 || p.Channels["test"] != (bot.ChannelReach{People: 3, Waiting: 2}) {
			t.Errorf("%+v, %v", p, err)
		}
		if got := p.Summary(bot.Chinese); !strings.Contains(got, "test 3 人，其中 2 人现在推送不到") || !strings.Contains(got, "不发给已离开的 1 人和已封禁的 1 人") {
			t.Errorf("the plan: %s", got)
		}
		w.begin(t, "one", "今晚维护")
		if r := w.over(t); r.Sent != 1 || r.Parked != 2 || r.Skipped != 2 || r.People != 3 {
			t.Errorf("%+v", r)
		}
		if got := w.says(t, "early", "谢谢"); strings.Count(got, "今晚维护") != 1 {
			t.Errorf("they read %q", got)
		}
		if got := w.says(t, "early", "谢谢"); strings.Contains(got, "今晚维护") {
			t.Errorf("and again %q", got)
		}
		if r := w.report(t); r.Read != 1 || r.Parked != 1 || !strings.Contains(r.Summary(bot.Chinese), "推送不到 1 人") {
			t.Errorf("%+v", r)
		}
		w.clock.add(73 * time.Hour)
		if got := w.says(t, "late", "谢谢"); strings.Contains(got, "今晚维护") {
			t.Errorf("too late they read %q", got)
		}
		w.block(t, "test:barred", false)
		if got := w.says(t, "barred", "谢谢") + w.says(t, "gone", "谢谢"); strings.Contains(got, "今晚维护") {
			t.Errorf("who was left out reads %q", got)
		}
		w.clock.add(2 * time.Hour)
		w.Do(t, []string{"restart"}) // which sweeps
		w.settle()
		if r := w.report(t); r.Sent != 1 || r.Read != 1 || r.Parked != 1 || r.People != 3 || len(w.rows(t, "outcome")) != 0 {
			t.Errorf("in the end %+v, %d rows", r, len(w.rows(t, "outcome")))
		}
	})
}

// A stop holds back what has not arrived, wherever it is, also when another
// broadcast follows.
func TestBroadcastIsStopped(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		names := w.crowd(t, 60)
		box := &windowed{post: w.post, now: w.clock.now, closed: map[bot.UserID]bool{}}
		for _, name := range names {
			box.closed[bot.UserID("test:"+name)] = true
		}
		w.push = box
		w.Do(t, []string{"restart"})
		w.begin(t, "one", "今晚维护")
		<-time.After(6 * time.Second)
		for range 2 { // twice is as once
			if r, err := w.office.StopBroadcast(t.Context()); err != nil || r.State != bot.BroadcastStopped || r.Stopped != 60 || !r.Over() {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		w.begin(t, "two", "明晚维护")
		w.over(t)
		for _, name := range names {
			if got := w.says(t, name, "谢谢"); strings.Contains(got, "今晚维护") || strings.Count(got, "明晚维护") != 1 {
				t.Errorf("%s reads %q", name, got)
			}
		}
		if r := w.report(t); r.ID != "two" || r.Read != 60 {
			t.Errorf("%+v", r)
		}
		w.clock.add(80 * time.Hour)
		w.Do(t, []string{"restart"})
		w.settle()
		if _, err := w.office.StopBroadcast(t.Context()); !errors.Is(err, bot.ErrNoBroadcast) {
			t.Errorf("what is over is stopped: %v", err)
		}
	})
}

// People who leave while it waits for them do not spoil the count, and what
// waits is theirs to have deleted.
func TestBroadcastAndLeaving(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		names := w.crowd(t, 4)
		box := &windowed{post: w.post, now: w.clock.now, closed: map[bot.UserID]bool{"test:driver00": true, "test:driver01": true, "test:driver02": true}}
		w.push = box
		w.Do(t, []string{"restart"})
		w.begin(t, "one", "今晚维护")
		w.over(t)
		w.handle(t, bot.Message{User: "test:driver00", Key: "left", Event: bot.Left})
		w.handle(t, bot.Message{User: "test:driver03", Key: "left", Event: bot.Left})
		w.block(t, "test:driver01", true)
		if r := w.report(t); r.Sent != 1 || r.Gone != 2 || r.Parked != 1 || r.People != 4 {
			t.Errorf("%+v", r)
		}
		if got := w.says(t, names[0], "你好"); strings.Contains(got, "今晚维护") {
			t.Errorf("who came back reads %q", got)
		}
		if got := w.says(t, names[2], "忘记我", "确认删除"); !strings.Contains(got, "全部删除") {
			t.Errorf("%q", got)
		}
		if r := w.report(t); r.Sent+r.Read != 2 || r.Gone != 2 || r.People != 4 { // the third read it with 忘记我
			t.Errorf("%+v", r)
		}
	})
}

// What cannot be sent in all tries is told as that, and waits for a message.
func TestBroadcastThatFails(t *testing.T) {
	operated(t, func(t *testing.T, w *world) {
		w.crowd(t, 3)
		w.push = &windowed{post: w.post, now: w.clock.now, broken: "test:driver01"}
		w.Do(t, []string{"restart"})
		w.begin(t, "one", "今晚维护")
		if r := w.over(t); r.Sent != 2 || r.Failed != 1 || r.People != 3 {
			t.Errorf("%+v", r)
		}
		if got := w.says(t, "driver01", "谢谢"); strings.Count(got, "今晚维护") != 1 {
			t.Errorf("they read %q", got)
		}
		if r := w.report(t); r.Sent != 2 || r.Failed != 0 || r.Read != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestBroadcastText(t *testing.T) {
	f, _, _ := aFleet(t)
	f.Mail = bot.NewMail(bot.MailConfig{Store: f.Store})
	for _, tt := range []struct{ name, text, want string }{
		{"as it is", "今晚维护", "今晚维护"},
		{"lines stay, blanks and controls go", "  a \t b\r\n\r\n\r\n\x1b[31mc\u200b\n", "a b\n\n[31mc"},
		{"markup stays", "<b>*a*</b> [x](y)", "<b>*a*</b> [x](y)"},
		{"the longest", strings.Repeat("车", 500), strings.Repeat("车", 500)},
		{"longer", strings.Repeat("车", 501), ""},
		{"longer by lines", strings.Repeat("车\n", 251), ""},
		{"nothing", " \n\t\u200b\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := f.PlanBroadcast(t.Context(), tt.text)
			if p.Text != tt.want || (tt.want == "") != errors.Is(err, bot.ErrBroadcastText) {
				t.Errorf("%q, %v", p.Text, err)
			}
		})
	}
}

// A notice about news keeps half of the pace for itself.
func TestBroadcastLeavesRoomForNews(t *testing.T) {
	f, _, _ := aFleet(t)
	f.Mail = bot.NewMail(bot.MailConfig{Store: f.Store})
	if p, err := f.PlanBroadcast(t.Context(), "a"); err != nil || 2*p.Rate > deliver.DefaultRate {
		t.Errorf("%d a second of %d, %v", p.Rate, deliver.DefaultRate, err)
	}
}

// A windowed platform lets nothing through to some people.
type windowed struct {
	*post
	now    func() time.Time
	closed map[bot.UserID]bool
	left   bot.UserID
	broken bot.UserID
}

func (p *windowed) Push(ctx context.Context, to bot.UserID, id string, replies []bot.Reply) error {
	switch {
	case p.closed[to]:
		return bot.ErrParked
	case p.left == to:
		return bot.ErrGone
	case p.broken == to:
		return errors.New("connection reset")
	}
	return p.post.Push(ctx, to, id, replies)
}
