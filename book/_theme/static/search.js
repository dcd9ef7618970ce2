// Finds sections, exercises, terms and helpers by their words (SECTIONS, from search_index.js).
"use strict";

const input = document.querySelector(".search input");
const status = document.querySelector("#found");
const list = document.querySelector(".hits");
const MOST = 30;
const typical = SECTIONS.reduce((sum, entry) => sum + entry[3].length, 0) / SECTIONS.length;

// A number is found as it stands, a word also with another ending.
function pattern(word) {
  const plain = word.replace(/[^\p{L}\p{N}]/gu, "\\$&");
  if (/^\d/.test(word)) return `(?<![\\p{L}\\d.,])${plain}(?![\\p{L}\\d]|[.,]\\d)`;
  return `(?<![\\p{L}\\d])${plain.replace(/(?<=...)s$/u, "")}[\\p{L}\\d]*`;
}
const count = (text, expression) => text.match(expression)?.length ?? 0;

// Okapi BM25 (Robertson and Zaragoza, 2009, doi:10.1561/1500000019) with more weight for titles,
// and for words that stand side by side, the more so in how many places of the page they do.
function find(query) {
  const words = query.match(/[\p{L}\p{N}]+(?:[.,'’]\p{N}+)?/gu) ?? [];
  const expressions = words.map((word) => RegExp(pattern(word), "giu"));
  const phrase = RegExp(words.map(pattern).join("[\\s-]+"), "giu");
  const counts = SECTIONS.map(([, page, title, text]) =>
    expressions.map((e) => [count(page, e), count(title, e), count(text, e)]),
  );
  const rarity = words.map((_, i) => {
    const holders = counts.filter((c) => c[i][1] + c[i][2]).length;
    return Math.log(1 + (SECTIONS.length - holders + 0.5) / (holders + 0.5));
  });
  const says = ([, ...texts]) => texts.slice(0, 3).some((text) => count(text, phrase));
  const places = {};
  for (const entry of SECTIONS) places[entry[1]] = (places[entry[1]] ?? 0) + says(entry);
  const hits = SECTIONS.map((entry, place) => {
    const [, page, title, text, weight] = entry;
    let score = 0;
    let missing = 0;
    for (const [i, [inPage, inTitle, inText]] of counts[place].entries()) {
      if (!(inPage + inTitle + inText)) missing += 1;
      const share = (2.2 * inText) / (inText + 0.9 + (0.3 * text.length) / typical);
      score += rarity[i] * (share + 1.5 * Math.min(inTitle, 1) + Math.min(inPage, 1));
    }
    if (words.length > 1 && says(entry))
      score += (3 * Math.max(...rarity) * places[page]) / (places[page] + 2);
    if (title.toLowerCase() === query.toLowerCase()) score += Math.max(...rarity);
    return { entry, score: score * weight, missing };
  }).filter((hit) => hit.score);
  const fewest = Math.min(...hits.map((hit) => hit.missing));
  return {
    phrase,
    either: RegExp(expressions.map((e) => e.source).join("|"), "giu"),
    hits: hits.filter((hit) => hit.missing === fewest).sort((a, b) => b.score - a.score),
  };
}

// The sentences around the first place, with the words marked.
function excerpt(text, phrase, either) {
  const first = Math.max(0, text.search(text.match(phrase) ? phrase : either));
  const from = first < 80 ? 0 : text.indexOf(" ", first - 80) + 1;
  const to = text.indexOf(" ", from + 220);
  const shown = text.slice(from, to < 0 ? undefined : to);
  const said = document.createElement("p");
  if (from) said.append("… ");
  let end = 0;
  for (const found of shown.matchAll(either)) {
    const mark = document.createElement("mark");
    mark.textContent = found[0];
    said.append(shown.slice(end, found.index), mark);
    end = found.index + found[0].length;
  }
  said.append(shown.slice(end), to < 0 ? "" : " …");
  return said;
}

function show() {
  const query = input.value.trim();
  const { hits, phrase, either } = query ? find(query) : { hits: [] };
  list.replaceChildren(
    ...hits.slice(0, MOST).map(({ entry: [address, page, title, text] }) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = address;
      link.textContent = title;
      item.append(link);
      if (title !== page) {
        const place = document.createElement("small");
        place.textContent = page;
        item.append(" ", place);
      }
      if (text) item.append(excerpt(text, phrase, either));
      return item;
    }),
  );
  status.textContent = !query
    ? ""
    : hits.length > MOST
      ? `The ${MOST} best of ${hits.length} places`
      : `${hits.length || "No"} ${hits.length === 1 ? "place" : "places"}`;
}

input.value = new URLSearchParams(location.search).get("q") ?? "";
input.focus();
show();
input.addEventListener("input", () => {
  history.replaceState(null, "", input.value ? `?q=${encodeURIComponent(input.value)}` : "?");
  show();
});
input.form.addEventListener("submit", (event) => event.preventDefault());
