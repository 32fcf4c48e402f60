package plate

// lookalikes are letters of other scripts that look Latin, and Latin letters in
// frames, none of which NFKC touches. Capitals only; Fold upper-cases first.
var lookalikes = map[rune]rune{
	'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'Х': 'X', 'У': 'Y',
	'Ѕ': 'S', 'І': 'I', 'Ј': 'J', 'Ԛ': 'Q', 'Ԝ': 'W', 'Ԍ': 'G',
	'Α': 'A', 'Β': 'B', 'Ε': 'E', 'Ζ': 'Z', 'Η': 'H', 'Ι': 'I', 'Κ': 'K', 'Μ': 'M', 'Ν': 'N', 'Ο': 'O', 'Ρ': 'P', 'Τ': 'T', 'Υ': 'Y', 'Χ': 'X',
	'⓿': '0', '❶': '1', '❷': '2', '❸': '3', '❹': '4', '❺': '5', '❻': '6', '❼': '7', '❽': '8', '❾': '9',
	'➀': '1', '➁': '2', '➂': '3', '➃': '4', '➄': '5', '➅': '6', '➆': '7', '➇': '8', '➈': '9',
	'➊': '1', '➋': '2', '➌': '3', '➍': '4', '➎': '5', '➏': '6', '➐': '7', '➑': '8', '➒': '9',
}

// framed are runs of 26 framed capitals that NFKC leaves alone: negative
// circled, negative squared, regional indicators.
var framed = [...]rune{0x1F150, 0x1F170, 0x1F1E6}

// traditional and simplified hold the characters of plates, places and of the
// words that drivers use, pairwise. Characters with several simplified forms
// are left out.
const (
	traditional = "滬遼蘇贛贑魯粵瓊貴雲陝陜寧閩領學掛試靑淸黒卾東廣慶龍內濱舊車號臨應晉隴發動機違詢幫個這嗎沒罰" +
		"錢處綁訂閱刪數據記們問題輛駕駛證後碼識類黃藍綠電貨轎時間點兩貳陸陽興長濟鄭連煙無錫紹溫寶島鎮" +
		"揚鹽懷婁張門頭關遠樂綿資達紅滄義銅畢節順烏齊爾鶴崗雙鴨綏營蘆鐵嶺撫錦盤廈蘭漢臺巖饒鷹鄉燈規檢" +
		"驗標籤過戶護計級經驚靜鏡競進緊盡夢濕穩傳運軌窮輕請錄盧語預餓惡額鵝響躍約歸櫃閃幾繼極壺瘋療聞" +
		"訴灣萬與魚愛現裡邊來對錯還會說讓開單變訊報費買賣給換從軍該誰麼為員歡聯絡絕準備檔廠託壯維區歲" +
		"體熱麗莊滎馬漣岡隨棗陰貢瀘涼釗鄖鹹薊欽賓賀雞"
	simplified = "沪辽苏赣赣鲁粤琼贵云陕陕宁闽领学挂试青清黑鄂东广庆龙内滨旧车号临应晋陇发动机违询帮个这吗没罚" +
		"钱处绑订阅删数据记们问题辆驾驶证后码识类黄蓝绿电货轿时间点两贰陆阳兴长济郑连烟无锡绍温宝岛镇" +
		"扬盐怀娄张门头关远乐绵资达红沧义铜毕节顺乌齐尔鹤岗双鸭绥营芦铁岭抚锦盘厦兰汉台岩饶鹰乡灯规检" +
		"验标签过户护计级经惊静镜竞进紧尽梦湿稳传运轨穷轻请录卢语预饿恶额鹅响跃约归柜闪几继极壶疯疗闻" +
		"诉湾万与鱼爱现里边来对错还会说让开单变讯报费买卖给换从军该谁么为员欢联络绝准备档厂托壮维区岁" +
		"体热丽庄荥马涟冈随枣阴贡泸凉钊郧咸蓟钦宾贺鸡"
)
