package wechattest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the platform's choice
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Sign is the platform's signature: the SHA-1 of the sorted parts.
func Sign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // the platform's choice
	return hex.EncodeToString(sum[:])
}

// Seal encrypts a message: 16 random bytes, its length, itself and the app id,
// padded to 32 bytes, AES-256-CBC with the key's first half as vector.
func Seal(aesKey, appID, message string) (string, error) {
	block, iv, err := cipherOf(aesKey)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	b.Write(random)
	length := make([]byte, 4)
	binary.BigEndian.PutUint32(length, uint32(len(message)))
	b.Write(length)
	b.WriteString(message + appID)
	pad := 32 - b.Len()%32
	b.Write(bytes.Repeat([]byte{byte(pad)}, pad))
	sealed := b.Bytes()
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// Unseal decrypts what Seal encrypted.
func Unseal(aesKey, sealed string) (message, appID string, err error) {
	block, iv, err := cipherOf(aesKey)
	if err != nil {
		return "", "", err
	}
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(b) < 32 || len(b)%32 != 0 {
		return "", "", errors.New("wechattest: unseal: not whole blocks of base64")
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(b, b)
	pad := int(b[len(b)-1])
	if pad < 1 || pad > 32 {
		return "", "", fmt.Errorf("wechattest: unseal: padding of %d", pad)
	}
	b = b[:len(b)-pad]
	if len(b) < 20 {
		return "", "", errors.New("wechattest: unseal: too short")
	}
	n := int(binary.BigEndian.Uint32(b[16:20]))
	if n > len(b)-20 {
		return "", "", errors.New("wechattest: unseal: length beyond the end")
	}
	return string(b[20 : 20+n]), string(b[20+n:]), nil
}

func cipherOf(aesKey string) (cipher.Block, []byte, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(key) != 32 {
		return nil, nil, errors.New("wechattest: EncodingAESKey: not 32 bytes in 43 characters")
	}
	block, err := aes.NewCipher(key)
	return block, key[:16], err
}
