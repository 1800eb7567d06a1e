//! Texts that belong to nobody: from a number that is nobody's at the center, or to a number that is no center's.
//! Nothing of anybody is told to them; a cry for help is answered all the same (P8).

use domain::alert::AlertRule;
use domain::center::Center;
use domain::dialog::engine::{self, Context, Effect, Input, Known, State, TextKind};
use domain::dialog::render::Notice;
use domain::id::MessageId;
use domain::message::Body;
use domain::round;
use domain::schedule;
use domain::severity::Severity;
use domain::turn::{self, Raised, Say};
use tracing::error;

use super::{Inbound, ReplyText, Writer, escalation};

impl Writer<'_> {
    /// A text from a number that is nobody's at this center: staff have one item a day for it, which counts, and it
    /// is answered once a day, with nothing about anybody. A warning sign is answered, and raises an alert of its own,
    /// every time (P8).
    pub(super) async fn unknown_number(&mut self, center: &Center, inbound: &Inbound) -> store::Result<()> {
        let dialog = self.current_dialog(center)?;
        let state = State::idle(&dialog);
        let deadline = center.hours.deadline_text();
        let context = Context {
            language: center.language,
            center: &center.name,
            deadline: &deadline,
            night_line: center.night_line.as_deref(),
            attended: schedule::is_attended(&center.hours, center.time_zone, self.now),
            late: true,
            label: None,
            known: Known::default(),
        };
        let step = engine::step(&dialog, &state, Input::Text(&inbound.body), &context);
        let mut raised = Raised {
            rule: AlertRule::UnknownNumber,
            severity: Severity::Unknown,
            detail: String::new(),
            patient: None,
        };
        let mut says = Vec::new();
        for effect in step.effects {
            match effect {
                Effect::Warn(signs) => {
                    raised.severity = Severity::Red;
                    raised.detail = turn::sign_keys(signs);
                }
                Effect::Say { kind: TextKind::Safety, text } => {
                    says.push(Say { kind: TextKind::Safety, text, patient: None, round: None });
                }
                _ => {}
            }
        }
        if raised.severity == Severity::Red {
            self.alert(Some(center.id), None, None, raised).await?;
        } else {
            let matter = self.matter(Some(center.id), None, None, raised);
            let escalation = escalation(self.parts, self.now);
            escalation.raise_once_a_day(self.tx, center, matter, &[&inbound.from_raw]).await?;
        }
        let Some(from) = &inbound.from else {
            // A short code or a name: no number to put into the outbox, but the answer goes back where it came from.
            self.said.extend(
                says.into_iter().map(|say| ReplyText {
                    id: MessageId::new(self.now, &self.parts.entropy.id()),
                    body: Body(say.text),
                }),
            );
            return Ok(());
        };
        let today = schedule::instant_of(
            center.time_zone,
            schedule::local_date(center.time_zone, self.now),
            chrono::NaiveTime::MIN,
        );
        if says.is_empty() && self.tx.count_outbound_to(center.id, from, today).await? == 0 {
            let text = dialog.notice(Notice::UnknownNumber, &context);
            says.push(Say { kind: TextKind::Reply, text, patient: None, round: None });
        }
        for say in says {
            let deadline_at = round::sending_deadline(say.kind, None, self.now);
            self.say(center, None, from.clone(), say, (None, None), deadline_at, false).await?;
        }
        Ok(())
    }

    /// A correctly signed text to a number that is no center's: stored, and the operator is told. No center
    /// means no words to answer with, save the safety text in the first dialog's first language (P8).
    pub(super) async fn unknown_sender(&mut self, inbound: &Inbound) -> store::Result<()> {
        let raised = Raised {
            rule: AlertRule::UnknownSender,
            severity: Severity::Unknown,
            detail: String::new(),
            patient: None,
        };
        error!("a text came to a number that is no center's: add the center, or take the webhook off that number");
        let Some(dialog) = self.parts.dialogs.any() else {
            return self.alert(None, None, None, raised).await;
        };
        let Some(language) = dialog.languages.first().copied() else {
            return self.alert(None, None, None, raised).await;
        };
        let context = Context {
            language,
            center: "",
            deadline: "",
            night_line: None,
            attended: false,
            late: true,
            label: None,
            known: Known::default(),
        };
        let step = engine::step(&dialog, &State::idle(&dialog), Input::Text(&inbound.body), &context);
        let mut raised = raised;
        for effect in step.effects {
            match effect {
                Effect::Warn(signs) => {
                    raised.severity = Severity::Red;
                    raised.detail = turn::sign_keys(signs);
                }
                Effect::Say { kind: TextKind::Safety, text } => {
                    // No center, so no outbox row: the bytes of the answer are stored with the inbound text.
                    let id = MessageId::new(self.now, &self.parts.entropy.id());
                    self.said.push(ReplyText { id, body: Body(text) });
                }
                _ => {}
            }
        }
        self.alert(None, None, None, raised).await
    }
}
