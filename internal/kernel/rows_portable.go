package kernel

// The portable versions of rows.go.

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
