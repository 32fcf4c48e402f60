package bot

import "strings"

// UserID is channel:id, as in telegram:123456. It masks itself when printed or
// logged; string(u) is the id itself.
type UserID string

// String masks the id and keeps the channel: telegram:12***.
func (u UserID) String() string {
	channel, id, found := strings.Cut(string(u), ":")
	if !found {
		return "***"
	}
	return channel + ":" + head(id, 2) + "***"
}

// GoString masks as String does.
func (u UserID) GoString() string { return u.String() }

// A Vehicle is what one query needs. A vehicle is known by plate and type
// together: the same number exists as a large and as a small car.
type Vehicle struct {
	Plate  string `json:"plate"`            // 沪C12345, canonical
	Type   string `json:"type"`             // hpzl: 02 small, 01 large, 52 small and 51 large new energy
	Engine string `json:"engine,omitempty"` // cut to what the city asks for
	VIN    string `json:"vin,omitempty"`    // likewise
}

// String masks the plate and leaves the digits out.
func (v Vehicle) String() string { return MaskPlate(v.Plate) + "/" + v.Type }

// GoString masks as String does.
func (v Vehicle) GoString() string { return v.String() }

// Same tells whether v and w are the same car, whatever digits are known.
func (v Vehicle) Same(w Vehicle) bool { return v.Plate == w.Plate && v.Type == w.Type }

// NewEnergy tells whether the plate is a new-energy one: eight characters.
func (v Vehicle) NewEnergy() bool { return v.Type == "51" || v.Type == "52" }

// Prefix is the province and the agency letter: 沪C.
func (v Vehicle) Prefix() string {
	return head(v.Plate, 2)
}

// A Saved vehicle is one the person asked the bot to keep.
type Saved struct {
	Vehicle
	Name string `json:"name,omitempty"` // 老婆的车; chosen by the person
	City string `json:"city,omitempty"` // for showing
	// Notice is the version of the privacy notice under which it was kept; 0: an
	// operator saved it for them.
	Notice int `json:"notice"`
	// Owner is who shared the car with the person, who then may look and be
	// told, and no more; "": it is their own.
	Owner      UserID     `json:"owner,omitempty"`
	Inspection Inspection `json:"inspection,omitzero"`
}

// MaskPlate keeps the first three and the last two characters: 沪C1**45.
func MaskPlate(plate string) string {
	r := []rune(plate)
	if len(r) < 6 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-5) + string(r[len(r)-2:])
}

// MaskDigits keeps the last two characters: ****21.
func MaskDigits(s string) string {
	r := []rune(s)
	if len(r) < 4 {
		return strings.Repeat("*", len(r))
	}
	return strings.Repeat("*", len(r)-2) + string(r[len(r)-2:])
}

// head is the first n runes of s.
func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// tail is the last n runes of s.
func tail(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}
