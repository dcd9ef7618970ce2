// Explorers (helpers.widgets): show the chosen one of the views that the page holds.
// Until this runs, and where it cannot, the controls are hidden and all views are shown.
"use strict";

(() => {
  const explore = (explorer) => {
    const form = explorer.querySelector("form");
    const status = explorer.querySelector("[role=status]");
    const views = [...explorer.querySelectorAll(".view")];
    const names = [...new FormData(form).keys()];

    const chosen = () => [explorer.id, ...new FormData(form).values()].join(":");
    const show = () => {
      for (const view of views) view.hidden = view.id !== chosen();
    };
    const announce = () => {
      const view = views.find((view) => !view.hidden);
      status.textContent = `Now shown: ${view.querySelector("[role=heading]").textContent}`;
    };

    // Other explorers that offer the same choice, of a language say, follow.
    const tell = () => {
      for (const [name, value] of new FormData(form)) {
        document.dispatchEvent(new CustomEvent("explored", { detail: { name, value, form } }));
      }
    };

    // The address may name a view, or a figure within one.
    const linked = () => {
      try {
        const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        return views.find((view) => view.contains(place));
      } catch {
        return undefined; // the address holds a stray per cent sign
      }
    };
    const follow = () => {
      const view = linked();
      if (!view) return false;
      const values = view.id.split(":").slice(1);
      names.forEach((name, i) => (form.elements.namedItem(name).value = values[i]));
      show();
      explorer.scrollIntoView();
      return true;
    };

    form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("explored", ({ detail: { name, value, form: origin } }) => {
      const options = [...form.querySelectorAll(`[name="${name}"], [name="${name}"] option`)];
      if (form === origin || !options.some((option) => option.value === value)) return;
      form.elements.namedItem(name).value = value;
      show();
    });
    form.addEventListener("change", () => {
      show();
      announce();
      tell();
      // A choice replaces the address: going back leads to the page before, not through choices.
      history.replaceState(history.state, "", `#${chosen()}`);
    });
    addEventListener("hashchange", () => {
      if (!follow()) return;
      announce();
      tell();
    });
    form.hidden = false;
    if (!follow()) show();
    // Meanwhile the browser goes to the view itself, below the controls.
    else
      addEventListener("load", () => {
        tell();
        explorer.scrollIntoView();
      });
  };

  const start = () => document.querySelectorAll(".explorer").forEach(explore);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
