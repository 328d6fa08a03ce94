package shell

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/sheetfile"
)

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// SendSheet answers with a list as an .xlsx to save under the name.
func SendSheet(c echo.Context, name, sheet string, heads []sheetfile.Head, rows [][]any) error {
	var b bytes.Buffer
	if _, err := sheetfile.Export(&b, sheet, heads, slices.Values(rows)); err != nil {
		return err
	}
	return SendFile(c, name, b.Bytes())
}

// SendFile answers with a whole .xlsx to save under the name.
func SendFile(c echo.Context, name string, data []byte) error {
	SaveAs(c, "attachment", name+".xlsx")
	return c.Blob(http.StatusOK, xlsx, data)
}

// SaveAs names the file that the answer is. Disposition is inline or attachment.
func SaveAs(c echo.Context, disposition, name string) {
	c.Response().Header().Set(echo.HeaderContentDisposition, disposition+"; filename*=UTF-8''"+url.PathEscape(name))
}

// SendPDF answers a document; what its font lacks stands in a header, and as 〓 on the paper.
func SendPDF(c echo.Context, name string, pdf []byte, missing []rune, err error) error {
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		var codes []string
		for _, r := range missing {
			codes = append(codes, fmt.Sprintf("U+%04X", r))
		}
		c.Response().Header().Set("X-Missing-Glyphs", strings.Join(codes, " "))
	}
	SaveAs(c, "inline", name+".pdf")
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}
