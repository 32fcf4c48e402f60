package main

import (
	"fmt"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/storage/sealed"
)

// A Config is all that an operator decides. config.yaml at the top of the
// repository is its reference; a key's yaml and env names follow each other by
// one rule, which a test holds.
type Config struct {
	Server   Server   `yaml:"server" envPrefix:"SERVER_"`
	Log      Log      `yaml:"log" envPrefix:"LOG_"`
	Storage  Storage  `yaml:"storage" envPrefix:"STORAGE_"`
	Juhe     Juhe     `yaml:"juhe" envPrefix:"JUHE_"`
	Limits   Limits   `yaml:"limits" envPrefix:"LIMITS_"`
	WeChat   WeChat   `yaml:"wechat" envPrefix:"WECHAT_"`
	Telegram Telegram `yaml:"telegram" envPrefix:"TELEGRAM_"`
	Push     Push     `yaml:"push" envPrefix:"PUSH_"`
	Privacy  Privacy  `yaml:"privacy" envPrefix:"PRIVACY_"`
	Admins   []string `yaml:"admins" env:"ADMINS"`
}

// Server says where the program listens.
type Server struct {
	Listen      string `yaml:"listen" env:"LISTEN"`
	AdminListen string `yaml:"admin_listen" env:"ADMIN_LISTEN"`
	AdminToken  Secret `yaml:"admin_token" env:"ADMIN_TOKEN"`
	// TrustedProxies are whose X-Forwarded-For is believed, as addresses or
	// networks. Everybody else's is what anybody can write.
	TrustedProxies []string `yaml:"trusted_proxies" env:"TRUSTED_PROXIES"`
}

// Log says how much is logged, and in what form.
type Log struct {
	Level  string `yaml:"level" env:"LEVEL"`
	Format string `yaml:"format" env:"FORMAT"`
}

// Storage says where the records are kept.
type Storage struct {
	Driver        string `yaml:"driver" env:"DRIVER"`
	Path          string `yaml:"path" env:"PATH"`
	DSN           Secret `yaml:"dsn" env:"DSN"`
	EncryptionKey Secret `yaml:"encryption_key" env:"ENCRYPTION_KEY"`
}

// key is the 32 bytes of encryption_key, nil when it is empty.
func (s Storage) key() []byte {
	key, err := sealed.ParseKey(string(s.EncryptionKey))
	if err != nil { // empty: check has refused all others
		return nil
	}
	return key
}

// Juhe is the account at Juhe and what it may spend. A budget of 0 is none, a
// price of 0 is not known.
type Juhe struct {
	Key           Secret        `yaml:"key" env:"KEY"`
	BaseURL       string        `yaml:"base_url" env:"BASE_URL"`
	Timeout       time.Duration `yaml:"timeout" env:"TIMEOUT"`
	CacheFor      time.Duration `yaml:"cache_for" env:"CACHE_FOR"`
	DailyBudget   int           `yaml:"daily_budget" env:"DAILY_BUDGET"`
	MonthlyBudget int           `yaml:"monthly_budget" env:"MONTHLY_BUDGET"`
	Price         float64       `yaml:"price" env:"PRICE"` // yuan
}

// Limits is what one user, or one address, may do; 0 is no limit.
type Limits struct {
	QueriesPerUserPerDay        int `yaml:"queries_per_user_per_day" env:"QUERIES_PER_USER_PER_DAY"`
	QueriesPerUserPerMonth      int `yaml:"queries_per_user_per_month" env:"QUERIES_PER_USER_PER_MONTH"`
	QueriesPerNewUser           int `yaml:"queries_per_new_user" env:"QUERIES_PER_NEW_USER"`
	QueriesOfNewUsersPerHour    int `yaml:"queries_of_new_users_per_hour" env:"QUERIES_OF_NEW_USERS_PER_HOUR"`
	VehiclesPerUser             int `yaml:"vehicles_per_user" env:"VEHICLES_PER_USER"`
	MessagesPerUserPerMinute    int `yaml:"messages_per_user_per_minute" env:"MESSAGES_PER_USER_PER_MINUTE"`
	RefusalsPerAddressPerMinute int `yaml:"refusals_per_address_per_minute" env:"REFUSALS_PER_ADDRESS_PER_MINUTE"`
	ConnectionsPerAddress       int `yaml:"connections_per_address" env:"CONNECTIONS_PER_ADDRESS"`
}

// WeChat is one official account.
type WeChat struct {
	AppID        string        `yaml:"app_id" env:"APP_ID"`
	AppSecret    Secret        `yaml:"app_secret" env:"APP_SECRET"`
	Token        Secret        `yaml:"token" env:"TOKEN"`
	AESKey       Secret        `yaml:"aes_key" env:"AES_KEY"`
	Account      string        `yaml:"account" env:"ACCOUNT"`
	Path         string        `yaml:"path" env:"PATH"`
	APIBase      string        `yaml:"api_base" env:"API_BASE"`
	MaxClockSkew time.Duration `yaml:"max_clock_skew" env:"MAX_CLOCK_SKEW"`
	Template     Template      `yaml:"template" envPrefix:"TEMPLATE_"`
}

// Template is the template message that carries a push.
type Template struct {
	ID     string            `yaml:"id" env:"ID"`
	URL    string            `yaml:"url" env:"URL"`
	Fields map[string]string `yaml:"fields" env:"FIELDS"`
}

// on tells whether anything of the account is configured.
func (w WeChat) on() bool {
	return w.AppID != "" || w.AppSecret != "" || w.Token != "" || w.AESKey != ""
}

// Telegram is one bot.
type Telegram struct {
	Token         Secret `yaml:"token" env:"TOKEN"`
	APIBase       string `yaml:"api_base" env:"API_BASE"`
	Proxy         Secret `yaml:"proxy" env:"PROXY"`
	Mode          string `yaml:"mode" env:"MODE"`
	WebhookURL    string `yaml:"webhook_url" env:"WEBHOOK_URL"`
	WebhookSecret Secret `yaml:"webhook_secret" env:"WEBHOOK_SECRET"`
	Path          string `yaml:"path" env:"PATH"`
	OCR           OCR    `yaml:"ocr" envPrefix:"OCR_"`
}

// OCR is the service that reads photos of a 行驶证; without URL there is none.
type OCR struct {
	URL   string `yaml:"url" env:"URL"`
	Token Secret `yaml:"token" env:"TOKEN"`
}

func (t Telegram) on() bool { return t.Token != "" }

func (t Telegram) webhook() bool { return t.Mode == "webhook" }

// Push says when watched cars are checked and their watchers told.
type Push struct {
	Every    time.Duration `yaml:"every" env:"EVERY"`
	Quiet    Quiet         `yaml:"quiet" env:"QUIET"`
	Timezone string        `yaml:"timezone" env:"TIMEZONE"`
}

// Privacy says what 隐私 shows.
type Privacy struct {
	File string `yaml:"file" env:"FILE"` // "": bot.DefaultPrivacy
}

// text reads the file; nil is the default.
func (p Privacy) text() (*bot.Privacy, error) {
	if p.File == "" {
		return nil, nil
	}
	b, err := readBounded(p.File)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: name a file that this program may read", p.File, cause(err))
	}
	return bot.ParsePrivacy(string(b))
}

// admins are the people who may use /admin.
func (c Config) admins() []bot.UserID {
	ids := make([]bot.UserID, len(c.Admins))
	for i, id := range c.Admins {
		ids[i] = bot.UserID(id)
	}
	return ids
}

// defaults is the configuration of somebody who configured nothing.
func defaults() Config {
	return Config{
		Server: Server{Listen: "127.0.0.1:8080", AdminListen: "127.0.0.1:9090"},
		Log:    Log{Level: "info", Format: "json"},
		Storage: Storage{
			Driver: "bbolt",
			Path:   "weizhangbot.db",
		},
		Juhe: Juhe{
			BaseURL:  "https://v.juhe.cn/sweizhang",
			Timeout:  30 * time.Second,
			CacheFor: 6 * time.Hour,
		},
		Limits: Limits{
			QueriesPerUserPerDay:        10,
			VehiclesPerUser:             5,
			MessagesPerUserPerMinute:    20,
			RefusalsPerAddressPerMinute: 60,
			ConnectionsPerAddress:       128,
		},
		WeChat: WeChat{
			Account:      "service",
			Path:         "/wechat",
			APIBase:      "https://api.weixin.qq.com",
			MaxClockSkew: 5 * time.Minute,
		},
		Telegram: Telegram{
			APIBase: "https://api.telegram.org",
			Mode:    "polling",
			Path:    "/telegram",
		},
		Push: Push{
			Every:    7 * 24 * time.Hour,
			Quiet:    Quiet{From: 21 * time.Hour, To: 8 * time.Hour},
			Timezone: "Asia/Shanghai",
		},
	}
}
