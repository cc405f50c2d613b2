// What the page does beyond its forms and links: stages while a command is obeyed, changes without reloading, reasons
// in place, keys. Whatever comes from the data is set as text, or arrives as markup that the templates have escaped.
"use strict";

const $ = (id) => document.getElementById(id);
const form = $("command"), box = $("text"), stages = $("stages"), feed = document.querySelector(".feed");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const STAGES = ["heard", "filtered", "ranked"];
const WORDS = JSON.parse(feed.dataset.words);

// Words of the page's language, with their places filled in once
const filled = (name, given) => WORDS[name].replace(/\{(\w+)\}/g, (_, place) => given[place]);

// Telling

function tell(text) {
  $("status").textContent = "";
  requestAnimationFrame(() => { $("status").textContent = text.replace(/\s+/g, " ").trim(); });
}

function trouble(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function stage(name, words) {
  const at = STAGES.indexOf(name);
  [...stages.children].forEach((one, n) => {
    one.dataset.state = n <= at ? "done" : n === at + 1 ? "now" : "";
    if (n === at && words) one.textContent = words;
  });
}

function busy(on) {
  feed.setAttribute("aria-busy", on);
  if (!on) setTimeout(() => { if (feed.getAttribute("aria-busy") === "false") stages.hidden = true; }, 900);
}

const FACTS = {
  heard: (facts) => {
    const quotes = facts.add.map((one) => one.quote).filter(Boolean);
    return quotes.length ? filled("heard_words", { words: quotes.join(WORDS.quotes).slice(0, 80) }) : WORDS.heard;
  },
  filtered: (facts) => filled("filtered_to", { n: facts.left.toLocaleString("en") }),
  ranked: (facts) => filled("ranked_n", { n: facts.item_ids.length }),
};

// The page, renewed part by part

function renew(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  const problem = next.querySelector("[data-problem]");
  if (problem || !next.querySelector("[data-part]")) throw new Error(problem ? problem.textContent : WORDS.no_feed);
  const held = document.activeElement && document.activeElement.id;
  const open = [...document.querySelectorAll("details[open]")].map((one) => one.id).filter((id) => id && id !== "diff");
  const swap = () => {
    for (const part of document.querySelectorAll("[data-part]")) {
      const fresh = next.getElementById(part.id);
      if (fresh) part.replaceWith(document.adoptNode(fresh));
    }
    open.forEach((id) => { const one = $(id); if (one) one.open = true; });
    name_cards();
    const again = held && $(held);
    if (again) again.focus({ preventScroll: true });
    else if (held) ($("changes-h") || box).focus({ preventScroll: true });
    const examples = document.querySelector(".example");
    box.placeholder = examples ? filled("tell_like", { example: examples.value }) : WORDS.tell;
    tell($("changes").dataset.say || "");
  };
  if (document.startViewTransition && !calm.matches && !document.hidden) return document.startViewTransition(swap).updateCallbackDone;
  swap();
}

function name_cards() {
  document.querySelectorAll("[data-card]").forEach((card, n) => {
    card.style.viewTransitionName = card.dataset.card;
    card.tabIndex = n ? -1 : 0;
  });
}

async function said(answer) {
  const found = await answer.json().catch(() => null);
  return found && found.error ? refusal(found.error, answer.status) : filled("answered", { status: answer.status });
}

function refusal(error, status) {
  const names = [`${status} ${error.where}`, String(status), "other"];
  const known = names.find((name) => Object.hasOwn(WORDS.refused, name));
  return known ? WORDS.refused[known] : filled("told", { what: error.what, mend: error.how });
}

// Commands, with their stages as they come

async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let held = "", step; !(step = await reader.read()).done;) {
    const blocks = (held + step.value).split(/\r?\n\r?\n/);
    held = blocks.pop();
    for (const block of blocks) {
      const line = (name) => (block.match(new RegExp(`^${name}: ?(.*)$`, "m")) || [])[1];
      if (line("event")) yield [line("event"), JSON.parse(line("data"))];
    }
  }
}

async function command(text) {
  stages.hidden = false;
  STAGES.forEach((name, n) => { stages.children[n].textContent = WORDS[name]; });
  stage("");
  const answer = await fetch(form.dataset.command, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream", "Idempotency-Key": $("once").value },
    body: JSON.stringify({ text, round: Number($("round").value) }),
  });
  if (!answer.ok) throw new Error(await said(answer));
  for await (const [name, facts] of events(answer)) {
    if (name === "error") throw new Error(refusal(facts.error));
    if (FACTS[name]) stage(name, FACTS[name](facts));
    if (name === "feed") await renew(await (await fetch(location.pathname)).text());
  }
  box.value = "";
}

async function submit(target, button) {
  const data = new URLSearchParams(new FormData(target, button));
  const answer = await fetch(target.getAttribute("action"), { method: "POST", body: data });
  await renew(await answer.text());
}

let waits = false;
document.addEventListener("submit", async (event) => {
  const target = event.target, button = event.submitter;
  const text = target === form && ((button && button.name === "example" && button.value) || box.value.trim());
  if (target !== form && !("live" in target.dataset)) return;
  event.preventDefault();
  if (waits || (target === form && !text)) return;
  waits = true;
  busy(true);
  trouble("");
  try {
    if (target === form) {
      tell(WORDS.listening);
      await command(text);
      scrollTo({ top: 0, behavior: calm.matches ? "auto" : "smooth" });
    } else await submit(target, button);
  } catch (error) {
    stages.hidden = true;
    trouble(filled("reload", { problem: error.message }));
  } finally {
    waits = false;
    busy(false);
  }
});

// Reasons and evidence in place

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-panel]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const panel = $(link.dataset.panel), open = link.getAttribute("aria-expanded") === "true";
  link.setAttribute("aria-controls", panel.id);
  link.setAttribute("aria-expanded", !open);
  panel.hidden = open;
  if (open || panel.firstChild) return;
  const answer = await fetch(link.href);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(link.dataset.take);
  if (found) panel.replaceChildren(...[...found.childNodes].map((one) => document.adoptNode(one)));
  else panel.textContent = WORDS.gone;
});

// Keys: / to speak, Escape to close, arrows between cards

document.addEventListener("keydown", (event) => {
  const at = document.activeElement, typing = at.matches("input, select, textarea");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    box.focus();
  }
  if (event.key === "Escape") {
    const open = document.querySelector(".chip details[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); } else if (at === box) box.blur();
  }
  if (!at.matches("[data-card]")) return;
  const cards = [...document.querySelectorAll("[data-card]")], n = cards.indexOf(at);
  const row = cards.filter((card) => card.getBoundingClientRect().top === cards[0].getBoundingClientRect().top).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -n, End: cards.length - 1 - n }[event.key];
  if (event.key === "Enter") at.querySelector("a[data-panel]").click();
  const next = step !== undefined && cards[n + step];
  if (!next) return;
  event.preventDefault();
  cards.forEach((card) => { card.tabIndex = card === next ? 0 : -1; });
  next.focus();
});

document.addEventListener("click", (event) => {
  document.querySelectorAll(".chip details[open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
});

name_cards();
