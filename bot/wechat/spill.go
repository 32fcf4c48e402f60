package wechat

import (
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

const (
	// keptSpill is how long the rest of an answer waits for the person.
	keptSpill = 10 * time.Minute
	// maxSpill bounds how many people's rests are kept.
	maxSpill = 1024
)

// spill holds what did not fit into the one message of a passive answer and
// could not be sent behind it. Lost with the process: the same question, asked
// again, costs nothing while the bot has the report.
type spill struct {
	mu     sync.Mutex
	byUser map[bot.UserID]rest
}

type rest struct {
	text string
	at   time.Time
}

func (s *spill) put(u bot.UserID, text string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byUser == nil {
		s.byUser = map[bot.UserID]rest{}
	}
	if len(s.byUser) >= maxSpill {
		for u, r := range s.byUser {
			if at.Sub(r.at) > keptSpill || len(s.byUser) >= maxSpill {
				delete(s.byUser, u)
			}
		}
	}
	s.byUser[u] = rest{text, at}
}

// take removes what waits for the sender of m, "" when nothing does. Whoever
// leaves gets nothing.
func (s *spill) take(m bot.Message) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.byUser[m.User]
	if !ok {
		return ""
	}
	delete(s.byUser, m.User)
	if m.At.Sub(r.at) > keptSpill || m.Event == bot.Left {
		return ""
	}
	return r.text
}
