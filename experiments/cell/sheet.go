package cell

import (
	"fmt"
	"math"
)

// Sheet is N pictures of one size in rows.
type Sheet struct {
	Caption  string
	Cols     int
	H, W, C  int
	Pix      []byte   // N×H×W×C, 0 black, 255 white; base64 in JSON
	Captions []string `json:",omitempty"` // of single pictures
}

// maxSide bounds the pictures of a stored result, in pixels.
const maxSide = 1 << 12

func (s Sheet) validate() error {
	if s.H < 1 || s.W < 1 || s.H > maxSide || s.W > maxSide || s.C < 1 || s.C > 4 || s.Cols < 1 {
		return fmt.Errorf("sheet %q has pictures of %d×%d×%d in %d columns", s.Caption, s.H, s.W, s.C, s.Cols)
	}
	n := len(s.Pix) / (s.H * s.W * s.C)
	if n == 0 || len(s.Pix) != n*s.H*s.W*s.C || len(s.Captions) > 0 && len(s.Captions) != n {
		return fmt.Errorf("sheet %q has %d bytes and %d captions for pictures of %d×%d×%d",
			s.Caption, len(s.Pix), len(s.Captions), s.H, s.W, s.C)
	}
	return nil
}

// appendGray turns values in [0, 1] into bytes; what lies outside is clipped.
func appendGray(dst []byte, values []float32) []byte {
	for _, v := range values {
		dst = append(dst, byte(float32(255*min(max(v, 0), 1))+0.5))
	}
	return dst
}

// columns lays K pictures out in a rectangle, like the grid of annealing: the columns are the larger half of K's most
// even factors.
func columns(K int) int {
	for rows := int(math.Sqrt(float64(K))); ; rows-- {
		if K%rows == 0 && K/rows <= 4*rows {
			return K / rows
		}
		if rows == 1 {
			return int(math.Sqrt(float64(K-1))) + 1 // a prime, or nearly
		}
	}
}
