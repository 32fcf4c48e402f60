package wechat

import (
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/util"
)

// What the library seals is opened, and what is sealed the library opens, at any
// length of the padding.
func TestSealAsTheLibraryDoes(t *testing.T) {
	const appID, key, token = "wx0123456789abcdef", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "TOKEN"
	s, err := newSeal(appID, key)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 70 {
		want := strings.Repeat("长", n)
		box, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(want), appID, key)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := s.open(string(box)); !ok || string(got) != want {
			t.Errorf("%d characters: opened as %q, %v", n, got, ok)
		}
		in, err := scan(s.reply([]byte("before")[:0], token, "1700000000", []byte(want)))
		if err != nil {
			t.Fatal(err)
		}
		if _, got, err := util.DecryptMsg(appID, in.Encrypt, key); err != nil || string(got) != want {
			t.Errorf("%d characters: the library opens %q, %v", n, got, err)
		}
	}
	other, err := newSeal("wxother", key)
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range []string{"", "AAAA", "not base64", strings.Repeat("A", 43) + "=", string(other.reply(nil, token, "1", nil)[len("<xml><Encrypt><![CDATA["):])} {
		box, _, _ = strings.Cut(box, "]]>")
		if got, ok := s.open(box); ok {
			t.Errorf("%.20q: opened as %q", box, got)
		}
	}
}
