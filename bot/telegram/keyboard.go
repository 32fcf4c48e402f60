package telegram

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"strconv"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"

	"github.com/weizhangbot/weizhangbot/bot"
)

// Callback data has 1 to 64 bytes, comes back as it was given, and can be forged
// by any client (Bot API, InlineKeyboardButton). It is 48 bytes in base64:
//
//	kind 1 · stamp 4 · tag 8 · what tapping sends, encrypted, up to 35
//
// The tag, over everything and the chat, is the nonce of the encryption as well,
// so equal buttons look equal and nothing has to be remembered. The stamp tells
// which answer the button belongs to: only the newest keyboard of a chat counts,
// for a 是 under an old question must not answer a new one.
const (
	dataKind   = 0
	dataStamp  = 1
	dataTag    = 5
	dataCipher = 13
	maxSend    = 48 - dataCipher
)

// Kinds of callback data.
const (
	sendsWords byte = 1 // the encrypted words
	sendsLabel byte = 2 // the words on the button: they were too long for the data
)

// A keyring holds the keys of callback data. They follow from the bot's token,
// so that every process of the bot reads every button.
type keyring struct {
	tag    []byte
	stream cipher.Block
}

func newKeyring(token string) keyring {
	derive := func(what string) []byte {
		h := hmac.New(sha256.New, []byte(token))
		_, _ = h.Write([]byte("weizhangbot callback " + what)) // never fails
		return h.Sum(nil)
	}
	block, _ := aes.NewCipher(derive("stream")) // 32 bytes are a key
	return keyring{tag: derive("tag"), stream: block}
}

// data is what a button carries that sends words.
func (k keyring) data(chat int64, stamp uint32, label, send string) string {
	kind, words := sendsWords, send
	if len(send) > maxSend {
		kind, words = sendsLabel, label
	}
	b := make([]byte, dataCipher, 48)
	b[dataKind] = kind
	binary.BigEndian.PutUint32(b[dataStamp:], stamp)
	copy(b[dataTag:], k.sum(chat, kind, stamp, words))
	if kind == sendsWords {
		b = append(b, k.crypt(b[dataTag:dataCipher], []byte(words))...)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// read tells what a tapped button sends. label is what stands on it. ok is false
// for what this bot did not make for this chat.
func (k keyring) read(chat int64, data, label string) (words string, stamp uint32, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(data)
	// The decoder passes over line breaks and stray bits; this bot writes none.
	if err != nil || len(b) < dataCipher || base64.RawURLEncoding.EncodeToString(b) != data {
		return "", 0, false
	}
	stamp = binary.BigEndian.Uint32(b[dataStamp:])
	switch b[dataKind] {
	case sendsWords:
		words = string(k.crypt(b[dataTag:dataCipher], b[dataCipher:]))
	case sendsLabel:
		words = label
	}
	if !hmac.Equal(k.sum(chat, b[dataKind], stamp, words), b[dataTag:dataCipher]) {
		return "", 0, false
	}
	return words, stamp, true
}

func (k keyring) sum(chat int64, kind byte, stamp uint32, words string) []byte {
	h := hmac.New(sha256.New, k.tag)
	head := binary.BigEndian.AppendUint64([]byte{kind}, uint64(chat))
	_, _ = h.Write(binary.BigEndian.AppendUint32(head, stamp)) // never fails
	_, _ = h.Write([]byte(words))
	return h.Sum(nil)[:dataCipher-dataTag]
}

// crypt encrypts or decrypts.
func (k keyring) crypt(tag, in []byte) []byte {
	iv := make([]byte, aes.BlockSize)
	copy(iv, tag)
	out := make([]byte, len(in))
	cipher.NewCTR(k.stream, iv).XORKeyStream(out, in)
	return out
}

// stampOf is the stamp of what answers the update, or push, with this id.
func stampOf(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return max(h.Sum32(), 1)   // 0: no keyboard
}

// The layout of a keyboard: as many buttons a row as a narrow phone shows whole.
const (
	rowWidth   = 26 // in Latin letters
	rowButtons = 3
	maxButtons = 60 // Telegram takes 100
	maxLabel   = 40 // characters; clients cut longer ones
)

// keyboard lays out what can be tapped; nil when that is nothing.
func (k keyring) keyboard(chat int64, stamp uint32, options []bot.Option) *models.InlineKeyboardMarkup {
	var (
		rows  [][]models.InlineKeyboardButton
		width int
	)
	for _, o := range options[:min(len(options), maxButtons)] {
		label := head(clean(o.Label), maxLabel)
		if label == "" || o.Send == "" {
			continue
		}
		b := models.InlineKeyboardButton{Text: label, CallbackData: k.data(chat, stamp, label, o.Send)}
		w := shown(label) + 4
		if last := len(rows) - 1; last >= 0 && len(rows[last]) < rowButtons && width+w <= rowWidth {
			rows[last], width = append(rows[last], b), width+w
		} else {
			rows, width = append(rows, []models.InlineKeyboardButton{b}), w
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return &models.InlineKeyboardMarkup{InlineKeyboard: rows}
}

// shown is how wide a label is: Han characters take two places.
func shown(s string) int {
	const han = 0x2e80 // from here on characters are wide
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r >= han {
			n++
		}
	}
	return n
}

// head is the first n characters of s.
func head(s string, n int) string { return s[:byteIndex(s, n)] }

// label is the text of the button that carries data.
func (m *message) label(data string) string {
	for _, row := range m.Markup.Rows {
		for _, b := range row {
			if b.Data == data {
				return b.Text
			}
		}
	}
	return ""
}

// logID is an update or push id as it may be logged: it holds no person.
func logID(id string) string { return strconv.FormatUint(uint64(stampOf(id)), 36) }
