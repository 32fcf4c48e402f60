package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
)

// A Row is one thing that a store holds, as it stands there: what a driver hands
// out when the store moves to another one. Under a sealing store it is sealed.
type Row struct {
	Kind  RowKind
	Place string // the bucket of a record, the queue of a job
	Key   string // of a record; the ID of a job
	Value []byte // of a record; the body of a job

	Lane    string // of a job that is not over
	Due     int64  // likewise; unix nanoseconds, as the next
	Ended   int64  // when a job was over
	Attempt int    // runs that count
	Cause   string // fingerprint of what made a dead letter
}

// A RowKind says what a Row is. A store hands its rows out in this order:
// records by bucket and key, jobs that wait in the order they were enqueued,
// those that are over by queue and ID, dead letters by when they died.
type RowKind byte

// The kinds.
const (
	RowRecord  RowKind = 'r'
	RowPending RowKind = 'p'
	RowOver    RowKind = 'o'
	RowDead    RowKind = 'd'
)

// errRow: what is read is no Row.
var errRow = errors.New("storage: not a row")

// AppendRow appends a row to b, so that ReadRow finds it again.
func AppendRow(b []byte, r Row) []byte {
	b = append(b, byte(r.Kind))
	for _, text := range []string{r.Place, r.Key, r.Lane, r.Cause} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	for _, n := range []int64{r.Due, r.Ended, int64(r.Attempt)} {
		b = binary.AppendVarint(b, n)
	}
	return append(binary.AppendUvarint(b, uint64(len(r.Value))), r.Value...)
}

// A ByteReader is what ReadRow reads from.
type ByteReader interface {
	io.Reader
	io.ByteReader
}

// ReadRow reads what AppendRow wrote; io.EOF means that there are no more.
func ReadRow(from ByteReader) (r Row, err error) {
	kind, err := from.ReadByte()
	if err != nil {
		return r, err
	}
	r.Kind = RowKind(kind)
	for _, text := range []*string{&r.Place, &r.Key, &r.Lane, &r.Cause} {
		b, err := readBytes(from)
		if err != nil {
			return r, err
		}
		*text = string(b)
	}
	var attempt int64
	for _, n := range []*int64{&r.Due, &r.Ended, &attempt} {
		if *n, err = binary.ReadVarint(from); err != nil {
			return r, errRow
		}
	}
	r.Attempt = int(attempt)
	r.Value, err = readBytes(from)
	return r, err
}

func readBytes(from ByteReader) ([]byte, error) {
	n, err := binary.ReadUvarint(from)
	if err != nil || n > MaxValue+Overhead {
		return nil, errRow
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(from, b); err != nil {
		return nil, errRow
	}
	return b, nil
}

// A RowSum is a digest of rows in their order: two stores that hold the same
// have the same. The zero RowSum is that of no rows.
type RowSum struct {
	Rows  int
	Jobs  int // of these, that wait
	Bytes int64

	hash hash.Hash
	text []byte
}

// Add adds a row.
func (s *RowSum) Add(r Row) {
	if s.hash == nil {
		s.hash = sha256.New()
	}
	s.text = AppendRow(s.text[:0], r)
	s.hash.Write(s.text)
	s.Rows++
	s.Bytes += int64(len(s.text))
	if r.Kind == RowPending {
		s.Jobs++
	}
}

// Sum is the digest.
func (s *RowSum) Sum() [sha256.Size]byte {
	if s.hash == nil {
		return sha256.Sum256(nil)
	}
	return [sha256.Size]byte(s.hash.Sum(nil))
}
