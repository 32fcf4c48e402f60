package nlu

// traditional and simplified hold, pairwise, the characters of words that
// plate.Fold leaves alone because no plate, place or type word has them.
const (
	traditional = "謝頁續種實隱閉啟啓設價辦繳務轉認確寫輸誤終結聲見別選細監測視複復議異優環權歷審險氣導網顯盜洩圖簽獲強贊讚厲鐘鍾樣攝闖壓帶禮搶詳範圍縣產線話塊難須顛調滾煩擾遲於衝樑製紙屬牽農銷帳賬註冊係喚麵態場劃質邊傢隻條麥廳當擔憶刪唸慘廢滅滯護衛語壞聽輛頭應該儲憑證"
	simplified  = "谢页续种实隐闭启启设价办缴务转认确写输误终结声见别选细监测视复复议异优环权历审险气导网显盗泄图签获强赞赞厉钟钟样摄闯压带礼抢详范围县产线话块难须颠调滚烦扰迟于冲梁制纸属牵农销账账注册系唤面态场划质边家只条麦厅当担忆删念惨废灭滞护卫语坏听辆头应该储凭证"
)

var plain = pairs(traditional, simplified)

func pairs(from, to string) map[rune]rune {
	table := map[rune]rune{}
	targets := []rune(to)
	for i, r := range []rune(from) {
		table[r] = targets[i]
	}
	return table
}

// simplify returns the text with the characters of words simplified. It copies
// only if there is something to change.
func simplify(text []rune) []rune {
	copied := false
	for i, r := range text {
		if r < 0x4E00 {
			continue
		}
		s, ok := plain[r]
		if !ok || s == r {
			continue
		}
		if !copied {
			text = append([]rune(nil), text...)
			copied = true
		}
		text[i] = s
	}
	return text
}
