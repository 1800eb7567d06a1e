//! A round at a glance, for staff: one row a patient, everything that the page shows. Reads only.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::alert::AlertRule;
use domain::asked::{Asking, Attempt, TextFate};
use domain::check_in::CheckIn;
use domain::contact::Contact;
use domain::dialog::definition::DialogHash;
use domain::id::{ContactId, ConversationId, PatientId, RoundId};
use domain::message::{OutboundState, SendFailure};
use domain::patient::Patient;
use domain::round::RoundState;
use domain::severity::Severity;
use domain::standing::Standing;

use crate::check_ins::{check_in_from, severity_from_key};
use crate::contacts::contact_from;
use crate::error::Result;
use crate::patients::patient_from;
use crate::sql::{Columns, Fields, Record, Sql, run, statements};
use crate::tx::Tx;

statements! {
    ROWS = Sql::both(
        "SELECT p.id AS p_id, p.center_id AS p_center_id, p.contact_id AS p_contact_id,
                p.her_sys_id AS p_her_sys_id, p.name AS p_name, p.kana AS p_kana, p.birth_date AS p_birth_date,
                p.risk_tier AS p_risk_tier, p.place AS p_place, p.lives_alone AS p_lives_alone,
                p.letter AS p_letter, p.observe_from AS p_observe_from, p.observe_until AS p_observe_until,
                p.status AS p_status, p.onset AS p_onset, p.specimen AS p_specimen,
                p.without_symptoms AS p_without_symptoms,
                c.id AS c_id, c.center_id AS c_center_id, c.phone AS c_phone, c.language AS c_language,
                c.opted_out_at AS c_opted_out_at, c.wrong_number_at AS c_wrong_number_at,
                c.confirmed_at AS c_confirmed_at, c.undeliverable AS c_undeliverable,
                c.one_text AS c_one_text,
                v.id AS v_id, v.status AS v_status, v.question_key AS v_question_key, v.asked_at AS v_asked_at,
                v.dialog_hash AS v_dialog_hash, v.updated_at AS v_updated_at,
                k.id AS k_id, k.round_id AS k_round_id, k.patient_id AS k_patient_id,
                k.completeness AS k_completeness, k.late AS k_late, k.reporter AS k_reporter,
                k.severity AS k_severity, k.thresholds_version AS k_thresholds_version, k.reasons AS k_reasons,
                k.started_at AS k_started_at, k.finished_at AS k_finished_at,
                (SELECT o.state FROM messages m JOIN outbox o ON o.message_id = m.id
                 WHERE m.contact_id = p.contact_id AND m.direction = 'out'
                 ORDER BY m.created_at DESC, o.position DESC, m.id DESC LIMIT 1) AS m_state
         FROM rounds r
         JOIN patients p ON p.center_id = r.center_id
         JOIN contacts c ON c.id = p.contact_id
         LEFT JOIN conversations v ON v.round_id = r.id AND v.patient_id = p.id
         LEFT JOIN check_ins k ON k.round_id = r.id AND k.patient_id = p.id
         WHERE r.id = $1
           AND (v.id IS NOT NULL
                OR EXISTS (SELECT 1 FROM chase_entries e WHERE e.round_id = r.id AND e.patient_id = p.id)
                OR (p.status = 'under-observation' AND p.observe_from <= r.day AND p.observe_until >= r.day
                    AND (r.kind = 'morning' OR (r.kind = 'second' AND p.risk_tier = 'high'))))
         ORDER BY CASE p.risk_tier WHEN 'high' THEN 0 WHEN 'standard' THEN 1 ELSE 2 END, p.contact_id, p.letter");
    // A safety text asks nothing.
    FATES = Sql::both(
        "SELECT v.patient_id, o.state, o.failure
         FROM conversations v
         JOIN messages m ON m.conversation_id = v.id
         JOIN outbox o ON o.message_id = m.id
         WHERE v.round_id = $1 AND o.kind <> 'safety'
         ORDER BY m.created_at, o.position, m.id");
    OPEN_ALERTS = Sql::both(
        "SELECT id, patient_id, rule, severity, detail FROM alerts
         WHERE round_id = $1 AND patient_id IS NOT NULL AND state <> 'closed' ORDER BY opened_at, id");
}

/// One patient in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundRow {
    /// Who.
    pub patient: Patient,
    /// The phone that answers for them.
    pub contact: Contact,
    /// The conversation, if there is one.
    pub conversation: Option<ConversationRow>,
    /// The report as it stands, if there is one. None is not a healthy one (P9).
    pub check_in: Option<CheckIn>,
    /// What became of the texts of the conversation that may hold a question, the oldest first.
    pub texts: Vec<TextFate>,
    /// What the answers of the last day say about the end of the observation, as stable keys separated by spaces:
    /// the newest proposal that staff have not dealt with.
    pub release: Option<String>,
    /// How many alerts of this round about them are not closed.
    pub open_alerts: u32,
    /// The highest severity of those of them that are about their health.
    pub alert_severity: Option<Severity>,
    /// What exactly those are about, as stable keys separated by spaces.
    pub alert_detail: String,
    /// How far the newest text to the contact is.
    pub last_outbound: Option<OutboundState>,
}

/// What the page shows of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Its identifier.
    pub id: ConversationId,
    /// Its phase: `waiting`, `asking`, `finished`, `closed`, `ended`.
    pub status: String,
    /// The key of the open question.
    pub question_key: Option<String>,
    /// When that was asked.
    pub asked_at: Option<DateTime<Utc>>,
    /// The dialog that it runs.
    pub dialog: DialogHash,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Record for RoundRow {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let conversation = Fields::joined(row, "conversations", "id", "v_");
        let conversation = match conversation.id_optional("id")? {
            None => None,
            Some(id) => Some(ConversationRow {
                id,
                status: conversation.get("status")?,
                question_key: conversation.get("question_key")?,
                asked_at: conversation.get("asked_at")?,
                dialog: conversation.parse("dialog_hash", "not a dialog's hash")?,
                updated_at: conversation.get("updated_at")?,
            }),
        };
        let check_in = Fields::joined(row, "check_ins", "id", "k_");
        let has_check_in = check_in.get::<Option<String>>("id")?.is_some();
        Ok(Self {
            patient: patient_from(&Fields::joined(row, "patients", "id", "p_"))?,
            contact: contact_from(&Fields::joined(row, "contacts", "id", "c_"))?,
            conversation,
            check_in: if has_check_in { Some(check_in_from(&check_in)?) } else { None },
            // What there are many of comes with statements of their own.
            texts: Vec::new(),
            release: None,
            open_alerts: 0,
            alert_severity: None,
            alert_detail: String::new(),
            last_outbound: Fields::joined(row, "outbox", "state", "m_")
                .keyed_optional("state", OutboundState::from_key)?,
        })
    }
}

/// What became of one text to a patient.
struct Fate {
    patient: PatientId,
    fate: TextFate,
}

impl Record for Fate {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "outbox", "patient_id");
        Ok(Self {
            patient: fields.id("patient_id")?,
            fate: TextFate {
                state: fields.keyed("state", OutboundState::from_key)?,
                failure: fields.keyed_optional("failure", SendFailure::from_key)?,
            },
        })
    }
}

/// An alert about a patient, as far as their row shows it.
struct OpenAlert {
    patient: PatientId,
    rule: AlertRule,
    severity: Severity,
    detail: String,
}

impl Record for OpenAlert {
    fn read<R: Columns>(row: &R) -> Result<Self> {
        let fields = Fields::of(row, "alerts", "id");
        Ok(Self {
            patient: fields.id("patient_id")?,
            rule: fields.keyed("rule", AlertRule::from_key)?,
            severity: fields.keyed("severity", severity_from_key)?,
            detail: fields.get("detail")?,
        })
    }
}

impl RoundRow {
    fn attempt(&self) -> Attempt<'_> {
        let begun = self.conversation.as_ref().is_some_and(ConversationRow::is_begun);
        Attempt { begun, texts: &self.texts }
    }

    fn count(&mut self, alert: &OpenAlert) {
        self.open_alerts += 1;
        if alert.rule == AlertRule::Release {
            self.release = Some(alert.detail.clone());
        }
        if alert.rule.is_about_health() {
            self.alert_severity = self.alert_severity.max(Some(alert.severity));
            if !self.alert_detail.is_empty() && !alert.detail.is_empty() {
                self.alert_detail.push(' ');
            }
            self.alert_detail.push_str(&alert.detail);
        }
    }
}

impl ConversationRow {
    /// Whether a question was put into words for the patient. One that is open was, even if the instant is not kept
    /// any more.
    fn is_begun(&self) -> bool {
        self.asked_at.is_some() || self.question_key.is_some()
    }
}

/// How everybody stands in a round, row by row: what the page, the numbers and the chase list are made from.
#[must_use]
pub fn standings(rows: &[RoundRow], round: RoundState) -> Vec<Standing<'_>> {
    let mut phones: HashMap<ContactId, Vec<&RoundRow>> = HashMap::new();
    for row in rows {
        phones.entry(row.contact.id).or_default().push(row);
    }
    let asking = |row: &RoundRow| {
        let family = phones.get(&row.contact.id).into_iter().flatten();
        let others = family.filter(|other| other.patient.id != row.patient.id).map(|other| other.attempt());
        Asking::of(round, row.attempt(), others)
    };
    let mut standings = Vec::with_capacity(rows.len());
    for row in rows {
        standings.push(Standing {
            patient: &row.patient,
            contact: &row.contact,
            asking: asking(row),
            check_in: row.check_in.as_ref(),
            alert: row.alert_severity,
            alert_detail: &row.alert_detail,
        });
    }
    standings
}

impl Tx {
    /// Everybody who is observed in a round (in a second check: of high risk; in a welcome nobody), or has a
    /// conversation in it, or is on its chase list: the highest risk
    /// first, then phone by phone, by letter.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round_rows(&mut self, round: RoundId) -> Result<Vec<RoundRow>> {
        let mut rows: Vec<RoundRow> = run!(self, ROWS, [round.to_string()] => all)?;
        let places: HashMap<PatientId, usize> = rows.iter().map(|row| row.patient.id).zip(0..).collect();
        let fates: Vec<Fate> = run!(self, FATES, [round.to_string()] => all)?;
        for Fate { patient, fate } in fates {
            if let Some(row) = places.get(&patient).and_then(|place| rows.get_mut(*place)) {
                row.texts.push(fate);
            }
        }
        let alerts: Vec<OpenAlert> = run!(self, OPEN_ALERTS, [round.to_string()] => all)?;
        for alert in &alerts {
            if let Some(row) = places.get(&alert.patient).and_then(|place| rows.get_mut(*place)) {
                row.count(alert);
            }
        }
        Ok(rows)
    }
}
