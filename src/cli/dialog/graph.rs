//! `mimamori dialog graph`: a dialog drawn, as Mermaid or as SVG. Flow only goes forward, so that the layout is a
//! column of boxes with arrows beside it.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::dialog::definition::{Dialog, OptionDefinition, Question};
use domain::severity::Severity;
use serde_json::json;

use super::load;
use super::wrap::wrap;
use crate::dialogs;

/// The arguments of `dialog graph`.
#[derive(Debug, Clone, Args)]
pub struct GraphArgs {
    /// A dialog's folder; for Mermaid also a folder of such folders
    #[arg(default_value = "dialogs/daily")]
    pub path: PathBuf,
    /// What to draw it as
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    pub format: Format,
}

/// What a dialog is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A Mermaid flow chart, for Markdown
    Mermaid,
    /// A picture, for browsers and printing
    Svg,
}

impl GraphArgs {
    /// Draws. With `json` a line for each dialog: its questions with what they depend on, and the drawing.
    ///
    /// # Errors
    /// When the path holds no dialog or cannot be read, when several are to be one picture, and when `out` cannot be
    /// written to.
    pub(super) fn run(self, json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
        let mut folders = dialogs::folders(&self.path)?;
        if self.format == Format::Svg {
            folders = vec![super::only_one(&self.path)?];
        }
        let mut well = true;
        for folder in folders {
            let Some(dialog) = load(&folder, json, out)? else {
                well = false;
                continue;
            };
            let drawn = match self.format {
                Format::Mermaid => mermaid(&dialog),
                Format::Svg => svg(&dialog),
            };
            if json {
                writeln!(out, "{}", in_json(&dialog, self.format, &drawn))?;
            } else {
                out.write_all(drawn.as_bytes())?;
            }
        }
        Ok(well)
    }
}

/// The drawing, and what it was made from.
fn in_json(dialog: &Dialog, format: Format, drawn: &str) -> serde_json::Value {
    let question = |(card, question): (Card, &Question)| {
        let option = |option: &OptionDefinition| json!({"number": option.code, "key": option.key, "alert": option.severity.map(Severity::key)});
        json!({
            "key": card.key,
            "kind": question.kind.word(),
            "required": question.required,
            "text": card.text,
            "only_if": card.condition,
            "alert": card.alert.map(Severity::key),
            "options": question.kind.options().iter().map(option).collect::<Vec<_>>(),
        })
    };
    json!({
        "dialog": dialog.name,
        "hash": dialog.hash,
        "questions": cards(dialog).into_iter().zip(&dialog.questions).map(question).collect::<Vec<_>>(),
        "format": format.to_possible_value().map(|value| value.get_name().to_owned()),
        "drawing": drawn,
    })
}

/// What stands in a question's box.
struct Card {
    key: String,
    /// The kind, and whether it is required.
    kind: String,
    /// The question in the first language.
    text: String,
    /// Options, and which answers raise an alert.
    answers: Vec<(String, Option<Severity>)>,
    condition: Option<String>,
    alert: Option<Severity>,
}

/// A severity that is worth a sign: not by colour alone.
fn sign(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Red) => " ▲ red",
        Some(Severity::Orange) => " ▲ orange",
        _ => "",
    }
}

fn cards(dialog: &Dialog) -> Vec<Card> {
    let texts = dialog.languages.first().map(|first| dialog.texts_by_name(*first)).unwrap_or_default();
    let card = |question: &Question| {
        let name = format!("{}.ask", question.key);
        let optional = if question.required { "" } else { ", not required" };
        let proves = question.proof.map(|proof| format!(", proves {}", proof.in_words())).unwrap_or_default();
        let yes = question.kind.worst_alert().filter(|_| question.kind.options().is_empty());
        let options =
            question.kind.options().iter().map(|option| (format!("{} {}", option.code, option.key), option.severity));
        Card {
            key: question.key.clone(),
            kind: format!("{}{optional}{proves}", question.kind_in_words()),
            text: texts.iter().find(|(other, _)| *other == name).map(|(_, text)| text.clone()).unwrap_or_default(),
            answers: options.chain(yes.map(|alert| ("yes".to_owned(), Some(alert)))).collect(),
            condition: question.condition.as_ref().map(|condition| dialog.condition_in_words(condition)),
            alert: question.kind.worst_alert(),
        }
    };
    dialog.questions.iter().map(card).collect()
}

/// A dialog as a Mermaid flow chart: one box a question, dotted arrows where it depends on an earlier answer.
fn mermaid(dialog: &Dialog) -> String {
    let cards = cards(dialog);
    let mut out = format!("flowchart TD\n  start([\"{}\"])\n", for_mermaid(&dialog.name));
    let mut before = "start".to_owned();
    for (card, question) in cards.iter().zip(&dialog.questions) {
        // Keys are words, and some words are Mermaid's own.
        let id = format!("q-{}", card.key);
        let mut lines = vec![format!("<b>{}</b> ({})", card.key, for_mermaid(&card.kind)), for_mermaid(&card.text)];
        lines.extend(
            card.answers
                .iter()
                .filter(|(_, alert)| alert.is_some())
                .map(|(answer, alert)| format!("{}{}", for_mermaid(answer), sign(*alert))),
        );
        let class = match card.alert {
            Some(Severity::Red) => ":::red",
            Some(Severity::Orange) => ":::orange",
            _ => "",
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "  {id}[\"{}\"]{class}\n  {before} --> {id}", lines.join("<br/>"));
        if let (Some(words), Some(condition)) = (&card.condition, &question.condition) {
            let earlier = &cards[usize::from(condition.question)].key;
            let _ = writeln!(out, "  q-{earlier} -. \"only if {}\" .-> {id}", for_mermaid(words));
        }
        before = id;
    }
    let _ = writeln!(out, "  finished([\"finished\"])\n  {before} --> finished");
    out.push_str("  classDef red fill:#fdecea,stroke:#b71c1c,stroke-width:2px\n");
    out.push_str("  classDef orange fill:#fff3e0,stroke:#e65100,stroke-width:2px\n");
    out
}

/// Text inside quotation marks of Mermaid, which reads HTML there.
fn for_mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '#' => out.push_str("#35;"),
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push_str("#96;"),
            '\n' => out.push_str("<br/>"),
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

/// How wide a box is, and what stands in it, in places of a fixed-width font.
const COLUMNS: usize = 52;
/// Pixels.
const PLACE: usize = 8;
const LINE: usize = 20;
const MARGIN: usize = 16;
const LEFT: usize = 56;
const BOX: usize = COLUMNS * PLACE + 2 * MARGIN;
const GAP: usize = 36;
/// How far apart the arrows beside the column are.
const LANE: usize = 18;

/// A line in a box.
struct Line {
    text: String,
    class: &'static str,
}

/// A box with its place in the picture.
struct Placed {
    top: usize,
    height: usize,
    lines: Vec<Line>,
}

impl Placed {
    const fn bottom(&self) -> usize {
        self.top + self.height
    }

    const fn middle(&self) -> usize {
        self.top + self.height / 2
    }
}

fn place(cards: &[Card], top: usize) -> Vec<Placed> {
    let mut top = top;
    let mut placed = Vec::new();
    for card in cards {
        let mut lines =
            vec![Line { text: card.key.clone(), class: "key" }, Line { text: card.kind.clone(), class: "kind" }];
        lines.extend(wrap(&card.text, COLUMNS).into_iter().map(|text| Line { text, class: "ask" }));
        for (answer, alert) in &card.answers {
            let class = match alert {
                Some(Severity::Red) => "red",
                Some(Severity::Orange) => "orange",
                _ => "option",
            };
            lines.push(Line { text: format!("{answer}{}", sign(*alert)), class });
        }
        let height = lines.len() * LINE + MARGIN;
        placed.push(Placed { top, height, lines });
        top += height + GAP;
    }
    placed
}

/// A dialog as a picture. What leads on stands in the middle, what is left out passes on the left, what a question
/// depends on comes in from the right.
fn svg(dialog: &Dialog) -> String {
    let cards = cards(dialog);
    let boxes = place(&cards, MARGIN + LINE * 2 + GAP);
    let lanes = cards.iter().filter(|card| card.condition.is_some()).count();
    let longest = cards.iter().filter_map(|card| card.condition.as_ref()).map(|words| words.chars().count() + 10).max();
    let width = LEFT + BOX + lanes * LANE + longest.unwrap_or(0) * PLACE + 2 * MARGIN;
    let end = boxes.last().map_or(MARGIN + LINE * 2, Placed::bottom) + GAP;
    let height = end + LINE * 2 + MARGIN;
    let middle = LEFT + BOX / 2;
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n{STYLE}",
        for_xml(&dialog.name)
    );
    terminal(&mut out, middle, MARGIN, &dialog.name);
    let mut from = MARGIN + LINE * 2;
    for (card, placed) in cards.iter().zip(&boxes) {
        arrow(&mut out, &format!("M {middle} {from} V {}", placed.top), "");
        draw_box(&mut out, card, placed);
        from = placed.bottom();
    }
    arrow(&mut out, &format!("M {middle} {from} V {end}"), "");
    terminal(&mut out, middle, end, "finished");
    let conditional = cards.iter().zip(&dialog.questions).zip(&boxes).enumerate();
    let conditional = conditional.filter_map(|(index, ((card, question), placed))| {
        Some((index, card.condition.as_ref()?, question.condition.as_ref()?, placed))
    });
    for (lane, (index, words, condition, placed)) in conditional.enumerate() {
        let edge = LEFT + BOX;
        let right = edge + (lane + 1) * LANE;
        let source = boxes[usize::from(condition.question)].middle() + lane * 4;
        let target = placed.top + LINE;
        arrow(&mut out, &format!("M {edge} {source} H {right} V {target} H {edge}"), "condition");
        let label = format!("only if {words}");
        let _ =
            writeln!(out, "<text x=\"{}\" y=\"{}\" class=\"label\">{}</text>", right + 6, target + 5, for_xml(&label));
        // Otherwise it is passed by.
        let left = LEFT - LANE;
        let after = boxes.get(index + 1).map_or(end, |next| next.top) - GAP / 3;
        let before = placed.top - GAP / 2;
        let _ = writeln!(
            out,
            "<path d=\"M {middle} {before} H {left} V {after} H {middle}\" class=\"otherwise\"/>\n\
             <text x=\"{}\" y=\"{}\" class=\"label\" text-anchor=\"middle\" transform=\"rotate(-90 {} {})\">otherwise</text>",
            left - 6,
            placed.middle(),
            left - 6,
            placed.middle(),
        );
    }
    out.push_str("</svg>\n");
    out
}

const STYLE: &str = "<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0 L 10 5 L 0 10 z\" fill=\"#37474f\"/></marker>
<style>
  text { font: 14px 'Noto Sans Mono CJK JP', 'Osaka-Mono', 'MS Gothic', monospace; fill: #212121; }
  .key { font-weight: bold; } .kind, .label { fill: #546e7a; font-size: 12px; }
  .red { fill: #b71c1c; font-weight: bold; } .orange { fill: #bf360c; font-weight: bold; }
  rect { fill: #ffffff; stroke: #37474f; stroke-width: 1.5; }
  rect.box-red { fill: #fdecea; stroke: #b71c1c; stroke-width: 2.5; }
  rect.box-orange { fill: #fff3e0; stroke: #e65100; stroke-width: 2.5; }
  rect.conditional { stroke-dasharray: 6 4; }
  path.arrow { fill: none; stroke: #37474f; stroke-width: 1.5; }
  path.condition, path.otherwise { fill: none; stroke: #546e7a; stroke-width: 1.5; stroke-dasharray: 3 3; }
</style></defs>";

fn arrow(out: &mut String, path: &str, class: &str) {
    let _ = writeln!(out, "<path d=\"{path}\" class=\"arrow {class}\" marker-end=\"url(#head)\"/>");
}

/// A rounded box for the beginning and the end.
fn terminal(out: &mut String, middle: usize, top: usize, text: &str) {
    let width = (unicode_width::UnicodeWidthStr::width(text) + 4) * PLACE;
    let _ = writeln!(
        out,
        "<rect x=\"{}\" y=\"{top}\" width=\"{width}\" height=\"{}\" rx=\"{LINE}\"/>\n\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        middle.saturating_sub(width / 2),
        LINE * 2,
        top + LINE + 5,
        for_xml(text)
    );
}

fn draw_box(out: &mut String, card: &Card, placed: &Placed) {
    let alert = match card.alert {
        Some(Severity::Red) => "box-red",
        Some(Severity::Orange) => "box-orange",
        _ => "box",
    };
    let conditional = if card.condition.is_some() { " conditional" } else { "" };
    let _ = writeln!(
        out,
        "<rect x=\"{LEFT}\" y=\"{}\" width=\"{BOX}\" height=\"{}\" rx=\"4\" class=\"{alert}{conditional}\"/>",
        placed.top, placed.height
    );
    for (row, line) in (1..).zip(&placed.lines) {
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>",
            LEFT + MARGIN,
            placed.top + row * LINE,
            line.class,
            for_xml(&line.text)
        );
    }
}

/// Text inside an element: escaped, and without the characters that XML has no way to hold.
fn for_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}
