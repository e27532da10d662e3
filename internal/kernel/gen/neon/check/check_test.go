//go:build arm64

package check

import (
	"math"
	"math/big"
	"testing"
)

type (
	bits  = [4]uint32
	lanes = func(d, a, b bits) bits
)

// each is a function of lanes.
func each(f func(d, a, b uint32) uint32) lanes {
	return func(d, a, b bits) (out bits) {
		for i := range out {
			out[i] = f(d[i], a[i], b[i])
		}
		return out
	}
}

// floats is each, of float32.
func floats(f func(d, a, b float32) float32) lanes {
	return each(func(d, a, b uint32) uint32 {
		return math.Float32bits(f(math.Float32frombits(d), math.Float32frombits(a), math.Float32frombits(b)))
	})
}

// doubles is each, of two float64.
func doubles(f func(a, b float64) float64) lanes {
	double := func(v bits, i int) float64 { return math.Float64frombits(uint64(v[2*i]) | uint64(v[2*i+1])<<32) }
	return func(d, a, b bits) bits { return two(f(double(a, 0), double(b, 0)), f(double(a, 1), double(b, 1))) }
}

// two are the bits of two float64.
func two(a, b float64) bits {
	p, q := math.Float64bits(a), math.Float64bits(b)
	return bits{uint32(p), uint32(p >> 32), uint32(q), uint32(q >> 32)}
}

// withLane is f with a lane of b in all lanes.
func withLane(lane int, f lanes) lanes {
	return func(d, a, b bits) bits { return f(d, a, bits{b[lane], b[lane], b[lane], b[lane]}) }
}

// fma is d + a·b, rounded once.
func fma(d, a, b float32) float32 {
	if wide := float64(d) + float64(float64(a)*float64(b)); math.IsInf(wide, 0) || math.IsNaN(wide) {
		return float32(wide)
	}
	exact := func(f float32) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(float64(f)) }
	p := exact(a)
	p.Mul(p, exact(b))
	f, _ := p.Add(p, exact(d)).Float32()
	return f
}

func mask(set bool) uint32 {
	if set {
		return math.MaxUint32
	}
	return 0
}

func float(b uint32) float32 { return math.Float32frombits(b) }

// want is what the instructions do.
var want = map[string]lanes{
	"fadd_4s":  floats(func(d, a, b float32) float32 { return a + b }),
	"fsub_4s":  floats(func(d, a, b float32) float32 { return a - b }),
	"fmul_4s":  floats(func(d, a, b float32) float32 { return a * b }),
	"fdiv_4s":  floats(func(d, a, b float32) float32 { return a / b }),
	"fmla_4s":  floats(fma),
	"fmls_4s":  floats(func(d, a, b float32) float32 { return fma(d, -a, b) }),
	"fcmgt_4s": each(func(d, a, b uint32) uint32 { return mask(float(a) > float(b)) }),
	"fcmeq_4s": each(func(d, a, b uint32) uint32 { return mask(float(a) == float(b)) }),
	"add_4s":   each(func(d, a, b uint32) uint32 { return a + b }),
	"and_16b":  each(func(d, a, b uint32) uint32 { return a & b }),
	"bic_16b":  each(func(d, a, b uint32) uint32 { return a &^ b }),
	"orr_16b":  each(func(d, a, b uint32) uint32 { return a | b }),
	"bit_16b":  each(func(d, a, b uint32) uint32 { return d&^b | a&b }),
	"trn1_4s":  func(d, a, b bits) bits { return bits{a[0], b[0], a[2], b[2]} },
	"trn2_4s":  func(d, a, b bits) bits { return bits{a[1], b[1], a[3], b[3]} },
	"trn1_2d":  func(d, a, b bits) bits { return bits{a[0], a[1], b[0], b[1]} },
	"trn2_2d":  func(d, a, b bits) bits { return bits{a[2], a[3], b[2], b[3]} },
	"fadd_2d":  doubles(func(a, b float64) float64 { return a + b }),
	"fsub_2d":  doubles(func(a, b float64) float64 { return a - b }),
	"fmul_2d":  doubles(func(a, b float64) float64 { return a * b }),
	"fsqrt_4s": floats(func(d, a, b float32) float32 { return float32(math.Sqrt(float64(a))) }),
	"fabs_4s":  each(func(d, a, b uint32) uint32 { return a &^ (1 << 31) }),
	"ucvtf_4s": each(func(d, a, b uint32) uint32 { return math.Float32bits(float32(a)) }),
	"fcvtl_2d": func(d, a, b bits) bits { return two(float64(float(a[0])), float64(float(a[1]))) },
	"fcvtl2_2d": func(d, a, b bits) bits {
		return two(float64(float(a[2])), float64(float(a[3])))
	},
	"uxtl_8h":  func(d, a, b bits) bits { return widened(a[0], a[1], 8) },
	"uxtl2_8h": func(d, a, b bits) bits { return widened(a[2], a[3], 8) },
	"uxtl_4s":  func(d, a, b bits) bits { return widened(a[0], a[1], 16) },
	"uxtl2_4s": func(d, a, b bits) bits { return widened(a[2], a[3], 16) },
	"addv_s":   func(d, a, b bits) bits { return bits{a[0] + a[1] + a[2] + a[3]} },
	"umaxv_s":  func(d, a, b bits) bits { return bits{max(a[0], a[1], a[2], a[3])} },
	"shl_23":   each(func(d, a, b uint32) uint32 { return a << 23 }),
	"ushr_23":  each(func(d, a, b uint32) uint32 { return a >> 23 }),
}

func init() {
	for lane, suffix := range []string{"_lane0", "_lane1", "_lane2", "_lane3"} {
		for _, name := range []string{"fmla", "fmls", "fmul"} {
			want[name+suffix] = withLane(lane, want[name+"_4s"])
		}
		want["dup"+suffix] = func(d, a, b bits) bits { return bits{a[lane], a[lane], a[lane], a[lane]} }
	}
}

// widened are the parts of 64 bits, of size bits each, in twice as many.
func widened(low, high uint32, size int) (out bits) {
	v := uint64(low) | uint64(high)<<32
	for i := range 64 / size {
		part := v >> (i * size) & (1<<size - 1)
		out[2*size*i/32] |= uint32(part) << (2 * size * i % 32)
	}
	return out
}

var inputs = []float32{0, 1, -1.5, 3.1415927, 1e-3, -7.25e8, 0x1.fffffep-5, 0x1p-140, 1e38, float32(math.Inf(1)), float32(math.NaN())}

// Every instruction is the one that its name says.
func TestInstructions(t *testing.T) {
	for name, versions := range instructions {
		f := want[name]
		if f == nil {
			t.Errorf("%s has no definition", name)
			continue
		}
		for i := range 200 {
			var d, a, b bits
			for lane := range d {
				n := 4*i + lane
				d[lane] = math.Float32bits(inputs[n%len(inputs)] + float32(n))
				a[lane] = math.Float32bits(inputs[(n/3)%len(inputs)])
				b[lane] = math.Float32bits(inputs[(n/7+lane)%len(inputs)])
			}
			for high, version := range versions {
				got := d
				version(&got, &a, &b)
				if w := f(d, a, b); !same(got, w) {
					t.Fatalf("%s, high registers %d: of %08x, %08x and %08x got %08x, want %08x", name, high, d, a, b, got, w)
				}
			}
		}
	}
	if len(instructions) < 40 {
		t.Errorf("only %d instructions", len(instructions))
	}
}

// same reports whether the bits are the same, or both those of some NaN.
func same(got, want bits) bool {
	nan := func(v uint32) bool { return float(v) != float(v) }
	for i := range got {
		if got[i] != want[i] && !(nan(got[i]) && nan(want[i])) {
			return false
		}
	}
	return true
}
