package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
)

// programs are the builds of this run, each made once.
var programs struct {
	sync.Mutex
	dir    string
	byTags map[string]string
}

// buildProgram makes the program with these build tags.
func buildProgram(t testing.TB, tags string) string {
	t.Helper()
	programs.Lock()
	defer programs.Unlock()
	if made, ok := programs.byTags[tags]; ok {
		return made
	}
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "weizhangbot-programs-")
		if err != nil {
			t.Fatal(err)
		}
		programs.dir, programs.byTags = dir, map[string]string{}
	}
	binary := filepath.Join(programs.dir, "weizhangbot"+tags)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-tags", tags, "-o", binary, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	programs.byTags[tags] = binary
	return binary
}

// tidy removes them after the last test.
type tidy struct{ m *testing.M }

// Run implements testscript.TestingM.
func (t tidy) Run() int {
	defer func() { _ = os.RemoveAll(programs.dir) }()
	return t.m.Run()
}

// A crashRig is the real program as a process that dies again and again, and
// the world around it, which does not. What platforms send goes through a
// proxy, as in life: it finds the process wherever it listens.
type crashRig struct {
	t       testing.TB
	o       *outside
	binary  string
	section string
	environ []string // beside the usual
	asked   plateCounter

	front, hook *httptest.Server // plain, and with TLS for webhooks

	turn  atomic.Uint64 // of those who live
	mu    sync.Mutex
	alive []*process // whom the proxy finds, by turns
	lives []life
	log   *journal // of the last process
}

func newCrashRig(t *testing.T, binary string) *crashRig {
	r := &crashRig{t: t, o: newOutside(t), binary: binary, asked: plateCounter{byPlate: map[string]int{}}}
	r.asked.next = r.o.juhe
	counted := httptest.NewServer(&r.asked)
	r.o.juheURL = counted.URL
	silent := logrus.New()
	silent.SetOutput(io.Discard)
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(*httputil.ProxyRequest) {},
		Transport:    r,
		ErrorLog:     standardLog(silent),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	r.front, r.hook = httptest.NewServer(proxy), httptest.NewTLSServer(proxy)
	t.Cleanup(func() {
		r.o.telegram.Close() // ends its webhook's posts first
		r.hook.Close()
		r.front.Close()
		counted.Close()
	})
	return r
}

// A plateCounter is Juhe with a count of what it was asked.
type plateCounter struct {
	next    http.Handler
	mu      sync.Mutex
	byPlate map[string]int
}

// ServeHTTP implements http.Handler.
func (c *plateCounter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/query") {
		body, err := io.ReadAll(r.Body)
		form, parsed := url.ParseQuery(string(body))
		if err == nil && parsed == nil {
			c.mu.Lock()
			c.byPlate[form.Get("hphm")]++
			c.mu.Unlock()
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	c.next.ServeHTTP(w, r)
}

func (c *plateCounter) of(plate string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byPlate[plate]
}

// A process is one life of the program.
type process struct {
	cmd   *exec.Cmd
	log   *journal
	ready chan struct{} // closed at its first line
	gone  chan struct{} // closed at its end
	began time.Time
	url   *url.URL // once ready

	silent atomic.Int64 // when a request got no answer last, in ns; 0: the last one got one
}

const (
	// stuck is how long a process may leave a request without an answer.
	stuck = 6 * time.Second
	// passedOver is for how long the proxy asks the others then.
	passedOver = 45 * time.Second
)

var straight = &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: stuck}

// RoundTrip implements http.RoundTripper: it hands a request to each of those
// who live by turns, and passes over one that left requests without an answer.
func (r *crashRig) RoundTrip(req *http.Request) (*http.Response, error) {
	p := r.next()
	if p == nil {
		return nil, errors.New("nobody serves")
	}
	req.URL.Scheme, req.URL.Host = p.url.Scheme, p.url.Host
	resp, err := straight.RoundTrip(req)
	if err == nil {
		p.silent.Store(0)
	} else {
		p.silent.Store(time.Now().UnixNano())
	}
	return resp, err
}

func (r *crashRig) next() *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range r.alive {
		p := r.alive[r.turn.Add(1)%uint64(len(r.alive))]
		if since := p.silent.Load(); since == 0 || time.Since(time.Unix(0, since)) > passedOver {
			return p
		}
	}
	if len(r.alive) == 0 {
		return nil
	}
	return r.alive[0]
}

// start runs serve; point is where it kills itself, or "".
func (r *crashRig) start(point string, environ ...string) *process {
	r.t.Helper()
	p := &process{log: &journal{}, ready: make(chan struct{}), gone: make(chan struct{}), began: time.Now()}
	p.cmd = exec.Command(r.binary, "serve", "--config", r.o.config(r.section))
	p.cmd.Env = append(os.Environ(), r.environ...)
	p.cmd.Env = append(append(p.cmd.Env, environ...), "CRASHPOINT="+point)
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	r.log = p.log
	r.mu.Unlock()
	go func() {
		defer close(p.gone)
		if line, err := bufio.NewReader(out).ReadString('\n'); err == nil {
			address, _, _ := strings.Cut(line, " ")
			if p.url, err = url.Parse(address); err == nil {
				r.mu.Lock()
				r.alive = append(r.alive, p)
				r.mu.Unlock()
			}
			close(p.ready)
		}
		_ = p.cmd.Wait()
		r.mu.Lock()
		r.alive = slices.DeleteFunc(r.alive, func(other *process) bool { return other == p })
		r.mu.Unlock()
	}()
	return p
}

// live lets a process live until it kills itself at point, or for at most so
// long, and kills it then.
func (r *crashRig) live(point string, atMost time.Duration) life {
	r.t.Helper()
	l := life{began: time.Now(), point: point}
	p := r.start(point)
	if strings.HasPrefix(point, "K") {
		backedUp := make(chan struct{})
		defer func() { <-backedUp }()
		go func() {
			defer close(backedUp)
			r.backUp(p)
		}()
	}
	select {
	case <-p.gone:
		l.reached = true
	case <-time.After(atMost):
		_ = p.cmd.Process.Kill()
		<-p.gone
	}
	l.ended = time.Now()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		r.t.Errorf("the process ended by itself: %v\n%s", p.cmd.ProcessState, p.log)
	}
	r.mu.Lock()
	r.lives = append(r.lives, l)
	r.mu.Unlock()
	return l
}

// backUp is an operator who backs up what p holds. What is cut off leaves no file.
func (r *crashRig) backUp(p *process) {
	select {
	case <-p.ready:
	case <-p.gone:
		return
	}
	dir := r.t.TempDir()
	file := filepath.Join(dir, "backup.db")
	cmd := exec.Command(r.binary, "backup", file, "--config", filepath.Join(r.o.dir, "config.yaml"))
	cmd.Env = append(os.Environ(), "WEIZHANG_SERVER_ADMIN_LISTEN="+adminIn(p.log))
	said, err := cmd.CombinedOutput()
	left, _ := filepath.Glob(filepath.Join(dir, "*")) // a good pattern: never fails
	if whole := slices.Equal(left, []string{file}); whole != (err == nil) || err != nil && len(left) > 0 {
		r.t.Errorf("backup: %v, leaving %q\n%s", err, left, said)
	}
}

// last starts a process that is not to die, and returns how to stop it.
func (r *crashRig) last() (stop func()) {
	r.t.Helper()
	began := time.Now()
	p := r.start("")
	return func() {
		select {
		case <-p.ready: // before that, a signal ends it as any other program
		case <-p.gone:
		}
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		<-p.gone
		if code := p.cmd.ProcessState.ExitCode(); code != exitFine {
			r.t.Errorf("stopped with %d:\n%s", code, p.log)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lives = append(r.lives, life{began: began, ended: time.Now()})
	}
}

// randomLife is how long a process lives that is killed at random: mostly in
// the middle of its work, sometimes while it still starts.
func randomLife() time.Duration {
	if rand.N(6) == 0 { //nolint:gosec // any moment
		return rand.N(60 * time.Millisecond) //nolint:gosec // any moment
	}
	return 150*time.Millisecond + rand.N(900*time.Millisecond) //nolint:gosec // any moment
}

// impatient is an environment in which things happen in seconds, and nothing is
// limited.
func impatient() []string {
	return []string{
		"WEIZHANG_LOG_LEVEL=info", "WEIZHANG_JUHE_CACHE_FOR=1ms", "WEIZHANG_PUSH_EVERY=2s",
		"WEIZHANG_LIMITS_QUERIES_PER_USER_PER_DAY=0", "WEIZHANG_LIMITS_MESSAGES_PER_USER_PER_MINUTE=0",
	}
}

func (r *crashRig) webhookSection() string {
	return fmt.Sprintf("telegram: {token: '%s', api_base: 'TELEGRAM', mode: webhook, webhook_url: '%s/telegram', webhook_secret: %s}\n", tgToken, r.hook.URL, tgSecret)
}

// never quiet: who is to hear something hears it also at night.
const never = "push: {quiet: ''}\n"
