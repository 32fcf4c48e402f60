package lookup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
	"github.com/weizhangbot/weizhangbot/storage"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// A story is a Desk with the real client, the fake service and a sealed file; its
// clock is set by hand, and its process can die.
type story struct {
	*Desk
	t      testing.TB
	juhe   *juhetest.Server
	line   *line
	config Config
	store  storage.Store
	path   string

	mu     sync.Mutex
	at     time.Time
	alarms []string // "kind: detail"
	wishes int
}

// newStory begins in the morning of a Monday. c brings limits only.
func newStory(t testing.TB, c Config) *story {
	t.Helper()
	s := &story{t: t, config: c, path: filepath.Join(t.TempDir(), "bot.db"), at: time.Date(2026, 11, 23, 9, 0, 0, 0, bot.China)}
	s.juhe = juhetest.New(juhetest.WithClock(s.now))
	s.line = &line{service: s.juhe}
	client, err := juhe.New("demo-key", juhe.WithBaseURL("https://juhe.test/sweizhang"), juhe.WithHTTPClient(&http.Client{Transport: s.line}))
	if err != nil {
		t.Fatal(err)
	}
	s.config.Client, s.config.Now, s.config.CacheFor = mortal{client, s.line}, s.now, 6*time.Hour
	s.config.Alarm = func(a bot.Alarm, detail string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.alarms = append(s.alarms, string(a)+": "+detail)
	}
	s.open()
	t.Cleanup(func() { _ = s.store.Close() })
	return s
}

func (s *story) open() {
	s.t.Helper()
	file, err := boltstore.Open(s.path, boltstore.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	if s.store, err = sealed.New(context.Background(), file, make([]byte, sealed.KeySize)); err != nil {
		s.t.Fatal(err)
	}
	s.store = guarded{s.store, s.t}
	s.config.Store, s.config.Alone = s.store, true
	s.Desk = New(s.config)
}

// restart is another process on the same file.
func (s *story) restart() {
	s.t.Helper()
	if err := s.store.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.line.set("")
	s.open()
}

// another is a second machine on the same store.
func (s *story) another() *Desk {
	c := s.config
	c.Alone = false
	s.alone = false
	return New(c)
}

func (s *story) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *story) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

func (s *story) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.alarms...)
}

// wish is somebody who asks now for a car that takes any digits.
func (s *story) wish(user, plate string) bot.Request {
	s.wishes++
	return bot.Request{
		ID: fmt.Sprintf("wish %d", s.wishes), User: bot.UserID("test:" + user), At: s.now(),
		Vehicle: bot.Vehicle{Plate: plate, Type: "02", Engine: "123456", VIN: "123456"},
		Rule:    bot.Rule{City: "JS_SZ", Name: "苏州", Province: "江苏", Engine: 6, VIN: 6},
	}
}

// with is r with another engine number.
func with(r bot.Request, engine string) bot.Request { r.Vehicle.Engine = engine; return r }

// again is r, not content with an earlier answer.
func again(r bot.Request) bot.Request { r.Refresh = true; return r }

// check is r as a check that may use share percent of a budget.
func check(r bot.Request, share int) bot.Request {
	r.Check, r.Share, r.Refresh = true, share, true
	return r
}

// ask returns "" for a report; died for a process that ended in mid-call.
func (s *story) ask(r bot.Request) (kind bot.Kind) {
	kind, _ = s.askAfter(r)
	return kind
}

const (
	died   bot.Kind = "died"
	snooze bot.Kind = "snooze"
)

// askAfter is ask with the time after which one may ask again.
func (s *story) askAfter(r bot.Request) (kind bot.Kind, after time.Duration) {
	defer func() {
		if v := recover(); v != nil {
			if err, ok := v.(error); !ok || !errors.Is(err, errDeath) {
				panic(v)
			}
			kind = died
		}
	}()
	_, err := s.Query(context.Background(), r)
	return kindOf(err)
}

func kindOf(err error) (bot.Kind, time.Duration) {
	if d, later := storage.Snoozed(err); later {
		return snooze, d
	}
	if e, ok := errors.AsType[*bot.Error](err); ok {
		return e.Kind, e.After
	}
	return bot.KindOf(err), 0
}

func (s *story) wants(r bot.Request, want bot.Kind) {
	s.t.Helper()
	if got := s.ask(r); got != want {
		s.t.Errorf("%s asks for %s: %q, want %q", r.ID, r.Vehicle.Plate, got, want)
	}
}

// wantsCalls tells how many queries the service has seen so far.
func (s *story) wantsCalls(want int) {
	s.t.Helper()
	if got := s.juhe.Meter().Queries; got != want {
		s.t.Errorf("%d calls so far, want %d", got, want)
	}
}

// today is what the day cost so far, and what is gone of its budgets.
func (s *story) today() (day bot.DayCosts, c bot.Costs) {
	s.t.Helper()
	err := s.store.View(context.Background(), func(tx storage.Tx) (err error) {
		c, err = s.Costs(tx, s.now(), s.now())
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(c.Days) > 0 {
		day = c.Days[0]
	}
	return day, c
}

// allBuckets are those the desk keeps records in.
var allBuckets = []string{
	answerBucket, goodBucket, expiryBucket, ledgerBucket, askedBucket, strikeBucket, rightBucket,
	outageBucket, dayBucket, monthBucket, paidBucket, sparedBucket,
}

// dump is every record of the desk.
func (s *story) dump() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	err := s.store.View(context.Background(), func(tx storage.Tx) error {
		for _, bucket := range allBuckets {
			kvs, err := tx.Scan(bucket, "", storage.End, 0)
			if err != nil {
				return err
			}
			for _, kv := range kvs {
				all[bucket+" "+kv.Key] = string(kv.Value)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// in is how many records a bucket has.
func (s *story) in(bucket string) (n int) {
	s.t.Helper()
	for key := range maps.Keys(s.dump()) {
		if strings.HasPrefix(key, bucket+" ") {
			n++
		}
	}
	return n
}

// A line carries calls to the fake service, without a network.
type line struct {
	service http.Handler
	mu      sync.Mutex
	queries int           // that the client was asked for
	broken  string        // "unreachable", "cut"; "before", "after": the process dies
	hold    chan struct{} // when set, a query waits for it before it leaves
	held    chan struct{} // gets one for each that waits
}

func (l *line) set(broken string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = broken
}

func (l *line) state() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

func (l *line) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queries
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	broken := l.state()
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GetConn(r.URL.Host)
		if broken == "unreachable" {
			return nil, io.EOF
		}
		trace.GotConn(httptrace.GotConnInfo{})
	}
	answer := httptest.NewRecorder()
	l.service.ServeHTTP(answer, r)
	if broken == "cut" {
		return nil, io.ErrUnexpectedEOF
	}
	return answer.Result(), nil
}

var errDeath = errors.New("the process dies")

// mortal is a client whose process may die with the query under way.
type mortal struct {
	Client
	line *line
}

func (m mortal) QueryRaw(ctx context.Context, q juhe.Query) ([]byte, error) {
	m.line.mu.Lock()
	m.line.queries++
	m.line.mu.Unlock()
	if m.line.hold != nil {
		m.line.held <- struct{}{}
		<-m.line.hold
	}
	if m.line.state() == "before" {
		panic(errDeath)
	}
	raw, err := m.Client.QueryRaw(ctx, q)
	if m.line.state() == "after" {
		panic(errDeath)
	}
	return raw, err
}

// failureOf is the client's error for a code.
func failureOf(code int) error { return &juhe.Error{Endpoint: juhe.EndpointQuery, Code: code} }
