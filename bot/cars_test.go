package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

func fine(n int) *int { return &n }

// How a car stands: what is listed, when it was and will be checked, or why it
// is not.
func TestHowACarStands(t *testing.T) {
	rows := []Violation{{Fine: fine(20000), Points: fine(3), State: Open}, {State: Open}}
	plan := func(w Watched) Plan { return Plan{On: true, Every: time.Hour, Watched: w} }
	tests := map[string]struct {
		car  Car
		want string
		not  string
	}{
		"checked":         {Car{Plan: plan(Watched{Checked: noon.Add(-3 * time.Hour), Next: noon.AddDate(0, 0, 2), Rows: rows})}, "列出 2 条；3小时前检查；下次 11月25日", "暂停"},
		"not yet":         {Car{Plan: plan(Watched{Next: noon})}, "还没有检查过；下次 11月23日", "列出"},
		"watched closely": {Car{Plan: plan(Watched{Checked: noon, Next: noon, Soon: []time.Time{noon.AddDate(0, 0, 3), noon.AddDate(0, 0, 7)}})}, "观察中：11月26日、11月30日 会加查", ""},
		"wrong digits":    {Car{Plan: plan(Watched{Checked: noon, Paused: WrongDigits})}, "发「修改」更新号码", "下次"},
		"lacking digits":  {Car{Plan: plan(Watched{Checked: noon, Paused: LacksDigits})}, "发「修改」补上", "下次"},
		"a viewer's":      {Car{Saved: Saved{Owner: "test:b"}, Plan: plan(Watched{Checked: noon, Paused: WrongDigits})}, "需要分享人更新", "修改」"},
		"nobody's":        {Car{Saved: Saved{Owner: "test:b"}, Plan: plan(Watched{Checked: noon, Paused: OwnerMissing})}, "分享人不再关注", ""},
		"shared":          {Car{Plan: plan(Watched{Checked: noon, Others: 2})}, "另有 2 人关注", "分享给您"},
		"not watched":     {Car{Plan: Plan{Every: time.Hour}}, "发「订阅 沪A12345」开启", "列出"},
		"nothing is":      {Car{}, "1. 沪A12345 小型汽车", "订阅"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.car.Plate, test.car.Type = "沪A12345", "02"
			d := &dialog{at: noon}
			got := d.standing(1, test.car)
			if !strings.Contains(got, test.want) || test.not != "" && strings.Contains(got, test.not) {
				t.Errorf("%q, want %q and not %q", got, test.want, test.not)
			}
		})
	}
}

// A fleet is summed up over all cars that were checked, unknown figures are
// "at least", and pages do not change the sum.
func TestFleetSum(t *testing.T) {
	cars := make([]Car, 23)
	for i := range cars {
		cars[i].Plate, cars[i].Type = fmt.Sprintf("沪A%05d", i), "02"
		cars[i].Plan = Plan{On: i != 5, Every: time.Hour, Watched: Watched{
			Checked: noon, Rows: []Violation{{Fine: fine(10000), Points: fine(1), State: Open}, {State: Open}},
		}}
	}
	cars[7].Watched.Checked = time.Time{}
	for page, want := range []string{"共 23 辆", "第 11–20 辆，共 23 辆", "第 21–23 辆，共 23 辆"} {
		c := newTalk(t, 6, NotNeeded)
		got := c.hears(CarsAre{At: noon, Page: page, Cars: cars})
		if !strings.Contains(got, want) || c.s.CarPage != page+1 {
			t.Errorf("page %d: %q", page, got)
		}
		sum := strings.Contains(got, "已检查 21 辆，列出 42 条；待交罚款：至少 2100 元（21 条未提供）；待记分：至少 21 分（21 条未提供）")
		if sum != (page == 0) {
			t.Errorf("page %d has the sum: %v\n%s", page, sum, got)
		}
	}
}

// 下一页 turns the list that was shown last: cars, or a report.
func TestWhichListIsTurned(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	for i := range 12 {
		c.garage = append(c.garage, Saved{Vehicle: Vehicle{Plate: fmt.Sprintf("沪A%05d", i), Type: "02", Engine: "123456"}})
	}
	c.says("我的车")
	if got := c.says("下一页"); !strings.Contains(got, "沪A00011") {
		t.Errorf("cars: %q", got)
	}
	c.says("查第1辆")
	c.hears(Found{Effect: c.sent[0].Effect, At: noon, Garage: c.garage, Report: Report{Vehicle: c.sent[0].Vehicle, At: noon, Violations: make([]Violation, 9)}})
	c.says("下一页")
	if _, ok := c.did[0].(ShowPage); !ok {
		t.Errorf("a report: %+v", c.did)
	}
}

// A name belongs to one car, and is no longer than a list can bear.
func TestNames(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.garage = []Saved{
		{Vehicle: Vehicle{Plate: "沪A12345", Type: "02", Engine: "123456"}, Name: "老婆的车"},
		{Vehicle: Vehicle{Plate: "沪A12346", Type: "02", Engine: "123456"}},
	}
	for _, test := range []struct {
		reading nlu.Reading
		want    string
		named   bool
	}{
		{nlu.Reading{Ref: 2, Name: "老婆的车"}, "已经有一辆车叫", false},
		{nlu.Reading{Ref: 2, Name: strings.Repeat("车", longestName+1)}, "最多 20 个字", false},
		{nlu.Reading{Ref: 2}, "叫什么名字", false},
		{nlu.Reading{Ref: 9, Name: "公司的车"}, "没有第 9 辆", false},
		{nlu.Reading{Name: "公司的车"}, "请说明是哪一辆", false},
		{nlu.Reading{Ref: 1, Name: "老婆的车"}, "沪A12345 叫「老婆的车」", true},
		{nlu.Reading{Ref: 2, Name: "公司  的\n车"}, "沪A12346 叫「公司 的 车」", true},
	} {
		test.reading.Intent, test.reading.Act = nlu.Correct, nlu.Rename
		got := c.hears(Heard{At: noon, Text: "叫它", Reading: test.reading, Garage: c.garage, Room: 3})
		if !strings.Contains(got, test.want) || (did(c.did) == "alter") != test.named {
			t.Errorf("%+v: %q, did %q", test.reading, got, did(c.did))
		}
	}
	if got := c.says("查公司"); len(c.sent) != 0 && c.sent[0].Vehicle.Plate != "沪A12346" {
		t.Errorf("%q, sent %+v", got, c.sent)
	}
}
