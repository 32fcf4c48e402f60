package juhetest

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"time"
)

// history is how often something happens to an invented car: the service shows
// the last count of its violations, which come one in every period.
type history struct {
	count  int
	period time.Duration
	// decided is the position, from the newest, of the only one that is
	// decided; -1: the dice say.
	decided int
}

const day = 24 * time.Hour

// famous cars have a history that demos and tests rely on.
var famous = map[string]history{
	"沪C12345":  {count: 3, period: 120 * day, decided: 2},
	"苏E12345":  {},
	"粤BD12345": {count: 1, period: 300 * day, decided: -1},
	"京A00000":  {count: 30, period: 24 * day, decided: -1},
}

// epoch is when all histories begin: early enough that every car has all of its
// violations behind it.
var epoch = time.Date(2010, 1, 1, 0, 0, 0, 0, beijing)

var beijing = time.FixedZone("UTC+8", 8*60*60)

// invent returns what has happened to a car by now, newest first.
func (s *Server) invent(v vehicle) []Violation {
	h, ok := famous[v.plate]
	if !ok {
		h = historyOf(s.dice(v, -1))
	}
	if h.count == 0 {
		return nil
	}
	now := s.now()
	if !s.until.IsZero() && now.After(s.until) {
		now = s.until
	}
	var out []Violation
	for k := int64(now.Sub(epoch) / h.period); k >= 0 && len(out) < h.count; k-- {
		d := s.dice(v, k)
		at := epoch.Add(time.Duration(k)*h.period + moment(d, h.period))
		if at.After(now) {
			continue
		}
		violation := inventOne(d, at, v.plate)
		if h.decided >= 0 {
			violation.Handled = "0"
		}
		if h.decided == len(out) {
			violation.Handled = "1"
		}
		out = append(out, violation)
	}
	return out
}

// historyOf draws: nearly half of all cars have nothing, most others a few, and
// one in twenty-five up to thirty.
func historyOf(d *dice) history {
	h := history{decided: -1, period: time.Duration(30+d.roll(90)) * day}
	switch n := d.roll(100); {
	case n < 45:
	case n < 85:
		h.count = 1 + d.roll(4)
	case n < 96:
		h.count = 5 + d.roll(8)
	default:
		h.count, h.period = 13+d.roll(18), time.Duration(10+d.roll(20))*day
	}
	return h
}

// moment lies in the daytime of some day of the period.
func moment(d *dice, period time.Duration) time.Duration {
	return time.Duration(d.roll(int(period/day)))*day +
		time.Duration(6*60+d.roll(16*60))*time.Minute + time.Duration(d.roll(60))*time.Second
}

// inventOne draws a row with the irregularities of real ones.
func inventOne(d *dice, at time.Time, plate string) Violation {
	o := offences[d.roll(len(offences))]
	v := Violation{
		Date: at.In(beijing).Format("2006-01-02 15:04:05"),
		Area: place(d), Act: o.act, Code: o.code, Fen: o.fen, Money: o.money,
		Handled: "0",
		WZCity:  homeOr(d, plate),
	}
	switch d.roll(10) {
	case 0:
		v.Date = at.In(beijing).Format("2006-01-02 15:04") // without seconds
	case 1:
		v.Act, v.Code = v.Code+" : "+v.Act, ""
	case 2:
		v.Null = []string{"code"}
	case 3:
		v.Money = "0" // not yet set, whatever the points say
	case 4:
		v.Omit = []string{"wzcity"}
	case 5:
		v.Fen, v.Money = "", ""
	}
	if v.Money != "0" && v.Money != "" && d.roll(4) == 0 {
		v.Money += ".00"
	}
	switch d.roll(10) {
	case 0:
		v.Handled = "1"
	case 1:
		v.Handled = ""
	}
	if d.roll(5) == 0 {
		v.Archiveno = fmt.Sprintf("%06d79%08d", 310000+d.roll(1000), d.roll(100000000))
	}
	if d.roll(3) == 0 {
		v.CJGG = agencies[d.roll(len(agencies))]
	}
	if v.CJGG == "" {
		v.Omit = append(v.Omit, "cjgg") // in no real row that is public
	}
	return v
}

func place(d *dice) string {
	switch d.roll(4) {
	case 0:
		return highways[d.roll(len(highways))] + strconv.Itoa(3+d.roll(800)) + "公里" + strconv.Itoa(100*d.roll(10)) + "米"
	case 1:
		return roads[d.roll(len(roads))] + strconv.Itoa(1+d.roll(900)) + "号门前路段"
	}
	a, b := d.roll(len(roads)), d.roll(len(roads)-1)
	if b >= a {
		b++
	}
	return roads[a] + "与" + roads[b] + "路口" + approaches[d.roll(len(approaches))]
}

// homeOr mostly stays in the plate's province.
func homeOr(d *dice, plate string) string {
	province, _ := cutRune(plate)
	if city, ok := capitals[province]; ok && d.roll(4) > 0 {
		return city
	}
	return "广东深圳"
}

// dice are repeatable: the same seed, car and event always fall the same.
type dice struct{ state uint64 }

func (s *Server) dice(v vehicle, event int64) *dice {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d/%s/%s/%d", s.seed, v.plate, v.hpzl, event) // a hash takes everything
	return &dice{h.Sum64()}
}

// roll returns 0 … n-1, by the SplitMix64 generator.
func (d *dice) roll(n int) int {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return int(z>>33) % n //nolint:gosec // 31 bits fit into every int
}
