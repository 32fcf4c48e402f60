package wechattest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// An Account is what kind of official account an API belongs to; the zero one may
// do everything.
type Account string

// The accounts, by 公众号接口权限说明.
const (
	Anything     Account = ""
	Service      Account = "认证服务号"
	Subscription Account = "认证公众号"
	BareService  Account = "未认证服务号"
	Personal     Account = "个人"
)

// may tells whether the account may call a path; otherwise the answer is 48001.
func (a Account) may(path string) bool {
	switch {
	case strings.HasPrefix(path, "template/"):
		return a == Anything || a == Service
	case strings.HasPrefix(path, "menu/"):
		return a != Personal
	}
	return a != Personal && a != BareService
}

// SetAccount says what kind of account it is from now on.
func (a *API) SetAccount(kind Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.account = kind
}

// A form is a template of the account's.
type form struct {
	ID       string `json:"template_id"`
	Title    string `json:"title"`
	Primary  string `json:"primary_industry"`
	Deputy   string `json:"deputy_industry"`
	Contents string `json:"content"`
	Example  string `json:"example"`
}

// AddTemplate gives the account a template with this content, such as
// 车牌号:{{car_number1.DATA}}. Without any, each id is taken for one that it has.
func (a *API) AddTemplate(id, content string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forms = append(a.forms, form{ID: id, Title: "违章提醒", Contents: content})
}

func (a *API) hasForm(id string) bool {
	return len(a.forms) == 0 || slices.ContainsFunc(a.forms, func(f form) bool { return f.ID == id })
}

func (a *API) listForms(w http.ResponseWriter) {
	list, _ := json.Marshal(map[string]any{"template_list": append([]form{}, a.forms...)})
	_, _ = w.Write(list)
}
