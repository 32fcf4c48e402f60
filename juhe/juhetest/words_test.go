package juhetest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

func TestParseFaults(t *testing.T) {
	for words, want := range map[string]juhetest.Faults{
		"off":           {},
		"code 225603 2": {Endpoint: "query", ForceCode: 225603, ForceTimes: 2},
		"code 10012":    {Endpoint: "query", ForceCode: 10012},
		"rule 225611":   {Endpoint: "carPre", ForceCode: 225611},
		"wrong":         {WrongDigits: true},
		"wrong 225607":  {WrongDigits: true, WrongDigitsCode: 225607},
		"maintenance":   {Maintenance: true},
		"nonsense html": {Endpoint: "query", Nonsense: juhetest.NonsenseHTML},
	} {
		got, err := juhetest.ParseFaults(strings.Fields(words))
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", words, got, err, want)
		}
	}
	for _, words := range []string{"", "riddle", "code many", "code 1 often", "code 1 2 3"} {
		if got, err := juhetest.ParseFaults(strings.Fields(words)); err == nil {
			t.Errorf("%q is %+v", words, got)
		}
	}
}
