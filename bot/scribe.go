package bot

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// A scribe writes the fields of a record, or reads them: what a type lists in
// its method fields, one line each, is both. Reading and writing a record is most
// of what a turn costs beside the store, which is why this is not reflection's
// work.
//
// A field is its number and kind, and its value: a number as a varint, anything
// else as bytes with their length in front. What is zero is left out. Fields
// stand in the order of their numbers, which are never used again: a later
// version adds some at the end, and an earlier one keeps what it does not know,
// where the type has room for it (rest), and leaves it out elsewhere.
type scribe struct {
	reads bool
	out   []byte // what is written
	in    string // what is still to be read; texts share its memory
	next  uint64 // number and kind of the field that stands next; 0: none
	wrong error  // what kept it from going on
}

// Kinds of a field.
const (
	kindNumber = 0
	kindBytes  = 1
)

// A fielded type tells a scribe its fields.
type fielded interface{ fields(*scribe) }

// read reads all fields of v from text.
func (s *scribe) read(text string, v fielded) {
	outer, after := s.in, s.next
	s.in, s.next = text, 0
	s.advance()
	v.fields(s)
	s.in, s.next = outer, after
}

// advance goes to the next field.
func (s *scribe) advance() {
	before := s.next
	if s.next = 0; s.in == "" || s.wrong != nil {
		return
	}
	if s.next = s.uvarint(); s.next>>1 < before>>1 || s.next>>1 == 0 {
		s.fail(errLayout)
	}
}

func (s *scribe) fail(err error) {
	s.wrong, s.in, s.next = err, "", 0
}

// uvarint reads an unsigned number.
func (s *scribe) uvarint() (n uint64) {
	for i := 0; i < len(s.in) && i < binary.MaxVarintLen64; i++ {
		c := s.in[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			s.in = s.in[i+1:]
			return n
		}
	}
	s.fail(errLayout)
	return 0
}

// varint reads a signed number.
func (s *scribe) varint() int64 {
	n := s.uvarint()
	return int64(n>>1) ^ -int64(n&1) //nolint:gosec // as encoding/binary has it
}

// bytes reads what has its length in front.
func (s *scribe) bytes() (b string) {
	n := s.uvarint()
	if n > uint64(len(s.in)) {
		s.fail(errLayout)
		return ""
	}
	b, s.in = s.in[:n], s.in[n:]
	return b
}

// here tells whether the field stands here to be read.
func (s *scribe) here(n, kind uint64) bool { return s.reads && s.next == n<<1|kind }

func (s *scribe) head(n, kind uint64) { s.out = binary.AppendUvarint(s.out, n<<1|kind) }

// number is a field with a number.
func (s *scribe) number(n uint64, v *int) {
	switch {
	case s.here(n, kindNumber):
		*v = int(s.varint())
		s.advance()
	case !s.reads && *v != 0:
		s.head(n, kindNumber)
		s.out = binary.AppendVarint(s.out, int64(*v))
	}
}

// flag is a field that is there or not.
func (s *scribe) flag(n uint64, v *bool) {
	set := 0
	if *v {
		set = 1
	}
	s.number(n, &set)
	*v = set != 0
}

// text is a field with a text.
func text[T ~string](s *scribe, n uint64, v *T) {
	switch {
	case s.here(n, kindBytes):
		*v = T(s.bytes())
		s.advance()
	case !s.reads && *v != "":
		s.head(n, kindBytes)
		s.out = binary.AppendUvarint(s.out, uint64(len(*v)))
		s.out = append(s.out, *v...)
	}
}

// texts is a field with several.
func (s *scribe) texts(n uint64, v *[]string) {
	for s.here(n, kindBytes) {
		*v = append(*v, s.bytes())
		s.advance()
	}
	if s.reads {
		return
	}
	for _, t := range *v {
		s.head(n, kindBytes)
		s.out = binary.AppendUvarint(s.out, uint64(len(t)))
		s.out = append(s.out, t...)
	}
}

// moment is a field with a time: seconds since 1970 and nanoseconds.
func (s *scribe) moment(n uint64, v *time.Time) {
	switch {
	case s.here(n, kindBytes):
		inner := scribe{reads: true, in: s.bytes()}
		sec, nsec := inner.varint(), inner.uvarint()
		if inner.wrong != nil || nsec >= uint64(time.Second) {
			s.fail(errLayout)
			return
		}
		*v = time.Unix(sec, int64(nsec)).UTC() //nolint:gosec // below a second
		s.advance()
	case !s.reads && !v.IsZero():
		s.head(n, kindBytes)
		s.out = append(s.out, 0)
		at := len(s.out)
		s.out = binary.AppendVarint(s.out, v.Unix())
		s.out = binary.AppendUvarint(s.out, uint64(v.Nanosecond())) //nolint:gosec // not negative
		s.out[at-1] = byte(len(s.out) - at)                         // 15 at most
	}
}

// traceID is a field with the id of a trace, in half as many bytes: what is read
// stays these. Another text it leaves alone.
func (s *scribe) traceID(n uint64, v, stored *string) {
	switch {
	case s.reads || *stored != "":
		text(s, n, stored)
	case isTraceID(*v):
		s.head(n, kindBytes)
		s.out = append(s.out, traceIDSize)
		s.out, _ = hex.AppendDecode(s.out, []byte(*v))
	}
}

const traceIDSize = 16

// isTraceID tells whether a text is one: lower-case hexadecimal digits.
func isTraceID(s string) bool {
	if len(s) != 2*traceIDSize {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// hashes is a field with hashes, eight bytes each.
func (s *scribe) hashes(n uint64, v *[]uint64) {
	switch {
	case s.here(n, kindBytes):
		b := s.bytes()
		if len(b)%8 != 0 {
			s.fail(errLayout)
			return
		}
		*v = make([]uint64, 0, len(b)/8+1)
		for ; b != ""; b = b[8:] {
			*v = append(*v, binary.LittleEndian.Uint64([]byte(b[:8])))
		}
		s.advance()
	case !s.reads && len(*v) > 0:
		s.head(n, kindBytes)
		s.out = binary.AppendUvarint(s.out, uint64(8*len(*v)))
		for _, h := range *v {
			s.out = binary.LittleEndian.AppendUint64(s.out, h)
		}
	}
}

// part is a field with fields of its own.
func (s *scribe) part(n uint64, v fielded) {
	switch {
	case s.here(n, kindBytes):
		s.read(s.bytes(), v)
		s.advance()
	case !s.reads:
		before := len(s.out)
		if s.write(n, v) == 0 {
			s.out = s.out[:before]
		}
	}
}

// doubtful is a part that need not be whole to read the rest: what cannot be
// read is dropped.
func (s *scribe) doubtful(n uint64, v fielded, drop func()) {
	if !s.here(n, kindBytes) {
		s.part(n, v)
		return
	}
	inner := scribe{reads: true}
	if inner.read(s.bytes(), v); inner.wrong != nil {
		drop()
	}
	s.advance()
}

// folded is a part that is kept as it was stored, and written so again.
func (s *scribe) folded(n uint64, v fielded, folded *string) {
	switch {
	case s.here(n, kindBytes):
		*folded = s.bytes()
		s.advance()
	case s.reads || *folded == "":
		s.part(n, v)
	default:
		text(s, n, folded)
	}
}

// write writes a part, and tells its length.
func (s *scribe) write(n uint64, v fielded) int {
	s.head(n, kindBytes)
	at := len(s.out)
	v.fields(s)
	length := len(s.out) - at
	var size [binary.MaxVarintLen64]byte
	used := binary.PutUvarint(size[:], uint64(length)) //nolint:gosec // not negative
	s.out = append(s.out, size[:used]...)
	copy(s.out[at+used:], s.out[at:at+length])
	copy(s.out[at:], size[:used])
	return length
}

// parts is a field with any number of them.
func parts[T any, P interface {
	*T
	fielded
}](s *scribe, n uint64, v *[]T) {
	for s.here(n, kindBytes) {
		*v = append(*v, *new(T))
		s.read(s.bytes(), P(&(*v)[len(*v)-1]))
		s.advance()
	}
	if s.reads {
		return
	}
	for i := range *v {
		s.write(n, P(&(*v)[i]))
	}
}

// rare is a field that few records have, as JSON. The zero value is told from
// the others by there.
func (s *scribe) rare(n uint64, there bool, v any) {
	switch {
	case s.here(n, kindBytes):
		if err := json.Unmarshal([]byte(s.bytes()), v); err != nil {
			s.fail(err)
			return
		}
		s.advance()
	case !s.reads && there:
		b, err := json.Marshal(v)
		if err != nil {
			s.fail(err)
			return
		}
		s.head(n, kindBytes)
		s.out = binary.AppendUvarint(s.out, uint64(len(b)))
		s.out = append(s.out, b...)
	}
}

// rest keeps the fields of a later version, which are those beyond n.
func (s *scribe) rest(n uint64, v *string) {
	if !s.reads {
		s.out = append(s.out, *v...)
		return
	}
	var kept strings.Builder
	for s.next != 0 {
		if s.next>>1 <= n {
			s.fail(errLayout) // out of order, or twice
			return
		}
		kept.Write(binary.AppendUvarint(nil, s.next))
		from := s.in
		if s.next&1 == kindNumber {
			s.uvarint()
		} else {
			s.bytes()
		}
		if s.wrong != nil {
			return
		}
		kept.WriteString(from[:len(from)-len(s.in)])
		s.advance()
	}
	*v = kept.String()
}
