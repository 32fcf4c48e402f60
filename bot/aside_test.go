package bot

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// out is a talk whose paid query is out, with two saved cars.
func out(t *testing.T) *talk {
	c := newTalk(t, 6, NotNeeded)
	c.garage = []Saved{
		{Vehicle: Vehicle{Plate: "沪A12345", Type: "02", Engine: "123456"}, Name: "老婆的车"},
		{Vehicle: Vehicle{Plate: "沪A12346", Type: "02", Engine: "123456"}},
	}
	c.says("苏E12345")
	c.says("123456")
	if len(c.sent) != 1 {
		t.Fatalf("sent %#v", c.sent)
	}
	return c
}

// returns is the outcome of the query that is out.
func (c *talk) returns(err Kind) string {
	e := c.sent[0]
	return c.hears(Found{
		Effect: e.Effect, At: noon, Vehicle: e.Vehicle, Err: err, Garage: c.garage, Room: 3, Retries: 1,
		Report: Report{Vehicle: e.Vehicle, City: "某市", At: noon},
	})
}

// What concerns saved cars is done while a query is out, and the query's result
// comes all the same.
func TestBesideAQuery(t *testing.T) {
	tests := map[string]struct {
		says []string
		want string // the last answer
		did  string // the effect it led to
	}{
		"unsubscribing":           {[]string{"退订 沪A12345", "是"}, "已退订", "drop"},
		"unsubscribing all":       {[]string{"全部退订", "是"}, "沪A12346", "drop"},
		"not after all":           {[]string{"退订 沪A12345", "不是"}, "好的", ""},
		"leaving that question":   {[]string{"退订 沪A12345", "取消"}, "好的", ""},
		"forgetting, not typed":   {[]string{"忘记我", "是"}, "没有删除", ""},
		"subscribing":             {[]string{"订阅"}, "查到后就会保存", ""},
		"subscribing another":     {[]string{"订阅 粤B12345"}, "接着查 粤B12345", ""},
		"just caught":             {[]string{"刚刚好像被拍了", "1"}, "加强观察", "soon"},
		"just caught, by name":    {[]string{"刚刚好像被拍了 沪A12345"}, "加强观察", "soon"},
		"the list":                {[]string{"我的车"}, "老婆的车", "list"},
		"an invitation":           {[]string{"邀请 沪A12345"}, "K7M2-9QXP", "invite"},
		"an inspection":           {[]string{"年检什么时候", "2"}, "检验日期还不知道", ""},
		"a name":                  {[]string{"第2辆叫公司的车"}, "公司的车", "alter"},
		"digits, which must wait": {[]string{"发动机号改成 222222"}, "等结果出来再改", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := out(t)
			var got string
			for _, s := range test.says {
				got = c.says(s)
			}
			if !strings.Contains(got, test.want) || did(c.did) != test.did {
				t.Errorf("said %q and did %q, want %q and %q", got, did(c.did), test.want, test.did)
			}
			if c.s.Form.Plate != "苏E12345" || !c.querying() {
				t.Fatalf("the query's form is %#v", c.s.Form)
			}
			if got := c.returns(""); !strings.Contains(got, "未查询到") {
				t.Errorf("the result came as %q", got)
			}
		})
	}
}

func (c *talk) querying() bool { return (&dialog{s: c.s}).querying() }

// did names the effects that change something.
func did(effects []Effect) string {
	for _, e := range effects {
		switch e.(type) {
		case Drop:
			return "drop"
		case CheckSoon:
			return "soon"
		case ListCars:
			return "list"
		case Invite:
			return "invite"
		case Alter:
			return "alter"
		}
	}
	return ""
}

// A question beside the query survives the query's outcome, good or bad: what
// is answered then answers it, and pays for nothing.
func TestQuestionOutlivesTheQuery(t *testing.T) {
	for _, err := range append(Kinds(), "") {
		t.Run(string(err), func(t *testing.T) {
			c := out(t)
			c.says("查 粤B12345") // in line
			c.says("退订 沪A12345")
			if got := c.returns(err); !strings.Contains(got, "退订 老婆的车 沪A12345") {
				t.Errorf("the question is not repeated: %q", got)
			}
			c.sent = nil
			got := c.says("是")
			if did(c.did) != "drop" || len(c.garage) != 1 || len(c.sent) > 0 {
				t.Errorf("said %q, kept %v, sent %v", got, c.garage, c.sent)
			}
			if !strings.Contains(got, "粤B12345") && c.s.Form.Plate != "粤B12345" {
				t.Errorf("the line does not go on: %q, %#v", got, c.s.Form)
			}
		})
	}
}

// Forgotten while the query is out: its outcome finds nothing to go on with.
func TestForgottenBesideAQuery(t *testing.T) {
	c := out(t)
	c.says("忘记我")
	c.says("确认删除")
	if c.s.Waiting != 0 || c.s.Form.Plate != "" || c.s.Last.Plate != "" {
		t.Errorf("kept %+v", c.s)
	}
}

// A city that is away is asked later, once, and the way out is said; other
// failures that must repeat themselves offer no second try.
func TestFailuresThatOfferNoRetry(t *testing.T) {
	for kind, later := range map[Kind]bool{Maintenance: true, UserLimit: false, Budget: false, Locked: false, Unavailable: false} {
		c := out(t)
		got := c.returns(kind)
		waits := false
		for _, e := range c.did {
			_, isLater := e.(TryLater)
			waits = waits || isLater
		}
		if waits != later || c.s.Yes != "" || c.s.Ask != nlu.None {
			t.Errorf("%s: %q, later %v, asks %q", kind, got, waits, c.s.Ask)
		}
	}
}

// A locked vehicle does not hold up the others in line.
func TestLockedVehicleInLine(t *testing.T) {
	c := out(t)
	c.says("查 粤B12345")
	c.returns(Locked)
	if c.s.Form.Plate != "粤B12345" {
		t.Errorf("goes on with %#v", c.s.Form)
	}
}

// Giving up what waits for its city takes a word, when nothing else is open.
func TestGivingUpWaiting(t *testing.T) {
	for text, ends := range map[string]bool{"取消": true, "不用了": true, "谢谢": false} {
		c := newTalk(t, 6, NotNeeded)
		c.later = []Vehicle{{Plate: "苏E12345", Type: "02"}}
		c.says(text)
		ended := false
		for _, e := range c.did {
			_, isEnd := e.(NoLater)
			ended = ended || isEnd
		}
		if ended != ends {
			t.Errorf("%s: ended %v", text, ended)
		}
	}
	c := newTalk(t, 6, NotNeeded)
	c.later = []Vehicle{{Plate: "苏E12345", Type: "02"}}
	c.says("粤B12345")
	if got := c.says("取消"); !strings.Contains(got, "已取消") || len(c.did) != 1 {
		t.Errorf("leaving a form said %q and did %+v", got, c.did)
	}
}
