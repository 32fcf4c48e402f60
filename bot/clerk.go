package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weizhangbot/weizhangbot/bot/plate"
	"github.com/weizhangbot/weizhangbot/storage"
)

// A clerk checks the lines of an import, one after the other.
type clerk struct {
	fleet   *Fleet
	rules   map[ruleFor]ruling
	seen    map[Vehicle]int // the line of each car, by plate and type
	report  ImportReport
	entries []entry
}

// An entry is a line that can be imported.
type entry struct {
	line  int
	saved Saved
	fresh bool // not saved yet
}

// A ruleFor is whose rule it is.
type ruleFor struct {
	prefix    string
	newEnergy bool
}

// A ruling is a rule, or why there is none.
type ruling struct {
	Rule
	fault string
}

// rules are those of all plates of the rows, from the store or, for free, from
// the outside.
func (f *Fleet) rules(ctx context.Context, rows []rosterRow) (map[ruleFor]ruling, error) {
	rules := map[ruleFor]ruling{}
	for _, row := range rows {
		r := plate.Parse(row.plate)
		k := ruleFor{r.Prefix, r.Kind == plate.NEVSmall || r.Kind == plate.NEVLarge}
		if _, known := rules[k]; known || r.Action != plate.Query {
			continue
		}
		rule, err := f.rule(ctx, k)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		found := ruling{Rule: rule}
		switch KindOf(err) {
		case "":
		case NoRule:
			found.fault = "no city is known for " + k.prefix
		case StoreFull:
			return nil, err
		default:
			found.fault = fmt.Sprintf("what the city asks for is not known now (%s): try later", KindOf(err))
		}
		rules[k] = found
	}
	return rules, nil
}

func (f *Fleet) rule(ctx context.Context, k ruleFor) (rule Rule, err error) {
	known := false
	err = f.Store.View(ctx, func(tx storage.Tx) (err error) {
		rule, known, err = f.Desk.Rule(tx, f.now(), k.prefix, k.newEnergy)
		return err
	})
	if known || err != nil {
		return rule, err
	}
	return f.Desk.FetchRule(ctx, k.prefix, k.newEnergy)
}

// take checks a line: all that is wrong with it is told, not the first only.
func (c *clerk) take(row rosterRow) {
	before := len(c.report.Faults)
	s := Saved{Name: c.name(row)}
	var ok bool
	if s.Plate, s.Type, ok = c.plate(row); ok {
		c.digits(row, &s)
		if first, twice := c.seen[s.bare()]; twice {
			c.fault(row.line, FaultTwice, fmt.Sprintf("%s is in line %d already", s.Plate, first))
		} else {
			c.seen[s.bare()] = row.line
		}
	}
	if len(c.report.Faults) == before {
		c.entries = append(c.entries, entry{line: row.line, saved: s})
	}
}

func (c *clerk) fault(line int, kind FaultKind, text string) {
	c.report.Faults = append(c.report.Faults, ImportFault{line, kind, text})
}

func (c *clerk) note(line int, kind FaultKind, text string) {
	c.report.Notes = append(c.report.Notes, ImportFault{line, kind, text})
}

// plate reads the plate and the type of a line; what a person would have to
// confirm is a fault here, because nobody is there to ask.
func (c *clerk) plate(row rosterRow) (number, hpzl string, ok bool) {
	r := plate.Parse(row.plate)
	switch {
	case row.plate == "":
		c.fault(row.line, FaultPlate, "no plate")
		return "", "", false
	case r.Action == plate.Unsupported:
		c.fault(row.line, FaultKindOf, fmt.Sprintf("%s: %s plates cannot be looked up", row.plate, r.Kind))
		return "", "", false
	case r.Action == plate.Confirm && r.Normalized != "":
		c.fault(row.line, FaultDoubtful, fmt.Sprintf("%s: perhaps %s? write it as it is on the car", row.plate, r.Normalized))
		return "", "", false
	case r.Action == plate.Choose:
		c.fault(row.line, FaultDoubtful, fmt.Sprintf("%s: one of %s? write it as it is on the car", row.plate, strings.Join(r.Candidates, ", ")))
		return "", "", false
	case r.Action != plate.Query:
		c.fault(row.line, FaultPlate, fmt.Sprintf("%s: %s", row.plate, or(r.Note, "no plate")))
		return "", "", false
	}
	if r.Reason == plate.Repaired {
		c.note(row.line, NoteRead, fmt.Sprintf("%s is read as %s: a serial has no O and no I", row.plate, r.Normalized))
	}
	hpzl, known := typeOf(row.kind)
	fitting := []string{"02", "01"}
	if r.Kind == plate.NEVSmall || r.Kind == plate.NEVLarge {
		fitting = []string{r.HPZL} // the place of the letter has decided
	}
	switch {
	case !known:
		c.fault(row.line, FaultKindOf, fmt.Sprintf("type %s: only 02 小型汽车, 01 大型汽车, 52 小型新能源汽车 and 51 大型新能源汽车 can be looked up", row.kind))
		return "", "", false
	case hpzl == "":
		return r.Normalized, r.HPZL, true
	case !slices.Contains(fitting, hpzl):
		c.fault(row.line, FaultType, fmt.Sprintf("type %s: %s is of type %s", row.kind, r.Normalized, strings.Join(fitting, " or ")))
		return "", "", false
	}
	return r.Normalized, hpzl, true
}

// typeOf reads a type as code, in words, or as a spreadsheet leaves it: without
// the zero in front. "" is none.
func typeOf(s string) (hpzl string, known bool) {
	for _, noun := range []string{"号牌", "汽车", " car", " vehicle"} {
		s = strings.TrimSuffix(s, noun)
	}
	switch strings.ToLower(s) {
	case "":
		return "", true
	case "02", "2", "小型", "蓝牌", "small":
		return "02", true
	case "01", "1", "大型", "黄牌", "large":
		return "01", true
	case "52", "小型新能源", "绿牌", "small_nev", "small new energy", "small new-energy":
		return "52", true
	case "51", "大型新能源", "黄绿牌", "large_nev", "large new energy", "large new-energy":
		return "51", true
	}
	return "", false
}

// digits fits the numbers of a line to what its city asks for.
func (c *clerk) digits(row rosterRow, s *Saved) {
	rule, ok := c.rules[ruleFor{s.Prefix(), s.NewEnergy()}]
	switch {
	case !ok:
		c.fault(row.line, FaultRule, "what its city asks for is not known")
		return
	case rule.fault != "":
		c.fault(row.line, FaultRule, rule.fault)
		return
	}
	s.City = rule.Name
	engine := strings.ToUpper(withoutBlanks.Replace(row.engine))
	vin := strings.ToUpper(strings.ReplaceAll(withoutBlanks.Replace(row.vin), "-", ""))
	s.Engine = c.fit(row.line, FaultEngine, number{"engine number", engine, rule.Engine, ShortestEngine}, rule.Rule)
	s.VIN = c.fit(row.line, FaultVIN, number{"VIN", vin, rule.VIN, VINLength}, rule.Rule)
	if strings.ContainsAny(vin, "IOQ") && rule.VIN != NotNeeded {
		c.fault(row.line, FaultVIN, "a VIN has no I, O or Q: perhaps 1 or 0?")
	} else if v := plate.ParseVIN(vin); utf8.RuneCountInString(vin) == VINLength && rule.VIN != NotNeeded && v.Valid() && !v.CheckOK {
		c.note(row.line, NoteVIN, "the check digit of the VIN is wrong: perhaps a slip, perhaps an imported car")
	}
}

var withoutBlanks = strings.NewReplacer(" ", "", "\t", "", "\u00a0", "", "\u3000", "")

// A number is an engine number or a VIN as given, with what is needed of it.
type number struct {
	what     string
	given    string
	need     Need
	shortest int
}

// fit cuts a number to what the city asks for.
func (c *clerk) fit(line int, kind FaultKind, n number, rule Rule) string {
	cut, fits := n.need.Cut(n.given, n.shortest)
	wanted := fmt.Sprintf("the last %d characters", int(n.need))
	if n.need == Whole {
		wanted = "the whole of it"
	}
	switch {
	case n.need != NotNeeded && scientific.MatchString(n.given):
		c.fault(line, kind, fmt.Sprintf("%s %s: a spreadsheet made a number of it: format the column as text", n.what, n.given))
	case fits == Missing:
		c.fault(line, kind, fmt.Sprintf("no %s: %s asks for %s", n.what, rule.Name, wanted))
	case fits == Garbled:
		c.fault(line, kind, n.what+": letters and digits only")
	case fits == Short:
		c.fault(line, kind, fmt.Sprintf("%s of %d characters: %s asks for %s", n.what, utf8.RuneCountInString(n.given), rule.Name, wanted))
	default:
		return cut
	}
	return ""
}

// longestName is how many characters the name of a car may have.
const longestName = 20

func (c *clerk) name(row rosterRow) string {
	name := strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, row.name))
	if utf8.RuneCountInString(name) > longestName {
		c.fault(row.line, FaultName, fmt.Sprintf("a name of more than %d characters", longestName))
	}
	return name
}

// bare is the vehicle without digits: what a car is known by.
func (v Vehicle) bare() Vehicle { return Vehicle{Plate: v.Plate, Type: v.Type} }

// compare drops the entries that are saved just so, and refuses those that may
// not be saved.
func (c *clerk) compare(tx storage.Tx, u UserID) error {
	r, err := load(tx, u)
	if err != nil {
		return err
	}
	c.report.Silent = r.Gone || r.Session.Seen.IsZero()
	cars, err := collect(tx, c.fleet.now(), c.fleet.Watch, u)
	if err != nil {
		return err
	}
	saved := map[Vehicle]Car{}
	for _, car := range cars {
		saved[car.bare()] = car
	}
	room := len(c.entries)
	if c.fleet.Vehicles > 0 {
		room = max(0, c.fleet.Vehicles-len(cars))
	}
	kept := c.entries[:0:0]
	for _, e := range c.entries {
		car, known := saved[e.saved.bare()]
		switch {
		case known && car.Owner != "":
			c.fault(e.line, FaultShared, fmt.Sprintf("%s is saved already, as a car that somebody shares with them", e.saved.Plate))
			continue
		case known && c.fleet.upToDate(car, e.saved):
			c.note(e.line, NoteSaved, e.saved.Plate+" is saved already")
			c.report.Already++
			continue
		case known:
			c.note(e.line, NoteRenewed, e.saved.Plate+" is saved already and will be renewed")
			c.report.Renewed++
		case room == 0:
			c.fault(e.line, FaultLimit, fmt.Sprintf("%s: a person may save %d cars (limits.vehicles_per_user; 0 is no limit)", e.saved.Plate, c.fleet.Vehicles))
			continue
		default:
			room--
			e.fresh = true
			c.report.New++
		}
		if c.fleet.Watch != nil && (!car.On || car.Watched.Checked.IsZero()) {
			c.report.First++
		}
		kept = append(kept, e)
	}
	c.entries = kept
	return nil
}

// upToDate tells whether nothing of a saved car would change.
func (f *Fleet) upToDate(car Car, s Saved) bool {
	return car.Vehicle == s.Vehicle && (s.Name == "" || car.Name == s.Name) &&
		(f.Watch == nil || car.On && car.Watched.Paused == NotPaused)
}

// count finishes the report.
func (c *clerk) count() {
	r := &c.report
	lines := map[int]bool{}
	for _, f := range r.Faults {
		lines[f.Line] = true
	}
	r.Faulty = len(lines)
	slices.SortStableFunc(r.Faults, func(a, b ImportFault) int { return a.Line - b.Line })
	slices.SortStableFunc(r.Notes, func(a, b ImportFault) int { return a.Line - b.Line })
	r.Checks = c.fleet.week(len(c.entries))
	r.Money = float64(r.Checks) * c.fleet.Price
}
