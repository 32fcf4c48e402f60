package bot

import "time"

// An Inspection is what a person told of their car's periodic inspection. Dates
// are days in China, as midnight there; zero: not told.
type Inspection struct {
	Registered time.Time `json:"registered,omitzero"` // first registration
	Until      time.Time `json:"until,omitzero"`      // 检验有效期至, which is preferred
}
