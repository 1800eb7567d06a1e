//! `mimamori understand`: JSON lines of replies in, what the program makes of each as JSON lines out.

use std::io::{BufRead, Write};

use anyhow::Context as _;
use domain::language::Language;
use domain::reply::{self, Ask, Concept, Flags, OptionWord, Reading};
use serde::{Deserialize, Serialize};

/// One reply to look at.
#[derive(Deserialize)]
struct Line {
    kind: Kind,
    #[serde(rename = "lang")]
    language: Language,
    text: String,
}

/// The kinds of question that a reply may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Temperature,
    Spo2,
    Yesno,
    Multi,
    FreeText,
    /// Only commands are of interest; the question for the temperature is open.
    Keyword,
    Choice,
    Number,
    Identifier,
}

#[derive(Serialize)]
struct Understood {
    reading: String,
    flags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<String>>,
}

/// How much to tell.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct UnderstandArgs {
    /// Add "steps" to each line: what the text was folded to, what each word was taken for and from which word list,
    /// what was set aside or left over, and why the reply was taken or asked again
    #[arg(long)]
    explain: bool,
}

#[derive(Serialize)]
struct Mistake {
    error: String,
    line: usize,
}

/// The symptoms of the daily question, in the order of their numbers, as the dialog `daily` asks for them.
const SYMPTOMS: [&str; 9] =
    ["cough", "runny-nose", "sore-throat", "fatigue", "nausea", "diarrhoea", "cannot-eat", "no-urine", "other-symptom"];

/// The bounds of `number` and of the digits of `identifier`: those of an age and of a HER-SYS ID. They are fixed
/// here, where no dialog says what it asks for.
const NUMBERS: (i32, i32) = (0, 120);
const DIGITS: (u8, u8) = (6, 8);

/// Reads `{"kind","lang","text"}` line by line and writes `{"reading","flags"}` in the same order. A line that is
/// no such object gets `{"error","line"}` instead, and the work goes on. Empty lines are passed over. With
/// `explain`, `"steps"` tells how each reading came about, in short English sentences; they hold the patient's words.
///
/// # Errors
/// When reading or writing fails.
pub fn run(arguments: UnderstandArgs, mut input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    let options = symptoms();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.read_until(b'\n', &mut line).with_context(|| format!("line {number} cannot be read"))? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Line>(&line) {
            Ok(line) => serde_json::to_writer(&mut output, &understand(&line, &options, arguments.explain))?,
            Err(error) => {
                let error = format!(
                    "not an object such as {{\"kind\": \"temperature\", \"lang\": \"ja\", \"text\": \"36.5\"}}: {error}"
                );
                serde_json::to_writer(&mut output, &Mistake { error, line: number })?;
            }
        }
        output.write_all(b"\n")?;
    }
    output.flush()?;
    Ok(())
}

fn symptoms() -> Vec<OptionWord> {
    SYMPTOMS.into_iter().zip(1..).map(|(key, code)| OptionWord { code, concept: reply::concept(key) }).collect()
}

fn understand(line: &Line, options: &[OptionWord], explained: bool) -> Understood {
    let breathless: Option<Concept> = reply::concept("breathless");
    let ask = match line.kind {
        Kind::Temperature | Kind::Keyword => Ask::Temperature,
        Kind::Spo2 => Ask::OxygenSaturation,
        Kind::Yesno => Ask::YesNo { topic: breathless },
        Kind::Multi => Ask::Options(options),
        Kind::Choice => Ask::Choice(options),
        Kind::FreeText => Ask::Text,
        Kind::Number => Ask::Number { min: NUMBERS.0, max: NUMBERS.1 },
        Kind::Identifier => Ask::Identifier { min_digits: DIGITS.0, max_digits: DIGITS.1 },
    };
    let (reply, steps) = if explained {
        let (reply, steps) = reply::explain(&ask, line.language, &line.text);
        (reply, Some(steps))
    } else {
        (reply::read(&ask, line.language, &line.text), None)
    };
    let reading = match reply.reading {
        // Asked for commands, "unusable as a temperature" says that there is none.
        Reading::Invalid(_) if line.kind == Kind::Keyword => "NOT_KEYWORD".to_owned(),
        // A cry for help leaves the question open: the reading of its answer is that there is none.
        Reading::Empty if line.kind != Kind::Keyword => "INVALID".to_owned(),
        reading => reading.to_string(),
    };
    Understood { reading, flags: names(reply.flags), steps }
}

fn names(flags: Flags) -> Vec<&'static str> {
    let emergency = (!flags.signs.is_empty()).then_some("EMERGENCY");
    let status_change = flags.status_change.is_some().then_some("STATUS_CHANGE");
    emergency.into_iter().chain(status_change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(input: &str) -> String {
        let mut output = Vec::new();
        run(UnderstandArgs::default(), input.as_bytes(), &mut output).expect("bytes in memory can be read and written");
        String::from_utf8(output).expect("JSON")
    }

    #[test]
    fn the_steps_are_told_when_they_are_asked_for() {
        let input = r#"{"kind":"temperature","lang":"ja","text":"体温は３６．５"}"#;
        let mut output = Vec::new();
        run(UnderstandArgs { explain: true }, input.as_bytes(), &mut output).expect("bytes in memory");
        let line: serde_json::Value = serde_json::from_slice(&output).expect("JSON");
        assert_eq!((&line["reading"], &line["flags"]), (&"36.5".into(), &serde_json::json!([])));
        let steps = line["steps"].as_array().expect("an array of sentences");
        assert_eq!(steps[0], "The text was folded to `体温は36.5`.");
        assert_eq!(steps[1], "`体温は` (0-9) is `measure.temperature` of ja.toml.");
        assert_eq!(steps.last().expect("an outcome"), "Taken as 36.5.");
    }

    #[test]
    fn each_reply_is_understood_in_order() {
        let input = r#"{"kind":"temperature","lang":"ja","text":"36度5分"}
{"kind":"spo2","lang":"en","text":"88 and my lips are blue"}
{"kind":"yesno","lang":"ja-easy","text":"はい"}

{"kind":"multi","lang":"ja","text":"1と3"}
{"kind":"free_text","lang":"ja","text":"たすけて"}
{"kind":"keyword","lang":"en","text":"stop"}
{"kind":"keyword","lang":"en","text":"the weekend was nice"}
{"kind":"choice","lang":"ja","text":"2"}
{"kind":"number","lang":"ja","text":"80"}
{"kind":"identifier","lang":"ja","text":"1234567"}
"#;
        assert_eq!(
            out(input),
            r#"{"reading":"36.5","flags":[]}
{"reading":"88","flags":["EMERGENCY"]}
{"reading":"YES","flags":[]}
{"reading":"1,3","flags":[]}
{"reading":"TEXT","flags":["EMERGENCY"]}
{"reading":"KEYWORD:STOP","flags":[]}
{"reading":"NOT_KEYWORD","flags":[]}
{"reading":"2","flags":[]}
{"reading":"80","flags":[]}
{"reading":"1234567","flags":[]}
"#
        );
    }

    #[test]
    fn only_a_flag_is_an_empty_reading_of_a_command_and_no_answer_to_a_question() {
        let both = ["keyword", "temperature"]
            .map(|kind| format!("{{\"kind\":\"{kind}\",\"lang\":\"en\",\"text\":\"help me i cant breathe\"}}\n"));
        assert_eq!(
            out(&both.concat()),
            "{\"reading\":\"\",\"flags\":[\"EMERGENCY\"]}\n{\"reading\":\"INVALID\",\"flags\":[\"EMERGENCY\"]}\n"
        );
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let answer = out(
            "{\"kind\":\"mood\",\"lang\":\"ja\",\"text\":\"\"}\n\u{0}\n{\"kind\":\"spo2\",\"lang\":\"ja\",\"text\":\"97\"}\n",
        );
        let lines: Vec<&str> = answer.lines().collect();
        assert!(lines[0].contains("mood") && lines[0].ends_with("\"line\":1}"), "{answer}");
        assert!(lines[1].starts_with("{\"error\":") && lines[1].ends_with("\"line\":2}"), "{answer}");
        assert_eq!(lines[2], "{\"reading\":\"97\",\"flags\":[]}");
    }

    #[test]
    fn bytes_that_are_no_text_are_a_bad_line() {
        let mut output = Vec::new();
        run(
            UnderstandArgs::default(),
            &b"\xff\xfe\n{\"kind\":\"spo2\",\"lang\":\"ja\",\"text\":\"97\"}\n"[..],
            &mut output,
        )
        .expect("goes on");
        assert_eq!(String::from_utf8(output).expect("JSON").lines().count(), 2);
    }

    #[test]
    fn the_symptoms_are_known_to_the_lexicon() {
        assert!(symptoms().iter().all(|option| option.concept.is_some()));
    }
}
