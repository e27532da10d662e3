package dataset

// Within the distortion, lengths are in 1/1024 pixel and factors in 1/4096.
const (
	fine     = 1024
	unit     = 4096
	knots    = 7 // of the elastic field along a side: 4 cells of 7 pixels and cubic splines
	cellSize = 7
)

// pen is how one image is drawn. It goes backwards, from a pixel to a place in the digit.
type pen struct {
	r              dice
	xx, xy, yx, yy int // linear part of the map
	dx, dy         int // of the pixel, before the linear part
	warpX, warpY   [knots * knots]int
	weight         int32 // added to the distance: wider or narrower strokes, 1/64 pixel
	soft           int32 // half the width of the edge, 1/64 pixel
	ink, grain     int   // grey levels
}

func newPen(r dice, f *field) *pen {
	p := &pen{r: r}
	p.place()
	stretch := fine * r.between(6, 28) / 10
	for i := range p.warpX {
		p.warpX[i] = r.between(-stretch, stretch)
		p.warpY[i] = r.between(-stretch, stretch)
	}
	half := int32(r.between(45, 105)) // 1.4 to 3.3 pixels wide
	// Thinning more would tear the thin parts of a stroke.
	p.weight = max(half-f.width, -f.width/2)
	p.soft = int32(r.between(30, 56))
	p.ink = r.between(205, 255)
	p.grain = r.between(0, 40)
	return p
}

// place draws the linear map: rotation, then slant, then scale.
func (p *pen) place() {
	angle := p.r.around(unit * 35 / 100)           // radians, at most 20°
	sin := angle - angle*angle/unit*angle/(6*unit) // x − x³/6
	cos := unit - angle*angle/(2*unit)             // 1 − x²/2
	slant := p.r.around(unit * 45 / 100)           // of x by y
	shrinkX := unit * p.r.between(100, 150) / 100  // backwards: above 1 is smaller
	shrinkY := unit * p.r.between(96, 122) / 100
	p.xx = (cos + slant*sin/unit) * shrinkX / unit
	p.xy = (slant*cos/unit - sin) * shrinkX / unit
	p.yx = sin * shrinkY / unit
	p.yy = cos * shrinkY / unit
	p.dx, p.dy = p.r.around(2*fine), p.r.around(2*fine)
}

// draw fills the 28×28 pixels of img.
func (p *pen) draw(img []uint8, f *field) {
	for y := range glyphSide {
		var rowX, rowY [knots]int
		for j := range knots {
			for i, b := range splines[y%cellSize] {
				at := (y/cellSize+i)*knots + j
				rowX[j] += b * p.warpX[at]
				rowY[j] += b * p.warpY[at]
			}
		}
		for x := range glyphSide {
			u, v := p.linear(x, y)
			for i, b := range splines[x%cellSize] {
				u += b * (rowX[x/cellSize+i] / unit) / unit
				v += b * (rowY[x/cellSize+i] / unit) / unit
			}
			img[y*glyphSide+x] = p.shade(f.at(u, v))
		}
	}
}

// linear maps the centre of pixel (x,y), seen from the centre of the image.
func (p *pen) linear(x, y int) (u, v int) {
	u = (2*x-glyphSide+1)*fine/2 - p.dx
	v = (2*y-glyphSide+1)*fine/2 - p.dy
	return (p.xx*u + p.xy*v) / unit, (p.yx*u + p.yy*v) / unit
}

// shade turns a distance into a grey level: a ramp of width 2·soft, with grain on the ink.
func (p *pen) shade(dist int32) uint8 {
	cover := min(dist+p.weight+p.soft, 2*p.soft)
	if cover <= 0 {
		return 0
	}
	ink := p.ink - p.r.between(0, p.grain)
	return uint8(ink * int(cover) / int(2*p.soft))
}

// at interpolates the distance at (u,v); outside the grid it is that of the border.
func (f *field) at(u, v int) int32 {
	const (
		step = fieldStep * fine / px
		half = fieldHalf * fine / px
	)
	u = max(0, min(u+half, 2*half-1))
	v = max(0, min(v+half, 2*half-1))
	i, s, t := v/step*fieldSide+u/step, int32(u%step), int32(v%step)
	top := f.dist[i]*(step-s) + f.dist[i+1]*s
	bottom := f.dist[i+fieldSide]*(step-s) + f.dist[i+fieldSide+1]*s
	return (top/step*(step-t) + bottom/step*t) / step
}

// splines are the uniform cubic B-splines (de Boor, 1978) at the centres of a cell's
// pixels, t = (2k+1)/14, each row with the sum of unit up to rounding.
var splines = func() (b [cellSize][4]int) {
	const n = 2 * cellSize
	for k := range b {
		t := 2*k + 1
		s := n - t
		for i, w := range [4]int{s * s * s, 3*t*t*t - 6*t*t*n + 4*n*n*n, 3*s*s*s - 6*s*s*n + 4*n*n*n, t * t * t} {
			b[k][i] = w * unit / (6 * n * n * n)
		}
	}
	return b
}()
