// Whatever a page says stands in it without this script, which only makes it handier.
"use strict";

const root = document.documentElement;
const colours = document.querySelector("#colours");

function paint(theme) {
  root.dataset.theme = theme;
  colours.setAttribute("aria-pressed", theme === "dark");
}

colours.addEventListener("click", () => {
  paint(root.dataset.theme === "dark" ? "light" : "dark");
  try {
    localStorage.theme = root.dataset.theme;
  } catch {
    // The browser keeps nothing for this page, so the choice ends with it.
  }
});
paint(root.dataset.theme);
colours.hidden = false;

// In a long list of contents, begin where this page stands.
const contents = document.querySelector("#contents");
const here = contents.querySelector("[aria-current]");
if (here) contents.scrollTop = here.offsetTop - contents.clientHeight / 3;

// Mark the section that is being read, and keep its link in sight.
const links = [...contents.querySelectorAll("li li a[href^='#']:not([href='#'])")];
const places = links.map((link) => document.getElementById(link.hash.slice(1)));
const mark = () => {
  const line = innerHeight / 3;
  const isAtEnd = scrollY > 0 && scrollY + innerHeight >= root.scrollHeight - 2;
  const number = isAtEnd
    ? places.length - 1
    : places.findLastIndex((place) => place.getBoundingClientRect().top < line);
  for (const [i, link] of links.entries()) {
    const is = i === number;
    if (is === link.hasAttribute("aria-current")) continue;
    if (!is) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "true");
      const box = contents.getBoundingClientRect();
      const { top, bottom } = link.getBoundingClientRect();
      if (top < box.top || bottom > box.bottom)
        contents.scrollTop += top - box.top - contents.clientHeight / 2;
    }
  }
};
addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
mark();

// On a phone the contents lie over the page until a link in them is followed.
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && location.hash === "#contents")
    document.querySelector("#closed").click();
});

// What the address leads to may lie in something folded.
const unfold = () => {
  let place = document.getElementById(location.hash.slice(1));
  for (; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
};
addEventListener("hashchange", unfold);
unfold();

// Without leave to write the clipboard there is nothing to offer.
for (const box of navigator.clipboard ? document.querySelectorAll("div.highlight") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(box.querySelector("pre").textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  button.setAttribute("aria-live", "polite");
  box.append(button);
}

// Arrow keys choose as they move, so what is said to a choice waits for the button.
for (const form of document.querySelectorAll(".self-check")) {
  const check = document.createElement("button");
  check.textContent = "Check";
  form.querySelector("fieldset").append(check);
  form.classList.add("by-button");
  const status = form.querySelector("[role=status]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const option of form.querySelectorAll(".option"))
      option.classList.toggle("checked", option.querySelector("input").checked);
    const said = form.querySelector(".checked .feedback");
    status.textContent = said ? said.textContent.trim() : "Choose an answer first.";
    if (!said) form.querySelector("input").focus();
  });
  form.addEventListener("change", () => {
    for (const option of form.querySelectorAll(".checked")) option.classList.remove("checked");
    status.textContent = "";
  });
}

// The usual keys lead to the search.
const search = document.querySelector(".to-search");
addEventListener("keydown", (event) => {
  const types = event.target.closest("input, select, textarea, [contenteditable]");
  const slash = event.key === "/" && !types && !event.ctrlKey && !event.metaKey && !event.altKey;
  const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if (!slash && !k) return;
  event.preventDefault();
  const words = document.querySelector("#words");
  if (words) words.focus();
  else location.assign(search.href);
});

// Where the settings name no address of the site, a notebook is told where it came from, so that
// its first cell can fetch from there what the reader lacks.
const notebook = document.querySelector(".open a[download]");
if (notebook && location.protocol !== "file:")
  notebook.addEventListener("click", async (event) => {
    if (notebook.href.startsWith("blob:")) return;
    event.preventDefault();
    const [site, path] = notebook.href.split("_sources/");
    const text = await (await fetch(notebook.href)).text();
    const told = text.replace('SITE = \\"\\"', `SITE = \\"${site}\\"`);
    notebook.download = path.split("/").pop();
    notebook.href = URL.createObjectURL(new Blob([told]));
    notebook.click();
  });
