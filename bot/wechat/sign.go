package wechat

import (
	"crypto/sha1" //nolint:gosec // the platform's choice
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// A signature is the SHA-1 of some parts in hexadecimal.
type signature [2 * sha1.Size]byte

// sign is the platform's signature: of the parts in order, one behind the other.
func sign(parts ...string) (s signature) {
	slices.Sort(parts)
	var room [1024]byte // for a short message in safe mode
	all := room[:0]
	for _, p := range parts {
		all = append(all, p...)
	}
	sum := sha1.Sum(all) //nolint:gosec // the platform's choice
	hex.Encode(s[:], sum[:])
	return s
}

// is compares in constant time.
func (s signature) is(got string) bool {
	return subtle.ConstantTimeCompare([]byte(got), s[:]) == 1
}

// A query is the query of a URL as it stands there.
type query string

// get is what url.Values.Get gives: the first value of a name, "" when there is
// none. It reads the few parameters of a request without a map of them.
func (q query) get(name string) string {
	pair, rest, more := "", string(q), true
	for more {
		pair, rest, more = strings.Cut(rest, "&")
		if strings.Contains(pair, ";") {
			continue // net/url leaves it out, too
		}
		key, value, _ := strings.Cut(pair, "=")
		if key, ok := unquote(key); !ok || key != name || pair == "" {
			continue
		}
		if value, ok := unquote(value); ok {
			return value
		}
	}
	return ""
}

func unquote(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	s, err := url.QueryUnescape(s)
	return s, err == nil
}
