//! A round at a glance, for staff: one row a patient, everything that the page shows. Reads only.

use chrono::{DateTime, Utc};
use domain::check_in::CheckIn;
use domain::contact::Contact;
use domain::dialog::definition::DialogHash;
use domain::id::{ConversationId, RoundId};
use domain::message::OutboundState;
use domain::patient::Patient;
use domain::severity::Severity;

use crate::check_ins::check_in_from;
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
                p.status AS p_status,
                c.id AS c_id, c.center_id AS c_center_id, c.phone AS c_phone, c.language AS c_language,
                c.opted_out_at AS c_opted_out_at, c.wrong_number_at AS c_wrong_number_at,
                c.confirmed_at AS c_confirmed_at, c.undeliverable AS c_undeliverable,
                v.id AS v_id, v.status AS v_status, v.question_key AS v_question_key, v.asked_at AS v_asked_at,
                v.dialog_hash AS v_dialog_hash, v.updated_at AS v_updated_at,
                k.id AS k_id, k.round_id AS k_round_id, k.patient_id AS k_patient_id,
                k.completeness AS k_completeness, k.late AS k_late, k.reporter AS k_reporter,
                k.severity AS k_severity, k.thresholds_version AS k_thresholds_version, k.reasons AS k_reasons,
                k.started_at AS k_started_at, k.finished_at AS k_finished_at,
                COALESCE(a.open_alerts, 0) AS a_open, a.highest AS a_highest,
                (SELECT o.state FROM messages m JOIN outbox o ON o.message_id = m.id
                 WHERE m.contact_id = p.contact_id AND m.direction = 'out'
                 ORDER BY m.created_at DESC, o.position DESC, m.id DESC LIMIT 1) AS m_state
         FROM rounds r
         JOIN patients p ON p.center_id = r.center_id
         JOIN contacts c ON c.id = p.contact_id
         LEFT JOIN conversations v ON v.round_id = r.id AND v.patient_id = p.id
         LEFT JOIN check_ins k ON k.round_id = r.id AND k.patient_id = p.id
         LEFT JOIN (SELECT patient_id, COUNT(*) AS open_alerts,
                           CAST(MAX(CASE severity WHEN 'red' THEN 3 WHEN 'orange' THEN 2 WHEN 'unknown' THEN 1
                                              ELSE 0 END) AS BIGINT) AS highest
                    FROM alerts WHERE round_id = $1 AND state <> 'closed' GROUP BY patient_id) a
                ON a.patient_id = p.id
         WHERE r.id = $1
           AND (v.id IS NOT NULL
                OR EXISTS (SELECT 1 FROM chase_entries e WHERE e.round_id = r.id AND e.patient_id = p.id)
                OR (p.status = 'under-observation' AND p.observe_from <= r.day AND p.observe_until >= r.day))
         ORDER BY CASE p.risk_tier WHEN 'high' THEN 0 WHEN 'standard' THEN 1 ELSE 2 END, p.contact_id, p.letter");
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
    /// How many alerts of this round about them are not closed.
    pub open_alerts: u32,
    /// The highest severity of these.
    pub alert_severity: Option<Severity>,
    /// How far the newest text to the contact is.
    pub last_outbound: Option<OutboundState>,
}

/// What the page shows of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Its identifier.
    pub id: ConversationId,
    /// Its phase: `waiting`, `asking`, `finished`, `closed`.
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
        let alerts = Fields::joined(row, "alerts", "open", "a_");
        let alert_severity = alerts.get::<Option<i64>>("highest")?.map(|rank| match rank {
            3 => Severity::Red,
            2 => Severity::Orange,
            1 => Severity::Unknown,
            _ => Severity::Green,
        });
        Ok(Self {
            patient: patient_from(&Fields::joined(row, "patients", "id", "p_"))?,
            contact: contact_from(&Fields::joined(row, "contacts", "id", "c_"))?,
            conversation,
            check_in: if has_check_in { Some(check_in_from(&check_in)?) } else { None },
            open_alerts: alerts.number("open")?,
            alert_severity,
            last_outbound: Fields::joined(row, "outbox", "state", "m_")
                .keyed_optional("state", OutboundState::from_key)?,
        })
    }
}

impl Tx {
    /// Everybody who is observed in a round, or has a conversation in it, or is on its chase list: the highest risk first, then phone by
    /// phone, by letter.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round_rows(&mut self, round: RoundId) -> Result<Vec<RoundRow>> {
        run!(self, ROWS, [round.to_string()] => all)
    }
}
