package bot

import (
	"encoding/hex"
	"errors"
	"sync"
)

// layoutMark is the first byte of a record as scribes write it. Records of
// before are JSON, and begin with a brace.
const layoutMark = 1

// errLayout: what was stored was written by no scribe.
var errLayout = errors.New("bot: not a record")

// paper is what records are written on before they are stored: a store copies
// what it is given.
var paper = sync.Pool{New: func() any { return new([]byte) }}

// fields lists what is stored of a person. What hardly anybody has is JSON.
func (r *record) fields(s *scribe) {
	s.number(1, &r.Version)
	s.doubtful(2, &r.Session, func() { r.Session = Session{} })
	parts(s, 3, &r.Garage)
	parts(s, 4, &r.Turns)
	s.hashes(5, &r.Keys)
	s.moment(6, &r.Seen)
	s.rare(7, len(r.Notices) > 0, &r.Notices)
	s.hashes(8, &r.Told)
	s.rare(9, len(r.Invites) > 0, &r.Invites)
	s.rare(10, len(r.Later) > 0, &r.Later)
	s.part(11, &r.Pace)
	s.flag(12, &r.Gone)
	s.moment(13, &r.Warned)
	s.flag(14, &r.NoAlerts)
	s.rare(15, r.Draft != nil, &r.Draft)
	s.flag(16, &r.Pushed)
	s.rest(16, &r.beyond)
}

func (p *pace) fields(s *scribe) {
	s.moment(1, &p.Since)
	s.number(2, &p.Count)
}

func (t *turn) fields(s *scribe) {
	text(s, 1, &t.Key)
	s.moment(2, &t.At)
	s.number(3, &t.Open)
	s.number(4, &t.Told)
	text(s, 5, &t.Taken)
	if s.reads || t.traced == "" && !isTraceID(t.Trace) {
		text(s, 6, &t.Trace)
	}
	s.folded(7, (*utterances)(t), &t.packed)
	s.traceID(8, &t.Trace, &t.traced)
	s.rest(8, &t.beyond)
}

// utterances are what a turn has to say. Most of it is never wanted again, so it
// stays folded until somebody wants it.
type utterances turn

func (w *utterances) fields(s *scribe) {
	parts(s, 1, &w.Early)
	parts(s, 2, &w.News)
	parts(s, 3, &w.Replies)
}

// unfold reads the words of a turn, and its trace. What was stored is either whole
// or was refused with its record.
func (t *turn) unfold() {
	if t.traced != "" {
		t.Trace, t.traced = hex.EncodeToString([]byte(t.traced)), ""
	}
	if t.packed == "" {
		return
	}
	s := scribe{reads: true}
	s.read(t.packed, (*utterances)(t))
	t.packed = ""
}

func (r *Reply) fields(s *scribe) {
	text(s, 1, &r.Text)
	parts(s, 2, &r.Options)
	s.rare(3, len(r.Files) > 0, &r.Files)
	s.rare(4, r.News != nil, &r.News)
}

func (o *Option) fields(s *scribe) {
	text(s, 1, &o.Label)
	same := !s.reads && o.Send == o.Label
	if !same {
		text(s, 2, &o.Send)
	}
	if s.flag(3, &same); s.reads && same {
		o.Send = o.Label
	}
}

func (v *Vehicle) fields(s *scribe) {
	text(s, 1, &v.Plate)
	text(s, 2, &v.Type)
	text(s, 3, &v.Engine)
	text(s, 4, &v.VIN)
}

func (v *Saved) fields(s *scribe) {
	s.part(1, &v.Vehicle)
	text(s, 2, &v.Name)
	text(s, 3, &v.City)
	s.number(4, &v.Notice)
	text(s, 5, &v.Owner)
	s.part(6, &v.Inspection)
}

func (i *Inspection) fields(s *scribe) {
	s.moment(1, &i.Registered)
	s.moment(2, &i.Until)
}

func (r *Rule) fields(s *scribe) {
	text(s, 1, &r.City)
	text(s, 2, &r.Name)
	text(s, 3, &r.Province)
	s.number(4, (*int)(&r.Engine))
	s.number(5, (*int)(&r.VIN))
}

// fields lists a session.
func (w *Session) fields(s *scribe) {
	s.number(1, &w.Version)
	s.moment(2, &w.Seen)
	text(s, 3, &w.Ask)
	text(s, 4, &w.Yes)
	s.part(5, &w.Form)
	parts(s, 6, &w.Queue)
	s.number(7, &w.Effects)
	s.number(8, &w.Waiting)
	s.moment(9, &w.Since)
	s.part(10, &w.Last)
	s.moment(11, &w.LastAt)
	text(s, 12, &w.LastRows)
	text(s, 13, &w.LastCity)
	text(s, 14, &w.Lang)
	s.number(15, &w.Page)
	s.number(16, &w.Noticed)
	parts(s, 17, &w.Drops)
	text(s, 18, &w.Then)
	parts(s, 19, &w.Picks)
	s.part(20, &w.Dates)
	s.flag(21, &w.Dating)
	s.part(22, &w.About)
	s.number(23, &w.CarPage)
	s.flag(24, &w.Young)
	s.number(25, &w.Fits)
	s.rest(25, &w.beyond)
}

func (f *Form) fields(s *scribe) {
	s.part(1, &f.Vehicle)
	s.part(2, &f.Rule)
	s.flag(3, &f.Sure)
	s.flag(4, &f.Loose)
	s.flag(5, &f.Checked)
	s.flag(6, &f.Refresh)
	s.flag(7, &f.Keep)
	s.flag(8, &f.Soon)
	text(s, 9, &f.Owner)
	s.flag(10, &f.Photo)
	text(s, 11, &f.Failed)
	s.flag(12, &f.Sent)
	text(s, 13, &f.Why)
	text(s, 14, &f.Partial.Province)
	text(s, 15, &f.Partial.Letters)
	text(s, 16, &f.Partial.Serial)
	s.texts(17, &f.Choices)
	s.rest(17, &f.beyond)
}
