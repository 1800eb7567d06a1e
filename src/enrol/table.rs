//! A CSV file as people save it, made into numbered rows of cells. Knows nothing of patients.
//!
//! Excel in Japan writes CSV in CP932 or in UTF-8 with a byte order mark, and "Unicode text" in UTF-16 with tabs;
//! other programs write UTF-8 without a mark. Japanese in CP932 is never valid UTF-8, so trying in that order is
//! safe.

use std::borrow::Cow;

use encoding_rs::{Encoding, SHIFT_JIS};

/// Why a file cannot be read at all, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableFile {
    /// Not text but the spreadsheet itself.
    #[error("this is an Excel workbook: save it as \"CSV UTF-8\" and import that file")]
    Workbook,
    /// Bytes that are no text in any encoding that is tried.
    #[error("the text is neither UTF-8 nor CP932 (Shift_JIS): save the file as \"CSV UTF-8\"")]
    Encoding,
    /// No line at all.
    #[error("the file is empty: its first row must name the columns, such as her_sys_id,name,phone")]
    Empty,
    /// From there on, everything would be taken as one cell.
    #[error("row {row}: a quotation mark is opened and never closed, so the rows after it cannot be told apart")]
    UnclosedQuote {
        /// In which row, as a spreadsheet counts.
        row: usize,
    },
    /// Columns without which nobody can be enrolled.
    #[error("the first row must name the columns; missing: {}", .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    /// A cell could belong to either.
    #[error("the first row names a column twice: {0}")]
    ColumnTwice(String),
}

/// The cells of a file.
pub(super) struct Table {
    /// The first row, as written.
    pub(super) header: Vec<String>,
    /// The rows after it that are not empty.
    pub(super) rows: Vec<Row>,
}

/// One row.
pub(super) struct Row {
    /// As a spreadsheet counts: the header is row 1.
    pub(super) number: usize,
    /// Its cells, without spaces around them. May be more or fewer than the header's.
    pub(super) cells: Vec<String>,
}

/// Reads a file.
pub(super) fn read(bytes: &[u8]) -> Result<Table, UnreadableFile> {
    let text = decode(bytes)?;
    let first_line = text.lines().find(|line| !line.trim().is_empty()).ok_or(UnreadableFile::Empty)?;
    let delimiter = if first_line.contains('\t') && !first_line.contains(',') { b'\t' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());

    let mut rows = Vec::new();
    let (mut counted_to, mut lines_before, mut lines_in_cells) = (0, 0, 0);
    for record in reader.records() {
        // Flexible reading of valid UTF-8 from memory has nothing left to fail at but the encoding.
        let record = record.map_err(|_| UnreadableFile::Encoding)?;
        // The reader steps over empty lines, and says where it began to: the row starts after them.
        let found_from = record
            .position()
            .map_or(counted_to, |position| usize::try_from(position.byte()).unwrap_or(text.len()).min(text.len()));
        let start = found_from + text[found_from..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        lines_before += line_breaks(&text[counted_to..start]);
        counted_to = start;
        let number = lines_before - lines_in_cells + 1;
        // A spreadsheet shows a cell of several lines in one row.
        lines_in_cells += record.iter().map(line_breaks).sum::<usize>();
        rows.push(Row { number, cells: record.iter().map(|cell| cell.trim().to_owned()).collect() });
        let swallowed_the_rest = record.iter().any(|cell| cell.contains('\n'));
        if swallowed_the_rest && reaches_end(&text[start..]) {
            return Err(UnreadableFile::UnclosedQuote { row: number });
        }
    }
    let mut rows = rows.into_iter();
    let header = rows.next().ok_or(UnreadableFile::Empty)?.cells;
    let rows = rows.filter(|row| row.cells.iter().any(|cell| !cell.is_empty())).collect();
    Ok(Table { header, rows })
}

/// Whether a record that begins here has a quotation mark that is not closed before the end of the text.
fn reaches_end(record_and_rest: &str) -> bool {
    record_and_rest.matches('"').count() % 2 == 1
}

/// How many times a line ends: `\r\n`, `\n` or `\r`.
fn line_breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    (0..bytes.len())
        .filter(|&at| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n')))
        .count()
}

/// The text of a file: by its byte order mark, else UTF-8, else CP932, each strictly.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, UnreadableFile> {
    const ZIP: &[u8] = b"PK\x03\x04";
    const COMPOUND_FILE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];
    if bytes.starts_with(ZIP) || bytes.starts_with(COMPOUND_FILE) {
        return Err(UnreadableFile::Workbook);
    }
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]),
        None => std::str::from_utf8(bytes)
            .ok()
            .map(Cow::Borrowed)
            .or_else(|| SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)),
    };
    text.filter(|text| !text.contains('\0')).ok_or(UnreadableFile::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as `number: cell|cell`.
    fn rows(bytes: &[u8]) -> Vec<String> {
        let table = read(bytes).expect("readable");
        table.rows.iter().map(|row| format!("{}: {}", row.number, row.cells.join("|"))).collect()
    }

    #[test]
    fn the_same_file_in_every_encoding_that_japan_saves() {
        let text = "a,b\r\n髙﨑①,ﾔﾏﾀﾞ\r\n";
        let (cp932, _, lossy) = SHIFT_JIS.encode(text);
        assert!(!lossy);
        let with_mark = [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat();
        let utf_16: Vec<u8> =
            std::iter::once(0xFEFF).chain(text.replace(',', "\t").encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &with_mark, &cp932, &utf_16] {
            let table = read(bytes).expect("readable");
            assert_eq!(table.header, ["a", "b"]);
            assert_eq!(table.rows[0].cells, ["髙﨑①", "ﾔﾏﾀﾞ"]);
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, expected) in [
            (&b"PK\x03\x04rest"[..], UnreadableFile::Workbook),
            (&[0xD0, 0xCF, 0x11, 0xE0, 0xA1][..], UnreadableFile::Workbook),
            (b"", UnreadableFile::Empty),
            (b"\xEF\xBB\xBF \r\n\r\n", UnreadableFile::Empty),
            (b"a,b\n\xFF\xFF,1\n", UnreadableFile::Encoding),
            (b"a,b\n\0,1\n", UnreadableFile::Encoding),
        ] {
            assert_eq!(read(bytes).err(), Some(expected), "{bytes:?}");
        }
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_shows_them() {
        assert_eq!(rows(b"a,b\n1,2\n3,4"), ["2: 1|2", "3: 3|4"]);
        assert_eq!(rows(b"a,b\r\n\r\n1,2\r\n,\r\n \r\n3,4\r\n\r\n"), ["3: 1|2", "6: 3|4"]);
        assert_eq!(rows(b"\n\na,b\n1,2\n"), ["4: 1|2"]);
        assert_eq!(rows(b"a,b\n\"one\ntwo\nthree\",2\n3,4\n"), ["2: one\ntwo\nthree|2", "3: 3|4"]);
        assert_eq!(rows(b"a,b\r1,2\r3,4\r"), ["2: 1|2", "3: 3|4"]);
        assert_eq!(rows("a,b\n\u{3000}1\u{3000}, 2 \n".as_bytes()), ["2: 1|2"]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_found() {
        for (text, row) in [("a,b\n1,2\n\"3,4\n5,6\n", 3), ("a,b\n1,\"2\n3,\"\"\n", 2), ("\"a,b\n1,2\n", 1)] {
            assert_eq!(read(text.as_bytes()).err(), Some(UnreadableFile::UnclosedQuote { row }), "{text}");
        }
        // A mark inside a cell that does not begin with one is a letter like any other.
        assert_eq!(rows(b"a,b\n1,5\"\n2,\"x\ny\"\n"), ["2: 1|5\"", "3: 2|x\ny"]);
        assert_eq!(rows(b"a,b\n1,\"say \"\"yes\"\"\"\n"), ["2: 1|say \"yes\""]);
    }
}
