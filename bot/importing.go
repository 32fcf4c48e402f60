package bot

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A Fleet is what an operator does for the people who use the bot: bring their
// cars in, hand them out, and see what it all costs. Its methods may be called
// while a Bot works on the same store.
type Fleet struct {
	Store    storage.Store
	Desk     Desk
	Watch    Watch            // nil: cars are saved, and not checked
	Vehicles int              // how many cars a person may save; 0: no limit
	Every    time.Duration    // how often a watched car is checked, as a rule
	Price    float64          // yuan that a paid query costs; 0: not known
	Now      func() time.Time // nil: time.Now

	// Of what concerns people other than by their cars:
	Mail    *Mail               // what broadcasts go by; nil: there must be none
	Admins  []UserID            // who hears alarms and cannot be blocked
	Alias   func(UserID) string // how the log names somebody; nil: by no name
	Figures Figures
}

func (f *Fleet) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

// An ImportOrder is a table of cars to save for a person.
type ImportOrder struct {
	User       UserID
	Table      []byte // see readRoster for its form
	DryRun     bool   // only tell what would be done
	SkipFaulty bool   // import what is right; else nothing when anything is wrong
}

// A FaultKind is what is wrong with a line of an import.
type FaultKind string

// The kinds.
const (
	FaultFile     FaultKind = "file"     // not a table, or not one of cars
	FaultPlate    FaultKind = "plate"    // no plate, or none that can exist
	FaultKindOf   FaultKind = "kind"     // of a kind that cannot be looked up
	FaultDoubtful FaultKind = "doubtful" // a guess that a person would have to confirm
	FaultType     FaultKind = "type"     // the type does not go with the plate
	FaultRule     FaultKind = "rule"     // what the city asks for is not known
	FaultEngine   FaultKind = "engine"
	FaultVIN      FaultKind = "vin"
	FaultName     FaultKind = "name"
	FaultTwice    FaultKind = "twice"  // in the file already
	FaultShared   FaultKind = "shared" // saved already, as somebody else's car
	FaultLimit    FaultKind = "limit"  // more than a person may save
	// Of notes, which keep nothing from being imported.
	NoteRead    FaultKind = "read"    // the plate was read as another
	NoteSaved   FaultKind = "saved"   // saved already, just so
	NoteRenewed FaultKind = "renewed" // saved already, and renewed
	NoteVIN     FaultKind = "vin_sum" // the check digit of the VIN is wrong
	NoteCrowded FaultKind = "crowded" // saved, and not checked: it has its most watchers
)

// An ImportFault is what is wrong, or worth knowing, about one line: for the
// operator, whose file it is.
type ImportFault struct {
	Line int       `json:"line"`
	Kind FaultKind `json:"kind"`
	Text string    `json:"text"`
}

// An ImportReport is what an import did, or would do.
type ImportReport struct {
	DryRun   bool          `json:"dry_run"`
	Cars     int           `json:"cars"`     // lines with a car
	New      int           `json:"new"`      // of them: to be saved
	Renewed  int           `json:"renewed"`  // saved already, with other digits or another name, or not checked
	Already  int           `json:"already"`  // saved already, just so
	Faulty   int           `json:"faulty"`   // lines with a fault
	Imported int           `json:"imported"` // new and renewed, if it was done
	Faults   []ImportFault `json:"faults"`
	Notes    []ImportFault `json:"notes"`
	// Silent tells that the person never wrote, or left: nothing can be sent to
	// them until they write.
	Silent bool `json:"silent"`
	// First is how many cars are checked within the hour, for a first summary,
	// and not in Checks.
	First int `json:"first_checks"`
	// Checks is what watching the new and renewed cars will cost a week, as a
	// rule: more while something is new, nothing for a car that others watch
	// already. Money is that in yuan; 0: the price is not known.
	Checks int     `json:"checks_per_week"`
	Money  float64 `json:"yuan_per_week,omitempty"`
}

// importBatch is how many cars one transaction takes: others wait meanwhile.
const importBatch = 100

// Import checks a table of cars, every line of it, and unless it is a dry run
// saves them for the person and has them checked by themselves. With a fault
// anywhere nothing is imported, unless o.SkipFaulty. The same table again
// changes nothing, also after an import that broke off in the middle: up to
// importBatch cars are saved together. What a city asks for is looked up, which
// is free; nothing is paid.
func (f *Fleet) Import(ctx context.Context, o ImportOrder) (ImportReport, error) {
	rows, faults := readRoster(o.Table)
	rules, err := f.rules(ctx, rows)
	if err != nil {
		return ImportReport{}, err
	}
	c := &clerk{fleet: f, rules: rules, seen: map[Vehicle]int{}}
	c.report = ImportReport{DryRun: o.DryRun, Cars: len(rows), Faults: faults, Notes: []ImportFault{}}
	if faults == nil {
		c.report.Faults = []ImportFault{}
	}
	for _, row := range rows {
		c.take(row)
	}
	if err := f.Store.View(ctx, func(tx storage.Tx) error { return c.compare(tx, o.User) }); err != nil {
		return ImportReport{}, err
	}
	c.count()
	r := c.report
	if o.DryRun || len(r.Faults) > 0 && !o.SkipFaulty {
		return r, nil
	}
	for todo := c.entries; len(todo) > 0; {
		n := min(importBatch, len(todo))
		crowded, err := f.save(ctx, o.User, todo[:n])
		if err != nil {
			return r, err
		}
		r.Notes = append(r.Notes, crowded...)
		r.Imported += n
		todo = todo[n:]
	}
	return r, nil
}

// save saves cars for a person, in one transaction; crowded are those that are
// saved and cannot be checked.
func (f *Fleet) save(ctx context.Context, u UserID, cars []entry) (crowded []ImportFault, err error) {
	err = f.Store.Update(ctx, []string{userKey(u)}, func(tx storage.Tx) error {
		crowded = nil
		r, err := load(tx, u)
		if err != nil {
			return err
		}
		at := f.now()
		if r.lastSeen().IsZero() { // they never wrote: the year of silence begins today
			r.Seen = at
		}
		for _, e := range cars {
			s := e.saved
			for _, old := range r.Garage {
				if old.Same(s.Vehicle) { // what the person told stays
					s.Inspection, s.Notice, s.Name = old.Inspection, old.Notice, or(s.Name, old.Name)
				}
			}
			r.keep(s)
			switch err := f.begin(tx, at, u, s); {
			case errors.Is(err, ErrCrowded):
				crowded = append(crowded, ImportFault{e.line, NoteCrowded, s.Plate + " is saved but not checked: it has as many watchers as it may have"})
			case err != nil:
				return err
			}
		}
		return r.save(tx, u)
	})
	return crowded, err
}

// begin has a saved car checked. What the person was told of it before is no
// news.
func (f *Fleet) begin(tx storage.Tx, at time.Time, u UserID, s Saved) error {
	if f.Watch == nil {
		return nil
	}
	var seen *Report
	w, ok, err := f.Watch.State(tx, at, u, s.Vehicle)
	if err != nil {
		return err
	}
	if ok && !w.Checked.IsZero() {
		seen = &Report{Vehicle: s.Vehicle, City: s.City, Violations: w.Rows, At: w.Checked, Cached: true}
	}
	return f.Watch.Begin(tx, at, u, s, seen)
}

// week is how many checks n cars need in a week.
func (f *Fleet) week(n int) int {
	if f.Every <= 0 || f.Watch == nil {
		return 0
	}
	return int(math.Ceil(float64(n) * float64(7*24*time.Hour) / float64(f.Every)))
}
