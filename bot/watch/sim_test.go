package watch

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/deliver"
	"github.com/weizhangbot/weizhangbot/bot/lookup"
)

// A plain is what a simulated car is to its people.
type plain uint8

const (
	simPlain plain = iota
	simOpen
	simSlow
	simClasses
)

// A simCar is a watched vehicle in 20 bytes; times are seconds since 1970.
type simCar struct {
	checked, news, next uint32 // as in state
	record              uint32 // since when the police have one that nobody was told of
	slot                uint16
	class               plain
}

// A simOrder is an order of a simulated car.
type simOrder struct {
	car  int32
	slot uint32 // of a regular one, counted from 1970
	at   uint32 // of a planned one; 0: its slot has come; simFirst: it is new
}

const simFirst = 1

// A sim is a fleet of simCars under a clock that jumps from minute to minute.
// What it decides it asks the code that decides in earnest: standing, period,
// lookup.Budget and deliver.Queue.
type sim struct {
	simFleet
	begin, now time.Time
	cars       []simCar // in the order of their slots
	slots      [slots + 1]int32
	due        map[int64][]simOrder // by minute
	queue      []simOrder
	taken      int64 // the next minute of due
	cursor     cursor
	used       lookup.Used
	askedToday int // by people
	random     *rand.Rand
	quiet      *deliver.Queue
	counts     simCounts
}

// A simFleet says how many cars, for how long, under what.
type simFleet struct {
	size, days int
	budget     lookup.Budget
	asked      float64               // by people, in a day
	perMinute  int                   // checks that the workers manage
	down       func(minute int) bool // the process is not there
	clock      func(minute int) int  // by how many minutes the clock is off
	wave       int                   // the minute in which every other car is added; 0: all are there
}

// simCounts is what came of it.
type simCounts struct {
	checks, people, refused, turnedAway int
	overReserve, overBudget, robbed     int // must stay 0
	perHour                             []int
	mostPerDay                          int
	today                               int
	between                             [simClasses]hours // of two checks
	late                                hours             // from record to telling
}

// lots is a source for chance that costs little.
type lots struct{ *rand.Rand }

func (l lots) Read(b []byte) (int, error) {
	for i := 0; i < len(b); i += 8 {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], l.Uint64())
		copy(b[i:], n[:])
	}
	return len(b), nil
}

const simPeriod = period(defaultEvery)

// newSim has every car checked when its last turn was. It begins ten days
// before a month ends.
func newSim(f simFleet) *sim {
	s := &sim{
		simFleet: f, begin: time.Date(2026, 10, 22, 0, 0, 0, 0, bot.China), due: map[int64][]simOrder{},
		random: rand.New(rand.NewPCG(1, 2)), cars: make([]simCar, f.size),
		quiet: deliver.New(deliver.Config{Quiet: deliver.Quiet{From: 22 * time.Hour, To: 8 * time.Hour}}),
	}
	s.now, s.cursor, s.taken = s.begin, cursor{At: s.begin}, s.begin.Unix()/60
	for i := range s.cars {
		s.cars[i].slot = uint16(s.random.Uint32())
	}
	slices.SortFunc(s.cars, func(a, b simCar) int { return int(a.slot) - int(b.slot) })
	for i := range s.cars {
		c := &s.cars[i]
		s.slots[int(c.slot)+1]++
		switch n := s.random.IntN(10); n {
		case 0:
			c.class = simSlow
		case 1, 2:
			c.class = simOpen
		}
		n := simPeriod.next(int(c.slot), s.begin) - slots
		for c.class == simSlow && !slow(n) {
			n -= slots
		}
		c.checked = uint32(simPeriod.start(n).Unix())
	}
	for i := range slots {
		s.slots[i+1] += s.slots[i]
	}
	return s
}

func (s *sim) minute() int { return int(s.now.Sub(s.begin) / time.Minute) }

// run goes through all days.
func (s *sim) run() *simCounts {
	s.counts.perHour = make([]int, s.days*24)
	for m := range s.days * 24 * 60 {
		s.now = s.begin.Add(time.Duration(m) * time.Minute)
		s.newDay()
		if m == s.wave && m > 0 {
			s.join()
		}
		s.police()
		s.people()
		if s.down != nil && s.down(m) {
			continue
		}
		if s.clock != nil {
			s.now = s.now.Add(time.Duration(s.clock(m)) * time.Minute)
		}
		s.dispatch()
		s.work(m)
	}
	for i := range s.cars { // nobody who was left out is left out here
		c := &s.cars[i]
		s.counts.between[c.class].add(s.now.Sub(unix(c.checked)))
	}
	return &s.counts
}

func (s *sim) joined(car, minute int) bool { return minute >= s.wave || car%2 == 0 }

// join adds every other car: the first check comes within an hour.
func (s *sim) join() {
	for i := 1; i < len(s.cars); i += 2 {
		at := s.now.Add(chance{lots{s.random}}.lot(firstWithin))
		s.cars[i].checked = 0
		m := (at.Unix() + 59) / 60
		s.due[m] = append(s.due[m], simOrder{car: int32(i), at: simFirst})
	}
}

func (s *sim) newDay() {
	if s.now.Hour() == 0 && s.now.Minute() == 0 {
		s.used.Day, s.askedToday, s.counts.today = 0, 0, 0
		if s.now.Day() == 1 {
			s.used.Month = 0
		}
	}
}

// police has records appear by day, two a year for each car.
func (s *sim) police() {
	if h := s.now.Hour(); h < 9 || h >= 18 {
		return
	}
	for range s.some(float64(s.size) * 2 / 365 / 540) {
		if c := &s.cars[s.random.IntN(s.size)]; c.record == 0 {
			c.record = uint32(s.now.Unix())
		}
	}
}

// people look up so many cars a day, and pay from what is left.
func (s *sim) people() {
	for range s.some(s.asked / 1440) {
		if s.budget.Affords(s.now, s.used, 100) != nil {
			s.counts.turnedAway++
			if kept := s.budget.Daily - s.budget.Daily*shareNews/100; s.askedToday < kept && s.used.Month < s.budget.Monthly {
				s.counts.robbed++
			}
			continue
		}
		s.counts.people++
		s.askedToday++
		s.pay()
	}
}

// some is a whole number that is n on average.
func (s *sim) some(n float64) int { return int(n + s.random.Float64()) }

func (s *sim) pay() {
	s.used.Day++
	s.used.Month++
	if b := s.budget; b.Daily > 0 && s.used.Day > b.Daily || b.Monthly > 0 && s.used.Month > b.Monthly {
		s.counts.overBudget++
	}
}

// dispatch follows the rhythm, and takes what was planned beside it.
func (s *sim) dispatch() {
	minute := s.now.Unix() / 60
	for s.taken = min(s.taken, minute); s.taken <= minute; s.taken++ { // the clock may have been set back
		s.queue = append(s.queue, s.due[s.taken]...)
		delete(s.due, s.taken)
	}
	for more := true; more; {
		st := s.cursor.stretch(simPeriod, s.now)
		if st.idle {
			return
		}
		for n := st.from; n < st.to; n++ {
			for i := s.slots[n%slots]; i < s.slots[n%slots+1]; i++ {
				if s.joined(int(i), s.minute()) {
					s.queue = append(s.queue, simOrder{car: i, slot: uint32(n)})
				}
			}
		}
		s.cursor.At, more = simPeriod.start(st.to), st.to < st.end
	}
}

// work checks as many as the workers manage in a minute.
func (s *sim) work(minute int) {
	n := 0
	for done := 0; done < s.perMinute && n < len(s.queue); n++ {
		if s.check(s.queue[n]) {
			done++
			s.counts.perHour[minute/60]++
		}
	}
	s.queue = append(s.queue[:0], s.queue[n:]...)
}

func unix(at uint32) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.Unix(int64(at), 0)
}

func seconds(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(t.Unix())
}

// check works an order; paid tells that the police were asked.
func (s *sim) check(o simOrder) (paid bool) {
	c := &s.cars[o.car]
	st := standing{
		state:   state{Checked: unix(c.checked), NewsUntil: unix(c.news), Next: unix(c.next)},
		watched: true, slow: c.class == simSlow, open: c.class == simOpen,
	}
	out := outcome{kind: regular, tried: true}
	switch o.at {
	case 0:
	case simFirst:
		out.kind = first
	default:
		out.kind = planned
	}
	if out.kind == regular && !st.turn(int64(o.slot), s.now, simPeriod) || out.kind == planned && (c.next != o.at || st.recent(s.now, simPeriod)) {
		out.tried = false
	}
	if !out.tried && out.kind == planned {
		return false
	}
	if out.tried {
		share := lookup.CheckShare(st.share(out.kind, s.now))
		if out.err = s.budget.Affords(s.now, s.used, share); out.err != nil {
			s.counts.refused++
		} else {
			paid = true
			s.paid(c, &out)
		}
	}
	at := st.after(out, clock{now: s.now, every: simPeriod, chance: chance{lots{s.random}}})
	c.checked, c.news, c.next = seconds(st.Checked), seconds(st.NewsUntil), seconds(st.Next)
	if !at.IsZero() {
		m := (at.Unix() + 59) / 60
		s.due[m] = append(s.due[m], simOrder{car: o.car, at: seconds(at)})
	}
	return paid
}

// paid asks the police, and tells what is new when it is not night.
func (s *sim) paid(c *simCar, out *outcome) {
	k := &s.counts
	if b := s.budget; b.Daily > 0 && s.used.Day >= b.Daily*shareNews/100 || b.Monthly > 0 && s.used.Month >= b.Monthly*shareNews/100 {
		k.overReserve++
	}
	s.pay()
	k.checks++
	k.today++
	k.mostPerDay = max(k.mostPerDay, k.today)
	if c.checked > 0 {
		k.between[c.class].add(s.now.Sub(unix(c.checked)))
	}
	out.report = s.now
	if c.record == 0 {
		return
	}
	out.fresh = true
	told := s.now
	if end, quiet := s.quiet.Quiet(told); quiet {
		told = end
	}
	k.late.add(told.Sub(unix(c.record)))
	c.record = 0
}
