package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A life is one process, from its start to its end.
type life struct {
	began, ended time.Time
	point        string // at which it was to kill itself; "": it was killed at random
	reached      bool   // and did
}

// A reading is one text that a person saw.
type reading struct {
	at    time.Time
	text  string
	again bool // the platform would not recognise it as a repetition
}

// A wish is one message of a person and what it must lead to.
type wish struct {
	said      string
	want      string // what only its answer holds
	asked     time.Time
	answered  bool
	uncertain bool // the answer was that nobody knows the outcome
	shared    bool // it is about a car that others ask for, too
}

// A diary is all that a person said and read.
type diary struct {
	who    string
	wishes []wish
	read   []reading
}

// A happening is something new that the watchers of a car are to hear of.
type happening struct {
	token    string // what only its notice holds
	watchers []string
}

// A payment is what was asked of Juhe for one plate: confirmed by people, and
// received there.
type payment struct{ wished, asked int }

// A ledger is what the program wrote down of its calls.
type ledger struct {
	charged, free, unknown int
	unknownPerson          int // of unknown, for people who asked
	open                   int
}

// An account is everything that a run led to, for judging it.
type account struct {
	lives    []life
	diaries  []diary
	events   []happening
	payments map[string]payment // of plates that nobody watches
	charged  int                // by Juhe's own meter
	ledger   ledger
	store    []string // what does not fit together in it
}

// grace is how long before a process's end something may have been sent whose
// end it had no time to write down: milliseconds, but on a busy machine.
const grace = 5 * time.Second

// onItsWay is how long after its sender's end a message may still arrive, on a
// busy machine.
const onItsWay = 3 * time.Second

// faults tells everything that must not be.
func (a *account) faults() []string {
	var all []string
	for _, fault := range a.store {
		all = append(all, "the store: "+fault)
	}
	for _, d := range a.diaries {
		for _, w := range d.wishes {
			all = append(all, a.answeredOnce(d, w)...)
		}
	}
	for _, e := range a.events {
		for _, who := range e.watchers {
			all = append(all, a.toldOnce(e, who)...)
		}
	}
	return append(all, a.paid()...)
}

func (a *account) answeredOnce(d diary, w wish) []string {
	if !w.answered && !w.uncertain {
		return []string{fmt.Sprintf("%s: %q was not answered (%s); said at %s", d.who, w.said, w.want, w.asked.Format(time.TimeOnly))}
	}
	if w.uncertain {
		return nil
	}
	if w.shared {
		d.read = slices.DeleteFunc(slices.Clone(d.read), a.firstWithNews)
	}
	return a.once(d, w.want, fmt.Sprintf("%s: the answer to %q", d.who, w.said))
}

// firstWithNews tells of the first check of a car on which somebody else found
// something meanwhile: it lists everything, also what was read before.
func (a *account) firstWithNews(r reading) bool {
	return strings.Contains(r.text, "的首次检查结果") && slices.ContainsFunc(a.events, func(e happening) bool {
		return strings.Contains(r.text, e.token)
	})
}

func (a *account) toldOnce(e happening, who string) []string {
	i := slices.IndexFunc(a.diaries, func(d diary) bool { return d.who == who })
	if i < 0 {
		return []string{who + ": no diary"}
	}
	return a.once(a.diaries[i], e.token, fmt.Sprintf("%s: the news %s", who, e.token))
}

// once wants a text to have been read once; more often only where a process
// died right after it had sent the time before, on a platform that recognises
// no repetition.
func (a *account) once(d diary, token, what string) (faults []string) {
	var copies []reading
	for _, r := range d.read {
		if strings.Contains(r.text, token) {
			copies = append(copies, r)
		}
	}
	slices.SortFunc(copies, func(a, b reading) int { return a.at.Compare(b.at) })
	if len(copies) == 0 {
		return []string{what + " was never read"}
	}
	for i := 1; i < len(copies); i++ {
		if before := copies[i-1]; !before.again || !a.diedAfter(before.at, copies[i].at) {
			faults = append(faults, fmt.Sprintf("%s was read %d times, and no death explains it: %s", what, len(copies), a.around(d, copies)))
		}
	}
	return faults
}

// diedAfter tells whether a process that ran at sent died soon after it, before
// again.
func (a *account) diedAfter(sent, again time.Time) bool {
	return slices.ContainsFunc(a.lives, func(l life) bool {
		return !l.began.After(sent) && !l.ended.Before(sent.Add(-onItsWay)) && l.ended.Sub(sent) < grace && l.ended.Before(again)
	})
}

// around tells what was said and read when copies were read, and who lived then.
func (a *account) around(d diary, copies []reading) string {
	first, last := copies[0].at, copies[len(copies)-1].at
	near := func(at time.Time) bool { return at.After(first.Add(-grace)) && at.Before(last.Add(time.Second)) }
	var b strings.Builder
	for _, w := range d.wishes {
		if near(w.asked) {
			fmt.Fprintf(&b, "\n  %v said: %q", w.asked.Sub(first), w.said)
		}
	}
	for _, r := range d.read {
		if near(r.at) {
			fmt.Fprintf(&b, "\n  %v read, pushed: %v: %q", r.at.Sub(first), r.again, r.text)
		}
	}
	for _, l := range a.lives {
		if l.ended.After(first.Add(-grace)) && l.began.Before(last.Add(time.Second)) {
			fmt.Fprintf(&b, "\n  a process from %v to %v, point %q reached: %v", l.began.Sub(first), l.ended.Sub(first), l.point, l.reached)
		}
	}
	return b.String()
}

// repeated counts what was read more than once.
func (a *account) repeated() (n int) {
	for _, d := range a.diaries {
		var tokens []string
		for _, w := range d.wishes {
			tokens = append(tokens, w.want)
		}
		for _, e := range a.events {
			if slices.Contains(e.watchers, d.who) {
				tokens = append(tokens, e.token)
			}
		}
		for _, token := range tokens {
			copies := 0
			for _, r := range d.read {
				copies += min(1, strings.Count(r.text, token))
			}
			n += max(0, copies-1)
		}
	}
	return n
}

// paid compares Juhe's books with ours.
func (a *account) paid() (faults []string) {
	for plate, p := range a.payments {
		if p.asked > p.wished {
			faults = append(faults, fmt.Sprintf("%s was asked for %d times, wished for %d times", plate, p.asked, p.wished))
		}
	}
	l := a.ledger
	if a.charged < l.charged || a.charged > l.charged+l.unknown {
		faults = append(faults, fmt.Sprintf("Juhe charged %d, the ledger has %d charged and %d unknown", a.charged, l.charged, l.unknown))
	}
	if l.open > 0 {
		faults = append(faults, fmt.Sprintf("%d entries of the ledger are still open", l.open))
	}
	// Who asked for a car that others asked for at that moment reads what came
	// of the one call for all.
	alone, all := 0, 0
	for _, d := range a.diaries {
		for _, w := range d.wishes {
			if w.uncertain {
				all++
			}
			if w.uncertain && !w.shared {
				alone++
			}
		}
	}
	if alone > l.unknownPerson || all < l.unknownPerson {
		faults = append(faults, fmt.Sprintf("%d people read that nobody knows, %d of them of a call of their own; the ledger has %d such calls", all, alone, l.unknownPerson))
	}
	slices.Sort(faults)
	return faults
}
