package bot

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, China)

// outside answers effects as the world might, good or bad by turns of luck.
type outside struct {
	luck   []byte
	keeper keeper
}

func (o *outside) roll() byte {
	if len(o.luck) == 0 {
		return 0
	}
	b := o.luck[0]
	o.luck = o.luck[1:]
	return b
}

func (o *outside) failure() Kind {
	if b := int(o.roll()); b > 180 {
		return Kinds()[b%len(Kinds())]
	}
	return ""
}

func (o *outside) rule() Rule {
	needs := []Need{6, 6, Whole, NotNeeded, 4, 3}
	return Rule{
		City: "X_Y", Name: "某市", Province: "某省",
		Engine: needs[int(o.roll())%len(needs)], VIN: needs[int(o.roll())%len(needs)],
	}
}

func (o *outside) report(v Vehicle, at time.Time) Report {
	r := Report{Vehicle: v, City: "某市", At: at, Violations: make([]Violation, int(o.roll())%40)}
	for i := range r.Violations {
		r.Violations[i] = Violation{At: at, Place: "某路", Act: "某行为", State: State(i % 3)}
	}
	return r
}

// outcome is what comes back for an effect; nil when nothing does.
func (o *outside) outcome(e Effect, at time.Time) Input {
	switch e := e.(type) {
	case FindRule:
		return RuleIs{Effect: e.Effect, At: at, Prefix: e.Prefix, NewEnergy: e.NewEnergy, Rule: o.rule(), Err: o.failure()}
	case Lookup:
		return Found{
			Effect: e.Effect, At: at, Vehicle: e.Vehicle, Report: o.report(e.Vehicle, at), Err: o.failure(), Room: 3,
			Garage: *o.keeper.garage, Retries: int(o.roll()) % 3, Idle: o.roll() > 200,
		}
	case FindCities:
		return CitiesAre{Effect: e.Effect, At: at, Place: e.Place, Cities: []City{{Rule: o.rule()}}, Err: o.failure()}
	case ShowPage:
		return PageIs{At: at, Page: e.Page, Report: o.report(e.Vehicle, at), OK: o.roll() < 200}
	}
	return o.kept(e, at)
}

// kept answers what is about saved cars, whatever became of their checks.
func (o *outside) kept(e Effect, at time.Time) Input {
	pauses := []Pause{NotPaused, WrongDigits, LacksDigits, OwnerMissing}
	o.keeper.at, o.keeper.off = at, o.roll() > 220
	o.keeper.refuse = NotRefused
	if b := int(o.roll()); b > 128 {
		o.keeper.refuse = Refusals()[b%len(Refusals())]
	}
	o.keeper.plans = map[string]Plan{"沪A12345": {On: o.roll() < 200, Every: time.Hour, Watched: Watched{
		Paused: pauses[int(o.roll())%len(pauses)], Others: int(o.roll()) % 3, Checked: at, Rows: o.report(Vehicle{}, at).Violations,
	}}}
	return o.keeper.outcome(e)
}

// answered tells whether effects say something, or lead to something that will.
func answered(effects []Effect) bool {
	for _, e := range effects {
		switch e := e.(type) {
		case Say:
			if strings.TrimSpace(e.Text) != "" {
				return true
			}
		case FindRule, Lookup, FindCities, ShowPage, Save, ListCars, ListData, Collect, CheckSoon, Invite, Accept, FindPaused:
			return true
		}
	}
	return false
}

// converse plays lines to Step and returns the session after each of them. A
// nonzero luck byte in the way of an outcome lets it come only after the next
// message.
func converse(t testing.TB, text string, luck []byte) []Session {
	var (
		s        Session
		sessions []Session
		late     []Input
		o        = &outside{luck: luck}
		at       = noon
	)
	garage := []Saved{
		{Vehicle: Vehicle{Plate: "沪A12345", Type: "02", Engine: "123456", VIN: "654321"}, Name: "老婆的车"},
		{Vehicle: Vehicle{Plate: "粤BD12345", Type: "52"}, Owner: "test:owner"},
	}
	o.keeper.garage = &garage
	for i, line := range strings.Split(text, "\n") {
		if i == 40 {
			break
		}
		at = at.Add(time.Duration(o.roll()) * time.Minute)
		open := nlu.Open{Engine: nlu.Unwanted, VIN: nlu.Unwanted}
		if s.fresh(at) {
			open = s.open()
		}
		for _, c := range garage {
			open.Names = append(open.Names, c.Name)
		}
		heard := Heard{At: at, Text: line, Reading: nlu.Read(line, open), Garage: garage, Room: 2}
		if o.roll() > 200 {
			heard.Later = []Vehicle{{Plate: "苏E54321", Type: "02"}}
		}
		inputs := append(late, heard)
		late = nil
		for n := 0; len(inputs) > 0; n++ {
			if n > maxSteps {
				t.Fatalf("%q does not settle", line)
			}
			var effects []Effect
			s, effects = Step(s, inputs[0])
			if _, heard := inputs[0].(Heard); heard && !answered(effects) {
				t.Fatalf("%q is not answered: %+v", line, effects)
			}
			inputs = inputs[1:]
			for _, e := range effects {
				switch next := o.outcome(e, at); {
				case next == nil:
				case o.roll() > 220:
					late = append(late, next)
				default:
					inputs = append(inputs, next)
				}
			}
		}
		if len(s.Queue) > maxQueue {
			t.Fatalf("%q: %d vehicles in line", line, len(s.Queue))
		}
		sessions = append(sessions, s)
	}
	return sessions
}

// Whatever people write, in whatever order the world answers: no panic, an
// answer to everything, and the same conversation twice goes the same way.
func FuzzStep(f *testing.F) {
	f.Add("查违章 沪C12345\n123456\n上一步\n取消", []byte{})
	f.Add("护C12345\n是\n654321 123456\n刷新\n是\n下一页", []byte{10, 0, 0, 0, 250, 1, 2, 3})
	f.Add("查三辆：粤B11111、粤B22222、粤BD33333\n好\n发动机号写错了，改成A12346\n忘记我\n确认删除", []byte("\xff\x80lucky"))
	f.Add("机A12345\n2\nB12345\n粤\n不是京是津\n全部查一遍\n是\n订阅\n退订\n是", []byte{200, 230, 9, 9, 255, 255})
	f.Add("13800138000\n1\n/start\n城市\n苏州能查吗\n我的数据\n订阅 沪A12345\n123456", []byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Add("我的车\n叫它公司的车\n刚刚好像被拍了\n2\n邀请 沪A12345\n停止共享\n是\n邀请码 K7M2-9QXP\n我的车 第2辆", []byte{0, 0, 0, 0, 0, 9, 9, 0, 0, 1, 1, 1})
	f.Add("年检什么时候\n1\n检验有效期至 2027年5月\n发动机号改成 123456\n全部退订\n是\n我的数据\n导出\n日历", []byte{0, 1, 255, 230, 140, 7})
	f.Add("查违章 沪C12345 发动机号123456 车架号654321\n取消\n订阅 苏E54321、粤B11111\n是\n退订\n是", []byte{0, 0, 0, 181, 2, 2, 2})
	f.Fuzz(func(t *testing.T, text string, luck []byte) {
		first := converse(t, text, luck)
		if !reflect.DeepEqual(first, converse(t, text, luck)) {
			t.Fatal("the same conversation went another way")
		}
	})
}
