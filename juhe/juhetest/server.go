package juhetest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Server is the fake, an http.Handler that is safe for concurrent use. It
// answers below /sweizhang and, the same, below the root.
type Server struct {
	seed  int64
	now   func() time.Time
	until time.Time // when the invented histories end; zero: never
	keys  []string
	rules *rules

	mu       sync.Mutex
	faults   Faults
	meter    Meter
	requests []Request
	cars     map[vehicle]Car
	added    map[vehicle][]Violation // by AddViolation and Happen, newest first
	asked    []Vehicle               // successfully, the last one at the end
	happened int64                   // draws of Happen
	failing  []int                   // codes of FailNext
}

// An Option changes one setting of New.
type Option func(*Server)

// WithSeed sets from what the invented cars are derived; 1 unless set.
func WithSeed(seed int64) Option { return func(s *Server) { s.seed = seed } }

// WithClock sets the clock that decides which violations have happened yet.
func WithClock(now func() time.Time) Option { return func(s *Server) { s.now = now } }

// WithHistoryUntil ends the histories of invented cars at t: from then on
// something happens to them only by AddViolation and Happen, however fast the
// clock runs.
func WithHistoryUntil(t time.Time) Option { return func(s *Server) { s.until = t } }

// WithKeys sets the keys that are accepted; "demo-key" unless set.
func WithKeys(keys ...string) Option { return func(s *Server) { s.keys = slices.Clone(keys) } }

// New returns a server on which everything works.
func New(opts ...Option) *Server {
	s := &Server{
		seed:  1,
		now:   time.Now,
		keys:  []string{"demo-key"},
		rules: readRules(),
		meter: Meter{Calls: map[string]int{}, ByCode: map[int]int{}},
		cars:  map[vehicle]Car{},
		added: map[vehicle][]Violation{},
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Meter is what was asked so far, and what it would have cost.
type Meter struct {
	Calls   map[string]int // by endpoint: citys, query, carPre
	Queries int            // Calls["query"]
	Charged int            // queries answered with 0 or 225606
	ByCode  map[int]int    // answers of all endpoints by error_code
}

// Meter returns a copy. A query counts when it arrives, even if its answer is
// then lost: that is what the service charges, too.
func (s *Server) Meter() Meter {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.meter
	m.Calls, m.ByCode = maps.Clone(m.Calls), maps.Clone(m.ByCode)
	return m
}

// Request is a call as it was received, refused ones included.
type Request struct {
	Method      string
	Path        string
	Endpoint    string
	ContentType string
	UserAgent   string
	URL         url.Values // parameters in the URL
	Form        url.Values // parameters in the body
}

// maxRequests bounds the log of a server that runs for long.
const maxRequests = 1000

// Requests returns the calls so far, oldest first, at most the last 1000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

const (
	endpointCitys  = "citys"
	endpointQuery  = "query"
	endpointCarPre = "carPre"

	maxForm = 64 << 10
)

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint, ok := endpointOf(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	req := receive(w, r, endpoint)
	faults := s.admit(req)
	p := req.params()
	code, answer := s.answer(endpoint, p, faults)
	s.count(endpoint, code)
	send(w, r, faults, render(answer, p.Get("dtype")))
}

func endpointOf(path string) (string, bool) {
	switch strings.TrimPrefix(path, "/sweizhang") {
	case "/citys":
		return endpointCitys, true
	case "/query":
		return endpointQuery, true
	case "/carPre", "/carPre.php":
		return endpointCarPre, true
	}
	return "", false
}

func receive(w http.ResponseWriter, r *http.Request, endpoint string) Request {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	// A body that is no form leaves PostForm empty; the key is then missing,
	// which is what the service would say.
	_ = r.ParseForm()
	return Request{
		Method:      r.Method,
		Path:        r.URL.Path,
		Endpoint:    endpoint,
		ContentType: r.Header.Get("Content-Type"),
		UserAgent:   r.UserAgent(),
		URL:         r.URL.Query(),
		Form:        maps.Clone(r.PostForm),
	}
}

// params are the parameters that count: carPre knows only those of the URL.
func (r Request) params() url.Values {
	if r.Method == http.MethodPost && r.Endpoint != endpointCarPre && len(r.Form) > 0 {
		return r.Form
	}
	return r.URL
}

// admit logs a request and returns the faults that it meets.
func (s *Server) admit(req Request) Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, req)
	if len(s.requests) > maxRequests {
		s.requests = slices.Delete(s.requests, 0, len(s.requests)-maxRequests)
	}
	return s.fail(req.Endpoint, s.faults.take(req.Endpoint))
}

func (s *Server) count(endpoint string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.Calls[endpoint]++
	s.meter.ByCode[code]++
	if endpoint != endpointQuery {
		return
	}
	s.meter.Queries++
	if code == codeOK || code == codeWrongCharged {
		s.meter.Charged++
	}
}

// answer decides what the service says, without faults of the line.
func (s *Server) answer(endpoint string, p url.Values, f Faults) (int, fields) {
	code, result := s.decide(endpoint, p, f)
	if f.Nonsense == NonsenseObject {
		return code, envelope(endpoint, codeOK, "ok", f, p)
	}
	return code, envelope(endpoint, code, result, f, p)
}

func (s *Server) decide(endpoint string, p url.Values, f Faults) (int, any) {
	switch {
	case !slices.Contains(s.keys, p.Get("key")):
		return codeKey, nil
	case f.ForceCode != 0:
		return f.ForceCode, nil
	}
	switch endpoint {
	case endpointCitys:
		return s.citys(p, f)
	case endpointCarPre:
		return s.carPre(p, f)
	default:
		return s.query(p, f)
	}
}
