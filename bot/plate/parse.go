package plate

// Parse reads a whole message as an answer to "which plate?". One plate in it,
// however much stands around, is that plate; several are a choice; fragments
// that Find leaves alone (12345, 沪, 沪C1) are asked about.
func Parse(text string) Reading {
	t := Fold(text)
	found := Find(t)
	best := strongest(found)
	switch {
	case best == rankNone:
		return fragment(t)
	case best < rankLatin:
		return firstOf(found, best)
	}
	var first *Match
	var several Reading
	for i := range found {
		m := &found[i]
		if rankOf(&m.Reading) != best {
			continue
		}
		if first == nil {
			first = m
			continue
		}
		if m.Normalized == first.Normalized && m.Normalized != "" {
			continue
		}
		if several.Action == "" {
			several = Reading{Action: Choose, Kind: Unknown, Reason: Several, Note: "several plates"}
			several.offer(&first.Reading)
		}
		several.offer(&m.Reading)
	}
	if several.Action != "" {
		return several
	}
	return first.Reading
}

func (r *Reading) offer(other *Reading) {
	if other.Action == Choose {
		r.add(other.Candidates...)
	} else if other.Normalized != "" {
		r.add(other.Normalized)
	}
}

// A rank orders readings by how surely a plate was meant.
type rank int

const (
	rankNone  rank = iota
	rankBare       // no province: as well an engine number
	rankFault      // an attempt that is no plate
	rankLatin      // pinyin
	rankPlate
)

func rankOf(r *Reading) rank {
	switch {
	case r.Reason == MissingProvince:
		return rankBare
	case r.Action == Ask || r.Action == Reject:
		return rankFault
	case r.Reason == Pinyin:
		return rankLatin
	default:
		return rankPlate
	}
}

func strongest(found []Match) rank {
	best := rankNone
	for i := range found {
		best = max(best, rankOf(&found[i].Reading))
	}
	return best
}

func firstOf(found []Match, want rank) Reading {
	for i := range found {
		if rankOf(&found[i].Reading) == want {
			return found[i].Reading
		}
	}
	return Reading{}
}

// fragment judges a message in which no plate was found.
func fragment(t Text) Reading {
	s := newScanner(t)
	if s.first == s.last {
		return reject(NoPlate, "nothing to read")
	}
	r := s.r[s.first:s.last]
	if b := readBody(t, s.first, true); b.n > 0 && b.end >= s.last {
		return bareFragment(&b)
	}
	if atlas.of(r[0])&isProvince != 0 && (len(r) == 1 || len(r) == 2 && isLetter(r[1])) {
		a := ask(TooShort, "only the beginning of a plate")
		a.Parts.Province = string(r[0])
		a.Parts.Letters = string(r[1:])
		return a
	}
	if p, n := atlas.nameAt(r); n == len(r) {
		a := ask(TooShort, "only a place")
		a.Parts.Province, a.Parts.Letters = p.Province, p.Letters
		return a
	}
	return reject(NoPlate, "no plate")
}

// bareFragment judges letters and digits alone: 12345, B1234.
func bareFragment(b *body) Reading {
	switch {
	case b.masked:
		return reject(Masked, "masked plate: ask for the full number")
	case b.suffix != "" || b.long || b.n < 4 || b.digits() == 0:
		return reject(NoPlate, "no plate")
	case b.n == 4, b.n == 5 && b.lettered():
		r := ask(TooShort, "province and places missing")
		r.Parts.Serial = string(b.chars())
		return r
	case completeSerial(b.chars()):
		r := ask(MissingProvince, "province and agency letter missing")
		r.Parts.Serial = string(b.chars())
		return r
	case b.lettered() && b.complete():
		r := ask(MissingProvince, "province missing")
		r.Parts = Parts{Letters: string(b.buf[:1]), Serial: string(b.serial())}
		return r
	}
	return reject(NoPlate, "no plate")
}
