package bot

import "time"

// A keeper answers the effects about saved cars as the store and the watch
// might.
type keeper struct {
	at     time.Time
	garage *[]Saved
	plans  map[string]Plan
	off    bool
	refuse Refusal
}

func (c *talk) keeper() *keeper {
	return &keeper{at: noon, garage: &c.garage, plans: c.plans, off: c.off, refuse: c.refuse}
}

func (k *keeper) plan(v Vehicle) Plan {
	if k.off {
		return Plan{}
	}
	if p, ok := k.plans[v.Plate]; ok {
		return p
	}
	return Plan{On: true, Every: 7 * 24 * time.Hour, Watched: Watched{Since: k.at, Next: k.at.AddDate(0, 0, 7)}}
}

func (k *keeper) cars() []Car {
	cars := make([]Car, len(*k.garage))
	for i, s := range *k.garage {
		cars[i] = Car{Saved: s, Plan: k.plan(s.Vehicle)}
	}
	return cars
}

func (k *keeper) days() []time.Time {
	return []time.Time{k.at.AddDate(0, 0, 3), k.at.AddDate(0, 0, 7), k.at.AddDate(0, 0, 14)}
}

// outcome is what comes back for an effect at once; nil: nothing.
func (k *keeper) outcome(e Effect) Input {
	r := &record{Garage: *k.garage}
	defer func() { *k.garage = r.Garage }()
	switch e := e.(type) {
	case Save:
		_, had := r.saved(e.Vehicle)
		r.keep(e.Saved)
		in := Kept{At: k.at, Saved: e.Saved, Place: r.place(e.Vehicle), Again: had, Plan: k.plan(e.Vehicle)}
		if e.Soon && in.On {
			in.Days = k.days()
		}
		return in
	case Alter:
		r.keep(e.Saved)
	case Drop:
		r.drop(e.Vehicle)
	case ListCars:
		return CarsAre{At: k.at, Page: e.Page, Only: e.Only, Cars: k.cars()}
	case ListData:
		return DataIs{At: k.at, Cars: k.cars()}
	case Collect:
		return Collected{At: k.at, Calendar: e.Calendar, Cars: k.cars()}
	case CheckSoon:
		in := SoonIs{At: k.at, Vehicle: e.Vehicle, Garage: r.Garage}
		if k.plan(e.Vehicle).On {
			in.Days = k.days()
		}
		return in
	case Invite:
		in := Invited{At: k.at, Invitation: Invitation{Vehicle: e.Vehicle}, Garage: r.Garage}
		if k.plan(e.Vehicle).On {
			in.Code, in.Until = "K7M29QXP", k.at.Add(inviteFor)
		}
		return in
	case Accept:
		if k.refuse != NotRefused {
			return Accepted{At: k.at, Why: k.refuse}
		}
		s := Saved{Vehicle: Vehicle{Plate: "京A00001", Type: "02"}, Owner: "test:owner"}
		r.keep(s)
		return Accepted{At: k.at, Saved: s, Place: r.place(s.Vehicle), Plan: k.plan(s.Vehicle)}
	case FindPaused:
		in := PausedAre{At: k.at, Garage: r.Garage}
		for _, c := range k.cars() {
			if c.Owner == "" && c.lacks() {
				in.Cars = append(in.Cars, c.Vehicle)
			}
		}
		return in
	}
	return nil
}
