//! Each promise of the design, with a test that tries to break it at the level of the whole service: over SQLite,
//! and over PostgreSQL where `TEST_POSTGRES_URL` says where one is.
//!
//! | promise | here | and elsewhere |
//! |---|---|---|
//! | P1 | what was answered is there after a restart | `binary`: `kill -9` at any instant |
//! | P2 | fifty copies at once, and after a restart | `binary`: redelivery over HTTP; `virtual_time` |
//! | P3 | a failed turn fails alone; the reply-loop guard tells staff | `virtual_time`; the engine's properties |
//! | P4 | restarts and a clock that is set back send nothing twice | `virtual_time`; the store's conformance |
//! | P5 | found, lost, never sent again; a relay that died | the Twilio gateway's tests of its outcomes |
//! | P6 | a reply waits for an older text | `virtual_time`; the store's conformance |
//! | P7 | a provider that is down; the last second | `virtual_time` |
//! | P8 | opted out, wrong number, nobody's number, at night | `virtual_time`; the readers' corpus |
//! | P9 | silence, skipped questions, a late thank-you | `virtual_time`; `domain` severity and chase list |
//! | P10 | a corrected answer stays readable | `virtual_time` |
//! | P11 | a dialog that is edited in the middle of a morning | |
//! | P12 | nothing follows an opt-out, not even a second attempt | `virtual_time` |
//! | P13 | no name in any text of a morning | the linter of dialogs |
//! | P14 | every enrolment is in an unbroken audit trail | the store's conformance: tampering; `web`: access |
//! | no health question before a number is confirmed | whatever is texted, on whichever phone | `virtual_time` |
//! | P15 | no number, name or word where errors are shown | `binary`: the log of a whole morning |

mod choice;
mod consent;
mod kept;
mod lists;
mod safety;
mod sending;
mod turns;
mod welcome;

use chrono::NaiveDate;
use domain::center::Center;
use domain::id::CenterId;
use domain::phone::PhoneNumber;
use domain::severity::Severity;

use crate::support::app::TestApp;

const PHONE: &str = "+819012345601";
const OTHER: &str = "+819012345602";
const STRANGER: &str = "+819012345699";

/// The answers of somebody who is well.
const WELL: [&str; 6] = ["36.8", "97", "2", "0", "2", "なし"];

/// Instantiates each test for both databases.
macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Setup::new(crate::support::app::Database::sqlite())).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                if let Some(database) = crate::support::app::Database::postgres(stringify!($name)).await {
                    super::$name(super::Setup::new(database)).await;
                }
            })*
        }
    };
}

use promises;

async fn answer_all(app: &mut TestApp, phone: &str, answers: &[&str]) {
    for text in answers {
        let replies = app.text_from(phone, text).await;
        assert!(!replies.is_empty(), "{text} is answered at once");
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a date")
}

/// A center whose dialog is not there: every turn and every round of it fails.
fn faulty_center(app: &TestApp) -> Center {
    Center {
        id: CenterId::new(app.now(), &[9; 10]),
        name: "別の保健所".to_owned(),
        sender: PhoneNumber::from_e164("+12125550111").expect("valid"),
        dialog: "not-there".to_owned(),
        ..app.center.clone()
    }
}

/// How many alerts are red.
async fn red_alerts(app: &TestApp) -> usize {
    app.alerts().await.iter().filter(|alert| alert.severity == Severity::Red).count()
}
