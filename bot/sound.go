package bot

// possible tells whether the record could have been written by this program. One
// that could not is refused: going on with it would end in a panic at every
// message of the person, or in something being told twice.
func (r *record) possible() bool {
	for _, t := range r.Turns {
		if t.Told < 0 || t.Open < 0 {
			return false
		}
	}
	return true
}

// possible tells likewise of a session, which is started anew when it is not.
func (s Session) possible() bool {
	return s.Page >= 0 && s.CarPage >= 0 && s.Effects >= 0 && s.Waiting >= 0 && len(s.Queue) <= maxQueue
}
