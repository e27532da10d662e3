package dataset

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"deepgmm/internal/regular"
)

// streamMask is the stream of random masks: every image has its own.
const streamMask = 0x6d61736b // "mask"

// MakeMask says which of the pixels of n images of h×w are missing. what is
//
//	right, left, top or bottom   that half; an odd row or column in the middle is missing
//	hole                         the middle, of half the height and half the width
//	random:P                     every pixel with probability P in (0,1), of each image for itself
//	FILE.png                     what is white; black is known, and so is what is transparent
//
// The mask has h×w values for all images alike, with random n×h×w, which depend on seed. A picture must be of h×w
// pixels, of which one at least is missing; grey counts as the nearer of black and white. The error says what would
// do, or that the mask is above 2 GiB. It panics unless h and w are at least 1 and n is not negative.
func MakeMask(what string, n, h, w int, seed uint64) ([]bool, error) {
	if n < 0 || h < 1 || w < 1 {
		panic(fmt.Sprintf("dataset: MakeMask: %d images of %d×%d pixels", n, h, w))
	}
	if int64(max(n, 1)) > maxPayload/int64(h)/int64(w) {
		return nil, fmt.Errorf("dataset: mask %q: %d images of %d×%d pixels are above 2 GiB; take fewer or smaller ones", what, n, h, w)
	}
	if strings.HasSuffix(strings.ToLower(what), ".png") {
		m, err := readMask(what, h, w)
		if err != nil {
			return nil, fmt.Errorf("dataset: %w", err)
		}
		return m, nil
	}
	if share, ok := strings.CutPrefix(what, "random:"); ok {
		p, err := strconv.ParseFloat(share, 64)
		if err != nil || !(p > 0 && p < 1) {
			return nil, fmt.Errorf("dataset: mask %q: the share of missing pixels must be between 0 and 1, such as random:0.5", what)
		}
		return randomMask(p, n, h*w, seed), nil
	}
	inside, ok := map[string]func(y, x int) bool{
		"right":  func(_, x int) bool { return x >= w/2 },
		"left":   func(_, x int) bool { return x < (w+1)/2 },
		"top":    func(y, _ int) bool { return y < (h+1)/2 },
		"bottom": func(y, _ int) bool { return y >= h/2 },
		"hole":   func(y, x int) bool { return y >= h/4 && y < h-h/4 && x >= w/4 && x < w-w/4 },
	}[what]
	if !ok {
		return nil, fmt.Errorf("dataset: mask %q: choose right, left, top, bottom, hole, random:0.5 or a picture FILE.png (white = missing, black = known)", what)
	}
	m := make([]bool, h*w)
	for i := range m {
		m[i] = inside(i/w, i%w)
	}
	return m, nil
}

func randomMask(p float64, n, pixels int, seed uint64) []bool {
	m := make([]bool, n*pixels)
	for i := range n {
		r := rand.New(rand.NewPCG(seed, streamMask+uint64(i)<<32))
		for j := range pixels {
			m[i*pixels+j] = r.Float64() < p
		}
	}
	return m
}

func readMask(path string, h, w int) ([]bool, error) {
	f, err := regular.Open(path, regular.NoLimit)
	if err != nil {
		return nil, fmt.Errorf("mask: %w; give a PNG (white = missing, black = known), or right, left, top, bottom, hole or random:0.5", err)
	}
	img, p, err := decode(f, func(p header) error {
		if gotH, gotW := p.seen(); gotH != h || gotW != w {
			return fmt.Errorf("it has %d×%d pixels, the images have %d×%d (height×width); draw a mask of the images' size", gotH, gotW, h, w)
		}
		return nil
	})
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("mask %s: %w", path, err)
	}
	pix := make([]uint8, h*w)
	view{h: h, w: w, c: 1}.draw(pix, img, p.orientation)
	m := make([]bool, h*w)
	for i, v := range pix {
		m[i] = v >= 128
	}
	if !slices.Contains(m, true) {
		return nil, fmt.Errorf("mask %s: no pixel is missing; paint white what is missing and black what is known", path)
	}
	return m, nil
}
