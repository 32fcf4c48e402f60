package nlu

import "github.com/weizhangbot/weizhangbot/bot/plate"

// Slots is a reading for people who test: what `weizhangbot parse` prints.
type Slots struct {
	Text   string       `json:"text"`
	Intent Intent       `json:"intent"`
	Plate  string       `json:"plate"`      // of the first vehicle; "" when it is to be asked for
	Type   string       `json:"plate_type"` // hpzl
	Engine string       `json:"engine"`
	VIN    string       `json:"vin"`
	Plates []string     `json:"plates"` // of all vehicles
	Action plate.Action `json:"action"` // "" when there is nothing like a plate
	Note   string       `json:"note"`
}

// Slots returns the reading of text as flat fields.
func (r Reading) Slots(text string) Slots {
	s := Slots{Text: text, Intent: r.Intent, Type: r.Type, Engine: r.Engine, VIN: r.VIN, Plates: []string{}, Note: r.note()}
	for i, v := range r.Vehicles {
		p := v.Number()
		if p != "" {
			s.Plates = append(s.Plates, p)
		}
		if i == 0 {
			s.Plate, s.Action = p, v.Plate.Action
		}
	}
	return s
}

// Number is the plate to go on with, after a confirmation perhaps; "" when the
// person must be asked for it.
func (v Vehicle) Number() string {
	switch v.Plate.Action {
	case plate.Query, plate.Unsupported:
	case plate.Confirm:
		if v.Plate.Reason == plate.Green {
			return "" // a character is missing, the number as it stands is another car's
		}
	default:
		return ""
	}
	if v.Plate.Kind == plate.Temp {
		return ""
	}
	return v.Plate.Normalized
}

// kindOf is the type to show: none for a plate that is no answer, nor for the
// kinds whose code the service has no use for.
func (v Vehicle) kindOf() string {
	if v.Number() == "" || v.Plate.Kind == plate.Emergency {
		return ""
	}
	return v.Type
}

func (r Reading) note() string {
	switch {
	case r.Note != "":
		return r.Note
	case len(r.Vehicles) > 0 && r.Vehicles[0].Plate.Note != "":
		return r.Vehicles[0].Plate.Note
	}
	return string(r.Act)
}
