// Package tenants holds townships and villages as data: who they are, their calendar and look, their rules
// and goods. A folder with a township.yaml is a township; its sub-folders are its villages; _template is what
// a new village copies, and holds the document's own rule set, which every village extends.
package tenants

import "embed"

// FS is every folder of this package.
//
//go:embed all:_template demo
var FS embed.FS

// Template is the folder of the document's rule set.
const Template = "_template"
