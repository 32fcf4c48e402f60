package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/juhe"
)

type citiesCommand struct {
	configFlag
	Province string `help:"Only this province, by code or name." placeholder:"ZJ|浙江"`
	JSON     bool   `name:"json" help:"Print JSON, with the columns that Juhe uses."`
}

// Help is the long description.
func (citiesCommand) Help() string {
	return `Asking is free. A city that is in maintenance today is missing from the list.

Example:

  weizhangbot cities --province 浙江`
}

// A cityRow is a city with the columns of Juhe's document: engine 1 means that
// the engine number is asked for, engineno how many of its last characters
// (0: the whole), classa and classno likewise for the VIN.
type cityRow struct {
	Province     string `json:"province"`
	ProvinceCode string `json:"province_code"`
	Name         string `json:"city_name"`
	Code         string `json:"city_code"`
	Engine       int    `json:"engine"`
	EngineNo     int    `json:"engineno"`
	Class        int    `json:"classa"`
	ClassNo      int    `json:"classno"`
}

// Run prints the list. It opens no store: what is free needs no account book.
func (c citiesCommand) Run(ctx context.Context, p *program) (err error) {
	client, done, err := c.client(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	provinces, err := c.ask(ctx, client)
	if err != nil {
		return fmt.Errorf("cities: %w", err)
	}
	if len(provinces) == 0 {
		return fmt.Errorf("cities: nothing is open in %s: the code must be Juhe's, such as ZJ, or the name, such as 浙江", or(c.Province, "any province"))
	}
	if c.JSON {
		rows := []cityRow{}
		for _, province := range provinces {
			for _, city := range province.Cities {
				rows = append(rows, rowOf(province, city))
			}
		}
		return p.printJSON(rows)
	}
	var b strings.Builder
	for _, province := range provinces {
		fmt.Fprintf(&b, "%s %s\n", short(province.Name), short(province.Code))
		for _, city := range province.Cities {
			fmt.Fprintf(&b, "  %s %s：%s\n", short(city.Name), short(city.Code), needs(city))
		}
	}
	return p.print(playground.Plain(b.String()))
}

// short is a name as the service has it, on one line.
func short(name string) string { return bot.OneLine(name, 40) }

// client is one for Juhe, or for a fake that done ends.
func (c citiesCommand) client(ctx context.Context, p *program) (client *juhe.Client, done func() error, err error) {
	if c.Config == "" {
		p.sayFake()
		w := &world{config: defaults(), log: newLogger(p.stderr, quietLog(defaults().Log))}
		if err := w.startFake(ctx); err != nil {
			return nil, nil, err
		}
		client, err = juheClient(w.config.Juhe, w.machine)
		return client, w.close, err
	}
	config, err := load(c.Config, p.environ, "juhe.key")
	if err != nil {
		return nil, nil, err
	}
	client, err = juheClient(config.Juhe, machine{})
	return client, func() error { return nil }, err
}

// ask asks for a code; a name is looked for in the whole list.
func (c citiesCommand) ask(ctx context.Context, client *juhe.Client) ([]juhe.Province, error) {
	if c.Province == "" || isASCII(c.Province) {
		return client.Cities(ctx, strings.ToUpper(c.Province))
	}
	all, err := client.Cities(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, province := range all {
		if province.Name == strings.TrimSuffix(strings.TrimSuffix(c.Province, "省"), "市") {
			return []juhe.Province{province}, nil
		}
	}
	return nil, nil
}

func rowOf(province juhe.Province, city juhe.City) cityRow {
	r := cityRow{Province: province.Name, ProvinceCode: province.Code, Name: city.Name, Code: city.Code}
	r.Engine, r.EngineNo = columns(city.Engine)
	r.Class, r.ClassNo = columns(city.VIN)
	return r
}

func columns(n juhe.Need) (needed, count int) {
	if n == juhe.NotNeeded {
		return 0, 0
	}
	return 1, int(n)
}

// needs is what a city asks for, in words.
func needs(c juhe.City) string {
	var parts []string
	for _, need := range []struct {
		name string
		of   juhe.Need
	}{{"发动机号", c.Engine}, {"车架号", c.VIN}} {
		switch need.of {
		case juhe.NotNeeded:
		case juhe.Whole:
			parts = append(parts, need.name+"全部")
		default:
			parts = append(parts, need.name+"后"+strconv.Itoa(int(need.of))+"位")
		}
	}
	return or(strings.Join(parts, "、"), "只要车牌")
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}

// or is s, or instead when there is none.
func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
