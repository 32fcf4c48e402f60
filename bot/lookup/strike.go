package lookup

import (
	"slices"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	strikeBucket = "strike" // digest of plate and type → suspicion
	rightBucket  = "right"  // digest of vehicle and digits → rightRecord
)

const (
	// maxStrikes wrong digits within strikeFor lock a vehicle for lockFor,
	// whoever tried them: nobody guesses digits through the bot.
	maxStrikes = 2
	strikeFor  = 24 * time.Hour
	lockFor    = 24 * time.Hour
	// rightFor is how long digits are known to have been right, so that
	// somebody else's guessing locks out nobody who knows them. It outlives the
	// answer, and says nothing but that; a month covers whoever asks monthly.
	rightFor = 30 * 24 * time.Hour
)

// A suspicion is what was tried for a vehicle; the digits by their digest.
type suspicion struct {
	Wrong  []guess   `json:"wrong,omitempty"`
	Out    []guess   `json:"out,omitempty"` // not answered yet
	Locked time.Time `json:"locked,omitzero"`
	Until  time.Time `json:"until"`
}

type guess struct {
	Digits string    `json:"digits"`
	At     time.Time `json:"at"`
}

type rightRecord struct {
	Until time.Time `json:"until"`
}

// guesses tells whether the digits of r, whose digest is key, are not known to
// be right. A check's are: they were when the watch began.
func (b *books) guesses(key string, last answer, r bot.Request) (bool, error) {
	if r.Check || last.State == done {
		return false, nil
	}
	var right rightRecord
	known, err := get(b.tx, rightBucket, key, &right)
	return !known || !right.Until.After(b.now), err
}

// mayGuess refuses when the vehicle is locked. While as many guesses are out as
// strikes are left, the next one waits for them: all at once they would be more.
func (b *books) mayGuess(key string, v bot.Vehicle) error {
	s, err := b.suspicion(v)
	if err != nil {
		return err
	}
	if left := s.Locked.Sub(b.now); left > 0 && left <= lockFor {
		return &bot.Error{Kind: bot.Locked, After: left}
	}
	others := slices.DeleteFunc(s.Out, func(g guess) bool { return g.Digits == key })
	if len(s.Wrong)+len(others) >= maxStrikes {
		return storage.Snooze(handover)
	}
	return nil
}

// guessing notes a guess that is about to leave.
func (b *books) guessing(key string, v bot.Vehicle) error {
	s, err := b.suspicion(v)
	if err != nil {
		return err
	}
	s.answered(key)
	s.Out = append(s.Out, guess{key, b.now})
	return b.putSuspicion(v, s)
}

// judge learns from an answer whether the digits are right. A wrong guess is a
// strike, and enough of them lock; a good answer clears the strikes. A lock that
// holds stays: only who knows the digits gets an answer then, and does not mind
// it.
func (b *books) judge(key string, c call, a answer) error {
	v := c.request.Vehicle
	s, err := b.suspicion(v)
	if err != nil {
		return err
	}
	s.answered(key)
	switch {
	case a.State == done:
		s.Wrong = nil
		until := a.At.Add(rightFor)
		if err := b.putUntil(rightBucket, key, until, rightRecord{until}); err != nil {
			return err
		}
	case a.Kind == bot.WrongData:
		if c.guess {
			s.strike(guess{key, a.At})
		}
		if err := b.tx.Put(rightBucket, key, nil); err != nil {
			return err
		}
	}
	return b.putSuspicion(v, s)
}

func (s *suspicion) answered(key string) {
	s.Out = slices.DeleteFunc(s.Out, func(g guess) bool { return g.Digits == key })
}

// strike notes wrong digits; the same ones twice are one strike.
func (s *suspicion) strike(g guess) {
	s.Wrong = slices.DeleteFunc(s.Wrong, func(w guess) bool { return w.Digits == g.Digits })
	if s.Wrong = append(s.Wrong, g); len(s.Wrong) >= maxStrikes {
		s.Wrong, s.Locked = nil, g.At.Add(lockFor)
	}
}

// suspicion is what still counts of what was tried for v. A guess whose process
// is gone counts as long as a call may take.
func (b *books) suspicion(v bot.Vehicle) (s suspicion, err error) {
	_, err = get(b.tx, strikeBucket, carKey(v), &s)
	s.Wrong = slices.DeleteFunc(s.Wrong, func(g guess) bool { return expired(g.At, b.now, strikeFor) })
	s.Out = slices.DeleteFunc(s.Out, func(g guess) bool { return expired(g.At, b.now, lease) })
	if !s.Locked.After(b.now) {
		s.Locked = time.Time{}
	}
	return s, err
}

func (b *books) putSuspicion(v bot.Vehicle, s suspicion) error {
	if len(s.Wrong) == 0 && len(s.Out) == 0 && s.Locked.IsZero() {
		return b.tx.Put(strikeBucket, carKey(v), nil)
	}
	s.Until = b.now.Add(lease)
	if len(s.Wrong) > 0 {
		s.Until = b.now.Add(strikeFor)
	}
	if s.Locked.After(s.Until) {
		s.Until = s.Locked
	}
	return b.putUntil(strikeBucket, carKey(v), s.Until, s)
}

func carKey(v bot.Vehicle) string { return short("car\x00" + v.Plate + "\x00" + v.Type) }
