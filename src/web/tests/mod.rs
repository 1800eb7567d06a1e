//! The web in one process: the real router over a database in a temporary file, with a clock that stands still.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use chrono::{DateTime, Utc};
use domain::alert::{Alert, AlertRule, AlertState};
use domain::dialog::definition::DialogHash;
use domain::dialog::engine::{Phase, State, TextKind};
use domain::id::{AlertId, CenterId, MessageId, PatientId, StaffId};
use domain::message::{Body as TextBody, NewOutbound, OutboundState};
use domain::phone::PhoneNumber;
use domain::reply::WarningSigns;
use domain::round::RoundState;
use domain::severity::Severity;
use domain::staff::Role;
use store::{ConversationRecord, NewInbound, NewStaff, Options, RoundRow, Store};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::console::{ConsoleParts, ConsoleState, DemoLinks};
use super::health::{Health, store_probe};
use super::session::hash_password;
use super::{Shared, console, health, with_shared_layers};
use crate::changes::Changes;
use crate::clock::{ManualClock, SeededEntropy, SystemEntropy};
use crate::config::PublicUrl;
use crate::metrics::Metrics;
use crate::round_status::tests::{at, center, chase, round, rows};

mod access;
mod layers;
mod pages;
mod sign_in;

pub(super) const PASSWORD: &str = "correct horse battery";

/// The web over a made-up morning.
pub(super) struct Web {
    router: Router,
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    pub(super) sign_in_clock: Arc<ManualClock>,
    pub(super) changes: Changes,
    pub(super) shutdown: CancellationToken,
    pub(super) metrics: Metrics,
    cookie_name: &'static str,
    path: PathBuf,
}

/// What a request was answered with.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.path.display()));
        }
    }
}

impl Web {
    /// At 07:30 of the morning, over plain HTTP on this machine.
    pub(super) async fn new() -> Self {
        Self::at_address("http://127.0.0.1:8080", None).await
    }

    /// At 07:30 of the morning, reached at this address.
    pub(super) async fn at_address(public_url: &str, demo_links: Option<DemoLinks>) -> Self {
        let mut random = [0; 8];
        crate::clock::EntropySource::fill(&SystemEntropy, &mut random);
        let path = std::env::temp_dir().join(format!("mimamori-web-{}.db", u64::from_le_bytes(random)));
        let store = Store::connect(&format!("sqlite:{}", path.display()), Options::default()).await.unwrap();
        let (clock, entropy) = (Arc::new(ManualClock::new(at("07:30"))), Arc::new(SeededEntropy::new(7)));
        let sign_in_clock = Arc::new(ManualClock::new(at("07:30")));
        let (changes, shutdown, metrics) = (Changes::default(), CancellationToken::new(), Metrics::default());
        let public_url = PublicUrl::parse(public_url).unwrap();
        let https = public_url.is_https();
        let state = ConsoleState::new(ConsoleParts {
            store: store.clone(),
            clock: clock.clone(),
            sign_in_clock: sign_in_clock.clone(),
            entropy: entropy.clone(),
            changes: changes.clone(),
            shutdown: shutdown.clone(),
            questions: Arc::new(|key, lang| lang.key(key).into_owned()),
            public_url,
            demo_links,
        });
        let probes = vec![("store", store_probe(store.clone()))];
        let panics = axum::routing::get(|| async {
            if true {
                panic!("on purpose: +819012345601")
            }
        });
        let router = console::router(state)
            .merge(health::router(Health { probes, notes: vec![], metrics: metrics.clone() }))
            .route("/panics", panics);
        let router = with_shared_layers(router, Shared { metrics: metrics.clone(), entropy, https });
        let cookie_name = if https { "__Host-sid" } else { "sid" };
        Self { router, store, clock, sign_in_clock, changes, shutdown, metrics, cookie_name, path }
    }

    /// A morning with somebody in every state, at a center in Tokyo; and a second center without a round.
    pub(super) async fn with_morning() -> Self {
        let web = Self::new().await;
        web.seed(rows()).await;
        web
    }

    pub(super) async fn seed(&self, rows: Vec<RoundRow>) {
        let now = at("06:00");
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_center(&center(), now).await.unwrap();
        tx.insert_center(&other_center(), now).await.unwrap();
        tx.insert_round(&round(RoundState::Open), now).await.unwrap();
        tx.keep_dialog(&DialogHash([0; 32]), "daily", &[], now).await.unwrap();
        for (number, row) in (1..=250).cycle().zip(rows) {
            tx.insert_contact(&row.contact, now).await.unwrap();
            tx.insert_patient(&row.patient, now).await.unwrap();
            if let Some(conversation) = &row.conversation {
                let phase = match &conversation.question_key {
                    Some(_) => Phase::Asking { question: 0, failures: 0, candidate: None },
                    None => Phase::Finished,
                };
                let dialog = DialogHash([0; 32]);
                let state = State {
                    dialog,
                    sequence: 1,
                    phase,
                    slots: Vec::new(),
                    signs: WarningSigns::NONE,
                    held: false,
                    finished: false,
                    reporting: false,
                    tries: 0,
                };
                let record = ConversationRecord {
                    id: conversation.id,
                    round_id: round(RoundState::Open).id,
                    center_id: center().id,
                    contact_id: row.contact.id,
                    patient_id: row.patient.id,
                    state,
                    question_key: conversation.question_key.clone(),
                    asked_at: conversation.asked_at,
                    updated_at: conversation.updated_at,
                };
                assert!(tx.insert_conversation(&record).await.unwrap());
                tx.enqueue(&opening(number, &row), 1).await.unwrap();
            }
            if let Some(check_in) = &row.check_in {
                tx.save_check_in(&domain::check_in::CheckIn { id: id(number), ..check_in.clone() }, now).await.unwrap();
            }
            if let Some(severity) = row.alert_severity {
                let alert = Alert {
                    id: AlertId::new(at("07:20"), &[number; 10]),
                    center_id: Some(center().id),
                    patient_id: Some(row.patient.id),
                    contact_id: Some(row.contact.id),
                    round_id: Some(round(RoundState::Open).id),
                    message_id: None,
                    rule: AlertRule::WarningSign,
                    severity,
                    detail: "chest-pain".to_owned(),
                    opened_at: at("07:20"),
                    times: 1,
                    latest_at: at("07:20"),
                    state: AlertState::Open,
                };
                tx.insert_alert(&alert).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }

    /// A text from a number that is nobody's, and the alert about it.
    pub(super) async fn unknown_number_texts(&self, from: &str) {
        let message_id = MessageId::new(at("07:25"), &[99; 10]);
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_inbound(&NewInbound {
            id: message_id,
            provider_id: "SM99".to_owned(),
            center_id: Some(center().id),
            contact_id: None,
            patient_id: None,
            conversation_id: None,
            round_id: None,
            from: from.to_owned(),
            to: center().sender.as_e164().to_owned(),
            body: TextBody("hello".to_owned()),
            media: 0,
            at: at("07:25"),
        })
        .await
        .unwrap();
        let alert = Alert {
            id: AlertId::new(at("07:25"), &[99; 10]),
            center_id: Some(center().id),
            patient_id: None,
            contact_id: None,
            round_id: None,
            message_id: Some(message_id),
            rule: AlertRule::UnknownNumber,
            severity: Severity::Unknown,
            detail: String::new(),
            opened_at: at("07:25"),
            times: 1,
            latest_at: at("07:25"),
            state: AlertState::Open,
        };
        tx.insert_alert(&alert).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The deadline has come: the round is closed and the chase list frozen.
    pub(super) async fn close_round(&self) {
        let mut tx = self.store.begin().await.unwrap();
        let id = round(RoundState::Open).id;
        assert!(tx.set_round_state(id, RoundState::Open, RoundState::Closed, at("08:30")).await.unwrap());
        tx.freeze_chase_list(id, &chase()).await.unwrap();
        tx.commit().await.unwrap();
        self.clock.set(at("08:31"));
    }

    /// Adds a member of staff, whose login is their role's key.
    pub(super) async fn staff(&self, role: Role, center: Option<CenterId>) -> StaffId {
        self.staff_reading(role, center, "ja").await
    }

    /// The same, with this language of the console; empty for none of their own.
    pub(super) async fn staff_reading(&self, role: Role, center: Option<CenterId>, language: &str) -> StaffId {
        let number = u8::try_from(role as usize).unwrap();
        let staff = NewStaff {
            id: StaffId::new(at("06:00"), &[number + u8::from(center.is_some()) * 100; 10]),
            login: role.key().to_owned(),
            name: format!("{} さん", role.key()),
            role: role.key().to_owned(),
            center_id: center,
            language: language.to_owned(),
            password_hash: hash_password(PASSWORD, &SeededEntropy::new(3)),
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_staff(&staff, at("06:00")).await.unwrap();
        tx.commit().await.unwrap();
        staff.id
    }

    /// Adds a nurse of the first center and signs her in; gives her cookie.
    pub(super) async fn nurse(&self) -> String {
        self.staff(Role::Nurse, Some(center().id)).await;
        self.signed_in("nurse").await
    }

    /// Signs in with the right password; gives the cookie.
    pub(super) async fn signed_in(&self, login: &str) -> String {
        let answer = self.sign_in(login, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
        assert!(cookie.starts_with(self.cookie_name), "{cookie}");
        cookie
    }

    pub(super) async fn sign_in(&self, login: &str, password: &str) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("login", login)
            .append_pair("password", password)
            .finish();
        self.post("/login", &form, &[]).await
    }

    pub(super) async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.request(Method::GET, path, "", &[("cookie", cookie)]).await
    }

    pub(super) async fn post(&self, path: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.request(Method::POST, path, form, &all).await
    }

    pub(super) async fn request(&self, method: Method, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let response = self.response(method, path, body, headers).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub(super) async fn response(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
    }

    /// How many rows the audit trail has; it must be in order.
    pub(super) async fn audited(&self) -> i64 {
        let report = self.store.read().await.unwrap().verify_audit().await.unwrap();
        assert_eq!(report.first_bad, None);
        report.rows
    }
}

fn id(number: u8) -> domain::id::CheckInId {
    domain::id::CheckInId::new(at("07:05"), &[number; 10])
}

fn opening(number: u8, row: &RoundRow) -> NewOutbound {
    NewOutbound {
        id: MessageId::new(at("07:00"), &[number; 10]),
        center_id: center().id,
        contact_id: Some(row.contact.id),
        patient_id: Some(row.patient.id),
        conversation: None,
        round_id: Some(round(RoundState::Open).id),
        from: center().sender,
        to: row.contact.phone.clone(),
        body: TextBody("1".to_owned()),
        kind: TextKind::Opening,
        slot: Some("open".to_owned()),
        deadline_at: at("08:30"),
        state: OutboundState::Queued,
        created_at: at("07:00"),
    }
}

/// A second center, which has had no round.
pub(super) fn other_center() -> domain::center::Center {
    domain::center::Center {
        id: CenterId::new(at("06:01"), &[9; 10]),
        name: "墨田区保健所".to_owned(),
        sender: PhoneNumber::from_e164("+815012345699").unwrap(),
        ..center()
    }
}

/// The patient with this number in the made-up morning.
pub(super) fn patient(number: u8) -> PatientId {
    PatientId::new(at("06:00"), &[number; 10])
}

/// An instant some minutes after 07:30.
pub(super) fn minutes_later(minutes: i64) -> DateTime<Utc> {
    at("07:30") + chrono::TimeDelta::minutes(minutes)
}
