package bot

import (
	"slices"
	"time"
)

// Bounds of what waits in a record. What is over them is summed up, oldest
// first.
const (
	mostWaiting = 20  // notices
	mostRows    = 300 // violations in them: a hundred are about 30 KB
	keptTold    = 128 // hashes of the IDs of past notices
	mostPlates  = 10  // plates that a sum names

	// unreadFor is how long a notice waits for its person.
	unreadFor = 30 * 24 * time.Hour
	// packLost is when a parcel that was not tried any more has lost its
	// notices: the job that carried it is no more.
	packLost = 24 * time.Hour
)

// A waiting is a notice in its person's record, or the sum of several that were
// too many.
type waiting struct {
	Notice
	More   int      `json:"more,omitempty"`   // of a sum: how many notices it stands for
	Plates []string `json:"plates,omitempty"` // and the vehicles they were about

	Parcel string    `json:"parcel,omitempty"` // the parcel that has it; "": none
	Packed time.Time `json:"packed,omitzero"`  // since when
	Tried  time.Time `json:"tried,omitzero"`   // when it was taken out to be sent last
	Parked bool      `json:"parked,omitempty"` // could not be sent once
}

// free tells whether nobody has the notice at now.
func (w *waiting) free(now time.Time) bool {
	return w.Parcel == "" || now.Sub(w.Tried) >= packLost
}

// news tells whether the notice is of the kind that goes into a form (Summary).
func (w *waiting) news() bool { return w.Kind == NoticeNews || w.Kind == NoticeFirst }

func (w *waiting) rows() int {
	n := len(w.New) + len(w.Decided) + len(w.Gone)
	if w.Report != nil {
		n += len(w.Report.Violations)
	}
	return n
}

// await adds a notice; false: its ID was there before.
func (r *record) await(n Notice, now time.Time) bool {
	id := hash(n.ID)
	if slices.Contains(r.Told, id) {
		return false
	}
	r.Told = append(r.Told, id)
	r.Told = r.Told[max(0, len(r.Told)-keptTold):]
	r.Notices = append(r.Notices, waiting{Notice: n})
	for r.crowded() && r.mergeOldest(now) {
		continue
	}
	return true
}

func (r *record) crowded() bool {
	rows := 0
	for i := range r.Notices {
		rows += r.Notices[i].rows()
	}
	return len(r.Notices) > mostWaiting || rows > mostRows
}

// mergeOldest sums up the two oldest notices that nobody has, broadcasts aside,
// which say something of their own; false: there are no two.
func (r *record) mergeOldest(now time.Time) bool {
	first := -1
	for i := range r.Notices {
		if !r.Notices[i].free(now) || r.Notices[i].Kind == NoticeBroadcast {
			continue
		}
		if first < 0 {
			first = i
			continue
		}
		r.Notices[first] = sum(r.Notices[first], r.Notices[i])
		r.Notices = slices.Delete(r.Notices, i, i+1)
		return true
	}
	return false
}

// sum stands for two notices, of which either may be a sum. It has the age of
// the younger one, so that neither expires too early.
func sum(a, b waiting) waiting {
	s := waiting{Notice: Notice{ID: b.ID, At: b.At}}
	for _, w := range []waiting{a, b} {
		s.More += max(1, w.More)
		if w.Vehicle.Plate != "" {
			w.Plates = []string{w.Vehicle.Plate}
		}
		for _, p := range w.Plates {
			if !slices.Contains(s.Plates, p) && len(s.Plates) < mostPlates {
				s.Plates = append(s.Plates, p)
			}
		}
	}
	return s
}

// pack gives a parcel what waits: what it has already, else all that nobody
// has. What could not be sent before waits for the person's message, unless it
// is news, which some platforms carry as a form.
func (r *record) pack(parcel string, now time.Time) []waiting {
	has := func(w waiting) bool { return w.Parcel == parcel }
	if !slices.ContainsFunc(r.Notices, has) {
		for i := range r.Notices {
			if w := &r.Notices[i]; w.free(now) && (!w.Parked || w.news()) {
				w.Parcel, w.Packed = parcel, now
			}
		}
	}
	var packed []waiting
	for i := range r.Notices {
		if w := &r.Notices[i]; w.Parcel == parcel {
			w.Tried = now
			packed = append(packed, *w)
		}
	}
	return packed
}

// unpack ends a parcel: what was delivered goes, the rest is nobody's again.
// again tells that news were held up by what cannot go into a form, and may get
// through alone.
func (r *record) unpack(parcel string, d Delivery) (again bool) {
	if d == Delivered {
		r.Notices = slices.DeleteFunc(r.Notices, func(w waiting) bool { return w.Parcel == parcel })
		return false
	}
	news, others := false, false
	for i := range r.Notices {
		w := &r.Notices[i]
		if w.Parcel != parcel {
			continue
		}
		w.Parcel, w.Packed, w.Tried = "", time.Time{}, time.Time{}
		w.Parked = w.Parked || d == Parked || d == Failed
		news, others = news || w.news(), others || !w.news()
	}
	return (d == Parked || d == Failed) && news && others
}

// hear hands all that nobody has to the person's message.
func (r *record) hear(now time.Time) []waiting {
	var heard []waiting
	r.Notices = slices.DeleteFunc(r.Notices, func(w waiting) bool {
		if w.free(now) {
			heard = append(heard, w)
			return true
		}
		return false
	})
	return heard
}

// expire drops what waited for too long, and tells whether that was anything.
func (r *record) expire(now time.Time) bool {
	n := len(r.Notices)
	r.Notices = slices.DeleteFunc(r.Notices, func(w waiting) bool {
		return now.Sub(w.At) >= unreadFor || w.Kind == NoticeBroadcast && now.Sub(w.At) >= broadcastFor && w.free(now)
	})
	return len(r.Notices) < n
}
