package dataset

import (
	"math"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomediumitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/gomonobolditalic"
	"golang.org/x/image/font/gofont/gomonoitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/gofont/gosmallcaps"
	"golang.org/x/image/font/gofont/gosmallcapsitalic"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Lengths are integers in 1/64 pixel, so that a digit is the same on every machine.
const (
	px        = 64
	digitSize = 20 * px // longer side of a digit, as in MNIST
	fieldStep = px / 2
	fieldHalf = 14 * px
	fieldSide = 2*fieldHalf/fieldStep + 1
)

// field is a digit as the distance from its outline, on a grid of fieldSide² points
// around its centre: from that, any weight and any distortion of the digit is drawn.
type field struct {
	dist  [fieldSide * fieldSide]int32 // 1/64 pixel, positive inside the stroke
	width int32                        // half the mean width of the stroke
}

// fonts are all faces of the Go family. Their licence allows any use.
var fonts = [][]byte{
	goregular.TTF, goitalic.TTF, gomedium.TTF, gomediumitalic.TTF, gobold.TTF, gobolditalic.TTF,
	gomono.TTF, gomonoitalic.TTF, gomonobold.TTF, gomonobolditalic.TTF, gosmallcaps.TTF, gosmallcapsitalic.TTF,
}

// fields returns the ten digits of every font: fields()[f][d].
var fields = sync.OnceValue(func() [][10]field {
	all := make([][10]field, len(fonts))
	var wg sync.WaitGroup
	for i, ttf := range fonts {
		wg.Go(func() {
			f, err := sfnt.Parse(ttf)
			if err != nil {
				panic("dataset: the embedded font does not parse: " + err.Error())
			}
			for d := range all[i] {
				all[i][d].fill(outline(f, rune('0'+d)))
			}
		})
	}
	wg.Wait()
	return all
})

type point struct{ x, y int64 }

// edge is a straight piece of an outline.
type edge struct{ a, b point }

// outline returns the contours of r, centred and scaled to digitSize.
func outline(f *sfnt.Font, r rune) []edge {
	index, err := f.GlyphIndex(nil, r)
	if err != nil {
		panic("dataset: the embedded font has no digits: " + err.Error())
	}
	// At one unit of the font per unit, nothing is rounded.
	segments, err := f.LoadGlyph(nil, index, fixed.Int26_6(f.UnitsPerEm()), nil)
	if err != nil {
		panic("dataset: the embedded font has no outlines: " + err.Error())
	}
	edges := flatten(segments)
	low, high := edges[0].a, edges[0].a
	for _, e := range edges {
		low = point{min(low.x, e.a.x), min(low.y, e.a.y)}
		high = point{max(high.x, e.a.x), max(high.y, e.a.y)}
	}
	size := max(high.x-low.x, high.y-low.y)
	fit := func(p point) point {
		return point{(2*p.x - low.x - high.x) * digitSize / (2 * size), (2*p.y - low.y - high.y) * digitSize / (2 * size)}
	}
	for i, e := range edges {
		edges[i] = edge{fit(e.a), fit(e.b)}
	}
	return edges
}

// flatten replaces each curve by four edges: at 20 pixels nobody sees the difference.
func flatten(segments sfnt.Segments) []edge {
	const n = 4
	var edges []edge
	var at, start point
	for _, s := range segments {
		p, q := pt(s.Args[0]), pt(s.Args[1])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			edges = append(edges, edge{at, start}) // closes the contour before
			at, start = p, p
		case sfnt.SegmentOpLineTo:
			edges = append(edges, edge{at, p})
			at = p
		case sfnt.SegmentOpQuadTo:
			from := at
			for i := int64(1); i <= n; i++ {
				b0, b1, b2 := (n-i)*(n-i), 2*i*(n-i), i*i // Bernstein polynomials × n²
				to := point{(b0*from.x + b1*p.x + b2*q.x) / (n * n), (b0*from.y + b1*p.y + b2*q.y) / (n * n)}
				edges = append(edges, edge{at, to})
				at = to
			}
		default:
			panic("dataset: the embedded font has cubic curves")
		}
	}
	return append(edges[1:], edge{at, start})
}

func pt(p fixed.Point26_6) point { return point{int64(p.X), int64(p.Y)} }

func (f *field) fill(edges []edge) {
	for i := range f.dist {
		p := point{int64(i%fieldSide*fieldStep - fieldHalf), int64(i/fieldSide*fieldStep - fieldHalf)}
		nearest, winding := int64(math.MaxInt64), 0
		for _, e := range edges {
			nearest = min(nearest, e.distance2(p))
			winding += e.winding(p)
		}
		f.dist[i] = int32(root(nearest))
		if winding == 0 {
			f.dist[i] = -f.dist[i]
		}
	}
	// A stroke of length L and width w has the area Lw and an outline of about 2L.
	var area2, length int64
	for _, e := range edges {
		area2 += e.a.x*e.b.y - e.a.y*e.b.x
		length += root((e.b.x-e.a.x)*(e.b.x-e.a.x) + (e.b.y-e.a.y)*(e.b.y-e.a.y))
	}
	f.width = int32(max(area2, -area2) / (2 * length))
}

// root is ⌊√n⌋: the square root of a float64 is exact to the last bit everywhere.
func root(n int64) int64 { return int64(math.Sqrt(float64(n))) }

// distance2 is the square of the distance of p from e.
func (e edge) distance2(p point) int64 {
	dx, dy := e.b.x-e.a.x, e.b.y-e.a.y
	ax, ay := p.x-e.a.x, p.y-e.a.y
	along, length2 := ax*dx+ay*dy, dx*dx+dy*dy
	switch {
	case along <= 0:
		return ax*ax + ay*ay
	case along >= length2:
		bx, by := p.x-e.b.x, p.y-e.b.y
		return bx*bx + by*by
	}
	cross := ax*dy - ay*dx
	return cross * cross / length2
}

// winding is the signed crossing of e with the ray from p to the right.
func (e edge) winding(p point) int {
	up := e.a.y <= p.y && e.b.y > p.y
	down := e.b.y <= p.y && e.a.y > p.y
	side := (e.b.x-e.a.x)*(p.y-e.a.y) - (e.b.y-e.a.y)*(p.x-e.a.x)
	switch {
	case up && side > 0:
		return 1
	case down && side < 0:
		return -1
	}
	return 0
}
