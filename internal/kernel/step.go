package kernel

import "math"

// Step holds the constants of one component in a step of gradient ascent, in the order in which assembly reads them.
type Step struct {
	S        float32 // sum of the weights of its vectors
	Mu, Root float32 // rates of means and precision roots, over the number of vectors
	Min, Max float32 // bounds of precision roots, 0 < Min < Max ≤ 1e6
}

// MinRoot and MaxRoot bound precision roots: products of a few of them stay in range.
const (
	MinRoot = 1e-6
	MaxRoot = 1e6
)

// A product of roots is kept as mantissas and exponents of 16 lanes: of every block of 4·16
// roots, lane i gets the product of 4 of them.
const (
	logBlock   = 4 * Lanes
	stepBlocks = 16 // blocks at a time, so that mantissas below 2 have a product below 2¹⁶
)

// product is Π m_i·2^e_i over the lanes, with exponents as they are stored in a float32: 127 too large in each block.
type product struct {
	m      [Lanes]float32
	e      [Lanes]int32
	blocks int
}

// reset makes it 1.
func (p *product) reset(blocks int) {
	*p = product{blocks: blocks}
	for i := range p.m {
		p.m[i] = 1
	}
}

// times multiplies lane i by r_i·r_(i+16)·r_(i+32)·r_(i+48).
func (p *product) times(r []float32) {
	r = r[:logBlock]
	for i := range p.m {
		b := math.Float32bits(float32(float32(r[i]*r[i+Lanes])*r[i+2*Lanes]) * r[i+3*Lanes])
		p.e[i] += int32(b >> 23)
		p.m[i] *= math.Float32frombits(b&(1<<23-1) | 127<<23) // in [1, 2)
	}
}

// log is the logarithm of the product of all lanes.
func (p *product) log() float64 {
	m, e := 1.0, 0
	for i := range p.m {
		m *= float64(p.m[i])
		e += int(p.e[i])
	}
	return math.Log(m) + float64(float64(e-127*Lanes*p.blocks)*math.Ln2)
}

// blockStep is what a step of whole blocks takes and leaves.
type blockStep struct {
	c       Step
	product                // of the new roots
	bad     [Lanes]float32 // not 0 in a lane with a value that is not finite
}

// Ascend moves D means mu and precision roots r of one component by one step of gradient ascent,
//
//	μ += Mu·r²(X − Sμ),  r += Root·(S/r − r(Q − 2μX + Sμ²)), clipped to [Min, Max]
//
// (model.md §3) and writes the quadratic form of the result, fs = r/√2 and fm = −fs·μ. X and
// Q are Σx and Σx² over the component's weighted vectors. It returns Σ log r as SumLog does, and
// whether all new values are finite. All slices have at least len(mu) values. All versions agree to the bit.
func Ascend(mu, r, X, Q, fs, fm []float32, c Step) (sumLog float64, finite bool) {
	D := len(mu)
	check("Ascend", 0, len(r) >= D, len(X) >= D, len(Q) >= D, len(fs) >= D, len(fm) >= D)
	b := blockStep{c: c}
	finite = true
	d := 0
	for D-d >= logBlock {
		n := min(stepBlocks*logBlock, (D-d)/logBlock*logBlock)
		b.reset(n / logBlock)
		b.bad = [Lanes]float32{}
		ascend(mu[d:d+n], r[d:], X[d:], Q[d:], fs[d:], fm[d:], &b)
		finite = finite && allZero(&b.bad)
		sumLog += b.log()
		d += n
	}
	var tail float32
	for i := d; i < D; i++ {
		tail += ascendOne(&mu[i], &r[i], X[i], Q[i], &fs[i], &fm[i], &c)
	}
	return sumLog + logTail(r[d:D]), finite && tail == 0
}

// ascendOne updates one dimension; its result is 0 if and only if the new values are finite.
func ascendOne(mu, r *float32, X, Q float32, fs, fm *float32, c *Step) float32 {
	m, s := *mu, *r
	sm := float32(c.S * m)
	dMu := float32(s*s) * (X - sm)
	dS := c.S/s - float32(s*(Q-float32(m*(X+X-sm))))
	m += float32(c.Mu * dMu)
	s += float32(c.Root * dS)
	s = min(max(s, c.Min), c.Max)
	h := s * (math.Sqrt2 / 2)
	*mu, *r, *fs, *fm = m, s, h, 0-float32(h*m)
	return (m - m) + (s - s)
}

func ascendGo(mu, r, X, Q, fs, fm []float32, b *blockStep) {
	for d := range mu {
		b.bad[0] += ascendOne(&mu[d], &r[d], X[d], Q[d], &fs[d], &fm[d], &b.c)
	}
	for d := 0; d < len(mu); d += logBlock {
		b.times(r[d:])
	}
}

// Gradient writes what Ascend moves by, over M: the gradients by D means and precision roots,
//
//	gm = r²(X − Sμ)/M,  gr = (S/r − r(Q − 2μX + Sμ²))/M
//
// All slices have at least len(mu) values. All versions agree to the bit.
func Gradient(gm, gr, mu, r, X, Q []float32, S, M float32) {
	D := len(mu)
	check("Gradient", 0, len(gm) >= D, len(gr) >= D, len(r) >= D, len(X) >= D, len(Q) >= D)
	gradient(gm[:D], gr, mu, r, X, Q, S, M)
}

func gradientGo(gm, gr, mu, r, X, Q []float32, S, M float32) {
	n := len(mu)
	gm, gr, r, X, Q = gm[:n], gr[:n], r[:n], X[:n], Q[:n]
	for d, m := range mu {
		s, sm := r[d], float32(S*m)
		gm[d] = float32(s*s) * (X[d] - sm) / M
		gr[d] = (S/s - float32(s*(Q[d]-float32(m*(X[d]+X[d]-sm))))) / M
	}
}

// SumLog is Σ log r_i for r_i in [MinRoot, MaxRoot], with one logarithm for 1024 of them.
func SumLog(r []float32) (sum float64) {
	for len(r) >= logBlock {
		var p product
		p.reset(0)
		for p.blocks < stepBlocks && len(r) >= logBlock {
			p.times(r)
			p.blocks++
			r = r[logBlock:]
		}
		sum += p.log()
	}
	return sum + logTail(r)
}

// logTail is Σ log r_i, of few values.
func logTail(r []float32) (sum float64) {
	for len(r) > 0 {
		m := 1.0
		n := min(len(r), 16) // in [1e-96, 1e96]
		for _, v := range r[:n] {
			m *= float64(v)
		}
		sum += math.Log(m)
		r = r[n:]
	}
	return sum
}

// AdamStep holds the constants of a step of Adam, in the order in which assembly reads them.
type AdamStep struct {
	Keep, Take               float32 // β and 1 − β, of the average of gradients
	KeepSquares, TakeSquares float32 // β₂ and 1 − β₂, of that of their squares
	Rate                     float32 // of the step, times 1/(1−βᵗ)
	Shift                    float32 // 1/√(1−β₂ᵗ)
	Epsilon                  float32 // > 0

	flush [4]float32 // flushGradient, flushMean, flushSquare and 0
}

// Adding and subtracting one of these rounds a value to multiples of 2⁻²³ times it, and so makes tiny ones 0. Else the
// averages of a component that wins nothing would fade into subnormals and stay there, and processors take a hundred
// times as long to multiply those. None of the products of a step is subnormal then, for rates and 1 − β of 2⁻¹⁰ or more.
const (
	flushGradient = 0x1p-34
	flushMean     = 0x1p-83
	flushSquare   = 0x1p-100
)

// Adam moves values v by their gradients g, with the averages m of gradients and q ≥ 0 of their squares:
//
//	m = Keep·m + Take·g,  q = KeepSquares·q + TakeSquares·g²,  v += Rate·m / (√q·Shift + Epsilon)
//
// Gradients below 2⁻⁵⁸ count as 0, and averages that no longer matter become 0 (see flushGradient). All have the same length. All versions agree to the bit.
func Adam(v, g, m, q []float32, c AdamStep) {
	check("Adam", 0, len(g) == len(v), len(m) == len(v), len(q) == len(v))
	c.flush = [4]float32{flushGradient, flushMean, flushSquare}
	adam(v, g, m, q, c)
}

func adamGo(v, g, m, q []float32, c AdamStep) {
	g, m, q = g[:len(v)], m[:len(v)], q[:len(v)]
	for i, d := range g {
		d = d + c.flush[0] - c.flush[0]
		m[i] = float32(c.Keep*m[i]) + float32(c.Take*d) + c.flush[1] - c.flush[1]
		q[i] = float32(c.KeepSquares*q[i]) + float32(c.TakeSquares*float32(d*d)) + c.flush[2] - c.flush[2]
		v[i] += float32(c.Rate*m[i]) / (float32(float32(math.Sqrt(float64(q[i])))*c.Shift) + c.Epsilon)
	}
}
