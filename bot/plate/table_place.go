package plate

// provinces holds the 31 provinces with the agency letters in use: annex A of
// GA 36-2018 and the letters that appeared on the road after it. An entry of
// agencies is a letter, the city it stands for and the city's pinyin; a city
// may hold several letters, and a letter without a city is that of an organ.
// The letters of the four municipalities stand for no city: any but I may be
// switched on there.
//
// A letter that is missing here is doubted, never refused: new ones keep
// appearing.
var provinces = [...]struct {
	abbr, name, pinyin string
	agencies           string
}{
	{"京", "北京", "BEIJING", allLetters},
	{"津", "天津", "TIANJIN", allLetters},
	{"沪", "上海", "SHANGHAI", allLetters},
	{"渝", "重庆", "CHONGQING", allLetters},
	{"冀", "河北", "HEBEI", `A石家庄 SHIJIAZHUANG B唐山 TANGSHAN C秦皇岛 QINHUANGDAO D邯郸 HANDAN E邢台 XINGTAI F保定 BAODING
		G张家口 ZHANGJIAKOU H承德 CHENGDE J沧州 CANGZHOU R廊坊 LANGFANG S沧州 CANGZHOU T衡水 HENGSHUI X雄安 XIONGAN`},
	{"晋", "山西", "SHANXI", `A太原 TAIYUAN B大同 DATONG C阳泉 YANGQUAN D长治 CHANGZHI E晋城 JINCHENG F朔州 SHUOZHOU
		H忻州 XINZHOU J吕梁 LVLIANG K晋中 JINZHONG L临汾 LINFEN M运城 YUNCHENG`},
	{"蒙", "内蒙古", "NEIMENGGU", `A呼和浩特 HUHEHAOTE B包头 BAOTOU C乌海 WUHAI D赤峰 CHIFENG E呼伦贝尔 HULUNBEIER F兴安 XINGAN
		G通辽 TONGLIAO H锡林郭勒 XILINGUOLE J乌兰察布 WULANCHABU K鄂尔多斯 EERDUOSI L巴彦淖尔 BAYANNAOER M阿拉善 ALASHAN`},
	{"辽", "辽宁", "LIAONING", `A沈阳 SHENYANG B大连 DALIAN C鞍山 ANSHAN D抚顺 FUSHUN E本溪 BENXI F丹东 DANDONG G锦州 JINZHOU
		H营口 YINGKOU J阜新 FUXIN K辽阳 LIAOYANG L盘锦 PANJIN M铁岭 TIELING N朝阳 CHAOYANG P葫芦岛 HULUDAO V`},
	{"吉", "吉林", "JILIN", `A长春 CHANGCHUN B吉林 JILIN C四平 SIPING D辽源 LIAOYUAN E通化 TONGHUA F白山 BAISHAN G白城 BAICHENG
		H延边 YANBIAN J松原 SONGYUAN K长白山 CHANGBAISHAN`},
	{"黑", "黑龙江", "HEILONGJIANG", `A哈尔滨 HAERBIN B齐齐哈尔 QIQIHAER C牡丹江 MUDANJIANG D佳木斯 JIAMUSI E大庆 DAQING
		F伊春 YICHUN G鸡西 JIXI H鹤岗 HEGANG J双鸭山 SHUANGYASHAN K七台河 QITAIHE L哈尔滨 HAERBIN M绥化 SUIHUA
		N黑河 HEIHE P大兴安岭 DAXINGANLING R`},
	{"苏", "江苏", "JIANGSU", `A南京 NANJING B无锡 WUXI C徐州 XUZHOU D常州 CHANGZHOU E苏州 SUZHOU F南通 NANTONG
		G连云港 LIANYUNGANG H淮安 HUAIAN J盐城 YANCHENG K扬州 YANGZHOU L镇江 ZHENJIANG M泰州 TAIZHOU N宿迁 SUQIAN U苏州 SUZHOU`},
	{"浙", "浙江", "ZHEJIANG", `A杭州 HANGZHOU B宁波 NINGBO C温州 WENZHOU D绍兴 SHAOXING E湖州 HUZHOU F嘉兴 JIAXING G金华 JINHUA
		H衢州 QUZHOU J台州 TAIZHOU K丽水 LISHUI L舟山 ZHOUSHAN`},
	{"皖", "安徽", "ANHUI", `A合肥 HEFEI B芜湖 WUHU C蚌埠 BENGBU D淮南 HUAINAN E马鞍山 MAANSHAN F淮北 HUAIBEI G铜陵 TONGLING
		H安庆 ANQING J黄山 HUANGSHAN K阜阳 FUYANG L宿州 SUZHOU M滁州 CHUZHOU N六安 LUAN P宣城 XUANCHENG Q巢湖 CHAOHU
		R池州 CHIZHOU S亳州 BOZHOU`},
	{"闽", "福建", "FUJIAN", `A福州 FUZHOU B莆田 PUTIAN C泉州 QUANZHOU D厦门 XIAMEN E漳州 ZHANGZHOU F龙岩 LONGYAN G三明 SANMING
		H南平 NANPING J宁德 NINGDE K福州 FUZHOU`},
	{"赣", "江西", "JIANGXI", `A南昌 NANCHANG B赣州 GANZHOU C宜春 YICHUN D吉安 JIAN E上饶 SHANGRAO F抚州 FUZHOU G九江 JIUJIANG
		H景德镇 JINGDEZHEN J萍乡 PINGXIANG K新余 XINYU L鹰潭 YINGTAN M南昌 NANCHANG`},
	{"鲁", "山东", "SHANDONG", `A济南 JINAN B青岛 QINGDAO C淄博 ZIBO D枣庄 ZAOZHUANG E东营 DONGYING F烟台 YANTAI G潍坊 WEIFANG
		H济宁 JINING J泰安 TAIAN K威海 WEIHAI L日照 RIZHAO M滨州 BINZHOU N德州 DEZHOU P聊城 LIAOCHENG Q临沂 LINYI
		R菏泽 HEZE S莱芜 LAIWU U青岛 QINGDAO V潍坊 WEIFANG W Y烟台 YANTAI`},
	{"豫", "河南", "HENAN", `A郑州 ZHENGZHOU B开封 KAIFENG C洛阳 LUOYANG D平顶山 PINGDINGSHAN E安阳 ANYANG F鹤壁 HEBI G新乡 XINXIANG
		H焦作 JIAOZUO J濮阳 PUYANG K许昌 XUCHANG L漯河 LUOHE M三门峡 SANMENXIA N商丘 SHANGQIU P周口 ZHOUKOU
		Q驻马店 ZHUMADIAN R南阳 NANYANG S信阳 XINYANG U济源 JIYUAN V郑州 ZHENGZHOU`},
	{"鄂", "湖北", "HUBEI", `A武汉 WUHAN B黄石 HUANGSHI C十堰 SHIYAN D荆州 JINGZHOU E宜昌 YICHANG F襄阳 XIANGYANG G鄂州 EZHOU
		H荆门 JINGMEN J黄冈 HUANGGANG K孝感 XIAOGAN L咸宁 XIANNING M仙桃 XIANTAO N潜江 QIANJIANG P神农架 SHENNONGJIA
		Q恩施 ENSHI R天门 TIANMEN S随州 SUIZHOU W武汉 WUHAN`},
	{"湘", "湖南", "HUNAN", `A长沙 CHANGSHA B株洲 ZHUZHOU C湘潭 XIANGTAN D衡阳 HENGYANG E邵阳 SHAOYANG F岳阳 YUEYANG
		G张家界 ZHANGJIAJIE H益阳 YIYANG J常德 CHANGDE K娄底 LOUDI L郴州 CHENZHOU M永州 YONGZHOU N怀化 HUAIHUA
		S长沙 CHANGSHA U湘西 XIANGXI`},
	{"粤", "广东", "GUANGDONG", `A广州 GUANGZHOU B深圳 SHENZHEN C珠海 ZHUHAI D汕头 SHANTOU E佛山 FOSHAN F韶关 SHAOGUAN
		G湛江 ZHANJIANG H肇庆 ZHAOQING J江门 JIANGMEN K茂名 MAOMING L惠州 HUIZHOU M梅州 MEIZHOU N汕尾 SHANWEI P河源 HEYUAN
		Q阳江 YANGJIANG R清远 QINGYUAN S东莞 DONGGUAN T中山 ZHONGSHAN U潮州 CHAOZHOU V揭阳 JIEYANG W云浮 YUNFU
		X佛山 FOSHAN Y佛山 FOSHAN Z`},
	{"桂", "广西", "GUANGXI", `A南宁 NANNING B柳州 LIUZHOU C桂林 GUILIN D梧州 WUZHOU E北海 BEIHAI F崇左 CHONGZUO G来宾 LAIBIN
		H桂林 GUILIN J贺州 HEZHOU K玉林 YULIN L百色 BAISE M河池 HECHI N钦州 QINZHOU P防城港 FANGCHENGGANG R贵港 GUIGANG`},
	{"琼", "海南", "HAINAN", `A海口 HAIKOU B三亚 SANYA C琼北 QIONGBEI D琼南 QIONGNAN E洋浦 YANGPU F儋州 DANZHOU`},
	{"川", "四川", "SICHUAN", `A成都 CHENGDU B绵阳 MIANYANG C自贡 ZIGONG D攀枝花 PANZHIHUA E泸州 LUZHOU F德阳 DEYANG G成都 CHENGDU
		H广元 GUANGYUAN J遂宁 SUINING K内江 NEIJIANG L乐山 LESHAN M资阳 ZIYANG Q宜宾 YIBIN R南充 NANCHONG S达州 DAZHOU
		T雅安 YAAN U阿坝 ABA V甘孜 GANZI W凉山 LIANGSHAN X广安 GUANGAN Y巴中 BAZHONG Z眉山 MEISHAN`},
	{"贵", "贵州", "GUIZHOU", `A贵阳 GUIYANG B六盘水 LIUPANSHUI C遵义 ZUNYI D铜仁 TONGREN E黔西南 QIANXINAN F毕节 BIJIE G安顺 ANSHUN
		H黔东南 QIANDONGNAN J黔南 QIANNAN`},
	{"云", "云南", "YUNNAN", `A昆明 KUNMING C昭通 ZHAOTONG D曲靖 QUJING E楚雄 CHUXIONG F玉溪 YUXI G红河 HONGHE H文山 WENSHAN
		J普洱 PUER K西双版纳 XISHUANGBANNA L大理 DALI M保山 BAOSHAN N德宏 DEHONG P丽江 LIJIANG Q怒江 NUJIANG R迪庆 DIQING
		S临沧 LINCANG`},
	{"藏", "西藏", "XIZANG", `A拉萨 LASA B昌都 CHANGDU C山南 SHANNAN D日喀则 RIKAZE E那曲 NAQU F阿里 ALI G林芝 LINZHI H J`},
	{"陕", "陕西", "SHAANXI", `A西安 XIAN B铜川 TONGCHUAN C宝鸡 BAOJI D咸阳 XIANYANG E渭南 WEINAN F汉中 HANZHONG G安康 ANKANG
		H商洛 SHANGLUO J延安 YANAN K榆林 YULIN U西安 XIAN V杨凌 YANGLING`},
	{"甘", "甘肃", "GANSU", `A兰州 LANZHOU B嘉峪关 JIAYUGUAN C金昌 JINCHANG D白银 BAIYIN E天水 TIANSHUI F酒泉 JIUQUAN G张掖 ZHANGYE
		H武威 WUWEI J定西 DINGXI K陇南 LONGNAN L平凉 PINGLIANG M庆阳 QINGYANG N临夏 LINXIA P甘南 GANNAN`},
	{"青", "青海", "QINGHAI", `A西宁 XINING B海东 HAIDONG C海北 HAIBEI D黄南 HUANGNAN E海南州 HAINANZHOU F果洛 GUOLUO G玉树 YUSHU H海西 HAIXI`},
	{"宁", "宁夏", "NINGXIA", `A银川 YINCHUAN B石嘴山 SHIZUISHAN C吴忠 WUZHONG D固原 GUYUAN E中卫 ZHONGWEI`},
	{"新", "新疆", "XINJIANG", `A乌鲁木齐 WULUMUQI B昌吉 CHANGJI C石河子 SHIHEZI D伊犁 YILI E博尔塔拉 BOERTALA F伊犁 YILI G塔城 TACHENG
		H阿勒泰 ALETAI J克拉玛依 KELAMAYI K吐鲁番 TULUFAN L哈密 HAMI M巴音郭楞 BAYINGUOLENG N阿克苏 AKESU
		P克孜勒苏 KEZILESU Q喀什 KASHI R和田 HETIAN`},
}

// allLetters are the agency letters of a municipality.
const allLetters = "A B C D E F G H J K L M N P Q R S T U V W X Y Z"

// otherNames are further names of the places above: long official ones,
// everyday short ones, spellings in Latin letters.
var otherNames = [...]struct{ name, of string }{
	{"北京市", "北京"}, {"天津市", "天津"}, {"上海市", "上海"}, {"重庆市", "重庆"},
	{"内蒙古自治区", "内蒙古"}, {"内蒙", "内蒙古"}, {"广西壮族自治区", "广西"}, {"西藏自治区", "西藏"},
	{"宁夏回族自治区", "宁夏"}, {"新疆维吾尔自治区", "新疆"},
	{"呼市", "呼和浩特"}, {"锡盟", "锡林郭勒"}, {"乌市", "乌鲁木齐"}, {"襄樊", "襄阳"}, {"思茅", "普洱"},
	{"巴州", "巴音郭楞"}, {"克州", "克孜勒苏"}, {"博州", "博尔塔拉"}, {"版纳", "西双版纳"},
	{"齐市", "齐齐哈尔"}, {"黔西南州", "黔西南"}, {"雄安新区", "雄安"},
	{"INNERMONGOLIA", "内蒙古"}, {"NEIMENG", "内蒙古"}, {"TIBET", "西藏"}, {"SHANXI", "陕西"},
	{"LHASA", "拉萨"}, {"HARBIN", "哈尔滨"}, {"URUMQI", "乌鲁木齐"}, {"HOHHOT", "呼和浩特"}, {"ORDOS", "鄂尔多斯"},
	{"LULIANG", "吕梁"}, {"LYULIANG", "吕梁"}, {"KASHGAR", "喀什"},
}

// placeSuffixes may follow a place's name and say nothing more; longest first.
var placeSuffixes = [...]string{
	"维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "地区", "新区", "省", "市", "盟", "州", "县",
}
