package textures

import (
	"math"
	"math/rand/v2"
)

// pattern is a texture: its name, channels, and how a tile of it is drawn.
type pattern struct {
	name     string
	channels int
	draw     func(r *rand.Rand, s *surface)
}

// patterns are the ten textures. To add one, add a row.
var patterns = []pattern{
	{"bricks", 1, bricks},
	{"weave", 1, weave},
	{"wood", 3, wood},
	{"sandpaper", 1, sandpaper},
	{"stripes", 1, stripes},
	{"dots", 1, dots},
	{"labels", 3, labels},
	{"marble", 1, marble},
	{"tiles", 1, tiles},
	{"gravel", 3, gravel},
}

var gray = []float64{1, 1, 1}

func level(v float64) []float64 { return []float64{v, v, v} }

// shift is a random number of whole pixels below a period.
func shift(r *rand.Rand, period int) int { return r.IntN(period) }

// bricks of 16×8 pixels with joints of 2, each of its own shade.
func bricks(r *rand.Rand, s *surface) {
	dx, dy, rough := shift(r, 16), shift(r, 16), grain(r, 0.7)
	var shade [8][8]float64
	for i := range shade {
		for j := range shade[i] {
			shade[i][j] = 0.06 * (2*r.Float64() - 1)
		}
	}
	s.paint(level(0.75), gray, func(x, y int) (float64, float64) {
		row := (y + dy) / 8
		along := x + dx + row%2*8
		noise := 0.025 * rough[y*Side+x]
		if (y+dy)%8 < 2 || along%16 < 2 {
			return noise, 0
		}
		return noise, -0.4 + shade[row][along/16]
	})
}

// weave is a plain weave of threads that are 6 pixels wide.
func weave(r *rand.Rand, s *surface) {
	dx, dy, rough := shift(r, 12), shift(r, 12), grain(r, 0.6)
	s.paint(level(0.3), gray, func(x, y int) (float64, float64) {
		i, j := (x+dx)/6, (y+dy)/6
		across, height := (y+dy)%6, 0.4
		if (i+j)%2 == 0 {
			across, height = (x+dx)%6, 0.3
		}
		return 0.03 * rough[y*Side+x], height * math.Sin(math.Pi*(float64(across)+0.5)/6)
	})
}

// wood has rings and fine streaks, both along y.
func wood(r *rand.Rand, s *surface) {
	bend, streak, fine := clouds(r, 16, 60), clouds(r, 1.5, 20), grain(r, 0.6)
	phase := 10 * r.Float64()
	s.paint([]float64{0.76, 0.58, 0.38}, []float64{0.8, 1, 0.9}, func(x, y int) (float64, float64) {
		i := y*Side + x
		ring := 0.5 + 0.5*math.Sin(2*math.Pi*(float64(x)/9+1.2*bend[i])+phase)
		return 0.015 * fine[i], -0.22*ring*ring + 0.07*streak[i]
	})
}

// sandpaper is coarse noise.
func sandpaper(r *rand.Rand, s *surface) {
	rough := grain(r, 0.8)
	s.paint(level(0.5), gray, func(x, y int) (float64, float64) { return 0, 0.14 * rough[y*Side+x] })
}

// stripes have a period of 7 pixels and are slightly aslant.
func stripes(r *rand.Rand, s *surface) {
	angle, phase, rough := 0.12*(r.Float64()-0.5), 2*math.Pi*r.Float64(), grain(r, 0.6)
	s.paint(level(0.45), gray, func(x, y int) (float64, float64) {
		along := float64(x)*math.Cos(angle) + float64(y)*math.Sin(angle)
		return 0.03 * rough[y*Side+x], 0.25 * math.Sin(2*math.Pi*along/7+phase)
	})
}

// dots are 8 pixels apart.
func dots(r *rand.Rand, s *surface) {
	dx, dy, rough := 8*r.Float64(), 8*r.Float64(), grain(r, 0.6)
	radius := 2.3 + 0.3*r.Float64()
	s.paint(level(0.8), gray, func(x, y int) (float64, float64) {
		u, v := math.Mod(float64(x)+dx, 8)-4, math.Mod(float64(y)+dy, 8)-4
		inside := max(0, min(1, radius+0.5-math.Hypot(u, v)))
		return 0.025 * rough[y*Side+x], -0.5 * inside
	})
}

// letters are 5×7 pixels each.
var letters = [][7]string{
	{".###.", "#...#", "#....", "#.###", "#...#", "#...#", ".###."},
	{"#...#", "##.##", "#.#.#", "#.#.#", "#...#", "#...#", "#...#"},
	{"#...#", "##.##", "#.#.#", "#.#.#", "#...#", "#...#", "#...#"},
	{"#####", "....#", "...#.", "..#..", ".#...", ".#...", ".#..."},
	{".###.", "#...#", "....#", "..##.", "....#", "#...#", ".###."},
}

// labels are printed in blue: a frame, five letters, a bar code. The print is misplaced by a pixel at most.
func labels(r *rand.Rand, s *surface) {
	dx, dy, rough := r.IntN(3)-1, r.IntN(3)-1, grain(r, 0.8)
	ink, paper := 0.55+0.1*r.Float64(), 0.04*(r.Float64()-0.5)
	s.paint([]float64{0.93, 0.91, 0.85}, []float64{1, 0.8, 0.35}, func(x, y int) (float64, float64) {
		v := 0.0
		if printed(x-dx, y-dy) {
			v = -ink
		}
		return paper + 0.015*rough[y*Side+x], v
	})
}

// printed reports whether a label has ink at a pixel.
func printed(x, y int) bool {
	inside := min(x, Side-1-x, y, Side-1-y)
	if inside < 5 {
		return inside >= 3
	}
	if at, row := x-8, y-10; at >= 0 && at < 33 && row >= 0 && row < 7 {
		if i := at / 7; at%7 < 5 {
			return letters[i][row][at%7] == '#'
		}
	}
	const bars = "1101001101011001011010011010110011" // a pixel each
	if at := x - 7; y >= 23 && y < 40 && at >= 0 && at < len(bars) {
		return bars[at] == '1'
	}
	return false
}

// marble has veins, and finer ones between them.
func marble(r *rand.Rand, s *surface) {
	a, b, fine, rough := clouds(r, 18, 18), clouds(r, 7, 7), clouds(r, 2.5, 2.5), grain(r, 0.6)
	angle, phase := 0.6+0.5*r.Float64(), r.Float64()
	s.paint(level(0.82), gray, func(x, y int) (float64, float64) {
		i := y*Side + x
		along := (float64(x)*math.Cos(angle)+float64(y)*math.Sin(angle))/15 + 0.7*a[i] + 0.25*b[i] + phase
		vein := 1 - math.Abs(math.Sin(math.Pi*along))
		return 0.02 * rough[i], -0.45*vein*vein*vein + 0.09*fine[i]
	})
}

// tiles of 12 pixels with dark joints of 2, in light that falls from anywhere.
func tiles(r *rand.Rand, s *surface) {
	dx, dy, rough := shift(r, 12), shift(r, 12), grain(r, 0.6)
	s.paint(level(0.3), gray, func(x, y int) (float64, float64) {
		v := 0.45
		if (x+dx)%12 < 2 || (y+dy)%12 < 2 {
			v = 0
		}
		return 0.02 * rough[y*Side+x], v
	})
	angle, slope, mean := 2*math.Pi*r.Float64(), 0.25*r.Float64(), 0.8+0.2*r.Float64()
	for i := range s.light {
		u, v := 2*float64(i%Side)/Side-1, 2*float64(i/Side)/Side-1
		s.light[i] = mean * (1 + slope*(u*math.Cos(angle)+v*math.Sin(angle)))
	}
}

// gravel has stones of about 7 pixels, each of its own shade, with dark gaps.
func gravel(r *rand.Rand, s *surface) {
	const step, cells = 7, Side/7 + 4
	type stone struct{ x, y, shade float64 }
	stones := make([]stone, cells*cells)
	for i := range stones {
		stones[i] = stone{step * (float64(i%cells) - 1.5 + 0.8*r.Float64()), step * (float64(i/cells) - 1.5 + 0.8*r.Float64()), r.Float64()}
	}
	rough := grain(r, 0.6)
	s.paint([]float64{0.25, 0.23, 0.2}, []float64{1, 0.95, 0.85}, func(x, y int) (float64, float64) {
		first, second, shade := math.Inf(1), math.Inf(1), 0.0
		for _, st := range stones {
			switch d := math.Hypot(float64(x)-st.x, float64(y)-st.y); {
			case d < first:
				first, second, shade = d, first, st.shade
			case d < second:
				second = d
			}
		}
		return 0.02 * rough[y*Side+x], (0.25 + 0.35*shade) * min(1, (second-first)/2)
	})
}
