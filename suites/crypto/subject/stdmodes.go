package subject

import (
	"crypto/cipher"
	"fmt"
)

// stdModes returns the modes of crypto/cipher over a library's block cipher.
func stdModes(newCipher func([]byte) (cipher.Block, error)) []Mode {
	return []Mode{
		{Name: "CBC", Via: "cipher.NewCBC", Crypt: blockMode(newCipher, cipher.NewCBCEncrypter, cipher.NewCBCDecrypter)},
		{Name: "CTR", Via: "cipher.NewCTR", Crypt: stream(newCipher, cipher.NewCTR, cipher.NewCTR)},
		//lint:ignore SA1019 GB/T 17964 still has the mode, and it is the standard library's code over the subject's block that is under test
		{Name: "OFB", Via: "cipher.NewOFB", Crypt: stream(newCipher, cipher.NewOFB, cipher.NewOFB)},
		//lint:ignore SA1019 as above
		{Name: "CFB", Via: "cipher.NewCFB", Crypt: stream(newCipher, cipher.NewCFBEncrypter, cipher.NewCFBDecrypter)},
	}
}

// blockMode adapts the two directions of a cipher.BlockMode.
func blockMode(newCipher func([]byte) (cipher.Block, error),
	encrypter, decrypter func(cipher.Block, []byte) cipher.BlockMode) func(key, iv, msg []byte, decrypt bool) ([]byte, error) {
	return func(key, iv, msg []byte, decrypt bool) ([]byte, error) {
		b, err := newCipher(key)
		if err != nil {
			return nil, err
		}
		if len(msg)%b.BlockSize() != 0 {
			return nil, fmt.Errorf("message of %d bytes is not whole blocks", len(msg))
		}
		out := make([]byte, len(msg))
		if decrypt {
			decrypter(b, iv).CryptBlocks(out, msg)
		} else {
			encrypter(b, iv).CryptBlocks(out, msg)
		}
		return out, nil
	}
}

// stream adapts the two directions of a cipher.Stream.
func stream(newCipher func([]byte) (cipher.Block, error),
	encrypter, decrypter func(cipher.Block, []byte) cipher.Stream) func(key, iv, msg []byte, decrypt bool) ([]byte, error) {
	return func(key, iv, msg []byte, decrypt bool) ([]byte, error) {
		b, err := newCipher(key)
		if err != nil {
			return nil, err
		}
		out := make([]byte, len(msg))
		if decrypt {
			decrypter(b, iv).XORKeyStream(out, msg)
		} else {
			encrypter(b, iv).XORKeyStream(out, msg)
		}
		return out, nil
	}
}

// stdGCM returns crypto/cipher's GCM over a library's block cipher. It takes a nonce size or a tag size other than the usual
// ones, not both.
func stdGCM(newCipher func([]byte) (cipher.Block, error)) func([]byte, int, int) (cipher.AEAD, error) {
	return func(key []byte, nonceSize, tagSize int) (cipher.AEAD, error) {
		b, err := newCipher(key)
		if err != nil {
			return nil, err
		}
		if tagSize != 16 {
			if nonceSize != 12 {
				return nil, fmt.Errorf("crypto/cipher has no GCM with both nonce and tag of other sizes")
			}
			return cipher.NewGCMWithTagSize(b, tagSize)
		}
		return cipher.NewGCMWithNonceSize(b, nonceSize)
	}
}
