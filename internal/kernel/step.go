package kernel

import "math"

// Step holds the constants of one component in a step of gradient ascent.
type Step struct {
	S        float32 // sum of the weights of its vectors
	Mu, Root float32 // rates of means and precision roots, over the number of vectors
	Min, Max float32 // bounds of precision roots, 0 < Min < Max ≤ 1e6
}

// MaxRoot bounds precision roots from above, MinRoot from below: products of
// a few of them stay in range.
const (
	MinRoot = 1e-6
	MaxRoot = 1e6
)

const (
	logBlock   = 4 * Lanes
	stepBlocks = 8 // whose products fit a buffer on the stack
)

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
	consts := [5]float32{c.S, c.Mu, c.Root, c.Min, c.Max}
	var prod [stepBlocks * Lanes]float32
	var bad [Lanes]float32
	finite = true
	d := 0
	for D-d >= logBlock {
		n := min(stepBlocks*logBlock, (D-d)/logBlock*logBlock)
		ascend(mu[d:d+n], r[d:], X[d:], Q[d:], fs[d:], fm[d:], &consts, &prod, &bad)
		for _, b := range bad {
			finite = finite && b == 0
		}
		for b := range n / logBlock {
			sumLog += logLanes((*[Lanes]float32)(prod[b*Lanes:]))
		}
		d += n
	}
	var tail float32
	for i := d; i < D; i++ {
		tail += ascendOne(&mu[i], &r[i], X[i], Q[i], &fs[i], &fm[i], &consts)
	}
	return sumLog + logTail(r[d:D]), finite && tail == 0
}

// ascendOne updates one dimension; its result is 0 if and only if the new values are finite.
func ascendOne(mu, r *float32, X, Q float32, fs, fm *float32, c *[5]float32) float32 {
	m, s := *mu, *r
	sm := float32(c[0] * m)
	dMu := float32(s*s) * (X - sm)
	dS := c[0]/s - float32(s*(Q-float32(m*(X+X-sm))))
	m += float32(c[1] * dMu)
	s += float32(c[2] * dS)
	s = min(max(s, c[3]), c[4])
	h := s * (math.Sqrt2 / 2)
	*mu, *r, *fs, *fm = m, s, h, 0-float32(h*m)
	return (m - m) + (s - s)
}

func ascendGo(mu, r, X, Q, fs, fm []float32, c *[5]float32, prod *[stepBlocks * Lanes]float32, bad *[Lanes]float32) {
	for d := range mu {
		bad[0] += ascendOne(&mu[d], &r[d], X[d], Q[d], &fs[d], &fm[d], c)
	}
	for b := range len(mu) / logBlock {
		multiply((*[Lanes]float32)(prod[b*Lanes:]), r[b*logBlock:])
	}
}

// SumLog is Σ log r_i for r_i in [MinRoot, MaxRoot], with one logarithm for 32 factors.
func SumLog(r []float32) (sum float64) {
	for ; len(r) >= logBlock; r = r[logBlock:] {
		var p [Lanes]float32
		multiply(&p, r)
		sum += logLanes(&p)
	}
	return sum + logTail(r)
}

// multiply sets p_i = r_i·r_(i+16)·r_(i+32)·r_(i+48).
func multiply(p *[Lanes]float32, r []float32) {
	r = r[:logBlock]
	for i := range p {
		p[i] = float32(float32(r[i]*r[i+Lanes])*r[i+2*Lanes]) * r[i+3*Lanes]
	}
}

// logLanes is the logarithm of a product of 16 values in [MinRoot⁴, MaxRoot⁴].
func logLanes(p *[Lanes]float32) float64 {
	return math.Log(product8(p[:8])) + math.Log(product8(p[8:]))
}

func product8(p []float32) float64 {
	f := func(i int) float64 { return float64(p[i]) * float64(p[i+1]) }
	return (f(0) * f(2)) * (f(4) * f(6))
}

func logTail(r []float32) (sum float64) {
	for ; len(r) >= 8; r = r[8:] {
		sum += math.Log(product8(r))
	}
	for _, v := range r {
		sum += math.Log(float64(v))
	}
	return sum
}
