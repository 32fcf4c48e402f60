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
	sent []Lookup
}

// says is one message; what it leads to is answered at once, but for a Lookup.
func (c *talk) says(text string) string {
	c.t.Helper()
	var said []string
	inputs := []Input{Heard{At: noon, Text: text, Reading: nlu.Read(text, c.s.open()), Room: 5}}
	for len(inputs) > 0 {
		var effects []Effect
		c.s, effects = Step(c.s, inputs[0])
		inputs = inputs[1:]
		for _, e := range effects {
			switch e := e.(type) {
			case Say:
				said = append(said, e.Text)
			case FindRule:
				inputs = append(inputs, RuleIs{Effect: e.Effect, At: noon, Prefix: e.Prefix, NewEnergy: e.NewEnergy, Rule: c.rule})
			case Lookup:
				c.sent = append(c.sent, e)
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
		"subscribing":      {"订阅", "正在查询"},
		"the result, now":  {"结果", "正在查询"},
		"something else":   {"哈哈哈", "在的"},
		"deleting it all":  {"忘记我", "正在查询"},
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
	if say, ok := effects[0].(Say); !ok || !strings.Contains(say.Text, "没有等到结果") {
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
