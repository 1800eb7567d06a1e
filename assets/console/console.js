// Keeps the page up to date: the server says "something changed" (server-sent events), the page fetches its own
// part again and swaps it in, keeping focus and scroll. Without this script the page reloads every 30 seconds.
"use strict";
const live = document.getElementById("live");
const connection = document.getElementById("connection");
let ahead = 0; // by how much the server's clock is ahead of this machine's, in milliseconds
let active = false; // whether somebody used the page since the last fetch: only that keeps a sign-in alive
let busy = false;
let again = false;
let retry = 0;

const remaining = (milliseconds) => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
  return hours > 0 ? hours + ":" + rest : rest;
};

const countDown = () => {
  const left = document.getElementById("left");
  if (!left) return;
  const until = Date.parse(left.dataset.deadline) - Date.now() - ahead;
  left.textContent = until > 0 ? remaining(until) : left.dataset.passed;
};

const readClock = () => {
  const left = document.getElementById("left");
  if (left) ahead = Date.parse(left.dataset.now) - Date.now();
  countDown();
};

const swap = (html) => {
  const before = new Map([...live.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row.dataset.state]));
  const summary = live.firstElementChild?.dataset.summary;
  const focused = document.activeElement;
  const row = focused?.closest?.("#live [data-row]")?.dataset.row;
  const place = row ? [...document.querySelector(`[data-row="${CSS.escape(row)}"]`).querySelectorAll("a, button")].indexOf(focused) : -1;
  const scroll = [...live.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
  const top = window.scrollY;
  live.innerHTML = html;
  live.querySelectorAll(".scroll").forEach((box, index) => { box.scrollLeft = scroll[index] ?? 0; });
  window.scrollTo({ top, behavior: "instant" });
  if (row) {
    const target = live.querySelector(`[data-row="${CSS.escape(row)}"]`);
    target?.querySelectorAll("a, button")[place]?.focus({ preventScroll: true });
  }
  for (const changed of live.querySelectorAll("[data-row]")) {
    if (before.get(changed.dataset.row) !== changed.dataset.state) changed.classList.add("changed");
  }
  const now = live.firstElementChild;
  if (now?.dataset.title) document.title = now.dataset.title;
  const announce = document.getElementById("announce");
  if (announce && now?.dataset.summary && now.dataset.summary !== summary) announce.textContent = now.dataset.summary;
  readClock();
};

const refresh = async () => {
  if (busy) { again = true; return; }
  busy = true;
  try {
    if (!live.dataset.fragment) { location.reload(); return; }
    const headers = active ? { "x-active": "1" } : {};
    const answer = await fetch(live.dataset.fragment, { headers, cache: "no-store", redirect: "error" });
    if (answer.status === 401) { location.reload(); return; }
    if (answer.ok) { active = false; swap(await answer.text()); }
  } catch { /* the event stream notices too, and shows it */ }
  // A morning has bursts: fetch at most twice a second.
  setTimeout(() => { busy = false; if (again) { again = false; refresh(); } }, 500);
};

const lost = (is) => {
  if (!connection) return;
  connection.hidden = !is;
  connection.textContent = is ? connection.dataset.lost : "";
};

const listen = () => {
  const events = new EventSource(live.dataset.events);
  let opened = false;
  events.addEventListener("hello", () => {
    lost(false);
    // What happened while nobody was listening is not sent again.
    if (retry > 0 || opened) refresh();
    opened = true;
    retry = 0;
  });
  events.addEventListener("change", refresh);
  events.addEventListener("lagged", refresh);
  events.addEventListener("error", () => {
    lost(true);
    if (events.readyState !== EventSource.CLOSED) return;
    // The server said no, so the browser gives up: ask for the page's part, which says why, and try again.
    retry += 1;
    refresh();
    setTimeout(listen, Math.min(30000, 1000 * 2 ** Math.min(retry, 5)));
  });
};

if (live?.dataset.events) {
  for (const kind of ["pointerdown", "keydown", "wheel"]) addEventListener(kind, () => { active = true; }, { passive: true });
  readClock();
  setInterval(countDown, 1000);
  listen();
}

for (const jumps of document.querySelectorAll("[data-clock]")) {
  jumps.addEventListener("click", async (event) => {
    const to = event.target.closest("button")?.dataset.to;
    if (!to) return;
    const buttons = [...jumps.querySelectorAll("button")];
    buttons.forEach((button) => { button.disabled = true; });
    try {
      await fetch(jumps.dataset.clock, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ to }) });
    } finally {
      location.reload();
    }
  });
}
