//! `mimamori dialog cost`: what a full morning costs, for each language and price table. How many texts a morning
//! takes is the core's business.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use domain::dialog::cost::{Morning, Tally, mornings};
use domain::dialog::definition::Dialog;
use domain::dialog::engine::{Context, Known};
use domain::language::Language;
use serde::Deserialize;
use serde_json::json;

use super::table::{self, Side};
use super::{load, only_one};

/// Prices that are known without being asked for.
const KNOWN: &str = include_str!("prices.toml");

/// The arguments of `dialog cost`.
#[derive(Debug, Clone, Args)]
pub struct CostArgs {
    /// A dialog's folder
    #[arg(default_value = "dialogs/daily")]
    pub path: PathBuf,
    /// Only this language; may be given several times
    #[arg(long)]
    pub lang: Vec<Language>,
    /// A file of price tables: what a segment costs whom (see dialogs/README.md)
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// What a segment costs whoever sends it, in place of price tables
    #[arg(long, conflicts_with = "prices", requires = "currency")]
    pub price: Option<Price>,
    /// What a segment costs the patient who sends it, if that is not the center's price
    #[arg(long, conflicts_with = "prices", requires = "currency")]
    pub reply_price: Option<Price>,
    /// The currency of --price and --reply-price, such as JPY
    #[arg(long)]
    pub currency: Option<String>,
    /// The center's name, which stands in the first text
    #[arg(long, default_value = "江東区保健所")]
    pub center: String,
    /// The label of a patient on a shared phone, such as A(80)
    #[arg(long)]
    pub label: Option<String>,
}

/// What a segment costs, in units of the currency. Not negative.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Price(f64);

impl TryFrom<f64> for Price {
    type Error = &'static str;

    fn try_from(price: f64) -> Result<Self, Self::Error> {
        if price.is_finite() && price >= 0.0 { Ok(Self(price)) } else { Err("a price is a number, 0 or more") }
    }
}

impl std::str::FromStr for Price {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<f64>().map_err(|_| "a price is a number, such as 3.3")?.try_into()
    }
}

impl Price {
    /// For so many segments, to the ten-thousandth: prices are given with up to four digits, and sums of binary
    /// fractions would show more.
    fn of(self, segments: usize) -> f64 {
        // More segments than 2^32 are no morning.
        (self.0 * f64::from(u32::try_from(segments).unwrap_or(u32::MAX)) * 10_000.0).round() / 10_000.0
    }
}

/// What texts cost somewhere, with somebody. What is not known is not counted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceTable {
    currency: String,
    /// The center, for a segment that it sends.
    send: Option<Price>,
    /// The center, for a segment that comes in.
    receive: Option<Price>,
    /// The patient, for a segment that they send.
    reply: Option<Price>,
}

impl PriceTable {
    /// What the center pays for a morning; `None` when nothing of it is known.
    fn center_pays(&self, morning: &Morning) -> Option<f64> {
        let of = |price: Option<Price>, tally: Tally| price.map(|price| price.of(tally.segments));
        match (of(self.send, morning.sent), of(self.receive, morning.replies)) {
            (None, None) => None,
            (sent, received) => Some(sent.unwrap_or(0.0) + received.unwrap_or(0.0)),
        }
    }

    /// What the patient pays for a morning.
    fn patient_pays(&self, morning: &Morning) -> Option<f64> {
        self.reply.map(|price| price.of(morning.replies.segments))
    }
}

/// The known price tables, or those of a file.
///
/// # Errors
/// When the file cannot be read, or is not of this form.
fn price_tables(file: Option<&Path>) -> anyhow::Result<BTreeMap<String, PriceTable>> {
    let Some(path) = file else { return Ok(toml::from_str(KNOWN)?) };
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let tables: BTreeMap<String, PriceTable> =
        toml::from_str(text).with_context(|| format!("{} is no file of prices", path.display()))?;
    ensure!(!tables.is_empty(), "{}: there is no price table: begin one with a line [NAME]", path.display());
    Ok(tables)
}

/// What a reply costs a patient in Japan, in yen, as far as that is known in general.
///
/// # Errors
/// When the prices in the program cannot be read.
pub(super) fn price_of_a_reply() -> anyhow::Result<String> {
    let tables = price_tables(None)?;
    let price = tables.get("japan").and_then(|table| table.reply).context("the price of a reply in Japan")?;
    Ok(price.0.to_string())
}

impl CostArgs {
    /// Counts the mornings and what they cost.
    ///
    /// # Errors
    /// When the path holds no dialog or cannot be read, when the dialog does not have a language, when plain answers
    /// do not lead to its end, when prices cannot be read, and when `out` cannot be written to.
    pub(super) fn run(self, json: bool, out: &mut dyn Write) -> anyhow::Result<bool> {
        let tables = match (&self.currency, self.price, self.reply_price) {
            (Some(currency), Some(_), _) | (Some(currency), _, Some(_)) => {
                let reply = self.reply_price.or(self.price);
                let table = PriceTable { currency: currency.clone(), send: self.price, receive: None, reply };
                BTreeMap::from([("given".to_owned(), table)])
            }
            (Some(_), None, None) => anyhow::bail!("--currency says nothing without --price or --reply-price"),
            (None, _, _) => price_tables(self.prices.as_deref())?,
        };
        let Some(dialog) = load(&only_one(&self.path)?, json, out)? else { return Ok(false) };
        let languages = if self.lang.is_empty() { dialog.languages.clone() } else { self.lang.clone() };
        let mut counted = Vec::new();
        for language in languages {
            ensure!(dialog.languages.contains(&language), "the dialog `{}` has no texts in `{language}`", dialog.name);
            counted.extend(self.mornings(&dialog, language)?.into_iter().map(|morning| (language, morning)));
        }
        for (name, table) in &tables {
            if json {
                for (language, morning) in &counted {
                    writeln!(out, "{}", in_json(&dialog, *language, morning, name, table))?;
                }
            } else {
                writeln!(out, "{}, prices of `{name}` in {}", dialog.name, table.currency)?;
                show(&counted, table, out)?;
            }
        }
        Ok(true)
    }

    fn mornings(&self, dialog: &Dialog, language: Language) -> anyhow::Result<Vec<Morning>> {
        let context = Context {
            language,
            center: &self.center,
            deadline: "8:30",
            night_line: None,
            attended: true,
            late: false,
            label: self.label.as_deref(),
            known: Known::default(),
        };
        Ok(mornings(dialog, &context)?)
    }
}

fn in_json(
    dialog: &Dialog,
    language: Language,
    morning: &Morning,
    prices: &str,
    table: &PriceTable,
) -> serde_json::Value {
    json!({
        "dialog": dialog.name,
        "language": language,
        "morning": morning.kind,
        "sent": morning.sent,
        "replies": morning.replies,
        "prices": prices,
        "currency": table.currency,
        "center_pays": table.center_pays(morning),
        "patient_pays": table.patient_pays(morning),
    })
}

fn show(counted: &[(Language, Morning)], table: &PriceTable, out: &mut dyn Write) -> anyhow::Result<()> {
    let head = [
        ("language", Side::Left),
        ("morning", Side::Left),
        ("sent", Side::Right),
        ("segments", Side::Right),
        ("center pays", Side::Right),
        ("replies", Side::Right),
        ("segments", Side::Right),
        ("patient pays", Side::Right),
    ];
    let money = |price: Option<f64>| price.map_or_else(|| "not known".to_owned(), |price| format!("{price:.2}"));
    let rows = counted.iter().map(|(language, morning)| {
        [
            language.tag().to_owned(),
            morning.kind.key().to_owned(),
            morning.sent.texts.to_string(),
            morning.sent.segments.to_string(),
            money(table.center_pays(morning)),
            morning.replies.texts.to_string(),
            morning.replies.segments.to_string(),
            money(table.patient_pays(morning)),
        ]
    });
    table::write(out, head, rows)?;
    Ok(())
}
