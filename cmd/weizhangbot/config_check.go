package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/storage/pgstore"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// check refuses values that cannot be right, whatever command they are for.
func (c *Config) check(fs *faults) {
	v := checker{fs}
	c.Server.check(v)
	c.Log.check(v)
	c.Storage.check(v)
	c.Juhe.check(v)
	c.Limits.check(v)
	v.oneOf("wechat.account", c.WeChat.Account, "service", "subscription", "basic")
	if c.WeChat.on() {
		c.WeChat.check(v)
	}
	v.oneOf("telegram.mode", c.Telegram.Mode, "polling", "webhook")
	if c.Telegram.on() {
		c.Telegram.check(v)
	}
	if c.WeChat.on() && c.Telegram.on() && c.WeChat.Path == c.Telegram.Path {
		v.fault("telegram.path", "the same as wechat.path", "give each its own")
	}
	c.Push.check(v)
	for _, id := range c.Admins {
		v.matches("admins", id, userID, "user ids such as telegram:123456")
	}
}

func (s Server) check(v checker) {
	v.address("server.listen", s.Listen)
	v.address("server.admin_listen", s.AdminListen)
	if _, port, err := net.SplitHostPort(s.Listen); err == nil && s.Listen == s.AdminListen && port != "0" {
		v.fault("server.admin_listen", "the same as server.listen", "operators and the public need an address each")
	}
	if !loopback(s.AdminListen) && s.AdminToken == "" {
		v.fault("server.admin_token", "missing, and server.admin_listen is open to others", "set a long random one, or listen on 127.0.0.1")
	}
	for _, text := range s.TrustedProxies {
		if _, err := networkOf(text); err != nil {
			v.fault("server.trusted_proxies", fmt.Sprintf("%q is no address", text), "such as 127.0.0.1 or 10.0.0.0/8")
		}
	}
}

func (l Log) check(v checker) {
	if _, err := logrus.ParseLevel(l.Level); err != nil {
		v.fault("log.level", fmt.Sprintf("%q is no level", l.Level), "debug, info, warn or error")
	}
	v.oneOf("log.format", l.Format, "json", "text")
}

func (s Storage) check(v checker) {
	v.oneOf("storage.driver", s.Driver, "bbolt", "postgres")
	if s.EncryptionKey != "" {
		if _, err := sealed.ParseKey(string(s.EncryptionKey)); err != nil {
			v.fault("storage.encryption_key", "not 32 bytes in base64", "openssl rand -base64 32 makes one")
		}
	}
	switch s.Driver {
	case "bbolt":
		if s.Path == "" {
			v.fault("storage.path", "missing", "name the file, such as weizhangbot.db")
		}
	case "postgres":
		s.checkDSN(v)
		if s.EncryptionKey == "" {
			v.fault("storage.encryption_key", "missing", "several machines need the same key: openssl rand -base64 32 makes one")
		}
	}
}

// checkDSN refuses what names no database. A socket stands in the query:
// postgres:///database?host=/run/postgresql.
func (s Storage) checkDSN(v checker) {
	const hint = "postgres://user:password@host/database" //nolint:gosec // G101: an example
	u, err := url.Parse(string(s.DSN))
	switch {
	case err != nil || u.Host == "" && u.Query().Get("host") == "" || u.Scheme != "postgres" && u.Scheme != "postgresql":
		v.fault("storage.dsn", "missing or no address of a database", hint)
	case pgstore.CheckDSN(string(s.DSN)) != nil:
		v.fault("storage.dsn", "has a part that cannot be read (a port, sslmode, search_path, a certificate's file)", hint)
	}
}

func (j Juhe) check(v checker) {
	v.baseURL("juhe.base_url", j.BaseURL)
	v.positive("juhe.timeout", j.Timeout)
	v.atLeastZero("juhe.cache_for", int64(j.CacheFor))
	v.atLeastZero("juhe.daily_budget", int64(j.DailyBudget))
	v.atLeastZero("juhe.monthly_budget", int64(j.MonthlyBudget))
	v.price("juhe.price", j.Price)
}

func (l Limits) check(v checker) {
	v.atLeastZero("limits.queries_per_user_per_day", int64(l.QueriesPerUserPerDay))
	v.atLeastZero("limits.queries_per_user_per_month", int64(l.QueriesPerUserPerMonth))
	v.atLeastZero("limits.queries_per_new_user", int64(l.QueriesPerNewUser))
	v.atLeastZero("limits.queries_of_new_users_per_hour", int64(l.QueriesOfNewUsersPerHour))
	v.atLeastZero("limits.vehicles_per_user", int64(l.VehiclesPerUser))
	v.atLeastZero("limits.messages_per_user_per_minute", int64(l.MessagesPerUserPerMinute))
	v.atLeastZero("limits.refusals_per_address_per_minute", int64(l.RefusalsPerAddressPerMinute))
	v.atLeastZero("limits.connections_per_address", int64(l.ConnectionsPerAddress))
}

// What a field of a template message may carry.
var templateFields = []string{"plate", "count", "money", "points", "time", "place", "act", "note"}

func (w WeChat) check(v checker) {
	if w.Token != "" {
		v.secretMatches("wechat.token", w.Token, wechatToken, "3 to 32 letters and digits, the same as in the account's settings")
	}
	if w.AESKey != "" {
		v.secretMatches("wechat.aes_key", w.AESKey, aesKey, "EncodingAESKey: 43 letters and digits")
	}
	v.door("wechat.path", w.Path)
	v.baseURL("wechat.api_base", w.APIBase)
	if w.MaxClockSkew < leastSkew {
		v.fault("wechat.max_clock_skew", fmt.Sprintf("%s is too short", w.MaxClockSkew), "messages that WeChat sends again are up to 15s old: 20s or more")
	}
	for _, field := range sortedKeys(w.Template.Fields) {
		v.oneOf("wechat.template.fields."+field, w.Template.Fields[field], templateFields...)
	}
	if w.Template.URL != "" {
		v.webURL("wechat.template.url", w.Template.URL, "http", "https")
	}
}

func (t Telegram) check(v checker) {
	v.secretMatches("telegram.token", t.Token, telegramToken, "as @BotFather gave it: 123456:ABC-DEF…")
	v.baseURL("telegram.api_base", t.APIBase)
	if t.Proxy != "" {
		if u, err := url.Parse(string(t.Proxy)); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
			v.fault("telegram.proxy", "no address of a proxy", "http://host:port or socks5://host:port")
		}
	}
	if t.OCR.URL != "" {
		v.baseURL("telegram.ocr.url", t.OCR.URL)
	}
	v.door("telegram.path", t.Path)
	if t.Mode == "webhook" {
		v.webURL("telegram.webhook_url", t.WebhookURL, "https")
	}
	if t.WebhookSecret != "" {
		v.secretMatches("telegram.webhook_secret", t.WebhookSecret, webhookSecret, "1 to 256 letters, digits, _ and -")
	}
}

func (p Push) check(v checker) {
	v.positive("push.every", p.Every)
	if _, err := time.LoadLocation(p.Timezone); err != nil || p.Timezone == "" {
		v.fault("push.timezone", fmt.Sprintf("%q is no time zone", p.Timezone), "such as Asia/Shanghai")
	}
}

// The shapes that platforms prescribe.
var (
	userID        = regexp.MustCompile(`^(telegram|wechat):\S+$`)
	wechatToken   = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)     // WeChat, 服务器配置
	aesKey        = regexp.MustCompile(`^[A-Za-z0-9]{43}$`)       // WeChat, 消息加解密说明
	telegramToken = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`) // a line end in it would leak it through an error of net/url
	webhookSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)  // Bot API, setWebhook
)

// leastSkew leaves room for WeChat's redeliveries, which carry the timestamp of
// the first try.
const leastSkew = 20 * time.Second

// A checker has one method for each thing a value can be.
type checker struct{ faults *faults }

func (v checker) fault(key, what, hint string) {
	if !v.faults.known(key) {
		v.faults.add(key, what, hint)
	}
}

func (v checker) positive(key string, d time.Duration) {
	if d <= 0 {
		v.fault(key, fmt.Sprintf("%s is not above zero", d), "a duration such as 30s, 5m or 6h")
	}
}

func (v checker) atLeastZero(key string, n int64) {
	if n < 0 {
		v.fault(key, "below zero", "0 or more")
	}
}

// highestPrice is far above what a query costs anywhere: more is a slip.
const highestPrice = 1000

func (v checker) price(key string, yuan float64) {
	if !(yuan >= 0 && yuan <= highestPrice) { // so that NaN is refused too
		v.fault(key, fmt.Sprintf("%v is no price", yuan), "yuan for a paid query, such as 0.15; 0 is not known")
	}
}

func (v checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		v.fault(key, fmt.Sprintf("%q is not known", value), "one of "+strings.Join(allowed, ", "))
	}
}

func (v checker) matches(key, value string, shape *regexp.Regexp, hint string) {
	if !shape.MatchString(value) {
		v.fault(key, fmt.Sprintf("%q cannot be right", value), hint)
	}
}

func (v checker) secretMatches(key string, value Secret, shape *regexp.Regexp, hint string) {
	if !shape.MatchString(string(value)) {
		v.fault(key, "the value cannot be right", hint)
	}
}

func (v checker) path(key, value string) {
	if u, err := url.Parse(value); err != nil || !strings.HasPrefix(value, "/") || len(value) < 2 || u.Path != value {
		v.fault(key, fmt.Sprintf("%q is no path", value), "begin it with /")
	}
}

// door is a path that a platform calls; those of the program are taken.
func (v checker) door(key, value string) {
	v.path(key, value)
	if value == healthPath || value == readyPath {
		v.fault(key, fmt.Sprintf("%q is the program's own", value), "such as /wechat or /telegram")
	}
}

// baseURL wants https, because keys and plates travel there; http is for a
// fake on this machine.
func (v checker) baseURL(key, value string) {
	if u, err := url.Parse(value); err == nil && u.Scheme == "http" && u.Host != "" && !loopback(u.Host) {
		v.fault(key, "http sends keys and plates in the clear", "use https; http only to this machine")
		return
	}
	v.webURL(key, value, "http", "https")
}

func (v checker) webURL(key, value string, schemes ...string) {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) || u.User != nil {
		v.fault(key, fmt.Sprintf("%q is no address", redactedURL(value)), "such as https://host/path")
	}
}

func (v checker) address(key, value string) {
	_, port, err := net.SplitHostPort(value)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n > 65535 {
		v.fault(key, fmt.Sprintf("%q is no address", value), "host:port such as 127.0.0.1:8080")
	}
}

// loopback tells whether an address, with or without port, is only this machine.
func loopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// redactedURL is an address for an error message, without a password in it.
func redactedURL(value string) string {
	if strings.Contains(value, "@") {
		return value[:strings.Index(value, ":")+1] + "…" + value[strings.LastIndex(value, "@"):]
	}
	return value
}
