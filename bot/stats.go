package bot

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Figures are what a Fleet cannot read by itself: they are of a process, or of a
// driver of the store. Those that are nil are not known.
type Figures struct {
	Turns   func() TurnFigures
	Queues  func(context.Context) ([]QueueFigures, error)
	Budgets func(context.Context) ([]BudgetLeft, error)
	Survey  func(context.Context) (Survey, error) // may take long
}

// TurnFigures count the messages that one process has answered in the last 24
// hours, or since it runs.
type TurnFigures struct {
	Turns int `json:"turns"`
	Late  int `json:"late"` // later than the platform waits
}

// QueueFigures count the jobs of one kind.
type QueueFigures struct {
	Kind    string `json:"kind"`
	Running int    `json:"running"`
	Due     int    `json:"due"`    // could run now
	Later   int    `json:"later"`  // wait for their time
	Behind  int    `json:"behind"` // wait for another of the same person
	Dead    int    `json:"dead"`   // given up
}

// Stats is how the bot stands. What is nil is not known here.
type Stats struct {
	At       time.Time      `json:"at"`
	Turns    *TurnFigures   `json:"turns,omitempty"`
	People   PeopleFigures  `json:"people"`
	Vehicles int            `json:"vehicles"` // that are checked by themselves
	Watching int            `json:"subscriptions"`
	Paused   int            `json:"paused"` // of Watching
	Surveyed bool           `json:"surveyed"`
	Queues   []QueueFigures `json:"queues,omitempty"`
	Budgets  []BudgetLeft   `json:"budgets,omitempty"`
}

// Stats tells how the bot stands. It reads everybody's record.
func (f *Fleet) Stats(ctx context.Context) (s Stats, err error) {
	s.At = f.now()
	if s.People, err = f.people(ctx); err != nil {
		return s, err
	}
	if f.Figures.Turns != nil {
		turns := f.Figures.Turns()
		s.Turns = &turns
	}
	if f.Figures.Queues != nil {
		if s.Queues, err = f.Figures.Queues(ctx); err != nil {
			return s, err
		}
	}
	if f.Figures.Budgets != nil {
		if s.Budgets, err = f.Figures.Budgets(ctx); err != nil {
			return s, err
		}
	}
	if f.Figures.Survey != nil {
		survey, err := f.Figures.Survey(ctx)
		if err != nil {
			return s, err
		}
		s.Surveyed, s.Vehicles, s.Watching, s.Paused = true, survey.Vehicles, survey.Subscriptions, survey.Paused
	}
	return s, nil
}

// Text is the figures for people.
func (s Stats) Text(l Lang) string {
	var lines []string
	if s.Turns != nil {
		lines = append(lines, l.say("stats.turns", s.Turns.Turns, s.Turns.Late))
	}
	p := s.People
	lines = append(lines,
		l.say("stats.people", p.Known, l.or(l.channels(p.Channels), "stats.nobody")),
		l.say("stats.people.seen", p.Today, p.Month, p.Left, p.Blocked),
		l.say("stats.cars", p.Cars))
	if s.Surveyed {
		lines = append(lines, l.say("stats.watched", s.Vehicles, s.Watching, s.Paused))
	}
	if s.Queues != nil {
		var all QueueFigures
		for _, q := range s.Queues {
			all.Running += q.Running
			all.Due += q.Due + q.Behind
			all.Later += q.Later
			all.Dead += q.Dead
		}
		lines = append(lines, l.say("stats.jobs", all.Running, all.Due, all.Later, all.Dead))
	}
	for _, b := range s.Budgets {
		k := key("stats.day")
		if b.Period == "month" {
			k = "stats.month"
		}
		left := l.say("cost.nobudget")
		if b.Budget > 0 {
			left = l.say("cost.left", max(0, b.Budget-b.Used), b.Budget)
		}
		lines = append(lines, l.say(k, b.Used, left))
	}
	return strings.Join(lines, "\n")
}

// channels lists how many people there are on each platform.
func (l Lang) channels(people map[string]int) string {
	var parts []string
	for _, c := range slices.Sorted(maps.Keys(people)) {
		parts = append(parts, l.say("stats.channel", l.platform(c), people[c]))
	}
	return strings.Join(parts, l.say("and"))
}

// platform is how a channel is called.
func (l Lang) platform(channel string) string {
	if k := key("channel." + channel); l.has(k) {
		return l.say(k)
	}
	return channel
}

// or is a text, or the sentence k when it is empty.
func (l Lang) or(text string, k key) string {
	if text == "" {
		return l.say(k)
	}
	return text
}

// channelOf is the platform of a person.
func channelOf(u UserID) string {
	channel, _, _ := strings.Cut(string(u), ":")
	return channel
}
