//! The types of XLSForm's rows.

/// What a row asks for.
pub(super) enum Type<'t> {
    Begin {
        repeat: bool,
    },
    End {
        repeat: bool,
    },
    Text(&'t str),
    One(&'t str),
    Several(&'t str),
    Integer,
    Decimal,
    Range,
    Words,
    /// Asked in the patient's own words, since there is no reader for it.
    Unread,
    LeftOut(&'static str),
}

pub(super) const TYPES: [&str; 24] = [
    "text",
    "integer",
    "decimal",
    "select_one",
    "select_multiple",
    "note",
    "acknowledge",
    "begin_group",
    "end_group",
    "begin_repeat",
    "end_repeat",
    "calculate",
    "date",
    "time",
    "datetime",
    "range",
    "image",
    "audio",
    "video",
    "file",
    "geopoint",
    "barcode",
    "hidden",
    "rank",
];

/// A type, and the list that it chooses from.
pub(super) fn kind(cell: &str) -> Option<Type<'_>> {
    let (first, rest) = cell.split_once(char::is_whitespace).unwrap_or((cell, ""));
    let rest = rest.trim();
    let lower = first.to_ascii_lowercase();
    let list = rest.split_whitespace().next().unwrap_or_default();
    Some(match (lower.as_str(), rest.to_ascii_lowercase().as_str()) {
        ("begin", "group") | ("begin_group", "") => Type::Begin { repeat: false },
        ("begin", "repeat") | ("begin_repeat", "") => Type::Begin { repeat: true },
        ("end", "group") | ("end_group", "") => Type::End { repeat: false },
        ("end", "repeat") | ("end_repeat", "") => Type::End { repeat: true },
        ("note" | "acknowledge" | "trigger", _) => Type::Text(first),
        ("select_one", _) => Type::One(list),
        ("select_multiple", _) => Type::Several(list),
        ("integer" | "int", _) => Type::Integer,
        ("decimal", _) => Type::Decimal,
        ("range", _) => Type::Range,
        ("text" | "string", _) => Type::Words,
        ("date" | "time" | "datetime", _) => Type::Unread,
        ("calculate" | "hidden", _) => Type::LeftOut("it is calculated, not asked"),
        (
            "start"
            | "end"
            | "today"
            | "deviceid"
            | "subscriberid"
            | "simserial"
            | "phonenumber"
            | "username"
            | "email"
            | "audit"
            | "start-geopoint"
            | "background-audio"
            | "background-geopoint",
            _,
        ) => Type::LeftOut("the form's program notes it by itself"),
        (
            "image"
            | "photo"
            | "audio"
            | "video"
            | "file"
            | "geopoint"
            | "geotrace"
            | "geoshape"
            | "barcode"
            | "rank"
            | "select_one_from_file"
            | "select_multiple_from_file"
            | "select_one_external"
            | "xml-external"
            | "csv-external",
            _,
        ) => Type::LeftOut("a text message cannot bring it"),
        _ => return None,
    })
}
