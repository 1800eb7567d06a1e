#!/usr/bin/env python3
"""Writes ward.xlsx, a made-up health survey as XLSForm, and far.xlsx, one with a cell in the last corner of its sheet,
with a program of others (PyPI's openpyxl), so that what the importer reads was not written by us.
Usage: tests/data/forms/make.py FOLDER"""

import datetime
import sys
from pathlib import Path

from openpyxl import Workbook

SURVEY = [
    ["type", "name", "label::English (en)", "label::日本語 (ja)", "label::Français (fr)", "hint::English (en)",
     "hint::日本語 (ja)", "required", "relevant", "constraint", "constraint_message::English (en)", "appearance",
     "calculation", "parameters"],
    ["start", "start"],
    ["note", "hello", "This is the daily check of our ward.", "病棟の毎日の確認です。", "Bonjour"],
    ["begin group", "vitals", "Vital signs", "測る項目"],
    ["decimal", "body_temp", "Body temperature today, in Celsius?", "今日の体温は何度ですか。", "Température ?",
     "Such as 36.5", "36.5のように", "yes", None, ". >= 34 and . <= 42"],
    ["integer", "spo2", "Oxygen level (SpO2)?", "酸素の値は?", None, None, None, "yes", None, ". >= 50 and . <= 100"],
    ["integer", "pulse", "Pulse, beats a minute?", "1分間の脈拍は?", None, None, None, "no", None,
     ". > 29 and . < 221", "From 30 to 220, please."],
    ["end group"],
    ["select_one yes_no", "harder", "Is it harder to breathe than yesterday?", "きのうより息が苦しいですか。", None,
     None, None, "yes"],
    ["select_one how", "how_hard", "How much harder?", "どのくらい苦しいですか。", None, None, None, None,
     "${harder} = 'yes'", None, None, "minimal"],
    ["select_multiple symptoms", "symptoms", "Which of these do you have?", "当てはまるものは?", None, None, None, "yes"],
    ["range", "pain", "Pain from 0 (none) to 10?", "痛みは0から10で?", None, None, None, None, None, None, None, None, None,
     "start=0 end=10 step=1"],
    ["text", "number", "The number on your card (7 digits)?", "カードの番号7桁は?", None, None, None, None, None,
     "regex(., '^[0-9]{7}$')"],
    ["date", "since", "Since when are you ill?", "いつからですか。"],
    ["text", "warm_or_low", "Have you told a doctor?", "医師に話しましたか。", None, None, None, None,
     "${body_temp} > 38.5 or ${spo2} < 94"],
    ["calculate", "sum", None, None, None, None, None, None, None, None, None, None, "${pulse} + 1"],
    ["image", "photo", "A photo of the thermometer", "体温計の写真"],
    ["begin repeat", "people", "People in your home", "同居の人"],
    ["text", "who", "Who?", "だれですか。"],
    ["end repeat"],
    ["acknowledge", "thanks", "Thank you.", "ありがとうございました。"],
]
CHOICES = [
    ["list_name", "name", "label::English (en)", "label::日本語 (ja)", "label::Français (fr)"],
    ["yes_no", "yes", "Yes", "はい", "Oui"],
    ["yes_no", "no", "No", "いいえ", "Non"],
    ["yes_no", "dont_know", "Don't know", "わからない", "Ne sait pas"],
    ["how", 1, "A little", "少し"],
    ["how", 2, "A lot", "とても"],
    ["symptoms", "none", "None of these", "なし"],
    ["symptoms", "cough", "Cough", "せき"],
    ["symptoms", "runny_nose", "Runny nose", "鼻水"],
    ["symptoms", "cannot_eat", "Cannot eat", "食べられない"],
]
SETTINGS = [["form_title", "form_id", "version", "default_language"], ["Ward check", "ward", 1, "English (en)"]]



def write(path, sheets, far=False):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if far:
        book["survey"].cell(row=1048576, column=16384, value="x")
    book.properties.creator = "mimamori"
    book.properties.created = book.properties.modified = datetime.datetime(2026, 1, 1)
    book.save(path)


folder = Path(sys.argv[1])
write(folder / "ward.xlsx", [("survey", SURVEY), ("choices", CHOICES), ("settings", SETTINGS)])
write(folder / "far.xlsx", [("survey", SURVEY[:4])], far=True)
