package bot_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/weizhangbot/weizhangbot/bot"
)

const canary = "CANARY7QM94X"

// private are the fields that hold what must not be printed, whatever type they
// are in.
var private = []string{
	"Plate", "Engine", "VIN", "User", "Owner", "Text", "Lane", "Body", "Note", "Aside", "Data", "Table", "Key", "Code", "Plates",
	"Choices", "Send", "Label", "Place", "Name", "Send", "Content", "Only",
}

// domain is every type of the package that can hold something; TestDomainIsWhole
// holds that.
func domain() []any {
	return []any{
		bot.UserID("telegram:" + canary), bot.Vehicle{}, bot.Saved{}, bot.Car{}, bot.Plan{}, bot.Watched{}, bot.Form{}, bot.Session{}, bot.Report{},
		bot.Violation{}, bot.Message{}, bot.Licence{}, bot.Reply{}, bot.Option{}, bot.File{}, bot.Summary{}, bot.Answer{}, bot.Notice{},
		bot.Parcel{}, bot.Person{}, bot.Invitation{}, bot.Retry{}, bot.Request{}, bot.Inbound{}, bot.Settled{}, bot.ImportOrder{},
		bot.Heard{}, bot.Met{}, bot.Shown{}, bot.RuleIs{}, bot.Found{}, bot.PageIs{}, bot.Kept{}, bot.CarsAre{}, bot.DataIs{}, bot.SoonIs{},
		bot.Invited{}, bot.Accepted{}, bot.PausedAre{}, bot.Collected{}, bot.Say{}, bot.Lookup{}, bot.ShowPage{}, bot.Save{}, bot.Alter{},
		bot.ListCars{}, bot.CheckSoon{}, bot.Invite{}, bot.Accept{}, bot.Unshare{}, bot.TryLater{}, bot.Drop{}, bot.Held{}, bot.Seen{}, bot.Unread{},
	}
}

// harmless are the types that hold nothing of anybody.
var harmless = []string{
	"Bot", "Config", "Mail", "MailConfig", "Inbox", "Fleet", "Error", "Rule", "City", "Costs", "DayCosts", "UserCosts", "Sum", "Inspection",
	"InspectionPlan", "Privacy", "Odd", "CitiesAre", "FindRule", "FindCities", "ListData", "FindPaused", "NoLater", "Forget", "Collect",
	"ImportReport", "ImportFault", "CostReport", "Breaker", "Outage", "BudgetLeft", "Survey", "Stage",
	"BlockState", "AlertState", "Conversation", "Holds", "Count", "BroadcastPlan", "ChannelReach", "BroadcastOrder", "BroadcastReport", "Outcomes",
	"Stats", "Figures", "PeopleFigures", "TurnFigures", "QueueFigures", "Lease",
}

// called are the types whose Name is nobody's: a city's, a file's.
var called = []reflect.Type{reflect.TypeFor[bot.Rule](), reflect.TypeFor[bot.City](), reflect.TypeFor[bot.File]()}

// filled is a value of v's type whose private fields hold the canary.
func filled(v any) any {
	value := reflect.New(reflect.TypeOf(v)).Elem()
	value.Set(reflect.ValueOf(v))
	fill(value, 0)
	return value.Interface()
}

func fill(v reflect.Value, depth int) {
	if v.Kind() != reflect.Struct || depth > 6 {
		return
	}
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if !f.CanSet() {
			continue
		}
		secret := slices.Contains(private, name) && !slices.Contains(called, v.Type())
		switch f.Kind() {
		case reflect.String:
			if secret || f.Type() == reflect.TypeFor[bot.UserID]() {
				f.SetString(canary)
			}
		case reflect.Interface:
			if secret && f.NumMethod() == 0 {
				f.Set(reflect.ValueOf(canary))
			}
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			switch e := f.Index(0); e.Kind() {
			case reflect.Uint8:
				f.Set(reflect.ValueOf([]byte(canary)).Convert(f.Type()))
			case reflect.String:
				e.SetString(canary)
			default:
				fill(e, depth+1)
			}
		case reflect.Pointer:
			if f.Type().Elem().Kind() == reflect.Struct {
				f.Set(reflect.New(f.Type().Elem()))
				fill(f.Elem(), depth+1)
			}
		default:
			fill(f, depth+1)
		}
	}
}

// printed is what fmt makes of v, by every road.
func printed(v any) map[string]string {
	all := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all[verb] = fmt.Sprintf(verb, v)
		all["a pointer with "+verb] = fmt.Sprintf(verb, pointer(v))
		all["a list with "+verb] = fmt.Sprintf(verb, []any{v})
	}
	var out strings.Builder
	log := logrus.New()
	log.SetOutput(&out)
	log.SetFormatter(&logrus.TextFormatter{})
	log.WithField("what", v).Error("here")
	all["logrus"] = out.String()
	return all
}

func pointer(v any) any {
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	return p.Interface()
}

func leaked(text string) bool {
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]")} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// Whatever of the domain is printed, however, nothing of anybody is in it.
func TestNothingPrintsItself(t *testing.T) {
	for _, v := range domain() {
		for road, text := range printed(filled(v)) {
			if leaked(text) {
				t.Errorf("%T by %s: %s", v, road, text)
			}
		}
	}
}

// The same with a type that masks nothing finds everything.
func TestPrintingIsSeen(t *testing.T) {
	type plain struct {
		Plate string
		Data  []byte
	}
	for road, text := range printed(filled(plain{})) {
		if !leaked(text) && !strings.Contains(road, "%d") {
			t.Errorf("by %s nothing is found: %s", road, text)
		}
	}
}

// Every struct that the package offers is looked at, or said to be harmless.
func TestDomainIsWhole(t *testing.T) {
	known := slices.Clone(harmless)
	for _, v := range domain() {
		known = append(known, reflect.TypeOf(v).Name())
	}
	tree, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // no types are needed
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range tree {
		ast.Inspect(pkg, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Name.IsExported() {
				if _, isStruct := s.Type.(*ast.StructType); isStruct && !slices.Contains(known, s.Name.Name) {
					t.Errorf("%s: neither in domain nor in harmless", s.Name.Name)
				}
			}
			return true
		})
	}
}
