// Package plate reads Chinese number plates the way people type and say them.
//
// Fold brings a message into one form, Find reads every plate in it, Parse a
// message that is expected to be one plate, Parts goes on from what was
// missing, and ParseVIN reads frame numbers. Nothing here does I/O, keeps state
// or uses a regular expression: a plate is a head (what stands for the
// province), a body (agency letter, serial, suffix) and the rules of GA 36-2018
// for both.
//
//	帮我查  护        C12345       的违章
//	        head      body
//	        sound     letter C, serial 12345
//	        → 沪, to be confirmed
//
// To read the source: fold.go, then find.go with latin.go and special.go (the
// heads), body.go with joint.go and suffix.go (the bodies), ga36.go (the rules),
// combine.go (a head with a body, several heads), hint.go (黄牌), parse.go.
// The table_*.go files are the data; atlas.go compiles them.
package plate

import "unicode/utf8"

// An Action is what a caller should do with a Reading.
type Action string

// The actions.
const (
	Query       Action = "query"       // certain: echo the plate and go on
	Confirm     Action = "confirm"     // one guess: needs a yes before anything is charged
	Choose      Action = "choose"      // several readings: offer Candidates
	Ask         Action = "ask"         // something is missing: Reason says what
	Unsupported Action = "unsupported" // a real plate of a kind that cannot be queried
	Reject      Action = "reject"      // no plate, or one that cannot exist
)

// A Kind is a kind of plate after GA 36-2018.
type Kind string

// The kinds. The first four can be queried, the others are only recognised.
const (
	Small          Kind = "small"
	Large          Kind = "large"
	NEVSmall       Kind = "nev_small"
	NEVLarge       Kind = "nev_large"
	Trailer        Kind = "trailer"
	Coach          Kind = "coach"
	Police         Kind = "police"
	HongKong       Kind = "hk"
	Macau          Kind = "macau"
	Embassy        Kind = "embassy"
	Consulate      Kind = "consulate"
	Test           Kind = "test"
	SpecialVehicle Kind = "special_vehicle"
	Emergency      Kind = "emergency"
	ArmedPolice    Kind = "armed_police"
	Military       Kind = "military"
	Agri           Kind = "agri"
	CivilAviation  Kind = "civil_aviation"
	Temp           Kind = "temp"
	Motorcycle     Kind = "motorcycle"
	Unknown        Kind = "unknown"
)

// A Reason says why a Reading asks, rejects or wants a confirmation, so that a
// caller can choose its sentence.
type Reason string

// The reasons.
const (
	NoPlate         Reason = ""                 // nothing like a plate
	MissingProvince Reason = "missing_province" // B12345
	MissingLetter   Reason = "missing_letter"   // 京12345, 苏州12345
	TooShort        Reason = "too_short"        // 沪C1234
	TooLong         Reason = "too_long"
	BadLetter       Reason = "bad_letter"   // I, or a digit, in the agency place
	TooManyLetters  Reason = "too_many"     // more than two letters in the serial
	BadSerial       Reason = "bad_serial"   // otherwise impossible after GA 36-2018
	BadProvince     Reason = "bad_province" // 港A12345
	WrongOrder      Reason = "wrong_order"  // A粤12345
	Masked          Reason = "masked"       // 粤B12*45
	NotEnergy       Reason = "not_energy"   // eight characters, but not new energy
	TwoProvinces    Reason = "two_provinces"
	Homophone       Reason = "homophone"   // 护 for 沪
	Pinyin          Reason = "pinyin"      // hu C12345
	CityName        Reason = "city_name"   // 深圳B12345
	Nickname        Reason = "nickname"    // 申 for 沪
	NewLetter       Reason = "new_letter"  // an agency letter not in the table
	Green           Reason = "green"       // 绿牌 with seven characters
	MaybeLarge      Reason = "maybe_large" // 货车: blue or yellow
	Colour          Reason = "colour"      // 蓝牌 with eight characters: the number wins
	Repaired        Reason = "repaired"    // O→0, I→1 in the serial; l→1, O→D with Confirm
	Several         Reason = "several"     // several plates in one text
)

// A Reading is what a text says about one plate. Printed or logged it shows no
// whole plate.
type Reading struct {
	Action     Action
	Normalized string   // canonical plate; "" when no single plate follows
	Kind       Kind     // Unknown when no single plate follows
	HPZL       string   // plate type code (GA/T 16.7): 02 01 52 51, others are recognised only
	Province   string   // 上海; "" when it does not apply
	Prefix     string   // 沪C; "" when it does not apply
	Candidates []string // with Choose: the plates to offer, best first
	Reason     Reason
	Parts      Parts  // what is known of an ordinary plate, complete or not: with Ask the question's context
	Note       string // why, in English, for people who test
}

// String masks the plate: query 沪C1**45.
func (r Reading) String() string {
	s := string(r.Action)
	if r.Normalized != "" {
		s += " " + Mask(r.Normalized)
	}
	if r.Reason != "" {
		s += " (" + string(r.Reason) + ")"
	}
	return s
}

// Mask hides the middle of a plate, for logs: 沪C1**45. What is too short to
// hide anything in is hidden as a whole.
func Mask(plate string) string {
	n := utf8.RuneCountInString(plate)
	masked := make([]rune, 0, n)
	for _, r := range plate {
		if i := len(masked); n < 6 || i >= 3 && i < n-2 {
			r = '*'
		}
		masked = append(masked, r)
	}
	return string(masked)
}
