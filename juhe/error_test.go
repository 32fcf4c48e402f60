package juhe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/juhe"
	"github.com/weizhangbot/weizhangbot/juhe/juhetest"
)

// The document's table, written down a second time: every code as it comes from
// the service, and what a caller learns from it.
func TestEveryDocumentedCode(t *testing.T) {
	groups := []error{
		juhe.ErrWrongData, juhe.ErrMaintenance, juhe.ErrNoRule, juhe.ErrNetwork, juhe.ErrInternal,
		juhe.ErrKey, juhe.ErrQuota, juhe.ErrProvider, juhe.ErrUndocumented,
	}
	in := func(g ...error) []error { return g }
	tests := map[int]struct {
		groups    []error
		charge    juhe.Charge
		retryable bool
		fault     juhe.Fault
	}{
		225603: {in(juhe.ErrNetwork), juhe.Free, true, juhe.FaultProvider},
		225605: {in(juhe.ErrMaintenance), juhe.Free, false, juhe.FaultCity},
		225606: {in(juhe.ErrWrongData), juhe.Charged, false, juhe.FaultUser},
		225607: {in(juhe.ErrWrongData), juhe.Free, false, juhe.FaultUser},
		225608: {in(juhe.ErrInternal), juhe.Free, false, juhe.FaultProvider},
		225611: {in(juhe.ErrNoRule), juhe.Free, false, juhe.FaultUser},
		10001:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		10002:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		10003:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		10004:  {in(juhe.ErrProvider), juhe.Free, false, juhe.FaultProvider},
		10005:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		10007:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		10008:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		10009:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		10011:  {in(juhe.ErrQuota), juhe.Free, false, juhe.FaultQuota},
		10012:  {in(juhe.ErrQuota), juhe.Free, false, juhe.FaultQuota},
		10013:  {in(juhe.ErrQuota), juhe.Free, false, juhe.FaultQuota},
		10014:  {in(juhe.ErrInternal, juhe.ErrProvider), juhe.Free, false, juhe.FaultProvider},
		10020:  {in(juhe.ErrProvider), juhe.Free, false, juhe.FaultProvider},
		10021:  {in(juhe.ErrKey), juhe.Free, false, juhe.FaultOperator},
		// Not documented: the sibling service's numbers have no meaning here.
		225604: {in(juhe.ErrUndocumented), juhe.ChargeUnknown, false, juhe.FaultUnknown},
		203606: {in(juhe.ErrUndocumented), juhe.ChargeUnknown, false, juhe.FaultUnknown},
		-1:     {in(juhe.ErrUndocumented), juhe.ChargeUnknown, false, juhe.FaultUnknown},
	}
	fake := juhetest.New()
	c := start(t, fake)
	for code, tt := range tests {
		fake.Set(juhetest.Faults{ForceCode: code})
		_, err := c.Query(t.Context(), suzhou())
		var got *juhe.Error
		if !errors.As(err, &got) || got.Code != code || got.Endpoint != juhe.EndpointQuery || got.Reason == "" {
			t.Fatalf("%d: got %#v", code, err)
		}
		if got.Charge() != tt.charge || got.Retryable() != tt.retryable || got.Fault() != tt.fault || juhe.ChargeOf(err) != tt.charge {
			t.Errorf("%d: charge %v, retryable %v, fault %v", code, got.Charge(), got.Retryable(), got.Fault())
		}
		for _, g := range groups {
			want := slices.Contains(tt.groups, g)
			if errors.Is(err, g) != want {
				t.Errorf("%d: Is(%v) = %v", code, g, !want)
			}
		}
	}
	if n := len(juhe.Codes()); n != len(tests)-3 {
		t.Errorf("%d codes in the table, %d in the document", n, len(tests)-3)
	}
}

func TestCodesIsACopy(t *testing.T) {
	first := juhe.Codes()
	first[0].Charge, first[0].Groups[0] = juhe.Charged, juhe.ErrKey
	if again := juhe.Codes(); again[0].Charge == juhe.Charged || errors.Is(again[0].Groups[0], juhe.ErrKey) {
		t.Error("the table was changed from outside")
	}
	for _, info := range first {
		if info.Text == "" || len(info.Groups) == 0 {
			t.Errorf("%d: no text or no group", info.Code)
		}
	}
}

// errorBodies are the bodies that were seen with other interfaces of Juhe.
func TestErrorBodiesInTheWild(t *testing.T) {
	for body, code := range map[string]int{
		`{"resultcode":"101","reason":"错误的请求KEY!!!","result":null,"error_code":10001}`:    10001,
		`{"reason":"错误的请求KEY","result":null,"error_code":10001}`:                          10001,
		`{"resultcode":"112","reason":"request exceeds the limit!","error_code":"10012"}`: 10012,
		`{"resultcode":"206","reason":"车辆信息错误","result":[],"error_code":225606}`:          225606,
		`{"reason":"x","result":"","error_code":225607}`:                                  225607,
		`{"error_code":10020}`:                                         10020,
		`<root><error_code> 225603 </error_code></root>`:               225603,
		"{\"error_code\":225606,\"reason\":\"\xb3\xb5\xc1\xbe\"}":      0,
		`{"reason":{"a":1},"error_code":225605,"result":{"lists":[]}}`: 225605,
	} {
		_, err := juhe.DecodeResult([]byte(body))
		var coded *juhe.Error
		if errors.As(err, &coded) != (code != 0) || code != 0 && coded.Code != code {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestChargeOf(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want juhe.Charge
	}{
		{"an answer", nil, juhe.Charged},
		{"wrapped", fmt.Errorf("lookup: %w", &juhe.Error{Endpoint: "query", Code: 225606}), juhe.Charged},
		{"joined", errors.Join(errors.New("x"), &juhe.Error{Endpoint: "query", Code: 225607}), juhe.Free},
		{"not sent", &juhe.TransportError{Endpoint: "query"}, juhe.Free},
		{"interrupted", &juhe.TransportError{Endpoint: "query", Sent: true}, juhe.ChargeUnknown},
		{"interrupted, but only a rule", &juhe.TransportError{Endpoint: "carPre", Sent: true}, juhe.Free},
		{"undocumented, but only a rule", &juhe.Error{Endpoint: "citys", Code: 99}, juhe.Free},
		{"endpoint unknown", &juhe.Error{Code: 225606}, juhe.Charged},
		{"invalid", fmt.Errorf("%w: no city", juhe.ErrInvalid), juhe.Free},
		{"no rule", fmt.Errorf("x: %w", juhe.ErrNoRule), juhe.Free},
		{"somebody else's", context.Canceled, juhe.ChargeUnknown},
	} {
		if got := juhe.ChargeOf(tt.err); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestReasonIsFitForLogs(t *testing.T) {
	for _, tt := range []struct{ reason, want string }{
		{"车辆信息错误", "车辆信息错误"},
		{"request exceeds the limit!", "request exceeds the limit!"},
		{"key 0123456789abcdef0123456789abcdef 无效", "key *** 无效"},
		{"沪C12345 不存在", "沪*** 不存在"},
		{"VIN LSVAA11111D123456,发动机B48", "VIN ***,发动机B48"},
		{`a\nb\u0000c\u202ed\u001b[31m`, "abcd[31m"},
		{strings.Repeat("长", 300), strings.Repeat("长", 200) + "…"},
	} {
		_, err := juhe.DecodeResult([]byte(`{"error_code":225608,"reason":"` + tt.reason + `"}`))
		var coded *juhe.Error
		if !errors.As(err, &coded) || coded.Reason != tt.want {
			t.Errorf("%s: got %#v", tt.reason, err)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	cause := errors.New("connection reset")
	for want, err := range map[string]error{
		"juhe: query: code 225606: 车辆信息错误,请确认输入的信息正确":         &juhe.Error{Endpoint: "query", Code: 225606, Reason: "anybody's text"},
		"juhe: query: code 225608: 内部异常 (参数错误)":               &juhe.Error{Endpoint: "query", Code: 225608, Reason: "参数错误"},
		"juhe: citys: code 7: undocumented code (new)":        &juhe.Error{Endpoint: "citys", Code: 7, Reason: "new"},
		"juhe: citys: code 7: undocumented code":              &juhe.Error{Endpoint: "citys", Code: 7},
		"juhe: query: not sent: connection reset":             &juhe.TransportError{Endpoint: "query", Err: cause},
		"juhe: query: interrupted: connection reset":          &juhe.TransportError{Endpoint: "query", Sent: true, Err: cause},
		"juhe: query: malformed answer: neither JSON nor XML": func() error { _, err := juhe.DecodeResult([]byte("x")); return err }(),
	} {
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
	}
}

func TestNames(t *testing.T) {
	got := fmt.Sprint(
		juhe.ChargeUnknown, juhe.Free, juhe.Charged,
		juhe.FaultUnknown, juhe.FaultUser, juhe.FaultCity, juhe.FaultOperator, juhe.FaultQuota, juhe.FaultProvider, juhe.Fault(99), juhe.Fault(-1),
		juhe.Unknown, juhe.Unhandled, juhe.Unpaid)
	const want = "unknown free charged unknown user city operator quota provider unknown unknown unknown unhandled unpaid"
	if got != want {
		t.Errorf("got %s", got)
	}
}
