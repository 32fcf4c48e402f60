package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/wechat/wechattest"
)

const (
	awake     = "push: {quiet: none}\nadmins: ['telegram:42']\n"
	barred    = "您暂时不能使用本服务"
	knownCar  = "查违章 沪C12345 发动机号123456 车架号654321"
	broadcast = "今晚 22:00 维护 <b>&"
)

// beside is how the commands find a serve that runs.
func beside(t *testing.T, r *running) []string {
	return []string{"WEIZHANG_SERVER_ADMIN_LISTEN=" + adminAt(t, r)}
}

// fine is the output of an operator's command that goes well.
func (o *outside) fine(environ []string, args ...string) string {
	o.t.Helper()
	code, out, errs := o.admin(environ, "", args...)
	if code != exitFine {
		o.t.Fatalf("%q: %d\n%s%s", args, code, out, errs)
	}
	return out
}

// in is what somebody in WeChat reads at once.
func (o *outside) in(p *wechattest.Platform, who, words string) string {
	o.t.Helper()
	got, err := p.Deliver(o.t.Context(), who, wechattest.Text(words))
	if err != nil || got.Banner != "" {
		o.t.Fatalf("%+v, %v", got, err)
	}
	return got.Text
}

// Who is blocked gets nothing on either platform, whoever runs: no query is paid,
// nothing is pushed, and they read so once.
func TestAdminBlocks(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe, withTelegram, awake)
	at := beside(t, r)
	o.telegram.Say(43, "你好")
	o.hears(43, "您好")
	if got := o.in(o.platform(r, wechattest.Safe), aDriver, "你好"); !strings.Contains(got, "您好") {
		t.Fatalf("%q", got)
	}
	for _, who := range []string{"telegram:43", "wechat:" + aDriver} {
		if out := o.fine(at, "block", who); !strings.Contains(out, "is blocked") || strings.Contains(out, aDriver) {
			t.Errorf("%s", out)
		}
	}
	if code, _, errs := o.admin(at, "", "block", "telegram:42"); code != exitFailed || errs != "weizhangbot: admin block: bot: an admin cannot be blocked\n" {
		t.Errorf("an admin: %d %s", code, errs)
	}
	o.telegram.Say(43, knownCar)
	o.hears(43, barred)
	r.end()

	r = o.serve(withSafe, withTelegram, awake)
	at = beside(t, r)
	p := o.platform(r, wechattest.Safe)
	if got := o.in(p, aDriver, knownCar); !strings.Contains(got, barred) {
		t.Errorf("after a restart they read %q", got)
	}
	if got := o.in(p, aDriver, knownCar); got != "" {
		t.Errorf("and then %q", got)
	}
	before := len(o.telegram.Messages(43))
	o.telegram.Say(43, knownCar)
	o.telegram.Say(42, "/admin conversation telegram:43") // whose answer is there: the other message is through
	o.reads("已封禁")
	until(t, "the messages are through", func() bool { return o.telegram.Pending() == 0 })
	if o.juhe.Meter().Queries != 0 || len(o.telegram.Messages(43)) != before {
		t.Errorf("%d queries; they read %+v", o.juhe.Meter().Queries, o.telegram.Messages(43))
	}
	o.fine(at, "unblock", "telegram:43")
	o.telegram.Say(43, knownCar)
	o.hears(43, "待交罚款")
	r.end()
}

// A photo of somebody who is blocked is not looked at.
func TestBlockedPhotosAreNotRead(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withSafe, awake)
	o.wechat.Photo("https://pic.example/1", `"plate_num":"沪C12345","engine_num":"123456","vin":"654321"`)
	p := o.platform(r, wechattest.Safe)
	o.in(p, aDriver, "你好")
	o.fine(beside(t, r), "block", "wechat:"+aDriver)
	got, err := p.Deliver(t.Context(), aDriver, wechattest.Image("https://pic.example/1"))
	if err != nil || !strings.Contains(got.Text, barred) || o.wechat.Calls("cv/ocr/driving") != 0 {
		t.Errorf("%+v, %v, %d photos read", got, err, o.wechat.Calls("cv/ocr/driving"))
	}
	if got, err := p.Deliver(t.Context(), anotherDriver, wechattest.Image("https://pic.example/1")); err != nil || o.wechat.Calls("cv/ocr/driving") == 0 {
		t.Errorf("of another: %+v, %v: the test looks at the wrong calls", got, err)
	}
	r.end()
}

// An admin who wants no alerts gets none.
func TestAdminAlerts(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serveWith([]string{"WEIZHANG_JUHE_DAILY_BUDGET=5"}, withTelegram, awake)
	at := beside(t, r)
	o.telegram.Say(42, "/admin alerts off")
	o.reads("运维提醒：关")
	if out := o.fine(at, "alerts"); out != "telegram:42  off\n" {
		t.Errorf("%q", out)
	}
	pay := func(n int) {
		o.telegram.Say(43, fmt.Sprintf("查违章 沪C1234%d 发动机号123456 车架号654321", n))
		o.hears(43, fmt.Sprintf("沪C1234%d · 上海", n))
	}
	for n := range 3 {
		pay(n)
	}
	until(t, "an alarm is raised", func() bool { return strings.Contains(r.log.String(), `"event":"alarm"`) })
	o.fine(at, "alerts", "on", "--user", "telegram:42")
	pay(3)
	o.reads("已用到八成")
	for _, m := range o.telegram.Messages(42) {
		if strings.Contains(m.Text, "已用掉一半") {
			t.Errorf("they read %q", m.Text)
		}
	}
	if code, _, errs := o.admin(at, "", "alerts", "off", "--user", "telegram:43"); code != exitFailed || !strings.Contains(errs, "not one of the admins") {
		t.Errorf("of no admin: %d %s", code, errs)
	}
	r.end()
}

// Seen, confirmed, interrupted and gone on with: everybody reads a broadcast
// once, on both platforms, and it is told who could not be reached.
func TestAdminBroadcasts(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	template := []string{"WEIZHANG_WECHAT_TEMPLATE_ID=invented", "WEIZHANG_WECHAT_TEMPLATE_FIELDS=car_number1:plate"}
	r := o.serveWith(template, withSafe, withTelegram, awake)
	at := beside(t, r)
	for who := int64(42); who < 56; who++ {
		o.telegram.Say(who, "你好")
		o.hears(who, "您好")
	}
	o.in(o.platform(r, wechattest.Safe), aDriver, "你好")
	// Somebody whom WeChat lets nobody write to, as they have not written.
	if code, out, errs := o.admin(at, aTable, "import", "-", "--user", "wechat:"+anotherDriver); code != exitFine {
		t.Fatalf("%s%s", out, errs)
	}
	o.fine(at, "block", "telegram:43")

	var plan bot.BroadcastPlan
	if err := json.Unmarshal([]byte(o.fine(at, "broadcast", broadcast, "--dry-run", "--json")), &plan); err != nil || plan.People != 15 || plan.Blocked != 1 ||
		plan.Channels["telegram"].People != 13 || plan.Channels["wechat"] != (bot.ChannelReach{People: 2, Waiting: 1}) {
		t.Fatalf("%+v, %v", plan, err)
	}
	if code, _, errs := o.admin(at, "14\n", "broadcast", broadcast); code != exitFailed || !strings.Contains(errs, "Type 15 to send it") || !strings.Contains(errs, "not confirmed: nothing was sent") {
		t.Errorf("a wrong number: %d %s", code, errs)
	}
	o.telegram.Say(42, "/admin broadcast "+broadcast)
	o.reads("/admin broadcast send 15")
	o.telegram.Say(44, "/admin broadcast send 15")
	o.hears(44, "没有这个命令")
	if n, _ := o.heard(); n != 0 {
		t.Fatalf("%d have it before it was confirmed", n)
	}
	o.telegram.Say(42, "/admin broadcast send 15")
	o.reads("开始发送")
	until(t, "the first have it", func() bool { n, _ := o.heard(); return n > 0 })
	r.end()
	if n, _ := o.heard(); n >= 14 {
		t.Fatal("all have it already: the test shows nothing")
	}

	if out := o.fine(nil, "broadcast"); !strings.Contains(out, "still to be sent") {
		t.Errorf("meanwhile: %s", out)
	}
	r = o.serveWith(template, withSafe, withTelegram, awake)
	at = beside(t, r)
	o.goneOut(at)
	if n, most := o.heard(); n != 14 || most != 1 {
		t.Errorf("%d have it, somebody %d times", n, most)
	}
	if forms := o.wechat.Sent("template"); len(forms) > 0 || o.wechat.Calls("template/send") > 0 {
		t.Errorf("by template message: %+v", forms)
	}
	report := o.broadcastReport(at)
	if report.Sent != 14 || report.Parked != 1 || report.Skipped != 1 || report.People != 15 {
		t.Errorf("%+v", report)
	}
	if got := o.in(o.platform(r, wechattest.Safe), anotherDriver, "你好"); strings.Count(got, "今晚 22:00 维护") != 1 {
		t.Errorf("who could not be reached reads %q", got)
	}
	if report := o.broadcastReport(at); report.Read != 1 || report.Parked != 0 {
		t.Errorf("then %+v", report)
	}
	r.end()
}

// heard is how many have the broadcast, and how often the one who has it most
// often. Its preview and its progress in the admin's chat do not count.
func (o *outside) heard() (people, most int) {
	times := map[string]int{}
	for who := int64(42); who < 56; who++ {
		for _, m := range o.telegram.Messages(who) {
			if strings.HasPrefix(m.Text, "服务提供者的通知：\n"+broadcast) {
				times[fmt.Sprint(who)]++
			}
		}
	}
	for _, s := range o.wechat.Sent("text") {
		if strings.Contains(s.Text, "今晚 22:00 维护") {
			times[s.To]++
		}
	}
	for _, n := range times {
		most = max(most, n)
	}
	return len(times), most
}

func (o *outside) broadcastReport(at []string) (r bot.BroadcastReport) {
	o.t.Helper()
	if err := json.Unmarshal([]byte(o.fine(at, "broadcast", "--json")), &r); err != nil {
		o.t.Fatal(err)
	}
	return r
}

// goneOut waits until nothing of the broadcast is under way.
func (o *outside) goneOut(at []string) {
	o.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for r := o.broadcastReport(at); !r.Over(); r = o.broadcastReport(at) {
		if time.Now().After(deadline) {
			o.t.Fatalf("it does not end: %+v", r)
		}
		<-time.After(200 * time.Millisecond)
	}
}

// From the shell: begun on the store itself it goes out when a serve runs; beside
// one it is followed to its end; and it can be stopped.
func TestAdminBroadcastsFromTheShell(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withTelegram, awake)
	for who := int64(42); who < 45; who++ {
		o.telegram.Say(who, "你好")
		o.hears(who, "您好")
	}
	r.end()
	code, out, errs := o.admin(nil, "3\n", "broadcast", broadcast)
	if code != exitFine || !strings.Contains(errs, "no serve runs: it begins when one does") || !strings.Contains(out, "still to be sent: 3") {
		t.Fatalf("%d\n%s%s", code, out, errs)
	}
	r = o.serve(withTelegram, awake)
	at := beside(t, r)
	o.goneOut(at)
	if n, most := o.heard(); n != 3 || most != 1 {
		t.Errorf("%d have it, somebody %d times", n, most)
	}
	code, out, errs = o.admin(at, "明晚也维护\n", "broadcast", "-", "--yes", "--progress")
	if code != exitFine || !strings.Contains(out, "Arrived: 3 of 3 (3 pushed") || !strings.Contains(errs, "sent 0 of 3") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	if out := o.fine(at, "broadcast", "--stop"); !strings.Contains(out, "was stopped") {
		t.Errorf("%s", out)
	}
	r.end()
}

// What an operator sees of somebody says nothing that they said.
func TestAdminConversationLeaksNothing(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	r := o.serve(withTelegram, "push: {quiet: none}\nadmins: ['telegram:42']\n")
	at := beside(t, r)
	for _, step := range [][2]string{{"查违章 沪" + leakPlate + " 发动机号" + leakEngine + " 车架号" + leakVIN, "数据可能延迟"}, {"订阅", "已订阅"}, {"第1辆改名叫" + leakNickname, leakNickname}, {"沪" + leakSecond + "1 发动机号" + leakEngine, "车架号"}} {
		o.telegram.Say(leakPerson, step[0])
		o.hears(leakPerson, step[1])
	}
	user := fmt.Sprint("telegram:", leakPerson)
	places := map[string]string{"stats": o.fine(at, "stats", "--json")}
	for _, what := range []string{"conversation", "block", "unblock"} {
		places[what] = o.fine(at, what, user)
	}
	places["reset"] = o.fine(at, "reset", user, "--json")
	if !strings.Contains(places["conversation"], "The form holds: plate, engine number") || !strings.Contains(places["conversation"], "Saved cars: 1") {
		t.Errorf("the view says too little to prove anything:\n%s", places["conversation"])
	}
	r.end()
	places["the view without serve"] = o.fine(nil, "conversation", user)
	places["the log"] = r.log.String()
	for name, place := range places {
		for _, found := range leaks([]byte(place)) {
			t.Errorf("%s: %s", name, found)
		}
	}
}
