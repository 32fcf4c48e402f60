package main

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

// A maskingFormatter is the last line of defence: types mask themselves when
// they are printed, clients redact their errors, and what got past both, in
// somebody else's error text mostly, is masked in the finished line.
type maskingFormatter struct {
	inner   logrus.Formatter
	secrets *strings.Replacer
}

// maskSecrets has l mask the secrets of c and what looks like personal data.
func maskSecrets(l *logrus.Logger, c *Config) { l.SetFormatter(c.masking(l.Formatter)) }

func (c *Config) masking(f logrus.Formatter) logrus.Formatter {
	return &maskingFormatter{inner: f, secrets: secretsOf(c)}
}

// Format implements logrus.Formatter.
func (f *maskingFormatter) Format(e *logrus.Entry) ([]byte, error) {
	line, err := f.inner.Format(printed(e))
	if err != nil {
		return nil, err
	}
	text := f.secrets.Replace(string(line))
	for _, p := range personal {
		text = p.shape.ReplaceAllString(text, p.mask)
	}
	return []byte(text), nil
}

// printed has what is no plain value printed by fmt, whose methods mask; a
// formatter that writes JSON would look into it.
func printed(e *logrus.Entry) *logrus.Entry {
	plain := *e
	plain.Data = make(logrus.Fields, len(e.Data))
	for k, v := range e.Data {
		switch v.(type) {
		case nil, string, bool, int, int64, uint64, float64, error, time.Time:
		default:
			v = fmt.Sprint(v)
		}
		plain.Data[k] = v
	}
	return &plain
}

// personal is what people send, by its shape. The shapes err on the side of
// masking too much; what masks itself, as 沪C1**45 does, is left as it is.
var personal = []struct {
	shape *regexp.Regexp
	mask  string
}{
	// GA 36: a province, a letter, five or six of the rest.
	{regexp.MustCompile(`(?i)([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使][A-Z])[·\s]?[A-Z0-9]{4,5}[A-Z0-9挂学警港澳领使]`), `$1***`},
	{regexp.MustCompile(`\b[A-HJ-NPR-Z0-9]{17}\b`), `***`}, // GB 16735: a VIN
	// An openid: o and 27 more, in practice also 28; test accounts vary.
	{regexp.MustCompile(`\bo[A-Za-z0-9_-]{25,31}\b`), `o***`},
	{regexp.MustCompile(`\b(telegram|wechat):[A-Za-z0-9_-]{3,}`), `$1:***`},
	// What Telegram says of a chat it cannot find, and any number as long as the
	// newer ids are.
	{regexp.MustCompile(`(?i)\b((?:chat|user|peer|from)(?:_id)?\W{1,3})-?\d{4,}`), `$1***`},
	{regexp.MustCompile(`\b\d{10,}\b`), `***`},
	{regexp.MustCompile(`\b((?:access_token|secret|key)=)[^&"'\s\\]+`), `$1***`},
}

// leastSecret is the shortest text that is masked wherever it stands. Shorter
// ones would blank parts of ordinary words.
const leastSecret = 6

// secretsOf replaces every secret of c, in the forms that it takes on its way.
func secretsOf(c *Config) *strings.Replacer {
	var pairs []string
	for _, k := range keysOf(c) {
		text := k.value.String()
		if !k.secret() || len(text) < leastSecret {
			continue
		}
		quoted := strconv.Quote(text)
		for _, form := range []string{
			text, url.QueryEscape(text), url.PathEscape(text), quoted[1 : len(quoted)-1],
			strings.ReplaceAll(text, "&", `\u0026`), // as JSON has it
			base64.StdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)),
		} {
			pairs = append(pairs, form, "***")
		}
	}
	return strings.NewReplacer(pairs...)
}
