package juhetest

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Faults are the switches. The zero value is a service in its best mood. All
// switches apply together as far as that makes sense.
type Faults struct {
	// Endpoint limits all other switches to citys, carPre or query.
	Endpoint string

	Latency     time.Duration // before every answer; what it costs is counted before
	Maintenance bool          // every city is down: 225605, and citys is empty
	DownCities  []string      // city codes that are down: 225605, and gone from citys

	// WrongDigits refuses every query with WrongDigitsCode: 225606 (charged,
	// also if 0) or 225607 (free). The code alone also replaces the 225606 of
	// queries that are wrong by themselves.
	WrongDigits     bool
	WrongDigitsCode int

	// ForceCode answers everything with this error_code: if ForceTimes is set
	// only that many calls, otherwise all.
	ForceCode  int
	ForceTimes int

	Nonsense Nonsense

	// The shapes in which the same thing has been seen.
	CitysShape        string // "object" (as documented, also if empty) or "array" (as seen)
	ErrorResult       string // result beside an error: "null" (also if empty), "list" or "string"
	ResultKeyEcho     bool   // result beside an error is the key that was sent
	ErrorCodeAsString bool
	ReasonSuffix      string // such as "##"
	EmptyLists        string // no violations: "list" (also if empty), "null" or "missing"
	NoRuleAsNull      bool   // carPre: unknown prefix is 0 with null, not 225611
	BOM               bool
}

// Nonsense is a way to answer without answering.
type Nonsense string

// The ways. A query has been carried out and counted in all of them.
const (
	Sense             Nonsense = ""
	NonsenseTruncated Nonsense = "truncated" // the first half of the body
	NonsenseHTML      Nonsense = "html"      // a gateway's page with status 200
	NonsenseEmpty     Nonsense = "empty"     // no body
	NonsenseObject    Nonsense = "object"    // error_code 0 with a result that is a string
	NonsenseCut       Nonsense = "cut"       // the connection closes without an answer
	NonsenseHang      Nonsense = "hang"      // no answer until the client leaves
	NonsenseOversize  Nonsense = "oversize"  // 2 MiB around a good answer
	NonsenseStatus500 Nonsense = "status500" // status 500 with a page
)

// Set replaces all switches. Calls that have begun keep the old ones.
func (s *Server) Set(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.DownCities = slices.Clone(f.DownCities)
	s.faults = f
}

// Faults returns the switches, for changing one of them. ForceTimes is what is
// left of it.
func (s *Server) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults
	f.DownCities = slices.Clone(f.DownCities)
	return f
}

// take returns what one call to endpoint meets, and uses up one forced answer.
func (f *Faults) take(endpoint string) Faults {
	if f.Endpoint != "" && f.Endpoint != endpoint {
		return Faults{}
	}
	now := *f
	if f.ForceTimes > 0 {
		if f.ForceTimes--; f.ForceTimes == 0 {
			f.ForceCode = 0
		}
	}
	return now
}

func (f Faults) down(city string) bool { return f.Maintenance || slices.Contains(f.DownCities, city) }

// wrong is the code for data that do not match.
func (f Faults) wrong() int {
	if f.WrongDigitsCode == codeWrongFree {
		return codeWrongFree
	}
	return codeWrongCharged
}

func (f Faults) errorResult(p url.Values) any {
	switch {
	case f.ResultKeyEcho:
		return p.Get("key")
	case f.ErrorResult == "list":
		return []any{}
	case f.ErrorResult == "string":
		return ""
	}
	return nil
}

const gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n" +
	"<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n"

const oversize = 2 << 20

// send delivers an answer, or what the line leaves of it.
func send(w http.ResponseWriter, r *http.Request, f Faults, b body) {
	if !pause(r, f.Latency) {
		return
	}
	if f.BOM {
		b.bytes = append([]byte("\xef\xbb\xbf"), b.bytes...)
	}
	status := http.StatusOK
	switch f.Nonsense {
	case NonsenseCut:
		cut(w)
		return
	case NonsenseHang:
		<-r.Context().Done()
		return
	case NonsenseTruncated:
		b.bytes = b.bytes[:len(b.bytes)/2]
	case NonsenseEmpty:
		b.bytes = nil
	case NonsenseOversize:
		b.bytes = append(bytes.Repeat([]byte(" "), oversize), b.bytes...)
	case NonsenseHTML:
		b = body{"text/html", []byte(gatewayPage)}
	case NonsenseStatus500:
		b = body{"text/html", []byte(strings.ReplaceAll(gatewayPage, "502 Bad Gateway", "500 Internal Server Error"))}
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", b.contentType)
	w.WriteHeader(status)
	_, _ = w.Write(b.bytes) // a client that has left is its own affair
}

// pause reports false if the client left meanwhile.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, or a recorder: the server's own way to the same end
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}
