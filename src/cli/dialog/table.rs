//! Tables for a terminal with a fixed-width font in which the characters of Japanese take two places.

use std::io::Write;

use unicode_width::UnicodeWidthStr as _;

/// On which side of its column something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Writes rows under their heads, each column as wide as its widest cell.
pub(super) fn write<const N: usize>(
    out: &mut dyn Write,
    head: [(&str, Side); N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> std::io::Result<()> {
    let mut lines = vec![head.map(|(title, _)| title.to_owned())];
    lines.extend(rows);
    let widths: Vec<usize> =
        (0..N).map(|column| lines.iter().map(|line| line[column].width()).max().unwrap_or(0)).collect();
    for line in &lines {
        let mut written = String::new();
        for ((cell, width), (_, side)) in line.iter().zip(&widths).zip(head) {
            let gap = " ".repeat(width - cell.width());
            let (before, after) = if side == Side::Left { ("", gap.as_str()) } else { (gap.as_str(), "") };
            written.push_str(before);
            written.push_str(cell);
            written.push_str(after);
            written.push_str("  ");
        }
        writeln!(out, "  {}", written.trim_end())?;
    }
    Ok(())
}
