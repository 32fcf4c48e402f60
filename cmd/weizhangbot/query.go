package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/plate"
	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/juhe"
)

type queryCommand struct {
	configFlag
	Plate  string `arg:"" help:"The plate: 沪C12345."`
	Engine string `help:"Engine number, whole or its last characters."`
	VIN    string `name:"vin" help:"VIN (车架号), whole or its last characters."`
	Type   string `help:"Plate type, if the plate does not tell: 02 small car, 01 large car, 52 and 51 new energy." placeholder:"02"`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help is the long description.
func (queryCommand) Help() string {
	return `A query costs money when it succeeds and when the digits do not match. What cannot be right is
refused before that.

Example:

  weizhangbot query 沪C12345 --engine 123456 --vin 654321`
}

// Run asks once and prints the report.
func (c queryCommand) Run(ctx context.Context, p *program) (err error) {
	v, err := c.vehicle()
	if err != nil {
		return usageError{fmt.Errorf("query: %w", err)}
	}
	w, err := c.world(ctx, p, withoutDailyLimit)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	report, err := c.ask(ctx, w, v)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.printJSON(viewReport(report))
	}
	return p.print(playground.Plain(report.Text(bot.Chinese, time.Now())) + "\n")
}

// withoutDailyLimit: whoever has the configuration is the operator, whom the
// budgets bind, and not one of their users.
func withoutDailyLimit(c *Config) { c.Limits.QueriesPerUserPerDay = 0 }

// vehicle reads the arguments. A plate that would need a question first is
// refused, with the question as the reason.
func (c queryCommand) vehicle() (bot.Vehicle, error) {
	r := plate.Parse(c.Plate)
	v := bot.Vehicle{
		Plate: r.Normalized, Type: or(c.Type, r.HPZL),
		Engine: withoutBlanks.Replace(strings.ToUpper(c.Engine)), // whose dashes belong to it
		VIN:    withoutBlanks.Replace(strings.ToUpper(strings.ReplaceAll(c.VIN, "-", ""))),
	}
	switch {
	case r.Action == plate.Unsupported:
		return v, fmt.Errorf("plate %s: %s plates cannot be looked up", r.Normalized, r.Kind)
	case r.Action == plate.Confirm && r.Normalized != "":
		return v, fmt.Errorf("plate %q: perhaps %s? give it as it is on the car", c.Plate, r.Normalized)
	case r.Action == plate.Choose:
		return v, fmt.Errorf("plate %q: one of %s? give it as it is on the car", c.Plate, strings.Join(r.Candidates, ", "))
	case r.Action != plate.Query:
		return v, fmt.Errorf("plate %q: %s", c.Plate, or(r.Note, "not a plate"))
	}
	fitting := []string{"02", "01"}
	if r.Kind == plate.NEVSmall || r.Kind == plate.NEVLarge {
		fitting = []string{r.HPZL} // D or F in the plate has decided
	}
	if !slices.Contains(fitting, v.Type) {
		return v, fmt.Errorf("--type %s: the plate %s can be of type %s", v.Type, v.Plate, strings.Join(fitting, " or "))
	}
	return v, nil
}

var withoutBlanks = strings.NewReplacer(" ", "", "\t", "")

// ask finds the rule, fits the digits to it, and asks.
func (c queryCommand) ask(ctx context.Context, w *world, v bot.Vehicle) (bot.Report, error) {
	rule, err := w.desk.FetchRule(ctx, v.Prefix(), v.NewEnergy())
	if err != nil {
		return bot.Report{}, queryFault(v, err)
	}
	var faults [3]error
	v.Engine, faults[0] = fit("--engine", v.Engine, rule.Engine, bot.ShortestEngine, rule)
	v.VIN, faults[1] = fit("--vin", v.VIN, rule.VIN, bot.VINLength, rule)
	if strings.ContainsAny(v.VIN, "IOQ") {
		faults[2] = errors.New("query: --vin: a VIN has no I, O or Q: perhaps 1 or 0?")
	}
	if err := errors.Join(faults[:]...); err != nil {
		return bot.Report{}, usageError{err}
	}
	report, err := w.desk.Query(ctx, bot.Request{
		ID: "query/" + rand.Text(), User: "query:local", At: time.Now(), Vehicle: v, Rule: rule,
	})
	if err != nil {
		return bot.Report{}, queryFault(v, err)
	}
	return report, nil
}

// fit cuts a number to what the city asks for. whole is how short a whole
// number can be.
func fit(flag, given string, need bot.Need, whole int, rule bot.Rule) (string, error) {
	cut, fits := need.Cut(given, whole)
	switch fits {
	case bot.Missing:
		return "", fmt.Errorf("query: %s: %s asks for it (%s)", flag, rule.Name, juhe.Need(need))
	case bot.Garbled:
		return "", fmt.Errorf("query: %s: letters and digits only", flag)
	case bot.Short:
		return "", fmt.Errorf("query: %s: %s asks for more of it (%s)", flag, rule.Name, juhe.Need(need))
	}
	return cut, nil
}

// queryFault is a failed query, with the sentence that a person in the chat
// would read.
func queryFault(v bot.Vehicle, err error) error {
	return fmt.Errorf("query: %s: %s (%w)", v, firstLine(bot.UserText(bot.Chinese, bot.KindOf(err))), err)
}

// A reportView is a report as JSON. A fine or points that are not there are
// unknown, which is not zero; money is in 分.
type reportView struct {
	bot.Report
	Summary reportSummary `json:"summary"`
}

type reportSummary struct {
	Open          int `json:"open"`
	Decided       int `json:"decided"`
	Unknown       int `json:"unknown"`
	Owed          int `json:"owed"`
	OwedUnknown   int `json:"owed_unknown"` // rows whose fine is not known
	Points        int `json:"points"`       // to come
	PointsUnknown int `json:"points_unknown"`
}

func viewReport(r bot.Report) reportView {
	if r.Violations == nil {
		r.Violations = []bot.Violation{}
	}
	owed, points := r.Owed(), r.PointsToCome()
	s := reportSummary{Owed: owed.Total, OwedUnknown: owed.Unknown, Points: points.Total, PointsUnknown: points.Unknown}
	s.Open, s.Decided, s.Unknown = r.Count()
	return reportView{r, s}
}
