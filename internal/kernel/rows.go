package kernel

// The loops of this file take rows as they lie in a data matrix, with the dimensions of one row side by side in
// a register. They suit work that differs from row to row: what is skipped for one need not be done for its neighbours.

// Prefetch asks for values that will soon be read, so that they are on their way from memory meanwhile.
func Prefetch(x []float32) {
	if len(x) > 0 {
		prefetch(x)
	}
}

// Distance2 is the squared Euclidean distance Σ (a_d − b_d)².
func Distance2(a, b []float32) (sum float32) {
	check("Distance2", 0, len(a) == len(b))
	whole := len(a) &^ (Lanes - 1)
	if whole > 0 {
		sum = distance(a[:whole], b[:whole])
	}
	return sum + tailDistance(a[whole:], b[whole:])
}

// tailDistance is the squared distance of fewer than Lanes values.
func tailDistance(a, b []float32) (sum float32) {
	for d, v := range a {
		diff := v - b[d]
		sum += float32(diff * diff)
	}
	return sum
}

// Distances computes dst[r·len(idx)+j] = ‖x_r − c_idx[j]‖² of the first rows of x and some rows of c, of D columns. A
// value does not depend on which others are asked for, it has Distance2's bits.
func Distances(dst, x []float32, rows int, c []float32, D int, idx []int32) {
	check("Distances", 0, rows >= 0, len(dst) >= rows*len(idx), len(x) >= rows*D,
		len(idx) == 0 || len(c) >= (largest(idx)+1)*D)
	whole := D &^ (Lanes - 1)
	if whole > 0 && len(idx) > 0 {
		distances(dst, x, rows, c, D, whole, idx)
	} else {
		clear(dst[:rows*len(idx)])
	}
	if whole == D {
		return
	}
	for r := range rows {
		for j, k := range idx {
			dst[r*len(idx)+j] += tailDistance(x[r*D+whole:(r+1)*D], c[int(k)*D+whole:int(k+1)*D])
		}
	}
}

// ScoreRow computes from − Σ (x[t_c+i]·s[16c+i] + m[16c+i])² over chunks c and their dimensions i < 16, and gives up
// when the rest cannot raise it above limit: a result below limit is an upper bound of the sum, any other is it. It
// falls with every chunk in floating point, too, so a sum is below limit if and only if the result is. The table has
// an even number of chunks, s and m have 16 values for each.
func ScoreRow(x []float32, t Table, s, m []float32, from, limit float32) float32 {
	if t.d%2 != 0 || t.top+Lanes > len(x) || len(s) < Lanes*t.d || len(m) < Lanes*t.d {
		panic("kernel: ScoreRow: slice too short for the stated shape, or an odd number of chunks")
	}
	return scoreRow(x, t.off[:t.d], s, m, from, limit)
}

// Within sets bit i%16 of mask[i/16] unless a_i − b_i > c (a NaN is not), for i < len(a), a multiple of Lanes.
func Within(mask []uint16, a, b []float32, c float32) {
	check("Within", len(a), len(b) >= len(a), len(mask) >= len(a)/Lanes)
	if len(a) > 0 {
		within(mask, a, b, c)
	}
}

// AddMoments computes x[d] += r_i·row_i[d] and q[d] += r_i·row_i[d]² in float64, for one i after another; row i
// begins at rows[off_i] and has len(x) values. All versions agree to the bit.
func AddMoments(x, q, r []float64, rows []float32, off []int32) {
	check("AddMoments", 0, len(q) == len(x), len(r) == len(off), len(off) == 0 || largest(off)+len(x) <= len(rows))
	if len(off) > 0 {
		addMoments(x, q, r, rows, off)
	}
}

func distanceGo(a, b []float32) float32 {
	var sums [Lanes]float32
	for d := 0; d < len(a); d += Lanes {
		for i := range sums {
			diff := a[d+i] - b[d+i]
			sums[i] += float32(diff * diff)
		}
	}
	return sumLanes(&sums)
}

func distancesGo(dst, x []float32, rows int, c []float32, D, whole int, idx []int32) {
	for r := range rows {
		for j, k := range idx {
			dst[r*len(idx)+j] = distanceGo(x[r*D:][:whole], c[int(k)*D:][:whole])
		}
	}
}

// lookEvery chunks ScoreRow looks whether it can give up.
const lookEvery = 8

func scoreRowGo(x []float32, off []int32, s, m []float32, from, limit float32) (score float32) {
	var acc [2][Lanes]float32
	for c, o := range off {
		sums, sc, mc := &acc[c%2], s[Lanes*c:][:Lanes], m[Lanes*c:][:Lanes]
		for i, v := range x[o:][:Lanes] {
			t := float32(v*sc[i]) + mc[i]
			sums[i] += float32(t * t)
		}
		if (c+1)%lookEvery != 0 && c+1 < len(off) {
			continue
		}
		var both [Lanes]float32
		for i := range both {
			both[i] = acc[0][i] + acc[1][i]
		}
		if score = from - sumLanes(&both); score < limit {
			break
		}
	}
	return score
}

func withinGo(mask []uint16, a, b []float32, c float32) {
	clear(mask[:len(a)/Lanes])
	for i, v := range a {
		if !(v-b[i] > c) {
			mask[i/Lanes] |= 1 << (i % Lanes)
		}
	}
}

func addMomentsGo(x, q, r []float64, rows []float32, off []int32) {
	for i, o := range off {
		for d, v := range rows[o:][:len(x)] {
			rv := float64(r[i] * float64(v))
			x[d] += rv
			q[d] += float64(rv * float64(v))
		}
	}
}
