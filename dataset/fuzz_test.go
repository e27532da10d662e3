package dataset

import (
	"bytes"
	"io"
	"testing"
)

// FuzzReadIDX: whatever the bytes are, there is either an error or a set that is consistent,
// no larger than its input can justify, and the same after writing and reading again.
// The kept inputs are in testdata/fuzz/FuzzReadIDX.
func FuzzReadIDX(f *testing.F) {
	f.Add(goodImages, goodLabels, true)
	f.Add(zipped(goodColour), []byte(nil), false)
	f.Add(zipped(goodImages)[:20], goodLabels, true)
	f.Fuzz(func(t *testing.T, images, labels []byte, labelled bool) {
		var l io.Reader
		if labelled {
			l = bytes.NewReader(labels)
		}
		// The limit keeps bombs in gzip, which may be as long as they declare, short.
		s, err := readSet(bytes.NewReader(images), l, 1<<20)
		if err != nil {
			if s != nil || err.Error() == "" {
				t.Fatalf("%v with the error %q", s, err)
			}
			return
		}
		s.check("fuzz")
		if s.N == 0 || labelled != (s.Labels != nil) || !bytes.HasPrefix(images, []byte{0x1f, 0x8b}) && len(s.Pix) >= len(images) {
			t.Fatalf("%+v of %d bytes", s, len(images))
		}
		for i, label := range s.Labels {
			if int(label) >= s.Classes {
				t.Fatalf("label %d of image %d, but %d classes", label, i, s.Classes)
			}
		}
		var again, againLabels bytes.Buffer
		var to io.Writer
		if labelled {
			to, l = &againLabels, &againLabels
		}
		if err := WriteIDX(&again, to, s); err != nil {
			t.Fatal(err)
		}
		twin, err := ReadIDX(&again, l)
		if err != nil || hashSets(twin) != hashSets(s) {
			t.Fatalf("written and read again: %v, %+v is not %+v", err, twin, s)
		}
	})
}
