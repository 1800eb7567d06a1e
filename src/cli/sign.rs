//! `mimamori sign`: signs and checks webhooks line by line, for comparing with the provider's own library.
//!
//! Not part of the service: `tests/peers/signatures.py` drives it.

use std::io::{BufRead, Write};

use anyhow::Context as _;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::gateway::twilio::signature::{Algorithm, Verifier, sign};

/// One line in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    token: String,
    url: String,
    params: Vec<(String, String)>,
    /// A signature to be checked, if there is one.
    signature: Option<String>,
}

/// One line out.
#[derive(Serialize)]
struct Verdict {
    signature: String,
    /// Whether the given signature is accepted for this address and these fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid: Option<bool>,
}

/// Reads JSON lines `{"token","url","params":[[name,value],…],"signature"?}` and writes, in the same order,
/// `{"signature"}` and, where a signature was given, `"valid"`.
///
/// # Errors
/// When a line is not of this form, with its number; when reading or writing fails.
pub fn run(input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.context("the input could not be read")?;
        let case: Case = serde_json::from_str(&line)
            .with_context(|| format!("line {number}: expected {{\"token\",\"url\",\"params\":[[name,value],…]}}"))?;
        let valid = match &case.signature {
            None => None,
            Some(signature) => Some(is_valid(&case, signature).with_context(|| format!("line {number}"))?),
        };
        let signature = sign(&case.token, &case.url, &case.params);
        serde_json::to_writer(&mut output, &Verdict { signature, valid })?;
        writeln!(output)?;
    }
    output.flush()?;
    Ok(())
}

/// Checks as the webhooks do: the origin is the configured one, the path and query are what was asked for.
fn is_valid(case: &Case, signature: &str) -> anyhow::Result<bool> {
    let host_at = case.url.find("://").map_or(0, |at| at + 3);
    let path_at = case.url[host_at..].find(['/', '?']).map_or(case.url.len(), |at| host_at + at);
    let (origin, path_and_query) = case.url.split_at(path_at);
    let verifier = Verifier::new(origin, [SecretString::from(case.token.as_str())])?;
    Ok(verifier.verify(Algorithm::HmacSha1, path_and_query, &case.params, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &str) -> Result<String, String> {
        let mut output = Vec::new();
        run(input.as_bytes(), &mut output).map_err(|error| format!("{error:#}"))?;
        Ok(String::from_utf8(output).expect("JSON is UTF-8"))
    }

    const CASE: &str = r#""token":"12345","url":"https://mycompany.com/myapp.php?foo=1&bar=2","params":[["To","+18005551212"],["Digits","1234"],["From","+14158675309"],["Caller","+14158675309"],["CallSid","CA1234567890ABCDE"]]"#;

    #[test]
    fn every_line_is_signed_and_checked() {
        let right = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let input = format!("{{{CASE}}}\n{{{CASE},\"signature\":\"{right}\"}}\n{{{CASE},\"signature\":\"x\"}}\n");
        let expected = format!(
            "{{\"signature\":\"{right}\"}}\n{{\"signature\":\"{right}\",\"valid\":true}}\n{{\"signature\":\"{right}\",\"valid\":false}}\n"
        );
        assert_eq!(answers(&input), Ok(expected));
        assert_eq!(answers(""), Ok(String::new()));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let error = answers(&format!("{{{CASE}}}\n{{}}\n")).expect_err("no case");
        assert!(error.starts_with("line 2: expected"), "{error}");
        let error = answers(r#"{"token":"t","url":"nowhere","params":[],"signature":"x"}"#).expect_err("no address");
        assert!(error.starts_with("line 1") && error.contains("https://"), "{error}");
    }
}
