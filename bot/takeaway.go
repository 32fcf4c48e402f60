package bot

import (
	"context"
	"time"

	"github.com/weizhangbot/weizhangbot/bot/nlu"
	"github.com/weizhangbot/weizhangbot/storage"
)

// listOrTakeAway answers who asks for their cars.
func (d *dialog) listOrTakeAway(r nlu.Reading) {
	switch r.Act {
	case nlu.Export, nlu.Calendar:
		d.takeAway(r.Act)
	default:
		d.listVehicles(r)
	}
}

// takeAway asks for the person's cars, to hand them out as files.
func (d *dialog) takeAway(act nlu.Act) {
	if len(d.garage) == 0 {
		d.say("garage.none")
		d.offer("tap.query")
		return
	}
	d.wanted = append(d.wanted, Collect{Calendar: act == nlu.Calendar})
}

// collected hands out what was asked for. Where the platform carries no files,
// its adapter says so.
func (d *dialog) collected(in Collected) {
	lang := d.s.lang()
	if !in.Calendar {
		rows := 0
		for _, c := range in.Cars {
			rows += len(c.Watched.Rows)
		}
		d.files = append(d.files, CarsCSV(lang, in.Cars), ViolationsCSV(lang, in.Cars))
		d.say("export.done", len(in.Cars), rows)
		return
	}
	dates := 0
	for _, c := range in.Cars {
		if _, ok := c.NextInspection(in.At); ok {
			dates++
		}
	}
	if dates == 0 {
		d.say("export.nodates")
		return
	}
	d.files = append(d.files, InspectionCalendar(lang, in.Cars, in.At))
	d.say("export.dates", dates)
}

// collect is the person's cars with how each is watched, in the order in which
// they were saved. w may be nil: then none is.
func collect(tx storage.Tx, at time.Time, w Watch, u UserID) ([]Car, error) {
	r, err := load(tx, u)
	if err != nil {
		return nil, err
	}
	cars := make([]Car, len(r.Garage))
	for i, s := range r.Garage {
		cars[i].Saved = s
		if w == nil {
			continue
		}
		if cars[i].Watched, cars[i].On, err = w.State(tx, at, u, s.Vehicle); err != nil {
			return nil, err
		}
	}
	return cars, nil
}

// An Export is what can be taken away.
type Export string

// The exports.
const (
	ExportCars       Export = "cars"
	ExportViolations Export = "violations"
	ExportCalendar   Export = "calendar"
)

// Export is one of the files that the person could take away, in l. Of somebody
// who is not known it is empty.
func (f *Fleet) Export(ctx context.Context, u UserID, what Export, l Lang) (File, error) {
	var cars []Car
	err := f.Store.View(ctx, func(tx storage.Tx) (err error) {
		cars, err = collect(tx, f.now(), f.Watch, u)
		return err
	})
	if err != nil {
		return File{}, err
	}
	switch what {
	case ExportViolations:
		return ViolationsCSV(l, cars), nil
	case ExportCalendar:
		return InspectionCalendar(l, cars, f.now()), nil
	}
	return CarsCSV(l, cars), nil
}
