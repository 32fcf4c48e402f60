package wechat

import (
	"net/url"
	"testing"

	"github.com/silenceper/wechat/v2/util"
)

// The library signs the same, whatever the order.
func TestSign(t *testing.T) {
	for _, parts := range [][]string{{"token", "1700000000", "nonce"}, {"b", "a", "", "c"}, {"z", string(make([]byte, 5000))}, {}} {
		if want := util.Signature(append([]string(nil), parts...)...); !sign(parts...).is(want) {
			t.Errorf("%.20q: not signed as the library does", parts)
		}
	}
	right := sign("token", "1")
	for _, wrong := range []string{"", "0", string(right[:39]), string(right[:]) + "0", "0" + string(right[1:39]) + "x"} {
		if right.is(wrong) {
			t.Errorf("%q is taken for the signature", wrong)
		}
	}
}

// A parameter is what net/url says it is, also in queries that nobody sends.
func FuzzQuery(f *testing.F) {
	for _, raw := range []string{
		"signature=a&timestamp=1&nonce=2", "nonce=first&nonce=second", "nonce=&nonce=second", "nonce", "a;nonce=1&nonce=2",
		"nonce=%zz&nonce=2", "%6eonce=1+2%2B", "&&=&nonce==x", "nonce=a;b&nonce=c", "", "%zz=1&nonce=1", "=1",
	} {
		f.Add(raw, "nonce")
		f.Add(raw, "")
	}
	f.Fuzz(func(t *testing.T, raw, name string) {
		want, _ := url.ParseQuery(raw)
		if got := query(raw).get(name); got != want.Get(name) {
			t.Errorf("%q: %q is %q, want %q", raw, name, got, want.Get(name))
		}
	})
}
