package analysis

import (
	"deepgmm/experiments/cell"
	"deepgmm/experiments/configs"
	"deepgmm/experiments/report"
	"deepgmm/experiments/results"
	"deepgmm/experiments/suite"
)

// besideReal puts samples beside real images, many and not selected: of the paper's rival, the flat mixture of factor
// analysers and the deep model whose samples are nearest to validation images, the latter sharpened, too.
func besideReal(s *results.Set, f frame) report.Written {
	figure := f.pictures()
	show := func(id, caption, which string, newRow bool) {
		if d := s.SamplesOf(id); len(d) > 0 && d[0].Pictures[which].Cols > 0 {
			made := sheet(d[0].Pictures[which], "")
			made.Caption, made.NewRow = caption, newRow
			figure.Sheets = append(figure.Sheets, made)
		}
	}
	show(suite.TrainingImages, "real images", cell.PictureRaw, false)
	flat, _, _ := s.Nearest(suite.Where(s.Samplers(), func(m suite.Model) bool { return m.IsFlat() && m.HasFactors() }))
	deep, _, _ := s.Nearest(suite.Where(s.Samplers(), suite.Model.IsDeep))
	for _, m := range []suite.Model{s.PaperRival(configs.Drawing), flat, deep} {
		show(m.ID, m.Short(), cell.PictureRaw, m.IsDeep())
	}
	show(deep.ID, deep.Short()+", sharpened", cell.PictureSharp, false)
	return figure
}
