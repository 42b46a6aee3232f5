package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A stored value is a CRC32C of all that follows and of the key (4 bytes, big
// endian), the version of the format (1 byte) and the value itself. Later
// versions must leave the checksum and the version where they are: that is how
// a damaged version is told from a newer one.
const (
	version  = 1
	overhead = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns value as it is stored under key; it keeps no part of value.
// The key is part of the checksum so that a value found under another key, as
// after a damaged page, does not pass.
func encode(key string, value []byte) []byte {
	raw := make([]byte, overhead+len(value))
	raw[4] = version
	copy(raw[overhead:], value)
	binary.BigEndian.PutUint32(raw, checksum(key, raw))
	return raw
}

// decode returns the value inside raw, without copying it. The error wraps
// ErrCorrupt or ErrVersion.
func decode(key string, raw []byte) ([]byte, error) {
	if len(raw) < overhead {
		return nil, fmt.Errorf("%d bytes stored where %d are the least: %w", len(raw), overhead, ErrCorrupt)
	}
	if binary.BigEndian.Uint32(raw) != checksum(key, raw) {
		return nil, fmt.Errorf("checksum differs: %w", ErrCorrupt)
	}
	if raw[4] != version {
		return nil, fmt.Errorf("stored in format %d, this program reads %d: %w", raw[4], version, ErrVersion)
	}
	return raw[overhead:], nil
}

func checksum(key string, raw []byte) uint32 {
	// The copy of a short key stays on the stack.
	var b [64]byte
	sum := crc32.Update(0, castagnoli, raw[4:])
	return crc32.Update(sum, castagnoli, append(b[:0], key...))
}

// Number returns the counter that Add keeps in value; 0 if it is not one.
func Number(value []byte) int64 {
	if len(value) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(value))
}

func number(n int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 0, 8), uint64(n))
}
