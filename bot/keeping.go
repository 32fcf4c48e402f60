package bot

import (
	"errors"
	"slices"
)

// What effects about saved cars lead to in the store. Everything here belongs to
// the person whose key the transaction holds; what is another's is said so.

// saved is the saved vehicle that is v.
func (r *record) saved(v Vehicle) (Saved, bool) {
	if i := r.place(v); i > 0 {
		return r.Garage[i-1], true
	}
	return Saved{}, false
}

// place is where v stands among the saved vehicles, from 1; 0: not there.
func (r *record) place(v Vehicle) int {
	return 1 + slices.IndexFunc(r.Garage, func(s Saved) bool { return s.Same(v) })
}

// plan is how a saved car is checked by itself.
func (x *run) plan(v Vehicle) (p Plan, err error) {
	if x.b.watch == nil {
		return p, nil
	}
	p.Every = x.terms.every
	p.Watched, p.On, err = x.b.watch.State(x.tx, x.at, x.user, v)
	return p, err
}

// keepCar saves a car, and has it checked: anew when it is not, or its digits
// are others, or it was paused and a report shows that they are right again.
func (x *run) keepCar(e Save) (Input, error) {
	old, had := x.r.saved(e.Vehicle)
	x.r.keep(e.Saved)
	in := Kept{At: x.at, Saved: e.Saved, Place: x.r.place(e.Vehicle), Again: had}
	var err error
	if in.Plan, err = x.plan(e.Vehicle); err != nil || x.b.watch == nil {
		return in, err
	}
	mended := in.Watched.Paused != NotPaused && !e.Seen.IsZero()
	if !in.On || old.Vehicle != e.Vehicle || mended {
		in.Renewed = in.On
		seen, err := x.seen(e)
		if err != nil {
			return nil, err
		}
		switch err := x.b.watch.Begin(x.tx, x.at, x.user, e.Saved, seen); {
		case errors.Is(err, ErrCrowded):
			in.Crowded = true
			return in, nil
		case err != nil:
			return nil, err
		}
	}
	if e.Soon {
		if in.Days, err = x.b.watch.Soon(x.tx, x.at, x.user, e.Vehicle); err != nil {
			return nil, err
		}
	}
	in.Plan, err = x.plan(e.Vehicle)
	return in, err
}

// seen is the report that the person has just read, or one that has taken its
// place and lists the same; nil when there is none.
func (x *run) seen(e Save) (*Report, error) {
	if e.Seen.IsZero() {
		return nil, nil
	}
	v, _, err := x.lend(e.Vehicle, e.Owner)
	if err != nil {
		return nil, err
	}
	report, _, err := x.b.desk.Stored(x.tx, x.at, v)
	if err != nil || !report.At.Equal(e.Seen) && (report.At.IsZero() || report.rows() != e.Rows) {
		return nil, err
	}
	return &report, nil
}

// lend puts the digits of who shared a car into it; ok is false when they do not
// keep it any more. The dialogue never sees what it returns.
func (x *run) lend(v Vehicle, owner UserID) (lent Vehicle, ok bool, err error) {
	if owner == "" {
		return v, true, nil
	}
	r, err := load(x.tx, owner)
	if err != nil {
		return v, false, err
	}
	s, ok := r.saved(v)
	if !ok || s.Owner != "" {
		return v, false, nil
	}
	return s.Vehicle, true, nil
}

// alter changes what is kept of a car but its digits.
func (x *run) alter(s Saved) error {
	old, ok := x.r.saved(s.Vehicle)
	if !ok {
		return nil
	}
	s.Vehicle = old.Vehicle
	x.r.keep(s)
	if x.b.watch == nil || s.Inspection == old.Inspection {
		return nil
	}
	return x.b.watch.Remind(x.tx, x.at, x.user, s)
}

// dropCar stops keeping a car, and everything that was arranged for it.
func (x *run) dropCar(v Vehicle) error {
	x.r.drop(v)
	x.r.noLater(v)
	err := x.withdraw(v)
	if x.b.watch != nil {
		err = errors.Join(err, x.b.watch.Remind(x.tx, x.at, x.user, Saved{Vehicle: v}), x.b.watch.End(x.tx, x.at, x.user, v))
	}
	return err
}

// leave ends everything that was arranged for the person.
func (x *run) leave() error {
	var err error
	for _, s := range slices.Clone(x.r.Garage) {
		err = errors.Join(err, x.dropCar(s.Vehicle))
	}
	for _, i := range slices.Clone(x.r.Invites) {
		err = errors.Join(err, x.withdraw(i.Vehicle))
	}
	x.r.Later = nil
	return errors.Join(err, x.r.tally(x.tx, outcomeGone))
}

// cars is the saved cars with how they stand.
func (x *run) cars() ([]Car, error) {
	cars := make([]Car, len(x.r.Garage))
	for i, s := range x.r.Garage {
		p, err := x.plan(s.Vehicle)
		if err != nil {
			return nil, err
		}
		cars[i] = Car{Saved: s, Plan: p}
	}
	return cars, nil
}

// data is everything that is held of the person.
func (x *run) data() (Input, error) {
	cars, err := x.cars()
	if err != nil {
		return nil, err
	}
	invites, err := x.openInvites()
	return DataIs{
		At: x.at, Cars: cars, Invites: invites, Later: x.r.Later, Notices: len(x.r.Notices), Held: x.held(cars, invites),
	}, err
}

// soon has a car checked on the next days.
func (x *run) soon(v Vehicle) (Input, error) {
	p, err := x.plan(v)
	if err != nil || !p.On {
		return SoonIs{At: x.at, Vehicle: v}, err
	}
	days, err := x.b.watch.Soon(x.tx, x.at, x.user, v)
	return SoonIs{At: x.at, Vehicle: v, Days: days}, err
}

// paused is the person's own cars that are not checked for want of digits.
func (x *run) paused() (Input, error) {
	in := PausedAre{At: x.at}
	cars, err := x.cars()
	for _, c := range cars {
		if c.Owner == "" && c.On && c.lacks() {
			in.Cars = append(in.Cars, c.Vehicle)
		}
	}
	return in, err
}

// lacks tells whether a car is not checked because its digits are wrong, or do
// not suffice.
func (p Plan) lacks() bool {
	return p.Watched.Paused == WrongDigits || p.Watched.Paused == LacksDigits
}

// reported goes with every report that the person reads: what is in it is no
// news to them, but may be to others; right digits end a pause; and nothing needs
// to be asked later.
func (x *run) reported(f Found) (Found, error) {
	if f.Err != "" {
		return f, nil
	}
	x.r.noLater(f.Report.Vehicle)
	if x.b.watch == nil {
		return f, nil
	}
	if s, ok := x.r.saved(f.Report.Vehicle); ok {
		p, err := x.plan(s.Vehicle)
		f.Idle = !p.On
		if err == nil && p.lacks() && s.Owner == "" && s.Vehicle == f.Report.Vehicle {
			err = x.b.watch.Begin(x.tx, x.at, x.user, s, &f.Report)
		}
		if err != nil {
			return f, err
		}
	}
	return f, x.b.watch.Shown(x.tx, x.at, x.user, f.Report)
}

// informed gives an input what the store knows of the person by now.
func (x *run) informed(in Input) Input {
	garage, room, later := x.r.Garage, x.room(), x.r.waiting()
	switch in := in.(type) {
	case Heard:
		in.Garage, in.Room, in.Later = garage, room, later
		return in
	case Met:
		in.Garage = garage
		return in
	case Shown:
		in.Garage = garage
		return in
	case RuleIs:
		in.Garage = garage
		return in
	case Found:
		in.Garage, in.Room, in.Later, in.Retries = garage, room, later, mostRetries-len(later)
		return in
	case PageIs:
		in.Garage = garage
		return in
	case SoonIs:
		in.Garage = garage
		return in
	case Invited:
		in.Garage = garage
		return in
	case PausedAre:
		in.Garage = garage
		return in
	}
	return in
}
