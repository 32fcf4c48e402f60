package bot

import "unicode/utf8"

// A Need is how much of a number a city asks for.
type Need int

// The needs that are no count. A positive Need is that many last characters.
const (
	NotNeeded Need = -1
	Whole     Need = 0
)

// A Rule is what a city asks for to look a vehicle up. It comes from Juhe at
// run time and changes; nothing of it is built in.
type Rule struct {
	City     string `json:"city"` // city code: opaque, sent as received
	Name     string `json:"name"` // 上海
	Province string `json:"province"`
	Engine   Need   `json:"engine"`
	VIN      Need   `json:"vin"`
}

// A Fit is how a given number fits a Need.
type Fit int

// The fits.
const (
	Missing Fit = iota // nothing was given, and something is needed
	Short              // too few characters
	Garbled            // characters that no such number has
	Fits
)

const (
	// ShortestEngine is the fewest characters taken for a whole engine number.
	// There is no national format; shorter ones are a slip.
	ShortestEngine = 4
	// VINLength is the length of a whole VIN (GB 16735-2019).
	VINLength = 17
)

// Cut applies n to a number as given: the part to send, and how it fits.
// shortest is the least length of a whole number, ShortestEngine or VINLength.
func (n Need) Cut(given string, shortest int) (string, Fit) {
	count := utf8.RuneCountInString(given)
	switch {
	case n == NotNeeded:
		return "", Fits
	case given == "":
		return "", Missing
	case readable(given) == "":
		return given, Garbled
	case n == Whole && count < shortest, count < int(n):
		return given, Short
	case n == Whole:
		return given, Fits
	}
	return tail(given, int(n)), Fits
}

// readable is s if it can be an engine number or a VIN as printed: letters,
// digits, and the few marks that engine makers use. Otherwise it is "".
func readable(s string) string {
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z':
		case r == '-', r == '*', r == '/', r == '.', r == '(', r == ')', r == '+':
		default:
			return ""
		}
	}
	return s
}
