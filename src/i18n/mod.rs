//! The languages of the console and the command line, and everything that is said in them. What patients are
//! written in is `dialogs/`' business: those texts are data, these are part of the program, and the compiler
//! proves that each exists in each language.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::alert::AlertRule;
use domain::chase_list::ChaseReason;
use domain::contact::Hindrance;
use domain::message::OutboundState;
use domain::patient::RiskTier;
use domain::progress::Progress;
use domain::round::{RoundKind, RoundState};
use domain::severity::Severity;

mod en;
mod ja;
mod keys;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

/// Something that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each says in its two tables what it means")]
pub enum Msg {
    AppName,
    SkipToContent,
    OtherLanguage,
    Navigation,
    Today,
    Alerts,
    SignIn,
    SignOut,
    Login,
    Password,
    SignInFailed,
    TooManyFailures,
    SignedOut,
    SessionEnded,
    SignInNote,
    ChooseCenter,
    Show,
    ShowAll,
    RoundOf,
    Deadline,
    TimeLeft,
    DeadlinePassed,
    OpensAt,
    RemindersAt,
    NoRoundYet,
    NoRoundYetText,
    NobodyObserved,
    ByProgress,
    BySeverity,
    PatientsTotal,
    Urgency,
    Patient,
    ProgressTitle,
    LastChange,
    LastText,
    OpenAlerts,
    Reason,
    Rank,
    Telephone,
    Risk,
    LateReport,
    LivesAlone,
    ChaseList,
    ChaseListNote,
    ChaseListEmpty,
    AllPatients,
    AllPatientsNote,
    AsOf,
    Reconnecting,
    PreviousDay,
    NextDay,
    Rule,
    About,
    RaisedAt,
    NoOpenAlerts,
    UnknownContact,
    WholeCenter,
    AlertsNote,
    Nothing,
    NotFoundTitle,
    NotFoundText,
    ForbiddenTitle,
    ForbiddenText,
    CrossSiteTitle,
    CrossSiteText,
    TooLargeTitle,
    TooLargeText,
    InvalidTitle,
    InvalidText,
    BusyTitle,
    BusyText,
    ErrorTitle,
    ErrorText,
    RequestNumber,
    BackToToday,
    Demo,
    DemoNote,
    DemoPhones,
    DemoClock,
    Severity(Severity),
    Progress(Progress),
    Hindrance(Hindrance),
    Delivery(OutboundState),
    RoundKind(RoundKind),
    Round(RoundState),
    Chase(ChaseReason),
    AlertRule(AlertRule),
    RiskTier(RiskTier),
}

impl Lang {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// The one to switch to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Ja => Self::En,
            Self::En => Self::Ja,
        }
    }

    /// The language with this tag, or of which the tag is a variant (`en-GB`, `ja-easy`).
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// The language that an `Accept-Language` header likes best, if it names one of ours.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let Some(lang) = parts.next().and_then(Self::from_tag) else { continue };
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0));
            // The first of equals wins, as it stands in the header.
            if quality > 0.0 && best.is_none_or(|(highest, _)| quality > highest) {
                best = Some((quality, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }

    /// What is said, in this language.
    #[must_use]
    pub const fn t(self, msg: Msg) -> &'static str {
        match self {
            Self::Ja => ja::text(msg),
            Self::En => en::text(msg),
        }
    }

    /// A stable key (a warning sign, a question, a reason), in words; the key itself where there are none.
    #[must_use]
    pub fn key(self, key: &str) -> Cow<'static, str> {
        self.key_with(key, str::to_owned)
    }

    /// As [`Lang::key`]; for keys that are no words here, `question` gives the words, since most likely the key is
    /// a question of some dialog, or made of one: `missing:appetite`, `appetite-yes`.
    #[must_use]
    pub fn key_with(self, key: &str, question: impl Fn(&str) -> String) -> Cow<'static, str> {
        if let Some((ja, en)) = keys::words(key) {
            return Cow::Borrowed(match self {
                Self::Ja => ja,
                Self::En => en,
            });
        }
        if let Some((what, of)) = key.split_once(':')
            && let Some((ja, en)) = keys::words(what)
        {
            let of = self.key_with(of, question);
            return Cow::Owned(match self {
                Self::Ja => format!("{of}（{ja}）"),
                Self::En => format!("{of} ({en})"),
            });
        }
        let of = ["-yes", "-red", "-orange"].into_iter().find_map(|end| key.strip_suffix(end));
        match of {
            Some(of) => Cow::Owned(self.key_with(of, question).into_owned()),
            None => Cow::Owned(question(key)),
        }
    }

    /// A question by its key, in words; its key where there are none. A question may have the name of something else.
    #[must_use]
    pub fn question(self, key: &str) -> Cow<'static, str> {
        match keys::words(&format!("question-{key}")) {
            Some((ja, _)) if self == Self::Ja => Cow::Borrowed(ja),
            Some((_, en)) => Cow::Borrowed(en),
            None => self.key(key),
        }
    }

    /// Several stable keys, separated by spaces, in words.
    #[must_use]
    pub fn keys(self, keys: &str) -> String {
        self.list(keys.split_whitespace().map(|key| self.key(key)))
    }

    /// Words as a list, each once: two keys may say the same to people.
    #[must_use]
    pub fn list<'a>(self, words: impl IntoIterator<Item = Cow<'a, str>>) -> String {
        let mut each: Vec<Cow<'a, str>> = Vec::new();
        for word in words {
            if !each.contains(&word) {
                each.push(word);
            }
        }
        each.join(self.joint())
    }

    /// What stands between the parts of a list.
    #[must_use]
    pub const fn joint(self) -> &'static str {
        match self {
            Self::Ja => "、",
            Self::En => ", ",
        }
    }

    /// So many patients.
    #[must_use]
    pub fn people(self, count: usize) -> String {
        match (self, count) {
            (Self::Ja, _) => format!("{count}人"),
            (Self::En, 1) => "1 patient".to_owned(),
            (Self::En, _) => format!("{count} patients"),
        }
    }

    /// So many texts, the latest of them at this time.
    #[must_use]
    pub fn texts(self, count: u32, latest: &str) -> String {
        match (self, count) {
            (Self::Ja, 1) => "1通".to_owned(),
            (Self::En, 1) => "1 text".to_owned(),
            (Self::Ja, _) => format!("{count}通（最新 {latest}）"),
            (Self::En, _) => format!("{count} texts, the latest at {latest}"),
        }
    }

    /// A day, with its day of the week.
    #[must_use]
    pub fn day(self, day: NaiveDate) -> String {
        use chrono::Datelike;
        match self {
            Self::Ja => {
                const WEEK: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];
                let weekday = WEEK[day.weekday().num_days_from_monday() as usize];
                format!("{}年{}月{}日（{weekday}）", day.year(), day.month(), day.day())
            }
            Self::En => day.format("%a %-d %b %Y").to_string(),
        }
    }

    /// A time of day in a zone: `07:05`.
    #[must_use]
    pub fn time(self, at: DateTime<Utc>, zone: Tz) -> String {
        at.with_timezone(&zone).format("%H:%M").to_string()
    }

    /// A time span to wait for, cut to whole minutes but never to nothing: `42 min`, `1 h 5 min`.
    #[must_use]
    pub fn span(self, span: TimeDelta) -> String {
        let minutes = span.num_minutes().max(0);
        let (hours, rest) = (minutes / 60, minutes % 60);
        match (self, hours, rest) {
            (Self::Ja, 0, 0) => "1分未満".to_owned(),
            (Self::En, 0, 0) => "under 1 min".to_owned(),
            (Self::Ja, 0, _) => format!("{rest}分"),
            (Self::En, 0, _) => format!("{rest} min"),
            (Self::Ja, ..) => format!("{hours}時間{rest}分"),
            (Self::En, ..) => format!("{hours} h {rest} min"),
        }
    }

    /// Which question a patient is on.
    #[must_use]
    pub fn on_question(self, question: &str) -> String {
        match self {
            Self::Ja => format!("「{question}」の質問"),
            Self::En => format!("on: {question}"),
        }
    }

    /// How long to wait before the next try to sign in.
    #[must_use]
    pub fn wait_minutes(self, minutes: i64) -> String {
        match (self, minutes) {
            (Self::Ja, _) => format!("{minutes}分ほど待ってから、もう一度お試しください。"),
            (Self::En, 1) => "Wait about a minute, then try again.".to_owned(),
            (Self::En, _) => format!("Wait about {minutes} minutes, then try again."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best_is_taken() {
        for (header, expected) in [
            ("ja,en;q=0.9", Some(Lang::Ja)),
            ("en-GB,en;q=0.9,ja;q=0.8", Some(Lang::En)),
            ("fr;q=1.0, ja;q=0.4, en;q=0.5", Some(Lang::En)),
            ("en;q=0, ja;q=0.1", Some(Lang::Ja)),
            ("JA-JP", Some(Lang::Ja)),
            ("fr, de", None),
            ("*", None),
            ("", None),
            ("en;q=high", None),
        ] {
            assert_eq!(Lang::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn no_key_of_ours_is_shown_raw() {
        let undeliverable = domain::contact::Undeliverable::ALL.iter().map(|why| why.key());
        let statuses = ["hospitalized", "moved", "died", "recovered"].into_iter();
        let keys: Vec<&str> = domain::message::SendFailure::ALL
            .iter()
            .map(|why| why.key())
            .chain(domain::asked::Asked::ALL.iter().map(|asked| asked.key()))
            .chain(Hindrance::ALL.iter().map(|hindrance| hindrance.key()))
            .chain(undeliverable)
            .chain(statuses)
            .chain(domain::reply::WarningSign::ALL.iter().map(|sign| sign.key()))
            .chain(["number-not-confirmed", "identity-not-confirmed", "identity-not-known", "welcome-unanswered"])
            .chain(["release-possible", "release-doubtful", "doubt-rule", "doubt-beginning", "doubt-days"])
            .chain(["doubt-report", "doubt-fever", "doubt-eased", "doubt-answers"])
            .collect();
        for key in keys {
            assert!(keys::words(key).is_some(), "{key} has no words");
            for of in [format!("not-sent:{key}"), format!("not-delivered:{key}")] {
                for lang in Lang::ALL {
                    assert!(!lang.keys(&of).contains(key) || keys::words(key).is_some_and(|(_, en)| en.contains(key)));
                }
            }
        }
        assert_eq!(Lang::Ja.keys("not-sent:daily-limit"), "1日の送信上限（送信できず）");
    }

    #[test]
    fn a_question_may_have_the_name_of_something_else() {
        assert_eq!(
            (Lang::En.question("number"), Lang::En.key("number")),
            ("whose number".into(), "undeliverable".into())
        );
        assert_eq!(Lang::En.question("oxygen"), "oxygen");
    }

    #[test]
    fn what_reads_the_same_is_said_once() {
        assert_eq!(Lang::Ja.keys("reported signs-yes chest-pain"), "緊急症状ありと回答、胸の痛み");
        assert_eq!(Lang::En.keys("reported signs-yes"), "says yes to warning signs");
    }

    #[test]
    fn numbers_and_times_read_well() {
        let at = DateTime::parse_from_rfc3339("2026-11-22T22:05:00Z").unwrap().to_utc();
        assert_eq!(Lang::Ja.time(at, chrono_tz::Asia::Tokyo), "07:05");
        let day = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        assert_eq!(Lang::Ja.day(day), "2026年11月23日（月）");
        assert_eq!(Lang::En.day(day), "Mon 23 Nov 2026");
        assert_eq!(Lang::En.span(TimeDelta::seconds(20)), "under 1 min");
        assert_eq!(Lang::Ja.span(TimeDelta::minutes(65)), "1時間5分");
    }

    #[test]
    fn keys_are_put_into_words_and_those_that_are_new_stand_as_they_are() {
        for (key, ja, en) in [
            ("chest-pain", "胸の痛み", "chest pain"),
            ("missing:oxygen", "酸素飽和度（未回答）", "oxygen (not answered)"),
            ("not-measured:oxygen", "酸素飽和度（測定なし）", "oxygen (not measured)"),
            ("breathing-yes", "息苦しさが増した", "harder to breathe"),
            ("temperature-orange", "高い熱", "high temperature"),
            ("new-key", "<new-key>", "<new-key>"),
            ("missing:appetite", "<appetite>（未回答）", "<appetite> (not answered)"),
            ("appetite-yes", "<appetite>", "<appetite>"),
            ("", "<>", "<>"),
        ] {
            let question = |key: &str| format!("<{key}>");
            assert_eq!(Lang::Ja.key_with(key, question), ja, "{key}");
            assert_eq!(Lang::En.key_with(key, question), en, "{key}");
        }
        assert_eq!(Lang::En.keys("chest-pain new-key"), "chest pain, new-key");
    }
}
