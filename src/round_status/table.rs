//! A round as a table for the terminal.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{PatientLine, RoundStatus};
use crate::i18n::{Lang, Msg};
use domain::progress::Progress;
use domain::round::RoundKind;
use domain::severity::Severity;

impl RoundStatus {
    /// The round as text with aligned columns, for a terminal with a fixed-width font in which the characters
    /// of Japanese take two places. Names and phone numbers are in it: it is for staff, like the page.
    #[must_use]
    pub fn render_table(&self, lang: Lang) -> String {
        let mut text = String::new();
        let zone = self.center.time_zone;
        let mut line = |parts: &[String]| {
            let _ = writeln!(text, "{}", parts.join("  "));
        };
        let state = lang.t(Msg::Round(self.state)).to_owned();
        line(&match self.kind {
            RoundKind::Morning => vec![self.center.name.clone(), lang.day(self.day), state],
            kind => vec![self.center.name.clone(), lang.day(self.day), lang.t(Msg::RoundKind(kind)).to_owned(), state],
        });
        let left = if self.is_before_deadline() {
            format!("{} {}", lang.t(Msg::TimeLeft), lang.span(self.deadline_at - self.as_of))
        } else {
            lang.t(Msg::DeadlinePassed).to_owned()
        };
        line(&[
            format!("{} {}", lang.t(Msg::OpensAt), lang.time(self.opens_at, zone)),
            format!("{} {}", lang.t(Msg::Deadline), lang.time(self.deadline_at, zone)),
            left,
            format!("{} {}", lang.t(Msg::AsOf), lang.time(self.as_of, zone)),
        ]);
        let counts = &self.counts;
        line(&[format!("{} {}", lang.t(Msg::PatientsTotal), counts.patients)]);
        let progress: Vec<_> = Progress::ALL
            .iter()
            .map(|progress| format!("{} {}", lang.t(Msg::Progress(*progress)), counts.of(*progress)))
            .collect();
        line(&progress);
        let severity: Vec<_> = [Severity::Red, Severity::Orange, Severity::Unknown, Severity::Green]
            .iter()
            .map(|severity| format!("{} {}", lang.t(Msg::Severity(*severity)), counts.of_severity(*severity)))
            .collect();
        line(&severity);

        if !self.chase_list.is_empty() {
            let head = [Msg::Rank, Msg::Reason, Msg::ProgressTitle, Msg::Telephone, Msg::Patient];
            let rows = self.chase_list.iter().map(|entry| {
                let keys = lang.list(entry.detail.iter().map(|key| lang.key(key)));
                let reason = lang.t(Msg::Chase(entry.reason));
                vec![
                    entry.rank.to_string(),
                    if keys.is_empty() { reason.to_owned() } else { format!("{reason} ({keys})") },
                    progress_words(&entry.patient, lang),
                    entry.patient.phone.clone(),
                    name(&entry.patient),
                ]
            });
            let _ = writeln!(text, "\n{}", lang.t(Msg::ChaseList));
            columns(&mut text, &head.map(|msg| lang.t(msg)), rows);
        }

        let head = [
            Msg::Urgency,
            Msg::ProgressTitle,
            Msg::LastChange,
            Msg::LastText,
            Msg::OpenAlerts,
            Msg::Risk,
            Msg::Telephone,
            Msg::Patient,
        ];
        let rows = self.patients.iter().map(|patient| {
            let none = || "-".to_owned();
            vec![
                lang.t(Msg::Severity(patient.severity)).to_owned(),
                progress_words(patient, lang),
                patient.changed_at.map_or_else(none, |at| lang.time(at, zone)),
                patient.delivery.map_or_else(none, |state| lang.t(Msg::Delivery(state)).to_owned()),
                patient.open_alerts.to_string(),
                lang.t(Msg::RiskTier(patient.risk_tier)).to_owned(),
                patient.phone.clone(),
                name(patient),
            ]
        });
        let _ = writeln!(text, "\n{}", lang.t(Msg::AllPatients));
        columns(&mut text, &head.map(|msg| lang.t(msg)), rows);
        text
    }
}

fn progress_words(patient: &PatientLine, lang: Lang) -> String {
    let mut words = lang.t(Msg::Progress(patient.progress)).to_owned();
    if let Some(reason) = patient.hindrance {
        let _ = write!(words, ", {}", lang.t(Msg::Hindrance(reason)));
    } else if let Some(question) = &patient.question {
        let _ = write!(words, ": {}", lang.question(question));
    }
    if !patient.release.is_empty() {
        let _ = write!(words, ", {}", lang.list(patient.release.iter().map(|key| lang.key(key))));
    }
    words
}

/// A name may hold anything that was imported; on a terminal, control characters would be commands.
fn name(patient: &PatientLine) -> String {
    let name = if patient.kana.is_empty() || patient.kana == patient.name {
        patient.name.clone()
    } else {
        format!("{} ({})", patient.name, patient.kana)
    };
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Writes rows in columns as wide as their widest cell.
fn columns(text: &mut String, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let mut lines = vec![head.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>()];
    lines.extend(rows);
    let widths: Vec<usize> = (0..head.len())
        .map(|column| lines.iter().map(|line| line.get(column).map_or(0, |cell| cell.width())).max().unwrap_or(0))
        .collect();
    for line in &lines {
        let mut written = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            written.push_str(cell);
            // Two places between columns; `format!`'s own padding counts characters, not places.
            written.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        let _ = writeln!(text, "{}", written.trim_end());
    }
}
