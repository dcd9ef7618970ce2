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
if (here) contents.scrollTop = here.offsetTop - contents.clientHeight / 2;

// Beside the text there is room for the list of sections.
const sections = document.querySelector(".sections details");
const wide = matchMedia("(min-width: 80rem)");
if (sections) {
  wide.addEventListener("change", () => (sections.open = wide.matches));
  sections.open = wide.matches;
}

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

// From a folder, browsers refuse to read the pages that were found, to show the words around.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined")
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

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
