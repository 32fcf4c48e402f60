package juhetest

import (
	"fmt"
	"strconv"
)

// ParseFaults reads switches as a script names them:
//
//	off                  everything works
//	code 225603 [times]  queries are answered with this error_code
//	rule 225611 [times]  carPre is
//	wrong [225607]       every query is refused: 225606 unless named
//	maintenance          every city is down
//	nonsense html        queries are answered without sense; see Nonsense
func ParseFaults(words []string) (Faults, error) {
	var w [3]string // what is not given is empty
	if copy(w[:], words) < len(words) || len(words) == 0 {
		return Faults{}, fmt.Errorf("juhetest: faults %q: want one to three words", words)
	}
	number := func(s string) (n int, err error) {
		if s != "" {
			n, err = strconv.Atoi(s)
		}
		return n, err
	}
	if w[0] == "nonsense" {
		return Faults{Endpoint: endpointQuery, Nonsense: Nonsense(w[1])}, nil
	}
	code, err := number(w[1])
	if err != nil {
		return Faults{}, fmt.Errorf("juhetest: faults %q: %w", words, err)
	}
	times, err := number(w[2])
	if err != nil {
		return Faults{}, fmt.Errorf("juhetest: faults %q: %w", words, err)
	}
	switch w[0] {
	case "off":
		return Faults{}, nil
	case "code":
		return Faults{Endpoint: endpointQuery, ForceCode: code, ForceTimes: times}, nil
	case "rule":
		return Faults{Endpoint: endpointCarPre, ForceCode: code, ForceTimes: times}, nil
	case "wrong":
		return Faults{WrongDigits: true, WrongDigitsCode: code}, nil
	case "maintenance":
		return Faults{Maintenance: true}, nil
	}
	return Faults{}, fmt.Errorf("juhetest: faults %q: unknown", words)
}
