package juhe

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The plate types that the service knows (hpzl).
const (
	TypeSmall    = "02"
	TypeLarge    = "01"
	TypeSmallNEV = "52"
	TypeLargeNEV = "51"
)

// Query is the question about one vehicle. It masks itself when printed or
// logged. Surrounding white space of its fields is ignored.
type Query struct {
	City  string // City.Code of the plate's home: not of where one drives
	Plate string // 沪C12345, or 粤BD12345 with eight characters for new energy
	// PlateType is one of the four above. Empty means TypeSmall for seven
	// characters; for eight it must be given.
	PlateType string
	Engine    string // exactly as many characters as the city asks for (Need.Of)
	VIN       string // likewise
	XML       bool   // ask for XML instead of JSON; no real XML answer is public
}

// Query asks for a vehicle's violations. It costs money when it succeeds, also
// without violations, and when it fails with 225606 (the digits do not match).
// After an error with ChargeOf(err) == ChargeUnknown the money may be gone as
// well. Only an *Error that is Retryable and an ErrNotSent may be repeated
// without asking anyone.
//
// It is QueryRaw followed by DecodeResult.
func (c *Client) Query(ctx context.Context, q Query) (*Result, error) {
	raw, err := c.QueryRaw(ctx, q)
	if err != nil {
		return nil, err
	}
	result, err := DecodeResult(raw)
	c.scrubReason(err, q)
	return result, err
}

// QueryRaw is Query without looking into the answer, for callers that store
// what they paid for before anything else can go wrong. The bytes are as
// received, inflated, with one exception: an echo of the key is blanked.
//
// The error is non-nil only if there is no answer to decode: ErrInvalid,
// *TransportError, or ErrMalformed for a body that is empty, over 1 MiB, or
// came with a status other than 200 and has no error_code. The service's own
// errors are in the bytes.
func (c *Client) QueryRaw(ctx context.Context, q Query) ([]byte, error) {
	q = q.tidy()
	if err := q.check(); err != nil {
		return nil, err
	}
	params := url.Values{
		"city":  {q.City},
		"hphm":  {q.Plate},
		"hpzl":  {q.PlateType},
		"dtype": {"json"},
	}
	if q.XML {
		params.Set("dtype", "xml")
	}
	if q.Engine != "" {
		params.Set("engineno", q.Engine)
	}
	if q.VIN != "" {
		params.Set("classno", q.VIN)
	}
	return c.call(ctx, http.MethodPost, EndpointQuery, params)
}

func (q Query) tidy() Query {
	for _, s := range []*string{&q.City, &q.Plate, &q.PlateType, &q.Engine, &q.VIN} {
		*s = strings.TrimSpace(*s)
	}
	if q.PlateType == "" && utf8.RuneCountInString(q.Plate) == 7 {
		q.PlateType = TypeSmall
	}
	return q
}

// check refuses what would be paid for as wrong data. What the city asks for
// it cannot know.
func (q Query) check() error {
	switch {
	case q.City == "" || strings.ContainsFunc(q.City, unprintable):
		return fmt.Errorf("%w: no city code", ErrInvalid)
	case !isPlate(q.Plate):
		return fmt.Errorf("%w: the plate is not a province's character and six or seven capitals and digits", ErrInvalid)
	case !fits(q.PlateType, utf8.RuneCountInString(q.Plate)):
		return fmt.Errorf("%w: the plate type must be 01 or 02 for seven characters, 51 or 52 for eight", ErrInvalid)
	case !isNumber(q.Engine):
		return fmt.Errorf("%w: the engine number has blanks, or more than 40 characters", ErrInvalid)
	case !isNumber(q.VIN):
		return fmt.Errorf("%w: the VIN has blanks, or more than 40 characters", ErrInvalid)
	}
	return nil
}

func isPlate(s string) bool {
	province, size := utf8.DecodeRuneInString(s)
	rest := s[size:]
	return unicode.Is(unicode.Han, province) &&
		(len(rest) == 6 || len(rest) == 7) && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func fits(plateType string, characters int) bool {
	switch plateType {
	case TypeSmall, TypeLarge:
		return characters == 7
	case TypeSmallNEV, TypeLargeNEV:
		return characters == 8
	}
	return false
}

// isNumber leaves the characters open: engine numbers have dashes and stars.
func isNumber(s string) bool {
	return len(s) <= 40 && !strings.ContainsFunc(s, unprintable)
}

func (q Query) masked() Query {
	q.Plate, q.Engine, q.VIN = maskPlate(q.Plate), maskDigits(q.Engine), maskDigits(q.VIN)
	return q
}

// String shows the query with plate and digits masked.
func (q Query) String() string { return fmt.Sprint(q) }

// Format masks plate and digits under every verb.
func (q Query) Format(f fmt.State, verb rune) {
	type query Query // without this method
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), query(q.masked()))
}

// LogValue masks plate and digits in log/slog.
func (q Query) LogValue() slog.Value {
	m := q.masked()
	return slog.GroupValue(
		slog.String("city", m.City), slog.String("plate", m.Plate), slog.String("type", m.PlateType),
		slog.Bool("engine", m.Engine != ""), slog.Bool("vin", m.VIN != ""),
	)
}
