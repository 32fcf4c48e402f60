package nlu

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseOpen reads an open question as the corpora write it: a word such as
// "confirm_plate", with ask_engine6 and ask_vin6 for digits (the number is how
// many last characters, none the whole number), both joined for both, and
// after a blank the plate that is asked about. The error names a word that is
// not known.
func ParseOpen(ctx string) (Open, error) {
	word, plate, _ := strings.Cut(strings.TrimSpace(ctx), " ")
	open := Open{Plate: strings.TrimSpace(plate), Engine: Unwanted, VIN: Unwanted}
	switch q := Question(word); q {
	case None, "none":
		return open, nil
	case AskPlate, AskCity, AskCityLetter, AskType, ConfirmPlate, ConfirmVIN, ConfirmQuery, ConfirmDelete,
		ConfirmOther, ConfirmMenu, ChooseOne, ResultShown, OfferSubscribe, Push:
		open.Question = q
		return open, nil
	}
	wanted, ok := strings.CutPrefix(word, "ask_")
	if !ok || !open.want(wanted) {
		return Open{Engine: Unwanted, VIN: Unwanted}, fmt.Errorf("nlu: unknown open question %q", word)
	}
	open.Question = AskDigits
	return open, nil
}

// Word is the question in the word that ParseOpen reads, without the plate; ""
// when none is open.
func (o Open) Word() string {
	if o.Question != AskDigits {
		return string(o.Question)
	}
	word := "ask"
	for _, part := range []struct {
		name  string
		count int
	}{{"engine", o.Engine}, {"vin", o.VIN}} {
		switch {
		case part.count > Whole:
			word += "_" + part.name + strconv.Itoa(part.count)
		case part.count == Whole:
			word += "_" + part.name
		}
	}
	if word == "ask" { // nothing is wanted
		return ""
	}
	return word
}

// want reads "engine6", "vin" or "engine6_vin6" into the wanted counts.
func (o *Open) want(wanted string) bool {
	for part := range strings.SplitSeq(wanted, "_") {
		name := strings.TrimRight(part, "0123456789")
		count := Whole
		if digits := part[len(name):]; digits != "" {
			n, err := strconv.Atoi(digits)
			if err != nil || n < 1 || n > longestValue {
				return false
			}
			count = n
		}
		switch {
		case name == "engine" && o.Engine == Unwanted:
			o.Engine = count
		case name == "vin" && o.VIN == Unwanted:
			o.VIN = count
		default:
			return false
		}
	}
	return true
}

// yesNo tells whether a yes or a no answers the question.
func (o Open) yesNo() bool {
	switch o.Question {
	case ConfirmPlate, ConfirmVIN, ConfirmQuery, ConfirmDelete, ConfirmOther, ConfirmMenu, OfferSubscribe:
		return true
	}
	return false
}

// asking tells whether a datum of a form is awaited.
func (o Open) asking() bool {
	switch o.Question {
	case AskPlate, AskCity, AskCityLetter, AskType, AskDigits:
		return true
	}
	return false
}
