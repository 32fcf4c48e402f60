package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/juhe"
)

func TestQueryVehicle(t *testing.T) {
	for _, tt := range []struct {
		name    string
		command queryCommand
		want    bot.Vehicle
		fault   string
	}{
		{"an ordinary one", queryCommand{Plate: "沪C12345"}, bot.Vehicle{Plate: "沪C12345", Type: "02"}, ""},
		{"as typed", queryCommand{Plate: "沪c·12345", Engine: "ab-12 34", VIN: "lsvaa49j-1320 22222"},
			bot.Vehicle{Plate: "沪C12345", Type: "02", Engine: "AB-1234", VIN: "LSVAA49J132022222"}, ""},
		{"a large car", queryCommand{Plate: "沪C12345", Type: "01"}, bot.Vehicle{Plate: "沪C12345", Type: "01"}, ""},
		{"new energy", queryCommand{Plate: "粤BD12345"}, bot.Vehicle{Plate: "粤BD12345", Type: "52"}, ""},
		{"a large new-energy one", queryCommand{Plate: "粤B12345D"}, bot.Vehicle{Plate: "粤B12345D", Type: "51"}, ""},
		{"of a type it cannot be", queryCommand{Plate: "粤BD12345", Type: "02"}, bot.Vehicle{}, "--type 02: the plate 粤BD12345 can be of type 52"},
		{"a guess", queryCommand{Plate: "护C12345"}, bot.Vehicle{}, `plate "护C12345": perhaps 沪C12345?`},
		{"two", queryCommand{Plate: "沪C12345 沪C54321"}, bot.Vehicle{}, "one of 沪C12345, 沪C54321?"},
		{"a police car", queryCommand{Plate: "京A1234警"}, bot.Vehicle{}, "police plates cannot be looked up"},
		{"nothing", queryCommand{Plate: ""}, bot.Vehicle{}, `plate "": `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.command.vehicle()
			switch {
			case tt.fault == "" && err != nil:
				t.Error(err)
			case tt.fault == "" && got != tt.want:
				t.Errorf("got %+#v", got)
			case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
				t.Errorf("got %v, want %q", err, tt.fault)
			}
		})
	}
}

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		name, given string
		need        bot.Need
		want, fault string
	}{
		{"the end of a whole number", "ABC123456", 6, "123456", ""},
		{"just enough", "123456", 6, "123456", ""},
		{"not asked for", "123456", bot.NotNeeded, "", ""},
		{"all of it", "ABC123456", bot.Whole, "ABC123456", ""},
		{"too little", "12345", 6, "", "上海 asks for more of it (last 6)"},
		{"too little to be all of it", "123", bot.Whole, "", "上海 asks for more of it (whole)"},
		{"nothing", "", 6, "", "上海 asks for it (last 6)"},
		{"nothing at all", "", bot.Whole, "", "上海 asks for it (whole)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := fit("--engine", tt.given, tt.need, bot.ShortestEngine, bot.Rule{Name: "上海"})
			if got != tt.want || (err == nil) != (tt.fault == "") || err != nil && !strings.HasSuffix(err.Error(), tt.fault) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// Unknown is left out, never zero; money is in 分.
func TestReportView(t *testing.T) {
	fine := 15000
	b, err := json.Marshal(viewReport(bot.Report{
		Vehicle: bot.Vehicle{Plate: "沪C12345", Type: "02"}, City: "上海", At: time.Unix(0, 0).UTC(),
		Violations: []bot.Violation{{Fine: &fine, State: bot.Open}, {State: bot.Open}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"vehicle":{"plate":"沪C12345","type":"02"}`, `"city":"上海"`,
		`"summary":{"open":2,"decided":0,"unknown":0,"owed":15000,"owed_unknown":1,"points":0,"points_unknown":2}`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
	if strings.Count(string(b), `"fine"`) != 1 {
		t.Errorf("an unknown fine is shown: %s", b)
	}
	if b, err := json.Marshal(viewReport(bot.Report{})); err != nil || !strings.Contains(string(b), `"violations":[]`) {
		t.Errorf("no violations: %s, %v", b, err)
	}
}

func TestNeeds(t *testing.T) {
	for _, tt := range []struct {
		city juhe.City
		want string
	}{
		{juhe.City{Engine: 6, VIN: juhe.Whole}, "发动机号后6位、车架号全部"},
		{juhe.City{Engine: juhe.NotNeeded, VIN: 4}, "车架号后4位"},
		{juhe.City{Engine: juhe.NotNeeded, VIN: juhe.NotNeeded}, "只要车牌"},
	} {
		if got := needs(tt.city); got != tt.want {
			t.Errorf("%v: got %s", tt.city, got)
		}
	}
	r := rowOf(juhe.Province{Name: "浙江", Code: "ZJ"}, juhe.City{Name: "杭州", Code: "ZJ_HZ", Engine: juhe.Whole, VIN: juhe.NotNeeded})
	if want := (cityRow{"浙江", "ZJ", "杭州", "ZJ_HZ", 1, 0, 0, 0}); r != want {
		t.Errorf("got %+v", r)
	}
}

func TestNobodySitsAtAPipe(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = r.Close(), w.Close() }()
	if isTerminal(null) || isTerminal(r) || isTerminal(strings.NewReader("")) {
		t.Error("a terminal was seen where there is none")
	}
}
