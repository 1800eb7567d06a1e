//! The formulas of XLSForms, as far as a dialog can say them: conditions on earlier answers that must all hold, and
//! ranges. A formula that says more is refused, with the reason.

/// A part of a formula; all parts must hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// `${question} = 'value'`, `selected(${question}, 'value')`.
    Is { question: String, value: String },
    /// `${question} != ''`.
    Answered { question: String },
    /// `. >= 5`: the least answer, and whether it is itself one.
    Least { bound: f64, included: bool },
    /// `. <= 5`.
    Most { bound: f64, included: bool },
    /// `regex(., 'pattern')`.
    Pattern(String),
}

/// Deeper formulas are no formulas that anybody wrote.
const DEEPEST: usize = 32;

/// Reads a formula.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let parts = parser.all()?;
    match parser.next() {
        None => Ok(parts),
        Some(Token::Word(word)) if word == "or" => Err(EITHER.to_owned()),
        Some(token) => Err(format!("{} cannot be said here", token.shown())),
    }
}

const EITHER: &str = "`or` cannot be said: a question depends on one answer";

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// `${name}`.
    Question(String),
    /// `.`.
    Answer,
    Text(String),
    Number(f64),
    /// A name of a function, `and`, `or`.
    Word(String),
    /// An operator or punctuation.
    Mark(&'static str),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Question(name) => format!("`${{{name}}}`"),
            Self::Answer => "`.`".to_owned(),
            Self::Text(text) => format!("`'{text}'`"),
            Self::Number(number) => format!("`{number}`"),
            Self::Word(word) => format!("`{word}`"),
            Self::Mark(mark) => format!("`{mark}`"),
        }
    }
}

const MARKS: [&str; 15] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ",", "+", "*", "-", "|", "/", ":"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = |count: usize| rest.get(count..).unwrap_or_default();
        let token;
        if let Some(inside) = rest.strip_prefix("${") {
            let (name, behind) = inside.split_once('}').ok_or("a `${` without its `}`")?;
            token = Token::Question(name.trim().to_owned());
            rest = behind;
        } else if matches!(first, '\'' | '"' | '‘' | '’' | '“' | '”') {
            // Spreadsheets make quotation marks curly by themselves.
            let closing: &[char] = match first {
                '\'' => &['\''],
                '"' => &['"'],
                '‘' | '’' => &['‘', '’'],
                _ => &['“', '”'],
            };
            let inside = after(first.len_utf8());
            let end = inside.find(closing).ok_or("a quotation mark without its partner")?;
            token = Token::Text(inside.get(..end).unwrap_or_default().to_owned());
            rest = inside
                .get(end..)
                .and_then(|rest| rest.split_at_checked(rest.chars().next()?.len_utf8()))
                .map_or("", |(_, rest)| rest);
        } else if first.is_ascii_digit() || (first == '.' && after(1).starts_with(|next: char| next.is_ascii_digit())) {
            let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
            let number = rest.get(..end).unwrap_or_default();
            token = Token::Number(number.parse().map_err(|_| format!("`{number}` is no number"))?);
            rest = after(end);
        } else if first == '.' {
            token = Token::Answer;
            rest = after(1);
        } else if first.is_alphabetic() || first == '_' {
            let end =
                rest.find(|letter: char| !letter.is_alphanumeric() && !"_-.".contains(letter)).unwrap_or(rest.len());
            token = Token::Word(rest.get(..end).unwrap_or_default().to_ascii_lowercase());
            rest = after(end);
        } else if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            token = Token::Mark(mark);
            rest = after(mark.len());
        } else {
            return Err(format!("`{first}` is no part of a formula"));
        }
        found.push(token);
        rest = rest.trim_start();
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// One side of a comparison.
enum Side {
    Question(String),
    Answer,
    Text(String),
    Number(f64),
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn is_next(&self, mark: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Mark(next)) if *next == mark)
    }

    fn expect(&mut self, mark: &'static str) -> Result<(), String> {
        if self.is_next(mark) {
            self.at += 1;
            return Ok(());
        }
        Err(format!("a `{mark}` is missing"))
    }

    /// Parts with `and` between.
    fn all(&mut self) -> Result<Vec<Part>, String> {
        let mut parts = self.one()?;
        while matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == "and") {
            self.at += 1;
            parts.extend(self.one()?);
        }
        Ok(parts)
    }

    fn one(&mut self) -> Result<Vec<Part>, String> {
        if self.is_next("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("too many brackets".to_owned());
            }
            self.at += 1;
            let parts = self.all()?;
            if matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == "or") {
                return Err(EITHER.to_owned());
            }
            self.expect(")")?;
            self.depth -= 1;
            return Ok(parts);
        }
        if let Some(Token::Word(word)) = self.tokens.get(self.at).cloned() {
            self.at += 1;
            return self.call(&word);
        }
        let left = self.side()?;
        let Some(Token::Mark(operator)) = self.next() else { return Err("a comparison is missing".to_owned()) };
        let right = self.side()?;
        compare(left, operator, right).map(|part| vec![part])
    }

    fn call(&mut self, word: &str) -> Result<Vec<Part>, String> {
        let unknown = || Err(format!("`{word}` cannot be said here"));
        self.expect("(").or_else(|_| unknown().map(|_: Vec<Part>| ()))?;
        match word {
            "true" => {
                self.expect(")")?;
                Ok(Vec::new())
            }
            "selected" => {
                let question = self.side()?;
                self.expect(",")?;
                let value = self.side()?;
                self.expect(")")?;
                compare(question, "=", value).map(|part| vec![part])
            }
            "regex" => {
                let Side::Answer = self.side()? else { return unknown() };
                self.expect(",")?;
                let Side::Text(pattern) = self.side()? else { return unknown() };
                self.expect(")")?;
                Ok(vec![Part::Pattern(pattern)])
            }
            _ => unknown(),
        }
    }

    fn side(&mut self) -> Result<Side, String> {
        Ok(match self.next() {
            Some(Token::Question(name)) => Side::Question(name),
            Some(Token::Answer) => Side::Answer,
            Some(Token::Text(text)) => Side::Text(text),
            Some(Token::Number(number)) => Side::Number(number),
            Some(Token::Mark("-")) => match self.next() {
                Some(Token::Number(number)) => Side::Number(-number),
                _ => return Err("a calculation cannot be said here".to_owned()),
            },
            Some(token) => return Err(format!("{} cannot be said here", token.shown())),
            None => return Err("the formula ends too early".to_owned()),
        })
    }
}

fn compare(left: Side, operator: &str, right: Side) -> Result<Part, String> {
    let cannot = |what: &str| Err(format!("{what} cannot be said here"));
    match (left, operator, right) {
        (Side::Question(question), "=", Side::Text(value)) => Ok(Part::Is { question, value }),
        (Side::Question(question), "=", Side::Number(value)) => Ok(Part::Is { question, value: value.to_string() }),
        (Side::Question(question), "!=", Side::Text(value)) if value.is_empty() => Ok(Part::Answered { question }),
        (Side::Answer, ">=", Side::Number(bound)) => Ok(Part::Least { bound, included: true }),
        (Side::Answer, ">", Side::Number(bound)) => Ok(Part::Least { bound, included: false }),
        (Side::Answer, "<=", Side::Number(bound)) => Ok(Part::Most { bound, included: true }),
        (Side::Answer, "<", Side::Number(bound)) => Ok(Part::Most { bound, included: false }),
        (Side::Question(_), "=", Side::Question(_)) => cannot("comparing two answers"),
        (Side::Question(_), "!=", _) => cannot("`!=`"),
        (Side::Question(_), "<" | "<=" | ">" | ">=", _) => cannot("a condition on how large an answer is"),
        // The other way round.
        (left @ (Side::Text(_) | Side::Number(_)), operator, right @ (Side::Question(_) | Side::Answer)) => {
            let turned = match operator {
                "<" => ">",
                "<=" => ">=",
                ">" => "<",
                ">=" => "<=",
                same => same,
            };
            compare(right, turned, left)
        }
        (_, operator, _) => Err(format!("this use of `{operator}` cannot be said here")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is(question: &str, value: &str) -> Part {
        Part::Is { question: question.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn conditions_and_ranges_are_read() {
        let (yes, b) = (is("cough", "yes"), is("b", "2"));
        for (formula, parts) in [
            ("${cough} = 'yes'", vec![yes.clone()]),
            ("  ${ cough }=“yes” ", vec![yes.clone()]),
            ("\"yes\" = ${cough}", vec![yes.clone()]),
            ("selected(${cough}, 'yes')", vec![yes.clone()]),
            ("(${cough} = 'yes') and (selected(${b},'2'))", vec![yes.clone(), b.clone()]),
            ("${cough} = 'yes' AND ${b} = 2", vec![yes, b]),
            ("${b} != ''", vec![Part::Answered { question: "b".to_owned() }]),
            ("true()", vec![]),
            (
                ". >= 0 and . < 120.5",
                vec![Part::Least { bound: 0.0, included: true }, Part::Most { bound: 120.5, included: false }],
            ),
            ("-5 < .", vec![Part::Least { bound: -5.0, included: false }]),
            ("regex(., '^[0-9]{7}$')", vec![Part::Pattern("^[0-9]{7}$".to_owned())]),
        ] {
            assert_eq!(parse(formula), Ok(parts), "{formula}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused_with_the_reason() {
        for (formula, reason) in [
            ("${a} = 'x' or ${b} = 'y'", "`or`"),
            ("(${a} = 'x' or ${b} = 'y') and ${c} = 'z'", "`or`"),
            ("not(${a} = 'x')", "`not`"),
            ("${a} > 37.5", "how large"),
            ("${a} != 'x'", "`!=`"),
            ("${a} = ${b}", "two answers"),
            ("${a} + 1 = 2", "`+`"),
            ("count-selected(${a}) = 2", "`count-selected`"),
            ("today() > .", "`today`"),
            ("${a", "`${`"),
            ("${a} = 'x", "quotation mark"),
            ("${a} =", "too early"),
            ("", "too early"),
            ("a ; b", "`;`"),
            ("1.2.3 = .", "no number"),
            (&"(".repeat(100_000), "brackets"),
        ] {
            let found = parse(formula).expect_err(formula);
            assert!(found.contains(reason), "{reason} is missing in {found}");
        }
    }

    proptest! {
        #[test]
        fn no_formula_makes_the_reader_fail(formula in "\\PC{0,40}|[${}a-z'.=<>()and or,0-9 ]{0,40}") {
            let _ = parse(&formula);
        }
    }
}
