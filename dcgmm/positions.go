package dcgmm

import (
	"context"
	"math"

	"deepgmm/dcgmm/arch"
)

// PositionScores returns the log-likelihoods Λ of all positions of a layer, counted from 0, N×H'×W' row-major (model.md
// §4): where an image is likely and where not. The error is that of Evaluate. It panics if there is no such layer.
func (n *Network) PositionScores(ctx context.Context, images Images, layer, workers int) ([]float32, error) {
	n.checkLayer("PositionScores", layer)
	all, err := n.positionScores(ctx, images, layer, workers)
	if err != nil {
		return nil, err
	}
	return all[layer], nil
}

// positionScores are those of all layers up to the highest wanted one.
func (n *Network) positionScores(ctx context.Context, images Images, upTo, workers int) ([][]float32, error) {
	if err := n.checkEvaluate(images); err != nil {
		return nil, err
	}
	N, all := images.Len(), make([][]float32, upTo+1)
	for i := range all {
		P := n.layers[i].P()
		if err := checkResult("scores of positions", N, P); err != nil {
			return nil, err
		}
		all[i] = make([]float32, N*P)
	}
	err := n.eachBlock(ctx, images, workers, func(b *block, first int) error {
		return b.forward(0, upTo, func(layer, pos int, _, _ []float32) {
			P := n.layers[layer].P()
			for i := range b.valid {
				all[layer][(first+i)*P+pos] = float32(float64(b.best[i]) + math.Log(float64(b.sum[i])))
			}
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// span is a range of pixels along one axis, from first up to end.
type span struct{ first, end int }

// receptiveField says which rows and which columns of an image the rows and columns of a layer's map see.
func (n *Network) receptiveField(layer int) (rows, cols []span) {
	in := n.arch.Input
	rows, cols = pixels(in.H), pixels(in.W)
	for i := range layer + 1 {
		l := &n.layers[i].Layer
		for _, p := range l.Pools {
			rows, cols = through(rows, p.H, p.StrideH, 0, p.Out.H), through(cols, p.W, p.StrideW, 0, p.Out.W)
		}
		rows = through(rows, l.Fold.H, l.Fold.StrideH, l.Top, l.Out.H)
		cols = through(cols, l.Fold.W, l.Fold.StrideW, l.Left, l.Out.W)
	}
	return rows, cols
}

// pixels are the spans of an axis of an image.
func pixels(size int) []span {
	all := make([]span, size)
	for i := range all {
		all[i] = span{i, i + 1}
	}
	return all
}

// through takes the spans of a map to those of out windows over it, the first of which begins border places before it.
// A window that sees the border alone sees nothing.
func through(below []span, size, stride, border, out int) []span {
	all := make([]span, out)
	for i := range all {
		first, last := max(i*stride-border, 0), min(i*stride-border+size, len(below))-1
		if first <= last {
			all[i] = span{below[first].first, below[last].end}
		}
	}
	return all
}

// A spreader takes values of the positions of a layer to the pixels that they see.
type spreader struct {
	rows, cols []span
	in         arch.Shape
	sum, count []float64 // H×W
}

func (n *Network) newSpreader(layer int) *spreader {
	s := &spreader{in: n.arch.Input}
	s.rows, s.cols = n.receptiveField(layer)
	s.sum, s.count = make([]float64, s.in.H*s.in.W), make([]float64, s.in.H*s.in.W)
	s.add(s.count, func(int) float64 { return 1 })
	return s
}

// add adds the value of every position to the pixels that it sees.
func (s *spreader) add(to []float64, value func(pos int) float64) {
	for r, rows := range s.rows {
		for c, cols := range s.cols {
			v := value(r*len(s.cols) + c)
			for y := rows.first; y < rows.end; y++ {
				row := to[y*s.in.W:]
				for x := cols.first; x < cols.end; x++ {
					row[x] += v
				}
			}
		}
	}
}

// spread writes H×W pixels: each the mean value of the positions that see it.
func (s *spreader) spread(dst []float32, value func(pos int) float64) {
	clear(s.sum)
	s.add(s.sum, value)
	for i, v := range s.sum {
		dst[i] = float32(v / max(1, s.count[i]))
	}
}
