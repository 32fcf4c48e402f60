package wechat

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
)

// An Account is what kind of official account it is: that decides how an answer
// can reach a person who no longer waits for it.
type Account string

// The accounts, as 公众号的接口权限 tells them apart.
const (
	Service      Account = "service"      // 认证服务号: customer messages, templates, menu, OCR
	Subscription Account = "subscription" // 认证订阅号: the same without templates
	Basic        Account = "basic"        // 未认证或个人: passive replies only
)

// The defaults of Config.
const (
	DefaultAPIBase = "https://api.weixin.qq.com"
	defaultSkew    = 5 * time.Minute
	// leastSkew leaves room for WeChat's own redeliveries: they come up to 10 s
	// after the first try and carry its timestamp.
	leastSkew = 20 * time.Second
)

// Config is what an Adapter needs.
type Config struct {
	AppID     string
	AppSecret string // not needed by a Basic account
	Token     string
	AESKey    string // EncodingAESKey; set: safe mode, plain messages are refused
	Account   Account
	APIBase   string // "": DefaultAPIBase
	// MaxClockSkew is how far a message's timestamp may be from Now; 0: 5 min.
	MaxClockSkew time.Duration
	Template     Template // for news that nothing else may carry; zero: none
	Bot          bot.Handler
	Refuses      func(context.Context, bot.UserID) bool // whose photos nobody looks at; nil: nobody's
	// Elsewhere tells that other processes answer, too, and may keep what this one
	// cannot: then a message that failed comes again. Else the person is told,
	// unless the store was only slow.
	Elsewhere  bool
	Now        func() time.Time   // nil: time.Now
	HTTPClient *http.Client       // copied; nil: one with sensible limits
	Log        logrus.FieldLogger // nil: nothing is logged
	Tracer     bot.Tracer         // nil: nothing is traced
}

var (
	appIDShape = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// tokenShape is what the platform's form for the server URL accepts.
	tokenShape  = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
	aesKeyShape = regexp.MustCompile(`^[A-Za-z0-9]{43}$`)
)

// check returns every fault of c. No error holds a secret.
func (c Config) check() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("wechat: %s: %s", key, fmt.Sprintf(format, args...)))
	}
	if !appIDShape.MatchString(c.AppID) {
		fault("app_id", "missing or malformed: copy it from 设置与开发 → 基本配置")
	}
	if !tokenShape.MatchString(c.Token) {
		fault("token", "must be 3 to 32 letters and digits, the same as in 服务器配置")
	}
	if c.AESKey != "" && !validAESKey(c.AESKey) {
		fault("aes_key", "must be the 43 characters of EncodingAESKey, or empty for plain mode")
	}
	switch c.Account {
	case Service, Subscription:
		if c.AppSecret == "" {
			fault("app_secret", "missing: a certified account needs it to send messages")
		}
	case Basic:
	default:
		fault("account", "%q is none of service, subscription, basic", c.Account)
	}
	if _, err := c.base(); err != nil {
		fault("api_base", "%v", err)
	}
	if c.MaxClockSkew != 0 && c.MaxClockSkew < leastSkew {
		fault("max_clock_skew", "%v is too short: WeChat's redeliveries are up to 15 s old, so at least %v", c.MaxClockSkew, leastSkew)
	}
	if c.Bot == nil {
		fault("bot", "missing")
	}
	if c.Template.ID != "" && c.Account != Service {
		fault("template.id", "only a certified 服务号 (account: service) may send template messages")
	}
	faults = append(faults, c.Template.check())
	return errors.Join(faults...)
}

func validAESKey(s string) bool {
	key, err := base64.StdEncoding.DecodeString(s + "=")
	return err == nil && len(key) == 32 && aesKeyShape.MatchString(s)
}

// base is the parsed APIBase. The access token travels in URLs below it, so
// plain http is for a fake on this machine only.
func (c Config) base() (*url.URL, error) {
	s := c.APIBase
	if s == "" {
		s = DefaultAPIBase
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("must be a URL such as " + DefaultAPIBase)
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("must be https; http is for this machine only")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) withDefaults() Config {
	if c.MaxClockSkew == 0 {
		c.MaxClockSkew = defaultSkew
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		c.Log = silent
	}
	return c
}
