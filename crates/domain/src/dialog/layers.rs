//! Texts of one dialog over those of another: what a table does not have itself is taken from the other's. Each text
//! keeps the file that it really stands in. What the texts mean is [`super::texts`]' business.

use std::ops::Range;

use super::definition::SourceFile;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::document::{Placed, Section};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'f> {
    pub(super) file: &'f SourceFile,
    pub(super) span: Range<usize>,
}

impl<'f> Place<'f> {
    /// The file as a whole.
    pub(super) const fn whole(file: &'f SourceFile) -> Self {
        Self { file, span: 0..0 }
    }

    /// A fault here.
    pub(super) fn fault(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, self.span.clone(), message)
    }
}

/// A text and the file that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Found<'f> {
    pub(super) file: &'f SourceFile,
    pub(super) text: Placed<String>,
}

impl<'f> Found<'f> {
    pub(super) fn place(&self) -> Place<'f> {
        Place { file: self.file, span: self.text.span.clone() }
    }
}

/// A table of a texts file, over the table of the same name in the dialog that texts are taken from.
#[derive(Debug)]
pub(super) struct Layers<'f> {
    own: Section<'f>,
    base: Option<Section<'f>>,
}

impl<'f> Layers<'f> {
    pub(super) const fn new(own: Section<'f>, base: Option<Section<'f>>) -> Self {
        Self { own, base }
    }

    /// The dialog's own file.
    pub(super) const fn file(&self) -> &'f SourceFile {
        self.own.file()
    }

    /// Where the table stands: in the own file if it is there.
    pub(super) fn place(&self) -> Place<'f> {
        match &self.base {
            Some(base) if self.own.span == (0..0) => Place { file: base.file(), span: base.span.clone() },
            _ => Place { file: self.own.file(), span: self.own.span.clone() },
        }
    }

    /// Takes a text, the own one if there is one.
    pub(super) fn text(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Found<'f>> {
        let from = match &mut self.base {
            Some(base) if !self.own.has(key) && base.has(key) => {
                self.own.know(key);
                base
            }
            _ => &mut self.own,
        };
        let text = from.text(key, faults)?;
        Some(Found { file: from.file(), text })
    }

    /// Takes a text that must be there.
    pub(super) fn needed_text(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<Found<'f>> {
        if self.own.has(key) || self.base.as_ref().is_some_and(|base| base.has(key)) {
            return self.text(key, faults);
        }
        self.own.know(key);
        self.missing(key, faults);
        None
    }

    fn missing(&self, key: &str, faults: &mut Diagnostics) {
        let place = self.place();
        let fault = place.fault(format!("`{key}` is missing here"));
        faults.push(match &self.base {
            Some(base) if place.file != base.file() => fault.hint(format!("it is not in {} either", base.file().name)),
            Some(_) => fault.hint(format!("or write the table in {}", self.own.file().name)),
            None => fault,
        });
    }

    /// Takes a table, if one of the files has it.
    pub(super) fn table(&mut self, key: &str, faults: &mut Diagnostics) -> Option<Layers<'f>> {
        let own = self.own.table(key, faults);
        let base = self.base.as_mut().and_then(|base| base.table(key, faults));
        match (own, base) {
            (Some(own), base) => Some(Self { own, base }),
            (None, Some(base)) => Some(Self { own: Section::empty(self.own.file()), base: Some(base) }),
            (None, None) => None,
        }
    }

    /// Reports every entry of the own file that nobody took. What is left in the other is that dialog's own.
    pub(super) fn finish<'k>(self, more: impl IntoIterator<Item = &'k str>, faults: &mut Diagnostics) {
        self.own.finish(more, faults);
    }
}
