package main

import (
	"strconv"
	"testing"
)

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.0.0.1": true, "127.9.9.9:1": true, "[::1]:8080": true, "::1": true,
		"localhost:80": true, "localhost": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "192.168.1.2:80": false,
		"example.com:80": false, "localhost.example.com:80": false, "127.0.0.1.example.com": false, "": false,
	} {
		if got := loopback(address); got != want {
			t.Errorf("loopback(%q) = %v", address, got)
		}
	}
}

func TestRedactedURL(t *testing.T) {
	for value, want := range map[string]string{
		"https://v.juhe.cn/sweizhang": "https://v.juhe.cn/sweizhang",
		"https://me:pw@v.juhe.cn":     "https:…@v.juhe.cn",
		"https://me:p@w@v.juhe.cn":    "https:…@v.juhe.cn",
		"me:pw@v.juhe.cn":             "me:…@v.juhe.cn",
		"pw@host":                     "…@host",
		"":                            "",
	} {
		if got := redactedURL(value); got != want {
			t.Errorf("redactedURL(%q) = %q, want %q", value, got, want)
		}
	}
}

// Each kind of value, with what just passes and what just does not.
func TestChecker(t *testing.T) {
	for _, tt := range []struct {
		name  string
		check func(v checker, value string)
		good  []string
		bad   []string
	}{
		{"address", func(v checker, s string) { v.address("k", s) },
			[]string{"127.0.0.1:0", ":8080", "[::1]:65535", "bot.example:80"},
			[]string{"", "8080", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http", "::1:80"}},
		{"base URL", func(v checker, s string) { v.baseURL("k", s) },
			[]string{"https://v.juhe.cn", "https://v.juhe.cn/sweizhang", "http://127.0.0.1:8900/x", "http://localhost", "http://[::1]:1"},
			[]string{"", "v.juhe.cn", "http://v.juhe.cn", "ftp://v.juhe.cn", "https://", "//v.juhe.cn", "https://u:p@v.juhe.cn", "http://127.0.0.1.evil.example", "https://a b"}},
		{"path", func(v checker, s string) { v.path("k", s) },
			[]string{"/wechat", "/a/b"},
			[]string{"", "/", "wechat", "/a?b", "/a#b", "https://host/a"}},
		{"admin", func(v checker, s string) { v.matches("k", s, userID, "") },
			[]string{"telegram:123456", "wechat:oAbC_d-1"},
			[]string{"", "123456", "telegram:", "telegram: 1", "chat:you"}},
		{"WeChat token", func(v checker, s string) { v.secretMatches("k", Secret(s), wechatToken, "") },
			[]string{"abc", "ABCdef123ABCdef123ABCdef123ABCde"},
			[]string{"", "ab", "ABCdef123ABCdef123ABCdef123ABCdef", "with space", "line\n"}},
		{"price", func(v checker, s string) {
			yuan, err := strconv.ParseFloat(s, 64)
			if err != nil {
				t.Fatal(err)
			}
			v.price("k", yuan)
		},
			[]string{"0", "0.15", "1000"},
			[]string{"-0.01", "1000.5", "NaN", "+Inf", "-Inf"}},
		{"AES key", func(v checker, s string) { v.secretMatches("k", Secret(s), aesKey, "") },
			[]string{other["wechat.aes_key"]},
			[]string{"", other["wechat.aes_key"] + "=", other["wechat.aes_key"][1:]}},
		{"Telegram token", func(v checker, s string) { v.secretMatches("k", Secret(s), telegramToken, "") },
			[]string{"123456:ABC-DEF_gh"},
			[]string{"", "123456", ":abc", "bot:abc", "123456:abc\n"}},
		{"webhook secret", func(v checker, s string) { v.secretMatches("k", Secret(s), webhookSecret, "") },
			[]string{"a", "A_b-9"},
			[]string{"", "a b", "é"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, value := range tt.good {
				if fs := checked(tt.check, value); len(fs) > 0 {
					t.Errorf("%q refused: %v", value, fs)
				}
			}
			for _, value := range tt.bad {
				if fs := checked(tt.check, value); len(fs) != 1 {
					t.Errorf("%q: %d faults, want one", value, len(fs))
				}
			}
		})
	}
}

func checked(check func(checker, string), value string) faults {
	var fs faults
	check(checker{&fs}, value)
	return fs
}

// What follows from a fault is not a second one.
func TestOneFaultAKey(t *testing.T) {
	var fs faults
	v := checker{&fs}
	v.fault("a.b", "first", "")
	v.fault("a.b", "second", "")
	v.fault("a.c", "other", "hint")
	if len(fs) != 2 || fs[0].Error() != "config: a.b: first" || fs[1].Error() != "config: a.c: other: hint" {
		t.Errorf("got %v", fs)
	}
}
