package plate

// nicknames are the old names of provinces that people use for their plates.
var nicknames = map[rune]rune{'申': '沪', '蜀': '川', '黔': '贵', '滇': '云', '秦': '陕', '陇': '甘'}

// homophones lists, for the characters that dictation and keyboards produce in
// place of a province, the province or provinces that sound alike. The two
// provinces of one syllable stand in the order in which they are offered.
var homophones = [...]struct{ provinces, sound string }{
	{"沪", "护户互湖胡虎乎呼壶糊忽狐弧葫蝴唬浒琥瑚扈"},
	{"京", "经精晶惊睛景静井竟镜鲸荆径净敬境颈茎靖兢泾菁竞旌"},
	{"津晋", "进今金近斤禁劲紧锦尽巾筋仅谨浸襟靳瑾"},
	{"冀吉", "机几计记鸡及级急即集继季济寄极基激击疾挤际技剂既纪祭肌积迹绩脊籍辑姬饥"},
	{"蒙", "孟梦猛萌盟朦檬懵"},
	{"辽", "了料聊疗廖撩寥燎瞭"},
	{"黑", "嘿嗨"},
	{"苏", "酥速素俗塑诉宿肃粟溯"},
	{"浙", "这折者哲遮着蔗辙褶"},
	{"皖", "晚完万玩湾碗弯挽丸宛婉腕顽"},
	{"闽", "民敏闵岷皿悯抿"},
	{"赣甘", "干感赶敢杆肝竿柑秆尴"},
	{"鲁", "路录鹿卢芦陆露炉鲈庐颅卤噜麓碌禄撸"},
	{"渝豫", "鱼于余与语雨育玉遇域预羽宇愉俞虞愚榆郁寓裕欲浴誉喻御娱渔逾芋瑜"},
	{"鄂", "饿恶俄额鹅娥蛾峨鳄扼遏厄愕"},
	{"湘", "想香像象乡相响箱祥翔享项巷橡镶厢详向"},
	{"粤", "月越悦约乐阅岳跃曰钥玥"},
	{"桂贵", "归鬼柜跪轨规硅闺龟诡瑰"},
	{"琼", "穷穹"},
	{"川", "穿船传串喘椽"},
	{"云", "运允孕晕韵匀芸蕴耘"},
	{"藏", "脏葬赃臧"},
	{"陕", "山闪善扇珊衫杉擅膳"},
	{"青", "清轻情请庆晴氢倾卿顷"},
	{"宁", "凝柠拧泞"},
	{"新", "心信欣辛鑫芯馨薪昕锌"},
}

// syllables are the provinces' abbreviations in pinyin.
var syllables = [...]struct{ pinyin, provinces string }{
	{"JING", "京"}, {"JIN", "津晋"}, {"HU", "沪"}, {"YU", "渝豫"}, {"JI", "冀吉"}, {"MENG", "蒙"}, {"LIAO", "辽"},
	{"HEI", "黑"}, {"SU", "苏"}, {"ZHE", "浙"}, {"WAN", "皖"}, {"MIN", "闽"}, {"GAN", "赣甘"}, {"LU", "鲁"},
	{"E", "鄂"}, {"XIANG", "湘"}, {"YUE", "粤"}, {"GUI", "桂贵"}, {"QIONG", "琼"}, {"CHUAN", "川"}, {"YUN", "云"},
	{"ZANG", "藏"}, {"SHAN", "陕"}, {"QING", "青"}, {"NING", "宁"}, {"XIN", "新"},
}

// spoken are the numerals of speech, radio and cheques.
var spoken = map[rune]byte{
	'零': '0', '〇': '0', '洞': '0', '○': '0', '◯': '0',
	'幺': '1', '一': '1', '壹': '1',
	'二': '2', '两': '2', '贰': '2',
	'三': '3', '叁': '3',
	'四': '4', '肆': '4',
	'五': '5', '伍': '5',
	'六': '6', '陆': '6',
	'七': '7', '拐': '7', '柒': '7',
	'八': '8', '捌': '8',
	'九': '9', '勾': '9', '玖': '9',
}

// wordsNotHeads are everyday words whose last character looks or sounds like a
// province: a plate may follow them, but does not begin inside them.
var wordsNotHeads = [...]string{
	"刷新", "更新", "最新", "重新", "全新", "崭新", "从新", "收藏", "隐藏", "拉黑", "太贵", "很贵",
	"小黑", "东京", "订阅", "查阅", "预约", "违约", "为了", "除了", "算了", "错了", "换了", "买了", "卖了",
	"不了", "还有", "登记", "忘记", "标记", "手机", "司机", "信息", "相信", "微信", "短信", "申请", "邀请",
	"忘了", "丢了", "输了", "对了", "是了", "好了", "记录", "登录", "收录", "爱心", "关心", "放心", "担心",
	"今天", "最近", "附近", "改进", "跟进", "马路", "公路", "道路", "走路", "关于", "由于", "属于", "等于",
	"给予", "事情", "加急", "着急", "照片相", "名民", "公民", "市民", "人民", "农民", "居民", "多云", "百万",
	"千万", "玉宇", "车辆山", "合约", "节约", "客户", "用户", "账户", "门户", "过户", "落户", "年审及", "以及",
}

// suffixes end the special plates.
const suffixes = "挂学警港澳使领试超临"

// suffixWords are words that begin like a suffix and are none: 京A1234超速.
var suffixWords = [...]string{
	"挂靠", "挂在", "挂失", "挂了", "挂着", "挂牌", "学校", "学生", "学员", "警察", "警告", "警官", "港口",
	"使用", "使馆", "使得", "领取", "领证", "领导", "试试", "试一", "试驾", "试用", "超速", "超载", "超过", "超限",
	"超时", "超员", "超标", "临时", "临近", "临沂", "临汾", "临沧", "临夏", "学车",
}

// units turn the digits before them into a quantity, a date or an address:
// 上海2024年, 贵12345元.
const units = "年月日号元块米楼路栋室层点分秒个辆次人万千百亿%公里吨岁条位斤克度"

// counters follow a numeral that counts something: 沪A12345一起查.
const counters = "起共下直辆次条些样台手"

// notProvinces stand where people, and other plates, have something that is no
// mainland province.
const notProvinces = "港澳台使领学警军空海"

// openers are the characters after which a plate is expected even if it begins
// with a doubtful character: 查护C12345.
const openers = "查询看的是为下牌号车定除阅加成把要叫换和跟与及或、"

// connectors may stand between a province and the rest: 沪牌A12345.
var connectors = [...]string{"牌照", "牌", "字", "的"}

// hintWords tell what kind of plate a message means. Longer words first where
// one contains another.
var hintWords = [...]struct {
	word string
	hint hint
}{
	{"半挂牵引", hintLarge}, {"黄牌", hintYellow}, {"黄色牌", hintYellow}, {"黄色车牌", hintYellow}, {"黄色号牌", hintYellow},
	{"大车", hintLarge}, {"大型", hintLarge}, {"大货", hintLarge},
	{"货车", hintTruck}, {"卡车", hintTruck},
	{"蓝牌", hintBlue}, {"蓝色牌", hintBlue}, {"蓝色车牌", hintBlue}, {"蓝色号牌", hintBlue},
	{"小车", hintSmall}, {"小型", hintSmall}, {"轿车", hintSmall}, {"小汽车", hintSmall},
	{"绿牌", hintGreen}, {"绿色牌", hintGreen}, {"绿色车牌", hintGreen}, {"绿色号牌", hintGreen}, {"新能源", hintGreen},
	{"摩托", hintMotorcycle},
	{"临牌", hintTemp}, {"临时牌", hintTemp}, {"临时车牌", hintTemp}, {"临时号牌", hintTemp}, {"临时行驶", hintTemp},
}

// negations before a hint word take it back: 不是黄牌.
var negations = [...]string{"不是", "不属于", "并非", "没有", "非"}
