package lookup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/storage"
)

const (
	ruleBucket = "rule" // prefix/0|1 → ruleRecord
	cityBucket = "city" // cityTable → cityRecord
	cityTable  = "~table"
)

// rulesFor is how long a rule and the table of cities are believed. Public
// callers refresh them between every three hours and daily; asking is free.
const rulesFor = 24 * time.Hour

// rulesAtMost is for how long they are used when nobody can be asked.
const rulesAtMost = 30 * 24 * time.Hour

type ruleRecord struct {
	At   time.Time `json:"at"`
	Rule bot.Rule  `json:"rule"`
}

type cityRecord struct {
	At     time.Time  `json:"at"`
	Cities []bot.City `json:"cities"`
}

// Rule implements bot.Desk.
func (d *Desk) Rule(tx storage.Tx, at time.Time, prefix string, newEnergy bool) (bot.Rule, bool, error) {
	key := ruleKey(prefix, newEnergy)
	b, err := tx.Get(ruleBucket, key)
	if b == nil || err != nil {
		return bot.Rule{}, false, err
	}
	r, err := d.rules.decode(key, b)
	return r.Rule, err == nil && believed(r.At, at), err
}

// parsedRules are the rules that were read lately, by key: what stands in the
// store decides, and is only not parsed again while it is the same.
type parsedRules struct {
	mu    sync.Mutex
	byKey map[string]parsedRule
}

type parsedRule struct {
	text []byte
	rule ruleRecord
}

// mostRules bounds them: there are some 400 prefixes.
const mostRules = 2000

func (p *parsedRules) decode(key string, text []byte) (r ruleRecord, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.byKey[key]; bytes.Equal(known.text, text) {
		return known.rule, nil
	}
	if err := decode(ruleBucket, text, &r); err != nil {
		return ruleRecord{}, err
	}
	if p.byKey == nil || len(p.byKey) >= mostRules {
		p.byKey = map[string]parsedRule{}
	}
	p.byKey[key] = parsedRule{text, r}
	return r, nil
}

// FetchRule implements bot.Desk. When nobody can be asked, a rule of the last
// weeks will do: they seldom change, and a wrong one is found out.
func (d *Desk) FetchRule(ctx context.Context, prefix string, newEnergy bool) (bot.Rule, error) {
	rule, err := d.askRule(ctx, prefix, newEnergy)
	if err == nil || bot.KindOf(err) == bot.NoRule || bot.KindOf(err) == bot.StoreFull {
		return rule, err
	}
	var old ruleRecord
	if d.older(ctx, ruleBucket, ruleKey(prefix, newEnergy), &old) && !expired(old.At, d.now(), rulesAtMost) {
		return old.Rule, nil
	}
	return bot.Rule{}, err
}

// askRule asks for a rule and stores it.
func (d *Desk) askRule(ctx context.Context, prefix string, newEnergy bool) (bot.Rule, error) {
	c, err := through(ctx, d, juhe.EndpointPrefix, func() (juhe.City, error) { return d.client.Prefix(ctx, prefix, newEnergy) })
	if err != nil {
		return bot.Rule{}, free(err)
	}
	r := ruleRecord{At: d.now(), Rule: ruleOf(c)}
	key := ruleKey(prefix, newEnergy)
	err = d.store.Update(ctx, []string{ruleBucket + key}, func(tx storage.Tx) error {
		return put(tx, ruleBucket, key, r)
	})
	return r.Rule, stored(err)
}

// older reads a record that may be out of date. ok is false also when it cannot
// be read: why nobody could be asked is what counts then.
func (d *Desk) older(ctx context.Context, bucket, key string, v any) (ok bool) {
	err := d.store.View(ctx, func(tx storage.Tx) (err error) {
		ok, err = get(tx, bucket, key, v)
		return err
	})
	return ok && err == nil
}

// Cities implements bot.Desk.
func (d *Desk) Cities(tx storage.Tx, at time.Time) ([]bot.City, bool, error) {
	var r cityRecord
	if ok, err := get(tx, cityBucket, cityTable, &r); !ok || err != nil {
		return nil, false, err
	}
	return r.Cities, believed(r.At, at), nil
}

// FetchCities implements bot.Desk.
func (d *Desk) FetchCities(ctx context.Context) ([]bot.City, error) {
	out, err, _ := d.flights.Do(cityBucket, func() (any, error) { return d.fetchCities(ctx) })
	cities, _ := out.([]bot.City) // nil comes with an error
	return cities, err
}

// fetchCities asks, unless somebody just did: it is a large answer.
func (d *Desk) fetchCities(ctx context.Context) (cities []bot.City, err error) {
	known := false
	err = d.store.View(ctx, func(tx storage.Tx) (err error) {
		cities, known, err = d.Cities(tx, d.now())
		return err
	})
	if known || err != nil {
		return cities, stored(err)
	}
	if cities, err = d.askCities(ctx); err == nil || bot.KindOf(err) == bot.StoreFull {
		return cities, err
	}
	var old cityRecord
	if d.older(ctx, cityBucket, cityTable, &old) && !expired(old.At, d.now(), rulesAtMost) {
		return old.Cities, nil
	}
	return nil, err
}

// askCities asks for the table and stores it.
func (d *Desk) askCities(ctx context.Context) ([]bot.City, error) {
	provinces, err := through(ctx, d, juhe.EndpointCities, func() ([]juhe.Province, error) { return d.client.Cities(ctx, "") })
	if err != nil {
		return nil, free(err)
	}
	r := cityRecord{At: d.now(), Cities: citiesOf(provinces)}
	err = d.store.Update(ctx, []string{cityBucket}, func(tx storage.Tx) error {
		return put(tx, cityBucket, cityTable, r)
	})
	return r.Cities, stored(err)
}

// believed tells whether something stored at t still holds at now; a clock
// that went back does not make it hold for longer than it would have.
func believed(t, now time.Time) bool { return !expired(t, now, rulesFor) }

func ruleKey(prefix string, newEnergy bool) string {
	if newEnergy {
		return prefix + "/~1"
	}
	return prefix + "/~0"
}

func ruleOf(c juhe.City) bot.Rule {
	return bot.Rule{
		City: c.Code, Name: bot.OneLine(c.Name, mostName), Province: bot.OneLine(c.Province, mostName),
		Engine: bot.Need(c.Engine), VIN: bot.Need(c.VIN),
	}
}

// citiesOf flattens the table. The pseudo provinces of historic rows
// (SD_LISHI, 山东历史) are no places and are left out.
func citiesOf(provinces []juhe.Province) []bot.City {
	var cities []bot.City
	for _, p := range provinces {
		if strings.HasSuffix(p.Code, "_LISHI") || strings.HasSuffix(p.Name, "历史") {
			continue
		}
		for _, c := range p.Cities {
			if strings.HasSuffix(c.Code, "_LISHI") || strings.HasSuffix(c.Name, "历史") {
				continue
			}
			c.Province = p.Name
			cities = append(cities, bot.City{
				Rule:      ruleOf(c),
				NewEnergy: strings.HasSuffix(c.Code, "_NER"),
				Whole:     c.Name == p.Name && len(p.Cities) > 3, // a municipality has its own rows only
			})
		}
	}
	return cities
}

// get reads a record; ok is false when there is none.
func get(tx storage.Tx, bucket, key string, v any) (ok bool, err error) {
	b, err := tx.Get(bucket, key)
	if err != nil || b == nil {
		return false, err
	}
	return true, decode(bucket, b, v)
}

func decode(bucket string, b []byte, v any) error {
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("lookup: %s record: %w", bucket, errors.Join(storage.ErrCorrupt, err))
	}
	return nil
}

func put(tx storage.Tx, bucket, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("lookup: %s record: %w", bucket, err)
	}
	return tx.Put(bucket, key, b)
}
