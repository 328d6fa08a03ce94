package shell

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"cunfen/internal/sheetfile"
)

// SendSheet answers with a list as an Excel file.
func SendSheet(c echo.Context, name, sheet string, heads []sheetfile.Head, rows [][]any) error {
	var b bytes.Buffer
	if _, err := sheetfile.Export(&b, sheet, heads, slices.Values(rows)); err != nil {
		return err
	}
	SaveAs(c, "attachment", name+".xlsx")
	return c.Blob(http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b.Bytes())
}

// SaveAs names the file that the answer is. Disposition is inline or attachment.
func SaveAs(c echo.Context, disposition, name string) {
	c.Response().Header().Set(echo.HeaderContentDisposition, disposition+"; filename*=UTF-8''"+url.PathEscape(name))
}
