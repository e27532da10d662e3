package textures

import (
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"deepgmm/dataset"
)

// Side is the height and the width of every tile.
const Side = 48

// noise is the standard deviation of a pixel of the camera.
const noise = 0.012

// Names are those of the textures.
func Names() (names []string) {
	for _, p := range patterns {
		names = append(names, p.name)
	}
	return names
}

// Defects are the names of the kinds of defects.
func Defects() (names []string) {
	for _, d := range defects {
		names = append(names, d.name)
	}
	return names
}

// Part says what tiles without defects are for; no two parts share a tile.
type Part uint64

// The parts.
const (
	Training Part = iota + 1
	Testing
	defective
)

// Channels of a texture's tiles, 1 or 3. It panics if there is no such texture.
func Channels(texture string) int { return patterns[index(texture)].channels }

// Good draws n tiles of a texture without defects, Side×Side×1 or ×3. Tile i depends on texture, seed, part and i only.
// It panics if there is no such texture.
func Good(texture string, n int, seed uint64, part Part) *dataset.Set {
	return draw(texture, n, seed, part)
}

// Defective draws n tiles with defects: tile i has that of Defects()[i mod 5]. It panics as Good does.
func Defective(texture string, n int, seed uint64) *dataset.Set {
	return draw(texture, n, seed, defective)
}

func index(texture string) int {
	i := slices.IndexFunc(patterns, func(p pattern) bool { return p.name == texture })
	if i < 0 {
		panic(fmt.Sprintf("textures: there is no texture %q", texture))
	}
	return i
}

func draw(texture string, n int, seed uint64, part Part) *dataset.Set {
	at := index(texture)
	p := patterns[at]
	s := &dataset.Set{Name: texture, N: n, H: Side, W: Side, C: p.channels, Generated: true}
	for i := range n {
		r := rand.New(rand.NewPCG(seed, uint64(part)<<48|uint64(at)<<32|uint64(i)))
		var d defect
		if part == defective {
			d = defects[i%len(defects)]
		}
		s.Pix = append(s.Pix, tile(r, p, d)...)
	}
	return s
}

// tile draws one, with a defect unless it is empty, and with the camera's noise.
func tile(r *rand.Rand, p pattern, d defect) []uint8 {
	s := newSurface(p.channels)
	p.draw(r, s)
	if d.printed != nil {
		d.printed(r, s)
	}
	v := s.values()
	if d.seen != nil {
		v = d.seen(r, v, p.channels)
	}
	pix := make([]uint8, len(v))
	for i, x := range v {
		pix[i] = uint8(math.Round(255 * max(0, min(1, x+noise*r.NormFloat64()))))
	}
	return pix
}

// WriteFolder writes tiles as PNG files into a new folder, in their order.
func WriteFolder(dir string, s *dataset.Set, name func(i int) string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for i := range s.N {
		if err := writePNG(filepath.Join(dir, name(i)+".png"), s, i); err != nil {
			return err
		}
	}
	return nil
}

func writePNG(path string, s *dataset.Set, i int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, s.Picture(i)); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
