//! A text with placeholders, compiled to pieces so that writing it is only copying. Which placeholders stand
//! where, and what they stand for, is decided here; what a text says is in the dialog's files.

use std::ops::Range;

use crate::sms;

/// What a `{word}` in a text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Placeholder {
    /// The center's name.
    Center,
    /// By when a report is on time.
    Deadline,
    /// The notice `night`, if the center has a night line; otherwise nothing.
    Night,
    /// The number of the night line. Only in the notice `night`.
    NightLine,
    /// The value that is echoed or asked back.
    Value,
    /// How many options were chosen.
    Count,
}

impl Placeholder {
    pub(crate) const ALL: [Self; 6] =
        [Self::Center, Self::Deadline, Self::Night, Self::NightLine, Self::Value, Self::Count];

    /// The word between the braces.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Center => "center",
            Self::Deadline => "deadline",
            Self::Night => "night",
            Self::NightLine => "night-line",
            Self::Value => "value",
            Self::Count => "count",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Literal(Box<str>),
    Placeholder(Placeholder),
}

/// A compiled text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template {
    pub(crate) pieces: Vec<Piece>,
}

/// Why a text is no template: the place inside the text, in bytes, and the reason.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TemplateFault {
    pub(crate) at: Range<usize>,
    pub(crate) reason: Reason,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A brace without its partner.
    Brace,
    /// A word that stands for nothing.
    Unknown(String),
}

impl Template {
    /// Compiles a text, with all its faults if it has any.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<TemplateFault>> {
        let mut pieces = Vec::new();
        let mut faults = Vec::new();
        let mut literal_from = 0;
        let mut rest = 0;
        while let Some(at) = text[rest..].find(['{', '}']).map(|at| rest + at) {
            let close = text[at + 1..].find(['{', '}']).map(|end| at + 1 + end);
            let Some(end) = close.filter(|end| text[at..].starts_with('{') && text[*end..].starts_with('}')) else {
                faults.push(TemplateFault { at: at..at + 1, reason: Reason::Brace });
                rest = at + 1;
                continue;
            };
            let word = &text[at + 1..end];
            match Placeholder::ALL.into_iter().find(|placeholder| placeholder.word() == word) {
                Some(placeholder) => {
                    if at > literal_from {
                        pieces.push(Piece::Literal(text[literal_from..at].into()));
                    }
                    pieces.push(Piece::Placeholder(placeholder));
                }
                None => faults.push(TemplateFault { at: at..end + 1, reason: Reason::Unknown(word.to_owned()) }),
            }
            rest = end + 1;
            literal_from = rest;
        }
        if literal_from < text.len() {
            pieces.push(Piece::Literal(text[literal_from..].into()));
        }
        if faults.is_empty() { Ok(Self { pieces }) } else { Err(faults) }
    }

    /// The placeholders, ascending, each once.
    pub(crate) fn placeholders(&self) -> Vec<Placeholder> {
        let mut found: Vec<Placeholder> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Placeholder(placeholder) => Some(*placeholder),
                Piece::Literal(_) => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether all that is fixed in it can be sent in GSM-7.
    pub(crate) fn is_gsm(&self) -> bool {
        self.pieces.iter().all(|piece| match piece {
            Piece::Literal(text) => sms::is_gsm(text),
            Piece::Placeholder(_) => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_placeholders() {
        let template = Template::parse("{center}です。{deadline}まで").expect("a template");
        assert_eq!(
            template.pieces,
            [
                Piece::Placeholder(Placeholder::Center),
                Piece::Literal("です。".into()),
                Piece::Placeholder(Placeholder::Deadline),
                Piece::Literal("まで".into()),
            ]
        );
        assert_eq!(Template::parse("").expect("nothing").pieces, []);
    }

    #[test]
    fn every_faulty_brace_is_found() {
        let faults = Template::parse("a{b}c{d e} } {value} {").expect_err("faults");
        let found: Vec<(Range<usize>, bool)> =
            faults.into_iter().map(|fault| (fault.at, matches!(fault.reason, Reason::Brace))).collect();
        assert_eq!(found, [(1..4, false), (5..10, false), (11..12, true), (21..22, true)]);
        assert_eq!(Template::parse("{{value}").expect_err("a brace")[0].at, 0..1);
    }
}
