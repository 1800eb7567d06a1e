//! What one cell of a patient file means. Every reader gives the value, or says what would be right; never what
//! was there, since that may be a person's data (P15).

use chrono::NaiveDate;
use domain::language::Language;
use domain::patient::{PlaceOfStay, RiskTier};
use domain::phone::{PhoneError, PhoneNumber};

/// What would be right in place of what is there.
pub(super) type Reason = &'static str;

/// Full-width letters, digits and signs as ASCII, and every kind of dash as `-`. For what is written in digits
/// and Latin letters; names stay as they are.
pub(super) fn plain(cell: &str) -> String {
    let plain = cell.chars().map(|character| match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '\u{3000}' => ' ',
        'ー' | 'ｰ' | '―' | '−' | '‐' | '‑' | '–' | '—' => '-',
        _ => character,
    });
    plain.collect::<String>().trim().to_owned()
}

/// A number that a spreadsheet has written as `9.01E+10`: its last digits are lost.
fn is_rounded(text: &str) -> bool {
    text.contains(['e', 'E'])
        && text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, 'e' | 'E' | '+' | '.'))
}

/// A HER-SYS ID.
pub(super) fn her_sys_id(cell: &str) -> Result<String, Reason> {
    let text = plain(cell);
    if text.is_empty() {
        return Err("is empty: every patient needs a HER-SYS ID of 6 to 8 digits");
    }
    if is_rounded(&text) {
        return Err("was rounded by the spreadsheet: format the column as text and enter the 6 to 8 digits again");
    }
    if (6..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text)
    } else {
        Err("must be 6 to 8 digits and nothing else")
    }
}

/// A name: something to read, on one line.
pub(super) fn name(cell: &str) -> Result<String, Reason> {
    if cell.is_empty() { Err("is empty: staff call the patient by it") } else { kana(cell) }
}

/// A name in kana; may be empty.
pub(super) fn kana(cell: &str) -> Result<String, Reason> {
    if cell.chars().any(char::is_control) {
        return Err("contains a line break or another control character: write it on one line");
    }
    if cell.chars().count() > 100 {
        return Err("is longer than 100 characters: perhaps the columns have shifted");
    }
    Ok(cell.to_owned())
}

/// A mobile number; `None` for an empty cell.
pub(super) fn phone(cell: &str) -> Result<Option<PhoneNumber>, Reason> {
    let text = plain(cell);
    if text.is_empty() {
        return Ok(None);
    }
    if is_rounded(&text) {
        return Err("was rounded by the spreadsheet: format the column as text and enter the number again");
    }
    // Letters, a second number or an extension would be read as something, but not as what was meant.
    if !text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '(' | ')' | ' ')) {
        return Err("must be one phone number in digits, such as 090-1234-5601 or +81 90 1234 5601");
    }
    PhoneNumber::parse_mobile(&text).map(Some).map_err(|error| match error {
        PhoneError::Invalid => {
            "is no phone number: check its digits; a number from abroad needs its country code, such as +1"
        }
        PhoneError::NotMobile => "cannot receive texts: only mobile numbers can (in Japan 060, 070, 080, 090)",
    })
}

/// A language; `None` for an empty cell.
pub(super) fn language(cell: &str) -> Result<Option<Language>, Reason> {
    let text = plain(cell).to_lowercase();
    let language = match text.as_str() {
        "" => return Ok(None),
        "日本語" | "japanese" | "jpn" => Language::Ja,
        "やさしい日本語" | "easy japanese" => Language::JaEasy,
        "英語" | "english" | "eng" => Language::En,
        "中国語(簡体字)" | "中国語(簡体)" | "簡体字" | "zh-cn" => Language::ZhHans,
        "中国語(繁体字)" | "中国語(繁体)" | "繁体字" | "zh-tw" | "zh-hk" => Language::ZhHant,
        "中国語" | "chinese" | "zh" => {
            return Err("must say which Chinese: zh-Hans (simplified) or zh-Hant (traditional)");
        }
        "韓国語" | "朝鮮語" | "korean" => Language::Ko,
        "ベトナム語" | "vietnamese" => Language::Vi,
        "ネパール語" | "nepali" => Language::Ne,
        "タガログ語" | "フィリピン語" | "tagalog" | "filipino" => Language::Tl,
        // The long vowel sign has become a dash.
        "ヒンディ-語" | "hindi" => Language::Hi,
        tag => tag.parse().map_err(|_| "must be one of ja, ja-easy, en, zh-Hans, zh-Hant, ko, vi, ne, tl, hi")?,
    };
    Ok(Some(language))
}

/// A risk tier; `None` for an empty cell.
pub(super) fn risk_tier(cell: &str) -> Result<Option<RiskTier>, Reason> {
    match plain(cell).to_lowercase().as_str() {
        "" => Ok(None),
        "high" | "h" | "高" | "高い" | "高リスク" | "高risk" => Ok(Some(RiskTier::High)),
        "standard" | "medium" | "normal" | "標準" | "中" | "普通" | "中リスク" => Ok(Some(RiskTier::Standard)),
        "low" | "l" | "低" | "低い" | "低リスク" => Ok(Some(RiskTier::Low)),
        _ => Err("must be high, standard or low (高, 標準, 低)"),
    }
}

/// A place of stay; `None` for an empty cell.
pub(super) fn place(cell: &str) -> Result<Option<PlaceOfStay>, Reason> {
    match plain(cell).to_lowercase().as_str() {
        "" => Ok(None),
        "home" | "自宅" | "自宅療養" | "在宅" => Ok(Some(PlaceOfStay::Home)),
        "hotel" | "ホテル" | "宿泊" | "宿泊療養" | "宿泊施設" => Ok(Some(PlaceOfStay::Hotel)),
        "facility" | "施設" | "高齢者施設" | "介護施設" => Ok(Some(PlaceOfStay::Facility)),
        "hospital" | "病院" | "入院" | "入院中" => Ok(Some(PlaceOfStay::Hospital)),
        _ => Err("must be home, hotel, facility or hospital (自宅, ホテル, 施設, 病院)"),
    }
}

/// Whether somebody lives alone; `None` for an empty cell and for "not known".
pub(super) fn lives_alone(cell: &str) -> Result<Option<bool>, Reason> {
    match plain(cell).to_lowercase().as_str() {
        "" | "unknown" | "不明" | "?" => Ok(None),
        "yes" | "y" | "true" | "1" | "はい" | "有" | "あり" | "○" | "〇" | "独居" | "一人暮らし" | "単身" => {
            Ok(Some(true))
        }
        "no" | "n" | "false" | "0" | "いいえ" | "無" | "なし" | "×" | "同居" | "同居あり" => {
            Ok(Some(false))
        }
        _ => Err("must be yes or no, or empty if it is not known"),
    }
}

/// What is known of the beginning of the symptoms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Onset {
    /// Nothing.
    #[default]
    Unknown,
    /// There are none.
    NoSymptoms,
    /// They began on this day.
    Day(NaiveDate),
}

impl Onset {
    /// The day, if there is one.
    #[must_use]
    pub const fn day(self) -> Option<NaiveDate> {
        match self {
            Self::Day(day) => Some(day),
            Self::Unknown | Self::NoSymptoms => None,
        }
    }
}

/// When the symptoms began: a date, or that there are none. An empty cell says neither.
pub(super) fn onset(cell: &str) -> Result<Onset, Reason> {
    match plain(cell).to_lowercase().as_str() {
        "" | "unknown" | "不明" | "?" => Ok(Onset::Unknown),
        "none" | "no" | "無症状" | "なし" | "無" | "症状なし" => Ok(Onset::NoSymptoms),
        _ => date(cell).map(|day| day.map_or(Onset::Unknown, Onset::Day)),
    }
}

/// Whether a phone wants one text for everything; `None` for an empty cell.
pub(super) fn one_text(cell: &str) -> Result<Option<bool>, Reason> {
    match plain(cell).to_lowercase().as_str() {
        "" => Ok(None),
        "yes" | "y" | "true" | "1" | "はい" | "有" | "あり" | "○" | "〇" => Ok(Some(true)),
        "no" | "n" | "false" | "0" | "いいえ" | "無" | "なし" | "×" => Ok(Some(false)),
        _ => Err("must be yes or no, or empty"),
    }
}

const WRITE_A_DATE: Reason = "must be a date with the year first, such as 1943-05-06, 1943/5/6 or S18.5.6";

/// A date, with the year first, in our calendar or by era; `None` for an empty cell.
pub(super) fn date(cell: &str) -> Result<Option<NaiveDate>, Reason> {
    let text = plain(cell).to_uppercase();
    if text.is_empty() {
        return Ok(None);
    }
    let text = without_midnight(&text)?;
    let (era, rest) = Era::strip(text);
    if rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return match (era, rest.len()) {
            (None, 8) => day(&rest[..4], &rest[4..6], &rest[6..]).map(Some),
            (Some(_), _) => Err(WRITE_A_DATE),
            (None, _) => Err("is a plain number: format the column as a date, or write it such as 1943-05-06"),
        };
    }
    let parts: Vec<&str> =
        rest.strip_suffix('日').unwrap_or(rest).split(['-', '/', '.', '年', '月']).map(str::trim).collect();
    let [year, month, of_month] = parts[..] else { return Err(WRITE_A_DATE) };
    let Some(era) = era else {
        // Neither `5/6/1943` nor `43/5/6` says which part is what.
        return if year.len() == 4 { day(year, month, of_month).map(Some) } else { Err(WRITE_A_DATE) };
    };
    let of_era: i32 = if year == "元" { 1 } else { number(year)? };
    let date = day(&(era.first_year + of_era - 1).to_string(), month, of_month)?;
    if of_era < 1 || date < era.begins() || date > era.ends() {
        return Err("is a date that its era does not have: check era and year, or write the year as 1943");
    }
    Ok(Some(date))
}

/// Spreadsheets add midnight to dates. Any other time is a sign of a column that holds something else.
fn without_midnight(text: &str) -> Result<&str, Reason> {
    let Some((date, time)) = text.split_once([' ', 'T']).filter(|(_, time)| time.contains(':')) else {
        return Ok(text);
    };
    let is_midnight = time.chars().all(|letter| matches!(letter, '0' | ':' | '.'));
    if is_midnight { Ok(date) } else { Err("must be a date without a time of day, such as 1943-05-06") }
}

fn number(text: &str) -> Result<i32, Reason> {
    if (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| WRITE_A_DATE)
    } else {
        Err(WRITE_A_DATE)
    }
}

fn day(year: &str, month: &str, of_month: &str) -> Result<NaiveDate, Reason> {
    let part = |text: &str| number(text).and_then(|number| u32::try_from(number).map_err(|_| WRITE_A_DATE));
    let year = number(year)?;
    if !(1868..=2200).contains(&year) {
        return Err("has a year before 1868 or after 2200: check it");
    }
    NaiveDate::from_ymd_opt(year, part(month)?, part(of_month)?).ok_or("is a day that the calendar does not have")
}

/// An era of the Japanese calendar.
struct Era {
    /// How it is written in front of the year.
    written: [&'static str; 4],
    /// The year of our calendar in which its year 1 lies.
    first_year: i32,
    /// Month and day on which it begins. The era before ends on the same day.
    first_day: (u32, u32),
}

const ERAS: [Era; 5] = [
    Era { written: ["明治", "明", "㍾", "M"], first_year: 1868, first_day: (1, 25) },
    Era { written: ["大正", "大", "㍽", "T"], first_year: 1912, first_day: (7, 30) },
    Era { written: ["昭和", "昭", "㍼", "S"], first_year: 1926, first_day: (12, 25) },
    Era { written: ["平成", "平", "㍻", "H"], first_year: 1989, first_day: (1, 8) },
    Era { written: ["令和", "令", "㋿", "R"], first_year: 2019, first_day: (5, 1) },
];

impl Era {
    /// Takes the era off the front of a date.
    fn strip(text: &str) -> (Option<&'static Self>, &str) {
        ERAS.iter()
            .flat_map(|era| era.written.iter().map(move |written| (era, *written)))
            .find_map(|(era, written)| Some((Some(era), text.strip_prefix(written)?.trim_start_matches(['.', ' ']))))
            .unwrap_or((None, text))
    }

    fn begins(&self) -> NaiveDate {
        let (month, day) = self.first_day;
        NaiveDate::from_ymd_opt(self.first_year, month, day).unwrap_or(NaiveDate::MIN)
    }

    /// The day of the change: documents of that day carry either era.
    fn ends(&self) -> NaiveDate {
        ERAS.iter().find(|era| era.first_year > self.first_year).map_or(NaiveDate::MAX, Self::begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_people_and_spreadsheets_write_them() {
        for (cells, expected) in [
            (
                "1943-05-06|1943/5/6|1943.5.6|1943年5月6日|19430506|１９４３／５／６|1943-05-06 00:00:00|1943/5/6 0:00|\
                 1943-05-06T00:00:00|S18.5.6|s18/5/6|昭和18年5月6日|昭18.5.6|㍼18.5.6|Ｓ１８．５．６|S.18.5.6|1943ー5ー6",
                "1943-05-06",
            ),
            ("令和元年5月1日|R1.5.1|2019-5-1", "2019-05-01"),
            ("H31.4.30|平成31年4月30日", "2019-04-30"),
            ("S64.1.7", "1989-01-07"),
            ("S64.1.8|H1.1.8|平成元年1月8日", "1989-01-08"),
            ("T15.12.25|S1.12.25|昭和元年12月25日", "1926-12-25"),
            ("M45.7.30|T1.7.30", "1912-07-30"),
            ("2024-02-29", "2024-02-29"),
        ] {
            for cell in cells.split('|') {
                assert_eq!(date(cell), Ok(Some(expected.parse().expect("valid"))), "{cell}");
            }
        }
        assert_eq!(date(""), Ok(None));
        assert_eq!(date("\u{3000}"), Ok(None));
    }

    #[test]
    fn dates_that_could_mean_something_else_are_refused() {
        for (cells, expected) in [
            (
                "5/6/1943|43/5/6|1943/5|1943/5/6/7|May 6, 1943|x|-|S|S18|S180506|1943-0005x-6|S.5.6|1943 5 6|+943-5-6",
                "must be a date",
            ),
            ("15832|1943|194305", "is a plain number"),
            ("1943-02-29|1943-13-01|1943-00-10|1943-04-31|19430231", "is a day that the calendar does not have"),
            ("1867-12-31|2201-01-01|0943-05-06", "has a year before 1868"),
            ("1943-05-06 08:30|1943-05-06T10:00:00", "must be a date without a time"),
            ("S65.1.1|H31.5.2|H0.1.1|R1.4.30|T1.7.29|昭和99年1月1日", "is a date that its era does not have"),
        ] {
            for cell in cells.split('|') {
                let reason = date(cell).expect_err(cell);
                assert!(reason.starts_with(expected), "{cell}: {reason}");
            }
        }
    }

    #[test]
    fn phone_numbers_survive_what_spreadsheets_do_to_them_or_are_refused() {
        for cell in [
            "090-1234-5601",
            "09012345601",
            "9012345601",
            "０９０－１２３４－５６０１",
            "+81 90-1234-5601",
            "(090)1234-5601",
            "090ー1234ー5601",
        ] {
            let number = phone(cell).expect(cell).expect(cell);
            assert_eq!(number.as_e164(), "+819012345601", "{cell}");
        }
        assert_eq!(phone(" "), Ok(None));
        for (cells, expected) in [
            ("9.01E+10|9.01234560E+09|９．０１Ｅ＋１０", "was rounded"),
            (
                "9012345601.0|090-1234-5601/080-1234-5602|090-1234-5601 ext 3|090-1234-ABCD|なし|tel:09012345601",
                "must be one phone number",
            ),
            ("090-1234|119|090-0123-4567|2125550123x0|212 555 0123", "is no phone number|must be one phone number"),
            ("03-1234-5678|0120-123-456|312345678", "cannot receive texts"),
        ] {
            for cell in cells.split('|') {
                let reason = phone(cell).expect_err(cell);
                assert!(expected.split('|').any(|start| reason.starts_with(start)), "{cell}: {reason}");
                assert!(!reason.contains(cell), "the cell is not repeated");
            }
        }
    }

    #[test]
    fn identifiers_are_digits() {
        assert_eq!(her_sys_id("１２３４５６７"), Ok("1234567".to_owned()));
        assert_eq!(her_sys_id("00123456"), Ok("00123456".to_owned()));
        for cell in ["", "12345", "123456789", "12345a", "1234-567", "1.2E+07", "1234567.0"] {
            assert!(her_sys_id(cell).is_err(), "{cell}");
        }
    }

    #[test]
    fn words_have_synonyms_and_what_is_no_word_is_refused() {
        assert_eq!(risk_tier("高"), Ok(Some(RiskTier::High)));
        assert_eq!(risk_tier("ＨＩＧＨ"), Ok(Some(RiskTier::High)));
        assert_eq!(risk_tier("標準"), Ok(Some(RiskTier::Standard)));
        assert_eq!(risk_tier(""), Ok(None));
        assert!(risk_tier("3").is_err());
        assert_eq!(place("ホテル"), Ok(Some(PlaceOfStay::Hotel)));
        assert_eq!(place("自宅"), Ok(Some(PlaceOfStay::Home)));
        assert!(place("ship").is_err());
        assert_eq!(lives_alone("○"), Ok(Some(true)));
        assert_eq!(lives_alone("いいえ"), Ok(Some(false)));
        assert_eq!(lives_alone("不明"), Ok(None));
        assert!(lives_alone("maybe").is_err());
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a date");
        assert_eq!(onset("R8.11.20"), Ok(Onset::Day(day)));
        assert_eq!(
            (onset("無症状"), onset("NONE"), onset("")),
            (Ok(Onset::NoSymptoms), Ok(Onset::NoSymptoms), Ok(Onset::Unknown))
        );
        assert!(onset("last week").is_err());
        assert_eq!((one_text("○"), one_text("no"), one_text("")), (Ok(Some(true)), Ok(Some(false)), Ok(None)));
        assert!(one_text("maybe").is_err());
        assert_eq!(language("ZH-hant"), Ok(Some(Language::ZhHant)));
        assert_eq!(language("ヒンディー語"), Ok(Some(Language::Hi)));
        assert_eq!(language("やさしい日本語"), Ok(Some(Language::JaEasy)));
        assert!(language("中国語").expect_err("which?").contains("which Chinese"));
        assert!(language("xx").is_err());
        assert!(name("").is_err() && name("山田\n花子").is_err() && name(&"あ".repeat(101)).is_err());
        assert_eq!(kana(""), Ok(String::new()));
    }
}
