package main

import (
	"strings"
	"testing"
)

// Whatever stands in a variable: it is the key's value, or a fault that names the
// key; and a secret is never part of what is said about it.
func FuzzEnviron(f *testing.F) {
	c := defaults()
	for i, k := range keysOf(&c) {
		f.Add(uint8(i), k.variable())
	}
	for i, text := range []string{"", "5s", "-1", "a,b,,", "https://[::1", "21:00-08:00", "true", "\x00", "99999999999999999999", "{a: b}", "id:1,x", "http://user:pa55word@proxy", "postgres://u:pa55word@h/x?a=%zz"} {
		for n := range len(keysOf(&c)) {
			if (n+i)%5 == 0 {
				f.Add(uint8(n), text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, text string) {
		c := defaults()
		keys := keysOf(&c)
		k := keys[int(n)%len(keys)]
		var fs faults
		readEnv(&c, []string{k.variable() + "=" + text}, &fs)
		c.check(&fs)
		for _, fault := range fs {
			if fault.key == "" || fault.what == "" {
				t.Fatalf("a fault that says nothing: %+v", fault)
			}
			if said := fault.Error(); k.secret() && len(text) > 8 && strings.Contains(said, text) && !strings.Contains(k.variable(), strings.ToUpper(text)) {
				t.Fatalf("the fault repeats a secret: %s", said)
			}
		}
	})
}
