//! FHIR R4 Questionnaires: a dialog as one ([`export`]), and somebody else's as a dialog ([`import`]).
//!
//! What both can say is carried over: the questions in their order, in all languages, with their kinds, ranges, units,
//! options, conditions and codes. What a text message needs and a form does not (how a reply is asked for again, what
//! is said at a warning sign, segments) has no place in a Questionnaire, and what a form can say and a text message
//! cannot (groups, pictures, formulas) has none here: both are listed. Item texts of our own are complete text
//! messages; a tag says so, and they come back as they were.

mod element;
mod kinds;
mod options;
mod read;
mod resource;
#[cfg(test)]
mod tests;
mod write;

pub(super) use kinds::digits;
pub use read::import;
pub use resource::Questionnaire;
pub use write::export;

/// Extensions and code systems, by their addresses.
mod url {
    pub(super) const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
    pub(super) const MIN_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
    pub(super) const MAX_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
    pub(super) const MAX_DECIMAL_PLACES: &str = "http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces";
    pub(super) const MIN_LENGTH: &str = "http://hl7.org/fhir/StructureDefinition/minLength";
    pub(super) const REGEX: &str = "http://hl7.org/fhir/StructureDefinition/regex";
    pub(super) const UNIT: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit";
    pub(super) const OPTION_PREFIX: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionPrefix";
    pub(super) const OPTION_EXCLUSIVE: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive";
    pub(super) const HIDDEN: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-hidden";
    pub(super) const CALCULATED: &str =
        "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression";

    pub(super) const LOINC: &str = "http://loinc.org";
    pub(super) const UCUM: &str = "http://unitsofmeasure.org";
    /// Yes, no, and more: HL7's "Expanded yes/no indicator".
    pub(super) const YES_NO: &str = "http://terminology.hl7.org/CodeSystem/v2-0532";
    /// What a question is about, in the words of our lexicon.
    pub(super) const ABOUT: &str = "urn:mimamori:about";
    /// The options of a question; its key follows.
    pub(super) const OPTIONS: &str = "urn:mimamori:options:";
    /// What the tag of a questionnaire of ours says.
    pub(super) const TAG: &str = "urn:mimamori:questionnaire";
}

/// The code of the tag: item texts are complete text messages.
const TEXTS_AS_SENT: &str = "texts-as-sent";

/// Body temperature, and by which codes of LOINC it is known besides: oral, rectal, axillary, tympanic, skin.
const TEMPERATURE_CODES: [&str; 6] = ["8310-5", "8331-1", "8332-9", "8328-7", "8333-7", "39106-0"];
/// Oxygen saturation: arterial, which R4's vital signs ask for, and by pulse oximetry.
const OXYGEN_CODES: [&str; 3] = ["2708-6", "59408-5", "20564-1"];
