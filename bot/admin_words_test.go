package bot_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A talk is a bot on an empty store, and a desk that cannot pay.
func aTalk(t *testing.T, c bot.Config) func(u bot.UserID, text string) bot.Reply {
	t.Helper()
	f, desk, _ := aFleet(t)
	desk.costs = someCosts()
	c.Store, c.Now = f.Store, f.Now
	if c.Desk == nil {
		c.Desk = desk
	}
	b := bot.New(c)
	n := 0
	return func(u bot.UserID, text string) bot.Reply {
		t.Helper()
		n++
		answer, err := b.Handle(t.Context(), bot.Message{User: u, Key: strconv.Itoa(n), Text: text})
		if err != nil || len(answer.Replies) != 1 {
			t.Fatalf("%q: %+v, %v", text, answer, err)
		}
		return answer.Replies[0]
	}
}

func TestAdminWords(t *testing.T) {
	say := aTalk(t, bot.Config{Admins: []bot.UserID{"telegram:7"}, Price: 0.5})
	for _, tt := range []struct {
		name, text, want string
		user             bot.UserID
	}{
		{"what there is", "/admin", "/admin cost", "telegram:7"},
		{"costs", "/admin cost", "最近 7 天：付费查询 15 次，约 7.50 元", "telegram:7"},
		{"named, in a group's way, and in capitals", " /Admin@WeizhangBot  COST ", "最近 7 天", "telegram:7"},
		{"something else", "/admin frobnicate", "/admin cost", "telegram:7"},
		{"of others", "/admin cost", "没有这个命令", "telegram:8"},
		{"of others, alone", "/admin", "没有这个命令", "telegram:70"},
		{"no command", "/administer", "没有这个命令", "telegram:7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := say(tt.user, tt.text).Text; !strings.Contains(got, tt.want) {
				t.Errorf("no %q in\n%s", tt.want, got)
			}
		})
	}
}

// What an admin looks up does not disturb what they are in the middle of.
func TestAdminWordsLeaveTheSession(t *testing.T) {
	say := aTalk(t, bot.Config{Admins: []bot.UserID{"telegram:7"}})
	before := say("telegram:7", "查违章").Text
	if !strings.Contains(before, "请发送车牌号") {
		t.Fatal(before)
	}
	say("telegram:7", "/admin cost")
	asked, unasked := say("telegram:7", "12345").Text, say("telegram:9", "12345").Text
	if !strings.Contains(asked, "没有看到车牌号") || strings.Contains(unasked, "没有看到车牌号") {
		t.Errorf("the plate's question is gone: %s, and without it: %s", asked, unasked)
	}
}

func TestTakeAway(t *testing.T) {
	f, _, watch := aFleet(t)
	b := bot.New(bot.Config{Store: f.Store, Desk: f.Desk, Watch: watch, Now: f.Now})
	n := 0
	say := func(text string) bot.Reply {
		t.Helper()
		n++
		answer, err := b.Handle(t.Context(), bot.Message{User: owner, Key: strconv.Itoa(n), Text: text})
		if err != nil || len(answer.Replies) != 1 {
			t.Fatalf("%q: %+v, %v", text, answer, err)
		}
		return answer.Replies[0]
	}
	if got := say("导出"); len(got.Files) != 0 || !strings.Contains(got.Text, "还没有保存的车") {
		t.Errorf("with nothing saved: %+v", got)
	}
	imported(t, f, bot.ImportOrder{Table: []byte(twoCars)})
	watch.cars[string(owner)+"沪C12345"] = bot.Watched{Checked: f.Now(), Rows: []bot.Violation{{Place: "延安路", State: bot.Open}}}
	got := say("导出")
	if len(got.Files) != 2 || got.Files[0].Name != "cars.csv" || got.Files[1].Name != "violations.csv" || !strings.Contains(got.Text, "2 辆车和列出的 1 条记录") {
		t.Errorf("%+v", got)
	}
	if rows := string(got.Files[1].Data); !strings.Contains(rows, "延安路") {
		t.Errorf("violations:\n%s", rows)
	}
	if got := say("日历"); len(got.Files) != 0 || !strings.Contains(got.Text, "检验有效期至") {
		t.Errorf("without dates: %+v", got)
	}
}

func TestFleetExports(t *testing.T) {
	f, _, _ := aFleet(t)
	imported(t, f, bot.ImportOrder{Table: []byte(twoCars)})
	for what, want := range map[bot.Export]string{bot.ExportCars: "cars.csv", bot.ExportViolations: "violations.csv", bot.ExportCalendar: "calendar.ics"} {
		file, err := f.Export(t.Context(), owner, what, bot.English)
		if err != nil || file.Name != want || len(file.Data) == 0 || file.MIME == "" {
			t.Errorf("%s: %+v, %v", what, file, err)
		}
	}
}
