package bot

import (
	"fmt"
	"strings"
	"testing"
)

// Personal data does not get into a log by being printed.
func TestPersonalDataIsMasked(t *testing.T) {
	v := Vehicle{Plate: "沪C12345", Type: "02", Engine: "LFV1234567", VIN: "123456"}
	u := UserID("telegram:123456789")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		got := fmt.Sprintf(verb+" "+verb, v, u)
		for _, secret := range []string{"沪C12345", "1234567", "123456", "123456789"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s prints %q", verb, got)
			}
		}
	}
	if got := v.String(); got != "沪C1**45/02" {
		t.Errorf("vehicle prints as %q", got)
	}
	if got := u.String(); got != "telegram:12***" {
		t.Errorf("user prints as %q", got)
	}
	if got := MaskDigits("654321"); got != "****21" {
		t.Errorf("digits print as %q", got)
	}
}
