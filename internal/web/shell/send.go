package shell

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"

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
