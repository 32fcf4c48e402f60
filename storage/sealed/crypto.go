package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"strings"
	"sync"

	"github.com/weizhangbot/weizhangbot/storage"
)

// A box is what is stored in place of a value:
//
//	format (1) · key id (1) · nonce (12) · AES-256-GCM of the parts · tag (16)
//
// Parts are texts with their length in front, the last one without: a record
// holds its key and value, a job its ID, Key and Body. The additional data is
// format, key id, kind, bucket and stored key.
//
// What belongs to an owner is a box of another format, whose key takes the
// owner's share as well (people.go):
//
//	format (2) · key id (1) · box of the ref (44) · nonce (12) · AES-256-GCM · tag (16)
//
// The key id says which key opens it. A store is sealed under one key at a time,
// whose id is 1; a rotation makes another store.
const (
	formatGCM   = 1
	formatOwned = 2
	firstKey    = 1
	dataKeys    = 128
	refBoxSize  = overhead + refSize
)

// A kind keeps apart what otherwise could stand in for each other: the record k
// of bucket b and the job k of queue b.
type kind byte

const (
	kindRecord kind = 'r'
	kindJob    kind = 'j'
	kindCheck  kind = 'c'
	kindRef    kind = 0x80 // or-ed to the kind of what the ref belongs to
)

const (
	// pseudonymSize: 128 bits of the HMAC; two of 2^50 identities collide with
	// a chance of 2^-29.
	pseudonymSize = 16
	overhead      = 12 + 16 // nonce and tag
)

// A sealer seals and opens; it is safe for use by many goroutines.
type sealer struct {
	primary byte
	keys    [dataKeys]cipher.AEAD // by key id; nil: unknown
	scratch sync.Pool             // *scratch
	secret  []byte                // of owners' keys, with their share
	people  *people               // nil: nothing has an owner
	names   []byte                // of pseudonyms
	retired []retiredNames        // those of before, oldest first

	mu    sync.Mutex
	owned map[ref]cipher.AEAD // of owners met lately

	namesMu sync.Mutex
	named   map[string]pseudonym // of segments met lately, by what the HMAC is of
}

// A pseudonym stands in for an identity.
type pseudonym [pseudonymSize]byte

// mostNamed bounds how many pseudonyms stay in memory: about 200 bytes each.
const mostNamed = 8192

// mostOwned bounds how many owners' keys stay in memory: about 1 KB each.
const mostOwned = 4096

// scratch is what one operation needs and the next can use again.
type scratch struct {
	mac  hash.Hash
	in   []byte
	sum  []byte
	path []byte
}

func newSealer(key []byte) (*sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("sealed: a key has %d bytes, not %d", KeySize, len(key))
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	names, err := hkdf.Key(sha256.New, key, nil, "weizhangbot storage names 1", sha256.Size)
	if err != nil {
		return nil, err
	}
	secret, err := hkdf.Key(sha256.New, key, nil, "weizhangbot storage people 1", sha256.Size)
	if err != nil {
		return nil, err
	}
	s := &sealer{primary: firstKey, secret: secret, names: names, owned: map[ref]cipher.AEAD{}, named: map[string]pseudonym{}}
	s.keys[firstKey] = aead
	s.scratch.New = newScratch(names)
	return s, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	return deriveAEAD(key, nil, "weizhangbot storage seal 1")
}

func deriveAEAD(key, salt []byte, what string) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, salt, what, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal makes a box of texts and what comes last. It takes one buffer: the parts are written where
// their ciphertext will stand.
func (s *sealer) seal(k kind, bucket, stored string, last []byte, texts ...string) []byte {
	size := 2 + overhead + len(last)
	for _, text := range texts {
		size += binary.MaxVarintLen32 + len(text)
	}
	box := append(make([]byte, 0, size), formatGCM, s.primary)
	for _, text := range texts {
		box = binary.AppendUvarint(box, uint64(len(text)))
		box = append(box, text...)
	}
	box = append(box, last...)
	sc := s.get()
	defer s.scratch.Put(sc)
	//nolint:gosec // G407: the AEAD draws a random nonce itself, and takes none from its caller
	return s.keys[s.primary].Seal(box[:2], nil, box[2:], sc.additional(box[:2], k, bucket, stored))
}

// open returns the parts of a box, in the box's own memory.
func (s *sealer) open(k kind, bucket, stored string, box []byte) (parts []byte, ok bool) {
	if len(box) < 2+overhead || box[0] != formatGCM || box[1] >= dataKeys || s.keys[box[1]] == nil {
		return nil, false
	}
	sc := s.get()
	defer s.scratch.Put(sc)
	parts, err := s.keys[box[1]].Open(box[2:2], nil, box[2:], sc.additional(box[:2], k, bucket, stored))
	return parts, err == nil
}

// parts opens a box of either format. of is the ref of an owned one. The error
// is errForgotten, ErrNoPeople, or errBox.
func (s *sealer) parts(k kind, bucket, stored string, box []byte) (parts []byte, of *ref, err error) {
	if len(box) > 0 && box[0] == formatOwned {
		return s.openOwned(k, bucket, stored, box)
	}
	parts, ok := s.open(k, bucket, stored, box)
	if !ok {
		return nil, nil, errBox
	}
	return parts, nil, nil
}

func (s *sealer) openRecord(bucket, stored string, box []byte) (key string, value []byte, err error) {
	parts, _, err := s.parts(kindRecord, bucket, stored, box)
	ok := err == nil
	if ok {
		key, value, ok = cut(parts)
	}
	if !ok {
		return "", nil, unreadable("a record of bucket", bucket, err)
	}
	return key, value, nil
}

// sealJob seals a job for an owner; nil: for nobody.
func (s *sealer) sealJob(j storage.Job, owner *ref) (storage.Job, error) {
	id, key := j.ID, j.Key
	j.ID = s.key(kindJob, j.Queue, id)
	j.Key = s.key(kindJob, j.Queue, key)
	var err error
	j.Body, err = s.sealFor(owner, kindJob, j.Queue, j.ID, j.Body, id, key)
	return j, err
}

func (s *sealer) openJob(j storage.Job) (storage.Job, error) {
	parts, _, err := s.parts(kindJob, j.Queue, j.ID, j.Body)
	ok := err == nil
	if ok {
		j.ID, parts, ok = cut(parts)
	}
	if ok {
		j.Key, j.Body, ok = cut(parts)
	}
	if !ok {
		return storage.Job{}, unreadable("a job of queue", j.Queue, err)
	}
	return j, nil
}

// cut takes the first text off parts. The rest keeps no more capacity than
// length: it is the caller's own.
func cut(parts []byte) (text string, rest []byte, ok bool) {
	n, size := binary.Uvarint(parts)
	if size <= 0 || n > uint64(len(parts)-size) {
		return "", nil, false
	}
	end := size + int(n) //nolint:gosec // at most len(parts)
	return string(parts[size:end]), parts[end:len(parts):len(parts)], true
}

// key returns the stored form of a key: clear segments as they are, pseudonyms
// for the rest. The empty key stays empty.
func (s *sealer) key(k kind, bucket, key string) string { return s.path(k, bucket, key, false) }

// bound does the same for a bound of Scan, whose last segment may be End or the
// beginning of a clear one.
func (s *sealer) bound(bucket, key string) string { return s.path(kindRecord, bucket, key, true) }

func (s *sealer) path(k kind, bucket, key string, bound bool) string {
	sc := s.get()
	defer s.scratch.Put(sc)
	sc.path = sc.path[:0]
	for more := true; more; {
		var segment string
		segment, key, more = strings.Cut(key, "/")
		switch {
		case segment == "", segment[0] == '~', bound && !more && segment == storage.End:
			sc.path = append(sc.path, segment...)
		default:
			name := s.pseudonym(sc, k, bucket, segment)
			sc.path = base64.RawURLEncoding.AppendEncode(sc.path, name[:])
		}
		if more {
			sc.path = append(sc.path, '/')
		}
	}
	return string(sc.path)
}

func (s *sealer) get() *scratch {
	sc, _ := s.scratch.Get().(*scratch) // the pool holds nothing else
	return sc
}

// pseudonym depends on the bucket, so that the same person cannot be followed
// from one bucket to another. Those met lately are not computed again: a turn
// names the same few keys several times.
func (s *sealer) pseudonym(sc *scratch, k kind, bucket, segment string) pseudonym {
	sc.identity(k, bucket, segment)
	s.namesMu.Lock()
	name, known := s.named[string(sc.in)]
	s.namesMu.Unlock()
	if known {
		return name
	}
	name = sc.pseudonym()
	s.namesMu.Lock()
	defer s.namesMu.Unlock()
	if len(s.named) >= mostNamed {
		for other := range s.named { // whichever comes: those met again come back
			delete(s.named, other)
			break
		}
	}
	s.named[string(sc.in)] = name
	return name
}

// identity is what a pseudonym is made of.
func (sc *scratch) identity(k kind, bucket, segment string) {
	sc.in = append(sc.in[:0], byte(k))
	sc.in = binary.AppendUvarint(sc.in, uint64(len(bucket)))
	sc.in = append(sc.in, bucket...)
	sc.in = append(sc.in, segment...)
}

// pseudonym computes that of the identity.
func (sc *scratch) pseudonym() pseudonym {
	sc.mac.Reset()
	sc.mac.Write(sc.in)
	sc.sum = sc.mac.Sum(sc.sum[:0])
	return pseudonym(sc.sum[:pseudonymSize])
}

func (sc *scratch) additional(header []byte, k kind, bucket, stored string) []byte {
	sc.in = append(append(sc.in[:0], header...), byte(k))
	sc.in = binary.AppendUvarint(sc.in, uint64(len(bucket)))
	sc.in = append(sc.in, bucket...)
	sc.in = append(sc.in, stored...)
	return sc.in
}

// errBox: a box is not what was sealed in its place.
var errBox = fmt.Errorf("cannot be opened: %w", storage.ErrCorrupt)

// unreadable names the place only: keys are private.
func unreadable(what, where string, cause error) error {
	if cause == nil {
		cause = errBox
	}
	return fmt.Errorf("sealed: %s %q: %w", what, where, cause)
}
