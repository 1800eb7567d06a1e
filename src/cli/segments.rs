//! `mimamori segments`: JSON lines in, what each text costs as JSON lines out.

use std::io::{BufRead, Write};

use anyhow::Context as _;
use domain::sms;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Line {
    text: String,
}

#[derive(Serialize)]
struct Cost {
    encoding: &'static str,
    units: usize,
    segments: usize,
}

/// Reads `{"text"}` line by line and writes `{"encoding","units","segments"}` in the same order. Empty lines are
/// passed over.
///
/// # Errors
/// When a line is not such an object, with its number; when reading or writing fails.
pub fn run(input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.with_context(|| format!("line {number} cannot be read"))?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line)
            .with_context(|| format!("line {number} is not an object such as {{\"text\": \"…\"}}"))?;
        let cost = sms::segments(&line.text);
        let cost = Cost { encoding: cost.encoding.name(), units: cost.units, segments: cost.segments };
        serde_json::to_writer(&mut output, &cost)?;
        output.write_all(b"\n")?;
    }
    output.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_gets_its_cost_in_order() {
        let input = "{\"text\":\"abc\"}\n\n{\"text\":\"\"}\n{\"text\":\"体温\\n36.5\"}\n";
        let mut output = Vec::new();
        run(input.as_bytes(), &mut output).expect("three good lines");
        assert_eq!(
            String::from_utf8(output).expect("JSON"),
            "{\"encoding\":\"GSM-7\",\"units\":3,\"segments\":1}\n\
             {\"encoding\":\"GSM-7\",\"units\":0,\"segments\":0}\n\
             {\"encoding\":\"UCS-2\",\"units\":7,\"segments\":1}\n"
        );
    }

    #[test]
    fn a_line_that_is_no_text_is_named() {
        let error = run("{\"text\":\"a\"}\n{\"txt\":1}\n".as_bytes(), Vec::new()).expect_err("line 2");
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
