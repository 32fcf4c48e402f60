package bot

import (
	"strings"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/bot/plate"
)

// help answers a question about the bot or about violations.
func (d *dialog) help(r nlu.Reading) {
	switch {
	case r.Act == nlu.Start:
		d.say("welcome")
		d.offer("tap.query", "tap.cars", "tap.help", "tap.privacy")
	case r.Act == nlu.MyData:
		d.wanted = append(d.wanted, ListData{})
	case r.Act == nlu.Privacy:
		d.tell(d.privacy.in(d.s.lang()))
	case d.s.lang().has(helpKey(r.Act)):
		d.say(helpKey(r.Act))
	default:
		d.say("help")
		d.offer("tap.query", "tap.cars", "tap.privacy")
	}
}

// talk answers small talk.
func (d *dialog) talk(r nlu.Reading) {
	switch r.Act {
	case nlu.Greeting:
		d.say("talk.hello")
	case nlu.Thanks:
		d.say("talk.thank")
	case nlu.Wait:
		d.say("talk.wait")
	case nlu.WhoAreYou:
		d.say("talk.who")
	default:
		if d.s.Ask == nlu.None || d.s.Ask == nlu.ResultShown {
			d.say("talk")
			return
		}
		d.say("talk.here")
	}
}

// lost answers what is not understood.
func (d *dialog) lost(r nlu.Reading) {
	switch {
	case r.Act == nlu.Sensitive:
		d.say("unknown.private")
	case r.Act == nlu.NoCommand:
		d.say("unknown.command")
	case d.s.Ask == nlu.AskDigits:
		d.say("unknown.digits")
	case d.s.Ask == nlu.AskPlate:
		d.say(reasonKey(""))
	default:
		d.say("unknown")
		d.offer("tap.query", "tap.help")
	}
}

// cities answers where queries are possible.
func (d *dialog) cities(r nlu.Reading) {
	place := r.City
	if place == "" {
		place = r.Province
	}
	if place == elsewhere {
		d.say("city.elsewhere")
		return
	}
	d.s.Effects++ // nothing waits for it: the form goes on meanwhile
	d.wanted = append(d.wanted, FindCities{Effect: d.s.Effects, Place: place})
}

// elsewhere is the place of 外地车能查吗.
const elsewhere = "外地"

// citiesAre shows the cities of a place.
func (d *dialog) citiesAre(in CitiesAre) {
	if in.Err != "" {
		d.tell(UserText(d.s.lang(), in.Err))
		d.prompt()
		return
	}
	switch {
	case in.Place == "":
		d.allCities(in.Cities)
	default:
		d.citiesOf(in.Place, in.Cities)
	}
	d.prompt()
}

func (d *dialog) allCities(cities []City) {
	var provinces []string
	seen := map[string]bool{}
	for _, c := range cities {
		if !seen[c.Province] {
			seen[c.Province] = true
			provinces = append(provinces, c.Province)
		}
	}
	d.say("city.all", len(provinces), strings.Join(provinces, d.text("and")))
}

// citiesOf shows one city with what it asks for, or a province's cities. A
// county is shown by the city whose plates it wears.
func (d *dialog) citiesOf(place string, cities []City) {
	var names []string
	for _, c := range cities {
		if c.Name == place && !c.Whole {
			d.say("city.one", c.Name, d.needs(c.Rule))
			return
		}
		if c.Province == place && !c.NewEnergy && !c.Whole {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		if above := cityAbove(place); above != "" {
			d.say("city.county", place, above)
			d.citiesOf(above, cities)
			return
		}
		d.say("city.unknown", place)
		return
	}
	d.say("city.province", place, len(names), strings.Join(names, d.text("and")))
	if rule, same := sameRule(cities, place); same {
		d.say("city.same", d.needs(rule))
	}
}

// cityAbove is the city whose plates a county wears: 苏州 for 昆山. "" for what is
// no county.
func cityAbove(place string) string {
	places := plate.Places(place)
	if len(places) != 1 || places[0].Letters == "" {
		return ""
	}
	above := plate.CityOf(places[0].Province + places[0].Letters[:1])
	if above == place {
		return ""
	}
	return above
}

// sameRule is what all the cities of a province ask for, if it is the same.
func sameRule(cities []City, province string) (rule Rule, same bool) {
	for _, c := range cities {
		if c.Province != province {
			continue
		}
		if same && (c.Engine != rule.Engine || c.VIN != rule.VIN) {
			return Rule{}, false
		}
		rule, same = c.Rule, true
	}
	return rule, same
}
