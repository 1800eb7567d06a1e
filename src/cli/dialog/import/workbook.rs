//! Excel workbooks as sheets of texts. What the sheets mean is the core's business.

use std::io::Cursor;

use calamine::{DataRef, Reader as _, Xlsx};
use domain::dialog::diagnostics::{Diagnostic, Diagnostics};
use domain::dialog::exchange::xlsform::Sheet;

/// Where a form ends: whatever stands further out is no form, and would take memory for the empty cells before it.
const MOST_ROWS: u32 = 5_000;
const MOST_COLUMNS: u32 = 256;
/// The characters in all cells together.
const MOST_TEXT: usize = 8 << 20;

/// Whether a file is a workbook, of today's or the old kind.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK") || is_old(bytes)
}

/// Excel's format before 2007.
fn is_old(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// The sheets of a workbook, in order.
///
/// # Errors
/// When it is no .xlsx workbook, is broken, or is far larger than any form.
pub(super) fn sheets(name: &str, bytes: &[u8]) -> Result<Vec<Sheet>, Diagnostics> {
    let broken = |error: &dyn std::fmt::Display| {
        Diagnostics::from(
            Diagnostic::of_file(name, format!("this cannot be read as an Excel workbook: {error}"))
                .hint("open it in the program in which it was made, and save it again as .xlsx"),
        )
    };
    if is_old(bytes) {
        return Err(Diagnostic::of_file(name, "this is a workbook of Excel before 2007, or one with a password")
            .hint("save it as .xlsx, without a password")
            .into());
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut sheets = Vec::new();
    let mut length = 0;
    for title in book.sheet_names() {
        let mut sheet = Sheet { name: title.clone(), rows: Vec::new() };
        // Cell by cell: a range would make room for all cells up to the last one, wherever somebody put that.
        let mut cells = match book.worksheet_cells_reader(&title) {
            Ok(cells) => cells,
            // A chart sheet has no cells.
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(broken(&error)),
        };
        while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
            let text = text(cell.get_value());
            if text.trim().is_empty() {
                continue;
            }
            let (row, column) = cell.get_position();
            length += text.len();
            if row >= MOST_ROWS || column >= MOST_COLUMNS || length > MOST_TEXT {
                let place = format!("{name}, sheet {title}");
                let mut fault = Diagnostic::of_file(&place, "a form has no cells that far out, or so much text");
                fault.line = usize::try_from(row).unwrap_or(usize::MAX).saturating_add(1);
                fault.column = usize::try_from(column).unwrap_or(usize::MAX).saturating_add(1);
                return Err(fault
                    .hint(format!(
                        "a sheet may have {MOST_ROWS} rows and {MOST_COLUMNS} columns; delete what is behind"
                    ))
                    .into());
            }
            let (row, column) = (usize::try_from(row).unwrap_or_default(), usize::try_from(column).unwrap_or_default());
            if sheet.rows.len() <= row {
                sheet.rows.resize(row + 1, Vec::new());
            }
            let cells = &mut sheet.rows[row];
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            cells[column] = text;
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

/// A cell as it is shown.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        // 1.0 is shown as 1.
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(moment) => moment.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}
