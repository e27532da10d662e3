package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"deepgmm/internal/escape"
	"deepgmm/internal/regular"
)

// ReadLines reads the CSV file that Lines.Write wrote: panels in one column, with their titles, the names of their
// Y axes and their lines. What only the drawing shows (the names of X axes, logarithmic axes, ranges) is not in the file.
// The error names the file and the remedy.
func ReadLines(path string) (*Lines, error) {
	rows, notice, err := readCSV(path, "panel", "line", "x", "y")
	if err != nil {
		return nil, err
	}
	f := &Lines{Notice: notice}
	last := ""
	for i, row := range rows {
		x, err1 := parseNumber(row[2])
		y, err2 := parseNumber(row[3])
		if err := errors.Join(err1, err2); err != nil {
			return nil, damaged(path, fmt.Errorf("row %d: %w", i+1, err))
		}
		if i == 0 || row[0] != last {
			title, axis, _ := strings.Cut(row[0], ": ")
			f.Panels = append(f.Panels, []Panel{{Title: title, Y: axis}})
			last = row[0]
		}
		p := &f.Panels[len(f.Panels)-1][0]
		if n := len(p.Lines); n == 0 || p.Lines[n-1].Name != row[1] {
			p.Lines = append(p.Lines, Line{Name: row[1]})
		}
		l := &p.Lines[len(p.Lines)-1]
		l.X, l.Y = append(l.X, x), append(l.Y, y)
	}
	return f, nil
}

// ReadPictures reads the CSV file that Pictures.Write wrote. The file has no numbers of columns: a sheet gets as many as
// make it about square. The error names the file and the remedy.
func ReadPictures(path string) (*Pictures, error) {
	rows, notice, err := readCSV(path, "sheet", "image", "caption", "height", "width", "channels", "values 0–255")
	if err != nil {
		return nil, err
	}
	f := &Pictures{Notice: notice}
	for i, row := range rows {
		if err := f.addRow(row); err != nil {
			return nil, damaged(path, fmt.Errorf("row %d: %w", i+1, err))
		}
	}
	for i := range f.Sheets {
		s := &f.Sheets[i]
		s.Cols = int(math.Ceil(math.Sqrt(float64(s.n()))))
		if strings.Join(s.Captions, "") == "" {
			s.Captions = nil
		}
	}
	return f, nil
}

// maxSide bounds the images of a sheet, which are magnified when they are drawn.
const maxSide = 1024

// addRow adds one image; image 0 begins a sheet.
func (f *Pictures) addRow(row []string) error {
	var dims [4]int // image, height, width, channels
	for i, c := range []int{1, 3, 4, 5} {
		var err error
		if dims[i], err = strconv.Atoi(row[c]); err != nil {
			return err
		}
	}
	if side := dims[1:3]; slices.Min(side) < 1 || slices.Max(side) > maxSide {
		return fmt.Errorf("an image of %d×%d; its sides must be between 1 and %d", dims[1], dims[2], maxSide)
	}
	if dims[0] == 0 {
		f.Sheets = append(f.Sheets, Sheet{Caption: row[0], H: dims[1], W: dims[2], C: dims[3]})
	}
	if len(f.Sheets) == 0 {
		return errors.New("the first image of a sheet is missing")
	}
	s := &f.Sheets[len(f.Sheets)-1]
	values := strings.Fields(row[6])
	if s.H != dims[1] || s.W != dims[2] || s.C != dims[3] || s.C != 1 && s.C != 3 || len(values) != s.H*s.W*s.C {
		return fmt.Errorf("%d values for an image of %d×%d×%d", len(values), dims[1], dims[2], dims[3])
	}
	for _, v := range values {
		b, err := strconv.ParseUint(v, 10, 8)
		if err != nil {
			return err
		}
		s.Pix = append(s.Pix, byte(b))
	}
	s.Captions = append(s.Captions, row[2])
	return nil
}

// readCSV returns the rows below a head, which may end with a notice.
func readCSV(path string, head ...string) (rows [][]string, notice string, err error) {
	file, err := regular.Open(path, maxFile)
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	rows, err = csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, "", damaged(path, err)
	}
	if len(rows) < 2 {
		return nil, "", damaged(path, errors.New("it has no rows"))
	}
	for i, name := range head {
		if i >= len(rows[0]) || rows[0][i] != name {
			return nil, "", damaged(path, fmt.Errorf("its columns are %s, not %s", strings.Join(rows[0], ", "), strings.Join(head, ", ")))
		}
	}
	for _, row := range rows[1:] {
		for i := range row {
			row[i] = escape.Uncell(row[i])
		}
	}
	if len(rows[0]) > len(head) {
		notice = rows[1][len(head)]
	}
	return rows[1:], notice, nil
}

// parseNumber reads what Value.machine writes; an empty cell is a gap.
func parseNumber(s string) (float64, error) {
	if s == "" {
		return math.NaN(), nil
	}
	return strconv.ParseFloat(s, 64)
}

func damaged(path string, err error) error {
	return fmt.Errorf("figure: %s is damaged: %w; run the experiment again to write it anew", path, err)
}
