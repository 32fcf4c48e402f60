package sealed

import (
	"crypto/cipher"
	"encoding/binary"
)

// sealFor seals for an owner; nil: for nobody.
func (s *sealer) sealFor(owner *ref, k kind, bucket, stored string, last []byte, texts ...string) ([]byte, error) { //nolint:revive // seal's own, and whose it is
	if owner == nil {
		return s.seal(k, bucket, stored, last, texts...), nil
	}
	aead, err := s.aeadOf(*owner)
	if err != nil {
		return nil, err
	}
	size := 2 + refBoxSize + overhead + len(last)
	for _, text := range texts {
		size += binary.MaxVarintLen32 + len(text)
	}
	box := append(make([]byte, 0, size), formatOwned, s.primary)
	sc := s.get()
	defer s.scratch.Put(sc)
	//nolint:gosec // G407: the AEAD draws a random nonce itself, and takes none from its caller
	box = s.keys[s.primary].Seal(box, nil, owner[:], sc.additional(box[:2], k|kindRef, bucket, stored))
	head := len(box)
	for _, text := range texts {
		box = binary.AppendUvarint(box, uint64(len(text)))
		box = append(box, text...)
	}
	box = append(box, last...)
	//nolint:gosec // likewise
	return aead.Seal(box[:head], nil, box[head:], sc.additional(box[:2], k, bucket, stored)), nil
}

// openOwned is parts of a box that has an owner.
func (s *sealer) openOwned(k kind, bucket, stored string, box []byte) (parts []byte, of *ref, err error) {
	of, ok := s.refOf(k, bucket, stored, box)
	if !ok || s.people == nil {
		return nil, nil, errBox
	}
	aead, err := s.aeadOf(*of)
	if err != nil {
		return nil, of, err
	}
	sc := s.get()
	defer s.scratch.Put(sc)
	body := box[2+refBoxSize:]
	if parts, err = aead.Open(body[:0], nil, body, sc.additional(box[:2], k, bucket, stored)); err != nil {
		return nil, of, errBox
	}
	return parts, of, nil
}

// refOf tells which share a box takes, also when that is destroyed. box stays
// as it is.
func (s *sealer) refOf(k kind, bucket, stored string, box []byte) (of *ref, ok bool) {
	if len(box) < 2+refBoxSize+overhead || box[1] >= dataKeys || s.keys[box[1]] == nil {
		return nil, false
	}
	sc := s.get()
	defer s.scratch.Put(sc)
	text, err := s.keys[box[1]].Open(nil, nil, box[2:2+refBoxSize], sc.additional(box[:2], k|kindRef, bucket, stored))
	if err != nil || len(text) != refSize {
		return nil, false
	}
	of = new(ref)
	copy(of[:], text)
	return of, true
}

// aeadOf is the key of an owner, from memory or the people file.
func (s *sealer) aeadOf(r ref) (cipher.AEAD, error) {
	s.mu.Lock()
	aead := s.owned[r]
	s.mu.Unlock()
	if aead != nil {
		return aead, nil
	}
	share, err := s.people.share(r)
	if err != nil {
		return nil, err
	}
	if aead, err = deriveAEAD(s.secret, share, "weizhangbot storage owned 1"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.owned) >= mostOwned {
		for other := range s.owned { // whichever comes: those met again come back
			delete(s.owned, other)
			break
		}
	}
	s.owned[r] = aead
	return aead, nil
}

// drop takes the keys of owners out of memory.
func (s *sealer) drop(refs ...ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range refs {
		delete(s.owned, r)
	}
}

// dropAll takes all of them out; those met again come back.
func (s *sealer) dropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.owned)
}
