package boltstore

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// A journal makes what was committed durable until it is in the file: two files
// beside it, NAME.journal-0 and NAME.journal-1, that take turns. Each is what of
// one layer has been committed, a record for each group of updates:
//
//	be32 length of the rest, be32 CRC-32C of the rest,
//	session, be64 generation, be64 number of the record in it,
//	for each row: bucket, key, 0 to delete or length+1 of the value, value
//
// with uvarint lengths before texts. Files are written over from their start;
// what an earlier generation left behind a record ends it. The file itself says
// under journalKey which session's journals it goes with, and the generation that
// it holds all of.
type journal struct {
	path    string
	session session
	files   [2]*os.File // nil: not yet needed
	size    [2]int64    // that they have already
	number  uint64      // the next record's
	at      int64       // where it goes
	record  []byte      // reused
	sync    func(*os.File) error
}

// A session is one opening of the store, by lot: a file of another does not go
// with its journals.
type session [8]byte

// A mark is what the file says of the journals.
type mark struct {
	session session
	folded  uint64 // the last generation that is in the file
}

var journalKey = []byte("journal")

const (
	recordHead = 8
	recordName = len(session{}) + 16
	// journalStep is by how much a journal's file grows: writing where it is
	// already needs no new size on the disk.
	journalStep = 256 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func journalName(path string, generation uint64) string {
	return path + ".journal-" + string(rune('0'+generation%2))
}

func newSession() (s session) {
	_, _ = rand.Read(s[:])
	return s
}

func (m mark) save(btx *bolt.Tx) error {
	return btx.Bucket(metaBucket).Put(journalKey, binary.BigEndian.AppendUint64(slices.Clone(m.session[:]), m.folded))
}

func readMark(btx *bolt.Tx) (m mark, ok bool) {
	meta := btx.Bucket(metaBucket)
	if meta == nil {
		return m, false
	}
	v := meta.Get(journalKey)
	if len(v) != len(m.session)+8 {
		return m, false
	}
	return mark{session: session(v), folded: binary.BigEndian.Uint64(v[len(m.session):])}, true
}

// begin starts the records of a generation, in place of those of the last but one.
func (j *journal) begin() { j.number, j.at = 0, 0 }

// append makes l durable as the next record of a generation. After an error
// without uncertain, nobody will read it.
func (j *journal) append(generation uint64, l *layer) (uncertain bool, err error) {
	f, err := j.file(generation)
	if err != nil {
		return false, err
	}
	b := append(j.record[:0], make([]byte, recordHead)...)
	b = append(b, j.session[:]...)
	b = binary.BigEndian.AppendUint64(b, generation)
	b = binary.BigEndian.AppendUint64(b, j.number)
	l.rows.Scan(func(e entry) bool { b = appendEntry(b, e); return true })
	binary.BigEndian.PutUint32(b, uint32(len(b)-recordHead)) //nolint:gosec // far less: see foldSize
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(b[recordHead:], castagnoli))
	end := j.at + int64(len(b))
	size := &j.size[generation%2]
	if end > *size {
		b = append(b, make([]byte, (end+journalStep-1)/journalStep*journalStep-end)...)
	}
	j.record = b
	if _, err := f.WriteAt(b, j.at); err != nil {
		return false, translate(err)
	}
	*size = max(*size, j.at+int64(len(b)))
	if err := j.sync(f); err != nil {
		return true, translate(err)
	}
	j.at = end
	j.number++
	return false, nil
}

func appendEntry(b []byte, e entry) []byte {
	b = appendText(appendText(b, e.bucket), e.key)
	if e.value == nil {
		return append(b, 0)
	}
	return append(binary.AppendUvarint(b, uint64(len(e.value))+1), e.value...)
}

// file opens or makes a generation's file, which belongs to whom the store does.
func (j *journal) file(generation uint64) (*os.File, error) {
	f := &j.files[generation%2]
	if *f != nil {
		return *f, nil
	}
	name := journalName(j.path, generation)
	opened, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode) //nolint:gosec // the operator's own path
	if err != nil {
		return nil, translate(err)
	}
	info, err := opened.Stat()
	if err = errors.Join(err, ownedLike(opened, []string{j.path}), syncDir(filepath.Dir(name))); err != nil {
		return nil, errors.Join(translate(err), opened.Close())
	}
	*f, j.size[generation%2] = opened, info.Size()
	return opened, nil
}

// close closes the files, which may be needed again.
func (j *journal) close() {
	for i, f := range j.files {
		if f != nil {
			_ = f.Close() // synced
			j.files[i] = nil
		}
	}
}

// removeJournals removes the journals of the store at path, all of which is in
// it; wiped first when nothing of them may stay on the disk.
func removeJournals(path string, wiped bool) error {
	var errs []error
	for generation := range uint64(2) {
		name := journalName(path, generation)
		if wiped {
			if f, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil { //nolint:gosec // the operator's own path
				errs = append(errs, wipe(f), f.Close())
			}
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// leftOver reads what a process that was killed has committed and not put into
// the file: the layers of the generations that follow on what the file holds, and
// the last of these. Journals that go with another file are none of this one's.
func leftOver(btx *bolt.Tx) (layers []*layer, last mark, err error) {
	last, ok := readMark(btx)
	if !ok {
		return nil, last, nil
	}
	for generation := last.folded + 1; ; generation++ {
		b, err := os.ReadFile(journalName(btx.DB().Path(), generation))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, last, err
		}
		l, err := readJournal(b, last.session, generation)
		if err != nil || l == nil {
			return layers, last, err
		}
		layers, last.folded = append(layers, l), generation
	}
}

// readJournal reads the records of a generation; nil: there are none. The last
// may be torn: nobody was told that it is there. One that is torn before others
// is ErrCorrupt.
func readJournal(b []byte, of session, generation uint64) (l *layer, err error) {
	name := binary.BigEndian.AppendUint64(slices.Clone(of[:]), generation)
	for number := uint64(0); ; number++ {
		body, rest, ok := cutRecord(b, name, number)
		if !ok {
			if laterRecord(b, name, number) && !(number == 0 && isOverwritten(b, name)) {
				return nil, corrupt("the journal")
			}
			return l, nil
		}
		if l == nil {
			l = newLayer()
		}
		for len(body) > 0 {
			var e entry
			if e, body, ok = cutEntry(body); !ok {
				return nil, corrupt("a record of the journal")
			}
			l.put(e)
		}
		b = rest
	}
}

// cutRecord cuts off the record of that number, if it is whole.
func cutRecord(b, name []byte, number uint64) (body, rest []byte, ok bool) {
	if len(b) < recordHead+recordName {
		return nil, nil, false
	}
	length := binary.BigEndian.Uint32(b)
	if length < uint32(recordName) || uint64(length) > uint64(len(b)-recordHead) {
		return nil, nil, false
	}
	body, rest = b[recordHead:recordHead+int(length)], b[recordHead+int(length):]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[4:]) ||
		!bytes.HasPrefix(body, name) || binary.BigEndian.Uint64(body[len(name):]) != number {
		return nil, nil, false
	}
	return body[recordName:], rest, true
}

// isOverwritten tells whether b begins with a later generation than name's, of the
// same session.
func isOverwritten(b, name []byte) bool {
	if len(b) < recordHead+recordName {
		return false
	}
	begun := b[recordHead:][:len(name)]
	_, _, ok := cutRecord(b, begun, 0)
	return ok && bytes.HasPrefix(begun, name[:len(session{})]) && bytes.Compare(begun, name) > 0
}

// laterRecord tells whether a whole record of a higher number follows somewhere.
func laterRecord(b, name []byte, number uint64) bool {
	for {
		i := bytes.Index(b, name)
		if i < 0 || len(b) < i+recordName {
			return false
		}
		if n := binary.BigEndian.Uint64(b[i+len(name):]); i >= recordHead && n > number {
			if _, _, whole := cutRecord(b[i-recordHead:], name, n); whole {
				return true
			}
		}
		b = b[i+1:]
	}
}

func cutEntry(b []byte) (e entry, rest []byte, ok bool) {
	if e.bucket, b, ok = cutText(b); !ok || e.bucket == "" {
		return e, nil, false
	}
	if e.key, b, ok = cutText(b); !ok {
		return e, nil, false
	}
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size)+1 {
		return e, nil, false
	}
	b = b[size:]
	if n > 0 {
		e.value, b = b[:n-1:n-1], b[n-1:]
	}
	return e, b, e.key != "" || len(e.value) == 8
}

// takeOver puts into the file what its journals have and it has not.
func takeOver(db *bolt.DB) error {
	var layers []*layer
	var last mark
	err := db.View(func(tx *bolt.Tx) (err error) {
		layers, last, err = leftOver(tx)
		return err
	})
	if err != nil || len(layers) == 0 {
		return err
	}
	return db.Update(func(tx *bolt.Tx) error { return foldInto(tx, layers, last) })
}

// foldInto puts layers, the oldest first, into the file.
func foldInto(tx *bolt.Tx, layers []*layer, last mark) error {
	for _, l := range layers {
		if err := l.apply(tx); err != nil {
			return err
		}
	}
	return last.save(tx)
}
