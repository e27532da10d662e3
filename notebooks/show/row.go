package show

import (
	"fmt"

	"deepgmm/experiments/report"
)

// Row makes a row of a report.Table out of strings and numbers (int, float64). It panics for other types.
func Row(values ...any) []report.Value {
	var row []report.Value
	for _, v := range values {
		switch v := v.(type) {
		case string:
			row = append(row, report.Text(v))
		case int:
			row = append(row, report.Num(float64(v)))
		case float64:
			row = append(row, report.Num(v))
		default:
			panic(fmt.Sprintf("show: Row: %T in a row; want strings, int or float64", v))
		}
	}
	return row
}
