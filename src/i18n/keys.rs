//! Stable keys (warning signs, questions, reasons) in words. Keys come from data too, so a key may be new here:
//! then it is shown as it is, since it is a word.

/// The words of a key in Japanese and English.
pub(super) fn words(key: &str) -> Option<(&'static str, &'static str)> {
    Some(match key {
        // The warning signs of the notice of 27 April 2020, and ours.
        "bad-complexion" => ("顔色が悪い", "bad complexion"),
        "purple-lips" => ("唇が紫色", "purple lips"),
        "acts-strangely" => ("様子がおかしい", "acts strangely"),
        "fast-breathing" => ("息が荒い", "fast breathing"),
        "sudden-breathlessness" => ("急に息苦しい", "suddenly short of breath"),
        "breathless-on-moving" => ("少し動くと息苦しい", "short of breath on moving"),
        "chest-pain" => ("胸の痛み", "chest pain"),
        "cannot-lie-down" => ("横になれない", "cannot lie down"),
        "shoulder-breathing" => ("肩で息をする", "breathes with the shoulders"),
        "sudden-wheezing" => ("突然ゼーゼーする", "sudden wheezing"),
        "dazed" => ("ぼんやりしている", "dazed"),
        "clouded" => ("もうろうとしている", "clouded consciousness"),
        "irregular-pulse" => ("脈がとぶ", "irregular pulse"),
        "cannot-breathe" => ("息ができない", "cannot breathe"),
        "cry-for-rescue" => ("助けを求めている", "cry for rescue"),
        "very-low-oxygen" => ("極端に低い酸素飽和度（未確認）", "very low oxygen, not confirmed"),
        "reported" => ("緊急症状ありと回答", "says yes to warning signs"),
        // Questions.
        "temperature" => ("体温", "temperature"),
        "oxygen" => ("酸素飽和度", "oxygen"),
        "breathing" => ("息苦しさ", "breathing"),
        "symptoms" => ("症状", "symptoms"),
        "signs" => ("緊急症状", "warning signs"),
        "note" => ("連絡事項", "note"),
        // Symptoms and answers.
        "cough" => ("せき", "cough"),
        "runny-nose" => ("鼻水", "runny nose"),
        "sore-throat" => ("のどの痛み", "sore throat"),
        "headache" => ("頭痛", "headache"),
        "fatigue" => ("だるさ", "fatigue"),
        "nausea" => ("吐き気", "nausea"),
        "vomiting" => ("おう吐", "vomiting"),
        "diarrhea" | "diarrhoea" => ("下痢", "diarrhoea"),
        "breathlessness" => ("息苦しさ", "breathlessness"),
        "no-urine" => ("半日尿が出ない", "no urine for half a day"),
        "cannot-eat" => ("食事がとれない", "cannot eat"),
        // Changes of status.
        "hospitalized" => ("入院", "in hospital"),
        "moved" => ("転居", "moved"),
        "died" => ("死亡", "died"),
        "recovered" => ("回復", "recovered"),
        // Why nobody was asked.
        "opted-out" => ("受信停止の申し出", "opted out"),
        "wrong-number" => ("番号違い", "wrong number"),
        "not-confirmed" => ("番号未確認", "number not confirmed"),
        "no-such-number" => ("使われていない番号", "no such number"),
        "not-mobile" => ("携帯電話でない番号", "not a mobile number"),
        "blocked" => ("受信拒否", "blocked"),
        "undeliverable" => ("届かない番号", "undeliverable"),
        "enrolled-late" | "enrolled-too-late" => ("登録が開始後", "enrolled after the opening"),
        // Languages.
        "language-ja-easy" => ("やさしい日本語", "easy Japanese"),
        "language-en" => ("英語", "English"),
        "language-zh-Hans" => ("中国語（簡体字）", "Chinese (simplified)"),
        "language-zh-Hant" => ("中国語（繁体字）", "Chinese (traditional)"),
        "language-ko" => ("韓国語", "Korean"),
        "language-vi" => ("ベトナム語", "Vietnamese"),
        "language-ne" => ("ネパール語", "Nepali"),
        "language-tl" => ("タガログ語", "Tagalog"),
        "language-hi" => ("ヒンディー語", "Hindi"),
        _ => return None,
    })
}
