package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

var (
	checked = time.Date(2026, 11, 23, 6, 0, 0, 0, China)
	aCar    = Vehicle{Plate: "沪C12345", Type: "02"}
	kept    = []Saved{{Vehicle: Vehicle{Plate: "苏E54321", Type: "02"}}, {Vehicle: aCar, Name: "老婆的车", City: "上海"}}
)

// jams are n open violations of 200 yuan and 3 points, newest first.
func jams(n int) []Violation {
	fine, points := 20000, 3
	var all []Violation
	for i := range n {
		all = append(all, Violation{
			At: time.Date(2026, 11, 20-i%19, 8, 5, 0, 0, China), Place: fmt.Sprintf("延安路%d号", i+1), Act: "闯红灯",
			Fine: &fine, Points: &points, State: Open,
		})
	}
	return all
}

func told(l Lang, digest bool, notices ...Notice) Reply {
	var all []waiting
	for _, n := range notices {
		all = append(all, waiting{Notice: n})
	}
	return tell(Session{Lang: l}.teller(checked.Add(2*time.Hour), kept), all, digest)[0]
}

// samples is a notice of each kind, and one of each alarm.
func samples() map[string]Notice {
	all := map[string]Notice{}
	for _, k := range NoticeKinds() {
		all[string(k)] = Notice{ID: string(k), Kind: k, At: checked, Vehicle: aCar, City: "上海", New: jams(1), Open: 1, Alarm: AlarmKey, Text: "Tonight from 22:00"}
	}
	for _, a := range Alarms() {
		all["alarm "+string(a)] = Notice{Kind: NoticeAlarm, Alarm: a, Detail: "code 10001"}
	}
	all["found, failed"] = Notice{Kind: NoticeFound, Vehicle: aCar, Err: WrongData}
	all["found"] = Notice{Kind: NoticeFound, Vehicle: aCar, Report: &Report{Vehicle: aCar, City: "上海", At: checked, Violations: jams(7)}}
	all["inspection by date"] = Notice{Kind: NoticeInspection, Vehicle: aCar, Inspection: Inspection{Until: checked.AddDate(0, 1, 0)}}
	all["inspection overdue"] = Notice{Kind: NoticeInspection, Vehicle: aCar, Inspection: Inspection{Until: checked.AddDate(0, -1, 0)}}
	return all
}

// Every kind and every alarm has words in both languages, without a format
// fault; about a car it names the car as its person does, and what it offers is
// understood.
func TestEveryNoticeHasWords(t *testing.T) {
	for name, n := range samples() {
		for _, l := range []Lang{Chinese, English} {
			r := told(l, false, n)
			if r.Text == "" || strings.Contains(r.Text, "%!") || strings.HasPrefix(r.Text, "\n") {
				t.Errorf("%s %s: %q", name, l, r.Text)
			}
			about := n.Kind != NoticeAlarm && n.Kind != NoticeBroadcast
			if about != strings.Contains(r.Text, "老婆的车 沪C12345") {
				t.Errorf("%s %s does not name the car: %s", name, l, r.Text)
			}
			if l == English && strings.ContainsAny(strings.ReplaceAll(r.Text, "老婆的车", ""), "，。：；「」（）") {
				t.Errorf("%s has Chinese punctuation in English: %s", name, r.Text)
			}
			for _, o := range r.Options {
				if nlu.Read(o.Send, nlu.Open{}).Intent == nlu.Unknown {
					t.Errorf("%s %s offers %q, which is not understood", name, l, o.Send)
				}
			}
			if len(r.Options) == 0 && about {
				t.Errorf("%s %s offers nothing", name, l)
			}
		}
	}
}

func TestNewsInWords(t *testing.T) {
	decided, gone := jams(1), jams(1)
	decided[0].State, decided[0].Place, gone[0].Place = Decided, "南京路", "淮海路"
	r := told(Chinese, false, Notice{
		Kind: NoticeNews, At: checked, Vehicle: aCar, City: "上海", New: jams(2), Decided: decided, Gone: gone, Open: 4,
	})
	const want = "老婆的车 沪C12345（上海）的违章记录有变化\n" +
		"新违章 2 条\n已处理、仍未交费 1 条\n待交罚款：600 元\n待记分：6 分\n" +
		"不再列出 1 条，是否办结以交管12123为准\n目前共列出 4 条（含之前的）\n\n" +
		"1. 2026-11-20 08:05 延安路1号\n闯红灯\n罚款 200 元 · 记 3 分 · 未处理\n\n" +
		"2. 2026-11-19 08:05 延安路2号\n闯红灯\n罚款 200 元 · 记 3 分 · 未处理\n\n" +
		"3. 2026-11-20 08:05 南京路\n闯红灯\n罚款 200 元 · 记 3 分 · 已处理未交费\n\n" +
		"4. 2026-11-20 08:05 淮海路（不再列出）\n\n" +
		"查询时间：11月23日 06:00（2小时前）\n数据可能延迟，以公安交管部门（交管12123）为准。"
	if diff := cmp.Diff(want, r.Text); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Option{{"查第2辆", "查第2辆"}, {"退订 沪C12345", "退订 沪C12345"}}, r.Options); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(r.Text, "settled") || strings.Contains(r.Text, "已结清") {
		t.Error("what is gone is called settled")
	}
}

// A long list shows five rows and how to read the others; of a car that is not
// saved by sending its plate.
func TestManyRows(t *testing.T) {
	r := told(Chinese, false, Notice{Kind: NoticeFirst, At: checked, Vehicle: aCar, City: "上海", New: jams(9), Open: 9})
	if !strings.Contains(r.Text, "5. ") || strings.Contains(r.Text, "6. 2026") || !strings.Contains(r.Text, "还有 4 条，发「查第2辆」看全部") || !strings.Contains(r.Text, "共 9 条") {
		t.Error(r.Text)
	}
	other := Vehicle{Plate: "京A88888", Type: "02"}
	r = told(English, false, Notice{Kind: NoticeFound, Vehicle: other, City: "北京", Report: &Report{Vehicle: other, City: "北京", At: checked, Violations: jams(6)}})
	if !strings.Contains(r.Text, "1 more; to see all of them send: 京A88888") || !strings.Contains(r.Text, "京A88888 (北京)") {
		t.Error(r.Text)
	}
	if r := told(Chinese, false, Notice{Kind: NoticeFirst, At: checked, Vehicle: aCar}); !strings.Contains(r.Text, "未查询到") || r.News != nil {
		t.Error(r.Text)
	}
}

// Several notices are one message; in the morning it says that they came by
// night. What can be tapped is bounded and offered once.
func TestDigestInWords(t *testing.T) {
	several := []Notice{
		{ID: "1", Kind: NoticeNews, At: checked, Vehicle: aCar, City: "上海", New: jams(4), Open: 4},
		{ID: "2", Kind: NoticeStill, At: checked, Vehicle: aCar},
		{ID: "3", Kind: NoticeStill, At: checked, Vehicle: kept[0].Vehicle},
	}
	for digest, want := range map[bool]string{true: "夜间有 3 条消息：\n\n", false: "有 3 条消息：\n\n"} {
		r := told(Chinese, digest, several...)
		if !strings.HasPrefix(r.Text, want) || !strings.Contains(r.Text, "还有 2 条") || len(r.Options) != mostTaps || r.News != nil {
			t.Errorf("%d options, news %v: %s", len(r.Options), r.News, r.Text)
		}
		if last := r.Options[len(r.Options)-1]; last.Send != "我的车" {
			t.Errorf("the last option is %v", last)
		}
		for i, o := range r.Options {
			if slices.Index(r.Options, o) != i {
				t.Errorf("%v is offered twice", o)
			}
		}
	}
}

// A refresh is offered only where it would refresh that car.
func TestRefreshIsOfTheLastCar(t *testing.T) {
	n := waiting{Notice: samples()["news"]}
	for last, want := range map[Vehicle]bool{aCar: true, kept[0].Vehicle: false, {}: false} {
		r := tell(Session{Lang: Chinese, Last: last}.teller(checked, kept), []waiting{n}, false)[0]
		if got := slices.Contains(r.Options, Option{"刷新", "刷新"}); got != want {
			t.Errorf("last %s: refresh offered %v", last, got)
		}
	}
}

func TestSummaryOfNews(t *testing.T) {
	one := told(Chinese, false, samples()["news"]).News
	fine, points := 20000, 3
	want := &Summary{Plate: "沪C12345", Count: 1, Fine: &fine, Points: &points, At: jams(1)[0].At, Place: "延安路1号", Act: "闯红灯", Note: "请留意处理"}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Error(diff)
	}
	unknown := samples()["first"]
	unknown.Vehicle, unknown.New = kept[0].Vehicle, []Violation{{Act: "违停"}}
	both := told(Chinese, true, samples()["news"], unknown).News
	if both == nil || both.Count != 2 || both.Fine != nil || both.Points != nil || both.Note != "共2辆车有新违章" || both.Act != "闯红灯" {
		t.Errorf("%+v", both)
	}
	changed := samples()["news"]
	changed.Decided = jams(1)
	if s := told(Chinese, false, changed).News; s == nil || s.Note != "另有其他变化，发「我的车」查看" {
		t.Errorf("what the form leaves out is never heard of: %+v", s)
	}
	zero := 0
	unfixed := samples()["news"]
	unfixed.New = []Violation{{Fine: &zero}}
	if s := told(Chinese, false, unfixed).News; s == nil || s.Fine != nil {
		t.Errorf("a fine that is not fixed is told as 0: %+v", s)
	}
	for _, k := range []string{"still", "wrong", "found", "alarm key"} {
		if told(Chinese, false, samples()[k]).News != nil || told(Chinese, false, samples()["news"], samples()[k]).News != nil {
			t.Errorf("%s goes into a form", k)
		}
	}
}
