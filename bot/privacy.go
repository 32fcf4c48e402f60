package bot

// UserID is channel:id. It masks itself when printed or logged.
type UserID string

// String masks the id: telegram:12***.
func (u UserID) String() string   { return mask(string(u), 0) }
func mask(s string, _ int) string { return s[:min(len(s), 3)] + "***" }
