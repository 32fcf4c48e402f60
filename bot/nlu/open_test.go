package nlu

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseOpen(t *testing.T) {
	tests := []struct {
		ctx  string
		want Open
	}{
		{"", Open{Question: None, Engine: Unwanted, VIN: Unwanted}},
		{"none", Open{Question: None, Engine: Unwanted, VIN: Unwanted}},
		{"ask_engine6", Open{Question: AskDigits, Engine: 6, VIN: Unwanted}},
		{"ask_engine", Open{Question: AskDigits, Engine: Whole, VIN: Unwanted}},
		{"ask_vin", Open{Question: AskDigits, Engine: Unwanted, VIN: Whole}},
		{"ask_vin6", Open{Question: AskDigits, Engine: Unwanted, VIN: 6}},
		{"ask_engine_vin", Open{Question: AskDigits, Engine: Whole, VIN: Whole}},
		{"ask_engine6_vin6", Open{Question: AskDigits, Engine: 6, VIN: 6}},
		{"ask_engine4_vin17", Open{Question: AskDigits, Engine: 4, VIN: 17}},
		{"ask_plate", Open{Question: AskPlate, Engine: Unwanted, VIN: Unwanted}},
		{"ask_city_letter", Open{Question: AskCityLetter, Engine: Unwanted, VIN: Unwanted}},
		{"confirm_plate 京A12345", Open{Question: ConfirmPlate, Engine: Unwanted, VIN: Unwanted, Plate: "京A12345"}},
		{" result_shown ", Open{Question: ResultShown, Engine: Unwanted, VIN: Unwanted}},
	}
	for _, tt := range tests {
		got, err := ParseOpen(tt.ctx)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("ParseOpen(%q) = %+v, %v; want %+v", tt.ctx, got, err, tt.want)
		}
		got.Plate = ""
		if back, err := ParseOpen(got.Word()); err != nil || !reflect.DeepEqual(back, got) {
			t.Errorf("%+v is written as %q, which is read as %+v, %v", got, got.Word(), back, err)
		}
	}
	if word := (Open{Question: AskDigits, Engine: Unwanted, VIN: Unwanted}).Word(); word != "" {
		t.Errorf("a question for nothing is written as %q", word)
	}
}

func TestParseOpenNamesTheUnknownWord(t *testing.T) {
	for _, ctx := range []string{"ask_color", "ask_engine0", "ask_engine6_engine6", "ask_vin99999999999999999999", "ask_", "ask_digits", "nonsense 京A12345"} {
		word, _, _ := strings.Cut(ctx, " ")
		if _, err := ParseOpen(ctx); err == nil || !strings.Contains(err.Error(), `"`+word+`"`) {
			t.Errorf("ParseOpen(%q): %v", ctx, err)
		}
	}
}
