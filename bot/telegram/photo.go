package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	tg "github.com/go-telegram/bot"

	"github.com/weizhangbot/weizhangbot/bot"
)

// An OCR reads the photo of a vehicle licence (行驶证).
type OCR interface {
	// Read returns what stands on it; fields it could not read are empty. It is
	// given up when ctx ends. The image is at most 20 MB.
	Read(ctx context.Context, image []byte) (bot.Licence, error)
}

// ocrTime bounds the download and the reading of a photo.
const ocrTime = 30 * time.Second

// readPhoto is what stands on a photo; nil when there is nobody to read it, or
// it could not be read: the person is told what to type then.
func (a *Adapter) readPhoto(ctx context.Context, chat int64, m *message) *bot.Licence {
	if a.cfg.OCR == nil {
		return nil
	}
	defer a.typing(ctx, chat, 0)()
	ctx, cancel := context.WithTimeout(ctx, ocrTime)
	defer cancel()
	licence, err := a.licence(ctx, m)
	if err != nil {
		a.log(ctx).WithError(a.wire.redact(err)).Warn("telegram: photo cannot be read")
		return nil
	}
	if licence == (bot.Licence{}) {
		return nil
	}
	return &licence
}

func (a *Adapter) licence(ctx context.Context, m *message) (bot.Licence, error) {
	f := m.Document // keeps the original, where a photo is made smaller
	if f == nil {
		f = &m.Photo[len(m.Photo)-1]
	}
	if f.Size > maxFile {
		return bot.Licence{}, errors.New("telegram: photo: larger than Telegram lets bots download")
	}
	got, err := a.api.GetFile(ctx, &tg.GetFileParams{FileID: f.ID})
	if err != nil {
		return bot.Licence{}, err
	}
	image, err := a.wire.file(ctx, got.FilePath)
	if err != nil {
		return bot.Licence{}, err
	}
	return a.cfg.OCR.Read(ctx, image)
}

// An HTTPOCR asks a service of the operator's own choice:
//
//	POST url
//	Content-Type: image/jpeg, as the image is
//	Authorization: Bearer token, if there is one
//
//	200 {"plate": "沪C12345", "engine": "123456", "vin": "LSVAA4182E2123456"}
//
// The names on the licence itself are understood as well: 号牌号码, 发动机号码 and
// 车辆识别代号. What is missing or empty could not be read.
type HTTPOCR struct {
	url    string
	token  string
	client *http.Client
}

// NewHTTPOCR makes one. token may be empty; client too, then one with a timeout
// is used. Redirects are not followed: the photo is personal data.
func NewHTTPOCR(address, token string, client *http.Client) (*HTTPOCR, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("telegram: ocr: not an address such as https://host/path")
	}
	own := http.Client{Timeout: ocrTime}
	if client != nil {
		own = *client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &HTTPOCR{url: address, token: token, client: &own}, nil
}

// maxReading bounds the service's answer.
const maxReading = 64 << 10

// Read implements OCR. Its errors hold neither the address nor the answer.
func (o *HTTPOCR) Read(ctx context.Context, image []byte) (bot.Licence, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(image))
	if err != nil {
		return bot.Licence{}, errors.New("telegram: ocr: the request cannot be made")
	}
	req.Header.Set("Content-Type", http.DetectContentType(image))
	if o.token != "" {
		req.Header.Set("Authorization", "Bearer "+o.token)
	}
	resp, err := o.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return bot.Licence{}, fmt.Errorf("telegram: ocr: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return bot.Licence{}, fmt.Errorf("telegram: ocr: answer %d", resp.StatusCode)
	}
	return readLicence(io.LimitReader(resp.Body, maxReading))
}

func readLicence(r io.Reader) (bot.Licence, error) {
	var fields map[string]any
	if err := json.NewDecoder(r).Decode(&fields); err != nil {
		return bot.Licence{}, fmt.Errorf("telegram: ocr: the answer is no JSON object (%T)", err)
	}
	field := func(names ...string) string {
		for _, n := range names {
			if s, ok := fields[n].(string); ok && s != "" {
				return s
			}
		}
		return ""
	}
	return bot.Licence{
		Plate:  field("plate", "号牌号码"),
		Engine: field("engine", "发动机号码"),
		VIN:    field("vin", "车辆识别代号"),
	}, nil
}
