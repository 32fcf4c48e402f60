package juhe

import (
	"errors"
	"fmt"
	"slices"
)

// The groups of error codes. errors.Is finds them in an *Error.
var (
	ErrWrongData    = errors.New("juhe: vehicle data do not match")       // 225606 (charged), 225607 (free)
	ErrMaintenance  = errors.New("juhe: city in maintenance or not open") // 225605
	ErrNoRule       = errors.New("juhe: no rule for this plate prefix")   // 225611; Prefix also without a code
	ErrNetwork      = errors.New("juhe: network trouble at the service")  // 225603
	ErrInternal     = errors.New("juhe: internal fault of the service")   // 225608, 10014
	ErrKey          = errors.New("juhe: key or account refused")          // 10001–10003, 10005, 10007–10009, 10021
	ErrQuota        = errors.New("juhe: request limit reached")           // 10011–10013
	ErrProvider     = errors.New("juhe: service out of order")            // 10004, 10014, 10020
	ErrUndocumented = errors.New("juhe: undocumented error code")         // every other code
)

// What can go wrong beside the service's own codes.
var (
	// ErrInvalid: the arguments cannot be right; nothing was sent.
	ErrInvalid = errors.New("juhe: invalid request")
	// ErrNotSent: no connection was obtained; the service knows nothing of it.
	ErrNotSent = errors.New("juhe: request not sent")
	// ErrInterrupted: anything that broke after that, time-outs included. A
	// query may have been carried out and paid. Never repeat it by itself.
	ErrInterrupted = errors.New("juhe: interrupted after the request may have left")
	// ErrMalformed: an answer came, but not one that can be read: HTML, cut
	// short, too large, of the wrong shape. A query may have been paid.
	ErrMalformed = errors.New("juhe: malformed answer")
)

// Error is an answer with an error_code other than 0.
type Error struct {
	Endpoint string // EndpointCities, EndpointPrefix or EndpointQuery
	Code     int    // error_code
	// Reason is the service's own text, for operators: of at most 200
	// characters, without control characters, and with everything blanked
	// that could be a key, plate, engine number or VIN. Its wording varies
	// for one and the same code: decide by Code.
	Reason string
}

// Error shows code and documented text. Reason, being anybody's text, only
// stands in for codes that have no text worth showing.
func (e *Error) Error() string {
	info := infoOf(e.Code)
	if (info.Fault == FaultUnknown || e.Code == 225608) && e.Reason != "" {
		return fmt.Sprintf("juhe: %s: code %d: %s (%s)", e.Endpoint, e.Code, info.Text, e.Reason)
	}
	return fmt.Sprintf("juhe: %s: code %d: %s", e.Endpoint, e.Code, info.Text)
}

// Charge says what the call cost. Only query is ever charged.
func (e *Error) Charge() Charge { return chargeAt(e.Endpoint, infoOf(e.Code).Charge) }

// Retryable reports whether the same call may be made again by itself: it was
// free, and the cause passes (225603 only). Wait, and stop after a few times.
func (e *Error) Retryable() bool { return infoOf(e.Code).Retryable }

// Fault says who can do something about it.
func (e *Error) Fault() Fault { return infoOf(e.Code).Fault }

// Is finds the group of the code.
func (e *Error) Is(target error) bool { return slices.Contains(infoOf(e.Code).Groups, target) }

// TransportError is a call that brought no answer. It Is ErrNotSent or
// ErrInterrupted; context.DeadlineExceeded and the like are found in it.
type TransportError struct {
	Endpoint string
	// Sent is false only if it is certain that no connection was obtained.
	Sent bool
	Err  error // without URL and key
}

func (e *TransportError) Error() string {
	if e.Sent {
		return fmt.Sprintf("juhe: %s: interrupted: %v", e.Endpoint, e.Err)
	}
	return fmt.Sprintf("juhe: %s: not sent: %v", e.Endpoint, e.Err)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// Is tells the two cases apart.
func (e *TransportError) Is(target error) bool {
	return target == ErrInterrupted && e.Sent || target == ErrNotSent && !e.Sent
}

// malformedError is ErrMalformed with its reason, which never quotes the
// answer: that may hold a plate.
type malformedError struct {
	endpoint string
	status   int // 0: 200, or not known
	why      string
}

func (e *malformedError) Error() string {
	if e.status != 0 && e.status != 200 {
		return fmt.Sprintf("juhe: %s: malformed answer: status %d: %s", e.endpoint, e.status, e.why)
	}
	return fmt.Sprintf("juhe: %s: malformed answer: %s", e.endpoint, e.why)
}

func (e *malformedError) Is(target error) bool { return target == ErrMalformed }

// ChargeOf says what a call cost that ended with err, for every error of this
// package, wrapped or not. nil stands for a successful Query: Charged, also
// when there are no violations (the document is silent; this is the cautious
// reading). Errors from elsewhere are ChargeUnknown.
func ChargeOf(err error) Charge {
	if err == nil {
		return Charged
	}
	var (
		coded     *Error
		transport *TransportError
		malformed *malformedError
	)
	switch {
	case errors.As(err, &coded):
		return coded.Charge()
	case errors.As(err, &transport):
		if !transport.Sent {
			return Free
		}
		return chargeAt(transport.Endpoint, ChargeUnknown)
	case errors.As(err, &malformed):
		return chargeAt(malformed.endpoint, ChargeUnknown)
	case errors.Is(err, ErrInvalid), errors.Is(err, ErrNoRule):
		return Free
	}
	return ChargeUnknown
}

// chargeAt: looking up rules costs nothing, whatever happens.
func chargeAt(endpoint string, c Charge) Charge {
	if endpoint == EndpointCities || endpoint == EndpointPrefix {
		return Free
	}
	return c
}
