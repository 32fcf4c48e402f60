package bot

import (
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

// A talk drives Step by hand: what is said, and a rule for every plate.
type talk struct {
	t    *testing.T
	s    Session
	rule Rule
	slow bool // rules are not answered
	sent []Lookup

	garage  []Saved
	later   []Vehicle
	plans   map[string]Plan // by plate; none: checked weekly, nothing listed
	off     bool            // nothing is checked by itself
	refuse  Refusal
	did     []Effect
	options []Option
}

// says is one message; what it leads to is answered at once, but for a Lookup.
func (c *talk) says(text string) string {
	c.t.Helper()
	open := c.s.open()
	for _, s := range c.garage {
		open.Names = append(open.Names, s.Name)
	}
	return c.hears(Heard{At: noon, Text: text, Reading: nlu.Read(text, open), Room: 5, Garage: c.garage, Later: c.later})
}

// hears is one input; the effects it led to are kept in did.
func (c *talk) hears(in Input) string {
	var said []string
	inputs := []Input{in}
	c.did = nil
	for len(inputs) > 0 {
		var effects []Effect
		c.s, effects = Step(c.s, inputs[0])
		inputs = inputs[1:]
		c.did = append(c.did, effects...)
		for _, e := range effects {
			switch e := e.(type) {
			case Say:
				said = append(said, e.Text)
				c.options = e.Options
			case FindRule:
				if c.slow {
					continue
				}
				inputs = append(inputs, RuleIs{Effect: e.Effect, At: noon, Prefix: e.Prefix, NewEnergy: e.NewEnergy, Rule: c.rule})
			case Lookup:
				c.sent = append(c.sent, e)
			default:
				if next := c.keeper().outcome(e); next != nil {
					inputs = append(inputs, next)
				}
			}
		}
	}
	return strings.Join(said, "\n")
}

func newTalk(t *testing.T, engine, vin Need) *talk {
	return &talk{t: t, s: Session{Version: sessionVersion, Seen: noon}, rule: Rule{City: "X", Name: "某市", Engine: engine, VIN: vin}}
}

// What every kind of rule seen in the wild asks for, and what is sent.
func TestWhatCitiesAskFor(t *testing.T) {
	const plate, engine, vin = "苏E12345", "发动机号 LFV1234567", "车架号 LZZDEM201JG481635"
	tests := map[string]struct {
		engine, vin Need
		asks        string
		says        []string
		want        Vehicle
	}{
		"last six of both":    {6, 6, "发动机号后6位、车架号后6位", []string{engine, vin}, Vehicle{Engine: "234567", VIN: "481635"}},
		"whole engine number": {Whole, 6, "完整的发动机号、车架号后6位", []string{engine, vin}, Vehicle{Engine: "LFV1234567", VIN: "481635"}},
		"whole VIN":           {NotNeeded, Whole, "完整的车架号（17位）", []string{vin}, Vehicle{VIN: "LZZDEM201JG481635"}},
		"last four":           {NotNeeded, 4, "车架号后4位", []string{"1635"}, Vehicle{VIN: "1635"}},
		"last three of one":   {3, NotNeeded, "发动机号后3位", []string{"567"}, Vehicle{Engine: "567"}},
		"nothing":             {NotNeeded, NotNeeded, "", nil, Vehicle{}},
		"what is not needed":  {6, NotNeeded, "发动机号后6位", []string{engine + " " + vin}, Vehicle{Engine: "234567"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t, test.engine, test.vin)
			if got := c.says(plate); !strings.Contains(got, test.asks) {
				t.Errorf("asks %q, want %q", got, test.asks)
			}
			for _, text := range test.says {
				c.says(text)
			}
			test.want.Plate, test.want.Type = plate, "02"
			if len(c.sent) != 1 || c.sent[0].Vehicle != test.want {
				t.Errorf("sent %#v, want %#v", c.sent, test.want)
			}
		})
	}
}

// A whole VIN that cannot be one is asked for again; one whose check digit is
// off is doubted once, as imports carry filler there.
func TestWholeVIN(t *testing.T) {
	tests := map[string]struct {
		vin   string
		reply string
		then  string
		want  string // what is sent in the end; "" for nothing
	}{
		"too short":                 {"车架号 LZZDEM201JG48163", "需要17位", "", ""},
		"a letter that is no digit": {"车架号 LZZDEM201JG48163O", "没有字母 I、O、Q", "", ""},
		"check digit off":           {"车架号 LZZDEM201JG48163S", "校验位不对", "是", "LZZDEM201JG48163S"},
		"check digit off, mended":   {"车架号 LZZDEM201JG48163S", "校验位不对", "LZZDEM201JG481635", "LZZDEM201JG481635"},
		"check digit off, denied":   {"车架号 LZZDEM201JG48163S", "校验位不对", "不是", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t, NotNeeded, Whole)
			c.says("苏E12345")
			if got := c.says(test.vin); !strings.Contains(got, test.reply) {
				t.Errorf("said %q, want %q", got, test.reply)
			}
			if len(c.sent) > 0 {
				t.Fatal("sent without asking")
			}
			if test.then != "" {
				c.says(test.then)
			}
			switch {
			case test.want == "" && len(c.sent) > 0:
				t.Errorf("sent %#v", c.sent)
			case test.want != "" && (len(c.sent) != 1 || c.sent[0].Vehicle.VIN != test.want):
				t.Errorf("sent %#v, want %s", c.sent, test.want)
			}
		})
	}
}

// While the paid query is out nothing touches its form, and everything is
// answered.
func TestWhileTheQueryIsOut(t *testing.T) {
	tests := map[string]struct{ text, reply string }{
		"the same car":     {"苏E12345", "正在查询 苏E12345"},
		"another car":      {"粤B12345", "接着查 粤B12345"},
		"other digits":     {"发动机号 999999", "等结果出来再改"},
		"a correction":     {"不对，是苏E12346", "等结果出来再改"},
		"a question":       {"多少钱？", "您查询不收费"},
		"leaving":          {"取消", "停不下来"},
		"yes":              {"是", "正在查询"},
		"subscribing":      {"订阅", "查到后就会保存"},
		"the result, now":  {"结果", "正在查询"},
		"something else":   {"哈哈哈", "在的"},
		"deleting it all":  {"忘记我", "确认删除"},
		"a private number": {"13800138000", "没有保存"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t, 6, NotNeeded)
			c.says("苏E12345")
			c.says("123456")
			if got := c.says(test.text); !strings.Contains(got, test.reply) {
				t.Errorf("said %q, want %q", got, test.reply)
			}
			if len(c.sent) != 1 || c.s.Form.Plate != "苏E12345" || c.s.Form.Engine != "123456" {
				t.Errorf("%d queries, form %#v", len(c.sent), c.s.Form)
			}
		})
	}
}

// An outcome that never comes does not hold the conversation for ever.
func TestLostOutcome(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.says("苏E12345")
	c.says("123456")
	s, effects := Step(c.s, Heard{At: noon.Add(2 * waitLimit), Text: "粤B12345", Reading: nlu.Read("粤B12345", nlu.Open{})})
	if say, ok := effects[0].(Say); !ok || !strings.Contains(say.Text, "还没有结果") {
		t.Errorf("%#v", effects)
	}
	if s.Form.Plate != "粤B12345" {
		t.Errorf("form %#v", s.Form)
	}
}

// A report that comes when something else is being asked is told, and the
// question stays.
func TestReportOutOfTurn(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.says("苏E12345")
	s, effects := Step(c.s, Found{Effect: 99, At: noon, Report: Report{Vehicle: Vehicle{Plate: "粤B12345", Type: "02"}, At: noon}})
	if say, ok := effects[0].(Say); !ok || !strings.Contains(say.Text, "粤B12345") {
		t.Errorf("%#v", effects)
	}
	if s.Ask != nlu.AskDigits || s.Form.Plate != "苏E12345" {
		t.Errorf("asks %q, form %#v", s.Ask, s.Form)
	}
}

// A question about cities has nothing to do with the query that is out.
func TestCityQuestionWhileTheQueryIsOut(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.says("苏E12345")
	c.says("123456")
	c.says("粤B12345")
	c.says("苏州能查吗")
	if got := c.says("发动机号改成 999999"); !strings.Contains(got, "等结果出来再改") {
		t.Errorf("said %q", got)
	}
	_, effects := Step(c.s, Found{Effect: c.sent[0].Effect, At: noon, Report: Report{Vehicle: c.sent[0].Vehicle, At: noon}})
	if find, ok := effects[len(effects)-1].(FindRule); !ok || find.Prefix != "粤B" {
		t.Errorf("the car in line is not worked: %#v", effects)
	}
}

// Nor does it keep a plate that comes while it is open from being worked.
func TestPlateWhileACityQuestionIsOut(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.says("支持哪些城市")
	if got := c.says("苏E12345"); !strings.Contains(got, "需要") {
		t.Errorf("said %q", got)
	}
}

// A rule that comes late pays for nothing behind an open question.
func TestLateRuleAsksNothing(t *testing.T) {
	for name, text := range map[string]string{
		"a refresh":  "刷新",
		"a deletion": "退订",
	} {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t, 6, NotNeeded)
			last := Vehicle{Plate: "沪A12345", Type: "02", Engine: "123456"}
			c.garage = []Saved{{Vehicle: last}}
			c.s.Last, c.s.LastAt = last, noon
			c.slow = true
			c.says("苏E12345")
			waiting := c.s.Waiting
			c.says(text)
			s, effects := Step(c.s, RuleIs{Effect: waiting, At: noon, Prefix: "苏E", Rule: c.rule})
			if len(effects) > 0 || s.Yes == "" {
				t.Errorf("%#v, asks %q", effects, s.Yes)
			}
		})
	}
}

// What is said at a yes/no question never stands for a yes.
func TestCorrectionIsNoYes(t *testing.T) {
	for name, test := range map[string]struct{ ask, text, reply string }{
		"deleting, another plate": {"退订", "不对，是苏E54329", "没有 苏E54329"},
		"deleting, a type":        {"退订", "大车", "退订 沪A12345"},
		"deleting, digits":        {"退订", "发动机号改成 222222", "退订 沪A12345"},
		"refreshing, digits":      {"刷新", "发动机号改成 222222", "现在查询 沪A12345"},
		"refreshing, a type":      {"刷新", "是黄牌", "沪A12345（大型汽车）"},
		"refreshing, a plate":     {"刷新", "不对，是沪A12346", "现在查询 沪A12346"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t, 6, NotNeeded)
			last := Vehicle{Plate: "沪A12345", Type: "02", Engine: "123456"}
			c.garage = []Saved{{Vehicle: last}}
			c.s.Last, c.s.LastAt, c.s.Ask = last, noon, nlu.ResultShown
			c.says(test.ask)
			if got := c.says(test.text); !strings.Contains(got, test.reply) {
				t.Errorf("said %q, want %q", got, test.reply)
			}
			if len(c.sent) > 0 {
				t.Errorf("sent %#v", c.sent)
			}
		})
	}
}

// A car that is saved already is not looked up to be saved.
func TestSubscribeToASavedCar(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.garage = []Saved{{Vehicle: Vehicle{Plate: "沪A12345", Type: "02", Engine: "123456"}}}
	if got := c.says("订阅 沪A12345"); !strings.Contains(got, "查第1辆") || len(c.sent) > 0 {
		t.Errorf("said %q, sent %#v", got, c.sent)
	}
}

// 订阅 in the middle of a form keeps the form, and saves at its end.
func TestSubscribeInAForm(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.says("苏E12345")
	c.says("订阅")
	c.says("123456")
	s, effects := Step(c.s, Found{Effect: c.s.Waiting, At: noon, Report: Report{Vehicle: c.sent[0].Vehicle, At: noon}, Room: 5})
	if save, ok := effects[len(effects)-1].(Save); !ok || save.Plate != "苏E12345" {
		t.Errorf("%#v, %#v", effects, s)
	}
}

// Saying no to another try of one car goes on with the next in line.
func TestDeclinedRetryKeepsTheLine(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.says("苏E12345 发动机号 123456；粤B12345 发动机号 222222")
	c.says("是")
	c.s, _ = Step(c.s, Found{Effect: c.s.Waiting, At: noon, Err: Busy})
	c.says("不是")
	if len(c.sent) != 2 || c.sent[1].Vehicle.Plate != "粤B12345" {
		t.Errorf("sent %#v", c.sent)
	}
}

// What is out of everybody's hands here ends the whole line, and is said once.
func TestUnavailableEndsTheLine(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	c.says("苏E12345 发动机号 123456；粤B12345 发动机号 222222")
	c.says("是")
	s, effects := Step(c.s, Found{Effect: c.s.Waiting, At: noon, Err: Unavailable})
	if len(effects) != 1 || len(s.Queue) > 0 {
		t.Errorf("%#v, %d in line", effects, len(s.Queue))
	}
}

// Characters that no number has are asked for again.
func TestGarbledDigits(t *testing.T) {
	c := newTalk(t, 6, NotNeeded)
	s, effects := Step(c.s, Shown{At: noon, Licence: Licence{Plate: "苏E12345", Engine: "无发动机号码"}})
	if say, ok := effects[0].(Say); !ok || !strings.Contains(say.Text, "发动机号 无") || s.Form.Engine != "" {
		t.Errorf("%#v", effects)
	}
	if cut, fit := Need(6).Cut("哈哈哈哈哈哈", ShortestEngine); fit != Garbled {
		t.Errorf("%q, %v", cut, fit)
	}
}

// At the question whether to delete everything, only the phrase does; whatever
// else is said is answered.
func TestForgetPhrase(t *testing.T) {
	for name, test := range map[string]struct {
		text, reply string
		deleted     bool
	}{
		"the phrase":             {"确认删除", "已经全部删除", true},
		"the phrase, punctuated": {"确认删除。", "已经全部删除", true},
		"a yes":                  {"是", "没有删除任何内容", false},
		"a plate":                {"苏E12345", "需要", false},
		"help":                   {"帮助", "可以这样使用", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTalk(t, 6, 6)
			c.says("忘记我")
			in := Heard{At: noon, Text: test.text, Reading: nlu.Read(test.text, c.s.open())}
			_, effects := Step(c.s, in)
			deleted := false
			for _, e := range effects {
				_, ok := e.(Forget)
				deleted = deleted || ok
			}
			if got := c.says(test.text); !strings.Contains(got, test.reply) || deleted != test.deleted {
				t.Errorf("said %q, deleted %v", got, deleted)
			}
		})
	}
}
