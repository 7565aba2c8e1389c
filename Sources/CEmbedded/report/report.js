"use strict";
// Everything that comes from records, tokenizers and file names enters the page as text nodes, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const page = document.getElementById("page");
const count = new Intl.NumberFormat("en");
const share = (part, whole) => whole ? `${(100 * part / whole).toFixed(1)} %` : "0 %";
const Flag = { truncated: 1, lostEnd: 2, dropped: 4, joint: 8, other: 16 };

/** An element: `make("p.note", {title: "…"}, "text", child, …)`. */
function make(kind, ...rest) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const part of rest) {
    if (part == null || part === false) continue;
    if (part instanceof Node || typeof part !== "object") element.append(part);
    else if (Array.isArray(part)) element.append(...part);
    else for (const [name, value] of Object.entries(part)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value != null && value !== false) element.setAttribute(name, value);
    }
  }
  return element;
}

function draw(kind, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Little-endian numbers of `size` bytes in base64. */
function numbers(text, size) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  return size === 1 ? bytes : size === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
}

/** A character that a reader would not see otherwise, and how it is shown; null for all others. */
function sign(character) {
  const code = character.codePointAt(0);
  if (character === "\n") return "⏎";
  if (character === "\t") return "→";
  if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e)
    || (code >= 0x2060 && code <= 0x206f) || code === 0xfeff) return `\\u{${code.toString(16)}}`;
  return null;
}

/** Appends text with its invisible characters shown. */
function appendText(element, text, lines = true) {
  let plain = "";
  for (const character of text) {
    const shown = sign(character);
    if (!shown) { plain += character; continue; }
    if (plain) element.append(plain);
    plain = "";
    element.append(make("span.sign", shown));
    if (character === "\n" && lines) element.append("\n");
  }
  if (plain) element.append(plain);
  return element;
}

async function copy(text, button) {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = make("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const before = button.textContent;
  button.textContent = "copied";
  setTimeout(() => { button.textContent = before; }, 1200);
}

function command(text) {
  return make("div.command", make("code", text), make("button", { type: "button", onclick: e => copy(text, e.target) }, "copy"));
}

// ---- What was done

function overview() {
  const parts = [];
  const theme = make("button", { type: "button", title: "light or dark (d)", onclick: switchTheme }, "◐ theme");
  parts.push(make("header", make("h1", `prep report — ${data.title}`), theme));
  if (data.verdict.length) parts.push(make("ul.verdict", data.verdict.map(v => make(`li.${v.level}`, v.text))));
  if (data.settings.length) parts.push(make("dl.settings", data.settings.map(([name, value]) => make("div", make("dt", name), make("dd", appendText(make("span"), value, false))))));
  if (data.command) parts.push(command(data.command));
  return parts;
}

function cards() {
  const t = data.totals;
  const card = (value, name, note, level, filter) => {
    const kind = `${filter ? "button" : "div"}.card${level ? "." + level : ""}`;
    return make(kind, filter ? { type: "button", onclick: () => browser && browser.filter(filter) } : {},
      make("b", value), name, note ? make("small", note) : null);
  };
  const all = [];
  if (t.records != null) all.push(card(count.format(t.records), "records", t.accepted === t.records ? "all accepted" : `${count.format(t.accepted)} accepted`));
  all.push(card(count.format(t.samples), "samples", t.rows === t.samples ? null : `in ${count.format(t.rows)} rows`));
  all.push(card(count.format(t.tokens), "tokens", t.samples ? `${count.format(Math.round(t.tokens / t.samples))} a sample` : null));
  all.push(card(share(t.learned, t.tokens), "learned", `${count.format(t.learned)} tokens`));
  all.push(card(count.format(t.truncated), `truncated (${share(t.truncated, t.samples)})`,
    t.endsCut ? `${count.format(t.endsCut)} lost their end token: show them` : null,
    t.endsCut ? "warn" : "", t.truncated ? (t.endsCut ? "lostEnd" : "truncated") : null));
  if (t.rejected != null) all.push(card(count.format(t.rejected), "rejected", share(t.rejected, t.records), t.rejected ? "bad" : ""));
  if (t.leftOut) all.push(card(count.format(t.leftOut), "left out, as asked for", share(t.leftOut, t.records), "warn"));
  all.push(card(share(t.fill, 1), "of each padded row is used",
    t.packed ? `packed: ${count.format(t.packed.rows)} rows, ${share(t.packed.fill, 1)} full` : null));
  return make("div.cards", all);
}

function histogram(title, h, colour, limit) {
  const [width, height, foot] = [560, 150, 18];
  const most = Math.max(1, ...h.counts);
  const step = width / h.counts.length;
  const end = h.width * h.counts.length;
  const svg = draw("svg", { class: "histogram", viewBox: `0 0 ${width} ${height + foot}`, role: "img", "aria-label": title });
  h.counts.forEach((n, i) => {
    const tall = n ? Math.max(1.5, (height - 12) * n / most) : 0;
    const bar = draw("rect", { x: (i * step + .5).toFixed(1), y: (height - tall).toFixed(1), width: Math.max(.8, step - 1).toFixed(1), height: tall.toFixed(1), fill: `var(${colour})` });
    bar.append(draw("title", {}, `${count.format(i * h.width)} to ${count.format((i + 1) * h.width - 1)} tokens: ${count.format(n)} samples`));
    svg.append(bar);
  });
  svg.append(draw("line", { x1: 0, x2: width, y1: height, y2: height, stroke: "var(--line)" }));
  svg.append(draw("text", { x: 0, y: height + 13 }, "0"), draw("text", { x: width, y: height + 13, "text-anchor": "end" }, count.format(end)));
  if (limit && limit <= end) {
    const x = width * limit / end;
    svg.append(draw("line", { x1: x, x2: x, y1: 0, y2: height, stroke: "var(--bad)", "stroke-dasharray": "4 3" }));
    svg.append(draw("text", { x: x - 4, y: 10, "text-anchor": "end", style: "fill: var(--bad)" }, `context length ${count.format(limit)}`));
  }
  const note = `median ${count.format(h.median)}, 95 % ≤ ${count.format(h.p95)}, 99 % ≤ ${count.format(h.p99)}, longest ${count.format(h.most)}, shortest ${count.format(h.least)}`;
  return make("figure", make("figcaption", title, " ", make("small", note)), svg);
}

function charts() {
  const section = make("section", make("h2", "Lengths ", make("small", "of samples, in tokens")));
  const place = make("div.charts");
  const show = source => {
    const h = source < 0 ? data.histograms : data.sources[source].histograms;
    place.replaceChildren(histogram("Tokens of a sample", h.tokens, "--bar-length", data.contextLength), histogram("Learned tokens of a sample", h.learned, "--bar-learned"));
  };
  if (data.sources.length > 1) {
    section.append(make("div.toolbar", make("label", "source ", make("select", { onchange: e => show(+e.target.value) },
      make("option", { value: -1 }, "all"), data.sources.map((s, i) => make("option", { value: i }, s.name))))));
  }
  section.append(place);
  show(-1);
  return section;
}

function table(head, rows) {
  return make("div.scroll", make("table", make("tr", head.map(h => make(h.startsWith("#") ? "th.n" : "th", h.replace("#", "")))), rows));
}

function accounting() {
  const parts = [];
  const total = data.authors.reduce((sum, a) => sum + a.tokens, 0);
  if (total) {
    const most = Math.max(...data.authors.map(a => a.tokens));
    parts.push(make("section", make("h2", "Who wrote the tokens ", make("small", data.authorsNote || "every token of every sample, once")),
      table(["written by", "#tokens", "#share", "#learned", ""], [
        ...data.authors.map(a => make("tr", make("td", a.name), make("td.n", count.format(a.tokens)), make("td.n", share(a.tokens, total)), make("td.n", count.format(a.learned)),
          make("td.bar", make(a.learned ? "span.learned" : "span", { style: `width:${(100 * a.tokens / most).toFixed(1)}%` })))),
        make("tr", make("th", "all"), make("th.n", count.format(total)), make("th.n", "100 %"), make("th.n", count.format(data.authors.reduce((s, a) => s + a.learned, 0))), make("td"))])));
  }
  const text = Object.entries(data.totals.text || {});
  if (text.length) {
    const fates = ["carried", "rendered", "dropped", "cut", "unused"];
    const unread = Object.entries(data.totals.unread || {});
    parts.push(make("section", make("h2", "What became of the text ", make("small", "bytes of the accepted records, by field")),
      table(["field", "#carried", "#in the samples", "#left out by the template", "#cut off", "#not read"],
        text.map(([field, counts]) => make("tr", make("td", field), fates.map(fate => make("td.n", count.format(counts[fate])))))),
      unread.length ? make("p.note", "Nobody reads ", unread.flatMap(([name, records], i) => [i ? ", " : "", appendText(make("code"), name, false), ` in ${count.format(records)} records`])) : null));
  }
  if (data.sources.length) {
    parts.push(make("section", make("h2", "By source"), table(["file", "#records", "#samples", "#tokens", "#learned", "#truncated", "#rejected", "#left out"],
      data.sources.map(s => make("tr", make("td", s.name), ...[s.records, s.samples, s.tokens].map(n => make("td.n", n == null ? "–" : count.format(n))),
        make("td.n", share(s.learned, s.tokens)), make("td.n", count.format(s.truncated)), ...[s.rejected, s.leftOut].map(n => make("td.n", n == null ? "–" : count.format(n))))))));
  }
  if (data.ends.length) {
    parts.push(make("section", make("h2", "What ends a sample ", make("small", "its last token; a learned end token is what stops the model")),
      table(["token", "#id", "#samples", "#share", "learned"], data.ends.map(e => make("tr", make("td", appendText(make("code"), e.token, false)), make("td.n", e.id), make("td.n", count.format(e.samples)),
        make("td.n", share(e.samples, data.totals.samples)), make("td", e.learned === e.samples ? "yes" : e.learned ? `in ${count.format(e.learned)}` : "no"))))));
  }
  return parts;
}

function comparison() {
  const c = data.comparison;
  if (!c) return [];
  const line = (name, s) => make("tr", make("td", name), ...[s.samples, s.tokens].map(n => make("td.n", count.format(n))), make("td.n", count.format(s.learned)),
    make("td.n", share(s.learned, s.tokens)), make("td.n", count.format(s.truncated)));
  return [make("section", make("h2", "Compared ", make("small", "the samples that are listed, encoded in two ways")),
    table(["", "#samples", "#tokens", "#learned", "#share", "#truncated"], [line(data.variants[0], c.own), line(data.variants[1], c.other)]),
    make("p", c.differing ? make("button", { type: "button", onclick: () => browser && browser.filter("other") }, `${count.format(c.differing)} samples learn different text: show them`)
      : "Every sample learns the same text both ways.", c.missing ? make("span.soft", ` ${count.format(c.missing)} have no sample the other way.`) : null))];
}

function rejects() {
  if (!data.rejects.length) return [];
  const section = make("section", make("h2", "Rejected and left out ", make("small", "each reason opens its records")));
  for (const group of data.rejects) {
    section.append(make("details", make("summary", make("b", group.reason), ` ${count.format(group.count)} `, group.leftOut ? make("span.tag", "left out, as asked for") : null),
      group.examples.map(e => make("div.reject", make("div.mono", `${e.file}:${e.line}`), make("div", e.message), e.remedy ? make("div.soft", e.remedy) : null,
        e.record ? appendText(make("pre"), e.record) : null)),
      group.examples.length < group.count ? make("p.note", `${count.format(group.examples.length)} of ${count.format(group.count)} are shown; all of them stand in rejects.jsonl.`) : null));
  }
  return [section];
}

// ---- Samples

const tip = make("div.tip.hidden", { role: "tooltip" });
let browser = null;

/** Tokens over a text: the pieces of a rendered text, each of one segment and one token. */
function pieces(variant) {
  const bytes = new TextEncoder().encode(variant.segments.map(s => s[0]).join(""));
  const decoder = new TextDecoder();
  const found = [];
  let token = 0, start = 0, segmentEnd = 0;
  variant.segments.forEach((segment, index) => {
    segmentEnd += new TextEncoder().encode(segment[0]).length;
    while (start < segmentEnd) {
      while (token < variant.tokens.length && variant.tokens[token][4] <= start) token += 1;
      const current = variant.tokens[token];
      const inside = current && current[3] <= start;
      // A character that several tokens share stays whole.
      let end = Math.min(segmentEnd, inside ? current[4] : current ? current[3] : segmentEnd);
      while (end < segmentEnd && (bytes[end] & 0xc0) === 0x80) end += 1;
      found.push({ text: decoder.decode(bytes.subarray(start, end)), segment: index, token: inside ? token : -1 });
      start = end;
    }
  });
  return found;
}

function kindOf(segment) {
  return segment[3] ? "learned" : segment[2] === "padding" ? "padding" : segment[1] === "template" || /token$/.test(segment[1]) ? "template" : "read";
}

function describe(variant, index) {
  const [id, text, segment] = variant.tokens[index];
  const [, author, reason, learned] = variant.segments[segment] || ["", "", "", 0];
  return make("div", make("b", appendText(make("span"), JSON.stringify(text), false)), make("div", `position ${index}, id ${id}`),
    make("div", learned ? `label ${id}: learned` : "label -100: not learned"), make("div", `written by ${author}`), make("div", `because: ${reason}`));
}

/** The record's own texts by path, as the render names them. */
function leaves(value, path, out) {
  if (typeof value === "string") out.push([path, value]);
  else if (Array.isArray(value)) value.forEach((v, i) => leaves(v, `${path}[${i}]`, out));
  else if (value && typeof value === "object") for (const [k, v] of Object.entries(value)) leaves(v, path ? `${path}.${k}` : k, out);
  else if (value !== null) out.push([path, String(value)]);
  return out;
}

function recordPane(detail) {
  const pane = make("div.pane", make("h3", "Record"));
  let parsed;
  try { parsed = JSON.parse(detail.record); } catch { return make("div.pane", make("h3", "Record"), appendText(make("pre.text"), detail.record || "the input file is not where it was")); }
  for (const [path, text] of leaves(parsed, "", [])) {
    pane.append(make("div.field", { "data-path": path }, make("b", path), appendText(make("span.value"), text)));
  }
  return pane;
}

function variantPanes(detail, variant, name) {
  if (variant.problem) return make("div.panes", make("div.pane", make("h3", name), make("ul.verdict", make("li.bad", `Rejected this way: ${variant.problem}`))));
  const render = make("div.text"), tokens = make("div.text.tokens");
  for (const piece of pieces(variant)) {
    const kind = piece.token < 0 ? kindOf(variant.segments[piece.segment]) : kindOf(variant.segments[variant.tokens[piece.token][2]] || ["", "", "padding", 0]);
    render.append(appendText(make(`span.t.${kind}`, { "data-token": piece.token, "data-author": variant.segments[piece.segment][1] }), piece.text));
  }
  variant.tokens.forEach((token, index) => {
    const segment = variant.segments[token[2]] || ["", "padding", "padding", 0];
    tokens.append(appendText(make(`span.t.${kindOf(segment)}`, { "data-token": index, "data-author": segment[1] }), token[1]));
  });
  const strip = make("div.strip", { title: "the sample from its first token to the context length" });
  const runs = [];
  for (const token of variant.tokens) {
    const kind = kindOf(variant.segments[token[2]] || ["", "", "padding", 0]);
    if (runs.length && runs[runs.length - 1][0] === kind) runs[runs.length - 1][1] += 1; else runs.push([kind, 1]);
  }
  const rest = data.contextLength - variant.tokens.length;
  if (rest > 0) runs.push(["padding", rest]);
  strip.append(...runs.map(([kind, n]) => make(`i.${kind}`, { style: `flex:${n}` })));
  const learned = variant.tokens.filter(t => (variant.segments[t[2]] || [])[3]).length;
  const box = make("div.panes", { "data-variant": name },
    make("div.pane", make("h3", `${name ? name + ": " : ""}what the template made of it`), render),
    make("div.pane", make("h3", `Tokens: ${count.format(variant.tokens.length)}, ${count.format(learned)} learned`), strip, tokens));
  const hover = event => {
    const target = event.target.closest("[data-token]");
    box.querySelectorAll(".hot").forEach(e => e.classList.remove("hot"));
    document.querySelectorAll(".field.hot").forEach(e => e.classList.remove("hot"));
    tip.classList.add("hidden");
    if (!target) return;
    const index = +target.dataset.token;
    if (index >= 0) {
      box.querySelectorAll(`[data-token="${index}"]`).forEach(e => e.classList.add("hot"));
      tip.replaceChildren(describe(variant, index));
      tip.classList.remove("hidden");
      const place = target.getBoundingClientRect();
      tip.style.left = `${Math.min(place.left, innerWidth - tip.offsetWidth - 12)}px`;
      tip.style.top = place.bottom + tip.offsetHeight + 8 < innerHeight ? `${place.bottom + 6}px` : `${place.top - tip.offsetHeight - 6}px`;
    }
    const author = target.dataset.author.replace(/^derived from /, "");
    document.querySelectorAll(".field").forEach(e => e.classList.toggle("hot", e.dataset.path === author));
  };
  box.addEventListener("mouseover", hover);
  box.addEventListener("mouseleave", hover);
  return box;
}

function legend() {
  return make("div.legend", make("span.t.learned", "learned"), make("span.t.read", "read, not learned"), make("span.t.template", "template"), make("span.t.padding", "padding"),
    make("small.soft", "hover a token: id, label, who wrote it, why"));
}

class Browser {
  constructor() {
    const s = data.samples;
    this.n = s.count;
    Object.assign(this, { source: numbers(s.source, 2), line: numbers(s.line, 4), index: numbers(s.index, 2), tokens: numbers(s.tokens, 4), learned: numbers(s.learned, 4), flags: numbers(s.flags, 1), row: numbers(s.row, 4) });
    this.shown = []; this.current = -1; this.mode = "order"; this.only = "all"; this.text = "";
    this.list = make("div.list", { tabindex: 0, role: "listbox", "aria-label": "samples", onscroll: () => this.paint() });
    this.space = make("div");
    this.list.append(this.space);
    this.view = make("div");
    this.search = make("input", { type: "search", placeholder: "search text, file:line, or row number ( / )", "aria-label": "search", oninput: () => { this.text = this.search.value.toLowerCase(); this.apply(); } });
    const option = (v, t) => make("option", { value: v }, t);
    this.filters = make("select", { "aria-label": "which samples", onchange: () => this.filter(this.filters.value) }, option("all", "all samples"), option("truncated", "truncated"), option("lostEnd", "lost their end token"),
      option("dropped", "text left out by the template"), option("joint", "differs from joint"), option("other", `learned differently: ${data.variants[1] || ""}`), option("detail", "stored in this page"));
    for (const choice of [...this.filters.options]) {
      if (!Flag[choice.value]) continue;
      const found = this.flags.reduce((sum, flags) => sum + (flags & Flag[choice.value] ? 1 : 0), 0);
      if (found) choice.textContent += ` (${count.format(found)})`; else choice.remove();
    }
    this.sorts = make("select", { "aria-label": "order", onchange: () => { this.mode = this.sorts.value; this.apply(); } }, option("order", "in order"), option("longest", "longest first"), option("shortest", "shortest first"), option("least", "least learned first"), option("most", "most learned first"));
    this.number = make("span.soft");
    this.element = make("section", make("h2", "Samples ", make("small", s.total > s.count ? `${count.format(s.count)} of ${count.format(s.total)} are listed` : "record, render and tokens")),
      make("div.toolbar", this.search, this.filters, this.sorts, this.number,
        make("span.soft", make("kbd", "j"), " ", make("kbd", "k"), " next, previous  ", make("kbd", "/"), " search  ", make("kbd", "d"), " dark")),
      make("div.browser", this.list, this.view));
  }

  name(i) { return `${data.sources[this.source[i]] ? data.sources[this.source[i]].name : "?"}:${this.line[i]}${this.index[i] ? "#" + this.index[i] : ""}`; }

  filter(name) { this.only = name; this.filters.value = name; this.apply(); this.element.scrollIntoView({ block: "start" }); }

  apply() {
    const wanted = [];
    const words = this.text.trim();
    for (let i = 0; i < this.n; i++) {
      if (this.only === "detail" ? !data.detail[i] : this.only !== "all" && !(this.flags[i] & Flag[this.only])) continue;
      if (words && !this.name(i).toLowerCase().includes(words) && String(this.row[i]) !== words && !this.haystack(i).includes(words)) continue;
      wanted.push(i);
    }
    const by = { longest: (a, b) => this.tokens[b] - this.tokens[a], shortest: (a, b) => this.tokens[a] - this.tokens[b], least: (a, b) => this.learned[a] - this.learned[b], most: (a, b) => this.learned[b] - this.learned[a] }[this.mode];
    if (by) wanted.sort((a, b) => by(a, b) || a - b);
    this.shown = wanted;
    this.number.textContent = `${count.format(wanted.length)} shown`;
    this.space.style.height = `${wanted.length * Browser.height}px`;
    this.list.scrollTop = 0;
    this.paint();
    if (wanted.length && !wanted.includes(this.current)) this.select(wanted.find(i => data.detail[i]) ?? wanted[0], false);
  }

  haystack(i) {
    const detail = data.detail[i];
    if (!detail) return "";
    return detail.haystack ??= (detail.variants[0].segments.map(s => s[0]).join("") + detail.record).toLowerCase();
  }

  paint() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / Browser.height) - 4);
    const last = Math.min(this.shown.length, first + Math.ceil(this.list.clientHeight / Browser.height || 14) + 9);
    const rows = [];
    for (let at = first; at < last; at++) {
      const i = this.shown[at];
      const flags = this.flags[i];
      rows.push(make("div.row", { role: "option", style: `top:${at * Browser.height}px`, "aria-selected": i === this.current, onclick: () => this.select(i) },
        make("span.name", this.name(i)), make("span.soft", `${count.format(this.tokens[i])} tokens, ${count.format(this.learned[i])} learned `),
        flags & Flag.lostEnd ? make("span.tag.warn", "no end") : flags & Flag.truncated ? make("span.tag", "cut") : null,
        flags & Flag.dropped ? make("span.tag.warn", "dropped") : null, flags & Flag.joint ? make("span.tag", "≠ joint") : null,
        flags & Flag.other ? make("span.tag.warn", "≠ other") : null, data.detail[i] ? null : make("span.tag", "numbers only")));
    }
    this.space.replaceChildren(...rows);
  }

  step(by) {
    const at = this.shown.indexOf(this.current) + by;
    if (at < 0 || at >= this.shown.length) return;
    this.select(this.shown[at]);
    this.reveal();
  }

  /** Scrolls the list to the sample that is shown. */
  reveal() {
    const top = this.shown.indexOf(this.current) * Browser.height;
    if (top < this.list.scrollTop || top + Browser.height > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top - this.list.clientHeight / 2;
    this.paint();
  }

  select(i, link = true) {
    this.current = i;
    if (link) history.replaceState(null, "", "#" + encodeURIComponent(this.name(i)));
    this.list.querySelectorAll(".row").forEach(e => e.setAttribute("aria-selected", "false"));
    this.paint();
    this.view.replaceChildren(...this.show(i));
  }

  show(i) {
    const detail = data.detail[i];
    const flags = this.flags[i];
    const parts = [make("h3", `${this.name(i)} — row ${count.format(this.row[i])}: ${count.format(this.tokens[i])} tokens, ${count.format(this.learned[i])} learned`)];
    if (flags & Flag.lostEnd) parts.push(make("ul.verdict", make("li.warn", "The end token was cut off: from this sample the model does not learn to stop.")));
    if (flags & Flag.dropped) parts.push(make("ul.verdict", make("li.warn", "The template leaves out text of this record: the model never sees it. Compare the record with the text.")));
    if (flags & Flag.joint) parts.push(make("p.note", "Tokenized in one go, as apply_chat_template does, this sample has other ids where an answer begins or ends. At inference the model continues from the prompt's own ids."));
    if (flags & Flag.other) parts.push(make("ul.verdict", make("li.warn", "What is learned differs between the two ways.")));
    const mates = this.mates(i);
    if (mates.length > 1) parts.push(this.packed(i, mates));
    if (!detail) {
      parts.push(make("p.note", "This page keeps the numbers of every sample and the texts of some. This one on a terminal:"), command(`${data.inspect} --row ${this.row[i]}`));
      return parts;
    }
    parts.push(legend(), recordPane(detail));
    parts.push(make(detail.variants.length > 1 ? "div.side" : "div", detail.variants.map((v, n) => variantPanes(detail, v, data.variants[n] || ""))));
    return parts;
  }

  /** The samples that share a row; samples of a row stand side by side in the list. */
  mates(i) {
    let [first, last] = [i, i];
    while (first > 0 && this.row[first - 1] === this.row[i]) first -= 1;
    while (last + 1 < this.n && this.row[last + 1] === this.row[i]) last += 1;
    return Array.from({ length: last - first + 1 }, (_, k) => first + k);
  }

  packed(i, mates) {
    const used = mates.reduce((sum, m) => sum + this.tokens[m], 0);
    const strip = make("div.strip", mates.map(m => make(m === i ? "i.learned" : "i.read", { style: `flex:${this.tokens[m]};border-right:2px solid var(--focus);cursor:pointer`, title: this.name(m), onclick: () => this.select(m) })),
      used < data.contextLength ? make("i.padding", { style: `flex:${data.contextLength - used}` }) : null);
    return make("div", make("small.soft", `This row holds ${mates.length} samples; each sees itself alone, positions begin again at every border.`), strip);
  }
}
Browser.height = 47;

function switchTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
}

function keys(event) {
  if (event.target.matches("input, select, textarea") && event.key !== "Escape") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = { j: () => browser.step(1), k: () => browser.step(-1), "/": () => { browser.search.focus(); }, d: switchTheme, Escape: () => document.activeElement.blur() }[event.key];
  if (!act || (!browser && event.key !== "d")) return;
  event.preventDefault();
  act();
}

function follow() {
  if (!browser) return;
  const wanted = decodeURIComponent(location.hash.slice(1));
  for (let i = 0; wanted && i < browser.n; i++) if (browser.name(i) === wanted) { browser.select(i, false); browser.reveal(); browser.element.scrollIntoView(); return; }
}

document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.title = `prep report — ${data.title}`;
page.replaceChildren(...overview());
if (data.totals) page.append(cards(), ...comparison(), charts(), ...accounting(), ...rejects());
if (data.samples && data.samples.count) {
  browser = new Browser();
  page.append(browser.element);
  browser.apply();
}
page.append(tip, make("footer", `Made by prep ${data.version}. Self-contained: this page loads nothing from the network.`));
addEventListener("keydown", keys);
addEventListener("hashchange", follow);
follow();
// Milliseconds from the request to a page that can be used; for tests.
document.documentElement.dataset.ready = Math.round(performance.now());
