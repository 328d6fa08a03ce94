package ui

import (
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
)

// Route is one line of the route table: path, handler, permission.
type Route struct {
	Method, Path string
	Handler      echo.HandlerFunc
	Action       authz.Action // what the person must be allowed to do
	Public       bool         // nobody needs to be signed in
	Static       bool         // not even the session is looked at
	Upload       bool         // takes pictures or a sheet
	Large        bool         // takes a whole village
}
