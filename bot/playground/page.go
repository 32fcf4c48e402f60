package playground

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// channel names the page's messages, and begins the ids of its users.
const channel = "demo"

// ErrClosed tells that the page takes no more messages.
var ErrClosed = errors.New("playground: closed")

// Config is what a [Page] is made of.
type Config struct {
	Bot         bot.Handler
	Panel       Panel    // what it costs, and the switches; nil: the page shows neither
	Users       []User   // the invented people to switch between; at least one
	Suggestions []string // what a newcomer may tap first; nil: a few that need no explanation
	// Now dates the messages; nil: time.Now.
	Now func() time.Time
	// Ahead is how far Now runs ahead of the real time; it may grow, and the
	// page then shows its date. nil: never.
	Ahead func() time.Duration
	// Log is told what went wrong behind the page's back; nil: nobody is.
	// It may be called from any goroutine.
	Log func(what string, err error)
}

// A User is an invented person of the page. ID is made of letters, digits, -
// and _, and is unique; the bot knows the person as demo:ID.
type User struct {
	ID   string
	Name string // 小李
	Hint string // 刚买车; may be empty
}

// pace holds the page's periods, so that tests need not wait for them.
type pace struct {
	patience time.Duration // how long the next message waits for the one before it
	wait     time.Duration // one redelivery's deadline for a late answer
	retry    time.Duration // pause between two redeliveries
	giveUp   time.Duration // after this long nobody looks at the screen any more
	beat     time.Duration // a comment this often keeps proxies from hanging up
	write    time.Duration // a browser that takes longer to read is gone
}

// The bot's own limit for a paid query is 30 s and it may have to try again,
// so an answer is awaited for a few minutes.
func defaultPace() pace {
	return pace{
		patience: 2 * time.Second,
		wait:     time.Minute,
		retry:    time.Second,
		giveUp:   5 * time.Minute,
		beat:     15 * time.Second,
		write:    10 * time.Second,
	}
}

// A Page is the chat page as an http.Handler:
//
//	GET  /        the page, with /app.js, /style.css and /icon.svg
//	POST /say     a message: {"user","key","text"}; 202 at once, the answer is an event
//	GET  /events  ?user=: the conversation, live (server-sent events)
//	GET  /panel   meter, buttons and switches; POST {"id","on"} turns a switch
//	POST /act     presses a button: {"id"}; the answer is {"said"}
//
// The server around it sets the timeouts; the page lifts the write deadline
// for /events alone.
type Page struct {
	cfg     Config
	pace    pace
	handler http.Handler
	epoch   string // of this process: event ids and keys of an earlier one mean nothing here
	talks   map[string]*conversation

	ctx  context.Context // ends when the turns' time is up
	stop context.CancelFunc
	gone chan struct{} // closed when the streams shall end

	mu     sync.Mutex // guards closed, and turns against growing while Close waits
	closed bool
	turns  sync.WaitGroup
}

// New makes the page. Its faults are the configuration's, all at once.
func New(cfg Config) (*Page, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Ahead == nil {
		cfg.Ahead = func() time.Duration { return 0 }
	}
	if cfg.Log == nil {
		cfg.Log = func(string, error) {}
	}
	if cfg.Suggestions == nil {
		cfg.Suggestions = []string{"查违章 沪C12345", "粤BD12345", "苏州能查吗", "帮助"}
	}
	p := &Page{
		cfg:   cfg,
		pace:  defaultPace(),
		epoch: rand.Text()[:8],
		talks: make(map[string]*conversation, len(cfg.Users)),
		gone:  make(chan struct{}),
	}
	for _, u := range cfg.Users {
		p.talks[u.ID] = newConversation(bot.UserID(channel + ":" + u.ID))
	}
	files, err := loadFiles(cfg)
	if err != nil {
		return nil, fmt.Errorf("playground: page: %w", err)
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.handler = guard(p.routes(files))
	return p, nil
}

func (c Config) check() error {
	var faults []error
	if c.Bot == nil {
		faults = append(faults, errors.New("playground: Bot: missing"))
	}
	if len(c.Users) == 0 {
		faults = append(faults, errors.New("playground: Users: needs at least one"))
	}
	seen := map[string]bool{}
	for _, u := range c.Users {
		switch {
		case u.ID == "" || strings.Trim(u.ID, idLetters) != "":
			faults = append(faults, fmt.Errorf("playground: Users: id %q: letters, digits, - and _ only", u.ID))
		case seen[u.ID]:
			faults = append(faults, fmt.Errorf("playground: Users: id %q: twice", u.ID))
		case u.Name == "":
			faults = append(faults, fmt.Errorf("playground: Users: id %q: no name", u.ID))
		}
		seen[u.ID] = true
	}
	return errors.Join(faults...)
}

const idLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

func (p *Page) routes(files *files) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", files)
	mux.HandleFunc("POST /say", p.postSay)
	mux.HandleFunc("GET /events", p.getEvents)
	mux.HandleFunc("GET /panel", p.getPanel)
	mux.HandleFunc("POST /panel", p.postPanel)
	mux.HandleFunc("POST /act", p.postAct)
	return mux
}

// ServeHTTP serves the page.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// Close takes no more messages, lets those being answered finish until ctx
// ends, and then ends every open stream. Call it before http.Server.Shutdown,
// which waits for the streams. Only the first call does anything.
func (p *Page) Close(ctx context.Context) error {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.mu.Unlock()
	if !first {
		return nil
	}
	defer close(p.gone)
	defer p.stop()
	done := make(chan struct{})
	go func() { p.turns.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		p.stop()
		<-done
		return fmt.Errorf("playground: close: answers cut off: %w", ctx.Err())
	}
}
