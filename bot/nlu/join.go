package nlu

// join makes one value of the groups in which people type and dictate a number:
// 1 2 3 4 5 6, 123 456, LZZ TEST0 90A 123456.
func (s *scanner) join() {
	kept := s.tokens[:0] // written behind what is read
	for i := 0; i < len(s.tokens); {
		end := max(s.groups(i), i+1)
		if end-i < 2 || !s.oneNumber(i, end) {
			kept = append(kept, s.tokens[i:end]...)
			i = end
			continue
		}
		t := s.tokens[i]
		t.kind, t.end = value, s.tokens[end-1].end
		kept = append(kept, t)
		i = end
	}
	s.tokens = kept
}

// groups is the end of the runs that begin at token i with one blank between.
func (s *scanner) groups(i int) int {
	end := i
	for j := i; j < len(s.tokens) && isRun(s.tokens[j].kind); j += 2 {
		end = j + 1
		if j+1 >= len(s.tokens) || s.tokens[j+1].kind != space {
			break
		}
	}
	return end
}

func isRun(k kind) bool { return k == value || k == latin }

// oneNumber decides whether the groups of tokens i to end are one number.
func (s *scanner) oneNumber(i, end int) bool {
	total, figures, longest := 0, 0, 0
	for j := i; j < end; j += 2 {
		run := s.text[s.tokens[j].start:s.tokens[j].end]
		total += len(run)
		figures += digits(run)
		if j+2 < end {
			longest = max(longest, len(run))
		}
	}
	last := s.tokens[end-1]
	switch {
	case figures == 0 || total > longestValue:
		return false
	case longest <= 1 && last.end-last.start <= 1:
		return total >= shortestLoose
	case total == vinLength && figures < total:
		return true
	}
	return longest < wholePieces && total <= vinLength && (s.labelled(i) || s.oneWanted())
}

// labelled tells whether a label stands before token i.
func (s *scanner) labelled(i int) bool {
	for i--; i >= 0; i-- {
		switch t := s.tokens[i]; {
		case t.kind == space, t.kind == punct, t.kind == tail, t.kind == word && t.phrase.role == glue:
		default:
			return t.kind == word && t.phrase.is.any(engine|vin)
		}
	}
	return false
}

// oneWanted tells whether exactly one number is asked for.
func (s *scanner) oneWanted() bool {
	return s.open.Question == AskDigits && (s.open.Engine == Unwanted) != (s.open.VIN == Unwanted) && s.plates == 0
}
