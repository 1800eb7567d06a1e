//! The dependency rule, executable: which module of the service may use which. A module without a rule fails,
//! so that a new one forces a decision.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module of `src`, and the modules of `src` that it may use. `*` means all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("changes", &[]),
    ("clock", &[]),
    ("config", &[]),
    ("telemetry", &["config"]),
    ("lifecycle", &[]),
    ("metrics", &[]),
    ("dialogs", &[]),
    ("enrol", &["clock"]),
    ("i18n", &[]),
    ("round_status", &["i18n"]),
    // Texts out: knows neither the store nor the web.
    ("gateway", &["conversation"]),
    // A provider of its own: shares no types, signing or status code with the gateway.
    ("simulator", &["clock"]),
    // The use cases: know neither HTTP nor the provider.
    ("pinned", &["dialogs"]),
    ("escalation", &["clock", "metrics"]),
    ("publish", &["dialogs", "metrics", "pinned"]),
    ("conversation", &["changes", "clock", "dialogs", "escalation", "lifecycle", "metrics", "pinned"]),
    ("scheduler", &["changes", "clock", "dialogs", "escalation", "metrics", "pinned"]),
    ("outbox", &["changes", "clock", "escalation", "gateway", "metrics"]),
    (
        "web",
        &[
            "app",
            "changes",
            "clock",
            "config",
            "conversation",
            "gateway",
            "i18n",
            "metrics",
            "round_status",
            "telemetry",
        ],
    ),
    ("app", &["*"]),
    ("demo", &["*"]),
    ("cli", &["*"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The first path segments after every `crate::`, also inside `crate::{a::X, b::Y}`.
fn used_modules(source: &str) -> BTreeSet<String> {
    let code: String = source.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let names: Vec<&str> = match after.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0_i32;
                let mut parts = Vec::new();
                let mut start = 0;
                for (at, letter) in group.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            parts.push(&group[start..at]);
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            parts.push(&group[start..at]);
                            start = at + 1;
                        }
                        _ => {}
                    }
                }
                parts
            }
            None => vec![after],
        };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                used.insert(name);
            }
        }
    }
    used
}

#[test]
fn modules_use_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut faults = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&root).expect("below src");
        let module = inside.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
        if module == "lib" || module == "main" {
            continue;
        }
        let Some((_, may)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("{}: module `{module}` has no rule in tests/it/architecture.rs", inside.display()));
            continue;
        };
        if may.contains(&"*") {
            continue;
        }
        for used in used_modules(&fs::read_to_string(&file).expect("a source file")) {
            let known = MAY_USE.iter().any(|(name, _)| *name == used);
            if known && used != module && !may.contains(&used.as_str()) {
                faults.push(format!("{}: `{module}` uses `{used}`", inside.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_store_speaks_sql() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("crates/domain/src"), &mut files);
    sources(&root.join("crates/lexicon/src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for word in ["SELECT ", "INSERT INTO", "DELETE FROM", "sqlx::"] {
            assert!(!text.contains(word), "{} contains `{word}`", file.display());
        }
    }
}

#[test]
fn the_simulator_and_the_gateway_share_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulator");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        for word in ["crate::gateway", "crate::web", "domain::message", "domain::sms"] {
            assert!(!text.contains(word), "{} uses `{word}`", file.display());
        }
    }
}
