package wechat

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"unsafe"
)

// A seal is safe mode (消息加解密): AES-256-CBC, whose vector is the beginning of
// the key, over
//
//	random (16) · length of the message (4) · message · app id · padding (1 to 32, each its count)
//
// It says nothing about who wrote what is in there: msg_signature does.
type seal struct {
	appID string
	block cipher.Block
	iv    []byte
}

const (
	sealBlock = 32     // what the padding fills up to
	sealHead  = 16 + 4 // random, length
	nonceSize = 8      // bytes of a nonce, in hexadecimal in the reply
	sealExtra = 512    // more than a reply has around the message
)

// newSeal takes an EncodingAESKey; "" is plain mode, which has none.
func newSeal(appID, aesKey string) (*seal, error) {
	if aesKey == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return nil, fmt.Errorf("wechat: aes_key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("wechat: aes_key: %w", err)
	}
	return &seal{appID: appID, block: block, iv: key[:aes.BlockSize]}, nil
}

// open is the message in a box, which is base64.
func (s *seal) open(box string) (message []byte, ok bool) {
	b, err := base64.StdEncoding.DecodeString(box)
	if err != nil || len(b) < sealBlock || len(b)%sealBlock != 0 {
		return nil, false
	}
	cipher.NewCBCDecrypter(s.block, s.iv).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad < 1 || pad > sealBlock || len(b)-pad < sealHead {
		return nil, false
	}
	b = b[:len(b)-pad]
	rest := b[sealHead:]
	n := uint64(binary.BigEndian.Uint32(b[16:sealHead]))
	if n > uint64(len(rest)) || string(rest[n:]) != s.appID {
		return nil, false
	}
	return rest[:n:n], true
}

// reply appends the signed envelope of a message to out. All of it is random
// anew every time.
func (s *seal) reply(out []byte, token, now string, message []byte) []byte {
	var random [16 + nonceSize]byte
	_, _ = rand.Read(random[:]) // never fails
	nonce := hex.EncodeToString(random[16:])

	size := sealHead + len(message) + len(s.appID)
	pad := sealBlock - size%sealBlock
	room := base64.StdEncoding.EncodedLen(size + pad)
	out = append(out, "<xml><Encrypt><![CDATA["...)
	at := len(out)
	out = slices.Grow(out, room+sealExtra+size+pad)
	// What is sealed is written behind where its base64 will stand.
	b := append(out[at+room:at+room], random[:16]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(message))) //nolint:gosec // a text
	b = append(append(b, message...), s.appID...)
	for range pad {
		b = append(b, byte(pad))
	}
	cipher.NewCBCEncrypter(s.block, s.iv).CryptBlocks(b, b)
	out = base64.StdEncoding.AppendEncode(out, b)
	box := out[at:]

	signed := sign(token, now, nonce, unsafe.String(&box[0], len(box))) //nolint:gosec // nobody writes to it meanwhile
	out = append(out, "]]></Encrypt><MsgSignature><![CDATA["...)
	out = append(out, signed[:]...)
	out = append(append(out, "]]></MsgSignature><TimeStamp>"...), now...)
	out = append(append(out, "</TimeStamp><Nonce><![CDATA["...), nonce...)
	return append(out, "]]></Nonce></xml>"...)
}
