package plate

// A joint is what stands between two groups of characters.
type joint struct {
	end   int
	blank bool // only what also separates a plate from other things: blanks, commas
	stars int  // characters that may hide others
	wild  bool // some of them hide for certain
}

// A separator is a character that may stand inside a plate and says nothing.
type separator uint8

const (
	separatorNone  separator = iota
	separatorBlank           // also stands between a plate and what follows it
	separatorDot             // joins
	separatorStar            // joins in 沪C*12345, hides in 粤B12*45
	separatorWild            // hides
	separatorHead            // only before or behind the agency letter
)

func separatorOf(r rune) separator {
	switch r {
	case ' ', ',', '，', '。':
		return separatorBlank
	case '·', '・', '•', '‧', '∙', '⋅', '⸱', '᛫', '.',
		'-', '‐', '‑', '‒', '–', '—', '―', '−', '─', '_', '~', '〜', '/', '|', '\\',
		'`', '\'', '"', '“', '”', '‘', '’':
		return separatorDot
	case '*', '∗', '⁎', '●':
		return separatorStar
	case '?', '#', '×':
		return separatorWild
	case '(', ')', '[', ']', '【', '】', '「', '」', '<', '>', '《', '》', '点', '杠', ':', '+':
		return separatorHead
	}
	return separatorNone
}

// readJoint reads the separators at i, at most six. head says that the joint
// lies before or behind the agency letter.
func readJoint(r []rune, i int, head bool) joint {
	const most = 6
	j := joint{blank: true, end: i}
	for ; j.end < len(r) && j.end < i+most; j.end++ {
		switch separatorOf(r[j.end]) {
		case separatorBlank:
			continue
		case separatorStar:
			j.stars++
		case separatorWild:
			j.stars++
			j.wild = true
		case separatorDot:
		case separatorHead:
			if !head {
				return j.closed(i)
			}
		case separatorNone:
			return j.closed(i)
		}
		j.blank = false
	}
	return j.closed(i)
}

// closed: an empty joint, between written digits and spoken ones, is no blank.
func (j joint) closed(start int) joint {
	j.blank = j.blank && j.end > start
	return j
}
