package bot

// summary is the news among notices as a form, nil when anything among them
// does not go into one: a form that says less than the notices would be the
// last that the person hears of them.
func (d *dialog) summary(notices []waiting) *Summary {
	var (
		s    Summary
		cars = map[string]bool{}
		rows []Violation
		more bool // something that the form has no place for
	)
	for i := range notices {
		n := &notices[i].Notice
		if !notices[i].news() || len(n.New) == 0 {
			return nil
		}
		if s.Plate == "" {
			s.Plate = n.Vehicle.Plate
		}
		cars[n.Vehicle.Plate] = true
		rows = append(rows, n.New...)
		more = more || len(n.Decided)+len(n.Gone) > 0
	}
	if len(rows) == 0 {
		return nil
	}
	s.Count, s.Fine, s.Points = len(rows), exact(rows, fineOf), exact(rows, pointsOf)
	newest := rows[0]
	for _, v := range rows {
		if v.At.After(newest.At) {
			newest = v
		}
	}
	s.At, s.Place, s.Act = newest.At, newest.Place, newest.Act
	switch s.Note = d.text("summary.one"); {
	case more:
		s.Note = d.text("summary.more")
	case len(cars) > 1:
		s.Note = d.text("summary.several", len(cars))
	}
	return &s
}

// exact adds up what each row has; nil when one of them does not tell.
func exact(rows []Violation, of func(Violation) *int) *int {
	total := 0
	for _, v := range rows {
		n := of(v)
		if n == nil {
			return nil
		}
		total += *n
	}
	return &total
}

// fineOf is the fine of a row. One of zero is not fixed yet.
func fineOf(v Violation) *int {
	if v.Fine != nil && *v.Fine == 0 {
		return nil
	}
	return v.Fine
}

func pointsOf(v Violation) *int { return v.Points }
