use super::*;

const HEADER: &str =
    "her_sys_id,name,kana,birth_date,phone,language,risk_tier,place,lives_alone,observe_from,observe_until,family_of";

fn today() -> NaiveDate {
    "2026-08-03".parse().expect("valid")
}

fn parse(rows: &[&str]) -> PatientFile {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    read(text.as_bytes(), today()).expect("readable")
}

/// Problems and notices as they are shown, notices with `notice: ` in front.
fn findings(rows: &[&str]) -> Vec<String> {
    let file = parse(rows);
    let problems = file.problems.iter().map(ToString::to_string);
    problems.chain(file.notices.iter().map(|notice| format!("notice: {notice}"))).collect()
}

/// A row without a problem, by HER-SYS ID and phone.
fn row(her_sys_id: &str, phone: &str, family_of: &str) -> String {
    format!(
        "{her_sys_id},試験 太郎,シケン タロウ,1943-05-06,{phone},ja,standard,home,no,2026-08-01,2026-08-10,{family_of}"
    )
}

fn number(phone: &PhoneSource) -> Option<&str> {
    phone.in_file().map(PhoneNumber::as_e164)
}

#[test]
fn a_row_becomes_an_enrolment() {
    let file = parse(&["1234567,試験 花子,シケン ハナコ,S18.5.6,090-1234-5601,en,高,ホテル,はい,2026/8/1,2026/8/10,"]);
    assert_eq!(file.problems, []);
    assert_eq!(file.notices, []);
    let date = |text: &str| text.parse::<NaiveDate>().expect("valid");
    assert_eq!(
        file.enrolments,
        [Enrolment {
            row: 2,
            her_sys_id: "1234567".into(),
            name: "試験 花子".into(),
            kana: "シケン ハナコ".into(),
            birth_date: Some(date("1943-05-06")),
            phone: PhoneSource::Own(PhoneNumber::from_e164("+819012345601").expect("valid")),
            language: Some(Language::En),
            risk_tier: RiskTier::High,
            place: PlaceOfStay::Hotel,
            lives_alone: Some(true),
            observe_from: date("2026-08-01"),
            observe_until: date("2026-08-10"),
            onset: Onset::Unknown,
            specimen: None,
            one_text: None,
        }]
    );
}

#[test]
fn what_is_not_said_is_not_known_or_usual() {
    let file = parse(&["1234567,A,,,+12125550101,,,,,2026-08-01,2026-08-10,"]);
    let enrolment = &file.enrolments[0];
    assert_eq!((enrolment.birth_date, enrolment.language, enrolment.lives_alone), (None, None, None));
    assert_eq!((enrolment.risk_tier, enrolment.place), (RiskTier::Standard, PlaceOfStay::Home));
    assert_eq!(enrolment.kana, "");
}

#[test]
fn columns_come_in_any_order_with_unknown_ones_between() {
    let text = "Observe Until,remarks,Phone,ｎａｍｅ,OBSERVE_FROM,,her-sys-id\n2026-08-10,\"a, b\",09012345601,A,2026-08-01,,1234567\n";
    let file = read(text.as_bytes(), today()).expect("readable");
    assert_eq!(file.problems, []);
    assert_eq!(file.enrolments.len(), 1);
    assert_eq!(file.unused_columns, ["remarks"]);
}

#[test]
fn a_header_that_does_not_name_what_is_needed_is_refused() {
    for (header, expected) in [
        ("name,phone", "the first row must name the columns; missing: her_sys_id, observe_from, observe_until"),
        (
            "1234567,A,09012345601",
            "the first row must name the columns; missing: her_sys_id, name, phone, observe_from, observe_until",
        ),
        ("her_sys_id,name,phone,observe_from,observe_until,Name", "the first row names a column twice: name"),
    ] {
        let error = read(format!("{header}\n").as_bytes(), today()).expect_err(header);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_header_without_rows_enrols_nobody() {
    let file = parse(&[]);
    assert_eq!((file.rows, file.enrolments.len(), file.problems.len()), (0, 0, 0));
}

#[test]
fn everything_wrong_is_told_at_once_by_row_and_column() {
    assert_eq!(
        findings(&[
            &row("1234567", "090-1234-5601", ""),
            "12345,,,2027-01-01,03-1234-5678,jp,urgent,ship,maybe,2026-08-10,2026-08-01,x",
            ",,,,,,,,,,,",
            "7654321,A,,,,,,,,,,",
        ]),
        [
            "row 3, her_sys_id must be 6 to 8 digits and nothing else",
            "row 3, name is empty: staff call the patient by it",
            "row 3, phone cannot receive texts: only mobile numbers can (in Japan 060, 070, 080, 090)",
            "row 3, language must be one of ja, ja-easy, en, zh-Hans, zh-Hant, ko, vi, ne, tl, hi",
            "row 3, risk_tier must be high, standard or low (高, 標準, 低)",
            "row 3, place must be home, hotel, facility or hospital (自宅, ホテル, 施設, 病院)",
            "row 3, lives_alone must be yes or no, or empty if it is not known",
            "row 3, family_of must be 6 to 8 digits and nothing else",
            "row 3, birth_date is in the future",
            "row 3, observe_until is before observe_from: exchange them, or check the year",
            "row 5, observe_from is empty: the first and the last day of observation must be known",
            "row 5, observe_until is empty: the first and the last day of observation must be known",
            "row 5, phone is empty: give the number, or in family_of the HER-SYS ID of whose phone it is",
        ]
    );
}

#[test]
fn shifted_rows_and_odd_dates_are_noticed() {
    assert_eq!(
        findings(&[
            "1234561,A,,,09012345601,,,,,2026-08-01,2026-08-10,,x",
            "1234562,A,,,09012345601,,,,,2026-08-01,2026-08-10,,,",
            "1234563,A,,1890-01-01,09012345601,,,,,2026-08-01,2026-08-10",
            "1234564,A,,,09012345601,,,,,2026-08-01,2027-08-10,",
            "1234565,A,,,09012345601,,,,,2026-07-01,2026-07-10,",
            "\"12345\n66\",A,,,09012345601,,,,,2026-08-01,2026-08-10,",
        ]),
        [
            "row 2 has more cells than there are columns: put cells with a comma in quotation marks",
            "row 4, birth_date is more than 130 years ago: check the year",
            "row 7, her_sys_id must be 6 to 8 digits and nothing else",
            "notice: row 5, observe_until is more than 60 days after observe_from: check the year",
            "notice: row 6, observe_until is in the past: this patient will not be asked",
        ]
    );
}

#[test]
fn the_same_identifier_twice_is_refused_in_every_row() {
    let file = parse(&[
        &row("1234567", "09012345601", ""),
        &row("7654321", "09012345602", ""),
        &row("１２３４５６７", "09012345603", ""),
        &row("1234567", "09012345604", ""),
    ]);
    let problems: Vec<_> = file.problems.iter().map(ToString::to_string).collect();
    let expected = |row| format!("row {row}, her_sys_id is the same in rows 2, 4, 5: every patient has one row");
    assert_eq!(problems, [expected(2), expected(4), expected(5)]);
    assert_eq!(file.enrolments.iter().map(|enrolment| enrolment.row).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_family_shares_the_phone_of_one_row_before_or_after() {
    let file = parse(&[
        &row("1234561", "", "1234562"),
        &row("1234562", "090-1234-5601", ""),
        &row("1234563", "", "1234561"),
        &row("1234564", "", "7654321"),
        &row("1234565", "", "1234564"),
    ]);
    assert_eq!(file.problems, []);
    let phones: Vec<_> = file.enrolments.iter().map(|enrolment| number(&enrolment.phone)).collect();
    let shared = Some("+819012345601");
    assert_eq!(phones, [shared, shared, shared, None, None]);
    // Who is not in the file may be enrolled already; a chain ends with them.
    for enrolment in &file.enrolments[3..] {
        assert!(matches!(&enrolment.phone, PhoneSource::Family { her_sys_id, .. } if her_sys_id == "7654321"));
    }
}

#[test]
fn a_family_without_a_phone_is_refused() {
    assert_eq!(
        findings(&[
            &row("1234561", "", "1234562"),
            &row("1234562", "", "1234561"),
            &row("1234563", "", "1234563"),
            &row("1234564", "", "1234565"),
            &row("1234565", "03-1234-5678", ""),
            &row("1234566", "", "1234564"),
        ]),
        [
            "row 2, family_of leads in a circle: one row of the family must have a phone number",
            "row 3, family_of leads in a circle: one row of the family must have a phone number",
            "row 4, family_of is the patient's own HER-SYS ID: it must be that of the family member",
            "row 5, family_of leads to row 6, which has a problem itself",
            "row 6, phone cannot receive texts: only mobile numbers can (in Japan 060, 070, 080, 090)",
            "row 7, family_of leads to row 6, which has a problem itself",
        ]
    );
}

#[test]
fn what_would_be_ignored_is_noticed() {
    assert_eq!(
        findings(&[
            &row("1234561", "09012345601", ""),
            &row("1234562", "09012345602", "1234561"),
            &row("1234563", "09012345601", "").replace(",ja,", ",en,"),
        ]),
        [
            "notice: row 3, family_of is not used, since the row has a phone number of its own",
            "notice: row 4, language is not that of row 2, which has the same phone: ja is used",
        ]
    );
}

/// P15: whatever stands in a cell, it is in no message and no `Debug` output.
#[test]
fn no_cell_is_repeated_in_a_message() {
    let secret = "Zx9secret";
    for column in 0..12 {
        let good = row("1234567", "09012345601", "");
        let mut cells: Vec<&str> = good.split(',').collect();
        let long = format!("{secret}\u{7}{}", "x".repeat(100));
        cells[column] = &long;
        let file = parse(&[&cells.join(",")]);
        assert!(!file.problems.is_empty(), "column {column}");
        assert!(!format!("{file:?}").contains(secret), "column {column}: {:?}", file.problems);
    }
    let debug = format!("{:?}", parse(&[&row("1234567", "09012345601", "")]).enrolments);
    assert_eq!(debug, "[Enrolment { row: 2, .. }]");
}
