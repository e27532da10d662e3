package gallery

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
)

// Thumbnails are tiles of large JPEG pictures, so that the page decodes those in sight only, and what they have in
// common is there once.

// sprites is what the page needs to show picture i: tile i%(Cols·Cols) of sheet i/(Cols·Cols).
type sprites struct {
	W      int      `json:"w"` // of a picture, in the upper left corner of its tile
	H      int      `json:"h"`
	TileW  int      `json:"tileW"`
	TileH  int      `json:"tileH"`
	Cols   int      `json:"cols"`   // tiles a row, and rows
	Sheets []string `json:"sheets"` // JPEG, base64
}

// thumbBudget bounds the text of all sheets of thumbnails, in bytes.
const thumbBudget = 20 << 20

// qualities of JPEG, from the best on, of which the first within the budget is taken.
var qualities = []int{90, 80, 65, 45, 25, 10}

const (
	spriteSide  = 1024 // of a sheet, about
	jpegBlock   = 16   // a tile is a whole number of them, so that it does not mix with its neighbours
	thumbSide   = 64   // of a thumbnail, at most
	largeThumb  = 128  // of one of few
	fewPictures = 1000
)

// thumbnails makes sprites of n pictures of one size.
func thumbnails(n int, picture func(i int) image.Image, budget int) (*sprites, error) {
	side := thumbSide
	if n <= fewPictures {
		side = largeThumb
	}
	shrunk := func(i int) image.Image {
		p := picture(i)
		if s := p.Bounds().Size(); max(s.X, s.Y) <= side {
			return p
		}
		return Fit(p, side)
	}
	for _, q := range qualities {
		s, err := newSprites(n, shrunk, q, budget)
		if err != nil || s != nil {
			return s, err
		}
	}
	return nil, fmt.Errorf("thumbnails of %d pictures are over %d MB even with the lowest quality; take fewer with --limit",
		n, budget>>20)
}

// newSprites is nil if they are larger than the budget.
func newSprites(n int, picture func(i int) image.Image, quality, budget int) (*sprites, error) {
	size := picture(0).Bounds().Size()
	up := func(v int) int { return (v + jpegBlock - 1) / jpegBlock * jpegBlock }
	s := &sprites{W: size.X, H: size.Y, TileW: up(size.X), TileH: up(size.Y)}
	s.Cols = max(1, spriteSide/max(s.TileW, s.TileH))
	each := s.Cols * s.Cols
	for first := 0; first < n; first += each {
		count := min(each, n-first)
		sheet := s.canvas(picture(first), count)
		for i := range count {
			s.place(sheet, picture(first+i), i)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, sheet, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("thumbnails: %w", err)
		}
		text := base64.StdEncoding.EncodeToString(b.Bytes())
		if budget -= len(text); budget < 0 {
			return nil, nil
		}
		s.Sheets = append(s.Sheets, text)
	}
	return s, nil
}

// canvas is an empty sheet for count tiles like p, gray if p is.
func (s *sprites) canvas(p image.Image, count int) draw.Image {
	rows := (count + s.Cols - 1) / s.Cols
	bounds := image.Rect(0, 0, min(count, s.Cols)*s.TileW, rows*s.TileH)
	if _, gray := p.(*image.Gray); gray {
		return image.NewGray(bounds)
	}
	return image.NewRGBA(bounds)
}

// place draws a picture as tile i. What the tile has beyond the picture repeats its border, which costs JPEG little.
func (s *sprites) place(sheet draw.Image, p image.Image, i int) {
	at, b := image.Pt(i%s.Cols*s.TileW, i/s.Cols*s.TileH), p.Bounds()
	draw.Draw(sheet, image.Rectangle{at, at.Add(b.Size())}, p, b.Min, draw.Src)
	for x := s.W; x < s.TileW; x++ {
		draw.Draw(sheet, image.Rect(at.X+x, at.Y, at.X+x+1, at.Y+s.H), p, image.Pt(b.Max.X-1, b.Min.Y), draw.Src)
	}
	for y := s.H; y < s.TileH; y++ {
		draw.Draw(sheet, image.Rect(at.X, at.Y+y, at.X+s.TileW, at.Y+y+1), sheet, image.Pt(at.X, at.Y+s.H-1), draw.Src)
	}
}
