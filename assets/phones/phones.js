// The phones page: reads the simulator's lists, shows the chosen phones, and follows its events.
// Every text is set as text, never as markup.

const $ = (id) => document.getElementById(id);
const SHOWN_KEY = "mimamori.phones.shown";

/** All phones by id: what the simulator says, and the page's own view of it while shown. */
const phones = new Map();
let senders = [];
/** Phone ids in the order in which they stand side by side. */
let shown = JSON.parse(localStorage.getItem(SHOWN_KEY) ?? "[]");

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `${document.body.dataset.failed} (${response.status})`);
  return answer;
}

// ---- the list of phones

/** What a phone is called in the page's language; nothing if it has only its number. */
const titleOf = (phone) => phone.title?.[document.documentElement.lang] ?? "";

function matches(phone, wanted) {
  const digits = wanted.replace(/[^0-9]/g, "");
  return titleOf(phone).toLowerCase().includes(wanted) || phone.number.includes(wanted)
    || (digits !== "" && phone.number.includes(digits));
}

function drawList() {
  const wanted = $("search").value.trim().toLowerCase();
  const found = [...phones.values()].filter((phone) => wanted === "" || matches(phone, wanted));
  // A focused entry keeps the focus through a redraw.
  const focused = document.activeElement?.closest?.("#list button")?.dataset.id;
  $("list").replaceChildren(...found.map((phone) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.id = phone.id;
    button.setAttribute("aria-pressed", String(shown.includes(phone.id)));
    if (phone.unread) button.dataset.new = "";
    const title = document.createElement("span");
    title.textContent = titleOf(phone) || phone.number;
    const number = document.createElement("small");
    number.textContent = titleOf(phone) ? phone.number : "";
    button.append(title, number);
    button.addEventListener("click", () => toggle(phone.id));
    item.append(button);
    return item;
  }));
  if (focused !== undefined) $("list").querySelector(`button[data-id="${focused}"]`)?.focus();
  $("nothing").hidden = found.length > 0;
}

function toggle(id) {
  shown = shown.includes(id) ? shown.filter((other) => other !== id) : [...shown, id];
  localStorage.setItem(SHOWN_KEY, JSON.stringify(shown));
  drawPhones();
  drawList();
}

// ---- the phones themselves

function drawPhones() {
  for (const phone of phones.values()) {
    if (phone.element && !shown.includes(phone.id)) {
      phone.element.remove();
      phone.element = undefined;
    }
  }
  for (const id of shown) {
    const phone = phones.get(id);
    if (!phone) continue;
    if (!phone.element) {
      phone.element = build(phone);
      $("phones").append(phone.element);
      load(phone);
    }
    phone.unread = false;
    dress(phone);
  }
  $("pick").hidden = shown.some((id) => phones.has(id));
}

/** What can change about a phone besides its texts. */
function dress(phone) {
  const element = phone.element;
  if (!element) return;
  element.querySelector("h3").textContent = titleOf(phone) || phone.number;
  element.querySelector(".number").textContent = titleOf(phone) ? phone.number : "";
  element.querySelector(".switch").hidden = !phone.has_persona;
  element.querySelector(".answers").checked = phone.answering;
}

function build(phone) {
  const element = $("phone-template").content.cloneNode(true).firstElementChild;
  const heading = element.querySelector("h3");
  heading.id = `phone-${phone.id}`;
  element.setAttribute("aria-labelledby", heading.id);
  element.querySelector(".away").addEventListener("click", () => {
    toggle(phone.id);
    $("list").querySelector(`button[data-id="${phone.id}"]`)?.focus();
  });
  const answers = element.querySelector(".answers");
  answers.addEventListener("change", () => {
    ask(`/phones/${phone.id}/answering`, { answering: answers.checked }).catch(() => dress(phone));
  });
  const select = element.querySelector("select");
  select.append(...senders.map((number) => new Option(number, number)));
  select.closest("label").hidden = senders.length < 2;
  const form = element.querySelector("form");
  const text = element.querySelector("textarea");
  const error = form.querySelector(".error");
  text.addEventListener("keydown", (event) => {
    // Enter sends, as on a phone; while a Japanese word is being converted it belongs to the keyboard.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    const body = text.value;
    text.value = "";
    try {
      await ask(`/phones/${phone.id}/texts`, { body, to: senders.length > 1 ? select.value : null });
    } catch (problem) {
      text.value = body;
      error.textContent = problem.message;
    }
    text.focus();
  });
  return element;
}

async function load(phone) {
  const { messages } = await ask(`/phones/${phone.id}`);
  if (!phone.element) return;
  phone.messages = new Map(messages.map((message) => [message.sid, message]));
  drawScreen(phone);
}

function drawScreen(phone, fresh) {
  const screen = phone.element.querySelector(".screen");
  const empty = screen.querySelector(".empty");
  screen.replaceChildren(empty);
  empty.hidden = phone.messages.size > 0;
  let day = "";
  for (const message of phone.messages.values()) {
    if (message.day !== day) {
      day = message.day;
      const line = document.createElement("p");
      line.className = "day";
      line.textContent = day;
      screen.append(line);
    }
    screen.append(bubble(message, message.sid === fresh));
  }
  screen.scrollTop = screen.scrollHeight;
  const last = [...phone.messages.values()].at(-1);
  const select = phone.element.querySelector("select");
  if (last && senders.includes(last.other)) select.value = last.other;
}

function bubble(message, fresh) {
  const words = document.body.dataset;
  const element = document.createElement("div");
  const bad = ["undelivered", "failed", "canceled"].includes(message.status);
  element.className = ["bubble", message.mine && "mine", bad && "bad", fresh && "fresh"].filter(Boolean).join(" ");
  const text = document.createElement("p");
  text.textContent = message.body;
  const state = document.createElement("small");
  const status = words[`status${message.status[0].toUpperCase()}${message.status.slice(1)}`] ?? message.status;
  state.textContent = [
    message.time,
    message.error ? `${status} (${message.error})` : status,
    `${message.segments}${message.segments === 1 ? words.segment : words.segments}`,
  ].join(" · ");
  element.append(text, state);
  return element;
}

// ---- warnings

let alerts = 0;

function addAlert(alert) {
  alerts += 1;
  $("alert-count").textContent = alerts;
  $("no-alerts").hidden = true;
  const item = document.createElement("li");
  item.textContent = `${alert.code}: ${alert.explanation}`;
  $("alert-list").prepend(item);
}

// ---- the clock

const clockUrl = document.body.dataset.clockUrl;
let moving = false;

async function readClock() {
  if (!clockUrl || moving) return;
  showClock(await ask(clockUrl));
}

/** Somebody may have moved the clock on another page: what happens then tells, and is often much at once. */
let clockSoon;
function readClockSoon() {
  clockSoon ??= setTimeout(() => {
    clockSoon = undefined;
    readClock().catch(() => {});
  }, 500);
}

function showClock(clock) {
  if (!clock.local) return;
  $("now").textContent = clock.local;
  const marks = (clock.marks ?? []).map(({ label, next_day, to }) => ({
    label: next_day ? `${document.body.dataset.nextDay} ${label}` : label,
    to,
  }));
  const drawn = [...$("marks").children].map((button) => `${button.textContent}|${button.dataset.to}`).join();
  if (drawn === marks.map((mark) => `${mark.label}|${mark.to}`).join()) return;
  $("marks").replaceChildren(...marks.map((mark) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = mark.label;
    button.dataset.to = mark.to;
    button.addEventListener("click", () => moveClock(mark.to, mark.label));
    return button;
  }));
}

async function moveClock(to, label) {
  if (moving) return;
  moving = true;
  $("moving").hidden = false;
  for (const button of $("marks").children) button.disabled = true;
  try {
    await ask(clockUrl, { to });
  } catch (problem) {
    addAlert({ code: "clock", explanation: problem.message });
  }
  moving = false;
  $("moving").hidden = true;
  for (const button of $("marks").children) button.disabled = false;
  await readClock().catch(() => {});
  [...$("marks").children].find((button) => button.textContent === label)?.focus();
}

// ---- what happens while the page is open

/** What a newcomer sees: a few phones whose owners differ, fewer where they stand one below the other. */
function firstPhones() {
  const byTitle = new Map();
  for (const phone of phones.values()) if (!byTitle.has(titleOf(phone))) byTitle.set(titleOf(phone), phone.id);
  return [...byTitle.values()].slice(0, matchMedia("(max-width: 46rem)").matches ? 2 : 6);
}

function keep(card) {
  const phone = phones.get(card.id);
  if (phone) Object.assign(phone, card);
  else phones.set(card.id, { ...card, messages: new Map(), unread: false });
  dress(phones.get(card.id));
}

async function readAll() {
  const all = await ask("/phones");
  senders = all.senders;
  for (const card of all.phones) keep(card);
  shown = shown.filter((id) => phones.has(id));
  if (localStorage.getItem(SHOWN_KEY) === null) shown = firstPhones();
  for (const id of shown) if (phones.get(id).element) await load(phones.get(id));
  drawPhones();
  drawList();
  const noted = await ask("/alerts");
  alerts = 0;
  $("alert-count").textContent = 0;
  $("alert-list").replaceChildren();
  noted.alerts.forEach(addAlert);
}

const happens = {
  reload: readAll,
  phone(news) {
    keep(news);
    drawList();
  },
  alert: addAlert,
  async message(news) {
    readClockSoon();
    if (!phones.has(news.phone)) await readAll();
    const phone = phones.get(news.phone);
    if (!phone) return;
    if (phone.element) {
      const fresh = !phone.messages.has(news.message.sid);
      phone.messages.set(news.message.sid, news.message);
      drawScreen(phone, fresh ? news.message.sid : undefined);
    } else if (!news.message.mine && !phone.unread) {
      phone.unread = true;
      drawList();
    }
  },
};

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("open", () => {
    $("offline").hidden = true;
    // What happened before the line stood is read, not told.
    readAll().catch(() => {});
    readClock().catch(() => {});
  });
  events.addEventListener("error", () => { $("offline").hidden = false; });
  events.addEventListener("message", (event) => {
    const news = JSON.parse(event.data);
    happens[news.kind]?.(news);
  });
}

$("search").addEventListener("input", drawList);
$("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const error = $("add").querySelector(".error");
  error.textContent = "";
  try {
    const card = await ask("/phones", { number: $("new-number").value });
    keep(card);
    $("new-number").value = "";
    if (!shown.includes(card.id)) toggle(card.id);
  } catch (problem) {
    error.textContent = problem.message;
  }
});
listen();
if (clockUrl) setInterval(() => readClock().catch(() => {}), 5000);
