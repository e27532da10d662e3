package dataset

import (
	"encoding/binary"
	"fmt"
	"io"
)

// WriteIDX writes the images of s (N×H×W if C is 1, else N×H×W×C) and, unless labels is
// nil, its labels as IDX, not compressed: what ReadIDX reads. It panics if the fields of s
// contradict each other, if there are no images, or if labels are wanted and s has none.
func WriteIDX(images, labels io.Writer, s *Set) error {
	s.check("WriteIDX")
	if s.N == 0 {
		panic("dataset: WriteIDX: no images")
	}
	if labels != nil && s.Labels == nil {
		panic("dataset: WriteIDX: the set has no labels")
	}
	if err := writeArray(images, imageHeader(s.N, s.H, s.W, s.C), s.Pix); err != nil {
		return fmt.Errorf("dataset: write images: %w", err)
	}
	if labels == nil {
		return nil
	}
	if err := writeArray(labels, []uint32{magicLabels, uint32(s.N)}, s.Labels); err != nil {
		return fmt.Errorf("dataset: write labels: %w", err)
	}
	return nil
}

func imageHeader(n, h, w, c int) []uint32 {
	if c == 1 {
		return []uint32{magicImages, uint32(n), uint32(h), uint32(w)}
	}
	return []uint32{magicColour, uint32(n), uint32(h), uint32(w), uint32(c)}
}

func writeArray(w io.Writer, header []uint32, data []uint8) error {
	if err := binary.Write(w, binary.BigEndian, header); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}
