//! What a text costs: GSM-7 or UCS-2, units and segments. Counts as Twilio bills, grapheme clusters included.

/// How a text is encoded on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 03.38 default alphabet with its extension table: 160 units, or 153 a segment.
    Gsm7,
    /// UTF-16 code units: 70, or 67 a segment.
    Ucs2,
}

/// The cost of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// The encoding that the whole text needs.
    pub encoding: Encoding,
    /// Septets or UTF-16 code units.
    pub units: usize,
    /// Segments; 0 for the empty text.
    pub segments: usize,
}
