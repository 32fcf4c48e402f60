package lookup

import (
	"context"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// When nobody can be asked, rules of the last weeks will do; when Juhe says that
// there is none, they will not.
func TestOldRules(t *testing.T) {
	tests := map[string]struct {
		age          time.Duration
		fault        juhetest.Faults
		line         string
		rule, cities bot.Kind
	}{
		"all is well":            {0, juhetest.Faults{}, "", "", ""},
		"internal":               {48 * time.Hour, juhetest.Faults{ForceCode: 225608}, "", "", ""},
		"the key":                {48 * time.Hour, juhetest.Faults{ForceCode: 10001}, "", "", ""},
		"nonsense":               {48 * time.Hour, juhetest.Faults{Nonsense: juhetest.NonsenseHTML}, "", "", ""},
		"no connection":          {48 * time.Hour, juhetest.Faults{}, "unreachable", "", ""},
		"of almost a month":      {30*24*time.Hour - time.Second, juhetest.Faults{ForceCode: 225608}, "", "", ""},
		"of a month":             {30 * 24 * time.Hour, juhetest.Faults{ForceCode: 225608}, "", bot.Busy, bot.Busy},
		"Juhe knows no such one": {48 * time.Hour, juhetest.Faults{Endpoint: "carPre", ForceCode: 225611}, "", bot.NoRule, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Config{})
			ctx := context.Background()
			want, err := s.FetchRule(ctx, "苏E", false)
			if err != nil || want.City != "JS_SZ" {
				t.Fatalf("%+v, %v", want, err)
			}
			table, err := s.FetchCities(ctx)
			if err != nil {
				t.Fatal(err)
			}
			s.wait(test.age)
			s.juhe.Set(test.fault)
			s.line.set(test.line)
			rule, err := s.FetchRule(ctx, "苏E", false)
			if bot.KindOf(err) != test.rule || err == nil && rule != want {
				t.Errorf("%+v, %v; want kind %q", rule, err, test.rule)
			}
			cities, err := s.FetchCities(ctx)
			if bot.KindOf(err) != test.cities || err == nil && len(cities) != len(table) {
				t.Errorf("%d cities, %v; want kind %q", len(cities), err, test.cities)
			}
			if _, err := s.FetchRule(ctx, "沪A", false); test.line != "" && bot.KindOf(err) != bot.Unreachable {
				t.Errorf("a prefix never asked for: %v", err)
			}
		})
	}
}
