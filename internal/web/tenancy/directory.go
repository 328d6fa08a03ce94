package tenancy

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/sso"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// directoryPage is a township's directory, by which its people may sign in, and who is linked.
type directoryPage struct {
	kit.StaffPage
	sso.Provider
	Links          []sso.Link
	Form           sso.Draft
	Subject, Phone string
	Back           string // where the directory sends people back to
	Failed         string
	Errors         kit.Errors
}

func townParam(c echo.Context) (actor.TownshipID, error) {
	id, err := strconv.ParseInt(c.Param("town"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.ErrNotFound
	}
	return actor.TownshipID(id), nil
}

// Directory shows it.
func (r Room) Directory(c echo.Context) error { return r.directory(c, "", nil) }

func (r Room) directory(c echo.Context, form string, problem error) error {
	ctx := c.Request().Context()
	town, err := townParam(c)
	if err != nil {
		return err
	}
	p := directoryPage{Failed: form, Errors: kit.ErrorsOf(problem), Subject: visit.Text(c, "subject"), Phone: visit.Text(c, "phone"), Back: r.Address + sso.Back}
	if p.Provider, err = r.SSO.Find(ctx, town); err != nil {
		return err
	}
	if p.Links, err = r.SSO.Links(ctx, town); err != nil {
		return err
	}
	p.StaffPage = r.Staff(c, "townships", p.Township+"统一登录")
	p.Path = "/platform/townships/" + c.Param("town") + "/sso"
	p.Form = sso.Draft{Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, Claim: p.Claim, Second: p.Second, Active: p.Active}
	if form == "set" {
		p.Form = directoryOf(c)
	}
	return visit.Render(c, visit.Status(problem), directory(p))
}

func directoryOf(c echo.Context) sso.Draft {
	return sso.Draft{Name: visit.Text(c, "name"), Issuer: visit.Text(c, "issuer"), ClientID: visit.Text(c, "client_id"), Secret: visit.Text(c, "secret"), Claim: sso.Claim(c.FormValue("claim")),
		Second: c.FormValue("second") == "1", Active: c.FormValue("active") == "1"}
}

// DirectorySet keeps how it is reached.
func (r Room) DirectorySet(c echo.Context) error {
	town, err := townParam(c)
	if err != nil {
		return err
	}
	return r.directed(c, "set", "已保存", r.SSO.Set(c.Request().Context(), visit.Who(c), town, directoryOf(c)))
}

// DirectoryLink links somebody of it with an account.
func (r Room) DirectoryLink(c echo.Context) error {
	town, err := townParam(c)
	if err != nil {
		return err
	}
	return r.directed(c, "link", "已关联", r.SSO.Link(c.Request().Context(), visit.Who(c), town, visit.Text(c, "subject"), visit.Text(c, "phone")))
}

// DirectoryUnlink ends it.
func (r Room) DirectoryUnlink(c echo.Context) error {
	town, err := townParam(c)
	if err != nil {
		return err
	}
	id, err := visit.ID(c, "link")
	if err != nil {
		return err
	}
	return r.directed(c, "", "已解除，这个人不能再用统一登录", r.SSO.Unlink(c.Request().Context(), visit.Who(c), town, id))
}

func (r Room) directed(c echo.Context, form, said string, err error) error {
	switch {
	case visit.Correctable(err) && form != "":
		return r.directory(c, form, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/platform/townships/"+c.Param("town")+"/sso", said)
}
