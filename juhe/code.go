package juhe

import "slices"

// Charge says what a call cost.
type Charge int

// The zero value is the cautious one: what is not known counts as spent.
const (
	ChargeUnknown Charge = iota
	Free
	Charged
)

// String returns "unknown", "free" or "charged".
func (c Charge) String() string {
	switch c {
	case Free:
		return "free"
	case Charged:
		return "charged"
	default:
		return "unknown"
	}
}

// Fault says who can do something about an error.
type Fault int

// The parties.
const (
	FaultUnknown  Fault = iota // an undocumented code
	FaultUser                  // plate, engine number or VIN
	FaultCity                  // the city's traffic police: maintenance, or not open
	FaultOperator              // the key or the account
	FaultQuota                 // calls used up, or too fast
	FaultProvider              // Juhe, or the line between it and the police
)

// String returns "unknown", "user", "city", "operator", "quota" or "provider".
func (f Fault) String() string {
	names := [...]string{"unknown", "user", "city", "operator", "quota", "provider"}
	if f < 0 || int(f) >= len(names) {
		return names[FaultUnknown]
	}
	return names[f]
}

// CodeInfo describes one documented error code.
type CodeInfo struct {
	Code      int
	Text      string  // as documented
	Charge    Charge  // what it costs when query answers it
	Retryable bool    // passing and free: the same call may be made again
	Fault     Fault   // who can do something about it
	Groups    []error // the sentinels that errors.Is finds
}

// codes is §1.4 of the document of 2025-03-15. It states the charge of the
// 2256xx codes; that the 100xx codes are free is inferred from their nature:
// they are decided before the traffic police are asked.
var codes = []CodeInfo{
	{225603, "网络错误请重试", Free, true, FaultProvider, []error{ErrNetwork}},
	{225605, "您好,你所查询的城市正在维护或未开通查询", Free, false, FaultCity, []error{ErrMaintenance}},
	{225606, "车辆信息错误,请确认输入的信息正确", Charged, false, FaultUser, []error{ErrWrongData}},
	{225607, "车辆信息错误", Free, false, FaultUser, []error{ErrWrongData}},
	{225608, "内部异常", Free, false, FaultProvider, []error{ErrInternal}},
	{225611, "根据车牌前缀获取查询规则相关错误", Free, false, FaultUser, []error{ErrNoRule}},

	{10001, "错误的请求KEY", Free, false, FaultOperator, []error{ErrKey}},
	{10002, "该KEY无请求权限", Free, false, FaultOperator, []error{ErrKey}},
	{10003, "KEY过期", Free, false, FaultOperator, []error{ErrKey}},
	{10004, "错误的OPENID", Free, false, FaultProvider, []error{ErrProvider}},
	{10005, "应用未审核超时,请提交认证", Free, false, FaultOperator, []error{ErrKey}},
	{10007, "未知的请求源", Free, false, FaultOperator, []error{ErrKey}},
	{10008, "被禁止的IP", Free, false, FaultOperator, []error{ErrKey}},
	{10009, "被禁止的KEY", Free, false, FaultOperator, []error{ErrKey}},
	{10011, "当前IP请求超过限制", Free, false, FaultQuota, []error{ErrQuota}},
	{10012, "请求超过次数限制", Free, false, FaultQuota, []error{ErrQuota}},
	{10013, "测试KEY超过请求限制", Free, false, FaultQuota, []error{ErrQuota}},
	{10014, "系统内部异常", Free, false, FaultProvider, []error{ErrInternal, ErrProvider}},
	{10020, "接口维护", Free, false, FaultProvider, []error{ErrProvider}},
	{10021, "接口停用", Free, false, FaultOperator, []error{ErrKey}},
}

// Codes returns the documented error codes: the table that the methods of
// Error read. The caller may change what it gets.
func Codes() []CodeInfo {
	out := slices.Clone(codes)
	for i := range out {
		out[i].Groups = slices.Clone(out[i].Groups)
	}
	return out
}

// infoOf describes an undocumented code as cautiously as it can be.
func infoOf(code int) CodeInfo {
	for _, info := range codes {
		if info.Code == code {
			return info
		}
	}
	return CodeInfo{Code: code, Text: "undocumented code", Groups: []error{ErrUndocumented}}
}
